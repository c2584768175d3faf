// Reading answers, and saying what is wrong with them.
import type { Answer } from '../driver.ts'
import { enterpriseUser } from '../../server/directory/user-record.ts'
import { identify } from '../users.ts'

export interface Json {
  readonly [name: string]: unknown
}

/** The JSON of an answer with one of the statuses, or what is wrong with it. */
export function readAnswer(answer: Answer, ...statuses: readonly number[]): Json | string {
  const text = answer.body.toString()
  if (!statuses.includes(answer.status)) return `${answer.status} ${shorten(text)}`
  if (text === '') return {}
  try {
    return JSON.parse(text) as Json
  } catch {
    return 'no JSON'
  }
}

/** Whether a resource is user `index`, as far as nothing here ever changes it. */
export function compareUser(user: unknown, index: number, id: string): string | undefined {
  if (!isJson(user)) return 'no user'
  const expected = identify(index)
  const { name, emails } = user
  const work = Array.isArray(emails) ? emails.find((email) => isJson(email) && email['type'] === 'work') : undefined
  const extension = user[enterpriseUser]
  return compareValues({
    id: [user['id'], id],
    userName: [user['userName'], expected.userName],
    externalId: [user['externalId'], expected.externalId],
    'name.familyName': [isJson(name) ? name['familyName'] : undefined, expected.familyName],
    'work e-mail': [isJson(work) ? work['value'] : undefined, expected.workEmail],
    employeeNumber: [isJson(extension) ? extension['employeeNumber'] : undefined, expected.employeeNumber],
  })
}

/** `what` → the value found and the one expected. */
export function compareValues(values: Readonly<Record<string, readonly [unknown, unknown]>>): string | undefined {
  const wrong = Object.entries(values).find(([, [found, expected]]) => found !== expected)
  if (wrong === undefined) return undefined
  const [what, [found, expected]] = wrong
  return `${what} is ${shorten(JSON.stringify(found) ?? 'missing')}, not ${shorten(JSON.stringify(expected) ?? 'missing')}`
}

/** The resources of a list, or what is wrong with it. */
export function readList(answer: Answer, total: number, length: number): Json[] | string {
  const list = readAnswer(answer, 200)
  if (typeof list === 'string') return list
  const resources = Array.isArray(list['Resources']) ? (list['Resources'] as Json[]) : []
  const mistake = compareValues({
    totalResults: [list['totalResults'], total],
    'the page length': [resources.length, length],
    'the number of different ids': [new Set(resources.map(({ id }) => id)).size, length],
  })
  return mistake ?? resources
}

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null
}

function shorten(text: string): string {
  return text.length > 120 ? `${text.slice(0, 120)}…` : text
}

// What the API user may see. SAP says nothing of what may not be seen, or refuses a question for it: each permission is asked for alone.
import { type Check, type JsonObject, ProviderError } from '../provider.ts'
import type { SuccessFactorsApi } from './api.ts'
import { isEmployee } from './changes.ts'
import { foundationKinds } from './foundation.ts'
import { startField, statusField } from './mapping.ts'
import { readField, readPerson } from './person.ts'

interface Permission {
  /** As roles call it. */
  readonly name: string
  readonly fields: readonly string[]
}

const job = 'employmentNav/jobInfoNav'

// What hardly anybody has says nothing where it is missing: phones at home, middle names, ends.
const permissions: readonly Permission[] = [
  { name: 'Personal Information', fields: ['personalInfoNav/firstName', 'personalInfoNav/lastName'] },
  { name: 'Email Information', fields: ['businessEmail'] },
  { name: 'Phone Information', fields: ['businessPhone'] },
  { name: 'Employment Details', fields: [startField] },
  {
    name: 'Job Information',
    fields: [
      statusField,
      `${job}/jobTitle`,
      `${job}/departmentNav/name`,
      `${job}/locationNav/name`,
      `${job}/companyNav/name`,
      'manager',
    ],
  },
]

const sampleSize = 100

/** Signs in, counts who is seen, and looks for each permission whether its fields come of anybody among the first people. */
export async function checkSuccessFactors(api: SuccessFactorsApi, now: Date): Promise<Check[]> {
  const day = now.toISOString().slice(0, 10)
  const name = 'sign_in'
  const refusal = await findRefusal(() => api.signIn())
  if (refusal !== undefined) return [{ name, ok: false, detail: refusal }]
  const people = await checkPeople(api, day)
  const checks: Check[] = [{ name, ok: true, detail: 'SAP SuccessFactors took the signed assertion.' }, people]
  if (people.ok) for (const permission of permissions) checks.push(await checkPermission(api, permission, day))
  return [...checks, await checkFoundation(api, day)]
}

// Why the settings do not do; undefined where they do.
async function findRefusal(work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await work()
  } catch (error) {
    if (error instanceof ProviderError && error.kind === 'settings') return error.message
    throw error
  }
}

async function checkPeople(api: SuccessFactorsApi, day: string): Promise<Check> {
  const name = 'People'
  let total = 0
  const refusal = await findRefusal(async () => {
    const query = { day, filter: isEmployee, pageSize: sampleSize, fields: [], counts: true }
    const page = await api.readPeople(query)
    total = page.total ?? page.people.length
  })
  if (refusal !== undefined) return { name, ok: false, detail: refusal }
  if (total > 0) return { name, ok: true, detail: `The API user sees ${total} people, those who have left among them.` }
  const detail =
    'The API user sees nobody. Give its role a target population of everybody, those who have left among them.'
  return { name, ok: false, detail }
}

async function checkPermission(api: SuccessFactorsApi, { name, fields }: Permission, day: string): Promise<Check> {
  const people = await readSample(api, fields, day)
  const missing = fields.filter((field) => !people.some((row) => hasField(row, field, day)))
  if (missing.length === 0) return { name, ok: true, detail: `All fields of ${name} come.` }
  const detail = `Of ${people.length} people none came with ${missing.join(', ')}. Let the role of the API user view ${name}, or leave it where these are not wanted.`
  return { name, ok: false, detail, missing }
}

// What is refused as a whole comes of nobody.
async function readSample(
  api: SuccessFactorsApi,
  fields: readonly string[],
  day: string,
): Promise<readonly JsonObject[]> {
  let people: readonly JsonObject[] = []
  await findRefusal(async () => {
    people = (await api.readPeople({ fields, day, filter: isEmployee, pageSize: sampleSize })).people
  })
  return people
}

function hasField(row: JsonObject, field: string, day: string): boolean {
  const person = readPerson(row, day, day)
  if (person === undefined) return false
  // Who that is, is not looked for here; that there is one tells enough.
  const value = readField(person, field === 'manager' ? `${job}/managerId` : field, new Map())
  return value !== undefined && value !== null
}

async function checkFoundation(api: SuccessFactorsApi, day: string): Promise<Check> {
  const name = 'Foundation Objects'
  const unread: string[] = []
  for (const { entity } of foundationKinds) {
    if ((await api.readFoundation(entity, day)) === undefined) unread.push(entity)
  }
  if (unread.length === 0) return { name, ok: true, detail: 'All foundation objects can be read.' }
  const detail = `${unread.join(', ')} cannot be read. Groups are made from what people have then, and none is within another.`
  return { name, ok: false, detail }
}

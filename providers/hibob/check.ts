// What a service user may see. Bob leaves out what it may not, without a word: only what never comes tells.
import { findHorizon } from '../absences.ts'
import { readText } from '../json.ts'
import { type Check, type JsonObject, ProviderError } from '../provider.ts'
import { type BobApi, readPersonId } from './api.ts'
import { type BobFields, readMachineValue, readValue } from './fields.ts'
import { absencesField, employmentTypeFields } from './mapping.ts'

interface Permission {
  /** As Bob calls the category of fields. */
  readonly name: string
  /** Of each only one need come. */
  readonly fields: readonly (readonly string[])[]
}

const permissions: readonly Permission[] = [
  { name: 'Basic info', fields: [['root.email'], ['root.firstName'], ['root.surname'], ['root.displayName']] },
  {
    name: 'Work',
    fields: [
      ['work.title'],
      ['work.department'],
      ['work.site'],
      ['work.startDate'],
      ['work.reportsTo', 'work.manager'],
      ['work.employeeIdInCompany'],
      ['work.workPhone', 'work.workMobile'],
    ],
  },
  {
    name: 'Lifecycle',
    fields: [['internal.lifecycleStatus'], ['internal.status'], ['internal.terminationDate']],
  },
  { name: 'Employment', fields: [employmentTypeFields] },
  { name: 'Personal contact details', fields: [['home.privateEmail'], ['home.mobilePhone']] },
]

const sampleSize = 100

/** Signs in, counts who is seen, and looks which fields ever come, in a sample that is spread over everybody. */
export async function checkBob(api: BobApi, today: string): Promise<Check[]> {
  let people: JsonObject[]
  try {
    people = await api.search(['root.id', 'internal.lifecycleStatus'])
  } catch (error) {
    if (!(error instanceof ProviderError) || error.kind !== 'settings') throw error
    return [{ name: 'sign_in', ok: false, detail: error.message }]
  }
  const signIn: Check = { name: 'sign_in', ok: true, detail: 'Bob took the service user and its token.' }
  const ids = people.map(readPersonId).filter((id) => id !== undefined)
  if (ids.length === 0) return [signIn, explainNobody()]
  const fields = await api.readFields()
  const all = permissions.flatMap((permission) => permission.fields.flat())
  const sample = await api.search(['root.id', ...all], spread(ids, sampleSize))
  return [
    signIn,
    countPeople(people),
    ...permissions.map((permission) => checkPermission(permission, sample, fields)),
    await checkTimeOff(api, today),
    await checkLists(api),
  ]
}

function explainNobody(): Check {
  const detail =
    'The service user sees nobody. Put it in a permission group whose people are everybody, in every lifecycle status.'
  return { name: 'People', ok: false, detail }
}

// Whose data is seen hangs on conditions on the lifecycle status, which nothing in the answer shows.
function countPeople(people: readonly JsonObject[]): Check {
  const counts = new Map<string, number>()
  for (const person of people) {
    const status = readText(readValue(person, 'internal.lifecycleStatus', new Map())) ?? 'without a lifecycle status'
    counts.set(status, (counts.get(status) ?? 0) + 1)
  }
  const parts = [...counts].map(([status, count]) => `${count} ${status}`).join(', ')
  const detail = `The service user sees ${people.length} people: ${parts}. Where a lifecycle status is missing, tick it in the permission group.`
  return { name: 'People', ok: true, detail }
}

function checkPermission(permission: Permission, sample: readonly JsonObject[], known: BobFields): Check {
  const { name, fields } = permission
  const missing = fields
    .filter(
      (some) => !some.some((field) => sample.some((person) => readMachineValue(person, field, known) !== undefined)),
    )
    .flatMap((some) => some[0] ?? [])
  if (missing.length === 0) return { name, ok: true, detail: `All fields of ${name} come.` }
  const detail = `Of ${sample.length} people none came with ${missing.join(', ')}. Let the service user view the category ${name}, or leave it where these are not wanted.`
  return { name, ok: false, detail, missing }
}

async function checkTimeOff(api: BobApi, today: string): Promise<Check> {
  const name = 'Time off'
  const outs = await api.readOuts(today, findHorizon(today))
  if (outs !== undefined) {
    return { name, ok: true, detail: `Who is out can be read: ${outs.length} requests in the year to come.` }
  }
  const detail =
    'Who is out cannot be read. Let the service user view Time off, or leave it where absences are not wanted.'
  return { name, ok: false, detail, missing: [absencesField] }
}

async function checkLists(api: BobApi): Promise<Check> {
  const lists = ['department', 'site']
  const unread: string[] = []
  for (const list of lists) if ((await api.readList(list)) === undefined) unread.push(list)
  const name = 'Named lists'
  if (unread.length === 0) return { name, ok: true, detail: 'The lists of departments and sites can be read.' }
  const detail = `The lists ${unread.join(' and ')} cannot be read. Groups are made from what people have then, and none is within another.`
  return { name, ok: false, detail }
}

function spread<Item>(items: readonly Item[], size: number): Item[] {
  const step = Math.max(1, Math.ceil(items.length / size))
  return items.filter((_item, index) => index % step === 0)
}

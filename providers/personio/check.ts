// What an integration may see. Personio leaves attributes out that are not released to it, and refuses lists that it has no scope for.
import { readText } from '../json.ts'
import { type Check, type JsonObject, ProviderError } from '../provider.ts'
import { largestPage, type ListName, type PersonioApi } from './api.ts'
import { chooseEmployment, readOrgUnits } from './employment.ts'
import { orgUnitTypes } from './names.ts'

const personFields = ['email', 'first_name', 'last_name']
/** Names of an employment's own fields. */
const employmentFields = ['status', 'position', 'employment_start_date', 'supervisor', 'org_units', 'office']
/** So many people's employments are looked at. */
const sampleSize = 10

/** Signs in, and looks which attributes ever come of the first people, and which lists can be read. */
export async function checkPersonio(api: PersonioApi, now: Date): Promise<Check[]> {
  const signIn: Check = { name: 'sign_in', ok: true, detail: 'Personio took the client ID and the client secret.' }
  try {
    const page = await api.readPersons({ limit: largestPage })
    if (page === undefined || page.persons.length === 0) return [signIn, explainNobody(page === undefined)]
    const employments = await readSample(api, page.persons)
    return [
      signIn,
      { name: 'Persons', ok: true, detail: 'Persons can be read.' },
      checkAttributes(page.persons),
      checkEmployments(employments),
      await checkOrgUnits(api, employments ?? []),
      await checkList(api, 'Workplaces', 'workplaces', ['office']),
      await checkList(api, 'Legal entities', 'legal-entities', ['legal_entity']),
      await checkList(api, 'Cost centers', 'cost-centers'),
      await checkAbsences(api, page.persons, now),
    ]
  } catch (error) {
    if (!(error instanceof ProviderError) || error.kind !== 'settings') throw error
    return [{ name: 'sign_in', ok: false, detail: error.message }]
  }
}

function explainNobody(isRefused: boolean): Check {
  const detail = isRefused
    ? 'Persons cannot be read. Give the integration the scope personio:persons:read.'
    : 'The integration sees nobody. Give it access to all employees.'
  return { name: 'Persons', ok: false, detail }
}

// The employments that count; undefined where they may not be read.
async function readSample(api: PersonioApi, persons: readonly JsonObject[]): Promise<JsonObject[] | undefined> {
  const employments: JsonObject[] = []
  for (const { id } of persons.slice(0, sampleSize)) {
    const read = await api.readEmployments(readText(id) ?? '')
    if (read === 'refused') return undefined
    const chosen = read && chooseEmployment(read)
    if (chosen !== undefined) employments.push(chosen)
  }
  return employments
}

function checkAttributes(persons: readonly JsonObject[]): Check {
  const name = 'Attributes'
  const missing = personFields.filter((field) => persons.every((person) => readText(person[field]) === undefined))
  if (missing.length === 0) return { name, ok: true, detail: 'Name and e-mail address come.' }
  const detail = `Of ${persons.length} people none came with ${missing.join(', ')}. Release these attributes to the integration.`
  return { name, ok: false, detail, missing }
}

function checkEmployments(employments: readonly JsonObject[] | undefined): Check {
  const name = 'Employments'
  if (employments === undefined) {
    const detail = 'Employments cannot be read. Give the integration the scope personio:persons:read.'
    return { name, ok: false, detail, missing: employmentFields.map((field) => `employment.${field}`) }
  }
  const missing = employmentFields
    .filter((field) => employments.every((employment) => employment[field] === undefined))
    .map((field) => `employment.${field}`)
  if (missing.length === 0) return { name, ok: true, detail: 'Employments come with what is needed.' }
  const detail = `Of ${employments.length} employments none came with ${missing.join(', ')}. Release these attributes to the integration, or leave it where nobody has them.`
  return { name, ok: false, detail, missing }
}

// One that somebody is in can be read by more than the list can.
async function checkOrgUnits(api: PersonioApi, employments: readonly JsonObject[]): Promise<Check> {
  const name = 'Org units'
  const lists = await Promise.all(orgUnitTypes.map((type) => api.listOrgUnits(type)))
  if (lists.every((list) => list !== undefined)) return { name, ok: true, detail: 'Departments and teams can be read.' }
  for (const type of orgUnitTypes) {
    const [id] = employments.flatMap((employment) => readOrgUnits(employment, type))
    if (id === undefined || (await api.readOrgUnit(type, id)) === undefined) continue
    const detail = 'Departments and teams can be read one by one, not as a list: groups are not within each other then.'
    return { name, ok: true, detail }
  }
  const detail =
    'Departments and teams cannot be read. Groups are called by their ids then. Give the integration access to org units.'
  return { name, ok: false, detail, missing: [...orgUnitTypes] }
}

async function checkList(api: PersonioApi, name: string, list: ListName, missing?: readonly string[]): Promise<Check> {
  if ((await api.readList(list)) !== undefined) return { name, ok: true, detail: `${name} can be read.` }
  const detail = `${name} cannot be read, so that only their ids are known. Give the integration access to them, or leave it where their names are not wanted.`
  return { name, ok: false, detail, ...(missing && { missing }) }
}

async function checkAbsences(api: PersonioApi, persons: readonly JsonObject[], now: Date): Promise<Check> {
  const name = 'Absences'
  const absences = await api.readAbsences([readText(persons[0]?.['id']) ?? ''], now.toISOString().slice(0, 10))
  if (absences !== undefined) return { name, ok: true, detail: 'Absences can be read.' }
  const detail =
    'Absences cannot be read. Give the integration the scope personio:absences:read, or leave it where these are not wanted.'
  return { name, ok: false, detail, missing: ['absences'] }
}

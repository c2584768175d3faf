// What an API key may see. It sees what its user's access level sees, and BambooHR may keep the rest back without a word.
import { findHorizon } from '../absences.ts'
import { type Check, ProviderError } from '../provider.ts'
import type { BambooApi } from './api.ts'
import type { Employee, EmployeeReader } from './employee.ts'
import { absencesField } from './mapping.ts'
import { openReader } from './reader.ts'

interface Permission {
  /** What an access level is told to show. */
  readonly name: string
  readonly fields: readonly string[]
}

const permissions: readonly Permission[] = [
  { name: 'Basic information', fields: ['firstName', 'lastName', 'preferredName', 'status', 'employeeNumber'] },
  { name: 'Contact', fields: ['workEmail', 'workPhone', 'mobilePhone'] },
  { name: 'Private contact', fields: ['homeEmail', 'homePhone'] },
  { name: 'Job information', fields: ['jobTitle', 'department', 'division', 'location', 'supervisorEId'] },
  { name: 'Employment', fields: ['hireDate', 'terminationDate', 'employmentHistoryStatus'] },
]

const dayMs = 86_400_000

/** Signs in, counts who is seen, and looks which fields come of most of the first employees, and whether changes and lists may be asked for. */
export async function checkBamboo(api: BambooApi, now: Date): Promise<Check[]> {
  try {
    const reader = await openReader(
      api,
      permissions.flatMap(({ fields }) => fields),
    )
    const { total, employees } = await readFirst(reader)
    const signIn: Check = { name: 'sign_in', ok: true, detail: 'BambooHR took the API key.' }
    return [
      signIn,
      describeEmployees(total, reader),
      ...(total === 0 ? [] : permissions.map((permission) => checkPermission(permission, employees))),
      await checkTimeOff(api, now),
      await checkChanges(api, now),
      await checkLists(api),
    ]
  } catch (error) {
    if (!(error instanceof ProviderError) || error.kind !== 'settings') throw error
    return [{ name: 'sign_in', ok: false, detail: error.message }]
  }
}

async function readFirst(reader: EmployeeReader): Promise<{ total: number; employees: readonly Employee[] }> {
  for await (const window of reader.readAll()) return window
  return { total: 0, employees: [] }
}

function describeEmployees(total: number, { way }: EmployeeReader): Check {
  const name = 'Employees'
  if (total === 0) {
    const detail = 'The API key sees nobody. Give its user an access level for all employees.'
    return { name, ok: false, detail }
  }
  const by = way === 'dataset' ? 'the employee dataset' : 'reports, for it may not use datasets'
  return { name, ok: true, detail: `The API key sees ${total} employees, by ${by}.` }
}

// More of the key's own employee may be seen than of others.
function checkPermission({ name, fields }: Permission, employees: readonly Employee[]): Check {
  const missing = fields.filter(
    (field) => employees.filter((employee) => employee.fields[field] === undefined).length * 2 > employees.length,
  )
  if (missing.length === 0) return { name, ok: true, detail: `All fields of ${name} come.` }
  const detail = `BambooHR keeps ${missing.join(', ')} back. Let the access level of the API key's user see them, or leave it where these are not wanted.`
  return { name, ok: false, detail, missing }
}

// A key that may not see requests sees none; that somebody is out all the same tells.
async function checkTimeOff(api: BambooApi, now: Date): Promise<Check> {
  const name = 'Time off'
  const today = now.toISOString().slice(0, 10)
  const requests = await api.readTimeOffRequests(today, findHorizon(today))
  const outs = await api.readWhosOut(today, findHorizon(today))
  const away = (outs ?? []).filter(({ type }) => type === 'timeOff').length
  if (requests === undefined && outs === undefined) {
    const detail = 'Time off cannot be read. Let the access level see it, or leave it where absences are not wanted.'
    return { name, ok: false, detail, missing: [absencesField] }
  }
  if ((requests ?? []).length > 0 || away === 0) {
    return { name, ok: true, detail: `Time off can be read: ${requests?.length ?? 0} requests in the year to come.` }
  }
  const detail = `${away} absences are seen, and no requests: what kind they are is missing. Let the access level see time off of all employees.`
  return { name, ok: false, detail, missing: [absencesField] }
}

async function checkChanges(api: BambooApi, now: Date): Promise<Check> {
  const name = 'Changes'
  try {
    await api.readChanges(new Date(now.getTime() - dayMs))
    return { name, ok: true, detail: 'Who has changed can be asked for.' }
  } catch (error) {
    if (!(error instanceof ProviderError) || error.kind !== 'settings') throw error
    return { name, ok: false, detail: `Who has changed cannot be asked for: ${error.message}` }
  }
}

async function checkLists(api: BambooApi): Promise<Check> {
  const name = 'Lists'
  if ((await api.readLists()) !== undefined) {
    return { name, ok: true, detail: 'The lists of departments and locations can be read.' }
  }
  const detail =
    'The lists of departments and locations cannot be read. Groups hang on their names then, and a new name is a new group.'
  return { name, ok: false, detail }
}

// What a connection may see. Workday leaves out what its security groups do not allow, without a word, and workers, too.
import { type Check, type Json, ProviderError } from '../provider.ts'
import { readWorkerId, type WorkdayApi } from './api.ts'
import type { Moment } from './envelope.ts'
import { readField, readStatusFields } from './fields.ts'
import { readLifecycle } from './lifecycle.ts'

interface Permission {
  /** As Workday calls the domain. */
  readonly name: string
  /** Of each only one need come. */
  readonly fields: readonly (readonly string[])[]
}

const permissions: readonly Permission[] = [
  {
    name: 'Person Data: Name',
    fields: [['Legal_Name.First_Name'], ['Legal_Name.Last_Name'], ['Legal_Name.Formatted_Name']],
  },
  { name: 'Person Data: Work Contact Information', fields: [['Email.WORK'], ['Phone.WORK', 'Mobile.WORK']] },
  { name: 'Person Data: Home Contact Information', fields: [['Email.HOME', 'Mobile.HOME', 'Phone.HOME']] },
  {
    name: 'Worker Data: Current Staffing Information',
    fields: [['Active'], ['Hire_Date'], ['Business_Title', 'Position_Title'], ['Location']],
  },
  {
    name: 'Worker Data: Organization Information',
    fields: [['Organization.SUPERVISORY'], ['Organization.COMPANY'], ['Organization.COST_CENTER'], ['Manager']],
  },
]

const sampleSize = 100

/** Signs in, counts who is seen, and looks which fields ever come of the first workers; then organizations and balances. */
export async function checkWorkday(open: () => WorkdayApi, now: Date): Promise<Check[]> {
  const moment: Moment = { asOf: now.toISOString(), day: now.toISOString().slice(0, 10) }
  try {
    const api = open()
    const { workers, total } = await api.readWorkers({ ...moment, page: 1, count: sampleSize })
    const signIn: Check = { name: 'sign_in', ok: true, detail: 'Workday took the credentials.' }
    return [
      signIn,
      countWorkers(workers, total, moment.day),
      ...(total === 0 ? [] : permissions.map((permission) => checkPermission(permission, workers))),
      await checkOrganizations(api, moment),
      ...(total === 0 ? [] : [await checkBalances(api, workers, moment)]),
    ]
  } catch (error) {
    if (!(error instanceof ProviderError) || error.kind !== 'settings') throw error
    return [{ name: 'sign_in', ok: false, detail: error.message }]
  }
}

// A security group may be held to some organizations, and then only workers of these come.
function countWorkers(workers: readonly Json[], total: number, today: string): Check {
  const name = 'Workers'
  if (total === 0) {
    const detail =
      'The integration system user sees nobody. Put it into a security group that may get Worker Data: Public Worker Reports of all organizations.'
    return { name, ok: false, detail }
  }
  const counts = new Map<string, number>()
  for (const worker of workers) {
    const status = readLifecycle(readStatusFields(worker), today, false) ?? 'without a status'
    counts.set(status, (counts.get(status) ?? 0) + 1)
  }
  const parts = [...counts].map(([status, count]) => `${count} ${status}`).join(', ')
  const detail = `The integration system user sees ${total} workers. Of the first ${workers.length}: ${parts}. Where there should be more, its security group is held to some organizations.`
  return { name, ok: true, detail }
}

function checkPermission({ name, fields }: Permission, workers: readonly Json[]): Check {
  const comes = (field: string): boolean => {
    return workers.some((worker) => {
      const value = readField(worker, field)
      return value !== undefined && value !== null
    })
  }
  const missing = fields.filter((some) => !some.some(comes)).flatMap((some) => some[0] ?? [])
  if (missing.length === 0) return { name, ok: true, detail: `All fields of ${name} come.` }
  const detail = `Of ${workers.length} workers none came with ${missing.join(', ')}. Let the security group get the domain ${name}, or leave it where these are not wanted.`
  return { name, ok: false, detail, missing }
}

async function checkOrganizations(api: WorkdayApi, moment: Moment): Promise<Check> {
  const name = 'Supervisory organizations'
  if ((await api.readOrganizations(moment)) !== undefined) {
    return { name, ok: true, detail: 'The supervisory organizations can be read.' }
  }
  const detail =
    'The supervisory organizations cannot be read. Groups are made from what workers have then, and none is within another.'
  return { name, ok: false, detail }
}

async function checkBalances(api: WorkdayApi, workers: readonly Json[], moment: Moment): Promise<Check> {
  const name = 'Worker Data: Time Off'
  const id = workers.map(readWorkerId).find((one) => one !== undefined)
  if (id !== undefined && (await api.readBalances(moment, id)) !== undefined) {
    return { name, ok: true, detail: 'Balances of time off can be read.' }
  }
  const detail = `Balances of time off cannot be read. Let the security group get the domain ${name}, or leave it where these are not wanted.`
  return { name, ok: false, detail, missing: ['leaveBalances'] }
}

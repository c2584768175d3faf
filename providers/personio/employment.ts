// Which of a person's employments counts, and what it says in several fields at once.
import { isObject, readText } from '../json.ts'
import type { employmentStatuses, Json, JsonObject } from '../provider.ts'

type EmploymentStatus = (typeof employmentStatuses)[number]

const ranks: Readonly<Record<string, number>> = { ACTIVE: 0, LEAVE: 0, ONBOARDING: 1 }
const otherRank = 2

/** The one that goes on, or else the one to come, or else the newest. */
export function chooseEmployment(employments: readonly JsonObject[]): JsonObject | undefined {
  const rank = ({ status }: JsonObject): number => ranks[readText(status)?.toUpperCase() ?? ''] ?? otherRank
  const start = ({ employment_start_date: day }: JsonObject): string => readText(day) ?? ''
  return employments.toSorted((one, other) => rank(one) - rank(other) || (start(one) < start(other) ? 1 : -1))[0]
}

/** Undefined where Personio says nothing of the status, null where it says what nobody knows. `today` is YYYY-MM-DD. */
export function readLifecycle(employment: JsonObject, today: string): EmploymentStatus | null | undefined {
  const status = readText(employment['status'])?.toUpperCase()
  if (status === undefined) return undefined
  const termination = readTermination(employment)
  const type = readText(termination['type'])?.toUpperCase()
  if (status === 'ONBOARDING') return 'pending'
  if (status === 'INACTIVE') return type === 'RETIREMENT' ? 'retired' : 'terminated'
  if (status !== 'ACTIVE' && status !== 'LEAVE') return null
  // Released from work, and employed to the end.
  const lastDay = readDay(termination['last_working_day']) ?? readDay(termination['last_working_date'])
  if (type === 'IRREVOCABLE_SUSPENSION' && (lastDay === undefined || lastDay < today)) return 'suspended'
  return status === 'ACTIVE' ? 'active' : 'on_leave'
}

/** The last day, null where there is none: of a notice that is withdrawn nothing is left. */
export function readEndDate(employment: JsonObject): string | null {
  return (
    readDay(readTermination(employment)['termination_date']) ??
    readDay(employment['employment_end_date']) ??
    readDay(employment['contract_end_date']) ??
    null
  )
}

export function readEmploymentType(employment: JsonObject): string | undefined {
  if (readText(employment['type'])?.toUpperCase() === 'EXTERNAL') return 'contractor'
  const hours = Number(readText(employment['weekly_working_hours']) ?? Number.NaN)
  const full = Number(readText(employment['full_time_weekly_working_hours']) ?? Number.NaN)
  if (!(hours > 0) || !(full > 0)) return undefined
  return hours < full ? 'part_time' : 'full_time'
}

/** The cost center that bears the most. */
export function readCostCenter(employment: JsonObject): string | undefined {
  const centers = Array.isArray(employment['cost_centers'])
    ? employment['cost_centers'].filter((one) => isObject(one))
    : []
  const weight = (center: JsonObject): number => Number(readText(center['weight']) ?? 0)
  return readText(centers.toSorted((one, other) => weight(other) - weight(one))[0]?.['id'])
}

/** Ids of org units of a type. */
export function readOrgUnits(employment: JsonObject, type: string): string[] {
  const units = Array.isArray(employment['org_units']) ? employment['org_units'].filter((one) => isObject(one)) : []
  const ids = units.filter((unit) => readText(unit['type'])?.toLowerCase() === type).map(({ id }) => readText(id))
  return ids.filter((id) => id !== undefined)
}

// Where there is none it is absent, null or empty.
function readTermination({ termination }: JsonObject): JsonObject {
  return isObject(termination) ? termination : {}
}

function readDay(value: Json | undefined): string | undefined {
  return /^\d{4}-\d{2}-\d{2}/.exec(readText(value) ?? '')?.[0]
}

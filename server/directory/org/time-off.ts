// Time off of a person: what they have left of it, and when they are away, as the sources say.
import type { Database } from '../../db/connect.ts'
import { query } from '../../db/query.ts'
import type { JsonObject } from '../../db/tables.ts'
import type { Actor } from '../actor.ts'
import { rollcallUser } from '../user-record.ts'
import { readToday } from './employee-sql.ts'
import { unknownUser } from './employees.ts'

export interface LeaveBalance {
  readonly type: string | null
  readonly value: number | null
  readonly unit: string | null
  /** YYYY-MM-DD. */
  readonly asOf: string | null
  /** The provider of the directory whose word it is, or its kind. */
  readonly source: string
}

export interface EmployeeAbsence {
  /** What the source calls it. */
  readonly id: string | null
  readonly type: string | null
  /** YYYY-MM-DD, as `endDate` is; null there is that no end is known. */
  readonly startDate: string | null
  readonly endDate: string | null
  readonly status: string | null
  readonly source: string
}

export interface TimeOff {
  readonly leaveBalances: readonly LeaveBalance[]
  /** Those that have not ended, the first one first. */
  readonly absences: readonly EmployeeAbsence[]
}

interface Row {
  readonly balances: readonly JsonObject[] | null
  readonly absences: readonly JsonObject[] | null
  readonly balancesSource: string
  readonly absencesSource: string
}

/** Throws not_found. */
export async function readTimeOff(db: Database, actor: Actor, id: string): Promise<TimeOff> {
  const [row] = await query<Row>(db, timeOffSql, [actor.organizationId, id])
  if (row === undefined) throw unknownUser(id)
  const { balances, absences, balancesSource, absencesSource } = row
  const today = readToday(actor)
  const lasting = (absences ?? []).filter(({ endDate }) => !isDay(endDate) || endDate >= today)
  return {
    leaveBalances: (balances ?? []).map((one) => toBalance(one, balancesSource)),
    absences: lasting
      .map((one) => toAbsence(one, absencesSource))
      .toSorted((one, other) => compareTexts(one.startDate ?? '', other.startDate ?? '')),
  }
}

/** The source of an attribute; all are the owner's where nobody else was ever asked. */
function sourceOf(attribute: string): string {
  return `(select coalesce(d.provider, d.kind) from directories d where d.org_id = u.org_id
      and d.id = coalesce(u.set_by ->> '${rollcallUser}:${attribute}', u.directory_id))`
}

const timeOffSql = `select u.resource -> '${rollcallUser}' -> 'leaveBalances' as balances,
    u.resource -> '${rollcallUser}' -> 'absences' as absences, ${sourceOf('leaveBalances')} as "balancesSource",
    ${sourceOf('absences')} as "absencesSource"
  from users u where u.org_id = $1 and u.id = $2`

function toBalance({ type, value, unit, asOf }: JsonObject, source: string): LeaveBalance {
  return {
    type: readText(type),
    value: typeof value === 'number' ? value : null,
    unit: readText(unit),
    asOf: readText(asOf),
    source,
  }
}

function toAbsence({ value, type, startDate, endDate, status }: JsonObject, source: string): EmployeeAbsence {
  return {
    id: readText(value),
    type: readText(type),
    startDate: readText(startDate),
    endDate: readText(endDate),
    status: readText(status),
    source,
  }
}

function readText(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

// Whoever sends SCIM may write anything there.
function isDay(value: unknown): value is string {
  return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value)
}

function compareTexts(one: string, other: string): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}

// A person may have several employments: after leaving and coming back, after a change from employee to contractor, on an assignment
// abroad, or two at once. One of them says who the person is today. They come in no order.
import { readText } from '../json.ts'
import type { employmentStatuses, JsonObject } from '../provider.ts'
import { addDays, readDay, readRows, readValue } from './odata.ts'

export type EmploymentStatus = (typeof employmentStatuses)[number]

export interface Employment {
  readonly row: JsonObject
  /** What is so on the day that it was read for; undefined where nothing is yet, or nothing may be seen. */
  readonly job: JsonObject | undefined
  /** YYYY-MM-DD */
  readonly start: string | undefined
  readonly end: string | undefined
  /** Undefined where nothing is said of it, null where nobody knows what is said. */
  readonly status: EmploymentStatus | null | undefined
  readonly isDormant: boolean
}

/** Codes of the picklist employee-status (SAP note 2505526). */
const statuses: Readonly<Record<string, EmploymentStatus>> = {
  A: 'active',
  D: 'active',
  U: 'on_leave',
  P: 'on_leave',
  F: 'on_leave',
  S: 'suspended',
  R: 'retired',
  T: 'terminated',
  O: 'terminated',
  RNS: 'terminated',
}

/** Of whom nobody came: what was planned for a day to come is not. */
const withdrawn = new Set(['O', 'RNS'])

/** All employments of a person; `day` is the one that the person was read for, `today` never after it. */
export function readEmployments(person: JsonObject, day: string, today: string): Employment[] {
  return (readRows(person['employmentNav']) ?? []).map((row) => {
    const job = findEffective(readRows(row['jobInfoNav']) ?? [], day)
    const [start, end] = [readDay(row['startDate']), readDay(row['endDate'])]
    const code = readStatusCode(job)
    return { row, job, start, end, status: judge({ code, start, end, today }), isDormant: code === 'D' }
  })
}

/** The row that is so on a day: of several on one day that with the highest number. */
export function findEffective(rows: readonly JsonObject[], day: string): JsonObject | undefined {
  const effective = rows.filter(({ startDate, endDate }) => {
    const [start, end] = [readDay(startDate), readDay(endDate)]
    return (start === undefined || start <= day) && (end === undefined || end >= day)
  })
  return effective.toSorted((one, other) => compareRows(other, one))[0]
}

function compareRows(one: JsonObject, other: JsonObject): number {
  const [first, second] = [readDay(one['startDate']) ?? '', readDay(other['startDate']) ?? '']
  if (first !== second) return first < second ? -1 : 1
  return Number(readText(one['seqNumber']) ?? 0) - Number(readText(other['seqNumber']) ?? 0)
}

/** The letters of the status of a row of job information; undefined where there are none. */
export function readStatusCode(job: JsonObject | undefined): string | undefined {
  const [option] = readRows(job?.['emplStatusNav']) ?? []
  return readText(readValue(option?.['externalCode']))?.toUpperCase()
}

interface Said {
  readonly code: string | undefined
  readonly start: string | undefined
  readonly end: string | undefined
  readonly today: string
}

function judge({ code, start, end, today }: Said): Employment['status'] {
  if (code !== undefined && withdrawn.has(code)) return 'terminated'
  if (start !== undefined && start > today) return 'pending'
  if (code !== undefined) return statuses[code] ?? null
  return end !== undefined && end < today ? 'terminated' : undefined
}

/**
 * The one that speaks: one that goes on before one that is to come, and that before one that has ended; of several alike the one that is no
 * assignment abroad, then the later one.
 */
export function chooseEmployment(employments: readonly Employment[]): Employment | undefined {
  return employments.toSorted(
    (one, other) =>
      rank(one) - rank(other) ||
      Number(isAbroad(one)) - Number(isAbroad(other)) ||
      compareTexts(other.start, one.start) ||
      compareTexts(readText(one.row['userId']), readText(other.row['userId'])),
  )[0]
}

/** Whether somebody works in it today, or is away for a time. */
export function isCurrent({ status }: Employment): boolean {
  return status === 'active' || status === 'on_leave' || status === 'suspended'
}

// At home somebody who is abroad is dormant.
function rank(employment: Employment): number {
  const { status, isDormant } = employment
  if (isDormant && status === 'active') return 3
  if (status === undefined || status === null) return 5
  return { active: 0, on_leave: 1, suspended: 2, contractor: 0, pending: 4, terminated: 6, retired: 6 }[status]
}

function isAbroad({ row }: Employment): boolean {
  return readText(row['assignmentClass']) === 'GA'
}

function compareTexts(one = '', other = ''): number {
  return one < other ? -1 : Number(one > other)
}

/**
 * The last day of the chosen employment, or of one that goes on where it ends, as after a change from contractor to employee; null where
 * no end is known.
 */
export function readLastDay(chosen: Employment, employments: readonly Employment[]): string | null {
  if (hasEnded(chosen)) return chosen.end ?? null
  const others = employments.filter((other) => other !== chosen && other.start !== undefined && !hasEnded(other))
  let { end } = chosen
  while (end !== undefined) {
    const last: string = end
    const next = others.find(
      (other) => (other.start ?? '') <= addDays(last, 1) && (other.end === undefined || other.end > last),
    )
    if (next === undefined) return last
    end = next.end
  }
  return null
}

function hasEnded({ status }: Employment): boolean {
  return status === 'terminated' || status === 'retired'
}

// What Workday says in several fields at once.
import { readText } from '../json.ts'
import type { employmentStatuses, JsonObject } from '../provider.ts'

export type EmploymentStatus = (typeof employmentStatuses)[number]

/** Fields that status, last day and kind of employment are made from. */
export const statusFields = [
  'Active',
  'Terminated',
  'Retired',
  'Hire_Rescinded',
  'Hire_Date',
  'Original_Hire_Date',
  'Termination_Date',
  'End_Employment_Date',
  'Contract_End_Date',
  'Contingent_Worker_ID',
  'Worker_Type',
  'Time_Type',
] as const

/** Whether somebody has not begun on a day, YYYY-MM-DD. Who is hired again has a last day before. */
export function isToCome(fields: JsonObject, today: string): boolean {
  const [start, end] = [readText(fields['Hire_Date']), readText(fields['Termination_Date'])]
  return fields['Active'] === false && start !== undefined && start > today && (end === undefined || end < start)
}

/** A hire that was taken back, of somebody who did not work there before. */
export function isRescinded(fields: JsonObject): boolean {
  const { Hire_Rescinded: isTakenBack, Active: isActive, Terminated: isTerminated } = fields
  return isTakenBack === true && isActive !== true && isTerminated !== true
}

/** Undefined where Workday says nothing of the status, null where it says what nobody knows. */
export function readLifecycle(
  fields: JsonObject,
  today: string,
  isOnLeave: boolean,
): EmploymentStatus | null | undefined {
  const { Active: isActive, Terminated: isTerminated, Retired: isRetired } = fields
  if (typeof isActive !== 'boolean') return isActive === null ? null : undefined
  if (isToCome(fields, today)) return 'pending'
  const end = readEndDate(fields)
  const hasLeft = isTerminated === true && (typeof end !== 'string' || end <= today)
  if (hasLeft || (isRetired === true && !isActive)) return isRetired === true ? 'retired' : 'terminated'
  if (isOnLeave) return 'on_leave'
  if (isActive) return 'active'
  return typeof end === 'string' && end <= today ? 'terminated' : null
}

/** The last day: null where Workday says that there is none, undefined where it says nothing. Days of an employment before do not count. */
export function readEndDate(fields: JsonObject): string | null | undefined {
  const start = readText(fields['Hire_Date']) ?? ''
  const days = [fields['Termination_Date'], fields['End_Employment_Date'], fields['Contract_End_Date']]
  if (days.every((day) => day === undefined)) return undefined
  return days.map(readText).find((day) => day !== undefined && day >= start) ?? null
}

export function readEmploymentType(fields: JsonObject): string | undefined {
  if (readText(fields['Contingent_Worker_ID']) !== undefined) return 'contractor'
  const workerType = readText(fields['Worker_Type']) ?? ''
  if (/\bintern/i.test(workerType)) return 'intern'
  if (/temp|season|fixed/i.test(workerType)) return 'temporary'
  const timeType = readText(fields['Time_Type']) ?? ''
  if (/part/i.test(timeType)) return 'part_time'
  return /full/i.test(timeType) ? 'full_time' : undefined
}

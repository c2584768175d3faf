// A record of an element `Worker`.
import type { ListGroups } from '../list-groups.ts'
import type { Json, JsonObject, Scope, SourceRecord } from '../provider.ts'
import { readId } from './api.ts'
import { findLeaves, readDay, readField, readFlag, readSupervisoryOrganizations } from './fields.ts'
import type { Read } from './coming.ts'
import { readEmploymentType, readEndDate, readLifecycle } from './lifecycle.ts'
import { required } from './mapping.ts'
import { find, findAll, readAttribute, readContent } from './xml.ts'

export interface Reading {
  readonly scope: Scope
  readonly groups: ListGroups | undefined
  /** YYYY-MM-DD. */
  readonly today: string
}

/** Fields that are made from others here. */
export const ownFields = ['lifecycle', 'endDate', 'employmentType', 'absences', 'leaveBalances'] as const

/** Of who is to come, and is read as of their first day, the status there is that of somebody who works there. */
export function readWorker(id: string, { worker, status, isToCome }: Read, reading: Reading): SourceRecord {
  const { scope, groups, today } = reading
  const values: JsonObject = {}
  for (const field of new Set([...scope.fields, ...required.map((one) => one.field)])) {
    const value = readField(worker, field)
    if (value !== undefined) values[field] = value
  }
  const made = readOwnFields(worker, status, today, isToCome)
  for (const field of ownFields) {
    const value = scope.fields.includes(field) ? made[field] : undefined
    if (value !== undefined) values[field] = value
  }
  const memberships = groups && readMemberships(worker, groups)
  return { id, type: 'user', fields: values, ...(memberships && { groups: memberships }) }
}

function readOwnFields(
  worker: Json,
  status: JsonObject,
  today: string,
  isToCome: boolean,
): Record<string, Json | undefined> {
  const leaves = findLeaves(worker)
  const isOnLeave = leaves?.some((leave) => readFlag(find(leave, 'On_Leave')) === true) ?? false
  const lifecycle = readLifecycle(status, today, isOnLeave)
  return {
    lifecycle: isToCome && lifecycle !== undefined ? 'pending' : lifecycle,
    endDate: readEndDate(status),
    employmentType: readEmploymentType(status),
    absences: leaves?.flatMap((leave) => readAbsence(leave, today)),
  }
}

// A leave that has ended is not told of. Until somebody is back the last day is an estimate, which says nothing any more once it is past.
function readAbsence(leave: Json, today: string): Json[] {
  const startDate = readDay(find(leave, 'Leave_Start_Date'))
  const lastDay = readDay(find(leave, 'Leave_End_Date')) ?? readDay(find(leave, 'Estimated_Leave_End_Date'))
  const isPast = lastDay !== undefined && lastDay < today
  if (startDate === undefined || (isPast && readFlag(find(leave, 'On_Leave')) !== true)) return []
  const endDate = isPast ? undefined : lastDay
  const event = find(leave, 'Leave_Request_Event_Reference')
  const value = readId(event, 'Request_Leave_of_Absence_ID') ?? readId(event, 'WID')
  const reference = find(leave, 'Leave_of_Absence_Type_Reference')
  const type = readAttribute(reference, 'Descriptor') ?? readContent(findAll(reference, 'ID').at(-1))
  return [
    {
      ...(value !== undefined && { value }),
      ...(type !== undefined && { type }),
      startDate,
      ...(endDate !== undefined && { endDate }),
      status: 'approved',
    },
  ]
}

// Undefined where Workday says of neither: nobody leaves a group for a permission that was taken away.
function readMemberships(worker: Json, groups: ListGroups): string[] | undefined {
  const organizations = readSupervisoryOrganizations(worker)
  const location = readField(worker, 'Location')
  if (organizations === undefined && location === undefined) return undefined
  const departments = (organizations ?? []).map(({ id, name }) => groups.find('department', id, name))
  if (typeof location !== 'string') return [...new Set(departments)]
  const locationId = readField(worker, 'Location_ID')
  return [
    ...new Set([
      ...departments,
      groups.find('location', typeof locationId === 'string' ? locationId : location, location),
    ]),
  ]
}

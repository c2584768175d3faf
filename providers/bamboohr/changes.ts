// Who has changed: GET /api/v1/employees/changed.
import { isObject, readObjects, readText } from '../json.ts'
import type { Json } from '../provider.ts'

export interface Change {
  readonly id: string
  /** Erased. Who has left is not: they become Inactive. */
  readonly isDeleted: boolean
}

/** Each id once, in the order that cursors count on. Nobody is `{}`, or `[]`, as PHP writes an empty map. */
export function readChanges(employees: Json | undefined): Change[] {
  const entries = isObject(employees)
    ? Object.values(employees).filter((entry) => isObject(entry))
    : readObjects(employees)
  const changes = new Map<string, Change>()
  for (const { id, action } of entries ?? []) {
    const employee = readText(id)
    if (employee !== undefined) changes.set(employee, { id: employee, isDeleted: action === 'Deleted' })
  }
  return [...changes.values()].toSorted((one, other) => compareIds(one.id, other.id))
}

/** By length and then by digits, which is the order of the numbers that ids are. */
export function compareIds(one: string, other: string): number {
  if (one.length !== other.length) return one.length - other.length
  return one < other ? -1 : Number(one > other)
}

/** The later of two times, in any form; one that is no time is the earlier one. */
export function findLater(one: string, other: string | undefined): string {
  const time = Date.parse(other ?? '')
  return other === undefined || Number.isNaN(time) || time <= Date.parse(one) ? one : other
}

// An employee, as either way of reading gives them.
import type { JsonObject } from '../provider.ts'

export interface Employee {
  readonly id: string
  /** By our names; what is kept back is not there, and what is empty is null. */
  readonly fields: JsonObject
}

export interface Place {
  /** The id of the last one that was read. */
  readonly after: string
  /** How many were read up to it. */
  readonly count: number
}

export interface Window {
  readonly employees: readonly Employee[]
  /** How many were read before these. */
  readonly before: number
  readonly total: number
}

export type Way = 'dataset' | 'report'

export interface EmployeeReader {
  readonly way: Way
  /** Everybody behind a place, in an order that stays. Throws `cursor_expired` where the place is not there any more. */
  readAll(place?: Place): AsyncIterable<Window>
  /** Those of at most 100 ids, but those that are gone. */
  readSome(ids: readonly string[]): Promise<Employee[]>
}

/** BambooHR writes nothing as an empty text, and no date as one of zeros. */
export function readFields(row: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, value === '' || value === '0000-00-00' ? null : value]),
  )
}

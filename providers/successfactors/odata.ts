// OData version 2 as SAP SuccessFactors speaks it: how values are read, and how they are written into a query.
import { isObject, readObjects, readText } from '../json.ts'
import type { Json, JsonObject } from '../provider.ts'

const dateForm = /^\/Date\((-?\d+)(?:([+-])(\d{2})(\d{2}))?\)\/$/
const dayMs = 86_400_000
/** What has no end lasts until then. */
const endOfTime = '9999-12-31'

/** What a navigation leads to: one row, several, or none; undefined where it was not followed. */
export function readRows(value: Json | undefined): JsonObject[] | undefined {
  if (value === null) return []
  if (!isObject(value) || value['__deferred'] !== undefined) return undefined
  return value['results'] === undefined ? [value] : (readObjects(value['results']) ?? [])
}

/**
 * A value in a form that others know: a day as YYYY-MM-DD, a time as ISO 8601, nothing where a day is the end of all time; undefined for
 * what is no value but a row.
 */
export function readValue(value: Json | undefined): Json | undefined {
  if (typeof value === 'object' && value !== null) return undefined
  if (typeof value !== 'string') return value
  const [, milliseconds, sign] = dateForm.exec(value) ?? []
  if (milliseconds === undefined) return value
  const date = new Date(Number(milliseconds))
  if (Number.isNaN(date.getTime())) return null
  const text = date.toISOString()
  // An offset says how others write the moment; the moment itself is always that of the milliseconds.
  if (sign !== undefined) return text
  // Days are written as the moment in which they begin at Greenwich, wherever the company is.
  if (Number(milliseconds) % dayMs !== 0) return text.slice(0, -1)
  return text.startsWith(endOfTime) ? null : text.slice(0, 10)
}

/** A day, YYYY-MM-DD; undefined where there is none. */
export function readDay(value: Json | undefined): string | undefined {
  return readText(readValue(value))?.slice(0, 10)
}

/** A moment as milliseconds since 1970; undefined where there is none. */
export function readMoment(value: Json | undefined): number | undefined {
  const time = Date.parse(readText(readValue(value)) ?? '')
  return Number.isNaN(time) ? undefined : time
}

export function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** A condition that a path has one of some values. */
export function isOneOf(path: string, values: readonly string[]): string {
  return `${path} in ${values.map(quote).join(',')}`
}

/** `moment` is ISO 8601 in UTC. */
export function quoteMoment(moment: string): string {
  return `datetimeoffset'${moment.replace(/\.\d+Z$/, 'Z')}'`
}

/** A query of a URL; what need not be escaped in one is not, for long ones are refused. */
export function writeQuery(parameters: Readonly<Record<string, string>>): string {
  const write = (text: string): string =>
    encodeURIComponent(text).replaceAll(/%(?:2F|2C|3A|24)/g, (code) => decodeURIComponent(code))
  return Object.entries(parameters)
    .map(([name, value]) => `${write(name)}=${write(value)}`)
    .join('&')
}

/** The day after or before, YYYY-MM-DD. */
export function addDays(day: string, days: number): string {
  return new Date(Date.parse(day) + days * dayMs).toISOString().slice(0, 10)
}

// A condition as a plain function in memory: over one value, for which values of a multi-valued attribute a PATCH path means, and
// over a whole resource, for which events concern whom. It decides as condition-sql.ts does.
import type { JsonObject, JsonValue } from '../db/tables.ts'
import type { AttributePath, Comparison, Condition, Operand } from './condition.ts'
import { foldCase } from './keys.ts'

/** Whether one value of a multi-valued attribute meets a condition, whose paths have `sub` set (or no subs to have). */
export function matchesValue(value: JsonValue, condition: Condition): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.of.every((part) => matchesValue(value, part))
    case 'or':
      return condition.of.some((part) => matchesValue(value, part))
    case 'not':
      return !matchesValue(value, condition.of)
    case 'constant':
      return condition.value
    case 'present':
      return isPresent(readValue(value, condition.path))
    case 'compare':
      return compareValue(readValue(value, condition.path), condition.path, condition.comparison, condition.value)
    case 'some':
      return false // values have no values of their own (RFC 7643 section 2.3.8)
  }
}

/** How a text is prepared, on either side, where more than its case makes no difference. */
export type Prepare = (text: string, path: AttributePath, comparison: Comparison) => string

/** Whether a resource, with id and meta, meets a condition. What is not in it is unassigned. */
export function matchesResource(resource: JsonObject, condition: Condition, prepare: Prepare): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.of.every((part) => matchesResource(resource, part, prepare))
    case 'or':
      return condition.of.some((part) => matchesResource(resource, part, prepare))
    case 'not':
      return !matchesResource(resource, condition.of, prepare)
    case 'constant':
      return condition.value
    case 'present':
      return readValues(resource, condition.path).some(isPresent)
    case 'compare': {
      const { path, comparison, value } = condition
      const values = readValues(resource, path)
      // `eq null` is "has no value", of several values as of one.
      if (value === null) return values.some(isPresent) === (comparison === 'ne')
      const ready = <V>(one: V): V | string => (typeof one === 'string' ? prepare(one, path, comparison) : one)
      return values.some((one) => compareValue(ready(one), path, comparison, ready(value)))
    }
    case 'some':
      return readElements(resource, condition.path).some((one) => matchesValue(one, condition.of))
  }
}

// What a path ends at: of an attribute with one value that, unassigned or not, of one with several one for each.
function readValues(resource: JsonObject, path: AttributePath): (JsonValue | undefined)[] {
  if (path.multiValued) return readElements(resource, path).map((one) => readValue(one, path))
  const value = readAttribute(resource, path)
  return [value === undefined ? undefined : readValue(value, path)]
}

function readElements(resource: JsonObject, path: AttributePath): JsonValue[] {
  const values = readAttribute(resource, path)
  return Array.isArray(values) ? values : []
}

function readAttribute(resource: JsonObject, { extension, name }: AttributePath): JsonValue | undefined {
  if (extension === undefined) return resource[name]
  const container = resource[extension]
  return typeof container === 'object' && container !== null && !Array.isArray(container) ? container[name] : undefined
}

/** Compares one value with an operand as RFC 7644 section 3.4.2.2 says. */
export function compareValue(
  value: JsonValue | undefined,
  path: AttributePath,
  comparison: Comparison,
  operand: Operand,
): boolean {
  if (operand === null) return isPresent(value) === (comparison === 'ne')
  if (comparison === 'ne') return !compareValue(value, path, 'eq', operand)
  if (path.type === 'boolean') return (value ?? (isPrimary(path) ? false : undefined)) === operand
  if (value === undefined || value === null) return false
  if (path.type === 'integer' || path.type === 'decimal')
    return compareOrdered(Number(value), comparison, Number(operand))
  if (typeof value !== 'string') return false
  if (path.type === 'dateTime') return compareTimes(value, comparison, String(operand))
  const [left, right] = path.caseExact ? [value, String(operand)] : [foldCase(value), foldCase(String(operand))]
  if (comparison === 'co') return left.includes(right)
  if (comparison === 'sw') return left.startsWith(right)
  if (comparison === 'ew') return left.endsWith(right)
  return compareOrdered(Buffer.compare(Buffer.from(left), Buffer.from(right)), comparison, 0)
}

/** Whether a path is the `primary` of one of several values; where it is missing it counts as false (RFC 7643 section 2.4). */
export function isPrimary(path: AttributePath): boolean {
  return path.multiValued && path.sub === 'primary'
}

// To the microsecond, as the database does.
function compareTimes(left: string, comparison: Comparison, right: string): boolean {
  const [a, b] = [readTime(left), readTime(right)]
  const difference = a.milliseconds - b.milliseconds
  return compareOrdered(difference === 0 ? a.rest - b.rest : difference, comparison, 0)
}

// A time without a zone is in UTC, whatever the zone of the machine.
function readTime(text: string): { milliseconds: number; rest: number } {
  const [, rest = ''] = /\.\d{3}(\d+)/.exec(text) ?? []
  const milliseconds = Date.parse(/T[\d:.]+$/.test(text) ? `${text}Z` : text)
  return { milliseconds, rest: Math.round(Number(`0.${rest}`) * 1000) }
}

function compareOrdered(left: number, comparison: Comparison, right: number): boolean {
  switch (comparison) {
    case 'eq':
      return left === right
    case 'gt':
      return left > right
    case 'ge':
      return left >= right
    case 'lt':
      return left < right
    case 'le':
      return left <= right
    default:
      return false
  }
}

function readValue(value: JsonValue, path: AttributePath): JsonValue | undefined {
  if (path.sub === undefined) return value
  return typeof value === 'object' && value !== null ? (value as JsonObject)[path.sub] : undefined
}

function isPresent(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null && value !== ''
}

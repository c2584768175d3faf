// A condition as a plain function over one value in memory: which values of a multi-valued attribute a PATCH path means.
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
  if (path.type === 'dateTime') return compareOrdered(readTime(value), comparison, readTime(String(operand)))
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

// A time without a zone is in UTC, whatever the zone of the machine.
function readTime(text: string): number {
  return Date.parse(/T[\d:.]+$/.test(text) ? `${text}Z` : text)
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

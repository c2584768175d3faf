// The values of a multi-valued attribute, as PATCH compares and changes them.
import { isDeepStrictEqual } from 'node:util'
import type { JsonObject, JsonValue } from '../db/tables.ts'
import type { Condition, Operand } from '../directory/condition.ts'
import { compareValue } from '../directory/condition-match.ts'
import { toAttributePath } from './attribute-path.ts'
import type { Target } from './patch-syntax.ts'
import { isObject } from './resource.ts'
import type { Attribute } from './schema.ts'
import { dropDuplicates, isPrimary } from './values.ts'

/** Whether a value has all that is wanted of it, compared as a filter compares. */
export function hasAll(value: JsonValue, wanted: JsonValue, { extension }: Target, attribute: Attribute): boolean {
  const equals = (one: JsonValue | undefined, operand: JsonValue, sub?: Attribute): boolean =>
    compareValue(one, toAttributePath(extension, attribute, sub), 'eq', operand as Operand)
  if (!isObject(wanted)) return equals(value, wanted)
  return Object.entries(wanted).every(([name, part]) =>
    equals((value as JsonObject)[name], part, attribute.subs.get(name.toLowerCase())),
  )
}

/** Setting a value as the primary one makes the others not so (RFC 7644 section 3.5.2). */
export function keepOnePrimary(values: readonly JsonValue[], written: readonly JsonValue[]): JsonValue[] {
  const distinct = dropDuplicates(values)
  const primary = written.findLast(isPrimary)
  if (primary === undefined) return distinct
  const chosen = distinct.findLastIndex((one) => isDeepStrictEqual(one, primary))
  return distinct.map((one, index) =>
    index !== chosen && isPrimary(one) ? { ...(one as JsonObject), primary: false } : one,
  )
}

/** What a filter says that a value has, or undefined where it says something else, too. */
export function readEqualities(condition: Condition): JsonObject | undefined {
  if (condition.kind === 'and') {
    const parts = condition.of.map(readEqualities)
    return parts.includes(undefined) ? undefined : Object.assign({}, ...parts)
  }
  if (condition.kind !== 'compare' || condition.comparison !== 'eq') return undefined
  const { value, path } = condition
  if (path.sub === undefined) return undefined
  return value === null ? {} : { [path.sub]: value }
}

/** How many comparisons a condition makes of one value. */
export function countTerms(condition: Condition): number {
  if (condition.kind === 'and' || condition.kind === 'or')
    return condition.of.reduce((sum, part) => sum + countTerms(part), 0)
  return condition.kind === 'not' ? countTerms(condition.of) : 1
}

// The values of a multi-valued attribute, as PATCH compares and changes them.
import type { JsonObject, JsonValue } from '../db/tables.ts'
import type { Condition, Operand } from '../directory/condition.ts'
import { compareValue } from '../directory/condition-match.ts'
import { isSameJson } from '../directory/json.ts'
import { foldCase } from '../directory/keys.ts'
import { toAttributePath } from './attribute-path.ts'
import { refuseChange } from './mutability.ts'
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

/**
 * Values with others added. One whose type and value are there already says more of that one, so that the pair is there once
 * (RFC 7643 section 2.4). Throws mutability.
 */
export function addValues(
  before: readonly JsonValue[],
  added: readonly JsonValue[],
  attribute: Attribute,
  path: string,
): JsonValue[] {
  const values = [...before]
  const places = new Map<string, number>()
  for (const [place, one] of before.entries()) {
    const key = pairKey(one, attribute)
    if (key !== undefined && !places.has(key)) places.set(key, place)
  }
  const written: JsonValue[] = []
  for (const one of added) {
    const key = pairKey(one, attribute)
    const place = (key === undefined ? undefined : places.get(key)) ?? values.length
    const next = place < values.length ? { ...(values[place] as JsonObject), ...(one as JsonObject) } : one
    refuseChange(attribute, values[place], next, path)
    values[place] = next
    if (key !== undefined) places.set(key, place)
    if (isPrimary(one)) written.push(next)
  }
  return keepOnePrimary(values, written)
}

function pairKey(one: JsonValue, { subs }: Attribute): string | undefined {
  const [value, type] = [subs.get('value'), subs.get('type')]
  if (!isObject(one) || value === undefined || one['value'] === undefined) return undefined
  return JSON.stringify([foldValue(one['value'], value), foldValue(one['type'], type)])
}

function foldValue(value: unknown, attribute: Attribute | undefined): unknown {
  return typeof value === 'string' && attribute?.caseExact === false ? foldCase(value) : value
}

/** Setting a value as the primary one makes the others not so (RFC 7644 section 3.5.2). */
export function keepOnePrimary(values: readonly JsonValue[], written: readonly JsonValue[]): JsonValue[] {
  const distinct = dropDuplicates(values)
  const primary = written.findLast(isPrimary)
  if (primary === undefined) return distinct
  const chosen = distinct.findIndex((one) => isSameJson(one, primary))
  return dropDuplicates(
    distinct.map((one, index) =>
      index !== chosen && isPrimary(one) ? { ...(one as JsonObject), primary: false } : one,
    ),
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

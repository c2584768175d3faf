// Checks one value against its attribute and brings it into canonical form: names in the schema's spelling, nothing null
// or empty (RFC 7643 section 2.5), several values always in an array. What real clients send instead is repaired and noted.
import type { JsonObject, JsonValue } from '../db/tables.ts'
import { AppError } from '../errors.ts'
import { isDateTime } from './date-time.ts'
import { type Reading, repair } from './notes.ts'
import type { Attribute } from './schema.ts'

/** The canonical value, or undefined where the attribute is unassigned. Throws invalid_value, naming the path. */
export function readValue(attribute: Attribute, value: unknown, path: string, reading: Reading): JsonValue | undefined {
  if (value === null || value === undefined) return undefined
  if (attribute.multiValued) return readValues(attribute, value, path, reading)
  if (!Array.isArray(value)) return readSingle(attribute, value, path, reading)
  if (value.length === 0) return undefined
  if (value.length > 1) throw invalid(path, 'takes one value, not several')
  repair(reading, path, 'an array of one was read as its value', () => invalid(path, 'takes one value, not an array'))
  return value[0] === null ? undefined : readSingle(attribute, value[0], path, reading)
}

const maxValues = 1000

function readValues(attribute: Attribute, value: unknown, path: string, reading: Reading): JsonValue[] | undefined {
  const values = listValues(value, path, reading)
  // Members are rows, and a group may have any number; other values are read and written together.
  if (values.length > maxValues && attribute.name !== 'members')
    throw invalid(path, `takes at most ${maxValues} values`)
  const read = values.flatMap((one) => (one === null ? [] : (readSingle(attribute, one, path, reading) ?? [])))
  const distinct = dropDuplicates(read)
  checkPrimary(distinct, path)
  return distinct.length === 0 ? undefined : distinct
}

function listValues(value: unknown, path: string, reading: Reading): unknown[] {
  if (Array.isArray(value)) return value
  if (value === '') return []
  repair(reading, path, 'a single value was read as an array of one', () => invalid(path, 'takes an array'))
  return [value]
}

/** Values without those that repeat an earlier one in full. */
export function dropDuplicates(values: readonly JsonValue[]): JsonValue[] {
  if (values.length < 2) return [...values]
  const distinct = new Map<string, JsonValue>()
  for (const value of values) {
    const key = writeKey(value)
    if (!distinct.has(key)) distinct.set(key, value)
  }
  return [...distinct.values()]
}

// The order of members means nothing (RFC 7643 section 2.3).
function writeKey(value: JsonValue): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return JSON.stringify(value)
  return JSON.stringify(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** At most one value is the primary one (RFC 7643 section 2.4). */
export function checkPrimary(values: readonly JsonValue[], path: string): void {
  if (values.filter(isPrimary).length > 1) throw invalid(path, 'has more than one primary value')
}

export function isPrimary(value: JsonValue): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && value['primary'] === true
}

function readSingle(attribute: Attribute, value: unknown, path: string, reading: Reading): JsonValue | undefined {
  switch (attribute.type) {
    case 'complex':
      return readComplex(attribute, value, path, reading)
    case 'boolean':
      return readBoolean(value, path, reading)
    case 'integer':
      if (value === '') return undefined
      if (!Number.isSafeInteger(value)) throw invalid(path, 'must be an integer')
      return value as number
    case 'decimal':
      if (value === '') return undefined
      if (typeof value !== 'number' || !Number.isFinite(value)) throw invalid(path, 'must be a number')
      return value
    case 'dateTime':
      return readDateTime(value, path)
    case 'binary':
      return readBinary(attribute, value, path, reading)
    case 'reference':
    case 'string':
      return readText(attribute, value, path, reading)
  }
}

// An object with its sub-attributes in canonical form. A bare string stands for `value`: Entra sends manager so.
function readComplex(attribute: Attribute, value: unknown, path: string, reading: Reading): JsonObject | undefined {
  if (value === '') return undefined
  if (typeof value === 'string' && attribute.subs.has('value')) {
    repair(reading, path, 'a string was read as {"value": …}', () => invalid(path, 'must be an object'))
    return readComplex(attribute, { value }, path, reading)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(path, 'must be an object')
  const object: JsonObject = {}
  for (const [name, inner] of Object.entries(value)) {
    const sub = attribute.subs.get(name.toLowerCase())
    if (sub === undefined) {
      ignoreUnknown(`${path}.${name}`, reading)
      continue
    }
    if (isSetByServer(sub)) continue
    if (Object.hasOwn(object, sub.name)) throw new AppError('invalid_syntax', `${path}.${sub.name} is given twice.`)
    const read = readValue(sub, inner, `${path}.${sub.name}`, reading)
    if (read !== undefined) object[sub.name] = read
  }
  if (object['value'] === undefined && attribute.subs.get('$ref')?.derived === true) {
    const id = readReferencedId(value)
    if (id !== undefined) object['value'] = id
  }
  return Object.keys(object).length === 0 ? undefined : object
}

// A resource may be named by its address alone; the host and the version of the protocol in it make no difference (RFC 7643
// section 2.4).
function readReferencedId(given: object): string | undefined {
  const members = new Map<string, unknown>(Object.entries(given).map(([name, inner]) => [name.toLowerCase(), inner]))
  const address = members.get('$ref')
  if (typeof address !== 'string' || members.has('value')) return undefined
  return /(?:^|\/)\w+\/([^/?#\s]+)$/.exec(address)?.[1]
}

/** Whether clients cannot set a sub-attribute. */
export function isSetByServer(sub: Attribute): boolean {
  return sub.mutability === 'readOnly' || sub.derived
}

/** Attributes that the schema does not have are left out, or refused in strict mode. */
export function ignoreUnknown(path: string, reading: Reading): void {
  const shown = path.length > 200 ? `${path.slice(0, 200)}…` : path
  repair(
    reading,
    shown,
    'not in the schema: ignored',
    () => new AppError('invalid_syntax', `${shown} is not in the schema.`),
  )
}

// Entra sends "True" and "False" unless its tenant URL asks for compliance, and sometimes then.
function readBoolean(value: unknown, path: string, reading: Reading): boolean | undefined {
  if (typeof value === 'boolean') return value
  if (value === '') return undefined
  const lower = typeof value === 'string' ? value.toLowerCase() : undefined
  if (lower !== 'true' && lower !== 'false') throw invalid(path, 'must be true or false')
  repair(reading, path, `the string "${String(value)}" was read as ${lower}`, () =>
    invalid(path, 'must be true or false, not a string'),
  )
  return lower === 'true'
}

function readDateTime(value: unknown, path: string): string | undefined {
  if (value === '') return undefined
  if (typeof value !== 'string' || !isDateTime(value)) {
    throw invalid(path, 'must be a dateTime such as 2026-01-31T12:00:00Z')
  }
  return value
}

function readBinary(attribute: Attribute, value: unknown, path: string, reading: Reading): string | undefined {
  const isBase64 =
    typeof value === 'string' && /^(?:[A-Za-z0-9+/]+={0,2})?$/.test(value) && value.replace(/=+$/, '').length % 4 !== 1
  if (!isBase64) throw invalid(path, 'must be base64')
  return readText(attribute, value, path, reading)
}

function readText({ format }: Attribute, value: unknown, path: string, reading: Reading): string | undefined {
  if (typeof value !== 'string') throw invalid(path, 'must be a string')
  if (value === '') return undefined
  if (format !== undefined && !format.matches(value)) {
    repair(reading, path, `not ${format.name}: stored as sent`, () => invalid(path, `must be ${format.name}`))
  }
  return value
}

export function invalid(path: string, why: string): AppError {
  return new AppError('invalid_value', `${path} ${why}.`)
}

// Values and filters in the model of PATCH (patch-model.ts), read from the JSON in which schemas are published (RFC 7643
// section 7). Nothing of the server is used here.
import { type Filter, parse } from 'scim2-parse-filter'

export type Json = string | number | boolean | null | Json[] | { [name: string]: Json }
export type Resource = { [name: string]: Json }

export interface Definition {
  readonly name: string
  readonly type: string
  readonly multiValued?: boolean
  readonly required?: boolean
  readonly caseExact?: boolean
  readonly mutability?: string
  readonly returned?: string
  readonly subAttributes?: readonly Definition[]
}

/** How values are read, and the scimType of everything that is wrong with them. */
export interface Reading {
  readonly strict: boolean
  readonly problems: Set<string>
}

/** The value as it is stored, or undefined where it is none (RFC 7643 section 2.5). */
export function readValue(definition: Definition, value: unknown, reading: Reading): Json | undefined {
  if (value === null || value === undefined) return undefined
  if (definition.multiValued === true) return readList(definition, value, reading)
  if (!Array.isArray(value)) return readSingle(definition, value, reading)
  if (value.length === 0) return undefined
  if (value.length > 1 || reading.strict) reading.problems.add('invalidValue')
  return value[0] === null ? undefined : readSingle(definition, value[0], reading)
}

function readList(definition: Definition, value: unknown, reading: Reading): Json | undefined {
  if (value === '') return undefined
  if (!Array.isArray(value) && reading.strict) reading.problems.add('invalidValue')
  const given: unknown[] = Array.isArray(value) ? value : [value]
  const read: Json[] = []
  for (const one of given) {
    const single = one === null ? undefined : readSingle(definition, one, reading)
    if (single !== undefined && !read.some((other) => isEqual(other, single))) read.push(single)
  }
  if (read.filter(isPrimary).length > 1) reading.problems.add('invalidValue')
  return read.length === 0 ? undefined : read
}

/** One value, of an attribute that has one or several. */
export function readSingle(definition: Definition, value: unknown, reading: Reading): Json | undefined {
  const refuse = (): undefined => {
    reading.problems.add('invalidValue')
    return undefined
  }
  const { type } = definition
  if (type === 'integer') return Number.isSafeInteger(value) ? (value as number) : value === '' ? undefined : refuse()
  if (type === 'decimal') return Number.isFinite(value) ? (value as number) : value === '' ? undefined : refuse()
  if (type === 'complex') return readComplex(definition, value, reading)
  if (value === '') return undefined
  if (type === 'boolean') {
    if (typeof value === 'boolean') return value
    if (typeof value !== 'string' || !/^(true|false)$/i.test(value) || reading.strict) return refuse()
    return value.toLowerCase() === 'true'
  }
  if (typeof value !== 'string') return refuse()
  if (type === 'dateTime' && !isDateTime(value)) return refuse()
  if (type === 'binary' && !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2,4}={0,2})$/.test(value)) return refuse()
  if (type === 'reference' && reading.strict && !URL.canParse(value, 'scim://relative')) return refuse()
  return value
}

function readComplex(definition: Definition, value: unknown, reading: Reading): Resource | undefined {
  if (value === '') return undefined
  if (typeof value === 'string' && findSub(definition, 'value') !== undefined) {
    if (reading.strict) reading.problems.add('invalidValue')
    return readComplex(definition, { value }, reading)
  }
  if (!isObject(value)) {
    reading.problems.add('invalidValue')
    return undefined
  }
  const object: Resource = {}
  for (const [name, inner] of Object.entries(value)) {
    const sub = findSub(definition, name)
    if (sub === undefined && reading.strict) reading.problems.add('invalidSyntax')
    if (sub === undefined || isSetByServer(sub, definition)) continue
    const read = readValue(sub, inner, reading)
    if (read !== undefined) object[sub.name] = read
  }
  const named = /\/(?:Users|Groups)\/([^/?#]+)$/.exec(toText(value['$ref']))?.[1]
  const isReference = findSub(definition, '$ref') !== undefined && findSub(definition, 'value') !== undefined
  // An address alone names its resource (RFC 7643 section 2.4).
  if (isReference && named !== undefined && !('value' in value)) object['value'] = named
  return Object.keys(object).length === 0 ? undefined : object
}

/** readOnly, or the $ref beside a value. */
export function isSetByServer(sub: Definition, parent: Definition): boolean {
  return sub.mutability === 'readOnly' || (sub.name === '$ref' && findSub(parent, 'value') !== undefined)
}

export function findSub(definition: Definition, name: string): Definition | undefined {
  return definition.subAttributes?.find((sub) => sub.name.toLowerCase() === name.toLowerCase())
}

function isDateTime(text: string): boolean {
  const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)?$/.exec(text)
  if (parts === null) return false
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const lastDay = new Date(Date.UTC(year, month, 0)).getUTCDate()
  return month >= 1 && month <= 12 && day >= 1 && day <= lastDay && hour < 24 && minute < 60 && second < 60
}

/** A filter in brackets. */
export interface ValueFilter {
  meets(value: Json): boolean
  /** What it says of a value, where it says nothing but what that equals. */
  readonly equalities: Resource | undefined
  /** The values that it names one by one, `value eq "a" or value eq "b"`, where it says nothing else. */
  readonly names: readonly string[] | undefined
}

/** Reads a filter over the values of an attribute; adds invalidFilter where it is none. */
export function readFilter(text: string, definition: Definition, problems: Set<string>): ValueFilter | undefined {
  try {
    const filter = parse(text)
    checkFilter(filter, definition)
    return {
      meets: (value) => meets(value, filter, definition),
      equalities: listEqualities(filter, definition),
      names: listNames(filter),
    }
  } catch {
    problems.add('invalidFilter')
    return undefined
  }
}

/** Whether a filter is one, whatever it names. */
export function isReadable(text: string): boolean {
  try {
    return parse(text) !== undefined
  } catch {
    return false
  }
}

function checkFilter(filter: Filter, definition: Definition): void {
  if ('valFilter' in filter) throw new Error('values have no values of their own')
  if ('filters' in filter) for (const part of filter.filters) checkFilter(part, definition)
  else if ('filter' in filter) checkFilter(filter.filter, definition)
  else {
    const operand = 'compValue' in filter ? filter.compValue : undefined
    if (!isComparable(findOperandType(filter.attrPath, definition), filter.op, operand)) {
      throw new Error('the operator and the value do not fit the attribute')
    }
  }
}

function findOperandType(name: string, definition: Definition): Definition {
  if (definition.type !== 'complex' && name.toLowerCase() === 'value') return definition
  const sub = findSub(definition, name)
  if (sub === undefined) throw new Error(`${name} is not in the schema`)
  return sub
}

// RFC 7644 section 3.4.2.2: which comparison each type has.
function isComparable({ type }: Definition, op: string, operand: Json | undefined): boolean {
  if (op === 'pr') return true
  if (operand === null) return op === 'eq' || op === 'ne'
  const [ordered, substring] = [['gt', 'ge', 'lt', 'le'].includes(op), ['co', 'sw', 'ew'].includes(op)]
  if (type === 'boolean') {
    return !ordered && !substring && (typeof operand === 'boolean' || /^(true|false)$/i.test(toText(operand)))
  }
  if (type === 'integer' || type === 'decimal') return !substring && typeof operand === 'number'
  if (type === 'dateTime') return !substring && typeof operand === 'string' && isDateTime(operand)
  return typeof operand === 'string' && !(ordered && type === 'binary')
}

function meets(value: Json, filter: Filter, definition: Definition): boolean {
  if ('filters' in filter) {
    const meetsPart = (part: Filter): boolean => meets(value, part, definition)
    return filter.op === 'and' ? filter.filters.every(meetsPart) : filter.filters.some(meetsPart)
  }
  if ('filter' in filter) return !meets(value, filter.filter, definition)
  if ('valFilter' in filter) return false
  const picked = pickValue(value, filter.attrPath, definition)
  if (!('compValue' in filter)) return picked !== undefined
  return compare(picked, findOperandType(filter.attrPath, definition), filter.op, filter.compValue)
}

function pickValue(value: Json, name: string, definition: Definition): Json | undefined {
  if (definition.type !== 'complex') return value
  return isObject(value) ? value[findOperandType(name, definition).name] : undefined
}

/** Whether a value compares so with an operand, or with another value. */
export function compare(value: Json | undefined, definition: Definition, op: string, operand: Json): boolean {
  if (operand === null) return (value !== undefined) === (op === 'ne')
  if (op === 'ne') return !compare(value, definition, 'eq', operand)
  if (definition.type === 'boolean') {
    const wanted = typeof operand === 'string' ? operand.toLowerCase() === 'true' : operand
    return (value ?? (definition.name === 'primary' ? false : undefined)) === wanted
  }
  if (value === undefined) return false
  const [left, right] = [toKey(value, definition), toKey(operand, definition)]
  if (op === 'co') return String(left).includes(String(right))
  if (op === 'sw') return String(left).startsWith(String(right))
  if (op === 'ew') return String(left).endsWith(String(right))
  if (op === 'eq') return left === right
  if (op === 'gt') return left > right
  if (op === 'ge') return left >= right
  return op === 'lt' ? left < right : left <= right
}

/** What a value is compared by: text without its case unless that counts, a point in time in UTC unless it says otherwise. */
export function toKey(value: Json, { type, caseExact }: Definition): string | number {
  if (typeof value === 'number') return value
  const text = toText(value)
  if (type === 'dateTime') return Date.parse(/(Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`)
  const exact = caseExact === true || type === 'binary' || (type === 'reference' && caseExact !== false)
  return exact ? text : text.normalize('NFC').toLowerCase()
}

function listEqualities(filter: Filter, definition: Definition): Resource | undefined {
  if (definition.type !== 'complex') return undefined
  if ('filters' in filter && filter.op === 'and') {
    const parts = filter.filters.map((part) => listEqualities(part, definition))
    return parts.includes(undefined) ? undefined : (Object.assign({}, ...parts) as Resource)
  }
  if (!('compValue' in filter) || filter.op !== 'eq') return undefined
  return filter.compValue === null ? {} : { [findOperandType(filter.attrPath, definition).name]: filter.compValue }
}

function listNames(filter: Filter): string[] | undefined {
  if ('filters' in filter && filter.op === 'or') {
    const parts = filter.filters.map(listNames)
    return parts.includes(undefined) ? undefined : parts.flatMap((part) => part ?? [])
  }
  if (!('compValue' in filter) || filter.op !== 'eq' || filter.attrPath.toLowerCase() !== 'value') return undefined
  return typeof filter.compValue === 'string' ? [filter.compValue] : undefined
}

export function toText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

export function isObject(value: unknown): value is Resource {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isPrimary(value: Json): boolean {
  return isObject(value) && value['primary'] === true
}

/** Whether two values are the same JSON, in whatever order their members stand. */
export function isEqual(left: Json | undefined, right: Json | undefined): boolean {
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((one, index) => isEqual(one, right[index]))
  }
  if (!isObject(left) || !isObject(right)) return left === right
  const names = Object.keys({ ...left, ...right })
  return names.every((name) => name in left && name in right && isEqual(left[name], right[name]))
}

/** null and an empty array say nothing (RFC 7643 section 2.5). */
export function isNothing(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0)
}

/** Each pair of type and value is there once (RFC 7643 section 2.4). */
export function isSamePair(one: Json, other: Json, definition: Definition): boolean {
  const value = findSub(definition, 'value')
  if (!isObject(one) || !isObject(other) || value === undefined || one['value'] === undefined)
    return isEqual(one, other)
  return [value, findSub(definition, 'type')].every((sub) => {
    if (sub === undefined) return true
    const [left, right] = [one[sub.name], other[sub.name]]
    if (left === undefined || right === undefined) return left === right
    return toKey(left, sub) === toKey(right, sub)
  })
}

/** Values without repetitions, of which at most one is the primary one: that which was written last. */
export function settle(values: readonly Json[], written: readonly Json[]): Json[] {
  const distinct = dropRepeated(values)
  const primary = written.filter(isPrimary).at(-1)
  if (primary === undefined) return distinct
  const place = distinct.findLastIndex((one) => isEqual(one, primary))
  return dropRepeated(
    distinct.map((one, index) =>
      isObject(one) && isPrimary(one) && index !== place ? { ...one, primary: false } : one,
    ),
  )
}

function dropRepeated(values: readonly Json[]): Json[] {
  return values.filter((one, index) => values.findIndex((other) => isEqual(one, other)) === index)
}

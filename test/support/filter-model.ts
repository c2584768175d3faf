// What a filter means, written a second time: over the JSON that GET returns, one resource at a time, straight from RFC 7644
// section 3.4.2.2. The differential tests compare its answers with those of the SQL. Nothing of the server is used here.

export type Json = string | number | boolean | null | Json[] | { [name: string]: Json }
export type Resource = { [name: string]: Json }
export type Comparison = 'eq' | 'ne' | 'co' | 'sw' | 'ew' | 'gt' | 'ge' | 'lt' | 'le'
export type Operand = string | number | boolean | null

/** A filter as a tree; `text` is the path as it is written. */
export type Filter =
  | { kind: 'and' | 'or'; of: Filter[] }
  | { kind: 'not'; of: Filter }
  | { kind: 'pr'; text: string; path: Path }
  | { kind: 'compare'; text: string; path: Path; comparison: Comparison; value: Operand }
  /** `attr[…]`, and `attr[…].sub op value`. */
  | { kind: 'some'; text: string; path: Path; of: Filter; then: Filter | undefined }

export interface Path {
  readonly urn?: string
  readonly name: string
  readonly sub?: string
  readonly multiValued?: boolean
  /**
   * A `name` is compared whole without spaces at its ends, a `userName` without its width, too; a `location` by the resource
   * that it names.
   */
  readonly type: 'string' | 'name' | 'userName' | 'boolean' | 'number' | 'dateTime' | 'binary' | 'location' | 'complex'
  readonly caseExact?: boolean
  /** What a missing value counts as: a missing `primary` is false (RFC 7643 section 2.4). */
  readonly missing?: boolean
}

/** The filter in the syntax of the standard, with parentheses where they are needed; `loud` has its words in capitals. */
export function writeFilter(filter: Filter, loud = false): string {
  const word = (text: string): string => (loud ? text.toUpperCase() : text)
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.of.map((part) => writePart(part, filter.kind, loud)).join(` ${word(filter.kind)} `)
    case 'not':
      return `${word('not')} (${writeFilter(filter.of, loud)})`
    case 'pr':
      return `${filter.text} ${word('pr')}`
    case 'compare':
      return `${filter.text} ${word(filter.comparison)} ${JSON.stringify(filter.value)}`
    case 'some': {
      const then = filter.then === undefined ? '' : `.${writeFilter(filter.then, loud)}`
      return `${filter.text}[${writeFilter(filter.of, loud)}]${then}`
    }
  }
}

// `and` binds closer than `or`; a chain inside the same chain keeps its parentheses, so that the tree stays as it is.
function writePart(part: Filter, around: 'and' | 'or', loud: boolean): string {
  const isBare = (part.kind !== 'and' && part.kind !== 'or') || (part.kind === 'and' && around === 'or')
  return isBare ? writeFilter(part, loud) : `(${writeFilter(part, loud)})`
}

/** Whether a resource, as GET returns it, meets the filter. */
export function meets(resource: Json, filter: Filter): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.of.every((part) => meets(resource, part))
    case 'or':
      return filter.of.some((part) => meets(resource, part))
    case 'not':
      return !meets(resource, filter.of)
    case 'pr':
      return readValues(resource, filter.path).some(isAssigned)
    case 'compare':
      return meetsComparison(readValues(resource, filter.path), filter.path, filter.comparison, filter.value)
    case 'some':
      return readElements(resource, filter.path).some((element) => {
        const value = isObject(element) ? element : { value: element }
        return meets(value, filter.of) && (filter.then === undefined || meets(value, filter.then))
      })
  }
}

// Of several values one must meet the comparison; null asks whether there is any (decisions ).
function meetsComparison(
  values: readonly (Json | undefined)[],
  path: Path,
  comparison: Comparison,
  value: Operand,
): boolean {
  if (value === null) return values.some(isAssigned) === (comparison === 'ne')
  return values.some((one) => compareOne(one, path, comparison, value))
}

function compareOne(value: Json | undefined, path: Path, comparison: Comparison, operand: Operand): boolean {
  if (comparison === 'ne') return !compareOne(value, path, 'eq', operand)
  const given = value ?? path.missing
  if (given === undefined) return false
  const [left, right] = [toKey(given, path, comparison), toKey(operand, path, comparison)]
  if (typeof left === 'string' && typeof right === 'string') {
    if (comparison === 'co') return left.includes(right)
    if (comparison === 'sw') return left.startsWith(right)
    if (comparison === 'ew') return left.endsWith(right)
    return inOrder(Buffer.compare(Buffer.from(left), Buffer.from(right)), comparison)
  }
  return inOrder(left === right ? 0 : left < right ? -1 : 1, comparison)
}

function inOrder(difference: number, comparison: Comparison): boolean {
  if (comparison === 'eq') return difference === 0
  if (comparison === 'gt') return difference > 0
  if (comparison === 'ge') return difference >= 0
  return comparison === 'lt' ? difference < 0 : difference <= 0
}

function toKey(value: Json, path: Path, comparison: Comparison): string | number | bigint {
  if (path.type === 'boolean') return Number(value)
  if (path.type === 'number') return Number(value)
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  if (path.type === 'dateTime') return toMicroseconds(text)
  const located = path.type === 'location' ? text.slice(text.lastIndexOf('/') + 1) : text
  if (path.caseExact === true) return located
  const isTrimmed = comparison === 'eq' && (path.type === 'name' || path.type === 'userName')
  const whole = isTrimmed ? located.trim() : located
  return fold(path.type === 'userName' ? narrow(whole) : whole)
}

// What PostgreSQL tells apart. Without a zone it is UTC.
function toMicroseconds(text: string): bigint {
  const [, moment = '', fraction = '0', zone = 'Z'] = /^([^.Z+]*T[\d:]+)(?:\.(\d+))?(.+)?$/.exec(text) ?? []
  return BigInt(Date.parse(moment + zone)) * 1000n + BigInt(Math.round(Number(`0.${fraction}`) * 1e6))
}

function fold(text: string): string {
  return text.normalize('NFC').toLowerCase().replaceAll('ς', 'σ')
}

function narrow(text: string): string {
  return text.replace(/[\uff01-\uff5e]/g, (wide) => wide.normalize('NFKC'))
}

/** The values that a path leads to; an undefined one where an element, or the resource, has none. */
export function readValues(resource: Json, path: Path): (Json | undefined)[] {
  if (path.multiValued === true) return readElements(resource, path).map((element) => readSub(element, path))
  return [readSub(readAttribute(resource, path), path)]
}

function readElements(resource: Json, path: Path): Json[] {
  const values = readAttribute(resource, path)
  return Array.isArray(values) ? values : []
}

function readAttribute(resource: Json, path: Path): Json | undefined {
  const container = path.urn === undefined || !isObject(resource) ? resource : resource[path.urn]
  return isObject(container) ? container[path.name] : undefined
}

function readSub(value: Json | undefined, path: Path): Json | undefined {
  if (path.sub === undefined) return value
  return isObject(value) ? value[path.sub] : undefined
}

function isAssigned(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === '') return false
  return typeof value !== 'object' || Object.keys(value).length > 0
}

function isObject(value: Json | undefined): value is Resource {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

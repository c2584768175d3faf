// What a filter means, written a second time: over the JSON that GET returns, one resource at a time, straight from RFC 7644
// section 3.4.2.2. The differential test compares its answers with those of the SQL. Nothing of the server is used here.
import fc from 'fast-check'

type Json = string | number | boolean | null | Json[] | { [name: string]: Json }
export type Resource = { [name: string]: Json }
export type Comparison = 'eq' | 'ne' | 'co' | 'sw' | 'ew' | 'gt' | 'ge' | 'lt' | 'le'
export type Operand = string | number | boolean | null

/** A filter as a tree; `text` is the path as it is written. */
export type Filter =
  | { kind: 'and' | 'or'; of: Filter[] }
  | { kind: 'not'; of: Filter }
  | { kind: 'pr'; text: string; path: Path }
  | { kind: 'compare'; text: string; path: Path; comparison: Comparison; value: Operand }
  | { kind: 'some'; text: string; path: Path; of: Filter }

export interface Path {
  readonly urn?: string
  readonly name: string
  readonly sub?: string
  readonly multiValued?: boolean
  readonly type: 'string' | 'boolean' | 'number' | 'dateTime' | 'id' | 'userName' | 'binary' | 'complex'
  readonly caseExact?: boolean
}

/** The filter in the syntax of the standard. */
export function writeFilter(filter: Filter): string {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.of.map((part) => `(${writeFilter(part)})`).join(` ${filter.kind} `)
    case 'not':
      return `not (${writeFilter(filter.of)})`
    case 'pr':
      return `${filter.text} pr`
    case 'compare':
      return `${filter.text} ${filter.comparison} ${JSON.stringify(filter.value)}`
    case 'some':
      return `${filter.text}[${writeFilter(filter.of)}]`
  }
}

/** Whether a resource, as GET returns it, meets the filter. */
export function meets(resource: Resource, filter: Filter): boolean {
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
      return readElements(resource, filter.path).some((element) => meets(element as Resource, filter.of))
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
  // RFC 7643 section 2.4: no `primary` is primary false.
  const given = value === undefined && (path.sub ?? path.name) === 'primary' ? false : value
  if (given === undefined) return false
  const [left, right] = [toKey(given, path), toKey(operand, path)]
  if (typeof left === 'string' && typeof right === 'string') {
    if (comparison === 'co') return left.includes(right)
    if (comparison === 'sw') return left.startsWith(right)
    if (comparison === 'ew') return left.endsWith(right)
    return inOrder(Buffer.compare(Buffer.from(left), Buffer.from(right)), comparison)
  }
  return inOrder(Number(left) - Number(right), comparison)
}

function inOrder(difference: number, comparison: Comparison): boolean {
  if (comparison === 'eq') return difference === 0
  if (comparison === 'gt') return difference > 0
  if (comparison === 'ge') return difference >= 0
  return comparison === 'lt' ? difference < 0 : difference <= 0
}

function toKey(value: Json, path: Path): string | number | boolean {
  if (path.type === 'boolean') return value === true
  if (path.type === 'number') return Number(value)
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  if (path.type === 'dateTime') return Date.parse(text)
  // A location is the same whatever it begins with (RFC 7643 section 2.4).
  if (path.type === 'id') return text.slice(text.lastIndexOf('/') + 1)
  if (path.caseExact === true) return text
  if (path.type === 'userName') return foldUserName(text)
  // PostgreSQL lowers letter by letter, to one letter each.
  return Array.from(text.normalize('NFC'), (letter) => Array.from(letter.toLowerCase())[0]).join('')
}

function foldUserName(text: string): string {
  const narrow = text.replace(/[\uff01-\uff5e]/g, (wide) => wide.normalize('NFKC'))
  return narrow.normalize('NFC').toLowerCase().replaceAll('ς', 'σ')
}

function readValues(resource: Resource, path: Path): (Json | undefined)[] {
  if (path.multiValued === true) return readElements(resource, path).map((element) => readSub(element, path))
  const container = path.urn === undefined ? resource : resource[path.urn]
  const value = isObject(container) ? container[path.name] : undefined
  return [readSub(value, path)]
}

function readElements(resource: Resource, path: Path): Json[] {
  const container = path.urn === undefined ? resource : resource[path.urn]
  const values = isObject(container) ? container[path.name] : undefined
  const list = Array.isArray(values) ? values : []
  // Filters ask for the groups that name the user as a member, not for groups of groups.
  return path.name === 'groups' ? list.filter((group) => isObject(group) && group['type'] === 'direct') : list
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

/** An attribute that filters may ask for, and operands that are likely to hit something. */
export interface Subject {
  readonly path: Path
  readonly operands: readonly Operand[]
  readonly comparisons?: readonly Comparison[]
}

const equality: readonly Comparison[] = ['eq', 'ne']
const orders: readonly Comparison[] = ['gt', 'ge', 'lt', 'le']

function listComparisons({ path, comparisons }: Subject): readonly Comparison[] {
  if (comparisons !== undefined) return comparisons
  if (path.type === 'boolean') return equality
  if (path.type === 'number' || path.type === 'dateTime') return [...equality, ...orders]
  if (path.type === 'binary') return [...equality, 'co', 'sw', 'ew']
  return [...equality, ...orders, 'co', 'sw', 'ew']
}

/** Random filters over the subjects; those with the same multi-valued attribute also meet inside brackets. */
export function arbitraryFilter(subjects: readonly Subject[], coreUrn: string): fc.Arbitrary<Filter> {
  const leaf = fc
    .constantFrom(...subjects)
    .chain((subject) => arbitraryLeaf(subject, arbitraryText(subject.path, coreUrn)))
  const leaves = fc.oneof({ weight: 3, arbitrary: leaf }, { weight: 1, arbitrary: arbitrarySome(subjects, coreUrn) })
  return fc.letrec<{ filter: Filter; tree: Filter }>((tie) => ({
    filter: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      { weight: 2, arbitrary: leaves },
      { weight: 3, arbitrary: tie('tree') },
    ),
    tree: arbitraryTree(tie('filter')),
  })).filter
}

function arbitraryTree(part: fc.Arbitrary<Filter>): fc.Arbitrary<Filter> {
  return fc.oneof(
    part.map((of): Filter => ({ kind: 'not', of })),
    fc.record({ kind: fc.constantFrom('and', 'or'), of: fc.array(part, { minLength: 2, maxLength: 3 }) }),
  )
}

function arbitrarySome(subjects: readonly Subject[], coreUrn: string): fc.Arbitrary<Filter> {
  const complex = subjects.filter(({ path }) => path.multiValued === true && path.sub !== undefined)
  return fc.constantFrom(...complex).chain(({ path: { urn, name } }) => {
    const inner = complex.filter(({ path }) => path.urn === urn && path.name === name)
    const leaf = fc.constantFrom(...inner).chain(({ path: { multiValued: _, urn: __, ...path }, ...subject }) => {
      const [own, text] = [{ ...path, name: path.sub ?? '' }, path.sub ?? '']
      delete (own as { sub?: string }).sub
      return arbitraryLeaf({ ...subject, path: own }, fc.constant(text))
    })
    const of = fc.oneof({ weight: 1, arbitrary: leaf }, { weight: 1, arbitrary: arbitraryTree(leaf) })
    const path: Path = { ...(urn === undefined ? {} : { urn }), name, multiValued: true, type: 'complex' }
    return fc.record({ kind: fc.constant('some'), text: arbitraryText(path, coreUrn), path: fc.constant(path), of })
  })
}

function arbitraryLeaf(subject: Subject, text: fc.Arbitrary<string>): fc.Arbitrary<Filter> {
  const { path } = subject
  const present = fc.record({ kind: fc.constant('pr'), text, path: fc.constant(path) })
  if (path.type === 'complex') return present
  const value = fc.constantFrom(...subject.operands).chain((operand) => arbitraryOperand(operand, path))
  const compare = fc
    .record({
      kind: fc.constant('compare'),
      text,
      path: fc.constant(path),
      comparison: fc.constantFrom(...listComparisons(subject)),
      value,
    })
    .map((one): Filter =>
      one.value === null && !equality.includes(one.comparison) ? { ...one, comparison: 'eq' } : one,
    )
  return fc.oneof({ weight: 1, arbitrary: present }, { weight: 5, arbitrary: compare })
}

// The value itself, a piece of it, or the same in capitals.
function arbitraryOperand(operand: Operand, path: Path): fc.Arbitrary<Operand> {
  if (typeof operand !== 'string' || path.type === 'id' || path.type === 'dateTime') {
    return fc.oneof({ weight: 9, arbitrary: fc.constant(operand) }, { weight: 1, arbitrary: fc.constant(null) })
  }
  const letters = Array.from(operand)
  const piece = fc
    .tuple(fc.nat(letters.length), fc.nat(letters.length))
    .map(([from, to]) => letters.slice(from, to).join(''))
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant(operand) },
    { weight: 4, arbitrary: piece.filter((text) => path.type !== 'binary' || text !== '') },
    { weight: 2, arbitrary: fc.constant(operand.toUpperCase()) },
    { weight: 1, arbitrary: fc.constant(null) },
  )
}

// The path with or without its URN, in its own spelling or in capitals (RFC 7644 section 3.10).
function arbitraryText({ urn, name, sub }: Path, coreUrn: string): fc.Arbitrary<string> {
  const plain = sub === undefined ? name : `${name}.${sub}`
  const texts = urn === undefined ? [plain, `${coreUrn}:${plain}`] : [`${urn}:${plain}`]
  return fc.constantFrom(...texts, ...texts.map((text) => text.toUpperCase()))
}

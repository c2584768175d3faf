// Random filters over attributes, with operands that are likely to hit something: values that resources have, and what is
// nearly such a value.
import fc from 'fast-check'
import { type Comparison, type Filter, type Operand, type Path, readValues, type Resource } from './filter-model.ts'

/** An attribute that filters may ask for, and the values that it has. */
export interface Subject {
  readonly path: Path
  readonly operands: readonly Operand[]
}

const unknownValues: Readonly<Record<Path['type'], readonly Operand[]>> = {
  string: ['nobody', ''],
  name: ['nobody', ''],
  userName: ['nobody', ''],
  boolean: [true, false],
  number: [0, -0.5, 1e300],
  dateTime: ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00'],
  binary: ['AAAA'],
  location: ['https://elsewhere.example/scim/Users/nobody'],
  complex: [''],
}

/** The attributes with the values that the resources have. */
export function readSubjects(paths: readonly Path[], resources: readonly Resource[]): Subject[] {
  return paths.map((path) => {
    const found = resources.flatMap((resource) => readValues(resource, path)).filter(isOperand)
    return { path, operands: [...new Set([...found, ...unknownValues[path.type]])] }
  })
}

function isOperand(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

const equality: readonly Comparison[] = ['eq', 'ne']
const orders: readonly Comparison[] = ['gt', 'ge', 'lt', 'le']
const substrings: readonly Comparison[] = ['co', 'sw', 'ew']

function listComparisons({ type }: Path): readonly Comparison[] {
  if (type === 'boolean' || type === 'location') return equality
  if (type === 'number' || type === 'dateTime') return [...equality, ...orders]
  if (type === 'binary') return [...equality, ...substrings]
  return [...equality, ...orders, ...substrings]
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

// One value of an attribute meets all of what is in the brackets.
function arbitrarySome(subjects: readonly Subject[], coreUrn: string): fc.Arbitrary<Filter> {
  const several = subjects.filter(({ path }) => path.multiValued === true && path.type !== 'complex')
  return fc.constantFrom(...several).chain(({ path: { urn, name } }) => {
    const inner = several.filter(({ path }) => path.urn === urn && path.name === name).map(moveInside)
    const leaf = fc.constantFrom(...inner).chain((subject) => arbitraryLeaf(subject, fc.constant(subject.path.name)))
    const of = fc.oneof({ weight: 1, arbitrary: leaf }, { weight: 1, arbitrary: arbitraryTree(leaf) })
    const path: Path = { ...(urn === undefined ? {} : { urn }), name, multiValued: true, type: 'complex' }
    return fc.record({
      kind: fc.constant('some'),
      text: arbitraryText(path, coreUrn),
      path: fc.constant(path),
      of,
      then: fc.option(leaf, { nil: undefined, freq: 3 }),
    })
  })
}

// Values that are not complex are called `value` there.
function moveInside({ path, operands }: Subject): Subject {
  const { urn: _, sub = 'value', multiValued: __, ...rest } = path
  return { path: { ...rest, name: sub }, operands }
}

function arbitraryLeaf({ path, operands }: Subject, text: fc.Arbitrary<string>): fc.Arbitrary<Filter> {
  const present = fc.record({ kind: fc.constant('pr'), text, path: fc.constant(path) })
  if (path.type === 'complex') return present
  const compare = fc
    .record({
      kind: fc.constant('compare'),
      text,
      path: fc.constant(path),
      comparison: fc.constantFrom(...listComparisons(path)),
      value: fc.constantFrom(...operands).chain((operand) => arbitraryOperand(operand, path)),
    })
    .map((one): Filter =>
      one.value === null && !equality.includes(one.comparison) ? { ...one, comparison: 'eq' } : one,
    )
  return fc.oneof({ weight: 1, arbitrary: present }, { weight: 5, arbitrary: compare })
}

function arbitraryOperand(operand: Operand, path: Path): fc.Arbitrary<Operand> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant(operand) },
    { weight: 5, arbitrary: arbitraryNeighbour(operand, path) },
    { weight: 1, arbitrary: fc.constant(null) },
  )
}

// A piece of the text, the same in other case or in other code points, a number beside it, the same moment elsewhere.
function arbitraryNeighbour(operand: Operand, { type }: Path): fc.Arbitrary<Operand> {
  if (typeof operand === 'number') return fc.constantFrom(operand - 0.5, operand + 1, -operand)
  if (typeof operand !== 'string') return fc.constant(operand)
  if (type === 'dateTime') return fc.constantFrom(...listMoments(operand))
  if (type === 'location') return fc.constant(operand.replace(/^https?:\/\/[^/]*/, 'https://elsewhere.example'))
  const letters = Array.from(operand)
  const piece = fc
    .tuple(fc.nat(letters.length), fc.nat(letters.length))
    .map(([from, to]) => letters.slice(from, to).join(''))
  if (type === 'binary') return piece.map((text) => text || operand)
  const others = [operand.toUpperCase(), operand.toLowerCase(), operand.normalize('NFC'), operand.normalize('NFD')]
  return fc.oneof(piece, fc.constantFrom(...others, ` ${operand} `))
}

function listMoments(text: string): string[] {
  const time = Date.parse(/T[\d:.]+$/.test(text) ? `${text}Z` : text)
  const at = (offset: number): string => new Date(time + offset).toISOString()
  const moments = [at(0), at(-1), at(3_600_000).replace('Z', '+01:00'), at(0).replace('Z', '')]
  return moments.filter((moment) => /^(?!0000)\d{4}-/.test(moment))
}

// The path with or without its URN, in its own spelling or in capitals (RFC 7644 section 3.10).
function arbitraryText({ urn, name, sub }: Path, coreUrn: string): fc.Arbitrary<string> {
  const plain = sub === undefined ? name : `${name}.${sub}`
  const texts = urn === undefined ? [plain, `${coreUrn}:${plain}`] : [`${urn}:${plain}`]
  return fc.constantFrom(...texts, ...texts.map((text) => text.toUpperCase()))
}

// Random resources, and random PATCHes of them, good and bad, over the schemas of a type. Values come from small pools, so that
// filters find something and what is added is often there already.
import fc from 'fast-check'
import type { ModelSchema, ModelType } from './patch-model-paths.ts'
import type { Definition, Json, Resource } from './patch-model-values.ts'
import { patchSchema } from './scim-client.ts'

const pools: Readonly<Record<string, readonly Json[]>> = {
  string: ['a', 'A', 'b', 'É', 'é', '42', 'x y]'],
  boolean: [true, false],
  integer: [0, 1, 2, 10],
  decimal: [0.5, 1, 2.25],
  dateTime: ['2026-01-31T12:00:00Z', '2026-01-31T13:00:00+01:00', '2026-01-31T12:00:00', '1999-12-31T23:59:59.5Z'],
  binary: ['AQID', 'aqid', 'AQIDBA=='],
  reference: ['https://a.example/x', 'https://a.example/X', 'urn:example:x'],
}

// Strict directories hold some text to more than its type.
const namedPools: Readonly<Record<string, readonly Json[]>> = {
  userName: ['mira', 'MIRA', 'ben'],
  displayName: ['Mira', 'mira', 'Growers'],
  type: ['work', 'home', 'Work', 'other'],
  'emails.value': ['mira@a.example', 'MIRA@a.example', 'ben@a.example'],
  country: ['NO', 'SE'],
  locale: ['en-US', 'nb'],
  preferredLanguage: ['nb', 'en-GB'],
  timezone: ['Europe/Oslo', 'UTC'],
  'members.value': [...[0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 5].map((place) => `member-${place}`), 'nobody'],
  'members.type': ['User', 'Group'],
  'members.display': ['Mira', 'mira', 'Growers'],
}

const junk = fc.constantFrom<Json[]>(7, 1.5, true, {}, { shoe: 1 }, [['a']], [7, true], [{ shoe: 1 }, {}], [[]])
const nothing = fc.constantFrom<Json[]>(null, '', [], [null])
const oddText = fc.constantFrom('True', 'false', 'maybe', '2026-02-30T12:00:00Z', 'not base64!', 'http://[')

function listPool(definition: Definition, parent?: string): readonly Json[] {
  const { name, type } = definition
  return namedPools[`${parent}.${name}`] ?? namedPools[name] ?? pools[type] ?? []
}

function arbitraryObject(
  members: readonly (readonly [name: string, value: fc.Arbitrary<Json>])[],
  requiredKeys: string[] = [],
): fc.Arbitrary<Resource> {
  const object = fc.record(Object.fromEntries(members), { requiredKeys, noNullPrototype: true })
  return object
}

/** A good value of one element. */
function arbitraryOne(definition: Definition, parent?: string): fc.Arbitrary<Json> {
  if (definition.type !== 'complex') return fc.constantFrom(...listPool(definition, parent))
  const subs = (definition.subAttributes ?? []).filter((sub) => sub.mutability !== 'readOnly' && sub.name !== '$ref')
  const requiredKeys = subs.filter((sub) => sub.required === true).map((sub) => sub.name)
  const members = subs.map((sub) => {
    const one = arbitraryOne(sub, definition.name)
    return [sub.name, sub.multiValued === true ? fc.uniqueArray(one, { minLength: 1, maxLength: 2 }) : one] as const
  })
  return arbitraryObject(members, requiredKeys)
}

/** A resource as it is stored: nothing empty, nothing twice, at most one primary value. */
export function arbitraryResource({ core, extensions }: ModelType): fc.Arbitrary<Resource> {
  return fc
    .record(
      {
        core: arbitraryContainer(core),
        externalId: fc.constantFrom(undefined, 'e-1', 'E-1'),
        ...Object.fromEntries(extensions.map((extension) => [extension.id, arbitraryContainer(extension)])),
      },
      { requiredKeys: ['core'], noNullPrototype: true },
    )
    .map(({ core: own, externalId, ...rest }) => {
      const containers = Object.entries<Resource>(rest).filter(([, container]) => Object.keys(container).length > 0)
      const urns = extensions.map(({ id }) => id).filter((id) => containers.some(([urn]) => urn === id))
      return {
        schemas: [core.id, ...urns],
        ...(externalId === undefined ? {} : { externalId }),
        ...own,
        ...Object.fromEntries(containers),
      }
    })
}

function arbitraryContainer({ attributes }: ModelSchema): fc.Arbitrary<Resource> {
  const stored = attributes.filter(
    ({ name, mutability }) => mutability !== 'readOnly' && mutability !== 'writeOnly' && name !== 'members',
  )
  const requiredKeys = stored.filter(({ required }) => required === true).map(({ name }) => name)
  const model = Object.fromEntries(
    stored.map((definition) => {
      const one = arbitraryOne(definition)
      return [definition.name, definition.multiValued === true ? fc.array(one, { maxLength: 3 }).map(tidy) : one]
    }),
  )
  return fc
    .record(model, { requiredKeys, noNullPrototype: true })
    .map((container) => Object.fromEntries(Object.entries(container).filter(([, value]) => !isEmpty(value))))
}

function tidy(values: readonly Json[]): Json[] {
  let hasPrimary = false
  const texts = new Set<string>()
  return values.flatMap((one) => {
    const value = isObject(one) && one['primary'] === true && hasPrimary ? { ...one, primary: false } : one
    hasPrimary ||= isObject(one) && one['primary'] === true
    const text = JSON.stringify(
      isObject(value) ? Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)) : value,
    )
    if (texts.has(text) || isEmpty(value)) return []
    texts.add(text)
    return [value]
  })
}

const isObject = (value: Json): value is Resource =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isEmpty = (value: Json): boolean => typeof value === 'object' && value !== null && Object.keys(value).length === 0

/** What a client gives for an attribute, mostly well. */
function arbitraryGiven(definition: Definition, parent?: string): fc.Arbitrary<Json> {
  const one = arbitraryGivenOne(definition, parent)
  const good =
    definition.multiValued === true
      ? fc.oneof({ weight: 4, arbitrary: fc.array(one, { maxLength: 3 }) }, { weight: 1, arbitrary: one })
      : one
  return fc.oneof({ weight: 40, arbitrary: good }, { weight: 4, arbitrary: nothing }, { weight: 1, arbitrary: junk })
}

function arbitraryGivenOne(definition: Definition, parent?: string): fc.Arbitrary<Json> {
  const { type } = definition
  if (type !== 'complex') {
    const good = arbitraryOne(definition, parent)
    const isFree = type !== 'string' && type !== 'reference' && parent !== 'x509Certificates'
    return isFree ? fc.oneof({ weight: 30, arbitrary: good }, { weight: 1, arbitrary: oddText }) : good
  }
  const inner = (definition.subAttributes ?? []).map((sub) => {
    const value = fc.oneof(
      { weight: 12, arbitrary: arbitraryOne(sub, definition.name) },
      { weight: 1, arbitrary: nothing },
    )
    return [sub.name, value] as const
  })
  const object = arbitraryObject(inner)
  return fc.oneof<fc.MaybeWeightedArbitrary<Json>[]>(
    { weight: 30, arbitrary: object },
    {
      weight: 1,
      arbitrary: object.map((one) =>
        Object.fromEntries(Object.entries(one).map(([name, value]) => [name.toUpperCase(), value])),
      ),
    },
    { weight: 1, arbitrary: object.map((one) => ({ ...one, shoe: 38 })) },
    { weight: 1, arbitrary: arbitraryOne({ name: 'value', type: 'string' }, definition.name) },
    { weight: 1, arbitrary: fc.constant<Json>({ $ref: 'https://a.example/scim/v2/Users/boss' }) },
  )
}

const substrings = ['co', 'sw', 'ew'] as const
const comparisons = ['eq', 'ne', ...substrings, 'gt', 'ge', 'lt', 'le'] as const

/** A filter over the values of an attribute, now and then one that cannot be. */
function arbitraryFilter(definition: Definition): fc.Arbitrary<string> {
  const subs = definition.type === 'complex' ? (definition.subAttributes ?? []) : [{ ...definition, name: 'value' }]
  const leaves = subs
    .filter(({ name }) => name !== '$ref')
    .map((sub) => {
      const pool = listPool(sub, definition.name)
      const pieces = pool.flatMap((one) => (typeof one === 'string' ? [one.slice(0, 2), one.slice(-2)] : one))
      const operand = fc.constantFrom<Json[]>(...pool, null).map((one) => JSON.stringify(one))
      const piece = fc.constantFrom(...pieces).map((one) => JSON.stringify(one))
      const name = fc.constantFrom(sub.name, sub.name.toUpperCase())
      const equals = fc.tuple(name, operand).map(([left, right]) => `${left} eq ${right}`)
      const compares = fc.tuple(name, fc.constantFrom(...comparisons), operand).map((parts) => parts.join(' '))
      const holds = fc.tuple(name, fc.constantFrom(...substrings), piece).map((parts) => parts.join(' '))
      return fc.oneof(
        { weight: 8, arbitrary: equals },
        { weight: 3, arbitrary: compares },
        { weight: 1, arbitrary: holds },
        { weight: 1, arbitrary: name.map((left) => `${left} pr`) },
      )
    })
  const bad = fc.constantFrom('shoe eq "a"', 'type eq', 'value regex "a"', '', 'type["a"]', 'value eq "a" "b"')
  const leaf = fc.oneof({ weight: 40, arbitrary: fc.oneof(...leaves) }, { weight: 1, arbitrary: bad })
  const pair = fc.tuple(leaf, fc.constantFrom('and', 'or'), leaf)
  return fc.oneof(
    { weight: 6, arbitrary: leaf },
    { weight: 2, arbitrary: fc.tuple(leaf, leaf).map(([left, right]) => `${left} and ${right}`) },
    { weight: 1, arbitrary: pair.map(([left, word, right]) => `not (${left}) ${word} (${right})`) },
  )
}

interface Change {
  readonly path: string
  readonly value: Json
}

const arbitraryPair = (path: fc.Arbitrary<string>, value: fc.Arbitrary<Json>): fc.Arbitrary<Change> =>
  fc.record({ path, value }, { noNullPrototype: true })

/** A path to an attribute in one of its forms, and a value for what it names. */
function arbitraryChange(definition: Definition, prefixes: readonly string[]): fc.Arbitrary<Change> {
  const { name, type, multiValued } = definition
  const start = fc.constantFrom(
    ...prefixes.flatMap((prefix) => [`${prefix}${name}`, `${prefix}${name}`, `${prefix}${name}`.toUpperCase()]),
  )
  const forms = [arbitraryPair(start, arbitraryGiven(definition))]
  const subs = type === 'complex' ? (definition.subAttributes ?? []) : []
  const filter = fc.tuple(start, arbitraryFilter(definition)).map(([text, inner]) => `${text}[${inner}]`)
  if (multiValued === true) forms.push(arbitraryPair(filter, arbitraryGiven({ ...definition, multiValued: false })))
  for (const sub of subs) {
    const value = arbitraryGiven(sub, name)
    forms.push(
      arbitraryPair(
        start.map((text) => `${text}.${sub.name}`),
        value,
      ),
    )
    if (multiValued === true)
      forms.push(
        arbitraryPair(
          filter.map((text) => `${text}.${sub.name}`),
          value,
        ),
      )
  }
  const [whole, filtered, ...others] = forms
  if (whole === undefined || filtered === undefined) return forms[0] ?? fc.constant({ path: name, value: null })
  return fc.oneof(whole, filtered, ...(others.length === 0 ? [] : [fc.oneof(...others)]))
}

const oddChanges: readonly Change[] = [
  ...['shoeSize', 'name.shoe', '/emails/0', 'emails.0', 'emails[', 'emails]', '[type eq "a"]', 'a b', 'urn:x:title'],
  ...[
    'emails[type eq "work"].',
    'emails[type eq "work"].shoe',
    'emails[type eq "work"]value',
    'emails.type[value eq "a"]',
  ],
  ...[
    'id',
    'meta',
    'meta.created',
    'groups',
    'groups.value',
    'password',
    'manager.displayName',
    'manager.$ref',
    'name[givenName eq "a"]',
  ],
].map((path) => ({ path, value: 'x' }))

/** A change of `schemas`, or of a whole extension. */
function arbitraryWhole({ core, extensions }: ModelType): fc.Arbitrary<Change> {
  const urns = [core.id, ...extensions.map(({ id }) => id), 'urn:example:unknown']
  const list = fc.oneof<fc.Arbitrary<Json>[]>(fc.subarray(urns), fc.constantFrom<Json[]>(...urns, null, 7))
  const filtered = urns.map((urn) => `schemas[value eq "${urn}"]`)
  const schemas = arbitraryPair(fc.constantFrom('schemas', 'SCHEMAS', `${core.id}:schemas`, ...filtered), list)
  const whole = extensions.map(({ id, attributes }) => {
    const value = fc.oneof(
      { weight: 8, arbitrary: arbitraryObject(attributes.map((one) => [one.name, arbitraryGiven(one)])) },
      { weight: 1, arbitrary: nothing },
      { weight: 1, arbitrary: junk },
    )
    return arbitraryPair(fc.constantFrom(id, id.toUpperCase()), value)
  })
  return fc.oneof(schemas, ...whole)
}

/** Several operations on the members of a group, most of them good. */
export function arbitraryMembersBody(members: Definition): fc.Arbitrary<Resource> {
  const id = fc.constantFrom(...listPool({ name: 'value', type: 'string' }, members.name))
  const value = fc.array(
    id.map((one) => ({ value: one })),
    { maxLength: 3 },
  )
  const filter = arbitraryFilter(members)
  const write = fc.constantFrom('add', 'add', 'replace')
  const operation = fc.oneof<fc.MaybeWeightedArbitrary<Resource>[]>(
    { weight: 4, arbitrary: fc.record({ op: write, path: fc.constant('members'), value }, { noNullPrototype: true }) },
    { weight: 4, arbitrary: filter.map((text) => ({ op: 'remove', path: `members[${text}]` })) },
    { weight: 2, arbitrary: value.map((given) => ({ op: 'remove', path: 'members', value: given })) },
    { weight: 1, arbitrary: fc.constant({ op: 'remove', path: 'members' }) },
    {
      weight: 2,
      arbitrary: fc.tuple(write, id).map(([op, one]) => {
        return { op, path: `members[value eq ${JSON.stringify(one)}]`, value: { value: one } }
      }),
    },
  )
  return fc
    .array(operation, { minLength: 1, maxLength: 5 })
    .map((operations) => ({ schemas: [patchSchema], Operations: operations }))
}

/** The body of a PATCH. */
export function arbitraryBody(type: ModelType): fc.Arbitrary<Resource> {
  const { core, extensions } = type
  const changes = [
    ...core.attributes.map((definition) => ({ definition, prefixes: ['', '', `${core.id}:`] })),
    ...extensions.flatMap(({ id, attributes }) =>
      attributes.map((definition) => ({ definition, prefixes: [...Array<string>(7).fill(`${id}:`), ''] })),
    ),
    { definition: { name: 'externalId', type: 'string', caseExact: true }, prefixes: [''] },
  ].map(({ definition, prefixes }) => {
    const arbitrary = arbitraryChange(definition, prefixes)
    return { weight: definition.mutability === undefined || definition.mutability === 'readWrite' ? 3 : 1, arbitrary }
  })
  const change = fc.oneof(
    { weight: 30, arbitrary: fc.oneof(...changes) },
    { weight: 2, arbitrary: arbitraryWhole(type) },
    { weight: 1, arbitrary: fc.constantFrom(...oddChanges) },
  )
  const op = fc.constantFrom('add', 'add', 'replace', 'replace', 'remove', 'Add', 'REPLACE', 'Remove')
  const byPath = fc.tuple(op, change, fc.nat(29)).map(([name, { path, value }, chance]): Resource => {
    const hasValue = name.toLowerCase() === 'remove' ? chance < 10 : chance > 0
    return { op: name, path, ...(hasValue ? { value } : {}) }
  })
  const byObject = fc
    .tuple(fc.constantFrom('add', 'replace'), fc.array(change, { minLength: 1, maxLength: 3 }))
    .map(([name, all]): Resource => ({
      op: name,
      value: Object.fromEntries(all.map(({ path, value }) => [path, value])),
    }))
  const bad = fc.constantFrom<Resource[]>(
    { op: 'move', path: 'title', value: 'a' },
    { path: 'title', value: 'a' },
    { op: 'remove' },
    { op: 'remove', path: '' },
    { op: 'add', path: 7, value: 'a' },
    { op: 'add', path: null, value: { title: 'a' } },
    { op: 'replace', path: ' ', value: { title: 'a' } },
    { op: 'add', Op: 'add', path: 'title', value: 'a' },
    { op: 'replace', value: 'a' },
    { op: 'add', value: { title: 'a', TITLE: 'b' } },
    { OP: 'replace', Path: 'title', VALUE: 'a' },
    { op: 'replace', value: { id: 'x', schemas: [], meta: { version: '1' }, shoeSize: 38 } },
  )
  const operation = fc.oneof(
    { weight: 60, arbitrary: byPath },
    { weight: 12, arbitrary: byObject },
    { weight: 1, arbitrary: bad },
  )
  return fc
    .array(operation, { minLength: 1, maxLength: 3 })
    .map((operations) => ({ schemas: [patchSchema], Operations: operations }))
}

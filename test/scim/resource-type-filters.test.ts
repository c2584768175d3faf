// Filters on resources of a type of one's own: every comparison of every kind of attribute, alone, in value paths and combined,
// against what the model of filters finds in the JSON that GET returns.
import { expect } from 'chai'
import { type Comparison, type Filter, meets, type Operand, type Path, writeFilter } from '../support/filter-model.ts'
import { expectError } from '../support/protocol.ts'
import { create, schemaFile, typeFile, widget, widgetSchema, withTypes } from '../support/resource-types.ts'
import { type Body, type ScimClient, searchSchema } from '../support/scim-client.ts'

const extension = `${widgetSchema}:Extra`
const parts = [
  { name: 'value' },
  { name: 'type', caseExact: true },
  { name: 'primary', type: 'boolean' },
  { name: 'size', type: 'decimal' },
  { name: 'at', type: 'dateTime' },
  { name: 'link', type: 'reference' },
]
const documents = [
  schemaFile(widgetSchema, [
    { name: 'text' },
    { name: 'exact', caseExact: true },
    { name: 'flag', type: 'boolean' },
    { name: 'integer', type: 'integer' },
    { name: 'decimal', type: 'decimal' },
    { name: 'moment', type: 'dateTime' },
    { name: 'blob', type: 'binary' },
    { name: 'link', type: 'reference' },
    { name: 'hidden', returned: 'request' },
    { name: 'code', uniqueness: 'server' },
    { name: 'texts', multiValued: true },
    { name: 'numbers', type: 'decimal', multiValued: true },
    { name: 'moments', type: 'dateTime', multiValued: true },
    { name: 'whole', type: 'complex', subAttributes: parts },
    { name: 'parts', type: 'complex', multiValued: true, subAttributes: parts },
  ]),
  schemaFile(extension, [
    { name: 'text' },
    { name: 'number', type: 'integer' },
    { name: 'parts', type: 'complex', multiValued: true, subAttributes: parts },
  ]),
  typeFile('Widget', widgetSchema, { schemaExtensions: [{ schema: extension, required: false }] }),
]

const texts = ['Éclair', 'e\u0301clair', 'ΟΔΟΣ', 'a"b\\c', '100%_', `O'Malley`, 'x'.repeat(300), '李雷']
const moments = ['2026-01-31T12:00:00Z', '2026-01-31T13:00:00+01:00', '2026-01-31T12:00:00.001Z', '1999-12-31T23:59:59']
const numbers = [0, -1.5, 10, 9, 1e21, 0.1]
const links = ['https://quill.example/A', 'https://quill.example/a']
const blobs = ['AQID', 'aqid']

/** One of the values, or undefined for every third or so; which one depends on `index` and `salt`. */
function pick<Value>(values: readonly Value[], index: number, salt: number): Value | undefined {
  const place = (index * 7 + salt * 5 + ((index * salt) % 3)) % (values.length + 2)
  return values[place]
}

const some = <Value>(...values: readonly (Value | undefined)[]): Value[] => [
  ...new Set(values.filter((value) => value !== undefined)),
]

const part = (index: number, salt: number, primary: boolean): Body => ({
  value: pick(texts, index, salt),
  type: pick(['work', 'Work', 'home'], index, salt + 1),
  size: pick(numbers, index, salt + 2),
  at: pick(moments, index, salt + 3),
  link: pick(links, index, salt + 4),
  ...(primary ? { primary: index % 2 === 0 } : {}),
})

const resource = (index: number): Body => ({
  ...widget({ schemas: [widgetSchema, extension], externalId: pick(['x', 'X', 'y'], index, 1), code: `Code ${index}` }),
  text: pick(texts, index, 2),
  exact: pick(texts, index, 3),
  flag: pick([true, false], index, 4),
  integer: pick([0, -7, 9, 10], index, 5),
  decimal: pick(numbers, index, 6),
  moment: pick(moments, index, 7),
  blob: pick(blobs, index, 8),
  link: pick(links, index, 9),
  hidden: pick(texts, index, 10),
  texts: some(pick(texts, index, 11), pick(texts, index, 12)),
  numbers: some(pick(numbers, index, 13), pick(numbers, index, 14)),
  moments: some(pick(moments, index, 15), pick(moments, index, 16)),
  whole: part(index, 17, false),
  parts: [part(index, 18, true), part(index, 21, false)].slice(0, index % 3),
  [extension]: {
    text: pick(texts, index, 19),
    number: pick([1, 2, 3], index, 20),
    parts: [part(index, 22, false)].slice(0, index % 2),
  },
})

interface Subject {
  readonly path: Path
  readonly operands: readonly Operand[]
}

const text = (path: Omit<Path, 'type'>): Subject => ({
  path: { ...path, type: 'string' },
  operands: ['ÉCLAIR', 'clair', 'οδος', 'a"b\\c', '%_', `O'`, 'x'.repeat(300), '李'],
})
const number = (path: Omit<Path, 'type'>): Subject => ({ path: { ...path, type: 'number' }, operands: [...numbers, 2] })
const moment = (path: Omit<Path, 'type'>): Subject => ({ path: { ...path, type: 'dateTime' }, operands: moments })
const boolean = (path: Omit<Path, 'type'>): Subject => ({ path: { ...path, type: 'boolean' }, operands: [true, false] })
const link = (path: Omit<Path, 'type'>): Subject => ({
  path: { ...path, type: 'string', caseExact: true },
  operands: [...links, '/A'],
})
const complex = (path: Omit<Path, 'type'>): Subject => ({ path: { ...path, type: 'complex' }, operands: [] })

/** The sub-attributes of a complex attribute, or without a name of each of its values. */
function listParts(path: Partial<Path>): Subject[] {
  const sub = (name: string): Omit<Path, 'type'> => {
    return path.name === undefined ? { name } : { ...path, name: path.name, sub: name }
  }
  return [
    text(sub('value')),
    { path: { ...sub('type'), type: 'string', caseExact: true }, operands: ['work', 'WORK', 'o'] },
    number(sub('size')),
    moment(sub('at')),
    link(sub('link')),
    ...(path.name === 'whole' ? [] : [boolean({ ...sub('primary'), missing: false })]),
  ]
}

const subjects: readonly Subject[] = [
  { path: { name: 'externalId', type: 'string', caseExact: true }, operands: ['x', 'X', 'z'] },
  {
    path: { name: 'meta', sub: 'resourceType', type: 'string', caseExact: true },
    operands: ['Widget', 'widget', 'User'],
  },
  {
    path: { name: 'schemas', type: 'string', multiValued: true },
    operands: [widgetSchema, extension.toUpperCase(), 'urn'],
  },
  text({ name: 'text' }),
  text({ name: 'exact', caseExact: true }),
  boolean({ name: 'flag' }),
  number({ name: 'integer' }),
  number({ name: 'decimal' }),
  moment({ name: 'moment' }),
  { path: { name: 'blob', type: 'binary', caseExact: true }, operands: blobs },
  link({ name: 'link' }),
  text({ name: 'hidden' }),
  { path: { name: 'code', type: 'string' }, operands: ['code 7', 'CODE 1', 'code 99'] },
  text({ name: 'texts', multiValued: true }),
  number({ name: 'numbers', multiValued: true }),
  moment({ name: 'moments', multiValued: true }),
  complex({ name: 'whole' }),
  ...listParts({ name: 'whole' }),
  complex({ name: 'parts', multiValued: true }),
  ...listParts({ name: 'parts', multiValued: true }),
  text({ urn: extension, name: 'text' }),
  number({ urn: extension, name: 'number' }),
  complex({ urn: extension, name: 'parts', multiValued: true }),
  ...listParts({ urn: extension, name: 'parts', multiValued: true }),
]

const equality: readonly Comparison[] = ['eq', 'ne']
const order: readonly Comparison[] = ['gt', 'ge', 'lt', 'le']
const substring: readonly Comparison[] = ['co', 'sw', 'ew']

function listComparisons(type: Path['type']): readonly Comparison[] {
  if (type === 'boolean') return equality
  if (type === 'binary') return [...equality, ...substring]
  return type === 'string' ? [...equality, ...order, ...substring] : [...equality, ...order]
}

const writePath = ({ urn, name, sub }: Path): string =>
  `${urn === undefined ? '' : `${urn}:`}${name}${sub === undefined ? '' : `.${sub}`}`

/** Every filter of one comparison. */
function listLeaves({ path, operands }: Subject): Filter[] {
  const written = writePath(path)
  const compare = (comparison: Comparison, value: Operand): Filter => {
    return { kind: 'compare', text: written, path, comparison, value }
  }
  if (operands.length === 0) return [{ kind: 'pr', text: written, path }]
  return [
    { kind: 'pr', text: written, path },
    ...equality.map((comparison) => compare(comparison, null)),
    ...listComparisons(path.type).flatMap((comparison) => operands.map((value) => compare(comparison, value))),
  ]
}

/** The filters, each with some other: with `and`, with `or`, and one of them negated. */
function combine(filters: readonly Filter[], count: number): Filter[] {
  const at = (index: number): Filter => filters[(index * 37) % filters.length] as Filter
  return Array.from({ length: count }, (_, index): Filter => {
    const of = [at(index), index % 3 === 0 ? ({ kind: 'not', of: at(index * 5 + 1) } as const) : at(index * 5 + 1)]
    return { kind: index % 2 === 0 ? 'and' : 'or', of }
  })
}

describe('a filter on resources of a type of one’s own', function () {
  this.timeout(60_000)

  /** The filters find what the model finds, and not only all or nothing. */
  async function compare(scim: ScimClient, resources: readonly Body[], filters: readonly Filter[]): Promise<void> {
    const search = async (filter: Filter): Promise<boolean> => {
      const written = writeFilter(filter)
      const {
        status,
        body,
        text: answer,
      } = await scim.post('/Widgets/.search', {
        schemas: [searchSchema],
        filter: written,
        attributes: ['id'],
        count: 1000,
      })
      expect(status, `${written}\n${answer}`).to.equal(200)
      const expected = resources.filter((one) => meets(one, filter)).map((one) => one['id'] as string)
      const found = body['Resources'].map((one: Body) => one['id'])
      expect(found, written).to.have.members(expected)
      expect(body['totalResults'], written).to.equal(expected.length)
      return expected.length > 0 && expected.length < resources.length
    }
    let telling = 0
    for (let index = 0; index < filters.length; index += 10) {
      const told = await Promise.all(filters.slice(index, index + 10).map(search))
      telling += told.filter(Boolean).length
    }
    expect(telling).to.be.greaterThan(filters.length / 2)
  }

  it('7644-3.4.2.2-02 7644-3.4.2.2-logic-01 7644-3.4.2.2-complex-04 7644-3.4.2.2-complex-09 7644-3.4.2.2-complex-12 7643-2.3-10 finds what its attribute, type and comparison say', () =>
    withTypes(documents, async ({ scim }) => {
      for (let index = 0; index < 30; index++) await create(scim, '/Widgets', resource(index))
      const all = [
        ...['schemas', 'externalId', 'meta', 'text', 'exact', 'flag', 'integer', 'decimal', 'moment', 'blob', 'link'],
        ...['hidden', 'code', 'texts', 'numbers', 'moments', 'whole', 'parts', extension],
      ]
      const { body } = await scim.get(`/Widgets?count=1000&attributes=${all.join(',')}`)
      const resources = body['Resources'] as Body[]
      expect(resources).to.have.length(30)

      const leaves = subjects.flatMap(listLeaves)
      await compare(scim, resources, leaves)
      await compare(scim, resources, combine(leaves, 150))

      const inside = listParts({}).flatMap(listLeaves)
      for (const urn of [undefined, extension]) {
        const path: Path = { ...(urn === undefined ? {} : { urn }), name: 'parts', multiValued: true, type: 'complex' }
        const filters = [...inside, ...combine(inside, 60)].map((of): Filter => ({
          kind: 'some',
          text: writePath(path),
          path,
          of,
          then: undefined,
        }))
        await compare(scim, resources, filters)
        await compare(scim, resources, combine([...filters, ...leaves], 40))
      }
    }))

  it('7644-3.4.2.2-09 7644-3.4.2.2-op-08 7644-3.4.2.2-op-09 7644-3.4.2.2-op-10 is refused where it names what the type does not have, or compares what cannot be compared', () =>
    withTypes(documents, async ({ scim }) => {
      const wrong = [
        ...['userName pr', 'whole.colour pr', `${extension}:colour eq "x"`, 'urn:example:Other:text pr'],
        ...['whole eq "x"x', 'flag gt true', 'integer co "1"', 'integer eq "1"', 'moment eq "soon"', 'blob lt "AQID"'],
        ...['whole[value eq "x"]', 'parts[colour eq "x"]', 'parts.value[type pr]', 'text eq 7', 'text'],
      ]
      for (const filter of wrong) expectError(await scim.filter('/Widgets', filter), 400, 'invalidFilter')
    }))
})

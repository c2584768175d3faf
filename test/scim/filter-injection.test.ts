// Whatever text a filter has, it stays text: the statement that it becomes is one of a few that the schema alone decides.
import { expect } from 'chai'
import fc from 'fast-check'
import { Parameters } from '../../server/db/query.ts'
import type { Actor } from '../../server/directory/actor.ts'
import { conditionSql } from '../../server/directory/condition-sql.ts'
import { groupAttributes } from '../../server/directory/group-attributes.ts'
import { userAttributes } from '../../server/directory/user-attributes.ts'
import { AppError } from '../../server/errors.ts'
import { declareResourceTypes } from '../../server/scim/declarations.ts'
import { compileFilter } from '../../server/scim/filter.ts'
import { type Attribute, compileResourceType, type ResourceType } from '../../server/scim/schema.ts'
import { createTenant } from '../support/app.ts'
import type { Body } from '../support/scim-client.ts'

const seed = Number(process.env['FILTER_SEED'] ?? 20_260_131)

const [userType, groupType] = declareResourceTypes().map((type) => compileResourceType(type)) as [
  ResourceType,
  ResourceType,
]

const actor = (view: Actor['view']): Actor => {
  const [organizationId, directoryId] = ['org_1', 'dir_1']
  return { organizationId, directoryId, view, restoresUsers: false, tokenId: null, requestId: null, at: new Date(0) }
}

const sources = [
  { type: userType, source: userAttributes(actor('directory')) },
  { type: userType, source: userAttributes(actor('organization')) },
  { type: groupType, source: groupAttributes },
]
type Source = (typeof sources)[number]

interface Statement {
  readonly text: string
  readonly values: readonly unknown[]
}

/** The statement of a filter, or undefined where the filter is refused. Any other failure is one of the test. */
function write(filter: string, { type, source }: Source): Statement | undefined {
  try {
    const parameters = new Parameters('org_1')
    const condition = compileFilter(filter, type, { strict: false, notes: [] })
    return { text: conditionSql(condition, source, parameters), values: parameters.values }
  } catch (error) {
    if (error instanceof AppError && error.code === 'invalid_filter') return undefined
    throw error
  }
}

/** All names of a type in full. */
function listNames(type: ResourceType): string[] {
  const namesOf = (prefix: string, attributes: ReadonlyMap<string, Attribute>): string[] =>
    [...attributes.values()].flatMap(({ name, subs }) => [
      prefix + name,
      ...[...subs.values()].map((sub) => `${prefix}${name}.${sub.name}`),
    ])
  return [
    ...namesOf('', type.schema.attributes),
    ...[...type.extensions.values()].flatMap(({ id, attributes }) => namesOf(`${id}:`, attributes)),
  ]
}

const fragments = [
  ...["'", "''", '"', '\\', "\\'", '\\"', '$1', '$2', '$$', '$tag$', '$$; drop table users; $$', '--', '/*', '*/', ';'],
  ...[
    ' or 1=1',
    "' or '1'='1",
    ') or (true',
    '%',
    '_',
    '{}',
    "E'\\x27'",
    "U&'\\0027'",
    '\u0000',
    '\\u0000',
    '\ud83d\ude00',
  ],
  ...['\u2019', '\u02bc', '\uff07', '\u00a0', '\r\n', '\t', '\u2028', '\ufeff', '?', '?|', ':a', '@>', '||', '::text'],
]
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...fragments), fc.string({ unit: 'binary', maxLength: 10 })), { maxLength: 6 })
  .map((parts) => parts.join(''))

const comparisons = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'le'] as const

describe('filters that try to be SQL', () => {
  it('7643-9-02 no value changes the statement: it is a parameter, whole', () => {
    // An empty prefix is no range, and what cannot be an id is not looked up as one: two shapes, whatever the value.
    const shapesOf = (name: string, comparison: string, source: Source): Set<string> =>
      new Set(
        ['x', '', 'emp_1', 'AAAA'].flatMap((value) => write(`${name} ${comparison} "${value}"`, source)?.text ?? []),
      )
    for (const source of sources) {
      const names = listNames(source.type).filter((name) => shapesOf(name, 'eq', source).size > 0)
      expect(names.length).to.be.greaterThan(10)
      const shapes = new Map<string, Set<string>>()
      const property = fc.property(fc.constantFrom(...names), fc.constantFrom(...comparisons), hostile, (...given) => {
        const [name, comparison, value] = given
        const filter = `${name} ${comparison} ${JSON.stringify(value)}`
        const written = write(filter, source)
        if (written === undefined) {
          expect(value.includes('\0') || shapesOf(name, comparison, source).size === 0, filter).to.equal(true)
          return
        }
        const known = shapes.get(`${name} ${comparison}`) ?? shapesOf(name, comparison, source)
        shapes.set(`${name} ${comparison}`, known)
        expect([...known], filter).to.include(written.text)
        expect(written.text.match(/\$\d+/g)?.length, filter).to.be.at.least(1)
        expect(Math.max(...readNumbers(written.text)), filter).to.equal(written.values.length)
      })
      fc.assert(property, { seed, numRuns: 2000 })
    }
  })

  it('7643-9-02 no name changes the statement: it is one that the schema has, or refused', () => {
    for (const source of sources) {
      const names = listNames(source.type)
      const known = new Set(names.flatMap((name) => write(`${name} pr`, source)?.text ?? []))
      const near = fc
        .tuple(fc.constantFrom(...names), hostile, fc.nat(60))
        .map(([name, text, at]) => name.slice(0, at) + text + name.slice(at))
      const property = fc.property(fc.oneof(hostile, near, fc.constantFrom(...names)), (name) => {
        const written = write(`${name} pr`, source)
        if (written !== undefined) expect([...known], name).to.include(written.text)
        const inside = write(`emails[${name} pr]`, source)
        if (inside !== undefined) expect(name.trim(), name).to.match(/^(?:value|display|type|primary)$/i)
      })
      fc.assert(property, { seed, numRuns: 2000 })
    }
  })

  it('7643-9-02 7644-3.4.2.2-07 no text at all makes the reader fail but by a refusal', () => {
    const words = fc.constantFrom(
      ...[
        'userName',
        'emails',
        'eq',
        'pr',
        'and',
        'or',
        'not',
        '(',
        ')',
        '[',
        ']',
        '.',
        '"x"',
        ' ',
        'true',
        '1',
        'null',
      ],
    )
    const text = fc
      .array(fc.oneof({ weight: 4, arbitrary: words }, { weight: 1, arbitrary: hostile }), { maxLength: 12 })
      .map((parts) => parts.join(' '))
    const property = fc.property(text, (filter) => {
      for (const source of sources) write(filter, source)
    })
    fc.assert(property, { seed, numRuns: 5000 })
  })

  it('7643-9-02 7644-3.4.2.2-op-14 a value is found by itself, and by nothing else', async () => {
    const { scim } = await createTenant()
    const values = [...fragments, ...fc.sample(hostile, { seed, numRuns: 60 })]
      .filter((value) => !value.includes('\0'))
      .map((value, index) => `${value}${index}${value}`)
    const ids = await Promise.all(
      values.map(async (title, index) => (await scim.createUser(`user ${index}`, { title }))['id']),
    )
    await Promise.all(
      values.map(async (title, index) => {
        for (const comparison of ['eq', 'sw', 'ew']) {
          const filter = `title ${comparison} ${JSON.stringify(title)}`
          const { status, body, text } = await scim.filter('/Users', filter)
          expect(status, text).to.equal(200)
          expect(
            body['Resources'].map((user: Body) => user['id']),
            filter,
          ).to.deep.equal([ids[index]])
        }
      }),
    )
  })
})

function readNumbers(text: string): number[] {
  return (text.match(/\$\d+/g) ?? []).map((place) => Number(place.slice(1)))
}

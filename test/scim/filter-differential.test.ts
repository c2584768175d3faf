// The SQL that filters become, against a second evaluator that knows nothing of it, and the trees that they are read into,
// against a second parser: random filters over random people and groups, as two directories and an application see them.
// FILTER_SEED runs other filters.
import { expect } from 'chai'
import fc from 'fast-check'
import pg from 'pg'
import { type Filter as Tree, parse } from 'scim2-parse-filter'
import { Parameters } from '../../server/db/query.ts'
import { conditionSql } from '../../server/directory/condition-sql.ts'
import { groupAttributes } from '../../server/directory/group-attributes.ts'
import { userAttributes } from '../../server/directory/user-attributes.ts'
import { declareResourceTypes } from '../../server/scim/declarations.ts'
import { compileFilter } from '../../server/scim/filter.ts'
import { parseFilter, type Syntax } from '../../server/scim/filter-syntax.ts'
import type { Reading } from '../../server/scim/notes.ts'
import { findType, type OrganizationSchema, OrganizationSchemas } from '../../server/scim/organization-schema.ts'
import { createTenant } from '../support/app.ts'
import { arbitraryFilter, readSubjects } from '../support/filter-arbitrary.ts'
import { type Filter, meets, type Resource, writeFilter } from '../support/filter-model.ts'
import { createWorld, groupPaths, userPaths, type Viewer } from '../support/filter-world.ts'
import { testDatabase, testDatabaseUrl } from '../support/postgres.ts'
import { type Body, groupSchema, searchSchema, userSchema } from '../support/scim-client.ts'

const seed = Number(process.env['FILTER_SEED'] ?? 20_260_131)
/** For each of three clients. */
const runs = { sql: { users: 5_000, groups: 2_000 }, http: { users: 400, groups: 100 } }
const batchSize = 50

type Kind = 'users' | 'groups'

const endpoints = { users: '/Users', groups: '/Groups' } as const
const strictly = (): Reading => ({ strict: true, notes: [] })

describe('filters against a model of them', function () {
  this.timeout(120_000)
  let viewers: Viewer[]
  let schema: OrganizationSchema
  let pool: pg.Pool | undefined

  before(async () => {
    const tenant = await createTenant()
    viewers = await createWorld(tenant, seed)
    schema = await new OrganizationSchemas(testDatabase(), declareResourceTypes()).find(tenant.organizationId, 2)
    pool = new pg.Pool({ connectionString: testDatabaseUrl(), max: 2 })
  })
  after(() => pool?.end())

  function arbitraryOf(viewer: Viewer, kind: Kind): fc.Arbitrary<Filter> {
    const [paths, urn] = kind === 'users' ? [userPaths, userSchema] : [groupPaths, groupSchema]
    return arbitraryFilter(readSubjects(paths, viewer[kind]), urn)
  }

  it('7644-3.4.2.2-02 7644-3.4.2.2-logic-01 7644-3.4.2.2-complex-04 7644-3.4.2.2-complex-12 writes SQL of which 21 000 filters find what the model finds', async () => {
    let [compared, telling] = [0, 0]
    for (const viewer of viewers) {
      for (const kind of ['users', 'groups'] as const) {
        const filters = fc.sample(arbitraryOf(viewer, kind), { numRuns: runs.sql[kind], seed })
        const outcomes = await inPairs(chunk(filters, batchSize), (batch) => compareSql(viewer, kind, batch))
        compared += filters.length
        telling += outcomes.reduce((sum, count) => sum + count, 0)
      }
    }
    expect(compared).to.be.at.least(20_000)
    // A test of filters that find everything or nothing would prove little.
    expect(telling).to.be.greaterThan(compared / 2)
  })

  /** Asks one statement for the answers of many filters. Returns how many of them some resources meet and others do not. */
  async function compareSql(viewer: Viewer, kind: Kind, filters: readonly Filter[]): Promise<number> {
    const type = findType(schema, kind === 'users' ? 'User' : 'Group')
    const source = kind === 'users' ? userAttributes(viewer.actor) : groupAttributes
    const parameters = new Parameters(viewer.actor.organizationId)
    const texts = filters.map((filter, index) => writeFilter(filter, index % 5 === 0))
    const conditions = texts.map((text) => conditionSql(compileFilter(text, type, strictly()), source, parameters))
    const ids = parameters.add(viewer[kind].map((resource) => resource['id']))
    const statement = `select u.id, ${conditions.join(', ')} from ${kind} u where u.org_id = $1 and u.id = any(${ids})`
    const reply = await pool?.query<unknown[]>({ text: statement, values: parameters.values, rowMode: 'array' })
    const answers = new Map(reply?.rows.map(([id, ...answer]) => [id, answer]))
    let telling = 0
    for (const [index, filter] of filters.entries()) {
      const found = new Set<unknown>()
      for (const resource of viewer[kind]) {
        const answer = answers.get(resource['id'])?.[index]
        found.add(answer)
        if (answer === meets(resource, filter)) continue
        throw new Error(explain(viewer, texts[index] ?? '', resource, answer, !answer))
      }
      if (found.size > 1) telling++
    }
    return telling
  }

  for (const kind of ['users', 'groups'] as const) {
    it(`7644-3.4.2.2-02 7644-3.4.2.2-complex-11 finds the ${kind} that the model finds over HTTP`, async () => {
      for (const viewer of viewers) {
        // Ten at a time; what disagrees is shrunk to the smallest such filter.
        const batches = fc.array(arbitraryOf(viewer, kind), { minLength: 10, maxLength: 10 })
        const property = fc.asyncProperty(batches, async (batch) => {
          await Promise.all(batch.map((filter) => compareHttp(viewer, kind, filter)))
        })
        await fc.assert(property, { seed, numRuns: runs.http[kind] / 10 })
      }
    })
  }

  async function compareHttp(viewer: Viewer, kind: Kind, filter: Filter): Promise<void> {
    const text = writeFilter(filter)
    const request = { schemas: [searchSchema], filter: text, attributes: ['id'], count: 1000 }
    const reply = await viewer.scim.post(`${endpoints[kind]}/.search`, request)
    expect(reply.status, `${text}\n${reply.text}`).to.equal(200)
    const found = new Set(reply.body['Resources'].map((resource: Body) => resource['id']))
    for (const resource of viewer[kind]) {
      const answer = found.has(resource['id'])
      if (answer !== meets(resource, filter)) throw new Error(explain(viewer, text, resource, answer, !answer))
    }
    expect(reply.body['totalResults'], text).to.equal(found.size)
  }

  it('7644-3.4.2.2-logic-02 7644-3.4.2.2-complex-05 reads filters into the trees that another parser reads them into', () => {
    let compared = 0
    const filters = viewers.flatMap((viewer) =>
      (['users', 'groups'] as const).flatMap((kind) =>
        fc.sample(arbitraryOf(viewer, kind), { numRuns: runs.sql[kind], seed }),
      ),
    )
    for (const [index, filter] of filters.entries()) {
      const text = writeFilter(filter, index % 5 === 0)
      if (differences.some(({ pattern }) => pattern.test(text))) continue
      expect(toTree(parseFilter(text, strictly())), `FILTER_SEED=${seed}: ${text}`).to.deep.equal(parse(text))
      compared++
    }
    expect(compared).to.be.greaterThan(filters.length / 2)
  })
})

function explain(viewer: Viewer, filter: string, resource: Resource, answer: unknown, expected: boolean): string {
  return [
    `FILTER_SEED=${seed}, as ${viewer.name} sees it:`,
    filter,
    JSON.stringify(resource),
    `the server says ${String(answer)}, the model ${expected}`,
  ].join('\n')
}

/** What the other parser reads otherwise than the standard has it, or not at all. */
const differences: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: 'escapes other than of quotes stay as they are', pattern: /\\(?!")/ },
  { what: 'a quote behind an escaped backslash is taken for an escaped one', pattern: /\\\\"/ },
  { what: 'names have no $', pattern: /[\w.:]*\$\w+ \w/ },
  { what: 'negative numbers and exponents are read at the end only', pattern: / (?:-\d|\d+(?:\.\d+)?e[+-])/ },
]

// As the other parser writes it, where `attr[…].sub op value` is two conditions, which need not be met by one value.
function toTree(syntax: Syntax): Tree {
  switch (syntax.kind) {
    case 'and':
    case 'or':
      return { op: syntax.kind, filters: syntax.of.map(toTree) }
    case 'not':
      return { op: 'not', filter: toTree(syntax.of) }
    case 'present':
      return { op: 'pr', attrPath: syntax.name }
    case 'compare':
      return { op: syntax.comparison, attrPath: syntax.name, compValue: syntax.value.value }
    case 'value': {
      const values: Tree = { op: '[]', attrPath: syntax.name, valFilter: toTree(syntax.of) }
      if (syntax.then === undefined) return values
      const then = { ...toTree(syntax.then), attrPath: `${syntax.name}.${nameOf(syntax.then)}` } as Tree
      return { op: 'and', filters: [values, then] }
    }
  }
}

function nameOf(syntax: Syntax): string {
  return 'name' in syntax ? syntax.name : ''
}

function chunk<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  )
}

/** Two at a time, which is what a small machine can do at once. */
async function inPairs<T, R>(list: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (const pair of chunk(list, 2)) results.push(...(await Promise.all(pair.map(work))))
  return results
}

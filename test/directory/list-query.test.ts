import { expect } from 'chai'
import fc from 'fast-check'
import type { CompiledQuery } from 'kysely'
import { loadSample } from '../../server/commands/sample.ts'
import { connect, type Database } from '../../server/db/connect.ts'
import { createId } from '../../server/db/ids.ts'
import { query } from '../../server/db/query.ts'
import type { JsonObject } from '../../server/db/tables.ts'
import type { Actor } from '../../server/directory/actor.ts'
import type { AttributePath } from '../../server/directory/condition.ts'
import { createGroup, listGroups } from '../../server/directory/groups.ts'
import type { Listed, Page, Position } from '../../server/directory/listing.ts'
import { listResources } from '../../server/directory/list-query.ts'
import { insertUsers } from '../../server/directory/user-writes.ts'
import { listUsers } from '../../server/directory/users.ts'
import { clock, createTenant } from '../support/app.ts'
import { testDatabase, testDatabaseUrl } from '../support/postgres.ts'
import { spyOn } from '../support/spy.ts'
import { customSchema } from '../support/protocol.ts'
import type { Body } from '../support/scim-client.ts'
import { fold, instant, type Key, main, sortResources } from '../support/sort-model.ts'

const seed = Number(process.env['PAGES_SEED'] ?? 20_260_131)
const baseUrl = 'http://localhost/scim/v2'

function pathTo(name: string, rest: Partial<AttributePath> = {}): AttributePath {
  return { extension: undefined, name, sub: undefined, multiValued: false, type: 'string', caseExact: false, ...rest }
}

type List = (sortBy: AttributePath | undefined) => Listed
const renderNothingElse = { baseUrl, omits: new Set(['groups', 'members']), adds: new Set<string>() }
const usersOf =
  (actor: Actor): List =>
  (sortBy) =>
    listUsers(actor, { ...renderNothingElse, condition: undefined, sortBy })
const groupsOf =
  (actor: Actor): List =>
  (sortBy) =>
    listGroups(actor, { ...renderNothingElse, condition: undefined, sortBy })

async function createActor(): Promise<Actor> {
  const { organizationId, directoryId } = await createTenant()
  const who = { restoresUsers: false, tokenId: null, requestId: null }
  return { organizationId, directoryId, view: 'directory', ...who, at: clock.now() }
}

/** The ids of all pages; the databases take turns. */
async function walk(
  databases: readonly [Database, ...Database[]],
  actor: Actor,
  listed: readonly Listed[],
  page: Omit<Page, 'from'>,
): Promise<string[]> {
  const ids: string[] = []
  let position: Position | undefined
  for (let turn = 0; ; turn++) {
    const db = databases[turn % databases.length] ?? databases[0]
    const { resources, next } = await listResources(db, actor, baseUrl, listed, { ...page, from: position ?? 'start' })
    expect(resources.length).to.be.at.most(page.count)
    ids.push(...resources.map(({ json }) => (JSON.parse(json) as Body)['id'] as string))
    if (next === undefined) return ids
    // Between two pages a position is JSON.
    position = JSON.parse(JSON.stringify(next)) as Position
  }
}

const sometimes = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(value, { nil: undefined, freq: 3 })

// Few values, so that many are equal; and some that have no common ground with each other.
const someText = fc.oneof(
  fc.constantFrom('a', 'A', 'b', 'á', 'a\u0301', 'ab', ' a'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 3 }).filter((text) => !/[\0ſßẞıK]/.test(text)),
)
const someName = someText.map((text) => text.trim()).filter((text) => text !== '')
const someNumber = fc.oneof(
  fc.constantFrom(0, 1, 2, 10, -1, 0.1, 0.30000000000000004, 1e21, 1e-300),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)
const someInstant = fc
  .record({
    at: fc.constantFrom('2026-01-31T12:00:00', '1890-06-01T00:00:00', '0001-01-01T00:00:00', '9999-12-31T23:59:59'),
    fraction: fc.constantFrom('', '.5', '.000001', '.000002', '.1234564'),
    zone: fc.constantFrom('', 'Z', '+01:00', '-14:00', '+14:00'),
  })
  .map(({ at, fraction, zone }) => at + fraction + zone)

const someAttributes = fc.record({
  title: sometimes(someText),
  displayName: sometimes(someText),
  emails: sometimes(
    fc.array(fc.record({ value: sometimes(someText), primary: fc.boolean() }), { minLength: 1, maxLength: 3 }),
  ),
  [customSchema]: fc.record({
    number: sometimes(someNumber),
    moment: sometimes(someInstant),
    exact: sometimes(someText),
    flag: sometimes(fc.boolean()),
  }),
})

// Of several primary values, which no directory is given, none is asked for.
const somePerson = someAttributes.map(({ emails, ...rest }) => {
  const primary = emails?.findIndex((email) => email.primary)
  const distinct = emails?.map((email, index) => ({ ...email, primary: index === primary }))
  return { ...rest, emails: distinct }
})

const own = (resource: Body): Body => (resource[customSchema] ?? {}) as Body
const inCustom = { extension: customSchema }
type Sort = readonly [path: AttributePath | undefined, keyOf: (resource: Body) => Key]
const sorts: readonly Sort[] = [
  [undefined, ({ id }) => id as string],
  [pathTo('id', { caseExact: true }), ({ id }) => id as string],
  [pathTo('userName'), ({ userName }) => fold(userName)],
  [pathTo('title'), ({ title }) => fold(title)],
  [pathTo('displayName'), ({ displayName }) => fold(displayName)],
  [pathTo('emails', { sub: 'value', multiValued: true }), ({ emails }) => fold(main(emails)?.['value'])],
  [pathTo('number', { ...inCustom, type: 'decimal' }), (one) => own(one)['number'] as Key],
  [pathTo('moment', { ...inCustom, type: 'dateTime' }), (one) => instant(own(one)['moment'])],
  [pathTo('exact', { ...inCustom, caseExact: true }), (one) => own(one)['exact'] as Key],
  [
    pathTo('flag', { ...inCustom, type: 'boolean' }),
    (one) => (own(one)['flag'] === undefined ? undefined : String(own(one)['flag'])),
  ],
]

async function insertPeople(actor: Actor, people: readonly object[]): Promise<Body[]> {
  const users = people.map((person, index) => {
    // What is undefined is not there.
    const attributes = JSON.parse(JSON.stringify(person)) as JsonObject
    return {
      id: createId('emp', actor.at),
      createdAt: actor.at,
      externalId: null,
      resource: { userName: `u${index}`, ...attributes },
    }
  })
  if (users.length > 0) await insertUsers(testDatabase(), actor, users, 'create', 1)
  return users.map(({ id, resource }) => ({ ...resource, id }))
}

describe('pages behind a position', function () {
  this.timeout(60_000)

  it('7644-3.4.2.3-08 7644-3.4.2.4-07 9865-2.2-01 hold together what sorting in memory gives, whatever the data', async () => {
    const property = fc.asyncProperty(
      fc.array(somePerson, { maxLength: 12 }),
      fc.constantFrom(...sorts),
      fc.integer({ min: 1, max: 5 }),
      async (people, [sortBy, keyOf], count) => {
        const actor = await createActor()
        const users = await insertPeople(actor, people)
        for (const descending of [false, true]) {
          const expected = sortResources(users, keyOf, descending).map(({ id }) => id as string)
          const found = await walk([testDatabase()], actor, [usersOf(actor)(sortBy)], { count, descending })
          expect(found).to.deep.equal(expected)
        }
      },
    )
    await fc.assert(property, { seed, numRuns: 60 })
  })

  it('7644-3.4.2.3-08 7644-3.4.2.4-07 9865-2.2-01 hold together users and groups that are sorted as one list', async () => {
    const property = fc.asyncProperty(
      fc.array(somePerson, { maxLength: 8 }),
      fc.uniqueArray(someName, { maxLength: 5, selector: fold }),
      fc.constantFrom(...sorts),
      fc.integer({ min: 1, max: 5 }),
      async (people, names, [sortBy, keyOf], count) => {
        const actor = await createActor()
        const resources = await insertPeople(actor, people)
        for (const displayName of names) {
          const { id } = await createGroup(testDatabase(), actor, { resource: { displayName }, externalId: null }, [])
          resources.push({ displayName, id })
        }
        for (const descending of [false, true]) {
          const listed = [usersOf(actor)(sortBy), groupsOf(actor)(sortBy)]
          const expected = sortResources(resources, keyOf, descending).map(({ id }) => id as string)
          expect(await walk([testDatabase()], actor, listed, { count, descending })).to.deep.equal(expected)
        }
      },
    )
    await fc.assert(property, { seed, numRuns: 40 })
  })

  it('are the same where another session writes times in its own way', async () => {
    const actor = await createActor()
    const moments = [
      '2026-03-04T05:06:07.000001Z',
      '2026-04-03T05:06:07.000002',
      '0001-01-01T00:00:00+14:00',
      '1890-06-01T00:00:00Z',
    ]
    const users = await insertPeople(
      actor,
      moments.map((moment) => ({ [customSchema]: { moment } })),
    )
    const url = new URL(testDatabaseUrl())
    url.searchParams.set('options', '-c datestyle=SQL,DMY -c timezone=Asia/Kolkata')
    const other = connect({ url: url.href, poolSize: 1 })
    try {
      const [setting] = await query<{ TimeZone: string }>(other, 'show timezone')
      expect(setting?.TimeZone).to.equal('Asia/Kolkata')
      const sortBy = pathTo('moment', { ...inCustom, type: 'dateTime' })
      const expected = sortResources(users, (one) => instant(own(one)['moment']), false).map(({ id }) => id as string)
      for (const databases of [
        [testDatabase(), other],
        [other, testDatabase()],
      ] as const) {
        const listed = [usersOf(actor)(sortBy)]
        expect(await walk(databases, actor, listed, { count: 1, descending: false })).to.deep.equal(expected)
      }
    } finally {
      await other.destroy()
    }
  })
})

interface Plan {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Index Cond'?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly 'Shared Hit Blocks': number
  readonly 'Shared Read Blocks': number
  readonly Plans?: readonly Plan[]
}

const listNodes = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(listNodes)]
const countBlocks = (plan: Plan): number => plan['Shared Hit Blocks'] + plan['Shared Read Blocks']
const readRows = (node: Plan): number =>
  (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops']

// The groups are so few that PostgreSQL may rather read all.
const isOfFewGroups = (plan: Plan): boolean => {
  const relations = listNodes(plan).flatMap((node) => node['Relation Name'] ?? [])
  return relations.length > 0 && relations.every((relation) => relation === 'groups')
}

describe('a page far behind, in a directory of 3000 users', function () {
  this.timeout(60_000)
  const count = 10
  let actor: Actor

  before(async () => {
    const db = testDatabase()
    actor = await createActor()
    const { organizationId, directoryId } = actor
    const [row] = await query<{ name: string }>(db, 'select name from organizations where org_id = $1', [
      organizationId,
    ])
    await loadSample(db, { size: 3000, organization: row?.name ?? '', directory: directoryId, seed: 1 }, clock.now())
    // Otherwise what tests before these left, and when it was last counted, decides.
    await query(db, 'analyze users, groups')
  })

  /** The plan of the statement that finds the page. */
  async function explain(listed: readonly Listed[], page: Page): Promise<Plan> {
    const db = testDatabase()
    const statements: CompiledQuery[] = []
    const spy = spyOn(db, (statement) => {
      statements.push(statement)
      return db.executeQuery(statement)
    })
    await listResources(spy, actor, baseUrl, listed, page)
    const [first] = statements
    const text = `explain (analyze, buffers, format json) ${first?.sql ?? ''}`
    const [row] = await query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(db, text, first?.parameters)
    if (row === undefined) throw new Error('EXPLAIN gave no row')
    return row['QUERY PLAN'][0].Plan
  }

  const lists: readonly (readonly [
    what: string,
    index: string,
    sortBy: AttributePath | undefined,
    isMixed: boolean,
  ])[] = [
    ['users by id', 'users_pkey', undefined, false],
    ['users by userName', 'users_user_name', pathTo('userName'), false],
    ['users and groups by id', 'users_pkey', undefined, true],
  ]
  for (const [what, index, sortBy, isMixed] of lists) {
    for (const descending of [false, true]) {
      it(`is read from its place in the index: ${what}${descending ? ', descending' : ''}`, async () => {
        const listed = [usersOf(actor)(sortBy), ...(isMixed ? [groupsOf(actor)(sortBy)] : [])]
        const ahead = await listResources(testDatabase(), actor, baseUrl, listed, {
          from: 'start',
          count: 2800,
          descending,
        })
        if (ahead.next === undefined) throw new Error('there is nothing behind')
        const first = await explain(listed, { from: 'start', count, descending })
        const deep = await explain(listed, { from: ahead.next, count, descending })

        const scans = listNodes(deep).filter((node) => node['Index Name'] === index && readRows(node) > 0)
        const finds = isMixed ? /\(id [<>]/ : sortBy === undefined ? /\(id [<>]/ : /\(user_name_key [<>]/
        expect(
          scans.some((node) => finds.test(node['Index Cond'] ?? '')),
          JSON.stringify(scans),
        ).to.equal(true)
        // Neither is read nor sorted what is not of the page.
        for (const node of listNodes(deep).filter((one) => !isOfFewGroups(one))) {
          expect(readRows(node), `${node['Node Type']} ${node['Relation Name'] ?? ''}`).to.be.at.most(3 * count)
        }
        expect(countBlocks(deep)).to.be.at.most(countBlocks(first) * 1.5)
        // Counted pages are not so: what precedes them is read.
        const counted = await explain(listed, { from: 2800, count, descending })
        expect(countBlocks(counted)).to.be.at.least(countBlocks(first) * 3)
      })
    }
  }
})

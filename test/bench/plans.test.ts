// How PostgreSQL finds the rows of every statement that the benchmark's table is about: by an index and by more than the
// organization, whatever the planner knows of the parameters. A plan that reads all of an organization is fast in a test of
// five users and slow in a company.
import { expect } from 'chai'
import { Kysely, PostgresDialect } from 'kysely'
import { createServer, type Server } from 'node:http'
import pg from 'pg'
import supertest from 'supertest'
import { createApp } from '../../server/app.ts'
import { readConfig } from '../../server/config.ts'
import { query } from '../../server/db/query.ts'
import type { Tables } from '../../server/db/tables.ts'
import { transaction } from '../../server/db/transaction.ts'
import type { Actor } from '../../server/directory/actor.ts'
import { createGroup } from '../../server/directory/groups.ts'
import { draftUser, insertUsers } from '../../server/directory/user-writes.ts'
import { createLogger } from '../../server/ops/logger.ts'
import { clock, createTenant, type Tenant } from '../support/app.ts'
import { listNodes, planFor, planForAll, type PlanNode, type Statement } from '../support/plans.ts'
import { testDatabase, testDatabaseUrl } from '../support/postgres.ts'
import { enterpriseSchema, groupSchema, ScimClient, userSchema } from '../support/scim-client.ts'

const people = 3000
const watched = ['users', 'links', 'memberships', 'groups']

// What finds single rows, or those of one user or group. An index on the organization alone finds all of it.
const narrow: ReadonlySet<string> = new Set([
  'users_pkey (org_id, id)',
  'users_user_name (user_name_key, org_id)',
  'users_emails (email_keys)',
  'links_pkey (org_id, user_id)',
  'links_pkey (org_id, user_id, directory_id)',
  'links_external_id (org_id, external_id)',
  'links_external_id (org_id, external_id, directory_id)',
  // The links that have ended are few.
  'links_ended (org_id, directory_id)',
  'links_ended (org_id, directory_id, user_id)',
  'memberships_pkey (org_id, group_id)',
  'memberships_pkey (org_id, group_id, member_id)',
  'memberships_user_id (org_id, user_id)',
  'memberships_child_id (org_id, child_id)',
  'groups_pkey (org_id, id)',
])

interface Case {
  readonly what: string
  readonly run: () => Promise<{ readonly status: number }>
  /** Indexes that the statements must use, with the columns that they look for. */
  readonly uses: readonly string[]
  /** An index that is walked from some place on, to fill a page. */
  readonly walks?: string
}

describe('the plans of the statements that are measured', function () {
  this.timeout(120_000)

  const statements: Statement[] = []
  let tenant: Tenant
  let scim: ScimClient
  let client: pg.Client
  let server: Server
  let db: Kysely<Tables>
  let userIds: readonly string[]
  let groupId: string
  let cursor: string

  before(async () => {
    tenant = await createTenant()
    userIds = await fill(tenant, people)
    await fill(await createTenant(), people / 3)
    groupId = await addGroup(tenant, 'Large', userIds.slice(0, 2000))
    await query(testDatabase(), 'analyze')
    client = new pg.Client({ connectionString: testDatabaseUrl() })
    await client.connect()
    const pool = new pg.Pool({ connectionString: testDatabaseUrl(), max: 4 })
    const log = ({ query: { sql, parameters } }: { query: Statement }): void => {
      statements.push({ sql, parameters })
    }
    db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }), log })
    const logger = createLogger('silent')
    server = createServer(createApp({ config: readConfig({}), db, logger, now: clock.now }).listener)
    scim = new ScimClient(supertest(server), 'http://127.0.0.1', tenant.directoryToken)
    cursor = String((await scim.get('/Users?cursor=&count=100')).body['nextCursor'])
  })

  after(async () => {
    server.close()
    await db.destroy()
    await client.end()
  })

  const user = 'user1234@example.com'
  const find = (filter: string): Promise<{ status: number }> => scim.filter('/Users', filter)
  const patchUser = (operations: readonly unknown[]): Promise<{ status: number }> =>
    scim.patch(`/Users/${userIds[1234]}`, operations)
  const patchGroup = (operation: unknown): Promise<{ status: number }> => scim.patch(`/Groups/${groupId}`, [operation])
  const readsUser = ['users_pkey (org_id, id)', 'links_pkey (org_id, user_id, directory_id)']

  const cases: readonly Case[] = [
    {
      what: 'reads a user by id, with manager and groups',
      run: () => scim.get(`/Users/${userIds[1234]}`),
      uses: [...readsUser, 'memberships_user_id (org_id, user_id)', 'groups_pkey (org_id, id)'],
    },
    {
      what: 'finds a user by userName',
      run: () => find(`userName eq "${user}"`),
      uses: ['users_user_name (user_name_key, org_id)', ...readsUser],
    },
    {
      what: 'finds a user by externalId',
      run: () => find('externalId eq "external 1234"'),
      uses: ['links_external_id (org_id, external_id, directory_id)', ...readsUser],
    },
    {
      what: 'finds a user by the work e-mail',
      run: () => find(`emails[type eq "work"].value eq "${user}"`),
      uses: ['users_emails (email_keys)', ...readsUser],
    },
    {
      what: 'lists the first page',
      run: () => scim.get('/Users?count=100'),
      uses: [...readsUser, 'memberships_user_id (org_id, user_id)'],
      walks: 'users_pkey (org_id)',
    },
    {
      what: 'lists a page behind a cursor',
      run: () => scim.get(`/Users?cursor=${cursor}&count=100`),
      uses: [...readsUser, 'memberships_user_id (org_id, user_id)'],
      walks: 'users_pkey (org_id, id)',
    },
    {
      what: 'creates a user and reads it',
      run: () => scim.post('/Users', { schemas: [userSchema], userName: 'new@example.com', externalId: 'new' }),
      uses: readsUser,
    },
    {
      what: 'replaces a user',
      run: () => scim.put(`/Users/${userIds[1234]}`, { ...describeUser(1234), title: 'Replaced' }),
      uses: readsUser,
    },
    {
      what: 'deactivates a user as Entra does',
      run: () => patchUser([{ op: 'Replace', path: 'active', value: 'False' }]),
      uses: readsUser,
    },
    {
      what: 'activates a user as Okta does',
      run: () => patchUser([{ op: 'replace', value: { active: true } }]),
      uses: readsUser,
    },
    {
      what: 'changes attributes of a user by path',
      run: () =>
        patchUser([
          { op: 'Replace', path: 'title', value: 'Changed' },
          { op: 'Replace', path: `${enterpriseSchema}:department`, value: 'Changed' },
          { op: 'Replace', path: 'emails[type eq "work"].value', value: 'changed@example.com' },
        ]),
      uses: readsUser,
    },
    {
      what: 'adds a member to a large group',
      run: () => patchGroup({ op: 'add', path: 'members', value: [{ value: userIds[2500] }] }),
      uses: ['groups_pkey (org_id, id)', 'users_pkey (org_id, id)'],
    },
    {
      what: 'removes a member from a large group',
      run: () => patchGroup({ op: 'remove', path: `members[value eq "${userIds[2500]}"]` }),
      uses: ['groups_pkey (org_id, id)', 'memberships_pkey (org_id, group_id, member_id)'],
    },
    {
      what: 'reads a large group without its members',
      run: () => scim.get(`/Groups/${groupId}?excludedAttributes=members`),
      uses: ['groups_pkey (org_id, id)'],
    },
  ]

  for (const { what, run, uses, walks } of cases) {
    it(`${what} by rows of its own, and no more`, async () => {
      statements.length = 0
      const { status } = await run()
      expect(status).to.be.within(200, 204)
      const issued = statements.filter(({ sql }) => new RegExp(`\\b(${watched.join('|')})\\b`).test(sql))
      expect(issued, 'statements').to.not.be.empty
      for (const knows of ['the parameters', 'nothing of the parameters']) {
        const nodes: PlanNode[] = []
        for (const statement of issued) {
          nodes.push(
            ...listNodes(
              await (knows === 'the parameters' ? planFor(client, statement) : planForAll(client, statement)),
            ),
          )
        }
        const accesses = nodes.flatMap(describeAccess)
        const wide = accesses.filter((access) => !narrow.has(access) && access !== walks)
        expect(wide, `too wide where the planner knows ${knows}`).to.deep.equal([])
        expect(accesses, `where the planner knows ${knows}`).to.include.members(uses)
      }
    })
  }

  it('reads no table whole to keep references and counts', async () => {
    // What triggers do is in no plan; the statistics have it.
    const count = async (): Promise<unknown> => {
      await client.query('select pg_stat_clear_snapshot()')
      const text = `select relname, seq_scan from pg_stat_xact_user_tables where relname = any($1) order by 1`
      return (await client.query(text, [[...watched, 'changes', 'outbox']])).rows
    }
    await client.query('begin')
    const before = await count()
    const { organizationId: organization } = tenant
    const member = `insert into memberships (org_id, group_id, user_id, created_at) values ($1, $2, $3, now())`
    await client.query(member, [organization, groupId, userIds[2700]])
    await client.query('update users set version = version + 1 where org_id = $1 and id = $2', [
      organization,
      userIds[2700],
    ])
    await client.query('delete from users where org_id = $1 and id = $2', [organization, userIds[2700]])
    expect(await count()).to.deep.equal(before)
    await client.query('rollback')
  })
})

/** How a node finds rows of a watched table: `index (columns)`, or the node itself where it uses none. */
function describeAccess(node: PlanNode): string[] {
  const type = node['Node Type']
  const table = node['Relation Name'] ?? ''
  if (type === 'Seq Scan' || type === 'Tid Scan') return watched.includes(table) ? [`${type} on ${table}`] : []
  const index = node['Index Name']
  if (index === undefined || !watched.includes(index.split('_')[0] ?? '')) return []
  const columns = [...(node['Index Cond'] ?? '').matchAll(/\(+(\w+) (?:=|@>|>=|>)/g)].map((match) => match[1])
  return [`${index} (${[...new Set(columns)].join(', ')})`]
}

function describeUser(index: number): Record<string, unknown> & { userName: string } {
  const userName = `user${index}@example.com`
  return {
    schemas: [userSchema, enterpriseSchema],
    userName,
    active: true,
    displayName: `User ${index}`,
    emails: [{ value: userName, type: 'work', primary: true }],
    [enterpriseSchema]: { department: `Department ${index % 20}`, employeeNumber: String(index) },
  }
}

function actorOf({ organizationId, directoryId }: Tenant): Actor {
  const who = { view: 'directory', restoresUsers: false, tokenId: null, requestId: null } as const
  return { organizationId, directoryId, ...who, at: clock.now() }
}

// People in teams of ten, teams in departments.
async function fill(tenant: Tenant, count: number): Promise<string[]> {
  const db = testDatabase()
  const ids: string[] = []
  for (let from = 0; from < count; from += 500) {
    const drafts = Array.from({ length: Math.min(500, count - from) }, (_, place) => {
      const index = from + place
      const resource = describeUser(index)
      const manager = ids[Math.floor(index / 10)]
      const extension = resource[enterpriseSchema] as object
      const told = manager === undefined ? {} : { [enterpriseSchema]: { ...extension, manager: { value: manager } } }
      return { resource: JSON.parse(JSON.stringify({ ...resource, ...told })), externalId: `external ${index}` }
    })
    const users = drafts.map((draft) => draftUser(actorOf(tenant), draft))
    await transaction(db, (tx) => insertUsers(tx, actorOf(tenant), users, 'create', 1))
    ids.push(...users.map(({ id }) => id))
  }
  const teamIds: string[] = []
  for (let from = 0; from < count; from += 10) {
    teamIds.push(await addGroup(tenant, `Team ${from / 10}`, ids.slice(from, from + 10)))
  }
  for (let from = 0; from < teamIds.length; from += 30) {
    await addGroup(tenant, `Department ${from / 30}`, teamIds.slice(from, from + 30))
  }
  return ids
}

async function addGroup(tenant: Tenant, displayName: string, memberIds: readonly string[]): Promise<string> {
  const draft = { resource: { schemas: [groupSchema], displayName }, externalId: null }
  return (await transaction(testDatabase(), (tx) => createGroup(tx, actorOf(tenant), draft, memberIds))).id
}

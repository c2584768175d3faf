// PATCH requests that say only who comes and who goes: one statement each, whatever else happens at the same time.
import { expect } from 'chai'
import { Kysely, PostgresDialect } from 'kysely'
import { createServer, type Server } from 'node:http'
import pg from 'pg'
import supertest from 'supertest'
import { createApp } from '../../server/app.ts'
import { readConfig } from '../../server/config.ts'
import type { Database } from '../../server/db/connect.ts'
import { query } from '../../server/db/query.ts'
import type { Tables } from '../../server/db/tables.ts'
import type { Actor } from '../../server/directory/actor.ts'
import { changeMembers, deleteGroup } from '../../server/directory/groups.ts'
import { deleteUser } from '../../server/directory/user-removal.ts'
import { createLogger } from '../../server/ops/logger.ts'
import { clock, createTenant, type Tenant } from '../support/app.ts'
import { checkConsistency } from '../support/consistency.ts'
import { testDatabase, testDatabaseUrl } from '../support/postgres.ts'
import { type Reply, ScimClient } from '../support/scim-client.ts'

interface Statement {
  readonly text: string
  readonly values: readonly unknown[]
}

describe('changes of members alone', () => {
  let tenant: Tenant
  let ids: readonly [string, string, string]
  let groupId: string
  beforeEach(async () => {
    tenant = await createTenant()
    const [ana, ben, eva] = [
      await tenant.scim.createUser('ana'),
      await tenant.scim.createUser('ben'),
      await tenant.scim.createUser('eva'),
    ]
    ids = [ana['id'], ben['id'], eva['id']]
    groupId = (await tenant.scim.createGroup('Staff', [ids[0]]))['id']
  })

  const patch = (...operations: unknown[]): Promise<Reply> => tenant.scim.patch(`/Groups/${groupId}`, operations)
  const add = (...members: string[]): unknown => ({ op: 'add', path: 'members', value: list(members) })
  const remove = (...members: string[]): unknown => ({ op: 'remove', path: 'members', value: list(members) })
  const replace = (...members: string[]): unknown => ({ op: 'replace', path: 'members', value: list(members) })
  const list = (members: readonly string[]): unknown[] => members.map((value) => ({ value }))

  const plans: readonly (readonly [string, () => unknown[]])[] = [
    ['one who comes', () => [add(ids[1])]],
    ['one who comes, without a path', () => [{ op: 'Add', value: { members: list([ids[1]]) } }]],
    ['one who goes, by a filter', () => [{ op: 'Remove', path: `members[value eq "${ids[0]}"]` }]],
    ['one who goes, by a list', () => [remove(ids[0])]],
    ['several who come', () => [add(ids[1], ids[2])]],
    ['several who come, one by one', () => [add(ids[1]), add(ids[2])]],
    ['several who go', () => [remove(ids[0], ids[1])]],
    ['some who come and some who go', () => [remove(ids[0]), add(ids[1], ids[2])]],
    ['other members', () => [replace(ids[1], ids[2])]],
    ['no members', () => [{ op: 'remove', path: 'members' }]],
  ]

  describe('are one statement', () => {
    const sent: Statement[] = []
    let db: Kysely<Tables>
    let server: Server
    let scim: ScimClient

    before(() => {
      class Recorder extends pg.Client {
        override query = ((...parts: unknown[]) => {
          const [text, values = []] = parts
          if (typeof text === 'string') sent.push({ text, values: values as unknown[] })
          return (pg.Client.prototype.query.bind(this) as (...parts: unknown[]) => unknown)(...parts)
        }) as pg.Client['query']
      }
      const pool = new pg.Pool({ connectionString: testDatabaseUrl(), max: 1, Client: Recorder })
      db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
      const app = createApp({ config: readConfig({}), db, logger: createLogger('silent'), now: clock.now })
      server = createServer(app.listener)
    })
    after(async () => {
      server.close()
      await db.destroy()
    })

    /** What a PATCH sends to the database, without signing in and the log of requests. */
    async function record(
      operations: readonly unknown[],
      headers?: Readonly<Record<string, string>>,
    ): Promise<Statement[]> {
      scim = new ScimClient(supertest(server), 'http://127.0.0.1', tenant.directoryToken)
      await scim.get('/Users?count=0')
      sent.length = 0
      expect((await scim.patch(`/Groups/${groupId}`, operations, headers)).status).to.equal(204)
      return sent.filter(({ text }) => /^(begin|commit)|groups|memberships/.test(text))
    }

    for (const [what, operations] of plans) {
      it(`that is planned once: ${what}`, async () => {
        const [statement, ...others] = await record(operations())
        expect(others.map(({ text }) => text)).to.deep.equal([])
        const client = new pg.Client({ connectionString: testDatabaseUrl() })
        await client.connect()
        await client.query('begin')
        for (let round = 0; round < 8; round++)
          await client.query({ name: 'change', text: statement?.text ?? '', values: [...(statement?.values ?? [])] })
        const { rows } = await client.query('select generic_plans::int, custom_plans::int from pg_prepared_statements')
        await client.query('rollback')
        await client.end()
        // PostgreSQL tries five times before it keeps a plan.
        expect(rows).to.deep.equal([{ generic_plans: 3, custom_plans: 5 }])
      })
    }

    for (const [what, operation, headers] of [
      ['another attribute changes', { op: 'add', value: { externalId: 'x', members: [] } }],
      ['members must be looked for', { op: 'remove', path: 'members[type eq "Group"]' }],
      ['the version must be looked at', { op: 'remove', path: 'members' }, { 'If-Match': 'W/"1"' }],
    ] as const) {
      it(`but where ${what}`, async () => {
        expect((await record([operation], headers)).map(({ text }) => text)).to.include.members(['begin', 'commit'])
      })
    }
  })

  describe('change nothing', () => {
    for (const [what, operations] of [
      ['one who is nobody', () => [add('emp_0')]],
      ['one who is nobody, beside one who comes', () => [add(ids[1], 'emp_0')]],
      ['one who is nobody, where another goes', () => [remove(ids[0]), add('emp_0')]],
      ['one who is nobody, among other members', () => [replace(ids[1], 'emp_0')]],
      ['the group itself', () => [add(groupId)]],
    ] as const) {
      it(`where they are refused: ${what}`, async () => {
        expect((await patch(...operations())).status).to.equal(400)
        await checkMembers([ids[0]], 1)
      })
    }

    for (const [what, operations] of plans) {
      it(`of a group of another directory: ${what}`, async () => {
        const hr = await tenant.addDirectory('HR')
        expect((await hr.scim.patch(`/Groups/${groupId}`, operations())).status).to.equal(404)
        expect((await tenant.scim.patch('/Groups/grp_0', operations())).status).to.equal(404)
        await checkMembers([ids[0]], 1)
      })
    }
  })

  describe('wait for what another request does', () => {
    const join = (db: Database): Promise<unknown> =>
      changeMembers(db, actorOf(tenant), groupId, { kind: 'change', add: [ids[2]], remove: [] })
    const leave = (db: Database): Promise<unknown> =>
      changeMembers(db, actorOf(tenant), groupId, { kind: 'change', add: [], remove: [ids[0]] })

    const meetings: readonly (readonly [
      string,
      (db: Database) => Promise<unknown>,
      () => unknown[],
      () => string[],
      number,
    ])[] = [
      ['another comes', join, () => [add(ids[1])], () => ids.slice(), 3],
      ['the same one comes', join, () => [add(ids[2])], () => [ids[0], ids[2]], 2],
      ['the same one goes', leave, () => [remove(ids[0])], () => [], 2],
      ['several come, one of whom comes', join, () => [add(ids[1], ids[2])], () => ids.slice(), 3],
      ['several go, one of whom comes', join, () => [remove(ids[0], ids[2])], () => [], 3],
      ['one goes who comes, and another comes', join, () => [remove(ids[2]), add(ids[1])], () => [ids[0], ids[1]], 3],
      ['others become members while one comes', join, () => [replace(ids[1])], () => [ids[1]], 3],
      ['all go while one comes', join, () => [{ op: 'remove', path: 'members' }], () => [], 3],
      ['one becomes a member who goes', leave, () => [replace(ids[0])], () => [ids[0]], 3],
    ]
    for (const [what, change, operations, members, version] of meetings) {
      it(`and come after it: ${what}`, async () => {
        const reply = await meet(change, () => patch(...operations()))
        expect([reply.status, reply.headers['etag']]).to.deep.equal([204, `W/"${version}"`])
        await checkMembers(members(), version)
      })
    }

    for (const [what, operations] of [
      ['one', () => [add(ids[1])]],
      ['several', () => [add(ids[1], ids[2])]],
    ] as const) {
      it(`and find no group that it deletes: ${what}`, async () => {
        const reply = await meet(
          (tx) => deleteGroup(tx, actorOf(tenant), groupId),
          () => patch(...operations()),
        )
        expect(reply.status).to.equal(404)
        await checkConsistency(tenant)
      })

      it(`and make no member of a user that it deletes: ${what}`, async () => {
        const reply = await meet(
          (tx) => deleteUser(tx, actorOf(tenant), ids[1]),
          () => patch(...operations()),
        )
        expect(reply.status).to.equal(400)
        await checkMembers([ids[0]], 1)
      })
    }

    it('and are done again where PostgreSQL broke a deadlock', async () => {
      const other = await testDatabase().startTransaction().execute()
      await query(other, 'select 1 from users where org_id = $1 and id = $2 for update', [
        tenant.organizationId,
        ids[1],
      ])
      const reply = patch(add(ids[1]))
      await waitForWaiting()
      // The change has waited longer, and is therefore the one that is broken off.
      const group = 'select 1 from groups where org_id = $1 and id = $2 for update'
      expect(await query(other, group, [tenant.organizationId, groupId])).to.have.length(1)
      await other.rollback().execute()
      expect((await reply).status).to.equal(204)
      await checkMembers(ids.slice(0, 2), 2)
    })
  })

  /** Sends a request while `change` is done but not committed, and commits it when the request waits. */
  async function meet(change: (tx: Database) => Promise<unknown>, request: () => Promise<Reply>): Promise<Reply> {
    const other = await testDatabase().startTransaction().execute()
    await change(other)
    const reply = request()
    await waitForWaiting()
    await other.commit().execute()
    return reply
  }

  async function checkMembers(expected: readonly string[], version: number): Promise<void> {
    const { body, headers } = await tenant.scim.get(`/Groups/${groupId}`)
    const members: { value: string }[] = body['members'] ?? []
    expect(members.map(({ value }) => value)).to.have.members(expected)
    expect(headers['etag']).to.equal(`W/"${version}"`)
    await checkConsistency(tenant)
  }
})

async function waitForWaiting(): Promise<void> {
  const waiting = `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%memberships%'`
  while ((await query(testDatabase(), waiting)).length === 0);
}

function actorOf({ organizationId, directoryId }: Tenant): Actor {
  const who = { view: 'directory', restoresUsers: false, tokenId: null, requestId: null } as const
  return { organizationId, directoryId, ...who, at: clock.now() }
}

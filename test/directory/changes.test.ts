// Every write makes exactly one version step, one change row and its events, in one transaction; what changes nothing, or is
// refused, makes none of them.
import { expect } from 'chai'
import { createId } from '../../server/db/ids.ts'
import { query } from '../../server/db/query.ts'
import type { Actor } from '../../server/directory/actor.ts'
import { transaction } from '../../server/db/transaction.ts'
import { updateGroup } from '../../server/directory/groups.ts'
import { draftUser, insertUsers } from '../../server/directory/user-writes.ts'
import { clock, createTenant, type Tenant } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'
import {
  type Body,
  enterpriseSchema,
  groupSchema,
  patchSchema,
  type Reply,
  type ScimClient,
  userSchema,
} from '../support/scim-client.ts'

const department = `${enterpriseSchema}:department`
const manager = `${enterpriseSchema}:manager`

interface Change {
  readonly id: number
  readonly at: Date
  readonly directory_id: string
  readonly token_id: string | null
  readonly request_id: string
  readonly resource_type: string
  readonly resource_id: string
  readonly operation: string
  readonly version: number
  readonly difference: Body
}

interface Event {
  readonly type: string
  readonly resource_id: string
  readonly version: number
  readonly data: Body | null
}

describe('changes and events', () => {
  let tenant: Tenant
  let scim: ScimClient
  beforeEach(async () => {
    tenant = await createTenant()
    scim = tenant.scim
  })

  const readChanges = (): Promise<Change[]> =>
    query<Change>(testDatabase(), 'select * from changes where org_id = $1 order by id', [tenant.organizationId])
  const readEvents = (): Promise<Event[]> =>
    query<Event>(testDatabase(), 'select * from outbox where org_id = $1 order by id', [tenant.organizationId])

  /** What a request added to both tables. */
  async function observe(request: () => Promise<Reply>): Promise<{ reply: Reply; changes: Change[]; events: Event[] }> {
    const [changesBefore, eventsBefore] = [await readChanges(), await readEvents()]
    const reply = await request()
    const [changes, events] = [await readChanges(), await readEvents()]
    return { reply, changes: changes.slice(changesBefore.length), events: events.slice(eventsBefore.length) }
  }

  const brief = (change: Change | undefined): unknown[] => [change?.operation, change?.resource_id, change?.version]

  describe('of users', () => {
    it('say what was created, by whom, when, and in which request', async () => {
      const startedAt = clock.now()
      const { reply, changes, events } = await observe(() =>
        scim.post('/Users', {
          schemas: [userSchema],
          userName: 'ana',
          externalId: 'x',
          [enterpriseSchema]: { department: 'Law' },
        }),
      )
      const { id } = reply.body
      const [token] = await query<{ id: string }>(testDatabase(), 'select id from tokens where org_id = $1', [
        tenant.organizationId,
      ])
      expect(changes).to.have.length(1)
      expect(changes[0]).to.deep.include({
        directory_id: tenant.directoryId,
        token_id: token?.id,
        request_id: reply.headers['x-request-id'],
        resource_type: 'User',
        resource_id: id,
        operation: 'create',
        version: 1,
        difference: {
          userName: { after: 'ana' },
          active: { after: true },
          [department]: { after: 'Law' },
          externalId: { after: 'x' },
        },
      })
      expect(changes[0]?.at).to.be.within(new Date(startedAt.getTime() - 1), clock.now())
      expect(events.map(({ type, version, data }) => [type, version, data])).to.deep.equal([['user.created', 1, null]])
    })

    it('say what an update changed, before and after', async () => {
      const { id } = await scim.createUser('ana', { title: 'Clerk', nickName: 'Annie' })
      const { reply, changes, events } = await observe(() =>
        scim.patch(`/Users/${id}`, [
          { op: 'replace', path: 'title', value: 'Engineer' },
          { op: 'remove', path: 'nickName' },
          { op: 'add', path: department, value: 'Law' },
          { op: 'add', path: 'externalId', value: 'x' },
        ]),
      )
      expect(reply.headers['etag']).to.equal('W/"2"')
      expect(changes.map(brief)).to.deep.equal([['update', id, 2]])
      expect(changes[0]?.difference).to.deep.equal({
        title: { before: 'Clerk', after: 'Engineer' },
        nickName: { before: 'Annie' },
        [department]: { after: 'Law' },
        externalId: { after: 'x' },
      })
      expect(events.map(({ type, version }) => [type, version])).to.deep.equal([['user.updated', 2]])
    })

    it('tell of activation and deactivation besides', async () => {
      const { id } = await scim.createUser('ana')
      for (const [active, type] of [
        [false, 'user.deactivated'],
        [true, 'user.activated'],
      ] as const) {
        const { changes, events } = await observe(() =>
          scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'active', value: active }]),
        )
        expect(changes).to.have.length(1)
        expect(events.map((event) => event.type)).to.deep.equal(['user.updated', type])
      }
    })

    it('say what a deleted user was, and of the groups left and the reports without a manager', async () => {
      const { id } = await scim.createUser('boss', { title: 'Boss', externalId: 'x' })
      const report = await scim.createUser('report', { [enterpriseSchema]: { manager: { value: id } } })
      const group = await scim.createGroup('Staff', [String(id)])
      const { changes, events } = await observe(() => scim.delete(`/Users/${id}`))
      expect(changes.map(brief)).to.have.deep.members([
        ['update', group['id'], 2],
        ['update', report['id'], 2],
        ['delete', id, 2],
      ])
      const find = (resource: unknown): Body | undefined =>
        changes.find((change) => change.resource_id === resource)?.difference
      expect(find(id)).to.deep.equal({
        userName: { before: 'boss' },
        active: { before: true },
        title: { before: 'Boss' },
        externalId: { before: 'x' },
      })
      expect(find(report['id'])).to.deep.equal({ [manager]: { before: { value: id } } })
      expect(find(group['id'])).to.deep.equal({ members: { added: 0, removed: 1 } })
      expect(new Set(changes.map((change) => change.request_id)).size).to.equal(1)
      expect(events.map(({ type, resource_id, data }) => [type, resource_id, data])).to.have.deep.members([
        ['membership.removed', group['id'], { memberId: id, memberType: 'User' }],
        ['user.updated', report['id'], null],
        ['user.deleted', id, null],
      ])
    })

    it('tell of a restored user, whose version goes on', async () => {
      await query(testDatabase(), 'update directories set restore_users = true where org_id = $1', [
        tenant.organizationId,
      ])
      clock.advance(1001)
      const { id } = await scim.createUser('ana')
      const group = await scim.createGroup('Staff', [String(id)])
      await scim.delete(`/Users/${id}`)
      const { changes, events } = await observe(() => scim.post('/Users', { schemas: [userSchema], userName: 'ana' }))
      expect(changes.map(brief)).to.deep.equal([
        ['restore', id, 3],
        ['update', group['id'], 3],
      ])
      expect(events.map((event) => event.type)).to.deep.equal(['user.restored', 'membership.added'])
    })
  })

  describe('of groups', () => {
    it('make one step of a group that is created with its members', async () => {
      const { id } = await scim.createUser('ana')
      const inner = await scim.createGroup('Inner')
      const members = [{ value: id }, { value: inner['id'] }, { value: id }]
      const { reply, changes, events } = await observe(() =>
        scim.post('/Groups', { schemas: [groupSchema], displayName: 'Staff', externalId: 'x', members }),
      )
      expect(reply.headers['etag']).to.equal('W/"1"')
      expect(changes.map(brief)).to.deep.equal([['create', reply.body['id'], 1]])
      expect(changes[0]?.difference).to.deep.equal({
        displayName: { after: 'Staff' },
        externalId: { after: 'x' },
        members: { added: 2, removed: 0 },
      })
      expect(events[0]?.type).to.equal('group.created')
      expect(events.slice(1).map(({ type, version, data }) => [type, version, data])).to.have.deep.members([
        ['membership.added', 1, { memberId: id, memberType: 'User' }],
        ['membership.added', 1, { memberId: inner['id'], memberType: 'Group' }],
      ])
    })

    it('make one step of a new name and new members together', async () => {
      const [a, b] = [await scim.createUser('a'), await scim.createUser('b')]
      const { id } = await scim.createGroup('Staff', [a['id']])
      const { reply, changes, events } = await observe(() =>
        scim.put(`/Groups/${id}`, { schemas: [groupSchema], displayName: 'People', members: [{ value: b['id'] }] }),
      )
      expect(reply.headers['etag']).to.equal('W/"2"')
      expect(changes.map(brief)).to.deep.equal([['update', id, 2]])
      expect(changes[0]?.difference).to.deep.equal({
        displayName: { before: 'Staff', after: 'People' },
        members: { added: 1, removed: 1 },
      })
      expect(events.map(({ type, data }) => [type, data?.['memberId']])).to.deep.equal([
        ['group.updated', undefined],
        ['membership.removed', a['id']],
        ['membership.added', b['id']],
      ])
    })

    it('tell only of the members that came or went', async () => {
      const [a, b] = [await scim.createUser('a'), await scim.createUser('b')]
      const { id } = await scim.createGroup('Staff', [a['id']])
      const { changes, events } = await observe(() =>
        scim.patch(`/Groups/${id}`, [{ op: 'add', path: 'members', value: [{ value: a['id'] }, { value: b['id'] }] }]),
      )
      expect(changes.map(brief)).to.deep.equal([['update', id, 2]])
      expect(events.map(({ type, data }) => [type, data?.['memberId']])).to.deep.equal([['membership.added', b['id']]])
    })

    it('tell the groups around of a group that is deleted', async () => {
      const inner = await scim.createGroup('Inner')
      const outer = await scim.createGroup('Outer', [inner['id']])
      const { changes, events } = await observe(() => scim.delete(`/Groups/${inner['id']}`))
      expect(changes.map(brief)).to.deep.equal([
        ['update', outer['id'], 2],
        ['delete', inner['id'], 2],
      ])
      expect(events.map(({ type, resource_id }) => [type, resource_id])).to.deep.equal([
        ['membership.removed', outer['id']],
        ['group.deleted', inner['id']],
      ])
    })
  })

  describe('are not made', () => {
    let user: Body
    let group: Body
    beforeEach(async () => {
      user = await scim.createUser('ana', { title: 'Clerk', emails: [{ value: 'a@x.example', primary: true }] })
      group = await scim.createGroup('Staff', [user['id']])
    })

    const staff = (members: readonly Body[]): Body => ({ schemas: [groupSchema], displayName: 'Staff', members })

    for (const [what, request] of [
      ['a PUT of what is there', () => scim.put(`/Users/${user['id']}`, user)],
      [
        'a PATCH to the same value',
        () => scim.patch(`/Users/${user['id']}`, [{ op: 'replace', path: 'title', value: 'Clerk' }]),
      ],
      [
        'a PATCH there and back',
        () =>
          scim.patch(`/Users/${user['id']}`, [
            { op: 'replace', path: 'title', value: 'x' },
            { op: 'replace', path: 'title', value: 'Clerk' },
          ]),
      ],
      ['removing what is not there', () => scim.patch(`/Users/${user['id']}`, [{ op: 'remove', path: 'nickName' }])],
      ['a PUT of the same group', () => scim.put(`/Groups/${group['id']}`, staff([{ value: user['id'] }]))],
      [
        'adding a member again',
        () => scim.patch(`/Groups/${group['id']}`, [{ op: 'add', path: 'members', value: [{ value: user['id'] }] }]),
      ],
      [
        'removing a stranger',
        () => scim.patch(`/Groups/${group['id']}`, [{ op: 'remove', path: 'members[value eq "emp_0"]' }]),
      ],
    ] as const) {
      it(`by ${what}`, async () => {
        const { reply, changes, events } = await observe(request)
        expect(reply.status).to.be.within(200, 204)
        expect(reply.headers['etag']).to.equal('W/"1"')
        expect([changes, events]).to.deep.equal([[], []])
        expect((await scim.get(`/Users/${user['id']}`)).headers['etag']).to.equal('W/"1"')
        expect((await scim.get(`/Groups/${group['id']}`)).headers['etag']).to.equal('W/"1"')
      })
    }

    it('where several directories know the person, either', async () => {
      const hr = await tenant.addDirectory('HR')
      const put = { schemas: [userSchema], userName: 'ana', nickName: 'Annie' }
      await hr.scim.put(`/Users/${user['id']}`, put)
      for (const { scim: client, body } of [
        { scim: hr.scim, body: put },
        { scim, body: user },
      ]) {
        const [row] = await query<{ xmin: string }>(testDatabase(), 'select xmin::text from users where org_id = $1', [
          tenant.organizationId,
        ])
        const { changes, events } = await observe(() => client.put(`/Users/${user['id']}`, body))
        expect([changes, events]).to.deep.equal([[], []])
        const [after] = await query<{ xmin: string }>(
          testDatabase(),
          'select xmin::text from users where org_id = $1',
          [tenant.organizationId],
        )
        expect(after).to.deep.equal(row)
      }
    })

    for (const [what, status, request] of [
      ['a userName that is taken', 409, () => scim.post('/Users', { schemas: [userSchema], userName: 'ANA' })],
      [
        'a stale version',
        412,
        () => scim.put(`/Users/${user['id']}`, { ...user, title: 'x' }, { 'If-Match': 'W/"9"' }),
      ],
      ['a stale version of a group', 412, () => scim.delete(`/Groups/${group['id']}`, { 'If-Match': 'W/"9"' })],
      [
        'a PATCH that fails in its second operation',
        400,
        () =>
          scim.patch(`/Users/${user['id']}`, [
            { op: 'replace', path: 'title', value: 'x' },
            { op: 'remove', path: 'userName' },
          ]),
      ],
      ['a member that nobody is', 400, () => scim.put(`/Groups/${group['id']}`, staff([{ value: 'emp_0' }]))],
      [
        'a new group with a member that nobody is',
        400,
        () => scim.post('/Groups', { ...staff([{ value: user['id'] }, { value: 'emp_0' }]), displayName: 'New' }),
      ],
      [
        'a group in itself',
        400,
        () => scim.patch(`/Groups/${group['id']}`, [{ op: 'add', path: 'members', value: [{ value: group['id'] }] }]),
      ],
      [
        'a value too long for an index',
        400,
        () => scim.post('/Users', { schemas: [userSchema], userName: longText() }),
      ],
      ['no operations', 400, () => scim.send('patch', `/Users/${user['id']}`, { schemas: [patchSchema] })],
    ] as const) {
      it(`by a request that is refused: ${what}`, async () => {
        const { reply, changes, events } = await observe(request)
        expect(reply.status).to.equal(status)
        expect([changes, events]).to.deep.equal([[], []])
        expect((await scim.get('/Groups')).body['totalResults']).to.equal(1)
        expect((await scim.get(`/Groups/${group['id']}`)).body['members']).to.have.length(1)
      })
    }
  })
})

/** Text that does not compress, so that its length is what an index gets. */
function longText(): string {
  return Array.from({ length: 300 }, () => createId('emp', new Date())).join('')
}

describe('resource counts', () => {
  it('are the real numbers, after creates, deletes, bulk inserts, refusals and cascades', async () => {
    const tenant = await createTenant()
    const { scim, organizationId } = tenant
    const hr = await tenant.addDirectory('HR')
    const actor: Actor = {
      organizationId,
      directoryId: hr.directoryId,
      view: 'directory',
      restoresUsers: false,
      tokenId: null,
      requestId: null,
      at: clock.now(),
    }
    const drafts = Array.from({ length: 300 }, (_, index) => ({
      resource: { schemas: [userSchema], userName: `bulk-${index}` },
      externalId: null,
    }))
    const people = drafts.map((draft) => draftUser(actor, draft))
    await insertUsers(testDatabase(), actor, people, 'create', 1)
    const ids = people.map(({ id }) => id)
    const again = drafts.slice(0, 2).map((draft) => draftUser(actor, draft))
    await insertUsers(testDatabase(), actor, again, 'create', 1).then(
      () => expect.fail('userNames were taken'),
      () => undefined,
    )
    const users = await Promise.all(Array.from({ length: 20 }, (_, index) => scim.createUser(`user-${index}`)))
    const groups = await Promise.all(
      Array.from({ length: 6 }, (_, index) => scim.createGroup(`Group ${index}`, ids.slice(0, 50))),
    )
    await hr.scim.createGroup('Group 0')
    await Promise.all([
      ...users.slice(0, 7).map((user) => scim.delete(`/Users/${user['id']}`)),
      ...groups.slice(0, 2).map((group) => scim.delete(`/Groups/${group['id']}`)),
      ...ids.slice(0, 5).map((id) => hr.scim.delete(`/Users/${id}`)),
      ...ids.slice(5, 9).map((id) => scim.delete(`/Users/${id}`)),
      scim.post('/Users', { schemas: [userSchema], userName: 'user-19' }),
    ])
    const counts = await query<{ table_name: string; part: string; count: number }>(
      testDatabase(),
      `select table_name, part, sum(count)::int as count from resource_counts where org_id = $1 group by 1, 2 order by 3`,
      [organizationId],
    )
    expect(counts).to.have.deep.members([
      { table_name: 'groups', part: hr.directoryId, count: 1 },
      { table_name: 'groups', part: tenant.directoryId, count: 4 },
      { table_name: 'users', part: '', count: 308 },
    ])
    expect((await scim.get('/Users?count=0')).body['totalResults']).to.equal(304)
    expect((await scim.filter('/Users', 'userName pr', '&count=0')).body['totalResults']).to.equal(304)
    expect((await hr.scim.get('/Users?count=0')).body['totalResults']).to.equal(308)
    await query(testDatabase(), 'delete from organizations where org_id = $1', [organizationId])
    expect(
      await query(testDatabase(), 'select 1 from resource_counts where org_id = $1', [organizationId]),
    ).to.deep.equal([])
  })
})

describe('an organization that is deleted', () => {
  it('takes its logs along, also what is written of a group meanwhile', async () => {
    const { scim, organizationId, directoryId } = await createTenant()
    const group = String((await scim.createGroup('Staff'))['id'])
    await scim.createUser('ana')
    const access = { view: 'directory', restoresUsers: false, tokenId: null, requestId: null } as const
    const actor: Actor = { organizationId, directoryId, ...access, at: clock.now() }
    const [changed, committing] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const changing = transaction(testDatabase(), async (tx) => {
      const members = { kind: 'change', add: [], remove: [] } as const
      await updateGroup(tx, actor, group, (current) => ({ ...current, externalId: 'staff', members }))
      changed.resolve()
      await committing.promise
    })
    await changed.promise
    const deleteSql = 'delete from organizations where org_id = $1'
    const deleting = query(testDatabase(), deleteSql, [organizationId])
    const waits = 'select 1 from pg_stat_activity where query = $1 and cardinality(pg_blocking_pids(pid)) > 0'
    while ((await query(testDatabase(), waits, [deleteSql])).length === 0);
    committing.resolve()
    await Promise.all([changing, deleting])
    for (const table of ['users', 'links', 'groups', 'memberships', 'changes', 'outbox']) {
      const left = await query(testDatabase(), `select 1 from ${table} where org_id = $1`, [organizationId])
      expect(left, table).to.deep.equal([])
    }
  })
})

describe('ids', () => {
  it('have the prefixes of the HR API, sort by time and never spell bulkId', async () => {
    const tenant = await createTenant()
    const user = await tenant.scim.createUser('ana')
    const group = await tenant.scim.createGroup('Staff')
    expect(user['id']).to.match(/^emp_[0-9a-hjkmnp-tv-z]{26}$/)
    expect(group['id']).to.match(/^grp_[0-9a-hjkmnp-tv-z]{26}$/)
    expect(tenant.organizationId).to.match(/^org_[0-9a-z]{26}$/)
    expect(tenant.directoryId).to.match(/^dir_[0-9a-z]{26}$/)
    const start = Date.parse('2026-01-01')
    const ids = Array.from({ length: 2000 }, (_, index) => createId('emp', new Date(start + index * 7919)))
    expect(ids).to.deep.equal(ids.toSorted())
    expect(new Set(ids.map(() => createId('emp', new Date(start)))).size).to.equal(ids.length)
    expect(ids.filter((id) => /bulkid/i.test(id))).to.deep.equal([])
  })

  it('sort in the database as they do here, so that pages are in order of creation', async () => {
    const { scim } = await createTenant()
    const created: unknown[] = []
    for (let index = 0; index < 5; index++) {
      clock.advance(1)
      created.push((await scim.createUser(`user-${index}`))['id'])
    }
    const { body } = await scim.get('/Users')
    expect(body['Resources'].map((user: Body) => user['id'])).to.deep.equal(created)
  })
})

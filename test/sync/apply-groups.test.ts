// Applying what is planned of groups: who comes and who goes is found when it is done, from what the run read.
import { expect } from 'chai'
import { createId } from '../../server/db/ids.ts'
import { query } from '../../server/db/query.ts'
import { applyRun } from '../../server/sync/apply/apply.ts'
import { clock, createTenant, type Tenant } from '../support/app.ts'
import { checkConsistency } from '../support/consistency.ts'
import { readLog } from '../support/event-log.ts'
import {
  addPullDirectory,
  type HandPlanned,
  type HandPlannedRun,
  type HandStated,
  planByHand,
} from '../support/planned-run.ts'
import { testDatabase } from '../support/postgres.ts'
import { type Body, groupSchema, type ScimClient, userSchema } from '../support/scim-client.ts'

describe('applying groups', () => {
  let tenant: Tenant
  let directoryId: string
  let application: ScimClient
  const ids = new Map<string, string>()
  beforeEach(async () => {
    tenant = await createTenant()
    directoryId = await addPullDirectory(tenant.organizationId)
    application = await tenant.addApplication(['read', 'write'])
    ids.clear()
  })
  afterEach(() => checkConsistency(tenant))

  async function apply(
    changes: readonly HandPlanned[],
    stated: readonly HandStated[] = [],
    isFull = true,
  ): Promise<HandPlannedRun> {
    const run = await planByHand(tenant.organizationId, directoryId, changes, { stated, isFull })
    await applyRun(run)
    return run
  }

  function idOf(sourceId: string, prefix: 'emp' | 'grp' = 'emp'): string {
    const id = ids.get(sourceId) ?? createId(prefix, clock.now())
    ids.set(sourceId, id)
    return id
  }

  const people = (...names: readonly string[]): HandPlanned[] =>
    names.map((name) => {
      const resource = { schemas: [userSchema], userName: name }
      return { operation: 'create', sourceId: name, resourceId: idOf(name), resource, plan: { active: true } }
    })

  const group = (sourceId: string, more: Partial<HandPlanned> = {}): HandPlanned => ({
    operation: 'create',
    resourceType: 'Group',
    sourceId,
    resourceId: idOf(sourceId, 'grp'),
    resource: { schemas: [groupSchema], displayName: `Group ${sourceId}` },
    plan: { members: { add: 0, remove: 0 } },
    ...more,
  })

  async function listMembers(sourceId: string): Promise<string[]> {
    const { body } = await application.get(`/Groups/${idOf(sourceId, 'grp')}`)
    const names = new Map(Array.from(ids, ([name, id]) => [id, name]))
    return ((body['members'] ?? []) as Body[]).map(({ value }) => names.get(String(value)) ?? '?').toSorted()
  }

  it('creates groups with their members, however they are stated, and takes out who is stated no more', async () => {
    const stated: HandStated[] = [
      { group: 'g1', by: 'group', users: ['ana'] },
      { group: 'g2', by: 'member', users: ['ana', 'ben'] },
      { group: 'g1', by: 'member', users: ['ben'] },
    ]
    const run = await apply([...people('ana', 'ben', 'cleo'), group('g1'), group('g2')], stated)
    expect(await listMembers('g1')).to.deep.equal(['ana', 'ben'])
    expect(await listMembers('g2')).to.deep.equal(['ana', 'ben'])
    expect((await run.read())['stats']).to.deep.equal({ usersCreated: 3, groupsCreated: 2, membershipsAdded: 4 })
    const { body } = await application.get(`/Groups/${idOf('g1')}`)
    expect(body).to.deep.include({ displayName: 'Group g1', externalId: 'g1' })
    expect(body['meta']).to.deep.include({ version: 'W/"1"' })

    const next = await apply(
      [group('g1', { operation: 'update', resource: { schemas: [groupSchema], displayName: 'Renamed' } })],
      [{ group: 'g1', by: 'group', users: ['cleo'] }],
    )
    expect(await listMembers('g1')).to.deep.equal(['cleo'])
    const counted = { groupsUpdated: 1, membershipsAdded: 1, membershipsRemoved: 2 }
    expect((await next.read())['stats']).to.deep.equal(counted)
    expect((await application.get(`/Groups/${idOf('g1')}`)).body['displayName']).to.equal('Renamed')
  })

  it('puts groups into groups, also in circles, where the plan comes back to them', async () => {
    const stated: HandStated[] = [
      { group: 'g1', by: 'group', users: [], groups: ['g2'] },
      { group: 'g3', by: 'member', groups: ['g2'] },
      { group: 'g1', by: 'member', groups: ['g3'] },
      { group: 'g2', by: 'group', users: ['ana'], groups: ['g1', 'g2'] },
    ]
    const all = [group('g1'), group('g2'), group('g3')] // g1 comes before those that are in it
    await apply([...people('ana'), ...all, group('g1', { operation: 'update' })], stated)
    expect(await listMembers('g1')).to.deep.equal(['g2', 'g3'])
    expect(await listMembers('g2')).to.deep.equal(['ana', 'g1'])
    expect(await listMembers('g3')).to.deep.equal(['g2'])
    const before = await readLog(tenant)
    await apply(
      all.map((one) => ({ ...one, operation: 'update' as const })),
      stated,
    )
    expect(await readLog(tenant)).to.deep.equal(before)
  })

  it('of what only has changed looks at those who were read', async () => {
    const stated: HandStated[] = [{ group: 'g1', by: 'member', users: ['ana', 'ben'] }]
    await apply([...people('ana', 'ben', 'cleo'), group('g1'), group('g2')], stated)
    const updated = [group('g1', { operation: 'update' }), group('g2', { operation: 'update' })]
    const changed: HandStated[] = [
      { group: 'g2', by: 'member', users: ['ana'] },
      { group: 'g1', by: 'member', users: ['cleo'] },
    ]
    await apply(updated, changed, false)
    expect(await listMembers('g1')).to.deep.equal(['ben', 'cleo'])
    expect(await listMembers('g2')).to.deep.equal(['ana'])
    await apply([updated[0] as HandPlanned], [{ group: '', by: 'member', users: ['ben'] }], false)
    expect(await listMembers('g1')).to.deep.equal(['cleo'])
    await apply([updated[0] as HandPlanned], [{ group: 'g1', by: 'group', users: ['ana'] }], false)
    expect(await listMembers('g1')).to.deep.equal(['ana'])
  })

  it('leaves members alone where the plan says nothing of them', async () => {
    await apply([...people('ana'), group('g1')], [{ group: 'g1', by: 'group', users: ['ana'] }])
    await apply([group('g1', { operation: 'update', plan: {} })])
    expect(await listMembers('g1')).to.deep.equal(['ana'])
  })

  it('has nobody in a group who has left, is gone, or is nobody', async () => {
    const stated: HandStated[] = [{ group: 'g1', by: 'group', users: ['ana', 'ben', 'cleo', 'nobody'], groups: ['g9'] }]
    const rollcall = 'urn:ietf:params:scim:schemas:extension:rollcall:2.0:User'
    const left = { schemas: [userSchema, rollcall], userName: 'ben', [rollcall]: { employmentStatus: 'terminated' } }
    const [ana, ben, cleo] = people('ana', 'ben', 'cleo') as [HandPlanned, HandPlanned, HandPlanned]
    await apply([ana, { ...ben, resource: left, plan: { active: false } }, cleo])
    await apply([{ operation: 'anonymize', sourceId: 'cleo', resourceId: idOf('cleo') }, group('g1')], stated)
    expect(await listMembers('g1')).to.deep.equal(['ana'])
  })

  it('deletes groups, and does not mind where they are gone', async () => {
    await apply([...people('ana'), group('g1')], [{ group: 'g1', by: 'group', users: ['ana'] }])
    const gone = group('g1', { operation: 'delete', record: { isMissing: true } })
    const run = await apply([gone])
    expect((await application.get(`/Groups/${idOf('g1')}`)).status).to.equal(404)
    expect((await run.read())['stats']).to.deep.equal({ groupsDeleted: 1 })
    await apply([gone])
    expect((await application.get(`/Users/${idOf('ana')}`)).status).to.equal(200)
  })

  it('takes its people out of groups of others where the plan says so, and nobody else', async () => {
    await apply(people('ana', 'ben'))
    const { id: other } = await tenant.scim.createUser('other')
    const { id } = await application.createGroup('Runners', [idOf('ana'), idOf('ben'), String(other)])
    const { id: push } = await tenant.scim.createGroup('Walkers', [idOf('ana'), String(other)])
    const leaving = (resourceId: unknown): HandPlanned => ({
      operation: 'update',
      resourceType: 'Group',
      sourceId: null,
      resourceId: String(resourceId),
      plan: { members: { add: 0, remove: 2 } },
    })
    const run = await apply([leaving(id), leaving(push)])
    for (const groupId of [id, push]) {
      const { body } = await application.get(`/Groups/${groupId}`)
      expect((body['members'] as Body[]).map(({ value }) => value)).to.deep.equal([other])
    }
    expect((await run.read())['stats']).to.deep.equal({ groupsUpdated: 2, membershipsRemoved: 3 })
  })

  it('makes an error of a group whose name another one has', async () => {
    const twin = { schemas: [groupSchema], displayName: 'group g1' }
    const run = await apply([group('g1'), group('g2', { resource: twin }), group('g3')])
    const { stats, errors } = await run.read()
    expect(stats).to.deep.equal({ groupsCreated: 2, groupsErrors: 1 })
    expect((errors as Body[]).map(({ code, recordId }) => [code, recordId])).to.deep.equal([
      ['display_name_taken', 'g2'],
    ])
  })

  it('changes a very large group in several batches, and counts what it did', async function () {
    this.timeout(120_000)
    const count = 21_000
    await query(
      testDatabase(),
      `with u as (insert into users (org_id, id, directory_id, user_name_key, email_keys, resource, created_at, modified_at)
         select $1, 'emp_' || lpad(n::text, 26, '0'), $2, 'p' || n, '{}', jsonb_build_object('schemas', jsonb_build_array('${userSchema}'), 'userName', 'p' || n),
           now(), now() from generate_series(1, ${count}) n returning id),
       l as (insert into links (org_id, user_id, directory_id, created_at, seen_at) select $1, id, $2, now(), now() from u),
       c as (insert into changes (org_id, at, directory_id, resource_type, resource_id, operation, version, difference)
         select $1, now(), $2, 'User', id, 'create', 1, '{}' from u),
       e as (insert into outbox (org_id, at, type, resource_type, resource_id, version) select $1, now(), 'user.created', 'User', id, 1 from u)
       insert into source_records (org_id, directory_id, type, source_id, hash, run_id, resource_id, speaks)
         select $1, $2, 'user', id, '', '', id, true from u`,
      [tenant.organizationId, directoryId],
    )
    const users = Array.from({ length: count }, (_, index) => `emp_${String(index + 1).padStart(26, '0')}`)
    const run = await apply([group('g1'), group('g2')], [{ group: 'g1', by: 'group', users }])
    expect((await run.read())['stats']).to.deep.equal({ groupsCreated: 2, membershipsAdded: count })
    const sized = 'select count(*) as count from memberships where org_id = $1'
    expect(await query(testDatabase(), sized, [tenant.organizationId])).to.deep.equal([{ count }])
    const next = await apply(
      [group('g1', { operation: 'update' })],
      [{ group: 'g1', by: 'group', users: users.slice(0, 500) }],
    )
    expect((await next.read())['stats']).to.deep.equal({ groupsUpdated: 1, membershipsRemoved: count - 500 })
    expect(await query(testDatabase(), sized, [tenant.organizationId])).to.deep.equal([{ count: 500 }])
  })
})

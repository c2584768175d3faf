// From the outbox into the log: without gaps, in the order of versions, each event with the resource as it was then.
import { expect } from 'chai'
import { query } from '../../server/db/query.ts'
import { transaction } from '../../server/db/transaction.ts'
import { applyDifferences } from '../../server/directory/authority.ts'
import type { LoggedEvent } from '../../server/events/event.ts'
import { readExtent } from '../../server/events/log.ts'
import { numberEvents, type NumberingParts } from '../../server/events/numbering.ts'
import { declareResourceTypes } from '../../server/scim/declarations.ts'
import { readResourceTypes } from '../../server/scim/schema-files.ts'
import { AdminClient } from '../support/admin-client.ts'
import { clearOutbox, createTenant, type Tenant } from '../support/app.ts'
import { checkConsistency } from '../support/consistency.ts'
import { numberAll, numberingParts, readLog } from '../support/event-log.ts'
import { testDatabase } from '../support/postgres.ts'
import { create, device, deviceSchema, exampleFolder, warrantySchema, withTypesOf } from '../support/resource-types.ts'
import { type Body, enterpriseSchema, groupSchema, type ScimClient, userSchema } from '../support/scim-client.ts'

const department = `${enterpriseSchema}:department`
const range = (length: number): number[] => Array.from({ length }, (_, index) => index)
const numbersOf = (events: readonly LoggedEvent[]): number[] => events.map(({ number }) => number)

describe('numbering', () => {
  let tenant: Tenant
  let scim: ScimClient
  beforeEach(async () => {
    tenant = await createTenant()
    scim = tenant.scim
  })

  /** What happened since the tenant was made. */
  const readOwn = async (): Promise<LoggedEvent[]> =>
    (await readLog(tenant)).filter(({ resourceType }) => resourceType !== 'Directory')

  it('tells each version of a user as it was, whatever came after', async () => {
    const { reply, id } = await createAna()
    await scim.patch(`/Users/${id}`, [
      { op: 'replace', path: 'title', value: 'Engineer' },
      { op: 'remove', path: 'nickName' },
      { op: 'add', path: department, value: 'Law' },
    ])
    await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'active', value: false }])
    await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'externalId', value: 'y' }])
    await scim.delete(`/Users/${id}`)

    const events = await readOwn()
    expect(events.map(({ type, version }) => [type, version])).to.deep.equal([
      ['user.created', 1],
      ['user.updated', 2],
      ['user.updated', 3],
      ['user.deactivated', 3],
      ['user.updated', 4],
      ['user.deleted', 5],
    ])
    const [created, updated, inactive, deactivated, renamed, deleted] = events.map(({ data }) => data)
    const { location: _, ...meta } = reply['meta'] as Body
    expect(created?.resource).to.deep.equal({ ...reply, meta })
    expect(created?.changes).to.equal(undefined)
    expect(updated?.resource).to.deep.include({
      schemas: [userSchema, enterpriseSchema],
      title: 'Engineer',
      externalId: 'x',
      [enterpriseSchema]: { department: 'Law' },
    })
    expect(updated?.resource).to.not.have.property('nickName')
    expect(updated?.changes).to.deep.equal({
      title: { before: 'Clerk', after: 'Engineer' },
      nickName: { before: 'Annie' },
      [department]: { after: 'Law' },
    })
    expect(inactive?.changes).to.deep.equal({ active: { before: true, after: false } })
    expect(deactivated?.resource).to.deep.equal(inactive?.resource)
    expect(deactivated?.changes).to.equal(undefined)
    expect(renamed?.changes).to.deep.equal({ externalId: { before: 'x', after: 'y' } })
    expect(renamed?.resource?.['externalId']).to.equal('y')
    expect(deleted?.resource).to.deep.equal(renamed?.resource)
    expect(events.map(({ data }) => [data.directoryId, data.requestId?.slice(0, 4)])).to.deep.equal(
      events.map(() => [tenant.directoryId, 'req_']),
    )
  })

  async function createAna(): Promise<{ reply: Body; id: string }> {
    const body = { userName: 'ana', externalId: 'x', title: 'Clerk', nickName: 'Annie' }
    const { body: reply } = await scim.post('/Users', { schemas: [userSchema], ...body })
    return { reply, id: String(reply['id']) }
  }

  it('tells the same of what is numbered late as of what is numbered at once', async () => {
    const act = async (client: ScimClient, after: () => Promise<void>): Promise<void> => {
      const body = { schemas: [userSchema], userName: 'ana', emails: [{ value: 'a@b.org', primary: true }] }
      const { id } = (await client.post('/Users', body)).body
      await after()
      const boss = await client.createUser('boss')
      await after()
      await client.put(`/Users/${id}`, {
        ...body,
        title: 'Clerk',
        [enterpriseSchema]: { manager: { value: boss['id'] }, department: 'Law' },
      })
      await after()
      const { id: groupId } = await client.createGroup('Staff', [String(id)])
      await after()
      await client.patch(`/Groups/${groupId}`, [{ op: 'replace', path: 'displayName', value: 'Everybody' }])
      await after()
      await client.delete(`/Users/${boss['id']}`)
      await after()
      await client.delete(`/Users/${id}`)
      await after()
      await client.delete(`/Groups/${groupId}`)
      await after()
    }
    const other = await createTenant()
    await act(scim, () => numberAll(tenant))
    await act(other.scim, async () => undefined)
    const late = (await readLog(other)).filter(({ resourceType }) => resourceType !== 'Directory')
    const soon = await readOwn()
    expect(withoutNames(late)).to.deep.equal(withoutNames(soon))
    expect(soon).to.have.length.above(10)
  })

  /** Events with the ids and times replaced, which two runs do not share. */
  function withoutNames(events: readonly LoggedEvent[]): unknown {
    const names = new Map<string, string>()
    const name = (id: string): string => {
      const known = names.get(id) ?? `${id.slice(0, 3)}-${names.size}`
      names.set(id, known)
      return known
    }
    const text = JSON.stringify(events.map(({ number: _, ...event }) => event))
      .replaceAll(/\b(emp|grp|dir|org)_\w+/g, name)
      .replaceAll(/\b(req|evt)_\w+/g, '$1')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'then')
    return JSON.parse(text) as unknown
  }

  it('tells groups without their members, and who came and went', async () => {
    const ana = await scim.createUser('ana')
    const { id } = await scim.createGroup('Staff', [String(ana['id'])])
    await scim.patch(`/Groups/${id}`, [
      { op: 'replace', path: 'displayName', value: 'Everybody' },
      { op: 'remove', path: 'members' },
    ])
    await scim.delete(`/Groups/${id}`)
    const events = (await readOwn()).slice(1)
    expect(events.map(({ type, version, data }) => [type, version, data.resource?.['displayName']])).to.deep.equal([
      ['group.created', 1, 'Staff'],
      ['membership.added', 1, 'Staff'],
      ['group.updated', 2, 'Everybody'],
      ['membership.removed', 2, 'Everybody'],
      ['group.deleted', 3, 'Everybody'],
    ])
    for (const { data } of events) {
      expect(data.resource).to.not.have.property('members')
      expect(data.resource?.['schemas']).to.deep.equal([groupSchema])
    }
    const [, added, updated, removed] = events.map(({ data }) => data)
    expect([added?.member, removed?.member]).to.deep.equal([
      { id: ana['id'], type: 'User' },
      { id: ana['id'], type: 'User' },
    ])
    expect(updated?.changes).to.deep.equal({ displayName: { before: 'Staff', after: 'Everybody' } })
  })

  it('tells who comes back as they are then', async () => {
    const admin = new AdminClient(tenant)
    await admin.patch(`/directories/${tenant.directoryId}`, { restoreUsers: true })
    const restoring = await createTenantClient()
    const { id } = await restoring.createUser('ana', { title: 'Clerk' })
    await restoring.delete(`/Users/${id}`)
    const again = await restoring.post('/Users', { schemas: [userSchema], userName: 'ana', title: 'Engineer' })
    expect(again.body['id']).to.equal(id)
    const events = (await readOwn()).map(({ type, version, data }) => [type, version, data.resource?.['title']])
    expect(events).to.deep.equal([
      ['user.created', 1, 'Clerk'],
      ['user.deleted', 2, 'Clerk'],
      ['user.restored', 3, 'Engineer'],
    ])
  })

  // A token remembers the settings of its directory for a second.
  async function createTenantClient(): Promise<ScimClient> {
    const { directoryId } = tenant
    const token = await new AdminClient(tenant).post('/tokens', { name: 'New', directoryId, scopes: ['read', 'write'] })
    return scim.withToken(String(token.body['secret']))
  }

  it('tells the externalId of the owner, and not that of others', async () => {
    const { id } = await createAna()
    const { scim: hr } = await tenant.addDirectory('HR')
    await hr.patch(`/Users/${id}`, [{ op: 'add', path: 'externalId', value: 'hr-1' }])
    const [created, linked] = await readOwn()
    expect([created?.data.resource?.['externalId'], linked?.data.resource?.['externalId']]).to.deep.equal(['x', 'x'])
    expect(linked?.data.changes).to.deep.equal({})
  })

  it('undoes the changes of an event to what the resource was before', async () => {
    const { id } = await createAna()
    await scim.patch(`/Users/${id}`, [
      { op: 'replace', path: 'title', value: 'Engineer' },
      { op: 'add', path: department, value: 'Law' },
    ])
    const [created, updated] = (await readOwn()).map(({ data }) => data)
    const undone = new Map(
      Object.entries(updated?.changes ?? {}).map(([name, { before, after }]) => [
        name,
        { before: after, after: before },
      ]),
    )
    const { meta: _, ...before } = created?.resource ?? {}
    const { meta: __, ...back } = applyDifferences(updated?.resource ?? {}, undone)
    expect(back).to.deep.equal(before)
  })

  it('tells resources of one’s own, under the name of their type', () =>
    withTypesOf(exampleFolder, async ({ scim: client, tenant: owner }) => {
      const { id } = await create(client, '/Devices', device('C02X', { tags: ['a'], externalId: 'x' }))
      await client.patch(`/Devices/${id}`, [
        { op: 'add', path: 'tags', value: ['b'] },
        { op: 'add', path: `${warrantySchema}:until`, value: '2027-01-31T00:00:00Z' },
        { op: 'replace', path: 'externalId', value: 'y' },
      ])
      await client.delete(`/Devices/${id}`)
      const parts = numberingParts(readResourceTypes(exampleFolder, declareResourceTypes()))
      const events = (await readLog(owner, parts)).filter(({ resourceId }) => resourceId === id)
      expect(events.map(({ type, resourceType, version }) => [type, resourceType, version])).to.deep.equal([
        ['Device.created', 'Device', 1],
        ['Device.updated', 'Device', 2],
        ['Device.deleted', 'Device', 3],
      ])
      const [created, updated, deleted] = events.map(({ data }) => data)
      const { meta, ...first } = created?.resource ?? {}
      expect(first).to.deep.equal({ schemas: [deviceSchema], id, serialNumber: 'C02X', tags: ['a'], externalId: 'x' })
      expect(meta).to.deep.include({ resourceType: 'Device', version: 'W/"1"' })
      expect(updated?.changes).to.deep.equal({
        tags: { before: ['a'], after: ['a', 'b'] },
        [`${warrantySchema}:until`]: { after: '2027-01-31T00:00:00Z' },
        externalId: { before: 'x', after: 'y' },
      })
      expect(updated?.resource?.['schemas']).to.deep.equal([deviceSchema, warrantySchema])
      expect(deleted?.resource).to.deep.equal(updated?.resource)
    }))

  it('numbers each organization without gaps while many write and two loops number', async () => {
    const other = await createTenant()
    const parts = numberingParts()
    const writing = new AbortController()
    const loop = async (): Promise<void> => {
      while (!writing.signal.aborted) await numberEvents(parts)
    }
    const write = async ({ scim: client }: Tenant): Promise<void> => {
      const ids = await Promise.all(
        range(20).map(async (index) => String((await client.createUser(`u-${index}`))['id'])),
      )
      const { id } = await client.createGroup('Staff')
      await Promise.all(
        ids.flatMap((value, index) => [
          client.patch(`/Groups/${id}`, [{ op: 'add', path: 'members', value: [{ value }] }]),
          ...range(4).map((round) =>
            client.patch(`/Users/${ids[index % 7]}`, [{ op: 'replace', path: 'title', value: `${index}-${round}` }]),
          ),
        ]),
      )
      await Promise.all(ids.slice(10).map((value) => client.delete(`/Users/${value}`)))
    }
    const writes = Promise.all([write(tenant), write(other)]).finally(() => writing.abort())
    await Promise.all([writes, loop(), loop()])
    while ((await numberEvents(parts)).isMore);

    for (const one of [tenant, other]) {
      const events = await readLog(one)
      const { first, last } = await readExtent(testDatabase(), one.organizationId)
      expect([first, last]).to.deep.equal([1, events.length])
      expect(numbersOf(events)).to.deep.equal(range(events.length).map((index) => index + 1))
      for (const [, of] of Map.groupBy(events, ({ resourceId }) => resourceId)) {
        const versions = of.map(({ version }) => version)
        expect(versions).to.deep.equal(versions.toSorted((a, b) => a - b))
        expect(new Set(versions).size).to.equal(versions.at(-1))
      }
      await checkConsistency(one)
    }
  })

  it('tells nothing of an organization that is deleted meanwhile', async () => {
    await Promise.all(range(60).map((index) => scim.createUser(`u-${index}`)))
    const parts = numberingParts()
    const remove = transaction(testDatabase(), (tx) =>
      query(tx, 'delete from organizations where org_id = $1', [tenant.organizationId]),
    )
    await Promise.all([numberEvents(parts), remove, numberEvents(parts)])
    while ((await numberEvents(parts)).isMore);
    const left = await query(
      testDatabase(),
      `select org_id from outbox where org_id = $1 union all select org_id from events where org_id = $1`,
      [tenant.organizationId],
    )
    expect(left).to.deep.equal([])
  })

  it('leaves everything in the outbox where the database is away in between', async () => {
    await scim.createUser('ana')
    await clearOutbox(tenant.organizationId)
    const away = Object.assign(new Error('killed'), { code: '57P01' })
    const failing = { ...numberingParts(), present: () => Promise.reject(away) }
    const failed = await numberEvents(failing).catch((error: unknown) => error)
    expect(failed).to.be.an('error').with.property('code', 'database_unavailable')
    expect(await readExtent(testDatabase(), tenant.organizationId)).to.deep.equal({ first: 1, last: 0 })
    expect((await readOwn()).map(({ type }) => type)).to.deep.equal(['user.created'])
  })

  it('tells an event that it cannot describe without its resource, and all others as ever', async () => {
    const [ana, ben] = [await scim.createUser('ana'), await scim.createUser('ben')]
    await scim.createGroup('All', [ben['id']])
    await clearOutbox(tenant.organizationId)
    const parts = numberingParts()
    const spoilt: NumberingParts = {
      ...parts,
      present: async (...of) => {
        const present = await parts.present(...of)
        return (stored) => {
          if (stored['userName'] === 'ana') throw new Error('no such shape')
          return present(stored)
        }
      },
    }
    while ((await numberEvents(spoilt)).isMore);
    const told = (await readOwn()).map(({ number, type, resourceId, data }) => [
      number,
      type,
      resourceId,
      data.resource?.['userName'] ?? data.resource?.['displayName'] ?? null,
    ])
    const [group] = told.filter(([, type]) => type === 'group.created')
    expect(told.map(([number]) => number)).to.deep.equal(told.map((_, place) => (told[0]?.[0] as number) + place))
    expect(told.filter(([, type]) => type === 'user.created').map((one) => one.slice(2))).to.deep.equal([
      [ana['id'], null],
      [ben['id'], 'ben'],
    ])
    expect(group?.[3]).to.equal('All')
  })

  it('lets another one number while one does', async () => {
    await scim.createUser('ana')
    await clearOutbox(tenant.organizationId)
    const parts = numberingParts()
    await transaction(testDatabase(), async (tx) => {
      const first = await numberEvents({ ...parts, db: tx })
      expect(first.count).to.be.above(0)
      expect(await numberEvents(parts)).to.deep.equal({ count: 0, isMore: false })
    })
    expect((await readOwn()).map(({ type }) => type)).to.deep.equal(['user.created'])
  })
})

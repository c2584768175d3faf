// GET /v1/events: reading the log with a cursor.
import { expect } from 'chai'
import { query } from '../../server/db/query.ts'
import { createDirectory } from '../../server/directory/directories.ts'
import { AdminClient } from '../support/admin-client.ts'
import { createTenant, operatorToken, type Tenant } from '../support/app.ts'
import { numberAll } from '../support/event-log.ts'
import { testDatabase } from '../support/postgres.ts'
import type { Body } from '../support/scim-client.ts'

const range = (length: number): number[] => Array.from({ length }, (_, index) => index)

describe('the event log', () => {
  let tenant: Tenant
  let reader: AdminClient
  beforeEach(async () => {
    tenant = await createTenant()
    reader = new AdminClient(tenant, (await tenant.addApplication(['events'])).token)
  })

  /** The directories that every test organization has are the first two events. */
  const own = 2

  it('is read from the beginning to the end, page by page, each event once', async () => {
    for (const index of range(5)) await tenant.scim.createUser(`user-${index}`)
    await numberAll(tenant)
    const read: Body[] = []
    let page: Body = { next: 0, last: 1 }
    while (page['next'] < page['last']) {
      page = (await reader.get(`//events?after=${page['next']}&limit=3`)).body
      expect(page['data'].length).to.be.within(1, 3)
      read.push(...(page['data'] as Body[]))
    }
    expect(read.map((event) => event['number'])).to.deep.equal(range(own + 5).map((index) => index + 1))
    expect(read.map((event) => event['type'])).to.deep.equal([
      'directory.created',
      'directory.created',
      ...range(5).map(() => 'user.created'),
    ])
    expect(read.at(-1)).to.deep.include({
      organizationId: tenant.organizationId,
      resourceType: 'User',
      version: 1,
      directoryId: tenant.directoryId,
    })
    expect(read.at(-1)?.['resource']).to.deep.include({ userName: 'user-4' })
    const end = (await reader.get(`//events?after=${page['next']}`)).body
    expect(end).to.deep.equal({ data: [], next: own + 5, first: 1, last: own + 5 })
  })

  it('is the same under the name of the organization', async () => {
    await numberAll(tenant)
    const admin = new AdminClient(tenant)
    expect((await admin.get('/events')).body).to.deep.equal((await reader.get('//events')).body)
  })

  it('has only the types that are asked for, and says how far it has looked', async () => {
    const { id } = await tenant.scim.createUser('ana')
    await tenant.scim.createGroup('Staff', [String(id)])
    await tenant.scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'active', value: false }])
    await numberAll(tenant)
    const types = async (asked: string): Promise<unknown[]> => {
      const { data, next, last } = (await reader.get(`//events?types=${asked}`)).body
      expect(next).to.equal(last)
      return (data as Body[]).map((event) => event['type'])
    }
    expect(await types('user.*')).to.deep.equal(['user.created', 'user.updated', 'user.deactivated'])
    expect(await types('group.created,%20membership.added')).to.deep.equal(['group.created', 'membership.added'])
    expect(await types('sync.*')).to.deep.equal([])
    expect(await types('*')).to.have.length(own + 5)
    const { status, body } = await reader.get('//events?types=user.created,user.jumped')
    expect([status, body['error'].detail ?? body['error'].message]).to.deep.equal([
      400,
      "types: no event has the type 'user.jumped'.",
    ])
  })

  it('says where it begins and ends to who was away too long, or comes from another log', async () => {
    await tenant.scim.createUser('ana')
    await numberAll(tenant)
    await query(testDatabase(), 'delete from events where org_id = $1 and number <= 2', [tenant.organizationId])
    const late = (await reader.get('//events?after=1')).body
    expect([late['first'], late['next'], late['last'], late['data'].length]).to.deep.equal([3, 3, 3, 1])
    const ahead = (await reader.get('//events?after=99')).body
    expect(ahead).to.deep.equal({ data: [], next: 3, first: 3, last: 3 })
    await query(testDatabase(), 'delete from events where org_id = $1', [tenant.organizationId])
    const empty = (await reader.get('//events?after=1')).body
    expect(empty).to.deep.equal({ data: [], next: 3, first: 4, last: 3 })
  })

  it('is open to the scopes events and admin, each in its organization', async () => {
    const other = new AdminClient(await createTenant(), (await tenant.addApplication(['events'])).token)
    expect((await other.get('/events')).status).to.equal(404)
    const admin = new AdminClient(tenant, (await tenant.addApplication(['admin'])).token)
    expect([(await admin.get('//events')).status, (await admin.get('/events')).status]).to.deep.equal([200, 200])
    const writer = new AdminClient(tenant, (await tenant.addApplication(['read', 'write', 'hr'])).token)
    expect([(await writer.get('//events')).status, (await writer.get('/events')).status]).to.deep.equal([403, 403])
    expect((await reader.get('/tokens')).status).to.equal(403)
    expect((await new AdminClient(tenant, operatorToken).get('//events')).status).to.equal(404)
  })
})

describe('events of directories and syncs', () => {
  it('say what a directory is, and what of it changed', async () => {
    const tenant = await createTenant()
    const admin = new AdminClient(tenant)
    const { body: made } = await admin.post('/directories', { kind: 'push', name: 'HR', provider: 'workday' })
    const changed = await admin.patch(`/directories/${made['id']}`, { name: 'People', strict: true })
    await admin.patch(`/directories/${made['id']}`, { name: 'People' })
    await numberAll(tenant)
    const events = (await admin.get(`/events?types=directory.*`)).body['data'] as Body[]
    const [created, updated, ...rest] = events.filter((event) => event['resourceId'] === made['id'])
    expect(rest).to.deep.equal([])
    const { createdAt, ...resource } = (created ?? {})['resource'] as Body
    expect(createdAt).to.be.a('string')
    expect(resource).to.deep.equal({
      id: made['id'],
      kind: 'push',
      provider: 'workday',
      name: 'HR',
      strict: false,
      restoreUsers: false,
      sendInvitations: false,
      sendOffboardingEmails: false,
    })
    expect(updated).to.deep.include({
      type: 'directory.updated',
      version: 2,
      directoryId: null,
      requestId: changed.headers['x-request-id'],
      resource: { ...resource, name: 'People', strict: true, createdAt },
      changes: { name: { before: 'HR', after: 'People' }, strict: { before: false, after: true } },
    })
  })

  it('say which sync was asked for, once', async () => {
    const tenant = await createTenant()
    const pulled = { kind: 'pull', provider: 'workday', name: 'HR' } as const
    const directoryId = await createDirectory(testDatabase(), tenant.organizationId, pulled, new Date())
    const hr = await tenant.addApplication(['hr', 'write'])
    const asked = await hr.send('post', '//v1/hr/sync', { source: 'workday' }, { 'Content-Type': 'application/json' })
    await hr.send('post', '//v1/hr/sync', { source: 'workday' }, { 'Content-Type': 'application/json' })
    await numberAll(tenant)
    const { data } = (await new AdminClient(tenant).get(`/events?types=sync.*`)).body
    expect(data).to.have.length(1)
    const id = asked.body['sync_id'] as string
    expect(data[0]).to.deep.include({ type: 'sync.queued', resourceType: 'Sync', resourceId: id, version: 1 })
    const { queuedAt: _, ...resource } = data[0].resource as Body
    expect(resource).to.deep.equal({
      id,
      directoryId,
      source: 'workday',
      type: 'incremental',
      purpose: 'sync',
      includeGroups: true,
      status: 'queued',
    })
  })
})

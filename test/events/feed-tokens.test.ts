// What feeds tell of what happens, as security event tokens (RFC 9967): verified by the published keys, as a receiver does.
import { expect } from 'chai'
import { decodeJwt } from 'jose'
import { query } from '../../server/db/query.ts'
import { transaction } from '../../server/db/transaction.ts'
import { anonymizeUser } from '../../server/directory/anonymize.ts'
import { imagineEvent } from '../../server/events/event.ts'
import { replay } from '../../server/events/delivery/replay.ts'
import { createFeedChannel } from '../../server/events/feeds/channel.ts'
import { makeParcels } from '../../server/events/feeds/security-event-parcels.ts'
import { declareResourceTypes } from '../../server/scim/declarations.ts'
import { compileResourceType } from '../../server/scim/schema.ts'
import { readResourceTypes } from '../../server/scim/schema-files.ts'
import { runBulk } from '../support/bulk.ts'
import { clock } from '../support/app.ts'
import { createFeedWorld, expectPolled, type FeedWorld, poll, type Received } from '../support/feeds.ts'
import { testDatabase } from '../support/postgres.ts'
import { createTenantWith, customSchema } from '../support/protocol.ts'
import { expectSecurityEvent } from '../support/security-event-rules.ts'
import { type Body, enterpriseSchema, type ScimClient, userSchema } from '../support/scim-client.ts'
import { exampleFolder, device, withTypesOf } from '../support/resource-types.ts'

const uri = (name: string): string => `urn:ietf:params:scim:event:${name}`
const eventsOf = ({ claims }: Received): string[] => Object.keys(claims['events']).toSorted()
const payloadOf = ({ claims }: Received, name: string): Body => claims['events'][uri(name)]

const [users] = declareResourceTypes().map(compileResourceType)
if (users === undefined) throw new Error('users are not declared')

describe('tokens of a feed', () => {
  let world: FeedWorld
  let scim: ScimClient
  beforeEach(async () => {
    world = await createFeedWorld()
    scim = world.tenant.scim
  })

  it('9967-2-01 9967-2-03 9967-2.1-01 9967-2.1-02 9967-2.1-03 9967-2.1-04 9967-2.1-05 9967-2.2-02 8417-2-01 say what has happened to what', async () => {
    const feed = await world.addFeed({ mode: 'notice' })
    const user = await scim.createUser('ana', { externalId: 'a-1' })
    const group = await scim.createGroup('Staff')
    const [ofUser, ofGroup] = await world.drain(feed)
    const claims: Body = ofUser?.claims ?? {}
    expect(claims['sub_id']).to.deep.equal({
      format: 'scim',
      uri: `/Users/${user['id']}`,
      id: user['id'],
      externalId: 'a-1',
    })
    expect(ofGroup?.claims['sub_id']).to.deep.equal({ format: 'scim', uri: `/Groups/${group['id']}`, id: group['id'] })
    expect(claims).to.not.have.any.keys('sub', 'exp')
    expect(claims['events']).to.have.all.keys(uri('prov:create:notice'))
    const found = await scim.get(claims['sub_id'].uri)
    expect(found.status).to.equal(200)
    expect(claims['events'][uri('prov:create:notice')].version).to.equal(found.headers['etag'])
    await scim.delete(`/Users/${user['id']}`)
    const [deleted] = await world.drain(feed)
    expect(deleted?.claims['events']).to.deep.equal({ [uri('prov:delete')]: {} })
  })

  it('9967-2.4-01 9967-2.4-02 9967-2.4-03 9967-2.2-05 have the URIs and payloads of the standard, in both modes', async () => {
    const full = await world.addFeed()
    const notice = await world.addFeed({ mode: 'notice' })
    const made = await scim.createUser('ana', {
      title: 'Cook',
      password: 'not-to-be-told',
      name: { givenName: 'Ana', familyName: 'Berg' },
    })
    const path = `/Users/${made['id']}`
    await scim.patch(path, [
      { op: 'replace', path: 'title', value: 'Chef' },
      { op: 'add', path: `${enterpriseSchema}:department`, value: 'Kitchen' },
      { op: 'remove', path: 'name.givenName' },
    ])
    await scim.put(path, { schemas: [userSchema], userName: 'ana', active: false })
    await scim.patch(path, [{ op: 'replace', path: 'active', value: true }])
    await scim.delete(path)

    const values = await world.drain(full)
    expect(values.map(eventsOf)).to.deep.equal([
      ['urn:ietf:params:scim:event:prov:create:full'],
      ['urn:ietf:params:scim:event:prov:patch:full'],
      ['urn:ietf:params:scim:event:prov:deactivate', 'urn:ietf:params:scim:event:prov:patch:full'],
      ['urn:ietf:params:scim:event:prov:activate', 'urn:ietf:params:scim:event:prov:patch:full'],
      ['urn:ietf:params:scim:event:prov:delete'],
    ])
    const [created, patched] = values
    const { location: _, ...meta } = made['meta']
    expect(created && payloadOf(created, 'prov:create:full')['data']).to.deep.equal({ ...made, meta })
    expect(patched && payloadOf(patched, 'prov:patch:full')['data']).to.deep.equal({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
      Operations: [
        { op: 'remove', path: 'name.givenName' },
        { op: 'replace', path: 'title', value: 'Chef' },
        { op: 'replace', path: `${enterpriseSchema}:department`, value: 'Kitchen' },
      ],
    })
    expect(JSON.stringify(values)).to.not.include('not-to-be-told')

    const names = await world.drain(notice)
    expect(names.map(eventsOf)).to.deep.equal([
      ['urn:ietf:params:scim:event:prov:create:notice'],
      ['urn:ietf:params:scim:event:prov:patch:notice'],
      ['urn:ietf:params:scim:event:prov:deactivate', 'urn:ietf:params:scim:event:prov:patch:notice'],
      ['urn:ietf:params:scim:event:prov:activate', 'urn:ietf:params:scim:event:prov:patch:notice'],
      ['urn:ietf:params:scim:event:prov:delete'],
    ])
    const attributes = names.map((one) =>
      Object.values(one.claims['events']).flatMap((payload) => (payload as Body)['attributes'] ?? []),
    )
    expect(attributes[0]).to.have.members(['id', 'userName', 'name', 'title', 'active'])
    expect(attributes[1]).to.have.members(['title', 'name', `${enterpriseSchema}:department`])
    expect(JSON.stringify(names)).to.not.include('Chef')
  })

  it('9967-2-04 9967-2.4-04 tell of one change at once, and of activation only where it changed', async () => {
    const feed = await world.addFeed({ mode: 'notice' })
    const { id } = await scim.createUser('ana', { active: false })
    const set = (active: boolean, title: string): Promise<unknown> =>
      scim.patch(`/Users/${id}`, [{ op: 'replace', value: { active, title } }])
    await set(false, 'Cook')
    await set(true, 'Chef')
    await set(true, 'Head chef')
    await set(false, 'Guest')
    const received = await world.drain(feed)
    expect(received.map((one) => eventsOf(one).map((name) => name.slice(uri('').length)))).to.deep.equal([
      ['prov:create:notice'],
      ['prov:patch:notice'],
      ['prov:activate', 'prov:patch:notice'],
      ['prov:patch:notice'],
      ['prov:deactivate', 'prov:patch:notice'],
    ])
    expect(new Set(received.map(({ claims }) => claims['txn'])).size).to.equal(5)
  })

  it('9967-2-04 have one txn where what belongs together is seen apart', async () => {
    const feed = await world.addFeed({ types: ['user.updated'] })
    const states = await world.addFeed({ types: ['user.deactivated'] })
    const { id } = await scim.createUser('ana')
    await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'active', value: false }])
    const [[patched], [deactivated]] = [await world.drain(feed), await world.drain(states)]
    expect(patched && eventsOf(patched)).to.deep.equal([uri('prov:patch:full')])
    expect(deactivated && eventsOf(deactivated)).to.deep.equal([uri('prov:deactivate')])
    expect(patched?.claims['txn']).to.equal(deactivated?.claims['txn'])
  })

  it('9967-2.2-01 have one txn and another jti in each feed, and when they are sent once more', async () => {
    const [one, other] = [await world.addFeed(), await world.addFeed({ mode: 'notice' })]
    await scim.createUser('ana')
    await world.settle()
    const again = async (): Promise<unknown> => {
      const { sets } = expectPolled(await poll(world.application, one, { returnImmediately: true }))
      return Object.entries(sets).map(([jti, token]) => [jti, decodeJwt(token)['txn']])
    }
    const first = await again()
    expect(first).to.have.length(1)
    expect(await again()).to.deep.equal(first)
    const [[ofOne], [ofOther]] = [await world.drain(one), await world.drain(other)]
    const options = { isDry: false, at: clock.now(), compile: world.services.compile }
    const channel = createFeedChannel(world.services)
    await replay(testDatabase(), world.tenant.organizationId, one, { from: 1, only: 'all' }, { ...options, channel })
    const [replayed] = await world.drain(one)
    const all = [ofOne, ofOther, replayed]
    expect(new Set(all.map((received) => received?.claims['txn'])).size).to.equal(1)
    expect(new Set(all.map((received) => received?.jti)).size).to.equal(3)
    for (const received of all) expect(received?.claims['jti']).to.equal(received?.jti)
  })

  it('9967-2.3-01 9967-2.4-03 tell who comes into the feed and leaves it, and who is made or deleted within', async () => {
    const condition = `${enterpriseSchema}:department eq "Kitchen"`
    const feed = await world.addFeed({ types: ['user.*'], condition })
    const make = (userName: string, department: string): Promise<Body> =>
      scim.createUser(userName, { schemas: [userSchema, enterpriseSchema], [enterpriseSchema]: { department } })
    const moveTo = (id: string, department: string): Promise<unknown> =>
      scim.patch(`/Users/${id}`, [{ op: 'replace', path: `${enterpriseSchema}:department`, value: department }])
    const [cook, clerk] = [await make('cook', 'Kitchen'), await make('clerk', 'Office')]
    await scim.patch(`/Users/${clerk['id']}`, [{ op: 'replace', path: 'title', value: 'Clerk' }])
    await moveTo(clerk['id'], 'Kitchen')
    await scim.patch(`/Users/${clerk['id']}`, [{ op: 'replace', path: 'title', value: 'Cook' }])
    await moveTo(cook['id'], 'Office')
    await scim.patch(`/Users/${cook['id']}`, [{ op: 'replace', path: 'title', value: 'Clerk' }])
    await scim.delete(`/Users/${cook['id']}`)
    await scim.delete(`/Users/${clerk['id']}`)
    const received = await world.drain(feed)
    expect(received.map((one) => [one.claims['sub_id'].id, ...eventsOf(one)])).to.deep.equal([
      [cook['id'], uri('prov:create:full')],
      [clerk['id'], uri('feed:add')],
      [clerk['id'], uri('prov:patch:full')],
      [cook['id'], uri('feed:remove')],
      [clerk['id'], uri('prov:delete')],
    ])
    for (const name of ['feed:add', 'feed:remove', 'prov:delete']) {
      const payloads = received.map((one) => payloadOf(one, name)).filter((payload) => payload !== undefined)
      expect(payloads, name).to.deep.equal([{}])
    }
  })

  it('tell of who is restored as made again, under the old id', async () => {
    const { organizationId, directoryId } = world.tenant
    await query(testDatabase(), 'update directories set restore_users = true where org_id = $1 and id = $2', [
      organizationId,
      directoryId,
    ])
    const feed = await world.addFeed()
    const { id } = await scim.createUser('ana', { title: 'Cook' })
    await scim.delete(`/Users/${id}`)
    await scim.createUser('ana', { title: 'Chef' })
    const received = await world.drain(feed)
    expect(received.map((one) => [one.claims['sub_id'].id, ...eventsOf(one)])).to.deep.equal([
      [id, uri('prov:create:full')],
      [id, uri('prov:delete')],
      [id, uri('prov:create:full')],
    ])
    expect(received[2] && payloadOf(received[2], 'prov:create:full')).to.deep.include({ version: 'W/"3"' })
  })

  it('9967-2.4-05 are not made of what was refused, or changed nothing', async () => {
    const feed = await world.addFeed()
    const { id } = await scim.createUser('ana', { title: 'Cook' })
    const group = await scim.createGroup('Staff', [id])
    await world.drain(feed)
    const refused = await scim.patch(`/Users/${id}`, [
      { op: 'replace', path: 'title', value: 'Chef' },
      { op: 'replace', path: 'nothing[', value: 'x' },
    ])
    expect(refused.status).to.equal(400)
    expect((await scim.post('/Users', { schemas: [userSchema], userName: 'ana' })).status).to.equal(409)
    expect((await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: 'Cook' }])).status).to.equal(200)
    const again = [{ op: 'add', path: 'members', value: [{ value: id }] }]
    expect((await scim.patch(`/Groups/${group['id']}`, again)).status).to.be.within(200, 204)
    expect(await world.drain(feed)).to.deep.equal([])
  })

  it('9967-5-06 name at most 100 members, and none of them in a notice', async () => {
    const full = await world.addFeed({ types: ['group.*', 'membership.*'] })
    const notice = await world.addFeed({ types: ['group.*', 'membership.*'], mode: 'notice' })
    const ids = await createUsers(scim, 'm', 220)
    await world.settle()
    const { id } = await scim.createGroup('Everybody', ids)
    await scim.patch(`/Groups/${id}`, [
      { op: 'remove', path: 'members' },
      { op: 'replace', path: 'displayName', value: 'Nobody' },
    ])
    const [values, names] = [await world.drain(full), await world.drain(notice)]
    const told = values.map((one) => {
      const [payload] = Object.values(one.claims['events']) as Body[]
      const operations: Body[] = payload?.['data'].Operations ?? []
      const joined = payload?.['data'].members ?? operations.flatMap(({ op, value }) => (op === 'add' ? value : []))
      return {
        ...{ txn: one.claims['txn'], version: payload?.['version'] },
        joined: joined.map((member: Body) => member['value']) as string[],
        left: operations.flatMap(({ op, path }) => (op === 'remove' ? [String(path)] : [])),
      }
    })
    for (const { joined, left } of told) expect(joined.length + left.length).to.be.at.most(100)
    expect(told.map(({ txn, version }) => [txn, version])).to.deep.equal(
      [1, 1, 1, 2, 2, 2].map((version) => [`${id}.${version}`, `W/"${version}"`]),
    )
    expect(told.flatMap(({ joined }) => joined)).to.have.members(ids)
    expect(told.flatMap(({ left }) => left)).to.have.members(ids.map((member) => `members[value eq "${member}"]`))
    expect(names.map(({ claims }) => Object.values(claims['events'])[0])).to.deep.equal([
      { version: 'W/"1"', attributes: ['id', 'displayName', 'members'] },
      { version: 'W/"2"', attributes: ['displayName', 'members'] },
    ])
  })

  it('9967-2-02 8417-2-02 have the claims that they must, over 1000 of them', async () => {
    const feed = await world.addFeed({ mode: 'notice' })
    await createUsers(scim, 'n', 1000)
    await world.settle()
    const { sets } = expectPolled(await poll(world.application, feed, { returnImmediately: true }))
    for (const token of Object.values(sets)) {
      const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')
      expect(payload.split('"urn:ietf:params:scim:event:')).to.have.length(2)
    }
    const received = await world.drain(feed)
    expect(received).to.have.length(1000)
    for (const { claims } of received) {
      expect(claims).to.include.all.keys('iss', 'iat', 'jti', 'aud', 'events')
      expect(claims).to.not.have.property('exp')
    }
    expect(new Set(received.map(({ claims }) => claims['jti'])).size).to.equal(1000)
    expect(new Set(received.map(({ claims }) => claims['txn'])).size).to.equal(1000)
  }).timeout(60_000)

  for (const mode of ['full', 'notice'] as const) {
    it(`9967-2.4-02 tell in mode ${mode} that a person was anonymized, and nothing any more of what was known`, async () => {
      const feed = await world.addFeed({ mode })
      const { id } = await scim.createUser('zanzibar', { title: 'zanzibar' })
      await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: 'zanzibar too' }])
      await world.settle()
      const [manual] = await query<{ id: string }>(
        testDatabase(),
        "select id from directories where org_id = $1 and kind = 'manual'",
        [world.tenant.organizationId],
      )
      const actor = {
        ...{ organizationId: world.tenant.organizationId, directoryId: manual?.id ?? '', tokenId: null },
        ...({ requestId: 'req_test', at: clock.now(), view: 'organization', restoresUsers: false } as const),
      }
      await transaction(testDatabase(), (tx) => anonymizeUser(tx, actor, id))
      const received = await world.drain(feed)
      expect(received.map((one) => eventsOf(one))).to.deep.equal([[uri('prov:deactivate'), uri(`prov:put:${mode}`)]])
      expect(JSON.stringify(received)).to.not.include('zanzibar')
      for (const { claims } of received) expectSecurityEvent(claims, users)
      const payload = received[0] && payloadOf(received[0], `prov:put:${mode}`)
      if (mode === 'full') expect(payload?.['data']).to.include({ id, userName: `anonymized-${id}`, active: false })
      else expect(payload?.['attributes']).to.have.members(['id', 'userName', 'active'])
      expect(payload).to.have.all.keys('version', mode === 'full' ? 'data' : 'attributes')
    })
  }

  it('9967-2.2-04 name attributes that the organization added by their URN', async () => {
    const tenant = await createTenantWith({ name: 'badge', type: 'string' })
    const of = await createFeedWorld({ tenant })
    const feed = await of.addFeed({ mode: 'notice' })
    const { id } = await tenant.scim.createUser('ana')
    await tenant.scim.patch(`/Users/${id}`, [{ op: 'add', path: `${customSchema}:badge`, value: '7' }])
    const [, patched] = await of.drain(feed)
    const notice = { version: 'W/"2"', attributes: [`${customSchema}:badge`] }
    expect(patched && payloadOf(patched, 'prov:patch:notice')).to.deep.equal(notice)
  })

  it('are made of resources of types of one’s own, where those are', async () => {
    const types = readResourceTypes(exampleFolder, declareResourceTypes())
    await withTypesOf(exampleFolder, async ({ scim: own, tenant }) => {
      const of = await createFeedWorld({ types, tenant })
      const feed = await of.addFeed()
      const { id } = (await own.post('/Devices', device('S-1'))).body
      await own.patch(`/Devices/${id}`, [{ op: 'add', path: 'externalId', value: 'd-1' }])
      await own.delete(`/Devices/${id}`)
      const received = await of.drain(feed)
      expect(received.map((one) => [one.claims['sub_id'].uri, ...eventsOf(one)])).to.deep.equal([
        [`/Devices/${id}`, uri('prov:create:full')],
        [`/Devices/${id}`, uri('prov:patch:full')],
        [`/Devices/${id}`, uri('prov:delete')],
      ])
    })
  })

  it('are not made of what is no resource', async () => {
    const { endpointOf } = (await createFeedWorld()).services
    const at = clock.now()
    const types = {
      'directory.created': 'Directory',
      'sync.queued': 'Sync',
      'webhook_endpoint.disabled': 'WebhookEndpoint',
    }
    const events = Object.entries(types).map(([type, resourceType]) => ({
      event: imagineEvent('org_0', { type, resourceType, resourceId: 'x' }, { resource: {} }, at),
      concern: { before: true, after: true },
    }))
    expect(makeParcels(events, 'full', endpointOf)).to.deep.equal([])
  })
})

async function createUsers(scim: ScimClient, prefix: string, count: number): Promise<string[]> {
  const operations = Array.from({ length: count }, (_, index) => ({
    ...{ method: 'POST', path: '/Users', bulkId: `b${index}` },
    data: { schemas: [userSchema], userName: `${prefix}${index}` },
  }))
  const results = await runBulk(scim, operations)
  return results.map(({ location }) => String(location).split('/').at(-1) ?? '')
}

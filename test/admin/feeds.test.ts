import { expect } from 'chai'
import { AdminClient } from '../support/admin-client.ts'
import { createTenant, type Tenant } from '../support/app.ts'
import { createFeedWorld, expectPolled, poll } from '../support/feeds.ts'
import { testDatabase } from '../support/postgres.ts'
import type { Body, Reply } from '../support/scim-client.ts'

const polled = { name: 'Sign-in', audience: 'https://sign-in.example', method: 'poll' }
const pushed = { name: 'Audit', audience: 'audit', method: 'push', url: 'https://audit.example/events' }

function expectRefused({ status, body }: Reply, expected: number, param?: string): void {
  expect([status, body['error']?.param], JSON.stringify(body)).to.deep.equal([expected, param])
}

describe('feeds in the management API', () => {
  let tenant: Tenant
  let admin: AdminClient
  beforeEach(async () => {
    tenant = await createTenant()
    admin = new AdminClient(tenant, (await tenant.addApplication(['admin'])).token)
  })

  async function make(feed: object): Promise<string> {
    const { status, body } = await admin.post('/feeds', feed)
    expect(status, JSON.stringify(body)).to.equal(201)
    return body['id'] as string
  }

  const read = async (id: string): Promise<Body> => (await admin.get(`/feeds/${id}`)).body

  it('are made, listed by name, read, changed and removed', async () => {
    const [first, second] = [
      await make(polled),
      await make({ ...pushed, mode: 'full', authorizationHeader: 'Bearer x' }),
    ]
    const { data } = (await admin.get('/feeds')).body
    expect(data.map(({ id }: Body) => id)).to.deep.equal([second, first])
    expect(await read(first)).to.deep.include({
      ...polled,
      ...{ mode: 'notice', url: null, tokenId: null, hasAuthorization: false, types: ['*'], condition: null },
      ...{ enabled: true, state: 'enabled', disabledReason: null, waiting: 0, dead: 0 },
    })
    expect(await read(second)).to.deep.include({ ...pushed, mode: 'full', hasAuthorization: true })
    expect(JSON.stringify(data)).to.not.include('Bearer x')

    const changes = { name: 'Sessions', mode: 'full', types: ['user.*'], condition: 'active eq true', enabled: false }
    expect((await admin.patch(`/feeds/${first}`, changes)).status).to.equal(204)
    expect(await read(first)).to.deep.include({ ...polled, ...changes, state: 'disabled' })
    expect((await admin.patch(`/feeds/${second}`, { authorizationHeader: null })).status).to.equal(204)
    expect(await read(second)).to.deep.include({ ...pushed, hasAuthorization: false })
    expect((await admin.patch(`/feeds/${second}`, { method: 'poll', url: null })).status).to.equal(204)
    expect(await read(second)).to.deep.include({ method: 'poll', url: null })

    expect((await admin.delete(`/feeds/${first}`)).status).to.equal(204)
    for (const path of [`/feeds/${first}`, `/feeds/${first}/deliveries`]) expectRefused(await admin.get(path), 404)
    expectRefused(await admin.delete(`/feeds/${first}`), 404)
  })

  it('are refused where they could not be told', async () => {
    const wrong: [feed: object, param: string][] = [
      [{ ...polled, url: 'https://audit.example' }, 'url'],
      [{ ...pushed, url: null }, 'url'],
      [{ ...pushed, url: 'http://audit.example/events' }, 'url'],
      [{ ...pushed, url: 'https://10.0.0.1/events' }, 'url'],
      [{ ...pushed, authorizationHeader: 'a\nb' }, 'authorizationHeader'],
      [{ ...polled, method: 'carrier pigeon' }, 'method'],
      [{ ...polled, mode: 'all' }, 'mode'],
      [{ ...polled, audience: ' ' }, 'audience'],
      [{ ...polled, tokenId: 'tok_0' }, 'tokenId'],
      [{ ...polled, iss: 'me' }, 'iss'],
    ]
    for (const [feed, param] of wrong) expectRefused(await admin.post('/feeds', feed), 400, param)
    expect((await admin.post('/feeds', { ...polled, types: ['user.painted'] })).status).to.equal(400)
    expect((await admin.post('/feeds', { ...polled, types: ['user.*'], condition: 'x y' })).status).to.equal(400)
    expect((await admin.post('/feeds', { ...polled, condition: 'active eq true' })).status).to.equal(400)
    await make(polled)
    expectRefused(await admin.post('/feeds', polled), 409)
    expect((await admin.get('/feeds')).body['data']).to.have.length(1)
  })

  it('are bound to a live token with the scope events, of the organization', async () => {
    await tenant.addApplication(['events'])
    const foreign = await createTenant()
    await foreign.addApplication(['events'])
    const listIds = async (of: Tenant, scope: string): Promise<string[]> => {
      const { data } = (await new AdminClient(of).get('/tokens')).body
      return data.filter(({ scopes }: Body) => scopes.includes(scope)).map(({ id }: Body) => id)
    }
    const [own = ''] = await listIds(tenant, 'events')
    const refused = [...(await listIds(tenant, 'admin')), ...(await listIds(foreign, 'events'))]
    expect(refused).to.have.length(2)
    for (const tokenId of refused) expectRefused(await admin.post('/feeds', { ...polled, tokenId }), 400, 'tokenId')
    const id = await make({ ...polled, tokenId: own })
    expect((await read(id))['tokenId']).to.equal(own)
    expect((await admin.delete(`/tokens/${own}`)).status).to.equal(204)
    expectRefused(await admin.patch(`/feeds/${id}`, { name: 'Another' }), 400, 'tokenId')
    expect((await admin.patch(`/feeds/${id}`, { tokenId: null })).status).to.equal(204)
  })

  it('are for those who administer the organization', async () => {
    const id = await make(polled)
    const application = new AdminClient(tenant, (await tenant.addApplication(['read', 'write', 'hr', 'events'])).token)
    expectRefused(await application.get('/feeds'), 403)
    expectRefused(await application.post('/feeds', { ...polled, name: 'Mine' }), 403)
    const foreign = new AdminClient(tenant, (await (await createTenant()).addApplication(['admin'])).token)
    expectRefused(await foreign.get(`/feeds/${id}`), 404)
    const elsewhere = new AdminClient(await createTenant())
    for (const method of ['get', 'delete'] as const) expectRefused(await elsewhere.send(method, `/feeds/${id}`), 404)
    expectRefused(await elsewhere.patch(`/feeds/${id}`, { name: 'Theirs' }), 404)
    expectRefused(await elsewhere.get(`/feeds/${id}/deliveries`), 404)
  })

  it('show what became of telling, and tell it once more', async () => {
    const world = await createFeedWorld({ tenant })
    const id = await make({ ...polled, audience: 'https://receiver.example' })
    await tenant.scim.createUser('ana')
    await world.settle()
    expect((await read(id))['waiting']).to.equal(1)
    const [first] = await world.drain(id)
    const [delivery] = (await admin.get(`/feeds/${id}/deliveries`)).body['data']
    expect(delivery).to.include({ id: first?.jti, state: 'delivered', eventType: 'user.created', attemptCount: 1 })
    const again = await admin.post(`/feeds/${id}/deliveries/${delivery.id}/resend`)
    expect(again.status).to.equal(201)
    const replayed = await admin.post(`/feeds/${id}/replay`, { from: 1, only: 'all' })
    expect(replayed.body).to.deep.equal({ count: 1 })
    const { sets } = expectPolled(await poll(world.application, id, { returnImmediately: true }))
    expect(Object.keys(sets)).to.have.length(2).and.include(again.body['id'])
    const others = await world.drain(id)
    expect(others.map(({ claims }) => claims['events'])).to.deep.equal([
      first?.claims['events'],
      first?.claims['events'],
    ])
  })

  it('keep what is changed by two at once as one of them wanted it', async () => {
    const id = await make(polled)
    const changes = [{ mode: 'full' }, { audience: 'another' }]
    const replies = await Promise.all(changes.map((change) => admin.patch(`/feeds/${id}`, change)))
    const after = await read(id)
    replies.forEach(({ status }, index) => {
      expect(status).to.be.oneOf([204, 409])
      if (status === 204) expect(after).to.deep.include(changes[index])
    })
    const rows = await testDatabase().selectFrom('subscriptions').select('settings').where('id', '=', id).execute()
    expect(rows).to.have.length(1)
  })
})

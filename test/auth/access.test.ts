// Who may do what: the token says which organization and which directory is meant, and what may be done there.
import { expect } from 'chai'
import supertest from 'supertest'
import { createToken } from '../../server/auth/tokens.ts'
import type { Scope } from '../../server/db/tables.ts'
import { AdminClient } from '../support/admin-client.ts'
import { clock, createTenant, getApp, type Tenant } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'
import { expectError, user, withApp } from '../support/protocol.ts'
import { groupSchema, searchSchema, type ScimClient } from '../support/scim-client.ts'

async function addClient(tenant: Tenant, directoryId: string | null, scopes: readonly Scope[]): Promise<ScimClient> {
  const token = { organizationId: tenant.organizationId, directoryId, name: 'Client', scopes, expiresAt: null }
  return tenant.scim.withToken((await createToken(testDatabase(), token, clock.now())).secret)
}

describe('access', () => {
  let tenant: Tenant
  beforeEach(async () => {
    tenant = await createTenant()
  })

  it('7644-2-03 7644-6-01 is to the organization and the directory of the token, whatever resource is named', async () => {
    const stranger = await createTenant()
    const other = await tenant.addDirectory('HR')
    const mira = await tenant.scim.createUser('mira')
    const group = await tenant.scim.createGroup('Core', [mira['id']])
    for (const path of [`/Users/${mira['id']}`, `/Groups/${group['id']}`]) {
      expect((await tenant.scim.get(path)).status).to.equal(200)
      expectError(await stranger.scim.get(path), 404)
      expectError(await stranger.scim.delete(path), 404)
    }
    expectError(await other.scim.get(`/Groups/${group['id']}`), 404)
    expectError(await other.scim.put(`/Groups/${group['id']}`, { schemas: [groupSchema], displayName: 'Mine' }), 404)
    expectError(await other.scim.delete(`/Groups/${group['id']}`), 404)
    expect((await stranger.scim.get('')).body['totalResults']).to.equal(0)
    expect((await tenant.scim.get(`/Groups/${group['id']}`)).body).to.deep.equal(group)
  })

  it('7644-6-02 is refused alike to an organization that is named and is another’s, and to one that never was', async () => {
    const stranger = await createTenant()
    const admin = await addClient(tenant, null, ['admin'])
    for (const path of ['', '/tokens', '/directories', '/requests', '/issuers']) {
      const own = await new AdminClient(tenant, admin.token).get(path)
      const foreign = await new AdminClient(stranger, admin.token).get(path)
      const missing = await new AdminClient({ ...tenant, organizationId: 'org_0' }, admin.token).get(path)
      const { request_id: _, ...error } = missing.body['error']
      expect([own.status, foreign.status, missing.status], path).to.deep.equal([200, 404, 404])
      expect(foreign.body['error'], path).to.deep.include(error)
    }
    expectError(await admin.get(`//scim/v2/${stranger.organizationId}/Users`), 404)
  })

  it('7644-7-08 9700-2-4-02 is what the scopes of each client say, for every method', async () => {
    const mira = await tenant.scim.createUser('mira')
    const path = `/Users/${mira['id']}`
    const listReads = (client: ScimClient) => [
      () => client.get(path),
      () => client.get('/Users'),
      () => client.get(''),
      () => client.post('/.search', { schemas: [searchSchema] }),
      () => client.post('/Users/.search', { schemas: [searchSchema] }),
    ]
    const listWrites = (client: ScimClient) => [
      () => client.post('/Users', user({ userName: 'ben' })),
      () => client.put(path, user({ title: 'B' })),
      () => client.patch(path, [{ op: 'replace', path: 'title', value: 'C' }]),
      () => client.delete(path),
    ]
    const clients: readonly (readonly [scopes: readonly Scope[], maySee: boolean, mayChange: boolean])[] = [
      [['admin'], false, false],
      [['hr'], false, false],
      [['read'], true, false],
      [['write'], false, true],
      [['read', 'write'], true, true],
    ]
    for (const [scopes, maySee, mayChange] of clients) {
      const client = await addClient(tenant, null, scopes)
      for (const read of listReads(client)) expect((await read()).status, scopes.join()).to.equal(maySee ? 200 : 403)
      // Who may write is tried only so far that the next client finds everything as it was.
      if (mayChange) expectError(await client.post('/Users', {}), 400, 'invalidSyntax')
      else for (const write of listWrites(client)) expectError(await write(), 403)
    }
    expect((await tenant.scim.get(path)).body).to.deep.equal(mira)
    expect((await tenant.scim.get('/Users')).body['totalResults']).to.equal(1)
  })

  it('6750-2-02 9700-2-4-03 is by one token in the header, not by another beside it, nor by one in the query or in a form', async () => {
    const { token } = tenant.scim
    const query = `access_token=${token}`
    for (const target of [
      `/Users?${query}`,
      `/Users?count=1&ACCESS_TOKEN=x`,
      `/Schemas?${query}`,
      `?%61ccess_token=x`,
    ]) {
      const both = await tenant.scim.get(target)
      expectError(both, 400, 'invalidSyntax')
      expect(both.headers['www-authenticate']).to.equal('Bearer realm="rollcall", error="invalid_request"')
    }
    expectError(await tenant.scim.post(`/Users?${query}`, user()), 400, 'invalidSyntax')
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
    expectError(await tenant.scim.post('/Users', query, form), 415)
    const { server } = await getApp()
    const bare = await supertest(server).get(`/scim/v2/Users?${query}`)
    expect([bare.status, bare.headers['www-authenticate']]).to.deep.equal([401, 'Bearer realm="rollcall"'])
    const inForm = await supertest(server).post('/scim/v2/Users').set(form).send(query)
    expect(inForm.status).to.equal(401)
    expect((await tenant.scim.get('')).body['totalResults']).to.equal(0)
  })

  it('7644-2-06 is not by name and password', async () => {
    const { token } = tenant.scim
    for (const pair of [`${token}:`, `:${token}`, `x:${token}`, token]) {
      const reply = await tenant.scim.get('/Users', { Authorization: `Basic ${Buffer.from(pair).toString('base64')}` })
      expectError(reply, 401)
      expect(reply.headers['www-authenticate']).to.match(/^Bearer /)
    }
    const { authenticationSchemes } = (await tenant.scim.get('/ServiceProviderConfig')).body
    expect(authenticationSchemes.map(({ type }: { type: string }) => type)).to.not.include('httpbasic')
  })

  it('7644-7-07 is not to be had by guessing the secret of a client', async () => {
    const { id } = await createToken(
      testDatabase(),
      { organizationId: tenant.organizationId, directoryId: null, name: 'Client', scopes: ['read'], expiresAt: null },
      clock.now(),
    )
    await withApp({ RATE_LIMIT_PER_SECOND: '1' }, async (origin) => {
      const guess = (number: number) =>
        supertest(origin)
          .post('/oauth/token')
          .type('form')
          .send({ grant_type: 'client_credentials', client_id: id, client_secret: `guess-${number}` })
      let reply = await guess(0)
      for (let number = 1; reply.status === 401 && number < 30; number++) reply = await guess(number)
      expect([reply.status, reply.body.error]).to.deep.equal([429, 'temporarily_unavailable'])
      expect(reply.headers['retry-after']).to.match(/^[1-9]\d*$/)
    })
  })
})

// OAuth 2.0 client credentials at /oauth/token (RFC 6749 sections 2.3.1, 4.4 and 5.2).
import { expect } from 'chai'
import supertest from 'supertest'
import { createToken } from '../../server/auth/tokens.ts'
import { query } from '../../server/db/query.ts'
import type { Scope } from '../../server/db/tables.ts'
import { AdminClient } from '../support/admin-client.ts'
import { clock, createTenant, getApp, type Tenant } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'
import { type Body, type Reply, ScimClient, userSchema } from '../support/scim-client.ts'

const hour = 3_600_000

describe('POST /oauth/token', () => {
  let tenant: Tenant
  let client: { id: string; secret: string }
  beforeEach(async () => {
    tenant = await createTenant()
    client = await createClient(['read', 'write'])
  })

  function createClient(
    scopes: readonly Scope[],
    expiresAt: Date | null = null,
  ): Promise<{ id: string; secret: string }> {
    const { organizationId } = tenant
    return createToken(
      testDatabase(),
      { organizationId, directoryId: null, name: 'Client', scopes, expiresAt },
      clock.now(),
    )
  }

  async function ask(form: Record<string, string> | string, headers: Record<string, string> = {}): Promise<Reply> {
    const { server } = await getApp()
    const body = typeof form === 'string' ? form : new URLSearchParams(form).toString()
    const response = await supertest(server)
      .post('/oauth/token')
      .set({ 'Content-Type': 'application/x-www-form-urlencoded', ...headers })
      .send(body)
    return {
      status: response.status,
      headers: response.headers,
      body: response.body as Body,
      text: response.text,
    }
  }

  const grant = { grant_type: 'client_credentials' }
  const basic = (id: string, secret: string): Record<string, string> => ({
    Authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`,
  })
  const askByBody = (form: Record<string, string> = {}): Promise<Reply> =>
    ask({ ...grant, client_id: client.id, client_secret: client.secret, ...form })

  async function speak(reply: Reply): Promise<ScimClient> {
    expect(reply.status).to.equal(200)
    const { server, origin } = await getApp()
    return new ScimClient(supertest(server), origin, String(reply.body['access_token']))
  }

  it('7644-2-04 gives an access token for an hour, to a client that signs in by Basic or in the body', async () => {
    for (const reply of [await ask(grant, basic(client.id, client.secret)), await askByBody()]) {
      expect(reply.body).to.deep.include({ token_type: 'Bearer', expires_in: 3600, scope: 'read write' })
      expect(reply.headers).to.include({ 'cache-control': 'no-store', pragma: 'no-cache' })
      const scim = await speak(reply)
      expect((await scim.get('/Users')).status).to.equal(200)
      expect((await scim.post('/Users', { schemas: [userSchema], userName: scim.token })).status).to.equal(201)
    }
  })

  it('gives a token that acts as its client: the same directory, and the same name in the change log', async () => {
    await query(testDatabase(), 'update tokens set directory_id = $2, slot = 2 where id = $1', [
      client.id,
      tenant.directoryId,
    ])
    const scim = await speak(await askByBody())
    const { id } = await scim.createUser('ana', { externalId: 'x' })
    expect((await tenant.scim.get(`/Users/${id}`)).body['externalId']).to.equal('x')
    const changes = await query(testDatabase(), 'select token_id, directory_id from changes where org_id = $1', [
      tenant.organizationId,
    ])
    expect(changes).to.deep.equal([{ token_id: client.id, directory_id: tenant.directoryId }])
    const { app } = await getApp()
    await app.lastUsed.flush()
    const listed = (await new AdminClient(tenant).get('/tokens')).body['data'] as Body[]
    expect(listed).to.have.length(2)
    expect(listed.find((token) => token['id'] === client.id)?.['lastUsedAt']).to.be.a('string')
  })

  it('narrows the scopes as asked', async () => {
    const reply = await askByBody({ scope: 'read  openid' })
    expect(reply.body['scope']).to.equal('read')
    const scim = await speak(reply)
    expect((await scim.get('/Users')).status).to.equal(200)
    expect((await scim.post('/Users', {})).status).to.equal(403)
    expect((await askByBody({ scope: 'scim' })).body['scope']).to.equal('read write')
    expect((await askByBody({ scope: '' })).body['scope']).to.equal('read write')
    const refused = await askByBody({ scope: 'admin' })
    expect([refused.status, refused.body['error']]).to.deep.equal([400, 'invalid_scope'])
  })

  it('7644-7-02 gives a token that ends after an hour', async () => {
    const scim = await speak(await askByBody())
    clock.advance(hour - 10_000)
    expect((await scim.get('/Users')).status).to.equal(200)
    clock.advance(10_001)
    expect((await scim.get('/Users')).status).to.equal(401)
  })

  it('gives a token that ends with its client, revoked or expired', async () => {
    const scim = await speak(await askByBody())
    expect((await scim.get('/Users')).status).to.equal(200)
    expect((await new AdminClient(tenant).delete(`/tokens/${client.id}`)).status).to.equal(204)
    clock.advance(1001)
    expect((await scim.get('/Users')).status).to.equal(401)
    expect((await askByBody()).status).to.equal(401)

    client = await createClient(['read'], new Date(clock.now().getTime() + 60_000))
    const short = await askByBody()
    const other = await speak(short)
    expect(short.body['expires_in']).to.be.within(1, 60)
    expect((await other.get('/Users')).status).to.equal(200)
    clock.advance(61_000)
    expect((await other.get('/Users')).status).to.equal(401)
  })

  it('is left out of the list of tokens, which has no secrets', async () => {
    const reply = await askByBody()
    const listed = await new AdminClient(tenant).get('/tokens')
    expect(listed.body['data']).to.have.length(2)
    expect(listed.text).not.to.contain(String(reply.body['access_token']).slice(-20))
  })

  it('takes no access token for a client secret', async () => {
    const reply = await askByBody()
    const refused = await ask({ ...grant, client_id: client.id, client_secret: String(reply.body['access_token']) })
    expect([refused.status, refused.body['error']]).to.deep.equal([401, 'invalid_client'])
  })

  describe('refuses', () => {
    const other = 'tok_01kaq3v5w8f2kaq3v5w8f2kaq3'
    for (const [what, status, error, send] of [
      ['7644-2-05 9700-2-4-05 a wrong secret', 401, 'invalid_client', () => askByBody({ client_secret: 'wrong' })],
      ['a wrong id', 401, 'invalid_client', () => askByBody({ client_id: other })],
      ['a wrong secret in Basic', 401, 'invalid_client', () => ask(grant, basic(client.id, 'wrong'))],
      ['the secret of another client', 401, 'invalid_client', () => ask(grant, basic(other, client.secret))],
      ['7644-2-05 9700-2-4-05 no client at all', 401, 'invalid_client', () => ask(grant)],
      ['empty credentials', 401, 'invalid_client', () => ask({ ...grant, client_id: '', client_secret: '' })],
      [
        'Basic without a colon',
        401,
        'invalid_client',
        () => ask(grant, { Authorization: `Basic ${Buffer.from('x').toString('base64')}` }),
      ],
      ['Basic that is not base64', 401, 'invalid_client', () => ask(grant, { Authorization: 'Basic !' })],
      [
        'a client that signs in twice',
        400,
        'invalid_request',
        () => ask({ ...grant, client_secret: 'x' }, basic(client.id, client.secret)),
      ],
      ['9700-2-4-05 the password grant', 400, 'unsupported_grant_type', () => askByBody({ grant_type: 'password' })],
      ['no grant type', 400, 'invalid_request', () => ask({ client_id: client.id, client_secret: client.secret })],
      ['a parameter twice', 400, 'invalid_request', () => ask('grant_type=client_credentials&grant_type=x')],
      ['JSON', 400, 'invalid_request', () => ask(JSON.stringify(grant), { 'Content-Type': 'application/json' })],
      ['an empty body', 400, 'invalid_request', () => ask('')],
      ['a large body', 413, 'invalid_request', () => ask(`a=${'x'.repeat(20_000)}`)],
      [
        'a body in a charset of its own',
        415,
        'invalid_request',
        () => ask('a=b', { 'Content-Type': 'application/x-www-form-urlencoded; charset=klingon' }),
      ],
    ] as const) {
      it(what, async () => {
        const reply = await send()
        expect([reply.status, reply.body['error']]).to.deep.equal([status, error])
        expect(reply.headers['cache-control']).to.equal('no-store')
        if (status === 401) expect(reply.headers['www-authenticate']).to.contain('Basic')
        expect(reply.text).not.to.contain(client.secret)
      })
    }

    it('GET, saying what is taken', async () => {
      const { server } = await getApp()
      const response = await supertest(server).get('/oauth/token')
      expect([response.status, response.headers['allow']]).to.deep.equal([405, 'POST'])
    })
  })
})

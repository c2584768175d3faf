// JWTs of an issuer that the organization trusts, with a real key set server on loopback.
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import supertest from 'supertest'
import { AdminClient } from '../support/admin-client.ts'
import { clock, createTenant, getApp, type Tenant } from '../support/app.ts'
import { ScimClient, userSchema } from '../support/scim-client.ts'

type Keys = Awaited<ReturnType<typeof generateKeyPair>>

const audience = 'https://rollcall.example'
let tenants = 0

describe('JWTs', () => {
  let server: Server
  let origin: string
  let keys: Keys
  let strangerKeys: Keys
  let answers: Record<string, () => { status: number; body: string }>

  before(async () => {
    keys = await generateKeyPair('RS256', { extractable: true })
    strangerKeys = await generateKeyPair('RS256', { extractable: true })
    const jwks = { keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'ours', alg: 'RS256', use: 'sig' }] }
    answers = {
      '/jwks': () => ({ status: 200, body: JSON.stringify(jwks) }),
      '/broken': () => ({ status: 500, body: 'Oops' }),
      '/nonsense': () => ({ status: 200, body: '<html>' }),
      '/no-keys': () => ({ status: 200, body: '{"keys": 7}' }),
    }
    server = createServer((request, response) => {
      const { status, body } = answers[request.url ?? '']?.() ?? { status: 404, body: '' }
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(body)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })

  let tenant: Tenant
  let issuer: string
  beforeEach(async () => {
    tenant = await createTenant()
    issuer = `https://issuer-${process.pid}-${tenants++}.example`
  })

  async function trust(
    given: { path?: string; directoryId?: string | null; audience?: string; jwksUri?: string } = {},
  ): Promise<void> {
    const { path = '/jwks', directoryId = tenant.directoryId } = given
    const body = {
      issuer,
      audience: given.audience ?? audience,
      jwksUri: given.jwksUri ?? `${origin}${path}`,
      directoryId,
    }
    const reply = await new AdminClient(tenant).post('/issuers', body)
    expect(reply.status).to.equal(201)
  }

  function claim(claims: JWTPayload = {}): JWTPayload {
    const now = Math.floor(clock.now().getTime() / 1000)
    return { iss: issuer, aud: audience, sub: 'client', iat: now, exp: now + 300, scope: 'read write', ...claims }
  }

  function sign(
    claims: JWTPayload = {},
    header: Record<string, string> = {},
    key: Parameters<SignJWT['sign']>[0] = keys.privateKey,
  ): Promise<string> {
    return new SignJWT(claim(claims)).setProtectedHeader({ alg: 'RS256', kid: 'ours', ...header }).sign(key)
  }

  async function speak(jwt: string): Promise<ScimClient> {
    const app = await getApp()
    return new ScimClient(supertest(app.server), app.origin, jwt)
  }

  async function ask(jwt: string): Promise<number> {
    return (await (await speak(jwt)).get('/Users')).status
  }

  const ago = (seconds: number): number => Math.floor(clock.now().getTime() / 1000) - seconds

  it('7644-2-04 sign in for the directory that the issuer is trusted for', async () => {
    await trust()
    const scim = await speak(await sign())
    const { id } = await scim.createUser('ana', { externalId: 'x' })
    expect((await tenant.scim.get(`/Users/${id}`)).body['externalId']).to.equal('x')
    await (await tenant.addDirectory('HR')).scim.createGroup('HR staff')
    expect((await scim.get('/Groups')).body['totalResults']).to.equal(0)
  })

  it('sign in as an application where the issuer is for no directory', async () => {
    await trust({ directoryId: null })
    await tenant.scim.createGroup('Staff')
    expect((await (await speak(await sign())).get('/Groups')).body['totalResults']).to.equal(1)
  })

  it('take several audiences, one of which is ours', async () => {
    await trust()
    expect(await ask(await sign({ aud: ['https://other.example', audience] }))).to.equal(200)
  })

  it('are refused where two organizations are meant at once', async () => {
    await trust()
    const first = tenant
    tenant = await createTenant()
    await trust({ audience: 'https://second.example' })
    expect(await ask(await sign())).to.equal(200)
    expect(await ask(await sign({ aud: [audience, 'https://second.example'] }))).to.equal(401)
    expect(tenant.organizationId).not.to.equal(first.organizationId)
  })

  for (const [what, make] of [
    ['of another audience', () => sign({ aud: 'https://other.example' })],
    ['without an audience', () => sign({ aud: [] })],
    ['of another issuer', () => sign({ iss: 'https://other.example' })],
    ['without an issuer', () => sign({ iss: undefined as unknown as string })],
    ['that has expired', () => sign({ exp: ago(31) })],
    ['that never expires', () => sign({ exp: undefined as unknown as number })],
    ['that is not yet valid', () => sign({ nbf: ago(-60) })],
    ['signed by another key', () => sign({}, {}, strangerKeys.privateKey)],
    ['signed by a key that is not in the set', () => sign({}, { kid: 'theirs' }, strangerKeys.privateKey)],
    ['without a signature', () => Promise.resolve(new UnsecuredJWT(claim()).encode())],
    [
      'without a signature that says so in another case',
      async () => `${Buffer.from('{"alg":"nOnE"}').toString('base64url')}.${(await sign()).split('.')[1]}.`,
    ],
    [
      'signed by HS256 with the public key',
      async () => sign({}, { alg: 'HS256' }, new TextEncoder().encode(await exportSPKI(keys.publicKey))),
    ],
    [
      'whose claims were changed',
      async () => {
        const [header, , signature] = (await sign()).split('.')
        return [header, Buffer.from(JSON.stringify(claim({ sub: 'x' }))).toString('base64url'), signature].join('.')
      },
    ],
  ] as const) {
    it(`7644-2-07 7644-2-04 9700-2-4-02 are refused ${what}`, async () => {
      await trust()
      expect(await ask(await make())).to.equal(401)
    })
  }

  it('7644-7-02 live by the server’s clock, give or take 30 seconds', async () => {
    await trust()
    expect(await ask(await sign({ exp: ago(29) }))).to.equal(200)
    expect(await ask(await sign({ nbf: ago(-29) }))).to.equal(200)
    const jwt = await sign({ exp: ago(-60) })
    expect(await ask(jwt)).to.equal(200)
    clock.advance(91_000)
    expect(await ask(jwt)).to.equal(401)
  })

  it('end with the trust in their issuer', async () => {
    await trust()
    const jwt = await sign()
    expect(await ask(jwt)).to.equal(200)
    const admin = new AdminClient(tenant)
    const [{ id }] = (await admin.get('/issuers')).body['data']
    expect((await admin.delete(`/issuers/${id}`)).status).to.equal(204)
    expect(await ask(jwt)).to.equal(401)
  })

  for (const [what, claims, statuses] of [
    ['scope', { scope: 'read' }, [200, 403]],
    ['scope with more in it', { scope: 'openid write read' }, [200, 400]],
    ['scp, a list', { scope: undefined, scp: ['read'] }, [200, 403]],
    ['scp, a string', { scope: undefined, scp: 'read write' }, [200, 400]],
    ['roles', { scope: undefined, roles: ['read'] }, [200, 403]],
    ['names with a prefix', { scope: 'rollcall:read rollcall.write' }, [200, 400]],
    ['scim, which is not admin', { scope: 'scim' }, [200, 400]],
    ['admin', { scope: 'admin' }, [403, 403]],
    ['nothing', { scope: undefined }, [403, 403]],
    ['nonsense', { scope: { read: true }, scp: [7, null], roles: 'READ' }, [403, 403]],
  ] as const) {
    it(`take their scopes from ${what}`, async () => {
      await trust()
      const scim = await speak(await sign(claims))
      expect([(await scim.get('/Users')).status, (await scim.post('/Users', { schemas: [] })).status]).to.deep.equal(
        statuses,
      )
      const managed = await new AdminClient(tenant, scim.token).get('/directories')
      expect(managed.status).to.equal(what === 'admin' ? 200 : 403)
    })
  }

  describe('/Me', () => {
    it('7644-3.11-03 is the user whose userName or id the subject is', async () => {
      await trust()
      const { id } = await tenant.scim.createUser('Ana@x.example')
      for (const sub of ['ana@X.example', String(id)]) {
        const me = await (await speak(await sign({ sub }))).get('/Me')
        expect([me.status, me.body['id']]).to.deep.equal([200, id])
        expect(me.headers['location']).to.equal(`${(await getApp()).origin}/scim/v2/Users/${id}`)
      }
      const scim = await speak(await sign({ sub: String(id) }))
      const patched = await scim.patch('/Me', [{ op: 'replace', path: 'title', value: 'Clerk' }])
      expect(patched.body['title']).to.equal('Clerk')
      const put = await scim.put('/Me', { schemas: [userSchema], userName: 'ana@x.example', nickName: 'Annie' })
      expect(put.body).to.deep.include({ id, nickName: 'Annie' })
      for (const { headers, body } of [patched, put]) {
        expect(headers['location']).to.equal(`${(await getApp()).origin}/scim/v2/Users/${id}`)
        expect(body['meta'].location).to.equal(headers['location'])
      }
      expect((await scim.delete('/Me')).status).to.equal(204)
      expect((await scim.get('/Me')).status).to.equal(404)
    })

    it('is nobody for a subject that is not here, for one of another organization, and for a client', async () => {
      await trust()
      const { id } = await (await createTenant()).scim.createUser('elsewhere')
      for (const sub of ['nobody', String(id), 'elsewhere', '']) {
        expect((await (await speak(await sign({ sub }))).get('/Me')).status).to.equal(404)
      }
      expect((await tenant.scim.get('/Me')).status).to.equal(404)
    })
  })

  for (const [what, given] of [
    ['refuses the connection', { jwksUri: 'http://127.0.0.1:9/jwks' }],
    ['answers 500', { path: '/broken' }],
    ['answers no JSON', { path: '/nonsense' }],
    ['answers no key set', { path: '/no-keys' }],
  ] as const) {
    it(`are 503 and not 401 while the server of the keys ${what}`, async () => {
      await trust(given)
      const reply = await (await speak(await sign())).get('/Users')
      expect(reply.status).to.equal(503)
      expect(reply.headers['retry-after']).to.match(/^\d+$/)
    })
  }
})

// The management API: every route, for the operator and for an organization's own administrator.
import { expect } from 'chai'
import supertest from 'supertest'
import { createToken } from '../../server/auth/tokens.ts'
import type { Scope } from '../../server/db/tables.ts'
import { AdminClient } from '../support/admin-client.ts'
import { clock, createTenant, getApp, operatorToken, type Tenant } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'
import { type Body, type Reply, ScimClient } from '../support/scim-client.ts'

let names = 0
const freshName = (): string => `Larkspur ${process.pid}-${Date.now()}-${names++}`

describe('the management API', () => {
  let tenant: Tenant
  let operator: AdminClient
  let admin: AdminClient
  beforeEach(async () => {
    tenant = await createTenant()
    operator = new AdminClient(tenant)
    admin = await signIn(['admin'])
  })

  async function signIn(scopes: readonly Scope[]): Promise<AdminClient> {
    const token = { organizationId: tenant.organizationId, directoryId: null, name: 'Admin', scopes, expiresAt: null }
    return new AdminClient(tenant, (await createToken(testDatabase(), token, clock.now())).secret)
  }

  async function speak(secret: string): Promise<ScimClient> {
    const { server, origin } = await getApp()
    return new ScimClient(supertest(server), origin, secret)
  }

  const message = (reply: Reply): string => String(reply.body['error']?.message)

  describe('organizations', () => {
    it('are made by the operator, each with a manual directory', async () => {
      const name = freshName()
      const made = await operator.post('//organizations', { name })
      expect(made.status).to.equal(201)
      expect(made.body['id']).to.match(/^org_/)
      const listed = await operator.get('//organizations')
      expect(listed.body['data'].find((one: Body) => one['id'] === made.body['id'])).to.deep.include({
        name,
        attributeAuthority: {},
      })
      const other = new AdminClient({ ...tenant, organizationId: String(made.body['id']) })
      expect((await other.get('/directories')).body['data']).to.have.length(1)
      expect((await other.get('/directories')).body['data'][0]).to.include({ kind: 'manual', name: 'Manual' })
      expect((await operator.post('//organizations', { name })).status).to.equal(409)
    })

    it('are read one by one', async () => {
      await operator.put('/attribute-authority', { title: [tenant.directoryId] })
      for (const client of [operator, admin]) {
        const { status, body } = await client.get('')
        expect(status).to.equal(200)
        expect(body).to.deep.include({ id: tenant.organizationId, attributeAuthority: { title: [tenant.directoryId] } })
      }
    })

    it('are not made by an administrator, who sees their own alone', async () => {
      const refused = await admin.post('//organizations', { name: freshName() })
      expect([refused.status, refused.body['error'].code]).to.deep.equal([403, 'insufficient_scope'])
      expect((await admin.get('//organizations')).body['data'].map((one: Body) => one['id'])).to.deep.equal([
        tenant.organizationId,
      ])
    })
  })

  describe('signing in', () => {
    it('is refused without a token, with a wrong one, and without the scope', async () => {
      const { server } = await getApp()
      expect((await supertest(server).get('/v1/organizations')).status).to.equal(401)
      for (const token of ['wrong', `${operatorToken}x`, '']) {
        const reply = await new AdminClient(tenant, token).get('/directories')
        expect(reply.status).to.equal(401)
        expect(reply.headers['www-authenticate']).to.contain('Bearer realm="rollcall"')
      }
      for (const scopes of [['read', 'write'], ['hr']] as const) {
        const reply = await (await signIn(scopes)).get('/directories')
        expect(reply.status).to.equal(403)
        expect(reply.headers['www-authenticate']).to.contain('error="insufficient_scope", scope="admin"')
      }
    })

    it('gives the operator no way into SCIM', async () => {
      expect((await (await speak(operatorToken)).get('/Users')).status).to.equal(401)
    })
  })

  it('shows an administrator no other organization, whatever the route', async () => {
    const other = await createTenant()
    const stranger = new AdminClient(
      other,
      (
        await createToken(
          testDatabase(),
          { organizationId: tenant.organizationId, directoryId: null, name: 'A', scopes: ['admin'], expiresAt: null },
          clock.now(),
        )
      ).secret,
    )
    const nobody = new AdminClient({ ...tenant, organizationId: 'org_0' })
    for (const client of [stranger, nobody]) {
      for (const reply of await Promise.all([
        client.get(''),
        client.get('/directories'),
        client.get('/tokens'),
        client.get('/attributes'),
        client.get('/issuers'),
        client.get('/requests'),
        client.post('/directories', { kind: 'push', name: 'x' }),
        client.post('/tokens', { name: 'x', scopes: ['read'] }),
        client.put('/attribute-authority', {}),
        client.patch(`/directories/${other.directoryId}`, { name: 'x' }),
        client.delete('/tokens/tok_0'),
        client.delete('/issuers/iss_0'),
        client.delete('/attributes/User/x'),
      ])) {
        expect([reply.status, message(reply)]).to.deep.equal([404, 'There is no such organization.'])
      }
    }
    // Nor does the own organization lead to what is another's.
    expect((await admin.patch(`/directories/${other.directoryId}`, { name: 'x' })).status).to.equal(404)
    expect(
      (await admin.post('/tokens', { name: 'x', scopes: ['read'], directoryId: other.directoryId })).status,
    ).to.equal(400)
    const issuer = { issuer: 'https://x.example', audience: freshName(), jwksUri: 'https://x.example/jwks' }
    expect((await admin.post('/issuers', { ...issuer, directoryId: other.directoryId })).status).to.equal(400)
    const [token] = (await new AdminClient(other).get('/tokens')).body['data']
    expect((await admin.delete(`/tokens/${token.id}`)).status).to.equal(404)
  })

  describe('directories', () => {
    it('are made, listed and changed', async () => {
      const made = await admin.post('/directories', { kind: 'push', name: 'Entra', provider: 'azure_ad' })
      expect(made.status).to.equal(201)
      expect(
        (await admin.patch(`/directories/${made.body['id']}`, { name: 'Entra ID', strict: true, restoreUsers: true }))
          .status,
      ).to.equal(204)
      const listed = (await operator.get('/directories')).body['data'] as Body[]
      expect(listed.map((directory) => directory['name'])).to.have.members(['Manual', 'Okta', 'Entra ID'])
      expect(listed.find((directory) => directory['id'] === made.body['id'])).to.deep.include({
        kind: 'push',
        provider: 'azure_ad',
        strict: true,
        restoreUsers: true,
        sendInvitations: false,
        sendOffboardingEmails: false,
      })
      expect((await admin.patch(`/directories/${made.body['id']}`, {})).status).to.equal(204)
    })

    it('have names of their own, and are not changed where they are not', async () => {
      expect((await admin.post('/directories', { kind: 'push', name: 'Okta' })).status).to.equal(409)
      const made = await admin.post('/directories', { kind: 'push', name: 'HR' })
      expect((await admin.patch(`/directories/${made.body['id']}`, { name: 'Okta' })).status).to.equal(409)
      expect((await admin.patch('/directories/dir_0', { name: 'x' })).status).to.equal(404)
      expect((await admin.patch('/directories/dir_0', {})).status).to.equal(404)
    })

    it('are strict from the next second on', async () => {
      const { scim, directoryId } = tenant
      const { id } = await scim.createUser('ana')
      const remove = (): Promise<Reply> =>
        scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'emails[type eq "work"].value', value: 'a@x.example' }])
      await admin.patch(`/directories/${directoryId}`, { strict: true })
      clock.advance(1001)
      expect((await remove()).status).to.equal(400)
      await admin.patch(`/directories/${directoryId}`, { strict: false })
      clock.advance(1001)
      expect((await remove()).status).to.equal(200)
    })
  })

  describe('tokens', () => {
    it('are shown once, work at once, and are listed without their secrets', async () => {
      const expiresAt = new Date(clock.now().getTime() + 3_600_000).toISOString()
      const made = await admin.post('/tokens', {
        name: 'Sync',
        scopes: ['read'],
        directoryId: tenant.directoryId,
        expiresAt,
      })
      expect(made.status).to.equal(201)
      expect(made.headers['cache-control']).to.equal('no-store')
      const { id, secret } = made.body
      expect((await (await speak(secret)).get('/Users')).status).to.equal(200)
      const listed = await admin.get('/tokens')
      const own = (listed.body['data'] as Body[]).find((token) => token['id'] === id)
      expect(own).to.deep.include({
        directoryId: tenant.directoryId,
        name: 'Sync',
        hint: secret.slice(-4),
        scopes: ['read'],
        expiresAt,
        lastUsedAt: null,
        revokedAt: null,
      })
      expect(own).not.to.have.any.keys('secret', 'hash')
      expect(listed.text).not.to.contain(secret).and.not.to.contain(secret.slice(3, 20))
      expect(listed.text).not.to.contain(tenant.directoryToken)
    })

    it('are for an application where no directory is named', async () => {
      const made = await admin.post('/tokens', { name: 'App', scopes: ['read'], directoryId: null, expiresAt: null })
      await tenant.scim.createGroup('Staff')
      expect((await (await speak(made.body['secret'])).get('/Groups')).body['totalResults']).to.equal(1)
    })

    it('are revoked once', async () => {
      const { body } = await admin.post('/tokens', { name: 'App', scopes: ['read'] })
      expect((await admin.delete(`/tokens/${body['id']}`)).status).to.equal(204)
      expect((await (await speak(body['secret'])).get('/Users')).status).to.equal(401)
      expect((await admin.delete(`/tokens/${body['id']}`)).status).to.equal(404)
      const listed = (await admin.get('/tokens')).body['data'] as Body[]
      expect(listed.find((token) => token['id'] === body['id'])?.['revokedAt']).to.be.a('string')
    })

    it('are two for a directory', async () => {
      const token = { name: 'Sync', scopes: ['read'], directoryId: tenant.directoryId }
      expect((await admin.post('/tokens', token)).status).to.equal(201)
      const third = await admin.post('/tokens', token)
      expect([third.status, third.body['error'].code]).to.deep.equal([409, 'uniqueness'])
    })
  })

  describe('issuers', () => {
    it('are made, listed and removed, and a pair of issuer and audience is one organization’s', async () => {
      const issuer = { issuer: 'https://id.example', audience: freshName(), jwksUri: 'https://id.example/keys' }
      const made = await admin.post('/issuers', issuer)
      expect(made.status).to.equal(201)
      expect((await admin.get('/issuers')).body['data']).to.deep.equal([
        { id: made.body['id'], ...issuer, directoryId: null },
      ])
      const other = new AdminClient(await createTenant())
      expect((await other.post('/issuers', issuer)).status).to.equal(409)
      expect((await other.delete(`/issuers/${made.body['id']}`)).status).to.equal(404)
      expect((await admin.delete(`/issuers/${made.body['id']}`)).status).to.equal(204)
      expect((await other.post('/issuers', issuer)).status).to.equal(201)
    })
  })

  describe('the request log', () => {
    it('lists writes, failures and repairs, newest first, page by page', async () => {
      const { scim } = tenant
      const { id } = await scim.createUser('ana@larkspur.example')
      await scim.get(`/Users/${id}`)
      await scim.get('/Users/emp_0')
      await scim.post('/Users', { schemas: [] })
      const hr = await tenant.addDirectory('HR')
      await hr.scim.createUser('bob')
      const entries = await admin.readRequests()
      expect(entries.map(({ method, path, status }) => [method, path, status])).to.deep.equal([
        ['POST', '/scim/v2/Users', 201],
        ['POST', '/scim/v2/Users', 400],
        ['GET', '/scim/v2/Users/emp_0', 404],
        ['POST', '/scim/v2/Users', 201],
      ])
      expect(entries[2]?.['error']).to.contain('emp_0')
      // Which no id can spell.
      expect(JSON.stringify(entries)).not.to.contain('larkspur')
      const own = await admin.get(`/requests?directoryId=${hr.directoryId}`)
      expect(own.body['data']).to.have.length(1)
      const page = await admin.get(`/requests?limit=2&before=${entries[0]?.['id']}`)
      expect(page.body['data'].map((entry: Body) => entry['id'])).to.deep.equal([
        entries[1]?.['id'],
        entries[2]?.['id'],
      ])
      for (const limit of ['0', '501', 'x', '1.5', ''])
        expect((await admin.get(`/requests?limit=${limit}`)).status).to.equal(400)
    })
  })

  describe('mistakes', () => {
    const issuer = { issuer: 'x', audience: 'y', jwksUri: 'https://x.example' }
    for (const [method, path, body, named] of [
      ['post', '//organizations', {}, 'name'],
      ['post', '//organizations', { name: ' ' }, 'name'],
      ['post', '//organizations', { name: 7 }, 'name'],
      ['post', '//organizations', { name: 'x', colour: 'red' }, 'colour'],
      ['post', '//organizations', undefined, 'body'],
      ['post', '//organizations', [], 'body'],
      ['post', '//organizations', '{"name":', 'JSON'],
      ['put', '/attribute-authority', { title: 'dir_1' }, 'title'],
      ['put', '/attribute-authority', { title: ['dir_0'] }, 'dir_0'],
      ['put', '/attribute-authority', { title: ['dir_0', 'dir_0'] }, 'title'],
      ['put', '/attribute-authority', { 'not an attribute': [] }, 'not an attribute'],
      ['post', '/directories', { kind: 'manual', name: 'x' }, 'kind'],
      ['post', '/directories', { kind: 'push' }, 'name'],
      ['post', '/directories', { kind: 'push', name: 'x', provider: 'Azure AD' }, 'provider'],
      ['patch', '/directories/dir_0', { strict: 'yes' }, 'strict'],
      ['post', '/tokens', { name: 'x' }, 'scopes'],
      ['post', '/tokens', { name: 'x', scopes: [] }, 'scopes'],
      ['post', '/tokens', { name: 'x', scopes: ['root'] }, 'scopes'],
      ['post', '/tokens', { name: 'x', scopes: ['read', 'read'] }, 'scopes'],
      ['post', '/tokens', { name: 'x', scopes: ['read'], directoryId: 'dir_0' }, 'directoryId'],
      ['post', '/tokens', { name: 'x', scopes: ['read'], expiresAt: 'tomorrow' }, 'expiresAt'],
      ['post', '/tokens', { name: 'x', scopes: ['read'], expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt'],
      ['post', '/tokens', { name: 'x', scopes: ['read'], secret: 'mine' }, 'secret'],
      ['post', '/issuers', { issuer: 'x', audience: 'y' }, 'jwksUri'],
      ['post', '/issuers', { ...issuer, jwksUri: 'http://x.example/jwks' }, 'jwksUri'],
      ['post', '/issuers', { ...issuer, jwksUri: 'https://' }, 'jwksUri'],
      ['post', '/issuers', { ...issuer, directoryId: 'dir_0' }, 'directoryId'],
      ['post', '/attributes', { resourceType: 'Users', definition: { name: 'x', type: 'string' } }, 'resourceType'],
      ['post', '/attributes', { resourceType: 'User', definition: { type: 'string' } }, 'name'],
      ['post', '/attributes', { resourceType: 'User', definition: { name: '1x', type: 'string' } }, 'name'],
      ['post', '/attributes', { resourceType: 'User', definition: { name: 'constructor', type: 'string' } }, 'name'],
      ['post', '/attributes', { resourceType: 'User', definition: { name: 'schemas', type: 'string' } }, 'schemas'],
      ['post', '/attributes', { resourceType: 'User', definition: { name: 'x', type: 'text' } }, 'type'],
      [
        'post',
        '/attributes',
        { resourceType: 'User', definition: { name: 'x', type: 'string', returned: 'never' } },
        'returned',
      ],
      ['post', '/attributes', { resourceType: 'User', definition: { name: 'x', type: 'complex' } }, 'subAttributes'],
      [
        'post',
        '/attributes',
        {
          resourceType: 'User',
          definition: { name: 'x', type: 'string', subAttributes: [{ name: 'y', type: 'string' }] },
        },
        'subAttributes',
      ],
      [
        'post',
        '/attributes',
        {
          resourceType: 'User',
          definition: { name: 'x', type: 'complex', subAttributes: [{ name: 'y', type: 'complex' }] },
        },
        'subAttributes.0.type',
      ],
      [
        'post',
        '/attributes',
        {
          resourceType: 'User',
          definition: {
            name: 'x',
            type: 'complex',
            subAttributes: [
              { name: 'y', type: 'string' },
              { name: 'Y', type: 'string' },
            ],
          },
        },
        'Y',
      ],
      [
        'post',
        '/attributes',
        {
          resourceType: 'User',
          definition: { name: 'x', type: 'complex', subAttributes: [{ name: 'primary', type: 'string' }] },
        },
        'primary',
      ],
    ] as const) {
      it(`are 400 and named: ${method} ${path} ${JSON.stringify(body) ?? 'nothing'}`, async () => {
        const reply = await operator.send(method, path, body)
        expect(reply.status, reply.text).to.equal(400)
        expect(message(reply)).to.contain(named)
        expect(reply.body['error']).to.include({
          type: 'invalid_request_error',
          request_id: reply.headers['x-request-id'],
        })
      })
    }

    it('are told from other faults', async () => {
      expect((await operator.send('post', '/directories', 'x', { 'Content-Type': 'text/plain' })).status).to.equal(415)
      expect((await operator.post('/directories', { name: 'x'.repeat(1_100_000) })).status).to.equal(413)
      const deep = '['.repeat(100) + ']'.repeat(100)
      expect((await operator.send('post', '/directories', deep)).status).to.equal(400)
    })

    it('are named by the error: the parameter, or the member of the body', async () => {
      const param = async (reply: Promise<Reply>): Promise<unknown> => (await reply).body['error']?.param
      expect(await param(operator.get('/requests?limit=501'))).to.equal('limit')
      expect(await param(operator.get('/tokens?colour=red'))).to.equal('colour')
      expect(await param(operator.post('/tokens', { name: 'x' }))).to.equal('scopes')
      expect(await param(operator.post('/tokens', { name: 'x', scopes: ['root'] }))).to.equal('scopes.0')
      expect(await param(operator.post('/directories', { kind: 'push', name: 'x', colour: 'red' }))).to.equal('colour')
      expect(await param(operator.get('/nothing'))).to.equal(undefined)
    })

    it('of the method are 405, and say which are taken', async () => {
      for (const [path, allow] of [
        ['//organizations', 'GET, HEAD, POST'],
        ['/directories', 'GET, HEAD, POST'],
        ['/attribute-authority', 'PUT'],
      ] as const) {
        const reply = await operator.send('delete', path)
        expect([reply.status, reply.body['error'].code, reply.headers['allow']]).to.deep.equal([
          405,
          'method_not_allowed',
          allow,
        ])
      }
    })

    it('of the path are 404', async () => {
      for (const reply of await Promise.all([
        operator.get('//nothing'),
        operator.get('/nothing'),
        operator.get('//organizations/%00/directories'),
        operator.delete('/attributes/Device/x'),
        operator.delete('/attributes/User/x'),
        operator.delete('/issuers/iss_0'),
        operator.delete('/tokens/tok_0'),
      ])) {
        expect([reply.status, reply.body['error']?.code]).to.deep.equal([404, 'not_found'])
      }
      expect((await new AdminClient(tenant, 'wrong').get('/nothing')).status).to.equal(401)
    })
  })
})

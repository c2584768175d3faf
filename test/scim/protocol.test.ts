import { expect } from 'chai'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import supertest from 'supertest'
import { createApp } from '../../server/app.ts'
import { readConfig } from '../../server/config.ts'
import { addCustomAttribute, type CustomDefinition } from '../../server/directory/custom-attributes.ts'
import { createLogger } from '../../server/ops/logger.ts'
import { clock, createTenant, type Tenant } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'
import { sendRaw } from '../support/raw-http.ts'
import {
  type Body,
  enterpriseSchema,
  errorSchema,
  groupSchema,
  listSchema,
  patchSchema,
  type Reply,
  rollcallSchema,
  ScimClient,
  searchSchema,
  userSchema,
} from '../support/scim-client.ts'

const customSchema = 'urn:ietf:params:scim:schemas:extension:custom:2.0:User'

function expectError({ status, headers, body }: Reply, expected: number, scimType?: string): void {
  expect([status, body['scimType']], JSON.stringify(body)).to.deep.equal([expected, scimType])
  expect(headers['content-type']).to.equal('application/scim+json')
  expect(body['schemas']).to.deep.equal([errorSchema])
  expect(body['status']).to.equal(String(expected))
  expect(body['detail'])
    .to.be.a('string')
    .that.matches(/^[^\n]+[.…]$/)
}

/** A tenant whose directory reads requests to the letter. */
async function createStrictTenant(): Promise<Tenant> {
  const tenant = await createTenant()
  await testDatabase().updateTable('directories').set({ strict: true }).where('id', '=', tenant.directoryId).execute()
  return tenant
}

/** A tenant whose users have attributes of its own. */
async function createTenantWith(...definitions: readonly CustomDefinition[]): Promise<Tenant> {
  const tenant = await createTenant()
  for (const definition of definitions) {
    await addCustomAttribute(testDatabase(), tenant.organizationId, { resourceType: 'User', definition }, clock.now())
  }
  return tenant
}

/** Runs an application of its own over the test database. */
async function withApp(settings: Record<string, string>, work: (origin: string) => Promise<void>): Promise<void> {
  const parts = { config: readConfig(settings), db: testDatabase(), logger: createLogger('silent'), now: clock.now }
  const server = createServer(createApp(parts).express)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.close()
  }
}

const user = (attributes: Body = {}): Body => ({ schemas: [userSchema], userName: 'mira', ...attributes })

describe('HTTP headers and methods', () => {
  let tenant: Tenant
  let scim: ScimClient
  beforeEach(async () => {
    tenant = await createTenant()
    scim = tenant.scim
  })

  it('7644-3.8-02 7644-3.12-06 answers application/scim+json, or application/json to who takes only that', async () => {
    const { id } = await scim.createUser('mira')
    const accepted: readonly (readonly [string | undefined, string])[] = [
      [undefined, 'application/scim+json'],
      ['*/*', 'application/scim+json'],
      ['application/*', 'application/scim+json'],
      ['application/scim+json', 'application/scim+json'],
      ['application/scim+json; charset=utf-8', 'application/scim+json'],
      ['application/json, application/scim+json;q=0.5', 'application/scim+json'],
      ['application/json', 'application/json'],
      ['application/json; charset=utf-8', 'application/json'],
      ['text/html, application/json;q=0.9', 'application/json'],
      ['text/html', 'application/scim+json'],
    ]
    for (const [accept, expected] of accepted) {
      const headers: Record<string, string> = accept === undefined ? {} : { Accept: accept }
      for (const path of [`/Users/${id}`, '/Users', '/Schemas']) {
        const reply = await scim.get(path, headers)
        expect([reply.status, reply.headers['content-type']], `${accept} ${path}`).to.deep.equal([200, expected])
      }
    }
  })

  it('7644-3.8-03 takes JSON bodies under both names, with a charset or without, and under none', async () => {
    const taken = [
      'application/scim+json',
      'application/json',
      'Application/JSON; Charset="UTF-8"',
      'application/scim+json;charset=utf8',
    ]
    for (const [index, type] of taken.entries()) {
      const reply = await scim.post('/Users', user({ userName: `u${index}` }), { 'Content-Type': type })
      expect(reply.status, type).to.equal(201)
    }
    const body = JSON.stringify(user({ userName: 'untyped' }))
    for (const type of ['', 'Content-Type:\r\n']) {
      const head = `PUT /scim/v2/Users/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${scim.token}\r\n${type}`
      expect((await sendRaw(scim.baseUrl, `${head}Content-Length: ${body.length}\r\n\r\n${body}`)).status).to.equal(404)
    }
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'application/json; charset=utf-16',
      'application/xml',
    ]) {
      expectError(await scim.post('/Users', user(), { 'Content-Type': type }), 415)
    }
    expectError(await scim.post('/Users', user(), { 'Content-Encoding': 'gzip' }), 415)
  })

  it('7644-3.3-04 7644-3.3-06 7644-3.14-02 7643-3.1-14 7643-3.1-15 gives Location and ETag with every single resource', async () => {
    const created = await scim.post('/Users', user())
    const path = `/Users/${created.body['id']}`
    const replies: readonly (readonly [number, Reply])[] = [
      [201, created],
      [200, await scim.get(path)],
      [200, await scim.put(path, user({ title: 'A' }))],
      [200, await scim.patch(path, [{ op: 'replace', path: 'title', value: 'B' }])],
    ]
    for (const [status, reply] of replies) {
      expect(reply.status).to.equal(status)
      expect(reply.headers['location']).to.equal(`${scim.baseUrl}${path}`)
      expect(reply.body['meta'].location).to.equal(`${scim.baseUrl}${path}`)
      expect(reply.headers['etag']).to.match(/^W\/".+"$/)
      expect(reply.body['meta'].version).to.equal(reply.headers['etag'])
      expect(reply.headers['cache-control']).to.equal('no-store')
      expect(reply.headers['x-request-id']).to.match(/^req_/)
    }
    const group = await scim.createGroup('Core')
    const patched = await scim.patch(`/Groups/${group['id']}`, [{ op: 'replace', path: 'displayName', value: 'New' }])
    expect([patched.status, patched.text, patched.headers['etag'], patched.headers['location']]).to.deep.equal([
      204,
      '',
      'W/"2"',
      `${scim.baseUrl}/Groups/${group['id']}`,
    ])
  })

  it('7644-3.5.2-20 answers PATCH of a group with the group where it is preferred', async () => {
    const { id } = await scim.createGroup('Core')
    const prefer = { Prefer: 'return=representation' }
    const reply = await scim.patch(`/Groups/${id}`, [{ op: 'replace', path: 'displayName', value: 'New' }], prefer)
    expect([reply.status, reply.body['displayName']]).to.deep.equal([200, 'New'])
  })

  it('7644-3.2-06 HTTP-9110-02 answers HEAD as GET without the body', async () => {
    const { id } = await scim.createUser('mira')
    for (const path of [
      `/Users/${id}`,
      '/Users',
      '/Groups',
      '',
      '/Schemas',
      '/ServiceProviderConfig',
      '/Users/nobody',
    ]) {
      const [head, get] = [await scim.send('head', path), await scim.get(path)]
      expect([head.status, head.text], path).to.deep.equal([get.status, ''])
      for (const name of ['etag', 'location', 'content-type', 'content-length'])
        expect(head.headers[name], name).to.equal(get.headers[name])
    }
  })

  it('7644-3.2-06 answers OPTIONS with Allow, to anyone', async () => {
    const expected = {
      '/Users': 'GET, HEAD, POST, OPTIONS',
      '/Users/x': 'GET, HEAD, PUT, PATCH, DELETE, OPTIONS',
      '/Schemas': 'GET, HEAD, OPTIONS',
      '/.search': 'POST, OPTIONS',
    }
    for (const [path, allow] of Object.entries(expected)) {
      const reply = await scim.send('options', path, undefined, { Authorization: '' })
      expect([reply.status, reply.text, reply.headers['allow']], path).to.deep.equal([204, '', allow])
    }
  })

  const refused: readonly (readonly [
    id: string,
    method: 'get' | 'post' | 'put' | 'patch' | 'delete',
    path: string,
    status: number,
    allow?: string,
  ])[] = [
    ['7644-3.2-02', 'put', '/Users', 405, 'GET, HEAD, POST'],
    ['7644-3.2-03', 'patch', '/Users', 405, 'GET, HEAD, POST'],
    ['7644-3.2-03', 'delete', '/Groups', 405, 'GET, HEAD, POST'],
    ['7644-3.2-03', 'post', '/Users/x', 405, 'GET, HEAD, PUT, PATCH, DELETE'],
    ['7644-3.2-03', 'put', '/', 405, 'GET, HEAD'],
    ['7644-3.4.3-06', 'get', '/Users/.search', 405, 'POST'],
    ['7644-3.4.3-06', 'put', '/.search', 405, 'POST'],
    ['7644-3.11-04', 'post', '/Me', 405, 'GET, HEAD, PUT, PATCH, DELETE'],
    ...(['post', 'put', 'patch', 'delete'] as const).flatMap((method) =>
      ['/ServiceProviderConfig', '/ResourceTypes', '/ResourceTypes/User', '/Schemas', `/Schemas/${userSchema}`].map(
        (path) => ['7644-4-05 7643-5-02 7643-6-04', method, path, 405, 'GET, HEAD'] as const,
      ),
    ),
    ['7644-3.2-04', 'get', '/Widgets', 404],
    ['7644-3.2-04', 'delete', '/Users/x/y', 404],
    ['7644-3.2-04', 'get', '/Userss', 404],
    ['7644-4-01', 'get', '/ServiceProviderConfigs', 404],
    ['7644-3.8-04', 'get', '/Users.scim', 404],
    ['7644-3.7-01', 'post', '/Bulk', 501],
    ['7644-3.7-01', 'get', '/Bulk', 501],
  ]
  for (const [id, method, path, status, allow] of refused) {
    it(`${id} HTTP-9110-01 7644-3.12-05 refuses ${method.toUpperCase()} ${path} with ${status}`, async () => {
      const reply = await scim.send(method, path, method === 'get' ? undefined : user())
      expectError(reply, status)
      expect(reply.headers['allow']).to.equal(allow)
    })
  }

  it('7644-2-01 6750-2-03 6750-2-04 7644-2-08 says how to sign in, and nothing else, without credentials', async () => {
    const stranger = new ScimClient(supertest(new URL(scim.baseUrl).origin), new URL(scim.baseUrl).origin, '')
    const { id } = await scim.createUser('mira')
    for (const path of ['/Users', `/Users/${id}`, '/Users/nobody', '', '/Widgets', '/Bulk', '/Me']) {
      const reply = await stranger.get(path, { Authorization: '' })
      expectError(reply, 401)
      expect(reply.headers['www-authenticate']).to.equal('Bearer realm="rollcall", error="invalid_token"')
    }
    const raw = await sendRaw(stranger.baseUrl, 'GET /scim/v2/Users HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    expect([raw.status, raw.headers['www-authenticate']]).to.deep.equal([401, 'Bearer realm="rollcall"'])
    for (const authorization of [
      'non-token',
      'Basic YTpi',
      'Bearer',
      'Bearer ',
      'Bearer a b',
      'Bearer é',
      `Token ${scim.token}`,
      `Bearer ${scim.token}x`,
    ]) {
      const reply = await sendRaw(
        stranger.baseUrl,
        `GET /scim/v2/Users HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: ${authorization}\r\n\r\n`,
      )
      expect([reply.status, reply.headers['www-authenticate']], authorization).to.deep.equal([
        401,
        'Bearer realm="rollcall", error="invalid_token"',
      ])
    }
    expectError(await stranger.get(`/Users?access_token=${scim.token}`, { Authorization: '' }), 401)
    expect((await stranger.get('/Users', { Authorization: `bEARER   ${scim.token}` })).status).to.equal(200)
    expectError(await stranger.get('/Schemas', { Authorization: 'Bearer wrong' }), 401)
  })

  it('7644-2-02 6750-2-03 names the scope that a token lacks', async () => {
    const reader = await tenant.addApplication(['read'])
    expect((await reader.get('/Users')).status).to.equal(200)
    for (const [method, path] of [
      ['post', '/Users'],
      ['put', '/Users/x'],
      ['patch', '/Groups/x'],
      ['delete', '/Users/x'],
    ] as const) {
      const reply = await reader.send(method, path, user())
      expectError(reply, 403)
      expect(reply.headers['www-authenticate']).to.equal(
        'Bearer realm="rollcall", error="insufficient_scope", scope="write"',
      )
    }
    expectError(await (await tenant.addApplication(['admin'])).get('/Users'), 403)
  })

  it('HTTP-9110-01 answers 429 with Retry-After in seconds to a token that asks too much', async () => {
    await withApp({ RATE_LIMIT_PER_SECOND: '1' }, async (origin) => {
      const limited = new ScimClient(supertest(origin), origin, scim.token)
      const replies: Reply[] = []
      for (let count = 0; count < 15 && replies.at(-1)?.status !== 429; count++) {
        replies.push(await limited.get('/Users?count=0'))
      }
      const last = replies.at(-1) as Reply
      expectError(last, 429)
      expect(last.headers['retry-after']).to.match(/^[1-9]\d*$/)
      expect(replies.slice(0, -1).every((reply) => reply.status === 200)).to.equal(true)
    })
  })

  it('7644-6-05 7644-1.3-01 makes locations of the configured origin, or of what a trusted proxy says', async () => {
    const { id } = await scim.createUser('mira')
    const headers = { Host: 'inner.example', 'X-Forwarded-Host': 'outer.example, x', 'X-Forwarded-Proto': 'https' }
    const expected: readonly (readonly [settings: Record<string, string>, origin: string])[] = [
      [{}, 'http://inner.example'],
      [{ TRUST_PROXY: 'true' }, 'https://outer.example'],
      [{ PUBLIC_URL: 'https://public.example' }, 'https://public.example'],
      [{ PUBLIC_URL: 'https://public.example', TRUST_PROXY: 'true' }, 'https://public.example'],
    ]
    for (const [settings, location] of expected) {
      await withApp(settings, async (origin) => {
        const reply = await new ScimClient(supertest(origin), origin, scim.token).get(`/Users/${id}`, headers)
        expect(reply.body['meta'].location).to.equal(`${location}/scim/v2/Users/${id}`)
        expect(reply.headers['location']).to.equal(reply.body['meta'].location)
      })
    }
    await withApp({ TRUST_PROXY: 'true' }, async (origin) => {
      const client = new ScimClient(supertest(origin), origin, scim.token)
      expectError(await client.get('/Users', { 'X-Forwarded-Host': 'a b' }), 400, 'invalidSyntax')
    })
    for (const url of ['https://x.example/?tenant=1', 'https://x.example/scim', 'x.example']) {
      expect(() => readConfig({ PUBLIC_URL: url })).to.throw('PUBLIC_URL')
    }
  })

  it('HTTP-9110-03 answers 413 before it reads a body that says it is too large', async () => {
    const head = `POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${scim.token}\r\nContent-Length: 20000000\r\n\r\n`
    const reply = await sendRaw(scim.baseUrl, head)
    expect([reply.status, reply.headers['connection'], JSON.parse(reply.text)['status']]).to.deep.equal([
      413,
      'close',
      '413',
    ])
  })

  it('HTTP-9110-01 takes a request target with the whole URL in it', async () => {
    await scim.createUser('mira')
    const head = `Host: h.example\r\nConnection: close\r\nAuthorization: Bearer ${scim.token}\r\n\r\n`
    const reply = await sendRaw(
      scim.baseUrl,
      `GET http://h.example/scim/v2//Users?filter=userName+pr HTTP/1.1\r\n${head}`,
    )
    expect([reply.status, JSON.parse(reply.text)['totalResults']]).to.deep.equal([200, 1])
  })
})

describe('versions of a resource', () => {
  let scim: ScimClient
  let path: string
  beforeEach(async () => {
    scim = (await createTenant()).scim
    path = `/Users/${(await scim.createUser('mira', { title: 'A' }))['id']}`
  })

  it('7644-3.14-03 7643-3.1-13 7644-3.5.1-12 changes the tag with the resource, and not otherwise', async () => {
    const first = await scim.get(path)
    expect(first.body['meta'].lastModified).to.equal(first.body['meta'].created)
    expect((await scim.get(path)).headers['etag']).to.equal(first.headers['etag'])
    for (const reply of [
      await scim.put(path, user({ title: 'A' })),
      await scim.patch(path, [{ op: 'replace', path: 'title', value: 'A' }]),
    ]) {
      expect(reply.headers['etag']).to.equal(first.headers['etag'])
      expect(reply.body['meta']).to.deep.equal(first.body['meta'])
    }
    clock.advance(5)
    const changed = await scim.put(path, user({ title: 'B' }))
    expect(changed.headers['etag']).to.not.equal(first.headers['etag'])
    expect(Date.parse(changed.body['meta'].lastModified)).to.be.greaterThan(Date.parse(first.body['meta'].lastModified))
    expect(changed.body['meta'].created).to.equal(first.body['meta'].created)
  })

  const matches = ['W/"1"', '"1"', 'w/"1"', '1', '*', ' * ', '"x", W/"1"', 'W/"9" , "1","2"', '"a,b", W/"1"']
  const differs = ['W/"2"', '"x"', '2', 'W/"11"', '"W/1"', 'W/"2", "3"', 'garbage', '"', 'W/""']

  for (const tag of matches) {
    it(`7644-3.14-04 7644-3.14-08 HTTP-9110-02 answers 304 to If-None-Match: ${tag}`, async () => {
      for (const query of ['', '?attributes=userName']) {
        const reply = await scim.get(path + query, { 'If-None-Match': tag })
        expect([reply.status, reply.text, reply.headers['etag']]).to.deep.equal([304, '', 'W/"1"'])
      }
      expect((await scim.send('head', path, undefined, { 'If-None-Match': tag })).status).to.equal(304)
    })
    it(`7644-3.14-05 writes with If-Match: ${tag}`, async () => {
      expect((await scim.put(path, user({ title: 'B' }), { 'If-Match': tag })).status).to.equal(200)
    })
  }
  for (const tag of differs) {
    it(`7644-3.14-04 answers the resource to If-None-Match: ${tag}`, async () => {
      expect((await scim.get(path, { 'If-None-Match': tag })).status).to.equal(200)
    })
    it(`7644-3.14-05 refuses If-Match: ${tag} and changes nothing`, async () => {
      const [before, headers] = [(await scim.get(path)).body, { 'If-Match': tag }]
      expectError(await scim.put(path, user({ title: 'B' }), headers), 412)
      expectError(await scim.patch(path, [{ op: 'remove', path: 'title' }], headers), 412)
      expectError(await scim.delete(path, headers), 412)
      expect((await scim.get(path)).body).to.deep.equal(before)
    })
  }

  it('7644-3.14-05 holds for groups too', async () => {
    const { id } = await scim.createGroup('Core')
    const stale = { 'If-Match': 'W/"7"' }
    expectError(await scim.put(`/Groups/${id}`, { schemas: [groupSchema], displayName: 'x' }, stale), 412)
    expectError(await scim.patch(`/Groups/${id}`, [{ op: 'remove', path: 'members' }], stale), 412)
    expectError(await scim.delete(`/Groups/${id}`, stale), 412)
    expect((await scim.get(`/Groups/${id}`, { 'If-None-Match': 'W/"1"' })).status).to.equal(304)
    expect((await scim.delete(`/Groups/${id}`, { 'If-Match': 'W/"1"' })).status).to.equal(204)
  })

  it('7644-3.14-06 answers 404 to If-Match on an unknown id', async () => {
    for (const endpoint of ['/Users', '/Groups']) {
      for (const tag of ['*', 'W/"1"']) {
        const body = endpoint === '/Users' ? user() : { schemas: [groupSchema], displayName: 'x' }
        expectError(await scim.put(`${endpoint}/nobody`, body, { 'If-Match': tag }), 404)
        expectError(
          await scim.patch(`${endpoint}/nobody`, [{ op: 'remove', path: 'externalId' }], { 'If-Match': tag }),
          404,
        )
        expectError(await scim.delete(`${endpoint}/nobody`, { 'If-Match': tag }), 404)
      }
    }
  })

  it('7644-3.14-07 lets exactly one of several writers with the same tag win', async () => {
    const writes = Array.from({ length: 8 }, (_, index) =>
      scim.put(path, user({ title: `T${index}` }), { 'If-Match': 'W/"1"' }),
    )
    const statuses = (await Promise.all(writes)).map((reply) => reply.status)
    expect(statuses.toSorted((a, b) => a - b)).to.deep.equal([200, 412, 412, 412, 412, 412, 412, 412])
    expect((await scim.get(path)).headers['etag']).to.equal('W/"2"')
  })
})

describe('the version of the protocol, and /Me', () => {
  it('7644-3.13-01 7644-3.13-02 serves v2, with or without saying so, and no other', async () => {
    const { scim } = await createTenant()
    await scim.createUser('mira')
    const reference = (await scim.get('/Users')).body
    for (const path of ['//scim/Users', '//scim/v2/Users', '//SCIM/V2/users'])
      expect((await scim.get(path)).body, path).to.deep.equal(reference)
    for (const path of ['//scim/v1/Users', '//scim/v9/Users', '//scim/v1', '//scim/V3/Me'])
      expectError(await scim.get(path), 400, 'invalidVers')
    expectError(await scim.get('//scim/v2/v2/Users'), 404)
    expectError(await scim.get('//scim/version2/Users'), 404)
  })

  it('7644-3.11-05 has no /Me for a client', async () => {
    const { scim } = await createTenant()
    await scim.createUser('mira')
    for (const method of ['get', 'put', 'patch', 'delete'] as const) {
      expectError(await scim.send(method, '/Me', method === 'get' ? undefined : user()), 404)
    }
    expect((await scim.get('/Users')).body['totalResults']).to.equal(1)
  })
})

describe('discovery', () => {
  let scim: ScimClient
  before(async () => {
    scim = (await createTenant()).scim
  })
  const read = async (path: string): Promise<Body> => {
    const { status, body, text } = await scim.get(path)
    expect(status, `${path} ${text}`).to.equal(200)
    return body
  }

  it('7644-4-01 7643-5-01 7643-5-03 7643-5-05 tells in ServiceProviderConfig what is offered', async () => {
    const config = await read('/ServiceProviderConfig')
    expect(config['schemas']).to.deep.equal(['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'])
    expect(config['patch']).to.deep.equal({ supported: true })
    expect(config['bulk']).to.have.all.keys('supported', 'maxOperations', 'maxPayloadSize')
    expect(config['filter']).to.deep.equal({ supported: true, maxResults: 1000 })
    expect([config['changePassword'], config['sort'], config['etag']]).to.deep.equal([
      { supported: false },
      { supported: true },
      { supported: true },
    ])
    expect(config['authenticationSchemes'].map((one: Body) => one['type'])).to.deep.equal([
      'oauthbearertoken',
      'oauth2',
    ])
    for (const scheme of config['authenticationSchemes']) expect(scheme).to.include.keys('type', 'name', 'description')
    expect(config['meta']).to.deep.equal({
      resourceType: 'ServiceProviderConfig',
      location: `${scim.baseUrl}/ServiceProviderConfig`,
    })
  })

  it('7643-5-04 lets strangers read all of it', async () => {
    for (const path of [
      'ServiceProviderConfig',
      'ResourceTypes',
      'Schemas',
      `Schemas/${userSchema}`,
      'ResourceTypes/Group',
    ]) {
      const reply = await sendRaw(scim.baseUrl, `GET /scim/v2/${path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`)
      expect(reply.status, path).to.equal(200)
    }
  })

  it('7644-4-03 7643-6-01 7643-6-02 7643-6-03 7643-6-05 IOP-interop-01-02 IOP-interop-01-06 lists resource types whose schemas and endpoints exist', async () => {
    const list = await read('/ResourceTypes')
    expect([list['schemas'], list['totalResults'], list['itemsPerPage'], list['startIndex']]).to.deep.equal([
      [listSchema],
      2,
      2,
      1,
    ])
    expect(
      list['Resources'].map((type: Body) => [type['id'], type['name'], type['endpoint'], type['schema']]),
    ).to.deep.equal([
      ['User', 'User', '/Users', userSchema],
      ['Group', 'Group', '/Groups', groupSchema],
    ])
    for (const type of list['Resources']) {
      expect(type.schemas).to.deep.equal(['urn:ietf:params:scim:schemas:core:2.0:ResourceType'])
      expect(type.description).to.be.a('string').that.is.not.equal('')
      expect(type.meta).to.deep.equal({
        resourceType: 'ResourceType',
        location: `${scim.baseUrl}/ResourceTypes/${type.name}`,
      })
      expect(await read(`/ResourceTypes/${type.name}`)).to.deep.equal(type)
      expect((await read(type.endpoint))['schemas']).to.deep.equal([listSchema])
      for (const extension of type.schemaExtensions) expect(extension).to.have.all.keys('schema', 'required')
      for (const urn of [type.schema, ...type.schemaExtensions.map((one: Body) => one['schema'])]) {
        expect((await read(`/Schemas/${urn}`))['id']).to.equal(urn)
      }
    }
    for (const id of ['Nothing', 'users', '__proto__', '%00', encodeURIComponent('Üser')])
      expectError(await scim.get(`/ResourceTypes/${id}`), 404)
  })

  it('7644-4-02 7643-7-01 7643-7-02 7644-4-06 lists schemas, and gives each by its URN in any case and encoding', async () => {
    const list = await read('/Schemas')
    expect([list['schemas'], list['totalResults']]).to.deep.equal([[listSchema], list['Resources'].length])
    const ids: string[] = list['Resources'].map((schema: Body) => schema['id'])
    expect(ids).to.include.members([userSchema, groupSchema, enterpriseSchema, rollcallSchema])
    expect(new Set(ids).size).to.equal(ids.length)
    for (const schema of list['Resources']) {
      const { id } = schema
      expect(schema.schemas).to.deep.equal(['urn:ietf:params:scim:schemas:core:2.0:Schema'])
      expect(schema.meta).to.deep.equal({ resourceType: 'Schema', location: `${scim.baseUrl}/Schemas/${id}` })
      for (const name of ['name', 'description']) expect(schema[name]).to.be.a('string').that.is.not.equal('')
      for (const variant of [id, encodeURIComponent(id), id.toUpperCase(), id.replaceAll(':', '%3a')]) {
        expect(await read(`/Schemas/${variant}`)).to.deep.equal(schema)
      }
    }
    for (const id of ['nothing', `${userSchema}x`, '%00', '__proto__'])
      expectError(await scim.get(`/Schemas/${id}`), 404)
  })

  it('7644-3.1-02 does not publish message schemas', async () => {
    for (const urn of [patchSchema, errorSchema, listSchema, searchSchema])
      expectError(await scim.get(`/Schemas/${urn}`), 404)
    expect((await read('/Schemas'))['Resources'].filter((one: Body) => one['id'].includes(':messages:'))).to.deep.equal(
      [],
    )
  })

  it('7644-4-04 refuses filters with 403, and ignores sorting and paging', async () => {
    for (const path of ['/Schemas', '/ResourceTypes', '/ServiceProviderConfig', `/Schemas/${userSchema}`]) {
      expectError(await scim.get(`${path}?filter=id%20eq%20%22x%22`), 403)
      expectError(await scim.get(`${path}?FILTER=`), 403)
      const whole = await read(path)
      expect(await read(`${path}?startIndex=2&count=1&sortBy=id&sortOrder=descending&count=1`)).to.deep.equal(whole)
    }
  })

  it('7644-4-01 answers each endpoint in any case with its own document', async () => {
    expect(await read('/schemas')).to.deep.equal(await read('/Schemas'))
    expect(await read('/RESOURCETYPES')).to.deep.equal(await read('/ResourceTypes'))
    expect(await read('/serviceproviderconfig')).to.deep.equal(await read('/ServiceProviderConfig'))
  })

  // RFC 7643 section 8.7.1 with its errata: `name type …`, where … is what differs from the defaults.
  const multiValued = (name: string, ...canonical: string[]): string[] => [
    `${name} complex multiValued`,
    `${name}.value string`,
    `${name}.display string`,
    `${name}.type string${canonical.length === 0 ? '' : ` ${canonical.join('|')}`}`,
    `${name}.primary boolean`,
  ]
  const golden: Readonly<Record<string, readonly string[]>> = {
    [userSchema]: [
      'userName string required uniqueness=server',
      'name complex',
      ...['formatted', 'familyName', 'givenName', 'middleName', 'honorificPrefix', 'honorificSuffix'].map(
        (sub) => `name.${sub} string`,
      ),
      'displayName string',
      'nickName string',
      'profileUrl reference caseExact external',
      'title string',
      'userType string',
      'preferredLanguage string',
      'locale string',
      'timezone string',
      'active boolean',
      'password string writeOnly returned=never',
      ...multiValued('emails', 'work', 'home', 'other'),
      ...multiValued('phoneNumbers', 'work', 'home', 'mobile', 'fax', 'pager', 'other'),
      ...multiValued('ims', 'aim', 'gtalk', 'icq', 'xmpp', 'msn', 'skype', 'qq', 'yahoo'),
      ...multiValued('photos', 'photo', 'thumbnail').map((line) =>
        line === 'photos.value string' ? 'photos.value reference caseExact external' : line,
      ),
      'addresses complex multiValued',
      ...['formatted', 'streetAddress', 'locality', 'region', 'postalCode', 'country'].map(
        (sub) => `addresses.${sub} string`,
      ),
      'addresses.type string work|home|other',
      'addresses.primary boolean',
      'groups complex multiValued readOnly',
      'groups.value string readOnly',
      'groups.$ref reference caseExact readOnly User|Group',
      'groups.display string readOnly',
      'groups.type string readOnly direct|indirect',
      ...multiValued('entitlements'),
      ...multiValued('roles'),
      ...multiValued('x509Certificates').map((line) =>
        line === 'x509Certificates.value string' ? 'x509Certificates.value binary caseExact' : line,
      ),
    ],
    [groupSchema]: [
      'displayName string required',
      'members complex multiValued',
      'members.value string immutable',
      'members.display string immutable',
      'members.$ref reference caseExact immutable User|Group',
      'members.type string immutable User|Group',
    ],
    [enterpriseSchema]: [
      ...['employeeNumber', 'costCenter', 'organization', 'division', 'department'].map((name) => `${name} string`),
      'manager complex',
      'manager.value string',
      'manager.$ref reference caseExact User',
      'manager.displayName string readOnly',
    ],
  }

  function describeAttribute(attribute: Body, prefix = ''): string[] {
    const {
      name,
      type,
      required,
      caseExact,
      mutability,
      returned,
      uniqueness,
      canonicalValues,
      referenceTypes,
      subAttributes = [],
    } = attribute
    const parts = [
      `${prefix}${name}`,
      type,
      attribute['multiValued'] ? 'multiValued' : '',
      required ? 'required' : '',
      caseExact ? 'caseExact' : '',
      mutability === 'readWrite' ? '' : mutability,
      returned === 'default' ? '' : `returned=${returned}`,
      uniqueness === 'none' ? '' : `uniqueness=${uniqueness}`,
      canonicalValues?.join('|') ?? '',
      referenceTypes?.join('|') ?? '',
    ]
    const line = parts.filter((part) => part !== '').join(' ')
    return [line, ...subAttributes.flatMap((sub: Body) => describeAttribute(sub, `${prefix}${name}.`))]
  }

  for (const [urn, expected] of Object.entries(golden)) {
    it(`7643-7-17 publishes ${urn} as the standard has it`, async () => {
      const { attributes } = await read(`/Schemas/${urn}`)
      expect(attributes.flatMap((attribute: Body) => describeAttribute(attribute))).to.deep.equal(expected)
    })
  }

  it('7643-2.1-02 7643-7-03 7643-2.3-01 7643-2.3-14 writes out every characteristic of every attribute', async () => {
    const types = ['string', 'boolean', 'decimal', 'integer', 'dateTime', 'binary', 'reference', 'complex']
    const check = (attribute: Body, isSub: boolean): void => {
      const { name, type } = attribute
      expect(name).to.match(name === '$ref' ? /^\$ref$/ : /^[A-Za-z][\w$-]*$/)
      expect(type, name).to.be.oneOf(isSub ? types.slice(0, -1) : types)
      for (const flag of ['multiValued', 'required', 'caseExact'])
        expect(attribute[flag], `${name} ${flag}`).to.be.a('boolean')
      for (const word of ['description', 'mutability', 'returned', 'uniqueness'])
        expect(attribute[word], `${name} ${word}`).to.be.a('string')
      if (type === 'reference') expect(attribute['referenceTypes'], name).to.be.an('array').that.is.not.empty
      if (type === 'complex') for (const sub of attribute['subAttributes']) check(sub, true)
      else expect(attribute).to.not.have.property('subAttributes')
    }
    for (const urn of [
      userSchema,
      groupSchema,
      enterpriseSchema,
      rollcallSchema,
      rollcallSchema.replace('User', 'Group'),
    ]) {
      for (const attribute of (await read(`/Schemas/${urn}`))['attributes']) check(attribute, false)
    }
  })

  it("7643-7-01 7643-6-02 7643-2.2-01 publishes an organization's own attributes to it alone", async () => {
    const own = (await createTenantWith({ name: 'badge', type: 'string' })).scim
    const schema = (await own.get(`/Schemas/${customSchema}`)).body
    expect(schema['attributes']).to.deep.equal([
      {
        name: 'badge',
        type: 'string',
        description: 'badge',
        multiValued: false,
        required: false,
        caseExact: false,
        mutability: 'readWrite',
        returned: 'default',
        uniqueness: 'none',
      },
    ])
    const type = (await own.get('/ResourceTypes/User')).body
    expect(type['schemaExtensions']).to.deep.include({ schema: customSchema, required: false })
    expectError(await scim.get(`/Schemas/${customSchema}`), 404)
    expect((await read('/ResourceTypes/User'))['schemaExtensions']).to.not.deep.include({
      schema: customSchema,
      required: false,
    })
  })
})

describe('resources', () => {
  let scim: ScimClient
  before(async () => {
    scim = (await createTenant()).scim
  })
  let count = 0
  const create = (attributes: Body = {}, client = scim): Promise<Reply> =>
    client.post('/Users', user({ userName: `user${count++}`, ...attributes }))

  it('7643-2.1-01 7643-2.3-15 7643-3-03 7644-3.3-12 reads names in any case and order, and writes its own spelling', async () => {
    const body = {
      EMAILS: [{ VALUE: 'a@x.example', Type: 'work' }],
      [enterpriseSchema.toUpperCase()]: { DEPARTMENT: 'R&D' },
      USERNAME: 'caps',
      ScHeMaS: [enterpriseSchema, userSchema.toUpperCase()],
      NAME: { GIVENNAME: 'M' },
    }
    const reply = await scim.post('/Users', body)
    expect(reply.status, reply.text).to.equal(201)
    expect(reply.body).to.deep.include({
      userName: 'caps',
      name: { givenName: 'M' },
      emails: [{ value: 'a@x.example', type: 'work' }],
      [enterpriseSchema]: { department: 'R&D' },
    })
    expect(reply.body['schemas']).to.deep.equal([userSchema, enterpriseSchema])
  })

  it('7643-2.1-01 refuses a member that is given twice in different case', async () => {
    const twice: readonly Body[] = [
      { TITLE: 'a', title: 'b' },
      { name: { givenName: 'a', GivenName: 'b' } },
      { emails: [{ value: 'a', VALUE: 'b' }] },
      { [enterpriseSchema]: { department: 'a', Department: 'b' } },
      { [enterpriseSchema]: {}, [enterpriseSchema.toUpperCase()]: {} },
    ]
    for (const attributes of twice) expectError(await create(attributes), 400, 'invalidSyntax')
  })

  const schemasRefused: readonly (readonly [id: string, scimType: string, schemas: unknown])[] = [
    ['7643-2.1-03 7644-3.3-09', 'invalidSyntax', undefined],
    ['7643-3-01', 'invalidSyntax', []],
    ['7643-3-01', 'invalidSyntax', userSchema],
    ['7643-3-01', 'invalidSyntax', [userSchema, 5]],
    ['7643-3-01', 'invalidSyntax', null],
    ['7643-3-02', 'invalidValue', [groupSchema]],
    ['7643-3-02', 'invalidValue', [userSchema, groupSchema]],
    ['7643-3-02', 'invalidValue', ['urn:x:y']],
    ['7643-3-02', 'invalidValue', [patchSchema]],
  ]
  for (const [id, scimType, schemas] of schemasRefused) {
    it(`${id} refuses schemas ${JSON.stringify(schemas)}`, async () =>
      expectError(await create({ schemas }), 400, scimType))
  }
  it('7643-3-01 7643-3-02 7643-3.3-01 collapses repeated schemas, ignores unknown ones, adds the base one; strictly it refuses', async () => {
    const strict = (await createStrictTenant()).scim
    expect((await create({ schemas: [userSchema, userSchema] })).body['schemas']).to.deep.equal([userSchema])
    for (const schemas of [[userSchema, 'urn:x:y'], [enterpriseSchema]]) {
      expect((await create({ schemas })).body['schemas']).to.deep.equal([userSchema])
      expectError(await create({ schemas }, strict), 400, 'invalidValue')
    }
  })
  it('7643-3-04 7644-3.3-11 7643-3-06 7644-3.3-10 7643-3-01 writes schemas as the data has it', async () => {
    const { body } = await create({
      schemas: [userSchema, rollcallSchema],
      [enterpriseSchema]: { department: 'x' },
      employeeNumber: '7',
      shoeSize: 44,
    })
    expect(body['schemas']).to.deep.equal([userSchema, enterpriseSchema])
    expect(body).to.not.have.any.keys('employeeNumber', 'shoeSize', rollcallSchema)
    expect(
      (await create({ schemas: [userSchema, enterpriseSchema], [enterpriseSchema]: { department: null } })).body[
        'schemas'
      ],
    ).to.deep.equal([userSchema])
    const strict = (await createStrictTenant()).scim
    expectError(await create({ shoeSize: 44 }, strict), 400, 'invalidSyntax')
    expectError(await create({ [enterpriseSchema]: { shoeSize: 44 } }, strict), 400, 'invalidSyntax')
    expectError(await create({ name: { shoe: 44 } }, strict), 400, 'invalidSyntax')
  })

  const wrong: readonly (readonly [id: string, attributes: Body])[] = [
    ...[42, true, {}, ['a', 'b'], [], ''].map((userName) => ['7643-2.3-02 7643-4.1-01', { userName }] as const),
    ...[undefined, null, '   ', '\u3000', 'a\u0007b', 'line\nbreak'].map(
      (userName) => ['7643-4.1-01 7644-3.3-09', { userName }] as const,
    ),
    ...[5, false, { a: 1 }, ['x', 'y']].map((title) => ['7643-2.3-02', { title }] as const),
    ...['yes', 1, {}, [true, false]].map((active) => ['7643-2.3-04 7643-4.1-09', { active }] as const),
    ...['1.5', true, {}].map((value) => ['7643-2.3-05', { [rollcallSchema]: { leaveBalances: [{ value }] } }] as const),
    ...['!!!', 'A', 'QQ==Q', '-----BEGIN CERTIFICATE-----', 5].map(
      (value) => ['7643-2.3-08 7643-4.1-24', { x509Certificates: [{ value }] }] as const,
    ),
    ...[5, {}, ['https://a', 'https://b']].map((profileUrl) => ['7643-2.3-11 7643-4.1-06', { profileUrl }] as const),
    ...['Mira', 5, true, [{}, {}]].map((name) => ['7643-2.3-02', { name }] as const),
    ...[5, true, [5], [['a']], [{ value: 5 }], [{ value: { value: 'x' } }]].map(
      (emails) => ['7643-2.4-01', { emails }] as const,
    ),
    [
      '7643-2.4-03',
      {
        emails: [
          { value: 'a', primary: true },
          { value: 'b', primary: true },
        ],
      },
    ],
    [
      '7643-2.4-03',
      {
        roles: [
          { value: 'a', primary: 'True' },
          { value: 'b', primary: true },
        ],
      },
    ],
    ['7643-3-06', { [enterpriseSchema]: 'x' }],
    ['7643-3-06', { [enterpriseSchema]: [{ department: 'x' }] }],
    ['7643-2.3-02', { externalId: 5 }],
  ]
  for (const [id, attributes] of wrong) {
    it(`${id} refuses ${JSON.stringify(attributes)}`, async () => {
      expectError(await create(attributes), 400, 'invalidValue')
      const { body } = await create()
      expectError(await scim.put(`/Users/${body['id']}`, user(attributes)), 400, 'invalidValue')
      expect((await scim.get(`/Users/${body['id']}`)).body).to.deep.equal(body)
    })
  }

  const repaired: readonly (readonly [id: string, given: Body, stored: Body])[] = [
    ['7643-2.3-04', { active: 'False' }, { active: false }],
    ['7643-2.4-01', { emails: { value: 'a@x.example' } }, { emails: [{ value: 'a@x.example' }] }],
    ['7643-2.4-01', { title: ['a'] }, { title: 'a' }],
    ['7643-2.3-11 7643-4.1-06', { profileUrl: 'http://[bad' }, { profileUrl: 'http://[bad' }],
  ]
  for (const [id, given, stored] of repaired) {
    it(`${id} repairs ${JSON.stringify(given)}, and strictly refuses it`, async () => {
      expect((await create(given)).body).to.deep.include(stored)
      expectError(await create(given, (await createStrictTenant()).scim), 400, 'invalidValue')
    })
  }

  const kept: readonly (readonly [id: string, attributes: Body])[] = [
    ['7643-2.3-02', { displayName: 'Mira 👩🏽‍🚀 e\u0301 \u202e ﷽ 𝒳' }],
    [
      '7643-4.1-04',
      {
        nickName: 'M',
        title: 'T',
        userType: 'Employee',
        preferredLanguage: 'nb-NO, en;q=0.5',
        locale: 'en_US',
        timezone: 'Europe/Oslo',
        profileUrl: 'https://x.example/~m?a=b#c',
      },
    ],
    ['7643-2.3-11', { profileUrl: '../people/mira' }],
    ['7643-2.3-09 7643-2.3-08', { x509Certificates: [{ value: 'AQIDBA==' }, { value: 'AQIDBA' }] }],
    ['7643-2.3-03', { emails: [{ value: 'a@x.example', type: 'yacht' }] }],
    [
      '7643-2.4-07',
      {
        emails: [
          { value: 'a@x.example', type: 'work' },
          { value: 'a@x.example', type: 'home' },
        ],
      },
    ],
    ['7643-4.1-19', { addresses: [{ formatted: 'Line 1\nLine 2\r\nLine 3', streetAddress: '1\n2', country: 'NO' }] }],
    ['7643-4.1-23', { roles: [{ value: 'any thing', type: 'x' }], entitlements: [{ value: '{}', display: '☂' }] }],
    [
      '7643-2.3-05',
      {
        [rollcallSchema]: {
          leaveBalances: [
            { type: 'vacation', value: -12.75 },
            { type: 'sick', value: 1e21 },
            { type: 'other', value: 0 },
          ],
        },
      },
    ],
    [
      '7643-4.3-01',
      {
        [enterpriseSchema]: {
          employeeNumber: '007',
          costCenter: 'c',
          organization: 'o',
          division: 'd',
          department: 'R&D',
        },
      },
    ],
    ['7643-2.3-02', { title: ' spaces stay ', name: { familyName: '"\\/\t' } }],
  ]
  for (const [id, attributes] of kept) {
    it(`${id} keeps ${JSON.stringify(attributes).slice(0, 60)} as it is`, async () => {
      const { status, body, text } = await create(attributes)
      expect(status, text).to.equal(201)
      expect(body).to.deep.include(attributes)
      expect((await scim.get(`/Users/${body['id']}`)).body).to.deep.equal(body)
    })
  }

  it('7643-2.4-06 returns a value that was given twice once', async () => {
    const emails = [
      { value: 'a@x.example', type: 'work' },
      { type: 'work', value: 'a@x.example' },
    ]
    expect((await create({ emails })).body['emails']).to.deep.equal(emails.slice(0, 1))
  })

  it('7643-2.5-01 7643-2.5-02 7643-2.5-03 7644-3.5.1-04 takes null, [] and absence as the same', async () => {
    const values = {
      title: 'T',
      emails: [{ value: 'a@x.example', type: 'work' }],
      name: { givenName: 'M' },
      [enterpriseSchema]: { department: 'x', manager: { value: 'y' } },
    }
    const nothing = {
      title: null,
      emails: [],
      name: null,
      roles: [null],
      phoneNumbers: null,
      addresses: [{}],
      [enterpriseSchema]: { department: null, manager: { value: null } },
    }
    const empty = (await create(nothing)).body
    expect(empty).to.have.all.keys('schemas', 'id', 'userName', 'active', 'meta')
    expect(empty['schemas']).to.deep.equal([userSchema])
    const full = (await create(values)).body
    const { body } = await scim.put(`/Users/${full['id']}`, user({ userName: full['userName'], ...nothing }))
    expect(body).to.have.all.keys('schemas', 'id', 'userName', 'active', 'meta')
    expect((await scim.filter('/Users', `title pr and id eq "${full['id']}"`)).body['totalResults']).to.equal(0)
  })

  it('7644-3.3-02 7644-3.3-03 defaults active to true', async () => {
    expect((await create()).body['active']).to.equal(true)
    expect((await create({ active: false })).body['active']).to.equal(false)
  })

  it('7643-2.3-06 7643-2.3-07 7643-7-04 7643-2.2-01 checks the types of attributes that an organization adds', async () => {
    const own = (
      await createTenantWith(
        { name: 'size', type: 'integer' },
        { name: 'since', type: 'dateTime' },
        { name: 'code', type: 'string', caseExact: true },
        { name: 'plain', type: 'string' },
      )
    ).scim
    const give = (value: Body): Promise<Reply> => create({ [customSchema]: value }, own)
    for (const size of ['3.5', '"3"', '1e400', '9007199254740992', 'true']) {
      const body = `{"schemas":["${userSchema}"],"userName":"x","${customSchema}":{"size":${size}}}`
      expectError(await own.post('/Users', body), 400, 'invalidValue')
    }
    for (const since of [
      '2026-02-30T10:00:00Z',
      '2026-02-03',
      '10:00:00',
      '2026-02-03 10:00:00Z',
      '2026-02-03T25:00:00Z',
      1770000000,
      '0000-01-01T00:00:00Z',
      '-0001-01-01T00:00:00Z',
      '2026-01-01T00:00:00+20:00',
    ]) {
      expectError(await give({ since }), 400, 'invalidValue')
    }
    for (const value of [
      { size: 3 },
      { size: -0 },
      { since: '2026-02-03T10:00:00+01:00' },
      { since: '2024-02-29T10:00:00.123456Z' },
      { code: 'AbC' },
      { plain: 'AbC' },
    ]) {
      const reply = await give(value)
      expect([reply.status, reply.body[customSchema]], JSON.stringify(value)).to.deep.equal([
        201,
        { ...value, ...('size' in value ? { size: value.size + 0 } : {}) },
      ])
      expect(reply.body['schemas']).to.deep.equal([userSchema, customSchema])
    }
    expect((await own.filter('/Users', `${customSchema}:code eq "abc"`)).body['totalResults']).to.equal(0)
    expect((await own.filter('/Users', `${customSchema}:plain eq "abc"`)).body['totalResults']).to.equal(1)
  })

  it('7643-7-07 7644-3.5.1-05 lets an immutable attribute be set once', async () => {
    const own = (await createTenantWith({ name: 'badge', type: 'string', mutability: 'immutable' })).scim
    const { body } = await create({}, own)
    const put = (custom: Body | undefined): Promise<Reply> =>
      own.put(
        `/Users/${body['id']}`,
        user({ userName: body['userName'], ...(custom === undefined ? {} : { [customSchema]: custom }) }),
      )
    expect((await put({ badge: 'A' })).body[customSchema]).to.deep.equal({ badge: 'A' })
    expect((await put({ badge: 'A' })).status).to.equal(200)
    expectError(await put({ badge: 'B' }), 400, 'mutability')
    expect((await put(undefined)).body[customSchema]).to.deep.equal({ badge: 'A' })
    expect((await own.get(`/Users/${body['id']}`)).body[customSchema]).to.deep.equal({ badge: 'A' })
  })

  it('7643-3.1-01 7643-3.1-03 7643-3.1-06 7643-3.1-10 7643-3.1-11 7643-3.1-12 7644-3.3-01 7644-3.3-08 7644-3.1-03 sets id and meta itself', async () => {
    const { body } = await create({
      id: 'mine',
      meta: { created: '1999-01-01T00:00:00Z', resourceType: 'Group', version: 'x' },
      groups: [{ value: 'x' }],
    })
    expect(body['id']).to.match(/^emp_[0-9a-z]+$/)
    expect(body['meta']).to.have.all.keys('resourceType', 'created', 'lastModified', 'location', 'version')
    expect(body['meta'].resourceType).to.equal('User')
    expect(Date.parse(body['meta'].created)).to.be.closeTo(clock.now().getTime(), 60_000)
    expect(body).to.not.have.any.keys('externalId', 'groups')
    const put = await scim.put(`/Users/${body['id']}`, {
      ...body,
      id: 'other',
      meta: { created: null },
      groups: [{ value: 'x' }],
    })
    expect([put.status, put.body]).to.deep.equal([200, body])
    const group = await scim.post('/Groups', { schemas: [groupSchema], displayName: 'ids', id: 'mine', meta: 5 })
    expect([group.status, group.body['meta'].resourceType]).to.deep.equal([201, 'Group'])
  })

  it('7643-3.1-02 7643-3.1-04 7644-3.6-03 7644-3.3-13 gives every resource an id of its own, for ever', async () => {
    const own = (await createTenant()).scim
    const ids = new Set<string>()
    for (let index = 0; index < 20; index++) {
      const { id } = await own.createUser('again')
      expect(id).to.not.match(/bulkId/i)
      ids.add(id)
      ids.add((await own.createGroup(`g${index}`))['id'])
      expect((await own.delete(`/Users/${id}`)).status).to.equal(204)
    }
    expect(ids.size).to.equal(40)
  })

  it('7643-3.1-05 7644-3.4.1-02 7644-3.4.1-03 finds a resource by its exact id under its own endpoint only', async () => {
    const { body } = await create()
    const group = await scim.createGroup('elsewhere')
    for (const path of [
      `/Users/${body['id'].toUpperCase()}`,
      `/Users/${group['id']}`,
      `/Groups/${body['id']}`,
      `/Users/${body['userName']}`,
      '/Users/nope',
      '/Users/%20',
      `/Users/${'x'.repeat(5000)}`,
    ]) {
      expectError(await scim.get(path), 404)
      expectError(await scim.delete(path), 404)
    }
  })

  it('7643-3.1-07 7643-3.1-08 7643-3.1-09 7644-6-03 7644-6-04 7643-9-03 keeps externalId as the client gave it, for that client, and not unique', async () => {
    const [a, b] = [await createTenant(), await createTenant()]
    const ofA = await a.scim.createUser('same', { externalId: '700' })
    const ofB = await b.scim.createUser('same', { externalId: '700' })
    await a.scim.createUser('twin', { externalId: '700' })
    await a.scim.createGroup('one', [], { externalId: '700' })
    await a.scim.createGroup('two', [], { externalId: '700' })
    expect((await a.scim.filter('/Users', 'externalId eq "700"')).body['totalResults']).to.equal(2)
    expect((await a.scim.filter('/Groups', 'externalId eq "700"')).body['totalResults']).to.equal(2)
    expect(
      (await b.scim.filter('/Users', 'externalId eq "700"')).body['Resources'].map((one: Body) => one['id']),
    ).to.deep.equal([ofB['id']])
    expectError(await b.scim.get(`/Users/${ofA['id']}`), 404)
    expect((await a.scim.put(`/Users/${ofA['id']}`, user({ userName: 'same' }))).body).to.not.have.property(
      'externalId',
    )
  })

  it('7643-4.1-10 7643-7-08 7643-7-10 7643-9-01 never gives a password back, nor keeps it', async () => {
    const password = `secret-${Math.random()}`
    const created = await create({ password })
    const path = `/Users/${created.body['id']}`
    const replies = [
      created,
      await scim.get(`${path}?attributes=password`),
      await scim.put(path, user({ userName: created.body['userName'], password })),
      await scim.get('/Users'),
    ]
    for (const reply of replies) expect(reply.text).to.not.include(password).and.not.include('password')
    expectError(await scim.filter('/Users', `password eq "${password}"`), 400, 'invalidFilter')
    const { rows } = await testDatabase().executeQuery<{ found: boolean }>({
      sql: `select (select count(*) from users u where u::text like $1) + (select count(*) from changes c where c::text like $1) > 0 as found`,
      parameters: [`%${password}%`],
      query: { kind: 'RawNode' } as never,
      queryId: { queryId: 'password' },
    })
    expect(rows[0]?.found).to.equal(false)
  })

  const taken: readonly (readonly [id: string, first: string, second: string])[] = [
    ['7643-4.1-02 7644-3.3-07', 'Mira', 'Mira'],
    ['7643-4.1-02 7644-3.3-07', 'Mira', 'mIRA'],
    ['7644-5-01 7644-7-09', 'mira', 'ＭＩＲＡ'],
    ['7644-5-01 7644-7-09', 'jos\u00e9', 'jose\u0301'],
    ['7644-5-01', 'É@x.example', 'e\u0301@X.EXAMPLE'],
    ['7644-5-01', 'mira okafor', ' Mira\u3000Okafor '],
    ['7644-5-01', 'ΟΔΟΣ', 'οδοσ'],
    ['7644-5-01', 'Straße', 'STRAßE'],
  ]
  for (const [id, first, second] of taken) {
    it(`${id} takes ${JSON.stringify(first)} and ${JSON.stringify(second)} for the same userName`, async () => {
      const own = (await createTenant()).scim
      const one = await own.createUser(first)
      expect(one['userName']).to.equal(first)
      expectError(await own.post('/Users', user({ userName: second })), 409, 'uniqueness')
      const other = await own.createUser('other')
      expectError(await own.put(`/Users/${other['id']}`, user({ userName: second })), 409, 'uniqueness')
      expectError(
        await own.patch(`/Users/${other['id']}`, [{ op: 'replace', path: 'userName', value: second }]),
        409,
        'uniqueness',
      )
      expect((await own.filter('/Users', `userName eq ${JSON.stringify(second)}`)).body['Resources'][0].id).to.equal(
        one['id'],
      )
      expect((await own.put(`/Users/${one['id']}`, user({ userName: second }))).body['userName']).to.equal(second)
      expect((await own.get('/Users')).body['totalResults']).to.equal(2)
    })
  }
  it('7644-5-01 takes different letters for different names', async () => {
    const own = (await createTenant()).scim
    for (const userName of ['mira', 'míra', 'mira ', 'm ira', 'm1ra', 'ﬁ', 'fi', '²', '2'].filter(
      (name) => name !== 'mira ',
    ))
      await own.createUser(userName)
  })

  it('7643-4.2-01 7644-3.3-07 IOP-interop-01-15 wants a name for a group, and one that is free in the directory', async () => {
    const tenant = await createTenant()
    const group = (displayName: unknown): Body => ({ schemas: [groupSchema], displayName })
    for (const name of [undefined, null, '', '   ', 5, {}])
      expectError(await tenant.scim.post('/Groups', group(name)), 400, 'invalidValue')
    const core = await tenant.scim.createGroup('Core')
    const other = await tenant.scim.createGroup('Other')
    for (const name of ['Core', 'CORE', ' core ']) {
      expectError(await tenant.scim.post('/Groups', group(name)), 409, 'uniqueness')
      expectError(await tenant.scim.put(`/Groups/${other['id']}`, group(name)), 409, 'uniqueness')
      expectError(
        await tenant.scim.patch(`/Groups/${other['id']}`, [{ op: 'replace', path: 'displayName', value: name }]),
        409,
        'uniqueness',
      )
      expect((await tenant.scim.put(`/Groups/${core['id']}`, group(name))).status).to.equal(200)
    }
    const second = await tenant.addDirectory('Entra')
    await second.scim.createGroup('Core')
  })

  it('7643-2.3-12 7643-4.2-03 7643-4.1-21 7643-4.1-22 7643-4.2-04 7643-4.3-02 7643-4.3-03 fills references in, and each can be read', async () => {
    const own = (await createTenant()).scim
    const boss = await own.createUser('boss', { displayName: 'Boss' })
    const mira = await own.createUser('mira', {
      [enterpriseSchema]: { manager: { value: boss['id'], $ref: null, displayName: 'Liar' } },
    })
    const inner = await own.createGroup('Inner', [mira['id']])
    const outer = await own.post('/Groups', {
      schemas: [groupSchema],
      displayName: 'Outer',
      members: [{ value: inner['id'], $ref: 'x', type: null, display: 'y' }],
    })
    expect(outer.body['members']).to.deep.equal([
      { value: inner['id'], $ref: `${own.baseUrl}/Groups/${inner['id']}`, display: 'Inner', type: 'Group' },
    ])
    const { body } = await own.get(`/Users/${mira['id']}`)
    expect(body[enterpriseSchema].manager).to.deep.equal({
      value: boss['id'],
      $ref: `${own.baseUrl}/Users/${boss['id']}`,
      displayName: 'Boss',
    })
    const groups = Object.fromEntries(body['groups'].map((group: Body) => [group['display'], group['type']]))
    expect(groups).to.deep.equal({ Inner: 'direct', Outer: 'indirect' })
    const references = [
      body[enterpriseSchema].manager,
      ...body['groups'],
      ...inner['members'],
      ...outer.body['members'],
    ]
    for (const { $ref, value } of references) {
      expect((await own.get(`/${new URL($ref).pathname}`)).body['id']).to.equal(value)
    }
  })

  it('7643-4.2-04 refuses a group in itself, and stands groups in each other', async () => {
    const own = (await createTenant()).scim
    const mira = await own.createUser('mira')
    const [a, b] = [await own.createGroup('A', [mira['id']]), await own.createGroup('B')]
    const set = (group: Body, member: Body): Promise<Reply> =>
      own.put(`/Groups/${group['id']}`, {
        schemas: [groupSchema],
        displayName: group['displayName'],
        members: [{ value: member['id'] }, { value: mira['id'] }],
      })
    expectError(await set(a, a), 400, 'invalidValue')
    expect((await set(a, b)).status).to.equal(200)
    expect((await set(b, a)).status).to.equal(200)
    expect((await own.get(`/Users/${mira['id']}`)).body['groups']).to.have.length(2)
  })

  it('7643-2.3-13 7643-4.2-05 refuses members that do not exist, however they are written', async () => {
    const own = (await createTenant()).scim
    const core = await own.createGroup('Core')
    const elsewhere = await (await createTenant()).scim.createUser('elsewhere')
    for (const member of [
      { value: 'nobody' },
      { value: elsewhere['id'] },
      {},
      { display: 'x' },
      { value: 5 },
      { value: core['id'].toUpperCase() },
    ]) {
      const members = [member]
      if (Object.keys(member).length > 0) {
        expectError(
          await own.post('/Groups', { schemas: [groupSchema], displayName: 'New', members }),
          400,
          'invalidValue',
        )
        expectError(
          await own.put(`/Groups/${core['id']}`, { schemas: [groupSchema], displayName: 'Core', members }),
          400,
          'invalidValue',
        )
        expectError(
          await own.patch(`/Groups/${core['id']}`, [{ op: 'add', path: 'members', value: members }]),
          400,
          'invalidValue',
        )
      }
    }
    expect((await own.get('/Groups')).body).to.deep.include({ totalResults: 1, Resources: [core] })
  })

  it('7643-4.1-20 7644-3.5.1-06 changes membership only through the group', async () => {
    const own = (await createTenant()).scim
    const mira = await own.createUser('mira')
    const group = await own.createGroup('Core')
    for (const groups of [[{ value: group['id'] }], 'x', 5]) {
      const reply = await own.put(`/Users/${mira['id']}`, user({ groups }))
      expect([reply.status, reply.body['groups']]).to.deep.equal([200, undefined])
    }
    expectError(
      await own.patch(`/Users/${mira['id']}`, [{ op: 'add', path: 'groups', value: [{ value: group['id'] }] }]),
      400,
      'mutability',
    )
    expect((await own.get(`/Groups/${group['id']}`)).body).to.not.have.property('members')
  })
})

describe('PUT and DELETE', () => {
  let scim: ScimClient
  beforeEach(async () => {
    scim = (await createTenant()).scim
  })

  it('7644-3.5.1-01 7644-3.5.1-02 7644-3.5.1-03 7644-3.5.1-08 replaces all of a user', async () => {
    const created = await scim.createUser('mira', {
      externalId: 'e',
      title: 'T',
      active: false,
      name: {
        givenName: 'M',
        middleName: 'X',
        familyName: 'O',
      },
      emails: [
        {
          value: 'a@x.example',
          type: 'work',
        },
        { value: 'b@x.example' },
      ],
      [enterpriseSchema]: { department: 'x' },
    })
    const reply = await scim.put(
      `/Users/${created['id']}`,
      user({ name: { givenName: 'M' }, emails: [{ value: 'b@x.example' }] }),
    )
    expect([reply.status, reply.headers['etag'], reply.headers['location']]).to.deep.equal([
      200,
      'W/"2"',
      created['meta'].location,
    ])
    const { meta: _, ...rest } = reply.body
    expect(rest).to.deep.equal({
      schemas: [userSchema],
      id: created['id'],
      userName: 'mira',
      active: true,
      name: { givenName: 'M' },
      emails: [{ value: 'b@x.example' }],
    })
  })

  it('7644-3.1-04 7644-3.5.1-12 takes what GET gave', async () => {
    const boss = await scim.createUser('boss', { displayName: 'B' })
    const mira = await scim.createUser('mira', {
      [enterpriseSchema]: { manager: { value: boss['id'] } },
      emails: [{ value: 'a@x.example', primary: true }],
    })
    const group = await scim.createGroup('Core', [mira['id'], boss['id']], { externalId: 'g' })
    for (const path of [`/Users/${mira['id']}`, `/Users/${boss['id']}`, `/Groups/${group['id']}`]) {
      const { body } = await scim.get(path)
      const put = await scim.put(path, body)
      expect([put.status, put.body]).to.deep.equal([200, body])
    }
  })

  it('7644-3.5.1-07 7644-3.5.1-10 7644-3.5.1-11 7644-3.2-02 refuses what is incomplete, taken, unknown or of another type', async () => {
    const mira = await scim.createUser('mira')
    await scim.createUser('ben')
    const group = await scim.createGroup('Core')
    const path = `/Users/${mira['id']}`
    expectError(await scim.put(path, { schemas: [userSchema], title: 'x' }), 400, 'invalidValue')
    expectError(await scim.put(path, user({ userName: 'BEN' })), 409, 'uniqueness')
    expectError(await scim.put(path, { schemas: [groupSchema], displayName: 'x' }), 400, 'invalidValue')
    expectError(await scim.put('/Users/nobody', user({ userName: 'new' })), 404)
    expectError(await scim.put(`/Users/${group['id']}`, user({ userName: 'new' })), 404)
    expectError(await scim.put(`/Groups/${mira['id']}`, { schemas: [groupSchema], displayName: 'new' }), 404)
    expect((await scim.get(path)).body).to.deep.equal(mira)
    expect((await scim.get('')).body['totalResults']).to.equal(3)
  })

  it('7643-4.2-02 7644-3.5.1-05 replaces the members of a group, or takes all', async () => {
    const [a, b] = [await scim.createUser('a'), await scim.createUser('b')]
    const group = await scim.createGroup('Core', [a['id']])
    const put = async (members?: unknown): Promise<string[]> => {
      const { body } = await scim.put(`/Groups/${group['id']}`, {
        schemas: [groupSchema],
        displayName: 'Core',
        ...(members === undefined ? {} : { members }),
      })
      return (body['members'] ?? []).map((member: Body) => member['value'])
    }
    expect(await put([{ value: b['id'] }, { value: b['id'], display: 'x' }])).to.deep.equal([b['id']])
    expect(await put([{ value: a['id'] }, { value: b['id'] }])).to.have.members([a['id'], b['id']])
    expect(await put([])).to.deep.equal([])
    await put([{ value: a['id'] }])
    expect(await put()).to.deep.equal([])
  })

  it('7644-3.6-01 7644-3.6-02 7644-3.6-03 7644-3.6-04 7644-3.6-05 HTTP-9110-02 deletes a user, and every trace in other resources', async () => {
    const mira = await scim.createUser('mira')
    const report = await scim.createUser('report', { [enterpriseSchema]: { manager: { value: mira['id'] } } })
    const group = await scim.createGroup('Core', [mira['id'], report['id']])
    const path = `/Users/${mira['id']}`
    const reply = await scim.delete(path)
    expect([reply.status, reply.text]).to.deep.equal([204, ''])
    for (const again of [
      await scim.get(path),
      await scim.put(path, user()),
      await scim.patch(path, [{ op: 'remove', path: 'title' }]),
      await scim.delete(path),
    ]) {
      expectError(again, 404)
    }
    for (const filter of [`id eq "${mira['id']}"`, 'userName eq "mira"', `manager eq "${mira['id']}"`]) {
      expect((await scim.filter('/Users', filter)).body['totalResults'], filter).to.equal(0)
    }
    const after = await scim.get(`/Groups/${group['id']}`)
    expect(after.body['members'].map((member: Body) => member['value'])).to.deep.equal([report['id']])
    expect(after.headers['etag']).to.equal('W/"2"')
    const again = await scim.post('/Users', user())
    expect(again.status).to.equal(201)
    expect(again.body['id']).to.not.equal(mira['id'])
    expectError(await scim.delete('/Users/nope'), 404)
  })

  it('7644-3.6-01 7644-3.6-02 7644-3.6-05 deletes a group, also from the groups that hold it', async () => {
    const mira = await scim.createUser('mira')
    const inner = await scim.createGroup('Inner', [mira['id']])
    const outer = await scim.createGroup('Outer', [inner['id']])
    expect((await scim.delete(`/Groups/${inner['id']}`)).status).to.equal(204)
    for (const again of [await scim.get(`/Groups/${inner['id']}`), await scim.delete(`/Groups/${inner['id']}`)])
      expectError(again, 404)
    expect((await scim.get(`/Groups/${outer['id']}`)).body).to.not.have.property('members')
    expect((await scim.get(`/Users/${mira['id']}`)).body).to.not.have.property('groups')
    expect((await scim.get('/Groups')).body['totalResults']).to.equal(1)
    await scim.createGroup('Inner')
  })
})

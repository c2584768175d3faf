import { expect } from 'chai'
import { setImmediate } from 'node:timers/promises'
import supertest from 'supertest'
import { readConfig } from '../../server/config.ts'
import { query } from '../../server/db/query.ts'
import { createTenant, logLines, type Tenant } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'
import { sendRaw } from '../support/raw-http.ts'
import { patchSchema, type Reply, ScimClient, searchSchema, userSchema } from '../support/scim-client.ts'
import { expectError, withApp, user } from '../support/protocol.ts'

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

  it('7644-3.3-04 7644-3.3-06 7644-3.14-01 7644-3.14-02 7643-3.1-14 7643-3.1-15 7643-3.1-16 gives Location and ETag with every single resource', async () => {
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
    ['7644-3.2-03', 'get', '/Bulk', 405, 'POST'],
    ['7644-3.2-03', 'put', '/Bulk', 405, 'POST'],
  ]
  for (const [id, method, path, status, allow] of refused) {
    it(`${id} HTTP-9110-01 7644-3.12-05 refuses ${method.toUpperCase()} ${path} with ${status}`, async () => {
      const reply = await scim.send(method, path, method === 'get' ? undefined : user())
      expectError(reply, status)
      expect(reply.headers['allow']).to.equal(allow)
    })
  }

  it('7644-2-01 6750-2-01 6750-2-03 6750-2-04 7644-2-08 9700-2-4-03 says how to sign in, and nothing else, without credentials', async () => {
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
    for (const origin of ['http://h.example', 'http://h.example:port', 'http://h[.example]]:1', 'HTTP://']) {
      const target = `${origin}/scim/v2//Users?filter=userName+pr`
      const reply = await sendRaw(scim.baseUrl, `GET ${target} HTTP/1.1\r\n${head}`)
      expect([reply.status, JSON.parse(reply.text)['totalResults']], origin).to.deep.equal([200, 1])
    }
    const odd = await sendRaw(scim.baseUrl, `GET htp://h[.example]]:1/scim/v2/Users HTTP/1.1\r\n${head}`)
    expect([odd.status, odd.headers['content-type']]).to.deep.equal([404, 'text/plain; charset=utf-8'])
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

  it('7644-3.2-01 serves each endpoint of the standard by each of its methods', async () => {
    const { scim } = await createTenant()
    const { id } = await scim.createUser('mira')
    const group = await scim.createGroup('Core')
    const whole = ['get', 'put', 'patch', 'delete'] as const
    const table: readonly (readonly [path: string, methods: readonly ('post' | (typeof whole)[number])[]])[] = [
      ['/Users', ['get', 'post']],
      [`/Users/${id}`, whole],
      ['/Groups', ['get', 'post']],
      [`/Groups/${group['id']}`, whole],
      ['/ServiceProviderConfig', ['get']],
      ['/ResourceTypes', ['get']],
      ['/Schemas', ['get']],
      ['/Bulk', ['post']],
      ['/.search', ['post']],
      ['/Users/.search', ['post']],
      ['/Groups/.search', ['post']],
    ]
    for (const [path, methods] of table) {
      for (const method of methods) {
        const { status } = await scim.send(method, path, method === 'get' || method === 'delete' ? undefined : [])
        if (method === 'get') expect(status, path).to.equal(200)
        else if (method === 'delete') expect(status, path).to.equal(204)
        else expect(status, `${method} ${path}`).to.equal(400)
      }
    }
    const { Resources } = (await scim.get('/ResourceTypes')).body
    for (const { endpoint } of Resources) expect((await scim.get(endpoint)).status, endpoint).to.equal(200)
  })

  it('7644-3.1-01 writes every message under its own URN', async () => {
    const { scim } = await createTenant()
    const messages = 'urn:ietf:params:scim:api:messages:2.0'
    for (const path of ['/Users', '/Groups', '', '/Schemas', '/ResourceTypes'])
      expect((await scim.get(path)).body['schemas'], path).to.deep.equal([`${messages}:ListResponse`])
    const search = { schemas: [`${messages}:SearchRequest`] }
    expect((await scim.post('/.search', search)).body['schemas']).to.deep.equal([`${messages}:ListResponse`])
    expect((await scim.get('/Users/nobody')).body['schemas']).to.deep.equal([`${messages}:Error`])
  })

  it('7644-3.11-05 has no /Me for a client', async () => {
    const { scim } = await createTenant()
    await scim.createUser('mira')
    for (const method of ['get', 'put', 'patch', 'delete'] as const) {
      expectError(await scim.send(method, '/Me', method === 'get' ? undefined : user()), 404)
    }
    expect((await scim.get('/Users')).body['totalResults']).to.equal(1)
  })

  it('tells a client to continue before it answers, also where it answers an earlier request meanwhile', async () => {
    const { scim, organizationId } = await createTenant()
    const { id } = await scim.createUser('mira')
    const { host, origin } = new URL(scim.baseUrl)
    const send = (target: string, json: unknown, more: string): string => {
      const body = JSON.stringify(json)
      return `${target} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${scim.token}\r\nContent-Type: application/scim+json\r\nContent-Length: ${body.length}\r\n${more}\r\n${body}`
    }
    const patch = { schemas: [patchSchema], Operations: [{ op: 'replace', path: 'title', value: 'Engineer' }] }
    const slow = send(`PATCH /scim/v2/Users/${id}`, patch, '')
    const search = { schemas: [searchSchema], count: 1 }
    const quick = send('POST /scim/v2/Users/.search', search, 'Expect: 100-continue\r\nConnection: close\r\n')

    const other = await testDatabase().startTransaction().execute()
    await query(other, 'select 1 from users where org_id = $1 and id = $2 for update', [organizationId, id])
    const logged = logLines.length
    const replies = sendRaw(origin, slow + quick)
    while (!logLines.slice(logged).some((line) => line.includes('/.search'))) await setImmediate()
    await other.rollback().execute()
    const { text } = await replies
    const [, continued = ''] = text.split('HTTP/1.1 100 Continue\r\n\r\n')
    expect(continued).to.match(/^HTTP\/1\.1 200 OK\r\n/)
    expect(JSON.parse(continued.slice(continued.indexOf('\r\n\r\n'))).totalResults).to.equal(1)
  })
})

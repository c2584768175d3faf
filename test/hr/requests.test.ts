// What the HR API takes and refuses, whatever the endpoint: signing in, methods, parameters, bodies, and what is meant to harm.
import { expect } from 'chai'
import supertest from 'supertest'
import { clock, createTenant, getApp, logLines, operatorToken, type Tenant } from '../support/app.ts'
import { HrClient } from '../support/hr-client.ts'
import { addPerson } from '../support/organization.ts'
import { withApp } from '../support/protocol.ts'
import { sendRaw } from '../support/raw-http.ts'
import type { Reply } from '../support/scim-client.ts'

const reads = [
  '/employees',
  '/employees/{id}',
  '/employees/{id}/direct-reports',
  '/employees/{id}/chain',
  '/departments',
  '/org-chart',
  '/groups',
  '/groups/{group}/members',
] as const

describe('requests of the HR API', () => {
  let tenant: Tenant
  let hr: HrClient
  let token: string
  let personId: string
  let groupId: string
  before(async () => {
    tenant = await createTenant()
    const application = await tenant.addApplication(['hr', 'write'])
    token = application.token
    hr = new HrClient(application)
    personId = await addPerson(tenant.scim, 'Ada Holm', { department: 'Garden' })
    groupId = String((await tenant.scim.createGroup('Gardeners', [personId]))['id'])
  })

  const fill = (path: string): string => path.replace('{id}', personId).replace('{group}', groupId)

  function expectError(reply: Reply, status: number, code: string, param?: string): void {
    const { error } = reply.body as { error?: Record<string, string> }
    expect([reply.status, error?.['code'], error?.['param']], reply.text).to.deep.equal([status, code, param])
    expect(error?.['request_id']).to.equal(reply.headers['x-request-id'])
    expect(error?.['message']).to.match(/^[^\n]{1,401}[.…]$/)
    expect(reply.headers['cache-control']).to.equal('no-store')
  }

  describe('signing in', () => {
    it('is asked for on every endpoint, known or not, before anything else', async () => {
      const stranger = new HrClient(tenant.scim.withToken('wrong'))
      for (const path of [...reads.map(fill), '/nothing', '/employees?colour=red']) {
        const reply = await stranger.get(path)
        expectError(reply, 401, 'unauthorized')
        expect(reply.headers['www-authenticate']).to.equal('Bearer realm="rollcall", error="invalid_token"')
      }
      expectError(await stranger.post('/lookup', '{'), 401, 'unauthorized')
      expectError(await stranger.send('delete', '/employees'), 401, 'unauthorized')
      const { server } = await getApp()
      const bare = await supertest(server).get('/v1/hr/employees')
      expect([bare.status, bare.headers['www-authenticate']]).to.deep.equal([401, 'Bearer realm="rollcall"'])
    })

    it('needs the scope hr, and names it', async () => {
      for (const scopes of [['read'], ['read', 'write'], ['admin']] as const) {
        const other = new HrClient(await tenant.addApplication(scopes))
        for (const path of [...reads.map(fill), '/sync/status', '/nothing']) {
          const reply = await other.get(path)
          expectError(reply, 403, 'insufficient_scope')
          expect(reply.body['error'].message).to.contain("'hr'")
          expect(reply.headers['www-authenticate']).to.contain('scope="hr"')
        }
        expectError(await other.post('/lookup', { query: 'ada' }), 403, 'insufficient_scope')
        expectError(await other.post('/sync', { source: 'okta' }), 403, 'insufficient_scope')
      }
    })

    it('needs the scope write as well to start a synchronization', async () => {
      const reader = new HrClient(await tenant.addApplication(['read', 'hr']))
      const reply = await reader.post('/sync', { source: 'okta' })
      expectError(reply, 403, 'insufficient_scope')
      expect(reply.headers['www-authenticate']).to.contain('scope="write"')
      expectError(await hr.post('/sync', { source: 'okta' }), 404, 'not_found', 'source')
    })

    it('takes the token of a directory that has the scope, and shows it the whole organization', async () => {
      const { createToken } = await import('../../server/auth/tokens.ts')
      const { testDatabase } = await import('../support/postgres.ts')
      const other = await tenant.addDirectory('HR')
      const { organizationId } = tenant
      const made = {
        organizationId,
        directoryId: other.directoryId,
        name: 'T',
        scopes: ['hr'],
        expiresAt: null,
      } as const
      const { secret } = await createToken(testDatabase(), made, clock.now())
      const client = new HrClient(tenant.scim.withToken(secret))
      expect((await client.get('/groups')).body['data']).to.have.length(1)
      expect((await client.get(`/groups/${groupId}/members`)).body['data']).to.have.length(1)
    })

    it('is not done by the operator’s token', async () => {
      expectError(await new HrClient(tenant.scim.withToken(operatorToken)).get('/employees'), 401, 'unauthorized')
    })

    it('is counted: who asks too often gets 429 and when to come back', async () => {
      const scim = await tenant.addApplication(['hr'])
      await withApp({ RATE_LIMIT_PER_SECOND: '1' }, async (origin) => {
        const ask = () => fetch(`${origin}/v1/hr/departments`, { headers: { Authorization: `Bearer ${scim.token}` } })
        for (let at = 0; at < 10; at++) expect((await ask()).status).to.equal(200)
        const refused = await ask()
        expect([refused.status, refused.headers.get('retry-after')]).to.deep.equal([429, '1'])
        const body = (await refused.json()) as { error: Record<string, string> }
        expect(body.error['code']).to.equal('rate_limited')
      })
    })
  })

  describe('paths and methods', () => {
    it('that are unknown are 404', async () => {
      for (const path of ['', '/nothing', '/employees/x/y', '/groups/x', '/Employees/x/chains'])
        expectError(await hr.get(path), 404, 'not_found')
    })

    it('lead to nothing by ids that cannot be, or are another kind of thing', async () => {
      const never = `emp_${'0'.repeat(26)}`
      for (const id of [never, groupId, '%00', '%F0%9F%8C%B1', "'--", '__proto__', 'constructor', 'x'.repeat(5000)]) {
        for (const path of ['', '/direct-reports', '/chain'])
          expectError(await hr.get(`/employees/${id}${path}`), 404, 'not_found')
      }
      for (const id of [personId, '%00', 'toString']) {
        expectError(await hr.get(`/groups/${id}/members`), 404, 'not_found')
      }
      expectError(await hr.get('/employees/%zz'), 400, 'invalid_syntax')
      expectError(await hr.get('/employees/%c3'), 400, 'invalid_syntax')
    })

    it('take their own methods alone, and say which', async () => {
      for (const [path, allow] of [
        ['/employees', 'GET, HEAD'],
        [fill('/employees/{id}'), 'GET, HEAD'],
        ['/lookup', 'POST'],
        ['/sync', 'POST'],
        ['/sync/status', 'GET, HEAD'],
      ] as const) {
        for (const method of ['get', 'head', 'post', 'put', 'patch', 'delete'] as const) {
          if (allow.includes(method.toUpperCase())) continue
          const reply = await hr.send(method, path)
          expect([reply.status, reply.headers['allow']], `${method} ${path}`).to.deep.equal([405, allow])
          if (method !== 'head') expectError(reply, 405, 'method_not_allowed')
        }
        const options = await hr.send('options', path)
        expect([options.status, options.headers['allow'], options.text]).to.deep.equal([204, `${allow}, OPTIONS`, ''])
      }
    })

    it('answer HEAD as GET without the body', async () => {
      for (const path of [...reads.map(fill), '/nothing', '/employees?limit=0']) {
        const [head, get] = [await hr.send('head', path), await hr.get(path)]
        expect([head.status, head.text], path).to.deep.equal([get.status, ''])
        for (const name of ['content-type', 'cache-control']) expect(head.headers[name]).to.equal(get.headers[name])
      }
    })

    it('are never kept by caches', async () => {
      for (const path of reads) {
        const reply = await hr.get(fill(path))
        expect([reply.status, reply.headers['cache-control']], path).to.deep.equal([200, 'no-store'])
        expect(reply.headers['x-request-id']).to.match(/^req_/)
        expect(reply.headers).not.to.have.any.keys('etag', 'x-powered-by')
      }
    })
  })

  describe('parameters', () => {
    for (const [path, query, param] of [
      ['/employees', 'limit=0', 'limit'],
      ['/employees', 'limit=101', 'limit'],
      ['/employees', 'limit=-1', 'limit'],
      ['/employees', 'limit=', 'limit'],
      ['/employees', 'limit=ten', 'limit'],
      ['/employees', 'limit=1e1', 'limit'],
      ['/employees', 'limit=1.5', 'limit'],
      ['/employees', 'limit=0x10', 'limit'],
      ['/employees', 'limit=99999999999999999999', 'limit'],
      ['/employees', 'limit=10&limit=10', 'limit'],
      ['/employees', 'limit[]=10', 'limit[]'],
      ['/employees', 'Limit=10', 'Limit'],
      ['/employees', 'offset=10', 'offset'],
      ['/employees', '__proto__=1', '__proto__'],
      ['/employees', 'constructor=1', 'constructor'],
      ['/employees', 'access_token=secret-canary', 'access_token'],
      ['/employees', 'status=asleep', 'status'],
      ['/employees', 'status=', 'status'],
      ['/employees', 'department=', 'department'],
      ['/employees', 'department=%00', 'department'],
      ['/employees', 'department=a%00b', 'department'],
      ['/employees', `department=${'x'.repeat(257)}`, 'department'],
      ['/employees', 'source=Azure%20AD', 'source'],
      ['/employees', 'manager_id=', 'manager_id'],
      ['/employees', 'search=%20', 'search'],
      ['/employees', `search=${'x'.repeat(257)}`, 'search'],
      ['/employees/{id}', 'limit=1', 'limit'],
      ['/employees/{id}/direct-reports', 'limit=1001', 'limit'],
      ['/employees/{id}/direct-reports', 'include_inactive=yes', 'include_inactive'],
      ['/employees/{id}/chain', 'direction=sideways', 'direction'],
      ['/employees/{id}/chain', 'max_depth=0', 'max_depth'],
      ['/employees/{id}/chain', 'max_depth=101', 'max_depth'],
      ['/departments', 'limit=1001', 'limit'],
      ['/departments', 'include_inactive=1', 'include_inactive'],
      ['/org-chart', 'max_depth=101', 'max_depth'],
      ['/org-chart', 'root_id=', 'root_id'],
      ['/org-chart', 'department=%20%20', 'department'],
      ['/groups', 'limit=101', 'limit'],
      ['/groups', 'is_security_group=TRUE', 'is_security_group'],
      ['/groups', 'search=', 'search'],
      ['/groups/{group}/members', 'limit=201', 'limit'],
      ['/groups/{group}/members', 'resolve_nested=', 'resolve_nested'],
      ['/sync/status', 'sync_id=', 'sync_id'],
      ['/sync/status', `sync_id=${'x'.repeat(101)}`, 'sync_id'],
    ] as const) {
      it(`are 400 and named: ${path}?${query.slice(0, 40)}`, async () => {
        const reply = await hr.get(`${fill(path)}?${query}`)
        expectError(reply, 400, 'invalid_value', param)
        expect(reply.body['error'].message).to.contain(param)
        expect(reply.text).not.to.contain('canary')
      })
    }

    for (const cursor of [
      '',
      'x',
      '%00',
      'eyJpZCI6',
      Buffer.from('{"id":7}').toString('base64url'),
      Buffer.from('{"id":""}').toString('base64url'),
      Buffer.from('{"id":"a\\u0000"}').toString('base64url'),
      Buffer.from('{"id":"\\ud800"}').toString('base64url'),
      Buffer.from('{"id":"a","rank":-1}').toString('base64url'),
      Buffer.from('{"id":"a","more":1}').toString('base64url') + '=',
      Buffer.from('[]').toString('base64url'),
      Buffer.from('null').toString('base64url'),
      Buffer.from('{ "id": "a" }').toString('base64'),
    ]) {
      it(`are 400 and named: the cursor ${cursor}`, async () => {
        for (const path of ['/employees', '/departments', '/groups', fill('/employees/{id}/direct-reports')]) {
          const reply = await hr.get(`${path}?cursor=${cursor}`)
          expect([reply.status, reply.body['error']?.param], path).to.deep.equal([400, 'cursor'])
          expect(reply.body['error'].message).to.contain('cursor')
        }
      })
    }

    it('that are no UTF-8 are 400', async () => {
      expectError(await hr.get('/employees?department=%ZZ'), 400, 'invalid_syntax')
      expectError(await hr.get('/employees?%c3=1'), 400, 'invalid_syntax')
    })

    it('are read as forms write them', async () => {
      await addPerson(tenant.scim, 'Ben Holm', { department: 'Rock & Alpine + Fern' })
      for (const written of [
        'Rock+%26+Alpine+%2B+Fern',
        'Rock%20%26%20Alpine%20%2B%20Fern',
        'rock+%26+alpine+%2B+fern',
      ])
        expect((await hr.get(`/employees?department=${written}&`)).body['data'], written).to.have.length(1)
      expect((await hr.get('/employees?')).status).to.equal(200)
    })

    it('that name what is not there find nothing', async () => {
      const never = `emp_${'0'.repeat(26)}`
      for (const query of [
        'department=Nowhere',
        `manager_id=${never}`,
        'manager_id=%F0%9F%8C%B1',
        'source=workday',
        'search=qqqqq',
      ])
        expect((await hr.get(`/employees?${query}`)).body, query).to.deep.equal({
          has_more: false,
          next_cursor: null,
          data: [],
        })
      expectError(await hr.get(`/org-chart?root_id=${never}`), 404, 'not_found', 'root_id')
      expectError(await hr.get('/sync/status?sync_id=sync_0'), 404, 'not_found', 'sync_id')
      expectError(await hr.get('/sync/status'), 404, 'not_found')
      expectError(await hr.get('/sync/status?source=okta'), 404, 'not_found', 'source')
    })
  })

  describe('bodies', () => {
    for (const [path, body, param] of [
      ['/lookup', {}, 'query'],
      ['/lookup', { query: '' }, 'query'],
      ['/lookup', { query: '  ' }, 'query'],
      ['/lookup', { query: 7 }, 'query'],
      ['/lookup', { query: ['ada'] }, 'query'],
      ['/lookup', { query: { toString: 'ada' } }, 'query'],
      ['/lookup', { query: null }, 'query'],
      ['/lookup', { query: 'x'.repeat(257) }, 'query'],
      ['/lookup', { query: 'ada', limit: 0 }, 'limit'],
      ['/lookup', { query: 'ada', limit: 21 }, 'limit'],
      ['/lookup', { query: 'ada', limit: '5' }, 'limit'],
      ['/lookup', { query: 'ada', limit: 1.5 }, 'limit'],
      ['/lookup', { query: 'ada', status: 'asleep' }, 'status'],
      ['/lookup', { query: 'ada', status: ['active'] }, 'status'],
      ['/lookup', { query: 'ada', colour: 'red' }, 'colour'],
      ['/lookup', '{"query": "ada", "__proto__": {"limit": 1}}', '__proto__'],
      ['/lookup', '{"query": "ada", "constructor": 1}', 'constructor'],
      ['/lookup', [], undefined],
      ['/lookup', '"ada"', undefined],
      ['/lookup', 'null', undefined],
      ['/lookup', undefined, undefined],
      ['/lookup', '{"query": "a\\u0000"}', undefined],
      ['/lookup', '{"query": "\\ud800"}', undefined],
      ['/sync', {}, 'source'],
      ['/sync', { source: 'Azure AD' }, 'source'],
      ['/sync', { source: ['okta'] }, 'source'],
      ['/sync', { source: 'okta', sync_type: 'some' }, 'sync_type'],
      ['/sync', { source: 'okta', include_groups: 'true' }, 'include_groups'],
      ['/sync', { source: 'okta', organization: 'x' }, 'organization'],
    ] as const) {
      it(`are 400 and named: ${path} ${(JSON.stringify(body) ?? 'nothing').slice(0, 60)}`, async () => {
        const reply = await hr.send('post', path, body)
        expectError(reply, 400, 'invalid_value', param)
        if (param !== undefined) expect(reply.body['error'].message).to.contain(param)
      })
    }

    it('are JSON', async () => {
      for (const body of [
        '{',
        '{"query": "ada"',
        '{"query": "ada", "query": "ben"}',
        '['.repeat(100) + ']'.repeat(100),
      ])
        expectError(await hr.send('post', '/lookup', body), 400, 'invalid_syntax')
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=utf-16']) {
        const reply = await hr.send('post', '/lookup', '{"query": "ada"}', { 'Content-Type': type })
        expectError(reply, 415, 'unsupported_media_type')
      }
    })

    it('are small', async () => {
      const text = JSON.stringify({ query: 'x'.repeat(10_000_000) })
      expectError(await hr.send('post', '/lookup', text), 413, 'too_large')
      const { origin } = await getApp()
      const head = `POST /v1/hr/lookup HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nTransfer-Encoding: chunked\r\n\r\n`
      const chunk = `100000\r\n${' '.repeat(0x100000)}\r\n`
      expect((await sendRaw(origin, head, chunk, chunk)).status).to.equal(413)
    })
  })

  it('leave no text of people, and no token, in the log', async () => {
    const before = logLines.length
    await hr.get('/employees', { search: 'canary-search' })
    await hr.post('/lookup', { query: 'canary-query' })
    await hr.get('/employees', { department: 'canary-department', colour: 'canary-red' })
    await new HrClient(tenant.scim.withToken('canary-token')).get('/employees')
    const lines = logLines.slice(before).join('')
    expect(lines).to.contain('/v1/hr/employees').and.not.to.contain('canary').and.not.to.contain(token)
  })
})

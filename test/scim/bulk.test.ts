import { createServer } from 'node:http'
import { expect } from 'chai'
import supertest from 'supertest'
import { createApp } from '../../server/app.ts'
import { readConfig } from '../../server/config.ts'
import { query } from '../../server/db/query.ts'
import { createLogger } from '../../server/ops/logger.ts'
import { createTenant, getApp, logLines, type Tenant } from '../support/app.ts'
import { bulkSchema, listStatuses, patch, postGroup, postUser, readId, runBulk, sendBulk } from '../support/bulk.ts'
import { testDatabase } from '../support/postgres.ts'
import { createStrictTenant, expectError, withApp } from '../support/protocol.ts'
import { sendRaw } from '../support/raw-http.ts'
import { type Body, groupSchema, patchSchema, ScimClient, userSchema } from '../support/scim-client.ts'

const list = <Item>(length: number, make: (index: number) => Item): Item[] => Array.from({ length }, (_, i) => make(i))

describe('a bulk request', () => {
  let tenant: Tenant
  let scim: ScimClient
  beforeEach(async () => {
    tenant = await createTenant()
    scim = tenant.scim
  })

  const listUserNames = async (): Promise<string[]> => {
    const { body } = await scim.get('/Users?sortBy=userName')
    return (body['Resources'] as Body[]).map((user) => user['userName'] as string)
  }

  describe('as a message', () => {
    it('7644-3.7-02 7644-3.7-08 must be a BulkRequest with operations, or nothing of it is done', async () => {
      const Operations = [postUser('a', 'mira')]
      const refused: readonly unknown[] = [
        { Operations },
        { schemas: [], Operations },
        { schemas: bulkSchema, Operations },
        { schemas: [patchSchema], Operations },
        { schemas: [bulkSchema] },
        { schemas: [bulkSchema], Operations: [] },
        { schemas: [bulkSchema], Operations: Operations[0] },
        { schemas: [bulkSchema], Operations: [...Operations, null] },
        { schemas: [bulkSchema], Operations: [...Operations, 'POST'] },
        { schemas: [bulkSchema], Operations: [...Operations, { method: 'POST', Method: 'PUT' }] },
        { schemas: [bulkSchema], Operations, operations: [] },
        Operations,
        'text',
      ]
      for (const body of refused) expectError(await scim.post('/Bulk', JSON.stringify(body)), 400, 'invalidSyntax')
      expectError(await scim.post('/Bulk', undefined), 400, 'invalidSyntax')
      expect(await listUserNames()).to.deep.equal([])
      const reply = await scim.post('/Bulk', { SCHEMAS: [bulkSchema.toUpperCase()], operations: Operations })
      expect(reply.status).to.equal(200)
      expect(reply.body['schemas']).to.deep.equal(['urn:ietf:params:scim:api:messages:2.0:BulkResponse'])
      expect(await listUserNames()).to.deep.equal(['mira'])
    })

    it('7644-3.7-15 has a limit of operations, which is advertised and named', async () => {
      const { bulk } = (await scim.get('/ServiceProviderConfig')).body as { bulk: { maxOperations: number } }
      const reply = await sendBulk(
        scim,
        list(bulk.maxOperations + 1, (index) => postUser(`u${index}`, `user${index}`)),
      )
      expectError(reply, 413)
      expect(reply.body['detail']).to.include(String(bulk.maxOperations))
      expect(await listUserNames()).to.deep.equal([])
    })

    it('7644-3.7-15 has a limit of bytes, which is that of the server, advertised and named', async () => {
      await withApp({ MAX_BODY_BYTES: '20000', RATE_LIMIT_PER_SECOND: '100000' }, async (origin) => {
        const small = new ScimClient(supertest(origin), origin, scim.token)
        const config = (await small.get('/ServiceProviderConfig')).body
        expect(config['bulk']).to.deep.equal({ supported: true, maxOperations: 1000, maxPayloadSize: 20_000 })
        // Not even JSON: the size is looked at first.
        const large = '{'.repeat(20_001)
        const head = `POST /scim/v2/Bulk HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${scim.token}\r\nContent-Type: application/scim+json\r\n`
        for (const [length, body] of [
          [`Content-Length: ${large.length}`, large],
          ['Transfer-Encoding: chunked', `${large.length.toString(16)}\r\n${large}\r\n0\r\n\r\n`],
        ]) {
          const reply = await sendRaw(origin, `${head}${length}\r\n\r\n`, body ?? '')
          expect(reply.status).to.equal(413)
          expect((JSON.parse(reply.text) as Body)['detail']).to.include('20000')
        }
        expect((await sendBulk(small, [postUser('a', 'mira')])).status).to.equal(200)
      })
    })

    it('takes 1000 operations, and gives their results in order', async function () {
      this.timeout(60_000)
      const results = await runBulk(
        scim,
        list(1000, (index) => postUser(`bulk-${index}`, `user${index}`)),
      )
      expect(results.map((result) => [result['bulkId'], result['status']])).to.deep.equal(
        list(1000, (index) => [`bulk-${index}`, '201']),
      )
      expect((await scim.get('/Users?count=0')).body['totalResults']).to.equal(1000)
    })

    it('counts as many requests as it has operations', async () => {
      const now = new Date()
      let aheadMs = 0
      const app = createApp({
        config: readConfig({ RATE_LIMIT_PER_SECOND: '1' }),
        db: testDatabase(),
        logger: createLogger('silent'),
        now: () => new Date(now.getTime() + aheadMs),
      })
      const server = createServer(app.listener).listen(0, '127.0.0.1')
      try {
        const limited = new ScimClient(supertest(server), 'http://127.0.0.1', scim.token)
        expect((await limited.get('/Users')).status).to.equal(200)
        const operations = list(30, (index) => ({ method: 'DELETE', path: `/Users/nobody${index}` }))
        expect((await sendBulk(limited, operations)).status).to.equal(200)
        // Ten at once, one and thirty were taken.
        const refused = await limited.get('/Users')
        expect([refused.status, refused.headers['retry-after']]).to.deep.equal([429, '22'])
        aheadMs = 22_000
        expect((await limited.get('/Users')).status).to.equal(200)
        expect((await limited.get('/Users')).status).to.equal(429)
      } finally {
        server.close()
      }
    })

    it('has no use for preconditions and parameters of its own', async () => {
      const user = await scim.createUser('mira')
      const body = {
        schemas: [bulkSchema],
        Operations: [postUser('a', 'otto'), patch(`/Users/${user['id']}`, { op: 'add', path: 'title', value: 'x' })],
      }
      const headers = { 'If-Match': 'W/"77"', 'If-None-Match': '*', Prefer: 'return=representation' }
      const reply = await scim.post('/Bulk?attributes=nothing&excludedAttributes=title&filter=(', body, headers)
      expect(reply.status, reply.text).to.equal(200)
      expect(listStatuses(reply.body['Operations'] as Body[])).to.deep.equal(['201', '200'])
    })
  })

  describe('with operations that cannot be', () => {
    /** Runs one operation between two that are right, which it must not disturb. */
    async function runBetween(operation: Body): Promise<Body> {
      const name = `between-${Math.random()}`
      const operations = [postUser(`${name}-1`, `${name}-1`), operation, postUser(`${name}-2`, `${name}-2`)]
      const results = await runBulk(scim, operations)
      expect([results.length, results[0]?.['status'], results[2]?.['status']]).to.deep.equal([3, '201', '201'])
      return results[1] ?? {}
    }

    async function expectRefused(operation: Body, status: string, scimType?: string): Promise<Body> {
      const result = await runBetween(operation)
      const { response } = result as { response: Body }
      expect([result['status'], response?.['scimType']], JSON.stringify([operation, result])).to.deep.equal([
        status,
        scimType,
      ])
      return result
    }

    it('7644-3.7-03 refuses methods that are none, and takes them in any case where the directory is not strict', async () => {
      const { id } = await scim.createUser('mira')
      for (const method of [
        'GET',
        'get',
        'HEAD',
        'OPTIONS',
        'POSTS',
        '',
        'toString',
        '__proto__',
        1,
        null,
        undefined,
      ]) {
        const result = await expectRefused({ method, path: `/Users/${id}`, bulkId: 'x' }, '400', 'invalidSyntax')
        expect(result['bulkId']).to.equal('x')
        expect(result['method']).to.equal(typeof method === 'string' && method !== '' ? method : undefined)
      }
      expect(await runBetween({ method: 'delete', path: `/Users/${id}` })).to.include({
        status: '204',
        method: 'DELETE',
      })
      const strict = (await createStrictTenant()).scim
      const results = await runBulk(strict, [{ ...postUser('a', 'mira'), method: 'Post' }, postUser('b', 'otto')])
      expect(listStatuses(results)).to.deep.equal(['400', '201'])
      expect(results[0]?.['response']).to.include({ scimType: 'invalidSyntax' })
    })

    it('7644-3.7-04 7644-3.7-12 requires a bulkId with POST, and repeats every bulkId in its result', async () => {
      for (const bulkId of [undefined, null, '', 7, {}]) {
        const result = await expectRefused({ ...postUser('', 'mira'), bulkId }, '400', 'invalidValue')
        expect(result).to.not.have.property('bulkId')
      }
      const user = await scim.createUser('mira')
      const path = `/Users/${user['id']}`
      const results = await runBulk(scim, [
        { method: 'PUT', path, bulkId: 'put', data: { schemas: [userSchema], userName: 'mira' } },
        { ...patch(path, { op: 'add', path: 'title', value: 1 }), bulkId: 'patch' },
        { method: 'DELETE', path, bulkId: 'delete' },
        { method: 'DELETE', path },
      ])
      expect(results.map((result) => [result['bulkId'], result['status']])).to.deep.equal([
        ['put', '200'],
        ['patch', '400'],
        ['delete', '204'],
        [undefined, '404'],
      ])
    })

    it('7644-3.7-04 does none of several operations with the same bulkId', async () => {
      const results = await runBulk(scim, [
        postUser('same', 'one'),
        postUser('other', 'two'),
        postUser('same', 'three'),
        postGroup('group', 'Core', ['bulkId:same']),
        postUser('SAME', 'four'),
      ])
      expect(listStatuses(results)).to.deep.equal(['400', '201', '400', '400', '201'])
      for (const index of [0, 2, 3]) expect(results[index]?.['response']).to.include({ scimType: 'invalidValue' })
      expect(await listUserNames()).to.deep.equal(['four', 'two'])
    })

    it('7644-3.7-05 finds the endpoint by its path below the root, with a prefix or without', async () => {
      const { data } = postUser('a', 'mira')
      const post = async (path: string): Promise<Body> => {
        const result = await runBetween({ method: 'POST', path, bulkId: 'post', data: { ...data, userName: path } })
        expect(result['status'], path).to.equal('201')
        return result
      }
      for (const path of [
        '/Users',
        'Users',
        '/users/',
        '/v2/Users',
        'v2/Users',
        '/scim/v2/Users',
        '//Users',
        '/%55sers',
      ])
        await post(path)
      const id = readId(await post(`${scim.baseUrl}/Users`))
      for (const path of [`/Users/${id}`, `Users/${id}`, `/v2/Users/${id}`, `${scim.baseUrl}/Users/${id}`]) {
        const result = await runBetween(patch(path, { op: 'replace', path: 'title', value: path }))
        expect(result).to.include({ status: '200', location: `${scim.baseUrl}/Users/${id}` })
        expect((await scim.get(`/Users/${id}`)).body['title']).to.equal(path)
      }
    })

    it('7644-3.7-05 refuses paths that name no resource type or resource', async () => {
      const { id } = await scim.createUser('mira')
      const { data } = postUser('a', 'otto')
      const post = { method: 'POST', bulkId: 'post', data }
      for (const path of [undefined, null, 7, '', ' ', '/Users?attributes=id', `/Users#x`, '/Users/%ZZ', '/Users/%ff'])
        await expectRefused({ ...post, path }, '400', 'invalidSyntax')
      for (const path of ['/Widgets', '/Userss', '/v1/Users', '/Users/x/y', 'https://other.example/scim/v2/Users'])
        await expectRefused({ ...post, path }, '404')
      await expectRefused({ ...post, path: `/Users/${id}` }, '405')
      await expectRefused({ method: 'PUT', path: '/Users', data }, '405')
      await expectRefused(patch('/Groups', { op: 'remove', path: 'members' }), '405')
      await expectRefused({ method: 'DELETE', path: '/Users/' }, '405')
      await expectRefused({ method: 'DELETE', path: '/Users/%00' }, '404')
      await expectRefused({ method: 'DELETE', path: `/Groups/${id}` }, '404')
      expect((await scim.get(`/Users/${id}`)).body).to.include({ userName: 'mira' })
    })

    it('7644-3.7-05 takes only exact paths where the directory is strict', async () => {
      const strict = (await createStrictTenant()).scim
      const paths = ['/Users', 'Users', '/v2/Users', `${strict.baseUrl}/Users`]
      const results = await runBulk(
        strict,
        paths.map((path, index) => ({ ...postUser(`u${index}`, `user${index}`), path })),
      )
      expect(listStatuses(results)).to.deep.equal(['201', '400', '400', '400'])
    })

    it('7644-3.7-18 refuses what is an endpoint, but none of resources', async () => {
      const { data } = postUser('a', 'otto')
      const nested = { schemas: [bulkSchema], Operations: [postUser('inner', 'inner')] }
      for (const path of ['/Bulk', '/bulk', '/v2/Bulk', '/.search', '/Users/.search', '/Me', '/', '/Schemas/x'])
        await expectRefused({ method: 'POST', path, bulkId: 'post', data: nested }, '400', 'invalidValue')
      for (const path of ['/Me', '/ServiceProviderConfig', '/ResourceTypes/User', `/Schemas/${userSchema}`])
        await expectRefused({ method: 'PUT', path, data }, '400', 'invalidValue')
      expect((await scim.filter('/Users', 'userName eq "inner"')).body['totalResults']).to.equal(0)
    })

    it('7644-3.7-06 requires data with POST, PUT and PATCH, in the form of the single request', async () => {
      const { id } = await scim.createUser('mira')
      for (const operation of [
        { method: 'POST', path: '/Users', bulkId: 'a' },
        { method: 'PUT', path: `/Users/${id}` },
        { method: 'PATCH', path: `/Users/${id}` },
      ]) {
        for (const data of [undefined, null, 'text', [], 7])
          await expectRefused({ ...operation, data }, '400', 'invalidSyntax')
      }
      // The RFC shows the operations of a PATCH bare, which its errata correct.
      const bare = [{ op: 'replace', path: 'title', value: 'x' }]
      await expectRefused({ method: 'PATCH', path: `/Users/${id}`, data: bare }, '400', 'invalidSyntax')
      await expectRefused({ method: 'PATCH', path: `/Users/${id}`, version: 7, data: {} }, '400', 'invalidValue')
      expect((await scim.get(`/Users/${id}`)).body['meta'].version).to.equal('W/"1"')
    })

    it('7644-3.7-12 7644-3.7-08 gives each the error that the single request would get, with status 200 for the whole', async () => {
      const mira = await scim.createUser('mira')
      const bad = { schemas: [userSchema], userName: 'new', title: 7 }
      const taken = { schemas: [userSchema], userName: 'MIRA' }
      const unknown = { schemas: [groupSchema], displayName: 'Core', members: [{ value: 'nobody' }] }
      const path = `/Users/${mira['id']}`
      const operation = { op: 'replace', path: 'nickName.x', value: 'x' }
      const [asBody, asGroup] = [{ schemas: [patchSchema], Operations: [operation] }, '/Groups/nobody']
      const single = [
        await scim.post('/Users', bad),
        await scim.post('/Users', taken),
        await scim.post('/Groups', unknown),
        await scim.put(path, bad),
        await scim.send('patch', path, asBody),
        await scim.delete(asGroup),
      ]
      const results = await runBulk(scim, [
        { method: 'POST', path: '/Users', bulkId: '1', data: bad },
        { method: 'POST', path: '/Users', bulkId: '2', data: taken },
        { method: 'POST', path: '/Groups', bulkId: '3', data: unknown },
        { method: 'PUT', path, data: bad },
        { method: 'PATCH', path, data: asBody },
        { method: 'DELETE', path: asGroup },
      ])
      expect(results.map((result) => result['response'] as Body)).to.deep.equal(single.map((reply) => reply.body))
      expect(listStatuses(results)).to.deep.equal(single.map((reply) => String(reply.status)))
      expect(listStatuses(results)).to.deep.equal(['400', '409', '400', '400', '400', '404'])
      expect(results.map((result) => result['location'] as string | undefined)).to.deep.equal([
        undefined,
        undefined,
        undefined,
        `${scim.baseUrl}${path}`,
        `${scim.baseUrl}${path}`,
        `${scim.baseUrl}${asGroup}`,
      ])
    })
  })

  it('7644-3.7-12 7644-3.7-13 tells method, location, version and status of what went well, and not the resource', async () => {
    const user = await scim.createUser('mira')
    const group = await scim.createGroup('Core', [user['id']])
    const [userPath, groupPath] = [`/Users/${user['id']}`, `/Groups/${group['id']}`]
    const results = await runBulk(scim, [
      postUser('new', 'otto'),
      { method: 'PUT', path: userPath, data: { schemas: [userSchema], userName: 'mira', title: 'Lead' } },
      patch(userPath, { op: 'replace', path: 'title', value: 'Head' }),
      patch(groupPath, { op: 'remove', path: 'members' }),
      { method: 'DELETE', path: groupPath },
    ])
    const created = await scim.filter('/Users', 'userName eq "otto"')
    const { location } = created.body['Resources'][0].meta
    expect(results).to.deep.equal([
      { method: 'POST', bulkId: 'new', location, version: 'W/"1"', status: '201' },
      { method: 'PUT', location: `${scim.baseUrl}${userPath}`, version: 'W/"2"', status: '200' },
      { method: 'PATCH', location: `${scim.baseUrl}${userPath}`, version: 'W/"3"', status: '200' },
      { method: 'PATCH', location: `${scim.baseUrl}${groupPath}`, version: 'W/"2"', status: '204' },
      { method: 'DELETE', location: `${scim.baseUrl}${groupPath}`, status: '204' },
    ])
    expect((await scim.get(userPath)).body).to.include({ title: 'Head' })
    expect((await scim.get(groupPath)).status).to.equal(404)
  })

  it('7644-3.7-07 changes only the version that is given', async () => {
    const user = await scim.createUser('mira')
    const group = await scim.createGroup('Core')
    const [userPath, groupPath] = [`/Users/${user['id']}`, `/Groups/${group['id']}`]
    const put = (title: string, version?: string): Body => ({
      method: 'PUT',
      path: userPath,
      version,
      data: { schemas: [userSchema], userName: 'mira', title },
    })
    const results = await runBulk(scim, [
      put('stale', 'W/"7"'),
      put('first', 'W/"1"'),
      put('second', 'W/"1"'),
      { ...patch(userPath, { op: 'replace', path: 'title', value: 'third' }), version: 'W/"1"' },
      { ...patch(groupPath, { op: 'replace', path: 'displayName', value: 'x' }), version: 'W/"2"' },
      { method: 'DELETE', path: groupPath, version: 'W/"2"' },
      { method: 'DELETE', path: userPath, version: 'W/"1"' },
      put('last'),
      // A resource that is not there yet has no version.
      { ...postUser('new', 'otto'), version: 'W/"7"' },
      { method: 'DELETE', path: groupPath, version: 'W/"1"' },
    ])
    expect(listStatuses(results)).to.deep.equal([
      ...['412', '200', '412', '412', '412', '412', '412'],
      ...['200', '201', '204'],
    ])
    expect((await scim.get(userPath)).body).to.include({ title: 'last' })
  })

  it('7644-3.7-09 goes on after failures', async () => {
    const results = await runBulk(scim, [postUser('a', 'one'), postUser('b', 'one'), postUser('c', 'two')])
    expect(listStatuses(results)).to.deep.equal(['201', '409', '201'])
    expect(await listUserNames()).to.deep.equal(['one', 'two'])
  })

  it('7644-3.7-10 7644-3.7-11 stops after as many errors as failOnErrors says', async () => {
    const bad = (bulkId: string): Body => postUser(bulkId, '')
    const operations = [
      postUser('a', 'one'),
      bad('b'),
      postUser('c', 'two'),
      bad('d'),
      postUser('e', 'three'),
      bad('f'),
    ]
    expect(listStatuses(await runBulk(scim, operations, { failOnErrors: 1 }))).to.deep.equal(['201', '400'])
    expect(await listUserNames()).to.deep.equal(['one'])
    const second = await runBulk(scim, operations.slice(1), { failOnErrors: 2 })
    expect(listStatuses(second)).to.deep.equal(['400', '201', '400'])
    expect(await listUserNames()).to.deep.equal(['one', 'two'])
    const third = await runBulk(scim, operations, { failOnErrors: 6 })
    expect(listStatuses(third)).to.deep.equal(['409', '400', '409', '400', '201', '400'])
    expect(await runBulk(scim, [bad('g')], { failOnErrors: null })).to.have.length(1)
  })

  it('7644-3.7-10 must have a failOnErrors that can be counted to', async () => {
    for (const failOnErrors of [0, -1, 1.5, '1', true, {}])
      expectError(await sendBulk(scim, [postUser('a', 'mira')], { failOnErrors }), 400, 'invalidValue')
    expect(await listUserNames()).to.deep.equal([])
  })

  it('7644-3.7-16 may do with each operation what its token may', async () => {
    const user = await scim.createUser('mira')
    const path = `/Users/${user['id']}`
    const operations = [
      postUser('a', 'otto'),
      postUser('b', 'b', { manager: { value: 'bulkId:c' } }),
      postUser('c', 'c', { manager: { value: 'bulkId:b' } }),
      postGroup('d', 'Core', ['bulkId:a']),
      { method: 'PUT', path, data: { schemas: [userSchema], userName: 'taken' } },
      patch(path, { op: 'replace', path: 'title', value: 'x' }),
      { method: 'DELETE', path },
      { method: 'DELETE', path: '/Groups/nobody' },
    ]
    const reader = await tenant.addApplication(['read'])
    const results = await runBulk(reader, operations)
    expect(listStatuses(results)).to.deep.equal(list(8, () => '403'))
    const { body } = await reader.delete(path)
    for (const result of results) expect(result['response']).to.deep.equal(body)
    expect(await listUserNames()).to.deep.equal(['mira'])
    const admin = await runBulk(await tenant.addApplication(['admin']), operations)
    expect(listStatuses(admin)).to.deep.equal(list(8, () => '403'))
    const writer = await runBulk(await tenant.addApplication(['write']), [postUser('written', 'written')])
    expect(listStatuses(writer)).to.deep.equal(['201'])
    expect((await scim.delete(`/Users/${readId(writer[0])}`)).status).to.equal(204)
    expectError(await scim.withToken('wrong').post('/Bulk', { Operations: operations }), 401)
    expect((await scim.get(path)).body['meta'].version).to.equal('W/"1"')
  })

  it('7644-3.7-16 finds nothing of another organization, nor the groups of another directory', async () => {
    const other = await createTenant()
    const user = await other.scim.createUser('foreign')
    const neighbour = (await tenant.addDirectory('HR')).scim
    const group = await neighbour.createGroup('Theirs')
    const results = await runBulk(scim, [
      { method: 'DELETE', path: `/Users/${user['id']}` },
      { method: 'PUT', path: `/Users/${user['id']}`, data: { schemas: [userSchema], userName: 'taken' } },
      patch(`/Groups/${group['id']}`, { op: 'replace', path: 'displayName', value: 'x' }),
      postGroup('a', 'Ours', [user['id']]),
    ])
    expect(listStatuses(results)).to.deep.equal(['404', '404', '404', '400'])
    expect((await other.scim.get(`/Users/${user['id']}`)).body).to.include({ userName: 'foreign' })
    expect((await neighbour.get(`/Groups/${group['id']}`)).body).to.include({ displayName: 'Theirs' })
  })

  it('leaves a change row and an event for each operation, under the id of the request', async () => {
    const reply = await sendBulk(scim, [
      postUser('a', 'mira'),
      postGroup('g', 'Core', ['bulkId:a']),
      patch('/Users/bulkId:a', { op: 'add', path: 'title', value: 'Lead' }),
      postUser('b', 'MIRA'),
    ])
    expect(listStatuses(reply.body['Operations'] as Body[])).to.deep.equal(['201', '201', '200', '409'])
    const changes = await query(
      testDatabase(),
      `select resource_type, operation, version, request_id, directory_id from changes where org_id = $1 order by id`,
      [tenant.organizationId],
    )
    const by = { request_id: reply.headers['x-request-id'], directory_id: tenant.directoryId }
    expect(changes).to.deep.equal([
      { resource_type: 'User', operation: 'create', version: 1, ...by },
      { resource_type: 'Group', operation: 'create', version: 1, ...by },
      { resource_type: 'User', operation: 'update', version: 2, ...by },
    ])
    const events = await query<{ type: string }>(
      testDatabase(),
      `select type from outbox where org_id = $1 and resource_type <> 'Directory' order by id`,
      [tenant.organizationId],
    )
    expect(events.map(({ type }) => type)).to.deep.equal([
      'user.created',
      'group.created',
      'membership.added',
      'user.updated',
    ])
  })

  it('is one line in the request log, with what was repaired and what failed in each operation', async () => {
    const reply = await sendBulk(scim, [
      { ...postUser('a', 'mira', { emails: { value: 'mira@larkspur.example' } }), method: 'post' },
      { ...postUser('b', 'mira', { active: 'True' }), path: 'Users' },
      ...list(150, (index) => postUser(`u${index}`, `user${index}`, { shoeSize: 46 })),
    ])
    const { app } = await getApp()
    await app.requestLog.flush()
    const rows = await query<{ path: string; status: number; error: string | null; notes: Body[] }>(
      testDatabase(),
      'select path, status, error, notes from request_log where org_id = $1 and id = $2',
      [tenant.organizationId, reply.headers['x-request-id']],
    )
    expect(rows).to.have.length(1)
    const { notes, ...row } = rows[0] ?? { notes: [] }
    expect(row).to.deep.equal({ path: '/scim/v2/Bulk', status: 200, error: null })
    expect(notes).to.have.length(100)
    expect(notes.slice(0, 6)).to.deep.equal([
      { path: 'Operations[0].method', note: 'read as POST' },
      { path: 'Operations[1].path', note: 'read as /Users' },
      { path: 'Operations[0].emails', note: 'a single value was read as an array of one' },
      { path: 'Operations[1]', note: '409: userName is taken by another user.' },
      { path: 'Operations[1].active', note: 'the string "True" was read as true' },
      { path: 'Operations[2].shoeSize', note: 'not in the schema: ignored' },
    ])
  })

  describe('when the server fails', () => {
    /** Makes the database refuse a user by their name, with a fault of its own. */
    async function withFault(sqlState: string, work: (userName: string) => Promise<void>): Promise<void> {
      const name = `fault_${tenant.organizationId}`
      const db = testDatabase()
      await query(
        db,
        `create function ${name}() returns trigger language plpgsql as
         $$ begin raise exception 'secret inner workings' using errcode = '${sqlState}'; end $$`,
      )
      await query(
        db,
        `create trigger ${name} before insert on users for each row
         when (new.org_id = '${tenant.organizationId}' and new.user_name_key = 'fault') execute function ${name}()`,
      )
      try {
        await work('fault')
      } finally {
        await query(db, `drop trigger ${name} on users`)
        await query(db, `drop function ${name}()`)
      }
    }

    it('7644-3.7-09 says of an operation only the number of the request, logs the rest, and goes on', async () => {
      await withFault('P0001', async (userName) => {
        const logged = logLines.length
        const reply = await sendBulk(scim, [postUser('a', 'one'), postUser('b', userName), postUser('c', 'two')])
        const results = reply.body['Operations'] as Body[]
        expect(listStatuses(results)).to.deep.equal(['201', '500', '201'])
        const requestId = reply.headers['x-request-id'] ?? ''
        expect(results[1]?.['response'].detail).to.include(requestId)
        expect(reply.text).to.not.include('secret')
        const line = logLines.slice(logged).find((one) => one.includes('secret inner workings'))
        expect(JSON.parse(line ?? '{}')).to.include({ level: 50, requestId })
      })
    })

    it('tries nothing more once the database is away, and says so of each operation', async () => {
      await withFault('57P01', async (userName) => {
        const operations = [
          postUser('a', 'one'),
          postUser('b', userName, { manager: { value: 'bulkId:c' } }),
          postUser('c', 'two', { manager: { value: 'bulkId:b' } }),
          postUser('d', 'three'),
          postUser('e', ''),
        ]
        const results = await runBulk(scim, operations)
        expect(listStatuses(results)).to.deep.equal(['201', '503', '503', '503', '503'])
        expect(await listUserNames()).to.deep.equal(['one'])
        const stopped = await runBulk(scim, [postUser('a', 'four'), ...operations.slice(1)], { failOnErrors: 2 })
        expect(listStatuses(stopped)).to.deep.equal(['201', '503', '503'])
        // Nothing was done at all: the client may send the whole again.
        const whole = await sendBulk(scim, [postUser('a', ''), ...operations.slice(1)])
        expectError(whole, 503)
        expect(whole.headers['retry-after']).to.match(/^\d+$/)
      })
    })
  })
})

import { expect } from 'chai'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import {
  connect as connectSocket,
  createServer as createTcpServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import supertest from 'supertest'
import { createApp } from '../../server/app.ts'
import { createToken } from '../../server/auth/tokens.ts'
import { readConfig } from '../../server/config.ts'
import { connect, type Database } from '../../server/db/connect.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../server/db/embedded/start.ts'
import { migrate } from '../../server/db/migrate.ts'
import { query } from '../../server/db/query.ts'
import { createDirectory, createOrganization } from '../../server/directory/directories.ts'
import { createLogger } from '../../server/ops/logger.ts'
import { clock, createTenant, getApp, logLines, type Tenant } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'
import { createTenantWith, customSchema } from '../support/protocol.ts'
import { type RawReply, sendRaw } from '../support/raw-http.ts'
import {
  type Body,
  enterpriseSchema,
  errorSchema,
  groupSchema,
  patchSchema,
  type Reply,
  rollcallSchema,
  ScimClient,
  searchSchema,
  userSchema,
} from '../support/scim-client.ts'

// A stack, the name of a source file, or SQL has no place in an answer.
const internals =
  /\bat .*:\d+:\d+|node_modules|\.ts:|node:internal|select |insert |jsonb|pg_|relation|syntax error at|SQLSTATE/i

function expectError(reply: Reply | RawReply, status: number, scimType?: string): void {
  const body = JSON.parse(reply.text || '{}') as Body
  expect([reply.status, body['scimType']], reply.text).to.deep.equal([status, scimType])
  expect(reply.headers['content-type']).to.equal('application/scim+json')
  expect(Object.keys(body)).to.have.members([
    'schemas',
    'status',
    ...(scimType === undefined ? [] : ['scimType']),
    'detail',
  ])
  expect(body['schemas']).to.deep.equal([errorSchema])
  expect(body['status']).to.equal(String(status))
  expect(body['detail'])
    .to.be.a('string')
    .that.matches(/^.{3,500}[.…]$/u)
    .and.does.not.match(internals)
}

const levelOf = (line: string): number => Number((JSON.parse(line) as Body)['level'])

describe('bad input', () => {
  let tenant: Tenant
  let scim: ScimClient
  let user: Body
  let group: Body
  let state: unknown
  let logged: number

  const snapshot = async (): Promise<unknown> => (await scim.get('?count=1000')).body

  before(async () => {
    tenant = await createTenant()
    scim = tenant.scim
    user = await scim.createUser('mira', {
      title: 'T',
      emails: [{ value: 'm@x.example', type: 'work' }],
      [enterpriseSchema]: { department: 'D' },
    })
    group = await scim.createGroup('Core', [user['id']])
  })
  beforeEach(async () => {
    state = await snapshot()
    logged = logLines.length
  })
  afterEach(async () => {
    expect(await snapshot(), 'something was changed').to.deep.equal(state)
    expect(
      logLines.slice(logged).filter((line) => levelOf(line) >= 50),
      'an error was logged',
    ).to.deep.equal([])
    // What is logged of requests must be such that it can be stored.
    await (await getApp()).app.requestLog.flush()
  })

  /** Sends a body to every route that takes one. */
  async function sendBody(body: string, headers: Record<string, string> = {}): Promise<Reply[]> {
    const replies: Reply[] = []
    for (const [method, target] of [
      ['post', '/Users'],
      ['put', `/Users/${user['id']}`],
      ['patch', `/Users/${user['id']}`],
      ['post', '/Groups'],
      ['put', `/Groups/${group['id']}`],
      ['patch', `/Groups/${group['id']}`],
      ['post', '/.search'],
      ['post', '/Users/.search'],
      ['post', '/Groups/.search'],
    ] as const) {
      replies.push(await scim.send(method, target, body, headers))
    }
    return replies
  }

  function sendRawBody(body: Buffer | string, headers = '', method = 'POST /scim/v2/Users'): Promise<RawReply> {
    const bytes = Buffer.from(body as string)
    const head = `${method} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${scim.token}\r\nContent-Type: application/scim+json\r\n${headers}`
    return sendRaw(scim.baseUrl, `${head}Content-Length: ${bytes.length}\r\n\r\n`, bytes)
  }

  const notJson = [
    '{',
    '}',
    '{"schemas":',
    '{"a":1,}',
    "{'a':1}",
    '{"a":NaN}',
    '{"a":1}{"a":2}',
    '{a:1}',
    '<xml/>',
    'userName=x',
    '"unfinished',
    '[1,2',
    '\u0000',
    '{"a":"\n"}',
    '{"a":"\\x"}',
    '{"a":01}',
    '{"a":0x1}',
    '/* c */{}',
    '\ufeff\ufeff{}',
    'undefined',
  ]
  for (const body of notJson) {
    it(`7644-3.3-09 7644-3.8-01 refuses ${JSON.stringify(body)} as JSON`, async () => {
      for (const reply of await sendBody(body)) expectError(reply, 400, 'invalidSyntax')
    })
  }
  for (const body of ['[]', '[{}]', '"x"', '""', '5', '-1e9', 'true', 'null', '\ufeffnull', ' [ ] ']) {
    it(`7644-3.3-09 refuses ${JSON.stringify(body)} in the place of an object`, async () => {
      for (const reply of await sendBody(body)) expectError(reply, 400, 'invalidSyntax')
    })
  }
  it('7644-3.3-09 refuses a body that is missing or empty', async () => {
    for (const reply of await sendBody('')) expectError(reply, 400, 'invalidSyntax')
    expectError(
      await sendRaw(
        scim.baseUrl,
        `POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${scim.token}\r\n\r\n`,
      ),
      400,
      'invalidSyntax',
    )
  })
  it('7644-3.5.2-02 7644-3.5.2-03 refuses PatchOps without form', async () => {
    const operations: readonly unknown[] = [
      undefined,
      null,
      {},
      'x',
      5,
      [null],
      ['x'],
      [[]],
      [{}],
      [{ op: 5 }],
      [{ op: 'test', path: 'title' }],
      [{ op: ['add'] }],
    ]
    for (const Operations of operations) {
      expectError(
        await scim.send('patch', `/Users/${user['id']}`, { schemas: [patchSchema], Operations }),
        400,
        'invalidSyntax',
      )
    }
  })

  it('7644-3.8-01 refuses bytes that are not UTF-8, and forgives a byte order mark', async () => {
    const json = (name: Buffer): Buffer =>
      Buffer.concat([Buffer.from(`{"schemas":["${userSchema}"],"title":"`), name, Buffer.from('"}')])
    for (const bytes of [[0xff], [0xc3], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0x80]]) {
      expectError(await sendRawBody(json(Buffer.from(bytes))), 400, 'invalidSyntax')
    }
    for (const encoding of ['utf16le', 'latin1'] as const)
      expectError(await sendRawBody(Buffer.from(`{"userName":"é"}`, encoding)), 400, 'invalidSyntax')
    // Read to the end, where userName is missing.
    expectError(
      await sendRawBody(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), json(Buffer.from('é'))])),
      400,
      'invalidValue',
    )
  })

  it('7644-3.8-03 HTTP-9110-01 refuses other media types, charsets and encodings with 415', async () => {
    const types = [
      'text/plain',
      'application/xml',
      'application/json-patch+json',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'json',
      ';',
      'application/json; charset=latin1',
      'application/scim+json; charset="utf-16"',
    ]
    for (const type of types)
      for (const reply of await sendBody('{}', { 'Content-Type': type })) expectError(reply, 415)
    for (const encoding of ['gzip', 'br', 'x'])
      expectError(await sendRawBody('{}', `Content-Encoding: ${encoding}\r\n`), 415)
  })

  it('HTTP-9110-03 7644-3.7-15 refuses a body that is too large, by its length or as it comes, and closes the connection', async () => {
    const large = `{"schemas":["${userSchema}"],"userName":"${'x'.repeat(11_000_000)}"}`
    for (const target of [
      'POST /scim/v2/Users',
      `PUT /scim/v2/Users/${user['id']}`,
      `PATCH /scim/v2/Groups/${group['id']}`,
      'POST /scim/v2/.search',
    ]) {
      const declared = await sendRawBody(large, '', target)
      expectError(declared, 413)
      expect(declared.headers['connection']).to.equal('close')
    }
    const head = `POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${scim.token}\r\nTransfer-Encoding: chunked\r\n\r\n`
    const chunk = `100000\r\n${'x'.repeat(0x10_0000)}\r\n`
    const chunked = await sendRaw(scim.baseUrl, head, ...Array.from({ length: 11 }, () => chunk))
    expectError(chunked, 413)
    expect(chunked.headers['connection']).to.equal('close')
  })

  it('takes a client that goes away in the middle of its body for that, and not for a fault of the database', async () => {
    const socket = connectSocket(Number(new URL(scim.baseUrl).port), '127.0.0.1')
    const target = `/scim/v2/Users/gone-${Math.random()}`
    socket.write(
      `PUT ${target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${scim.token}\r\nContent-Length: 100\r\n\r\n{"schemas"`,
    )
    const isLogged = (line: string): boolean => line.includes(target)
    const warned = (): string[] => logLines.slice(logged).filter((line) => levelOf(line) >= 40)
    // The server has the head by the time that it answers another request.
    await scim.get('/Users?count=0')
    socket.destroy()
    while (!logLines.slice(logged).some(isLogged)) await scim.get('/Users?count=0')
    expect(warned()).to.deep.equal([])
    expect(logLines.slice(logged).find(isLogged)).to.include('"status":400')
  })

  it('7644-3.4.2.2-03 HTTP-9110-03 refuses deep nesting at once', async () => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
      ['[{"a":', '}]'],
    ] as const) {
      for (const depth of [50, 100_000]) {
        const nested = `{"schemas":["${userSchema}"],"userName":"deep","name":${open.repeat(depth)}1${close.repeat(depth)}}`
        for (const reply of await sendBody(nested)) expectError(reply, 400, 'invalidSyntax')
        expectError(await scim.post('/Users', open.repeat(depth)), 400, 'invalidSyntax')
      }
    }
  })

  it('7643-2.3-02 refuses strings that cannot be stored, wherever they are', async () => {
    for (const text of ['\\u0000', 'a\\u0000b', '\\ud800', '\\udc00x', 'x\\ud83d', '\\ude00\\ud83d']) {
      const schemas = `"schemas":["${userSchema}"]`
      const bodies = [
        `"userName":"${text}"`,
        `"userName":"n","externalId":"${text}"`,
        `"userName":"n","name":{"givenName":"${text}"}`,
        `"userName":"n","title":"${text}"`,
        `"userName":"n","emails":[{"value":"${text}"}]`,
        `"userName":"n","${enterpriseSchema}":{"manager":{"value":"${text}"}}`,
        `"userName":"n","${rollcallSchema}":{"team":"${text}"}`,
        `"userName":"n","photos":[{"value":"https://x/${text}"}]`,
      ]
      for (const body of bodies) {
        expectError(await scim.post('/Users', `{${schemas},${body}}`), 400, 'invalidValue')
        expectError(await scim.put(`/Users/${user['id']}`, `{${schemas},${body}}`), 400, 'invalidValue')
      }
      for (const member of [
        `"displayName":"${text}x"`,
        `"displayName":"n","externalId":"${text}"`,
        `"displayName":"n","members":[{"value":"${text}"}]`,
      ]) {
        expectError(await scim.post('/Groups', `{"schemas":["${groupSchema}"],${member}}`), 400, 'invalidValue')
      }
      const patch = (operation: string): string => `{"schemas":["${patchSchema}"],"Operations":[{${operation}}]}`
      for (const operation of [
        `"op":"replace","path":"title","value":"${text}"`,
        `"op":"add","value":{"nickName":"${text}"}`,
        `"op":"add","path":"emails","value":[{"value":"${text}"}]`,
      ]) {
        expectError(await scim.send('patch', `/Users/${user['id']}`, patch(operation)), 400, 'invalidValue')
      }
      expectError(
        await scim.send(
          'patch',
          `/Groups/${group['id']}`,
          patch(`"op":"remove","path":"members","value":[{"value":"${text}"}]`),
        ),
        400,
        'invalidValue',
      )
    }
  })

  it('keeps escapes that only look like such strings', async () => {
    const texts = ['\\\\u0000', '\\\\ud800', '\\ud83d\\ude00', '\\u00e9', '\\uFFFD', '\\\\\\\\u0000']
    const titles = texts.map((text) => JSON.parse(`"${text}"`) as string)
    for (const [index, title] of titles.entries()) {
      const created = await scim.post(
        '/Users',
        `{"schemas":["${userSchema}"],"userName":"esc${index}","title":"${texts[index]}"}`,
      )
      expect([created.status, created.body['title']]).to.deep.equal([201, title])
      await scim.delete(`/Users/${created.body['id']}`)
    }
  })

  it('7644-3.4.2.2-op-14 refuses such strings in filters, and finds nothing by other odd ones', async () => {
    for (const filter of [
      'userName eq "\\u0000"',
      'title co "a\\u0000"',
      'emails[value eq "\\u0000"]',
      'userName eq "\0"',
      'id eq "\\u0000"',
      'manager eq "\\u0000"',
    ]) {
      expectError(await scim.filter('/Users', filter), 400, 'invalidFilter')
      const reply = await scim.post('/.search', { schemas: [searchSchema], filter })
      expect([reply.status, reply.body['scimType']]).to.be.deep.oneOf([
        [400, 'invalidFilter'],
        [400, 'invalidValue'],
      ])
    }
    expectError(await scim.filter('/Groups', 'members eq "\\u0000"'), 400, 'invalidFilter')
    for (const filter of [
      'userName eq "\\ud800"',
      'title sw "\\udfff"',
      'emails.value eq "\\ud83d"',
      'title co "\\uffff"',
    ]) {
      expect((await scim.filter('/Users', filter)).body['totalResults'], filter).to.equal(0)
    }
  })

  it('7644-3.4.1-02 finds nothing under ids that no resource can have', async () => {
    const ids = [
      '%00',
      `${user['id']}%00`,
      '%EF%BF%BF',
      '%F0%9F%98%80',
      '..%2f..%2fetc%2fpasswd',
      '%2e%2e',
      "';drop%20table%20users;--",
      '__proto__',
      'constructor',
      '%22',
      '%5c',
      '%0a',
      'x'.repeat(10_000),
      '😀'.repeat(200).replace(/./gu, encodeURIComponent),
    ]
    for (const id of ids) {
      for (const endpoint of ['/Users', '/Groups']) {
        expectError(await scim.get(`${endpoint}/${id}`), 404)
        expectError(await scim.delete(`${endpoint}/${id}`), 404)
        expectError(await scim.patch(`${endpoint}/${id}`, [{ op: 'replace', path: 'displayName', value: 'x' }]), 404)
        const body = {
          schemas: [endpoint === '/Users' ? userSchema : groupSchema],
          userName: 'new',
          displayName: 'new',
        }
        expectError(await scim.put(`${endpoint}/${id}`, body), 404)
      }
    }
  })

  it('keeps its prototypes to itself', async () => {
    const keys = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__']
    const poison = keys
      .map((key) => `"${key}":{"polluted":true,"active":false,"isAdmin":true,"prototype":{"polluted":true}}`)
      .join(',')
    const schemas = `"schemas":["${userSchema}"]`
    const bodies = [
      `{${schemas},"userName":"p",${poison}}`,
      `{${schemas},"userName":"p","name":{"givenName":"G",${poison}}}`,
      `{${schemas},"userName":"p","emails":[{"value":"p@x.example",${poison}}]}`,
      `{${schemas},"userName":"p","${enterpriseSchema}":{"department":"D",${poison},"manager":{"value":"x",${poison}}}}`,
    ]
    for (const body of bodies) {
      const created = await scim.post('/Users', body)
      expect(created.status, created.text).to.equal(201)
      expect(created.text).to.not.include('polluted')
      expect(created.body['active']).to.equal(true)
      for (const value of [
        JSON.parse(body) as unknown,
        JSON.parse(`{${poison.replace('"__proto__"', '"a"')}}`) as unknown,
      ]) {
        const patched = await scim.patch(`/Users/${created.body['id']}`, [{ op: 'replace', value }])
        expect(patched.status, patched.text).to.be.oneOf([200, 400])
        expect(patched.text).to.not.include('polluted')
      }
      for (const key of keys) {
        for (const target of [key, `name.${key}`, `${enterpriseSchema}:${key}`, `emails[${key} eq "x"]`]) {
          const reply = await scim.patch(`/Users/${created.body['id']}`, [
            { op: 'add', path: target, value: { polluted: true } },
          ])
          expectError(reply, 400, target.includes('[') ? 'invalidFilter' : 'invalidPath')
        }
      }
      await scim.delete(`/Users/${created.body['id']}`)
    }
    for (const key of keys) {
      expect((await scim.get(`/Users?${key}=x&${key}[polluted]=true&attributes=${key}&startIndex=1`)).status).to.equal(
        200,
      )
      expectError(await scim.filter('/Users', `${key} eq "x"`), 400, 'invalidFilter')
      expectError(await scim.get(`/Users?sortBy=${key}`), 400, 'invalidValue')
      expectError(
        await scim.post(
          '/Users/.search',
          `{"schemas":["${searchSchema}"],"${key}":{"polluted":1},"filter":"${key} pr"}`,
        ),
        400,
        'invalidFilter',
      )
      expectError(
        await scim.send(
          'patch',
          `/Users/${user['id']}`,
          `{"schemas":["${patchSchema}"],"Operations":[{"op":"${key}","path":"${key}"}]}`,
        ),
        400,
        'invalidSyntax',
      )
    }
    expect(({} as Body)['polluted']).to.equal(undefined)
    expect(({} as Body)['isAdmin']).to.equal(undefined)
  })

  it('7644-3.4.2.2-03 refuses long queries, and answers long strings', async () => {
    for (const length of [20_000, 50_000])
      expectError(await scim.get(`/Users?filter=userName%20eq%20%22${'x'.repeat(length)}%22`), 400, 'invalidValue')
    expectError(await scim.filter('/Users', `userName eq "${'x'.repeat(10_500)}"`), 400, 'invalidFilter')
    expectError(await scim.get(`/Users?sortBy=${'%F0%9F%98%80'.repeat(100)}`), 400, 'invalidValue')
    expectError(await scim.get(`/Users?sortBy=x${'%F0%9F%98%80'.repeat(100)}`), 400, 'invalidValue')
    expectError(
      await scim.post('/Users/.search', { schemas: [searchSchema], filter: 'x'.repeat(2_000_000) }),
      400,
      'invalidFilter',
    )
    expectError(
      await scim.patch(`/Users/${user['id']}`, [{ op: 'add', path: 'x'.repeat(20_000), value: 1 }]),
      400,
      'invalidPath',
    )
    // A megabyte in the request line is more than the HTTP parser takes.
    const target = `GET /scim/v2/Users?filter=${'x'.repeat(1_000_000)}`
    const reply = await sendRaw(
      scim.baseUrl,
      `${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${scim.token}\r\n\r\n`,
    )
    expect(reply.status).to.equal(431)
  })

  it('stores and finds a very long string, and says so where an index cannot', async () => {
    const long = Array.from({ length: 60_000 }, (_, index) =>
      String.fromCodePoint(0x4e00 + ((index * 7919) % 20_000)),
    ).join('')
    for (const attributes of [{ title: long }, { displayName: long, emails: [{ display: long }] }]) {
      const created = await scim.post('/Users', { schemas: [userSchema], userName: 'long', ...attributes })
      expect(created.status, created.text.slice(0, 200)).to.equal(201)
      await scim.delete(`/Users/${created.body['id']}`)
    }
    const indexed: readonly Body[] = [
      { userName: long },
      { externalId: long },
      { emails: [{ value: long }] },
      { [enterpriseSchema]: { department: long } },
      { [enterpriseSchema]: { employeeNumber: long } },
      { [enterpriseSchema]: { manager: { value: long } } },
    ]
    for (const attributes of indexed)
      expectError(
        await scim.post('/Users', { schemas: [userSchema], userName: 'long', ...attributes }),
        400,
        'invalidValue',
      )
    for (const attributes of [{ displayName: long }, { externalId: long }, { members: [{ value: long }] }]) {
      expectError(
        await scim.post('/Groups', { schemas: [groupSchema], displayName: 'long', ...attributes }),
        400,
        'invalidValue',
      )
    }
  })

  it('7643-2.3-05 refuses numbers beyond what can be kept', async () => {
    for (const number of ['1e400', '-1e400', '1e99999999']) {
      const body = `{"schemas":["${userSchema}"],"userName":"n","${rollcallSchema}":{"leaveBalances":[{"value":${number}}]}}`
      expectError(await scim.post('/Users', body), 400, 'invalidValue')
      expect((await scim.filter('/Users', `${rollcallSchema}:leaveBalances.value lt ${number}`)).status).to.equal(200)
    }
    for (const number of ['1e400', '9'.repeat(400), '-0', '1e-400']) {
      expect(
        (await scim.post('/Users/.search', `{"schemas":["${searchSchema}"],"startIndex":${number},"count":1}`)).status,
      ).to.be.oneOf([200, 400])
    }
    expect(
      (await scim.get(`/Users?startIndex=${'9'.repeat(1000)}&count=-${'9'.repeat(1000)}`)).body['totalResults'],
    ).to.equal(1)
  })

  it('7644-1.3-02 refuses malformed percent-encoding in path and query', async () => {
    for (const bad of ['%', '%Z1', '%ZZ', '%C3', '%ED%A0%80', '%FF', '%u0041', '%C0%AF']) {
      for (const target of [
        `/Users/${bad}`,
        `/Groups/${bad}`,
        `/Schemas/${bad}`,
        `/ResourceTypes/${bad}`,
        `//scim/${bad}/Users`,
      ]) {
        expectError(await scim.get(target), 400, 'invalidSyntax')
      }
      expectError(await scim.delete(`/Users/${bad}`), 400, 'invalidSyntax')
      expectError(await scim.get(`/Users?filter=${bad}`), 400, 'invalidSyntax')
      expectError(await scim.get(`/Users?${bad}=x`), 400, 'invalidSyntax')
      expectError(
        await scim.post(`/Users?attributes=${bad}`, { schemas: [userSchema], userName: 'new' }),
        400,
        'invalidSyntax',
      )
      expectError(await scim.get(`/Users/${user['id']}?attributes=${bad}`), 400, 'invalidSyntax')
    }
  })

  it('7644-2-01 tells a stranger nothing of what is wrong with the request', async () => {
    for (const target of ['/Users/%ZZ', '/Users?filter=%ZZ', '//scim/v1/Users', '//scim/%ZZ/x', '/Nothing']) {
      expectError(await scim.get(target, { Authorization: 'Bearer wrong' }), 401)
    }
    expectError(await scim.post('/Users', '{', { Authorization: 'Bearer wrong' }), 401)
  })

  it('7643-9-02 takes SQL for text, wherever it stands', async () => {
    const attacks = [
      `' or '1'='1`,
      `'; drop table users; --`,
      `$1`,
      `\\'; delete from users; --`,
      `%' or true --`,
      `{a,b}`,
      `"}'::json`,
      `\u02bc or 1=1`,
      `$$ or true $$`,
    ]
    for (const attack of attacks) {
      const quoted = JSON.stringify(attack)
      for (const filter of [
        `userName eq ${quoted}`,
        `title co ${quoted}`,
        `emails[value sw ${quoted}]`,
        `id eq ${quoted}`,
        `externalId ew ${quoted}`,
        `manager eq ${quoted}`,
        `meta.version gt ${quoted} and id eq ${quoted}`,
        `groups.display eq ${quoted}`,
      ]) {
        expect((await scim.filter('/Users', filter)).body['totalResults'], filter).to.equal(0)
      }
      const raw = encodeURIComponent(attack)
      expectError(await scim.get(`/Users?sortBy=${raw}`), 400, 'invalidValue')
      expectError(await scim.get(`/Users?sortBy=userName&sortOrder=${raw}`), 400, 'invalidValue')
      expectError(await scim.get(`/Users?startIndex=${raw}`), 400, 'invalidValue')
      expectError(await scim.filter('/Users', attack), 400, 'invalidFilter')
      expect((await scim.get(`/Users?attributes=${raw}`)).status).to.equal(200)
      const created = await scim.post('/Users', {
        schemas: [userSchema],
        userName: attack,
        title: attack,
        externalId: attack,
        [enterpriseSchema]: { department: attack },
      })
      expect([created.status, created.body['title'], created.body['externalId']]).to.deep.equal([201, attack, attack])
      expect(
        (await scim.filter('/Users', `userName eq ${quoted} and title eq ${quoted} and externalId eq ${quoted}`)).body[
          'totalResults'
        ],
      ).to.equal(1)
      await scim.delete(`/Users/${created.body['id']}`)
    }
  })

  it('refuses Host headers that are no host, for locations are made of them', async () => {
    const send = (host: string): Promise<RawReply> =>
      sendRaw(
        scim.baseUrl,
        `GET /scim/v2/Users?count=1 HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nAuthorization: Bearer ${scim.token}\r\n\r\n`,
      )
    for (const host of [
      '',
      'a b',
      'a"b',
      'evil.example/path',
      'user@evil.example',
      '<script>',
      'x\\y',
      'é.example',
      'a?b',
      'a#b',
      'x'.repeat(300),
      "a'b",
      'a%00b',
    ]) {
      expectError(await send(host), 400, 'invalidSyntax')
    }
    for (const host of [
      'directory.example',
      'directory.example:8443',
      '127.0.0.1:3000',
      '[::1]:3000',
      'under_score.example',
    ]) {
      const reply = await send(host)
      expect(reply.status, host).to.equal(200)
      expect((JSON.parse(reply.text) as Body)['Resources'][0].meta.location).to.equal(
        `http://${host}/scim/v2/Users/${user['id']}`,
      )
    }
  })

  it('leaves a body with GET and DELETE unread', async () => {
    for (const body of ['{"filter":"x"}', '{', 'x'.repeat(100_000)]) {
      const reply = await sendRawBody(body, '', 'GET /scim/v2/Users')
      expect([reply.status, (JSON.parse(reply.text) as Body)['totalResults']]).to.deep.equal([200, 1])
      expectError(await sendRawBody(body, '', 'DELETE /scim/v2/Users/nobody'), 404)
    }
    const two = `GET /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${scim.token}\r\nContent-Length: 5\r\n\r\n{"a":`
    const pipelined = await sendRaw(
      scim.baseUrl,
      two,
      `GET /scim/v2/Users/nobody HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${scim.token}\r\n\r\n`,
    )
    expect(pipelined.status).to.equal(200)
    expect(pipelined.text).to.include('HTTP/1.1 404')
  })

  it('7644-3.12-03 quotes but a piece of what it refuses', async () => {
    const long = 'x'.repeat(9000)
    const replies = [
      await scim.filter('/Users', `${long} eq "x"`),
      await scim.filter('/Users', `userName ${long} "x"`),
      await scim.get(`/Users?sortBy=${long}`),
      await scim.get(`/Users/${long}`),
      await scim.delete(`/Users/${long}`),
      await scim.delete(`/Groups/${long}`),
      await scim.post('/Users', {
        schemas: [userSchema, `urn:ietf:params:scim:schemas:core:2.0:${long}`],
        userName: 'new',
      }),
      await scim.post('/Users', { schemas: [userSchema], userName: 'new', [long]: 1, [long.toUpperCase()]: 2 }),
      await scim.patch(`/Users/${user['id']}`, [{ op: 'add', path: long, value: 1 }]),
      await scim.patch(`/Users/${user['id']}`, [{ op: 'add', path: `emails[${long} eq 1]`, value: 1 }]),
      await scim.patch(`/Users/${user['id']}`, [{ op: 'add', path: `emails[type eq "x"].${long}`, value: 1 }]),
      await scim.post('/Groups', {
        schemas: [groupSchema],
        displayName: 'new',
        members: [{ value: long.slice(0, 1000) }],
      }),
    ]
    for (const reply of replies) expect(reply.body['detail'].length, reply.text.slice(0, 100)).to.be.lessThan(500)
  })
})

describe('a fault of the server', () => {
  it('7644-3.12-07 7644-3.12-01 answers 500 with the number of the request and nothing of what happened', async () => {
    const tenant = await createTenant()
    const { id } = await tenant.scim.createUser('mira')
    const db = testDatabase()
    // A trigger that nobody expects; it is gone again whatever happens.
    await query(
      db,
      `create function fail_on_${id}() returns trigger language plpgsql as $$ begin raise exception 'secret inner workings'; end $$`,
    )
    await query(
      db,
      `create trigger fail_${id} before update on users for each row when (old.id = '${id}') execute function fail_on_${id}()`,
    )
    const logged = logLines.length
    try {
      for (const work of [
        () => tenant.scim.put(`/Users/${id}`, { schemas: [userSchema], userName: 'mira', title: 'x' }),
        () => tenant.scim.patch(`/Users/${id}`, [{ op: 'add', path: 'title', value: 'x' }]),
      ]) {
        const reply = await work()
        expectError(reply, 500)
        expect(reply.text).to.not.include('secret')
        const requestId = reply.headers['x-request-id'] ?? ''
        expect(reply.body['detail']).to.include(requestId)
        const line = logLines.slice(logged).find((one) => levelOf(one) === 50 && one.includes(requestId))
        expect(line).to.include('secret inner workings')
      }
      expect((await tenant.scim.get(`/Users/${id}`)).body)
        .to.include({ userName: 'mira' })
        .and.not.have.property('title')
    } finally {
      await query(db, `drop trigger fail_${id} on users`)
      await query(db, `drop function fail_on_${id}()`)
    }
  })
})

/** Stands between the application and its database, and can be cut. */
class Cable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #port = 0

  constructor(target: URL) {
    this.#server = createTcpServer((client) => {
      const upstream = connectSocket(Number(target.port), target.hostname)
      for (const socket of [client, upstream]) {
        this.#sockets.add(socket)
        socket.on('error', () => undefined)
        socket.on('close', () => [client, upstream].forEach((one) => one.destroy()))
      }
      client.pipe(upstream).pipe(client)
    })
  }

  get port(): number {
    return this.#port
  }

  async join(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
  }

  async cut(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.resetAndDestroy()
    this.#sockets.clear()
    await closed
  }
}

describe('a database that goes away', function () {
  this.timeout(60_000)
  let folder: string
  let postgres: EmbeddedPostgres
  let direct: Database
  let cable: Cable
  let db: Database
  let server: HttpServer
  let scim: ScimClient
  let reader: ScimClient
  let user: Body
  let group: Body
  const lines: string[] = []

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'rollcall-cut-'))
    postgres = await startEmbeddedPostgres(folder, {
      settings: { fsync: 'off', shared_buffers: '16MB', max_connections: '20' },
    })
    direct = connect({ url: postgres.url, poolSize: 2 })
    await migrate(direct)
    const organizationId = await createOrganization(direct, 'Cut', clock.now())
    const directoryId = await createDirectory(
      direct,
      organizationId,
      { kind: 'push', provider: null, name: 'Okta' },
      clock.now(),
    )
    const give = async (scopes: readonly ('read' | 'write')[]): Promise<string> =>
      (await createToken(direct, { organizationId, directoryId, name: 'Test', scopes, expiresAt: null }, clock.now()))
        .secret

    const url = new URL(postgres.url)
    cable = new Cable(new URL(postgres.url))
    await cable.join()
    url.port = String(cable.port)
    db = connect({ url: url.href, poolSize: 4 })
    const logger = createLogger('debug', { write: (line) => lines.push(line) })
    const app = createApp({ config: readConfig({ RATE_LIMIT_PER_SECOND: '100000' }), db, logger, now: clock.now })
    server = createHttpServer(app.listener)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    scim = new ScimClient(supertest(server), origin, await give(['read', 'write']))
    reader = new ScimClient(supertest(server), origin, await give(['read']))
    user = await scim.createUser('mira')
    group = await scim.createGroup('Core', [user['id']])
  })

  after(async () => {
    server.close()
    await db.destroy()
    await cable.cut()
    await direct.destroy()
    await postgres.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const listRoutes = (): readonly (() => Promise<Reply>)[] => [
    () => scim.get('/Users'),
    () => scim.get(`/Users/${user['id']}`),
    () => scim.get('/Users/nobody'),
    () => scim.filter('/Users', 'userName eq "mira"'),
    () => scim.post('/Users', { schemas: [userSchema], userName: 'new' }),
    () => scim.post('/Users/.search', { schemas: [searchSchema] }),
    () => scim.put(`/Users/${user['id']}`, { schemas: [userSchema], userName: 'mira', title: 'x' }),
    () => scim.patch(`/Users/${user['id']}`, [{ op: 'add', path: 'title', value: 'x' }]),
    () => scim.delete(`/Users/${user['id']}`),
    () => scim.get('/Groups'),
    () => scim.get(`/Groups/${group['id']}`),
    () => scim.post('/Groups', { schemas: [groupSchema], displayName: 'new' }),
    () => scim.put(`/Groups/${group['id']}`, { schemas: [groupSchema], displayName: 'x' }),
    () => scim.patch(`/Groups/${group['id']}`, [{ op: 'remove', path: 'members' }]),
    () => scim.delete(`/Groups/${group['id']}`),
    () => scim.get(''),
    () => scim.post('/.search', { schemas: [searchSchema] }),
  ]

  function expectUnavailable(reply: Reply): void {
    expectError(reply, 503)
    expect(reply.headers['retry-after']).to.match(/^\d+$/)
  }

  it('HTTP-9110-01 7644-3.12-05 is 503 with Retry-After on every route, never 401 or 404, and is over when it comes back', async () => {
    const state = (await scim.get('')).body
    for (const isTokenKnown of [true, false]) {
      await cable.cut()
      for (const route of listRoutes()) {
        if (!isTokenKnown) clock.advance(1001)
        expectUnavailable(await route())
      }
      if (!isTokenKnown) {
        for (const target of ['/Me', '/Bulk', '/Nothing', '/Schemas', '/Users/%ZZ'])
          expectUnavailable(await scim.get(target))
        expectUnavailable(await reader.delete('/Users/x'))
        expectUnavailable(await reader.get('/Users', { Authorization: 'Bearer wrong' }))
      }
      expect((await scim.get('/Schemas', { Authorization: '' })).status).to.equal(401)
      await cable.join()
      for (let left = 4; left > 0; left--) expect((await scim.get('')).body).to.deep.equal(state)
    }
    expect(lines.filter((line) => levelOf(line) >= 50)).to.deep.equal([])
    expect(lines.filter((line) => levelOf(line) === 40).length).to.be.greaterThan(0)
  })

  it('HTTP-9110-01 is 503 also for a write that it catches in the middle, and undoes that', async () => {
    const state = (await scim.get('')).body
    for (const harm of [() => cable.cut(), terminate]) {
      for (const write of [
        () => scim.put(`/Groups/${group['id']}`, { schemas: [groupSchema], displayName: 'x' }),
        () => scim.delete(`/Users/${user['id']}`),
      ]) {
        const reply = await blockOn(write, harm)
        expectUnavailable(reply)
        if (harm !== terminate) await cable.join()
        expect((await scim.get('')).body).to.deep.equal(state)
      }
    }
    expect(lines.filter((line) => levelOf(line) >= 50)).to.deep.equal([])
  })

  // Whether PostgreSQL still finishes a single statement whose client has gone, nobody can know.
  it('HTTP-9110-01 is 503 also for a single statement that it catches in the middle, which sent again is done once', async () => {
    for (const [index, harm] of [() => cable.cut(), terminate].entries()) {
      const { id } = await scim.createGroup(`Crew ${index}`, [user['id']])
      const leave = (): Promise<Reply> => scim.patch(`/Groups/${id}`, [{ op: 'remove', path: 'members' }])
      const rename = (): Promise<Reply> =>
        scim.put(`/Users/${user['id']}`, { schemas: [userSchema], userName: 'mira', title: `x${index}` })
      for (const [write, status, version] of [
        [leave, 204, 2],
        [rename, 200, index + 2],
      ] as const) {
        expectUnavailable(await blockOn(write, harm))
        if (harm !== terminate) await cable.join()
        let reply = await write()
        // The pool may still hold a connection that nobody has noticed to be closed.
        while (reply.status === 503) reply = await write()
        expect([reply.status, reply.headers['etag']]).to.deep.equal([status, `W/"${version}"`])
      }
      expect((await scim.get(`/Groups/${id}`)).body['members']).to.equal(undefined)
    }
    expect(lines.filter((line) => levelOf(line) >= 50)).to.deep.equal([])
  })

  /** Lets a write run into locks that another session holds, harms its connection, and gives its answer. */
  async function blockOn(write: () => Promise<Reply>, harm: () => Promise<void>): Promise<Reply> {
    return direct.transaction().execute(async (tx) => {
      await query(tx, 'lock table users, groups in exclusive mode')
      const reply = write()
      while ((await listWaiting()).length === 0);
      await harm()
      return reply
    })
  }

  async function listWaiting(): Promise<number[]> {
    const rows = await query<{ pid: number }>(direct, `select distinct pid from pg_locks where not granted`)
    return rows.map((row) => row.pid)
  }

  async function terminate(): Promise<void> {
    for (const pid of await listWaiting()) await query(direct, 'select pg_terminate_backend($1)', [pid])
  }
})

describe('what fuzzing found', () => {
  // Closing a connection with bytes of the client under way resets it, and a reset overtakes the answer.
  it('answers what it refuses unread on a connection that stays, where the body is short', async () => {
    const { scim } = await createTenant()
    const socket = connectSocket(Number(new URL(scim.baseUrl).port), '127.0.0.1')
    let received = ''
    socket.on('data', (chunk: Buffer) => (received += chunk.toString('utf8')))
    const until = async (pattern: RegExp): Promise<void> => {
      while (!pattern.test(received)) {
        if (socket.readableEnded) throw new Error(`closed after ${received}`)
        await Promise.race([once(socket, 'data'), once(socket, 'end')])
      }
    }
    const request = (target: string, token: string): string =>
      `${target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/scim+json\r\nContent-Length: 20\r\n\r\n`
    for (const [target, token, status] of [
      ['POST /scim/v2/Users', 'wrong', 401],
      ['PUT /scim/v2/Users', scim.token, 405],
      ['PUT /scim/v2/Nothing', scim.token, 404],
    ] as const) {
      received = ''
      socket.write(request(target, token))
      await until(new RegExp(`^HTTP/1.1 ${status} [^]*"detail":".*"}`))
      socket.write('{"schemas":["none"]}')
    }
    received = ''
    socket.write(`GET /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${scim.token}\r\n\r\n`)
    await until(/^HTTP\/1.1 200 /)
    socket.destroy()
  })

  it('never lists more than it counts, although others create meanwhile', async () => {
    const { scim, organizationId } = await createTenant()
    for (const name of ['a', 'b', 'c']) await scim.createUser(name)
    // What is read of the counts before others create is less than what is there.
    await query(testDatabase(), 'update resource_counts set count = 0 where org_id = $1', [organizationId])
    for (const target of ['/Users', '/Users?startIndex=2', '/Users?startIndex=3&count=1', '']) {
      expect((await scim.get(target)).body['totalResults'], target).to.equal(3)
    }
    expect((await scim.get('/Users?startIndex=4')).body['totalResults']).to.equal(0)
  })

  it('takes a group as the directory read it, also with members that only an application could give it', async () => {
    const { scim, addDirectory, addApplication } = await createTenant()
    const [other, application] = [await addDirectory('Other'), await addApplication(['read', 'write'])]
    const gone = await scim.createUser('gone')
    await other.scim.put(`/Users/${gone['id']}`, gone)
    await scim.delete(`/Users/${gone['id']}`)
    const foreign = await other.scim.createGroup('Foreign')
    const { id } = await scim.createGroup('Core')
    const value = [{ value: gone['id'] }, { value: foreign['id'] }]
    expect((await application.patch(`/Groups/${id}`, [{ op: 'add', path: 'members', value }])).status).to.equal(204)
    const read = (await scim.get(`/Groups/${id}`)).body
    expect(read['members']).to.have.length(2)
    expect((await scim.put(`/Groups/${id}`, read)).body).to.deep.equal(read)
    // Nobody else may come with them.
    const fresh = await scim.post('/Groups', { schemas: [groupSchema], displayName: 'Fresh', members: value })
    expect([fresh.status, fresh.body['scimType']]).to.deep.equal([400, 'invalidValue'])
  })

  it('refuses points in time with more decimals than PostgreSQL reads', async () => {
    const definition = { name: 'reviewedAt', type: 'dateTime' } as const
    const { scim } = await createTenantWith(definition)
    const time = (decimals: number): string => `2020-01-31T12:00:00.${'0'.repeat(decimals)}Z`
    const stated = (decimals: number): Body => ({
      schemas: [userSchema, customSchema],
      userName: 'mira',
      [customSchema]: { reviewedAt: time(decimals) },
    })
    expectError(await scim.post('/Users', stated(31)), 400, 'invalidValue')
    expect((await scim.post('/Users', stated(30))).status).to.equal(201)
    for (const name of ['meta.created', `${customSchema}:reviewedAt`]) {
      for (const endpoint of ['/Users', '']) {
        expectError(await scim.filter(endpoint, `${name} le "${time(31)}"`), 400, 'invalidFilter')
        expectError(await scim.filter(endpoint, `${name} le "${time(5000)}"`), 400, 'invalidFilter')
        expect((await scim.filter(endpoint, `${name} ge "${time(30)}"`)).body['totalResults'], name).to.equal(1)
      }
    }
  })

  it('gives people the manager that another directory names when the one whose word counted is deleted', async () => {
    const { scim, addDirectory } = await createTenant()
    const { scim: other } = await addDirectory('Other')
    const [first, second] = [await scim.createUser('first'), await scim.createUser('second')]
    const report = (manager: Body): Body => ({
      schemas: [userSchema, enterpriseSchema],
      userName: 'report',
      [enterpriseSchema]: { manager: { value: manager['id'] } },
    })
    const { id } = (await scim.post('/Users', report(first))).body
    const managerOf = async (client: ScimClient): Promise<unknown> =>
      (await client.get(`/Users/${id}`)).body[enterpriseSchema]?.manager?.value
    await other.put(`/Users/${id}`, report(second))
    expect(await managerOf(other)).to.equal(first['id'])
    expect((await scim.delete(`/Users/${first['id']}`)).status).to.equal(204)
    expect([await managerOf(scim), await managerOf(other)]).to.deep.equal([second['id'], second['id']])
    const read = (await scim.get(`/Users/${id}`)).body
    expect((await scim.put(`/Users/${id}`, read)).body).to.deep.equal(read)
    expect((await scim.delete(`/Users/${second['id']}`)).status).to.equal(204)
    expect([await managerOf(scim), await managerOf(other)]).to.deep.equal([undefined, undefined])
  })
})

// Every kind of error, as every client may rely on it (RFC 7644 section 3.12).
import { expect } from 'chai'
import supertest from 'supertest'
import { AppError, errorCatalogue, type ErrorCode } from '../../server/errors.ts'
import { answerError } from '../../server/scim/errors.ts'
import { AdminClient } from '../support/admin-client.ts'
import { createTenant, type Tenant } from '../support/app.ts'
import { createStrictTenant, createTenantWith, customSchema, expectError, user, withApp } from '../support/protocol.ts'
import {
  type Body,
  errorSchema,
  groupSchema,
  patchSchema,
  type Reply,
  ScimClient,
  searchSchema,
  userSchema,
} from '../support/scim-client.ts'

// Table 9, RFC 9865 section 2.2, and the status that each belongs to.
const scimTypes: Readonly<Record<string, number>> = {
  invalidFilter: 400,
  tooMany: 400,
  uniqueness: 409,
  mutability: 400,
  invalidSyntax: 400,
  invalidPath: 400,
  noTarget: 400,
  invalidValue: 400,
  invalidVers: 400,
  sensitive: 403,
  invalidCursor: 400,
  expiredCursor: 400,
  invalidCount: 400,
}

interface Situation {
  readonly what: string
  readonly status: number
  readonly scimType?: string
  readonly ask: (scim: ScimClient, path: string) => Promise<Reply>
}

const patch =
  (...operations: unknown[]): Situation['ask'] =>
  (scim, path) =>
    scim.patch(path, operations)

const situations: readonly Situation[] = [
  { what: 'no JSON', status: 400, scimType: 'invalidSyntax', ask: (scim) => scim.post('/Users', '{') },
  { what: 'a body without schemas', status: 400, scimType: 'invalidSyntax', ask: (scim) => scim.post('/Users', {}) },
  {
    what: 'another operation',
    status: 400,
    scimType: 'invalidSyntax',
    ask: patch({ op: 'move', path: 'title' }),
  },
  {
    what: 'a wrong type',
    status: 400,
    scimType: 'invalidValue',
    ask: (scim, path) => scim.put(path, user({ title: 5 })),
  },
  {
    what: 'a missing attribute',
    status: 400,
    scimType: 'invalidValue',
    ask: (scim) => scim.post('/Users', { schemas: [userSchema] }),
  },
  { what: 'a wrong number', status: 400, scimType: 'invalidValue', ask: (scim) => scim.get('/Users?count=x') },
  { what: 'a wrong filter', status: 400, scimType: 'invalidFilter', ask: (scim) => scim.filter('/Users', 'userName') },
  {
    what: 'a wrong filter in a search',
    status: 400,
    scimType: 'invalidFilter',
    ask: (scim) => scim.post('/.search', { schemas: [searchSchema], filter: 'title eq' }),
  },
  {
    what: 'an unknown path',
    status: 400,
    scimType: 'invalidPath',
    ask: patch({ op: 'add', path: 'shoeSize', value: 44 }),
  },
  { what: 'remove without a path', status: 400, scimType: 'noTarget', ask: patch({ op: 'remove' }) },
  {
    what: 'a filter that says nothing of a new value',
    status: 400,
    scimType: 'noTarget',
    ask: patch({ op: 'replace', path: 'emails[value co "x"].type', value: 'work' }),
  },
  {
    what: 'a change of what the server sets',
    status: 400,
    scimType: 'mutability',
    ask: patch({ op: 'remove', path: 'id' }),
  },
  {
    what: 'another version of the protocol',
    status: 400,
    scimType: 'invalidVers',
    ask: (scim) => scim.get('//scim/v1/Users'),
  },
  { what: 'a wrong token', status: 401, ask: (scim) => scim.withToken('wrong').get('/Users') },
  { what: 'a filter on discovery', status: 403, ask: (scim) => scim.filter('/Schemas', 'id pr') },
  { what: 'an unknown user', status: 404, ask: (scim) => scim.get('/Users/nobody') },
  { what: 'an unknown endpoint', status: 404, ask: (scim) => scim.get('/Widgets') },
  { what: 'another method', status: 405, ask: (scim) => scim.put('/Users', user()) },
  { what: 'a name that is taken', status: 409, scimType: 'uniqueness', ask: (scim) => scim.post('/Users', user()) },
  {
    what: 'a version that is gone',
    status: 412,
    ask: (scim, path) => scim.put(path, user({ title: 'B' }), { 'If-Match': 'W/"7"' }),
  },
  {
    what: 'a body that is too large',
    status: 413,
    ask: (scim) => scim.post('/Users', user({ title: 'x'.repeat(11_000_000) })),
  },
  {
    what: 'another media type',
    status: 415,
    ask: (scim) => scim.post('/Users', '<user/>', { 'Content-Type': 'application/xml' }),
  },
]

describe('errors', () => {
  let tenant: Tenant
  let path: string
  before(async () => {
    tenant = await createTenant()
    path = `/Users/${(await tenant.scim.createUser('mira'))['id']}`
  })

  for (const { what, status, scimType, ask } of situations) {
    const id = scimType === undefined ? '' : '7644-3.12-02 '
    const answer = scimType === undefined ? status : `${status} ${scimType}`
    it(`${id}7644-3.2-05 7644-3.12-01 7644-3.12-05 answer ${answer} to ${what}`, async () => {
      const before = (await tenant.scim.get(path)).body
      const reply = await ask(tenant.scim, path)
      expectError(reply, status, scimType)
      expect(Object.keys(reply.body)).to.deep.equal([
        'schemas',
        'status',
        ...(scimType === undefined ? [] : ['scimType']),
        'detail',
      ])
      expect((await tenant.scim.get(path)).body).to.deep.equal(before)
    })
  }

  it('7644-3.2-05 7644-3.12-05 answer 403 to a token without the scope, and 429 to one that asks too much', async () => {
    const reader = await tenant.addApplication(['read'])
    expectError(await reader.post('/Users', user()), 403)
    await withApp({ RATE_LIMIT_PER_SECOND: '1' }, async (origin) => {
      const hurried = new ScimClient(supertest(origin), origin, reader.token)
      let reply = await hurried.get('/Users?count=0')
      for (let more = 30; reply.status === 200 && more > 0; more--) reply = await hurried.get('/Users?count=0')
      expectError(reply, 429)
    })
  })

  it('7644-3.12-02 answer mutability to what can be set only once, and refuse strictly by the same words', async () => {
    const own = await createTenantWith({ name: 'badge', type: 'string', mutability: 'immutable' })
    const { id } = await own.scim.createUser('mira', { [customSchema]: { badge: 'A' } })
    const badge = `${customSchema}:badge`
    expectError(await own.scim.patch(`/Users/${id}`, [{ op: 'replace', path: badge, value: 'B' }]), 400, 'mutability')
    const strict = await createStrictTenant()
    const { id: strictId } = await strict.scim.createUser('mira')
    const replace = { op: 'replace', path: 'emails[type eq "work"].value', value: 'mira@x.example' }
    expectError(await strict.scim.patch(`/Users/${strictId}`, [replace]), 400, 'noTarget')
    expectError(await strict.scim.post('/Users', user({ userName: 'b', shoeSize: 44 })), 400, 'invalidSyntax')
    expectError(await strict.scim.post('/Users', user({ userName: 'b', locale: 'en US' })), 400, 'invalidValue')
  })

  it('7644-3.12-01 7644-3.12-02 7644-3.12-05 7644-3.2-05 have a status and a word of the standard, whatever the kind', () => {
    for (const code of Object.keys(errorCatalogue) as ErrorCode[]) {
      const { status, scimType, body } = answerError(new AppError(code), 'req_1')
      expect(status, code).to.be.oneOf([400, 401, 403, 404, 405, 409, 410, 412, 413, 415, 429, 500, 501, 503])
      if (scimType !== undefined) expect(scimTypes[scimType], scimType).to.equal(status)
      if (status === 400) expect(scimType, code).to.be.a('string')
      const written = JSON.parse(body) as Body
      expect(written).to.deep.include({ schemas: [errorSchema], status: String(status) })
      expect(written['scimType'], code).to.equal(scimType)
    }
  })

  it('7644-3.12-01 7644-3.12-05 have 500 and no word for what nobody foresaw', () => {
    const { status, scimType, body } = answerError(new TypeError('secret'), 'req_1')
    expect([status, scimType]).to.deep.equal([500, undefined])
    expect(JSON.parse(body)).to.deep.include({ schemas: [errorSchema], status: '500' })
    expect(body).to.not.include('secret')
  })
})

describe('a member that is given twice', () => {
  let tenant: Tenant
  let scim: ScimClient
  let userPath: string
  let targets: readonly (readonly ['post' | 'put' | 'patch', string])[]
  before(async () => {
    tenant = await createTenant()
    scim = tenant.scim
    const { id } = await scim.createUser('mira')
    const group = await scim.createGroup('Core', [id])
    userPath = `/Users/${id}`
    targets = [
      ['post', '/Users'],
      ['put', userPath],
      ['patch', userPath],
      ['post', '/Groups'],
      ['patch', `/Groups/${group['id']}`],
      ['post', '/Users/.search'],
      ['post', '/.search'],
    ]
  })

  const schemas = `"schemas":["${userSchema}","${groupSchema}","${patchSchema}","${searchSchema}"]`
  const twice = [
    `{${schemas},"userName":"a","userName":"b"}`,
    `{${schemas},"userName":"a","userName":"a"}`,
    `{${schemas},${schemas}}`,
    `{${schemas},"title":"a","tit\\u006ce":"b"}`,
    `{${schemas},"name":{"givenName":"a","givenName":"b"}}`,
    `{${schemas},"emails":[{"value":"a@x.example"},{"value":"b@x.example","value" : "c@x.example"}]}`,
    `{${schemas},"__proto__":1,"__proto__":2}`,
    `{${schemas},"5":1,"5":2}`,
    `{${schemas},"":1,"":2}`,
    `{${schemas},"shoeSize":{"a":[{"b":1,"b":1}]}}`,
    `{${schemas},"Operations":[{"op":"replace","path":"title","value":"a","value":"b"}]}`,
    `{${schemas},"Operations":[{"op":"replace","value":{"title":"a","title":"b"}}]}`,
    `{${schemas},"filter":"userName pr","filter":"title pr"}`,
  ]
  for (const body of twice) {
    it(`7643-2.1-01 is refused: ${body.replace(schemas, '…')}`, async () => {
      const state = (await scim.get('')).body
      for (const [method, target] of targets) {
        const reply = await scim.send(method, target, body)
        expectError(reply, 400, 'invalidSyntax')
        expect(reply.body['detail']).to.match(/twice/)
      }
      expect((await scim.get('')).body).to.deep.equal(state)
      const managed = await new AdminClient(tenant).send('post', '/tokens', body)
      expect([managed.status, managed.body['error'].code]).to.deep.equal([400, 'invalid_syntax'])
    })
  }

  it('7643-2.1-01 is refused in a search and in a PATCH also where the case differs', async () => {
    const search = { schemas: [searchSchema], count: 1, COUNT: 2 }
    expectError(await scim.post('/Users/.search', search), 400, 'invalidSyntax')
    expectError(await scim.post('/.search', search), 400, 'invalidSyntax')
    for (const operation of [
      { op: 'add', path: 'title', value: 'a', VALUE: 'b' },
      { op: 'add', OP: 'remove', path: 'title' },
    ])
      expectError(await scim.patch(userPath, [operation]), 400, 'invalidSyntax')
  })

  it('7643-2.1-01 is none where the name is in a string, in another object, or differs', async () => {
    const title = '{"a":1,"a":2,\\"b\\":\\\\'
    const attributes = {
      title,
      nickName: '":::"',
      emails: [{ value: 'a:b@x.example' }, { value: 'c@x.example' }],
      addresses: [{ formatted: '\\":' }],
    }
    const reply = await scim.post('/Users', user({ userName: 'once:once', __proto__x: 1, ...attributes }))
    expect(reply.status, reply.text).to.equal(201)
    expect(reply.body).to.deep.include(attributes)
  })
})

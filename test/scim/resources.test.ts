import { expect } from 'chai'
import { query } from '../../server/db/query.ts'
import { clock, createTenant, getApp } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'
import type { ScimClient } from '../support/scim-client.ts'
import {
  type Body,
  enterpriseSchema,
  groupSchema,
  patchSchema,
  type Reply,
  rollcallSchema,
  userSchema,
} from '../support/scim-client.ts'
import { customSchema, expectError, createStrictTenant, createTenantWith, user } from '../support/protocol.ts'

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
    for (const [schemas, scimType] of [
      [[userSchema, 'urn:x:y'], 'invalidSyntax'],
      [[enterpriseSchema], 'invalidValue'],
    ] as const) {
      expect((await create({ schemas })).body['schemas']).to.deep.equal([userSchema])
      expectError(await create({ schemas }, strict), 400, scimType)
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

  it('7643-7-05 7643-3.1-01 7643-3.1-03 7643-3.1-06 7643-3.1-10 7643-3.1-11 7643-3.1-12 7644-3.3-01 7644-3.3-08 7644-3.1-03 sets id and meta itself', async () => {
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

  it('7643-4.1-10 7643-4.1-12 7643-7-08 7643-7-10 7643-7-13 7643-9-01 7644-3.4.1-04 never gives a password back, nor keeps or hands it on', async () => {
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
    await (await getApp()).app.requestLog.flush()
    const db = testDatabase()
    const tables = await query<{ name: string }>(
      db,
      `select table_name as name from information_schema.tables where table_schema = current_schema()`,
    )
    expect(tables.map(({ name }) => name)).to.include.members(['users', 'links', 'changes', 'outbox', 'request_log'])
    for (const { name } of tables) {
      const found = await query(db, `select 1 from ${name} t where t::text like $1`, [`%${password}%`])
      expect(found, name).to.deep.equal([])
    }
  })

  it('7643-4.1-03 keeps a name as it is given, whole, in parts or both, and makes no part of another', async () => {
    const names = [
      { formatted: 'Mira Okafor' },
      { givenName: 'Mira', familyName: 'Okafor' },
      { formatted: 'Ms. Mira Okafor', givenName: 'Mira', familyName: 'Okafor', honorificPrefix: 'Ms.' },
    ]
    for (const name of names) {
      const { body } = await create({ name })
      expect(body['name']).to.deep.equal(name)
      const patched = await scim.patch(`/Users/${body['id']}`, [
        { op: 'replace', path: 'name.familyName', value: 'Lind' },
      ])
      expect(patched.body['name']).to.deep.equal({ ...name, familyName: 'Lind' })
    }
  })

  it('7643-4.1-05 takes no nickName for a userName', async () => {
    const own = (await createTenant()).scim
    const nickName = 'the-botanist'
    await own.createUser('mira', { nickName })
    expectError(await own.post('/Users', { schemas: [userSchema], nickName: 'another' }), 400, 'invalidValue')
    expect((await own.filter('/Users', `userName eq "${nickName}"`)).body['totalResults']).to.equal(0)
    await own.createUser(nickName)
    await own.createUser('ben', { nickName })
  })

  it('7643-3.3-04 adds and removes the URN of an extension with its data, also where an attribute is written by its URN', async () => {
    const { body } = await create()
    const write = async (operation: Body): Promise<Body> => (await scim.patch(`/Users/${body['id']}`, [operation])).body
    const path = `${enterpriseSchema}:department`
    for (const operation of [
      { op: 'add', path, value: 'Growing' },
      { op: 'replace', value: { [path]: 'Growing' } },
    ]) {
      const written = await write(operation)
      expect(written['schemas']).to.deep.equal([userSchema, enterpriseSchema])
      expect(written[enterpriseSchema]).to.deep.equal({ department: 'Growing' })
      expect((await scim.get(`/Users/${body['id']}`)).body['schemas']).to.deep.equal([userSchema, enterpriseSchema])
      expect((await write({ op: 'remove', path }))['schemas']).to.deep.equal([userSchema])
    }
  })

  const taken: readonly (readonly [id: string, first: string, second: string])[] = [
    ['7643-4.1-02 7643-7-16 7644-3.3-07', 'Mira', 'Mira'],
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

  it('7643-4.1-20 7643-7-05 7644-3.5.1-06 changes membership only through the group', async () => {
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

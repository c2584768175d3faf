import { expect } from 'chai'
import { createTenant, type Tenant } from '../support/app.ts'
import {
  type Body,
  enterpriseSchema,
  errorSchema,
  groupSchema,
  listSchema,
  type Reply,
  rollcallSchema,
  type ScimClient,
  searchSchema,
  userSchema,
} from '../support/scim-client.ts'

type Parameters = Readonly<Record<string, string | number>>

function queryOf(parameters: Parameters): string {
  return new URLSearchParams(Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)]))
    .toString()
    .replaceAll('+', '%20')
}

function expectError({ status, headers, body }: Reply, expected: number, scimType?: string): void {
  expect(status).to.equal(expected)
  expect(headers['content-type']).to.equal('application/scim+json')
  expect(body['schemas']).to.deep.equal([errorSchema])
  expect(body['status']).to.equal(String(expected))
  expect(body['scimType']).to.equal(scimType)
}

/** By GET and by POST /.search, which must say the same (7644-3.4.3-03). */
async function list(scim: ScimClient, endpoint: string, parameters: Parameters): Promise<Body> {
  const got = await scim.get(`${endpoint}?${queryOf(parameters)}`)
  expect(got.status, got.text).to.equal(200)
  const split = Object.entries(parameters).map(([name, value]) => [
    name,
    /attributes$/i.test(name) ? String(value).split(',') : value,
  ])
  const posted = await scim.post(`${endpoint}/.search`, {
    schemas: [searchSchema],
    ...(Object.fromEntries(split) as Body),
  })
  expect(posted.status, posted.text).to.equal(200)
  expect(posted.body).to.deep.equal(got.body)
  expect(got.body['schemas']).to.deep.equal([listSchema])
  expect(got.body['itemsPerPage']).to.equal(got.body['Resources'].length)
  return got.body
}

const userNames = (body: Body): string[] =>
  body['Resources'].map((user: Body) => user['userName'] ?? user['displayName'])

describe('paging', () => {
  let scim: ScimClient
  before(async () => {
    scim = (await createTenant()).scim
    for (let index = 0; index < 7; index++)
      await scim.createUser(`user${index}`, { title: index % 2 === 0 ? 'even' : 'odd' })
  })

  const all = ['user0', 'user1', 'user2', 'user3', 'user4', 'user5', 'user6']
  const pages: readonly (readonly [
    id: string,
    parameters: Parameters,
    startIndex: number,
    expected: readonly string[],
  ])[] = [
    ['7644-3.4.2-02', {}, 1, all],
    ['7644-3.4.2.4-01', { startIndex: 1 }, 1, all],
    ['7644-3.4.2.4-01', { startIndex: 3 }, 3, all.slice(2)],
    ['7644-3.4.2.4-01', { startIndex: 0 }, 1, all],
    ['7644-3.4.2.4-01', { startIndex: -5 }, 1, all],
    ['7644-3.4.2.4-02', { count: 2 }, 1, all.slice(0, 2)],
    ['7644-3.4.2-04', { startIndex: 6, count: 5 }, 6, all.slice(5)],
    ['7644-3.4.2.4-02', { count: 100_000 }, 1, all],
    ['7644-3.4.2.4-03', { count: -3 }, 1, []],
    ['7644-3.4.2.4-04', { count: 0 }, 1, []],
    ['7644-3.4.2.4-05', { startIndex: 8 }, 8, []],
    ['7644-3.4.2.4-05', { startIndex: 9999, count: 3 }, 9999, []],
    ['7644-3.4.2.4-05', { startIndex: '99999999999999999999999' }, Number.MAX_SAFE_INTEGER, []],
    ['7644-3.4.2.4-02', { count: '99999999999999999999999' }, 1, all],
    ['7644-3.4.2.4-01', { startIndex: '+2', COUNT: '02' }, 2, all.slice(1, 3)],
  ]
  for (const [id, parameters, startIndex, expected] of pages) {
    it(`${id} 7644-3.4.2.2-08 gives the right page for ${JSON.stringify(parameters)}`, async () => {
      const body = await list(scim, '/Users', parameters)
      expect([body['totalResults'], body['startIndex'], userNames(body)]).to.deep.equal([7, startIndex, expected])
    })
  }

  for (const value of ['abc', '1.5', '1e1', '0x1', '2a', 'null', '１']) {
    it(`7644-3.4.2.4-06 refuses ${value} as startIndex and count`, async () => {
      for (const name of ['startIndex', 'count']) {
        expectError(await scim.get(`/Users?${queryOf({ [name]: value })}`), 400, 'invalidValue')
        expectError(await scim.post('/Users/.search', { schemas: [searchSchema], [name]: value }), 400, 'invalidValue')
      }
    })
  }
  it('7644-3.4.3-04 refuses other types as numbers, and takes their strings', async () => {
    for (const value of [1.5, true, [1], { a: 1 }, 'ten']) {
      expectError(await scim.post('/Users/.search', { schemas: [searchSchema], count: value }), 400, 'invalidValue')
    }
    const { body } = await scim.post('/Users/.search', { schemas: [searchSchema], count: '2', startIndex: null })
    expect(userNames(body)).to.deep.equal(all.slice(0, 2))
  })

  it('7644-3.4.2.4-07 gives each resource once over the pages, sorted with ties or not at all', async () => {
    for (const sort of [
      {},
      { sortBy: 'title' },
      { sortBy: 'title', sortOrder: 'descending' },
      { sortBy: 'nickName' },
    ]) {
      const seen: string[] = []
      for (let startIndex = 1; startIndex <= 7; startIndex += 2) {
        seen.push(...userNames(await list(scim, '/Users', { ...sort, startIndex, count: 2 })))
      }
      expect(seen.toSorted(), JSON.stringify(sort)).to.deep.equal(all)
    }
  })

  it('7644-3.4.2.4-08 counts every match, not the page', async () => {
    const body = await list(scim, '/Users', { filter: 'title eq "even"', count: 1, startIndex: 2 })
    expect([body['totalResults'], userNames(body)]).to.deep.equal([4, ['user2']])
  })

  it('7644-3.4.2-01 7644-3.4.2-02 7644-3.4.2-04 answers a ListResponse of integers', async () => {
    const { body, headers } = await scim.get('/Users?count=1')
    expect(Object.keys(body)).to.have.members(['schemas', 'totalResults', 'startIndex', 'itemsPerPage', 'Resources'])
    for (const name of ['totalResults', 'startIndex', 'itemsPerPage'])
      expect(Number.isInteger(body[name]), name).to.equal(true)
    expect(headers['content-type']).to.equal('application/scim+json')
  })

  it('7644-3.4.2-03 gives an empty array where there is nothing', async () => {
    const empty = (await createTenant()).scim
    for (const endpoint of ['/Users', '/Groups', '']) {
      const body = await list(empty, endpoint, {})
      expect([body['totalResults'], body['Resources']]).to.deep.equal([0, []])
    }
  })

  it('7644-3.4.2-06 ignores parameters that it does not know', async () => {
    for (const query of [
      'foo=bar',
      'foo',
      '&&',
      'foo=%25&=x',
      'Operations=1',
      '__proto__=x&constructor=y',
      'FOO=bar&foo=baz'.replace('foo=baz', 'bar=baz'),
    ]) {
      expect((await scim.get(`/Users?${query}`)).body['totalResults'], query).to.equal(7)
    }
  })

  it('refuses a parameter that is given twice and differently', async () => {
    expectError(await scim.get('/Users?count=1&COUNT=2'), 400, 'invalidValue')
    expect((await scim.get('/Users?count=1&count=1')).status).to.equal(200)
  })

  it('7644-3.4.2-07 ignores filter and paging on one resource', async () => {
    const user = await (await createTenant()).scim.createUser('x')
    expectError(await scim.get(`/Users/${user['id']}`), 404)
    const own = (await scim.get('/Users?count=1')).body['Resources'][0]
    expect(
      (await scim.get(`/Users/${own['id']}?filter=title%20eq%20%22nothing%22&count=0&startIndex=9`)).body,
    ).to.deep.equal(own)
  })
})

describe('the query of a URL', () => {
  let scim: ScimClient
  before(async () => {
    scim = (await createTenant()).scim
    await scim.createUser('ann+hr@quill.example')
    await scim.createUser('ann hr')
    await scim.createUser('100%é')
  })
  const found = async (query: string): Promise<string[]> => userNames((await scim.get(`/Users?${query}`)).body)

  it('7644-1.3-02 reads %20, and + as a space, or as itself where the spaces are %20', async () => {
    expect(await found('filter=userName%20eq%20%22ann%2Bhr@quill.example%22')).to.deep.equal(['ann+hr@quill.example'])
    expect(await found('filter=userName+eq+%22ann%2Bhr%40quill.example%22')).to.deep.equal(['ann+hr@quill.example'])
    expect(await found('filter=userName+eq+"ann+hr"')).to.deep.equal(['ann hr'])
    expect(await found('filter=userName%20eq%20%22ann+hr@quill.example%22')).to.deep.equal(['ann+hr@quill.example'])
    expect(await found('filter=userName%20eq%20"ann%20hr"')).to.deep.equal(['ann hr'])
    expect(await found('%66ilter=userName%20eq%20%22100%25%C3%A9%22')).to.deep.equal(['100%é'])
    expect(await found('filter=userName%20eq%20%22100%25e%CC%81%22')).to.deep.equal(['100%é'])
  })

  it('HTTP-9110-04 joins slashes and forgives one at the end', async () => {
    const { scim: own } = await createTenant()
    const user = await own.createUser('x')
    const group = await own.createGroup('g')
    const same: readonly (readonly [string, string])[] = [
      ['/Users', '/Users/'],
      ['/Users', '//scim/v2//Users'],
      ['/Users', '//scim//v2///Users//?x=//'],
      [`/Users/${user['id']}`, `/Users//${user['id']}/`],
      [`/Groups/${group['id']}`, `/Groups/${group['id']}/`],
      ['', '/'],
      ['/ServiceProviderConfig', '/ServiceProviderConfig/'],
      ['/Schemas', '/Schemas/'],
      ['/ResourceTypes', '/ResourceTypes/'],
      [`/Schemas/${userSchema}`, `/Schemas//${userSchema}/`],
      ['/ResourceTypes/User', '/ResourceTypes/User/'],
    ]
    for (const [path, variant] of same) {
      const [one, other] = [await own.get(path), await own.get(variant)]
      expect(one.status, path).to.equal(200)
      expect(other.body, variant).to.deep.equal(one.body)
    }
    expect((await own.post('/Users/.search/', { schemas: [searchSchema] })).body['totalResults']).to.equal(1)
  })
})

describe('sorting', () => {
  let scim: ScimClient
  before(async () => {
    scim = (await createTenant()).scim
    const people: readonly (readonly [string, Body])[] = [
      [
        'b',
        {
          title: 'éclair',
          externalId: 'b',
          active: true,
          emails: [{ value: 'z@x.example' }, { value: 'a@x.example', primary: true }],
          balance: 10,
          department: 'y',
        },
      ],
      [
        'A',
        {
          title: 'Zoo',
          externalId: 'B',
          active: false,
          emails: [{ value: 'm@x.example' }, { value: 'a@x.example' }],
          balance: 9,
          department: 'X',
        },
      ],
      [
        'c',
        {
          title: 'apple',
          externalId: 'a',
          emails: [{ value: 'B@x.example' }],
          name: { familyName: 'Ng' },
          department: 'x',
        },
      ],
      ['d', {}],
    ]
    for (const [userName, { balance, department, ...rest }] of people) {
      await scim.createUser(userName, {
        ...rest,
        ...(department === undefined ? {} : { [enterpriseSchema]: { department } }),
        ...(balance === undefined ? {} : { [rollcallSchema]: { leaveBalances: [{ type: 'x', value: balance }] } }),
      })
    }
  })

  const orders: readonly (readonly [id: string, sortBy: string, ascending: string, descending: string])[] = [
    ['7644-3.4.2.3-02 7644-3.4.2.3-07', 'userName', 'A b c d', 'd c b A'],
    ['7644-3.4.2.3-06 7644-3.4.2.3-07', 'title', 'c A b d', 'd b A c'],
    ['7644-3.4.2.3-07', 'externalId', 'A c b d', 'd b c A'],
    ['7644-3.4.2.3-03', 'emails.value', 'b c A d', 'd A c b'],
    ['7644-3.4.2.3-03', 'emails', 'b c A d', 'd A c b'],
    ['7644-3.4.2.3-04', 'name.familyName', 'c b A d', 'b A d c'],
    ['7644-3.4.2.3-07', 'active', 'A b c d', 'b c d A'],
    ['7644-3.4.2.3-07', `${rollcallSchema}:leaveBalances.value`, 'A b c d', 'c d b A'],
    ['7644-3.4.2.3-08', `${enterpriseSchema}:department`, 'A c b d', 'd b A c'],
    ['7644-3.4.2.3-08', `${userSchema.toUpperCase()}:USERNAME`, 'A b c d', 'd c b A'],
    ['7644-3.4.2.3-07', 'meta.created', 'b A c d', 'd c A b'],
    ['7644-3.4.2.3-07', 'meta.lastModified', 'b A c d', 'd c A b'],
    ['7644-3.4.2.3-02', 'id', 'b A c d', 'd c A b'],
    ['7644-3.4.2.3-02', 'meta.resourceType', 'b A c d', 'b A c d'],
    ['7644-3.4.2.3-02', 'meta.version', 'b A c d', 'b A c d'],
    ['7644-3.4.2.3-02', 'meta.location', 'b A c d', 'd c A b'],
    ['7644-3.4.2.3-02', 'groups.value', 'b A c d', 'b A c d'],
    ['7644-3.4.2.3-02', `${enterpriseSchema}:manager`, 'b A c d', 'b A c d'],
    ['7644-3.4.2.3-02', `${enterpriseSchema}:manager.displayName`, 'b A c d', 'b A c d'],
    ['7644-3.4.2.3-02', 'schemas', 'b A c d', 'b A c d'],
    ['7644-3.4.2.3-02', `${rollcallSchema}:source`, 'b A c d', 'b A c d'],
    ['7644-3.4.2.3-02', 'syncedAt', 'b A c d', 'd c A b'],
    ['7644-3.4.2.3-02', 'photos', 'b A c d', 'b A c d'],
  ]
  for (const [id, sortBy, ascending, descending] of orders) {
    it(`${id} sorts by ${sortBy}`, async () => {
      expect(userNames(await list(scim, '/Users', { sortBy })).join(' ')).to.equal(ascending)
      expect(userNames(await list(scim, '/Users', { sortBy, sortOrder: 'Ascending' })).join(' ')).to.equal(ascending)
      expect(userNames(await list(scim, '/Users', { sortBy, sortOrder: 'descending' })).join(' ')).to.equal(descending)
    })
  }

  it('7644-3.4.2.3-08 7644-3.4.2.5-08 sorts the whole before it takes a page, by what it does not return', async () => {
    const body = await list(scim, '/Users', {
      sortBy: 'title',
      startIndex: 2,
      count: 2,
      attributes: 'userName',
      filter: 'title pr or userName pr',
    })
    expect(body['Resources']).to.have.length(2)
    expect(userNames(body)).to.deep.equal(['A', 'b'])
    expect(body['Resources'][0]).to.have.all.keys('schemas', 'id', 'userName')
  })

  it('7644-3.4.2.3-02 sorts groups', async () => {
    const own = (await createTenant()).scim
    for (const name of ['b', 'A', 'c']) await own.createGroup(name, [], name === 'A' ? { externalId: 'x' } : {})
    for (const [sortBy, expected] of Object.entries({
      displayName: 'A b c',
      'meta.resourceType': 'b A c',
      externalId: 'A b c',
      'members.value': 'b A c',
      source: 'b A c',
    })) {
      expect(userNames(await list(own, '/Groups', { sortBy })).join(' '), sortBy).to.equal(expected)
    }
  })

  for (const sortBy of [
    'name',
    'meta',
    'addresses',
    'shoeSize',
    'password',
    'name.shoe',
    enterpriseSchema,
    '%00',
    '__proto__',
    '1;drop table users',
  ]) {
    it(`7644-3.4.2.3-04 refuses to sort by ${sortBy}`, async () => {
      expectError(
        await scim.get(`/Users?${queryOf({ sortBy: sortBy === '%00' ? '\0' : sortBy })}`),
        400,
        'invalidValue',
      )
      expectError(await scim.post('/Users/.search', { schemas: [searchSchema], sortBy }), 400, 'invalidValue')
    })
  }

  it('7644-3.4.2.3-05 refuses another sortOrder', async () => {
    for (const sortOrder of ['down', 'asc', 'ascending descending']) {
      expectError(await scim.get(`/Users?${queryOf({ sortBy: 'userName', sortOrder })}`), 400, 'invalidValue')
      expectError(
        await scim.post('/Users/.search', { schemas: [searchSchema], sortBy: 'userName', sortOrder }),
        400,
        'invalidValue',
      )
    }
    expectError(await scim.post('/Users/.search', { schemas: [searchSchema], sortBy: 5 }), 400, 'invalidValue')
    expect(userNames(await list(scim, '/Users', { sortBy: '' }))).to.deep.equal(['b', 'A', 'c', 'd'])
  })
})

describe('attributes and excludedAttributes', () => {
  let tenant: Tenant
  let scim: ScimClient
  let user: Body
  let group: Body

  const full = {
    schemas: [userSchema, enterpriseSchema, rollcallSchema],
    externalId: 'e',
    title: 'T',
    password: 'secret-of-mira',
    name: { givenName: 'Mira', familyName: 'Okafor' },
    emails: [{ value: 'mira@x.example', type: 'work', primary: true }, { value: 'home@x.example' }],
    [enterpriseSchema]: { department: 'R&D', manager: { value: 'nobody' } },
    [rollcallSchema]: { team: 'Search' },
  }

  before(async () => {
    tenant = await createTenant()
    scim = tenant.scim
    user = await scim.createUser('mira', full)
    group = await scim.createGroup('Core', [user['id']])
  })

  const always = (): Body => ({ schemas: user['schemas'], id: user['id'] })

  // What each parameter leaves of the user, beside id and schemas.
  const selections: readonly (readonly [id: string, attributes: string, expected: Body])[] = [
    ['7644-3.4.2.5-02 7643-7-11', 'userName', { userName: 'mira' }],
    ['7644-3.4.2.5-02', 'name.givenName', { name: { givenName: 'Mira' } }],
    ['7644-3.4.2.5-02', 'emails.value', { emails: [{ value: 'mira@x.example' }, { value: 'home@x.example' }] }],
    ['7644-3.4.2.5-02', 'emails.type', { emails: [{ type: 'work' }] }],
    ['7644-3.4.2.5-02', 'emails.type,emails', { emails: full.emails }],
    ['7644-3.4.2.5-02', 'nickName', {}],
    ['7643-3.1-05 7643-7-09', 'id', {}],
    ['7644-3.4.2.5-02', 'schemas', {}],
    ['7644-3.4.2.5-04', ' USERNAME , Name.FamilyName ,', { userName: 'mira', name: { familyName: 'Okafor' } }],
    [
      '7644-3.4.2.5-04',
      `${userSchema}:userName,${userSchema.toUpperCase()}:emails.TYPE`,
      { userName: 'mira', emails: [{ type: 'work' }] },
    ],
    ['7644-3.4.2.5-04', `${enterpriseSchema}:manager.value`, { [enterpriseSchema]: { manager: { value: 'nobody' } } }],
    ['7644-3.4.2.5-04', enterpriseSchema, { [enterpriseSchema]: full[enterpriseSchema] }],
    ['7644-3.4.2.5-04', enterpriseSchema.toUpperCase(), { [enterpriseSchema]: full[enterpriseSchema] }],
    ['7644-3.4.2.5-04', 'department', { [enterpriseSchema]: { department: 'R&D' } }],
    ['7644-3.4.2.5-06 7643-4.1-10 7643-7-10', 'password', {}],
    ['7644-3.4.2.5-06 7643-7-12', 'source', { [rollcallSchema]: { source: 'push' } }],
    [
      '7644-3.4.2.5-06',
      `${rollcallSchema}:SOURCE,externalId`,
      { externalId: 'e', [rollcallSchema]: { source: 'push' } },
    ],
    ['7644-3.4.2.5-07', 'userName,shoeSize,urn:x:y,constructor,__proto__,.,a.b.c', { userName: 'mira' }],
    ['7644-3.4.2.5-07', 'shoeSize', {}],
  ]

  for (const [id, attributes, expected] of selections) {
    it(`7644-3.4.2.5-01 7644-3.9-01 7644-3.3-05 ${id} attributes=${attributes}`, async () => {
      const wanted = { ...always(), ...expected }
      const query = queryOf({ attributes })
      const strip = ({ version: _, ...body }: Body): Body => body
      expect((await scim.get(`/Users/${user['id']}?${query}`)).body).to.deep.equal(wanted)
      expect((await scim.get(`/Users?${query}`)).body['Resources']).to.deep.equal([wanted])
      const search = { schemas: [searchSchema], attributes: attributes.split(',') }
      expect((await scim.post('/Users/.search', search)).body['Resources']).to.deep.equal([wanted])
      expect((await scim.post('/.search', { ...search, filter: 'userName pr' })).body['Resources']).to.deep.equal([
        wanted,
      ])
      expect(
        strip((await scim.put(`/Users/${user['id']}?${query}`, { ...full, userName: 'mira' })).body),
      ).to.deep.equal(wanted)
      const patched = await scim.send('patch', `/Users/${user['id']}?${query}`, {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
        Operations: [{ op: 'replace', path: 'title', value: 'T' }],
      })
      expect([patched.status, patched.body]).to.deep.equal([200, wanted])
      const other = (await createTenant()).scim
      const created = await other.post(`/Users?${query}`, { ...full, userName: 'mira' })
      expect(created.status).to.equal(201)
      expect(created.body).to.deep.equal({ ...wanted, id: created.body['id'] })
    })
  }

  it('7644-3.4.2.5-06 7643-7-12 7644-3.4.1-04 gives source and syncedAt only where they are named', async () => {
    const { body } = await scim.get(`/Users/${user['id']}?attributes=syncedAt,source,team`)
    expect(body[rollcallSchema]).to.have.all.keys('syncedAt', 'source', 'team')
    expect(Date.parse(body[rollcallSchema].syncedAt)).to.be.closeTo(Date.parse(user['meta'].created), 60_000)
    expect((await scim.get(`/Users/${user['id']}`)).body[rollcallSchema]).to.deep.equal({ team: 'Search' })
    expect((await scim.get(`/Users/${user['id']}?attributes=${rollcallSchema}`)).body[rollcallSchema]).to.include.keys(
      'source',
    )
    const plain = await scim.createUser('plain')
    const named = (await scim.get(`/Users/${plain['id']}?attributes=source`)).body
    expect(named).to.deep.equal({
      id: plain['id'],
      schemas: [userSchema, rollcallSchema],
      [rollcallSchema]: { source: 'push' },
    })
    const ofGroup = (await scim.get(`/Groups/${group['id']}?attributes=source`)).body
    expect(Object.values(ofGroup)).to.deep.include({ source: 'push' })
    await scim.delete(`/Users/${plain['id']}`)
  })

  const exclusions: readonly (readonly [id: string, excluded: string, change: (whole: Body) => void])[] = [
    [
      '7644-3.4.2.5-03',
      'emails,title',
      (whole) => ['emails', 'title'].forEach((name) => Reflect.deleteProperty(whole, name)),
    ],
    ['7644-3.4.2.5-03 7643-7-09', 'id,schemas', () => undefined],
    ['7644-3.4.2.5-03', 'name.givenName', (whole) => Reflect.deleteProperty(whole['name'], 'givenName')],
    ['7644-3.4.2.5-03', 'emails.value,emails.type,emails.primary', (whole) => Reflect.deleteProperty(whole, 'emails')],
    ['7644-3.4.2.5-04', enterpriseSchema.toUpperCase(), (whole) => Reflect.deleteProperty(whole, enterpriseSchema)],
    [
      '7644-3.4.2.5-04',
      `${enterpriseSchema}:department,META`,
      (whole) => {
        Reflect.deleteProperty(whole[enterpriseSchema], 'department')
        Reflect.deleteProperty(whole, 'meta')
      },
    ],
    ['7644-3.4.2.5-03', 'groups', (whole) => Reflect.deleteProperty(whole, 'groups')],
    ['7644-3.4.2.5-07', 'shoeSize,urn:x', () => undefined],
  ]
  for (const [id, excludedAttributes, change] of exclusions) {
    it(`7644-3.4.2.5-01 7644-3.9-01 ${id} excludedAttributes=${excludedAttributes}`, async () => {
      const { body: whole } = await scim.get(`/Users/${user['id']}`)
      change(whole)
      const query = queryOf({ excludedAttributes })
      expect((await scim.get(`/Users/${user['id']}?${query}`)).body).to.deep.equal(whole)
      expect(
        (await list(scim, '/Users', { excludedAttributes, filter: 'userName eq "mira"' }))['Resources'],
      ).to.deep.equal([whole])
      expect((await scim.put(`/Users/${user['id']}?${query}`, { ...full, userName: 'mira' })).body).to.deep.equal(whole)
      const operation = { op: 'replace', path: 'title', value: 'T' }
      const patched = await scim.patch(`/Users/${user['id']}?${query}`, [operation])
      expect([patched.status, patched.body]).to.deep.equal([200, whole])
    })
  }

  it('7644-3.4.2.5-03 leaves the members out of groups, and keeps them where they are named', async () => {
    const { members: _, ...rest } = (await scim.get(`/Groups/${group['id']}`)).body
    expect((await scim.get(`/Groups/${group['id']}?excludedAttributes=members`)).body).to.deep.equal(rest)
    expect((await list(scim, '/Groups', { excludedAttributes: 'members' }))['Resources']).to.deep.equal([rest])
    const members = [{ value: user['id'] }]
    const named = { schemas: [groupSchema], id: group['id'] }
    expect((await scim.get(`/Groups/${group['id']}?attributes=members.value`)).body).to.deep.equal({
      ...named,
      members,
    })
    expect((await scim.get(`/Groups/${group['id']}?attributes=displayName`)).body).to.deep.equal({
      ...named,
      displayName: 'Core',
    })
    const patched = await scim.patch(`/Groups/${group['id']}?attributes=displayName`, [
      { op: 'add', path: 'members', value: members },
    ])
    expect([patched.status, patched.body]).to.deep.equal([200, { ...named, displayName: 'Core' }])
    expect((await scim.get(`/Groups/${group['id']}`)).body['members']).to.have.length(1)
  })

  it('7644-3.4.2.5-05 refuses both together, and changes nothing then', async () => {
    const both = 'attributes=userName&excludedAttributes=title'
    for (const path of [`/Users/${user['id']}`, '/Users', '/Groups', ''])
      expectError(await scim.get(`${path}?${both}`), 400, 'invalidValue')
    expectError(
      await scim.post('/Users/.search', { schemas: [searchSchema], attributes: ['id'], excludedAttributes: ['title'] }),
      400,
      'invalidValue',
    )
    expectError(await scim.post(`/Users?${both}`, { schemas: [userSchema], userName: 'both' }), 400, 'invalidValue')
    expectError(
      await scim.put(`/Users/${user['id']}?${both}`, { schemas: [userSchema], userName: 'both' }),
      400,
      'invalidValue',
    )
    expectError(
      await scim.patch(`/Users/${user['id']}?${both}`, [{ op: 'remove', path: 'title' }]),
      400,
      'invalidValue',
    )
    expect((await scim.get(`/Users/${user['id']}?attributes=title,userName&excludedAttributes=`)).body).to.include({
      title: 'T',
      userName: 'mira',
    })
    expect((await scim.filter('/Users', 'userName eq "both"')).body['totalResults']).to.equal(0)
  })
})

describe('POST /.search', () => {
  let scim: ScimClient
  before(async () => {
    scim = (await createTenant()).scim
    await scim.createUser('mira')
  })

  it('7644-3.4.3-02 7644-3.4.3-03 takes an empty search, in any case, attributes as a string', async () => {
    for (const body of [
      { schemas: [searchSchema] },
      { SCHEMAS: [searchSchema.toUpperCase()], Filter: 'userName eq "mira"' },
      { filter: null },
    ]) {
      expect((await scim.post('/Users/.search', body)).body['totalResults']).to.equal(1)
    }
    const { body } = await scim.post('/Users/.search', { schemas: [searchSchema], attributes: 'userName, id' })
    expect(body['Resources'][0]).to.have.all.keys('schemas', 'id', 'userName')
  })

  const bad: readonly (readonly [id: string, scimType: string, body: unknown])[] = [
    ['7644-3.4.3-02', 'invalidSyntax', { schemas: [userSchema] }],
    ['7644-3.4.3-02', 'invalidSyntax', { schemas: [] }],
    ['7644-3.4.3-02', 'invalidSyntax', { schemas: searchSchema }],
    ['7644-3.4.3-02', 'invalidSyntax', []],
    ['7644-3.4.3-02', 'invalidSyntax', undefined],
    ['7644-3.4.3-04', 'invalidFilter', { schemas: [searchSchema], filter: 'userName' }],
    ['7644-3.4.2.2-05', 'invalidFilter', { schemas: [searchSchema], filter: '' }],
    ['7644-3.4.3-04', 'invalidValue', { schemas: [searchSchema], filter: 5 }],
    ['7644-3.4.3-04', 'invalidValue', { schemas: [searchSchema], attributes: [5] }],
    ['7644-3.4.3-04', 'invalidValue', { schemas: [searchSchema], excludedAttributes: {} }],
  ]
  for (const [id, scimType, body] of bad) {
    it(`${id} refuses ${JSON.stringify(body)}`, async () => {
      for (const endpoint of ['/Users', '/Groups', ''])
        expectError(await scim.post(`${endpoint}/.search`, body), 400, scimType)
    })
  }
  it('7644-3.4.2.2-05 refuses an empty filter by GET', async () => {
    for (const filter of ['', '%20', '()', '%28%29'])
      expectError(await scim.get(`/Users?filter=${filter}`), 400, 'invalidFilter')
  })

  it('7644-3.4.3-06 never creates anything, and takes POST only', async () => {
    for (const endpoint of ['/Users', '/Groups', '']) {
      await scim.post(`${endpoint}/.search`, {
        schemas: [searchSchema, userSchema],
        userName: 'new',
        displayName: 'new',
      })
      const reply = await scim.get(`${endpoint}/.search`)
      expectError(reply, 405)
      expect(reply.headers['allow']).to.equal('POST')
    }
    expect((await scim.get('')).body['totalResults']).to.equal(1)
  })
})

describe('queries at the root', () => {
  let scim: ScimClient
  before(async () => {
    scim = (await createTenant()).scim
    const mira = await scim.createUser('mira', { displayName: 'Mira' })
    await scim.createUser('ben', { displayName: 'Both' })
    await scim.createGroup('Both', [mira['id']])
    await scim.createGroup('Empty', [], { externalId: 'x' })
  })
  const names = (body: Body): string =>
    body['Resources'].map((one: Body) => one['userName'] ?? `#${one['displayName']}`).join(' ')

  const queries: readonly (readonly [id: string, parameters: Parameters, expected: string, total?: number])[] = [
    ['7644-3.4.2.1-01 7644-3.4.3-01', {}, 'mira ben #Both #Empty'],
    ['7644-3.4.2.1-01', { filter: 'meta.resourceType eq "User"' }, 'mira ben'],
    ['7644-3.4.2.1-01', { filter: 'meta.resourceType eq "Group" or userName eq "ben"' }, 'ben #Both #Empty'],
    ['7644-3.4.2.1-03', { filter: 'members pr' }, '#Both'],
    ['7644-3.4.2.1-03', { filter: 'userName eq "mira"' }, 'mira'],
    ['7644-3.4.2.1-03', { filter: 'userName eq mira' }, 'mira'],
    ['7644-3.4.2.1-03', { filter: 'not (userName pr)' }, '#Both #Empty'],
    ['7644-3.4.2.1-03', { filter: 'userName eq null' }, '#Both #Empty'],
    ['7644-3.4.2.1-03', { filter: 'userName ne "mira"' }, 'ben #Both #Empty'],
    [
      '7644-3.4.2.1-03',
      { filter: 'not (members[type eq "User"]) and not (emails[type eq "work"])' },
      'mira ben #Empty',
    ],
    [
      '7644-3.4.2.1-03',
      { filter: `${userSchema}:displayName pr or ${groupSchema}:externalId eq "x"` },
      'mira ben #Empty',
    ],
    ['7644-3.4.2.1-03', { filter: 'shoeSize pr' }, ''],
    ['7644-3.4.2.1-01', { filter: 'displayName eq "both"' }, 'ben #Both'],
    ['7644-3.4.2.1-01', { count: 3 }, 'mira ben #Both', 4],
    ['7644-3.4.2.1-01', { startIndex: 2, count: 2 }, 'ben #Both', 4],
    ['7644-3.4.2.1-01', { startIndex: 4 }, '#Empty', 4],
    ['7644-3.4.2.1-01', { startIndex: 5 }, '', 4],
    ['7644-3.4.2.1-01', { count: 0 }, '', 4],
    ['7644-3.4.2.3-02', { sortBy: 'displayName', sortOrder: 'descending' }, 'mira #Empty ben #Both'],
    ['7644-3.4.2.3-02', { sortBy: 'userName' }, 'ben mira #Both #Empty'],
    ['7644-3.4.2.3-02', { sortBy: 'meta.resourceType' }, '#Both #Empty mira ben'],
  ]
  for (const [id, parameters, expected, total] of queries) {
    it(`${id} answers ${JSON.stringify(parameters)}`, async () => {
      const body = await list(scim, '', parameters)
      expect(names(body)).to.equal(expected)
      expect(body['totalResults']).to.equal(total ?? body['Resources'].length)
    })
  }

  it('7643-3-05 filters every type by the attributes that no schema lists', async () => {
    const { scim: own } = await createTenant()
    await own.createUser('mira', { externalId: 'one' })
    await own.createGroup('Core', [], { externalId: 'two' })
    for (const [endpoint, externalId] of [
      ['/Users', 'one'],
      ['/Groups', 'two'],
    ]) {
      const found = async (filter: string): Promise<number> =>
        (await own.filter(String(endpoint), filter)).body['totalResults']
      const { id, meta } = (await own.get(String(endpoint))).body['Resources'][0]
      for (const filter of [
        `externalId eq "${externalId}"`,
        `id eq "${id}"`,
        'meta.created gt "2020-01-01T00:00:00Z"',
        `meta.lastModified ge "${meta.lastModified}"`,
        `meta.resourceType eq "${meta.resourceType}"`,
        `meta.version eq ${JSON.stringify(meta.version)}`,
      ]) {
        expect(await found(filter), filter).to.equal(1)
        expect(await found(`not (${filter})`), filter).to.equal(0)
      }
    }
  })

  it('7644-3.4.2.5-01 cuts every type by its own attributes', async () => {
    const body = await list(scim, '', {
      attributes: `${groupSchema}:displayName,userName`,
      filter: 'displayName eq "both"',
    })
    expect(body['Resources'].map((one: Body) => [one['userName'], one['displayName']])).to.deep.equal([
      ['ben', undefined],
      [undefined, 'Both'],
    ])
    const without = await list(scim, '', { excludedAttributes: 'members,groups' })
    expect(
      without['Resources'].every((one: Body) => one['members'] === undefined && one['groups'] === undefined),
    ).to.equal(true)
  })

  it('7644-3.4.2.2-07 refuses filters that nothing can read, and sorting by what nothing has', async () => {
    expectError(await scim.filter('', 'userName eq'), 400, 'invalidFilter')
    expectError(await scim.filter('', 'active gt true'), 400, 'invalidFilter')
    expectError(await scim.get('?sortBy=shoeSize'), 400, 'invalidValue')
    expectError(await scim.get('?sortBy=name'), 400, 'invalidValue')
  })
})

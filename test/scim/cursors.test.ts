// Paging by cursor (RFC 9865).
import { expect } from 'chai'
import { randomBytes } from 'node:crypto'
import { EncryptJWT } from 'jose'
import supertest from 'supertest'
import { createToken, revokeToken } from '../../server/auth/tokens.ts'
import { loadSample } from '../../server/commands/sample.ts'
import { query } from '../../server/db/query.ts'
import { readServerKey } from '../../server/db/server-keys.ts'
import { addCustomAttribute, removeCustomAttribute } from '../../server/directory/custom-attributes.ts'
import { clock, createTenant, type Tenant } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'
import {
  type Ask,
  get,
  type Parameters,
  post,
  read,
  readPage,
  resourcesOf,
  sizesOf,
  userNames,
  walk,
} from '../support/walk.ts'
import { createTenantWith, customSchema, expectError, withApp } from '../support/protocol.ts'
import { type Body, listSchema, ScimClient, searchSchema } from '../support/scim-client.ts'

const tokenIsKept = 1001 // a token and what it knows of the schema are kept for a second

async function beginWalk(scim: ScimClient, endpoint: string, parameters: Parameters): Promise<string> {
  const { nextCursor } = await readPage(scim, endpoint, { ...parameters, cursor: '' })
  expect(nextCursor).to.be.a('string')
  return nextCursor as string
}

async function createUsers(scim: ScimClient, count: number): Promise<Body[]> {
  const users: Body[] = []
  for (let index = 0; index < count; index++) {
    users.push(await scim.createUser(`user${index}`, { title: index % 2 === 0 ? 'even' : 'odd' }))
  }
  return users
}

describe('a walk by cursor', () => {
  let tenant: Tenant
  let scim: ScimClient
  before(async () => {
    tenant = await createTenant()
    scim = tenant.scim
    await createUsers(scim, 5)
  })

  const all = ['user0', 'user1', 'user2', 'user3', 'user4']

  it('9865-2-01 begins with an empty cursor, or one without a value, and goes on with nextCursor', async () => {
    for (const begin of ['cursor', 'cursor=', 'CURSOR=']) {
      const first = await scim.get(`/Users?${begin}&count=2`)
      expect(userNames([first.body]), begin).to.deep.equal(all.slice(0, 2))
      const second = await readPage(scim, '/Users', { count: 2, cursor: first.body['nextCursor'] })
      expect(userNames([second])).to.deep.equal(all.slice(2, 4))
      // The same cursor gives the same page again.
      expect(userNames([await readPage(scim, '/Users', { count: 2, cursor: first.body['nextCursor'] })])).to.deep.equal(
        all.slice(2, 4),
      )
    }
  })

  it('9865-2-04 9865-2-06 has a nextCursor on every page but the last, and never a previousCursor', async () => {
    const sizes: readonly (readonly [count: number, expected: readonly number[]])[] = [
      [1, [1, 1, 1, 1, 1]],
      [2, [2, 2, 1]],
      [3, [3, 2]],
      [4, [4, 1]],
      [5, [5]],
      [6, [5]],
    ]
    for (const [count, expected] of sizes) {
      // readPage refuses any member but those of a page, previousCursor among them.
      const pages = await walk(scim, '/Users', { count })
      expect(sizesOf(pages), `by ${count}`).to.deep.equal(expected)
      expect(userNames(pages)).to.deep.equal(all)
    }
    expect(sizesOf(await walk((await createTenant()).scim, '/Users', {}))).to.deep.equal([0])
  })

  it('9865-2-03 gives nothing but totalResults for a count of 0 or less', async () => {
    for (const count of [0, -1, -100]) {
      for (const ask of [get, post]) {
        const body = await read(scim, '/Users', { cursor: '', count }, ask)
        expect(body).to.deep.equal({ schemas: [listSchema], totalResults: 5, itemsPerPage: 0, Resources: [] })
      }
    }
  })

  it('9865-2-02 9865-5-03 has cursors that tell nothing of what is in them', async () => {
    const secrets = [...all, tenant.organizationId, tenant.directoryId, 'userName', 'title']
    const parameters = { count: 1, sortBy: 'userName', filter: 'title pr' }
    const cursor = await beginWalk(scim, '/Users', parameters)
    const decoded = cursor.split('.').map((part) => Buffer.from(part, 'base64url').toString('latin1'))
    for (const secret of secrets) expect([cursor, ...decoded].join('\n')).to.not.include(secret)
    // Nor can two of them be compared.
    expect(await beginWalk(scim, '/Users', parameters)).to.not.equal(cursor)
  })

  it('9865-2-08 counts everything on every page; a filter keeps the count of the first page', async () => {
    const { scim: own } = await createTenant()
    const users = await createUsers(own, 6)
    const filter = 'title eq "even"'
    const first = await readPage(own, '/Users', { cursor: '', count: 1 })
    const filtered = await readPage(own, '/Users', { cursor: '', count: 1, filter })
    expect([first['totalResults'], filtered['totalResults']]).to.deep.equal([6, 3])
    await own.createUser('user6', { title: 'even' })
    await own.createUser('user7', { title: 'even' })
    await own.delete(`/Users/${users[5]?.['id']}`)
    const rest = await readPage(own, '/Users', { cursor: first['nextCursor'], count: 1 })
    const restOfFiltered = await readPage(own, '/Users', { cursor: filtered['nextCursor'], count: 1, filter })
    expect([rest['totalResults'], restOfFiltered['totalResults']]).to.deep.equal([7, 3])
    const last = await readPage(own, '/Users', { cursor: restOfFiltered['nextCursor'], count: 1, filter })
    expect(last['totalResults']).to.equal(3)
  })

  it('9865-2.4-01 9865-2.4-02 is not begun by a request that names no method, nor by startIndex', async () => {
    const { body: config } = await scim.get('/ServiceProviderConfig')
    expect(config['pagination'].defaultPaginationMethod).to.equal('index')
    for (const ask of [get, post]) {
      for (const [parameters, startIndex] of [
        [{ count: 2 }, 1],
        [{ startIndex: 1, count: 2 }, 1],
        [{ startIndex: 2, count: 2 }, 2],
      ] as const) {
        const body = await read(scim, '/Users', parameters, ask)
        expect(body).to.have.all.keys('schemas', 'totalResults', 'startIndex', 'itemsPerPage', 'Resources')
        expect([body['startIndex'], userNames([body])]).to.deep.equal([
          startIndex,
          all.slice(startIndex - 1, startIndex + 1),
        ])
      }
      const body = await read(scim, '/Users', { cursor: '', count: 2 }, ask)
      expect(body).to.have.all.keys('schemas', 'totalResults', 'nextCursor', 'itemsPerPage', 'Resources')
    }
  })

  it('9865-2-09 refuses startIndex beside a cursor', async () => {
    const cursor = await beginWalk(scim, '/Users', { count: 2 })
    for (const ask of [get, post]) {
      for (const given of ['', cursor, 'x']) {
        for (const startIndex of [1, 2, 0]) {
          expectError(await ask(scim, '/Users', { cursor: given, startIndex, count: 2 }), 400, 'invalidValue')
        }
      }
    }
    const search = { schemas: [searchSchema], cursor: '', startIndex: null, count: 2 }
    expect((await scim.post('/Users/.search', search)).body).to.include.keys('nextCursor')
    expect((await scim.post('/Users/.search', { ...search, cursor: null, startIndex: 2 })).body['startIndex']).to.equal(
      2,
    )
  })

  it('9865-3-01 7644-3.4.3-01 takes cursor and count in the body of a search, and goes on by GET and back', async () => {
    const parameters = { count: 2, sortBy: 'userName', sortOrder: 'descending', attributes: 'userName,title' }
    const expected = all.toReversed()
    expect(userNames(await walk(scim, '/Users', parameters, post))).to.deep.equal(expected)
    for (const endpoint of ['/Users', '']) {
      let turns = 0
      const alternate: Ask = (client, ...rest) => (turns++ % 2 === 0 ? post : get)(client, ...rest)
      const pages = await walk(scim, endpoint, parameters, alternate)
      expect([turns, userNames(pages)]).to.deep.equal([3, expected])
    }
  })

  it('7644-3.4.2.5-01 shows of the resources what is asked for, on every page', async () => {
    for (const page of await walk(scim, '/Users', { count: 2, sortBy: 'title', attributes: 'userName' })) {
      for (const one of page['Resources'] as Body[]) expect(one).to.have.all.keys('schemas', 'id', 'userName')
    }
    for (const one of resourcesOf(await walk(scim, '/Users', { count: 2, excludedAttributes: 'title,meta' }))) {
      expect(one).to.not.have.any.keys('title', 'meta')
    }
  })

  it('9865-5-05 keeps nothing for the walks that are under way', async () => {
    const db = testDatabase()
    const tables = await query<{ name: string }>(
      db,
      `select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
    )
    const countRows = async (): Promise<unknown> => {
      const counts = tables.map(({ name }) => `(select count(*) from "${name}") as "${name}"`)
      return (await query(db, `select ${counts.join(', ')}`))[0]
    }
    const rows = await countRows()
    for (let index = 0; index < 20; index++) await beginWalk(scim, '/Users', { count: 1 })
    expect(await countRows()).to.deep.equal(rows)
  })

  it('goes on in any server of the installation', async () => {
    const parameters = { count: 2, sortBy: 'title' }
    const expected = userNames([await read(scim, '/Users', { sortBy: 'title' })])
    await withApp({}, async (one) => {
      await withApp({}, async (other) => {
        const clients = [one, other].map((origin) => new ScimClient(supertest(origin), origin, scim.token))
        let turns = 0
        const alternate: Ask = (client, ...rest) => get(clients[turns++ % 3] ?? client, ...rest)
        expect(userNames(await walk(scim, '/Users', parameters, alternate))).to.deep.equal(expected)
        expect(turns).to.equal(3)
      })
    })
  })
})

describe('the keys of servers', () => {
  it('are made once, by whoever comes first, for each name', async () => {
    const name = `test-${randomBytes(8).toString('hex')}`
    const keys = await Promise.all(Array.from({ length: 6 }, () => readServerKey(testDatabase(), name, clock.now())))
    const [first] = keys
    expect(first).to.have.length(32)
    for (const key of keys) expect(key).to.deep.equal(first)
    expect(await readServerKey(testDatabase(), `${name}-other`, clock.now())).to.not.deep.equal(first)
  })
})

describe('what a server says of paging', () => {
  let scim: ScimClient
  before(async function () {
    this.timeout(60_000)
    const tenant = await createTenant()
    scim = tenant.scim
    const db = testDatabase()
    const [organization] = await query<{ name: string }>(db, 'select name from organizations where org_id = $1', [
      tenant.organizationId,
    ])
    await loadSample(
      db,
      { size: 1050, organization: organization?.name ?? '', directory: tenant.directoryId, seed: 1 },
      clock.now(),
    )
  })

  it('9865-4-01 9865-2.1-03 is what it does: the sizes of pages, and that a larger count is capped', async () => {
    const { pagination } = (await scim.get('/ServiceProviderConfig')).body
    expect(pagination).to.deep.equal({
      cursor: true,
      index: true,
      defaultPaginationMethod: 'index',
      defaultPageSize: 100,
      maxPageSize: 1000,
      cursorTimeout: 3600,
    })
    const attributes = 'userName'
    for (const way of [{}, { cursor: '' }]) {
      const usual = await read(scim, '/Users', { ...way, attributes })
      expect([usual['itemsPerPage'], usual['totalResults']]).to.deep.equal([pagination.defaultPageSize, 1050])
      const largest = await read(scim, '/Users', { ...way, attributes, count: 5000 })
      expect(largest['itemsPerPage']).to.equal(pagination.maxPageSize)
    }
    const pages = await walk(scim, '/Users', { attributes, count: 5000 })
    expect(sizesOf(pages)).to.deep.equal([1000, 50])
    // The count that was capped may be sent again, as it was or as it became.
    const { nextCursor } = await read(scim, '/Users', { attributes, cursor: '', count: 5000 })
    expect((await read(scim, '/Users', { attributes, cursor: nextCursor, count: 1000 }))['itemsPerPage']).to.equal(50)
  })

  it('7644-3.4.2.4-07 9865-2-04 gives each of 1050 users once, by pages of 100', async () => {
    const pages = await walk(scim, '/Users', { count: 100, attributes: 'userName' })
    expect(sizesOf(pages)).to.deep.equal([...Array.from({ length: 10 }, () => 100), 50])
    expect(new Set(userNames(pages)).size).to.equal(1050)
  })
})

describe('cursors that are refused', () => {
  const filter = 'title eq "even"'
  const parameters = { filter, sortBy: 'userName', attributes: 'userName,title', count: 2 }
  let tenant: Tenant
  let scim: ScimClient
  let cursor: string
  before(async () => {
    tenant = await createTenant()
    scim = tenant.scim
    await createUsers(scim, 8)
    await scim.createGroup('Core')
    cursor = await beginWalk(scim, '/Users', parameters)
  })

  const changes: readonly (readonly [what: string, endpoint: string, change: Record<string, string | undefined>])[] = [
    ['another filter', '/Users', { filter: 'title eq "odd"' }],
    ['a filter that says the same', '/Users', { filter: 'title EQ "even"' }],
    ['no filter', '/Users', { filter: undefined }],
    ['another order', '/Users', { sortBy: 'title' }],
    ['no order', '/Users', { sortBy: undefined }],
    ['the other direction', '/Users', { sortOrder: 'descending' }],
    ['other attributes', '/Users', { attributes: 'userName' }],
    ['attributes that are excluded', '/Users', { attributes: undefined, excludedAttributes: 'title' }],
    ['another endpoint', '', {}],
  ]
  for (const [what, endpoint, change] of changes) {
    it(`9865-2-07 are those with ${what}`, async () => {
      const merged = Object.entries({ ...parameters, ...change, cursor }).filter(([, value]) => value !== undefined)
      for (const ask of [get, post]) {
        const reply = await ask(scim, endpoint, Object.fromEntries(merged))
        expectError(reply, 400, 'invalidCursor')
      }
    })
  }

  it('9865-2-07 are not those whose query is repeated, the default order named or not', async () => {
    for (const same of [{}, { sortOrder: 'ascending' }, { sortOrder: 'Ascending' }]) {
      const page = await readPage(scim, '/Users', { ...parameters, ...same, cursor })
      expect(userNames([page])).to.deep.equal(['user4', 'user6'])
    }
  })

  it('9865-2-07 are those of another resource type, whose query is the same', async () => {
    const plain = await beginWalk(scim, '/Users', { count: 1 })
    for (const endpoint of ['/Groups', '']) {
      expectError(await get(scim, endpoint, { cursor: plain, count: 1 }), 400, 'invalidCursor')
    }
    expect((await readPage(scim, '/Users', { cursor: plain, count: 1 }))['itemsPerPage']).to.equal(1)
  })

  it('9865-2.1-03 9865-2-07 are not those without the count, but with another count the count is refused', async () => {
    const { count: _, ...rest } = parameters
    for (const ask of [get, post]) {
      expect(userNames([await readPage(scim, '/Users', { ...rest, cursor }, ask)])).to.deep.equal(['user4', 'user6'])
      for (const count of [1, 3, 0, -2, 100, 5000]) {
        expectError(await ask(scim, '/Users', { ...rest, count, cursor }), 400, 'invalidCount')
      }
      for (const count of ['abc', '1.5', '2a']) {
        for (const given of ['', cursor]) {
          expectError(await ask(scim, '/Users', { ...rest, count, cursor: given }), 400, 'invalidCount')
        }
      }
    }
    const usual = await createTenant()
    await createUsers(usual.scim, 101)
    const counted = await beginWalk(usual.scim, '/Users', {})
    expect((await readPage(usual.scim, '/Users', { cursor: counted, count: 100 }))['itemsPerPage']).to.equal(1)
    expectError(await get(usual.scim, '/Users', { cursor: counted, count: 99 }), 400, 'invalidCount')
  })

  it('9865-2.1-01 9865-5-03 are those that were changed by as much as one bit, anywhere', async () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    for (let at = 0; at < cursor.length; at++) {
      const value = alphabet.indexOf(cursor.charAt(at))
      const changed = value === -1 ? '-' : alphabet.charAt(value ^ 1)
      const forged = cursor.slice(0, at) + changed + cursor.slice(at + 1)
      const reply = await get(scim, '/Users', { ...parameters, cursor: forged })
      expect([reply.status, reply.body['scimType']], `at ${at} of ${cursor}`).to.deep.equal([400, 'invalidCursor'])
    }
  })

  it('9865-5-04 9865-5-01 9865-2.1-01 are refused in the same words: forged, foreign, or never made', async () => {
    const other = await createTenant()
    await createUsers(other.scim, 8)
    const directory = await tenant.addDirectory('Entra')
    const application = await tenant.addApplication(['read'])
    const [header = '', , iv = '', text = '', tag = ''] = cursor.split('.')
    const forge = (key: Uint8Array): Promise<string> =>
      new EncryptJWT({ key: 'user0', id: '', count: 2, total: 4 })
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', zip: 'DEF' })
        .encrypt(key)
    const forged = [
      'garbage',
      '\0',
      ' ',
      '0',
      'null',
      '....',
      'é',
      '\u{1f600}',
      'A'.repeat(8000),
      cursor.slice(0, -1),
      `${cursor}A`,
      `${cursor}.`,
      cursor.toUpperCase(),
      [header, 'AAAA', iv, text, tag].join('.'),
      [Buffer.from('{"alg":"dir","enc":"A128GCM"}').toString('base64url'), '', iv, text, tag].join('.'),
      [Buffer.from('{"alg":"none"}').toString('base64url'), text, ''].join('.'),
      scim.token,
      await forge(randomBytes(32)),
      await forge(new Uint8Array(32)),
      await beginWalk(other.scim, '/Users', parameters),
    ]
    const replies = await Promise.all(
      forged.map(async (one) => {
        const replied = await get(scim, '/Users', { ...parameters, cursor: one })
        expectError(replied, 400, 'invalidCursor')
        return replied.text
      }),
    )
    for (const foreign of [other.scim, directory.scim, application]) {
      const reply = await get(foreign, '/Users', { ...parameters, cursor })
      expectError(reply, 400, 'invalidCursor')
      replies.push(reply.text)
    }
    replies.push((await get(scim, '/Users', { ...parameters, filter: 'title pr', cursor })).text)
    expect(new Set(replies).size).to.equal(1)
    expectError(await scim.post('/Users/.search', { schemas: [searchSchema], cursor: 5 }), 400, 'invalidValue')
  })

  it('9865-5-01 are not those of another token of the same directory, which sees the same', async () => {
    const { organizationId, directoryId } = tenant
    const { secret } = await createToken(
      testDatabase(),
      { organizationId, directoryId, name: 'Next', scopes: ['read'], expiresAt: null },
      clock.now(),
    )
    const page = await readPage(scim.withToken(secret), '/Users', { ...parameters, cursor })
    expect(userNames([page])).to.deep.equal(['user4', 'user6'])
    const application = await tenant.addApplication(['read'])
    const ofApplication = await beginWalk(application, '/Users', parameters)
    const next = await tenant.addApplication(['read'])
    expect(userNames([await readPage(next, '/Users', { ...parameters, cursor: ofApplication })])).to.deep.equal([
      'user4',
      'user6',
    ])
    expectError(await get(scim, '/Users', { ...parameters, cursor: ofApplication }), 400, 'invalidCursor')
  })

  it('9865-5-01 are those of an application for the directory that it writes as, which sees less', async () => {
    const { organizationId, scim: writer, addApplication } = await createTenant()
    for (const name of ['a', 'b', 'c']) await writer.createGroup(name)
    const begun = await beginWalk(await addApplication(['read']), '/Groups', { count: 1 })
    const db = testDatabase()
    const { id: directoryId } = await db
      .selectFrom('directories')
      .select('id')
      .where('org_id', '=', organizationId)
      .where('kind', '=', 'manual')
      .executeTakeFirstOrThrow()
    const token = { organizationId, directoryId, name: 'Manual', scopes: ['read'], expiresAt: null } as const
    const { secret } = await createToken(db, token, clock.now())
    expectError(await get(writer.withToken(secret), '/Groups', { count: 1, cursor: begun }), 400, 'invalidCursor')
    expect((await read(writer.withToken(secret), '/Groups', { cursor: '' }))['totalResults']).to.equal(0)
  })

  it('9865-5-02 9865-5-01 end with the permission: a revoked token, or one that may not read, gets no page', async () => {
    const { organizationId, directoryId, scim: owner } = await createTenant()
    await createUsers(owner, 4)
    const begun = await beginWalk(owner, '/Users', { count: 2 })
    const db = testDatabase()
    const token = { organizationId, directoryId, name: 'Next', expiresAt: null }
    const writer = await createToken(db, { ...token, scopes: ['write'] }, clock.now())
    const refused = await get(owner.withToken(writer.secret), '/Users', { count: 2, cursor: begun })
    expectError(refused, 403)
    const reader = await createToken(db, { ...token, directoryId: null, scopes: ['read'] }, clock.now())
    const ofReader = await beginWalk(owner.withToken(reader.secret), '/Users', { count: 2 })
    await revokeToken(db, organizationId, reader.id, clock.now())
    clock.advance(tokenIsKept)
    expectError(await get(owner.withToken(reader.secret), '/Users', { count: 2, cursor: ofReader }), 401)
    expectError(await get(owner.withToken('nobody'), '/Users', { count: 2, cursor: begun }), 401)
    expect((await readPage(owner, '/Users', { count: 2, cursor: begun }))['itemsPerPage']).to.equal(2)
  })

  it('9865-2.1-02 are those older than the published time, each page giving a new one', async () => {
    const { cursorTimeout } = (await scim.get('/ServiceProviderConfig')).body['pagination']
    const seconds = Number(cursorTimeout)
    const first = await beginWalk(scim, '/Users', { count: 2 })
    clock.advance((seconds - 10) * 1000)
    const { nextCursor } = await readPage(scim, '/Users', { count: 2, cursor: first })
    clock.advance(11_000)
    const old = await get(scim, '/Users', { count: 2, cursor: first })
    expectError(old, 400, 'expiredCursor')
    expect((await readPage(scim, '/Users', { count: 2, cursor: nextCursor }))['itemsPerPage']).to.equal(2)
    // Whose it is not learns nothing of its age.
    const { scim: stranger } = await tenant.addDirectory('Late')
    expectError(await get(stranger, '/Users', { count: 2, cursor: first }), 400, 'invalidCursor')
  })

  it('are those of an attribute that has got another type since', async () => {
    const definition = { name: 'rank', type: 'string' }
    const own = await createTenantWith(definition)
    clock.advance(tokenIsKept)
    for (const rank of ['a', 'b', 'c']) await own.scim.createUser(rank, { [customSchema]: { rank } })
    const begun = await beginWalk(own.scim, '/Users', { count: 1, sortBy: 'rank' })
    const db = testDatabase()
    await removeCustomAttribute(db, own.organizationId, 'User', 'rank', { at: clock.now(), requestId: 'req_1' })
    clock.advance(tokenIsKept)
    expectError(await get(own.scim, '/Users', { count: 1, sortBy: 'rank', cursor: begun }), 400, 'invalidValue')
    const integer = { resourceType: 'User', definition: { name: 'rank', type: 'integer' } } as const
    await addCustomAttribute(db, own.organizationId, integer, clock.now())
    clock.advance(tokenIsKept)
    expectError(await get(own.scim, '/Users', { count: 1, sortBy: 'rank', cursor: begun }), 400, 'invalidCursor')
  })
})

describe('a walk while others write', () => {
  const orders: readonly Parameters[] = [
    {},
    { sortOrder: 'descending' },
    { sortBy: 'userName' },
    { sortBy: 'userName', sortOrder: 'descending' },
    { sortBy: 'title' },
    { sortBy: 'title', sortOrder: 'descending' },
    { sortBy: 'userName', filter: 'title pr or not (title pr)' },
  ]
  for (const order of orders) {
    it(`7644-3.4.2.3-08 7644-3.4.2.4-07 misses nobody who stays, and sees nobody twice: ${JSON.stringify(order)}`, async () => {
      const { scim } = await createTenant()
      const titles = ['b', 'a', undefined, 'b', 'c']
      const users: Body[] = []
      for (let index = 0; index < 16; index++) {
        const title = titles[index % titles.length]
        users.push(await scim.createUser(`m${String.fromCodePoint(97 + index)}`, title === undefined ? {} : { title }))
      }
      const inOrder = userNames([await read(scim, '/Users', order)])
      const idOf = new Map(users.map((user) => [user['userName'] as string, user['id'] as string]))
      const staying = new Set(inOrder)
      const leave = async (userName: string | undefined): Promise<void> => {
        staying.delete(userName ?? '')
        expect((await scim.delete(`/Users/${idOf.get(userName ?? '')}`)).status).to.equal(204)
      }

      const seen: string[] = []
      let cursor: string | undefined = ''
      for (let turn = 0; cursor !== undefined; turn++) {
        const page = await readPage(scim, '/Users', { ...order, count: 5, cursor })
        seen.push(...userNames([page]))
        cursor = page['nextCursor'] as string | undefined
        if (turn === 0) {
          await leave(inOrder[4]) // the last of the page, where the cursor stands
          await leave(inOrder[6]) // one ahead
          await scim.createUser('a-before-all', { title: '0' })
          await scim.createUser('z-behind-all', { title: 'z' })
        }
        if (turn === 1) {
          await leave(inOrder[0])
          const moved = [{ op: 'replace', path: 'nickName', value: 'changed' }]
          for (const userName of staying) await scim.patch(`/Users/${idOf.get(userName)}`, moved)
        }
      }
      const met = seen.filter((userName) => idOf.has(userName))
      expect(met).to.deep.equal(inOrder.filter((userName) => userName !== inOrder[6]))
      expect(new Set(seen).size).to.equal(seen.length)
      const isSorted = order['sortBy'] !== undefined
      const [isAhead, other] =
        order['sortOrder'] === 'descending' ? ['a-before-all', 'z-behind-all'] : ['z-behind-all', 'a-before-all']
      if (isSorted) expect(seen).to.include(isAhead).and.not.include(other)
    })
  }

  it('9865-5-01 shows nobody who was taken out of sight since', async () => {
    const { scim, addDirectory } = await createTenant()
    const users = await createUsers(scim, 4)
    const { scim: second } = await addDirectory('Entra')
    for (const { userName } of users) await second.post('/Users', { schemas: users[0]?.['schemas'], userName })
    const begun = await beginWalk(scim, '/Users', { count: 2 })
    await scim.delete(`/Users/${users[2]?.['id']}`)
    const rest = await readPage(scim, '/Users', { count: 2, cursor: begun })
    expect([userNames([rest]), rest['totalResults']]).to.deep.equal([['user3'], 3])
  })
})

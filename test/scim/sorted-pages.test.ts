// Every kind of order, page by page: what the pages hold together is the whole list, sorted as a model sorts it.
import { expect } from 'chai'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import supertest from 'supertest'
import { query } from '../../server/db/query.ts'
import { addCustomAttribute } from '../../server/directory/custom-attributes.ts'
import { clock, createTenant, type Tenant } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'
import { createTenantWith, customSchema, expectError, withApp } from '../support/protocol.ts'
import {
  type Body,
  enterpriseSchema,
  groupSchema,
  rollcallSchema,
  ScimClient,
  userSchema,
} from '../support/scim-client.ts'
import { fold, instant, type Key, main, sortResources } from '../support/sort-model.ts'
import { get, type Parameters, post, read, resourcesOf, sizesOf, walk } from '../support/walk.ts'

type KeyOf = (resource: Body) => Key

const customGroupSchema = 'urn:ietf:params:scim:schemas:extension:custom:2.0:Group'
const idsOf = (resources: readonly Body[]): string[] => resources.map((one) => one['id'] as string)

/** The list at once, by index and by cursor, each as the model has it. */
async function compare(
  scim: ScimClient,
  endpoint: string,
  parameters: Parameters,
  keyOf: KeyOf,
  sizes: readonly number[],
): Promise<void> {
  const compareOne = async (sortOrder: 'ascending' | 'descending'): Promise<void> => {
    const ordered = { ...parameters, sortOrder }
    const { Resources: whole, totalResults } = await read(scim, endpoint, { ...ordered, count: 1000 })
    const ids = idsOf(whole)
    expect(ids).to.deep.equal(idsOf(sortResources(whole, keyOf, sortOrder === 'descending')))
    const short = { ...ordered, attributes: 'id' }
    for (const count of sizes) {
      const pages = await walk(scim, endpoint, { ...short, count }, count === 3 ? post : get)
      expect(idsOf(resourcesOf(pages)), `${sortOrder}, ${count} a page`).to.deep.equal(ids)
      expect(sizesOf(pages)).to.deep.equal(splitEvenly(ids.length, count))
      for (const page of pages) expect(page['totalResults']).to.equal(totalResults)
    }
    const byIndex: Body[] = []
    for (let startIndex = 1; startIndex <= totalResults; startIndex += 7) {
      byIndex.push(await read(scim, endpoint, { ...short, startIndex, count: 7 }))
    }
    expect(idsOf(resourcesOf(byIndex))).to.deep.equal(ids)
  }
  await Promise.all([compareOne('ascending'), compareOne('descending')])
}

function splitEvenly(total: number, size: number): number[] {
  return Array.from({ length: Math.ceil(total / size) }, (_, page) => Math.min(size, total - page * size))
}

const texts = [
  'Zoë',
  'zoe\u0308',
  'zog',
  'ámos',
  'Ámos',
  '李雷',
  '\u{1d4b3}-ray',
  '\uffee',
  'a"b\\c',
  '\u0001x',
  'ΟΔΟΣ',
  'x',
]
const instants = [
  '2026-01-31T12:00:00Z',
  '2026-01-31T13:00:00+01:00',
  '2026-01-31T12:00:00.000001Z',
  '2026-01-31T12:00:00.000002Z',
  '2026-01-31T12:00:00.00000149',
  '1890-06-01T12:00:00',
  '0001-01-01T00:00:00+14:00',
  '9999-12-31T23:59:59.999999Z',
]
const decimals = [0.1, 0.30000000000000004, 0.3, -1.5, 1e21, 1e-300, 1.7976931348623157e308, 0, -0.1, 2, 10]

/** The value of the list that is a person's turn; every some nobody has one. */
function pick<Value>(values: readonly Value[], index: number, some: number): Value | undefined {
  return index % some === 0 ? undefined : values[index % values.length]
}

const definitions = [
  { name: 'number', type: 'integer' },
  { name: 'decimal', type: 'decimal' },
  { name: 'flag', type: 'boolean' },
  { name: 'moment', type: 'dateTime' },
  { name: 'exact', type: 'string', caseExact: true },
  { name: 'tags', type: 'string', multiValued: true },
  { name: 'moments', type: 'dateTime', multiValued: true },
  { name: 'groups', type: 'integer' },
]

function describePerson(index: number, managerId: string | undefined): Body {
  const tag = pick(texts, index, 4)
  return {
    externalId: pick(['b', 'B', 'a'], index, 3),
    displayName: pick(texts, index, 5),
    title: pick(texts, index + 1, 3),
    active: pick([true, false], index, 4),
    profileUrl: pick(['https://a.example/x', 'https://A.example/X'], index, 3),
    name: { familyName: pick(texts, index + 2, 2) },
    emails: [
      { value: `${index % 4}@x.example`, type: 'home' },
      { value: pick(['z@x.example', 'M@x.example', 'a@x.example'], index, 3), primary: index % 2 === 0, type: 'work' },
    ].slice(index % 3),
    x509Certificates: index % 3 === 0 ? undefined : [{ value: ['AQID', 'aqid', 'AQIDBA=='][index % 2] }],
    [enterpriseSchema]: {
      department: pick(['R&D', 'r&d', 'Sales'], index, 4),
      employeeNumber: pick(['7', '07', '10'], index, 3),
      manager: managerId === undefined ? undefined : { value: managerId },
    },
    [rollcallSchema]: {
      leaveBalances: index % 3 === 0 ? undefined : [{ type: 'x', value: decimals[index % decimals.length] }],
    },
    [customSchema]: {
      number: pick([-10, 9, 10, 2, 0], index, 4),
      decimal: pick(decimals, index, 5),
      flag: pick([true, false], index, 3),
      groups: pick([3, 20, 1], index, 4),
      moment: pick(instants, index, 5),
      exact: pick(['b', 'B', 'a', 'É'], index, 3),
      tags: tag === undefined ? undefined : [tag, 'a'],
      moments: index % 2 === 0 ? undefined : [instants[index % instants.length]],
    },
  }
}

const custom = (resource: Body): Body => (resource[customSchema] ?? {}) as Body
const enterprise = (resource: Body): Body => (resource[enterpriseSchema] ?? {}) as Body
const write = (value: string | number | boolean | undefined): Key => (value === undefined ? undefined : String(value))
const nothing: KeyOf = () => undefined
const byId: KeyOf = ({ id }) => id as Key
const byName: KeyOf = ({ displayName }) => fold(displayName)
const byNumber: KeyOf = (resource) => custom(resource)['number'] as Key

describe('pages of users', function () {
  this.timeout(60_000)
  let tenant: Tenant
  let scim: ScimClient

  before(async () => {
    tenant = await createTenantWith(...definitions)
    scim = tenant.scim
    clock.advance(1001) // a token and what it knows of the schema are kept for a second
    const ids: string[] = []
    for (let index = 0; index < 30; index++) {
      const managerId = index % 4 === 0 ? undefined : index % 7 === 0 ? 'nobody' : ids[index % 6]
      // The order of names is not that of ids.
      const user = await scim.createUser(
        `${'aBcD'.charAt(index % 4)}${(index * 7) % 30}`,
        describePerson(index, managerId),
      )
      ids.push(user['id'] as string)
      if (index % 5 === 0) await scim.patch(`/Users/${user['id']}`, [{ op: 'add', path: 'nickName', value: 'x' }])
    }
    await scim.createGroup('Core', ids.slice(5, 12))
    // Some are of the same moment.
    await query(
      testDatabase(),
      `update users u set created_at = '2026-01-01T00:00:00Z'::timestamptz + n % 4 * interval '1 hour', modified_at = '2026-02-01T00:00:00.5Z'
       from (select id, row_number() over (order by user_name_key) as n from users where org_id = $1) t
       where u.org_id = $1 and u.id = t.id`,
      [tenant.organizationId],
    )
  })

  const orders: readonly (readonly [ids: string, sortBy: string | undefined, keyOf: KeyOf])[] = [
    ['7644-3.4.2.3-02', undefined, byId],
    ['7644-3.4.2.3-02', 'id', byId],
    ['7644-3.4.2.3-02', 'userName', ({ userName }) => fold(userName)],
    ['7644-3.4.2.3-07', 'displayName', byName],
    ['7644-3.4.2.3-07', 'title', ({ title }) => fold(title)],
    ['7644-3.4.2.3-04', 'name.familyName', ({ name }) => fold(name?.familyName)],
    ['7644-3.4.2.3-07', 'externalId', ({ externalId }) => externalId as Key],
    ['7644-3.4.2.3-02', 'active', ({ active }) => write(active)],
    ['7644-3.4.2.3-02', 'profileUrl', ({ profileUrl }) => profileUrl as Key],
    ['7644-3.4.2.3-07', 'meta.created', ({ meta }) => instant(meta.created)],
    ['7644-3.4.2.3-02', 'meta.lastModified', ({ meta }) => instant(meta.lastModified)],
    ['7644-3.4.2.3-02', 'meta.version', ({ meta }) => meta.version as string],
    ['7644-3.4.2.3-02', 'meta.resourceType', nothing],
    ['7644-3.4.2.3-03', 'emails.value', ({ emails }) => fold(main(emails)?.['value'])],
    ['7644-3.4.2.3-03', 'emails', ({ emails }) => fold(main(emails)?.['value'])],
    ['7644-3.4.2.3-02', 'x509Certificates.value', ({ x509Certificates }) => main(x509Certificates)?.['value'] as Key],
    ['7644-3.4.2.3-02', `${enterpriseSchema}:department`, (user) => fold(enterprise(user)['department'])],
    ['7644-3.4.2.3-02', `${enterpriseSchema}:employeeNumber`, (user) => fold(enterprise(user)['employeeNumber'])],
    ['7644-3.4.2.3-02', 'manager', (user) => enterprise(user)['manager']?.value as Key],
    ['7644-3.4.2.3-02', 'manager.$ref', (user) => enterprise(user)['manager']?.value as Key],
    [
      '7644-3.4.2.3-02',
      `${enterpriseSchema}:manager.displayName`,
      (user) => fold(enterprise(user)['manager']?.displayName),
    ],
    [
      '7644-3.4.2.3-07',
      `${rollcallSchema}:leaveBalances.value`,
      (user) => main(user[rollcallSchema]?.leaveBalances)?.['value'] as Key,
    ],
    ['7644-3.4.2.3-02', 'source', nothing],
    ['7644-3.4.2.3-02', 'groups', nothing],
    ['7644-3.4.2.3-02', 'groups.$ref', nothing],
    ['7644-3.4.2.3-02', 'photos.value', nothing],
    ['7644-3.4.2.3-07', 'number', byNumber],
    ['7644-3.4.2.3-07', 'decimal', (user) => custom(user)['decimal'] as Key],
    ['7644-3.4.2.3-02', `${customSchema}:groups`, (user) => custom(user)['groups'] as Key],
    ['7644-3.4.2.3-02', 'flag', (user) => write(custom(user)['flag'])],
    ['7644-3.4.2.3-07', 'moment', (user) => instant(custom(user)['moment'])],
    ['7644-3.4.2.3-07', 'exact', (user) => custom(user)['exact'] as Key],
    ['7644-3.4.2.3-02', 'tags', (user) => fold(custom(user)['tags']?.[0])],
    ['7644-3.4.2.3-02', 'moments', (user) => instant(custom(user)['moments']?.[0])],
  ]
  for (const [ids, sortBy, keyOf] of orders) {
    const sort: Parameters = sortBy === undefined ? {} : { sortBy }
    it(`9865-2.2-01 7644-3.4.2.3-08 7644-3.4.2.4-07 ${ids} are the whole list, sorted by ${sortBy ?? 'nothing'}`, () =>
      // Pages of one stop behind each of them.
      compare(scim, '/Users', sort, keyOf, [1, 7]))
  }

  it('9865-2.2-01 9865-3-01 are the whole list in pages of any size', async () => {
    await compare(scim, '/Users', {}, byId, [2, 3, 30, 31, 100])
    await compare(scim, '/Users', { sortBy: 'displayName' }, byName, [2, 3, 15, 100])
  })

  it('9865-2.2-01 9865-2-04 are all that a filter finds', async () => {
    await compare(scim, '/Users', { filter: 'displayName pr' }, byId, [1, 3, 6, 100])
    await compare(scim, '/Users', { filter: 'not (title eq "x")', sortBy: 'displayName' }, byName, [1, 3, 100])
    await compare(scim, '/Users', { filter: 'emails[type eq "work"]', sortBy: 'number' }, byNumber, [1, 3, 100])
    await compare(scim, '/Users', { filter: 'number gt 0', sortBy: 'number' }, byNumber, [1, 3, 100])
    await compare(scim, '/Users', { filter: 'userName eq "nobody"', sortBy: 'number' }, byNumber, [])
    expect(sizesOf(await walk(scim, '/Users', { filter: 'userName eq "nobody"', sortBy: 'number' }))).to.deep.equal([0])
  })
})

describe('pages of groups', () => {
  it('9865-2.2-01 7644-3.4.2.3-08 7644-3.4.2.4-07 are the whole list, however it is sorted', async () => {
    const { scim, addDirectory, addApplication } = await createTenant()
    const { scim: second } = await addDirectory('Entra')
    const user = await scim.createUser('mira')
    // A name is of one group in each directory.
    for (const [index, name] of ['Zoë', 'ben', '李雷', 'Ámos', 'x', '\uffee'].entries()) {
      for (const [turn, directory] of [scim, second].entries()) {
        const externalId = pick(['b', 'B', 'a'], index + turn, 3)
        await directory.createGroup(name, index % 2 === turn ? [user['id'] as string] : [], { externalId })
      }
    }
    const application = await addApplication(['read'])
    const orders: readonly (readonly [sortBy: string | undefined, keyOf: KeyOf])[] = [
      [undefined, byId],
      ['displayName', byName],
      ['externalId', ({ externalId }) => externalId as Key],
      ['meta.created', ({ meta }) => instant(meta.created)],
      ['source', nothing],
      ['members', nothing],
      ['members.$ref', nothing],
    ]
    for (const [sortBy, keyOf] of orders) {
      await compare(application, '/Groups', sortBy === undefined ? {} : { sortBy }, keyOf, [1, 3, 12])
    }
    await compare(application, '/Groups', { filter: 'members pr', sortBy: 'displayName' }, byName, [1, 3, 6])
    await compare(second, '/Groups', { sortBy: 'displayName' }, byName, [1, 3, 6])
  })
})

describe('pages of all types at the root', () => {
  const roomSchema = 'urn:example:params:scim:schemas:Room'
  const room = [
    {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
      id: roomSchema,
      name: 'Room',
      attributes: [
        { name: 'displayName', required: true },
        { name: 'rank', type: 'decimal' },
        { name: 'level', type: 'decimal' },
        { name: 'moment', type: 'dateTime' },
      ],
    },
    {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
      name: 'Room',
      endpoint: '/Rooms',
      schema: roomSchema,
    },
  ]
  const own = (resource: Body): Body => resource[customSchema] ?? resource[customGroupSchema] ?? resource

  it('9865-2.2-01 7644-3.4.2.3-02 7644-3.4.2.3-06 7644-3.4.2.4-07 are one list, sorted across the types', async function () {
    this.timeout(60_000)
    const tenant = await createTenantWith(
      { name: 'rank', type: 'integer' },
      { name: 'level', type: 'integer' },
      { name: 'moment', type: 'dateTime' },
    )
    for (const definition of [
      { name: 'rank', type: 'string' },
      { name: 'moment', type: 'string' },
      { name: 'members', type: 'integer' },
    ]) {
      const attribute = { resourceType: 'Group', definition } as const
      await addCustomAttribute(testDatabase(), tenant.organizationId, attribute, clock.now())
    }
    clock.advance(1001)
    const folder = await mkdtemp(path.join(tmpdir(), 'rollcall-rooms-'))
    await writeFile(path.join(folder, 'rooms.json'), JSON.stringify(room))
    await withApp({ ROLLCALL_SCHEMAS_DIR: folder, RATE_LIMIT_PER_SECOND: '100000' }, async (origin) => {
      const scim = new ScimClient(supertest(origin), origin, tenant.directoryToken)
      // Turn by turn, so that the types take turns in every order.
      for (let index = 0; index < 8; index++) {
        await scim.createUser(`user${index}`, {
          displayName: pick(['Éva', 'ben', 'Core'], index, 3),
          externalId: pick(['b', 'x', 'a'], index, 4),
          [customSchema]: {
            rank: pick([2, 10, -1], index, 3),
            level: pick([2, 10, 7], index, 2),
            moment: pick(instants, index, 3),
          },
        })
        await scim.createGroup(['core', 'Ben', 'éva', 'alpha', 'Zoo', 'b', 'c', 'd'][index] ?? '', [], {
          externalId: pick(['x', 'b'], index, 2),
          [customGroupSchema]: {
            members: pick([5, 40, 3], index, 3),
            rank: pick(['10', '9', 'High'], index, 4),
            moment: pick(['2026-01-31t12:00', 'x'], index, 2),
          },
        })
        const reply = await scim.post('/Rooms', {
          schemas: [roomSchema],
          displayName: ['core', 'BEN', 'x'][index % 3],
          rank: pick([1.5, 10, 2], index, 3),
          level: pick([1.5, 10, 2], index, 3),
          moment: pick(instants, index + 1, 3),
        })
        expect(reply.status, reply.text).to.equal(201)
      }
      const orders: readonly (readonly [sortBy: string | undefined, keyOf: KeyOf])[] = [
        [undefined, byId],
        ['id', byId],
        ['displayName', byName],
        ['userName', ({ userName }) => fold(userName)],
        ['externalId', ({ externalId }) => externalId as Key],
        ['meta.created', ({ meta }) => instant(meta.created)],
        ['meta.resourceType', ({ meta }) => meta.resourceType as Key],
        ['members', nothing],
        [`${customGroupSchema}:members`, (resource) => resource[customGroupSchema]?.members as Key],
        // Of one type of data, one of the types without the attribute.
        ['level', (resource) => own(resource)['level'] as Key],
        // Of different types of data: as text.
        ['rank', (resource) => fold(write(own(resource)['rank']))],
        ['moment', (resource) => writeMoment(own(resource)['moment'], resource[customGroupSchema] !== undefined)],
      ]
      for (const [sortBy, keyOf] of orders) {
        await compare(scim, '', sortBy === undefined ? {} : { sortBy }, keyOf, [1, 5, 24])
      }
      await compare(scim, '', { filter: 'displayName pr', sortBy: 'level' }, (one) => own(one)['level'] as Key, [1, 5])
      await compare(scim, '', { filter: 'meta.resourceType ne "User"', sortBy: 'displayName' }, byName, [1, 5, 8])
      await compare(scim, '', { filter: 'shoeSize pr' }, byId, [])
      await compare(scim, '/Rooms', { sortBy: 'moment' }, ({ moment }) => instant(moment), [1, 3])
      expectError(await scim.get('?cursor&sortBy=shoeSize'), 400, 'invalidValue')
    })
    await rm(folder, { recursive: true })
  })
})

function writeMoment(value: unknown, isText: boolean): Key {
  if (typeof value !== 'string') return undefined
  if (isText) return fold(value)
  const millis = Number((instant(value) ?? 0n) / 1000n)
  return new Date(millis).toISOString()
}

describe('pages sorted by long texts', () => {
  const isShort = (page: Body): boolean => String(page['nextCursor'] ?? '').length < 8000

  it('9865-2.2-01 compare the first 500 characters of what has no index, so that cursors fit into URLs', async () => {
    const { scim } = await createTenant()
    const noise = randomBytes(80_000).toString('base64')
    const letters = Array.from({ length: 499 }, (_, index) =>
      String.fromCodePoint(0x10000 + ((index * 7919) % 0xf000)),
    ).join('')
    const titles = [
      `${noise}b`,
      `${noise}a`,
      `${letters}a${noise}`,
      `${letters}b`,
      'short',
      `${noise.slice(0, 499)}~`,
      '\u0001'.repeat(600),
      `${'\u0001'.repeat(499)}a`,
      noise.slice(0, 500),
    ]
    for (const [index, title] of titles.entries()) await scim.createUser(`user${index}`, { title })
    const keyOf: KeyOf = ({ title }) =>
      Array.from(fold(title) ?? '')
        .slice(0, 500)
        .join('')
    await compare(scim, '/Users', { sortBy: 'title' }, keyOf, [1, 2])
    const pages = await walk(scim, '/Users', { sortBy: 'title', count: 1, attributes: 'id' })
    expect(pages.every(isShort)).to.equal(true)
  })

  it('9865-2.2-01 compare the whole of what has an index, which takes no long text that cannot be compressed', async () => {
    const { scim } = await createTenant()
    const long = 'a'.repeat(150_000)
    for (const name of [`${long}b`, 'b', `${long}a`, 'a', long]) {
      await scim.createUser(name)
      await scim.createGroup(name)
    }
    for (const [endpoint, sortBy] of [
      ['/Users', 'userName'],
      ['/Groups', 'displayName'],
    ] as const) {
      await compare(scim, endpoint, { sortBy }, (one) => fold(one[sortBy]), [1, 2])
      const pages = await walk(scim, endpoint, { sortBy, count: 1, attributes: 'id' })
      expect(pages.every(isShort)).to.equal(true)
    }
    const noise = randomBytes(80_000).toString('base64')
    expectError(await scim.post('/Users', { schemas: [userSchema], userName: noise }), 400, 'invalidValue')
    expectError(await scim.post('/Groups', { schemas: [groupSchema], displayName: noise }), 400, 'invalidValue')
  })
})

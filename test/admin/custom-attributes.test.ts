// An organization's own attributes behave like any other SCIM attribute.
import { expect } from 'chai'
import supertest from 'supertest'
import { query } from '../../server/db/query.ts'
import { AdminClient } from '../support/admin-client.ts'
import { clock, createTenant, getApp, type Tenant } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'
import { type Body, groupSchema, type ScimClient, userSchema } from '../support/scim-client.ts'

const custom = 'urn:ietf:params:scim:schemas:extension:custom:2.0:User'
const customGroup = 'urn:ietf:params:scim:schemas:extension:custom:2.0:Group'

const definitions: readonly Body[] = [
  { name: 'badge', type: 'string', caseExact: true, description: 'Number on the badge' },
  { name: 'nickname2', type: 'string' },
  { name: 'remote', type: 'boolean' },
  { name: 'floor', type: 'integer' },
  { name: 'fte', type: 'decimal' },
  { name: 'joined', type: 'dateTime' },
  { name: 'skills', type: 'string', multiValued: true },
  {
    name: 'home',
    type: 'complex',
    subAttributes: [
      { name: 'city', type: 'string' },
      { name: 'desks', type: 'integer' },
    ],
  },
  {
    name: 'certificates',
    type: 'complex',
    multiValued: true,
    subAttributes: [
      { name: 'value', type: 'string' },
      { name: 'level', type: 'integer' },
      { name: 'primary', type: 'boolean' },
    ],
  },
  { name: 'payroll', type: 'string', mutability: 'immutable' },
  { name: 'always', type: 'string', returned: 'always' },
]

const everything = {
  badge: 'A-17',
  nickname2: 'Sparrow',
  remote: true,
  floor: 3,
  fte: 0.8,
  joined: '2024-02-29T08:00:00Z',
  skills: ['pruning', 'grafting'],
  home: { city: 'Ghent', desks: 2 },
  certificates: [
    { value: 'first aid', level: 2, primary: true },
    { value: 'forklift', level: 1 },
  ],
  payroll: 'P1',
  always: 'here',
}

describe('custom attributes', () => {
  let tenant: Tenant
  let scim: ScimClient
  let admin: AdminClient
  beforeEach(async () => {
    tenant = await createTenant()
    scim = tenant.scim
    admin = new AdminClient(tenant)
  })

  async function define(all: readonly Body[] = definitions, resourceType = 'User'): Promise<void> {
    for (const definition of all)
      expect((await admin.post('/attributes', { resourceType, definition })).status).to.equal(201)
    clock.advance(1001)
  }

  async function find(filter: string): Promise<string[]> {
    const reply = await scim.filter('/Users', filter)
    expect(reply.status, reply.text).to.equal(200)
    return reply.body['Resources'].map((user: Body) => user['userName'])
  }

  it('are listed as they were defined, and removed', async () => {
    await define(definitions.slice(0, 2))
    expect((await admin.get('/attributes')).body['data']).to.deep.equal(
      definitions.slice(0, 2).map((definition) => ({ resourceType: 'User', definition })),
    )
    expect((await admin.delete('/attributes/User/BADGE')).status).to.equal(204)
    expect((await admin.get('/attributes')).body['data']).to.have.length(1)
    expect((await admin.delete('/attributes/User/badge')).status).to.equal(404)
    expect((await admin.delete('/attributes/Group/nickname2')).status).to.equal(404)
  })

  it('have names of their own within a resource type, whatever the case', async () => {
    await define([{ name: 'badge', type: 'string' }])
    const again = await admin.post('/attributes', {
      resourceType: 'User',
      definition: { name: 'Badge', type: 'integer' },
    })
    expect(again.status).to.equal(409)
    await define([{ name: 'badge', type: 'string' }], 'Group')
    await define([{ name: 'title', type: 'integer' }])
    const user = await scim.createUser('ana', { title: 'Clerk', [custom]: { title: 7 } })
    expect([user['title'], user[custom]]).to.deep.equal(['Clerk', { title: 7 }])
    expect(await find('title eq "Clerk"')).to.deep.equal(['ana'])
    expect(await find(`${custom}:title eq 7`)).to.deep.equal(['ana'])
  })

  it('are in /Schemas and /ResourceTypes for who signs in, and for nobody else', async () => {
    await define()
    const { body } = await scim.get(`/Schemas/${custom}`)
    expect(body['attributes'].map((attribute: Body) => attribute['name'])).to.deep.equal(
      definitions.map((one) => one['name']),
    )
    const badge = body['attributes'][0]
    expect(badge).to.deep.include({
      name: 'badge',
      type: 'string',
      multiValued: false,
      required: false,
      caseExact: true,
      mutability: 'readWrite',
      returned: 'default',
      uniqueness: 'none',
    })
    const types = await scim.get('/ResourceTypes/User')
    expect(types.body['schemaExtensions'].map((one: Body) => one['schema'])).to.include(custom)
    const stranger = (await createTenant()).scim
    expect((await stranger.get(`/Schemas/${custom}`)).status).to.equal(404)
    const { server } = await getApp()
    const anonymous = await supertest(server).get('/scim/v2/Schemas').set('Accept', 'application/json')
    expect(anonymous.status).to.equal(200)
    expect(anonymous.text).not.to.contain('extension:custom')
    expect((await scim.get('/Schemas')).text).to.contain('extension:custom')
  })

  it('are unknown to other organizations', async () => {
    await define()
    const stranger = (await createTenant()).scim
    const user = await stranger.createUser('ana', { [custom]: { badge: 'A-17' } })
    expect(user[custom]).to.equal(undefined)
    expect((await stranger.filter('/Users', `${custom}:badge eq "A-17"`)).status).to.equal(400)
  })

  it('are created, read, replaced and changed', async () => {
    await define()
    const user = await scim.createUser('ana', { schemas: [userSchema, custom], [custom]: everything })
    expect(user[custom]).to.deep.equal(everything)
    expect(user['schemas']).to.deep.equal([userSchema, custom])
    const patched = await scim.patch(`/Users/${user['id']}`, [
      { op: 'replace', path: `${custom}:floor`, value: 4 },
      { op: 'replace', path: 'fte', value: 1 },
      { op: 'remove', path: `${custom}:badge` },
      { op: 'add', path: `${custom}:skills`, value: ['mowing'] },
      { op: 'replace', path: `${custom}:home.city`, value: 'Bruges' },
      { op: 'replace', path: `${custom}:certificates[value eq "forklift"].level`, value: 3 },
      { op: 'add', value: { [custom]: { remote: false }, [`${custom}:nickname2`]: 'Finch' } },
    ])
    expect(patched.status, patched.text).to.equal(200)
    const { badge: _, ...rest } = everything
    expect(patched.body[custom]).to.deep.equal({
      ...rest,
      floor: 4,
      fte: 1,
      remote: false,
      nickname2: 'Finch',
      skills: ['pruning', 'grafting', 'mowing'],
      home: { city: 'Bruges', desks: 2 },
      certificates: [
        { value: 'first aid', level: 2, primary: true },
        { value: 'forklift', level: 3 },
      ],
    })
    const put = await scim.put(`/Users/${user['id']}`, {
      schemas: [userSchema, custom],
      userName: 'ana',
      [custom]: { floor: 1, payroll: 'P1' },
    })
    expect(put.body[custom]).to.deep.equal({ floor: 1, payroll: 'P1' })
  })

  for (const [name, value] of [
    ['badge', 7],
    ['remote', 'perhaps'],
    ['floor', 1.5],
    ['floor', 'three'],
    ['fte', 'most'],
    ['joined', 'yesterday'],
    ['skills', 'pruning, mostly'],
    ['skills', [7]],
    ['home', 'Ghent'],
    ['certificates', [{ level: 'high' }]],
  ] as const) {
    it(`have the type that they were given: ${name} is not ${JSON.stringify(value)}`, async () => {
      await define()
      const refused = await scim.post('/Users', { schemas: [userSchema], userName: 'ana', [custom]: { [name]: value } })
      const lenient = name === 'skills' && typeof value === 'string'
      expect(refused.status, refused.text).to.equal(lenient ? 201 : 400)
      if (!lenient) expect(refused.body['detail']).to.contain(name)
    })
  }

  it('that are immutable are set once', async () => {
    await define()
    const { id } = await scim.createUser('ana')
    const set = (value: string) => scim.patch(`/Users/${id}`, [{ op: 'replace', path: `${custom}:payroll`, value }])
    expect((await set('P1')).status).to.equal(200)
    expect((await set('P1')).status).to.equal(200)
    const refused = await set('P2')
    expect([refused.status, refused.body['scimType']]).to.deep.equal([400, 'mutability'])
    const put = await scim.put(`/Users/${id}`, { schemas: [userSchema], userName: 'ana', [custom]: { payroll: 'P2' } })
    expect([put.status, put.body['scimType']]).to.deep.equal([400, 'mutability'])
  })

  describe('of three people', () => {
    beforeEach(async () => {
      await define()
      await scim.createUser('ana', { [custom]: everything })
      await scim.createUser('ben', {
        [custom]: {
          badge: 'a-17',
          nickname2: 'robin',
          remote: false,
          floor: 12,
          fte: 0.25,
          joined: '2024-02-29T10:00:00+02:00',
          skills: ['Mowing'],
          certificates: [{ value: 'forklift', level: 9 }],
        },
      })
      await scim.createUser('cleo')
    })

    for (const [filter, expected] of [
      ['badge eq "A-17"', ['ana']],
      ['badge sw "a"', ['ben']],
      ['nickname2 eq "SPARROW"', ['ana']],
      ['nickname2 co "ROBI"', ['ben']],
      ['remote eq true', ['ana']],
      ['remote ne true', ['ben', 'cleo']],
      ['floor gt 3', ['ben']],
      ['floor ge 3', ['ana', 'ben']],
      ['floor eq 12', ['ben']],
      ['fte lt 0.5', ['ben']],
      ['fte eq 0.80', ['ana']],
      ['joined eq "2024-02-29T08:00:00.000Z"', ['ana', 'ben']],
      ['joined gt "2024-02-29T08:00:01Z"', []],
      ['skills eq "mowing"', ['ben']],
      ['skills co "ing" and remote eq true', ['ana']],
      ['home.city eq "ghent"', ['ana']],
      ['home pr', ['ana']],
      ['not (certificates pr)', ['cleo']],
      ['certificates[value eq "forklift" and level gt 5]', ['ben']],
      ['certificates.level eq 1', ['ana']],
      ['certificates eq "first aid"', ['ana']],
    ] as const) {
      it(`are filtered: ${filter}`, async () => {
        const qualified = filter.replace(
          /\b(badge|nickname2|remote|floor|fte|joined|skills|home|certificates)\b(?=[ .[)])/g,
          `${custom}:$1`,
        )
        expect(await find(qualified)).to.have.members(expected)
        expect(await find(filter)).to.have.members(expected)
      })
    }

    for (const [sortBy, expected] of [
      ['floor', ['ana', 'ben']],
      ['fte', ['ben', 'ana']],
      ['nickname2', ['ben', 'ana']],
      ['home.city', ['ana', 'ben']],
      ['certificates.level', ['ana', 'ben']],
    ] as const) {
      it(`are sorted by: ${sortBy}`, async () => {
        const { body } = await scim.get(`/Users?sortBy=${encodeURIComponent(`${custom}:${sortBy}`)}`)
        expect(body['Resources'].map((user: Body) => user['userName']).slice(0, 2)).to.deep.equal(expected)
      })
    }

    it('are projected', async () => {
      const only = await scim.filter(
        '/Users',
        'userName eq "ana"',
        `&attributes=${encodeURIComponent(`${custom}:floor,${custom}:home.city`)}`,
      )
      expect(only.body['Resources'][0][custom]).to.deep.equal({ floor: 3, home: { city: 'Ghent' }, always: 'here' })
      const without = await scim.filter(
        '/Users',
        'userName eq "ana"',
        `&excludedAttributes=${encodeURIComponent(`${custom}:skills,${custom}:always`)}`,
      )
      expect(without.body['Resources'][0][custom]).to.have.any.keys('always').and.not.to.have.any.keys('skills')
      const none = await scim.filter('/Users', 'userName eq "ana"', `&excludedAttributes=${encodeURIComponent(custom)}`)
      expect(none.body['Resources'][0][custom] ?? { always: 'here' }).to.deep.equal({ always: 'here' })
    })
  })

  describe('that are removed', () => {
    beforeEach(() => define([...definitions.slice(0, 1), { name: 'floor', type: 'integer' }]))

    it('are gone from people and from what directories said, each with a version, a change and an event', async () => {
      const hr = await tenant.addDirectory('HR')
      const both = await scim.createUser('ana', { [custom]: { badge: 'A-17', floor: 3 } })
      const one = await scim.createUser('ben', { [custom]: { badge: 'B-1' } })
      const none = await scim.createUser('cleo', { [custom]: { floor: 1 } })
      await hr.scim.put(`/Users/${both['id']}`, { schemas: [userSchema], userName: 'ana', [custom]: { badge: 'H-1' } })
      expect((await admin.delete('/attributes/User/badge')).status).to.equal(204)
      clock.advance(1001)
      expect((await scim.get(`/Users/${both['id']}`)).body[custom]).to.deep.equal({ floor: 3 })
      const { body, headers } = await scim.get(`/Users/${one['id']}`)
      expect(body).not.to.have.property(custom)
      expect(body['schemas']).to.deep.equal([userSchema])
      expect(headers['etag']).to.equal('W/"2"')
      expect((await scim.get(`/Users/${none['id']}`)).headers['etag']).to.equal('W/"1"')
      expect((await scim.filter('/Users', `${custom}:badge pr`)).status).to.equal(400)
      const changes = await query<Body>(
        testDatabase(),
        `select c.difference, c.operation, e.type from changes c join outbox e on e.org_id = c.org_id
           and e.resource_id = c.resource_id and e.version = c.version where c.org_id = $1 and c.resource_id = $2 and c.version = 2`,
        [tenant.organizationId, one['id']],
      )
      expect(changes).to.deep.equal([
        { operation: 'update', type: 'user.updated', difference: { [`${custom}:badge`]: { before: 'B-1' } } },
      ])
      await scim.delete(`/Users/${both['id']}`)
      expect((await hr.scim.get(`/Users/${both['id']}`)).body).not.to.have.property(custom)
    })

    it('may be added again with another type', async () => {
      const { id } = await scim.createUser('ana', { [custom]: { badge: 'A-17' } })
      await admin.delete('/attributes/User/badge')
      await define([{ name: 'badge', type: 'integer' }])
      expect((await scim.get(`/Users/${id}`)).body).not.to.have.property(custom)
      expect(await find(`${custom}:badge gt 1`)).to.deep.equal([])
    })
  })

  it('serve groups as well', async () => {
    await define([{ name: 'purpose', type: 'string' }], 'Group')
    const group = await scim.createGroup('Staff', [], {
      schemas: [groupSchema, customGroup],
      [customGroup]: { purpose: 'Payroll' },
    })
    expect(group[customGroup]).to.deep.equal({ purpose: 'Payroll' })
    expect((await scim.filter('/Groups', `${customGroup}:purpose eq "payroll"`)).body['totalResults']).to.equal(1)
    expect(
      (await scim.patch(`/Groups/${group['id']}`, [{ op: 'replace', path: `${customGroup}:purpose`, value: 'x' }]))
        .status,
    ).to.equal(204)
    await admin.delete('/attributes/Group/purpose')
    clock.advance(1001)
    expect((await scim.get(`/Groups/${group['id']}`)).body).not.to.have.property(customGroup)
  })

  it('may be given to a directory by attribute authority', async () => {
    await define(definitions.slice(0, 1))
    const hr = await tenant.addDirectory('HR')
    await admin.put('/attribute-authority', { [`${custom}:badge`]: [hr.directoryId] })
    const { id } = await scim.createUser('ana', { [custom]: { badge: 'A-17' } })
    const put = await hr.scim.put(`/Users/${id}`, {
      schemas: [userSchema],
      userName: 'ana',
      [custom]: { badge: 'H-1' },
    })
    expect(put.body[custom]).to.deep.equal({ badge: 'H-1' })
  })
})

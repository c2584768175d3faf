import { expect } from 'chai'
import { query } from '../../server/db/query.ts'
import { createTenant, type Tenant } from '../support/app.ts'
import { home, work } from '../support/patch-in-memory.ts'
import { testDatabase } from '../support/postgres.ts'
import { createStrictTenant, expectError } from '../support/protocol.ts'
import { type Body, enterpriseSchema, groupSchema, type Reply, userSchema } from '../support/scim-client.ts'

describe('PATCH over HTTP', () => {
  let tenant: Tenant
  beforeEach(async () => {
    tenant = await createTenant()
  })

  /** What the outbox and the change log say of a resource. */
  async function countTraces(id: unknown): Promise<number> {
    const [row] = await query<{ count: number }>(
      testDatabase(),
      `select ((select count(*) from outbox where org_id = $1 and resource_id = $2)
        + (select count(*) from changes where org_id = $1 and resource_id = $2))::int as count`,
      [tenant.organizationId, id],
    )
    return row?.count ?? 0
  }

  it('7644-3.5.2-01 is advertised', async () => {
    const { body } = await tenant.scim.get('/ServiceProviderConfig')
    expect(body['patch'].supported).to.equal(true)
  })

  it('7644-3.5.2-18 changes nothing at all where one operation fails, and tells nobody', async () => {
    const { scim } = tenant
    const { id } = await scim.createUser('mira', { title: 'Botanist' })
    const before = await scim.get(`/Users/${id}`)
    const traces = await countTraces(id)
    const failed = await scim.patch(`/Users/${id}`, [
      { op: 'replace', path: 'title', value: 'Gardener' },
      { op: 'replace', path: 'shoeSize', value: 38 },
    ])
    expect(failed.status).to.equal(400)
    expect(failed.body['scimType']).to.equal('invalidPath')
    const after = await scim.get(`/Users/${id}`)
    expect(after.body).to.deep.equal(before.body)
    expect(after.headers['etag']).to.equal(before.headers['etag'])
    expect(await countTraces(id)).to.equal(traces)
    await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: 'Gardener' }])
    expect(await countTraces(id)).to.equal(traces + 2)
  })

  it('7644-3.5.2-18 changes no member where one operation on the group fails', async () => {
    const { scim } = tenant
    const { id: userId } = await scim.createUser('mira')
    const { id } = await scim.createGroup('Growers', [userId])
    const { etag } = (await scim.get(`/Groups/${id}`)).headers
    const traces = await countTraces(id)
    const failed = await scim.patch(`/Groups/${id}`, [
      { op: 'remove', path: 'members' },
      { op: 'replace', path: 'displayName', value: 'Renamed' },
      { op: 'add', path: 'members', value: [{ value: 'emp_nobody' }] },
    ])
    expect(failed.status).to.equal(400)
    expect(failed.body['scimType']).to.equal('invalidValue')
    const { body, headers } = await scim.get(`/Groups/${id}`)
    expect(body['displayName']).to.equal('Growers')
    expect(body['members']).to.have.length(1)
    expect(headers['etag']).to.equal(etag)
    expect(await countTraces(id)).to.equal(traces)
  })

  it('7644-3.5.2.1-07 7644-3.5.2.2-07 keeps version and time where nothing changes', async () => {
    const { scim } = tenant
    const boss = await scim.createUser('boss')
    const before = await scim.createUser('mira', {
      externalId: 'ext-1',
      title: 'Botanist',
      emails: [work, home],
      schemas: [userSchema, enterpriseSchema],
      [enterpriseSchema]: { department: 'Research', manager: { value: boss['id'] } },
    })
    const { body, headers, status } = await scim.patch(`/Users/${before['id']}`, [
      { op: 'add', path: 'title', value: 'Botanist' },
      { op: 'replace', path: 'active', value: 'True' },
      { op: 'replace', path: 'externalId', value: 'ext-1' },
      { op: 'add', path: 'emails', value: [work] },
      { op: 'replace', path: 'emails[type eq "home"].value', value: home.value },
      { op: 'replace', path: 'manager', value: boss['id'] },
      {
        op: 'replace',
        path: 'manager',
        value: { value: boss['id'], $ref: `${scim.baseUrl}/Users/${boss['id']}`, displayName: 'x' },
      },
      { op: 'remove', path: 'nickName' },
      { op: 'replace', path: 'title', value: 'Gardener' },
      { op: 'replace', path: 'title', value: 'Botanist' },
    ])
    expect(status).to.equal(200)
    expect(headers['etag']).to.equal('W/"1"')
    expect(body).to.deep.equal(before)
    expect(await countTraces(before['id'])).to.equal(2)
  })

  it('7644-3.5.2.1-07 7644-3.5.2.2-07 A-03 keeps the version of a group where its members are there already, or never were', async () => {
    const { scim } = tenant
    const [inside, outside] = [await scim.createUser('inside'), await scim.createUser('outside')]
    const { id, meta } = await scim.createGroup('Growers', [inside['id']])
    for (const operations of [
      [{ op: 'add', path: 'members', value: [{ value: inside['id'] }] }],
      [{ op: 'remove', path: 'members', value: [{ value: outside['id'] }] }],
      [{ op: 'remove', path: `members[value eq "${outside['id']}"]` }],
      [{ op: 'remove', path: 'members[value eq "nobody"]' }],
      [{ op: 'remove', path: 'members[type eq "Group"]' }],
      [{ op: 'replace', path: 'members', value: [{ value: inside['id'] }] }],
      [{ op: 'replace', path: 'displayName', value: 'Growers' }],
      [
        { op: 'remove', path: 'members' },
        { op: 'add', path: 'members', value: [{ value: inside['id'] }] },
      ],
    ]) {
      const { status, headers } = await scim.patch(`/Groups/${id}`, operations)
      expect([status, headers['etag']], JSON.stringify(operations)).to.deep.equal([204, meta.version])
    }
  })

  it('7644-3.5.2-21 takes If-Match, and answers 412 for another version', async () => {
    const { scim } = tenant
    const { id } = await scim.createUser('mira')
    const title = (value: string): unknown[] => [{ op: 'replace', path: 'title', value }]
    const first = await scim.patch(`/Users/${id}`, title('A'), { 'If-Match': 'W/"1"' })
    expect([first.status, first.headers['etag']]).to.deep.equal([200, 'W/"2"'])
    const stale = await scim.patch(`/Users/${id}`, title('B'), { 'If-Match': 'W/"1"' })
    expect([stale.status, stale.body['status']]).to.deep.equal([412, '412'])
    expect((await scim.get(`/Users/${id}`)).body['title']).to.equal('A')
    expect((await scim.patch(`/Users/${id}`, title('C'), { 'If-Match': '*' })).status).to.equal(200)
    const { id: groupId } = await scim.createGroup('Growers')
    const rename = [{ op: 'replace', path: 'displayName', value: 'Renamed' }]
    expect((await scim.patch(`/Groups/${groupId}`, rename, { 'If-Match': 'W/"9"' })).status).to.equal(412)
    expect((await scim.patch(`/Groups/${groupId}`, rename, { 'If-Match': 'W/"9", W/"1"' })).status).to.equal(204)
  })

  it('7644-3.5.2-21 7644-3.5.2.1-12 answers 409 for a taken userName in any case, and for the taken name of a group', async () => {
    const { scim } = tenant
    await scim.createUser('taken')
    const { id } = await scim.createUser('mira')
    for (const op of ['add', 'replace']) {
      const user = await scim.patch(`/Users/${id}`, [{ op, path: 'userName', value: 'TAKEN' }])
      expect([user.status, user.body['scimType']]).to.deep.equal([409, 'uniqueness'])
    }
    await scim.createGroup('Taken')
    const { id: groupId } = await scim.createGroup('Growers')
    const group = await scim.patch(`/Groups/${groupId}`, [{ op: 'replace', path: 'displayName', value: 'taken' }])
    expect([group.status, group.body['scimType']]).to.deep.equal([409, 'uniqueness'])
  })

  it('7644-3.5.2-21 answers 404 for who is not there', async () => {
    const operations = [{ op: 'replace', path: 'title', value: 'x' }]
    for (const path of ['/Users/emp_nobody', '/Groups/grp_nobody']) {
      const { status, body } = await tenant.scim.patch(path, operations)
      expect([status, body['status']]).to.deep.equal([404, '404'])
    }
  })

  it('7644-3.5.2.2-04 7644-3.5.2-17 takes out the members that a filter finds', async () => {
    const { scim } = tenant
    const [a, b, c] = [
      await scim.createUser('a'),
      await scim.createUser('b'),
      await scim.createUser('c', { displayName: 'Cora' }),
    ]
    const inner = await scim.createGroup('Inner')
    const { id } = await scim.createGroup('Growers', [a['id'], b['id'], c['id'], inner['id']])
    const members = async (): Promise<string[]> => {
      const { body } = await scim.get(`/Groups/${id}`)
      return (body['members'] ?? []).map((member: { value: string }) => member.value)
    }
    await scim.patch(`/Groups/${id}`, [{ op: 'remove', path: 'members[type eq "Group"]' }])
    expect(await members()).to.have.members([a['id'], b['id'], c['id']])
    await scim.patch(`/Groups/${id}`, [{ op: 'remove', path: `members[value eq "${a['id']}" or display eq "Cora"]` }])
    expect(await members()).to.deep.equal([b['id']])
    await scim.patch(`/Groups/${id}`, [
      { op: 'add', path: 'members', value: [{ value: a['id'] }, { value: c['id'] }] },
      { op: 'remove', path: `members[value eq "${a['id']}"]` },
    ])
    expect(await members()).to.have.members([b['id'], c['id']])
    await scim.patch(`/Groups/${id}`, [
      { op: 'replace', path: 'members', value: [{ value: a['id'] }, { value: b['id'] }] },
      { op: 'remove', path: 'members', value: [{ value: b['id'] }] },
    ])
    expect(await members()).to.deep.equal([a['id']])
  })

  it('7644-3.5.2.2-04 7644-3.5.2-17 finds with a filter what the same request added', async () => {
    const { scim } = tenant
    const [ana, ben] = [await scim.createUser('ana'), await scim.createUser('ben', { displayName: 'Ben' })]
    const inner = await scim.createGroup('Inner')
    const { id } = await scim.createGroup('Growers')
    const add = { op: 'add', path: 'members', value: [ana, ben, inner].map((one) => ({ value: one['id'] })) }
    for (const [filter, left] of [
      ['type eq "User"', [inner]],
      ['not (type eq "User")', [ana, ben]],
      ['display eq "ben" or display eq "ANA"', [inner]],
      ['display sw "b" and type eq "User"', [ana, inner]],
      ['$ref ew "nobody" or value pr', []],
    ] as const) {
      for (const op of ['add', 'replace']) {
        const reply = await scim.patch(`/Groups/${id}`, [
          { op: 'remove', path: 'members' },
          { ...add, op },
          { op: 'remove', path: `members[${filter}]` },
        ])
        expect(reply.status, reply.text).to.equal(204)
        const { body } = await scim.get(`/Groups/${id}`)
        const members = (body['members'] ?? []).map((member: Body) => member['value'])
        expect(members, filter).to.have.members(left.map((one) => one['id']))
      }
    }
    const unknown = [
      { op: 'add', path: 'members', value: [{ value: 'emp_nobody' }] },
      { op: 'remove', path: 'members[not (type eq "Group")]' },
    ]
    expectError(await scim.patch(`/Groups/${id}`, unknown), 400, 'invalidValue')
  })

  it('7644-3.5.2.3-08 A-04 adds the member that a filter names and does not find, but not in a strict directory', async () => {
    const lenient = tenant.scim
    const strict = (await createStrictTenant()).scim
    for (const scim of [lenient, strict]) {
      const [inside, outside] = [await scim.createUser('inside'), await scim.createUser('outside')]
      const { id } = await scim.createGroup('Growers', [inside['id']])
      const replace = (member: Body): Promise<Reply> =>
        scim.patch(`/Groups/${id}`, [
          { op: 'replace', path: `members[value eq "${member['id']}"]`, value: { value: member['id'] } },
        ])
      const same = await replace(inside)
      expect([same.status, same.headers['etag']]).to.deep.equal([204, 'W/"1"'])
      const other = await replace(outside)
      if (scim === strict) expectError(other, 400, 'noTarget')
      else expect(other.headers['etag']).to.equal('W/"2"')
      expect((await scim.get(`/Groups/${id}`)).body['members']).to.have.length(scim === strict ? 1 : 2)
    }
  })

  it('7644-3.5.2-16 7644-3.5.2-15 takes the schema of an extension before its data, and keeps it no longer than that', async () => {
    const { scim } = await createStrictTenant()
    const { id } = await scim.createUser('mira')
    const name = { op: 'add', path: 'schemas', value: [enterpriseSchema] }
    const named = await scim.patch(`/Users/${id}`, [name])
    expect([named.status, named.headers['etag'], named.body['schemas']]).to.deep.equal([200, 'W/"1"', [userSchema]])
    const path = `${enterpriseSchema}:department`
    const filled = await scim.patch(`/Users/${id}`, [name, { op: 'add', path, value: 'Gardens' }])
    expect(filled.body['schemas']).to.deep.equal([userSchema, enterpriseSchema])
    for (const [operation, scimType] of [
      [{ op: 'remove', path: 'schemas', value: [userSchema] }, 'mutability'],
      [{ op: 'replace', path: 'schemas', value: [userSchema] }, 'mutability'],
      [{ op: 'add', path: 'schemas', value: ['urn:larkspur:unknown'] }, 'invalidSyntax'],
    ] as const) {
      expectError(await scim.patch(`/Users/${id}`, [operation]), 400, scimType)
    }
    const emptied = await scim.patch(`/Users/${id}`, [{ op: 'remove', path }])
    expect(emptied.body['schemas']).to.deep.equal([userSchema])
  })

  it('7644-3.5.2-10 A-16 takes the id within an object, and changes no readOnly attribute', async () => {
    for (const { scim } of [tenant, await createStrictTenant()]) {
      const before = await scim.createUser('mira')
      const path = `/Users/${before['id']}`
      const okta = { id: before['id'], schemas: [userSchema], meta: { version: 'W/"7"' }, groups: [{ value: 'x' }] }
      const reply = await scim.patch(path, [{ op: 'replace', value: okta }])
      expect([reply.status, reply.body]).to.deep.equal([200, before])
      for (const [name, value] of Object.entries({
        ...okta,
        schemas: undefined,
        'meta.created': '2020-01-01T00:00:00Z',
      })) {
        if (value !== undefined)
          expectError(await scim.patch(path, [{ op: 'replace', path: name, value }]), 400, 'mutability')
      }
      expect((await scim.get(path)).body).to.deep.equal(before)
    }
  })

  it('7644-3.14-07 keeps what twenty clients change at once in different attributes of one user', async () => {
    const { scim } = tenant
    const { id } = await scim.createUser('mira')
    const values = Array.from({ length: 10 }, (_, index) => `v${index}`)
    const names = [
      'title',
      'nickName',
      'displayName',
      'userType',
      'name.givenName',
      'name.familyName',
      'name.formatted',
    ]
    const replies = await Promise.all([
      ...names.map((path) => scim.patch(`/Users/${id}`, [{ op: 'replace', path, value: path }])),
      ...['department', 'costCenter', 'division'].map((name) =>
        scim.patch(`/Users/${id}`, [{ op: 'add', value: { [enterpriseSchema]: { [name]: name } } }]),
      ),
      ...values.map((value) => scim.patch(`/Users/${id}`, [{ op: 'add', path: 'roles', value: [{ value }] }])),
    ])
    expect(replies.map((reply) => reply.status)).to.deep.equal(Array<number>(20).fill(200))
    const { body, headers } = await scim.get(`/Users/${id}`)
    expect(headers['etag']).to.equal('W/"21"')
    const name = { givenName: 'name.givenName', familyName: 'name.familyName', formatted: 'name.formatted' }
    const plain = Object.fromEntries(names.slice(0, 4).map((one) => [one, one]))
    expect(body).to.deep.include({ ...plain, name })
    expect(body[enterpriseSchema]).to.deep.equal({
      department: 'department',
      costCenter: 'costCenter',
      division: 'division',
    })
    expect(body['roles'].map((role: Body) => role['value'])).to.have.members(values)
  })

  it('7644-3.14-07 lets one of twenty clients change the version that they all know', async () => {
    const { scim } = tenant
    const { id: memberId } = await scim.createUser('member')
    const { id: userId } = await scim.createUser('mira')
    const { id: groupId } = await scim.createGroup('Growers')
    const race = async (path: string, operationOf: (index: number) => unknown, won: number): Promise<void> => {
      const match = { 'If-Match': 'W/"1"' }
      const replies = await Promise.all(
        Array.from({ length: 20 }, (_, index) => scim.patch(path, [operationOf(index)], match)),
      )
      const statuses = replies.map((reply) => reply.status).toSorted((a, b) => a - b)
      expect(statuses).to.deep.equal([won, ...Array<number>(19).fill(412)])
      expect((await scim.get(path)).headers['etag']).to.equal('W/"2"')
    }
    const member = { op: 'add', path: 'members', value: [{ value: memberId }] }
    await race(`/Users/${userId}`, (index) => ({ op: 'replace', path: 'title', value: `T${index}` }), 200)
    await race(
      `/Groups/${groupId}`,
      (index) => (index % 2 === 0 ? member : { op: 'replace', path: 'displayName', value: `G${index}` }),
      204,
    )
  })

  it('7644-3.5.2-22 takes thousands of members in one request', async () => {
    const { scim } = tenant
    const created = await Promise.all(Array.from({ length: 50 }, (_, index) => scim.createUser(`user-${index}`)))
    const { id } = await scim.createGroup('Growers')
    const one = (person: { [name: string]: unknown }): unknown => ({
      op: 'add',
      path: 'members',
      value: [{ value: person['id'] }],
    })
    const operations = Array.from({ length: 1000 }, (_, index) => one(created[index % 50] ?? {}))
    expect((await scim.patch(`/Groups/${id}`, operations)).headers['etag']).to.equal('W/"2"')
    expect((await scim.get(`/Groups/${id}`)).body['members']).to.have.length(50)
    expect((await scim.patch(`/Groups/${id}`, [...operations, one(created[0] ?? {})])).status).to.equal(413)
  })

  it('7644-3.5.2-20 A-22 answers a user with 200 and a group with 204, unless asked for the group', async () => {
    const { scim } = tenant
    const { id } = await scim.createUser('mira')
    const user = await scim.patch(`/Users/${id}?attributes=title`, [{ op: 'add', path: 'title', value: 'Botanist' }])
    expect(user.status).to.equal(200)
    expect(user.body).to.deep.equal({ schemas: [userSchema], id, title: 'Botanist' })
    expect([user.headers['etag'], user.headers['location']]).to.deep.equal(['W/"2"', `${scim.baseUrl}/Users/${id}`])
    const whole = await scim.patch(`/Users/${id}`, [{ op: 'add', path: 'title', value: 'Gardener' }])
    expect([whole.status, whole.body]).to.deep.equal([200, (await scim.get(`/Users/${id}`)).body])
    const { id: groupId } = await scim.createGroup('Growers')
    await scim.patch(`/Groups/${groupId}`, [{ op: 'add', path: 'members', value: [{ value: id }] }])
    const rename = (value: string): unknown[] => [{ op: 'replace', path: 'displayName', value }]
    const silent = await scim.patch(`/Groups/${groupId}`, rename('One'))
    expect([silent.status, silent.text, silent.headers['etag']]).to.deep.equal([204, '', 'W/"3"'])
    expect(silent.headers['location']).to.equal(`${scim.baseUrl}/Groups/${groupId}`)
    const asked = await scim.patch(`/Groups/${groupId}?attributes=displayName`, rename('Two'))
    expect([asked.status, asked.body]).to.deep.equal([200, { schemas: [groupSchema], id: groupId, displayName: 'Two' }])
    const preferred = await scim.patch(`/Groups/${groupId}`, rename('Three'), { Prefer: 'return=representation' })
    expect([preferred.status, preferred.body['members'].length]).to.deep.equal([200, 1])
  })
})

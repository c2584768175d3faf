// What profiles of SCIM ask beyond the standard, as far as it holds here: the interoperability profile, IPSIE account lifecycle
// and FastFed. scim-compliance.md says what does not hold, and why.
import { expect } from 'chai'
import { loadSample } from '../../server/commands/sample.ts'
import { query } from '../../server/db/query.ts'
import { clock, createTenant, type Tenant } from '../support/app.ts'
import { createStrictTenant, expectError, user } from '../support/protocol.ts'
import { testDatabase } from '../support/postgres.ts'
import { type Body, groupSchema, type Reply, userSchema } from '../support/scim-client.ts'

async function loadPeople(tenant: Tenant, size: number): Promise<void> {
  const db = testDatabase()
  const { name } = await db
    .selectFrom('organizations')
    .select('name')
    .where('org_id', '=', tenant.organizationId)
    .executeTakeFirstOrThrow()
  await loadSample(db, { size, organization: name, directory: tenant.directoryId, seed: 1 }, clock.now())
}

describe('profiles', () => {
  let tenant: Tenant
  beforeEach(async () => {
    tenant = await createTenant()
  })

  const count = async (endpoint: string, filter: string): Promise<number> => {
    const { body, text } = await tenant.scim.filter(endpoint, filter)
    expect(body['totalResults'], text).to.be.a('number')
    return body['totalResults']
  }

  it('IOP-interop-01-03 compare case alike in filters and for uniqueness', async () => {
    const mira = await tenant.scim.createUser('Mira', { externalId: 'Ext' })
    expect(await count('/Users', 'userName eq "mIRA"')).to.equal(1)
    expectError(await tenant.scim.post('/Users', user({ userName: 'mIRA' })), 409, 'uniqueness')
    expect(await count('/Users', `id eq "${mira['id']}"`)).to.equal(1)
    expect(await count('/Users', `id eq "${mira['id'].toUpperCase()}"`)).to.equal(0)
    expect(await count('/Users', 'externalId eq "Ext"')).to.equal(1)
    expect(await count('/Users', 'externalId eq "EXT"')).to.equal(0)
    expectError(await tenant.scim.get(`/Users/${mira['id'].toUpperCase()}`), 404)
  })

  it('IOP-interop-01-04 refuse, strictly, attributes and schemas that nobody knows', async () => {
    const { scim } = await createStrictTenant()
    const mira = await scim.createUser('mira')
    const unknown = 'urn:larkspur:unknown:2.0:User'
    for (const attributes of [
      { shoeSize: 44 },
      { name: { shoe: 44 } },
      { [unknown]: { a: 1 } },
      { schemas: [userSchema, unknown] },
    ]) {
      expectError(await scim.post('/Users', user({ userName: 'new', ...attributes })), 400, 'invalidSyntax')
      const path = `/Users/${mira['id']}`
      expectError(await scim.put(path, user(attributes)), 400, 'invalidSyntax')
      if ('schemas' in attributes) continue
      expectError(await scim.patch(path, [{ op: 'add', value: attributes }]), 400, 'invalidSyntax')
    }
    expect((await scim.get('')).body['Resources']).to.deep.equal([mira])
  })

  it('IOP-interop-01-08 find by eq and and, and refuse a filter on what nobody knows', async () => {
    await tenant.scim.createUser('mira', { title: 'Botanist' })
    await tenant.scim.createUser('ben', { title: 'Botanist' })
    expect((await tenant.scim.get('/ServiceProviderConfig')).body['filter'].supported).to.equal(true)
    expect(await count('/Users', 'title eq "Botanist"')).to.equal(2)
    expect(await count('/Users', 'title eq "Botanist" and userName eq "ben"')).to.equal(1)
    for (const endpoint of ['/Users', '/Groups'])
      expectError(await tenant.scim.filter(endpoint, 'shoeSize eq "44"'), 400, 'invalidFilter')
  })

  it('IOP-interop-01-09 7644-3.4.2.1-02 give a hundred resources where nothing is asked, and never more than a thousand at once', async function () {
    this.timeout(30_000)
    await loadPeople(tenant, 1001)
    for (const path of ['', '/Users']) {
      const { body } = await tenant.scim.get(`${path}?attributes=id`)
      expect([body['itemsPerPage'], body['Resources'].length], path).to.deep.equal([100, 100])
      const total: number = body['totalResults']
      expect(total).to.be.greaterThan(1000)
      const first = (await tenant.scim.get(`${path}?attributes=id&count=100000`)).body
      expect([first['totalResults'], first['itemsPerPage']], path).to.deep.equal([total, 1000])
      const rest = (await tenant.scim.get(`${path}?attributes=id&count=100000&startIndex=1001`)).body
      const ids = [...first['Resources'], ...rest['Resources']].map((one: Body) => one['id'])
      expect(new Set(ids).size, path).to.equal(total)
    }
    expect((await tenant.scim.get('/ServiceProviderConfig')).body['filter'].maxResults).to.equal(1000)
  })

  it('IOP-interop-01-13 IOP-interop-01-15 delete by DELETE alone, and for good', async () => {
    const mira = await tenant.scim.createUser('mira', { externalId: 'e', active: true })
    const group = await tenant.scim.createGroup('Core', [mira['id']])
    const path = `/Users/${mira['id']}`
    await tenant.scim.patch(path, [
      { op: 'replace', path: 'active', value: false },
      { op: 'remove', path: 'externalId' },
    ])
    await tenant.scim.patch(`/Groups/${group['id']}`, [{ op: 'remove', path: 'members' }])
    expect((await tenant.scim.get(path)).body).to.deep.include({ id: mira['id'], active: false })
    expect((await tenant.scim.get(`/Groups/${group['id']}`)).status).to.equal(200)
    expectError(await tenant.scim.post('/Users', user()), 409, 'uniqueness')
    for (const gone of [path, `/Groups/${group['id']}`]) {
      expect((await tenant.scim.delete(gone)).status).to.equal(204)
      expectError(await tenant.scim.get(gone), 404)
    }
    expect(await count('/Users', 'userName eq "mira"')).to.equal(0)
    await tenant.scim.createUser('mira', { externalId: 'e' })
    await tenant.scim.createGroup('Core')
  })

  it('IPSIE-AL-00-05 find people and groups as AL2 asks, take empty groups and fifty members at once, and no password', async () => {
    const password = 'Rk3-secret'
    const mira = await tenant.scim.createUser('mira', { displayName: 'Mira', externalId: 'u', password })
    expect(JSON.stringify(mira)).to.not.include(password)
    expect((await tenant.scim.get('/ServiceProviderConfig')).body['changePassword']).to.deep.equal({ supported: false })
    const { attributes } = (await tenant.scim.get(`/Schemas/${userSchema}`)).body
    expect(attributes.map((one: Body) => one['name'])).to.include.members(['userName', 'displayName', 'active'])
    const group = await tenant.scim.createGroup('Growers', [], { externalId: 'g' })
    expect(group).to.not.have.property('members')
    const others = await Promise.all(Array.from({ length: 59 }, (_, index) => tenant.scim.createUser(`user-${index}`)))
    const ids = [mira, ...others].map((one): string => one['id'])
    const add = ids.map((value) => ({ op: 'add', path: 'members', value: [{ value }] }))
    expect((await tenant.scim.patch(`/Groups/${group['id']}`, add)).status).to.equal(204)
    expect((await tenant.scim.get(`/Groups/${group['id']}`)).body['members']).to.have.length(60)
    for (const filter of ['displayName eq "Growers"', 'externalId eq "g"', `members[value eq "${mira['id']}"]`])
      expect(await count('/Groups', filter), filter).to.equal(1)
    const remove = ids.map((id) => ({ op: 'remove', path: `members[value eq "${id}"]` }))
    expect((await tenant.scim.patch(`/Groups/${group['id']}`, remove)).status).to.equal(204)
    expect((await tenant.scim.get(`/Groups/${group['id']}`)).body).to.not.have.property('members')
  })

  it('IPSIE-AL-00-06 write down every creation, change and deletion, and tell nothing of the inside in errors', async () => {
    const { scim } = tenant
    const mira = await scim.createUser('mira')
    const group = await scim.createGroup('Core')
    await scim.patch(`/Users/${mira['id']}`, [{ op: 'replace', path: 'title', value: 'Botanist' }])
    await scim.put(`/Users/${mira['id']}`, user({ title: 'Gardener' }))
    await scim.patch(`/Groups/${group['id']}`, [{ op: 'add', path: 'members', value: [{ value: mira['id'] }] }])
    await scim.put(`/Groups/${group['id']}`, { schemas: [groupSchema], displayName: 'New' })
    await scim.delete(`/Groups/${group['id']}`)
    await scim.delete(`/Users/${mira['id']}`)
    const changes = await query<{ resource_id: string; operation: string }>(
      testDatabase(),
      'select resource_id, operation from changes where org_id = $1 order by id',
      [tenant.organizationId],
    )
    const operationsOn = ({ id }: Body): string[] =>
      changes.filter((change) => change.resource_id === id).map((change) => change.operation)
    expect(operationsOn(mira)).to.deep.equal(['create', 'update', 'update', 'delete'])
    expect(operationsOn(group)).to.deep.equal(['create', 'update', 'update', 'delete'])
    const errors: readonly Reply[] = [
      await scim.get('/Users/nobody'),
      await scim.post('/Users', '{'),
      await scim.filter('/Users', `userName eq "' or 1=1 --`),
      await scim.get('/Users?sortBy=pg_sleep(1)'),
      await scim.put('/Users/nobody', user()),
    ]
    for (const { status, text } of errors) {
      expect(status).to.be.within(400, 404)
      expect(text).to.not.match(/node_modules|\.ts|\bat .*:\d+|select |relation|SQLSTATE/)
    }
  })

  it('FF-1.0-03-02 find by what FastFed looks up, and change a thousand members at once, as one change', async function () {
    this.timeout(30_000)
    await loadPeople(tenant, 1000)
    const { scim } = tenant
    const found = await query<{ id: string }>(testDatabase(), 'select id from users where org_id = $1', [
      tenant.organizationId,
    ])
    const ids = found.map(({ id }) => id)
    const group = await scim.createGroup('Everybody', [], { externalId: 'g' })
    const mira = await scim.createUser('mira', {
      externalId: 'u',
      displayName: 'Mira of Larkspur',
      emails: [{ value: 'mira@another.example', type: 'work' }],
    })
    for (const filter of [
      'userName eq "mira"',
      'externalId eq "u"',
      'emails[value eq "mira@another.example"]',
      'displayName eq "Mira of Larkspur"',
    ])
      expect(await count('/Users', filter), filter).to.equal(1)

    const path = `/Groups/${group['id']}`
    const change = async (operation: Body): Promise<number> => {
      const reply = await scim.patch(path, [operation])
      expect(reply.status, reply.text).to.equal(204)
      const { rows } = (
        await query<{ rows: number }>(
          testDatabase(),
          'select count(*)::int as rows from changes where org_id = $1 and resource_id = $2',
          [tenant.organizationId, group['id']],
        )
      )[0] ?? { rows: -1 }
      return rows
    }
    const value = [...ids, mira['id']].map((id: string) => ({ value: id }))
    expect(await change({ op: 'add', path: 'members', value })).to.equal(2)
    expect(await change({ op: 'add', path: 'members', value })).to.equal(2)
    const { members: _, ...rest } = (await scim.get(path)).body
    expect(_).to.have.length(1001)
    expect((await scim.get(`${path}?excludedAttributes=members`)).body).to.deep.equal(rest)
    expect(await change({ op: 'remove', path: 'members' })).to.equal(3)
    expect(await change({ op: 'remove', path: 'members' })).to.equal(3)
    expect((await scim.get(path)).body).to.not.have.property('members')
  })
})

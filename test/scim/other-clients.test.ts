import { expect } from 'chai'
import { createTenant, type Tenant } from '../support/app.ts'
import {
  type Body,
  enterpriseSchema,
  groupSchema,
  patchSchema,
  type ScimClient,
  userSchema,
} from '../support/scim-client.ts'
import { expectError, expectList, expectResource, expectStatus, listMembers } from '../support/stories/chapter.ts'

const address = 'mira.okafor@larkspur.example'
const mira = {
  schemas: [userSchema],
  userName: address,
  name: { givenName: 'Mira', familyName: 'Okafor' },
  emails: [{ value: address, type: 'work', primary: true }],
  active: true,
}

describe('other identity providers', () => {
  let tenant: Tenant
  let scim: ScimClient
  beforeEach(async () => {
    tenant = await createTenant()
    scim = tenant.scim
  })

  const createMira = async (attributes: Body = {}): Promise<Body> =>
    expectResource(await scim.post('/Users', { ...mira, ...attributes }), 201, `${scim.baseUrl}/Users`)

  async function createGrowers(count: number): Promise<{ id: string; ids: string[] }> {
    const users = await Promise.all(Array.from({ length: count }, (_, index) => scim.createUser(`user-${index}`)))
    const ids = users.map((user) => String(user['id']))
    return { id: String((await scim.createGroup('Growers', ids))['id']), ids }
  }

  describe('OneLogin', () => {
    it('tests the connection, and is answered as application/json where that is all it takes', async () => {
      const reply = await scim.get('/Users?filter=userName%20eq%20%22nonexistent%22', { Accept: 'application/json' })
      expectList(reply, 0)
      expect(reply.headers['content-type']).to.match(/^application\/json/)
      expectStatus(await scim.get('/ServiceProviderConfig'), 200)
    })

    it('creates users from a template with an id of null, booleans as text and a manager of SCIM 1', async () => {
      const user = await createMira({
        id: null,
        active: 'true',
        meta: { resourceType: 'User', location: null },
        [enterpriseSchema]: { department: 'Growing', manager: { managerId: '7', displayName: 'The Boss' } },
      })
      expect(user).to.deep.include({ active: true, emails: mira.emails, [enterpriseSchema]: { department: 'Growing' } })
      expectList(await scim.filter('/Users', `userName eq "${address}"`), 1)
    })

    it('sends one e-mail without an array and without saying that it is the primary one', async () => {
      const user = await createMira({ emails: { value: address, type: 'work' } })
      expect(user['emails']).to.deep.equal([{ value: address, type: 'work' }])
    })

    it('updates by PUT, adds members, suspends and deletes', async () => {
      const user = await createMira()
      const path = `/Users/${user['id']}`
      const put = expectResource(
        await scim.put(path, { ...mira, id: null, active: 'false' }),
        200,
        `${scim.baseUrl}/Users`,
      )
      expect(put['active']).to.equal(false)
      const { id } = await scim.createGroup('Growers')
      expectStatus(
        await scim.patch(`/Groups/${id}`, [{ op: 'add', path: 'members', value: [{ value: user['id'] }] }]),
        204,
      )
      expect(await listMembers(scim, id)).to.deep.equal([user['id']])
      expectStatus(await scim.delete(path), 204)
      expectError(await scim.get(path), 404)
      expect(await listMembers(scim, id)).to.deep.equal([])
    })
  })

  describe('JumpCloud', () => {
    const json = { 'Content-Type': 'application/json' }

    it('tests with a user of its own: lists, creates, patches and deletes', async () => {
      expectList(await scim.get('/Users', json), 0)
      expectList(await scim.get('/Groups', json), 0)
      const { body } = expectStatus(await scim.post('/Users', mira, json), 201)
      const operations = [
        { op: 'replace', path: 'name.givenName', value: 'Miriam' },
        { op: 'replace', path: 'name.familyName', value: 'Okafor-Lind' },
        { op: 'replace', path: 'active', value: false },
      ]
      const patched = expectStatus(await scim.patch(`/Users/${body['id']}`, operations, json), 200).body
      expect(patched).to.deep.include({ name: { givenName: 'Miriam', familyName: 'Okafor-Lind' }, active: false })
      expectStatus(await scim.delete(`/Users/${body['id']}`, json), 204)
    })

    it('takes members out of a group by listing them, which leaves the others in', async () => {
      const { id, ids } = await createGrowers(3)
      const remove = {
        schemas: [patchSchema],
        Operations: [{ op: 'remove', path: 'members', value: [{ value: ids[0] }] }],
      }
      expectStatus(await scim.send('patch', `/Groups/${id}`, remove, json), 204)
      expect(await listMembers(scim, id)).to.have.members(ids.slice(1))
    })
  })

  describe('PingFederate and PingOne', () => {
    it('match users by userName or by emails, without naming a part of it', async () => {
      const user = await createMira()
      for (const filter of [`userName eq "${address}"`, `emails eq "${address}"`, `emails.value eq "${address}"`]) {
        expect(expectList(await scim.filter('/Users', filter), 1), filter).to.deep.equal([user])
      }
    })

    it('create disabled users, and disable by PUT', async () => {
      const user = await createMira({ schemas: [userSchema, enterpriseSchema], active: false })
      expect(user['active']).to.equal(false)
      for (const active of [true, false]) {
        const put = await scim.put(`/Users/${user['id']}`, { ...mira, active })
        expect(expectResource(put, 200, `${scim.baseUrl}/Users`)['active']).to.equal(active)
      }
    })

    it('list all groups page by page to find one by name', async () => {
      const names = Array.from({ length: 12 }, (_, index) => `Growers ${index}`)
      for (const name of names) await scim.createGroup(name)
      const found: string[] = []
      for (let startIndex = 1; startIndex <= names.length; startIndex += 5) {
        const groups = expectList(await scim.get(`/Groups?startIndex=${startIndex}&count=5`), names.length)
        found.push(...groups.map((group) => String(group['displayName'])))
      }
      expect(found).to.have.members(names)
    })

    it('change groups by PATCH or by PUT', async () => {
      const { id, ids } = await createGrowers(1)
      const other = await scim.createUser('other')
      expectStatus(
        await scim.patch(`/Groups/${id}`, [{ op: 'add', path: 'members', value: [{ value: other['id'] }] }]),
        204,
      )
      expect(await listMembers(scim, id)).to.have.members([...ids, other['id']])
      const put = { schemas: [groupSchema], displayName: 'Growers', members: [{ value: other['id'] }] }
      expectResource(await scim.put(`/Groups/${id}`, put), 200, `${scim.baseUrl}/Groups`)
      expect(await listMembers(scim, id)).to.deep.equal([other['id']])
    })
  })

  describe('Google Workspace', () => {
    const google = { 'User-Agent': 'Google-Auto-Provisioning', 'Content-Type': 'application/json' }

    it('probes, creates users who have nothing but a userName, suspends and deletes them', async () => {
      expectList(await scim.get('/Users?count=1', google), 0)
      expectList(await scim.get(`/Users?filter=${encodeURIComponent(`userName eq "${address}"`)}`, google), 0)
      const { body } = expectStatus(
        await scim.post('/Users', { schemas: [userSchema], userName: address }, google),
        201,
      )
      expect(body['active']).to.equal(true)
      const operations = [{ op: 'replace', path: 'active', value: false }]
      expect(expectStatus(await scim.patch(`/Users/${body['id']}`, operations, google), 200).body['active']).to.equal(
        false,
      )
      const put = await scim.put(`/Users/${body['id']}`, { ...mira, active: true }, google)
      expect(expectStatus(put, 200).body['active']).to.equal(true)
      expectStatus(await scim.delete(`/Users/${body['id']}`, google), 204)
    })
  })

  describe('Keycloak', () => {
    it('creates without looking, and is told of the other by 409', async () => {
      const user = await createMira({ externalId: 'kc-91', userName: 'mira' })
      expect(user['externalId']).to.equal('kc-91')
      expectError(await scim.post('/Users', { ...mira, userName: 'mira' }), 409, 'uniqueness')
    })

    it('puts users with every list there and empty, and with groups that are its own', async () => {
      const user = await createMira()
      const lists = { ims: [], photos: [], entitlements: [], x509Certificates: [], addresses: [], phoneNumbers: [] }
      const roles = [{ value: 'grower', display: 'Grower', type: 'direct', primary: false }]
      const sent = { ...user, ...lists, roles, groups: [{ value: 'kc-g1', display: 'Growers', type: 'direct' }] }
      const put = expectResource(await scim.put(`/Users/${user['id']}`, sent), 200, `${scim.baseUrl}/Users`)
      expect(put).not.to.have.any.keys('groups', ...Object.keys(lists))
      expect(put['roles']).to.deep.equal(roles)
    })

    it('puts groups whose members have relative references', async () => {
      const user = await createMira()
      const { id } = await scim.createGroup('Growers')
      const members = [{ value: user['id'], $ref: `Users/${user['id']}` }]
      const sent = { schemas: [groupSchema], id, externalId: 'kc-g1', displayName: 'Growers', members }
      const put = expectResource(await scim.put(`/Groups/${id}`, sent), 200, `${scim.baseUrl}/Groups`)
      expect(put['members'][0]).to.include({ value: user['id'], $ref: `${scim.baseUrl}/Users/${user['id']}` })
      const again = expectResource(await scim.put(`/Groups/${id}`, put), 200, `${scim.baseUrl}/Groups`)
      expect(again).to.deep.equal(put)
    })

    it('replaces members, name and externalId at once, or removes all members', async () => {
      const { id, ids } = await createGrowers(2)
      const rename = [
        { op: 'replace', path: 'displayName', value: 'Gardeners' },
        { op: 'replace', path: 'externalId', value: 'kc-g1' },
      ]
      const replace = { op: 'replace', path: 'members', value: [{ value: ids[0] }] }
      expectStatus(await scim.patch(`/Groups/${id}`, [replace, ...rename]), 204)
      expect(await listMembers(scim, id)).to.deep.equal([ids[0]])
      expectStatus(await scim.patch(`/Groups/${id}`, [{ op: 'remove', path: 'members' }, ...rename]), 204)
      const { body } = await scim.get(`/Groups/${id}`)
      expect(body).to.include({ displayName: 'Gardeners', externalId: 'kc-g1' }).and.not.to.have.property('members')
    })
  })

  describe('authentik', () => {
    it('begins with a complete ServiceProviderConfig, and pages without a count', async () => {
      const { body } = expectStatus(await scim.get('/ServiceProviderConfig'), 200)
      for (const feature of ['patch', 'bulk', 'filter', 'changePassword', 'sort', 'etag']) {
        expect(body[feature].supported, feature).to.be.a('boolean')
      }
      expect(body['bulk'].maxOperations).to.be.a('number')
      expect(body['bulk'].maxPayloadSize).to.be.a('number')
      expect(body['filter'].maxResults).to.be.a('number')
      expect(body['authenticationSchemes']).to.be.an('array').that.is.not.empty
      for (const scheme of body['authenticationSchemes'] as Body[])
        expect(scheme).to.include.keys('type', 'name', 'description')
      expectList(await scim.get('/Users?startIndex=1'), 0)
      expectList(await scim.get('/Groups?startIndex=1'), 0)
    })

    it('finds the user whom it could not create by a name without quotes', async () => {
      const user = await createMira({ userName: 'mira', externalId: 'ak-1' })
      expectError(await scim.post('/Users', { ...mira, userName: 'mira', externalId: 'ak-1' }), 409, 'uniqueness')
      expect(expectList(await scim.filter('/Users', 'userName eq mira'), 1)).to.deep.equal([user])
      const put = await scim.put(`/Users/${user['id']}`, {
        ...mira,
        userName: 'mira',
        externalId: 'ak-1',
        id: user['id'],
      })
      expectResource(put, 200, `${scim.baseUrl}/Users`)
    })

    it('creates groups without members, updates them without a path, and serialises the path as null', async () => {
      const sent = { schemas: [groupSchema], externalId: 'ak-g1', displayName: 'Growers' }
      const { id } = expectResource(await scim.post('/Groups', sent), 201, `${scim.baseUrl}/Groups`)
      expectError(await scim.post('/Groups', sent), 409, 'uniqueness')
      expectList(await scim.filter('/Groups', 'displayName eq "Growers"'), 1)
      const value = { schemas: [groupSchema], id, externalId: 'ak-g2', displayName: 'Gardeners' }
      expectStatus(await scim.patch(`/Groups/${id}`, [{ op: 'replace', path: null, value }]), 204)
      expect((await scim.get(`/Groups/${id}`)).body).to.include({ externalId: 'ak-g2', displayName: 'Gardeners' })
    })

    it('reads the members of a group, and adds and takes out the difference', async () => {
      const { id, ids } = await createGrowers(3)
      expect(await listMembers(scim, id)).to.have.members(ids)
      const other = await scim.createUser('other')
      const operations = [
        { op: 'add', path: 'members', value: [{ value: other['id'] }] },
        { op: 'remove', path: 'members', value: [{ value: ids[0] }] },
        { op: 'remove', path: 'members', value: [{ value: ids[1] }] },
      ]
      expectStatus(await scim.patch(`/Groups/${id}`, operations), 204)
      expect(await listMembers(scim, id)).to.have.members([ids[2], other['id']])
    })
  })

  describe('SailPoint', () => {
    it('reads every discovery document before anything else', async () => {
      for (const path of [
        '/ServiceProviderConfig',
        '/ResourceTypes',
        '/ResourceTypes/User',
        '/ResourceTypes/Group',
        '/Schemas',
        `/Schemas/${userSchema}`,
      ]) {
        const { body } = expectStatus(await scim.get(path), 200)
        expect(body['schemas'], path).to.be.an('array').that.is.not.empty
      }
      const { body } = await scim.get('/ResourceTypes/User')
      expect(body).to.include({ id: 'User', endpoint: '/Users', schema: userSchema })
    })

    it('aggregates pages of exactly the attributes of its schema, or only what has changed', async () => {
      const user = await createMira({ title: 'Botanist' })
      const page = await scim.get('/Users?startIndex=1&count=50&attributes=id,userName,active,name.familyName,groups')
      expect(expectList(page, 1)).to.deep.equal([
        { schemas: [userSchema], id: user['id'], userName: address, active: true, name: { familyName: 'Okafor' } },
      ])
      const changed = (time: string) => scim.filter('/Users', `meta.lastModified ge "${time}"`)
      expectList(await changed(user['meta'].lastModified), 1)
      expectList(await changed('2100-01-01T00:00:00Z'), 0)
      expectList(await changed('2020-01-01T00:00:00.000+02:00'), 1)
    })
  })

  describe('Rippling', () => {
    it('addresses the mail by whether it is the primary one', async () => {
      const user = await createMira()
      const filter = `emails[primary eq true].value eq "${address}"`
      expect(expectList(await scim.filter('/Users', filter), 1)).to.deep.equal([user])
      const operations = [{ op: 'replace', path: 'emails[primary eq true].value', value: 'mira@larkspur.example' }]
      const patched = expectResource(await scim.patch(`/Users/${user['id']}`, operations), 200, `${scim.baseUrl}/Users`)
      expect(patched['emails']).to.deep.equal([{ value: 'mira@larkspur.example', type: 'work', primary: true }])
    })
  })

  it('Salesforce takes members out with an object of members', async () => {
    const { id, ids } = await createGrowers(2)
    const operations = [{ op: 'remove', path: 'members', value: { members: [{ value: ids[0] }] } }]
    expectStatus(await scim.patch(`/Groups/${id}`, operations), 204)
    expect(await listMembers(scim, id)).to.deep.equal([ids[1]])
  })

  it('WSO2 looks groups up with a capital Eq and without quotes', async () => {
    const group = await scim.createGroup('PRIMARY/system')
    expect(expectList(await scim.get('/Groups?filter=displayName%20Eq%20PRIMARY/system'), 1)).to.deep.equal([group])
  })

  it("Bitwarden's unnamed client adds a member by the path alone", async () => {
    const user = await createMira()
    const { id } = await scim.createGroup('Growers')
    const add = { op: 'add', path: `members[value eq "${user['id']}"]` }
    expectStatus(await scim.patch(`/Groups/${id}`, [add]), 204)
    expectStatus(await scim.patch(`/Groups/${id}`, [{ ...add, value: [{ value: user['id'] }] }]), 204)
    expect(await listMembers(scim, id)).to.deep.equal([user['id']])
  })

  it('AWS-like clients replace name and externalId of a group one by one', async () => {
    const { id } = await scim.createGroup('Growers')
    const operations = [
      { op: 'replace', path: 'displayName', value: 'Gardeners' },
      { op: 'replace', path: 'externalId', value: 'aws-1' },
    ]
    expectStatus(await scim.patch(`/Groups/${id}`, operations), 204)
    expect((await scim.get(`/Groups/${id}`)).body).to.include({ displayName: 'Gardeners', externalId: 'aws-1' })
  })
})

// Microsoft Entra ID, in both dialects of PATCH: the default one, and the compliant one of ?aadOptscim062020. Both come from
// the same tenant, for the flag does not work when a person is provisioned on demand.
import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { type Body, enterpriseSchema, groupSchema, type Reply, userSchema } from '../scim-client.ts'
import {
  type Chapter,
  expectError,
  expectList,
  expectResource,
  expectStatus,
  listMembers,
  makeUnique,
  type StoryClient,
  withHeaders,
} from './chapter.ts'

const entraHeaders = {
  'User-Agent': 'Microsoft-Azure-Active-Directory-Provisioning/1.0',
  adscimversion: '2.0',
  Accept: 'application/scim+json',
  'Content-Type': 'application/scim+json; charset=utf-8',
}
const adGroupSchema = 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'

const makeAddress = (name: string): string => `${makeUnique(name)}@larkspur.example`

function describeUser(userName: string): Body {
  return {
    schemas: [userSchema, enterpriseSchema],
    externalId: makeUnique('ext-4471'),
    userName,
    active: true,
    emails: [{ primary: true, type: 'work', value: userName }],
    meta: { resourceType: 'User' },
    name: { formatted: 'Mira Okafor', familyName: 'Okafor', givenName: 'Mira' },
    roles: [],
  }
}

async function createUser(scim: StoryClient, attributes: Body = {}): Promise<Body> {
  const sent = { ...describeUser(makeAddress('mira.okafor')), ...attributes }
  return expectResource(await scim.post('/Users', sent), 201, `${scim.baseUrl}/Users`)
}

async function createGroup(scim: StoryClient): Promise<Body> {
  const sent = {
    schemas: [groupSchema, adGroupSchema],
    externalId: randomUUID(),
    displayName: makeUnique('Larkspur Growers'),
    meta: { resourceType: 'Group' },
  }
  return expectResource(await scim.post('/Groups', sent), 201, `${scim.baseUrl}/Groups`)
}

/** Patches a user and returns it, as the answer has it and as it is read afterwards. */
async function patchUser(scim: StoryClient, id: string, ...operations: readonly unknown[]): Promise<Body> {
  const patched = expectResource(await scim.patch(`/Users/${id}`, operations), 200, `${scim.baseUrl}/Users`)
  expect((await scim.get(`/Users/${id}`)).body).to.deep.equal(patched)
  return patched
}

async function patchGroup(scim: StoryClient, id: string, ...operations: readonly unknown[]): Promise<Reply> {
  return expectStatus(await scim.patch(`/Groups/${id}`, operations), 204)
}

const chapters: readonly Chapter[] = [
  {
    title: 'tests the connection by looking for a user and a group that cannot exist',
    async tell(scim) {
      expect(expectList(await scim.filter('/Users', `userName eq "${randomUUID()}"`), 0)).to.deep.equal([])
      const groups = await scim.get(`/Groups?excludedAttributes=members&filter=displayName+eq+%22${randomUUID()}%22`)
      expect(expectList(groups, 0)).to.deep.equal([])
    },
  },
  {
    title: 'matches by userName, externalId, work address and id, in any case and however spaces are written',
    async tell(scim) {
      const user = await createUser(scim)
      const { id, userName, externalId } = user
      for (const filter of [
        `userName eq "${userName}"`,
        `userName eq "${String(userName).toUpperCase()}"`,
        `externalId eq "${externalId}"`,
        `externalId eq ${externalId}`,
        `emails[type eq "work"].value eq "${userName}"`,
        `emails[type eq "work" and primary eq "True"].value eq "${userName}"`,
        `userName eq "${userName}" and externalId eq "${externalId}"`,
      ]) {
        expect(expectList(await scim.filter('/Users', filter), 1), filter).to.deep.equal([user])
        const spaced = encodeURIComponent(filter).replaceAll('%20', '+')
        expect(expectList(await scim.get(`/Users?filter=${spaced}`), 1), filter).to.deep.equal([user])
      }
      expect((await scim.get(`/Users/${id}`)).body).to.deep.equal(user)
      expectError(await scim.get(`/Users/${randomUUID()}`), 404)
    },
  },
  {
    title: 'calls with its flags in the query, which mean nothing here',
    async tell(scim) {
      const user = await createUser(scim)
      for (const flag of ['aadOptscim062020', 'AzureAdScimPatch2017', 'aadOptscim062020=']) {
        const found = await scim.get(`/Users?${flag}&filter=${encodeURIComponent(`id eq "${user['id']}"`)}`)
        expect(expectList(found, 1).map((one) => one['id'])).to.deep.equal([user['id']])
        expectStatus(await scim.get(`/Users/${user['id']}?${flag}`), 200)
        expectStatus(
          await scim.patch(`/Users/${user['id']}?${flag}`, [{ op: 'Add', path: 'title', value: 'Botanist' }]),
          200,
        )
        expectList(await scim.get(`/?${flag}&count=1`))
      }
    },
  },
  {
    title: 'creates a user with empty roles and its own meta, and is told 409 when it does so again',
    async tell(scim) {
      const sent = describeUser(makeAddress('mira.okafor'))
      const created = expectResource(await scim.post('/Users', sent), 201, `${scim.baseUrl}/Users`)
      const { meta: _, roles: __, schemas: ___, ...kept } = sent
      expect(created).to.deep.include(kept)
      expect(created['schemas']).to.deep.equal([userSchema])
      expectError(await scim.post('/Users', { ...sent, externalId: makeUnique('ext') }), 409, 'uniqueness')
    },
  },
  {
    title: 'creates a user with nulls, with attributes in the wrong place and with a URN that nobody knows',
    async tell(scim) {
      const user = await createUser(scim, {
        schemas: [userSchema, 'urn:ietf:params:scim:schemas:extension:enterprise:2.0User'],
        addresses: null,
        title: null,
        manager: null,
        department: 'Growing',
        phoneNumbers: [{ type: 'mobile', value: null }],
        'urn:ietf:params:scim:schemas:extension:enterprise:2.0User': { department: 'Growing' },
      })
      expect(user).not.to.have.any.keys('addresses', 'title', 'manager', 'department')
    },
  },
  {
    title: 'changes attributes one by one in its default dialect',
    async tell(scim) {
      const { id, userName } = await createUser(scim, { preferredLanguage: 'en-GB' })
      const address = makeAddress('mira')
      const user = await patchUser(
        scim,
        id,
        { op: 'Replace', path: 'displayName', value: 'Mira A. Okafor' },
        { op: 'Replace', path: 'emails[type eq "work"].value', value: address },
        { op: 'Add', path: 'phoneNumbers[type eq "mobile"].value', value: '+47 900 00 000' },
        { op: 'Replace', path: 'phoneNumbers[type eq "fax"].value', value: '+47 900 00 001' },
        { op: 'Replace', path: 'name.familyName', value: 'Okafor-Lind' },
        { op: 'Add', path: 'addresses[type eq "work"].streetAddress', value: '7 Meadow Lane' },
        { op: 'Add', path: 'addresses[type eq "work"].locality', value: 'Bergen' },
        { op: 'Replace', path: `${enterpriseSchema}:employeeNumber`, value: '4471' },
        { op: 'Add', path: `${enterpriseSchema}:department`, value: 'Growing' },
        { op: 'Remove', path: 'preferredLanguage' },
      )
      expect(user).to.deep.include({
        schemas: [userSchema, enterpriseSchema],
        userName,
        displayName: 'Mira A. Okafor',
        emails: [{ primary: true, type: 'work', value: address }],
        phoneNumbers: [
          { type: 'mobile', value: '+47 900 00 000' },
          { type: 'fax', value: '+47 900 00 001' },
        ],
        name: { formatted: 'Mira Okafor', familyName: 'Okafor-Lind', givenName: 'Mira' },
        addresses: [{ type: 'work', streetAddress: '7 Meadow Lane', locality: 'Bergen' }],
        [enterpriseSchema]: { employeeNumber: '4471', department: 'Growing' },
      })
      expect(user).not.to.have.property('preferredLanguage')
    },
  },
  {
    title: 'changes them in one object in its compliant dialect, by dotted names, URNs and containers',
    async tell(scim) {
      const { id } = await createUser(scim)
      const address = makeAddress('mira')
      const user = await patchUser(
        scim,
        id,
        { op: 'replace', path: 'emails[type eq "work"].value', value: address },
        {
          op: 'replace',
          value: {
            displayName: 'Mira A. Okafor',
            'name.givenName': 'Miriam',
            'name.familyName': 'Okafor-Lind',
            [`${enterpriseSchema}:employeeNumber`]: '4471',
            [enterpriseSchema]: { department: 'Growing' },
          },
        },
        { op: 'add', path: 'phoneNumbers[type eq "mobile"].value', value: '+47 900 00 000' },
      )
      expect(user).to.deep.include({
        displayName: 'Mira A. Okafor',
        emails: [{ primary: true, type: 'work', value: address }],
        phoneNumbers: [{ type: 'mobile', value: '+47 900 00 000' }],
        name: { formatted: 'Mira Okafor', familyName: 'Okafor-Lind', givenName: 'Miriam' },
        [enterpriseSchema]: { employeeNumber: '4471', department: 'Growing' },
      })
    },
  },
  {
    title: 'disables and enables a user with whatever it takes for a boolean, and never sends the memberships again',
    async tell(scim) {
      const { id, userName } = await createUser(scim)
      const group = await createGroup(scim)
      await patchGroup(scim, group['id'], { op: 'Add', path: 'members', value: [{ $ref: null, value: id }] })
      for (const [operation, active] of [
        [{ op: 'Replace', path: 'active', value: 'False' }, false],
        [{ op: 'Add', path: 'active', value: 'True' }, true],
        [{ op: 'Replace', path: 'active', value: false }, false],
        [{ op: 'Replace', path: 'active', value: 'true' }, true],
        [{ op: 'replace', value: { active: 'False' } }, false],
        [{ op: 'replace', path: 'active', value: true }, true],
      ] as const) {
        const user = await patchUser(scim, id, operation)
        expect(user['active'], JSON.stringify(operation)).to.equal(active)
        expect(user['groups'][0].value).to.equal(group['id'])
        const [found] = expectList(await scim.filter('/Users', `userName eq "${userName}"`), 1)
        expect(found).to.deep.equal(user)
        expect(await listMembers(scim, group['id'])).to.deep.equal([id])
      }
    },
  },
  {
    title: 'deletes a user for good, and is told 404 when it looks or deletes again',
    async tell(scim) {
      const { id, userName } = await createUser(scim)
      expectStatus(await scim.delete(`/Users/${id}`), 204)
      expectError(await scim.get(`/Users/${id}`), 404)
      expectError(await scim.delete(`/Users/${id}`), 404)
      expectError(await scim.patch(`/Users/${id}`, [{ op: 'Replace', path: 'active', value: 'False' }]), 404)
      expectList(await scim.filter('/Users', `userName eq "${userName}"`), 0)
    },
  },
  {
    title: 'sets the manager in every form that it has, and asks whether it is set',
    async tell(scim) {
      const { id } = await createUser(scim)
      const bosses = [await createUser(scim), await createUser(scim)]
      const path = `${enterpriseSchema}:manager`
      const forms = [
        (value: string) => ({ op: 'Add', path: 'manager', value: [{ $ref: `${scim.baseUrl}/Users/${value}`, value }] }),
        (value: string) => ({ op: 'Add', path, value }),
        (value: string) => ({ op: 'Replace', path, value }),
        (value: string) => ({ op: 'Replace', path, value: { value } }),
        (value: string) => ({
          op: 'replace',
          value: { [path]: { value, $ref: 'https://elsewhere.example', displayName: 'X' } },
        }),
        (value: string) => ({ op: 'replace', value: { [path]: value } }),
        (value: string) => ({ op: 'replace', value: { [`${path}.value`]: value } }),
        (value: string) => ({ op: 'replace', value: { [enterpriseSchema]: { manager: { value } } } }),
      ]
      for (const [index, form] of forms.entries()) {
        const boss = bosses[index % 2]?.['id']
        const user = await patchUser(scim, id, form(boss))
        expect(user[enterpriseSchema].manager, String(form)).to.include({
          value: boss,
          $ref: `${scim.baseUrl}/Users/${boss}`,
        })
        for (const [other, total] of [
          [boss, 1],
          [bosses[(index + 1) % 2]?.['id'], 0],
        ] as const) {
          const asked = await scim.filter('/Users', `id eq "${id}" and manager eq "${other}"`, '&attributes=id')
          expect(expectList(asked, total).map((one) => one['id'])).to.deep.equal(total === 1 ? [id] : [])
        }
      }
    },
  },
  {
    title: 'clears the manager in every form that it has',
    async tell(scim) {
      const [{ id }, boss] = [await createUser(scim), await createUser(scim)]
      const path = `${enterpriseSchema}:manager`
      for (const operation of [
        { op: 'Replace', path, value: '' },
        { op: 'Remove', path },
        { op: 'Remove', path, value: '' },
        { op: 'Remove', path: 'manager' },
        { op: 'Add', path, value: '' },
        { op: 'replace', value: { [path]: null } },
        { op: 'Replace', path, value: { value: '' } },
      ]) {
        await patchUser(scim, id, { op: 'Add', path, value: boss['id'] })
        const user = await patchUser(scim, id, operation)
        expect(user, JSON.stringify(operation)).not.to.have.property(enterpriseSchema)
      }
    },
  },
  {
    title: 'sends roles as objects and as JSON in a string, and reads them as they were sent',
    async tell(scim) {
      const admin = { primary: true, type: 'WindowsAzureActiveDirectoryRole', value: 'Admin' }
      const { id, roles } = await createUser(scim, { roles: [admin] })
      expect(roles).to.deep.equal([admin])
      const value = '{"id":"r-1","value":"Reader","displayName":"Reader"}'
      const added = await patchUser(scim, id, { op: 'Add', path: 'roles', value: [{ value }] })
      expect(added['roles']).to.deep.equal([admin, { value }])
      const again = await patchUser(scim, id, { op: 'Add', path: 'roles', value: [{ value }] })
      expect(again).to.deep.equal(added)
      const plain = { primary: false, type: 'WindowsAzureActiveDirectoryRole', display: 'User', value: 'User' }
      const replaced = await patchUser(scim, id, { op: 'replace', path: 'roles', value: [plain] })
      expect(replaced['roles']).to.deep.equal([plain])
      await patchUser(scim, id, { op: 'Add', path: 'roles', value: [{ ...admin, primary: 'True' }] })
      const user = await patchUser(scim, id, { op: 'Replace', path: 'roles[primary eq "True"].value', value: 'Owner' })
      expect(user['roles']).to.deep.equal([plain, { ...admin, value: 'Owner' }])
    },
  },
  {
    title: 'sends booleans inside values as strings',
    async tell(scim) {
      const { id, userName } = await createUser(scim)
      const user = await patchUser(
        scim,
        id,
        { op: 'Add', path: 'emails', value: [{ type: 'other', value: 'mira@garden.example', primary: 'False' }] },
        { op: 'Replace', path: 'emails[type eq "other"].primary', value: 'True' },
      )
      expect(user['emails']).to.deep.equal([
        { primary: false, type: 'work', value: userName },
        { primary: true, type: 'other', value: 'mira@garden.example' },
      ])
    },
  },
  {
    title: 'keeps phone numbers and other text as they were sent',
    async tell(scim) {
      const { id } = await createUser(scim)
      for (const value of ['+1 (555) 010-0100', '004790000000', ' 900 00 000 ']) {
        const user = await patchUser(scim, id, { op: 'Add', path: 'phoneNumbers[type eq "work"].value', value })
        expect(user['phoneNumbers']).to.deep.equal([{ type: 'work', value }])
      }
    },
  },
  {
    title: 'pushes a group that it finds without its members, and that has a URN of its own',
    async tell(scim) {
      const group = await createGroup(scim)
      const user = await createUser(scim)
      await patchGroup(scim, group['id'], { op: 'Add', path: 'members', value: [{ $ref: null, value: user['id'] }] })
      const filter = encodeURIComponent(`displayName eq "${group['displayName']}"`)
      const found = expectList(await scim.get(`/Groups?excludedAttributes=members&filter=${filter}`), 1)
      expect(found[0]).to.include({
        id: group['id'],
        externalId: group['externalId'],
        displayName: group['displayName'],
      })
      expect(found[0]).not.to.have.property('members')
      const read = await scim.get(`/Groups/${group['id']}?excludedAttributes=members`)
      expect(expectResource(read, 200, `${scim.baseUrl}/Groups`)).to.deep.equal(found[0])
    },
  },
  {
    title: 'renames a group and sets its externalId, by path and without',
    async tell(scim) {
      const group = await createGroup(scim)
      const [displayName, externalId] = [makeUnique('Larkspur Growers 2'), randomUUID()]
      await patchGroup(scim, group['id'], { op: 'Replace', path: 'displayName', value: displayName })
      await patchGroup(scim, group['id'], { op: 'Add', path: 'externalId', value: externalId })
      expect((await scim.get(`/Groups/${group['id']}`)).body).to.include({ displayName, externalId })
      await patchGroup(scim, group['id'], { op: 'Add', value: { externalId: group['externalId'] } })
      const [found] = expectList(await scim.filter('/Groups', `externalId eq "${group['externalId']}"`), 1)
      expect(found).to.include({ id: group['id'], displayName, externalId: group['externalId'] })
    },
  },
  {
    title: 'adds members, and takes out only those whom it names, in both dialects',
    async tell(scim) {
      const users = await Promise.all([createUser(scim), createUser(scim), createUser(scim)])
      const [a, b, c] = users.map((user) => String(user['id'])) as [string, string, string]
      const { id } = await createGroup(scim)
      const list = (...ids: string[]) => ids.map((value) => ({ $ref: null, value }))
      await patchGroup(scim, id, { op: 'Add', path: 'members', value: list(a, b, c) })
      expect(await listMembers(scim, id)).to.have.members([a, b, c])
      await patchGroup(scim, id, { op: 'Remove', path: 'members', value: list(a) })
      expect(await listMembers(scim, id)).to.have.members([b, c])
      await patchGroup(scim, id, { op: 'remove', path: `members[value eq "${b}"]` })
      expect(await listMembers(scim, id)).to.deep.equal([c])
      for (const [member, total] of [
        [c, 1],
        [a, 0],
      ] as const) {
        const filter = `id eq "${id}" and members eq "${member}"`
        expectList(await scim.filter('/Groups', filter, '&excludedAttributes=members'), total)
      }
    },
  },
  {
    title: 'adds everybody again whenever somebody leaves, which changes nothing',
    async tell(scim) {
      const users = await Promise.all([createUser(scim), createUser(scim), createUser(scim)])
      const value = users.map((user) => ({ $ref: null, value: user['id'] }))
      const { id } = await createGroup(scim)
      const first = await patchGroup(scim, id, { op: 'Add', path: 'members', value })
      const again = await patchGroup(scim, id, { op: 'Add', path: 'members', value })
      expect(again.headers['etag']).to.equal(first.headers['etag'])
      for (const member of value) {
        const one = await patchGroup(scim, id, { op: 'Add', path: 'members', value: [member] })
        expect(one.headers['etag']).to.equal(first.headers['etag'])
      }
      await patchGroup(scim, id, { op: 'Remove', path: 'members', value: value.slice(0, 1) })
      const gone = await patchGroup(scim, id, { op: 'Remove', path: 'members', value: value.slice(0, 1) })
      const rest = await patchGroup(scim, id, { op: 'Add', path: 'members', value: value.slice(1) })
      expect(rest.headers['etag']).to.equal(gone.headers['etag'])
      expect(await listMembers(scim, id)).to.have.members(value.slice(1).map((member) => member.value))
    },
  },
  {
    title: 'deletes a group, and is told 404 when it does so again',
    async tell(scim) {
      const { id } = await createGroup(scim)
      expectStatus(await scim.delete(`/Groups/${id}`), 204)
      expectError(await scim.delete(`/Groups/${id}`), 404)
      expectError(await scim.get(`/Groups/${id}?excludedAttributes=members`), 404)
    },
  },
  {
    title: 'validates: finds the existing, the missing and the differently spelt, and updates the userName',
    async tell(scim) {
      const { id, userName } = await createUser(scim)
      expectList(await scim.filter('/Users', `userName eq "${userName}"`), 1)
      expectList(await scim.filter('/Users', `userName eq "${makeAddress('nobody')}"`), 0)
      expectList(await scim.filter('/Users', `userName eq "${String(userName).toUpperCase()}"`), 1)
      const renamed = makeAddress('renamed')
      const user = await patchUser(scim, id, { op: 'Replace', path: 'userName', value: renamed })
      expect(user['userName']).to.equal(renamed)
      expectList(await scim.filter('/Users', `userName eq "${userName}"`), 0)
      const taken = await createUser(scim)
      const operations = [{ op: 'Replace', path: 'userName', value: taken['userName'] }]
      expectError(await scim.patch(`/Users/${id}`, operations), 409, 'uniqueness')
    },
  },
  {
    title: 'validates: several operations on one attribute in sequence, and none at all',
    async tell(scim) {
      const { id } = await createUser(scim)
      const user = await patchUser(
        scim,
        id,
        { op: 'Remove', path: 'displayName' },
        { op: 'Add', path: 'displayName', value: 'First' },
        { op: 'Replace', path: 'displayName', value: 'Second' },
        { op: 'Add', path: 'displayName', value: 'Third' },
      )
      expect(user['displayName']).to.equal('Third')
      expect(await patchUser(scim, id)).to.deep.equal(user)
    },
  },
  {
    title: 'reads the schemas when the configuration is opened',
    async tell(scim) {
      const reply = await scim.get('/Schemas')
      const schemas = expectList(reply)
      expect(schemas.map((schema) => schema['id'])).to.include.members([userSchema, groupSchema, enterpriseSchema])
      expect(reply.text).not.to.include('null')
    },
  },
]

/** What Entra ID does, chapter by chapter. */
export const entraStory: readonly Chapter[] = chapters.map(({ title, tell }) => ({
  title,
  tell: (scim) => tell(withHeaders(scim, entraHeaders)),
}))

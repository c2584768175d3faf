// Okta: an OIN application, which deactivates by PATCH, and a custom one (AIW), which puts whole users and groups.
import { expect } from 'chai'
import { type Body, enterpriseSchema, groupSchema, listSchema, patchSchema, userSchema } from '../scim-client.ts'
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

const oktaHeaders = {
  'User-Agent': 'Okta SCIM Client 1.0.0',
  Accept: 'application/scim+json',
  'Content-Type': 'application/scim+json; charset=utf-8',
}

/** The body with which Okta creates a user: always with a password, and with groups that are the server's to set. */
function describeUser(userName: string): Body {
  return {
    schemas: [userSchema],
    userName,
    name: { givenName: 'Mira', familyName: 'Okafor' },
    emails: [{ primary: true, value: userName, type: 'work' }],
    displayName: 'Mira Okafor',
    locale: 'en-US',
    externalId: makeUnique('00uLARKSPUR1'),
    groups: [],
    password: 'Rk3-random',
    active: true,
  }
}

const makeAddress = (name: string): string => `${makeUnique(name)}@larkspur.example`

async function createUser(scim: StoryClient, name = 'mira.okafor'): Promise<Body> {
  return expectResource(await scim.post('/Users', describeUser(makeAddress(name))), 201, `${scim.baseUrl}/Users`)
}

async function createGroup(scim: StoryClient): Promise<Body> {
  const group = { schemas: [groupSchema], displayName: makeUnique('Larkspur Gardeners'), members: [] }
  return expectResource(await scim.post('/Groups', group), 201, `${scim.baseUrl}/Groups`)
}

const find = (scim: StoryClient, endpoint: string, filter: string) =>
  scim.filter(endpoint, filter, '&startIndex=1&count=100')

const chapters: readonly Chapter[] = [
  {
    title: 'tests the connection with a list of one, whose numbers are numbers',
    async tell(scim) {
      const known = await createUser(scim)
      const [user] = expectList(await scim.get('/Users?count=1&startIndex=1'))
      expect(user).to.include.keys('id', 'userName', 'active')
      const reply = await scim.get('/Users?count=1')
      expectList(reply)
      expect(reply.headers['content-type']).to.match(/^application\/scim\+json/)
      const { body } = await scim.get(`/Users/${known['id']}`)
      expect([body['id'], body['userName'], body['active']]).to.deep.equal([known['id'], known['userName'], true])
      expect(body['name']).to.deep.equal({ givenName: 'Mira', familyName: 'Okafor' })
      expect(body['emails'][0].value).to.equal(known['userName'])
    },
  },
  {
    title: 'is told 401 with a SCIM error for any credentials that are not right',
    async tell(scim) {
      for (const Authorization of ['non-token', 'Bearer', 'Bearer wrong', 'Basic bWlyYTpva2Fmb3I=']) {
        const reply = await scim.get('/Users?count=1', { Authorization })
        expectError(reply, 401)
        expect(reply.headers['www-authenticate']).to.match(/^Bearer/)
      }
    },
  },
  {
    title: 'finds nobody under the userName, creates the user, and then finds them',
    async tell(scim) {
      const userName = makeAddress('mira.okafor')
      expect(expectList(await find(scim, '/Users', `userName eq "${userName}"`), 0)).to.deep.equal([])
      const sent = describeUser(userName)
      const created = expectResource(await scim.post('/Users', sent), 201, `${scim.baseUrl}/Users`)
      const { password: _, groups: __, ...kept } = sent
      expect(created).to.deep.include(kept)
      expect(created).not.to.have.property('password')
      const read = expectResource(await scim.get(`/Users/${created['id']}`), 200, `${scim.baseUrl}/Users`)
      expect(read).to.deep.equal(created)
      const [found] = expectList(await find(scim, '/Users', `userName eq "${userName.toUpperCase()}"`), 1)
      expect(found).to.deep.equal(created)
      expectError(await scim.post('/Users', sent), 409, 'uniqueness')
    },
  },
  {
    title: 'looks people up by addresses with plus, percent, quotes and spaces in them',
    async tell(scim) {
      for (const name of ['mira+test', 'mira%41', 'mira"quoted"', 'mira okafor', "o'mira", 'åse&co=1']) {
        const { id, userName } = await createUser(scim, name)
        const [found] = expectList(await find(scim, '/Users', `userName eq ${JSON.stringify(userName)}`), 1)
        expect(found?.['id'], name).to.equal(id)
      }
    },
  },
  {
    title: 'is told 404 for an id that nobody has',
    async tell(scim) {
      expectError(await scim.get('/Users/010101001010101011001010101011'), 404)
    },
  },
  {
    title: 'imports page by page, everybody once',
    async tell(scim) {
      const names = Array.from({ length: 5 }, (_, index) => `imported-${index}`)
      const created = await Promise.all(names.map((name) => createUser(scim, name)))
      for (const [endpoint, count] of [
        ['/Users', 2],
        ['/Users', 100],
        ['/Groups', 100],
      ] as const) {
        const ids: string[] = []
        let total = 1
        for (let startIndex = 1; startIndex <= total; startIndex += count) {
          const reply = await scim.get(`${endpoint}?startIndex=${startIndex}&count=${count}`)
          ids.push(...expectList(reply).map((one) => String(one['id'])))
          total = reply.body['totalResults']
          expect(reply.body['startIndex']).to.equal(startIndex)
        }
        expect(new Set(ids).size).to.equal(ids.length)
        if (endpoint === '/Users') expect(ids).to.include.members(created.map((user) => user['id']))
      }
    },
  },
  {
    title: 'updates a profile by putting what it read, changed',
    async tell(scim) {
      const created = await createUser(scim)
      const path = `/Users/${created['id']}`
      const { body: read } = await scim.get(path)
      const name = { ...read['name'], familyName: 'Okafor-Lind' }
      const sent = { ...read, name, nickName: 'Mi', groups: [], title: null }
      const updated = expectResource(await scim.put(path, sent), 200, `${scim.baseUrl}/Users`)
      const { meta: _, ...attributes } = read
      expect(updated).to.deep.include({ ...attributes, name, nickName: 'Mi' })
      expect(updated['meta'].created).to.equal(read['meta'].created)
      expect((await scim.get(path)).body).to.deep.equal(updated)
      const { nickName: __, ...without } = updated
      expect((await scim.put(path, without)).body).not.to.have.property('nickName')
    },
  },
  {
    title: 'deactivates and reactivates by a PATCH without a path, and reads the user from the answer',
    async tell(scim) {
      const { id, userName } = await createUser(scim)
      const group = await createGroup(scim)
      await scim.patch(`/Groups/${group['id']}`, [{ op: 'add', path: 'members', value: [{ value: id }] }])
      for (const active of [false, true]) {
        const reply = await scim.patch(`/Users/${id}`, [{ op: 'replace', value: { active } }])
        const user = expectResource(reply, 200, `${scim.baseUrl}/Users`)
        expect([user['id'], user['active']]).to.deep.equal([id, active])
        expect((await scim.get(`/Users/${id}`)).body).to.deep.equal(user)
        const [found] = expectList(await find(scim, '/Users', `userName eq "${userName}"`), 1)
        expect(found?.['active']).to.equal(active)
        expect(await listMembers(scim, group['id'])).to.deep.equal([id])
      }
    },
  },
  {
    title: 'deactivates and reactivates by PUT from a custom application',
    async tell(scim) {
      const { id } = await createUser(scim)
      for (const active of [false, true]) {
        const { body } = await scim.get(`/Users/${id}`)
        const put = expectResource(await scim.put(`/Users/${id}`, { ...body, active }), 200, `${scim.baseUrl}/Users`)
        expect(put['active']).to.equal(active)
      }
    },
  },
  {
    title: 'syncs a password by PATCH and by PUT, and never reads one back',
    async tell(scim) {
      const { id } = await createUser(scim)
      const patched = await scim.patch(`/Users/${id}`, [{ op: 'replace', value: { password: 'N3w-secret' } }])
      expect(expectStatus(patched, 200).text).not.to.include('N3w-secret')
      const put = await scim.put(`/Users/${id}`, { ...patched.body, password: 'N3w-secret' })
      expect(expectStatus(put, 200).text).not.to.include('N3w-secret')
      expect((await scim.get(`/Users/${id}?attributes=password,userName`)).body).not.to.have.property('password')
    },
  },
  {
    title: 'sends the manager with a name that is not its to set',
    async tell(scim) {
      const [boss, user] = [await createUser(scim, 'boss'), await createUser(scim)]
      const { body } = await scim.get(`/Users/${user['id']}`)
      const manager = { value: boss['id'], displayName: 'Somebody Else' }
      const sent = {
        ...body,
        schemas: [userSchema, enterpriseSchema],
        [enterpriseSchema]: { manager, department: 'Growing' },
      }
      const put = expectResource(await scim.put(`/Users/${user['id']}`, sent), 200, `${scim.baseUrl}/Users`)
      expect(put[enterpriseSchema]).to.deep.equal({
        department: 'Growing',
        manager: { value: boss['id'], displayName: 'Mira Okafor', $ref: `${scim.baseUrl}/Users/${boss['id']}` },
      })
    },
  },
  {
    title: 'pushes a group: finds none of the name, creates it, and finds it with its id',
    async tell(scim) {
      const displayName = makeUnique('Larkspur "Gardeners" & Friends')
      const filter = `displayName eq ${JSON.stringify(displayName)}`
      expectList(await find(scim, '/Groups', filter), 0)
      const sent = { schemas: [groupSchema], displayName, members: [] }
      const created = expectResource(await scim.post('/Groups', sent), 201, `${scim.baseUrl}/Groups`)
      expect(created['displayName']).to.equal(displayName)
      const [found] = expectList(await find(scim, '/Groups', filter), 1)
      expect(found).to.deep.equal(created)
      expectError(await scim.post('/Groups', sent), 409, 'uniqueness')
    },
  },
  {
    title: 'renames a group with its id in the value, and changes members in the same breath',
    async tell(scim) {
      const [a, b] = [await createUser(scim, 'a'), await createUser(scim, 'b')]
      const group = await createGroup(scim)
      const path = `/Groups/${group['id']}`
      const rename = (displayName: string) => ({ op: 'replace', value: { id: group['id'], displayName } })
      const displayName = makeUnique('Larkspur Growers')
      expectStatus(await scim.patch(path, [rename(displayName)]), 204)
      expect((await scim.get(path)).body['displayName']).to.equal(displayName)
      const add = { op: 'add', path: 'members', value: [{ value: b['id'], display: b['userName'] }] }
      expectStatus(await scim.patch(path, [rename(displayName), add]), 204)
      expect(await listMembers(scim, group['id'])).to.deep.equal([b['id']])
      const swap = [
        { op: 'remove', path: `members[value eq "${b['id']}"]` },
        { op: 'add', path: 'members', value: [{ value: a['id'], display: a['userName'] }] },
      ]
      expectStatus(await scim.patch(path, swap), 204)
      expect(await listMembers(scim, group['id'])).to.deep.equal([a['id']])
      const [shown] = (await scim.get(`/Users/${a['id']}`)).body['groups']
      expect(shown).to.include({ value: group['id'], display: displayName, type: 'direct' })
    },
  },
  {
    title: 'pushes a group in full, and pushes it empty',
    async tell(scim) {
      const [a, b, c] = [await createUser(scim, 'a'), await createUser(scim, 'b'), await createUser(scim, 'c')]
      const group = await createGroup(scim)
      const path = `/Groups/${group['id']}`
      const push = (...users: Body[]) => {
        const value = users.map((user) => ({ value: user['id'], display: user['userName'] }))
        return scim.patch(path, [{ op: 'replace', path: 'members', value }])
      }
      expectStatus(await push(a, b), 204)
      expect(await listMembers(scim, group['id'])).to.have.members([a['id'], b['id']])
      expectStatus(await push(b, c), 204)
      expect(await listMembers(scim, group['id'])).to.have.members([b['id'], c['id']])
      const { etag } = (await scim.get(path)).headers
      expectStatus(await push(c, b), 204)
      expect((await scim.get(path)).headers['etag']).to.equal(etag)
      expectStatus(await push(), 204)
      expect(await listMembers(scim, group['id'])).to.deep.equal([])
    },
  },
  {
    title: 'puts a whole group from a custom application',
    async tell(scim) {
      const [a, b] = [await createUser(scim, 'a'), await createUser(scim, 'b')]
      const group = await createGroup(scim)
      const path = `/Groups/${group['id']}`
      const members = [a, b].map((user) => ({ value: user['id'], display: user['userName'] }))
      const put = expectResource(await scim.put(path, { ...group, members }), 200, `${scim.baseUrl}/Groups`)
      expect(put['members'].map((member: Body) => member['value'])).to.have.members([a['id'], b['id']])
      const empty = expectResource(await scim.put(path, { ...put, members: null }), 200, `${scim.baseUrl}/Groups`)
      expect(empty).not.to.have.property('members')
    },
  },
  {
    title: 'deletes a group, whose members stay and are in it no longer',
    async tell(scim) {
      const user = await createUser(scim)
      const group = await createGroup(scim)
      await scim.patch(`/Groups/${group['id']}`, [{ op: 'add', path: 'members', value: [{ value: user['id'] }] }])
      expectStatus(await scim.delete(`/Groups/${group['id']}`), 204)
      expectError(await scim.get(`/Groups/${group['id']}`), 404)
      expect((await scim.get(`/Users/${user['id']}`)).body).not.to.have.property('groups')
    },
  },
  {
    title: 'sends its tests as plain application/json',
    async tell(scim) {
      const json = { 'Content-Type': 'application/json', Accept: 'application/json' }
      const reply = await scim.post('/Users', describeUser(makeAddress('mira.okafor')), json)
      expect(expectStatus(reply, 201).headers['content-type']).to.match(/^application\/json/)
      const body = { schemas: [patchSchema], Operations: [{ op: 'replace', value: { active: false } }] }
      expect((await scim.send('patch', `/Users/${reply.body['id']}`, body, json)).body['active']).to.equal(false)
    },
  },
  {
    title: 'reads resource types and schemas when entitlements are on, and finds an endpoint for each',
    async tell(scim) {
      for (const type of expectList(await scim.get('/ResourceTypes'))) {
        const list = expectStatus(await scim.get(`${type['endpoint']}?count=1&startIndex=1`), 200).body
        expect(list['schemas']).to.include(listSchema)
        expect(list['totalResults']).to.be.a('number')
      }
      const ids = expectList(await scim.get('/Schemas')).map((schema) => schema['id'])
      expect(ids).to.include.members([userSchema, groupSchema, enterpriseSchema])
    },
  },
]

/** What Okta does, chapter by chapter. */
export const oktaStory: readonly Chapter[] = chapters.map(({ title, tell }) => ({
  title,
  tell: (scim) => tell(withHeaders(scim, oktaHeaders)),
}))

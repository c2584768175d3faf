// Many clients at once: nothing is lost, nothing is counted twice, and nobody sees a 5xx.
import { expect } from 'chai'
import { query } from '../../server/db/query.ts'
import { createTenant, type Tenant } from '../support/app.ts'
import { checkConsistency } from '../support/consistency.ts'
import { testDatabase } from '../support/postgres.ts'
import { groupSchema, type Reply, type ScimClient, userSchema } from '../support/scim-client.ts'

const range = (length: number): number[] => Array.from({ length }, (_, index) => index)
const statuses = (replies: readonly Reply[]): number[] => replies.map((reply) => reply.status).toSorted((a, b) => a - b)

describe('concurrent writers', () => {
  let tenant: Tenant
  let scim: ScimClient
  beforeEach(async () => {
    tenant = await createTenant()
    scim = tenant.scim
  })

  async function createUsers(count: number): Promise<string[]> {
    return Promise.all(range(count).map(async (index) => String((await scim.createUser(`user-${index}`))['id'])))
  }

  it('add 200 members to one group, and all are in it', async () => {
    const ids = await createUsers(200)
    const { id } = await scim.createGroup('Staff')
    const replies = await Promise.all(
      ids.map((value) => scim.patch(`/Groups/${id}`, [{ op: 'add', path: 'members', value: [{ value }] }])),
    )
    expect(new Set(statuses(replies))).to.deep.equal(new Set([204]))
    const group = await scim.get(`/Groups/${id}`)
    expect(group.body['members']).to.have.length(200)
    expect(group.headers['etag']).to.equal('W/"201"')
    expect(new Set(replies.map((reply) => reply.headers['etag'])).size).to.equal(200)
    await checkConsistency(tenant)
  })

  it('create one userName 50 times, and one of them does', async () => {
    const replies = await Promise.all(
      range(50).map((index) =>
        scim.post('/Users', { schemas: [userSchema], userName: index % 2 === 0 ? 'ana' : 'ANA' }),
      ),
    )
    expect(statuses(replies)).to.deep.equal([201, ...range(49).map(() => 409)])
    expect((await scim.get('/Users?count=0')).body['totalResults']).to.equal(1)
    await checkConsistency(tenant)
  })

  it('restore one deleted user 20 times, and one of them does', async () => {
    const restoring = await createRestoringClient(tenant)
    const { id } = await restoring.createUser('ana')
    await restoring.delete(`/Users/${id}`)
    const replies = await Promise.all(
      range(20).map(() => restoring.post('/Users', { schemas: [userSchema], userName: 'ana' })),
    )
    expect(statuses(replies)).to.deep.equal([201, ...range(19).map(() => 409)])
    expect(replies.find((reply) => reply.status === 201)?.body['id']).to.equal(id)
  })

  it('change different attributes of one user, and lose nothing', async () => {
    const { id } = await scim.createUser('ana')
    const attributes = [
      'title',
      'nickName',
      'displayName',
      'userType',
      'locale',
      'timezone',
      'preferredLanguage',
      'profileUrl',
      'externalId',
    ]
    const names = ['familyName', 'givenName', 'middleName', 'honorificPrefix', 'honorificSuffix', 'formatted'].map(
      (one) => `name.${one}`,
    )
    const replies = await Promise.all(
      [...attributes, ...names].map((path) =>
        scim.patch(`/Users/${id}`, [{ op: 'replace', path, value: 'https://x.example/en' }]),
      ),
    )
    expect(new Set(statuses(replies))).to.deep.equal(new Set([200]))
    // Each is answered with the version that it made, and with the user as they were in it.
    expect(new Set(replies.map((reply) => reply.headers['etag'])).size).to.equal(replies.length)
    for (const reply of replies) expect(reply.body['meta'].version).to.equal(reply.headers['etag'])
    const { body, headers } = await scim.get(`/Users/${id}`)
    expect(body).to.include.all.keys(attributes)
    expect(Object.keys(body['name'])).to.have.length(names.length)
    expect(headers['etag']).to.equal(`W/"${1 + attributes.length + names.length}"`)
    await checkConsistency(tenant)
  })

  it('change one version of a user or a group, and one of them does', async () => {
    const { id } = await scim.createUser('ana')
    const group = await scim.createGroup('Staff')
    const match = { 'If-Match': 'W/"1"' }
    for (let round = 0; round < 5; round++) {
      const { id: userId } = round === 0 ? { id } : await scim.createUser(`ana-${round}`)
      const replies = await Promise.all(
        ['a', 'b'].map((value) => scim.patch(`/Users/${userId}`, [{ op: 'replace', path: 'title', value }], match)),
      )
      expect(statuses(replies)).to.deep.equal([200, 412])
    }
    const replies = await Promise.all(
      ['a', 'b'].map((value) =>
        scim.patch(`/Groups/${group['id']}`, [{ op: 'replace', path: 'displayName', value }], match),
      ),
    )
    expect(statuses(replies)).to.deep.equal([204, 412])
    await checkConsistency(tenant)
  })

  it('speak for two directories of one person, and both are heard', async () => {
    const hr = await tenant.addDirectory('HR')
    const { id } = await scim.createUser('ana')
    const write = (client: ScimClient, path: string) => (index: number) =>
      client.patch(`/Users/${id}`, [{ op: 'replace', path, value: `${index}` }])
    const replies = await Promise.all([
      ...range(10).map(write(scim, 'title')),
      ...range(10).map(write(hr.scim, 'nickName')),
    ])
    expect(new Set(statuses(replies))).to.deep.equal(new Set([200]))
    expect((await scim.get(`/Users/${id}`)).headers['etag']).to.equal('W/"21"')
    const leaving = await Promise.all([scim.delete(`/Users/${id}`), hr.scim.delete(`/Users/${id}`)])
    expect(statuses(leaving)).to.deep.equal([204, 204])
    const application = await tenant.addApplication(['read'])
    expect((await application.get(`/Users/${id}`)).status).to.equal(404)
    await checkConsistency(tenant)
  })

  it('add members to groups while these very members are deleted', async () => {
    const ids = await createUsers(20)
    const boss = (index: number): unknown => ({ value: ids[Math.floor(index / 3)] })
    await Promise.all(
      ids.map((id, index) => scim.patch(`/Users/${id}`, [{ op: 'add', path: 'manager', value: boss(index) }])),
    )
    const groups = await Promise.all(range(4).map((index) => scim.createGroup(`Group ${index}`, ids.slice(0, 5))))
    const replies = await Promise.all([
      ...groups.flatMap((group) =>
        ids.map((value) => scim.patch(`/Groups/${group['id']}`, [{ op: 'add', path: 'members', value: [{ value }] }])),
      ),
      ...ids.map((id) => scim.delete(`/Users/${id}`)),
    ])
    expect(Math.max(...statuses(replies))).to.be.below(500)
    expect(statuses(replies.slice(-ids.length))).to.deep.equal(ids.map(() => 204))
    for (const group of groups) expect((await scim.get(`/Groups/${group['id']}`)).body['members']).to.equal(undefined)
    await checkConsistency(tenant)
  })

  it('nest groups in crossing order while groups are deleted', async () => {
    const ids = await Promise.all(
      range(8).map(async (index) => String((await scim.createGroup(`Group ${index}`))['id'])),
    )
    const pairs = ids.flatMap((outer) => ids.filter((inner) => inner !== outer).map((inner) => ({ outer, inner })))
    const replies = await Promise.all([
      ...pairs.map(({ outer, inner }) =>
        scim.patch(`/Groups/${outer}`, [{ op: 'add', path: 'members', value: [{ value: inner }] }]),
      ),
      ...ids.slice(0, 6).map((id) => scim.delete(`/Groups/${id}`)),
    ])
    expect(Math.max(...statuses(replies))).to.be.below(500)
    expect(statuses(replies.slice(-6))).to.deep.equal(range(6).map(() => 204))
    await checkConsistency(tenant)
  })

  it('change the members of a few groups in every way while users and groups are deleted', async () => {
    const random = createRandom(20260729)
    const pick = <One>(list: readonly One[]): One => list[Math.floor(random() * list.length)] as One
    const users = await createUsers(12)
    const groups = await Promise.all(
      range(4).map(async (index) => String((await scim.createGroup(`Group ${index}`, users.slice(0, 3)))['id'])),
    )
    const value = (): unknown[] =>
      range(1 + Math.floor(random() * 3)).map(() => ({ value: pick([...users, ...groups]) }))
    const change = (...operations: unknown[]) => scim.patch(`/Groups/${pick(groups)}`, operations)
    const add = (): unknown => ({ op: 'add', path: 'members', value: value() })
    const remove = (): unknown => ({ op: 'remove', path: 'members', value: value() })
    const ways: readonly (() => Promise<Reply>)[] = [
      () => change({ op: 'add', path: 'members', value: [{ value: pick(users) }] }),
      () => change({ op: 'remove', path: `members[value eq "${pick(users)}"]` }),
      () => change(add()),
      () => change(remove()),
      () => change(remove(), add()),
      () => change({ op: 'replace', path: 'members', value: value() }),
      () => change({ op: 'remove', path: 'members[type eq "Group"]' }, add()),
      () => change({ op: 'replace', path: 'displayName', value: `Group ${random()}` }, add()),
    ]
    const deletions = [
      ...users.slice(0, 6).map((id) => `/Users/${id}`),
      ...groups.slice(0, 2).map((id) => `/Groups/${id}`),
    ]
    const replies = await Promise.all([
      ...range(200).map(() => pick(ways)()),
      ...deletions.map((path) => scim.delete(path)),
      ...range(100).map(() => pick(ways)()),
    ])
    expect(replies.filter((reply) => reply.status >= 500).map((reply) => reply.text)).to.deep.equal([])
    expect(statuses(replies.slice(200, 200 + deletions.length))).to.deep.equal(deletions.map(() => 204))
    await checkConsistency(tenant)
  })

  it('weather a storm of 300 operations by 16 clients', async () => {
    const hr = await tenant.addDirectory('HR')
    const users = [
      ...(await createUsers(5)),
      ...(await Promise.all(range(5).map(async (index) => String((await hr.scim.createUser(`hr-${index}`))['id'])))),
    ]
    const groups = await Promise.all(
      range(5).map(async (index) => String((await scim.createGroup(`Group ${index}`))['id'])),
    )
    const random = createRandom(20260728)
    const pick = <One>(list: readonly One[]): One => list[Math.floor(random() * list.length)] as One
    const member = (): string => pick([...users, ...groups])
    const client = (): ScimClient => pick([scim, scim, hr.scim])
    const operations: readonly (() => Promise<Reply>)[] = [
      () => client().patch(`/Users/${pick(users)}`, [{ op: 'replace', path: 'title', value: `${random()}` }]),
      () => client().patch(`/Users/${pick(users)}`, [{ op: 'replace', path: 'active', value: random() < 0.5 }]),
      () =>
        client().put(`/Users/${pick(users)}`, { schemas: [userSchema], userName: `user-${Math.floor(random() * 12)}` }),
      () =>
        client().patch(`/Users/${pick(users)}`, [{ op: 'replace', path: 'manager', value: { value: pick(users) } }]),
      () => client().delete(`/Users/${pick(users)}`),
      () => client().post('/Users', { schemas: [userSchema], userName: `user-${Math.floor(random() * 12)}` }),
      () =>
        scim.patch(`/Groups/${pick(groups)}`, [
          { op: 'add', path: 'members', value: [{ value: member() }, { value: member() }] },
        ]),
      () => scim.patch(`/Groups/${pick(groups)}`, [{ op: 'remove', path: `members[value eq "${member()}"]` }]),
      () =>
        scim.put(`/Groups/${pick(groups)}`, {
          schemas: [groupSchema],
          displayName: `Group ${Math.floor(random() * 9)}`,
          members: [{ value: member() }],
        }),
      () => (random() < 0.3 ? scim.delete(`/Groups/${pick(groups)}`) : scim.get('/Groups')),
      () => client().filter('/Users', 'title pr'),
    ]
    const replies: Reply[] = []
    const remember = (list: string[], reply: Reply): void => {
      if (reply.status === 201) list.push(String(reply.body['id']))
    }
    let left = 300
    await Promise.all(
      range(16).map(async () => {
        while (left-- > 0) {
          const reply = await pick(operations)()
          replies.push(reply)
          remember(users, reply)
        }
      }),
    )
    expect(replies).to.have.length(300)
    expect(replies.filter((reply) => reply.status >= 500).map((reply) => reply.text)).to.deep.equal([])
    await checkConsistency(tenant)
  })
})

/** A client whose token is looked up only after the directory was set to restore. */
async function createRestoringClient(tenant: Tenant): Promise<ScimClient> {
  const directory = await tenant.addDirectory('Restoring')
  await query(testDatabase(), 'update directories set restore_users = true where org_id = $1 and id = $2', [
    tenant.organizationId,
    directory.directoryId,
  ])
  return directory.scim
}

/** A generator of numbers in [0, 1) that a seed determines (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

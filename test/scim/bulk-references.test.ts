import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import supertest from 'supertest'
import { query } from '../../server/db/query.ts'
import { findReferences, orderComponents, replaceReferences } from '../../server/scim/bulk-references.ts'
import { createTenant, type Tenant } from '../support/app.ts'
import { listStatuses, patch, postGroup, postUser, readId, runBulk } from '../support/bulk.ts'
import { testDatabase } from '../support/postgres.ts'
import { createTenantWith, customSchema, withApp } from '../support/protocol.ts'
import { type Body, enterpriseSchema, groupSchema, ScimClient, userSchema } from '../support/scim-client.ts'

const list = <Item>(length: number, make: (index: number) => Item): Item[] => Array.from({ length }, (_, i) => make(i))

const postReport = (bulkId: string, userName: string, managerId: string, attributes: Body = {}): Body =>
  postUser(bulkId, userName, {
    schemas: [userSchema, enterpriseSchema],
    [enterpriseSchema]: { manager: { value: managerId } },
    ...attributes,
  })

describe('references between operations of a bulk request', () => {
  let tenant: Tenant
  let scim: ScimClient
  beforeEach(async () => {
    tenant = await createTenant()
    scim = tenant.scim
  })

  const listMembers = async (groupId: string): Promise<string[]> => {
    const { body } = await scim.get(`/Groups/${groupId}`)
    return ((body['members'] ?? []) as Body[]).map((member) => member['value'] as string)
  }
  const readManager = async (id: string): Promise<string | undefined> => {
    const { body } = await scim.get(`/Users/${id}`)
    return body[enterpriseSchema]?.manager?.value as string | undefined
  }
  const expectRefused = (result: Body | undefined, bulkId: string): void => {
    expect(result?.['status'], JSON.stringify(result)).to.equal('400')
    expect(result?.['response'].scimType).to.equal('invalidValue')
    expect(result?.['response'].detail).to.include(`bulkId:${bulkId}`)
  }

  it('7644-3.7.2-01 become ids in POST, PUT and PATCH, in members, managers and paths', async () => {
    const old = await scim.createUser('old')
    const kept = await scim.createUser('kept')
    const group = await scim.createGroup('Core', [old['id'], kept['id']])
    const results = await runBulk(scim, [
      postUser('lead', 'lead'),
      postReport('report', 'report', 'bulkId:lead'),
      postGroup('team', 'Team', ['bulkId:lead', 'bulkId:report', kept['id']]),
      postGroup('all', 'All', ['bulkId:team']),
      {
        method: 'PUT',
        path: `/Users/${old['id']}`,
        data: {
          schemas: [userSchema, enterpriseSchema],
          userName: 'old',
          [enterpriseSchema]: { manager: { value: 'bulkId:report' } },
        },
      },
      patch(`/Users/${kept['id']}`, { op: 'add', path: `${enterpriseSchema}:manager`, value: 'bulkId:lead' }),
      patch(`/Groups/${group['id']}`, { op: 'add', path: 'members', value: [{ value: 'bulkId:lead' }] }),
      patch(`/Groups/${group['id']}`, { op: 'remove', path: `members[value eq "${old['id']}"]` }),
      patch('/Groups/bulkId:team', { op: 'remove', path: 'members[value eq "bulkId:lead"]' }),
      patch('/Groups/bulkId%3Aall', { op: 'add', value: { members: [{ value: 'bulkId:lead' }] } }),
      { method: 'DELETE', path: '/v2/Users/bulkId:report' },
    ])
    expect(listStatuses(results)).to.deep.equal([
      ...['201', '201', '201', '201'],
      ...['200', '200', '204', '204', '204', '204', '204'],
    ])
    const [lead, report, team, all] = results.map(readId)
    expect(results[8]?.['location']).to.equal(`${scim.baseUrl}/Groups/${team}`)
    expect(results[10]?.['location']).to.equal(`${scim.baseUrl}/Users/${report}`)
    expect(await readManager(kept['id'] as string)).to.equal(lead)
    expect(await listMembers(group['id'] as string)).to.have.members([kept['id'], lead])
    expect(await listMembers(team ?? '')).to.deep.equal([kept['id']])
    expect(await listMembers(all ?? '')).to.have.members([team, lead])
    expect((await scim.get(`/Users/${report}`)).status).to.equal(404)
  })

  it('7644-3.7.2-01 become ids in the filter of a PATCH path, wherever in it, and nowhere else in text', async () => {
    const other = await scim.createUser('other')
    const results = await runBulk(scim, [
      postUser('a "quoted" one', 'one'),
      postUser('two', 'two'),
      postUser('three', 'three', { title: 'see bulkId:two', displayName: '"bulkId:two"' }),
      postGroup('group', 'Core', ['bulkId:a "quoted" one', 'bulkId:two', 'bulkId:three', other['id']]),
      patch(
        '/Groups/bulkId:group',
        { op: 'remove', path: 'members[type eq "User" and (value eq "bulkId:a \\"quoted\\" one")]' },
        { op: 'remove', path: 'members[value eq "bulkId:two" or value eq "bulkId:three"]' },
      ),
      // Some clients leave the quotes out.
      patch('/Groups/bulkId:group', { op: 'remove', path: `members[value eq ${other['id']}]` }),
      patch('/Groups/bulkId:group', { op: 'add', path: 'members[value eq bulkId:two]' }),
    ])
    expect(listStatuses(results)).to.deep.equal(['201', '201', '201', '201', '204', '204', '204'])
    expect(await listMembers(readId(results[3]))).to.deep.equal([readId(results[1])])
    const three = await scim.get(`/Users/${readId(results[2])}`)
    expect(three.body).to.include({ title: 'see bulkId:two', displayName: '"bulkId:two"' })
  })

  it("7644-3.7.2-01 become ids in an organization's own attributes", async () => {
    const own = await createTenantWith(
      { name: 'mentor', type: 'string' },
      { name: 'assistants', type: 'complex', multiValued: true, subAttributes: [{ name: 'value', type: 'string' }] },
    )
    const results = await runBulk(own.scim, [
      postUser('a', 'a', {
        schemas: [userSchema, customSchema],
        [customSchema]: { mentor: 'bulkId:b', assistants: [{ value: 'bulkId:b' }, { value: 'bulkId:c' }] },
      }),
      postUser('b', 'b', { schemas: [userSchema, customSchema], [customSchema]: { mentor: 'bulkId:a' } }),
      postUser('c', 'c'),
    ])
    expect(listStatuses(results)).to.deep.equal(['201', '201', '201'])
    const [a, b, c] = results.map(readId)
    expect((await own.scim.get(`/Users/${a}`)).body[customSchema]).to.deep.equal({
      mentor: b,
      assistants: [{ value: b }, { value: c }],
    })
    expect((await own.scim.get(`/Users/${b}`)).body[customSchema]).to.deep.equal({ mentor: a })
  })

  it("7644-3.7-17 7644-3.7.2-01 7644-3.7.1-01 work between resource types of one's own and the others", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'rollcall-bulk-'))
    const [room, seat] = ['urn:example:params:scim:schemas:Room', 'urn:example:params:scim:schemas:Seat']
    const reference = { type: 'reference', referenceTypes: ['User', 'Room', 'Seat'] }
    const define = (id: string, name: string, attributes: readonly Body[]): Body[] => [
      { schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'], id, name, attributes },
      {
        schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
        name,
        endpoint: `/${name}s`,
        schema: id,
      },
    ]
    const best = { name: 'best', type: 'complex', subAttributes: [{ name: 'value', type: 'string' }] }
    const definitions = [
      ...define(seat, 'Seat', [
        { name: 'room', required: true, ...reference },
        { name: 'holder', ...reference },
      ]),
      ...define(room, 'Room', [{ name: 'label', required: true, uniqueness: 'server' }, best]),
    ]
    await writeFile(path.join(folder, 'rooms.json'), JSON.stringify(definitions))
    await withApp({ ROLLCALL_SCHEMAS_DIR: folder, RATE_LIMIT_PER_SECOND: '100000' }, async (origin) => {
      const own = new ScimClient(supertest(origin), origin, tenant.directoryToken)
      const post = (bulkId: string, type: string, attributes: Body): Body => ({
        method: 'POST',
        path: `/${type}s`,
        bulkId,
        data: { schemas: [type === 'Room' ? room : seat], ...attributes },
      })
      const results = await runBulk(own, [
        // A seat is in a room, so the room comes first, and is told afterwards which of its seats is the best.
        post('seat', 'Seat', { room: 'bulkId:room', holder: 'bulkId:user' }),
        post('room', 'Room', { label: 'Attic', best: { value: 'bulkId:seat' } }),
        postUser('user', 'mira'),
        post('taken', 'Room', { label: 'attic' }),
        patch('/Seats/bulkId:seat', { op: 'remove', path: 'holder' }),
        { method: 'DELETE', path: '/Seats/nothing' },
        { method: 'PUT', path: '/Seats', data: {} },
      ])
      expect(listStatuses(results)).to.deep.equal(['201', '201', '201', '409', '200', '404', '405'])
      const [seatId, roomId] = results.map(readId)
      expect(results[0]?.['location']).to.equal(`${own.baseUrl}/Seats/${seatId}`)
      expect((await own.get(`/Rooms/${roomId}`)).body).to.deep.include({ label: 'Attic', best: { value: seatId } })
      const { body } = await own.get(`/Seats/${seatId}`)
      expect(body).to.include({ room: roomId }).and.not.have.property('holder')
    })
    await rm(folder, { recursive: true })
  })

  it('7644-3.7.2-02 to what no operation creates fail their operation, and nothing else', async () => {
    const user = await scim.createUser('mira')
    const group = await scim.createGroup('Core', [user['id']])
    const put = { method: 'PUT', path: `/Users/${user['id']}`, bulkId: 'put' }
    const results = await runBulk(scim, [
      postGroup('a', 'A', ['bulkId:none', user['id']]),
      postReport('b', 'b', 'bulkId:none'),
      patch('/Users/bulkId:none', { op: 'add', path: 'title', value: 'x' }),
      patch(`/Groups/${group['id']}`, { op: 'remove', path: 'members[value eq "bulkId:none"]' }),
      { method: 'DELETE', path: '/Groups/bulkId:' },
      { ...put, data: { schemas: [userSchema], userName: 'mira', title: 'Lead' } },
      postGroup('c', 'C', ['bulkId:put']),
      postGroup('d', 'D', [user['id']]),
    ])
    for (const index of [0, 1, 2, 3]) expectRefused(results[index], 'none')
    expectRefused(results[4], '')
    expect(results[4]).to.not.have.property('location')
    expect(results[5]).to.include({ status: '200' })
    expectRefused(results[6], 'put')
    expect(results[7]).to.include({ status: '201' })
    expect((await scim.get('/Groups?count=0')).body['totalResults']).to.equal(2)
    expect(await listMembers(group['id'] as string)).to.deep.equal([user['id']])
  })

  it('7644-3.7.2-02 to what failed fail, too, and so does what refers to those', async () => {
    await scim.createUser('taken')
    const results = await runBulk(scim, [
      postGroup('outer', 'Outer', ['bulkId:inner']),
      postGroup('inner', 'Inner', ['bulkId:user']),
      postUser('user', 'taken'),
      patch('/Groups/bulkId:outer', { op: 'remove', path: 'members' }),
      { ...postUser('lost', 'lost'), path: '/Widgets' },
      postGroup('late', 'Late', ['bulkId:lost']),
    ])
    expect(listStatuses(results)).to.deep.equal(['400', '400', '409', '400', '404', '400'])
    expectRefused(results[0], 'inner')
    expectRefused(results[1], 'user')
    expectRefused(results[3], 'outer')
    expectRefused(results[5], 'lost')
    expect((await scim.get('/Groups?count=0')).body['totalResults']).to.equal(0)
  })

  it('7644-3.7.2-03 7644-3.7-14 may lead to later operations as well as to earlier ones', async function () {
    this.timeout(60_000)
    const users = list(200, (index) => postUser(`u${index}`, `user${index}`))
    const group = postGroup(
      'group',
      'Everyone',
      list(200, (index) => `bulkId:u${index}`),
    )
    const outcomes = []
    for (const operations of [
      [group, ...users],
      [...users, group],
    ]) {
      const { scim: other } = await createTenant()
      const results = await runBulk(other, operations)
      expect(results.map((result) => [result['bulkId'], result['status']])).to.deep.equal(
        operations.map((operation) => [operation['bulkId'], '201']),
      )
      const { body } = await other.filter('/Groups', 'displayName eq "Everyone"')
      const [{ members, meta }] = body['Resources'] as [Body]
      outcomes.push([(members as Body[]).map((member) => member['display'] as string).toSorted(), meta.version])
    }
    expect(outcomes[0]).to.deep.equal(outcomes[1])
    expect(outcomes[0]).to.deep.equal([list(200, (index) => `user${index}`).toSorted(), 'W/"1"'])
  })

  it('7644-3.7-14 change the order of nothing but what they need first', async () => {
    const { id } = await scim.createUser('mira')
    const target = `/Users/${id}`
    const results = await runBulk(scim, [
      patch(target, { op: 'replace', path: `${enterpriseSchema}:manager`, value: { value: 'bulkId:boss' } }),
      patch(target, { op: 'remove', path: `${enterpriseSchema}:manager` }),
      postUser('boss', 'boss'),
    ])
    expect(listStatuses(results)).to.deep.equal(['200', '200', '201'])
    expect(await readManager(id as string)).to.equal(undefined)
  })

  it('7644-3.7.2-03 may make a chain of all operations', async function () {
    this.timeout(60_000)
    const results = await runBulk(
      scim,
      list(1000, (index) =>
        index === 999 ? postUser('u999', 'user999') : postReport(`u${index}`, `user${index}`, `bulkId:u${index + 1}`),
      ),
    )
    expect(new Set(listStatuses(results))).to.deep.equal(new Set(['201']))
    const ids = results.map(readId)
    const rows = await query<{ id: string; manager_id: string | null }>(
      testDatabase(),
      'select id, manager_id from users where org_id = $1',
      [tenant.organizationId],
    )
    const managers = new Map(rows.map((row) => [row.id, row.manager_id]))
    expect(ids.map((id) => managers.get(id))).to.deep.equal([...ids.slice(1), null])
  })

  it('7644-3.7.2-01 work with bulkIds that are called as anything is', async () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '1', ' ', 'ä/ö?#%41', 'bulkId:x']
    const results = await runBulk(scim, [
      ...names.map((name) => postReport(name, `user ${name}`, `bulkId:${names[0]}`)),
      postGroup(
        'group',
        'Odd',
        names.map((name) => `bulkId:${name}`),
      ),
      patch(`/Users/${encodeURIComponent('bulkId:ä/ö?#%41')}`, { op: 'add', path: 'title', value: 'odd' }),
      ...['valueOf', 'prototype'].map((name) => postReport(`after ${name}`, name, `bulkId:${name}`)),
    ])
    expect(listStatuses(results)).to.deep.equal([...names.map(() => '201'), '201', '200', '400', '400'])
    const ids = results.slice(0, names.length).map(readId)
    expect(await listMembers(readId(results[names.length]))).to.have.members(ids)
    for (const id of ids) expect(await readManager(id)).to.equal(ids[0])
    const data = JSON.parse(`{"schemas":["${userSchema}"],"userName":"p","__proto__":{"title":"bulkId:a"}}`) as Body
    const [, polluting] = await runBulk(scim, [
      postUser('a', 'a'),
      { method: 'POST', path: '/Users', bulkId: 'p', data },
    ])
    expect(polluting?.['status']).to.equal('201')
    expect((await scim.get(`/Users/${readId(polluting)}`)).body).to.not.have.property('title')
  })

  describe('in a circle', () => {
    const countRows = async (): Promise<unknown> => {
      const [row] = await query(
        testDatabase(),
        `select (select count(*) from users where org_id = $1)::int as users,
           (select count(*) from groups where org_id = $1)::int as groups,
           (select count(*) from changes where org_id = $1)::int as changes,
           (select count(*) from outbox where org_id = $1 and resource_type <> 'Directory')::int as events`,
        [tenant.organizationId],
      )
      return row
    }
    const nothing = { users: 0, groups: 0, changes: 0, events: 0 }

    it('7644-3.7.1-01 make groups members of each other', async () => {
      const results = await runBulk(scim, [
        postGroup('a', 'A', ['bulkId:b', 'bulkId:user']),
        postGroup('b', 'B', ['bulkId:a', 'bulkId:user'], { externalId: 'b-1' }),
        postUser('user', 'mira'),
      ])
      const [a = '', b = '', user] = results.map(readId)
      expect(results).to.deep.equal([
        { method: 'POST', bulkId: 'a', location: `${scim.baseUrl}/Groups/${a}`, version: 'W/"2"', status: '201' },
        { method: 'POST', bulkId: 'b', location: `${scim.baseUrl}/Groups/${b}`, version: 'W/"1"', status: '201' },
        { method: 'POST', bulkId: 'user', location: `${scim.baseUrl}/Users/${user}`, version: 'W/"1"', status: '201' },
      ])
      expect(await listMembers(a)).to.have.members([b, user])
      expect(await listMembers(b)).to.have.members([a, user])
      for (const id of [a, b]) {
        const { body } = await scim.get(`/Groups/${id}`)
        expect(body['meta'].version).to.equal(results[id === a ? 0 : 1]?.['version'])
      }
      expect((await scim.get(`/Groups/${b}`)).body).to.include({ displayName: 'B', externalId: 'b-1' })
    })

    it('7644-3.7.1-01 make users each other’s managers, or their own', async () => {
      const names = ['a', 'b', 'c', 'd']
      const results = await runBulk(scim, [
        ...names.map((name, index) =>
          postReport(name, name, `bulkId:${names[(index + 1) % names.length]}`, { title: `title of ${name}` }),
        ),
        postReport('self', 'self', 'bulkId:self'),
        patch('/Users/bulkId:b', { op: 'add', path: 'nickName', value: 'bulky' }),
      ])
      expect(listStatuses(results)).to.deep.equal(['201', '201', '201', '201', '201', '200'])
      const ids = results.map(readId)
      for (const [index, name] of names.entries()) {
        expect(await readManager(ids[index] ?? '')).to.equal(ids[(index + 1) % names.length])
        expect((await scim.get(`/Users/${ids[index]}`)).body).to.include({ title: `title of ${name}`, userName: name })
      }
      expect(await readManager(ids[4] ?? '')).to.equal(ids[4])
      expect((await scim.get(`/Users/${ids[1]}`)).body).to.include({ nickName: 'bulky' })
    })

    it('7644-3.7.1-01 may be many, through groups and users', async function () {
      this.timeout(60_000)
      const size = 150
      const results = await runBulk(scim, [
        ...list(size, (index) => postReport(`u${index}`, `user${index}`, `bulkId:u${(index + 1) % size}`)),
        ...list(size, (index) =>
          postGroup(
            `g${index}`,
            `group${index}`,
            list(5, (step) => `bulkId:g${(index + step * 7 + 1) % size}`).concat(`bulkId:u${index}`),
          ),
        ),
      ])
      expect(new Set(listStatuses(results))).to.deep.equal(new Set(['201']))
      const ids = results.map(readId)
      expect(await readManager(ids[size - 1] ?? '')).to.equal(ids[0])
      expect(await listMembers(ids[2 * size - 1] ?? '')).to.have.members([
        ...list(5, (step) => ids[size + ((step * 7) % size)]),
        ids[size - 1],
      ])
    })

    it('7644-3.7.1-01 wait for what an attribute requires, and are given up with 409 where nothing can come first', async () => {
      // A userName may be the id of another user, but it cannot come later.
      const waiting = await runBulk(scim, [
        postReport('named', 'bulkId:boss', 'bulkId:boss'),
        postReport('boss', 'boss', 'bulkId:named'),
      ])
      expect(listStatuses(waiting)).to.deep.equal(['201', '201'])
      const [named = '', boss = ''] = waiting.map(readId)
      expect((await scim.get(`/Users/${named}`)).body).to.include({ userName: boss })
      expect([await readManager(named), await readManager(boss)]).to.deep.equal([boss, named])

      const before = await countRows()
      const results = await runBulk(scim, [
        { method: 'POST', path: '/Groups', bulkId: 'a', data: { schemas: [groupSchema], displayName: 'bulkId:b' } },
        { method: 'POST', path: '/Groups', bulkId: 'b', data: { schemas: [groupSchema], displayName: 'bulkId:a' } },
        postUser('self', 'bulkId:self'),
        postGroup('c', 'C', ['bulkId:a']),
      ])
      expect(listStatuses(results)).to.deep.equal(['409', '409', '409', '400'])
      for (const { response } of results.slice(0, 3)) expect(response).to.not.have.property('scimType')
      expect(results[0]?.['response'].detail).to.include('bulkId:a').and.include('bulkId:b')
      expectRefused(results[3], 'a')
      expect(await countRows()).to.deep.equal(before)
    })

    it('7644-3.7.2-02 are all undone where one of them fails, which has its own status', async () => {
      const circle = (faulty: Body): Body[] => [
        postReport('a', 'one', 'bulkId:b'),
        postReport('b', 'two', 'bulkId:c'),
        faulty,
      ]
      for (const [faulty, status] of [
        [postReport('c', 'three', 'bulkId:a', { title: 7 }), '400'],
        [postReport('c', 'TWO', 'bulkId:a'), '409'],
        [postReport('c', '', 'bulkId:a'), '400'],
      ] as const) {
        const results = await runBulk(scim, circle(faulty))
        expect(results[2]?.['status']).to.equal(status)
        for (const result of results.slice(0, 2)) expectRefused(result, 'c')
        expect(await countRows()).to.deep.equal(nothing)
      }
      const selfish = await runBulk(scim, [postGroup('a', 'A', ['bulkId:a'])])
      expect(selfish[0]?.['response']).to.include({ scimType: 'invalidValue' })
      const lost = await runBulk(scim, [
        postGroup('a', 'A', ['bulkId:b']),
        postGroup('b', 'B', ['bulkId:a', 'bulkId:none']),
      ])
      expectRefused(lost[0], 'b')
      expectRefused(lost[1], 'none')
      expect(await countRows()).to.deep.equal(nothing)
    })

    it('7644-3.7-10 count as many errors as they have operations', async () => {
      const results = await runBulk(
        scim,
        [postReport('a', 'one', 'bulkId:b', { title: 7 }), postReport('b', 'two', 'bulkId:a'), postUser('c', 'three')],
        { failOnErrors: 1 },
      )
      expect(listStatuses(results)).to.deep.equal(['400', '400'])
      expect(await countRows()).to.deep.equal(nothing)
    })
  })

  describe('are read', () => {
    it('at a cost of their length, whatever the text', () => {
      const texts = [
        '"'.repeat(3_000_000),
        '\\"'.repeat(1_500_000),
        `"${'\\"'.repeat(1_500_000)}`,
        'x['.repeat(1_500_000),
      ]
      const started = performance.now()
      for (const text of texts) {
        expect(replaceReferences({ path: text }, () => 'id')).to.deep.equal({ path: text })
        expect(findReferences({ path: text }).size).to.equal(0)
      }
      expect(performance.now() - started).to.be.below(5000)
    })

    it('each after what it leads to, with those that lead to each other together', () => {
      const graphs = fc
        .integer({ min: 1, max: 12 })
        .chain((size) => fc.array(fc.uniqueArray(fc.nat(size - 1)), { minLength: size, maxLength: size }))
      fc.assert(
        fc.property(graphs, (graph) => {
          const components = orderComponents(new Map(graph.entries()))
          const reachable = graph.map((_, from) => reach(graph, from))
          expect(components.flatMap(({ members }) => members).toSorted((a, b) => a - b)).to.deep.equal([
            ...graph.keys(),
          ])
          const done = new Set<number>()
          for (const { members, isCircular } of components) {
            for (const member of members) done.add(member)
            for (const member of members) {
              for (const to of graph[member] ?? []) expect(done.has(to)).to.equal(true)
              for (const other of graph.keys()) {
                const areMutual = reachable[member]?.has(other) === true && reachable[other]?.has(member) === true
                if (other !== member) expect(members.includes(other)).to.equal(areMutual)
                else expect(isCircular).to.equal(areMutual)
              }
            }
          }
        }),
      )
    })
  })
})

/** What can be reached from a node by one step or more. */
function reach(graph: readonly (readonly number[])[], from: number): Set<number> {
  const found = new Set<number>()
  const open = [from]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const next of graph[node] ?? []) {
      if (found.has(next)) continue
      found.add(next)
      open.push(next)
    }
  }
  return found
}

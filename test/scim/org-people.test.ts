// Direct reports, chains, the organization chart, group members and look-ups: what SCIM clients get of them.
import { expect } from 'chai'
import { createTenant, type Tenant } from '../support/app.ts'
import {
  chainMessage,
  chartMessage,
  type Company,
  createCompany,
  lookupSchema,
  membersMessage,
  personSchema,
} from '../support/org.ts'
import { expectError } from '../support/protocol.ts'
import { type Body, listSchema, type ScimClient } from '../support/scim-client.ts'
import { walk } from '../support/walk.ts'

describe('the org queries in SCIM', () => {
  let tenant: Tenant
  let scim: ScimClient
  let company: Company
  before(async () => {
    tenant = await createTenant()
    scim = tenant.scim
    company = await createCompany(scim)
  })

  const read = async (path: string): Promise<Body> => {
    const { status, body, text, headers } = await scim.get(path)
    expect(status, `${path} ${text}`).to.equal(200)
    expect(headers['content-type']).to.equal('application/scim+json')
    expect(body['itemsPerPage']).to.equal(body['Resources'].length)
    return body
  }
  /** Of those whom an answer is about, in its order. */
  const nameAll = (body: Body): string[] => {
    const names = new Map(Object.entries(company.ids).map(([name, id]) => [id, name]))
    return body['Resources'].map(({ id }: Body) => names.get(String(id)))
  }
  const byId = (...names: (keyof Company['ids'])[]): string[] =>
    names.toSorted((a, b) => (company.ids[a] < company.ids[b] ? -1 : 1))
  const find = (body: Body, name: keyof Company['ids']): Body => {
    const found = body['Resources'].find(({ id }: Body) => id === company.ids[name])
    expect(found, name).to.be.an('object')
    return found
  }
  const refer = (name: keyof Company['ids']): Body => ({
    value: company.ids[name],
    $ref: `${scim.baseUrl}/Users/${company.ids[name]}`,
  })
  const cy = (): Body => ({
    schemas: [personSchema],
    id: company.ids.cy,
    employeeNumber: 'E-3',
    email: 'cy@larkspur.example',
    displayName: 'Cy Okonkwo',
    title: 'Engineer',
    department: 'Infrastructure',
    location: 'Oslo',
    status: 'active',
    meta: { resourceType: 'Person', location: `${scim.baseUrl}/Users/${company.ids.cy}` },
  })

  describe('/Users/{id}/directReports', () => {
    const path = (): string => `/Users/${company.ids.bo}/directReports`

    it('lists those who report to a person, with those of a manager who has left', async () => {
      const body = await read(path())
      expect([body['schemas'], body['totalResults'], body['startIndex']]).to.deep.equal([[listSchema], 3, 1])
      expect(nameAll(body)).to.deep.equal(byId('cy', 'di', 'fay'))
      expect(find(body, 'cy')).to.deep.equal(cy())
      expect(find(body, 'di')).to.include({ status: 'on_leave' })
    })

    it('has people who have left where they are asked for', async () => {
      const body = await read(`${path()}?includeInactive=TRUE`)
      expect(nameAll(body)).to.deep.equal(byId('cy', 'di', 'eve'))
      expect(find(body, 'eve')).to.include({ status: 'terminated' })
    })

    it('is empty for who leads nobody', async () => {
      const body = await read(`/Users/${company.ids.zoe}/directReports`)
      expect(body).to.deep.equal({
        schemas: [listSchema],
        totalResults: 0,
        startIndex: 1,
        itemsPerPage: 0,
        Resources: [],
      })
    })

    it('pages by index and by cursor as every list does', async () => {
      const whole = byId('cy', 'di', 'fay')
      for (const [parameters, expected] of [
        ['count=2', whole.slice(0, 2)],
        ['startIndex=2&count=1', whole.slice(1, 2)],
        ['startIndex=3&count=50', whole.slice(2)],
        ['startIndex=4', []],
        ['startIndex=900000', []],
        ['startIndex=-7&count=1', whole.slice(0, 1)],
        ['count=0', []],
        ['count=-1', []],
      ] as const) {
        const body = await read(`${path()}?${parameters}`)
        expect([body['totalResults'], nameAll(body)], parameters).to.deep.equal([3, expected])
      }
      const pages = await walk(scim, path(), { count: 2 })
      expect(pages.flatMap(nameAll)).to.deep.equal(whole)
      const first = await read(`${path()}?count=2&cursor=`)
      expect([first['totalResults'], first['startIndex']]).to.deep.equal([3, undefined])
    })
  })

  describe('/Users/{id}/chain', () => {
    it('goes up to the top, past who has left', async () => {
      const body = await read(`/Users/${company.ids.fay}/chain`)
      expect(body['schemas']).to.deep.equal([listSchema, chainMessage])
      expect(body[chainMessage]).to.deep.equal({ direction: 'up', depth: 2, end: 'complete' })
      expect(nameAll(body)).to.deep.equal(['bo', 'ada'])
      expect(find(body, 'bo')).to.deep.include({ level: 1, manager: refer('ada'), title: 'Director' })
      expect(find(body, 'ada')).to.include({ level: 2 }).and.not.have.property('manager')
      expect(nameAll(await read(`/Users/${company.ids.fay}/chain?includeInactive=true`))).to.deep.equal([
        'eve',
        'bo',
        'ada',
      ])
    })

    it('goes down level by level, and says that it could go on', async () => {
      const down = await read(`/Users/${company.ids.ada}/chain?direction=down`)
      expect(down[chainMessage]).to.deep.equal({ direction: 'down', depth: 2, end: 'complete' })
      expect(down['totalResults']).to.equal(4)
      expect(nameAll(down)[0]).to.equal('bo')
      expect(nameAll(down).slice(1)).to.have.members(['cy', 'di', 'fay'])
      expect(find(down, 'fay')).to.deep.include({ level: 2, manager: refer('bo') })
      const short = await read(`/Users/${company.ids.ada}/chain?direction=down&maxDepth=1`)
      expect(nameAll(short)).to.deep.equal(['bo'])
      expect(short[chainMessage]).to.deep.equal({ direction: 'down', depth: 1, end: 'max_depth' })
    })

    it('is empty at the top', async () => {
      const body = await read(`/Users/${company.ids.ada}/chain`)
      expect([body['totalResults'], body[chainMessage]]).to.deep.equal([
        0,
        { direction: 'up', depth: 0, end: 'complete' },
      ])
    })
  })

  describe('/OrgChart', () => {
    it('is flat and begins with the top that has most people below; the other tops stand beside it', async () => {
      const body = await read('/OrgChart')
      expect(body['schemas']).to.deep.equal([listSchema, chartMessage])
      expect([body['totalResults'], body['startIndex'], body['itemsPerPage']]).to.deep.equal([5, 1, 5])
      expect(nameAll(body).slice(0, 2)).to.deep.equal(['ada', 'bo'])
      expect(find(body, 'ada')).to.include({ level: 0, directReportCount: 1 }).and.not.have.property('manager')
      expect(find(body, 'bo')).to.deep.include({ level: 1, directReportCount: 3, manager: refer('ada') })
      expect(find(body, 'cy')).to.deep.equal({ ...cy(), level: 2, manager: refer('bo'), directReportCount: 0 })
      const { maxDepthReached, otherRoots } = body[chartMessage]
      expect(maxDepthReached).to.equal(false)
      expect(otherRoots.map((one: Body) => [one['id'], one['schemas'], one['level']])).to.deep.equal([
        [company.ids.zoe, [personSchema], 0],
      ])
    })

    it('begins where it is asked to, ends where it is asked to, and says so', async () => {
      const body = await read(`/OrgChart?rootId=${company.ids.ada}&maxDepth=1`)
      expect(nameAll(body)).to.deep.equal(['ada', 'bo'])
      expect(find(body, 'bo')).to.include({ directReportCount: 3 })
      expect(body[chartMessage]).to.deep.equal({ maxDepthReached: true, otherRoots: [] })
    })

    it('keeps to a department, whatever the case', async () => {
      const body = await read('/OrgChart?department=INFRASTRUCTURE')
      expect(nameAll(body)[0]).to.equal('bo')
      expect(nameAll(body).slice(1)).to.have.members(['cy', 'di', 'fay'])
      expect((await read('/OrgChart?department=Nowhere'))['totalResults']).to.equal(0)
    })

    it('gives a part to who asks for one', async () => {
      const whole = nameAll(await read('/OrgChart'))
      expect(nameAll(await read('/OrgChart?startIndex=2&count=2'))).to.deep.equal(whole.slice(1, 3))
      const first = await read('/OrgChart?cursor=&count=4')
      expect([nameAll(first), first['totalResults']]).to.deep.equal([whole.slice(0, 4), 5])
      const last = await read(`/OrgChart?count=4&cursor=${first['nextCursor']}`)
      expect(nameAll(last)).to.deep.equal(whole.slice(4))
      expect(last).to.not.have.property('nextCursor')
    })
  })

  describe('/Groups/{id}/members', () => {
    const path = (): string => `/Groups/${company.outer}/members`

    it('lists the people in a group and in the groups in it, and says how they are in it', async () => {
      const body = await read(path())
      expect(body['schemas']).to.deep.equal([listSchema, membersMessage])
      expect(body[membersMessage]).to.deep.equal({
        group: { value: company.outer, $ref: `${scim.baseUrl}/Groups/${company.outer}`, display: 'Outer' },
        directMemberCount: 2,
        resolveNested: true,
      })
      expect(nameAll(body)).to.deep.equal(byId('bo', 'cy'))
      expect(find(body, 'bo')).to.include({ membershipType: 'direct' }).and.not.have.property('viaGroup')
      expect(find(body, 'cy')).to.deep.equal({ ...cy(), membershipType: 'nested', viaGroup: 'Inner' })
    })

    it('lists only who is in it directly where nothing else is asked for', async () => {
      const body = await read(`${path()}?resolveNested=false`)
      expect([nameAll(body), body['totalResults']]).to.deep.equal([['bo'], 1])
      expect(body[membersMessage]).to.include({ resolveNested: false })
    })

    it('pages by index and by cursor', async () => {
      const whole = byId('bo', 'cy')
      const second = await read(`${path()}?startIndex=2&count=1`)
      expect([nameAll(second), second['totalResults'], second['startIndex']]).to.deep.equal([whole.slice(1), 2, 2])
      expect(nameAll(await read(`${path()}?startIndex=3`))).to.deep.equal([])
      const first = await read(`${path()}?count=1&cursor=`)
      expect([nameAll(first), first['totalResults']]).to.deep.equal([whole.slice(0, 1), 2])
      expect(nameAll(await read(`${path()}?cursor=${first['nextCursor']}`))).to.deep.equal(whole.slice(1))
    })
  })

  describe('/Users/.lookup', () => {
    const lookUp = (body: Body): ReturnType<ScimClient['post']> =>
      scim.post('/Users/.lookup', { schemas: [lookupSchema], ...body })

    it('finds people by what somebody typed, the best first', async () => {
      const { status, body, headers } = await lookUp({ query: 'okonkwo cy' })
      expect([status, headers['content-type']]).to.deep.equal([200, 'application/scim+json'])
      expect([body['schemas'], body['startIndex']]).to.deep.equal([[listSchema], 1])
      expect(body['totalResults']).to.equal(body['Resources'].length)
      const [best] = body['Resources']
      const { matchScore, matchField, ...person } = best
      expect(person).to.deep.equal({ ...cy(), manager: refer('bo') })
      expect(matchScore).to.be.a('number').within(0.5, 1)
      expect(matchField).to.equal('displayName')
      const byMail = (await lookUp({ query: 'bo@larkspur.example', limit: 1 })).body
      expect([byMail['totalResults'], byMail['Resources'][0].matchField]).to.deep.equal([1, 'email'])
      expect((await lookUp({ query: 'E-3' })).body['Resources'][0].matchField).to.equal('employeeNumber')
    })

    it('finds active people unless it is told otherwise', async () => {
      expect(nameAll((await lookUp({ query: 'quintero' })).body)).to.deep.equal([])
      expect(nameAll((await lookUp({ query: 'quintero', status: 'terminated' })).body)).to.deep.equal(['eve'])
      expect(nameAll((await lookUp({ query: 'quintero', status: 'any' })).body)).to.deep.equal(['eve'])
    })

    it('takes attributes in the body, and members in any case', async () => {
      const { body } = await lookUp({ QUERY: 'okonkwo', Attributes: ['title'], unknown: 1 })
      expect(body['Resources'][0]).to.deep.equal({ schemas: [personSchema], id: company.ids.cy, title: 'Engineer' })
      const without = await lookUp({ query: 'okonkwo', excludedAttributes: 'meta,manager.$ref' })
      expect(without.body['Resources'][0]).to.not.have.property('meta')
      expect(without.body['Resources'][0].manager).to.deep.equal({ value: company.ids.bo })
    })

    it('refuses what it cannot read, naming it', async () => {
      for (const [body, scimType, words] of [
        [{}, 'invalidValue', 'query'],
        [{ query: '   ' }, 'invalidValue', 'query'],
        [{ query: 7 }, 'invalidValue', 'query'],
        [{ query: 'cy', limit: 0 }, 'invalidValue', 'limit'],
        [{ query: 'cy', limit: 21 }, 'invalidValue', 'limit'],
        [{ query: 'cy', limit: 1.5 }, 'invalidValue', 'limit'],
        [{ query: 'cy', limit: 'many' }, 'invalidValue', 'limit'],
        [{ query: 'cy', status: 'gone' }, 'invalidValue', 'status'],
        [{ query: 'cy', status: ['active'] }, 'invalidValue', 'status'],
        [{ query: 'cy', attributes: [1] }, 'invalidValue', 'attributes'],
        [{ query: 'cy', attributes: ['title'], excludedAttributes: ['id'] }, 'invalidValue', 'exclude each other'],
        [{ query: 'cy', Query: 'bo' }, 'invalidSyntax', 'twice'],
        [{ query: 'cy', schemas: [listSchema] }, 'invalidSyntax', lookupSchema],
      ] as const) {
        const reply = await lookUp(body)
        expectError(reply, 400, scimType)
        expect(reply.body['detail'], JSON.stringify(body)).to.include(words)
      }
      expectError(await scim.post('/Users/.lookup', []), 400, 'invalidSyntax')
      expectError(await scim.post('/Users/.lookup', '{"query":'), 400, 'invalidSyntax')
      expectError(await scim.post('/Users/.lookup', 'cy', { 'Content-Type': 'text/plain' }), 415)
      expectError(await lookUp({ query: 'c\0y' }), 400, 'invalidValue')
    })
  })

  it('answers with the attributes that are asked for, also of the tops beside a chart', async () => {
    const { bo } = company.ids
    for (const path of [
      `/Users/${bo}/directReports`,
      `/Users/${bo}/chain`,
      '/OrgChart',
      `/Groups/${company.outer}/members`,
    ]) {
      const some = await read(`${path}?attributes=displayName,${personSchema}:status,meta.location`)
      for (const person of [...some['Resources'], ...(some[chartMessage]?.otherRoots ?? [])]) {
        expect(person, path).to.have.all.keys('schemas', 'id', 'displayName', 'status', 'meta')
        expect(person['meta']).to.have.all.keys('location')
      }
      const rest = await read(`${path}?excludedAttributes=DISPLAYNAME,meta,id`)
      for (const person of [...rest['Resources'], ...(rest[chartMessage]?.otherRoots ?? [])]) {
        expect(person, path).to.include.keys('schemas', 'id', 'status', 'email')
        expect(person, path).to.not.have.any.keys('displayName', 'meta')
      }
      expectError(await scim.get(`${path}?attributes=id&excludedAttributes=id`), 400, 'invalidValue')
    }
  })

  it('passes over parameters that it does not know, and refuses a filter with 403', async () => {
    const { bo } = company.ids
    for (const path of [
      `/Users/${bo}/directReports`,
      `/Users/${bo}/chain`,
      '/OrgChart',
      `/Groups/${company.outer}/members`,
    ]) {
      expect(await read(`${path}?aadOptscim062020&sortBy=title&max_depth=x`), path).to.deep.equal(await read(path))
      expectError(await scim.get(`${path}?filter=title%20eq%20%22CEO%22`), 403)
    }
  })

  it('refuses values out of range, naming the parameter', async () => {
    const { bo } = company.ids
    const cases: readonly (readonly [path: string, name: string, values: readonly string[]])[] = [
      [`/Users/${bo}/directReports`, 'includeInactive', ['maybe', '1', 'true,false']],
      [`/Users/${bo}/directReports`, 'count', ['x', '1.5']],
      [`/Users/${bo}/directReports`, 'startIndex', ['x', '1e1']],
      [`/Users/${bo}/chain`, 'direction', ['sideways', '__proto__']],
      [`/Users/${bo}/chain`, 'maxDepth', ['0', '101', '-1', '1.5', 'x', '1e1', '9'.repeat(400)]],
      [`/Users/${bo}/chain`, 'includeInactive', ['maybe']],
      ['/OrgChart', 'maxDepth', ['0', '101', '%2B1', 'NaN']],
      ['/OrgChart', 'includeInactive', ['maybe']],
      ['/OrgChart', 'rootId', ['%00']],
      ['/OrgChart', 'department', ['a%00b']],
      [`/Groups/${company.outer}/members`, 'resolveNested', ['maybe']],
      ['/Departments', 'includeInactive', ['maybe']],
    ]
    for (const [path, name, values] of cases) {
      for (const value of values) {
        const reply = await scim.get(`${path}?${name}=${value}`)
        expectError(reply, 400, 'invalidValue')
        expect(reply.body['detail'], `${path} ${value}`).to.include(name)
      }
    }
    expectError(await scim.get(`/Users/${bo}/chain?maxDepth=1&maxdepth=2`), 400, 'invalidValue')
  })

  it('takes a cursor only for the list that it is of', async () => {
    const { bo, ada } = company.ids
    const path = `/Users/${bo}/directReports`
    const { nextCursor } = await read(`${path}?count=1&cursor=`)
    for (const other of [
      `${path}?includeInactive=true&cursor=${nextCursor}`,
      `/Users/${ada}/directReports?cursor=${nextCursor}`,
      `/Users/${bo}/chain?cursor=${nextCursor}`,
      `${path}?attributes=title&cursor=${nextCursor}`,
      `/Users?cursor=${nextCursor}`,
      `${path}?cursor=0`,
    ]) {
      expectError(await scim.get(other), 400, 'invalidCursor')
    }
    expectError(await scim.get(`${path}?count=2&cursor=${nextCursor}`), 400, 'invalidCount')
    expectError(await scim.get(`${path}?startIndex=1&cursor=${nextCursor}`), 400, 'invalidValue')
  })

  it('answers for who is unknown as for anything that is not there', async () => {
    const stranger = await createTenant()
    const theirs = String((await stranger.scim.createUser('stranger'))['id'])
    const group = String((await stranger.scim.createGroup('Strangers'))['id'])
    for (const id of [theirs, `emp_${'0'.repeat(26)}`, 'x', '%00', encodeURIComponent("' or 1=1 --")]) {
      for (const path of [`/Users/${id}/directReports`, `/Users/${id}/chain`, `/Users/${id}/chain?direction=down`])
        expectError(await scim.get(path), 404)
    }
    for (const id of [theirs, 'x']) expectError(await scim.get(`/OrgChart?rootId=${id}`), 404)
    for (const id of [group, company.ids.bo, '%00']) expectError(await scim.get(`/Groups/${id}/members`), 404)
  })

  it('shows an identity provider the whole organization, as it shows an application', async () => {
    const other = await tenant.addDirectory('Entra')
    const application = await tenant.addApplication(['read'])
    for (const path of ['/OrgChart', `/Users/${company.ids.bo}/directReports`, `/Users/${company.ids.cy}/chain`]) {
      const whole = (await scim.get(path)).body
      expect((await other.scim.get(path)).body, path).to.deep.equal(whole)
      expect((await application.get(path)).body, path).to.deep.equal(whole)
    }
  })

  it('shows an identity provider nothing below what it does not see at its own address', async () => {
    const other = await tenant.addDirectory('Personio')
    const application = await tenant.addApplication(['read'])
    const members = `/Groups/${company.outer}/members`
    expectError(await other.scim.get(`/Groups/${company.outer}`), 404)
    expectError(await other.scim.get(members), 404)
    expect((await application.get(members)).body).to.deep.equal((await scim.get(members)).body)
    const { id } = await scim.createUser('shared@larkspur.example')
    await other.scim.patch(`/Users/${id}`, [{ op: 'add', path: 'title', value: 'Engineer' }])
    expect((await other.scim.delete(`/Users/${id}`)).status).to.equal(204)
    for (const below of ['chain', 'directReports']) {
      expectError(await other.scim.get(`/Users/${id}/${below}`), 404)
      expect((await scim.get(`/Users/${id}/${below}`)).status).to.equal(200)
    }
    await scim.delete(`/Users/${id}`)
  })

  it('needs the scope read, is there by GET and HEAD, and says so', async () => {
    const writer = await tenant.addApplication(['write', 'hr'])
    const { bo } = company.ids
    const paths = [
      `/Users/${bo}/directReports`,
      `/Users/${bo}/chain`,
      '/OrgChart',
      `/Groups/${company.outer}/members`,
      '/Departments',
    ]
    for (const path of paths) {
      expectError(await writer.get(path), 403)
      const head = await scim.send('head', path)
      expect([head.status, head.text]).to.deep.equal([200, ''])
      for (const method of ['post', 'put', 'patch', 'delete'] as const) {
        const reply = await scim.send(method, path)
        expectError(reply, 405)
        expect(reply.headers['allow'], path).to.equal('GET, HEAD')
      }
      const options = await scim.send('options', path)
      expect([options.status, options.headers['allow']]).to.deep.equal([204, 'GET, HEAD, OPTIONS'])
      expectError(await scim.withToken('rc_nobody').get(path), 401)
    }
    expectError(await writer.post('/Users/.lookup', { schemas: [lookupSchema], query: 'cy' }), 403)
    const wrong = await scim.get('/Users/.lookup')
    expectError(wrong, 405)
    expect(wrong.headers['allow']).to.equal('POST')
  })
})

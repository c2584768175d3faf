import { expect } from 'chai'
import { createTenant, type Tenant } from '../support/app.ts'
import { type Company, createCompany, departmentSchema } from '../support/org.ts'
import { expectError } from '../support/protocol.ts'
import { type Body, listSchema } from '../support/scim-client.ts'

describe('departments in SCIM', () => {
  let tenant: Tenant
  let company: Company
  before(async () => {
    tenant = await createTenant()
    company = await createCompany(tenant.scim)
  })

  const read = async (path: string): Promise<Body> => {
    const { status, body, text } = await tenant.scim.get(path)
    expect(status, `${path} ${text}`).to.equal(200)
    return body
  }

  it('are listed by name with their people counted and their head', async () => {
    const body = await read('/Departments')
    expect([body['schemas'], body['totalResults'], body['startIndex'], body['itemsPerPage']]).to.deep.equal([
      [listSchema],
      2,
      1,
      2,
    ])
    const [executive, infrastructure] = body['Resources']
    expect([executive.name, executive.headcount, executive.contractors]).to.deep.equal(['Executive', 2, 1])
    const { id, ...rest } = infrastructure
    expect(id).to.match(/^dep_[\w-]+$/)
    expect(rest).to.deep.equal({
      schemas: [departmentSchema],
      name: 'Infrastructure',
      headcount: 4,
      active: 3,
      onLeave: 1,
      contractors: 0,
      head: {
        value: company.ids.bo,
        $ref: `${tenant.scim.baseUrl}/Users/${company.ids.bo}`,
        displayName: 'Bo Marchetti',
        title: 'Director',
      },
      meta: { resourceType: 'Department', location: `${tenant.scim.baseUrl}/Departments/${id}` },
    })
    const withAll = (await read('/Departments?includeInactive=true'))['Resources'][1]
    expect([withAll.headcount, withAll.active]).to.deep.equal([5, 3])
  })

  it('are read one by one, at their location', async () => {
    const [, listed] = (await read('/Departments'))['Resources']
    const { status, body, headers } = await tenant.scim.get(`/Departments/${listed.id}`)
    expect([status, body, headers['location']]).to.deep.equal([200, listed, listed.meta.location])
    expect(await read(`/Departments/${listed.id}?attributes=head.displayName,HEADCOUNT`)).to.deep.equal({
      schemas: [departmentSchema],
      id: listed.id,
      headcount: 4,
      head: { displayName: 'Bo Marchetti' },
    })
    expect(await read(`/Departments/${listed.id}?excludedAttributes=head,meta,active`)).to.have.all.keys(
      ...['schemas', 'id', 'name', 'headcount', 'onLeave', 'contractors'],
    )
  })

  it('are paged by index and by cursor', async () => {
    const names = (body: Body): string[] => body['Resources'].map(({ name }: Body) => String(name))
    const second = await read('/Departments?startIndex=2&count=1')
    expect([names(second), second['totalResults']]).to.deep.equal([['Infrastructure'], 2])
    const first = await read('/Departments?count=1&cursor=')
    expect([names(first), first['totalResults']]).to.deep.equal([['Executive'], 2])
    const last = await read(`/Departments?cursor=${first['nextCursor']}`)
    expect([names(last), last['totalResults'], last['nextCursor']]).to.deep.equal([['Infrastructure'], 2, undefined])
    expect((await read('/Departments?count=0'))['totalResults']).to.equal(2)
  })

  it('are nobody else’s, and cannot be changed', async () => {
    const [{ id }] = (await read('/Departments'))['Resources']
    const stranger = (await createTenant()).scim
    expect((await stranger.get('/Departments')).body['totalResults']).to.equal(0)
    for (const one of [id, 'dep_0', 'x', '%00', '__proto__'])
      expectError(await stranger.get(`/Departments/${one}`), 404)
    for (const method of ['put', 'patch', 'delete', 'post'] as const) {
      const reply = await tenant.scim.send(method, `/Departments/${id}`, {})
      expectError(reply, 405)
      expect(reply.headers['allow']).to.equal('GET, HEAD')
    }
    expectError(await tenant.scim.get('/Departments?filter=name%20pr'), 403)
    expectError(await tenant.scim.post('/Departments/.search', {}), 405)
  })
})

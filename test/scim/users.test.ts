import { expect } from 'chai'
import { createTenant, type Tenant } from '../support/app.ts'
import { enterpriseSchema, userSchema } from '../support/scim-client.ts'

describe('users over SCIM', () => {
  let tenant: Tenant
  beforeEach(async () => {
    tenant = await createTenant()
  })

  it('7644-3.3-05 7644-3.4.1-01 7643-7-06 creates a user, and reads the same back', async () => {
    const created = await tenant.scim.post('/Users', {
      schemas: [userSchema, enterpriseSchema],
      userName: 'mira@larkspur.example',
      externalId: 'ext-1',
      name: { givenName: 'Mira', familyName: 'Okafor' },
      emails: [{ value: 'mira@larkspur.example', type: 'work', primary: true }],
      [enterpriseSchema]: { department: 'Research', employeeNumber: '4471' },
    })
    expect(created.status).to.equal(201)
    expect(created.headers['location']).to.equal(`${tenant.scim.baseUrl}/Users/${created.body['id']}`)
    expect(created.body).to.deep.include({ userName: 'mira@larkspur.example', externalId: 'ext-1', active: true })
    expect(created.body[enterpriseSchema]).to.deep.equal({ department: 'Research', employeeNumber: '4471' })
    const read = await tenant.scim.get(`/Users/${created.body['id']}`)
    expect(read.status).to.equal(200)
    expect(read.body).to.deep.equal(created.body)
    expect(read.headers).to.include({
      'content-type': 'application/scim+json',
      etag: 'W/"1"',
      location: `${tenant.scim.baseUrl}/Users/${created.body['id']}`,
    })
  })

  it('gives the manager with name and location, and clears the reference when the manager is deleted', async () => {
    const { scim } = tenant
    const boss = await scim.createUser('boss', { displayName: 'The Boss' })
    const report = await scim.createUser('report', {
      [enterpriseSchema]: { manager: { value: boss['id'] } },
      schemas: [userSchema, enterpriseSchema],
    })
    expect(report[enterpriseSchema].manager).to.deep.equal({
      value: boss['id'],
      $ref: `${scim.baseUrl}/Users/${boss['id']}`,
      displayName: 'The Boss',
    })
    expect((await scim.delete(`/Users/${boss['id']}`)).status).to.equal(204)
    const after = await scim.get(`/Users/${report['id']}`)
    expect(after.body[enterpriseSchema]).to.equal(undefined)
    expect(after.body['schemas']).to.deep.equal([userSchema])
    expect(after.body['meta'].version).to.equal('W/"2"')
  })

  it('shows groups, direct and through other groups', async () => {
    const { scim } = tenant
    const user = await scim.createUser('member')
    const inner = await scim.createGroup('Inner', [user['id']])
    const outer = await scim.createGroup('Outer', [inner['id']])
    const { body } = await scim.get(`/Users/${user['id']}`)
    expect(
      body['groups'].map((group: Record<string, string>) => [group['value'], group['display'], group['type']]),
    ).to.have.deep.members([
      [inner['id'], 'Inner', 'direct'],
      [outer['id'], 'Outer', 'indirect'],
    ])
  })
})

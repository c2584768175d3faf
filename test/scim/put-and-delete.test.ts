import { expect } from 'chai'
import { createTenant } from '../support/app.ts'
import type { ScimClient } from '../support/scim-client.ts'
import { type Body, enterpriseSchema, groupSchema, userSchema } from '../support/scim-client.ts'
import { expectError, user } from '../support/protocol.ts'

describe('PUT and DELETE', () => {
  let scim: ScimClient
  beforeEach(async () => {
    scim = (await createTenant()).scim
  })

  it('7644-3.5.1-01 7644-3.5.1-02 7644-3.5.1-03 7644-3.5.1-08 7643-7-06 replaces all of a user', async () => {
    const created = await scim.createUser('mira', {
      externalId: 'e',
      title: 'T',
      active: false,
      name: {
        givenName: 'M',
        middleName: 'X',
        familyName: 'O',
      },
      emails: [
        {
          value: 'a@x.example',
          type: 'work',
        },
        { value: 'b@x.example' },
      ],
      [enterpriseSchema]: { department: 'x' },
    })
    const reply = await scim.put(
      `/Users/${created['id']}`,
      user({ name: { givenName: 'M' }, emails: [{ value: 'b@x.example' }] }),
    )
    expect([reply.status, reply.headers['etag'], reply.headers['location']]).to.deep.equal([
      200,
      'W/"2"',
      created['meta'].location,
    ])
    const { meta: _, ...rest } = reply.body
    expect(rest).to.deep.equal({
      schemas: [userSchema],
      id: created['id'],
      userName: 'mira',
      active: true,
      name: { givenName: 'M' },
      emails: [{ value: 'b@x.example' }],
    })
  })

  it('7644-3.1-04 7644-3.5.1-12 takes what GET gave', async () => {
    const boss = await scim.createUser('boss', { displayName: 'B' })
    const mira = await scim.createUser('mira', {
      [enterpriseSchema]: { manager: { value: boss['id'] } },
      emails: [{ value: 'a@x.example', primary: true }],
    })
    const group = await scim.createGroup('Core', [mira['id'], boss['id']], { externalId: 'g' })
    for (const path of [`/Users/${mira['id']}`, `/Users/${boss['id']}`, `/Groups/${group['id']}`]) {
      const { body } = await scim.get(path)
      const put = await scim.put(path, body)
      expect([put.status, put.body]).to.deep.equal([200, body])
    }
  })

  it('7644-3.5.1-07 7644-3.5.1-10 7644-3.5.1-11 7644-3.2-02 refuses what is incomplete, taken, unknown or of another type', async () => {
    const mira = await scim.createUser('mira')
    await scim.createUser('ben')
    const group = await scim.createGroup('Core')
    const path = `/Users/${mira['id']}`
    expectError(await scim.put(path, { schemas: [userSchema], title: 'x' }), 400, 'invalidValue')
    expectError(await scim.put(path, user({ userName: 'BEN' })), 409, 'uniqueness')
    expectError(await scim.put(path, { schemas: [groupSchema], displayName: 'x' }), 400, 'invalidValue')
    expectError(await scim.put('/Users/nobody', user({ userName: 'new' })), 404)
    expectError(await scim.put(`/Users/${group['id']}`, user({ userName: 'new' })), 404)
    expectError(await scim.put(`/Groups/${mira['id']}`, { schemas: [groupSchema], displayName: 'new' }), 404)
    expect((await scim.get(path)).body).to.deep.equal(mira)
    expect((await scim.get('')).body['totalResults']).to.equal(3)
  })

  it('7643-4.2-02 7644-3.5.1-05 replaces the members of a group, or takes all', async () => {
    const [a, b] = [await scim.createUser('a'), await scim.createUser('b')]
    const group = await scim.createGroup('Core', [a['id']])
    const put = async (members?: unknown): Promise<string[]> => {
      const { body } = await scim.put(`/Groups/${group['id']}`, {
        schemas: [groupSchema],
        displayName: 'Core',
        ...(members === undefined ? {} : { members }),
      })
      return (body['members'] ?? []).map((member: Body) => member['value'])
    }
    expect(await put([{ value: b['id'] }, { value: b['id'], display: 'x' }])).to.deep.equal([b['id']])
    expect(await put([{ value: a['id'] }, { value: b['id'] }])).to.have.members([a['id'], b['id']])
    expect(await put([])).to.deep.equal([])
    await put([{ value: a['id'] }])
    expect(await put()).to.deep.equal([])
  })

  it('7644-3.6-01 7644-3.6-02 7644-3.6-03 7644-3.6-04 7644-3.6-05 HTTP-9110-02 IOP-interop-01-13 deletes a user, and every trace in other resources', async () => {
    const mira = await scim.createUser('mira')
    const report = await scim.createUser('report', { [enterpriseSchema]: { manager: { value: mira['id'] } } })
    const group = await scim.createGroup('Core', [mira['id'], report['id']])
    const path = `/Users/${mira['id']}`
    const reply = await scim.delete(path)
    expect([reply.status, reply.text]).to.deep.equal([204, ''])
    for (const again of [
      await scim.get(path),
      await scim.put(path, user()),
      await scim.patch(path, [{ op: 'remove', path: 'title' }]),
      await scim.delete(path),
    ]) {
      expectError(again, 404)
    }
    for (const filter of [`id eq "${mira['id']}"`, 'userName eq "mira"', `manager eq "${mira['id']}"`]) {
      expect((await scim.filter('/Users', filter)).body['totalResults'], filter).to.equal(0)
    }
    const after = await scim.get(`/Groups/${group['id']}`)
    expect(after.body['members'].map((member: Body) => member['value'])).to.deep.equal([report['id']])
    expect(after.headers['etag']).to.equal('W/"2"')
    const again = await scim.post('/Users', user())
    expect(again.status).to.equal(201)
    expect(again.body['id']).to.not.equal(mira['id'])
    expectError(await scim.delete('/Users/nope'), 404)
  })

  it('7644-3.6-01 7644-3.6-02 7644-3.6-05 deletes a group, also from the groups that hold it', async () => {
    const mira = await scim.createUser('mira')
    const inner = await scim.createGroup('Inner', [mira['id']])
    const outer = await scim.createGroup('Outer', [inner['id']])
    expect((await scim.delete(`/Groups/${inner['id']}`)).status).to.equal(204)
    for (const again of [await scim.get(`/Groups/${inner['id']}`), await scim.delete(`/Groups/${inner['id']}`)])
      expectError(again, 404)
    expect((await scim.get(`/Groups/${outer['id']}`)).body).to.not.have.property('members')
    expect((await scim.get(`/Users/${mira['id']}`)).body).to.not.have.property('groups')
    expect((await scim.get('/Groups')).body['totalResults']).to.equal(1)
    await scim.createGroup('Inner')
  })
})

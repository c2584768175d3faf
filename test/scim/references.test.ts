// Resources that are named by their address.
import { expect } from 'chai'
import { createTenant } from '../support/app.ts'
import { expectError } from '../support/protocol.ts'
import { enterpriseSchema, groupSchema, type ScimClient, userSchema } from '../support/scim-client.ts'

describe('references to resources', () => {
  let scim: ScimClient
  let root: string
  beforeEach(async () => {
    scim = (await createTenant()).scim
    root = scim.baseUrl.slice(0, -'/v2'.length)
  })
  const listForms = (endpoint: string, id: string): string[] => [
    `${root}/v2${endpoint}/${id}`,
    `${root}${endpoint}/${id}`,
    `https://another.example/scim${endpoint}/${id}`,
    `..${endpoint}/${id}`,
    `${endpoint.slice(1)}/${id}`,
  ]

  it('7643-2.4-08 are found by their address with the version in it or without', async () => {
    const boss = await scim.createUser('boss')
    const mira = await scim.createUser('mira', { [enterpriseSchema]: { manager: { value: boss['id'] } } })
    const inner = await scim.createGroup('Inner', [mira['id']])
    const outer = await scim.createGroup('Outer', [inner['id']])
    const find = async (endpoint: string, filter: string): Promise<string[]> => {
      const { body, text } = await scim.filter(endpoint, filter)
      return (body['Resources'] ?? [text]).map((one: { id: string }) => one.id)
    }
    for (const form of listForms('/Users', boss['id'])) {
      expect(await find('/Users', `meta.location eq "${form}"`), form).to.deep.equal([boss['id']])
      expect(await find('/Users', `manager.$ref eq "${form}"`), form).to.deep.equal([mira['id']])
    }
    for (const form of listForms('/Users', mira['id'])) {
      expect(await find('/Groups', `members.$ref eq "${form}"`), form).to.deep.equal([inner['id']])
    }
    for (const form of listForms('/Groups', inner['id'])) {
      expect(await find('/Users', `groups[$ref eq "${form}"]`), form).to.deep.equal([mira['id']])
      expect(await find('/Groups', `members[$ref eq "${form}"]`), form).to.deep.equal([outer['id']])
    }
    for (const prefix of ['/v2', '']) {
      expect((await scim.get(`//scim${prefix}/Users/${mira['id']}`)).body).to.deep.include({
        id: mira['id'],
        meta: mira['meta'],
      })
    }
  })

  it('7643-2.4-08 are taken by their address alone, with the version in it or without', async () => {
    const boss = await scim.createUser('boss')
    for (const [index, $ref] of listForms('/Users', boss['id']).entries()) {
      const user = await scim.createUser(`u${index}`, { [enterpriseSchema]: { manager: { $ref } } })
      expect(user[enterpriseSchema].manager.value, $ref).to.equal(boss['id'])
      const created = await scim.post('/Groups', {
        schemas: [groupSchema],
        displayName: `g${index}`,
        members: [{ $REF: $ref }],
      })
      expect([created.status, created.body['members']?.[0].value], $ref).to.deep.equal([201, boss['id']])
      const path = `/Groups/${(await scim.createGroup(`h${index}`))['id']}`
      expect((await scim.patch(path, [{ op: 'add', path: 'members', value: [{ $ref }] }])).status).to.equal(204)
      expect((await scim.get(path)).body['members'][0].value, $ref).to.equal(boss['id'])
    }
  })

  it('are what value says where both are given, and nothing where the address is none or names nobody', async () => {
    const [ana, ben] = [await scim.createUser('ana'), await scim.createUser('ben')]
    const both = { value: ana['id'], $ref: `${scim.baseUrl}/Users/${ben['id']}` }
    const group = { schemas: [groupSchema], displayName: 'Both', members: [both] }
    expect((await scim.post('/Groups', group)).body['members'][0].value).to.equal(ana['id'])
    for (const manager of [{ $ref: 'ben' }, { $ref: 'https://x.example/' }, { value: null, $ref: both.$ref }]) {
      const reply = await scim.post('/Users', {
        schemas: [userSchema],
        userName: JSON.stringify(manager),
        [enterpriseSchema]: { manager },
      })
      expect([reply.status, reply.body[enterpriseSchema]]).to.deep.equal([201, undefined])
    }
    const members = [{ $ref: `${scim.baseUrl}/Users/emp_nobody` }]
    expectError(
      await scim.post('/Groups', { schemas: [groupSchema], displayName: 'New', members }),
      400,
      'invalidValue',
    )
  })
})

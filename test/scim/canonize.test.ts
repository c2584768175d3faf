// Values that were mapped from a source, brought into the form of the organization's schema.
import { expect } from 'chai'
import type { JsonObject } from '../../server/db/tables.ts'
import { addCustomAttribute } from '../../server/directory/custom-attributes.ts'
import { createCanonize } from '../../server/scim/canonize.ts'
import { declareResourceTypes } from '../../server/scim/declarations.ts'
import { OrganizationSchemas } from '../../server/scim/organization-schema.ts'
import type { Canonize } from '../../server/sync/services.ts'
import { clock, createTenant } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'
import { enterpriseSchema, groupSchema, userSchema } from '../support/scim-client.ts'

const custom = 'urn:ietf:params:scim:schemas:extension:custom:2.0:User'

describe('what is mapped from a source', () => {
  let canonize: Canonize
  before(async () => {
    const { organizationId } = await createTenant()
    const db = testDatabase()
    for (const [name, type, multiValued] of [
      ['floor', 'integer', false],
      ['fte', 'decimal', false],
      ['remote', 'boolean', false],
      ['joined', 'dateTime', false],
      ['levels', 'integer', true],
    ] as const) {
      const definition = { name, type, multiValued }
      await addCustomAttribute(db, organizationId, { resourceType: 'User', definition }, clock.now())
    }
    canonize = await createCanonize(db, new OrganizationSchemas(db, declareResourceTypes()), organizationId)
  })

  const ofUser = (mapped: JsonObject): ReturnType<Canonize> => canonize('User', mapped)

  it('gets the names and schemas of the schema, and needs no attribute', () => {
    const { resource, faults } = ofUser({
      USERNAME: 'ada',
      Name: { givenname: 'Ada' },
      [enterpriseSchema.toUpperCase()]: { DEPARTMENT: 'Law' },
    })
    expect(resource).to.deep.equal({
      schemas: [userSchema, enterpriseSchema],
      userName: 'ada',
      name: { givenName: 'Ada' },
      [enterpriseSchema]: { department: 'Law' },
    })
    expect(faults).to.deep.equal([])
    expect(canonize('Group', { displayName: 'Choir' }).resource).to.deep.equal({
      schemas: [groupSchema],
      displayName: 'Choir',
    })
  })

  it('is of the type that the attribute has, where text can be read as that', () => {
    const given = { floor: '3', fte: '0.5', remote: 'True', joined: '2024-02-29', levels: ['1', 2] }
    const { resource, faults } = ofUser({ title: 7, [custom]: given })
    expect(resource['title']).to.equal('7')
    expect(resource[custom]).to.deep.equal({
      floor: 3,
      fte: 0.5,
      remote: true,
      joined: '2024-02-29T00:00:00Z',
      levels: [1, 2],
    })
    expect(faults).to.deep.equal([])
  })

  it('loses what the schema does not take, each value for itself, and says which', () => {
    const { resource, faults } = ofUser({
      title: ['a', 'b'],
      nothing: 'x',
      nickName: 'Ada',
      emails: [{ value: 'ada@example.com', type: 'work' }, { value: { no: 'text' }, type: 'home' }, 'x@example.com'],
      [custom]: { floor: 'third', levels: [1, 'two', 3], joined: '2024-02-30' },
    })
    expect(resource).to.deep.equal({
      schemas: [userSchema, custom],
      nickName: 'Ada',
      emails: [{ value: 'ada@example.com', type: 'work' }, { value: 'x@example.com' }],
      [custom]: { levels: [1, 3] },
    })
    expect(faults).to.deep.equal([
      'title takes one value, not several.',
      'nothing is not in the schema.',
      'emails.value must be a string.',
      `${custom}:floor must be an integer.`,
      `${custom}:levels must be an integer.`,
      `${custom}:joined must be a dateTime such as 2026-01-31T12:00:00Z.`,
    ])
  })

  it('has one primary value at most, and none without a value', () => {
    const { resource, faults } = ofUser({
      emails: [
        { value: 'a@example.com', primary: true },
        { type: 'home', primary: true },
        { value: 'b@example.com', primary: true },
      ],
      phoneNumbers: [{ type: 'work', primary: true }],
    })
    expect(resource).to.deep.equal({
      schemas: [userSchema],
      emails: [{ value: 'a@example.com', primary: true }, { value: 'b@example.com' }],
    })
    expect(faults).to.deep.equal([])
  })

  it('says nothing of what only the server says', () => {
    expect(ofUser({ id: 'x', meta: { version: '1' }, groups: [{ value: 'g' }], password: 'hunter2' })).to.deep.equal({
      resource: { schemas: [userSchema] },
      faults: [],
    })
  })
})

// What filters ask of attributes whose names or values could be mistaken for others.
import { expect } from 'chai'
import { addCustomAttribute, customSchemaId, removeCustomAttribute } from '../../server/directory/custom-attributes.ts'
import { connect } from '../../server/db/connect.ts'
import { Parameters, query } from '../../server/db/query.ts'
import type { AttributePath, Condition } from '../../server/directory/condition.ts'
import { compareValue } from '../../server/directory/condition-match.ts'
import { conditionSql } from '../../server/directory/condition-sql.ts'
import { userAttributes } from '../../server/directory/user-attributes.ts'
import { declareResourceTypes } from '../../server/scim/declarations.ts'
import { compileFilter } from '../../server/scim/filter.ts'
import { compileResourceType, type ResourceType } from '../../server/scim/schema.ts'
import { clock, createTenant, type Tenant } from '../support/app.ts'
import { testDatabase, testDatabaseUrl } from '../support/postgres.ts'
import { createTenantWith } from '../support/protocol.ts'
import { type Body, enterpriseSchema, type ScimClient } from '../support/scim-client.ts'

const customUser = customSchemaId('User')
const customGroup = customSchemaId('Group')

async function find(scim: ScimClient, filter: string, endpoint = '/Users'): Promise<string> {
  const { status, body, text } = await scim.filter(endpoint, filter)
  expect(status, text).to.equal(200)
  return body['Resources'].map((resource: Body) => resource['userName'] ?? resource['displayName']).join(' ')
}

describe('attributes of an organization that are called like others', () => {
  let tenant: Tenant
  before(async () => {
    tenant = await createTenant()
    const multiValued = { type: 'string', multiValued: true }
    for (const [resourceType, definition] of [
      ...['id', 'userName', 'meta', 'externalId', 'displayName'].map(
        (name) => ['User', { name, type: 'string' }] as const,
      ),
      ...['groups', 'emails'].map((name) => ['User', { name, ...multiValued }] as const),
      ['Group', { name: 'members', ...multiValued }],
      ['Group', { name: 'externalId', type: 'string' }],
    ] as const) {
      await addCustomAttribute(testDatabase(), tenant.organizationId, { resourceType, definition }, clock.now())
    }
    clock.advance(1001)
    const own = { id: '7', userName: 'M', meta: 'x', externalId: 'e', displayName: 'd', groups: ['a'], emails: ['b'] }
    await tenant.scim.createUser('mira', { [customUser]: own })
    const jon = await tenant.scim.createUser('jon', { emails: [{ value: 'b' }], externalId: 'e', displayName: 'd' })
    await tenant.scim.createGroup('a', [jon['id']], { externalId: 'e' })
    await tenant.scim.createGroup('b', [], { [customGroup]: { members: ['m'], externalId: 'e' } })
  })

  const own = [
    ...['id eq "7"', 'id pr', 'userName eq "m"', 'meta sw "x"', 'meta pr', 'externalId eq "e"', 'displayName eq "d"'],
    ...['groups eq "A"', 'groups pr', 'groups[value eq "a"]', 'emails eq "b"', 'emails[value eq "b"]', 'emails pr'],
  ]
  for (const filter of own) {
    it(`7644-3.10-01 7644-3.4.2.2-complex-07 finds who has the organization's own ${filter}`, async () => {
      expect(await find(tenant.scim, `${customUser}:${filter}`)).to.equal('mira')
    })
  }

  for (const filter of [
    'groups.display eq "a"',
    'groups pr',
    'emails eq "b"',
    'externalId eq "e"',
    'displayName eq "d"',
  ]) {
    it(`7644-3.10-01 finds who has the ${filter} that everyone has`, async () => {
      expect(await find(tenant.scim, filter)).to.equal('jon')
    })
  }

  for (const [filter, found] of [
    [`${customGroup}:members eq "m"`, 'b'],
    [`${customGroup}:members pr`, 'b'],
    [`${customGroup}:externalId eq "e"`, 'b'],
    ['externalId eq "e"', 'a'],
    ['members pr', 'a'],
  ] as const) {
    it(`7644-3.10-01 finds the group with ${filter}`, async () => {
      expect(await find(tenant.scim, filter, '/Groups')).to.equal(found)
    })
  }
})

describe('the names of attributes', () => {
  const listPaths = (type: ResourceType): (readonly [urn: string, name: string])[] =>
    [type.schema, ...type.extensions.values()].flatMap(({ id, attributes }) =>
      [...attributes.values()]
        .filter(({ returned }) => returned !== 'never')
        .flatMap(({ name, subs }) => [name, ...[...subs.values()].map((sub) => `${name}.${sub.name}`)])
        .map((name) => [id, name] as const),
    )

  for (const type of declareResourceTypes().map((definition) => compileResourceType(definition))) {
    it(`7644-3.10-01 7644-3.4.2.2-complex-07 of ${type.name} are read with their URN, in any case`, () => {
      const compile = (name: string): Condition => compileFilter(`${name} pr`, type, { strict: true, notes: [] })
      for (const [urn, name] of listPaths(type)) {
        const condition = compile(`${urn}:${name}`)
        const [attribute, sub] = name.split('.')
        const extension = urn === type.schema.id ? undefined : urn
        expect(condition).to.have.property('path').that.includes({ extension, name: attribute, sub })
        const spellings = [
          `${urn}:${name}`.toUpperCase(),
          `${urn}:${name}`.toLowerCase(),
          `${urn.toUpperCase()}:${name}`,
        ]
        // Of the core schema the URN may be left out.
        const plain = extension === undefined ? [name, name.toUpperCase()] : []
        for (const spelling of [...spellings, ...plain]) expect(compile(spelling), spelling).to.deep.equal(condition)
      }
    })
  }
})

describe('letters, times and booleans in filters', () => {
  let scim: ScimClient
  let tenant: Tenant
  before(async () => {
    tenant = await createTenantWith(
      { name: 'seen', type: 'dateTime' },
      { name: 'primary', type: 'boolean' },
      { name: 'badge', type: 'complex', subAttributes: [{ name: 'primary', type: 'boolean' }] },
    )
    clock.advance(1001)
    scim = tenant.scim
    await scim.createUser('odos', { displayName: 'ΟΔΟΣ', [customUser]: { seen: '2026-01-31T12:00:00' } })
    await scim.createUser('ipek', { displayName: 'İpek', [enterpriseSchema]: { manager: { value: 'Élan' } } })
  })

  for (const [filter, found] of [
    ['displayName eq "οδος"', 'odos'],
    ['displayName eq "οδοσ"', 'odos'],
    ['displayName ew "Σ" and displayName ew "ς"', 'odos'],
    ['displayName eq "i\u0307PEK"', 'ipek'],
    ['displayName sw "İ"', 'ipek'],
    ['displayName eq "ipek"', ''],
    [`${enterpriseSchema}:manager.value eq "E\u0301LAN"`, 'ipek'],
    [`${enterpriseSchema}:manager.value co "él"`, 'ipek'],
  ] as const) {
    it(`7644-3.4.2.2-complex-12 ${filter} finds ${found || 'nobody'}, whatever the case`, async () => {
      expect(await find(scim, filter)).to.equal(found)
    })
  }

  // RFC 7643 section 2.4 gives a meaning to a missing `primary` of several values only.
  for (const [filter, found] of [
    [`${customUser}:primary eq false`, ''],
    [`${customUser}:badge.primary eq false`, ''],
    [`not (${customUser}:primary eq false)`, 'odos ipek'],
  ] as const) {
    it(`${filter} finds ${found || 'nobody'}, for one value that is missing is not false`, async () => {
      expect(await find(scim, filter)).to.equal(found)
    })
  }

  it('reads attributes that were declared anew with another type', async () => {
    const own = await createTenant()
    const declare = async (type: string): Promise<void> => {
      await addCustomAttribute(
        testDatabase(),
        own.organizationId,
        { resourceType: 'User', definition: { name: 'size', type } },
        clock.now(),
      )
      clock.advance(1001)
    }
    await declare('string')
    await own.scim.createUser('old', { [customUser]: { size: 'large' } })
    await removeCustomAttribute(testDatabase(), own.organizationId, 'User', 'size', {
      at: clock.now(),
      requestId: 'req_0',
    })
    for (const type of ['integer', 'boolean', 'dateTime']) {
      await declare(type)
      const operand = { integer: '3', boolean: 'true', dateTime: '"2026-01-01T00:00:00Z"' }[type]
      for (const part of [
        `filter=${encodeURIComponent(`${customUser}:size eq ${operand}`)}`,
        `sortBy=${customUser}:size`,
      ]) {
        expect((await own.scim.get(`/Users?${part}`)).status, `${type} ${part}`).to.equal(200)
      }
      await removeCustomAttribute(testDatabase(), own.organizationId, 'User', 'size', {
        at: clock.now(),
        requestId: 'req_0',
      })
    }
  })

  const seen: AttributePath = {
    extension: customUser,
    name: 'seen',
    sub: undefined,
    multiValued: false,
    type: 'dateTime',
    caseExact: false,
  }

  it('7644-3.4.2.2-op-07 a time without a zone is in UTC, whatever the zone of the database session', async () => {
    const actor = { organizationId: tenant.organizationId, directoryId: tenant.directoryId, view: 'directory' } as const
    const source = userAttributes({ ...actor, restoresUsers: false, tokenId: null, requestId: null, at: clock.now() })
    const url = new URL(testDatabaseUrl())
    url.searchParams.set('options', '-c TimeZone=Asia/Tokyo')
    const db = connect({ url: url.href, poolSize: 1 })
    try {
      const parameters = new Parameters(tenant.organizationId)
      const value = '2026-01-31T12:00:00Z'
      const where = conditionSql({ kind: 'compare', path: seen, comparison: 'eq', value }, source, parameters)
      const text = `select resource ->> 'userName' as name, current_setting('TimeZone') as zone from users u
        where u.org_id = $1 and ${where}`
      expect(await query(db, text, parameters.values)).to.deep.equal([{ name: 'odos', zone: 'Asia/Tokyo' }])
    } finally {
      await db.destroy()
    }
  })

  it('7644-3.4.2.2-op-07 and whatever the zone of the machine, in the paths of PATCH', () => {
    const zone = process.env['TZ']
    process.env['TZ'] = 'Asia/Tokyo'
    try {
      expect(compareValue('2026-01-31T12:00:00', seen, 'eq', '2026-01-31T12:00:00Z')).to.equal(true)
      expect(compareValue('2026-01-31T12:00:00+01:00', seen, 'eq', '2026-01-31T11:00:00Z')).to.equal(true)
    } finally {
      if (zone === undefined) delete process.env['TZ']
      else process.env['TZ'] = zone
    }
  })
})

// What the org endpoints answer is what /Schemas and /ResourceTypes say of it, and nothing else in SCIM takes it for its own.
import { expect } from 'chai'
import { createDirectory } from '../../server/directory/directories.ts'
import { runBulk } from '../support/bulk.ts'
import { clock, createTenant, type Tenant } from '../support/app.ts'
import {
  type Company,
  createCompany,
  departmentSchema,
  lookupSchema,
  personSchema,
  syncSchema,
} from '../support/org.ts'
import { testDatabase } from '../support/postgres.ts'
import { expectError } from '../support/protocol.ts'
import { type Body } from '../support/scim-client.ts'

const schemasOf = { Person: personSchema, Department: departmentSchema, Sync: syncSchema }

/** Sentences about what a value is and its attribute is not. */
function findMisfits(value: unknown, attribute: Body | undefined, path: string): string[] {
  if (attribute === undefined) return [`${path} is not declared`]
  if (attribute['multiValued'] !== Array.isArray(value)) return [`${path} has one value or several, against its schema`]
  return (Array.isArray(value) ? value : [value]).flatMap((one: unknown) => {
    if (attribute['type'] === 'complex') return findMisfitsIn(one as Body, attribute['subAttributes'], `${path}.`)
    const isNumber = attribute['type'] === 'integer' ? Number.isInteger(one) : typeof one === 'number'
    const fits: Readonly<Record<string, boolean>> = {
      string: typeof one === 'string',
      reference: typeof one === 'string' && URL.canParse(one),
      dateTime: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(String(one)),
      boolean: typeof one === 'boolean',
      integer: isNumber,
      decimal: isNumber,
    }
    const canonical: readonly unknown[] = attribute['canonicalValues'] ?? [one]
    return fits[attribute['type']] && canonical.includes(one) ? [] : [`${path} is ${JSON.stringify(one)}`]
  })
}

function findMisfitsIn(object: Body, attributes: readonly Body[], prefix = ''): string[] {
  return Object.entries(object).flatMap(([name, value]) =>
    findMisfits(
      value,
      attributes.find((one) => one['name'] === name),
      prefix + name,
    ),
  )
}

describe('the discovery of the org queries', () => {
  let tenant: Tenant
  let company: Company
  before(async () => {
    tenant = await createTenant()
    company = await createCompany(tenant.scim)
    const directory = { kind: 'pull', provider: 'workday', name: 'HR' } as const
    await createDirectory(testDatabase(), tenant.organizationId, directory, clock.now())
  })

  const read = async (path: string): Promise<Body> => {
    const { status, body, text } = await tenant.scim.get(path)
    expect(status, `${path} ${text}`).to.equal(200)
    return body
  }

  it('lists their resource types and schemas beside the others, in which everything is read-only or set once', async () => {
    const types = (await read('/ResourceTypes'))['Resources']
    expect(types.map(({ id, endpoint, schema }: Body) => [id, endpoint, schema]).slice(2)).to.deep.equal([
      ['Person', '/OrgChart', personSchema],
      ['Department', '/Departments', departmentSchema],
      ['Sync', '/Syncs', syncSchema],
    ])
    for (const [name, urn] of Object.entries(schemasOf)) {
      expect(await read(`/ResourceTypes/${name}`)).to.include({ id: name, schema: urn })
      const schema = await read(`/Schemas/${urn}`)
      const settable = schema['attributes'].filter(({ mutability }: Body) => mutability !== 'readOnly')
      expect(settable.map((one: Body) => [one['name'], one['mutability']])).to.deep.equal(
        name === 'Sync' ? ['source', 'syncType', 'includeGroups'].map((one) => [one, 'immutable']) : [],
      )
    }
    expect((await read('/Schemas'))['Resources'].map(({ id }: Body) => String(id))).to.include.members(
      Object.values(schemasOf),
    )
  })

  it('names the page for people in ServiceProviderConfig', async () => {
    const origin = new URL(tenant.scim.baseUrl).origin
    expect(await read('/ServiceProviderConfig')).to.include({ documentationUri: `${origin}/docs` })
  })

  it('declares every attribute that is answered, with its type, and every schema that is named', async () => {
    const { bo, ada } = company.ids
    const made = await tenant.scim.post('/Syncs', { schemas: [syncSchema], source: 'workday' })
    const done = {
      started_at: clock.now(),
      completed_at: clock.now(),
      status: 'completed',
      next_sync_token: 'x',
    } as const
    const errors = JSON.stringify([{ code: 'a', message: 'b', recordId: 'c' }])
    await testDatabase()
      .updateTable('sync_runs')
      .set({ ...done, errors, estimated_duration_ms: 7 })
      .where('id', '=', made.body['id'])
      .execute()
    const lookup = await tenant.scim.post('/Users/.lookup', {
      schemas: [lookupSchema],
      query: 'okonkwo',
      status: 'any',
    })
    const lists = [
      await read(`/Users/${bo}/directReports`),
      await read(`/Users/${ada}/chain?direction=down`),
      await read('/OrgChart'),
      await read(`/Groups/${company.outer}/members`),
      await read('/Departments'),
      await read('/Syncs'),
      lookup.body,
    ]
    const schemas = new Map<string, Body>()
    const seen = new Set<string>()
    for (const list of lists) {
      expect(list['Resources']).to.not.deep.equal([])
      for (const urn of list['schemas']) expect(urn).to.match(/^urn:ietf:params:scim:api:messages:/)
      for (const { schemas: urns, id, meta, ...resource } of list['Resources']) {
        expect(urns).to.deep.equal([schemasOf[meta.resourceType as keyof typeof schemasOf]])
        const [urn] = urns
        if (!schemas.has(urn)) schemas.set(urn, await read(`/Schemas/${urn}`))
        expect(findMisfitsIn(resource, schemas.get(urn)?.['attributes']), id).to.deep.equal([])
        for (const name of Object.keys(resource)) seen.add(`${urn}:${name}`)
        expect(meta.location.startsWith(tenant.scim.baseUrl)).to.equal(true)
        expect((await tenant.scim.get(meta.location.slice(tenant.scim.baseUrl.length))).body['id']).to.equal(id)
      }
    }
    // Nobody in this company has a division or a cost center.
    const declared = [...schemas].flatMap(([urn, { attributes }]) =>
      attributes.map(({ name }: Body) => `${urn}:${name}`),
    )
    expect(declared.filter((name) => !seen.has(name))).to.deep.equal([
      `${departmentSchema}:division`,
      `${departmentSchema}:costCenter`,
    ])
  })

  it('keeps their types out of root queries and Bulk', async () => {
    const { Resources } = await read('/?count=1000')
    const kinds = new Set(Resources.map(({ meta }: Body) => String(meta.resourceType)))
    expect(kinds).to.deep.equal(new Set(['User', 'Group']))
    for (const path of ['/Syncs', '/Departments', '/OrgChart', '/Syncs/x']) {
      const [operation] = await runBulk(tenant.scim, [
        { method: 'POST', path, bulkId: 'a', data: { schemas: [syncSchema], source: 'workday' } },
      ])
      expect(operation?.['response'], path).to.include({ status: '400', scimType: 'invalidValue' })
    }
    expectError(await tenant.scim.get(`/.search`), 405)
  })
})

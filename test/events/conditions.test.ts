// Conditions on the resources of events: they decide in memory as filters do in the database. FILTER_SEED runs others.
import { expect } from 'chai'
import fc from 'fast-check'
import { query } from '../../server/db/query.ts'
import { AppError } from '../../server/errors.ts'
import { declareResourceTypes } from '../../server/scim/declarations.ts'
import { compileCondition, presentResource } from '../../server/scim/event-resources.ts'
import { OrganizationSchemas } from '../../server/scim/organization-schema.ts'
import { createTenant, type Tenant } from '../support/app.ts'
import { readLog } from '../support/event-log.ts'
import { arbitraryFilter, readSubjects } from '../support/filter-arbitrary.ts'
import { meets, type Path, type Resource, writeFilter } from '../support/filter-model.ts'
import { createWorld, groupPaths, userPaths } from '../support/filter-world.ts'
import { testDatabase } from '../support/postgres.ts'
import { enterpriseSchema, groupSchema, rollcallSchema, userSchema } from '../support/scim-client.ts'

const seed = Number(process.env['FILTER_SEED'] ?? 20_260_131)
const runs = 1500

describe('conditions on events', function () {
  this.timeout(60_000)
  let tenant: Tenant
  let schemas: OrganizationSchemas
  before(async () => {
    tenant = await createTenant()
    schemas = new OrganizationSchemas(testDatabase(), declareResourceTypes())
  })

  const compile = (type: string, filter: string): ReturnType<typeof compileCondition> =>
    compileCondition(testDatabase(), schemas, tenant.organizationId, type, filter)

  it('decide of what events tell as a model of filters does', async () => {
    const viewers = await createWorld(tenant, seed)
    const seen = viewers.find(({ actor }) => actor.view === 'organization')
    const told = new Map((await readLog(tenant)).map(({ resourceId, data }) => [resourceId, data.resource]))
    for (const [type, paths, urn] of [
      ['User', userPaths, userSchema],
      ['Group', groupPaths, groupSchema],
    ] as const) {
      const known: readonly Resource[] = (type === 'User' ? seen?.users : seen?.groups) ?? []
      const resources = known.map(({ id }) => told.get(id as string) as Resource)
      const subjects = readSubjects(paths.filter(isTold), resources)
      let telling = 0
      for (const [index, filter] of fc.sample(arbitraryFilter(subjects, urn), { numRuns: runs, seed }).entries()) {
        const text = writeFilter(filter, index % 5 === 0)
        const isMet = await compile(type, text)
        const found = new Set<boolean>()
        for (const resource of resources) {
          const answer = isMet(resource)
          found.add(answer)
          if (answer !== meets(resource, filter)) {
            throw new Error(`FILTER_SEED=${seed}: ${text}\n${JSON.stringify(resource)}\nsays ${answer}`)
          }
        }
        if (found.size > 1) telling++
      }
      expect(telling).to.be.greaterThan(runs / 3)
    }
  })

  // What is not in an event, and what is asked of another resource.
  function isTold({ urn, name, sub }: Path): boolean {
    if (urn === undefined && (name === 'groups' || name === 'members')) return false
    if (name === 'source' || name === 'syncedAt') return false
    return !(name === 'manager' && sub !== 'value') && sub !== 'location'
  }

  it('cannot ask what events do not have', async () => {
    for (const [type, filter, what] of [
      ['User', 'groups pr', 'groups'],
      ['User', 'title eq "a" and not (groups.value eq "grp_1")', 'groups.value'],
      ['User', 'groups[value eq "grp_1"]', 'groups'],
      ['Group', 'members.value eq "emp_1"', 'members.value'],
      ['User', 'meta.location pr', 'meta.location'],
      ['User', `${enterpriseSchema}:manager.displayName eq "Ana"`, `${enterpriseSchema}:manager.displayName`],
      ['User', `${rollcallSchema}:source eq "okta"`, `${rollcallSchema}:source`],
    ] as const) {
      const error = await compile(type, filter).catch((thrown: unknown) => thrown)
      expect(error, filter).to.be.instanceOf(AppError)
      expect(error, filter).to.include({
        code: 'invalid_filter',
        message: `A condition on events cannot ask ${what}: events do not have it.`,
      })
    }
    for (const [type, filter] of [
      ['User', 'title eq'],
      ['User', 'shoeSize eq 3'],
      ['Gadget', 'id pr'],
    ] as const) {
      const error = await compile(type, filter).catch((thrown: unknown) => thrown)
      expect(error, filter).to.be.instanceOf(AppError).with.property('code', 'invalid_filter')
    }
  })

  it('know the attributes of the organization, from when they are declared', async () => {
    const own = await createTenant()
    const filter = 'urn:ietf:params:scim:schemas:extension:custom:2.0:User:badgeColor eq "red"'
    const compileOwn = (): ReturnType<typeof compileCondition> =>
      compileCondition(testDatabase(), schemas, own.organizationId, 'User', filter)
    expect(await compileOwn().catch((thrown: unknown) => thrown)).to.be.instanceOf(AppError)
    const definition = JSON.stringify({ name: 'badgeColor', type: 'string' })
    await query(
      testDatabase(),
      `with a as (insert into custom_attributes (org_id, resource_type, name_key, definition, created_at)
         values ($1, 'User', 'badgecolor', $2, now()))
       update organizations set schema_version = schema_version + 1 where org_id = $1`,
      [own.organizationId, definition],
    )
    const isMet = await compileOwn()
    const urn = 'urn:ietf:params:scim:schemas:extension:custom:2.0:User'
    expect([
      isMet({ [urn]: { badgeColor: 'Red' } }),
      isMet({ [urn]: { badgeColor: 'blue' } }),
      isMet({}),
    ]).to.deep.equal([true, false, false])
  })
})

describe('what of a resource is told', () => {
  it('is what its schema takes now, without what is never returned', async () => {
    const tenant = await createTenant()
    const schemas = new OrganizationSchemas(testDatabase(), declareResourceTypes())
    const present = await presentResource(testDatabase(), schemas, tenant.organizationId, 'User')
    const stored = { userName: 'ana', password: 'secret', title: 7, [enterpriseSchema]: { department: 'Law' } }
    expect(present(stored)).to.deep.equal({
      schemas: [userSchema, enterpriseSchema],
      userName: 'ana',
      [enterpriseSchema]: { department: 'Law' },
    })
    const unknown = await presentResource(testDatabase(), schemas, tenant.organizationId, 'Gadget')
    expect(unknown(stored)).to.deep.equal(stored)
  })
})

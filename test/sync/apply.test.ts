// Applying a plan: what becomes of people, that it can be gone on with, and that one refusal spoils nothing else.
import { expect } from 'chai'
import { createId } from '../../server/db/ids.ts'
import { query } from '../../server/db/query.ts'
import type { JsonObject } from '../../server/db/tables.ts'
import { applyRun } from '../../server/sync/apply/apply.ts'
import { RunLost } from '../../server/sync/runs/run.ts'
import { clock, createTenant, type Tenant } from '../support/app.ts'
import { checkConsistency } from '../support/consistency.ts'
import { readLog } from '../support/event-log.ts'
import { addPullDirectory, type HandPlanned, type HandPlannedRun, planByHand } from '../support/planned-run.ts'
import { testDatabase } from '../support/postgres.ts'
import { enterpriseSchema, rollcallSchema, type ScimClient, userSchema } from '../support/scim-client.ts'

describe('applying a plan', () => {
  let tenant: Tenant
  let directoryId: string
  let application: ScimClient
  beforeEach(async () => {
    tenant = await createTenant()
    directoryId = await addPullDirectory(tenant.organizationId)
    application = await tenant.addApplication(['read', 'write'])
  })
  afterEach(() => checkConsistency(tenant))

  const plan = (...changes: readonly HandPlanned[]): Promise<HandPlannedRun> =>
    planByHand(tenant.organizationId, directoryId, changes)

  async function apply(...changes: readonly HandPlanned[]): Promise<HandPlannedRun> {
    const run = await plan(...changes)
    await applyRun(run)
    return run
  }

  const person = (name: string, more: JsonObject = {}): JsonObject => ({
    schemas: [userSchema],
    userName: `${name}@larkspur.example`,
    displayName: name,
    emails: [{ value: `${name}@larkspur.example`, type: 'work', primary: true }],
    ...more,
  })

  const newId = (): string => createId('emp', clock.now())

  function creating(name: string, more: Partial<HandPlanned> = {}): HandPlanned & { resourceId: string } {
    const resource = person(name)
    return {
      operation: 'create',
      sourceId: name,
      resourceId: newId(),
      resource,
      plan: { active: true },
      ...more,
    } as HandPlanned & {
      resourceId: string
    }
  }

  const read = async (id: string): Promise<JsonObject> => {
    const { status, body } = await application.get(`/Users/${id}`)
    expect(status).to.equal(200)
    return body
  }

  it('creates people with their managers, links and records, and tells it in the order of the plan', async () => {
    const kim = creating('kim')
    const ana = creating('ana', { plan: { active: true, managerId: kim.resourceId } })
    const run = await apply(kim, ana)
    const read1 = await read(ana.resourceId)
    expect(read1).to.deep.include({ userName: 'ana@larkspur.example', externalId: 'ana', active: true })
    expect((read1[enterpriseSchema] as JsonObject)['manager']).to.deep.include({
      value: kim.resourceId,
      displayName: 'kim',
    })
    const events = (await readLog(tenant)).filter(({ type }) => type === 'user.created')
    expect(events.map(({ resourceId }) => resourceId)).to.deep.equal([kim.resourceId, ana.resourceId])
    expect(events.map(({ data }) => data['requestId'])).to.deep.equal([run.id, run.id])
    const records = await query(
      testDatabase(),
      `select source_id, run_id, resource_id, speaks, problem, missing_since from source_records where org_id = $1 order by source_id`,
      [tenant.organizationId],
    )
    const same = { run_id: run.id, speaks: true, problem: null, missing_since: null }
    expect(records).to.deep.equal([
      { source_id: 'ana', resource_id: ana.resourceId, ...same },
      { source_id: 'kim', resource_id: kim.resourceId, ...same },
    ])
    const { applied_position, stats, progress } = await run.read()
    expect(applied_position).to.equal(2)
    expect(stats).to.deep.equal({ usersCreated: 2 })
    expect(progress).to.deep.equal({ applied: 2 })
  })
  it('creates them with what the plan says in place of the record', async () => {
    const resource = person('ana', {
      [rollcallSchema]: { employmentStatus: 'active' },
      schemas: [userSchema, rollcallSchema],
      nickName: 'A "quoted" {one}, \\, and NULL',
    })
    const pending = { active: false, employmentStatus: null }
    const ana = creating('ana', { resource, plan: pending })
    await apply(ana)
    const created = await read(ana.resourceId)
    expect(created).to.not.have.property(rollcallSchema)
    expect(created).to.deep.include({ schemas: [userSchema], nickName: resource['nickName'], active: false })
    const emails = [{ value: '"q"\\{}@larkspur.example', type: 'work' }]
    const ben = creating('ben', { resource: person('ben', { emails }) })
    await apply(ben)
    const filter = encodeURIComponent(`emails.value eq "\\"q\\"\\\\{}@larkspur.example"`)
    const { body } = await application.get(`/Users?filter=${filter}`)
    expect(body['totalResults']).to.equal(1)
  })

  it('does nothing twice where it is asked again', async () => {
    const run = await apply(creating('kim'), creating('ana'))
    const before = await readLog(tenant)
    await applyRun(run)
    expect(await readLog(tenant)).to.deep.equal(before)
    expect((await run.read())['stats']).to.deep.equal({ usersCreated: 2 })
  })

  it('goes on behind what was applied when the run was lost in between', async () => {
    const run = await plan(...Array.from({ length: 3 }, (_, index) => creating(`p${index}`)))
    await query(testDatabase(), `update sync_runs set holder = 'another' where id = $1`, [run.id])
    const lost: unknown = await applyRun(run).catch((error: unknown) => error)
    expect(lost).to.be.instanceOf(RunLost)
    expect((await application.get('/Users')).body['totalResults']).to.equal(0)
    await applyRun({ ...run, holder: 'another' })
    expect((await application.get('/Users')).body['totalResults']).to.equal(3)
  })

  it('makes an error of what is refused, and goes on with the rest', async () => {
    await tenant.scim.createUser('p11@larkspur.example')
    const all = Array.from({ length: 30 }, (_, index) => creating(`p${index}`))
    const run = await apply(...all)
    expect((await application.get('/Users')).body['totalResults']).to.equal(30)
    const { stats, error_count, errors, applied_position } = await run.read()
    expect(stats).to.deep.equal({ usersCreated: 29, usersErrors: 1 })
    expect([error_count, applied_position]).to.deep.equal([1, 30])
    expect(errors).to.deep.equal([
      { code: 'user_name_taken', message: 'userName is taken by another user.', recordId: 'p11' },
    ])
    const refused = (await run.changes()).filter(({ operation }) => operation === 'error')
    expect(refused.map(({ source_id, code, detail }) => [source_id, code, detail])).to.deep.equal([
      ['p11', 'user_name_taken', 'userName is taken by another user.'],
    ])
    const [record] = await readRecords('p11')
    expect(record).to.deep.include({ problem: 'user_name_taken', resource_id: null, speaks: false })
    const numbers = (await readLog(tenant)).filter(({ type }) => type === 'user.created')
    expect(numbers).to.have.length(30)
  })

  const readRecords = (sourceId: string): Promise<JsonObject[]> =>
    query(testDatabase(), 'select * from source_records where org_id = $1 and source_id = $2', [
      tenant.organizationId,
      sourceId,
    ])

  it('updates with all that the record says, and leaves what the plan leaves open', async () => {
    const kim = creating('kim')
    const ana = creating('ana', {
      resource: person('ana', { title: 'Clerk', nickName: 'A' }),
      plan: { active: true, managerId: kim.resourceId, location: 'Lisbon' },
    })
    await apply(kim, ana)
    const { resourceId, sourceId } = ana
    await apply({
      operation: 'update',
      sourceId,
      resourceId,
      resource: person('ana', { title: 'Engineer' }),
      plan: { active: true },
    })
    const read1 = await read(resourceId)
    expect(read1).to.deep.include({ title: 'Engineer', active: true })
    expect(read1).to.not.have.property('nickName')
    expect((read1[enterpriseSchema] as JsonObject)['manager']).to.deep.include({ value: kim.resourceId })
    expect((read1[rollcallSchema] as JsonObject)['locations']).to.have.length(1)
    const plan1 = { active: true, managerId: null, location: null }
    await apply({
      operation: 'update',
      sourceId,
      resourceId,
      resource: person('ana', { title: 'Engineer' }),
      plan: plan1,
    })
    const read2 = await read(resourceId)
    expect(read2).to.not.have.any.keys(enterpriseSchema, rollcallSchema)
    expect(read2['schemas']).to.deep.equal([userSchema])
    const { meta } = read2 as { meta: { version: string } }
    expect(meta.version).to.equal('W/"3"')
  })

  it('writes and tells nothing of an update that changes nothing', async () => {
    const ana = creating('ana')
    await apply(ana)
    const before = (await readLog(tenant)).length
    await apply({ ...ana, operation: 'update' })
    expect(await readLog(tenant)).to.have.length(before)
  })

  it('says what stays as another directory set it', async () => {
    const { id } = await tenant.scim.createUser('ana', { title: 'Clerk', displayName: 'Ana' })
    const resource = person('ana', { title: 'Engineer' })
    const run = await apply({
      operation: 'link',
      sourceId: 'a',
      resourceId: String(id),
      resource,
      plan: { active: true },
    })
    expect(await read(String(id))).to.deep.include({ title: 'Clerk', displayName: 'Ana' })
    const [change] = await run.changes()
    expect(change).to.deep.include({ operation: 'link', code: 'kept' })
    expect(change?.['detail']).to.match(/^Stays as it is: .*title \(set by Okta\)/)
    expect((await run.read())['stats']).to.deep.equal({ usersUpdated: 1 })
  })

  it('leaves it to others whom to activate, where the plan says so', async () => {
    const ana = creating('ana', { plan: {} })
    await apply(ana)
    expect(await read(ana.resourceId)).to.deep.include({ active: false })
    await tenant.scim.patch(`/Users/${ana.resourceId}`, [{ op: 'replace', path: 'active', value: true }])
    expect(await read(ana.resourceId)).to.deep.include({ active: true })
    await apply({ ...ana, operation: 'update', resource: person('ana', { title: 'Clerk' }) })
    expect(await read(ana.resourceId)).to.deep.include({ active: true, title: 'Clerk' })
    const ben = creating('ben', { plan: {} })
    await apply(ben)
    await apply({ ...ben, operation: 'update', resource: person('ben', { title: 'Clerk' }) })
    expect(await read(ben.resourceId)).to.deep.include({ active: false, title: 'Clerk' })
  })

  it('deactivates and activates, and tells both', async () => {
    const ana = creating('ana')
    const { sourceId, resourceId } = ana
    await apply(ana)
    const deactivated = await apply({
      operation: 'deactivate',
      sourceId,
      resourceId,
      resource: person('ana'),
      plan: { active: false },
    })
    expect(await read(resourceId)).to.deep.include({ active: false })
    expect((await deactivated.read())['stats']).to.deep.equal({ usersDisabled: 1 })
    await apply({ operation: 'activate', sourceId, resourceId, resource: person('ana'), plan: { active: true } })
    expect(await read(resourceId)).to.deep.include({ active: true })
    const told = (await readLog(tenant)).map(({ type }) => type).filter((type) => type.startsWith('user.'))
    expect(told).to.deep.equal(['user.created', 'user.updated', 'user.deactivated', 'user.updated', 'user.activated'])
  })

  it('takes who has left out of every group', async () => {
    const ana = creating('ana')
    await apply(ana)
    const { id: groupId } = await tenant.scim.createGroup('Runners', [ana.resourceId])
    const { sourceId, resourceId } = ana
    const left = { operation: 'deactivate', code: 'ended', sourceId, resourceId, plan: { active: false } } as const
    await apply({ ...left, resource: person('ana') })
    expect((await tenant.scim.get(`/Groups/${groupId}`)).body).to.not.have.property('members')
  })

  it('deletes, and brings back under the same id and into the same groups', async () => {
    const ana = creating('ana')
    await apply(ana)
    const { id: groupId } = await tenant.scim.createGroup('Runners', [ana.resourceId])
    const { sourceId, resourceId } = ana
    const gone = { operation: 'delete', sourceId, resourceId, record: { isMissing: true } } as const
    const run = await apply(gone)
    expect((await run.read())['stats']).to.deep.equal({ usersDeleted: 1 })
    expect((await application.get(`/Users/${resourceId}`)).status).to.equal(404)
    await apply(gone)
    await apply({ ...ana, operation: 'restore', resource: person('ana', { title: 'Clerk' }) })
    expect(await read(resourceId)).to.deep.include({ title: 'Clerk', externalId: 'ana', active: true })
    const { body } = await tenant.scim.get(`/Groups/${groupId}`)
    expect((body['members'] as JsonObject[]).map(({ value }) => value)).to.deep.equal([resourceId])
    const told = (await readLog(tenant)).map(({ type }) => type).filter((type) => type.startsWith('user.'))
    expect(told).to.deep.equal(['user.created', 'user.deleted', 'user.restored'])
  })

  it('ends its own link where others know the person, and takes it up again', async () => {
    const { id } = await tenant.scim.createUser('ana', { displayName: 'Ana' })
    const resourceId = String(id)
    const resource = person('ana', { title: 'Engineer' })
    const link = { operation: 'link', sourceId: 'a', resourceId, resource, plan: { active: true } } as const
    await apply(link)
    expect(await read(resourceId)).to.deep.include({ title: 'Engineer' })
    await apply({ operation: 'delete', sourceId: 'a', resourceId, record: { isMissing: true } })
    expect(await read(resourceId)).to.not.have.property('title')
    await apply({ ...link, operation: 'restore' })
    expect(await read(resourceId)).to.deep.include({ title: 'Engineer' })
  })

  it('anonymizes', async () => {
    const ana = creating('ana')
    await apply(ana)
    const { sourceId, resourceId } = ana
    const run = await apply({
      operation: 'anonymize',
      sourceId,
      resourceId,
      record: { isMissing: true, speaks: false },
    })
    expect(await read(resourceId)).to.deep.include({ userName: `anonymized-${resourceId}`, active: false })
    expect((await run.read())['stats']).to.deep.equal({ usersDeleted: 1 })
  })

  it('writes no more than what is known of a record where it is to be left alone', async () => {
    const { id } = await tenant.scim.createUser('ana')
    const before = (await readLog(tenant)).length
    const run = await apply(
      { operation: 'keep', sourceId: 'a', resourceId: String(id), record: { isMissing: true } },
      {
        operation: 'skip',
        sourceId: 'b',
        resourceId: null,
        code: 'no_email',
        record: { problem: 'no_email', speaks: false },
      },
      {
        operation: 'error',
        sourceId: 'c',
        resourceId: null,
        code: 'ambiguous',
        record: { problem: 'ambiguous', speaks: false },
      },
    )
    expect(await readLog(tenant)).to.have.length(before)
    expect((await run.read())['stats']).to.deep.equal({ usersSkipped: 1, usersErrors: 1 })
    const [record] = await readRecords('a')
    expect(record?.['missing_since']).to.deep.equal(run.startedAt)
    clock.advance(60_000)
    await apply({ operation: 'keep', sourceId: 'a', resourceId: String(id), record: { isMissing: true } })
    expect((await readRecords('a'))[0]?.['missing_since']).to.deep.equal(run.startedAt)
    await apply({ operation: 'keep', sourceId: 'a', resourceId: String(id) })
    expect((await readRecords('a'))[0]?.['missing_since']).to.equal(null)
  })

  it('frees a userName before it gives it to somebody else', async () => {
    const old = creating('ana')
    await apply(old)
    const { sourceId, resourceId } = old
    const userName = `ana@larkspur.example#${resourceId}`
    const next = creating('ana', { sourceId: 'ana2' })
    await apply({ operation: 'update', sourceId, resourceId, plan: { active: false, userName } }, next)
    expect(await read(resourceId)).to.deep.include({ userName, active: false })
    expect(await read(next.resourceId)).to.deep.include({ userName: 'ana@larkspur.example' })
  })

  it('links people to the office of the name, and makes it where it is missing', async () => {
    const kim = creating('kim', { plan: { active: true, location: 'Lisbon' } })
    const ana = creating('ana', { plan: { active: true, location: ' lisbon ' } })
    await apply(kim, ana)
    const offices = await query<{ id: string; name: string }>(
      testDatabase(),
      'select id, name from locations where org_id = $1',
      [tenant.organizationId],
    )
    expect(offices.map(({ name }) => name)).to.deep.equal(['Lisbon'])
    const id = offices[0]?.id
    for (const { resourceId } of [kim, ana]) {
      const { locations } = (await read(resourceId))[rollcallSchema] as JsonObject
      expect(locations).to.deep.equal([{ value: id, display: 'Lisbon', type: 'office', primary: true }])
    }
    const { sourceId, resourceId } = ana
    await apply({
      operation: 'update',
      sourceId,
      resourceId,
      resource: person('ana'),
      plan: { active: true, location: 'Porto' },
    })
    const { locations } = (await read(resourceId))[rollcallSchema] as { locations: JsonObject[] }
    expect(locations.map(({ display }) => display)).to.deep.equal(['Porto'])
  })
  it('goes with the organization, all that was read and done', async () => {
    await apply(creating('kim'), creating('ana', { plan: { active: true, location: 'Lisbon' } }))
    await query(testDatabase(), 'delete from organizations where org_id = $1', [tenant.organizationId])
    const tables = await query<{ name: string }>(
      testDatabase(),
      `select table_name as name from information_schema.columns where column_name = 'org_id' and table_schema = current_schema()`,
    )
    expect(tables.length).to.be.greaterThan(20)
    for (const { name } of tables) {
      const rows = await query(testDatabase(), `select 1 from ${name} where org_id = $1`, [tenant.organizationId])
      expect(rows, name).to.deep.equal([])
    }
  })
})

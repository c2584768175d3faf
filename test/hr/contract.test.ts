// Every answer of the HR API has the keys and types that its clients were promised, on the sample company. What is written down
// here is the promise; what Rollcall adds to it is marked.
import { expect } from 'chai'
import { loadSample } from '../../server/commands/sample.ts'
import { createDirectory } from '../../server/directory/directories.ts'
import { clock, createTenant } from '../support/app.ts'
import { HrClient } from '../support/hr-client.ts'
import { addPerson } from '../support/organization.ts'
import { testDatabase } from '../support/postgres.ts'
import type { Body, ScimClient } from '../support/scim-client.ts'
import { expectShape, type Shape } from '../support/shape.ts'

const department = 'Software Engineering'

type Keys = Readonly<Record<string, Shape>>

// A value that nobody knows is null, with all keys in their place.
const orNull = (shape: Keys, ...keys: readonly string[]): Keys =>
  Object.fromEntries(Object.entries(shape).map(([key, one]) => [key, keys.includes(key) ? `${one as string}?` : one]))

const employee: Keys = {
  id: 'string',
  employee_id: 'string',
  email: 'string',
  display_name: 'string',
  first_name: 'string',
  last_name: 'string',
  job_title: 'string',
  department: 'string',
  division: 'string',
  cost_center: 'string',
  manager_id: 'string',
  location: 'string',
  phone: 'string',
  status: 'string',
  employment_type: 'string',
  start_date: 'string',
  source: 'string',
  external_id: 'string',
  groups: ['string'],
  user_id: 'string',
  synced_at: 'integer',
  created_at: 'integer',
  updated_at: 'integer',
  org_id: 'string',
}
const sampleEmployee = orNull(employee, 'manager_id', 'external_id', 'user_id')

const employeeDetail: Keys = {
  ...employee,
  manager: { id: 'string', display_name: 'string', email: 'string', job_title: 'string' },
}

const summary: Keys = {
  id: 'string',
  employee_id: 'string',
  email: 'string',
  display_name: 'string',
  job_title: 'string',
  department: 'string',
  status: 'string',
}

const link: Keys = {
  level: 'integer',
  id: 'string',
  display_name: 'string',
  email: 'string',
  job_title: 'string',
  department: 'string',
}

const departmentShape: Keys = {
  name: 'string',
  division: 'string',
  headcount: 'integer',
  active: 'integer',
  on_leave: 'integer',
  contractors: 'integer',
  cost_center: 'string',
  head: { id: 'string', display_name: 'string', job_title: 'string' },
}

const node: Keys = {
  id: 'string',
  display_name: 'string',
  email: 'string',
  job_title: 'string',
  department: 'string',
  direct_report_count: 'integer',
  children: 'array',
}

const queued: Keys = {
  sync_id: 'string',
  source: 'string',
  sync_type: 'string',
  status: 'string',
  include_groups: 'boolean',
  queued_at: 'integer',
  estimated_duration_ms: 'integer',
}

const run: Keys = {
  sync_id: 'string',
  source: 'string',
  sync_type: 'string',
  status: 'string',
  started_at: 'integer',
  completed_at: 'integer',
  duration_ms: 'integer',
  stats: {
    users_created: 'integer',
    users_updated: 'integer',
    users_disabled: 'integer',
    users_deleted: 'integer',
    users_skipped: 'integer',
    users_errors: 'integer',
    groups_created: 'integer',
    groups_updated: 'integer',
    groups_deleted: 'integer',
    groups_skipped: 'integer',
    groups_errors: 'integer',
    memberships_added: 'integer',
    memberships_removed: 'integer',
    total_processed: 'integer',
  },
  errors: 'array',
  next_sync_token: 'string',
}

const match: Keys = {
  id: 'string',
  employee_id: 'string',
  email: 'string',
  display_name: 'string',
  job_title: 'string',
  department: 'string',
  location: 'string',
  status: 'string',
  match_score: 'number',
  match_field: 'string',
}

const group: Keys = {
  id: 'string',
  name: 'string',
  display_name: 'string',
  description: 'string',
  source: 'string',
  external_id: 'string',
  is_security_group: 'boolean',
  member_count: 'integer',
  synced_at: 'integer',
  created_at: 'integer',
}

const page = (data: Shape): Keys => ({ has_more: 'boolean', next_cursor: 'string?', data: [data] })

describe('the contract of the HR API', () => {
  let organizationId: string
  let hr: HrClient
  let application: ScimClient
  let people: Body[]
  let manager: Body
  let mira: string
  let begun: number
  before(async function () {
    this.timeout(60_000)
    const db = testDatabase()
    const tenant = await createTenant()
    organizationId = tenant.organizationId
    await db.updateTable('directories').set({ provider: 'azure_ad' }).where('id', '=', tenant.directoryId).execute()
    const { name } = await db
      .selectFrom('organizations')
      .select('name')
      .where('org_id', '=', organizationId)
      .executeTakeFirstOrThrow()
    await loadSample(db, { size: 200, organization: name, directory: tenant.directoryId, seed: 1 }, clock.now())
    application = await tenant.addApplication(['read', 'write', 'hr'])
    hr = new HrClient(application)
    people = (await hr.get('/employees', { limit: 100, department })).body['data'] as Body[]
    const reports = people.map((one) => one['manager_id'] as string)
    manager = people.find(({ id }) => reports.includes(String(id))) ?? {}
    begun = Math.floor(clock.now().getTime() / 1000)
    // Of whom everything is known.
    mira = await addPerson(tenant.scim, 'Mira Holm', {
      managerId: String(manager['id']),
      department,
      status: 'active',
      title: 'Engineer',
      enterprise: { division: 'Technology', costCenter: 'CC-1100' },
      employment: { employmentType: 'full_time', startDate: '2022-03-15', location: 'Ghent', platformUserId: 'usr_1' },
      more: { externalId: 'mira-1', phoneNumbers: [{ value: '+32 9 555 01 42', type: 'work' }] },
    })
    await tenant.scim.createGroup('Readers', [mira], { externalId: 'readers-1' })
  })

  it('of a list of employees', async () => {
    const reply = await hr.send('get', '/employees?limit=10&department=Software%20Engineering&status=active')
    expect(reply.status, reply.text).to.equal(200)
    expectShape(reply.body, page(sampleEmployee))
    expect(reply.body['data']).to.have.length(10)
    expect(reply.body).to.include({ has_more: true })
    for (const one of reply.body['data']) expect(one).to.include({ department, status: 'active', source: 'azure_ad' })
    expect((await hr.get('/employees')).body['data']).to.have.length(20)
  })

  it('of an employee, of whom everything is known', async () => {
    const reply = await hr.send('get', `/employees/${mira}`)
    expectShape(reply.body, employeeDetail)
    expect(reply.body).to.deep.include({
      id: mira,
      employee_id: 'E-mira.holm',
      first_name: 'Mira',
      last_name: 'Holm',
      manager_id: manager['id'],
      groups: ['Readers'],
      external_id: 'mira-1',
      user_id: 'usr_1',
      start_date: '2022-03-15',
      org_id: organizationId,
    })
    expect(reply.body['created_at']).to.be.within(begun, Math.floor(clock.now().getTime() / 1000))
  })

  it('of direct reports', async () => {
    const reply = await hr.send('get', `/employees/${manager['id']}/direct-reports`)
    // has_more and next_cursor are added: every list has them.
    expectShape(reply.body, page(summary))
    expect(reply.body).to.include({ has_more: false, next_cursor: null })
    expect(reply.body['data'].map((one: Body) => one['id'])).to.include(mira)
  })

  it('of a management chain', async () => {
    const reply = await hr.send('get', `/employees/${mira}/chain?direction=up&max_depth=5`)
    // end is added.
    expectShape(reply.body, {
      employee_id: 'string',
      direction: 'string',
      depth: 'integer',
      chain: [link],
      end: 'string',
    })
    const { chain } = reply.body
    expect(chain[0]).to.include({ level: 1, id: manager['id'] })
    expect(reply.body).to.include({ employee_id: mira, direction: 'up', depth: chain.length })
    const down = await hr.send('get', `/employees/${manager['id']}/chain?direction=down`)
    expectShape(down.body, {
      employee_id: 'string',
      direction: 'string',
      depth: 'integer',
      chain: [link],
      end: 'string',
    })
    expect(down.body['chain'].map((one: Body) => one['id'])).to.include(mira)
  })

  it('of departments', async () => {
    const reply = await hr.send('get', '/departments')
    expectShape(reply.body, page(departmentShape))
    const names = reply.body['data'].map((one: Body) => one['name'])
    expect(names).to.include(department)
    expect(names.map((name: string) => name.toLowerCase())).to.deep.equal(
      names.map((name: string) => name.toLowerCase()).toSorted(),
    )
  })

  it('of an org chart', async () => {
    const reply = await hr.send('get', `/org-chart?root_id=${manager['id']}&max_depth=2`)
    // other_roots is added.
    expectShape(reply.body, { root: node, total_nodes: 'integer', max_depth_reached: 'boolean', other_roots: 'array' })
    const count = (one: Body): number => {
      expectShape(one, node)
      return one['children'].reduce((sum: number, child: Body) => sum + count(child), 1)
    }
    expect(count(reply.body['root'])).to.equal(reply.body['total_nodes'])
    expect(reply.body['root']).to.include({
      id: manager['id'],
      direct_report_count: reply.body['root'].children.length,
    })
    const whole = await hr.send('get', '/org-chart')
    expect(count(whole.body['root'])).to.equal(whole.body['total_nodes'])
    expect(whole.body['total_nodes']).to.be.above(100)
  })

  it('of a synchronization and its status', async () => {
    const db = testDatabase()
    const pull = { kind: 'pull', provider: 'workday', name: 'Workday' } as const
    await createDirectory(db, organizationId, pull, clock.now())
    const order = { source: 'workday', sync_type: 'incremental', include_groups: true }
    const reply = await hr.send('post', '/sync', JSON.stringify(order))
    expect(reply.status, reply.text).to.equal(202)
    expectShape(reply.body, orNull(queued, 'estimated_duration_ms'))
    expect(reply.body).to.include({ ...order, status: 'queued', queued_at: Math.floor(clock.now().getTime() / 1000) })
    const syncId = String(reply.body['sync_id'])
    const waiting = await hr.send('get', `/sync/status?sync_id=${syncId}`)
    expectShape(waiting.body, orNull(run, 'started_at', 'completed_at', 'duration_ms', 'next_sync_token'))
    const startedAt = clock.now()
    const completedAt = new Date(startedAt.getTime() + 42_381)
    await db
      .updateTable('sync_runs')
      .set({
        status: 'completed',
        started_at: startedAt,
        completed_at: completedAt,
        stats: JSON.stringify({ usersCreated: 3, totalProcessed: 902 }),
        next_sync_token: 'delta-1',
      })
      .where('id', '=', syncId)
      .execute()
    const done = await hr.send('get', `/sync/status?sync_id=${syncId}`)
    expectShape(done.body, run)
    expect(done.body).to.deep.include({ sync_id: syncId, status: 'completed', duration_ms: 42_381, errors: [] })
    expect(done.body['stats']).to.include({ users_created: 3, users_updated: 0, total_processed: 902 })
    const next = await hr.send('post', '/sync', JSON.stringify(order))
    expectShape(next.body, queued)
  })

  it('of a look-up', async () => {
    const reply = await hr.send('post', '/lookup', '{ "query": "mira.holm", "limit": 5 }')
    expect(reply.status, reply.text).to.equal(200)
    const [first] = reply.body['data'] as Body[]
    expectShape(reply.body, { data: [match] })
    expect(first).to.include({ id: mira, match_field: 'email' })
    for (const { match_score: score } of reply.body['data'] as Body[]) {
      expect(score).to.be.within(0, 1)
      expect(Math.round(score * 100)).to.be.closeTo(score * 100, 1e-9)
    }
  })

  it('of groups', async () => {
    const reply = await hr.send('get', '/groups?limit=10&source=azure_ad')
    // next_cursor is added.
    expectShape(reply.body, page(orNull(group, 'external_id', 'description')))
    expect(reply.body['data']).to.have.length(10)
    const [readers] = (await hr.get('/groups', { search: 'Readers' })).body['data'] as Body[]
    expect(readers).to.include({ name: 'Readers', display_name: 'Readers', external_id: 'readers-1', member_count: 1 })
  })

  it('of the members of a group', async () => {
    const [found] = (await hr.get('/groups', { search: 'Source-Code-Access' })).body['data'] as Body[]
    const reply = await hr.send('get', `/groups/${found?.['id']}/members?resolve_nested=true`)
    expect(reply.status, reply.text).to.equal(200)
    // has_more and next_cursor are added.
    const { data, ...rest } = reply.body
    expectShape(rest, {
      group_id: 'string',
      group_name: 'string',
      member_count: 'integer',
      resolved_nested: 'boolean',
      has_more: 'boolean',
      next_cursor: 'string?',
    })
    expect(rest).to.include({ group_id: found?.['id'], group_name: 'Source-Code-Access', resolved_nested: true })
    const types = new Set<string>()
    for (const member of data as Body[]) {
      types.add(member['membership_type'])
      const via: Keys = member['membership_type'] === 'nested' ? { via_group: 'string' } : {}
      expectShape(member, { ...summary, membership_type: 'string', ...via })
    }
    expect([...types]).to.deep.equal(['nested'])
    const direct = await hr.get(`/groups/${found?.['id']}/members`, { resolve_nested: false })
    expect(direct.body).to.deep.include({ member_count: 0, resolved_nested: false, data: [] })
  })
})

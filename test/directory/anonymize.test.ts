// Anonymizing: the record stays, and nothing in the database says who it was.
import { expect } from 'chai'
import { createId } from '../../server/db/ids.ts'
import { query } from '../../server/db/query.ts'
import { numberEvents } from '../../server/events/numbering.ts'
import { applyRun } from '../../server/sync/apply/apply.ts'
import { AdminClient } from '../support/admin-client.ts'
import { clock, createTenant, getApp, type Tenant } from '../support/app.ts'
import { checkConsistency } from '../support/consistency.ts'
import { numberAll, numberingParts, readLog } from '../support/event-log.ts'
import { addPullDirectory, planByHand } from '../support/planned-run.ts'
import { testDatabase } from '../support/postgres.ts'
import { type Body, enterpriseSchema, type ScimClient, userSchema } from '../support/scim-client.ts'

// In everything that is said of the person.
const canary = 'zuleika'

describe('anonymizing', () => {
  let tenant: Tenant
  let admin: AdminClient
  let application: ScimClient
  beforeEach(async () => {
    tenant = await createTenant()
    admin = new AdminClient(tenant)
    application = await tenant.addApplication(['read', 'write'])
  })

  const person = (rest: Body = {}): Body => ({
    schemas: [userSchema, enterpriseSchema],
    userName: `${canary}@example.com`,
    externalId: `${canary}-1`,
    displayName: `${canary} Dobson`,
    name: { givenName: canary, familyName: 'Dobson' },
    emails: [{ value: `${canary}@example.com`, type: 'work', primary: true }],
    [enterpriseSchema]: { employeeNumber: `N-${canary}`, department: 'Law' },
    ...rest,
  })

  async function create(): Promise<string> {
    const { body, status } = await tenant.scim.post('/Users', person())
    expect(status).to.equal(201)
    return String(body['id'])
  }

  const anonymize = async (id: string): Promise<void> => {
    expect((await admin.post(`/users/${id}/anonymize`)).status).to.equal(204)
  }

  it('leaves a record with the id, and nothing of what anybody said of the person', async () => {
    const id = await create()
    const { scim: hr } = await tenant.addDirectory('HR')
    await hr.patch(`/Users/${id}`, [{ op: 'add', path: 'title', value: `${canary} of HR` }])
    const { id: groupId } = await tenant.scim.createGroup('Staff', [id])
    await anonymize(id)

    const { meta, ...read } = (await application.get(`/Users/${id}`)).body
    expect(read).to.deep.equal({ id, schemas: [userSchema], userName: `anonymized-${id}`, active: false })
    expect(meta.version).to.equal('W/"3"')
    expect((await tenant.scim.get(`/Groups/${groupId}`)).body).to.not.have.property('members')
    for (const directory of [tenant.scim, hr]) {
      expect((await directory.get(`/Users/${id}`)).status).to.equal(404)
      expect((await directory.get('/Users')).body['totalResults']).to.equal(0)
    }
    await checkConsistency(tenant)
  })

  it('leaves nothing of the person in the database, whatever was told of them, delivered and logged', async () => {
    const id = await create()
    const other = await tenant.scim.createUser('ana', { displayName: 'Ana Dobson' })
    await tenant.scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: `${canary}, once` }])
    await tenant.scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: 'Clerk' }])
    await numberAll(tenant)
    await tenant.scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'nickName', value: canary }])
    await tenant.scim.patch(`/Users/${canary}%40example.com`, [{ op: 'replace', path: 'nickName', value: 'Z' }])
    await addDelivery(id)
    await logRequests()
    expect(await findTraces()).to.include.members([
      'changes',
      'deliveries',
      'events',
      'links',
      'name_words',
      'request_log',
      'users',
    ])
    await anonymize(id)
    expect(await findTraces()).to.deep.equal([])
    await numberAll(tenant)
    expect(await findTraces()).to.deep.equal([])
    // The words of others stay.
    const [word] = await query(testDatabase(), `select 1 from name_words where org_id = $1 and word = 'dobson'`, [
      tenant.organizationId,
    ])
    expect(word).to.not.equal(undefined)
    expect((await tenant.scim.get(`/Users/${other['id']}`)).body['displayName']).to.equal('Ana Dobson')
    await checkConsistency(tenant)
  })

  it('leaves nothing of the person in what was read from sources, planned and reported', async () => {
    const { organizationId } = tenant
    const directoryId = await addPullDirectory(organizationId)
    const [id, other] = [createId('emp', clock.now()), createId('emp', clock.now())]
    const { externalId: _, ...resource } = person()
    const run = await planByHand(organizationId, directoryId, [
      { operation: 'create', sourceId: `${canary}-7`, resourceId: id, resource, plan: { active: true } },
      {
        operation: 'create',
        sourceId: 'ana-8',
        resourceId: other,
        resource: { schemas: [userSchema], userName: 'ana' },
        plan: { active: true },
      },
    ])
    await applyRun(run)
    await addReports(run.id)
    const before = ['pulled_records', 'run_changes', 'run_members', 'run_pages', 'source_records', 'sync_runs']
    expect(await findTraces()).to.include.members(before)
    await anonymize(id)
    expect(await findTraces()).to.deep.equal([])
    const db = testDatabase()
    // What is of others stays.
    const [page] = await query(db, 'select user_ids, deleted_ids, faults from run_pages where org_id = $1', [
      organizationId,
    ])
    expect(page).to.deep.equal({
      user_ids: ['ana-8'],
      deleted_ids: [],
      faults: [{ record: 'line 12', message: 'It has no id.' }],
    })
    const [row] = await query<Body>(db, 'select errors from sync_runs where org_id = $1', [organizationId])
    expect(row?.['errors']).to.have.length(1)
    const records = await query(db, 'select source_id from source_records where org_id = $1', [organizationId])
    expect(records).to.deep.equal([{ source_id: 'ana-8' }])
    const changes = await run.changes()
    expect(changes.map(({ operation, resource_id }) => [operation, resource_id])).to.deep.equal([
      ['create', id],
      ['create', other],
    ])
    await checkConsistency(tenant)
  })

  // What a run leaves that found something to say of the person, and of somebody else.
  async function addReports(runId: string): Promise<void> {
    const key = [tenant.organizationId, runId]
    const faults = [
      { record: `${canary}-7`, message: `${canary} has no e-mail address.` },
      { record: 'line 12', message: 'It has no id.' },
    ]
    const errors = [
      { code: 'no_email', message: `${canary} has none.`, recordId: `${canary}-7` },
      { code: 'duplicate_email', message: `ana has the address of ${canary}-7.`, recordId: 'ana-8' },
      { code: 'no_email', message: 'ana has none.', recordId: 'ana-8' },
    ]
    await query(
      testDatabase(),
      `with pages as (insert into run_pages (org_id, run_id, number, user_ids, group_ids, deleted_ids, faults, digest)
         values ($1, $2, 1, $3, '{}', $4, $5::jsonb, '')),
       members as (insert into run_members (org_id, run_id, page, group_id, member_type, stated_by, member_ids)
         values ($1, $2, 1, 'staff', 'user', 'member', $3)),
       renamed as (update run_changes set name = case position when 1 then $6 else 'ana' end, detail = 'like ' || $6
         where org_id = $1 and run_id = $2)
       update sync_runs set errors = $7::jsonb where org_id = $1 and id = $2`,
      [
        ...key,
        [`${canary}-7`, 'ana-8'],
        [`${canary}-7`],
        JSON.stringify(faults),
        `${canary}@example.com`,
        JSON.stringify(errors),
      ],
    )
  }

  /** Tables with a row that names the person. */
  async function findTraces(): Promise<string[]> {
    const tables = await query<{ name: string }>(
      testDatabase(),
      `select table_name as name from information_schema.columns
       where column_name = 'org_id' and table_schema = current_schema() order by 1`,
    )
    const found: string[] = []
    for (const { name } of tables) {
      const rows = await query<{ text: string }>(
        testDatabase(),
        `select t::text as text from ${name} t where org_id = $1 and lower(t::text) like '%${canary}%'`,
        [tenant.organizationId],
      )
      if (rows.length > 0) found.push(name)
    }
    return found
  }

  async function logRequests(): Promise<void> {
    const { app } = await getApp()
    await app.requestLog.flush()
  }

  async function addDelivery(id: string): Promise<void> {
    const text = `with s as (insert into subscriptions (org_id, id, kind, name, types, taken_number, created_at, modified_at)
        values ($1, $2 || '-feed', 'feed', 'Feed', '{*}', 0, now(), now()))
      insert into deliveries (org_id, id, subscription_id, event_number, event_id, event_type, resource_id, origin, state, content,
        attempts, created_at, ended_at)
      values ($1, 'dlv_' || $2, $2 || '-feed', 3, 'evt_1', 'user.created', $2, 'event', 'dead', $3, $4, now(), now())`
    const attempts = [{ at: new Date(), durationMs: 1, status: 500, error: null, answer: `No ${canary} here.` }]
    await query(testDatabase(), text, [
      tenant.organizationId,
      id,
      JSON.stringify({ data: { userName: canary } }),
      JSON.stringify(attempts),
    ])
  }

  it('is told, and what was told before is told without the person', async () => {
    const id = await create()
    await tenant.scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: 'Clerk' }])
    await numberAll(tenant)
    await tenant.scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: 'Engineer' }])
    await anonymize(id)
    const events = (await readLog(tenant)).filter(({ resourceId }) => resourceId === id)
    expect(events.map(({ type, version }) => [type, version])).to.deep.equal([
      ['user.created', 1],
      ['user.updated', 2],
      ['user.updated', 3],
      ['user.deactivated', 4],
      ['user.anonymized', 4],
    ])
    for (const { data } of events.slice(0, 3)) {
      expect(data).to.have.all.keys('directoryId', 'requestId', 'resource')
      expect([data.directoryId, data.requestId?.slice(0, 4), data.resource]).to.deep.equal([
        tenant.directoryId,
        'req_',
        null,
      ])
    }
    for (const { data } of events.slice(3)) {
      expect(data.resource).to.deep.include({ id, userName: `anonymized-${id}`, active: false })
      expect(data).to.not.have.property('changes')
    }
  })

  it('cannot be undone: nothing more is taken of the person, and they come back as somebody new', async () => {
    await admin.patch(`/directories/${tenant.directoryId}`, { restoreUsers: true })
    const id = await create()
    await anonymize(id)
    const patched = await application.patch(`/Users/${id}`, [{ op: 'replace', path: 'displayName', value: canary }])
    const put = await application.send('put', `/Users/${id}`, person())
    expect([patched.status, put.status]).to.deep.equal([409, 409])
    const again = await tenant.scim.post('/Users', person())
    expect(again.status).to.equal(201)
    expect(again.body['id']).to.not.equal(id)
    const asked = await tenant.scim.post('/Users', person({ userName: `anonymized-${id}` }))
    expect(asked.status).to.equal(409)
    expect((await application.delete(`/Users/${id}`)).status).to.equal(204)
    const afterDeletion = await tenant.scim.post('/Users', person({ userName: `anonymized-${id}` }))
    expect(afterDeletion.body['id']).to.not.equal(id)
    await checkConsistency(tenant)
  })

  it('keeps references to the person, who is passed over as somebody who has left', async () => {
    const id = await create()
    const manager = { schemas: [userSchema, enterpriseSchema], [enterpriseSchema]: { manager: { value: id } } }
    const report = await tenant.scim.createUser('ana', manager)
    await anonymize(id)
    const read = (await application.get(`/Users/${report['id']}`)).body
    expect(read[enterpriseSchema].manager.value).to.equal(id)
    const hr = await tenant.addApplication(['hr'])
    const chain = await hr.send('get', `//v1/hr/employees/${report['id']}/chain`)
    expect(JSON.stringify(chain.body)).to.not.include(canary)
  })

  it('also forgets somebody who was deleted, for whom there is no record', async () => {
    const id = await create()
    await numberAll(tenant)
    await tenant.scim.delete(`/Users/${id}`)
    await logRequests()
    await anonymize(id)
    expect(await findTraces()).to.deep.equal([])
    const events = (await readLog(tenant)).filter(({ resourceId }) => resourceId === id)
    expect(events.map(({ type, version, data }) => [type, version, data.resource])).to.deep.equal([
      ['user.created', 1, null],
      ['user.deleted', 2, null],
      ['user.anonymized', 2, null],
    ])
    await anonymize(id)
    expect((await readLog(tenant)).filter(({ resourceId }) => resourceId === id)).to.have.length(3)
    await checkConsistency(tenant)
  })

  it('is done once, and only to somebody who is or was there', async () => {
    const id = await create()
    await Promise.all([anonymize(id), anonymize(id)])
    await anonymize(id)
    const told = (await readLog(tenant)).filter(({ type }) => type === 'user.anonymized')
    expect(told).to.have.length(1)
    expect((await admin.post('/users/emp_0/anonymize')).status).to.equal(404)
    const other = new AdminClient(await createTenant())
    expect((await other.post(`/users/${id}/anonymize`)).status).to.equal(404)
  })

  it('leaves nothing behind that was being numbered, or written, at that moment', async () => {
    const id = await create()
    const parts = numberingParts()
    const writing = new AbortController()
    const number = async (): Promise<void> => {
      while (!writing.signal.aborted) await numberEvents(parts)
    }
    const write = async (from: number): Promise<void> => {
      for (let at = from; at < from + 15; at++) {
        await tenant.scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: `${canary} ${at}` }])
      }
    }
    const act = async (): Promise<void> => {
      await write(0)
      await Promise.all([write(100), write(200), anonymize(id)])
      writing.abort()
    }
    await Promise.all([act(), number(), number()])
    await numberAll(tenant, parts)
    await logRequests()
    expect(await findTraces()).to.deep.equal([])
    await checkConsistency(tenant)
  })
})

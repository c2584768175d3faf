// Whom the source no longer returns, and who comes back.
import { expect } from 'chai'
import { query } from '../../server/db/query.ts'
import { checkConsistency } from '../support/consistency.ts'
import { numberAll } from '../support/event-log.ts'
import { type Body, type ScimClient } from '../support/scim-client.ts'
import { type RunRow, TestSync } from '../support/sync.ts'
import { addressOf, scriptPerson } from '../support/sync-people.ts'

// In everything that is said of the person.
const canary = 'zuleika'

describe('who is gone from the source', () => {
  let sync: TestSync
  let application: ScimClient
  beforeEach(async () => {
    sync = await TestSync.create({ settings: { massChangeGuard: { share: null, number: null } } })
    application = await sync.tenant.addApplication(['read', 'write'])
  })
  afterEach(() => checkConsistency(sync.tenant))

  async function run(isFull = true): Promise<RunRow> {
    const done = await sync.run({ isFull, type: isFull ? 'full' : 'incremental' })
    expect(done.status, JSON.stringify(done.failure ?? done.hold)).to.equal('completed')
    return done
  }

  const idOf = async (sourceId: string): Promise<string> => String((await sync.readRecord(sourceId))?.resource_id)

  it('comes back into the groups that they were in, of the source and of others', async () => {
    await sync.set({ orphanedUsers: 'delete' })
    sync.source.groups = [{ id: 'g', displayName: 'Staff' }]
    sync.source.people = [scriptPerson('ana', { groups: ['g'] }), scriptPerson('ben', { groups: ['g'] })]
    await run()
    const id = await idOf('ana')
    await application.createGroup('Runners', [id])
    const all = sync.source.people
    sync.source.remove('ana')
    await run()
    expect((await application.get(`/Users/${id}`)).status).to.equal(404)
    sync.source.people = all
    await run()
    const { body } = await application.get(`/Users/${id}`)
    const names = (body['groups'] as Body[]).map(({ display }) => display)
    expect(names).to.have.members(['Runners', 'Staff'])
  })

  it('comes back once, whoever asks again', async () => {
    await sync.set({ orphanedUsers: 'delete' })
    sync.source.people = [scriptPerson('ana'), scriptPerson('ben')]
    await run()
    const id = await idOf('ana')
    sync.source.remove('ana')
    await run()
    sync.source.people = [scriptPerson('ana'), scriptPerson('ben')]
    await run()
    await run()
    expect(await idOf('ana')).to.equal(id)
    expect((await application.get(`/Users/${id}`)).body['meta']).to.deep.include({ version: 'W/"3"' })
  })

  it('is nowhere in the database any more where they are anonymized', async () => {
    await sync.set({ orphanedUsers: 'anonymize' })
    sync.source.groups = [{ id: 'g', displayName: 'Staff' }]
    const id = `${canary}-1`
    const address = `${canary}@larkspur.example`
    const known = { employeeNumber: `N-${canary}`, nickName: canary, groups: ['g'], location: 'Lisbon' }
    const others = [
      scriptPerson('ana', {
        manager: id,
        hrContact: address,
        groups: ['g'],
        nickName: 'A',
        title: 'Clerk',
        employeeNumber: 'N-1',
        location: 'Porto',
      }),
      // Of the same address: the report says so.
      scriptPerson('zz', { email: address, nickName: 'B', title: 'Clerk', employeeNumber: 'N-2', location: 'Faro' }),
    ]
    sync.source.people = [scriptPerson(id, { email: address, ...known }), ...others]
    const first = await run()
    expect(Object.values(await sync.tellChanges(first.id))).to.include('error duplicate_email')
    sync.source.change(id, { title: `Aide to ${canary}` })
    await run()
    await numberAll(sync.tenant)
    const userId = await idOf(id)
    const before = await findTraces()
    expect(before).to.include.members(['pulled_records', 'run_changes', 'run_pages', 'run_members', 'source_records'])
    sync.source.people = others.map((one) => (one.id === 'zz' ? { ...one, email: addressOf('zz') } : one))
    const done = await run()
    expect((await sync.listChanges(done.id)).map(({ operation }) => operation)).to.include('anonymize')
    expect(await findTraces()).to.deep.equal([])
    await numberAll(sync.tenant)
    expect(await findTraces()).to.deep.equal([])
    const { body } = await application.get(`/Users/${userId}`)
    expect(body).to.deep.include({ userName: `anonymized-${userId}`, active: false })
    await run()
    expect(await findTraces()).to.deep.equal([])
  })

  /** Tables with a row that names the person. */
  async function findTraces(): Promise<string[]> {
    const { db } = sync.services
    const tables = await query<{ name: string }>(
      db,
      `select table_name as name from information_schema.columns
       where column_name = 'org_id' and table_schema = current_schema() order by 1`,
    )
    const found: string[] = []
    for (const { name } of tables) {
      const text = `select 1 from ${name} t where org_id = $1 and lower(t::text) like '%${canary}%'`
      if ((await query(db, text, [sync.organizationId])).length > 0) found.push(name)
    }
    return found
  }
})

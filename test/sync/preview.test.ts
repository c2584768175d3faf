// A preview says what a run would do, and does nothing.
import { expect } from 'chai'
import { query } from '../../server/db/query.ts'
import { testDatabase } from '../support/postgres.ts'
import type { ScriptedPerson } from '../support/scripted-source.ts'
import { TestSync } from '../support/sync.ts'

const person = (id: string, fields: object = {}): ScriptedPerson => ({
  id,
  email: `${id}@example.com`,
  firstName: id,
  lastName: 'Person',
  status: 'active',
  ...fields,
})

// What a run writes of itself.
const ofRuns = ['sync_runs', 'run_pages', 'run_members', 'run_changes', 'pulled_records']

/** Table → a checksum of all that the organization has there; of what is a run's, without that of one run. */
async function sum({ organizationId }: TestSync, without = ''): Promise<Record<string, string>> {
  const tables = await query<{ name: string; column: string | null }>(
    testDatabase(),
    `select t.table_name as name, c.column_name as column from information_schema.tables t
     left join information_schema.columns c on c.table_schema = t.table_schema and c.table_name = t.table_name
       and c.column_name = 'org_id'
     where t.table_schema = 'public' and t.table_type = 'BASE TABLE' order by 1`,
  )
  const sums: Record<string, string> = {}
  for (const { name, column } of tables) {
    // What is nobody's is no organization's to change.
    if (column === null) continue
    const run = name === 'sync_runs' ? 'id' : 'run_id'
    const condition = ofRuns.includes(name) ? `and t.${run} <> $2` : 'and $2::text is not null'
    const [row] = await query<{ sum: string }>(
      testDatabase(),
      `select count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)), 0) as sum from ${name} t
       where t.org_id = $1 ${name === 'outbox' ? `and t.resource_type <> 'Sync'` : ''} ${condition}`,
      [organizationId, without],
    )
    sums[name] = row?.sum ?? ''
  }
  return sums
}

describe('a preview', () => {
  it('plans what a sync would do, and changes nothing but what is said of itself', async () => {
    const sync = await TestSync.create({ settings: { orphanedUsers: 'delete' } })
    sync.source.groups = [{ id: 'g1', displayName: 'One' }]
    sync.source.people = [
      ...Array.from({ length: 12 }, (_, index) => person(`p${index}`)),
      person('ada', { groups: ['g1'], manager: 'p1' }),
    ]
    await sync.run()
    sync.source.groups = [{ id: 'g2', displayName: 'Two' }]
    sync.source.remove('p3')
    sync.source.change('p2', { title: 'Clerk', groups: ['g2'] })
    sync.source.change('p4', { status: 'terminated' })
    sync.source.people = [...sync.source.people, person('new', { manager: 'ada' })]
    const before = await sum(sync)
    expect(Object.keys(before)).to.include.members(['users', 'links', 'groups', 'memberships', 'source_records'])
    const preview = await sync.run({ purpose: 'preview' })
    expect(preview).to.deep.include({ status: 'completed', stage: 'guard' })
    expect(await sum(sync, preview.id)).to.deep.equal(before)
    expect(await sync.tellChanges(preview.id)).to.include({ p2: 'update', new: 'create' })
    expect(await sync.listEvents(preview.id)).to.deep.equal(['sync.queued', 'sync.started', 'sync.completed'])

    const run = await sync.run()
    expect(run.status).to.equal('completed')
    expect(await sync.tellChanges(run.id)).to.deep.equal(await sync.tellChanges(preview.id))
    expect(run.stats).to.deep.equal(preview.stats)
  })

  it('of a first sync leaves it the first', async () => {
    const sync = await TestSync.create()
    sync.source.people = [person('ada'), person('bob', { status: 'terminated' })]
    const preview = await sync.run({ purpose: 'preview' })
    expect(await sync.tellChanges(preview.id)).to.include({ ada: 'create' })
    expect(await sync.listPeople()).to.deep.equal({})
    expect(await sync.readRecord('ada')).to.equal(undefined)
    const run = await sync.run()
    expect(await sync.tellChanges(run.id)).to.deep.equal(await sync.tellChanges(preview.id))
    expect(await sync.listPeople()).to.have.keys('ada@example.com')
  })

  it('says what would have to be approved, and waits for nobody', async () => {
    const sync = await TestSync.create({ settings: { orphanedUsers: 'deactivate' } })
    sync.source.people = Array.from({ length: 20 }, (_, index) => person(`p${index}`))
    await sync.run()
    sync.source.people = sync.source.people.slice(0, 8)
    const preview = await sync.run({ purpose: 'preview' })
    expect(preview.status).to.equal('completed')
    expect(preview.hold).to.have.nested.property('reasons[0].code')
    expect(Object.values(await sync.listPeople())).to.deep.equal(Array(20).fill(true))
  })
})

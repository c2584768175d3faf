// What runs leave is removed when it is old enough, but for what a directory still says.
import { expect } from 'chai'
import { query } from '../../server/db/query.ts'
import { sweep } from '../../server/ops/chores.ts'
import { rejectRun } from '../../server/sync/runs/approval.ts'
import { clock } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'
import type { ScriptedPerson } from '../support/scripted-source.ts'
import { TestSync } from '../support/sync.ts'

const dayMs = 86_400_000

const person = (id: string, fields: object = {}): ScriptedPerson => ({
  id,
  email: `${id}@example.com`,
  firstName: id,
  lastName: 'Person',
  status: 'active',
  ...fields,
})

describe('what syncs leave', () => {
  let sync: TestSync
  beforeEach(async () => {
    sync = await TestSync.create({ settings: { orphanedUsers: 'deactivate' } })
    sync.source.groups = [{ id: 'g1', displayName: 'One' }]
    sync.source.people = Array.from({ length: 20 }, (_, index) => person(`p${index}`, { groups: ['g1'] }))
  })

  const sweepAfter = (days: number): Promise<void> => {
    const retention = { tombstoneDays: 1000, requestLogDays: 1000, eventDays: 1000, syncDays: 30 }
    return sweep({ ...retention, db: testDatabase(), now: () => new Date(clock.now().getTime() + days * dayMs) })
  }

  async function count(table: string): Promise<number> {
    const text = `select count(*) as count from ${table} where org_id = $1`
    const [row] = await query<{ count: number }>(testDatabase(), text, [sync.organizationId])
    return row?.count ?? 0
  }

  const listStatuses = async (): Promise<string[]> =>
    (await sync.listRuns()).map(({ purpose, status }) => `${purpose} ${status}`)

  it('is kept for days, and the reports of the last ones for good', async () => {
    await sync.run()
    await sync.run({ purpose: 'preview' })
    await sync.run()
    await sync.run({ type: 'incremental', isFull: false })
    await sweepAfter(29)
    expect(await listStatuses()).to.have.lengthOf(4)
    await sweepAfter(31)
    expect((await sync.listRuns()).map(({ is_full }) => is_full)).to.deep.equal([true, false])
    sync.source.change('p1', { title: 'Clerk' })
    const run = await sync.run()
    expect(run.status).to.equal('completed')
    expect((await sync.readPerson('p1'))?.['title']).to.equal('Clerk')
  })

  it('of what was read lasts a day, where nobody says it any more', async () => {
    await sync.run()
    sync.source.change('p1', { title: 'Clerk' })
    await sync.run()
    sync.source.change('p2', { title: 'Chief' })
    await sync.run({ purpose: 'preview' })
    expect(await count('pulled_records')).to.equal(21 + 1 + 1)
    await sweepAfter(0.9)
    expect(await count('pulled_records')).to.equal(23)
    expect(await count('run_members')).to.be.above(0)
    await sweepAfter(1.1)
    // What p1 said first, and what p2 did not say to us.
    expect(await count('pulled_records')).to.equal(21)
    expect([await count('run_members'), await count('run_pages')]).to.deep.equal([0, 0])
    const [left] = await query<{ count: number }>(
      testDatabase(),
      `select count(*) as count from source_records s join pulled_records p using (org_id, run_id, type, source_id)
       where s.org_id = $1`,
      [sync.organizationId],
    )
    expect(left?.count).to.equal(21)
  })

  it('stays as long as somebody may still approve it', async () => {
    await sync.run()
    sync.source.people = sync.source.people.slice(0, 8)
    sync.source.change('p1', { title: 'Clerk' })
    const held = await sync.run()
    await sweepAfter(100)
    expect((await sync.readRun(held.id)).status).to.equal('awaiting_approval')
    expect(await count('pulled_records')).to.equal(22)
    const changes = await sync.listChanges(held.id)
    expect(changes).not.to.deep.equal([])
    await rejectRun(
      testDatabase(),
      { organizationId: sync.organizationId, id: held.id },
      { at: clock.now(), decidedBy: 'x' },
    )
    await sweepAfter(2)
    expect(await count('pulled_records')).to.equal(21)
  })

  it('goes with its run, and with its organization', async () => {
    await sync.run()
    await sync.run()
    const [first] = await sync.listRuns()
    expect(await sync.listChanges(first?.id ?? '')).not.to.deep.equal([])
    await sweepAfter(31)
    expect(await sync.listChanges(first?.id ?? '')).to.deep.equal([])
    sync.source.change('p1', { title: 'Clerk' })
    await sync.run()
    await query(testDatabase(), 'delete from organizations where org_id = $1', [sync.organizationId])
    await sweepAfter(31)
    expect([await count('pulled_records'), await count('run_changes')]).to.deep.equal([0, 0])
  })
})

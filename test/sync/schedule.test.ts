// When runs are asked for by themselves.
import { expect } from 'chai'
import { query } from '../../server/db/query.ts'
import { listDueLifecycles, nextRunAt, queueLifecycle, queueScheduled } from '../../server/sync/runs/schedule.ts'
import type { Schedule } from '../../server/sync/setup/settings.ts'
import { listDueDirectories } from '../../server/directory/pull-directories.ts'
import { clock } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'
import { TestSync } from '../support/sync.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

const next = (schedule: Schedule, after: string, timeZone = 'UTC'): string | undefined =>
  nextRunAt(schedule, timeZone, new Date(after))?.toISOString()

describe('a schedule', () => {
  it('asks for nothing where it is disabled', () => {
    expect(next({ kind: 'disabled' }, '2026-03-01T12:00:00Z')).to.equal(undefined)
  })

  it('counts an interval from the run before', () => {
    expect(next({ kind: 'interval', minutes: 30 }, '2026-03-01T12:10:05Z')).to.equal('2026-03-01T12:40:05.000Z')
  })

  it('asks every day at a time in the organization’s zone, or its own', () => {
    const daily = { kind: 'daily', at: '02:30' } as const
    expect(next(daily, '2026-03-01T02:29:00Z')).to.equal('2026-03-01T02:30:00.000Z')
    expect(next(daily, '2026-03-01T02:30:00Z')).to.equal('2026-03-02T02:30:00.000Z')
    expect(next(daily, '2026-03-01T12:00:00Z', 'Asia/Tokyo')).to.equal('2026-03-01T17:30:00.000Z')
    const own = { ...daily, timeZone: 'America/New_York' }
    expect(next(own, '2026-03-01T12:00:00Z', 'Asia/Tokyo')).to.equal('2026-03-02T07:30:00.000Z')
  })

  it('follows the clocks where they change, and leaves out no day', () => {
    const daily = { kind: 'daily', at: '02:30' } as const
    expect(next(daily, '2026-03-28T12:00:00Z', 'Europe/Berlin')).to.match(/^2026-03-29T01:[03]0/)
    expect(next(daily, '2026-03-29T12:00:00Z', 'Europe/Berlin')).to.equal('2026-03-30T00:30:00.000Z')
    expect(next(daily, '2026-10-25T12:00:00Z', 'Europe/Berlin')).to.equal('2026-10-26T01:30:00.000Z')
  })

  it('reads a cron expression in its zone', () => {
    const workdays = { kind: 'cron', expression: '0 7 * * 1-5', timeZone: 'Europe/Berlin' } as const
    expect(next(workdays, '2026-01-02T07:00:00Z')).to.equal('2026-01-05T06:00:00.000Z')
  })
})

describe('scheduled runs', () => {
  async function create(schedule: Schedule): Promise<TestSync> {
    const sync = await TestSync.create({ settings: { schedule } })
    sync.source.people = [{ id: 'a', email: 'a@example.com', firstName: 'A', lastName: 'Person', status: 'active' }]
    return sync
  }

  const keyOf = (sync: TestSync): { organizationId: string; id: string } => ({
    organizationId: sync.organizationId,
    id: sync.directoryId,
  })

  it('begin with the first one, and come in its intervals: what has changed, and once a day everything', async () => {
    const sync = await create({ kind: 'interval', minutes: 360 })
    await sync.settle()
    expect(await sync.listRuns()).to.deep.equal([])
    const first = await sync.run()
    const began = first.started_at?.getTime() ?? 0
    for (let hours = 6; hours <= 30; hours += 6) {
      clock.advance(began + hours * hourMs + 1000 - clock.now().getTime())
      await sync.settle()
    }
    const runs = await sync.listRuns()
    expect(runs.map(({ status }) => status)).to.deep.equal(Array(6).fill('completed'))
    expect(runs.map(({ type }) => type)).to.deep.equal([
      'full',
      'incremental',
      'incremental',
      'incremental',
      'full',
      'incremental',
    ])
    expect(await sync.readNextRunAt()).to.deep.equal(new Date(began + 36 * hourMs))
  })

  it('that were missed are made up for by one', async () => {
    const sync = await create({ kind: 'interval', minutes: 30 })
    const first = await sync.run()
    clock.advance(200 * minuteMs)
    await sync.settle()
    expect(await sync.listRuns()).to.have.lengthOf(2)
    expect(await sync.readNextRunAt()).to.deep.equal(new Date((first.started_at?.getTime() ?? 0) + 210 * minuteMs))
  })

  it('are asked for by one of several processes', async () => {
    const sync = await create({ kind: 'interval', minutes: 30 })
    await sync.run()
    clock.advance(31 * minuteMs)
    const queued = await Promise.all(
      Array.from({ length: 8 }, () => queueScheduled(testDatabase(), keyOf(sync), clock.now())),
    )
    expect(queued.filter((id) => id !== undefined)).to.have.lengthOf(1)
    await sync.settle()
    expect(await sync.listRuns()).to.have.lengthOf(2)
  })

  it('are left out where another one is under way', async () => {
    const sync = await create({ kind: 'interval', minutes: 30 })
    await sync.run()
    clock.advance(31 * minuteMs)
    const id = await sync.request()
    expect(await queueScheduled(testDatabase(), keyOf(sync), clock.now())).to.equal(undefined)
    expect((await sync.listRuns()).map((run) => run.id)).to.include(id)
    expect((await sync.readNextRunAt())?.getTime()).to.be.above(clock.now().getTime())
  })

  it('do not come while the directory is paused or not connected', async () => {
    const sync = await create({ kind: 'interval', minutes: 30 })
    await sync.run()
    await sync.pause(true)
    clock.advance(31 * minuteMs)
    await sync.settle()
    expect(await sync.listRuns()).to.have.lengthOf(1)
    expect(await listDue(listDueDirectories, sync)).to.equal(false)
    await sync.pause(false)
    expect(await listDue(listDueDirectories, sync)).to.equal(true)
    await sync.disconnect()
    expect(await listDue(listDueDirectories, sync)).to.equal(false)
    await sync.settle()
    expect(await sync.listRuns()).to.have.lengthOf(1)
  })

  it('are told as nobody’s', async () => {
    const sync = await create({ kind: 'interval', minutes: 30 })
    await sync.run()
    clock.advance(31 * minuteMs)
    await sync.settle()
    const [, second] = await sync.listRuns()
    const [told] = await sync.readEvents(second?.id ?? '', 'sync.queued')
    expect(told).to.deep.include({ directoryId: null, requestId: null })
    expect(told?.['resource']).to.deep.include({ source: 'scripted', type: 'incremental', purpose: 'sync' })
  })

  it('come on the day that changes what is known, and not again within the hour where they could not do it', async () => {
    const sync = await create({ kind: 'disabled' })
    await sync.run()
    const dueAt = new Date(clock.now().getTime() + hourMs)
    await query(testDatabase(), 'update source_records set due_at = $2 where org_id = $1', [sync.organizationId, dueAt])
    const queue = (): Promise<string | undefined> => queueLifecycle(testDatabase(), keyOf(sync), clock.now())
    expect(await queue()).to.equal(undefined)
    clock.advance(hourMs + 1000)
    expect(await listDue(listDueLifecycles, sync)).to.equal(true)
    const queued = await Promise.all(Array.from({ length: 4 }, queue))
    const ids = queued.filter((id) => id !== undefined)
    expect(ids).to.have.lengthOf(1)
    const text = `update sync_runs set status = 'failed', completed_at = $2 where id = $1`
    await query(testDatabase(), text, [ids[0], clock.now()])
    expect(await queue()).to.equal(undefined)
    expect(await listDue(listDueLifecycles, sync)).to.equal(false)
    clock.advance(hourMs)
    await sync.settle()
    const runs = await sync.listRuns()
    expect(runs.map(({ purpose, status }) => `${purpose} ${status}`)).to.deep.equal([
      'sync completed',
      'lifecycle failed',
      'lifecycle completed',
    ])
    expect(sync.source.pulls).to.have.lengthOf(1)
    expect(await listDue(listDueLifecycles, sync)).to.equal(false)
  })
})

async function listDue(list: typeof listDueDirectories, sync: TestSync): Promise<boolean> {
  return (await list(testDatabase(), clock.now(), 10_000)).some(({ id }) => id === sync.directoryId)
}

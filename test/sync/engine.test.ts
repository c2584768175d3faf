// Runs from beginning to end, and what comes in between: that they go on where they were, are done by one at a time, and end as they should.
import { expect } from 'chai'
import { ProviderError, type ProviderErrorKind } from '../../providers/provider.ts'
import { AppError } from '../../server/errors.ts'
import { doRun } from '../../server/sync/engine/engine.ts'
import type { SyncServices } from '../../server/sync/services.ts'
import { clock } from '../support/app.ts'
import type { ScriptedPerson } from '../support/scripted-source.ts'
import { type RunRow, TestSync } from '../support/sync.ts'

const minuteMs = 60_000
const never = new AbortController().signal

const ada = {
  id: '1',
  email: 'ada@example.com',
  firstName: 'Ada',
  lastName: 'Lovelace',
  status: 'active',
  title: 'Chief',
}
const bob = { id: '2', email: 'bob@example.com', firstName: 'Bob', lastName: 'Babbage', status: 'active', manager: '1' }

const makeMany = (length: number): ScriptedPerson[] =>
  Array.from({ length }, (_, index) => ({ ...ada, id: `${index}`, email: `p${index}@example.com` }))

const fail = (kind: ProviderErrorKind, retryAfterMs?: number): ProviderError =>
  new ProviderError(kind, `The source says ${kind}.`, retryAfterMs === undefined ? {} : { retryAfterMs })

describe('the sync engine', () => {
  let sync: TestSync
  beforeEach(async () => {
    sync = await TestSync.create()
    sync.source.people = [bob, ada]
  })

  const start = (id: string, holder: string, signal = never, services: SyncServices = sync.services): Promise<void> =>
    doRun(services, { organizationId: sync.organizationId, id }, holder, signal)

  /** Lets the time come at which a run goes on, and does it. */
  async function wait(run: RunRow): Promise<RunRow> {
    clock.advance((run.due_at?.getTime() ?? 0) - clock.now().getTime())
    await sync.settle()
    return sync.readRun(run.id)
  }

  it('brings the people of a source into the directory, and does nothing where nothing has changed', async () => {
    const first = await sync.run()
    expect(first).to.deep.include({ status: 'completed', stage: 'notify', is_full: true, failure: null, holder: null })
    expect(first.errors).to.deep.equal([])
    expect(await sync.listPeople()).to.deep.equal({ 'ada@example.com': true, 'bob@example.com': true })
    expect((await sync.readPerson('1'))?.['title']).to.equal('Chief')
    const second = await sync.run()
    expect(second.status).to.equal('completed')
    expect(await sync.listChanges(second.id)).to.deep.equal([])
  })

  it('tells how far it is', async () => {
    const seen: RunRow['progress'][] = []
    sync.source.people = makeMany(2300)
    const id = await sync.request()
    // What was read is stored five hundred records later, at the latest.
    sync.source.beforePage = async (page) => {
      if (page === 22) seen.push((await sync.readRun(id)).progress)
    }
    await sync.settle()
    expect(seen[0]).to.include({ totalPages: 23 })
    expect(seen[0]?.['records']).to.be.oneOf([1500, 2000])
    const { progress } = await sync.readRun(id)
    expect(progress).to.include({ pages: 23, totalPages: 23, records: 2300, planned: 2300, applied: 2300 })
  })

  it('fails at once where somebody has to set the connection right, and says what the source said', async () => {
    sync.source.failAt(1, fail('settings'))
    const run = await sync.run()
    expect(run).to.deep.include({
      status: 'failed',
      failure: { kind: 'settings', message: 'The source says settings.' },
    })
    expect(sync.source.pulls).to.have.lengthOf(1)
    expect(await sync.listPeople()).to.deep.equal({})
    expect((await sync.run()).status).to.equal('completed')
  })

  it('fails where the directory is not connected, or its provider is not there', async () => {
    const other = { ...sync.services, providers: new Map() }
    const id = await sync.request()
    await start(id, 'one', never, other)
    const { status, failure } = await sync.readRun(id)
    expect([status, failure?.['kind'], failure?.['message']]).to.deep.equal([
      'failed',
      'settings',
      'This installation has no provider scripted; start a version that has it.',
    ])
    await sync.disconnect()
    const run = await sync.run()
    expect(run.failure).to.deep.include({ kind: 'settings' })
    expect(run.failure?.['message']).to.match(/^Scripted source cannot be opened: The directory is not connected/)
  })

  it('tries again what passes, later and later, and fails after five attempts', async () => {
    sync.source.failAt(1, fail('transient'), 5)
    let run = await sync.run()
    for (const minutes of [1, 4, 16, 64]) {
      expect(run).to.deep.include({ status: 'queued', stage: 'fetch', holder: null })
      expect(run.failure).to.deep.equal({ kind: 'transient', message: 'The source says transient.' })
      const waits = ((run.due_at?.getTime() ?? 0) - clock.now().getTime()) / minuteMs
      expect(waits).to.be.within(minutes * 0.79, minutes * 1.21)
      await sync.settle()
      expect((await sync.readRun(run.id)).attempt, 'before its time').to.equal(run.attempt)
      run = await wait(run)
    }
    expect(run).to.deep.include({ status: 'failed', attempt: 4 })
    expect(run.failure).to.deep.equal({ kind: 'transient', message: 'The source says transient.' })
    expect(sync.source.pulls).to.have.lengthOf(5)
  })

  it('goes on after an error has passed, and has no failure then', async () => {
    sync.source.failAt(1, fail('unexpected'))
    const run = await wait(await sync.run())
    expect(run).to.deep.include({ status: 'completed', attempt: 1, failure: null })
    expect(await sync.listPeople()).to.have.keys('ada@example.com', 'bob@example.com')
  })

  it('asks no sooner than the source allows', async () => {
    sync.source.failAt(1, fail('rate_limited', 50 * minuteMs))
    const run = await sync.run()
    const waits = ((run.due_at?.getTime() ?? 0) - clock.now().getTime()) / minuteMs
    expect(waits).to.be.within(49, 50)
  })

  it('says nothing of what went wrong here but that it is in the log', async () => {
    const services = { ...sync.services, canonize: () => Promise.reject(new Error('the token is hunter2')) }
    const id = await sync.request()
    await start(id, 'one', never, services)
    const { status, failure } = await sync.readRun(id)
    expect([status, failure]).to.deep.equal([
      'queued',
      { kind: 'unexpected', message: 'Something went wrong here; the log says what.' },
    ])
  })

  it('waits for a database that is away, which counts as no attempt', async () => {
    const away = { ...sync.services, canonize: () => Promise.reject(new AppError('database_unavailable')) }
    const id = await sync.request()
    const failed: unknown = await start(id, 'one', never, away).catch((error: unknown) => error)
    expect(failed).to.be.instanceOf(AppError)
    expect(await sync.readRun(id)).to.deep.include({ status: 'running', holder: null, attempt: 0, failure: null })
    await sync.settle()
    expect((await sync.readRun(id)).status).to.equal('running')
    clock.advance(5000)
    await sync.settle()
    expect((await sync.readRun(id)).status).to.equal('completed')
  })

  it('reads what has changed where the source can tell, and everything where its cursor has expired', async () => {
    await sync.run()
    sync.source.change('2', { title: 'Clerk' })
    const run = await sync.run({ type: 'incremental', isFull: false })
    expect(run).to.deep.include({ status: 'completed', is_full: false })
    expect(run.progress).to.deep.include({ records: 1 })
    sync.source.change('1', { title: 'Countess' })
    sync.source.failAt(1, fail('cursor_expired'))
    const again = await sync.run({ type: 'incremental', isFull: false })
    expect(again).to.deep.include({ status: 'completed', is_full: true, attempt: 0 })
    expect(again.progress).to.deep.include({ records: 2 })
    expect((await sync.readPerson('1'))?.['title']).to.equal('Countess')
    expect(sync.source.pulls.map(({ cursor }) => cursor === undefined)).to.deep.equal([true, false, false, true])
  })

  it('reads everything where it reads by other rules than before, or never did', async () => {
    expect((await sync.run({ type: 'incremental', isFull: false })).is_full).to.equal(true)
    expect((await sync.run({ type: 'incremental', isFull: false })).is_full).to.equal(false)
    await sync.map({ nickName: 'firstName' })
    expect((await sync.run({ type: 'incremental', isFull: false })).is_full).to.equal(true)
    expect((await sync.readPerson('1'))?.['nickName']).to.equal('Ada')
  })

  it('knows who is missing from a full pull, and that they are back though they say the same', async () => {
    await sync.run()
    const { people } = sync.source
    sync.source.people = [ada]
    expect((await sync.run()).status).to.equal('completed')
    expect((await sync.readRecord('2'))?.missing_since).to.be.instanceOf(Date)
    expect((await sync.readRecord('1'))?.missing_since).to.equal(null)
    sync.source.people = people
    await sync.run()
    expect((await sync.readRecord('2'))?.missing_since).to.equal(null)
  })

  it('is done by one of those who try at once', async () => {
    const id = await sync.request()
    await Promise.all(Array.from({ length: 8 }, (_, index) => start(id, `holder-${index}`)))
    expect((await sync.readRun(id)).status).to.equal('completed')
    expect(sync.source.pulls).to.have.lengthOf(1)
  })

  it('is taken over from one that gives no sign of life, which writes nothing any more', async () => {
    const id = await sync.request()
    const reached = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    sync.source.beforePage = async () => {
      if (sync.source.pulls.length > 1) return
      reached.resolve()
      await goOn.promise
    }
    const first = start(id, 'first')
    await reached.promise
    await start(id, 'second')
    expect(await sync.readRun(id)).to.deep.include({ status: 'running', holder: 'first' })
    clock.advance(31_000)
    await start(id, 'second')
    const ended = await sync.readRun(id)
    expect(ended.status).to.equal('completed')
    goOn.resolve()
    await first
    expect(await sync.readRun(id)).to.deep.equal(ended)
    expect(sync.source.pulls).to.have.lengthOf(2)
  })

  it('is let go when the process stops, and gone on with by the next one at once', async () => {
    sync.source.people = makeMany(2300)
    const id = await sync.request()
    const stopping = new AbortController()
    sync.source.beforePage = (page) => {
      if (page === 22) stopping.abort()
    }
    await start(id, 'first', stopping.signal)
    expect(await sync.readRun(id)).to.deep.include({ status: 'running', stage: 'fetch', holder: null, attempt: 0 })
    sync.source.beforePage = () => undefined
    await sync.settle()
    const run = await sync.readRun(id)
    expect([run.status, run.progress['records']]).to.deep.equal(['completed', 2300])
    expect(sync.source.pulls[1]?.cursor).to.have.property('offset').that.is.oneOf([1500, 2000])
  })

  it('tells of a run when it is queued, begins and ends', async () => {
    const run = await sync.run()
    expect(await sync.listEvents(run.id)).to.deep.equal(['sync.queued', 'sync.started', 'sync.completed'])
    sync.source.failAt(1, fail('settings'))
    const failed = await sync.run()
    expect(await sync.listEvents(failed.id)).to.deep.equal(['sync.queued', 'sync.started', 'sync.failed'])
    const [told] = await sync.readEvents(run.id, 'sync.completed')
    expect(told).to.deep.include({ directoryId: sync.directoryId, requestId: run.id })
    expect(told?.['resource']).to.deep.include({ id: run.id, source: 'scripted', status: 'completed', errorCount: 0 })
    expect(told?.['resource']).to.have.nested.property('stats.usersCreated', 2)
  })
})

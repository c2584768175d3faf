// Cancelling a run: at once where nobody does it, and otherwise at its next page or batch.
import { expect } from 'chai'
import { AppError } from '../../server/errors.ts'
import { doRun } from '../../server/sync/engine/engine.ts'
import { cancelRun } from '../../server/sync/runs/cancel.ts'
import { clock, createTenant } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'
import type { ScriptedPerson } from '../support/scripted-source.ts'
import { TestSync } from '../support/sync.ts'

const makePeople = (count: number): ScriptedPerson[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `p${index}`,
    email: `p${index}@example.com`,
    firstName: `P${index}`,
    lastName: 'Person',
    status: 'active',
  }))

describe('cancelling a sync', () => {
  let sync: TestSync
  beforeEach(async () => {
    sync = await TestSync.create()
    sync.source.people = makePeople(1200)
  })

  const cancel = (id: string, of = sync.actor): Promise<void> => cancelRun(testDatabase(), of, id)

  it('ends one that is queued at once, and the next one can be asked for', async () => {
    const id = await sync.request()
    await cancel(id)
    const run = await sync.readRun(id)
    expect(run).to.deep.include({ status: 'cancelled', due_at: null, started_at: null })
    expect(run.completed_at).to.be.instanceOf(Date)
    expect(await sync.listEvents(id)).to.deep.equal(['sync.queued', 'sync.cancelled'])
    await sync.settle()
    expect(sync.source.pulls).to.have.lengthOf(0)
    expect((await sync.run()).status).to.equal('completed')
  })

  it('ends one that reads before its next pages are stored', async () => {
    const id = await sync.request()
    sync.source.beforePage = async (page) => {
      if (page === 11) await cancel(id)
    }
    await sync.settle()
    const run = await sync.readRun(id)
    expect(run).to.deep.include({ status: 'cancelled', holder: null, failure: null })
    expect(await sync.listPeople()).to.deep.equal({})
    expect(await sync.listEvents(id)).to.deep.equal(['sync.queued', 'sync.started', 'sync.cancelled'])
  })

  it('ends one that applies after a batch, which stays', async () => {
    const id = await sync.request()
    const { db } = sync.services
    let batches = 0
    const services = { ...sync.services, now: clock.now, db }
    const watched = new Proxy(db, {
      get: (target, name) => {
        if (name === 'transaction') {
          return () => ({
            execute: async (work: (tx: typeof db) => Promise<unknown>) => {
              const result: unknown = await target.transaction().execute((tx) => work(tx as typeof db))
              if ((await sync.readRun(id)).applied_position > 0 && batches++ === 0) await cancel(id)
              return result
            },
          })
        }
        const value = Reflect.get(target, name, target) as unknown
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      },
    })
    await sync.doDue({ ...services, db: watched })
    const run = await sync.readRun(id)
    expect(run).to.deep.include({ status: 'cancelled', stage: 'apply' })
    const people = Object.keys(await sync.listPeople())
    expect(people).to.have.lengthOf(run.applied_position)
    expect(people.length).to.be.within(1, 1199)
    expect((await sync.run()).status).to.equal('completed')
    expect(Object.keys(await sync.listPeople())).to.have.lengthOf(1200)
  })

  it('ends one whose process is dead when another one takes it over', async () => {
    const id = await sync.request()
    const reached = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    sync.source.beforePage = async () => {
      reached.resolve()
      await goOn.promise
    }
    const dead = doRun(sync.services, { organizationId: sync.organizationId, id }, 'dead', new AbortController().signal)
    await reached.promise
    await cancel(id)
    expect((await sync.readRun(id)).status).to.equal('running')
    clock.advance(31_000)
    await sync.settle()
    expect(await sync.readRun(id)).to.deep.include({ status: 'cancelled' })
    goOn.resolve()
    await dead
    expect(await sync.listEvents(id)).to.deep.equal(['sync.queued', 'sync.started', 'sync.cancelled'])
  })

  it('changes nothing of one that has ended, and finds none of another organization', async () => {
    const run = await sync.run()
    await cancel(run.id)
    expect(await sync.readRun(run.id)).to.deep.equal(run)
    const { organizationId } = await createTenant()
    const refused: unknown = await cancel(run.id, { ...sync.actor, organizationId }).catch((error: unknown) => error)
    expect(refused).to.be.instanceOf(AppError).with.property('code', 'not_found')
  })
})

// A process that does a run is killed at each of its statements; another one goes on. What is there in the end is what an undisturbed run
// leaves, and each change and event is there once.
import { expect } from 'chai'
import { approveRun } from '../../server/sync/runs/approval.ts'
import { clock } from '../support/app.ts'
import { Killed, mortal } from '../support/mortal-database.ts'
import { testDatabase } from '../support/postgres.ts'
import { ScriptedSource } from '../support/scripted-source.ts'
import { createTestServices, TestSync } from '../support/sync.ts'
import { readSyncState, type SyncState } from '../support/sync-state.ts'

const heldForMs = 31_000

describe('a sync that is killed', function () {
  this.timeout(120_000)

  it('leaves the same as an undisturbed one, at whichever statement of a first import', async () => {
    const count = await tryEveryStatement(async () => {
      const sync = await TestSync.create({ source: fill(new ScriptedSource()) })
      await sync.request()
      return sync
    })
    expect(count).to.be.above(50)
  })

  it('leaves the same as an undisturbed one, at whichever statement of one that changes, removes and adds', async () => {
    const count = await tryEveryStatement(async () => {
      const sync = await TestSync.create({
        source: fill(new ScriptedSource()),
        settings: { orphanedUsers: 'deactivate', massChangeGuard: { share: null, number: null } },
      })
      await sync.run()
      change(sync.source)
      await sync.request()
      return sync
    })
    expect(count).to.be.above(50)
  })

  it('leaves the same as an undisturbed one, wherever one is killed that was approved', async () => {
    const count = await tryEveryStatement(async () => {
      const sync = await TestSync.create({ source: fill(new ScriptedSource()), settings: { orphanedUsers: 'delete' } })
      await sync.run()
      change(sync.source)
      sync.source.remove('cleo')
      const { id } = await sync.run()
      const approval = { at: clock.now(), decidedBy: 'operator' }
      await approveRun(testDatabase(), { organizationId: sync.organizationId, id }, approval)
      return sync
    }, 3)
    expect(count).to.be.above(50)
  })
})

// Several at a time, each in an organization of its own.
const atOnce = 4

/** Kills at the first statement, at the next and so on, until there is none left to be killed at; returns about how many there were. */
async function tryEveryStatement(prepare: () => Promise<TestSync>, every = 1): Promise<number> {
  const undisturbed = await prepare()
  await undisturbed.settle()
  const expected = await readSyncState(undisturbed.organizationId)
  const tryOne = async (lifetime: number): Promise<boolean> => {
    const sync = await prepare()
    const isKilled = await killAt(sync, lifetime)
    if (isKilled) await resume(sync)
    expectSame(await readSyncState(sync.organizationId), expected, `killed at statement ${lifetime}`)
    return isKilled
  }
  for (let first = 0; ; first += atOnce * every) {
    const killed = await Promise.all(Array.from({ length: atOnce }, (_, index) => tryOne(first + index * every)))
    if (killed.includes(false)) return first + killed.indexOf(false) * every
  }
}

async function killAt(sync: TestSync, lifetime: number): Promise<boolean> {
  const db = mortal(testDatabase(), lifetime)
  try {
    await sync.doDue(createTestServices(sync.source, db))
    return false
  } catch (error) {
    if (error instanceof Killed) return true
    throw error
  }
}

async function resume(sync: TestSync): Promise<void> {
  clock.advance(heldForMs)
  await sync.settle()
}

function expectSame(state: SyncState, expected: SyncState, when: string): void {
  for (const [part, rows] of Object.entries(state)) expect(rows, `${part}, ${when}`).to.deep.equal(expected[part])
}

function fill(source: ScriptedSource): ScriptedSource {
  source.groups = [
    { id: 'g1', displayName: 'Engineering', groups: [] },
    { id: 'g2', displayName: 'Compilers', groups: ['g1'] },
    { id: 'g3', displayName: 'Choir' },
  ]
  source.people = [
    person('ada', { title: 'Chief', groups: ['g1'] }),
    person('bob', { manager: 'ada', groups: ['g2', 'g3'] }),
    person('cleo', { manager: 'bob', groups: ['g2'] }),
    person('dan', { manager: 'nobody', groups: [] }),
    person('eve', { email: '' }),
  ]
  return source
}

function change(source: ScriptedSource): void {
  source.groups = source.groups.filter(({ id }) => id !== 'g3')
  source.remove('dan')
  source.change('ada', { title: 'Countess' })
  source.change('bob', { status: 'terminated', groups: [] })
  source.change('cleo', { manager: 'fay', groups: ['g1'] })
  source.people = [...source.people, person('fay', { manager: 'ada', groups: ['g2'] })]
}

const person = (id: string, fields: object): ScriptedSource['people'][number] => ({
  id,
  email: `${id}@example.com`,
  firstName: id,
  lastName: 'Person',
  status: 'active',
  ...fields,
})

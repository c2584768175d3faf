import { expect } from 'chai'
import type { JsonObject } from '../../server/db/tables.ts'
import type { MassChangeGuard } from '../../server/sync/setup/settings.ts'
import { clock } from '../support/app.ts'
import { type ScriptedPerson, ScriptedSource } from '../support/scripted-source.ts'
import { TestSync } from '../support/sync.ts'

type Fields = Readonly<Record<string, unknown>>

const people = (count: number, fields: Fields = {}): ScriptedPerson[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `p${index}`,
    email: `p${index}@example.com`,
    firstName: 'Pat',
    lastName: `P${index}`,
    status: 'active',
    ...fields,
  }))

async function create(massChangeGuard: MassChangeGuard, count: number, fields: Fields = {}): Promise<TestSync> {
  const sync = await TestSync.create({ settings: { massChangeGuard, orphanedUsers: 'deactivate' } })
  sync.source.people = people(count, fields)
  expect((await sync.run()).status).to.equal('completed')
  return sync
}

/** Why the next run waits; empty where it does not. */
async function judge(sync: TestSync, request: Parameters<TestSync['run']>[0] = {}): Promise<string[]> {
  const run = await sync.run(request)
  const reasons = (run.hold?.['reasons'] ?? []) as { code: string; detail: string }[]
  expect(run.status, JSON.stringify(run.failure)).to.equal(reasons.length > 0 ? 'awaiting_approval' : 'completed')
  for (const { detail } of reasons) expect(detail).to.match(/^[A-Z0-9].*\.$/)
  return reasons.map(({ code }) => code)
}

function leave(sync: TestSync, count: number): void {
  for (let index = 0; index < count; index++) sync.source.change(`p${index}`, { status: 'terminated' })
}

const none: MassChangeGuard = { share: null, number: null }

describe('the guard of a plan', () => {
  it('lets as many go as the number says, and no more', async () => {
    const sync = await create({ share: null, number: 2 }, 6)
    leave(sync, 2)
    expect(await judge(sync)).to.deep.equal([])
    leave(sync, 5)
    expect(await judge(sync)).to.deep.equal(['mass_change'])
    expect(Object.values(await sync.listPeople()).filter((active) => active)).to.have.length(4)
  })

  it('lets a share of the active people go, and two in any case', async () => {
    const two = await create({ share: 0.2, number: null }, 4)
    leave(two, 2)
    expect(await judge(two)).to.deep.equal([])
    const three = await create({ share: 0.2, number: null }, 15)
    leave(three, 3)
    expect(await judge(three)).to.deep.equal([])
    leave(three, 6)
    expect(await judge(three)).to.deep.equal(['mass_change'])
  })

  it('does not let even one be missing who is more than the share', async () => {
    const sync = await create({ share: 0.2, number: null }, 4)
    sync.source.remove('p0')
    expect(await judge(sync)).to.deep.equal(['missing_people'])
  })

  it('does not count whom the source says to be deleted as missing', async () => {
    const sync = await create({ share: 0.2, number: null }, 4)
    sync.source.remove('p0')
    expect(await judge(sync, { isFull: false, type: 'incremental' })).to.deep.equal([])
  })

  it('has nothing to say where nobody is harmed: orphans that are ignored, people who come, people who change', async () => {
    const sync = await create({ share: 0, number: 0 }, 4)
    await sync.set({ orphanedUsers: 'ignore' })
    sync.source.people = [...people(9, { title: 'Chief' }).slice(2)]
    expect(await judge(sync)).to.deep.equal([])
  })

  it('has no limits where there are none', async () => {
    const sync = await create(none, 12)
    leave(sync, 12)
    expect(await judge(sync)).to.deep.equal([])
    expect(Object.values(await sync.listPeople())).to.not.include(true)
  })

  it('looks at days that have come, too', async () => {
    const endDate = clock.now().toISOString().slice(0, 10)
    const sync = await create({ share: null, number: 2 }, 3, { endDate })
    clock.advance(2 * 24 * 3_600_000)
    await sync.settle()
    const [last] = (await sync.listRuns()).slice(-1)
    expect([last?.purpose, last?.status]).to.deep.equal(['lifecycle', 'awaiting_approval'])
  })

  it('looks at groups of which more than half would go, where there are four or more', async () => {
    const name = (count: number): { id: string; displayName: string }[] =>
      Array.from({ length: count }, (_, index) => ({ id: `g${index}`, displayName: `Group ${index}` }))
    const sync = await TestSync.create({ settings: { massChangeGuard: none } })
    sync.source.people = people(1)
    sync.source.groups = name(6)
    await sync.run()
    sync.source.groups = name(3)
    expect(await judge(sync)).to.deep.equal([])
    sync.source.groups = name(1)
    expect(await judge(sync)).to.deep.equal([])
    sync.source.groups = name(5)
    await sync.run()
    sync.source.groups = name(2)
    expect(await judge(sync)).to.deep.equal(['mass_change'])
  })

  it('looks at fields that many had and nobody has any more, but not at those of few', async () => {
    const sync = await create(none, 40)
    const few = (count: number, fields: Fields): void => {
      for (let index = 0; index < count; index++) sync.source.change(`p${index}`, fields)
    }
    few(4, { title: 'Chief' })
    few(3, { phone: '1' })
    await sync.run()
    few(3, { phone: null })
    expect(await judge(sync)).to.deep.equal([])
    few(4, { title: '' })
    const run = await sync.run()
    expect(((run.hold?.['reasons'] ?? []) as JsonObject[])[0]).to.deep.equal({
      code: 'field_vanished',
      detail:
        'No record has title any more, which some had in the last full run. See whether the permission to read it was lost.',
    })
  })

  it('does not miss a field that is not mapped any more', async () => {
    const sync = await create(none, 4, { title: 'Chief' })
    await sync.map({ title: null })
    sync.source.people = people(4)
    expect(await judge(sync)).to.deep.equal([])
  })

  it('does not miss fields where only changes are read', async () => {
    const sync = await create(none, 4, { title: 'Chief' })
    sync.source.change('p0', { title: null })
    expect(await judge(sync, { isFull: false, type: 'incremental' })).to.deep.equal([])
  })
})

describe('the guard of a pull', () => {
  it('takes nobody from a source that never had anybody', async () => {
    const sync = await TestSync.create()
    expect(await judge(sync)).to.deep.equal([])
  })

  it('fails where nobody comes any more, and goes on when they are back', async () => {
    const sync = await create(none, 3)
    const { people: before } = sync.source
    sync.source.people = []
    const run = await sync.run()
    expect(run.failure).to.deep.equal({
      kind: 'settings',
      message: 'Scripted source returned nobody, though it did before. Check what the connection may see.',
    })
    sync.source.people = before
    expect(await judge(sync)).to.deep.equal([])
  })

  it('fails where a field is gone without which records would be read wrongly, and names the permission', async () => {
    const required = [
      { field: 'email', permission: 'Basic info' },
      { field: 'status', permission: 'Lifecycle' },
    ]
    const sync = await TestSync.create({ source: new ScriptedSource({ required }) })
    sync.source.people = people(2, { status: '', email: null })
    expect((await sync.run()).failure?.['message']).to.equal(
      'None of 2 people came with email (give it Basic info), status (give it Lifecycle).',
    )
    sync.source.people = [...people(2, { status: null }), ...people(1)]
    expect((await sync.run()).status).to.equal('completed')
  })

  it('lets a change of a few come without a required field, for it is not all', async () => {
    const sync = await TestSync.create({
      source: new ScriptedSource({ required: [{ field: 'title', permission: 'Work' }] }),
    })
    sync.source.people = people(3, { title: 'Clerk' })
    await sync.run()
    sync.source.change('p1', { title: null })
    expect(await judge(sync, { isFull: false, type: 'incremental' })).to.deep.equal([])
  })
})

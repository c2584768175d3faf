// Plans that wait for somebody: what is approved is done exactly, or not at all.
import { expect } from 'chai'
import { approveRun, rejectRun } from '../../server/sync/runs/approval.ts'
import { clock } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'
import type { ScriptedPerson } from '../support/scripted-source.ts'
import { type RunRow, TestSync } from '../support/sync.ts'
import { readSyncState } from '../support/sync-state.ts'

const person = (id: string, fields: object = {}): ScriptedPerson => ({
  id,
  email: `${id}@example.com`,
  firstName: id,
  lastName: 'Person',
  status: 'active',
  ...fields,
})

describe('a plan that waits for approval', () => {
  let sync: TestSync
  let held: RunRow
  beforeEach(async () => {
    sync = await TestSync.create({ settings: { orphanedUsers: 'deactivate' } })
    sync.source.people = Array.from({ length: 20 }, (_, index) => person(`p${index}`))
    await sync.run()
    sync.source.people = sync.source.people.slice(0, 8)
    sync.source.change('p1', { title: 'Clerk' })
    held = await sync.run()
  })

  const keyOf = ({ org_id, id }: RunRow): { organizationId: string; id: string } => ({ organizationId: org_id, id })
  const decision = { at: clock.now(), decidedBy: 'operator' }

  async function approve(run = held): Promise<RunRow> {
    await approveRun(testDatabase(), keyOf(run), { ...decision, at: clock.now() })
    await sync.settle()
    return sync.readRun(run.id)
  }

  const countActive = async (): Promise<number> => Object.values(await sync.listPeople()).filter(Boolean).length

  it('has changed nothing, says why it waits, and is told', async () => {
    expect(held).to.deep.include({ status: 'awaiting_approval', stage: 'guard', holder: null, completed_at: null })
    expect(await countActive()).to.equal(20)
    expect((await sync.readPerson('p1'))?.['title']).to.equal(undefined)
    expect(await sync.listEvents(held.id)).to.deep.equal(['sync.queued', 'sync.started', 'sync.awaiting_approval'])
    const [told] = await sync.readEvents(held.id, 'sync.awaiting_approval')
    expect(told).to.have.nested.property('resource.reasons[0].detail').that.is.a('string')
  })

  it('is done as it was looked at once it is approved', async () => {
    const planned = await sync.listChanges(held.id)
    const run = await approve()
    expect(run).to.deep.include({ status: 'completed', digest: held.digest })
    expect(await sync.listChanges(held.id)).to.deep.equal(planned)
    expect(await countActive()).to.equal(8)
    expect((await sync.readPerson('p1'))?.['title']).to.equal('Clerk')
    expect(sync.source.pulls).to.have.lengthOf(3)
  })

  it('is not done where the source says something else by now, but planned anew', async () => {
    sync.source.change('p2', { title: 'Chief' })
    const run = await approve()
    expect(run.status).to.equal('awaiting_approval')
    expect(run.hold).to.have.nested.property('reasons[0].code', 'source_changed')
    expect(run.hold).not.to.have.property('decision')
    expect(await sync.tellChanges(run.id)).to.include({ p1: 'update', p2: 'update' })
    expect(await countActive()).to.equal(20)
    expect((await approve(run)).status).to.equal('completed')
    expect(await countActive()).to.equal(8)
    expect((await sync.readPerson('p2'))?.['title']).to.equal('Chief')
  })

  it('is not done where the new plan is harmless, for nobody has looked at it', async () => {
    sync.source.people = Array.from({ length: 20 }, (_, index) => person(`p${index}`))
    const run = await approve()
    expect(run.status).to.equal('awaiting_approval')
    expect(run.hold).to.have.property('reasons').that.has.lengthOf(1)
  })

  it('is not done where somebody has changed one of those whom it would change', async () => {
    const { resource_id: id } = (await sync.readRecord('p15')) ?? {}
    await sync.tenant.scim.patch(`/Users/${id}`, [{ op: 'add', path: 'nickName', value: 'Fifteen' }])
    const run = await approve()
    expect(run.status).to.equal('awaiting_approval')
    expect(run.hold).to.have.nested.property('reasons[0].code', 'source_changed')
    expect(await countActive()).to.equal(20)
  })

  it('is not done where the settings have changed', async () => {
    await sync.set({ orphanedUsers: 'delete' })
    const run = await approve()
    expect(run.status).to.equal('awaiting_approval')
    expect(Object.keys(await sync.listPeople())).to.have.lengthOf(20)
  })

  it('leaves everything as it was where it is rejected', async () => {
    const { reports: _, events: __, ...before } = await readSyncState(sync.organizationId)
    await rejectRun(testDatabase(), keyOf(held), decision)
    await sync.settle()
    const { reports: ___, events: ____, ...after } = await readSyncState(sync.organizationId)
    expect(after).to.deep.equal(before)
    expect((await sync.readRun(held.id)).status).to.equal('cancelled')
    expect((await sync.listEvents(held.id)).at(-1)).to.equal('sync.cancelled')
  })

  it('stands in no other’s way, and ends where a later one is done or waits itself', async () => {
    const later = await sync.run()
    expect(later.status).to.equal('awaiting_approval')
    expect(await sync.readRun(held.id)).to.deep.include({ status: 'cancelled' })
    expect((await sync.readRun(held.id)).failure).to.deep.include({ kind: 'superseded' })
    sync.source.people = Array.from({ length: 20 }, (_, index) => person(`p${index}`))
    expect((await sync.run()).status).to.equal('completed')
    expect((await sync.readRun(later.id)).status).to.equal('cancelled')
    expect(await countActive()).to.equal(20)
  })
})

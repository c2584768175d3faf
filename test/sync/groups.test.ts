// Groups of a source, from the pull to the directory: nested, renamed, in full and in part, and with members of every kind.
import { expect } from 'chai'
import { checkConsistency } from '../support/consistency.ts'
import { readLog } from '../support/event-log.ts'
import type { Body, ScimClient } from '../support/scim-client.ts'
import { SettingsWorld } from '../support/settings-world.ts'
import { type RunRow, tellStats, type TestSync } from '../support/sync.ts'
import { addressOf, scriptPerson } from '../support/sync-people.ts'

describe('groups of a source', () => {
  let world: SettingsWorld
  let sync: TestSync
  let application: ScimClient
  beforeEach(async () => {
    world = await SettingsWorld.start()
    ;({ sync, application } = world)
  })
  afterEach(() => checkConsistency(sync.tenant))

  const run = (isFull = true): Promise<RunRow> => world.run(undefined, isFull)
  const listGroups = (): Promise<Record<string, string[]>> => world.listGroups()

  it('come with their members, whoever states them, and hold each other', async () => {
    sync.source.groups = [
      {
        id: 'all',
        displayName: 'All',
        members: [
          { id: 'law', type: 'group' },
          { id: 'ana', type: 'user' },
        ],
      },
      { id: 'law', displayName: 'Law', groups: ['london'] },
      { id: 'london', displayName: 'London', groups: ['law'] },
    ]
    sync.source.people = [scriptPerson('ana'), scriptPerson('ben', { groups: ['law', 'london'] })]
    await run()
    expect(await listGroups()).to.deep.equal({
      All: ['Law', 'ana'],
      Law: ['London', 'ben'],
      London: ['Law', 'ben'],
    })
    const before = await readLog(sync.tenant)
    const second = await run()
    expect(await sync.tellChanges(second.id)).to.deep.equal({})
    expect((await readLog(sync.tenant)).filter(({ type }) => !type.startsWith('sync.'))).to.have.length(
      before.filter(({ type }) => !type.startsWith('sync.')).length,
    )
  })

  it('are renamed, and keep their id', async () => {
    sync.source.groups = [{ id: 'law', displayName: 'Law', description: 'Lawyers' }]
    sync.source.people = [scriptPerson('ana', { groups: ['law'] })]
    await run()
    const [{ id }] = (await application.get('/Groups')).body['Resources'] as [Body]
    sync.source.groups = [{ id: 'law', displayName: 'Legal' }]
    const done = await run()
    expect(tellStats(done)).to.deep.include({ groupsUpdated: 1 })
    expect((await application.get(`/Groups/${id}`)).body).to.deep.include({ displayName: 'Legal', externalId: 'law' })
    expect(await listGroups()).to.deep.equal({ Legal: ['ana'] })
  })

  it('are changed by a run that reads only what has changed, and no further', async () => {
    sync.source.groups = [
      { id: 'law', displayName: 'Law' },
      { id: 'ops', displayName: 'Ops' },
    ]
    sync.source.people = ['ana', 'ben', 'cleo'].map((id) => scriptPerson(id, { groups: ['law'] }))
    await run()
    sync.source.change('ana', { groups: ['ops'] })
    const done = await run(false)
    expect(tellStats(done)).to.deep.include({ membershipsAdded: 1, membershipsRemoved: 1 })
    expect(await listGroups()).to.deep.equal({ Law: ['ben', 'cleo'], Ops: ['ana'] })
    sync.source.change('ben', { groups: [] })
    await run(false)
    expect(await listGroups()).to.deep.equal({ Law: ['cleo'], Ops: ['ana'] })
  })

  it('lose who has left, and get them again when they are back', async () => {
    sync.source.groups = [{ id: 'law', displayName: 'Law' }]
    sync.source.people = [scriptPerson('ana', { groups: ['law'] }), scriptPerson('ben', { groups: ['law'] })]
    await run()
    await application.createGroup('Runners', [String((await sync.readRecord('ana'))?.resource_id)])
    sync.source.change('ana', { status: 'terminated' })
    await run()
    expect(await listGroups()).to.deep.equal({ Law: ['ben'], Runners: [] })
    const quiet = await run()
    expect(await sync.tellChanges(quiet.id)).to.deep.equal({})
    sync.source.change('ana', { status: 'active' })
    await run()
    expect(await listGroups()).to.deep.equal({ Law: ['ana', 'ben'], Runners: [] })
    expect(await sync.listPeople()).to.deep.equal({ [addressOf('ana')]: true, [addressOf('ben')]: true })
  })

  it('go where the source has them no more, and come back anew', async () => {
    sync.source.groups = [{ id: 'law', displayName: 'Law' }]
    sync.source.people = [scriptPerson('ana', { groups: ['law'] })]
    await run()
    sync.source.groups = []
    sync.source.change('ana', { groups: [] })
    expect(tellStats(await run())).to.deep.include({ groupsDeleted: 1 })
    expect(await listGroups()).to.deep.equal({})
    sync.source.groups = [{ id: 'law', displayName: 'Law' }]
    sync.source.change('ana', { groups: ['law'] })
    expect(tellStats(await run())).to.deep.include({ groupsCreated: 1 })
    expect(await listGroups()).to.deep.equal({ Law: ['ana'] })
  })

  it('of one name are an error of the one that comes second, until it has its own', async () => {
    sync.source.groups = [
      { id: 'a', displayName: 'Law' },
      { id: 'b', displayName: 'LAW' },
    ]
    sync.source.people = [scriptPerson('ana', { groups: ['b'] })]
    const done = await run()
    expect(await sync.tellChanges(done.id)).to.deep.include({ a: 'create', b: 'error display_name_taken' })
    expect(tellStats(done)).to.deep.include({ groupsErrors: 1 })
    sync.source.groups = [
      { id: 'a', displayName: 'Law' },
      { id: 'b', displayName: 'Law of the sea' },
    ]
    await run()
    expect(await listGroups()).to.deep.equal({ Law: [], 'Law of the sea': ['ana'] })
  })

  it('say nothing of members whom nobody knows', async () => {
    sync.source.groups = [
      {
        id: 'law',
        displayName: 'Law',
        members: [
          { id: 'nobody', type: 'user' },
          { id: 'ana', type: 'user' },
        ],
      },
    ]
    sync.source.people = [scriptPerson('ana'), scriptPerson('ben', { email: null })]
    const done = await run()
    expect(tellStats(done)).to.deep.include({ membershipsAdded: 1 })
    expect(await listGroups()).to.deep.equal({ Law: ['ana'] })
  })
})

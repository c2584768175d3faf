// Every setting of a directory that is about groups and about runs, and whose word counts: what a run does by it, and what its report says.
import { expect } from 'chai'
import { setAttributeAuthority } from '../../server/directory/directories.ts'
import type { SyncSettings } from '../../server/sync/setup/settings.ts'
import { clock } from '../support/app.ts'
import { checkConsistency } from '../support/consistency.ts'
import type { ScriptedGroup } from '../support/scripted-source.ts'
import { SettingsWorld } from '../support/settings-world.ts'
import { type RunRow, tellStats } from '../support/sync.ts'
import { addressOf, scriptPerson } from '../support/sync-people.ts'

const dayMs = 86_400_000

describe('settings of a directory, for groups and runs', () => {
  let world: SettingsWorld
  afterEach(() => checkConsistency(world.sync.tenant))

  const groups: readonly ScriptedGroup[] = [
    { id: 'staff', displayName: 'Staff' },
    { id: 'law', displayName: 'Law', groups: ['staff'] },
    { id: 'other', displayName: 'Other' },
  ]

  it('group_filter: only members of the groups are imported, direct and nested; without it all are', async () => {
    const people = [
      scriptPerson('ana', { groups: ['staff'] }),
      scriptPerson('ben', { groups: ['law'] }),
      scriptPerson('cleo', { groups: ['other'] }),
    ]
    world = await SettingsWorld.start({ groupFilter: ['Staff'], orphanedUsers: 'deactivate' }, people)
    world.sync.source.groups = groups
    const done = await world.run()
    expect(await world.sync.tellChanges(done.id)).to.deep.include({
      ana: 'create',
      ben: 'create',
      cleo: 'skip filtered',
    })
    expect(await world.listActive()).to.deep.equal({ ana: true, ben: true })
    // Who comes out of the groups is as one whom the source no longer returns.
    world.sync.source.change('ben', { groups: ['other'] })
    const next = await world.run()
    expect(await world.sync.tellChanges(next.id)).to.deep.include({ ben: 'deactivate filtered' })
    expect(await world.listActive()).to.deep.equal({ ana: true, ben: false })
    await world.sync.set({ groupFilter: [] })
    await world.run()
    expect(await world.listActive()).to.deep.equal({ ana: true, ben: true, cleo: true })
  })

  describe('groups', () => {
    const people = [scriptPerson('ana', { groups: ['law'] }), scriptPerson('ben', { groups: ['staff'] })]

    it('sync_groups: groups come with people, or do not', async () => {
      world = await SettingsWorld.start({ syncGroups: true }, people)
      world.sync.source.groups = groups
      const done = await world.run()
      expect(tellStats(done)).to.deep.equal({
        usersCreated: 2,
        groupsCreated: 3,
        membershipsAdded: 3,
        totalProcessed: 5,
      })
      expect(await world.listMembers('Law')).to.deep.equal(['ana'])
      expect(await world.listMembers('Staff')).to.deep.equal(['Law', 'ben'])
      await world.run({})
      world = await SettingsWorld.start({ syncGroups: false }, people)
      world.sync.source.groups = groups
      await world.run({ ana: 'create', ben: 'create' })
      expect(await world.listMembers('Law')).to.equal(undefined)
    })

    it('preserve_groups: with groups off those that were synced stay as they are, or go', async () => {
      world = await SettingsWorld.start({}, people)
      world.sync.source.groups = groups
      await world.run()
      await world.sync.set({ syncGroups: false, preserveGroups: true })
      world.sync.source.change('ana', { groups: [] })
      world.sync.source.groups = groups.slice(0, 1)
      await world.run({})
      expect(await world.listMembers('Law')).to.deep.equal(['ana'])
      await world.sync.set({ preserveGroups: false })
      const done = await world.run()
      expect(tellStats(done)).to.deep.include({ groupsDeleted: 3 })
      expect(await world.listMembers('Law')).to.equal(undefined)
    })

    for (const [setting, name] of [
      ['removeLocalGroups', 'remove_local_groups'],
      ['removeOtherDirectoryGroups', 'remove_other_directory_groups'],
    ] as const) {
      it(`${name}: people are taken out of such groups, or stay in them`, async () => {
        world = await SettingsWorld.start({ [setting]: false }, people)
        await world.run()
        const ana = await world.readId('ana')
        const { id: other } = await world.sync.tenant.scim.createUser('other')
        await world.application.createGroup('Runners', [ana, String(other)])
        await world.sync.tenant.scim.createGroup('Walkers', [ana, String(other)])
        await world.run({})
        expect(await world.listMembers('Runners')).to.deep.equal(['ana', 'other'])
        expect(await world.listMembers('Walkers')).to.deep.equal(['ana', 'other'])
        await world.sync.set({ [setting]: true })
        const isLocal = setting === 'removeLocalGroups'
        const done = await world.run({ [isLocal ? 'Runners' : 'Walkers']: 'update' })
        expect(tellStats(done)).to.deep.include({ groupsUpdated: 1, membershipsRemoved: 1 })
        expect(await world.listMembers('Runners')).to.deep.equal(isLocal ? ['other'] : ['ana', 'other'])
        expect(await world.listMembers('Walkers')).to.deep.equal(isLocal ? ['ana', 'other'] : ['other'])
        await world.run({})
      })
    }
  })

  it('page_size: the source is asked for so many records at a time', async () => {
    world = await SettingsWorld.start({}, [scriptPerson('ana'), scriptPerson('ben'), scriptPerson('cleo')])
    await world.run()
    expect(world.sync.source.pulls.at(-1)?.scope.pageSize).to.equal(100)
    await world.sync.set({ pageSize: 2 })
    const done = await world.run()
    expect(world.sync.source.pulls.at(-1)?.scope.pageSize).to.equal(2)
    expect(done.progress).to.deep.include({ pages: 2, totalPages: 2, records: 3 })
  })

  describe('schedule', () => {
    const count = async (): Promise<number> => (await world.sync.listRuns()).length

    it('disabled: a run begins only where somebody asks for it', async () => {
      world = await SettingsWorld.start({ schedule: { kind: 'disabled' } }, [scriptPerson('ana')])
      await world.run()
      clock.advance(3 * dayMs)
      await world.sync.settle()
      expect(await count()).to.equal(1)
    })

    it('an interval: the next one begins so long after the first', async () => {
      world = await SettingsWorld.start({ schedule: { kind: 'interval', minutes: 30 } }, [scriptPerson('ana')])
      await world.run()
      const [first] = await world.sync.listRuns()
      const next = await world.sync.readNextRunAt()
      expect((next?.getTime() ?? 0) - (first?.started_at?.getTime() ?? 0)).to.equal(30 * 60_000)
      clock.advance(30 * 60_000)
      await world.sync.settle()
      expect(await count()).to.equal(2)
    })

    it('daily and cron: the next one begins at the time of the day, in the zone', async () => {
      world = await SettingsWorld.start({ schedule: { kind: 'daily', at: '02:00', timeZone: 'Asia/Tokyo' } }, [
        scriptPerson('ana'),
      ])
      await world.run()
      const format = (date: Date | null, timeZone: string): string =>
        new Intl.DateTimeFormat('sv-SE', { timeZone, hour: '2-digit', minute: '2-digit' }).format(date ?? 0)
      expect(format(await world.sync.readNextRunAt(), 'Asia/Tokyo')).to.equal('02:00')
      clock.advance(dayMs)
      await world.sync.settle()
      expect(await count()).to.equal(2)
      const cron = { kind: 'cron', expression: '30 6 * * *', timeZone: 'America/Lima' } as const
      world = await SettingsWorld.start({ schedule: cron }, [scriptPerson('ana')])
      await world.run()
      expect(format(await world.sync.readNextRunAt(), 'America/Lima')).to.equal('06:30')
      clock.advance(dayMs)
      await world.sync.settle()
      expect(await count()).to.equal(2)
    })
  })

  describe('mass_change_guard', () => {
    const people = Array.from({ length: 20 }, (_, index) => scriptPerson(`p${index}`))
    const names = (amount: number): string[] => people.slice(0, amount).map(({ id }) => id)

    async function lose(guard: SyncSettings['massChangeGuard'], amount: number): Promise<RunRow> {
      world = await SettingsWorld.start({ massChangeGuard: guard, orphanedUsers: 'deactivate' }, people)
      await world.run()
      for (const id of names(amount)) world.sync.source.change(id, { status: 'terminated' })
      return world.sync.run()
    }

    it('number: a run that would deactivate more waits for approval, and does nothing', async () => {
      const held = await lose({ share: null, number: 4 }, 5)
      expect(held.status).to.equal('awaiting_approval')
      expect(held.hold).to.deep.include({
        reasons: [
          {
            code: 'mass_change',
            detail: '5 people would become inactive or be deleted; up to 4 may without approval.',
          },
        ],
      })
      expect(Object.values(await world.listActive()).filter((active) => !active)).to.deep.equal([])
      expect(await lose({ share: null, number: 4 }, 4)).to.deep.include({ status: 'completed' })
    })

    it('share: the same of a part of the people who are active', async () => {
      expect(await lose({ share: 0.2, number: null }, 5)).to.deep.include({ status: 'awaiting_approval' })
      expect(await lose({ share: 0.2, number: null }, 4)).to.deep.include({ status: 'completed' })
    })

    it('neither: no limit', async () => {
      expect(await lose({ share: null, number: null }, 20)).to.deep.include({ status: 'completed' })
    })
  })

  it('attribute_authority: whose word counts for an attribute, and the report says whose it was', async () => {
    world = await SettingsWorld.start({}, [scriptPerson('ana', { title: 'Clerk', nickName: 'A' })])
    const { scim, directoryId } = world.sync.tenant
    const { id } = await scim.createUser(addressOf('ana'), { title: 'Engineer', emails: [{ value: addressOf('ana') }] })
    // Who brought the person is heard first, and others fill what is empty.
    const linked = await world.run({ ana: 'link kept' })
    expect(await world.read('ana')).to.deep.include({ id, title: 'Engineer', nickName: 'A' })
    const [change] = await world.sync.listChanges(linked.id)
    expect(change?.detail).to.match(/title/)
    await setAttributeAuthority(world.sync.services.db, world.sync.organizationId, {
      title: [world.sync.directoryId, directoryId],
    })
    world.sync.source.change('ana', { title: 'Director' })
    await world.run()
    expect(await world.read('ana')).to.deep.include({ title: 'Director', nickName: 'A' })
    await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'title', value: 'Intern' }])
    expect(await world.read('ana')).to.deep.include({ title: 'Director' })
  })
})

// Every setting of a directory that is about people: what a run does by it, and that its report says so.
import { expect } from 'chai'
import type { JsonObject } from '../../server/db/tables.ts'
import type { SyncSettings } from '../../server/sync/setup/settings.ts'
import { clock } from '../support/app.ts'
import { checkConsistency } from '../support/consistency.ts'
import { type Body, enterpriseSchema, rollcallSchema } from '../support/scim-client.ts'
import { SettingsWorld } from '../support/settings-world.ts'
import { tellStats } from '../support/sync.ts'
import { addressOf, scriptPerson } from '../support/sync-people.ts'
import { startTriggerWorld, type TriggerWorld } from '../support/trigger-world.ts'

const dayMs = 86_400_000

/** A day of a zone, so many days from now. */
function dayIn(timeZone: string, days: number): string {
  const options = { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' } as const
  return new Intl.DateTimeFormat('sv-SE', options).format(new Date(clock.now().getTime() + days * dayMs))
}

describe('settings of a directory, for people', () => {
  let world: SettingsWorld
  afterEach(() => checkConsistency(world.sync.tenant))

  describe('mails', () => {
    let mails: TriggerWorld
    beforeEach(async () => {
      mails = await startTriggerWorld()
      world = await SettingsWorld.start({}, [], mails.tenant)
    })
    afterEach(() => mails.close())

    const set = async (settings: Body): Promise<void> => {
      expect((await mails.admin.patch(`/directories/${world.sync.directoryId}`, settings)).status).to.equal(204)
    }

    async function listMailed(): Promise<string[]> {
      await mails.settle()
      return mails.mail.mails.splice(0).map(({ to }) => to.join())
    }

    it('send_invitations: whom a run brings gets an invitation, or nobody does', async () => {
      await set({ sendInvitations: false })
      world.sync.source.people = [scriptPerson('ana')]
      await world.run({ ana: 'create' })
      expect(await listMailed()).to.deep.equal([])
      await set({ sendInvitations: true })
      world.sync.source.people = [
        scriptPerson('ana'),
        scriptPerson('ben'),
        scriptPerson('cleo', { status: 'suspended' }),
      ]
      await world.run({ ben: 'create', cleo: 'create' })
      expect(await listMailed()).to.deep.equal([addressOf('ben')])
    })

    it('send_offboarding_emails: who becomes inactive hears of it, or nobody does', async () => {
      await set({ sendOffboardingEmails: true })
      world.sync.source.people = ['ana', 'ben', 'cleo'].map((id) => scriptPerson(id))
      await world.run()
      world.sync.source.change('ana', { status: 'terminated' })
      await world.run({ ana: 'deactivate ended' })
      expect(await listMailed()).to.deep.equal([addressOf('ana')])
      await set({ sendOffboardingEmails: false })
      world.sync.source.change('ben', { status: 'terminated' })
      await world.run({ ben: 'deactivate ended' })
      expect(await listMailed()).to.deep.equal([])
    })
  })

  it('auto_assign_locations: people are linked to the office of the name, which is made, or have only its name', async () => {
    world = await SettingsWorld.start({ autoAssignLocations: false }, [
      scriptPerson('ana', { location: 'Lisbon' }),
      scriptPerson('ben'),
    ])
    await world.run({ ana: 'create', ben: 'create' })
    expect((await world.read('ana'))[rollcallSchema]).to.deep.include({ location: 'Lisbon' })
    expect((await world.read('ana'))[rollcallSchema]).to.not.have.property('locations')
    await world.sync.set({ autoAssignLocations: true })
    await world.run({ ana: 'update' })
    const { locations } = (await world.read('ana'))[rollcallSchema] as { locations: JsonObject[] }
    expect(locations).to.have.length(1)
    expect(locations[0]).to.deep.include({ display: 'Lisbon', type: 'office', primary: true })
    expect(locations[0]?.['value']).to.match(/^loc_/)
    await world.run({})
  })

  describe('deactivation_timing', () => {
    const zone = 'Pacific/Auckland'

    it('on_date: who has a last day stays active to its end, in the time zone of the organization', async () => {
      world = await SettingsWorld.start({ deactivationTiming: 'on_date' }, [scriptPerson('ana'), scriptPerson('ben')])
      await world.sync.setTimeZone(zone)
      await world.run()
      const lastDay = dayIn(zone, 2)
      world.sync.source.change('ana', { endDate: lastDay })
      await world.run({ ana: 'update' })
      expect(await world.listActive()).to.deep.equal({ ana: true, ben: true })
      const due = (await world.sync.readRecord('ana'))?.due_at
      const before = new Date((due?.getTime() ?? 0) - 1)
      const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone })
      expect([format.format(before), format.format(due ?? 0)]).to.deep.equal([lastDay, dayIn(zone, 3)])
      clock.advance(before.getTime() - clock.now().getTime() - 60_000)
      await world.sync.settle()
      expect(await world.listActive()).to.deep.equal({ ana: true, ben: true })
      // Nobody asks for it, and the source says nothing new.
      clock.advance(2 * 60_000)
      await world.sync.settle()
      expect(await world.listActive()).to.deep.equal({ ana: false, ben: true })
      const last = (await world.sync.listRuns()).at(-1)
      expect(last?.purpose).to.equal('lifecycle')
      expect(await world.sync.tellChanges(last?.id ?? '')).to.deep.equal({ ana: 'deactivate ended' })
    })

    it('immediately: who has a last day is inactive at once', async () => {
      world = await SettingsWorld.start({ deactivationTiming: 'immediately' }, [
        scriptPerson('ana'),
        scriptPerson('ben'),
      ])
      await world.run()
      world.sync.source.change('ana', { endDate: dayIn('UTC', 20) })
      await world.run({ ana: 'deactivate ended' })
      expect(await world.listActive()).to.deep.equal({ ana: false, ben: true })
    })

    it('never: who has left stays active', async () => {
      world = await SettingsWorld.start({ deactivationTiming: 'never' }, [scriptPerson('ana'), scriptPerson('ben')])
      await world.run()
      world.sync.source.change('ana', { status: 'terminated', endDate: dayIn('UTC', -3) })
      await world.run({ ana: 'update' })
      expect(await world.listActive()).to.deep.equal({ ana: true, ben: true })
      expect((await world.read('ana'))[rollcallSchema]).to.deep.include({ employmentStatus: 'terminated' })
    })
  })

  describe('deletion_timing', () => {
    it('immediately: whom the source says is deleted is gone', async () => {
      world = await SettingsWorld.start({ deletionTiming: 'immediately' }, [scriptPerson('ana'), scriptPerson('ben')])
      await world.run()
      world.sync.source.remove('ana')
      const done = await world.run({ ana: 'delete' }, false)
      expect(tellStats(done)).to.deep.include({ usersDeleted: 1 })
      expect(await world.listActive()).to.deep.equal({ ben: true })
    })

    it('never: they become inactive instead', async () => {
      world = await SettingsWorld.start({ deletionTiming: 'never' }, [
        scriptPerson('ana'),
        scriptPerson('ben'),
        scriptPerson('cleo'),
      ])
      await world.run()
      world.sync.source.remove('ana')
      const done = await world.run({ ana: 'deactivate' }, false)
      expect(tellStats(done)).to.deep.include({ usersDisabled: 1 })
      expect(await world.listActive()).to.deep.equal({ ana: false, ben: true, cleo: true })
      await world.sync.set({ orphanedUsers: 'delete' })
      world.sync.source.remove('ben')
      await world.run({ ben: 'deactivate missing' })
      expect(await world.listActive()).to.deep.equal({ ana: false, ben: false, cleo: true })
    })
  })

  it('username_attribute: the work address, or another attribute that is mapped', async () => {
    world = await SettingsWorld.start({ usernameAttribute: 'workEmail' }, [
      scriptPerson('ana', { employeeNumber: 'E-1' }),
    ])
    await world.run({ ana: 'create' })
    expect(await world.read('ana')).to.deep.include({ userName: addressOf('ana') })
    await world.sync.set({ usernameAttribute: `${enterpriseSchema}:employeeNumber` })
    await world.run({ ana: 'update' })
    expect(await world.read('ana')).to.deep.include({ userName: 'E-1' })
  })

  it('attribute_mapping: the rules of the provider, and those of the directory over them', async () => {
    world = await SettingsWorld.start({}, [scriptPerson('ana', { title: 'Clerk', nickName: 'A', badge: '77' })])
    await world.run({ ana: 'create' })
    expect(await world.read('ana')).to.deep.include({ title: 'Clerk', nickName: 'A' })
    // One goes, one comes from another field, one is new; that of the address cannot go.
    await world.sync.map({
      nickName: null,
      title: { from: ['jobTitle', 'badge'] },
      locale: { value: 'pt-PT' },
      'emails[type eq "work"].value': null,
    })
    await world.run({ ana: 'update' })
    const mapped = await world.read('ana')
    expect(mapped).to.deep.include({ title: '77', locale: 'pt-PT', userName: addressOf('ana') })
    expect(mapped).to.not.have.property('nickName')
    expect((mapped['emails'] as JsonObject[])[0]).to.deep.include({ value: addressOf('ana') })
  })

  it('activate_users: who is new or back is active, or waits for somebody to activate them', async () => {
    world = await SettingsWorld.start({ activateUsers: false, orphanedUsers: 'delete' }, [
      scriptPerson('ana'),
      scriptPerson('ben'),
    ])
    await world.run({ ana: 'create', ben: 'create' })
    expect(await world.listActive()).to.deep.equal({ ana: false, ben: false })
    const id = await world.readId('ana')
    await world.application.patch(`/Users/${id}`, [{ op: 'replace', path: 'active', value: true }])
    world.sync.source.change('ana', { title: 'Clerk' })
    world.sync.source.change('ben', { title: 'Clerk' })
    await world.run({ ana: 'update', ben: 'update' })
    expect(await world.listActive()).to.deep.equal({ ana: true, ben: false })
    world.sync.source.change('ana', { status: 'terminated' })
    await world.run({ ana: 'deactivate ended' })
    expect(await world.listActive()).to.deep.equal({ ana: false, ben: false })
    await world.sync.set({ activateUsers: true })
    world.sync.source.people = [...world.sync.source.people, scriptPerson('cleo')]
    await world.run()
    expect(await world.listActive()).to.deep.include({ cleo: true })
  })

  describe('orphaned_users', () => {
    const people = ['ana', 'ben', 'cleo'].map((id) => scriptPerson(id, { title: 'Clerk' }))

    async function orphan(orphanedUsers: SyncSettings['orphanedUsers'], change: string): Promise<string> {
      world = await SettingsWorld.start({ orphanedUsers }, people)
      await world.run()
      const id = await world.readId('ana')
      world.sync.source.remove('ana')
      await world.run({ ana: change })
      await world.run({})
      return id
    }

    it('ignore: they stay as they are', async () => {
      const id = await orphan('ignore', 'keep missing')
      expect((await world.application.get(`/Users/${id}`)).body).to.deep.include({ active: true, title: 'Clerk' })
    })

    it('deactivate: they become inactive', async () => {
      const id = await orphan('deactivate', 'deactivate missing')
      expect((await world.application.get(`/Users/${id}`)).body).to.deep.include({ active: false, title: 'Clerk' })
    })

    it('delete: they are gone', async () => {
      const id = await orphan('delete', 'delete missing')
      expect((await world.application.get(`/Users/${id}`)).status).to.equal(404)
    })

    it('anonymize: nothing is known of them any more', async () => {
      world = await SettingsWorld.start({ orphanedUsers: 'anonymize' }, people)
      await world.run()
      const id = await world.readId('ana')
      world.sync.source.remove('ana')
      const done = await world.run()
      const changes = await world.sync.listChanges(done.id)
      expect(changes.map(({ operation, resource_id, name }) => [operation, resource_id, name])).to.deep.equal([
        ['anonymize', id, null],
      ])
      expect((await world.application.get(`/Users/${id}`)).body).to.deep.include({
        active: false,
        userName: `anonymized-${id}`,
      })
      await world.run({})
    })
  })

  describe('restore_users', () => {
    for (const restores of [true, false]) {
      it(`${restores}: who was deleted and is back ${restores ? 'comes back under the old id' : 'is somebody new'}`, async () => {
        world = await SettingsWorld.start({ orphanedUsers: 'delete' }, [scriptPerson('ana'), scriptPerson('ben')])
        await world.sync.setRestoreUsers(restores)
        await world.run()
        const id = await world.readId('ana')
        world.sync.source.remove('ana')
        await world.run({ ana: 'delete missing' })
        world.sync.source.people = [...world.sync.source.people, scriptPerson('ana')]
        await world.run({ ana: restores ? 'restore' : 'create' })
        expect((await world.readId('ana')) === id).to.equal(restores)
        expect(await world.listActive()).to.deep.equal({ ana: true, ben: true })
      })

      it(`${restores}: who was deactivated and is back ${restores ? 'is active again' : 'stays inactive'}`, async () => {
        world = await SettingsWorld.start({ orphanedUsers: 'deactivate' }, [scriptPerson('ana'), scriptPerson('ben')])
        await world.sync.setRestoreUsers(restores)
        await world.run()
        world.sync.source.remove('ana')
        await world.run({ ana: 'deactivate missing' })
        world.sync.source.people = [...world.sync.source.people, scriptPerson('ana')]
        const done = await world.run()
        expect(await world.sync.tellChanges(done.id)).to.deep.equal({ ana: restores ? 'activate' : 'keep missing' })
        expect(await world.listActive()).to.deep.equal({ ana: restores, ben: true })
      })
    }

    it('makes somebody new of one who was anonymized', async () => {
      world = await SettingsWorld.start({ orphanedUsers: 'anonymize' }, [scriptPerson('ana'), scriptPerson('ben')])
      await world.run()
      const id = await world.readId('ana')
      world.sync.source.remove('ana')
      await world.run()
      world.sync.source.people = [...world.sync.source.people, scriptPerson('ana')]
      await world.run({ ana: 'create' })
      expect((await world.read('ana'))['id']).to.not.equal(id)
    })
  })
})

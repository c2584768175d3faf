// What goes wrong when HR systems are read, each as it looks to the engine. What a single provider makes of its source is in test/providers.
import { expect } from 'chai'
import { ProviderError, rollcall } from '../../providers/provider.ts'
import type { JsonObject } from '../../server/db/tables.ts'
import { query } from '../../server/db/query.ts'
import { createLocation } from '../../server/directory/locations.ts'
import type { SyncSettings } from '../../server/sync/setup/settings.ts'
import { clock } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'
import { type ScriptedPerson, ScriptedSource } from '../support/scripted-source.ts'
import { type RunRow, TestSync } from '../support/sync.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

type Fields = Readonly<Record<string, unknown>>

const person = (id: string, fields: Fields = {}): ScriptedPerson => ({
  id,
  email: `${id}@example.com`,
  firstName: 'Pat',
  lastName: id,
  status: 'active',
  ...fields,
})

const people = (count: number, fields: Fields = {}): ScriptedPerson[] =>
  Array.from({ length: count }, (_, index) => person(`p${index}`, fields))

/** The day so many days from today, in a time zone. */
const day = (offset: number, timeZone = 'UTC'): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(
    clock.now().getTime() + offset * dayMs,
  )

/** Lets time pass until a little after the next midnight of UTC. */
function passMidnight(days = 1): void {
  const now = clock.now().getTime()
  clock.advance((Math.floor(now / dayMs) + days) * dayMs + hourMs / 2 - now)
}

const unguarded = { massChangeGuard: { share: null, number: null } } as const

async function start(
  peopleNow: readonly ScriptedPerson[],
  settings: Partial<SyncSettings> = unguarded,
  source = new ScriptedSource(),
): Promise<TestSync> {
  const sync = await TestSync.create({ source, settings })
  sync.source.people = peopleNow
  const run = await sync.run()
  expect(run.status).to.equal('completed')
  return sync
}

async function tell(sync: TestSync, request: Parameters<TestSync['run']>[0] = {}): Promise<Record<string, string>> {
  const run = await sync.run(request)
  expect(run.status, JSON.stringify([run.failure, run.hold])).to.equal('completed')
  return sync.tellChanges(run.id)
}

const tellReasons = ({ hold }: RunRow): unknown[] => ((hold?.['reasons'] ?? []) as JsonObject[]).map(({ code }) => code)

async function readActive(sync: TestSync, id: string): Promise<unknown> {
  return (await sync.readPerson(id))?.['active']
}

const idOf = async (sync: TestSync, id: string): Promise<string | null | undefined> =>
  (await sync.readRecord(id))?.resource_id

const extension = (user: JsonObject | undefined): JsonObject => (user?.[rollcall] ?? {}) as JsonObject

const managerOf = async (sync: TestSync, id: string): Promise<unknown> => {
  const enterprise = (await sync.readPerson(id))?.['urn:ietf:params:scim:schemas:extension:enterprise:2.0:User']
  return ((enterprise as JsonObject | undefined)?.['manager'] as JsonObject | undefined)?.['value']
}

async function readMembers(sync: TestSync, group: string): Promise<string[]> {
  const text = `select coalesce(r.source_id, g.external_id) as id from source_records s
    join memberships m on m.org_id = s.org_id and m.group_id = s.resource_id
    left join source_records r on r.org_id = s.org_id and r.resource_id = m.user_id
    left join groups g on g.org_id = s.org_id and g.id = m.child_id
    where s.org_id = $1 and s.directory_id = $2 and s.type = 'group' and s.source_id = $3 order by 1`
  const rows = await query<{ id: string }>(testDatabase(), text, [sync.organizationId, sync.directoryId, group])
  return rows.map(({ id }) => id)
}

describe('the traps of HR systems', () => {
  describe('1. a missing permission that looks like data', () => {
    it('fails where no record has a field that is required, and changes nobody', async () => {
      const source = new ScriptedSource({ required: [{ field: 'status', permission: 'Lifecycle' }] })
      const sync = await start(people(3), { ...unguarded, orphanedUsers: 'delete' }, source)
      sync.source.people = people(3, { status: undefined, title: 'Chief' })
      const run = await sync.run()
      expect(run).to.deep.include({ status: 'failed', stage: 'plan' })
      expect(run.failure).to.deep.equal({
        kind: 'settings',
        message: 'None of 3 people came with status (give it Lifecycle).',
      })
      expect((await sync.readPerson('p1'))?.['title']).to.equal(undefined)
    })

    it('waits for approval where a field that many had is gone from all', async () => {
      const sync = await start(people(5, { department: 'Sales' }), {})
      sync.source.people = people(5)
      const run = await sync.run()
      expect(run.status).to.equal('awaiting_approval')
      expect(tellReasons(run)).to.deep.equal(['field_vanished'])
      expect(JSON.stringify(await sync.readPerson('p1'))).to.include('Sales')
    })

    it('makes nobody inactive because the source returns nobody', async () => {
      const sync = await start(people(3), { orphanedUsers: 'deactivate' })
      sync.source.people = []
      const run = await sync.run()
      expect(run).to.deep.include({ status: 'failed' })
      expect(run.failure?.['kind']).to.equal('settings')
      expect(Object.values(await sync.listPeople())).to.deep.equal([true, true, true])
    })

    it('waits for approval where more people are missing than may be', async () => {
      const sync = await start(people(10), { orphanedUsers: 'deactivate' })
      sync.source.people = people(7)
      const run = await sync.run()
      expect(run.status).to.equal('awaiting_approval')
      expect(tellReasons(run)).to.deep.equal(['mass_change', 'missing_people'])
      expect(Object.values(await sync.listPeople())).to.not.include(false)
    })

    it('takes nobody for active of whom the source says no status, and leaves who is known as they are', async () => {
      const sync = await start([person('ada'), person('bob', { status: 'suspended' })])
      expect(await sync.listPeople()).to.deep.equal({ 'ada@example.com': true })
      sync.source.people = [person('ada', { status: undefined }), person('eve', { status: undefined })]
      expect(await tell(sync)).to.include({ ada: 'update invalid_value', eve: 'skip not_active' })
      expect(await sync.listPeople()).to.deep.equal({ 'ada@example.com': true })
    })
  })

  describe('2. lists that hide those who left', () => {
    it('takes nobody for deleted because a list does not have them', async () => {
      const sync = await start([person('ada'), person('bob')])
      sync.source.remove('bob')
      expect(await tell(sync)).to.deep.equal({ bob: 'keep missing' })
      expect(await readActive(sync, 'bob')).to.equal(true)
      expect(await tell(sync)).to.deep.equal({})
    })

    it('lets who is hidden leave on the last day that was known of them', async () => {
      const sync = await start([person('ada'), person('bob', { endDate: day(1) })])
      sync.source.remove('bob')
      await sync.run()
      expect(await readActive(sync, 'bob')).to.equal(true)
      passMidnight(2)
      await sync.settle()
      expect(await readActive(sync, 'bob')).to.equal(false)
      expect(extension(await sync.readPerson('bob'))['employmentStatus']).to.equal('terminated')
    })

    it('leaves who is missing in their groups, until they leave', async () => {
      const sync = await TestSync.create({ settings: unguarded })
      sync.source.groups = [{ id: 'g', displayName: 'Group' }]
      const endDate = day(1)
      sync.source.people = ['ada', 'bob', 'eve'].map((id) =>
        person(id, { groups: ['g'], endDate: id === 'bob' ? endDate : null }),
      )
      await sync.run()
      sync.source.remove('bob', 'eve')
      expect(await tell(sync)).to.deep.equal({ bob: 'keep missing', eve: 'keep missing' })
      expect(await tell(sync)).to.deep.equal({})
      expect(await readMembers(sync, 'g')).to.deep.equal(['ada', 'bob', 'eve'])
      passMidnight(2)
      await sync.settle()
      await sync.run()
      expect(await readMembers(sync, 'g')).to.deep.equal(['ada', 'eve'])
    })

    it('takes who is missing out of a group that says itself who is in it', async () => {
      const sync = await TestSync.create({ settings: unguarded })
      const state = (...ids: string[]): void => {
        sync.source.groups = [{ id: 'g', displayName: 'Group', members: ids.map((id) => ({ id, type: 'user' })) }]
      }
      state('ada', 'bob')
      sync.source.people = [person('ada'), person('bob')]
      await sync.run()
      sync.source.remove('bob')
      state('ada')
      expect(await tell(sync)).to.deep.equal({ bob: 'keep missing', g: 'update' })
      expect(await readMembers(sync, 'g')).to.deep.equal(['ada'])
    })
  })

  describe('3. a pull that is interrupted, or shifts', () => {
    it('makes nobody inactive who would have come on a page that failed', async () => {
      const sync = await start(people(8), { ...unguarded, pageSize: 1, orphanedUsers: 'delete' })
      sync.source.failAt(2, new ProviderError('unexpected', 'The source broke off.'), 10)
      const id = await sync.request()
      for (let attempt = 0; attempt < 5; attempt++) {
        await sync.settle()
        clock.advance(2 * dayMs)
      }
      expect((await sync.readRun(id)).status).to.equal('failed')
      expect(Object.values(await sync.listPeople())).to.have.length(8)
    })

    it('takes a person who comes on two pages once, as the later one says', async () => {
      const sync = await TestSync.create({ settings: { pageSize: 1 } })
      sync.source.people = [person('ada', { title: 'Clerk' }), person('bob'), person('ada', { title: 'Chief' })]
      expect(await tell(sync)).to.deep.equal({ ada: 'create', bob: 'create' })
      expect((await sync.readPerson('ada'))?.['title']).to.equal('Chief')
    })

    it('takes nobody for gone whose record could not be read', async () => {
      const sync = await start([person('ada'), person('bob')], { ...unguarded, orphanedUsers: 'delete' })
      sync.source.remove('bob')
      sync.source.faults = [{ record: 'bob', message: 'The record cannot be read.' }]
      const run = await sync.run()
      expect(run.errors).to.deep.equal([{ code: 'unreadable', message: 'The record cannot be read.', recordId: 'bob' }])
      expect(await readActive(sync, 'bob')).to.equal(true)
    })
  })

  describe('4. managers who come later, are out of sight, or go in circles', () => {
    it('creates a manager before the people who report to them, in whatever order they come', async () => {
      const sync = await TestSync.create()
      sync.source.people = [person('c', { manager: 'b' }), person('b', { manager: 'a' }), person('a')]
      const run = await sync.run()
      expect((await sync.listChanges(run.id)).map(({ source_id }) => source_id)).to.deep.equal(['a', 'b', 'c'])
      expect(await managerOf(sync, 'c')).to.equal(await idOf(sync, 'b'))
      expect(await managerOf(sync, 'b')).to.equal(await idOf(sync, 'a'))
    })

    it('takes a person without a manager who is unknown, and tries again until they are there', async () => {
      const sync = await TestSync.create()
      sync.source.people = [person('bob', { manager: 'ada' })]
      expect(await tell(sync)).to.deep.equal({ bob: 'create manager_unknown' })
      expect(await managerOf(sync, 'bob')).to.equal(undefined)
      sync.source.people = [person('bob', { manager: 'ada' }), person('ada')]
      expect(await tell(sync)).to.deep.equal({ ada: 'create', bob: 'update' })
      expect(await managerOf(sync, 'bob')).to.equal(await idOf(sync, 'ada'))
    })

    it('leaves out what would make somebody report to themselves, at once or in a circle', async () => {
      const sync = await TestSync.create()
      sync.source.people = [
        person('self', { manager: 'self' }),
        person('a', { manager: 'c' }),
        person('b', { manager: 'a' }),
        person('c', { manager: 'b' }),
      ]
      const told = await tell(sync)
      expect(told['self']).to.equal('create manager_cycle')
      expect(Object.values(told).filter((one) => one === 'create manager_cycle')).to.have.length(2)
      expect(await managerOf(sync, 'self')).to.equal(undefined)
    })

    it('finds a circle that closes through people who have not changed', async () => {
      const sync = await start([person('a'), person('b', { manager: 'a' }), person('c', { manager: 'b' })])
      sync.source.change('a', { manager: 'c' })
      expect(await tell(sync)).to.deep.equal({ a: 'keep manager_cycle' })
      expect(await managerOf(sync, 'a')).to.equal(undefined)
    })

    it('turns a line of reporting around in one run', async () => {
      const sync = await start([person('a'), person('b', { manager: 'a' }), person('c', { manager: 'b' })])
      sync.source.people = [person('a', { manager: 'b' }), person('b', { manager: 'c' }), person('c')]
      expect(await tell(sync)).to.deep.equal({ c: 'update', b: 'update', a: 'update' })
      expect(await managerOf(sync, 'a')).to.equal(await idOf(sync, 'b'))
      expect(await managerOf(sync, 'b')).to.equal(await idOf(sync, 'c'))
      expect(await managerOf(sync, 'c')).to.equal(undefined)
    })

    it('finds a manager by employee number, or by address, where the source names them so', async () => {
      const sync = await TestSync.create()
      sync.source.people = [
        person('a', { manager: '0042' }),
        person('b', { managerEmail: 'Boss@Example.com' }),
        person('boss', { employeeNumber: '0042' }),
      ]
      await sync.run()
      const boss = await idOf(sync, 'boss')
      expect(await managerOf(sync, 'a')).to.equal(boss)
      expect(await managerOf(sync, 'b')).to.equal(boss)
    })
  })

  describe('5. somebody who is hired again', () => {
    it('is the same person where the record has new dates', async () => {
      const sync = await start([person('ada', { startDate: '2019-01-01', endDate: day(0) })])
      const id = await idOf(sync, 'ada')
      passMidnight()
      await sync.settle()
      expect(await readActive(sync, 'ada')).to.equal(false)
      sync.source.change('ada', { startDate: day(0) })
      expect(await tell(sync)).to.deep.equal({ ada: 'activate' })
      expect(await idOf(sync, 'ada')).to.equal(id)
      expect(await readActive(sync, 'ada')).to.equal(true)
    })

    it('is the same person under a new id with the same employee number, and both ids lead to them', async () => {
      const sync = await start([person('old', { email: 'ada@example.com', employeeNumber: '7', status: 'active' })])
      const id = await idOf(sync, 'old')
      sync.source.people = [
        person('old', { email: 'ada@example.com', employeeNumber: '7', status: 'terminated' }),
        person('new', { email: 'ada.l@example.com', employeeNumber: '7', lastName: 'Lovelace' }),
      ]
      expect(await tell(sync)).to.deep.equal({ new: 'update', old: 'keep superseded' })
      expect(await idOf(sync, 'new')).to.equal(id)
      expect(await idOf(sync, 'old')).to.equal(id)
      expect(await sync.listPeople()).to.deep.equal({ 'ada.l@example.com': true })
    })

    it('is the same person under an entirely new record with the address that they had', async () => {
      const sync = await start([person('old', { email: 'ada@example.com', lastName: 'Lovelace' }), person('bob')])
      const id = await idOf(sync, 'old')
      sync.source.change('old', { status: 'terminated' })
      await sync.run()
      expect(await sync.listPeople()).to.deep.include({ 'ada@example.com': false })
      sync.source.people = [
        ...sync.source.people,
        person('new', { email: 'ADA@example.com', lastName: 'Lovelace', startDate: day(-1) }),
      ]
      expect(await tell(sync)).to.include({ new: 'activate' })
      expect(await idOf(sync, 'new')).to.equal(id)
      expect(await sync.listPeople()).to.deep.equal({ 'ada@example.com': true, 'bob@example.com': true })
      expect(await tell(sync)).to.deep.equal({})
    })
  })

  describe('6. one person with two records', () => {
    it('hears the active one, and nobody becomes inactive because of the old one', async () => {
      const sync = await start([person('worker', { email: 'ada@example.com', employeeNumber: '7' }), person('bob')])
      const id = await idOf(sync, 'worker')
      sync.source.people = [
        person('worker', { email: 'ada@example.com', employeeNumber: '7', status: 'terminated' }),
        person('contractor', { email: 'ada@example.com', employeeNumber: '7', employmentType: 'contractor' }),
        person('bob'),
      ]
      const run = await sync.run()
      expect(await sync.tellChanges(run.id)).to.deep.equal({ contractor: 'update', worker: 'keep superseded' })
      expect(await idOf(sync, 'contractor')).to.equal(id)
      expect(await readActive(sync, 'contractor')).to.equal(true)
      expect(extension(await sync.readPerson('contractor'))['employmentType']).to.equal('contractor')
    })

    it('makes one person of the two where both are new', async () => {
      const sync = await TestSync.create()
      sync.source.people = [
        person('a', { email: 'ada@example.com', employeeNumber: '7', status: 'terminated' }),
        person('b', { email: 'ada@example.com', employeeNumber: '7' }),
      ]
      expect(await tell(sync)).to.deep.equal({ b: 'create', a: 'keep superseded' })
      expect(await sync.listPeople()).to.deep.equal({ 'ada@example.com': true })
    })

    it('hears the other record again when the one that was heard ends', async () => {
      const both = { email: 'ada@example.com', employeeNumber: '7' }
      const sync = await start([person('a', both), person('b', { ...both, status: 'terminated' })])
      const id = await idOf(sync, 'a')
      sync.source.people = [person('a', { ...both, status: 'terminated' }), person('b', { ...both, title: 'Adviser' })]
      expect(await tell(sync)).to.deep.equal({ b: 'update', a: 'keep superseded' })
      expect(await idOf(sync, 'b')).to.equal(id)
      expect((await sync.readPerson('b'))?.['title']).to.equal('Adviser')
      expect(await readActive(sync, 'b')).to.equal(true)
    })

    it('does not lose somebody whose other record is gone from the source', async () => {
      const both = { email: 'ada@example.com', employeeNumber: '7' }
      const settings = { ...unguarded, orphanedUsers: 'delete' } as const
      const sync = await start([person('a', both), person('b', both), person('bob')], settings)
      sync.source.remove('a')
      const run = await sync.run()
      expect(run.status).to.equal('completed')
      expect(await readActive(sync, 'b')).to.equal(true)
      expect((await sync.readRecord('b'))?.speaks).to.equal(true)
    })
  })

  describe('7. somebody who begins on a day to come', () => {
    it('is inactive and without a status until the day begins at their office, and no word of the source is needed then', async () => {
      const sync = await start([person('ada')])
      const zone = 'Pacific/Auckland'
      const at = clock.now()
      await createLocation(testDatabase(), sync.organizationId, { name: 'Auckland', timeZone: zone }, at)
      const first = day(2, zone)
      const pulls = sync.source.pulls.length
      sync.source.people = [person('ada'), person('bob', { startDate: first, location: 'Auckland' })]
      expect(await tell(sync)).to.deep.equal({ bob: 'create not_begun' })
      expect(extension(await sync.readPerson('bob'))['employmentStatus']).to.equal(undefined)
      const due = (await sync.readRecord('bob'))?.due_at
      expect(day(0, zone) < first).to.equal(true)
      clock.advance((due?.getTime() ?? 0) - clock.now().getTime() - 60_000)
      await sync.settle()
      expect(day(0, zone) < first).to.equal(true)
      expect(await readActive(sync, 'bob')).to.equal(false)
      clock.advance(2 * 60_000)
      await sync.settle()
      expect(day(0, zone)).to.equal(first)
      expect(await readActive(sync, 'bob')).to.equal(true)
      expect(extension(await sync.readPerson('bob'))['employmentStatus']).to.equal('active')
      expect(sync.source.pulls).to.have.length(pulls + 1)
    })

    it('is not imported by the first sync, but when the day has come', async () => {
      const sync = await TestSync.create()
      sync.source.people = [person('ada'), person('bob', { startDate: day(1), status: 'pending' })]
      expect(await tell(sync)).to.deep.equal({ ada: 'create', bob: 'skip not_active' })
      passMidnight()
      await sync.settle()
      expect(await sync.listPeople()).to.deep.equal({ 'ada@example.com': true, 'bob@example.com': true })
    })

    it('may lack an address until then', async () => {
      const sync = await start([person('ada')])
      sync.source.people = [person('ada'), person('bob', { startDate: day(3), email: null })]
      expect(await tell(sync)).to.deep.equal({ bob: 'skip no_email' })
      sync.source.change('bob', { email: 'bob@example.com' })
      expect(await tell(sync)).to.deep.equal({ bob: 'create not_begun' })
    })
  })

  describe('8. somebody who does not begin after all', () => {
    it('never becomes active where the record is gone before the day', async () => {
      const sync = await start([person('ada')])
      sync.source.people = [person('ada'), person('bob', { startDate: day(2) })]
      await sync.run()
      sync.source.remove('bob')
      await sync.run()
      passMidnight(3)
      await sync.settle()
      expect(await readActive(sync, 'bob')).to.equal(false)
    })

    it('is deleted where orphans are, and is not called terminated where the source says that', async () => {
      const sync = await start([person('ada')], { ...unguarded, orphanedUsers: 'delete' })
      const coming = ['bob', 'eve'].map((id) => person(id, { startDate: day(5) }))
      sync.source.people = [person('ada'), ...coming]
      await sync.run()
      sync.source.remove('bob')
      sync.source.change('eve', { status: 'terminated' })
      expect(await tell(sync)).to.include({ bob: 'delete missing' })
      expect(await sync.readPerson('bob')).to.equal(undefined)
      const eve = await sync.readPerson('eve')
      expect(eve?.['active']).to.equal(false)
      expect(extension(eve)['employmentStatus']).to.equal(undefined)
    })
  })

  describe('9. somebody who leaves on a day to come', () => {
    it('is active to the end of the last day in the time zone of the organization, without a word of the source', async () => {
      const zone = 'America/Los_Angeles'
      const sync = await TestSync.create()
      await sync.setTimeZone(zone)
      const last = day(0, zone)
      sync.source.people = [person('ada'), person('bob', { status: 'terminated', endDate: last })]
      await sync.run()
      const bob = await sync.readPerson('bob')
      expect([bob?.['active'], extension(bob)['employmentStatus']]).to.deep.equal([true, 'active'])
      const due = (await sync.readRecord('bob'))?.due_at?.getTime() ?? 0
      clock.advance(due - clock.now().getTime() - 30_000)
      await sync.settle()
      expect([day(0, zone), await readActive(sync, 'bob')]).to.deep.equal([last, true])
      clock.advance(60_000)
      await sync.settle()
      expect(day(0, zone) > last).to.equal(true)
      const gone = await sync.readPerson('bob')
      expect([gone?.['active'], extension(gone)['employmentStatus']]).to.deep.equal([false, 'terminated'])
    })

    it('stays where that was cancelled, and leaves later where it was put off', async () => {
      const sync = await start(['ada', 'bob'].map((id) => person(id, { endDate: day(1) })))
      sync.source.change('ada', { endDate: null })
      sync.source.change('bob', { endDate: day(4) })
      await sync.run()
      passMidnight(3)
      await sync.settle()
      expect(await sync.listPeople()).to.deep.equal({ 'ada@example.com': true, 'bob@example.com': true })
      passMidnight(2)
      await sync.settle()
      expect(await sync.listPeople()).to.deep.equal({ 'ada@example.com': true, 'bob@example.com': false })
    })

    it('is inactive at once where the last day is over', async () => {
      const sync = await start([person('ada'), person('bob')])
      sync.source.change('bob', { endDate: day(-30) })
      expect(await tell(sync)).to.deep.equal({ bob: 'deactivate ended' })
      expect(await readActive(sync, 'bob')).to.equal(false)
    })

    it('is inactive during garden leave, and terminated only after the last day', async () => {
      const sync = await start([person('ada'), person('bob')])
      sync.source.change('bob', { status: 'suspended', endDate: day(1) })
      expect(await tell(sync)).to.deep.equal({ bob: 'deactivate' })
      expect(extension(await sync.readPerson('bob'))['employmentStatus']).to.equal('suspended')
      passMidnight(2)
      await sync.settle()
      expect(extension(await sync.readPerson('bob'))['employmentStatus']).to.equal('terminated')
    })
  })

  describe('10. two people with one address', () => {
    it('takes the first, reports the second in every run, and goes on with the others', async () => {
      const sync = await TestSync.create()
      sync.source.people = [
        person('a', { email: 'noemail@example.com' }),
        person('b', { email: 'NoEmail@example.com' }),
        person('c'),
      ]
      expect(await tell(sync)).to.deep.equal({ a: 'create', c: 'create', b: 'error duplicate_email' })
      const again = await sync.run()
      expect(await sync.tellChanges(again.id)).to.deep.equal({ b: 'error duplicate_email' })
      expect(again.errors).to.have.length(1)
      sync.source.change('b', { email: 'b@example.com' })
      expect(await tell(sync)).to.deep.equal({ b: 'create' })
    })

    it('leaves alone who could be several people', async () => {
      const sync = await TestSync.create()
      const { scim } = sync.tenant
      for (const userName of ['one', 'two']) {
        const emails = [{ value: 'shared@example.com' }]
        await scim.post('/Users', { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName, emails })
      }
      sync.source.people = [person('a', { email: 'shared@example.com' })]
      expect(await tell(sync)).to.deep.equal({ a: 'error ambiguous' })
    })

    it('does not take a family for one person by the address that they have at home', async () => {
      const sync = await TestSync.create()
      sync.source.people = ['a', 'b'].map((id) => person(id, { privateEmail: 'family@example.com' }))
      expect(await tell(sync)).to.deep.equal({ a: 'create', b: 'create' })
    })
  })

  describe('11. a new person with the address of somebody who left', () => {
    it('is not taken for the one who left, whose userName is freed', async () => {
      const sync = await start([person('old', { email: 'info@example.com', employeeNumber: '1' })])
      const id = await idOf(sync, 'old')
      sync.source.change('old', { status: 'terminated' })
      await sync.run()
      const left = person('old', { email: 'info@example.com', employeeNumber: '1', status: 'terminated' })
      sync.source.people = [left, person('new', { email: 'info@example.com', employeeNumber: '2' })]
      const run = await sync.run()
      expect((await sync.listChanges(run.id)).map(({ operation }) => operation)).to.deep.equal(['update', 'create'])
      expect(await idOf(sync, 'new')).to.not.equal(id)
      expect(await sync.listPeople()).to.deep.equal({ [`info@example.com#${id}`]: false, 'info@example.com': true })
      expect(await tell(sync)).to.deep.equal({})
    })

    it('is another person also where the one leaves and the other comes in one pull, and when all is read by new rules', async () => {
      const sync = await start([person('old', { email: 'info@example.com', employeeNumber: '1' })])
      sync.source.people = [
        person('new', { email: 'info@example.com', employeeNumber: '2' }),
        person('old', { email: 'info@example.com', employeeNumber: '1', status: 'terminated' }),
      ]
      await sync.run()
      const id = await idOf(sync, 'old')
      const names = { [`info@example.com#${id}`]: false, 'info@example.com': true }
      expect(await sync.listPeople()).to.deep.equal(names)
      await sync.map({ title: 'jobTitle' })
      expect((await sync.run()).errors).to.deep.equal([])
      expect(await sync.listPeople()).to.deep.equal(names)
    })
  })

  describe('12. people without an address at work', () => {
    it('are left out and named in the report, and are not known by a private address', async () => {
      const sync = await TestSync.create()
      sync.source.people = [person('a', { email: null, privateEmail: 'a@home.example' })]
      const run = await sync.run()
      const [change] = await sync.listChanges(run.id)
      expect(change).to.deep.include({ operation: 'skip', code: 'no_email', source_id: 'a', name: 'Pat a' })
      expect(await sync.listPeople()).to.deep.equal({})
      expect(await tell(sync)).to.deep.equal({ a: 'skip no_email' })
    })

    it('stay who they are where they had one', async () => {
      const sync = await start([person('a')])
      sync.source.change('a', { email: null, title: 'Driver' })
      expect(await tell(sync)).to.deep.equal({ a: 'update' })
      expect((await sync.readPerson('a'))?.['title']).to.equal('Driver')
      expect(await sync.listPeople()).to.deep.equal({ 'a@example.com': true })
    })
  })

  describe('13. somebody who is called otherwise', () => {
    it('is the same person with another name and address', async () => {
      const sync = await start([person('ada', { lastName: 'Byron' })])
      const id = await idOf(sync, 'ada')
      sync.source.change('ada', { lastName: 'Lovelace', email: 'ada.lovelace@example.com' })
      expect(await tell(sync)).to.deep.equal({ ada: 'update' })
      expect(await idOf(sync, 'ada')).to.equal(id)
      expect(await sync.listPeople()).to.deep.equal({ 'ada.lovelace@example.com': true })
    })

    it('is not changed by an address in other letters', async () => {
      const sync = await start([person('ada')])
      sync.source.change('ada', { email: 'ADA@Example.COM' })
      expect(await tell(sync)).to.deep.equal({ ada: 'keep' })
    })

    it('gets an address that somebody gives up in the same pull', async () => {
      const sync = await start([person('a', { email: 'sales@example.com' }), person('b')])
      sync.source.people = [person('b', { email: 'sales@example.com' }), person('a', { email: 'a@example.com' })]
      await sync.run()
      expect((await sync.readPerson('b'))?.['userName']).to.equal('sales@example.com')
      expect((await sync.readPerson('a'))?.['userName']).to.equal('a@example.com')
    })
  })

  describe('14. names that people prefer', () => {
    it('shows the first of several names that there is', async () => {
      const sync = await TestSync.create()
      await sync.map({ displayName: { from: ['preferredName', 'displayName', 'legalName'] } })
      sync.source.people = [
        person('a', { preferredName: 'Ada', displayName: 'Augusta' }),
        person('b', { preferredName: '', displayName: null, legalName: 'Robert' }),
        person('c', { preferredName: '  ' }),
      ]
      await sync.run()
      const names = await Promise.all(['a', 'b', 'c'].map(async (id) => (await sync.readPerson(id))?.['displayName']))
      expect(names).to.deep.equal(['Ada', 'Robert', undefined])
    })
  })

  describe('15. numbers and days in their many forms', () => {
    it('keeps long ids apart, and days on their day', async () => {
      const sync = await TestSync.create()
      sync.source.people = [
        person('1234567890123456789', { email: 'a@example.com', startDate: '2020-02-29T23:30:00-08:00' }),
        person('1234567890123456788', { email: 'b@example.com', startDate: '/Date(1582934400000)/' }),
        person('3', { startDate: '0000-00-00' }),
        person('4', { startDate: '03/04/2020' }),
      ]
      expect(await tell(sync)).to.deep.include({ '4': 'create invalid_value' })
      const read = async (id: string): Promise<unknown> => extension(await sync.readPerson(id))['startDate']
      expect(await read('1234567890123456789')).to.equal('2020-02-29')
      expect(await read('1234567890123456788')).to.equal('2020-02-29')
      expect([await read('3'), await read('4')]).to.deep.equal([undefined, undefined])
      expect(await idOf(sync, '1234567890123456789')).to.not.equal(await idOf(sync, '1234567890123456788'))
    })
  })

  describe('16. what is entered today for a day to come', () => {
    it('is not so before the day, and is so on it without another word', async () => {
      const sync = await start([person('ada')])
      sync.source.change('ada', { endDate: day(2) })
      expect(await tell(sync)).to.deep.equal({ ada: 'update' })
      expect(extension(await sync.readPerson('ada'))['employmentStatus']).to.equal('active')
      expect(await tell(sync)).to.deep.equal({})
      passMidnight(3)
      await sync.settle()
      expect(await readActive(sync, 'ada')).to.equal(false)
      expect(await tell(sync)).to.deep.equal({})
    })
  })

  describe('17. values of lists, whose text changes', () => {
    it('keeps a group whose id stays when it gets another name', async () => {
      const sync = await TestSync.create({ settings: unguarded })
      sync.source.groups = [{ id: 'department:7', displayName: 'Sales' }]
      sync.source.people = [person('ada', { groups: ['department:7'] })]
      await sync.run()
      const before = await sync.readRecord('department:7', 'group')
      sync.source.groups = [{ id: 'department:7', displayName: 'Revenue' }]
      expect(await tell(sync)).to.deep.equal({ 'department:7': 'update' })
      expect((await sync.readRecord('department:7', 'group'))?.resource_id).to.equal(before?.resource_id)
      expect(await readMembers(sync, 'department:7')).to.deep.equal(['ada'])
    })
  })

  describe('18. departments as groups', () => {
    it('reports the second of two that have one name, and goes on', async () => {
      const sync = await TestSync.create({ settings: unguarded })
      sync.source.groups = [
        { id: 'a', displayName: 'Sales' },
        { id: 'b', displayName: 'sales' },
        { id: 'c', displayName: 'Support' },
      ]
      expect(await tell(sync)).to.deep.equal({ a: 'create', b: 'error display_name_taken', c: 'create' })
      sync.source.groups = [{ id: 'a', displayName: 'Marketing' }, ...sync.source.groups.slice(1)]
      await sync.run()
      expect(await tell(sync)).to.deep.equal({})
      expect((await sync.readRecord('b', 'group'))?.problem).to.equal(null)
    })

    it('takes a new one for the name of one that is gone', async () => {
      const sync = await TestSync.create({ settings: unguarded })
      sync.source.groups = [{ id: 'z', displayName: 'Sales' }]
      await sync.run()
      sync.source.groups = [{ id: 'a', displayName: 'Sales' }]
      const run = await sync.run()
      expect([run.errors, await sync.tellChanges(run.id)]).to.deep.equal([[], { a: 'create', z: 'delete missing' }])
    })

    it('moves people between them, also out of one that is merged into another, and lets one person be in several', async () => {
      const sync = await TestSync.create({ settings: unguarded })
      sync.source.groups = ['a', 'b', 'c', 'd'].map((id) => ({ id, displayName: `Department ${id}` }))
      sync.source.people = [person('ada', { groups: ['a', 'b'] }), person('bob', { groups: ['b'] })]
      await sync.run()
      expect(await readMembers(sync, 'b')).to.deep.equal(['ada', 'bob'])
      sync.source.groups = sync.source.groups.filter(({ id }) => id !== 'b')
      sync.source.people = [person('ada', { groups: ['a'] }), person('bob', { groups: ['a'] })]
      expect(await tell(sync)).to.deep.equal({ a: 'update', b: 'delete missing' })
      expect(await readMembers(sync, 'a')).to.deep.equal(['ada', 'bob'])
      sync.source.people = [person('ada', { groups: [] }), person('bob', { groups: [] })]
      await sync.run()
      expect(await readMembers(sync, 'a')).to.deep.equal([])
    })
  })

  describe('19. where the next pull begins', () => {
    it('is where the last one that was applied ended, and not where one that failed did', async () => {
      const sync = await start([person('ada')])
      sync.source.people = [person('ada', { title: 'Chief' })]
      sync.source.failAt(1, new ProviderError('settings', 'Signed out.'))
      expect((await sync.run({ isFull: false, type: 'incremental' })).status).to.equal('failed')
      expect(await tell(sync, { isFull: false, type: 'incremental' })).to.deep.equal({ ada: 'update' })
      const cursors = sync.source.pulls.map(({ cursor }) => cursor)
      expect(cursors.at(-1)).to.deep.equal(cursors.at(-2))
    })

    it('loses nothing of what comes again', async () => {
      const sync = await start([person('ada'), person('bob')])
      sync.source.change('ada', { title: 'Chief' })
      await sync.run({ isFull: false, type: 'incremental' })
      expect(await tell(sync)).to.deep.equal({})
    })
  })

  describe('20. sources that want to be left in peace', () => {
    it('are asked again after the time that they name, and then all is as if nothing had been', async () => {
      const sync = await TestSync.create()
      sync.source.people = [person('ada')]
      sync.source.failAt(1, new ProviderError('rate_limited', 'Too many requests.', { retryAfterMs: 20 * 60_000 }))
      const id = await sync.request()
      await sync.settle()
      clock.advance(19 * 60_000)
      await sync.settle()
      expect((await sync.readRun(id)).status).to.equal('queued')
      clock.advance(2 * 60_000)
      await sync.settle()
      expect((await sync.readRun(id)).status).to.equal('completed')
    })

    it('are not asked twice with credentials that they refused', async () => {
      const sync = await TestSync.create()
      sync.source.people = [person('ada')]
      sync.source.failAt(1, new ProviderError('settings', 'The token is not valid.'))
      expect((await sync.run()).status).to.equal('failed')
      expect(sync.source.pulls).to.have.length(1)
    })
  })

  describe('21. nothing, and nothing said', () => {
    it('clears what the source says is empty', async () => {
      const sync = await start([person('ada', { title: 'Chief', phone: '1' })])
      sync.source.change('ada', { title: null, phone: '' })
      const run = await sync.run()
      const [change] = await sync.listChanges(run.id)
      expect(Object.keys(change?.plan['difference'] as JsonObject).toSorted()).to.deep.equal(['phoneNumbers', 'title'])
      expect(await sync.readPerson('ada')).to.not.have.any.keys('title', 'phoneNumbers')
    })

    it('clears nothing that another directory says', async () => {
      const sync = await start([person('ada')])
      const { scim } = sync.tenant
      const id = await idOf(sync, 'ada')
      const operations = [{ op: 'add', path: 'nickName', value: 'Countess' }]
      await scim.patch(`/Users/${id}`, operations)
      sync.source.change('ada', { nickName: null, title: 'Chief' })
      await sync.run()
      expect(await sync.readPerson('ada')).to.include({ nickName: 'Countess', title: 'Chief' })
    })
  })

  describe('22. groups in groups', () => {
    it('takes circles, members over several pages, and groups that come after those that hold them', async () => {
      const sync = await TestSync.create({ settings: { ...unguarded, pageSize: 1 } })
      sync.source.groups = [
        { id: 'all', displayName: 'Everyone', members: [{ id: 'a', type: 'group' }] },
        { id: 'all', displayName: 'Everyone', members: [{ id: 'ada', type: 'user' }] },
        { id: 'a', displayName: 'A', members: [{ id: 'b', type: 'group' }] },
        { id: 'b', displayName: 'B', members: [{ id: 'a', type: 'group' }, { id: 'bob', type: 'user' }] }, // prettier-ignore
      ]
      sync.source.people = [person('ada'), person('bob')]
      await sync.run()
      expect(await readMembers(sync, 'all')).to.deep.equal(['a', 'ada'])
      expect(await readMembers(sync, 'a')).to.deep.equal(['b'])
      expect(await readMembers(sync, 'b')).to.deep.equal(['a', 'bob'])
      expect(await tell(sync)).to.deep.equal({})
    })

    it('changes only the groups of those who were read where only changes are', async () => {
      const sync = await TestSync.create({ settings: unguarded })
      sync.source.groups = ['a', 'b'].map((id) => ({ id, displayName: `Group ${id}` }))
      sync.source.people = [person('ada', { groups: ['a'] }), person('bob', { groups: ['a'] })]
      await sync.run()
      sync.source.change('bob', { groups: ['b'] })
      expect(await tell(sync, { isFull: false, type: 'incremental' })).to.deep.equal({ a: 'update', b: 'update' })
      expect(await readMembers(sync, 'a')).to.deep.equal(['ada'])
      expect(await readMembers(sync, 'b')).to.deep.equal(['bob'])
    })
  })

  describe('23. what is no employee', () => {
    it('stays out where only the members of some groups are imported, also of groups within them', async () => {
      const sync = await TestSync.create({ settings: { ...unguarded, groupFilter: ['Staff'] } })
      sync.source.groups = [
        { id: 'staff', displayName: 'Staff' },
        { id: 'sales', displayName: 'Sales', groups: ['staff'] },
        { id: 'rooms', displayName: 'Rooms' },
      ]
      sync.source.people = [
        person('ada', { groups: ['staff'] }),
        person('bob', { groups: ['sales'] }),
        person('room', { groups: ['rooms'] }),
        person('guest'),
      ]
      expect(await tell(sync)).to.deep.include({ ada: 'create', bob: 'create', room: 'skip filtered' })
      expect(await sync.listPeople()).to.deep.equal({ 'ada@example.com': true, 'bob@example.com': true })
      sync.source.change('guest', { groups: ['staff'] })
      expect(await tell(sync)).to.include({ guest: 'create' })
    })
  })

  describe('24. who is on leave', () => {
    it('keeps access, unless the source or the mapping says otherwise', async () => {
      const sync = await TestSync.create()
      sync.source.people = [
        person('a', { status: 'on_leave' }),
        person('b', { status: 'active' }),
        person('c', { status: 'on_leave' }),
      ]
      await sync.run()
      sync.source.change('b', { status: 'on_leave', access: 'no' })
      await sync.run()
      const read = async (): Promise<unknown[]> => Promise.all(['a', 'b', 'c'].map((id) => readActive(sync, id)))
      expect(await read()).to.deep.equal([true, false, true])
      expect(extension(await sync.readPerson('b'))['employmentStatus']).to.equal('on_leave')
      await sync.set(unguarded)
      await sync.map({ active: { from: 'status', table: { on_leave: false, '*': true } } })
      await sync.run()
      expect(await read()).to.deep.equal([false, false, false])
    })
  })
})

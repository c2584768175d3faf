import { expect } from 'chai'
import { bamboohr } from '../../providers/bamboohr/index.ts'
import type { Page, Scope, SourceRecord } from '../../providers/provider.ts'
import { type BambooFake, startBambooFake, type TimeOffRequest } from './bamboohr-fake.ts'
import { listUsers } from './conformance.ts'
import { collect, createScope, listMappedFields, openSource, type Opened } from './source.ts'

describe('BambooHR, time off', () => {
  let fake: BambooFake
  let opened: Opened[] = []

  beforeEach(async () => {
    fake = await startBambooFake()
  })

  afterEach(async () => {
    await Promise.all(opened.map((one) => one.close()))
    opened = []
    await fake.close()
  })

  function open(): Opened {
    const one = openSource(bamboohr, fake.settings, {
      rateLimit: { requests: 100_000, perMs: 1 },
      now: fake.company.now,
    })
    opened.push(one)
    return one
  }

  async function pull(scope: Partial<Scope> = {}, cursor?: Page['cursor']): Promise<Page[]> {
    return await collect(open().source.pull(cursor, createScope(bamboohr, scope)))
  }

  async function readUser(id: string, scope: Partial<Scope> = {}): Promise<SourceRecord> {
    const user = listUsers(await pull(scope)).find((one) => one.id === id)
    if (user === undefined) throw new Error(`${id} did not come`)
    return user
  }

  function setDay(day: string): void {
    fake.company.now = new Date(`${day}T09:00:00Z`)
  }

  function replaceTimeOff(...requests: readonly Partial<TimeOffRequest>[]): void {
    const { id } = fake.company.named.leaver
    const request: TimeOffRequest = {
      id: 1,
      employeeId: id,
      type: 'Vacation',
      start: '2026-11-16',
      end: '2026-11-27',
      status: 'approved',
      created: '2026-05-01',
      lastChanged: '2026-05-01',
    }
    fake.account.timeOff.splice(0, Infinity, ...requests.map((change) => ({ ...request, ...change })))
  }

  function listAsked(part: string): string[] {
    return fake.requests.map(({ path }) => path).filter((path) => path.includes(part))
  }

  it('reads who is away now or will be, with what is asked for and what is allowed', async () => {
    const { manager, leaver } = fake.company.named
    expect((await readUser(leaver.id)).fields['absences']).to.deep.equal([
      { value: '1350', type: 'Vacation', startDate: '2026-11-16', endDate: '2026-11-20', status: 'approved' },
      { value: '1351', type: 'Vacation', startDate: '2026-12-21', endDate: '2026-12-23', status: 'requested' },
    ])
    expect((await readUser(manager.id)).fields['absences']).to.deep.equal([])
  })

  it('reads that somebody is away where it may not see requests, and the check says what is missing', async () => {
    fake.account.hidesRequests = true
    expect((await readUser(fake.company.named.leaver.id)).fields['absences']).to.deep.equal([
      { value: '1350', startDate: '2026-11-16', endDate: '2026-11-20', status: 'approved' },
    ])
    const missing = (await open().source.check()).filter(({ ok }) => !ok)
    expect(missing.map(({ name, missing: fields }) => [name, fields])).to.deep.equal([['Time off', ['absences']]])
  })

  it('asks for time off only where it is mapped, and says nothing of it where it may not ask', async () => {
    await pull({ fields: ['workEmail'] })
    expect(listAsked('time_off')).to.deep.equal([])
    for (const name of ['requests', 'whos_out']) fake.account.refused.add(`/api/v1/time_off/${name}`)
    for (const { fields } of listUsers(await pull())) expect(fields).to.not.have.property('absences')
  })

  const kinds: readonly (readonly [string, Partial<TimeOffRequest>, string])[] = [
    ['a parental leave', { type: 'Parental Leave' }, 'on_leave'],
    ['a leave of absence', { type: 'Unpaid leave of absence' }, 'on_leave'],
    ['a sabbatical', { type: 'Sabbatical' }, 'on_leave'],
    ['a holiday', { type: 'Vacation' }, 'active'],
    ['an annual leave', { type: 'Annual leave' }, 'active'],
    ['sick leave', { type: 'Sick leave' }, 'active'],
    ['a parental leave that nobody has granted', { type: 'Parental leave', status: 'requested' }, 'active'],
    ['a parental leave to come', { type: 'Parental leave', start: '2026-11-23' }, 'active'],
    ['a parental leave that is over', { type: 'Parental leave', end: '2026-11-19' }, 'active'],
  ]
  for (const [name, request, status] of kinds) {
    it(`takes who has ${name} for ${status}`, async () => {
      replaceTimeOff(request)
      expect((await readUser(fake.company.named.leaver.id)).fields).to.include({ lifecycle: status })
    })
  }

  it('makes nobody who has left be on leave', async () => {
    const { leaver } = fake.company.named
    replaceTimeOff({ type: 'Parental leave' })
    fake.company.change(leaver.id, { status: 'terminated', endDate: '2026-11-18' })
    expect((await readUser(leaver.id)).fields).to.include({ lifecycle: 'terminated' })
  })

  it('reads balances where they are mapped, of each who works there', async () => {
    const { leaver, manager } = fake.company.named
    await pull()
    expect(listAsked('calculator')).to.deep.equal([])
    fake.company.change(leaver.id, { status: 'terminated', endDate: '2026-11-18' })
    const fields = [...listMappedFields(bamboohr), 'leaveBalances']
    expect((await readUser(manager.id, { fields })).fields['leaveBalances']).to.deep.equal([
      { type: 'Vacation', value: 11.5, unit: 'days', asOf: '2026-11-20' },
      { type: 'Bereavement', value: -2.5, unit: 'hours', asOf: '2026-11-20' },
    ])
    expect(listAsked('calculator')).to.have.length(2)
    expect((await readUser(leaver.id, { fields })).fields['leaveBalances']).to.deep.equal([])
    fake.account.refused.add(`/api/v1/employees/${manager.id}/time_off/calculator`)
    expect((await readUser(manager.id, { fields })).fields).to.not.have.property('leaveBalances')
  })

  const moves: readonly (readonly [string, Partial<TimeOffRequest>, boolean])[] = [
    ['was granted', { lastChanged: '2026-11-24' }, true],
    ['was taken back', { status: 'canceled', lastChanged: '2026-11-24' }, true],
    ['was asked for', { status: 'requested', created: '2026-11-24', start: '2027-02-01', end: '2027-02-05' }, true],
    ['begins today', { start: '2026-11-25', end: '2026-11-27' }, true],
    ['ended yesterday', { start: '2026-11-16', end: '2026-11-24' }, true],
    ['goes on', {}, false],
    ['is to come, as it was', { start: '2027-02-01', end: '2027-02-05' }, false],
    ['ended long ago', { start: '2026-11-02', end: '2026-11-06' }, false],
  ]
  for (const [name, request, isRead] of moves) {
    it(`reads ${isRead ? 'whose' : 'nobody whose'} time off ${name}`, async () => {
      const { leaver } = fake.company.named
      setDay('2026-11-23')
      replaceTimeOff({ start: '2026-11-16', end: '2026-11-27', ...request })
      const cursor = (await pull()).at(-1)?.cursor
      setDay('2026-11-25')
      const read = listUsers(await pull({}, cursor)).map(({ id }) => id)
      expect(read).to.deep.equal(isRead ? [leaver.id] : [])
    })
  }
})

// Time off on its way from sources to whoever reads people: through the engine, into the extension, out of the HR API.
import { expect } from 'chai'
import { rollcall } from '../../providers/provider.ts'
import { type BambooFake, startBambooFake } from '../providers/bamboohr-fake.ts'
import { startWorkdayFake, type WorkdayFake } from '../providers/workday-fake.ts'
import { AdminClient } from '../support/admin-client.ts'
import { settleRuns } from '../support/account-runs.ts'
import { clock, createTenant, type Tenant } from '../support/app.ts'
import { HrClient } from '../support/hr-client.ts'
import type { Body } from '../support/scim-client.ts'
import { ScriptedSource } from '../support/scripted-source.ts'
import { TestSync } from '../support/sync.ts'
import { scriptPerson } from '../support/sync-people.ts'

const dayMs = 86_400_000

const day = (offset: number): string => new Date(clock.now().getTime() + offset * dayMs).toISOString().slice(0, 10)

describe('time off of a source', () => {
  let tenant: Tenant
  let admin: AdminClient
  let fake: BambooFake | WorkdayFake
  let directoryId: string

  beforeEach(async () => {
    tenant = await createTenant()
    admin = new AdminClient(tenant)
  })

  afterEach(() => fake.close())

  async function connect(provider: string, started: BambooFake | WorkdayFake, mapping = {}): Promise<void> {
    fake = started
    fake.company.now = clock.now()
    const body = { kind: 'pull', name: 'HR', provider, connection: fake.settings }
    directoryId = String((await admin.post('/directories', body)).body['id'])
    expect((await admin.patch(`/directories/${directoryId}`, { mapping })).status).to.equal(204)
  }

  async function pull(): Promise<Body> {
    clock.advance(1000)
    const { id } = (await admin.post(`/directories/${directoryId}/runs`, { type: 'full' })).body
    await settleRuns(tenant)
    const { body } = await admin.get(`/runs/${id}`)
    expect(body['status'], JSON.stringify(body)).to.equal('completed')
    return body
  }

  async function readUser(person: { readonly email: string | null }): Promise<Body> {
    const name = (person.email ?? '').toLowerCase()
    const { body } = await tenant.scim.filter('/Users', `userName eq "${name}"`)
    return body['Resources'][0] as Body
  }

  const balances = { [`${rollcall}:leaveBalances`]: 'leaveBalances' }

  function sayOff(...requests: readonly { person: { id: string }; type: string; start: string; end: string }[]): void {
    const account = fake.account as BambooFake['account']
    const told = requests.map(({ person, ...rest }, index) => {
      const times = { created: '2026-05-01', lastChanged: '2026-05-01' }
      return { id: 70 + index, employeeId: person.id, status: 'approved' as const, ...times, ...rest }
    })
    account.timeOff.splice(0, Infinity, ...told)
  }

  it('comes from BambooHR, and a leave makes somebody be on leave', async () => {
    await connect('bamboohr', await startBambooFake(), balances)
    const { manager, onLeave } = fake.company.named
    sayOff(
      { person: onLeave, type: 'Parental Leave', start: day(-30), end: day(60) },
      { person: manager, type: 'Vacation', start: day(0), end: day(4) },
    )
    await pull()
    const away = await readUser(onLeave)
    expect(away[rollcall]).to.deep.include({ employmentStatus: 'on_leave' })
    expect(away[rollcall].absences).to.deep.equal([
      { value: '70', type: 'Parental Leave', startDate: day(-30), endDate: day(60), status: 'approved' },
    ])
    expect(away[rollcall].leaveBalances).to.deep.equal([
      { type: 'Vacation', value: 11.5, unit: 'days', asOf: day(0) },
      { type: 'Bereavement', value: -2.5, unit: 'hours', asOf: day(0) },
    ])
    const onHoliday = await readUser(manager)
    expect(onHoliday[rollcall].absences).to.have.length(1)
    expect(onHoliday[rollcall].employmentStatus).to.equal('active')
  })

  it('that nobody has any more is no field that is gone', async () => {
    await connect('bamboohr', await startBambooFake())
    const { manager } = fake.company.named
    sayOff({ person: manager, type: 'Vacation', start: day(0), end: day(4) })
    await pull()
    sayOff()
    const run = await pull()
    expect(run['hold']).to.equal(null)
    expect((await readUser(manager))[rollcall]).to.not.have.property('absences')
  })

  it('comes from Workday, and is what the HR API says, with who said so', async () => {
    await connect('workday', await startWorkdayFake())
    const { onLeave, manager } = fake.company.named
    await pull()
    const away = await readUser(onLeave)
    expect(away[rollcall]).to.deep.include({
      employmentStatus: 'on_leave',
      leaveBalances: [{ type: 'Vacation', value: 12.5, unit: 'days' }],
    })
    const hr = new HrClient(await tenant.addApplication(['hr']))
    const { body } = await hr.get(`/employees/${away['id']}/time-off`)
    expect(body['leave_balances']).to.deep.equal([
      { type: 'Vacation', value: 12.5, unit: 'days', as_of: null, source: 'workday' },
    ])
    expect(body['absences']).to.have.length(1)
    expect(body['absences'][0]).to.deep.include({
      id: `LEAVE-${onLeave.id.slice(-3)}`,
      type: 'Parental leave',
      start_date: '2026-10-01',
      status: 'approved',
      source: 'workday',
    })
    const { id } = await readUser(manager)
    expect((await hr.get(`/employees/${id}/time-off`)).body['absences']).to.deep.equal([])
  })
})

describe('time off of a source that writes it wrongly', () => {
  it('loses what is wrong and keeps the rest, value by value', async () => {
    const { provider } = new ScriptedSource()
    const mapping = {
      ...provider.mapping,
      [`${rollcall}:leaveBalances`]: 'balances',
      [`${rollcall}:absences`]: 'absences',
    }
    const sync = await TestSync.create({ source: new ScriptedSource({ mapping }) })
    sync.source.people = [
      scriptPerson('ada', {
        title: [{ name: 'Chief' }],
        balances: [
          { type: 'Vacation', value: '12.5', unit: 'days' },
          { type: 'Sick leave', value: 'plenty' },
          { type: 'Sabbatical', value: 3, colour: 'green' },
          'none',
        ],
        absences: [{ value: 7, startDate: '2026-10-01' }],
      }),
    ]
    const run = await sync.run()
    expect(run.status).to.equal('completed')
    const person = await sync.readPerson('ada')
    expect(person).to.not.have.property('title')
    expect(person?.[rollcall]).to.deep.include({
      leaveBalances: [
        { type: 'Vacation', value: 12.5, unit: 'days' },
        { type: 'Sabbatical', value: 3 },
      ],
      absences: [{ value: '7', startDate: '2026-10-01' }],
    })
    const record = (await sync.listChanges(run.id)).find(({ source_id: id }) => id === 'ada')
    for (const part of ['title', 'leaveBalances.value', 'leaveBalances.colour']) {
      expect(JSON.stringify([record, run.errors]), part).to.include(part)
    }
  })
})

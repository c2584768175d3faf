// Time off through the HR API: what it takes from the directories, and what it leaves out.
import { expect } from 'chai'
import { clock, createTenant, type Tenant } from '../support/app.ts'
import { HrClient } from '../support/hr-client.ts'
import { rollcallSchema, userSchema } from '../support/scim-client.ts'
import { ScriptedSource } from '../support/scripted-source.ts'
import { TestSync } from '../support/sync.ts'
import { addressOf, scriptPerson } from '../support/sync-people.ts'

const dayMs = 86_400_000

const day = (offset: number): string => new Date(clock.now().getTime() + offset * dayMs).toISOString().slice(0, 10)

describe('time off of the HR API', () => {
  let tenant: Tenant
  let hr: HrClient
  beforeEach(async () => {
    tenant = await createTenant()
    hr = new HrClient(await tenant.addApplication(['hr']))
  })

  async function createUser(said: object): Promise<string> {
    const user = await tenant.scim.createUser('mira', { schemas: [userSchema, rollcallSchema], [rollcallSchema]: said })
    return String(user['id'])
  }

  it('is what is left and who is away, with null for what is not said', async () => {
    const id = await createUser({
      leaveBalances: [{ type: 'Vacation', value: 12.5, unit: 'days', asOf: day(0) }, { type: 'Flex time' }],
      absences: [
        { value: '2', type: 'Vacation', startDate: day(10), endDate: day(14), status: 'requested' },
        { startDate: day(-3) },
      ],
    })
    expect((await hr.get(`/employees/${id}/time-off`)).body).to.deep.equal({
      employee_id: id,
      leave_balances: [
        { type: 'Vacation', value: 12.5, unit: 'days', as_of: day(0), source: 'push' },
        { type: 'Flex time', value: null, unit: null, as_of: null, source: 'push' },
      ],
      absences: [
        { id: null, type: null, start_date: day(-3), end_date: null, status: null, source: 'push' },
        { id: '2', type: 'Vacation', start_date: day(10), end_date: day(14), status: 'requested', source: 'push' },
      ],
    })
  })

  it('leaves out absences that have ended, and those only', async () => {
    const id = await createUser({
      absences: [
        { value: 'over', startDate: day(-9), endDate: day(-1) },
        { value: 'last day', startDate: day(-9), endDate: day(0) },
        { value: 'of other words', endDate: '1.1.2020' },
      ],
    })
    const { absences } = (await hr.get(`/employees/${id}/time-off`)).body as { absences: { id: string }[] }
    expect(absences.map((one) => one.id)).to.have.members(['last day', 'of other words'])
  })

  it('names the directory whose word counts, where several speak of a person', async () => {
    const { id } = await tenant.scim.createUser('mira', {
      schemas: [userSchema, rollcallSchema],
      emails: [{ type: 'work', value: addressOf('mira') }],
      [rollcallSchema]: { leaveBalances: [{ type: 'Vacation', value: 1 }] },
    })
    const { provider } = new ScriptedSource()
    const mapping = { ...provider.mapping, [`${rollcallSchema}:absences`]: 'absences' }
    const sync = await TestSync.create({ tenant, source: new ScriptedSource({ id: 'timeclock', mapping }) })
    sync.source.people = [scriptPerson('mira', { absences: [{ value: '1', startDate: day(0), endDate: day(2) }] })]
    expect((await sync.run()).status).to.equal('completed')
    const { body } = await hr.get(`/employees/${id}/time-off`)
    expect(body['leave_balances'][0].source).to.equal('push')
    expect(body['absences'][0].source).to.equal('timeclock')
  })

  it('is empty where nobody says anything, and not found where there is nobody', async () => {
    const { id } = await tenant.scim.createUser('bare')
    const { body } = await hr.get(`/employees/${id}/time-off`)
    expect(body).to.deep.equal({ employee_id: id, leave_balances: [], absences: [] })
    expect((await hr.get(`/employees/emp_${'0'.repeat(26)}/time-off`)).status).to.equal(404)
  })
})

// Somebody who turns from contractor into employee, and has another record since, through the whole engine.
import { expect } from 'chai'
import { workday } from '../../providers/workday/index.ts'
import { enterprise } from '../../providers/provider.ts'
import { checkConsistency } from '../support/consistency.ts'
import { createProviderSync, type ProviderSync } from '../support/provider-sync.ts'
import type { Person } from './company.ts'
import { startWorkdayFake, type WorkdayFake } from './workday-fake.ts'

describe('a contractor of Workday who is employed', () => {
  let fake: WorkdayFake
  let flow: ProviderSync
  let contractor: Person
  const about = {
    firstName: 'Noor',
    lastName: 'Vos',
    employmentType: 'Contractor',
    email: 'noor@example.test',
  } as const

  beforeEach(async () => {
    fake = await startWorkdayFake()
    flow = await createProviderSync(workday, fake, { settings: { massChangeGuard: { share: null, number: null } } })
    contractor = fake.company.hire({ ...about, number: 'C-7' })
    fake.account.universalIds.set(contractor.id, 'U-7')
    flow.passDays(1)
  })
  afterEach(async () => {
    await checkConsistency(flow.sync.tenant)
    await fake.close()
  })

  /** The old record ends yesterday, and another one is there. */
  function employ(number: string): Person {
    flow.passDays(1)
    fake.company.change(contractor.id, { status: 'terminated', endDate: '2026-11-20' })
    const employee = fake.company.hire({ ...about, number, employmentType: 'Full-Time', title: 'Principal' })
    fake.account.universalIds.set(employee.id, 'U-7')
    flow.passDays(1)
    return employee
  }

  async function readId({ id }: Person): Promise<unknown> {
    return (await flow.sync.readPerson(id))?.['id']
  }

  it('is the same person where the number stays, in one run of changes', async () => {
    await flow.run()
    const before = await readId(contractor)
    const employee = employ('C-7')
    await flow.run('incremental')
    expect(await readId(employee)).to.equal(before)
    expect(await flow.sync.readPerson(employee.id)).to.deep.include({ active: true, title: 'Principal' })
  })

  it('is the same person under another number where the number is that of the person, Universal_ID', async () => {
    await flow.sync.map({ [`${enterprise}:employeeNumber`]: 'Universal_ID' })
    await flow.run()
    const before = await readId(contractor)
    const employee = employ('1207')
    await flow.run('incremental')
    expect(await readId(employee)).to.equal(before)
    expect(await flow.sync.readPerson(employee.id)).to.deep.include({ active: true, title: 'Principal' })
  })

  it('is somebody new under another number, and has the userName that the contractor had', async () => {
    await flow.run()
    const before = await readId(contractor)
    const employee = employ('1207')
    await flow.run('incremental')
    expect(await readId(employee)).to.not.equal(before)
    expect(await flow.sync.readPerson(employee.id)).to.deep.include({ active: true, userName: 'noor@example.test' })
    expect(await flow.sync.readPerson(contractor.id)).to.deep.include({ active: false })
  })
})

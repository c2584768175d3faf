import { expect } from 'chai'
import type { JsonObject } from '../../providers/provider.ts'
import { workday } from '../../providers/workday/index.ts'
import { readEmploymentType, readEndDate, readLifecycle } from '../../providers/workday/lifecycle.ts'
import { addPeople } from './company.ts'
import { describeConformance, listUsers, type Subject } from './conformance.ts'
import type { FakeRequest } from './fake-server.ts'
import { useFake } from './fake-source.ts'
import { createScope } from './source.ts'
import { startWorkdayFake, type WorkdayFake } from './workday-fake.ts'

function createSubject(fake: WorkdayFake, wrong: object, settings: Subject['settings']): Subject {
  const { company, account } = fake
  const hide = (domain: string) => () => account.hidden.add(domain)
  const domains: Readonly<Record<string, string>> = {
    'Email.WORK': 'work_contact',
    Active: 'staffing',
    Hire_Date: 'staffing',
  }
  return {
    fake,
    company,
    settings,
    tellsErased: false,
    wrongSettings: { ...settings, ...wrong },
    permissions: {
      Workers: { takeAway: () => company.people.clear() },
      'Person Data: Name': {
        takeAway: hide('names'),
        missing: ['Legal_Name.First_Name', 'Legal_Name.Last_Name', 'Legal_Name.Formatted_Name'],
      },
      'Person Data: Work Contact Information': {
        takeAway: hide('work_contact'),
        missing: ['Email.WORK', 'Phone.WORK'],
      },
      'Person Data: Home Contact Information': { takeAway: hide('home_contact'), missing: ['Email.HOME'] },
      'Worker Data: Current Staffing Information': {
        takeAway: hide('staffing'),
        missing: ['Active', 'Hire_Date', 'Business_Title', 'Location'],
      },
      'Worker Data: Organization Information': {
        takeAway: hide('organizations'),
        missing: ['Organization.SUPERVISORY', 'Organization.COMPANY', 'Organization.COST_CENTER'],
      },
      'Worker Data: Time Off': {
        takeAway: () => account.refused.add('Get_Time_Off_Plan_Balances'),
        missing: ['leaveBalances'],
      },
      'Supervisory organizations': { takeAway: () => account.refused.add('Get_Organizations') },
    },
    slowDown: [{ status: 429, headers: { 'Retry-After': '15' }, json: { error: 'Too many requests' } }],
    hide: (field) => account.hidden.add(domains[field] ?? ''),
    expectFields: (id) => {
      const person = company.find(id)
      return {
        'Email.WORK': person.email,
        'Legal_Name.First_Name': person.firstName,
        'Legal_Name.Last_Name': person.lastName,
        Worker_ID: person.number,
        Business_Title: person.title,
        'Organization.SUPERVISORY': company.departments.get(person.departmentId)?.name ?? null,
        Location: company.sites.get(person.siteId)?.name ?? null,
        Hire_Date: person.startDate,
        endDate: person.endDate,
        Manager: person.managerId,
        lifecycle:
          { hired: 'pending', employed: 'active', garden_leave: 'active' }[person.status as string] ?? person.status,
      }
    },
  }
}

describe('signed in as an integration system user', () => {
  describeConformance(workday, async () => {
    const fake = await startWorkdayFake()
    return createSubject(fake, { password: 'wRoNg-pAsSwOrD-that-nobody-knows' }, fake.settings)
  })
})

describe('signed in by OAuth 2.0', () => {
  describeConformance(workday, async () => {
    const fake = await startWorkdayFake()
    const wrong = { refreshToken: 'wRoNg-tOkEn-that-nobody-knows' }
    return createSubject(fake, wrong, fake.oauthSettings)
  })
})

describe('what Workday says', () => {
  const source = useFake(workday, startWorkdayFake)

  function listOperations(operation: string): FakeRequest[] {
    return source.fake.requests.filter(({ body }) => body.includes(`<wd:${operation}_Request `))
  }

  it('says what Workday says of the three people of the company', async () => {
    const { manager, onLeave, leaver } = source.fake.company.named
    expect((await source.readUser(onLeave.id)).fields).to.deep.equal({
      'Email.WORK': 'Ada.Berg@example.test',
      'Email.HOME': 'adelheid.berg@home.example.test',
      User_ID: 'Ada.Berg',
      'Preferred_Name.First_Name': 'Ada',
      'Preferred_Name.Last_Name': 'Berg',
      'Preferred_Name.Formatted_Name': 'Ada Berg',
      'Legal_Name.First_Name': 'Adelheid',
      'Legal_Name.Last_Name': 'Berg',
      'Legal_Name.Formatted_Name': 'Adelheid Maria Berg',
      Business_Title: 'Senior Engineer',
      Position_Title: 'Senior Engineer (position)',
      'Phone.WORK': '+49 30 5550100',
      'Mobile.WORK': '+49 151 5550100',
      'Mobile.HOME': null,
      'Phone.HOME': null,
      Worker_ID: '1001',
      'Organization.SUPERVISORY': 'Platform',
      'Organization.BUSINESS_UNIT': 'EMEA',
      'Organization.COMPANY': 'Acme GmbH',
      'Organization_Code.COST_CENTER': '4711',
      'Organization.COST_CENTER': 'R and D',
      Manager: manager.id,
      Location: 'Berlin',
      Active: true,
      Hire_Date: '2024-03-01',
      endDate: null,
      lifecycle: 'on_leave',
      employmentType: 'full_time',
      leaveBalances: [{ type: 'Vacation', value: 12.5, unit: 'days' }],
      absences: [
        {
          value: `LEAVE-${onLeave.id.slice(-3)}`,
          type: 'Parental leave',
          startDate: '2026-10-01',
          endDate: '2027-03-31',
          status: 'approved',
        },
      ],
    })
    expect((await source.readUser(leaver.id)).fields).to.deep.include({
      endDate: '2026-12-31',
      lifecycle: 'active',
      employmentType: 'part_time',
      absences: [],
    })
    // There is something at work, and nothing at home.
    expect((await source.readUser(leaver.id)).fields).to.not.have.property('Mobile.HOME')
    expect((await source.readUser(manager.id)).fields).to.deep.include({ Manager: null })
  })

  it('reads who became an employee as two workers, the one of before as having left', async () => {
    const person = { firstName: 'Noor', lastName: 'Vos', email: 'noor.vos@example.test' }
    const before = source.fake.company.hire({
      ...person,
      employmentType: 'Contractor',
      number: 'C-77',
      endDate: '2026-10-31',
    })
    const after = source.fake.company.hire({ ...person, startDate: '2026-11-01' })
    for (const { id } of [before, after]) source.fake.account.universalIds.set(id, 'UNIVERSAL-77')
    const scope = { fields: [...createScope(workday).fields, 'Universal_ID', 'Contingent_Worker_ID', 'Employee_ID'] }
    const users = listUsers(await source.pull(scope)).filter(({ fields }) => fields['Universal_ID'] === 'UNIVERSAL-77')
    expect(users.map(({ id, fields }) => [id, fields['lifecycle'], fields['employmentType']])).to.deep.equal([
      [before.id, 'terminated', 'contractor'],
      [after.id, 'active', 'full_time'],
    ])
    expect(users[0]?.fields).to.include({ Contingent_Worker_ID: 'C-77', endDate: '2026-10-31' })
    expect(users[0]?.fields).to.not.have.property('Employee_ID')
    expect(users[1]?.fields).to.include({ Employee_ID: after.number, 'Email.WORK': 'noor.vos@example.test' })
  })

  const lifecycles: readonly (readonly [JsonObject, string | null | undefined])[] = [
    [{ Active: true }, 'active'],
    [{ Active: true, Terminated: false, Termination_Date: '2026-12-31' }, 'active'],
    [{ Active: true, Terminated: true, Termination_Date: '2026-12-31' }, 'active'],
    [{ Active: true, Terminated: true, Termination_Date: '2026-11-20' }, 'terminated'],
    [{ Active: false, Terminated: true, Termination_Date: '2026-11-19' }, 'terminated'],
    [{ Active: false, Terminated: true, Retired: true, Termination_Date: '2026-11-19' }, 'retired'],
    [{ Active: false, Hire_Date: '2026-11-21' }, 'pending'],
    [{ Active: false, Hire_Date: '2026-11-21', Terminated: true, Termination_Date: '2024-01-31' }, 'pending'],
    [{ Active: false, Hire_Date: '2024-03-01', Contract_End_Date: '2026-11-19' }, 'terminated'],
    [{ Active: false, Hire_Date: '2024-03-01' }, null],
    [{ Active: null }, null],
    [{ Hire_Date: '2024-03-01' }, undefined],
  ]

  for (const [fields, meaning] of lifecycles) {
    it(`takes ${JSON.stringify(fields)} for ${meaning ?? 'nothing that is known'}`, () => {
      expect(readLifecycle(fields, '2026-11-20', false)).to.equal(meaning)
    })
  }

  it('takes a leave for one of who works there, and of nobody else', () => {
    expect(readLifecycle({ Active: true }, '2026-11-20', true)).to.equal('on_leave')
    expect(readLifecycle({ Active: false, Terminated: true }, '2026-11-20', true)).to.equal('terminated')
  })

  it('does not take the last day of an employment before for that of this one', () => {
    const rehired = { Hire_Date: '2026-01-01', Termination_Date: '2024-05-31', End_Employment_Date: null }
    expect(readEndDate(rehired)).to.equal(null)
    expect(readEndDate({ ...rehired, Contract_End_Date: '2027-01-31' })).to.equal('2027-01-31')
    expect(readEndDate({ Hire_Date: '2026-01-01' })).to.equal(undefined)
  })

  const types: readonly (readonly [JsonObject, string | undefined])[] = [
    [{ Contingent_Worker_ID: 'C-1', Time_Type: 'Full_time' }, 'contractor'],
    [{ Worker_Type: 'Intern_Fixed', Time_Type: 'Full_time' }, 'intern'],
    [{ Worker_Type: 'Seasonal', Time_Type: 'Full_time' }, 'temporary'],
    [{ Worker_Type: 'Regular', Time_Type: 'Part_time' }, 'part_time'],
    [{ Worker_Type: 'Regular', Time_Type: 'Full_time' }, 'full_time'],
    [{ Worker_Type: 'Regular' }, undefined],
  ]

  for (const [fields, type] of types) {
    it(`takes ${JSON.stringify(fields)} for ${type ?? 'no kind of employment'}`, () => {
      expect(readEmploymentType(fields)).to.equal(type)
    })
  }

  it('makes a group of each supervisory organization, within the one above it, and of each location', async () => {
    const groups = (await source.pull()).flatMap(({ records }) => records.filter(({ type }) => type === 'group'))
    expect(groups.map(({ id, fields, groups: within }) => [id, fields['displayName'], within])).to.deep.equal([
      ['department:263342115', 'Engineering', []],
      ['department:263342116', 'Platform', ['department:263342115']],
      ['department:263342117', 'Sales', []],
      ['location:2154020', 'Berlin', []],
      ['location:2154021', 'Lisbon', []],
    ])
    expect((await source.readUser(source.fake.company.named.leaver.id)).groups).to.deep.equal([
      'department:263342117',
      'location:2154021',
    ])
  })

  it('makes groups of what workers have where organizations may not be read', async () => {
    source.fake.account.refused.add('Get_Organizations')
    const groups = (await source.pull()).flatMap(({ records }) => records.filter(({ type }) => type === 'group'))
    expect(groups.map(({ id, fields, groups: within }) => [id, fields['displayName'], within])).to.deep.include.members(
      [
        ['department:263342116', 'Platform', []],
        ['department:263342117', 'Sales', []],
      ],
    )
  })

  it('takes nobody out of groups where it may see neither organizations nor locations', async () => {
    source.fake.account.hidden.add('organizations').add('staffing')
    expect(listUsers(await source.pull()).map(({ groups }) => groups)).to.deep.equal([undefined, undefined, undefined])
  })

  it('takes a contact that may not be seen for nothing, and one that there is not for null', async () => {
    source.fake.account.hidden.add('work_contact')
    expect((await source.readUser(source.fake.company.named.manager.id)).fields).to.not.have.any.keys(
      'Email.WORK',
      'Phone.WORK',
    )
    source.fake.account.hidden.clear()
    source.fake.company.change(source.fake.company.named.manager.id, { email: null })
    expect((await source.readUser(source.fake.company.named.manager.id)).fields).to.include({ 'Email.WORK': null })
  })

  it('takes the manager from the position where there is no chain of managers', async () => {
    source.fake.account.hidden.add('organizations')
    const { manager, leaver } = source.fake.company.named
    expect((await source.readUser(leaver.id)).fields['Manager']).to.equal(manager.id)
  })

  it('takes the one next above in a chain of managers', async () => {
    const { manager, leaver } = source.fake.company.named
    const between = source.fake.company.hire({ firstName: 'Noor', lastName: 'Vos', managerId: manager.id })
    source.fake.company.change(leaver.id, { managerId: between.id })
    expect((await source.readUser(leaver.id)).fields['Manager']).to.equal(between.id)
  })

  it('reads organizations of any type, and what stands below Worker_Data, by name', async () => {
    const fields = [
      'Organization.REGION',
      'Organization.business_unit',
      'Organization_Code.COMPANY',
      'Employment_Data/Worker_Job_Data/Position_Data/Job_Profile_Summary_Data/Job_Profile_Name',
      'Employment_Data/No_Such_Data',
    ]
    const { leaver } = source.fake.company.named
    expect((await source.readUser(leaver.id, { fields, groups: false })).fields).to.deep.equal({
      'Email.WORK': 'ines.moreau@example.test',
      Active: true,
      Hire_Date: '2024-03-01',
      'Organization.REGION': null,
      'Organization.business_unit': 'EMEA',
      'Organization_Code.COMPANY': 'ACME',
      'Employment_Data/Worker_Job_Data/Position_Data/Job_Profile_Summary_Data/Job_Profile_Name':
        'Individual contributor',
    })
  })

  it('says in the check how many workers it sees, of those of other organizations nothing is told', async () => {
    source.fake.account.unseen.add(source.fake.company.named.leaver.id)
    const seen = (await source.open().source.check()).find(({ name }) => name === 'Workers')
    expect(seen?.detail).to.include('2 workers')
  })

  it('reads balances of all workers at once, those of several positions added up', async () => {
    addPeople(source.fake.company, 120)
    const { leaver, manager } = source.fake.company.named
    source.fake.account.balances.set(leaver.id, [
      { plan: 'Vacation', unit: 'Hours', amounts: ['8', '4.5'] },
      { plan: 'Sick', unit: 'Days', amounts: ['-1'] },
    ])
    source.fake.account.balances.set(manager.id, [])
    const users = new Map(listUsers(await source.pull()).map((user) => [user.id, user.fields]))
    expect(users.get(leaver.id)?.['leaveBalances']).to.deep.equal([
      { type: 'Vacation', value: 12.5, unit: 'hours' },
      { type: 'Sick', value: -1, unit: 'days' },
    ])
    expect(users.get(manager.id)?.['leaveBalances']).to.deep.equal([])
    expect(listOperations('Get_Time_Off_Plan_Balances')).to.have.length(2)
  })

  it('reads balances of who has changed, only where they are mapped, and does without where it may not', async () => {
    const cursor = (await source.pull()).at(-1)?.cursor
    source.fake.company.change(source.fake.company.named.leaver.id, { title: 'Director' })
    source.fake.requests.length = 0
    const [user] = listUsers(await source.pull({}, cursor))
    expect(user?.fields['leaveBalances']).to.have.length(1)
    expect(listOperations('Get_Time_Off_Plan_Balances')).to.have.length(1)
    await source.pull({ fields: ['Email.WORK'] })
    expect(listOperations('Get_Time_Off_Plan_Balances')).to.have.length(1)
    source.fake.account.refused.add('Get_Time_Off_Plan_Balances')
    source.fake.company.change(source.fake.company.named.manager.id, { status: 'terminated', endDate: '2026-10-31' })
    for (const { fields } of listUsers(await source.pull())) expect(fields).to.not.have.property('leaveBalances')
  })
})

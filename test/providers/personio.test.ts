import { expect } from 'chai'
import { chooseEmployment, readEndDate, readLifecycle } from '../../providers/personio/employment.ts'
import { personio } from '../../providers/personio/index.ts'
import type { JsonObject } from '../../providers/provider.ts'
import { addPeople } from './company.ts'
import { describeConformance, listUsers, type Subject } from './conformance.ts'
import type { FakeRequest } from './fake-server.ts'
import { useFake } from './fake-source.ts'
import { startPersonioFake, writeAbsence } from './personio-fake.ts'

describeConformance(personio, async (): Promise<Subject> => {
  const fake = await startPersonioFake()
  const { company, account, settings } = fake
  const refuse = (place: string) => () => account.refused.add(`/v2/${place}`)
  const statuses: Readonly<Record<string, string>> = { hired: 'pending', employed: 'active', garden_leave: 'suspended' }
  return {
    fake,
    company,
    settings,
    tellsErased: false,
    wrongSettings: { ...settings, clientSecret: 'wRoNg-sEcReT-that-nobody-knows' },
    permissions: {
      Persons: { takeAway: refuse('persons') },
      Attributes: { takeAway: () => account.hidden.add('email'), missing: ['email'] },
      Employments: { takeAway: () => account.hidden.add('employment.status'), missing: ['employment.status'] },
      'Org units': { takeAway: refuse('org-units'), missing: ['department', 'team'] },
      Workplaces: { takeAway: refuse('workplaces'), missing: ['office'] },
      'Legal entities': { takeAway: refuse('legal-entities'), missing: ['legal_entity'] },
      'Cost centers': { takeAway: refuse('cost-centers') },
      Absences: { takeAway: refuse('absence-periods'), missing: ['absences'] },
    },
    slowDown: [{ status: 429, headers: { 'Retry-After': '15' }, json: { errors: [{ title: 'Too many requests' }] } }],
    hide: (field) => account.hidden.add(field),
    expectFields: (id) => {
      const person = company.find(id)
      return {
        email: person.email ?? '',
        first_name: person.firstName,
        last_name: person.lastName,
        'employment.position.title': person.title,
        department: company.departments.get(person.departmentId)?.name ?? '',
        office: company.sites.get(person.siteId)?.name ?? '',
        'employment.employment_start_date': person.startDate,
        endDate: person.endDate,
        lifecycle: statuses[person.status] ?? person.status,
      }
    },
  }
})

describe('what Personio says', () => {
  const source = useFake(personio, startPersonioFake)

  it('says what Personio says of the three people of the company', async () => {
    const { manager, onLeave, leaver } = source.fake.company.named
    expect((await source.readUser(onLeave.id)).fields).to.deep.equal({
      email: 'Ada.Berg@example.test',
      givenName: 'Ada',
      first_name: 'Adelheid',
      last_name: 'Berg',
      legalName: 'Adelheid Berg',
      displayName: 'Ada Berg',
      'employment.position.title': 'Senior Engineer',
      department: 'Platform',
      legal_entity: 'Acme GmbH',
      cost_center: '4711',
      'employment.supervisor.id': manager.id,
      team: 'Search',
      office: 'Berlin',
      'employment.employment_start_date': '2024-03-01',
      endDate: null,
      lifecycle: 'on_leave',
      'employment.status': 'LEAVE',
      employmentType: 'full_time',
      absences: [
        {
          value: 'abc6fa09-d8fe-4de0-be03-000020261001',
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
    expect((await source.readUser(manager.id)).fields).to.not.have.property('employment.supervisor.id')
  })

  const choices: readonly (readonly [string, readonly JsonObject[], string])[] = [
    ['the one that goes on', [employ('INACTIVE', '2019-01-01'), employ('LEAVE', '2024-01-01')], '2024-01-01'],
    [
      'the one that goes on before the one to come',
      [employ('ONBOARDING', '2027-01-01'), employ('ACTIVE', '2024-01-01')],
      '2024-01-01',
    ],
    [
      'the one to come before those that are over',
      [employ('INACTIVE', '2024-01-01'), employ('ONBOARDING', '2027-01-01')],
      '2027-01-01',
    ],
    [
      'the newest of those that are over',
      [employ('INACTIVE', '2019-01-01'), employ('INACTIVE', '2024-01-01')],
      '2024-01-01',
    ],
  ]

  for (const [which, employments, start] of choices) {
    it(`of several employments takes ${which}, in whatever order they come`, () => {
      for (const some of [employments, employments.toReversed()]) {
        expect(chooseEmployment(some)?.['employment_start_date']).to.equal(start)
      }
    })
  }

  it('reads who comes back as the same person, with the new employment', async () => {
    const { leaver } = source.fake.company.named
    source.fake.company.change(leaver.id, { status: 'terminated', endDate: '2025-06-30' })
    source.fake.account.otherEmployments.set(leaver.id, [
      { ...employ('ACTIVE', '2026-11-02'), position: { title: 'Advisor' }, org_units: [], office: { id: '2154020' } },
    ])
    const user = await source.readUser(leaver.id)
    expect(user.fields).to.include({
      lifecycle: 'active',
      endDate: null,
      'employment.position.title': 'Advisor',
      'employment.employment_start_date': '2026-11-02',
    })
    expect(user.groups).to.deep.equal(['office:2154020'])
  })

  const lifecycles: readonly (readonly [JsonObject, string | null | undefined])[] = [
    [{ status: 'ONBOARDING' }, 'pending'],
    [{ status: 'ACTIVE' }, 'active'],
    [{ status: 'active' }, 'active'],
    [{ status: 'LEAVE' }, 'on_leave'],
    [{ status: 'INACTIVE' }, 'terminated'],
    [{ status: 'INACTIVE', termination: { type: 'RETIREMENT' } }, 'retired'],
    [{ status: 'ACTIVE', termination: { type: 'RETIREMENT', termination_date: '2026-12-31' } }, 'active'],
    [{ status: 'ACTIVE', termination: { type: 'IRREVOCABLE_SUSPENSION' } }, 'suspended'],
    [{ status: 'ACTIVE', termination: { type: 'IRREVOCABLE_SUSPENSION', last_working_day: '2026-11-20' } }, 'active'],
    [
      { status: 'ACTIVE', termination: { type: 'IRREVOCABLE_SUSPENSION', last_working_date: '2026-11-19' } },
      'suspended',
    ],
    [{ status: 'INACTIVE', termination: { type: 'IRREVOCABLE_SUSPENSION' } }, 'terminated'],
    [{ status: 'UNSPECIFIED' }, null],
    [{ status: 'PAUSED' }, null],
    [{}, undefined],
  ]

  for (const [employment, meaning] of lifecycles) {
    it(`takes ${JSON.stringify(employment)} for ${meaning ?? 'nothing that is known'}`, () => {
      expect(readLifecycle(employment, '2026-11-20')).to.equal(meaning)
    })
  }

  it('says of who has no employment that they have left where Personio says inactive, and otherwise nothing', async () => {
    const { leaver } = source.fake.company.named
    const person = { id: leaver.id, email: 'ines.moreau@example.test', employments: [] }
    const isPersons = ({ path }: FakeRequest): boolean => path === '/v2/persons'
    for (const [status, lifecycle] of [
      ['INACTIVE', 'terminated'],
      ['UNSPECIFIED', undefined],
    ] as const) {
      source.fake.fail(
        { status: 200, json: { _data: [{ ...person, status }], _meta: { links: {} } } },
        { when: isPersons },
      )
      expect((await source.readUser(leaver.id)).fields['lifecycle']).to.equal(lifecycle)
    }
    expect(source.fake.requests.filter(({ path }) => path.endsWith('/employments'))).to.deep.equal([])
  })

  it('takes a notice that is withdrawn for none, however Personio writes that', async () => {
    for (const noTermination of ['absent', 'null', 'empty'] as const) {
      source.fake.account.noTermination = noTermination
      expect((await source.readUser(source.fake.company.named.manager.id)).fields).to.include({
        endDate: null,
        lifecycle: 'active',
      })
    }
  })

  it('takes the last day from the termination, else from the employment, else from the contract', () => {
    const contract = { contract_end_date: '2027-03-31' }
    const employment = { ...contract, employment_end_date: '2027-02-28' }
    const termination = { termination_date: '2027-01-31T00:00:00Z', last_working_day: '2027-01-15' }
    expect(readEndDate({ ...employment, termination })).to.equal('2027-01-31')
    expect(readEndDate(employment)).to.equal('2027-02-28')
    expect(readEndDate({ ...contract, employment_end_date: null })).to.equal('2027-03-31')
  })

  const given: readonly (readonly [string | null, string, string])[] = [
    ['Ada', 'Ada', 'Ada Berg'],
    ['Ada Berg', 'Ada', 'Ada Berg'],
    [null, 'Adelheid', 'Adelheid Berg'],
    ['', 'Adelheid', 'Adelheid Berg'],
  ]

  for (const [preferredName, givenName, displayName] of given) {
    it(`takes the preferred name ${JSON.stringify(preferredName)} for the given name ${givenName}`, async () => {
      const { onLeave } = source.fake.company.named
      source.fake.company.change(onLeave.id, { preferredName })
      expect((await source.readUser(onLeave.id)).fields).to.include({
        givenName,
        displayName,
        legalName: 'Adelheid Berg',
      })
    })
  }

  it('reads attributes of the account’s own, by their id or their global id', async () => {
    const { leaver } = source.fake.company.named
    source.fake.account.customAttributes.set(leaver.id, [
      { id: 'dynamic_305', type: 'string', global_id: 'phone', label: 'Work phone', value: '+49 30 5550101' },
      { id: 'dynamic_306', type: 'STRING_LIST', label: 'Languages', value: ['de', 'fr'] },
    ])
    const fields = ['dynamic_305', 'phone', 'dynamic_306', 'dynamic_307', 'employment.probation_end_date']
    expect((await source.readUser(leaver.id, { fields, groups: false })).fields).to.deep.equal({
      email: 'ines.moreau@example.test',
      'employment.status': 'ACTIVE',
      dynamic_305: '+49 30 5550101',
      phone: '+49 30 5550101',
      dynamic_306: ['de', 'fr'],
    })
  })

  it('makes groups of departments, within the one above them, of teams and of offices', async () => {
    const groups = (await source.pull()).flatMap(({ records }) => records.filter(({ type }) => type === 'group'))
    expect(groups.map(({ id, fields, groups: within }) => [id, fields['displayName'], within])).to.deep.equal([
      ['department:263342115', 'Engineering', []],
      ['department:263342116', 'Platform', ['department:263342115']],
      ['department:263342117', 'Sales', []],
      ['office:2154020', 'Berlin', []],
      ['office:2154021', 'Lisbon', []],
      ['team:4502', 'Search', []],
    ])
    expect((await source.readUser(source.fake.company.named.leaver.id)).groups).to.deep.equal([
      'department:263342117',
      'team:4502',
      'office:2154021',
    ])
  })

  it('keeps a group whose department has a new name', async () => {
    source.fake.company.departments.set('263342117', { id: '263342117', name: 'Revenue', parentId: null })
    const user = await source.readUser(source.fake.company.named.leaver.id)
    expect(user.groups).to.include('department:263342117')
    expect(user.fields['department']).to.equal('Revenue')
  })

  it('reads departments one by one, and each once, where an account cannot list them', async () => {
    addPeople(source.fake.company, 12)
    const isList = ({ path }: FakeRequest): boolean => path === '/v2/org-units'
    source.fake.fail({ status: 404, json: { errors: [] } }, { times: 4, when: isList })
    const pages = await source.pull({ pageSize: 5 })
    const groups = pages.flatMap(({ records }) => records.filter(({ type }) => type === 'group'))
    expect(groups.map(({ id, fields, groups: within }) => [id, fields['displayName'], within])).to.deep.include.members(
      [
        ['department:263342116', 'Platform', []],
        ['department:263342117', 'Sales', []],
        ['team:4502', 'Search', []],
      ],
    )
    expect(source.listRequests('/v2/org-units/263342117')).to.have.length(1)
    const orgUnits = (await source.open().source.check()).find(({ name }) => name === 'Org units')
    expect(orgUnits?.ok).to.equal(true)
    expect(orgUnits?.detail).to.include('one by one')
  })

  it('calls groups by their ids, and says nothing of department and office, where their names cannot be read', async () => {
    for (const place of ['org-units', 'workplaces', 'legal-entities']) source.fake.account.missing.add(`/v2/${place}`)
    const pages = await source.pull()
    const groups = pages.flatMap(({ records }) => records.filter(({ type }) => type === 'group'))
    expect(groups.map(({ id, fields }) => [id, fields['displayName']])).to.deep.include(['office:2154021', '2154021'])
    for (const { fields } of listUsers(pages)) {
      expect(fields).to.not.have.any.keys('department', 'team', 'office', 'legal_entity')
    }
  })

  it('takes nobody out of groups where it may not see org units and offices of employments', async () => {
    source.fake.account.hidden.add('employment.org_units').add('employment.office')
    expect(listUsers(await source.pull()).map(({ groups }) => groups)).to.deep.equal([undefined, undefined, undefined])
  })

  it('takes the cost center that bears the most, by its name or else its number', async () => {
    const { leaver } = source.fake.company.named
    expect((await source.readUser(leaver.id)).fields['cost_center']).to.equal('4711')
    source.fake.account.refused.add('/v2/cost-centers')
    expect((await source.readUser(leaver.id)).fields['cost_center']).to.equal('1000')
  })

  it('reads absences that go on, are to come or have no end, the first one first, but none that are over or were rejected', async () => {
    const { leaver } = source.fake.company.named
    source.fake.account.absences.set(leaver.id, [
      writeAbsence(leaver.id, '2026-12-21', '2027-01-04', 'PENDING'),
      writeAbsence(leaver.id, '2026-11-20', '2026-11-20'),
      writeAbsence(leaver.id, '2026-11-19', '2026-11-19'),
      writeAbsence(leaver.id, '2026-11-10', null),
      writeAbsence(leaver.id, '2026-12-01', '2026-12-02', 'REJECTED'),
    ])
    for (const absenceTimes of ['zoned', 'local'] as const) {
      source.fake.account.absenceTimes = absenceTimes
      const { absences } = (await source.readUser(leaver.id)).fields
      expect(absences).to.have.length(3)
      expect(absences).to.deep.equal([
        {
          value: 'abc6fa09-d8fe-4de0-be03-000020261110',
          type: 'Parental leave',
          startDate: '2026-11-10',
          status: 'approved',
        },
        {
          value: 'abc6fa09-d8fe-4de0-be03-000020261120',
          type: 'Parental leave',
          startDate: '2026-11-20',
          endDate: '2026-11-20',
          status: 'approved',
        },
        {
          value: 'abc6fa09-d8fe-4de0-be03-000020261221',
          type: 'Parental leave',
          startDate: '2026-12-21',
          endDate: '2027-01-04',
          status: 'pending',
        },
      ])
    }
  })

  it('reads absences once for a page, only where they are mapped, and does without where it may not', async () => {
    addPeople(source.fake.company, 7)
    await source.pull({ pageSize: 5 })
    expect(
      source.listRequests('/v2/absence-periods').map(({ query }) => query.get('person.id')?.split(',').length),
    ).to.deep.equal([5, 5])
    await source.pull({ fields: ['email'], groups: false })
    expect(source.listRequests('/v2/absence-periods')).to.have.length(2)
    source.fake.account.refused.add('/v2/absence-periods')
    for (const { fields } of listUsers(await source.pull())) expect(fields).to.not.have.property('absences')
  })
})

function employ(status: string, start: string): JsonObject {
  return {
    id: `c85d978e-1104-4762-be94-${start.replaceAll('-', '').padStart(12, '0')}`,
    status,
    employment_start_date: start,
  }
}

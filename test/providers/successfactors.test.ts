import { expect } from 'chai'
import { type ProviderContext, ProviderError } from '../../providers/provider.ts'
import { successfactors } from '../../providers/successfactors/index.ts'
import { readRows, readValue } from '../../providers/successfactors/odata.ts'
import { catchError, describeConformance, listUsers, type Permission, type Subject } from './conformance.ts'
import { slowDown, startSuccessFactorsFake } from './successfactors-fake.ts'
import { job, otherKey, privateKey, statusField, SuccessFactorsHarness, titleField } from './successfactors-harness.ts'

/** Field of ours → what the role may not view where it is kept back. */
const sources: Readonly<Record<string, string>> = {
  businessEmail: 'PerEmail/emailAddress',
  'employmentNav/startDate': 'EmpEmployment/startDate',
  [statusField]: 'EmpJob/emplStatusNav',
}

describeConformance(successfactors, async (): Promise<Subject> => {
  const fake = await startSuccessFactorsFake(privateKey)
  const { company, account, settings, tenant } = fake
  const hide = (names: readonly string[], missing: readonly string[]): Permission => ({
    takeAway: () => names.forEach((name) => account.hidden.add(name)),
    missing,
  })
  return {
    fake,
    company,
    settings,
    wrongSettings: { ...settings, privateKey: otherKey },
    permissions: {
      'Personal Information': hide(['PerPersonal'], ['personalInfoNav/firstName', 'personalInfoNav/lastName']),
      'Email Information': hide(['PerEmail'], ['businessEmail']),
      'Phone Information': hide(['PerPhone'], ['businessPhone']),
      'Employment Details': hide(['EmpEmployment/startDate'], ['employmentNav/startDate']),
      'Job Information': hide(
        ['EmpJob'],
        [
          statusField,
          titleField,
          `${job}/departmentNav/name`,
          `${job}/locationNav/name`,
          `${job}/companyNav/name`,
          'manager',
        ],
      ),
      'Foundation Objects': { takeAway: () => account.forbidden.add('FOCostCenter') },
      People: {
        takeAway: () => {
          company.people.clear()
          tenant.dependents.clear()
        },
      },
    },
    slowDown: [slowDown],
    tellsErased: false,
    hide: (field) => account.hidden.add(sources[field] ?? field),
    expectFields: (id) => {
      const person = company.find(id)
      return {
        personIdExternal: id,
        ...(person.email !== null && { businessEmail: person.email }),
        'personalInfoNav/firstName': person.firstName,
        'personalInfoNav/lastName': person.lastName,
        [titleField]: person.title,
        [`${job}/departmentNav/name`]: company.departments.get(person.departmentId)?.name ?? null,
        [`${job}/locationNav/name`]: company.sites.get(person.siteId)?.name ?? null,
        'employmentNav/startDate': person.startDate,
        lastDay: person.endDate,
        manager: person.managerId,
        lifecycle:
          { hired: 'pending', employed: 'active', on_leave: 'on_leave' }[person.status as string] ?? 'terminated',
      }
    },
  }
})

describe('SAP SuccessFactors', () => {
  const subject = new SuccessFactorsHarness()

  it('says what SAP says of the three people of the company', async () => {
    const { manager, onLeave, leaver } = subject.fake.company.named
    expect((await subject.readUser(onLeave.id)).fields).to.deep.equal({
      personIdExternal: onLeave.id,
      businessEmail: 'Ada.Berg@example.test',
      personalEmail: 'adelheid.berg@home.example.test',
      businessPhone: '+49 30 5550100',
      mobilePhone: '+49 151 5550100',
      homePhone: null,
      'personalInfoNav/firstName': 'Adelheid',
      'personalInfoNav/lastName': 'Berg',
      'personalInfoNav/preferredName': 'Ada',
      displayName: 'Ada Berg',
      legalName: 'Adelheid Maria Berg',
      [titleField]: 'Senior Engineer',
      [`${job}/departmentNav/name`]: 'Platform',
      [`${job}/divisionNav/name`]: 'Engineering',
      [`${job}/costCenterNav/name`]: 'Research',
      [`${job}/costCenter`]: '4711',
      [`${job}/companyNav/name`]: 'Example GmbH',
      [`${job}/locationNav/name`]: 'Berlin',
      manager: manager.id,
      'employmentNav/startDate': '2024-03-01',
      lastDay: null,
      [statusField]: 'P',
      lifecycle: 'on_leave',
      employmentKind: 'full_time',
    })
    expect((await subject.readUser(leaver.id)).fields).to.deep.include({
      lastDay: '2026-12-31',
      personalEmail: null,
      lifecycle: 'active',
      employmentKind: 'part_time',
    })
    expect((await subject.readUser(manager.id)).fields).to.deep.include({ manager: null })
  })

  describe('what companies have set up', () => {
    it('asks for a property of the company’s own by its path', async () => {
      const field = `${job}/customString1`
      const { fields } = await subject.readUser(subject.fake.company.named.leaver.id, { fields: [field] })
      expect(fields).to.include({ [field]: 'Hybrid' })
    })

    it('leaves out properties that the company has not, and asks for them no more', async () => {
      for (const name of ['costCenterNav', 'costCenter']) subject.fake.account.absent.add(`EmpJob/${name}`)
      subject.fake.account.absent.add('PerPersonal/preferredName')
      const { fields } = await subject.readUser(subject.fake.company.named.onLeave.id, { pageSize: 1 })
      expect(fields).to.include({ displayName: 'Adelheid Berg', [titleField]: 'Senior Engineer' })
      expect(fields).to.not.have.any.keys(
        `${job}/costCenterNav/name`,
        `${job}/costCenter`,
        'personalInfoNav/preferredName',
      )
      const refusals = subject.fake.answers.filter((status) => status === 400)
      expect(refusals).to.have.length(2)
    })

    it('asks for what is mapped and what it needs itself, and for nothing else', async () => {
      await subject.pull({ fields: ['businessEmail'], groups: false })
      const selected = subject.listQueries('PerPerson')[0]?.get('$select') ?? ''
      expect(selected).to.include('emailNav/emailAddress').and.include('emplStatusNav/externalCode')
      expect(selected).to.not.match(/phoneNav|dateOfBirth|jobTitle|userNav|departmentNav/)
    })

    it('takes the primary address only where no address has a type', async () => {
      const { leaver } = subject.fake.company.named
      subject.fake.company.change(leaver.id, { email: null, privateEmail: 'ines@home.example.test' })
      expect((await subject.readUser(leaver.id)).fields).to.not.have.property('businessEmail')
      subject.fake.company.change(leaver.id, { email: 'ines@example.test' })
      subject.fake.account.absent.add('PerEmail/emailTypeNav')
      const { fields } = await subject.readUser(leaver.id)
      expect(fields).to.include({ businessEmail: 'ines@example.test', personalEmail: null })
    })

    for (const [type, kind] of [
      ['Contractor', 'contractor'],
      ['Intern', 'intern'],
      ['Part-Time', 'part_time'],
      ['Full-Time', 'full_time'],
    ] as const) {
      it(`takes ${type} for ${kind}`, async () => {
        const { id } = subject.fake.company.change(subject.fake.company.named.onLeave.id, { employmentType: type })
        expect((await subject.readUser(id)).fields).to.include({ employmentKind: kind })
      })
    }
  })

  describe('groups', () => {
    it('makes a group of each foundation object, departments within those above them', async () => {
      const groups = (await subject.pull()).flatMap(({ records }) => records.filter(({ type }) => type === 'group'))
      expect(groups.map(({ id, fields, groups: within }) => [id, fields['displayName'], within])).to.deep.equal([
        ['company:1710', 'Example GmbH', []],
        ['cost_center:4711', 'Research', []],
        ['department:263342115', 'Engineering (department)', []],
        ['department:263342116', 'Platform', ['department:263342115']],
        ['department:263342117', 'Sales', []],
        ['division:ENG', 'Engineering (division)', []],
        ['location:2154020', 'Berlin', []],
        ['location:2154021', 'Lisbon', []],
      ])
    })

    it('makes groups of what people have where foundation objects may not be read', async () => {
      for (const name of ['FODepartment', 'FOLocation']) subject.fake.account.forbidden.add(name)
      subject.fake.account.hidden.add('EmpJob/departmentNav')
      subject.fake.account.absent.add('EmpJob/locationNav')
      const pages = await subject.pull({ pageSize: 2 })
      const named = pages.flatMap(({ records }) => records).map(({ id, fields }) => [id, fields['displayName']])
      expect(named).to.deep.include.members([
        ['department:263342117', '263342117'],
        ['location:2154021', '2154021'],
      ])
    })

    it('takes nobody out of groups where job information may not be viewed', async () => {
      for (const name of ['department', 'division', 'location', 'costCenter', 'company'])
        subject.fake.account.hidden.add(`EmpJob/${name}`)
      expect(listUsers(await subject.pull()).map(({ groups }) => groups)).to.deep.equal([
        undefined,
        undefined,
        undefined,
      ])
    })
  })

  describe('permissions', () => {
    it('refuses a pull in which employments are kept back of everybody', async () => {
      subject.fake.account.hidden.add('EmpEmployment')
      const error = await catchError(() => subject.pull())
      expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'settings')
      expect(error?.message).to.include('Employment Details')
    })

    it('refuses changes in which job information is kept back', async () => {
      const cursor = await subject.readCursor()
      subject.letAnHourPass()
      subject.fake.company.change(subject.fake.company.named.leaver.id, { title: 'Director' })
      subject.fake.account.hidden.add('EmpJob')
      const error = await catchError(() => subject.pull({}, cursor))
      expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'settings')
      expect(error?.message).to.include('Job Information')
    })

    it('says what is refused where a whole entity is', async () => {
      subject.fake.account.forbiddenWithin.add('PerEmail')
      const error = await catchError(() => subject.pull())
      expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'settings')
      expect(error?.message).to.include('COE_GENERAL_FORBIDDEN')
      const missing = (await subject.open().source.check()).filter(({ ok }) => !ok)
      expect(missing.map(({ name, missing: fields }) => [name, fields])).to.deep.equal([
        ['Email Information', ['businessEmail']],
      ])
    })

    it('says in the check that signing in is well where reading people is not', async () => {
      subject.fake.account.forbidden.add('PerPerson')
      const checks = await subject.open().source.check()
      expect(checks.map(({ name, ok }) => [name, ok])).to.deep.equal([
        ['sign_in', true],
        ['People', false],
        ['Foundation Objects', true],
      ])
    })

    it('says of a server without Employee Central that it has none', async () => {
      subject.fake.fail(
        { status: 404, json: { error: { code: 'COE_ENTITY_NOT_FOUND', message: { lang: 'en-US', value: 'none' } } } },
        { when: ({ path }) => path === '/odata/v2/PerPerson' },
      )
      const error = await catchError(() => subject.pull())
      expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'settings')
      expect(error?.message).to.include('Employee Central')
    })
  })

  const values: readonly (readonly [string, unknown, unknown])[] = [
    ['a day', '/Date(1709251200000)/', '2024-03-01'],
    ['a day before 1970', '/Date(-86400000)/', '1969-12-31'],
    ['the end of all time', '/Date(253402214400000)/', null],
    ['a moment', '/Date(1442289263000+0000)/', '2015-09-15T03:54:23.000Z'],
    ['a moment with an offset, which does not move it', '/Date(1442289263000+0200)/', '2015-09-15T03:54:23.000Z'],
    ['a time without an offset', '/Date(1442287414000)/', '2015-09-15T03:23:34.000'],
    ['a number that is written as a text', '712', '712'],
    ['yes', true, true],
    ['nothing', null, null],
    ['a moment beyond all time', '/Date(99999999999999999)/', null],
  ]
  for (const [name, written, read] of values) {
    it(`reads ${name}`, () => {
      expect(readValue(written as never)).to.equal(read)
    })
  }

  it('reads rows in all the forms that navigations have', () => {
    expect(readRows({ results: [{ a: 1 }] })).to.deep.equal([{ a: 1 }])
    expect(readRows({ a: 1 })).to.deep.equal([{ a: 1 }])
    expect(readRows(null)).to.deep.equal([])
    expect(readRows({ __deferred: { uri: 'x' } })).to.equal(undefined)
    expect(readRows(undefined)).to.equal(undefined)
  })

  it('goes to the API server, or where the settings say', async () => {
    const urls: string[] = []
    const context: ProviderContext = {
      ...subject.open().context,
      fetch: ({ url }) => {
        urls.push(url)
        return Promise.reject(new ProviderError('settings', 'Nothing is sent.'))
      },
    }
    const { baseUrl: _baseUrl, ...settings } = subject.fake.settings
    for (const more of [{}, { baseUrl: 'https://proxy.example.test/sap/' }]) {
      await successfactors.open({ ...settings, ...more }, context).check()
    }
    expect(urls).to.deep.equal([
      'https://api4.successfactors.example/oauth/token',
      'https://proxy.example.test/sap/oauth/token',
    ])
  })
})

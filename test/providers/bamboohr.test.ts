import { expect } from 'chai'
import { placeWindow } from '../../providers/bamboohr/dataset.ts'
import { derivedFields } from '../../providers/bamboohr/derived.ts'
import { bamboohr } from '../../providers/bamboohr/index.ts'
import {
  type JsonObject,
  type Page,
  type ProviderContext,
  ProviderError,
  type Scope,
  type SourceRecord,
} from '../../providers/provider.ts'
import { type BambooFake, slowDown, startBambooFake } from './bamboohr-fake.ts'
import { addPeople, type Person } from './company.ts'
import { catchError, describeConformance, listUsers, type Permission, type Subject } from './conformance.ts'
import { collect, createScope, openSource, type Opened, type OpenOptions } from './source.ts'

describeConformance(bamboohr, async (): Promise<Subject> => {
  const fake = await startBambooFake()
  const { company, account, settings } = fake
  const hide = (...missing: readonly string[]): Permission => ({
    takeAway: () => missing.forEach((name) => account.hidden.add(name)),
    missing,
  })
  return {
    fake,
    company,
    settings,
    wrongSettings: { ...settings, apiKey: 'wRoNg-kEy-that-nobody-knows' },
    permissions: {
      'Basic information': hide('preferredName', 'status'),
      Contact: hide('workEmail'),
      'Private contact': hide('homeEmail', 'homePhone'),
      'Job information': hide('department', 'supervisorEId'),
      Employment: hide('hireDate', 'terminationDate'),
      'Time off': {
        takeAway: () => ['requests', 'whos_out'].forEach((name) => account.refused.add(`/api/v1/time_off/${name}`)),
        missing: ['absences'],
      },
      Changes: { takeAway: () => account.refused.add('/api/v1/employees/changed') },
      Lists: { takeAway: () => account.refused.add('/api/v1/meta/lists') },
      Employees: { takeAway: () => company.people.clear() },
    },
    slowDown: [slowDown.now, slowDown.before],
    hide: (field) => account.hidden.add(field),
    expectFields: (id) => {
      const person = company.find(id)
      return {
        workEmail: person.email,
        firstName: person.firstName,
        lastName: person.lastName,
        jobTitle: person.title,
        department: company.departments.get(person.departmentId)?.name ?? null,
        location: company.sites.get(person.siteId)?.name ?? null,
        hireDate: person.startDate,
        terminationDate: person.endDate,
        supervisorEId: person.managerId,
        employeeNumber: person.number,
      }
    },
  }
})

describe('BambooHR', () => {
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

  function open(options: OpenOptions = {}): Opened {
    const defaults = { rateLimit: { requests: 100_000, perMs: 1 }, now: fake.company.now }
    const one = openSource(bamboohr, fake.settings, { ...defaults, ...options })
    opened.push(one)
    return one
  }

  async function pull(scope: Partial<Scope> = {}, cursor?: Page['cursor']): Promise<Page[]> {
    return await collect(open().source.pull(cursor, createScope(bamboohr, scope)))
  }

  async function readUser(id: string): Promise<SourceRecord> {
    const user = listUsers(await pull()).find((one) => one.id === id)
    if (user === undefined) throw new Error(`${id} did not come`)
    return user
  }

  async function catchPull(cursor?: Page['cursor']): Promise<Error | undefined> {
    return await catchError(() => pull({}, cursor))
  }

  function listBodies(path: string): JsonObject[] {
    return fake.requests.filter((request) => request.path === path).map(({ body }) => JSON.parse(body) as JsonObject)
  }

  function letAnHourPass(): void {
    fake.company.now = new Date(fake.company.now.getTime() + 60 * 60_000)
  }

  it('says what BambooHR says of the three people of the company', async () => {
    const { manager, onLeave, leaver } = fake.company.named
    expect((await readUser(onLeave.id)).fields).to.deep.equal({
      firstName: 'Adelheid',
      middleName: 'Maria',
      lastName: 'Berg',
      preferredName: 'Ada',
      displayName: 'Ada Berg',
      legalName: 'Adelheid Maria Berg',
      employeeNumber: '1001',
      workEmail: 'Ada.Berg@example.test',
      homeEmail: 'adelheid.berg@home.example.test',
      workPhone: '+49 30 5550100',
      mobilePhone: '+49 151 5550100',
      homePhone: null,
      jobTitle: 'Senior Engineer',
      department: 'Platform',
      division: 'EMEA',
      location: 'Berlin',
      supervisorEId: manager.id,
      hireDate: '2024-03-01',
      originalHireDate: null,
      terminationDate: null,
      status: 'Active',
      employmentHistoryStatus: 'Parental leave',
      lifecycle: 'on_leave',
      absences: [
        { value: '1348', type: 'Parental leave', startDate: '2026-06-01', endDate: '2027-05-31', status: 'approved' },
      ],
    })
    expect((await readUser(leaver.id)).fields).to.deep.include({
      terminationDate: '2026-12-31',
      employmentHistoryStatus: 'Part-Time',
      displayName: 'Ines Moreau',
      lifecycle: 'active',
    })
    expect((await readUser(manager.id)).fields).to.deep.include({ supervisorEId: null })
  })

  it('asks for the names that the dataset has, of fields that it has, in an order that stays', async () => {
    await pull({ fields: ['workEmail', 'jobTitle', 'customCostCenter', 'legalName'], groups: false })
    expect(listBodies('/api/v2/datasets/employee/data').at(-1)).to.deep.equal({
      fields: ['eeid', 'email', 'jobInformationJobTitle', 'firstName', 'middleName', 'lastName', 'status', 'hireDate'],
      orderBy: 'eeid asc',
      page: 1,
      pageSize: 500,
    })
  })

  it('reads what fields there are from all pages that tell of them', async () => {
    fake.account.cataloguePage = 5
    expect((await readUser(fake.company.named.leaver.id)).fields).to.include({ status: 'Active', lifecycle: 'active' })
    const catalogue = fake.requests.filter(({ path }) => path === '/api/v1_2/datasets/employee/fields')
    expect(catalogue.map(({ query }) => query.get('page'))).to.deep.equal(['1', '2', '3', '4', '5'])
  })

  it('reads more people than a page holds, each once', async () => {
    addPeople(fake.company, 1300)
    for (const ordersAsText of [false, true]) {
      fake.account.ordersAsText = ordersAsText
      const ids = listUsers(await pull()).map(({ id }) => id)
      expect(ids).to.have.length(1303)
      expect(new Set(ids)).to.deep.equal(new Set(fake.company.people.keys()))
    }
  })

  it('asks for pages that begin with somebody who was read, and go beyond them', () => {
    for (let count = 1; count < 20_000; count += 1) {
      const { page, pageSize } = placeWindow(count)
      const [start, end] = [(page - 1) * pageSize, page * pageSize]
      if (start >= count || end <= count || pageSize > 500) expect.fail(`${count}: ${start} to ${end}`)
    }
  })

  const erasures: readonly (readonly [string, (index: number) => boolean])[] = [
    ['one at the start', (index) => index === 0],
    ['the last one of the first page', (index) => index === 499],
    ['six at the start', (index) => index < 6],
    ['the end of the first page', (index) => index > 400 && index < 500],
    ['all of the first page', (index) => index < 500],
    ['nearly all', (index) => index < 690],
  ]

  for (const [name, isErased] of erasures) {
    it(`passes nobody over where ${name} went from BambooHR between two pages`, async () => {
      addPeople(fake.company, 697)
      const ids = [...fake.company.people.keys()]
      let pages = 0
      fake.onRequest = ({ path, body }) => {
        if (path !== '/api/v2/datasets/employee/data' || !body.includes('"pageSize":4')) return
        pages += 1
        if (pages === 1) ids.filter((_id, index) => isErased(index)).forEach((id) => fake.company.erase(id))
      }
      const read = listUsers(await pull()).map(({ id }) => id)
      expect(pages).to.be.at.least(1)
      expect(read).to.have.length(new Set(read).size)
      expect(read).to.include.members([...fake.company.people.keys()])
    })
  }

  it('goes on in the middle of a page of BambooHR, where others went meanwhile', async () => {
    addPeople(fake.company, 697)
    const ids = [...fake.company.people.keys()]
    const pages = await pull({ pageSize: 50 })
    for (const id of ids.slice(0, 20)) fake.company.erase(id)
    const rest = await pull({ pageSize: 50 }, pages[11]?.cursor)
    expect(listUsers(rest).map(({ id }) => id)).to.deep.equal(ids.slice(600))
  })

  it('begins anew where the employee is gone after whom it was interrupted', async () => {
    addPeople(fake.company, 20)
    const [first] = await pull({ pageSize: 5 })
    fake.company.erase(listUsers(first === undefined ? [] : [first]).at(-1)?.id ?? '')
    const error = await catchPull(first?.cursor)
    expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'cursor_expired')
  })

  for (const status of [403, 404] as const) {
    it(`reads reports where the dataset is refused with ${status}, and finds the same there`, async () => {
      addPeople(fake.company, 20)
      const byDataset = await pull({ pageSize: 5 })
      fake.account.datasets = status
      for (const noDate of ['0000-00-00', '', null] as const) {
        fake.account.noDate = noDate
        const byReport = await pull({ pageSize: 5 })
        const records = byReport.flatMap((page) => page.records).map((record) => without(record, 'supervisorId'))
        expect(records).to.deep.equal(byDataset.flatMap((page) => page.records))
      }
      const pages = await pull({ pageSize: 5 })
      const rest = await pull({ pageSize: 5 }, pages[2]?.cursor)
      expect(rest.flatMap(({ records }) => records)).to.deep.equal(pages.slice(3).flatMap(({ records }) => records))
    })
  }

  it('reads reports where the dataset refuses a field, or has another name for one that must be known', async () => {
    fake.account.hidden.add('homeEmail')
    fake.account.refusesHidden = true
    const users = listUsers(await pull())
    expect(users.map(({ fields }) => fields['status'])).to.deep.equal(['Active', 'Active', 'Active'])
    expect(users.filter(({ fields }) => 'homeEmail' in fields)).to.deep.equal([])
    expect(fake.requests.at(-1)?.path).to.equal('/api/v1/reports/custom')
    fake.account.hidden.clear()
    fake.account.unnamed.add('hireDate')
    expect(listUsers(await pull()).map(({ fields }) => fields['hireDate'])).to.include('2024-03-01')
    expect(fake.requests.at(-1)?.path).to.equal('/api/v1/reports/custom')
  })

  it('ends a pull by the way that it began', async () => {
    addPeople(fake.company, 20)
    const [first] = await pull({ pageSize: 5 })
    fake.account.datasets = 403
    const error = await catchPull(first?.cursor)
    expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'settings')
    fake.account.datasets = 'allowed'
    fake.account.datasets = 404
    const [byReport] = await pull({ pageSize: 5 })
    fake.account.datasets = 'allowed'
    expect(listUsers(await pull({ pageSize: 5 }, byReport?.cursor))).to.have.length(18)
    expect(fake.requests.at(-1)?.path).to.equal('/api/v1/reports/custom')
  })

  for (const datasets of ['allowed', 403] as const) {
    it(`refuses to read people without what tells who is there (${datasets === 403 ? 'reports' : 'dataset'})`, async () => {
      const cursor = (await pull()).at(-1)?.cursor
      letAnHourPass()
      const { leaver, manager } = fake.company.named
      fake.company.change(leaver.id, { title: 'Director' })
      fake.account.datasets = datasets
      for (const field of ['status', 'hireDate', 'workEmail']) {
        fake.account.hidden.clear()
        fake.account.hidden.add(field)
        // The key sees all of its own employee.
        fake.account.ownId = manager.id
        for (const from of [undefined, cursor]) {
          const error = await catchPull(from)
          expect(error, field).to.be.an.instanceOf(ProviderError).with.property('kind', 'settings')
          expect(error?.message).to.include(field)
        }
      }
    })
  }

  it('leaves out what the key may not see, which the dataset writes as empty', async () => {
    fake.account.hidden.add('homeEmail')
    expect((await readUser(fake.company.named.onLeave.id)).fields).to.not.have.property('homeEmail')
    expect((await readUser(fake.company.named.onLeave.id)).fields).to.have.property('homePhone', null)
  })

  const standings: readonly (readonly [string, Partial<Omit<Person, 'id'>>, string])[] = [
    ['who works there', {}, 'active'],
    ['who is on a leave of any name', { status: 'on_leave', leave: 'Leave of absence' }, 'on_leave'],
    ['who begins later', { status: 'hired', startDate: '2027-01-04' }, 'pending'],
    ['who begins later, for a time', { status: 'hired', startDate: '2027-01-04', endDate: '2027-06-30' }, 'pending'],
    ['who begins today and is not Active yet', { status: 'hired', startDate: '2026-11-20' }, 'pending'],
    ['who should have begun long ago', { status: 'hired', startDate: '2026-11-10' }, 'terminated'],
    [
      'who will not begin after all',
      { status: 'terminated', startDate: '2027-01-04', endDate: '2026-11-19' },
      'terminated',
    ],
    ['who left', { status: 'terminated', endDate: '2026-06-30' }, 'terminated'],
    ['who retired', { status: 'retired', endDate: '2026-06-30' }, 'retired'],
    [
      'who left and will begin again',
      { status: 'hired', startDate: '2027-01-04', endDate: '2025-06-30', originalStartDate: '2020-01-01' },
      'pending',
    ],
    [
      'who left and began again',
      { startDate: '2026-09-01', endDate: '2025-06-30', originalStartDate: '2020-01-01' },
      'active',
    ],
    ['a contractor', { employmentType: 'Contractor' }, 'active'],
  ]

  for (const [who, values, lifecycle] of standings) {
    it(`takes ${who} for ${lifecycle}`, async () => {
      const { id } = fake.company.change(fake.company.named.leaver.id, { endDate: null, ...values })
      expect((await readUser(id)).fields).to.include({ lifecycle })
    })
  }

  it('takes a status that nobody knows for none', async () => {
    expect(derivedFields['lifecycle']?.read({ status: 'Archived', hireDate: '2024-03-01' }, '2026-11-20')).to.equal(
      null,
    )
    expect(derivedFields['lifecycle']?.read({ hireDate: '2024-03-01' }, '2026-11-20')).to.equal(undefined)
  })

  it('asks for changes since a quarter of an hour before the last one that it saw', async () => {
    fake.company.now = new Date('2026-11-20T10:00:00Z')
    const cursor = (await pull()).at(-1)?.cursor
    letAnHourPass()
    fake.company.change(fake.company.named.leaver.id, { title: 'Director' })
    letAnHourPass()
    const changed = await pull({}, cursor)
    await pull({}, changed.at(-1)?.cursor)
    const asked = fake.requests.filter(({ path }) => path === '/api/v1/employees/changed')
    expect(asked.map(({ query }) => query.get('since'))).to.deep.equal(['2026-11-20T09:45:00Z', '2026-11-20T10:45:01Z'])
  })

  it('stays where it is while nothing changes, however BambooHR writes nobody', async () => {
    letAnHourPass()
    const end = (await pull()).at(-1)?.cursor
    for (const writesArrays of [true, false]) {
      fake.account.writesArrays = writesArrays
      const pages = await pull({}, end)
      expect(listUsers(pages)).to.deep.equal([])
      expect(pages.at(-1)?.cursor).to.deep.equal(end)
    }
    expect(fake.requests.at(-1)?.path).to.equal('/api/v1/employees/changed')
  })

  it('reads those who changed by their ids, in the dataset or in reports', async () => {
    addPeople(fake.company, 5)
    letAnHourPass()
    const cursor = (await pull()).at(-1)?.cursor
    const ids = ['102', '103', '105']
    for (const id of ids) fake.company.change(id, { title: 'Director' })
    expect(listUsers(await pull({ pageSize: 2 }, cursor)).map(({ id }) => id)).to.deep.equal(ids)
    const filters = listBodies('/api/v2/datasets/employee/data').map(({ filter }) => filter)
    expect(filters.slice(-2)).to.deep.equal(['eeid eq 102 or eeid eq 103', 'eeid eq 105'])
    fake.account.datasets = 403
    expect(listUsers(await pull({ pageSize: 2 }, cursor)).map(({ id }) => id)).to.deep.equal(ids)
    const reports = listBodies('/api/v1/reports/custom').map((report) => report['filters'])
    expect(reports).to.deep.equal([{ employeeIds: [102, 103] }, { employeeIds: [105] }])
  })

  it('reads everything anew where BambooHR takes no filter of ids, or no time of so long ago', async () => {
    letAnHourPass()
    const cursor = (await pull()).at(-1)?.cursor
    fake.company.change('102', { title: 'Director' })
    fake.account.refusesFilters = true
    expect(await catchPull(cursor))
      .to.be.an.instanceOf(ProviderError)
      .with.property('kind', 'cursor_expired')
    fake.fail({ status: 400, body: '' }, { when: ({ path }) => path === '/api/v1/employees/changed' })
    expect(await catchPull(cursor))
      .to.be.an.instanceOf(ProviderError)
      .with.property('kind', 'cursor_expired')
  })

  it('leaves out of changes who is gone before they are read, and says who was erased', async () => {
    letAnHourPass()
    const cursor = (await pull()).at(-1)?.cursor
    for (const id of ['102', '103']) fake.company.change(id, { title: 'Director' })
    fake.onRequest = ({ body }) => {
      if (body.includes('"filter"') && fake.company.people.has('102')) fake.company.erase('102')
    }
    const pages = await pull({}, cursor)
    expect(listUsers(pages).map(({ id }) => id)).to.deep.equal(['103'])
    const next = await pull({}, pages.at(-1)?.cursor)
    expect(next.flatMap(({ deletedIds }) => deletedIds ?? [])).to.deep.equal(['102'])
  })

  it('keeps a group whose department has a new name', async () => {
    const { leaver } = fake.company.named
    expect((await readUser(leaver.id)).groups).to.deep.equal(['department:263342117', 'location:2154021'])
    fake.company.departments.set('263342117', { id: '263342117', name: 'Revenue', parentId: null })
    expect((await readUser(leaver.id)).groups).to.include('department:263342117')
  })

  it('makes groups of departments and locations by their names where lists may not be read', async () => {
    fake.account.refused.add('/api/v1/meta/lists')
    const groups = (await pull()).flatMap(({ records }) => records.filter(({ type }) => type === 'group'))
    expect(groups.map(({ id }) => id)).to.deep.equal([
      'department:Engineering',
      'department:Platform',
      'department:Sales',
      'location:Berlin',
      'location:Lisbon',
    ])
    fake.account.hidden.add('department').add('location')
    expect(listUsers(await pull()).map((user) => user.groups)).to.deep.equal([undefined, undefined, undefined])
  })

  it('says which way it reads, and what is wrong where BambooHR knows no such company', async () => {
    const describeEmployees = async (): Promise<string | undefined> =>
      (await open().source.check()).find(({ name }) => name === 'Employees')?.detail
    expect(await describeEmployees())
      .to.include('3 employees')
      .and.include('dataset')
    fake.account.datasets = 403
    expect(await describeEmployees())
      .to.include('3 employees')
      .and.include('reports')
    fake.fail({ status: 404, body: '' }, { times: 10 })
    expect(await open().source.check()).to.deep.equal([
      { name: 'sign_in', ok: false, detail: 'BambooHR has nothing there. Check the company domain.' },
    ])
  })

  it('goes to the company’s own address, which is one label and nothing else', async () => {
    const urls: string[] = []
    const context: ProviderContext = {
      now: () => new Date(),
      signal: new AbortController().signal,
      fetch: ({ url }) => {
        urls.push(url)
        return Promise.reject(new ProviderError('settings', 'Nothing is sent.'))
      },
      resolve: (host) => Promise.resolve(host),
      attempt: (work) => work(),
    }
    await bamboohr.open({ companyDomain: 'acme-2', apiKey: 'key' }, context).check()
    expect(urls).to.deep.equal(['https://acme-2.bamboohr.com/api/v1_2/datasets/employee/fields?page=1&page_size=1000'])
    const pattern = new RegExp(bamboohr.settings.properties['companyDomain']?.pattern ?? '', 'v')
    for (const domain of ['acme', 'acme-2', 'A1']) expect(domain).to.match(pattern)
    for (const domain of [
      'acme.evil.test',
      'evil.test/',
      'evil.test#',
      'a@b',
      '',
      '-a',
      'a-',
      'a b',
      'a\nb',
      'x'.repeat(64),
    ]) {
      expect(domain).to.not.match(pattern)
    }
  })
})

function without(record: SourceRecord, field: string): SourceRecord {
  const { [field]: _left, ...fields } = record.fields
  return { ...record, fields }
}

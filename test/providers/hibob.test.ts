import { expect } from 'chai'
import { hibob } from '../../providers/hibob/index.ts'
import { readLifecycle } from '../../providers/hibob/lifecycle.ts'
import {
  type JsonObject,
  type Page,
  type ProviderContext,
  ProviderError,
  type Scope,
  type SourceRecord,
} from '../../providers/provider.ts'
import { addPeople } from './company.ts'
import { catchError, describeConformance, listUsers, type Subject } from './conformance.ts'
import type { FakeRequest } from './fake-server.ts'
import { type HiBobFake, readLifecycleStatus, slowDown, startHiBobFake } from './hibob-fake.ts'
import { collect, createScope, openSource, type Opened, type OpenOptions } from './source.ts'

describeConformance(hibob, async (): Promise<Subject> => {
  const fake = await startHiBobFake()
  const { company, account, settings } = fake
  const hide = (...names: readonly string[]) => {
    return () => names.forEach((name) => account.hidden.add(name))
  }
  return {
    fake,
    company,
    settings,
    wrongSettings: { ...settings, token: 'wRoNg-tOkEn-that-nobody-knows' },
    permissions: {
      Work: {
        takeAway: hide('work'),
        missing: [
          'work.title',
          'work.department',
          'work.site',
          'work.startDate',
          'work.reportsTo',
          'work.employeeIdInCompany',
          'work.workPhone',
        ],
      },
      Lifecycle: {
        takeAway: hide('internal'),
        missing: ['internal.lifecycleStatus', 'internal.status', 'internal.terminationDate'],
      },
      Employment: { takeAway: hide('employment'), missing: ['employment.type'] },
      'Personal contact details': { takeAway: hide('home'), missing: ['home.privateEmail', 'home.mobilePhone'] },
      'Basic info': { takeAway: hide('root.email', 'root.surname'), missing: ['root.email', 'root.surname'] },
      'Time off': { takeAway: () => account.refused.add('/timeoff/whosout'), missing: ['absences'] },
      'Named lists': { takeAway: () => account.refused.add('/company/named-lists/department') },
      People: { takeAway: () => company.people.clear() },
    },
    slowDown: [slowDown(new Date('2026-11-20T09:00:30Z'))],
    hide: (field) => account.hidden.add(field),
    expectFields: (id) => {
      const person = company.find(id)
      return {
        'root.email': person.email,
        'root.firstName': person.firstName,
        'root.surname': person.lastName,
        'work.title': person.title,
        'work.department': company.departments.get(person.departmentId)?.name ?? null,
        'work.site': company.sites.get(person.siteId)?.name ?? null,
        'work.startDate': person.startDate,
        'work.reportsTo': person.managerId,
        'internal.terminationDate': person.endDate,
        'internal.lifecycleStatus': readLifecycleStatus(person),
      }
    },
  }
})

describe('HiBob', () => {
  let fake: HiBobFake
  let opened: Opened[] = []

  beforeEach(async () => {
    fake = await startHiBobFake()
  })

  afterEach(async () => {
    await Promise.all(opened.map((one) => one.close()))
    opened = []
    await fake.close()
  })

  function open(options: OpenOptions = {}): Opened {
    const one = openSource(hibob, fake.settings, { rateLimit: { requests: 100_000, perMs: 1 }, ...options })
    opened.push(one)
    return one
  }

  async function pull(scope: Partial<Scope> = {}, cursor?: Page['cursor']): Promise<Page[]> {
    return await collect(open().source.pull(cursor, createScope(hibob, scope)))
  }

  async function readUsers(scope: Partial<Scope> = {}): Promise<SourceRecord[]> {
    return listUsers(await pull(scope))
  }

  async function readUser(id: string): Promise<SourceRecord> {
    const user = (await readUsers()).find((one) => one.id === id)
    if (user === undefined) throw new Error(`${id} did not come`)
    return user
  }

  function listSearches(): JsonObject[] {
    const searches = fake.requests.filter(({ path }) => path === '/v1/people/search')
    return searches.map(({ body }) => JSON.parse(body) as JsonObject)
  }

  it('asks for all ids first, and then for people by at most as many ids as a page has', async () => {
    addPeople(fake.company, 7)
    await pull({ pageSize: 4 })
    const [first, ...rest] = listSearches()
    expect(first).to.deep.equal({ fields: ['root.id'], showInactive: true })
    const ids = [...fake.company.people.keys()].toSorted()
    const batches = [ids.slice(0, 4), ids.slice(4, 8), ids.slice(8)]
    expect(rest.map(({ filters }) => filters)).to.deep.equal(
      batches.map((values) => [{ fieldPath: 'root.id', operator: 'equals', values }]),
    )
    for (const search of rest) expect(search).to.include({ showInactive: true, humanReadable: 'APPEND' })
  })

  it('asks for the fields that are mapped and those that it needs itself, and not for its own', async () => {
    await pull({ fields: ['root.email', 'work.custom.field_7', 'lifecycle'], groups: false })
    expect(listSearches().at(-1)?.['fields']).to.deep.equal([
      'root.id',
      'root.email',
      'work.custom.field_7',
      'internal.lifecycleStatus',
    ])
  })

  it('says what Bob says of the three people of the company', async () => {
    const { manager, onLeave, leaver } = fake.company.named
    expect((await readUser(onLeave.id)).fields).to.deep.equal({
      'root.email': 'Ada.Berg@example.test',
      'root.firstName': 'Adelheid',
      'root.surname': 'Berg',
      'root.displayName': 'Ada Berg',
      'home.privateEmail': 'adelheid.berg@home.example.test',
      'home.mobilePhone': '+49 151 5550100',
      'work.title': 'Senior Engineer',
      'work.workPhone': '+49 30 5550100',
      'work.workMobile': null,
      'work.employeeIdInCompany': 1001,
      'work.department': 'Platform',
      'work.reportsTo': manager.id,
      'work.manager': manager.id,
      'work.site': 'Berlin',
      'work.siteId': 2154020,
      'work.startDate': '2024-03-01',
      'internal.status': 'Active',
      'internal.lifecycleStatus': 'Parental leave',
      'internal.terminationDate': null,
      'employment.type': 'Full-Time',
      lifecycle: 'on_leave',
      absences: [
        { value: '5501', type: 'Out of office', startDate: '2026-06-01', endDate: '2027-05-31', status: 'approved' },
      ],
    })
    expect((await readUser(leaver.id)).fields).to.deep.include({
      'internal.terminationDate': '2026-12-31',
      'home.privateEmail': null,
      lifecycle: 'active',
    })
    expect((await readUser(manager.id)).fields).to.deep.include({ 'work.reportsTo': null, 'work.manager': null })
  })

  it('keeps ids that no number holds exactly, also where Bob writes them as numbers', async () => {
    const ids = ['3332883884017713001', '3332883884017713002']
    const people = ids.map(
      (id) => `{"id":${id},"email":"a${id}@example.test","internal":{"lifecycleStatus":"Employed"}}`,
    )
    const isSearch = ({ path }: FakeRequest): boolean => path === '/v1/people/search'
    fake.fail({ status: 200, body: `{"employees":[${people.join(',')}]}` }, { times: 2, when: isSearch })
    expect((await readUsers()).map(({ id }) => id)).to.deep.equal(ids)
  })

  it('reads values beside each other, below categories, and both at once alike', async () => {
    const both = await readUsers()
    for (const shape of ['flat', 'nested'] as const) {
      fake.account.shape = shape
      expect(await readUsers(), shape).to.deep.equal(both)
    }
  })

  it('takes the names of items of lists and never dates of people’s languages, also where Bob does not say what is a list', async () => {
    const known = await readUsers()
    fake.account.refused.add('/company/people/fields')
    expect(await readUsers()).to.deep.equal(known)
  })

  it('finds a field that was moved to another category where Bob says that it is', async () => {
    const { id } = fake.company.named.leaver
    fake.fail(
      { status: 200, json: [{ id: 'work.title', jsonPath: 'work.custom.title', type: 'text' }] },
      { when: ({ path }) => path === '/v1/company/people/fields' },
    )
    const person = {
      id,
      email: 'x@example.test',
      work: { custom: { title: 'Moved' } },
      internal: { lifecycleStatus: 'Employed' },
    }
    fake.fail(
      { status: 200, json: { employees: [person] } },
      { times: 2, when: ({ path }) => path === '/v1/people/search' },
    )
    expect((await readUser(id)).fields['work.title']).to.equal('Moved')
  })

  it('reads the kind of employment wherever the account has it', async () => {
    fake.account.employment = 'payroll.employment'
    const user = await readUser(fake.company.named.leaver.id)
    expect(user.fields).to.include({ 'payroll.employment.type': 'Part-Time' })
    expect(user.fields).to.not.have.property('employment.type')
  })

  it('reads who is away now or will be, with what is asked for and what is allowed, by the names that are for everybody', async () => {
    const { manager, leaver } = fake.company.named
    expect((await readUser(leaver.id)).fields['absences']).to.deep.equal([
      { value: '5502', type: 'Holiday', startDate: '2026-11-19', endDate: '2026-11-20', status: 'approved' },
      { value: '5503', type: 'Holiday', startDate: '2026-12-21', endDate: '2026-12-23', status: 'requested' },
    ])
    expect((await readUser(manager.id)).fields['absences']).to.deep.equal([])
    const asked = fake.requests.filter(({ path }) => path === '/v1/timeoff/whosout').map(({ query }) => [...query])
    expect(asked[0]).to.deep.equal([
      ['from', '2026-11-20'],
      ['to', '2027-11-20'],
      ['includePending', 'true'],
    ])
  })

  it('reads an absence without an end', async () => {
    const [request] = fake.account.timeOff
    if (request !== undefined) fake.account.timeOff.splice(0, 1, { ...request, type: 'openEnded', endDate: null })
    expect((await readUser(fake.company.named.onLeave.id)).fields['absences']).to.deep.equal([
      { value: '5501', type: 'Out of office', startDate: '2026-06-01', status: 'approved' },
    ])
  })

  it('asks for absences only where they are mapped, and says nothing of them where it may not ask', async () => {
    await pull({ fields: ['root.email'] })
    expect(fake.requests.map(({ path }) => path)).to.not.include('/v1/timeoff/whosout')
    fake.account.refused.add('/timeoff/whosout')
    for (const { fields } of await readUsers()) expect(fields).to.not.have.property('absences')
    fake.account.refused.clear()
    fake.fail({ status: 400, json: { error: 'too many days' } }, { when: ({ path }) => path === '/v1/timeoff/whosout' })
    for (const { fields } of await readUsers()) expect(fields).to.not.have.property('absences')
  })

  const lifecycles: readonly (readonly [string, string | undefined])[] = [
    ['Hired', 'pending'],
    ['employed', 'active'],
    ['EMPLOYED', 'active'],
    ['Leave', 'on_leave'],
    ['parental_leave', 'on_leave'],
    ['Parental leave', 'on_leave'],
    ['Sabbatical leave', 'on_leave'],
    ['Garden leave', 'suspended'],
    ['garden-leave', 'suspended'],
    ['Terminated', 'terminated'],
    ['Sabbatical', undefined],
    ['Cleaver', undefined],
    ['', undefined],
  ]

  for (const [status, meaning] of lifecycles) {
    it(`takes the lifecycle status “${status}” for ${meaning ?? 'nothing that is known'}`, () => {
      expect(readLifecycle(status)).to.equal(meaning)
    })
  }

  it('reads statuses that Bob writes as ids of items', async () => {
    const words = (await readUsers()).map(({ fields }) => fields)
    fake.account.listedStatuses = true
    expect((await readUsers()).map(({ fields }) => fields)).to.deep.equal(words)
  })

  it('says of a status that nobody knows that it is none, and keeps the word', async () => {
    const { id } = fake.company.named.onLeave
    fake.company.change(id, { leave: 'Sabbatical' })
    expect((await readUser(id)).fields).to.include({ lifecycle: null, 'internal.lifecycleStatus': 'Sabbatical' })
  })

  it('says nothing of a status that it may not view', async () => {
    fake.account.hidden.add('internal')
    for (const { fields } of await readUsers()) {
      expect(fields).to.not.have.any.keys('lifecycle', 'internal.lifecycleStatus', 'internal.status')
    }
  })

  it('says in the check how many people of which status it sees, for those of others just do not come', async () => {
    fake.company.change(fake.company.named.leaver.id, { status: 'terminated' })
    const seen = (await open().source.check()).find(({ name }) => name === 'People')
    expect(seen?.detail).to.include('3 people').and.include('1 Terminated')
    fake.account.unseen.add('Terminated')
    const unseen = (await open().source.check()).find(({ name }) => name === 'People')
    expect(unseen?.detail).to.include('2 people').and.not.include('1 Terminated')
    expect(await readUsers()).to.have.length(2)
  })

  it('makes a group of each department, within the one above it, and of each site', async () => {
    for (const itemsName of ['values', 'items'] as const) {
      fake.account.itemsName = itemsName
      const groups = (await pull()).flatMap(({ records }) => records.filter(({ type }) => type === 'group'))
      expect(groups.map(({ id, fields, groups: within }) => [id, fields['displayName'], within])).to.deep.equal([
        ['department:263342115', 'Engineering', []],
        ['department:263342116', 'Platform', ['department:263342115']],
        ['department:263342117', 'Sales', []],
        ['site:2154020', 'Berlin', []],
        ['site:2154021', 'Lisbon', []],
      ])
    }
    expect((await readUser(fake.company.named.leaver.id)).groups).to.deep.equal([
      'department:263342117',
      'site:2154021',
    ])
  })

  it('keeps a group whose department has a new name', async () => {
    fake.company.departments.set('263342117', { id: '263342117', name: 'Revenue', parentId: null })
    const user = await readUser(fake.company.named.leaver.id)
    expect(user.groups).to.include('department:263342117')
    expect(user.fields['work.department']).to.equal('Revenue')
  })

  it('makes groups of what people have where lists may not be read, also where a pull goes on', async () => {
    for (const list of ['department', 'site']) fake.account.refused.add(`/company/named-lists/${list}`)
    const pages = await pull({ pageSize: 2 })
    const rest = await pull({ pageSize: 2 }, pages[1]?.cursor)
    const named = rest.map(({ records }) => records.map(({ id, fields }) => [id, fields['displayName']])).flat()
    expect(named).to.deep.equal([
      ['department:263342115', 'Engineering'],
      ['department:263342116', 'Platform'],
      ['department:263342117', 'Sales'],
      ['site:2154020', 'Berlin'],
      ['site:2154021', 'Lisbon'],
    ])
    expect(pages.slice(2).flatMap(({ records }) => records)).to.deep.equal(rest.flatMap(({ records }) => records))
  })

  it('takes nobody out of groups where it may not view departments and sites', async () => {
    fake.account.hidden.add('work')
    expect((await readUsers()).map(({ groups }) => groups)).to.deep.equal([undefined, undefined, undefined])
  })

  it('loses nobody where people come and go while it reads', async () => {
    addPeople(fake.company, 9)
    const ids = [...fake.company.people.keys()]
    let searches = 0
    fake.onRequest = ({ path }) => {
      if (path !== '/v1/people/search') return
      searches += 1
      if (searches === 3) fake.company.hire({ firstName: 'Noor', lastName: 'Vos' })
      if (searches === 3) fake.company.erase(ids[1] ?? '')
      if (searches === 3) fake.company.erase(ids[10] ?? '')
    }
    const read = (await readUsers({ pageSize: 4 })).map(({ id }) => id)
    expect(read).to.deep.equal(ids.filter((_id, index) => index !== 10))
  })

  it('does not take people for deleted whom Bob names and does not give', async () => {
    addPeople(fake.company, 9)
    const isBatch = ({ body }: FakeRequest): boolean => body.includes('root.email')
    fake.fail({ status: 200, json: { employees: [] } }, { when: isBatch })
    const error = await catchError(() => pull({ pageSize: 4 }))
    expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'unexpected')
    expect(error?.message).to.include('4 people')
  })

  it('needs the permission to see who is who', async () => {
    fake.account.hidden.add('root.id')
    const error = await catchError(() => pull())
    expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'settings')
    expect(error?.message).to.include('Basic info')
  })

  it('asks 120 times at its own rate, and is never too fast for Bob', async () => {
    let now = (): Date => new Date('2026-11-20T09:00:00Z')
    await fake.close()
    fake = await startHiBobFake({ now: () => now() })
    addPeople(fake.company, 115)
    const one = open({ rateLimit: hibob.rateLimit })
    now = one.context.now
    const users = listUsers(await collect(one.source.pull(undefined, createScope(hibob, { pageSize: 1 }))))
    expect(users).to.have.length(118)
    expect(fake.requests.filter(({ path }) => path === '/v1/people/search')).to.have.length(119)
  })

  it('goes to the production API, to that of the sandbox, or where the settings say', async () => {
    const urls: string[] = []
    const signal = new AbortController().signal
    const context: ProviderContext = {
      now: () => new Date(),
      signal,
      fetch: ({ url }) => {
        urls.push(url)
        return Promise.reject(new ProviderError('settings', 'Nothing is sent.'))
      },
      resolve: (host) => Promise.resolve(host),
      attempt: (work) => work(),
    }
    const credentials = { serviceUserId: 'SERVICE-1', token: 'token' }
    for (const more of [{}, { sandbox: true }, { sandbox: true, baseUrl: 'https://proxy.example.test/bob/v1/' }]) {
      await hibob.open({ ...credentials, ...more }, context).check()
    }
    expect(urls).to.deep.equal([
      'https://api.hibob.com/v1/people/search',
      'https://api.sandbox.hibob.com/v1/people/search',
      'https://proxy.example.test/bob/v1/people/search',
    ])
  })
})

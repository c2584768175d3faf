import { expect } from 'chai'
import { entra } from '../../providers/entra/index.ts'
import {
  type AccessPolicy,
  type JsonObject,
  type Page,
  type ProviderContext,
  ProviderError,
  type Scope,
  type SourceRecord,
} from '../../providers/provider.ts'
import { addPeople } from './company.ts'
import { catchError, describeConformance, listUsers, type Subject } from './conformance.ts'
import { toGroupId } from './entra-data.ts'
import { type EntraFake, slowDown, startEntraFake } from './entra-fake.ts'
import { collect, createScope, listMappedFields, openSource, type Opened, type OpenOptions } from './source.ts'

describeConformance(entra, async (): Promise<Subject> => {
  const fake = await startEntraFake()
  const { company, account, settings } = fake
  const refuse = (permission: string) => ({ takeAway: () => account.refused.add(permission) })
  return {
    fake,
    company,
    settings,
    wrongSettings: { ...settings, clientSecret: 'wRoNg~sEcReT-that-nobody-knows' },
    permissions: {
      Groups: refuse('GroupMember.Read.All'),
      'Conditional access': refuse('Policy.Read.All'),
      Roles: refuse('RoleManagement.Read.Directory'),
      'Leave dates': { takeAway: () => (account.leaveDates = 'left out'), missing: ['employeeLeaveDateTime'] },
      Users: refuse('User.Read.All'),
    },
    slowDown: [slowDown],
    hide: (field) => account.hidden.add(field),
    expectFields: (id) => {
      const person = company.find(id)
      return {
        mail: person.email,
        givenName: person.preferredName ?? person.firstName,
        surname: person.lastName,
        jobTitle: person.title,
        department: company.departments.get(person.departmentId)?.name ?? null,
        officeLocation: company.sites.get(person.siteId)?.name ?? null,
        employeeHireDate: `${person.startDate}T00:00:00Z`,
        manager: person.managerId,
        accountEnabled: person.status === 'employed' || person.status === 'on_leave',
      }
    },
  }
})

describe('Microsoft Entra ID', () => {
  let fake: EntraFake
  let opened: Opened[] = []

  beforeEach(async () => {
    fake = await startEntraFake()
  })

  afterEach(async () => {
    await Promise.all(opened.map((one) => one.close()))
    opened = []
    await fake.close()
  })

  function open(options: OpenOptions & { settings?: JsonObject } = {}): Opened {
    const defaults = { rateLimit: { requests: 100_000, perMs: 1 }, now: fake.company.now }
    const one = openSource(entra, options.settings ?? fake.settings, { ...defaults, ...options })
    opened.push(one)
    return one
  }

  async function pull(scope: Partial<Scope> = {}, cursor?: Page['cursor'], settings: JsonObject = {}): Promise<Page[]> {
    const { source } = open({ settings: { ...fake.settings, ...settings } })
    return await collect(source.pull(cursor, createScope(entra, scope)))
  }

  async function readUser(id: string, fields?: readonly string[]): Promise<SourceRecord> {
    const user = listUsers(await pull(fields === undefined ? {} : { fields })).find((one) => one.id === id)
    if (user === undefined) throw new Error(`${id} did not come`)
    return user
  }

  function listGroups(pages: readonly Page[]): SourceRecord[] {
    return pages.flatMap(({ records }) => records.filter(({ type }) => type === 'group'))
  }

  function listDeleted(pages: readonly Page[]): string[] {
    return pages.flatMap(({ deletedIds }) => deletedIds ?? [])
  }

  function listQueries(path: string): URLSearchParams[] {
    return fake.requests.filter((request) => request.path === path).map(({ query }) => query)
  }

  it('says what Entra ID says of the three people of the company', async () => {
    const { manager, onLeave, leaver } = fake.company.named
    expect((await readUser(onLeave.id)).fields).to.deep.equal({
      signInName: 'ada.berg@example.test',
      mail: 'Ada.Berg@example.test',
      'otherMails.0': 'adelheid.berg@home.example.test',
      givenName: 'Ada',
      surname: 'Berg',
      displayName: 'Ada Berg',
      jobTitle: 'Senior Engineer',
      userType: 'Member',
      preferredLanguage: 'de-DE',
      'businessPhones.0': '+49 30 5550100',
      mobilePhone: '+49 151 5550100',
      faxNumber: '+49 30 5550199',
      streetAddress: 'Hauptstraße 1',
      city: 'Berlin',
      state: 'Berlin',
      postalCode: '10115',
      country: 'Germany',
      accountEnabled: true,
      employeeId: '1001',
      department: 'Platform',
      'employeeOrgData.costCenter': '4711',
      'employeeOrgData.division': 'EMEA',
      companyName: 'Example GmbH',
      manager: manager.id,
      officeLocation: 'Berlin',
      employeeHireDate: '2024-03-01T00:00:00Z',
      employeeType: 'Employee',
      userPrincipalName: 'ada.berg@example.test',
    })
    expect((await readUser(leaver.id)).fields).to.include({ employeeLeaveDateTime: '2026-12-31T00:00:00Z' })
    expect((await readUser(manager.id)).fields).to.include({ manager: null })
  })

  it('asks once for what is mapped, and what says who is a person, and follows links from there on', async () => {
    addPeople(fake.company, 20)
    await pull({ fields: ['mail', 'employeeOrgData.division', 'signInName', 'noSuchField', 'aboutMe'], pageSize: 10 })
    const queries = listQueries('/v1.0/users/delta').map((query) => query.toString())
    expect(new URLSearchParams(queries[0]).get('$select')?.split(',')).to.deep.equal([
      'id',
      'mail',
      'employeeOrgData',
      'userPrincipalName',
      'userType',
      'accountEnabled',
      'employeeId',
      'employeeType',
    ])
    expect(queries.slice(1)).to.deep.equal(['%24skiptoken=round-1.10', '%24skiptoken=round-1.20'])
    const [first] = fake.requests.filter(({ path }) => path === '/v1.0/users/delta')
    expect(first?.headers['prefer']).to.equal('odata.maxpagesize=10')
    fake.requests.length = 0
    await pull()
    expect(listQueries('/v1.0/users'), 'who says nothing of a manager has none').to.deep.equal([])
  })

  it('reads extensions of the directory, and leaves out those that nobody knows', async () => {
    const { id } = fake.company.named.leaver
    const [known, unknown] = ['a', 'b'].map((letter) => `extension_${letter.repeat(32)}_shift`)
    fake.account.users.set(id, { [known ?? '']: 'night', onPremisesExtensionAttributes: { extensionAttribute1: 'x' } })
    const names = [unknown ?? '', known ?? '', 'onPremisesExtensionAttributes.extensionAttribute1', 'businessPhones.7']
    const { fields } = await readUser(id, names)
    expect(fields).to.include({ [known ?? '']: 'night', 'onPremisesExtensionAttributes.extensionAttribute1': 'x' })
    expect(fields)
      .to.include({ 'businessPhones.7': null })
      .and.not.have.property(unknown ?? '')
  })

  it('does without the day on which people leave where asking for it is refused', async () => {
    fake.account.leaveDates = 'refused'
    const { fields } = await readUser(fake.company.named.leaver.id)
    expect(fields).to.include({ department: 'Sales' }).and.not.have.property('employeeLeaveDateTime')
    const checks = await open().source.check()
    expect(checks.filter(({ ok }) => !ok).map(({ name }) => name)).to.deep.equal(['Leave dates'])
  })

  it('goes on through pages without anything on them, and never to the host that stands in links', async () => {
    addPeople(fake.company, 20)
    fake.account.beginsEmpty = true
    fake.account.largestPage = 7
    const pages = await pull()
    expect(listUsers(pages)).to.have.length(23)
    expect(listGroups(pages)).to.have.length(5)
    expect(pages.at(-1)?.cursor).to.deep.include({ stage: 'end' })
  })

  it('refuses links that lead to themselves or to nowhere, and pages without any', async () => {
    await pull()
    const [first] = listQueries('/v1.0/users/delta')
    const itself = `https://graph.microsoft.com/v1.0/users/delta?$select=${first?.get('$select')}`
    for (const link of [undefined, itself, 'https://elsewhere.example.test/', 'x']) {
      const context = 'https://graph.microsoft.com/v1.0/$metadata#users'
      const json = { '@odata.context': context, value: [], ...(link !== undefined && { '@odata.nextLink': link }) }
      fake.fail({ status: 200, json }, { when: ({ path }) => path === '/v1.0/users/delta' })
      expect(await catchError(pull), link).to.have.property('kind', 'unexpected')
    }
  })

  const kinds: readonly (readonly [string, JsonObject, readonly string[]])[] = [
    ['a guest', { userType: 'Guest', mail: 'eva@partner.test' }, ['everybody']],
    ['an account without an employee ID or type', { displayName: 'Meeting room' }, ['everybody', 'members']],
    ['an account with an employee ID', { employeeId: '77' }, ['everybody', 'members', 'employees']],
    ['an account with an employee type', { employeeType: 'Vendor' }, ['everybody', 'members', 'employees']],
    ['a guest with an employee ID', { userType: 'Guest', employeeId: '78' }, ['everybody']],
  ]

  for (const [who, values, readBy] of kinds) {
    it(`reads ${who} where people are ${readBy.join(', ')}`, async () => {
      fake.account.users.set('900', { userPrincipalName: 'somebody@example.test', ...values })
      for (const people of ['everybody', 'members', 'employees']) {
        const ids = listUsers(await pull({}, undefined, { people })).map(({ id }) => id)
        expect(ids.includes('900'), people).to.equal(readBy.includes(people))
        expect(ids).to.include(fake.company.named.leaver.id)
      }
      expect(listUsers(await pull()).some(({ id }) => id === '900')).to.equal(readBy.includes('members'))
    })
  }

  it('calls a guest by their address, for their name here is made up', async () => {
    const userPrincipalName = 'eva_partner.test#EXT#@example.onmicrosoft.com'
    fake.account.users.set('900', { userPrincipalName, userType: 'Guest', mail: 'eva@partner.test' })
    fake.account.users.set('901', { userPrincipalName: userPrincipalName.replace('eva', 'udo'), userType: 'Guest' })
    fake.account.users.set('902', { userPrincipalName: 'here@example.test', userType: 'Guest', mail: 'x@partner.test' })
    const users = new Map(
      listUsers(await pull({}, undefined, { people: 'everybody' })).map((user) => [user.id, user.fields]),
    )
    expect(users.get('900')).to.include({ signInName: 'eva@partner.test', userPrincipalName })
    expect(users.get('901')).to.include({ signInName: 'udo_partner.test#EXT#@example.onmicrosoft.com' })
    expect(users.get('902')).to.include({ signInName: 'here@example.test' })
  })

  it('reads in pulls of changes who changed, with the manager of whom only something else changed', async () => {
    const { manager, onLeave, leaver } = fake.company.named
    const cursor = (await pull()).at(-1)?.cursor
    fake.company.change(onLeave.id, { title: 'Director' })
    fake.company.change(leaver.id, { managerId: null, mobilePhone: null })
    fake.requests.length = 0
    const users = listUsers(await pull({}, cursor))
    expect(
      users.map(({ id, fields }) => [id, fields['jobTitle'], fields['manager'], fields['mobilePhone']]),
    ).to.deep.equal([
      [onLeave.id, 'Director', manager.id, '+49 151 5550100'],
      [leaver.id, 'Account Executive', null, null],
    ])
    const filters = listQueries('/v1.0/users').map((query) => query.get('$filter'))
    expect(filters).to.deep.equal([`id in ('${onLeave.id}')`])
  })

  it('asks for managers of at most fifteen at once, and not where nobody mapped them', async () => {
    addPeople(fake.company, 40)
    const first = await pull()
    for (const id of [...fake.company.people.keys()].slice(1)) fake.company.change(id, { title: 'Director' })
    fake.requests.length = 0
    const users = listUsers(await pull({}, first.at(-1)?.cursor))
    expect(users).to.have.length(42)
    expect(users.every(({ fields }) => fields['manager'] === fake.company.named.manager.id)).to.equal(true)
    expect(listQueries('/v1.0/users')).to.have.length(3)
    fake.requests.length = 0
    const fields = listMappedFields(entra).filter((field) => field !== 'manager')
    const some = listUsers(await pull({ fields }, first.at(-1)?.cursor))
    expect(some.filter((user) => 'manager' in user.fields)).to.deep.equal([])
    expect(listQueries('/v1.0/users')).to.deep.equal([])
  })

  it('believes the last word on one who comes several times', async () => {
    const { manager, onLeave, leaver } = fake.company.named
    fake.account.editRound = (items) => [
      { id: onLeave.id, '@removed': { reason: 'changed' } },
      ...items,
      { ...items.find(({ id }) => id === leaver.id), jobTitle: 'Later', 'manager@delta': [] },
      { id: manager.id, '@removed': { reason: 'deleted' } },
    ]
    const pages = await pull()
    const users = listUsers(pages)
    expect(users.map(({ id }) => id)).to.deep.equal([onLeave.id, leaver.id])
    expect(users[1]?.fields).to.include({ jobTitle: 'Later', manager: null })
    expect(listDeleted(pages)).to.deep.equal([manager.id])
  })

  it('keeps a manager who was named before where one comes again without', async () => {
    const { manager, leaver } = fake.company.named
    for (const pageSize of [1, 100]) {
      fake.account.editRound = (items) => {
        const { 'manager@delta': _named, ...again } = items.find(({ id }) => id === leaver.id) ?? {}
        return [...items, { ...again, jobTitle: 'Later' }]
      }
      const last = listUsers(await pull({ pageSize })).at(-1)
      expect(last?.fields).to.include({ jobTitle: 'Later', manager: manager.id })
    }
  })

  it('says who is deleted, for now or for good, and takes who is restored for somebody who is there', async () => {
    const { onLeave, leaver } = fake.company.named
    const cursor = (await pull()).at(-1)?.cursor
    const restored = fake.company.find(onLeave.id)
    fake.company.erase(onLeave.id)
    fake.company.erase(leaver.id)
    fake.account.purged.add(leaver.id)
    const pages = await pull({}, cursor)
    expect(listDeleted(pages)).to.deep.equal([onLeave.id, leaver.id])
    fake.company.people.set(onLeave.id, restored)
    const again = await pull({}, pages.at(-1)?.cursor)
    expect(listUsers(again).map(({ id }) => id)).to.deep.equal([onLeave.id])
    expect(listDeleted(again)).to.deep.equal([])
  })

  for (const expired of ['gone', 'syncStateNotFound'] as const) {
    it(`reads everything anew where Graph tells no changes of so long ago (${expired})`, async () => {
      addPeople(fake.company, 5)
      const pages = await pull({ pageSize: 2 })
      fake.account.expired = expired
      fake.expireLinks()
      for (const { cursor } of [pages[1], pages.at(-2), pages.at(-1)].map((page) => page ?? { cursor: undefined })) {
        const error = await catchError(() => pull({ pageSize: 2 }, cursor))
        expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'cursor_expired')
      }
    })
  }

  it('says unexpected of a refusal that is not of age, and settings of one that is of permission', async () => {
    const when = ({ path }: { path: string }): boolean => path === '/v1.0/users/delta'
    fake.fail({ status: 400, json: { error: { code: 'Request_BadRequest', message: 'No.' } } }, { when })
    expect(await catchError(pull)).to.have.property('kind', 'unexpected')
    const message = "Could not find a property named 'manager' on type 'microsoft.graph.user'."
    fake.fail({ status: 400, json: { error: { code: 'BadRequest', message } } }, { when })
    expect(await catchError(pull), 'nobody loses a manager for that').to.have.property('kind', 'unexpected')
    fake.account.refused.add('User.Read.All')
    expect(await catchError(pull)).to.have.property('kind', 'settings')
  })

  it('gives groups with their members, groups among these, and nobody else', async () => {
    const { manager, onLeave, leaver } = fake.company.named
    fake.account.groups.push({
      ...group('aaaa', 'Everything'),
      members: [
        { type: 'device', id: 'device-1' },
        { type: 'group', id: toGroupId('263342116') },
      ],
    })
    const groups = listGroups(await pull())
    expect(
      groups.map(({ id, fields, members }) => [id, fields['displayName'], fields['securityGroup'], members]),
    ).to.deep.equal([
      [toGroupId('2154020'), 'Berlin', false, [asMember(manager.id), asMember(onLeave.id)]],
      [toGroupId('2154021'), 'Lisbon', false, [asMember(leaver.id)]],
      [
        toGroupId('263342115'),
        'Engineering',
        true,
        [asMember(manager.id), { id: toGroupId('263342116'), type: 'group' }],
      ],
      [toGroupId('263342116'), 'Platform', true, [asMember(onLeave.id)]],
      [toGroupId('263342117'), 'Sales', true, [asMember(leaver.id)]],
      ['aaaa', 'Everything', true, [{ id: toGroupId('263342116'), type: 'group' }]],
    ])
    expect(groups[0]?.fields['description']).to.equal('Everybody in Berlin')
  })

  it('gives groups of one name names of their own, and lets the oldest keep it', async () => {
    fake.account.groups.push(
      { ...group('bbbb', 'berlin'), members: [] },
      { ...group('cccc', 'BERLIN'), createdDateTime: '2019-01-01T08:00:00Z', members: [] },
    )
    const names = listGroups(await pull()).map(({ fields }) => fields['displayName'])
    expect(names).to.include.members(['BERLIN', `Berlin (${toGroupId('2154020')})`, 'berlin (bbbb)'])
  })

  it('reads a group whose members are spread over several pages', async () => {
    addPeople(fake.company, 20)
    fake.account.membersOfItem = 3
    const ids = [...fake.company.people.keys()].toSorted()
    fake.account.groups.push({ ...group('aaaa', 'Large'), members: ids.map((id) => ({ type: 'user', id })) })
    const pages = await pull({ pageSize: 2 })
    const parts = listGroups(pages).filter(({ id }) => id === 'aaaa')
    expect(parts.length).to.be.at.least(4)
    expect(parts.flatMap(({ members }) => members?.map(({ id }) => id) ?? [])).to.have.members(ids)
    for (const { records } of pages) {
      const keys = records.map(({ type, id }) => `${type} ${id}`)
      expect(keys).to.have.length(new Set(keys).size)
    }
  })

  it('reads all members of a group once more in the next pull where somebody left it while it was read', async () => {
    const { manager, onLeave } = fake.company.named
    const id = toGroupId('2154020')
    const left = {
      id,
      'members@delta': [{ '@odata.type': '#microsoft.graph.user', id: onLeave.id, '@removed': { reason: 'deleted' } }],
    }
    fake.onRequest = ({ path, query }) => {
      if (path === '/v1.0/groups/delta' && query.has('$select'))
        fake.account.editRound = (items) => [...items, { ...left, displayName: 'Berlin' }]
    }
    const pages = await pull({ pageSize: 2 })
    fake.onRequest = () => undefined
    fake.account.lagging.set(id, [{ type: 'user', id: manager.id }])
    const next = await pull({}, pages.at(-1)?.cursor)
    expect(listGroups(next).map((one) => [one.id, one.members])).to.deep.equal([[id, [asMember(manager.id)]]])
    expect(listGroups(await pull({}, next.at(-1)?.cursor))).to.deep.equal([])
  })

  it('gives in pulls of changes all members of a group of which Graph tells who came and who went', async () => {
    addPeople(fake.company, 10)
    const cursor = (await pull()).at(-1)?.cursor
    const { leaver } = fake.company.named
    fake.company.change(leaver.id, { departmentId: '263342116' })
    fake.account.groups.push({ ...group('aaaa', 'New'), members: [{ type: 'group', id: toGroupId('263342115') }] })
    const [sales, platform] = [toGroupId('263342117'), toGroupId('263342116')]
    // What is read lags behind what is told of.
    const before = [...fake.company.people.values()].filter(({ departmentId }) => departmentId === '263342116')
    const others = before.map(({ id }) => id).filter((id) => id !== leaver.id)
    fake.account.lagging.set(
      platform,
      others.map((id) => ({ type: 'user', id })),
    )
    fake.account.lagging.set(sales, [{ type: 'user', id: leaver.id }])
    fake.account.largestPage = 3
    const parts = listGroups(await pull({}, cursor))
    const membersOf = (id: string): string[] =>
      parts.filter((part) => part.id === id).flatMap(({ members }) => members?.map((one) => one.id) ?? [])
    expect(new Set(parts.map(({ id }) => id))).to.deep.equal(new Set([platform, sales, 'aaaa']))
    expect(membersOf(platform)).to.have.members([...others, leaver.id])
    expect(membersOf(sales)).to.deep.equal([])
    expect(membersOf('aaaa')).to.deep.equal([toGroupId('263342115')])
    expect(parts.every(({ members }) => members !== undefined)).to.equal(true)
  })

  it('says nothing of the members of a group that only has a new name, and says which group is deleted', async () => {
    fake.account.groups.push({ ...group('aaaa', 'Old'), members: [] }, { ...group('bbbb', 'Brief'), members: [] })
    const cursor = (await pull()).at(-1)?.cursor
    fake.account.groups.splice(0, 2, { ...group('aaaa', 'New'), members: [] })
    fake.requests.length = 0
    const pages = await pull({}, cursor)
    expect(listGroups(pages)).to.deep.equal([
      { id: 'aaaa', type: 'group', fields: { displayName: 'New', description: null, securityGroup: true } },
    ])
    expect(listDeleted(pages)).to.deep.equal(['bbbb'])
    expect(fake.requests.filter(({ path }) => path.endsWith('/members'))).to.deep.equal([])
  })

  it('goes on among changed groups where it was interrupted, and leaves what changes meanwhile to the next pull', async () => {
    const cursor = (await pull()).at(-1)?.cursor
    const { leaver, onLeave } = fake.company.named
    fake.company.change(leaver.id, { departmentId: '263342116' })
    const pages = await pull({ pageSize: 1 }, cursor)
    const first = pages.findIndex(({ records }) => records.some(({ type }) => type === 'group'))
    expect(pages[first]?.records[0]?.id).to.equal(toGroupId('263342116'))
    fake.company.change(onLeave.id, { departmentId: '263342117' })
    const rest = await pull({ pageSize: 1 }, pages[first]?.cursor)
    expect(listGroups(rest).map(({ id }) => id)).to.deep.equal([toGroupId('263342117')])
    const next = await pull({}, rest.at(-1)?.cursor)
    expect(listGroups(next).map(({ id }) => id)).to.include.members([toGroupId('263342116'), toGroupId('263342117')])
  })

  it('begins with all groups where none were wanted before', async () => {
    const cursor = (await pull({ groups: false })).at(-1)?.cursor
    fake.company.change(fake.company.named.leaver.id, { title: 'Director' })
    const pages = await pull({}, cursor)
    expect(listUsers(pages)).to.have.length(1)
    expect(listGroups(pages)).to.have.length(5)
    expect(listGroups(await pull({}, pages.at(-1)?.cursor))).to.deep.equal([])
  })

  it('asks for another token where one ends in the middle of a pull, or is revoked', async () => {
    addPeople(fake.company, 30)
    fake.account.tokenSeconds = 120
    const deltas = (): number => listQueries('/v1.0/users/delta').length
    fake.fail({ ...slowDown, headers: { 'Retry-After': '90' } }, { when: () => deltas() === 2 })
    fake.onRequest = ({ path }) => {
      if (path === '/v1.0/users/delta' && deltas() === 4) fake.revokeTokens()
    }
    const one = open()
    const pages = await collect(one.source.pull(undefined, createScope(entra, { pageSize: 10, groups: false })))
    expect(listUsers(pages)).to.have.length(33)
    expect(one.waited()).to.be.at.least(90_000)
    expect(fake.requests.filter(({ path }) => path.startsWith('/login/'))).to.have.length(3)
  })

  it('ends a pull whose secret is revoked in the middle of it, and says what became of it', async () => {
    addPeople(fake.company, 30)
    fake.onRequest = ({ query }) => {
      if (!query.has('$skiptoken')) return
      fake.revokeTokens()
      fake.account.secret = 'expired'
    }
    const error = await catchError(() => pull({ pageSize: 10 }))
    expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'settings')
    expect(error?.message).to.include('AADSTS7000222').and.include('expired')
  })

  it('says what is wrong with a sign-in that Entra ID refuses, in words of its own', async () => {
    const cases: readonly (readonly [JsonObject, string])[] = [
      [{ clientSecret: 'wRoNg' }, 'AADSTS7000215'],
      [{ clientId: 'nobody' }, 'AADSTS700016'],
      [{ tenantId: 'elsewhere.example.test' }, 'AADSTS90002'],
      [{ cloud: 'china' }, 'AADSTS70011'],
    ]
    for (const [settings, code] of cases) {
      const [check] = await open({ settings: { ...fake.settings, ...settings } }).source.check()
      expect(check?.detail).to.include(code)
      expect(check?.detail).to.not.include('wRoNg')
    }
  })

  it('goes to the cloud that the directory is in', async () => {
    const urls: string[] = []
    const context: ProviderContext = {
      now: () => new Date(),
      signal: new AbortController().signal,
      resolve: (host) => Promise.resolve(host),
      attempt: (work) => work(),
      fetch: ({ url, form }) => {
        urls.push(`${url} ${form?.['scope'] ?? ''}`)
        return Promise.reject(new ProviderError('settings', 'Nothing is sent.'))
      },
    }
    for (const cloud of ['global', 'us_government', 'us_government_dod', 'china'] as const) {
      await entra.open({ tenantId: 'acme.test', clientId: 'app', clientSecret: 'secret', cloud }, context).check()
    }
    expect(urls).to.deep.equal([
      'https://login.microsoftonline.com/acme.test/oauth2/v2.0/token https://graph.microsoft.com/.default',
      'https://login.microsoftonline.us/acme.test/oauth2/v2.0/token https://graph.microsoft.us/.default',
      'https://login.microsoftonline.us/acme.test/oauth2/v2.0/token https://dod-graph.microsoft.us/.default',
      'https://login.partner.microsoftonline.cn/acme.test/oauth2/v2.0/token https://microsoftgraph.chinacloudapi.cn/.default',
    ])
  })
})

describe('conditional access policies of Microsoft Entra ID', () => {
  let fake: EntraFake
  let opened: Opened

  beforeEach(async () => {
    fake = await startEntraFake()
    opened = openSource(entra, fake.settings, { rateLimit: { requests: 100_000, perMs: 1 } })
  })

  afterEach(async () => {
    await opened.close()
    await fake.close()
  })

  async function list(userId: string): Promise<AccessPolicy[]> {
    return (await opened.source.listAccessPolicies?.(userId)) ?? []
  }

  /** A policy for some users, and what else it says. */
  function add(displayName: string, users: JsonObject, values: JsonObject = {}): void {
    fake.account.policies.push({
      id: `policy-${fake.account.policies.length + 1}`,
      displayName,
      createdDateTime: null,
      modifiedDateTime: null,
      state: 'enabled',
      sessionControls: null,
      conditions: {
        clientAppTypes: ['all'],
        applications: { includeApplications: ['All'], excludeApplications: [], includeUserActions: [] },
        users: {
          includeUsers: [],
          excludeUsers: [],
          includeGroups: [],
          excludeGroups: [],
          includeRoles: [],
          excludeRoles: [],
          includeGuestsOrExternalUsers: null,
          excludeGuestsOrExternalUsers: null,
          ...users,
        },
      },
      grantControls: { operator: 'OR', builtInControls: ['mfa'], customAuthenticationFactors: [], termsOfUse: [] },
      ...values,
    })
  }

  const administrator = {
    id: 'role-1',
    displayName: 'User Administrator',
    roleTemplateId: 'fe930be7-5e62-47db-91af-98c3a49a38b1',
  }

  it('name a user by themselves, by a group that they are in through another, by a role, or by everybody', async () => {
    const { onLeave } = fake.company.named
    const [engineering, platform, sales] = ['263342115', '263342116', '263342117'].map(toGroupId)
    fake.account.roles.set(onLeave.id, [administrator])
    add('A everybody', { includeUsers: ['All'] })
    add('B the user', { includeUsers: ['somebody', onLeave.id] })
    add('C groups', { includeGroups: [engineering ?? '', platform ?? '', sales ?? ''] })
    add('D a role', { includeRoles: [administrator.roleTemplateId, 'another'] })
    add('E nobody', { includeUsers: ['None'] })
    add('F others', { includeUsers: ['somebody'], includeGroups: [sales ?? ''], includeRoles: ['another'] })
    const found = await list(onLeave.id)
    expect(found.map(({ name, includedBy, applies }) => [name, includedBy, applies])).to.deep.equal([
      ['A everybody', [{ type: 'all' }], true],
      ['B the user', [{ type: 'user' }], true],
      [
        'C groups',
        [
          { type: 'group', id: engineering, name: 'Engineering' },
          { type: 'group', id: platform, name: 'Platform' },
        ],
        true,
      ],
      ['D a role', [{ type: 'role', id: administrator.roleTemplateId, name: 'User Administrator' }], true],
    ])
  })

  const exceptions: readonly (readonly [string, JsonObject, AccessPolicy['excludedBy']])[] = [
    ['the user', { excludeUsers: ['102'] }, [{ type: 'user' }]],
    [
      'a group that they are in through another',
      { excludeGroups: [toGroupId('263342115')] },
      [{ type: 'group', id: toGroupId('263342115'), name: 'Engineering' }],
    ],
    [
      'a role',
      { excludeRoles: [administrator.roleTemplateId] },
      [{ type: 'role', id: administrator.roleTemplateId, name: 'User Administrator' }],
    ],
  ]

  for (const [what, users, excludedBy] of exceptions) {
    it(`do not apply where they make an exception of ${what}, and are shown with it`, async () => {
      fake.account.roles.set('102', [administrator])
      add('Everybody', { includeUsers: ['All', '102'], ...users })
      const [policy] = await list('102')
      expect(policy).to.deep.include({ applies: false, excludedBy })
      expect((await list('103'))[0]).to.deep.include({ applies: true, excludedBy: [] })
    })
  }

  const external = { userPrincipalName: 'eva_partner.test#EXT#@example.onmicrosoft.com' }
  const guests: readonly (readonly [string, JsonObject, string | undefined])[] = [
    ['a guest from elsewhere', { ...external, userType: 'Guest' }, 'b2bCollaborationGuest'],
    ['a member from elsewhere', { ...external, userType: 'Member' }, 'b2bCollaborationMember'],
    ['a guest from here', { userPrincipalName: 'eva@example.test', userType: 'guest' }, 'internalGuest'],
    ['a member from here', { userPrincipalName: 'eva@example.test', userType: 'Member' }, undefined],
  ]

  for (const [who, user, kind] of guests) {
    it(`take ${who} for ${kind ?? 'no guest'}`, async () => {
      fake.account.users.set('900', user)
      add('Old way', { includeUsers: ['GuestsOrExternalUsers'] })
      const everywhere = {
        '@odata.type': '#microsoft.graph.conditionalAccessAllExternalTenants',
        membershipKind: 'all',
      }
      const somewhere = { membershipKind: 'enumerated', members: ['a-tenant'] }
      for (const one of ['internalGuest', 'b2bCollaborationGuest', 'b2bCollaborationMember', 'serviceProvider']) {
        const guestOrExternalUserTypes = `b2bDirectConnectUser,${one}`
        add(one, { includeGuestsOrExternalUsers: { guestOrExternalUserTypes, externalTenants: everywhere } })
        if (one === 'internalGuest') continue
        add(`${one} of some`, {
          includeGuestsOrExternalUsers: { guestOrExternalUserTypes, externalTenants: somewhere },
        })
      }
      const found = await list('900')
      expect(found.map(({ name }) => name)).to.have.members(kind === undefined ? [] : ['Old way', kind])
      for (const { includedBy } of found) expect(includedBy).to.deep.equal([{ type: 'guests' }])
    })
  }

  it('say whether they are on, only logged, or off, and what they ask for', async () => {
    add(
      'On',
      { includeUsers: ['All'] },
      { grantControls: { operator: 'AND', builtInControls: ['mfa', 'compliantDevice'], termsOfUse: ['terms-1'] } },
    )
    add(
      'Logged',
      { includeUsers: ['All'] },
      { state: 'enabledForReportingButNotEnforced', grantControls: { operator: 'OR', builtInControls: ['block'] } },
    )
    add('Off', { includeUsers: ['All'] }, { state: 'disabled', grantControls: null })
    add(
      'Strong',
      { includeUsers: ['All'] },
      {
        grantControls: {
          operator: 'OR',
          builtInControls: [],
          authenticationStrength: { id: 'x', displayName: 'Phishing-resistant MFA' },
        },
      },
    )
    const found = await list('101')
    expect(
      found.map(({ name, state, controls, controlsOperator }) => [name, state, controls, controlsOperator]),
    ).to.deep.equal([
      ['Logged', 'report_only', ['block'], 'any'],
      ['Off', 'disabled', [], 'any'],
      ['On', 'enabled', ['mfa', 'compliantDevice', 'termsOfUse: terms-1'], 'all'],
      ['Strong', 'enabled', ['authenticationStrength: Phishing-resistant MFA'], 'any'],
    ])
  })

  it('are read from all pages, as are the groups of a user', async () => {
    fake.account.largestPage = 1
    add('B', { includeGroups: [toGroupId('263342115')] })
    add('A', { includeUsers: ['All'] })
    expect((await list('102')).map(({ name }) => name)).to.deep.equal(['A', 'B'])
  })

  it('are not guessed where roles, policies or users may not be read, or there is no such user', async () => {
    add('Everybody', { includeUsers: ['All'] })
    fake.account.roles.set('102', [administrator])
    fake.account.refused.add('RoleManagement.Read.Directory')
    const error = await catchError(() => list('102'))
    expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'settings')
    expect(error?.message).to.include('RoleManagement.Read.Directory')
    expect(await list('103')).to.have.length(1)
    fake.account.refused.add('Policy.Read.All')
    expect(await catchError(() => list('103'))).to.have.property('kind', 'settings')
    fake.account.refused.clear()
    expect((await catchError(() => list('nobody')))?.message).to.include('nobody')
  })
})

function asMember(id: string): { id: string; type: 'user' } {
  return { id, type: 'user' }
}

function group(id: string, displayName: string) {
  return { id, displayName, createdDateTime: '2023-01-01T08:00:00Z', securityEnabled: true, groupTypes: [] }
}

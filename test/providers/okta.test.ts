import { generateKeyPairSync } from 'node:crypto'
import { expect } from 'chai'
import { okta } from '../../providers/okta/index.ts'
import {
  type Json,
  type JsonObject,
  type Page,
  type ProviderContext,
  ProviderError,
  rollcall,
  type Scope,
  type SourceRecord,
} from '../../providers/provider.ts'
import { readText } from '../../providers/json.ts'
import { addPeople } from './company.ts'
import { catchError, describeConformance, listUsers, type Subject } from './conformance.ts'
import { domain, type OktaFake, readStatus, slowDown, startOktaFake } from './okta-fake.ts'
import { collect, createScope, openSource, type Opened, type OpenOptions } from './source.ts'

async function start(): Promise<Subject & { readonly fake: OktaFake }> {
  const fake = await startOktaFake()
  const { company, account, settings } = fake
  return {
    fake,
    company,
    settings,
    wrongSettings: { ...settings, apiToken: '00wRoNg-token-that-nobody-knows' },
    permissions: {
      Users: { takeAway: () => account.refused.add('/api/v1/users') },
      Groups: { takeAway: () => account.refused.add('/api/v1/groups') },
      'System Log': { takeAway: () => account.refused.add('/api/v1/logs') },
    },
    slowDown: [slowDown(new Date('2026-11-20T09:00:30Z')), slowDown(new Date('2026-11-20T09:00:30Z'), 0)],
    hide: (field) => account.hidden.add(field),
    expectFields: (id) => {
      const person = company.find(id)
      return {
        login: person.email?.toLowerCase() ?? null,
        email: person.email,
        firstName: person.firstName,
        lastName: person.lastName,
        title: person.title,
        department: company.departments.get(person.departmentId)?.name ?? null,
        employeeNumber: person.number,
        // Okta leaves out what nobody has said.
        ...(person.managerId !== null && { managerReference: person.managerId }),
        status: readStatus(person, account),
      }
    },
  }
}

describeConformance(okta, start)

describe('with a private key', () => {
  describeConformance(okta, async () => {
    const subject = await start()
    const { account, applicationSettings } = subject.fake
    return {
      ...subject,
      settings: applicationSettings,
      wrongSettings: { ...applicationSettings, clientId: '0oaWrongApplication0x7' },
      permissions: {
        Users: { takeAway: () => account.scopes.delete('okta.users.read') },
        Groups: { takeAway: () => account.scopes.delete('okta.groups.read') },
        'System Log': { takeAway: () => account.scopes.delete('okta.logs.read') },
      },
    }
  })
})

describe('Okta', () => {
  let fake: OktaFake
  let opened: Opened[] = []

  beforeEach(async () => {
    fake = await startOktaFake()
  })

  afterEach(async () => {
    await Promise.all(opened.map((one) => one.close()))
    opened = []
    await fake.close()
  })

  function open(options: OpenOptions & { settings?: JsonObject } = {}): Opened {
    const defaults = { rateLimit: { requests: 100_000, perMs: 1 }, now: fake.company.now }
    const one = openSource(okta, options.settings ?? fake.settings, { ...defaults, ...options })
    opened.push(one)
    return one
  }

  async function pull(scope: Partial<Scope> = {}, cursor?: Page['cursor']): Promise<Page[]> {
    return await collect(open().source.pull(cursor, createScope(okta, scope)))
  }

  function pullByKey(settings: JsonObject = fake.applicationSettings): Promise<Page[]> {
    return collect(open({ settings }).source.pull(undefined, createScope(okta)))
  }

  async function readUser(id: string, fields?: readonly string[]): Promise<SourceRecord> {
    const user = listUsers(await pull(fields === undefined ? {} : { fields })).find((one) => one.id === id)
    if (user === undefined) throw new Error(`${id} did not come`)
    return user
  }

  function letAnHourPass(): void {
    fake.company.now = new Date(fake.company.now.getTime() + 60 * 60_000)
  }

  function listPaths(): string[] {
    return fake.requests.map(({ path }) => path)
  }

  it('says what Okta says of the three people of the company', async () => {
    const { manager, onLeave, leaver } = fake.company.named
    expect((await readUser(onLeave.id)).fields).to.deep.equal({
      login: 'ada.berg@example.test',
      email: 'Ada.Berg@example.test',
      secondEmail: 'adelheid.berg@home.example.test',
      firstName: 'Adelheid',
      middleName: 'Maria',
      lastName: 'Berg',
      honorificPrefix: 'Dr.',
      honorificSuffix: 'MSc',
      displayName: 'Ada Berg',
      nickName: 'Ada',
      profileUrl: 'https://people.example.test/102',
      title: 'Senior Engineer',
      userType: 'Employee',
      preferredLanguage: 'de-DE',
      locale: 'de_DE',
      timezone: 'Europe/Berlin',
      primaryPhone: '+49 30 5550100',
      mobilePhone: '+49 151 5550100',
      streetAddress: 'Hauptstraße 1',
      city: 'Berlin',
      state: 'BE',
      zipCode: '10115',
      countryCode: 'DE',
      status: 'ACTIVE',
      employeeNumber: '1001',
      costCenter: '4711',
      organization: 'Example GmbH',
      division: 'EMEA',
      department: 'Platform',
      managerReference: manager.id,
      managerLogin: null,
    })
    expect((await readUser(leaver.id)).fields)
      .to.include({ status: 'ACTIVE' })
      .and.not.have.property('secondEmail')
    expect((await readUser(manager.id)).fields).to.not.have.any.keys('managerReference', 'managerLogin')
  })

  it('asks with a filter, without which Okta leaves out who is deprovisioned', async () => {
    const { id } = fake.company.change(fake.company.named.leaver.id, { status: 'terminated' })
    expect((await readUser(id)).fields).to.include({ status: 'DEPROVISIONED' })
    const [first] = fake.requests
    expect(first?.query.get('filter')).to.equal('lastUpdated ge "1970-01-01T00:00:00.000Z"')
    expect(first?.query.get('limit')).to.equal('200')
    expect(first?.headers['content-type']).to.include('okta-response=omitCredentials')
  })

  const statuses: readonly (readonly [string, boolean, string])[] = [
    ['STAGED', false, 'pending'],
    ['PROVISIONED', true, 'active'],
    ['ACTIVE', true, 'active'],
    ['RECOVERY', true, 'active'],
    ['PASSWORD_EXPIRED', true, 'active'],
    ['LOCKED_OUT', true, 'active'],
    ['SUSPENDED', false, 'suspended'],
    ['DEPROVISIONED', false, 'terminated'],
  ]

  for (const [status, isActive, employment] of statuses) {
    it(`takes the status ${status} for ${employment}, ${isActive ? 'with' : 'without'} access`, async () => {
      const { id } = fake.company.named.leaver
      fake.account.statuses.set(id, status)
      const { fields } = await readUser(id)
      const word = readText(fields['status'])?.toLowerCase() ?? ''
      const [access, lifecycle] = [okta.mapping['active'], okta.mapping[`${rollcall}:employmentStatus`]]
      expect(readTable(access)[word]).to.equal(isActive)
      expect(readTable(lifecycle)[word]).to.equal(employment)
    })
  }

  it('takes what stands for a manager for an id or a number, or for a login', async () => {
    const { id } = fake.company.named.leaver
    const managers: readonly (readonly [string, JsonObject])[] = [
      ['00u118oQYT4TBManag0g4', { managerReference: '00u118oQYT4TBManag0g4', managerLogin: null }],
      ['1000', { managerReference: '1000', managerLogin: null }],
      ['mo.lindqvist@example.test', { managerReference: null, managerLogin: 'mo.lindqvist@example.test' }],
      ['', { managerReference: null, managerLogin: null }],
    ]
    for (const [managerId, expected] of managers) {
      fake.account.attributes.set(id, { managerId })
      expect((await readUser(id)).fields, managerId).to.include(expected)
    }
  })

  it('reads attributes of the company’s own, and by `profile.` those that are called as what stands beside the profile', async () => {
    const { id } = fake.company.named.leaver
    fake.account.attributes.set(id, { startDate: '2024-03-01', status: 'Tenured', badges: ['a', 'b'] })
    const { fields } = await readUser(id, ['startDate', 'profile.status', 'badges', 'created'])
    expect(fields).to.deep.equal({
      startDate: '2024-03-01',
      'profile.status': 'Tenured',
      badges: ['a', 'b'],
      created: '2024-03-01T08:00:00.000Z',
      login: 'ines.moreau@example.test',
      status: 'ACTIVE',
    })
  })

  it('goes from page to page as Okta says, and never to the host that stands there', async () => {
    addPeople(fake.company, 450)
    const pages = await pull({ groups: false })
    expect(listUsers(pages)).to.have.length(453)
    const lists = fake.requests.filter(({ path }) => path === '/api/v1/users')
    expect(lists.map(({ query }) => query.has('after'))).to.deep.equal([false, true, true])
  })

  it('refuses a list that leads to itself or to nowhere', async () => {
    const link = `<https://${domain}/api/v1/users?limit=200&filter=lastUpdated+ge+%221970-01-01T00%3A00%3A00.000Z%22>; rel="next"`
    for (const Link of [link, '<https://elsewhere.example.test/>; rel="next"']) {
      fake.fail({ status: 200, json: [], headers: { Link } }, { times: 2 })
      expect(await catchError(pull))
        .to.be.an.instanceOf(ProviderError)
        .with.property('kind', 'unexpected')
      await fake.close()
      fake = await startOktaFake()
    }
  })

  it('reads everything anew where Okta does not know any more where a pull was interrupted', async () => {
    addPeople(fake.company, 250)
    const pages = await pull()
    fake.fail({ status: 400, json: { errorCode: 'E0000001' } }, { when: ({ query }) => query.has('after') })
    expect(await catchError(() => pull({}, pages[0]?.cursor))).to.have.property('kind', 'cursor_expired')
    fake.fail({ status: 400, json: { errorCode: 'E0000001' } })
    expect(await catchError(pull)).to.have.property('kind', 'unexpected')
  })

  it('begins a pull of changes ten minutes before the last one began, by Okta’s clock', async () => {
    fake.company.now = new Date('2026-11-20T10:00:00Z')
    const first = await collect(
      open({ now: new Date('2026-11-20T10:07:00Z') }).source.pull(undefined, createScope(okta)),
    )
    letAnHourPass()
    fake.requests.length = 0
    const changed = await pull({}, first.at(-1)?.cursor)
    const [users] = fake.requests
    expect(users?.query.get('filter')).to.equal('lastUpdated ge "2026-11-20T09:50:00.000Z"')
    const logs = fake.requests.find(({ path }) => path === '/api/v1/logs')
    expect(logs?.query.get('since')).to.equal('2026-11-20T09:50:00.000Z')
    expect(logs?.query.get('until')).to.equal('2026-11-20T11:00:00.000Z')
    expect(changed.at(-1)?.cursor).to.deep.equal({ stage: 'end', at: '2026-11-20T11:00:00.000Z' })
  })

  it('asks the log for deletions only in pulls of changes, and goes on where it may not', async () => {
    const cursor = (await pull()).at(-1)?.cursor
    expect(listPaths()).to.not.include('/api/v1/logs')
    fake.company.erase(fake.company.named.leaver.id)
    fake.account.refused.add('/api/v1/logs')
    const pages = await pull({}, cursor)
    expect(pages.flatMap(({ deletedIds }) => deletedIds ?? [])).to.deep.equal([])
    expect(pages.at(-1)?.cursor).to.have.property('stage', 'end')
    fake.account.refused.clear()
    const seen = await pull({}, cursor)
    expect(seen.flatMap(({ deletedIds }) => deletedIds ?? [])).to.deep.equal([fake.company.named.leaver.id])
  })

  it('does not take for deleted who is still there, whatever the log says', async () => {
    const cursor = (await pull()).at(-1)?.cursor
    fake.account.undeleted.add(fake.company.named.onLeave.id).add('00g263342117')
    fake.account.deletedGroups.push(
      { id: '00gGone', at: fake.company.now },
      { id: '00g263342117', at: fake.company.now },
    )
    fake.company.erase(fake.company.named.leaver.id)
    const deleted = (await pull({}, cursor)).flatMap(({ deletedIds }) => deletedIds ?? [])
    expect(deleted).to.have.members([fake.company.named.leaver.id, '00gGone'])
  })

  function listGroups(pages: readonly Page[]): unknown[] {
    return pages.flatMap(({ records }) => records.filter(({ type }) => type === 'group')).map(describeGroup)
  }

  it('gives groups with who is in them, without the one that everybody is in', async () => {
    const { manager, onLeave, leaver } = fake.company.named
    expect(listGroups(await pull())).to.deep.equal([
      ['00g2154020', 'Berlin', null, [manager.id, onLeave.id]],
      ['00g2154021', 'Lisbon', null, [leaver.id]],
      ['00g263342115', 'Engineering', 'Everybody in Engineering', [manager.id]],
      ['00g263342116', 'Platform', 'Everybody in Platform', [onLeave.id]],
      ['00g263342117', 'Sales', 'Everybody in Sales', [leaver.id]],
    ])
  })

  const times = { created: '2023-01-01T08:00:00.000Z', updated: '2023-01-01T08:00:00.000Z' }

  it('gives groups of one name names of their own, and lets the oldest keep it', async () => {
    fake.account.groups.push(
      { id: '00gA', name: 'berlin', type: 'APP_GROUP', ...times, members: [] },
      { id: '00gB', name: 'BERLIN', type: 'APP_GROUP', ...times, created: '2019-01-01T08:00:00.000Z', members: [] },
    )
    const names = (await pull()).flatMap(({ records }) => records.map(({ fields }) => fields['displayName']))
    expect(names).to.include.members(['BERLIN', 'Berlin (00g2154020)', 'berlin (00gA)'])
  })

  it('gives the members of a large group in parts, on pages of their own, and goes on within it', async () => {
    addPeople(fake.company, 20)
    fake.account.largestPage = 5
    const ids = [...fake.company.people.keys()].toSorted()
    fake.account.groups.push({ id: '00g1', name: 'Large', type: 'OKTA_GROUP', ...times, members: ids })
    const pages = await pull()
    const parts = pages.flatMap(({ records }) => records.filter(({ id }) => id === '00g1'))
    expect(parts.map(({ members }) => members?.length)).to.deep.equal([5, 5, 5, 5, 3])
    expect(parts.flatMap(({ members }) => members?.map(({ id }) => id) ?? [])).to.deep.equal(ids)
    for (const { records } of pages) {
      const keys = records.map(({ type, id }) => `${type} ${id}`)
      expect(keys).to.have.length(new Set(keys).size)
    }
    const second = pages.findIndex(({ records }) => records.some((record) => record === parts[1]))
    const rest = await pull({}, pages[second]?.cursor)
    expect(rest.flatMap(({ records }) => records)).to.deep.equal(
      pages.slice(second + 1).flatMap(({ records }) => records),
    )
  })

  it('leaves out a group that is deleted before its members are read', async () => {
    fake.account.groups.push({ id: '00g1', name: 'Brief', type: 'OKTA_GROUP', ...times, members: [] })
    fake.onRequest = ({ path }) => {
      if (path === '/api/v1/groups/00g1/users') fake.account.groups.length = 0
    }
    const ids = (await pull()).flatMap(({ records }) => records.map(({ id }) => id))
    expect(ids).to.include('00g2154020')
    expect(ids).to.not.include('00g1')
  })

  it('reads in pulls of changes the members of those groups only whose members changed', async () => {
    letAnHourPass()
    fake.account.groups.push({ id: '00g1', name: 'Old', type: 'OKTA_GROUP', ...times, members: [] })
    const cursor = (await pull()).at(-1)?.cursor
    letAnHourPass()
    fake.account.groups[0] = {
      ...times,
      id: '00g1',
      name: 'New',
      type: 'OKTA_GROUP',
      updated: '2026-11-20T11:00:00.000Z',
      members: [],
    }
    fake.company.change(fake.company.named.leaver.id, { departmentId: '263342116' })
    fake.requests.length = 0
    expect(listGroups(await pull({}, cursor))).to.deep.equal([
      ['00g1', 'New', null, undefined],
      [
        '00g263342116',
        'Platform',
        'Everybody in Platform',
        [fake.company.named.onLeave.id, fake.company.named.leaver.id],
      ],
      ['00g263342117', 'Sales', 'Everybody in Sales', []],
    ])
    expect(listPaths().filter((path) => path.endsWith('/users') && path.includes('groups'))).to.deep.equal([
      '/api/v1/groups/00g263342116/users',
      '/api/v1/groups/00g263342117/users',
    ])
  })

  it('ends a pull with the one to whom the API token belongs, or with the token itself', async () => {
    addPeople(fake.company, 250)
    fake.onRequest = ({ query }) => {
      if (query.has('after')) fake.account.apiToken = 'revoked'
    }
    const error = await catchError(pull)
    expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'settings')
  })

  it('asks for tokens with an assertion that the key signs, one for each scope, and keeps them', async () => {
    await pullByKey()
    const asked = fake.requests
      .filter(({ path }) => path === '/oauth2/v1/token')
      .map(({ body }) => new URLSearchParams(body))
    expect(asked.map((form) => form.get('scope'))).to.deep.equal(['okta.users.read', 'okta.groups.read'])
    const parts = (asked[0]?.get('client_assertion') ?? '').split('.').slice(0, 2)
    const [header, payload] = parts.map((part) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Json)
    expect(header).to.deep.equal({ alg: 'RS256' })
    const seconds = fake.company.now.getTime() / 1000
    const { clientId } = fake.applicationSettings
    const claims = { iss: clientId, sub: clientId, aud: `https://${domain}/oauth2/v1/token` }
    expect(payload).to.deep.equal({ ...claims, iat: seconds, exp: seconds + 300 })
  })

  it('signs with keys of every kind that Okta takes, as PEM or as JWK', async () => {
    const pairs = [
      generateKeyPairSync('rsa', { modulusLength: 2048 }),
      ...['P-256', 'P-384', 'P-521'].map((namedCurve) => generateKeyPairSync('ec', { namedCurve })),
    ]
    for (const { publicKey, privateKey } of pairs) {
      const written = [
        privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        privateKey.export({ type: 'pkcs8', format: 'pem' }).toString().replaceAll('\n', ' '),
        privateKey.export({ type: 'pkcs8', format: 'pem' }).toString().replaceAll('\n', '\\n'),
        JSON.stringify({ ...privateKey.export({ format: 'jwk' }), kid: 'key-1' }),
      ]
      fake.account.publicKey = publicKey
      for (const key of written) {
        const settings = { ...fake.applicationSettings, privateKey: key }
        expect(listUsers(await pullByKey(settings)), key.slice(0, 30)).to.have.length(3)
      }
    }
  })

  it('says which key it is where the application has several', async () => {
    fake.account.keyId = 'key-2'
    const error = await catchError(() => pullByKey())
    expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'settings')
    expect(listUsers(await pullByKey({ ...fake.applicationSettings, keyId: 'key-2' }))).to.have.length(3)
  })

  it('refuses a key that nobody can read, without showing it', async () => {
    const { privateKey: other } = generateKeyPairSync('ed25519')
    const jwk = JSON.stringify(other.export({ format: 'jwk' }))
    for (const privateKey of ['sEcReT-no-key', '{"kty":"RSA","d":"sEcReT"}', '[]', jwk]) {
      const error = await catchError(() => pullByKey({ ...fake.applicationSettings, privateKey }))
      expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'settings')
      expect(error?.message).to.include('private key').and.not.include('sEcReT')
    }
    expect(fake.requests).to.deep.equal([])
  })

  it('says what is wrong with an application that Okta refuses', async () => {
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const wrong = other.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const refused = await catchError(() => pullByKey({ ...fake.applicationSettings, privateKey: wrong }))
    expect(refused?.message).to.include('invalid_client').and.include('public key')
    fake.account.application = 'inactive'
    expect(await catchError(() => pullByKey())).to.have.property('kind', 'settings')
    fake.account.application = 'active'
    fake.account.requiresDpop = true
    expect((await catchError(() => pullByKey()))?.message).to.include('DPoP')
  })

  it('says which scope the application is not granted', async () => {
    fake.account.scopes.delete('okta.groups.read')
    const error = await catchError(() => pullByKey())
    expect(error).to.be.an.instanceOf(ProviderError).with.property('kind', 'settings')
    expect(error?.message).to.include('okta.groups.read')
  })

  it('asks for another token where one ends in the middle of a pull, or is revoked', async () => {
    addPeople(fake.company, 450)
    fake.account.tokenSeconds = 120
    const lists = (): number => fake.requests.filter(({ path }) => path === '/api/v1/users').length
    const tokens = (): number => fake.requests.filter(({ path }) => path === '/oauth2/v1/token').length
    // Waits so long that what is left of the token is not enough.
    fake.fail(slowDown(new Date(fake.company.now.getTime() + 90_000)), { when: () => lists() === 2 })
    fake.onRequest = ({ path }) => {
      if (path === '/api/v1/users' && lists() === 3) fake.company.now = new Date(fake.company.now.getTime() + 90_000)
      if (path === '/api/v1/users' && lists() === 4) fake.revokeTokens()
    }
    const one = open({ settings: fake.applicationSettings })
    const pages = await collect(one.source.pull(undefined, createScope(okta, { groups: false })))
    expect(listUsers(pages)).to.have.length(453)
    expect(one.waited()).to.be.at.least(90_000)
    expect(tokens()).to.equal(3)
  })

  it('ends a pull whose application is deactivated in the middle of it', async () => {
    addPeople(fake.company, 450)
    fake.onRequest = ({ query }) => {
      if (!query.has('after')) return
      fake.revokeTokens()
      fake.account.application = 'inactive'
    }
    expect(await catchError(() => pullByKey())).to.have.property('kind', 'settings')
  })

  it('has nothing to sign in with without a token and a key', async () => {
    for (const settings of [{ domain }, { domain, clientId: '0oa1' }, { domain, privateKey: 'key' }]) {
      const { baseUrl } = fake.settings
      const checks = await open({ settings: { ...settings, baseUrl } }).source.check()
      expect(checks.map(({ name, ok }) => ({ name, ok }))).to.deep.equal([{ name: 'sign_in', ok: false }])
      expect(checks[0]?.detail).to.include('API token')
    }
    expect(fake.requests).to.deep.equal([])
  })

  it('goes to the domain, also where that is the address of the admin console', async () => {
    const urls: string[] = []
    const context: ProviderContext = {
      now: () => new Date(),
      signal: new AbortController().signal,
      resolve: (host) => Promise.resolve(host),
      attempt: (work) => work(),
      fetch: ({ url }) => {
        urls.push(new URL(url).origin)
        return Promise.reject(new ProviderError('settings', 'Nothing is sent.'))
      },
    }
    for (const name of ['acme.okta.com', 'acme-admin.okta.com', 'Acme-admin.oktapreview.com', 'login-admin.acme.com']) {
      await okta.open({ domain: name, apiToken: 'token' }, context).check()
    }
    expect(urls).to.deep.equal([
      'https://acme.okta.com',
      'https://acme.okta.com',
      'https://acme.oktapreview.com',
      'https://login-admin.acme.com',
    ])
    const pattern = new RegExp(okta.settings.properties['domain']?.pattern ?? '', 'v')
    for (const good of ['acme.okta.com', 'id.acme.co.uk']) expect(good).to.match(pattern)
    for (const bad of [
      'acme',
      'https://acme.okta.com',
      'acme.okta.com/',
      'a@b.com',
      'acme.okta.com:8443',
      'a..b',
      '.a.b',
      'a b.c',
    ]) {
      expect(bad).to.not.match(pattern)
    }
  })

  it('says in the check that there is no Okta where there is none', async () => {
    fake.fail({ status: 404, body: '' }, { times: 10 })
    expect(await open().source.check()).to.deep.equal([
      { name: 'sign_in', ok: false, detail: 'Okta has nothing there. Check the domain.' },
    ])
    expect(await catchError(pull)).to.have.property('kind', 'settings')
  })
})

function readTable(rule: unknown): JsonObject {
  return (rule as { table: JsonObject }).table
}

function describeGroup({ id, fields, members }: SourceRecord): unknown[] {
  return [id, fields['displayName'], fields['description'], members?.map((member) => member.id)]
}

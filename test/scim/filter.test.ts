import { expect } from 'chai'
import { addCustomAttribute } from '../../server/directory/custom-attributes.ts'
import { clock, createTenant, type Tenant } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'
import { type Body, enterpriseSchema, rollcallSchema, type ScimClient, userSchema } from '../support/scim-client.ts'

const customSchema = 'urn:ietf:params:scim:schemas:extension:custom:2.0:User'
const department = `${enterpriseSchema}:department`
const leave = `${rollcallSchema}:leaveBalances`

describe('filters over HTTP', () => {
  let tenant: Tenant
  let scim: ScimClient
  let people: Record<string, Body>
  let ids: Record<string, string>

  // anna has everything, ben little, cleo what is alike and yet different, dora nothing but her name.
  before(async () => {
    tenant = await createTenant()
    scim = tenant.scim
    for (const definition of [
      { name: 'count', type: 'integer' },
      { name: 'code', type: 'string', caseExact: true },
      { name: 'tags', type: 'string', multiValued: true },
    ]) {
      await addCustomAttribute(testDatabase(), tenant.organizationId, { resourceType: 'User', definition }, clock.now())
    }
    clock.advance(1001)
    const ben = await scim.createUser('Ben', {
      externalId: 'b-1',
      active: false,
      title: 'Lead',
      name: { familyName: 'Q"uo\\te' },
      emails: [{ value: 'ben@quill.example', type: 'home' }],
      [rollcallSchema]: { leaveBalances: [{ type: 'sick', value: 9 }] },
      [customSchema]: { count: 9, code: 'abc' },
    })
    const anna = await scim.createUser('anna@larkspur.example', {
      externalId: 'A',
      displayName: 'Ánna ΟΔΟΣ',
      title: 'Engineer',
      profileUrl: 'https://a.example/Anna',
      name: { givenName: 'Anna', familyName: "O'Malley" },
      emails: [
        { value: 'anna@larkspur.example', type: 'work', primary: true },
        { value: 'anna@quill.example', type: 'home' },
      ],
      photos: [{ value: 'https://cdn.example/a.png' }],
      x509Certificates: [{ value: 'AQID' }],
      roles: [{ value: 'admin' }],
      ims: [{ value: 'anna', type: 'xmpp' }],
      [enterpriseSchema]: { department: 'R&D', employeeNumber: 'E7', manager: { value: ben['id'] } },
      [rollcallSchema]: { team: 'Search', leaveBalances: [{ type: 'vacation', value: 12.5, unit: 'days' }] },
      [customSchema]: { count: 10, code: 'ABC', tags: ['x', 'Y'] },
    })
    const cleo = await scim.createUser('Cleo Ångström ΟΔΟΣ', {
      externalId: 'a',
      displayName: 'A\u0301NNA ΟΔΟΣ',
      emails: [
        { value: 'cleo@larkspur.example', type: 'home' },
        { value: 'cleo@quill.example', type: 'work' },
      ],
      [enterpriseSchema]: { department: 'r&d', manager: { value: 'nobody' } },
    })
    const nothing = { title: '', nickName: null, emails: [], name: {}, roles: [{}], addresses: [{ type: '' }] }
    const dora = await scim.createUser('dora', nothing)
    people = { anna, ben, cleo, dora }
    const core = await scim.createGroup('Core', [anna['id'], ben['id']], { externalId: 'g1' })
    const all = await scim.createGroup(' All ', [core['id'], cleo['id']])
    ids = { core: core['id'], all: all['id'] }
  })

  const names = ['anna', 'ben', 'cleo', 'dora'] as const

  /** The people that a filter finds, by GET and by POST alike (7644-3.4.2.2-08). */
  async function find(filter: string): Promise<string[]> {
    const got = await scim.filter('/Users', filter)
    expect(got.status, got.text).to.equal(200)
    const posted = await scim.post('/Users/.search', {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'],
      filter,
    })
    expect(posted.body).to.deep.equal(got.body)
    const found = got.body['Resources'].map((user: Body) => user['id'])
    return names.filter((name) => found.includes(people[name]?.['id']))
  }

  const table = (id: string, expected: string, filters: readonly (string | (() => string))[]): void => {
    for (const filter of filters) {
      it(`${id} 7644-3.4.2.2-08 finds ${expected || 'nobody'} by ${typeof filter === 'string' ? filter : filter.toString().slice(6)}`, async () => {
        expect((await find(typeof filter === 'string' ? filter : filter())).join(' ')).to.equal(expected)
      })
    }
  }
  const idOf = (name: string): string => String(people[name]?.['id'])
  const createdOf = (name: string): string => String(people[name]?.['meta'].created)
  /** The same moment, as a clock two hours to the west writes it. */
  const moveZone = (time: string): string => new Date(Date.parse(time) - 7_200_000).toISOString().replace('Z', '-02:00')

  table('7644-3.4.2.2-op-01', 'anna', [
    'userName eq "ANNA@larkspur.example"',
    'externalId eq "A"',
    'title eq "ENGINEER"',
    `${customSchema}:count eq 10.0`,
    `${customSchema}:count eq 1e1`,
  ])
  table('7644-3.4.2.2-op-01', 'anna', [
    () =>
      `meta.created eq "${createdOf('anna').replace('Z', '+00:00')}" and userName eq "${String(people['anna']?.['userName'])}"`,
    () => `meta.created eq "${moveZone(createdOf('anna'))}" and title eq "Engineer"`,
  ])
  table('7644-3.4.2.2-op-01', 'anna cleo', [
    `${department} eq "R&D"`,
    'displayName eq "ánna ΟΔΟΣ"',
    'displayName eq "A\u0301nna ΟΔΟΣ"',
  ])
  table('7643-3.1-08 7644-3.4.2.2-complex-12', 'cleo', ['externalId eq "a"'])
  table('7644-3.4.2.2-complex-12', 'ben', [
    `${customSchema}:code eq "abc"`,
    `${customSchema}:code ge "abc"`,
    `${customSchema}:code ew "bc"`,
  ])
  table('7644-3.4.2.2-04', 'ben', [
    'USERNAME EQ "ben"',
    'userName Eq "BEN" And ACTIVE eq false',
    'Emails[Type eQ "HOME" aNd VALUE Sw "ben"]',
    'TITLE PR AND NOT (TITLE EQ "ENGINEER")',
  ])
  table('7644-3.4.2.2-op-02 A-05', 'ben cleo dora', [
    'title ne "engineer"',
    'not (title eq "Engineer")',
    `${customSchema}:tags eq null`,
    'userName ne "anna@larkspur.example"',
  ])
  table('7644-3.4.2.2-op-02 A-05', 'anna cleo', ['emails.type ne "home"', 'emails[type ne "home"]'])
  table('7644-3.4.2.2-op-03', 'anna', [
    'name.familyName co "o\'m"',
    'emails co "anna@l"',
    `${customSchema}:tags co "y"`,
    'userName co "A@L"',
  ])
  table('7644-3.4.2.2-op-03', 'anna ben', [
    'title co ""',
    'externalId co "" and not (externalId eq "a")',
    `${rollcallSchema}:leaveBalances.type co ""`,
  ])
  table('7644-3.4.2.2-op-04', 'ben', [
    'userName sw "BE"',
    'userName sw "ben"',
    'externalId sw "b"',
    'emails.value sw "Ben@"',
    'title sw "lead"',
  ])
  table('7644-3.4.2.2-op-04', 'anna ben cleo dora', ['userName sw ""', 'id sw ""', 'id sw "emp_"'])
  table('7644-3.4.2.2-op-05', 'anna ben cleo', [
    'emails.value ew "quill.example"',
    'emails ew "QUILL.example"',
    'emails.value ew "" and userName ew ""',
  ])
  table('7644-3.4.2.2-op-06', 'anna', [
    'roles pr',
    'profileUrl pr',
    'name.givenName pr',
    'emails.primary pr',
    `${rollcallSchema}:team pr`,
    'x509Certificates.value pr',
  ])
  table('7644-3.4.2.2-op-06', 'anna ben', [
    'title pr',
    'name pr',
    `${leave} pr`,
    'emails pr and not (userName sw "cleo")',
  ])
  table('7644-3.4.2.2-op-06', 'dora', [
    'not (emails pr)',
    'emails eq null',
    'not (externalId pr)',
    'not (name pr or title pr or emails pr or userName sw "cleo")',
  ])
  table('7644-3.4.2.2-op-06', '', [
    'nickName pr',
    'addresses pr',
    'addresses.type pr',
    'roles pr and userName eq "dora"',
  ])
  table('7644-3.4.2.2-op-06', 'anna ben cleo dora', [
    'id pr',
    'meta pr',
    'meta.created pr',
    'schemas pr',
    'active pr',
    `${rollcallSchema}:source pr`,
    `${rollcallSchema}:syncedAt pr`,
  ])
  table('7644-3.4.2.2-op-07', 'anna', [
    `${customSchema}:count gt 9`,
    `${leave}.value gt 9`,
    `${leave}[value ge 12.5 and type eq "vacation"]`,
    'userName lt "b"',
  ])
  table('7644-3.4.2.2-op-07', 'ben', [`${customSchema}:count lt 10`, `${leave}.value le 9.0`, `${leave}[value lt 10]`])
  table('7644-3.4.2.2-op-07', 'cleo dora', ['userName gt "ben"', 'userName ge "CLEO"'])
  table('7644-3.4.2.2-op-07', 'anna ben cleo dora', [
    'meta.created gt "2020-01-01T00:00:00+14:00"',
    'meta.lastModified lt "9999-12-31T23:59:59Z"',
    () => `not (meta.created lt "${createdOf('ben')}")`,
    () => `not (meta.lastModified gt "${new Date(clock.now().getTime() + 86_400_000).toISOString()}")`,
  ])
  const ofAnna = (condition: string): string => `${condition} and title eq "Engineer"`
  table('7644-3.4.2.2-op-07', 'anna', [
    () => ofAnna(`meta.created ge "${moveZone(createdOf('anna'))}"`),
    () => ofAnna(`meta.created le "${moveZone(createdOf('anna'))}"`),
    () => ofAnna(`meta.created gt "${new Date(Date.parse(createdOf('anna')) - 1).toISOString()}"`),
    () => ofAnna(`meta.created lt "${new Date(Date.parse(createdOf('anna')) + 1).toISOString()}"`),
  ])
  table('7644-3.4.2.2-op-07', '', [
    () => ofAnna(`meta.created gt "${moveZone(createdOf('anna'))}"`),
    () => ofAnna(`meta.created lt "${moveZone(createdOf('anna'))}"`),
  ])
  table('7644-3.4.2.2-op-13', 'anna', [`${leave}[value eq 1.25e1 and value lt 1251e-2]`])
  table('7644-3.4.2.2-op-13', 'anna ben', [`${leave}.value gt -1.5e1`, `${customSchema}:count ge -0.5`])
  table('7644-3.4.2.2-op-10', 'ben', [
    'active eq false',
    'active eq "False"',
    'active ne true',
    'active ne "TRUE"',
    'not (active eq true)',
  ])
  table('7644-3.4.2.2-complex-13', 'anna cleo dora', ['active eq true', 'active eq "True"'])
  table('7644-3.4.2.2-op-11', 'anna ben', ['title ne null', 'not (title eq null)', `${leave} ne null`])
  table('7644-3.4.2.2-op-11', 'cleo dora', [
    'title eq null',
    'not (title ne null)',
    'groups eq null and not (userName eq "cleo ångström οδος") or userName sw "cleo"',
  ])
  table('7644-3.4.2.2-op-14', 'ben', [
    String.raw`name.familyName eq "q\"UO\\te"`,
    String.raw`name.familyName co "\\"`,
    String.raw`name.familyName co "\""`,
    String.raw`userName eq "\u0042en"`,
  ])
  table('7644-3.4.2.2-logic-02', 'anna ben', [
    'title eq "Lead" or title eq "Engineer" and active eq true',
    '(title eq "Lead" or title eq "Engineer") and id pr',
  ])
  table('7644-3.4.2.2-logic-02', 'anna', [
    '(title eq "Lead" or title eq "Engineer") and active eq true',
    'not (title eq "Lead") and title pr',
  ])
  for (const [a, b] of [
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ] as const) {
    const term = (holds: boolean): string => (holds ? 'userName eq "dora"' : 'title eq "nobody"')
    for (const [filter, holds] of [
      [`${term(a)} and ${term(b)}`, a && b],
      [`userName eq "dora" and (${term(a)} or ${term(b)})`, a || b],
      [`userName eq "dora" and not (${term(a)} and ${term(b)})`, !(a && b)],
      [`userName eq "dora" and not (${term(a)} or ${term(b)})`, !(a || b)],
      [`userName eq "dora" and not (${term(a)}) and not (${term(b)})`, !a && !b],
    ] as const) {
      table('7644-3.4.2.2-logic-01', holds ? 'dora' : '', [filter])
    }
  }
  table('7644-3.4.2.2-complex-02', 'anna', ['name.givenName eq "anna"', 'name.familyName ew "Malley"'])
  table('7644-3.4.2.2-complex-01', 'anna', [
    'emails.value co "anna@quill"',
    `${customSchema}:tags eq "x"`,
    `${customSchema}:tags eq "y"`,
  ])
  table('7644-3.4.2.2-complex-03 A-06', 'anna ben cleo', ['emails co "quill"', 'emails ew "example"'])
  table('7644-3.4.2.2-complex-04', 'anna', [
    'emails[type eq "work" and value co "@larkspur"]',
    `${customSchema}:tags[value eq "x"]`,
  ])
  table('7644-3.4.2.2-complex-04', '', [
    'emails[type eq "work" and value eq "anna@quill.example"]',
    'emails[type eq "x" and type eq "y"]',
  ])
  table('7644-3.4.2.2-complex-05', 'anna ben', [
    'emails[(type eq "work" or type eq "home") and value co "quill" and value sw "anna"] or title eq "lead"',
    'emails[type eq "work" and primary eq true] or name.familyName pr',
  ])
  table('7644-3.4.2.2-complex-05', 'ben dora', ['not (emails[type eq "work"])'])
  table('7644-3.4.2.2-complex-05', 'anna cleo', [
    'emails[type eq "work"] or ims[type eq "xmpp"]',
    'emails[not (type eq "home")]',
  ])
  table('7644-3.4.2.2-complex-16', 'cleo', [
    'emails[type eq "work"].value eq "cleo@QUILL.example"',
    'emails[type eq "home"].value sw "cleo"',
  ])
  table('7643-2.4-04', 'anna ben cleo', [
    'emails[primary eq false]',
    'emails.primary eq false',
    'emails[primary ne true]',
  ])
  table('7643-2.3-10 A-12', 'anna', [
    'photos.value eq "https://cdn.example/a.png"',
    'x509Certificates.value eq "AQID"',
    'x509Certificates.value sw "AQ"',
    'profileUrl eq "https://a.example/Anna"',
  ])
  table('7643-2.3-10 A-12', '', [
    'photos.value eq "HTTPS://CDN.EXAMPLE/A.PNG"',
    'x509Certificates.value eq "aqid"',
    'profileUrl eq "https://a.example/anna"',
  ])
  table('7644-3.4.2.2-complex-07', 'ben', [
    `${userSchema}:userName sw "b"`,
    `${userSchema.toUpperCase()}:EMAILS[TYPE eq "home" and VALUE sw "ben"]`,
    `${userSchema}:name.familyName pr and title eq "lead"`,
  ])
  table('7644-3.4.2.2-complex-08', 'anna cleo', ['department eq "R&D"', `${department.toUpperCase()} eq "r&d"`])
  table('7644-3.4.2.2-complex-09', 'anna cleo', [
    `schemas eq "${enterpriseSchema}"`,
    `schemas eq "${enterpriseSchema.toUpperCase()}"`,
    `schemas co "enterprise"`,
  ])
  table('7644-3.4.2.2-complex-09', 'dora', [`not (schemas eq "${enterpriseSchema}" or schemas eq "${rollcallSchema}")`])
  table('7644-3.4.2.2-complex-10', 'anna ben cleo dora', [
    'meta.resourceType eq "User"',
    'meta.version eq "W/\\"1\\""',
    'meta.version sw "W/"',
    'meta.location pr',
  ])
  table('7644-3.4.2.2-complex-10', '', [
    'meta.resourceType eq "user"',
    'meta.resourceType eq "Group"',
    'meta.version eq "1"',
    'id eq "nobody"',
  ])
  table('7644-3.4.2.2-complex-10', 'dora', [
    () => `id eq "${idOf('dora')}"`,
    () => `meta.location eq "${scim.baseUrl}/Users/${idOf('dora')}"`,
    () => `meta.location eq "https://elsewhere.example/scim/Users/${idOf('dora')}"`,
    () => `meta.location ew "/Users/${idOf('dora')}"`,
  ])
  table('7643-3.1-05', '', [() => `id eq "${idOf('dora').toUpperCase()}"`])
  table('7644-3.4.2.2-complex-03 7643-4.3-03 A-06', 'anna', [
    () => `${enterpriseSchema}:manager eq "${idOf('ben')}"`,
    () => `${enterpriseSchema}:manager.value eq "${idOf('ben')}"`,
    () => `manager.$ref eq "${scim.baseUrl}/Users/${idOf('ben')}"`,
    () => `manager eq "${idOf('ben')}" and manager.$ref pr`,
  ])
  table('7643-4.3-03', 'cleo', ['manager pr and not (manager.$ref pr)', 'manager.value eq "nobody"'])
  table('7644-3.4.2.2-complex-10', 'anna ben', [
    () => `groups eq "${ids['core']}"`,
    () => `groups[value eq "${ids['core']}" and display eq "core"]`,
    () => `groups.$ref eq "${scim.baseUrl}/Groups/${ids['core']}"`,
    'groups.display sw "co"',
    'groups[type eq "direct" and display co "C"]',
  ])
  table('7644-3.4.2.2-op-06', 'anna ben cleo', [
    'groups pr',
    'groups.value pr',
    'groups ne null',
    'not (groups eq null)',
  ])
  table('7644-3.4.2.2-complex-10', 'anna ben cleo dora', [
    `${rollcallSchema}:source eq "PUSH"`,
    'source eq "push"',
    'syncedAt gt "2020-01-01T00:00:00Z"',
    'not (syncedAt lt "2020-01-01T00:00:00Z")',
  ])
  table('7644-5-01', 'anna', [
    'userName eq "ＡＮＮＡ@larkspur.example"',
    'userName eq " anna@larkspur.example "',
    'userName sw "ａ"',
  ])
  table('7644-5-01', 'cleo', [
    'userName eq "CLEO A\u030angstro\u0308m ΟΔΟΣ"',
    'userName co "\u212bNG"',
    'userName co "Σ"',
    'userName ew "ς"',
    'userName co "o ång"',
  ])
  table('7644-5-01', '', [
    'userName sw "\u{10ffff}"',
    'userName co "cleo ο"',
    'userName sw "cleoå"',
    'userName sw "ben "',
    'userName ew " ben"',
  ])

  it('7644-3.4.2.2-logic-04 answers chains of 200 terms', async () => {
    const chain = (join: string, term: (index: number) => string): string =>
      Array.from({ length: 200 }, (_, index) => term(index)).join(join)
    expect(await find(`${chain(' or ', (index) => `title eq "t${index}"`)} or userName eq "dora"`)).to.deep.equal([
      'dora',
    ])
    expect(await find(`${chain(' and ', (index) => `title ne "t${index}"`)} and userName eq "dora"`)).to.deep.equal([
      'dora',
    ])
    const deep = `${'not ('.repeat(48)}userName eq "dora"${')'.repeat(48)}`
    expect(await find(deep)).to.deep.equal(['dora'])
  })
})

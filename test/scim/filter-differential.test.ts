// The SQL that filters become, against a second evaluator that knows nothing of it: random filters over random people and
// groups, in one organization. FILTER_SEED runs other filters.
import { expect } from 'chai'
import fc from 'fast-check'
import { addCustomAttribute } from '../../server/directory/custom-attributes.ts'
import { createTenant, clock, type Tenant } from '../support/app.ts'
import {
  arbitraryFilter,
  type Filter,
  meets,
  type Path,
  type Resource,
  type Subject,
  writeFilter,
} from '../support/filter-model.ts'
import { testDatabase } from '../support/postgres.ts'
import {
  type Body,
  enterpriseSchema,
  groupSchema,
  rollcallSchema,
  searchSchema,
  userSchema,
} from '../support/scim-client.ts'

const seed = Number(process.env['FILTER_SEED'] ?? 20_260_131)
const customSchema = 'urn:ietf:params:scim:schemas:extension:custom:2.0:User'

const names = [
  'Mira',
  'mira',
  'MIRA',
  'Éva',
  'E\u0301va',
  'José',
  "O'Malley",
  '李雷',
  'ＭＩＲＡ',
  'a"b\\c',
  '100%_',
  '𝒳-ray',
  'İpek',
  'ΟΔΟΣ',
]
const titles = ['Engineer', 'engineer', 'Sales Lead', 'Lead', '"Chief"', 'x']
const addresses = [
  'mira@larkspur.example',
  'MIRA@larkspur.example',
  'jose+hr@quill.example',
  'éva@quill.example',
  'e\u0301va@quill.example',
]
const types = ['work', 'home', 'Work', 'other']
const departments = ['R&D', 'r&d', 'Sales', 'Éclairage']
const certificates = ['AQID', 'aqid', 'AQIDBA==']
const dates = [
  '2026-01-31T12:00:00Z',
  '2026-01-31T13:00:00+01:00',
  '2026-01-31T12:00:00.001Z',
  '1999-12-31T23:59:59-02:00',
  '0001-01-01T00:00:00Z',
]

const sometimes = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 2 })
const one = (values: readonly string[]): fc.Arbitrary<string | undefined> => sometimes(fc.constantFrom(...values))

const someEmails = fc.array(
  fc.record({ value: one(addresses), type: one(types), display: one(names), primary: sometimes(fc.constant(false)) }),
  { maxLength: 3 },
)

const custom = fc.record({
  integer: sometimes(fc.constantFrom(-10, 0, 9, 10, 1_000_000)),
  exact: one(titles),
  flag: sometimes(fc.boolean()),
  moment: one(dates),
  tags: sometimes(fc.uniqueArray(fc.constantFrom(...titles), { maxLength: 3 })),
  scores: sometimes(fc.uniqueArray(fc.constantFrom(1, 2, 10), { maxLength: 3 })),
})

const person = fc.record({
  externalId: one(['E-1', 'e-1', 'E-10', "';--"]),
  displayName: one(names),
  title: one(titles),
  active: sometimes(fc.boolean()),
  profileUrl: one(['https://a.example/X', 'https://a.example/x']),
  name: sometimes(fc.record({ givenName: one(names), familyName: one(names) })),
  emails: someEmails.chain((emails) =>
    fc.nat(3).map((primary) => emails.map((email, index) => (index === primary ? { ...email, primary: true } : email))),
  ),
  x509Certificates: sometimes(
    fc.uniqueArray(fc.constantFrom(...certificates), { maxLength: 2 }).map((all) => all.map((value) => ({ value }))),
  ),
  [enterpriseSchema]: fc.record({
    department: one(departments),
    employeeNumber: one(['7', '07', 'A7', 'a7']),
    costCenter: one(departments),
  }),
  [rollcallSchema]: fc.record({
    team: one(departments),
    leaveBalances: fc.array(
      fc.record({ type: one(types), value: sometimes(fc.constantFrom(-1.5, 0, 0.1, 2, 10, 1e21)) }),
      { maxLength: 2 },
    ),
  }),
  [customSchema]: custom,
})

const definitions = [
  { name: 'integer', type: 'integer' },
  { name: 'exact', type: 'string', caseExact: true },
  { name: 'flag', type: 'boolean' },
  { name: 'moment', type: 'dateTime' },
  { name: 'tags', type: 'string', multiValued: true },
  { name: 'scores', type: 'integer', multiValued: true },
]

const subject = (path: Path, operands: Subject['operands'], comparisons?: Subject['comparisons']): Subject =>
  comparisons === undefined ? { path, operands } : { path, operands, comparisons }

interface Known {
  readonly users: readonly Resource[]
  readonly groups: readonly Resource[]
}

function pick(resources: readonly Resource[], read: (resource: Body) => unknown): string[] {
  const found = [...new Set(resources.map(read))].filter((value) => typeof value === 'string')
  return found.length === 0 ? ['nobody'] : found
}

function commonSubjects(resources: readonly Resource[]): Subject[] {
  const meta = (sub: string, rest: Omit<Path, 'name' | 'sub'>): Path => ({ name: 'meta', sub, ...rest })
  const read = (sub: string): string[] => pick(resources, (resource) => resource['meta'][sub])
  return [
    subject(
      { name: 'id', type: 'id', caseExact: true },
      pick(resources, (resource) => resource['id']),
    ),
    subject({ name: 'externalId', type: 'string', caseExact: true }, ['E-1', 'e-1', 'E-10', "';--", '']),
    subject({ name: 'meta', type: 'complex' }, ['']),
    subject(meta('resourceType', { type: 'string', caseExact: true }), ['User', 'Group', 'user']),
    subject(meta('created', { type: 'dateTime' }), [...read('created').slice(0, 3), dates[0] ?? '']),
    subject(meta('lastModified', { type: 'dateTime' }), [...read('lastModified').slice(0, 3), dates[1] ?? '']),
    subject(meta('version', { type: 'string', caseExact: true }), ['W/"1"', 'W/"2"']),
    subject(meta('location', { type: 'id' }), read('location'), ['eq', 'ne']),
    subject(
      { name: 'schemas', type: 'string', multiValued: true },
      pick(resources, (resource) => resource['schemas'].at(-1)),
    ),
  ]
}

function userSubjects({ users, groups }: Known): Subject[] {
  const email = (sub: string, type: Path['type'] = 'string'): Path => ({ name: 'emails', sub, multiValued: true, type })
  const leave = (sub: string, type: Path['type']): Path => ({
    urn: rollcallSchema,
    name: 'leaveBalances',
    sub,
    multiValued: true,
    type,
  })
  const group = (sub: string, type: Path['type']): Path => ({ name: 'groups', sub, multiValued: true, type })
  const manager = (sub: string, rest: Omit<Path, 'name' | 'sub'>): Path => ({
    urn: enterpriseSchema,
    name: 'manager',
    sub,
    ...rest,
  })
  const ids = pick(users, (user) => user[enterpriseSchema]?.manager?.value)
  const groupIds = pick(groups, (resource) => resource['id'])
  return [
    ...commonSubjects(users),
    subject({ name: 'userName', type: 'userName' }, [...pick(users, (user) => user['userName']), 'MIRA 1', 'ｍｉｒａ']),
    subject({ name: 'displayName', type: 'string' }, names),
    subject({ name: 'title', type: 'string' }, titles),
    subject({ name: 'active', type: 'boolean' }, [true, false]),
    subject({ name: 'profileUrl', type: 'string', caseExact: true }, ['https://a.example/X', 'https://a.example/x']),
    subject({ name: 'name', type: 'complex' }, ['']),
    subject({ name: 'name', sub: 'givenName', type: 'string' }, names),
    subject({ name: 'name', sub: 'familyName', type: 'string' }, names),
    subject({ name: 'emails', multiValued: true, type: 'complex' }, ['']),
    subject(email('value'), addresses),
    subject(email('type'), types),
    subject(email('display'), names),
    subject(email('primary', 'boolean'), [true, false]),
    subject(
      { name: 'x509Certificates', sub: 'value', multiValued: true, type: 'binary', caseExact: true },
      certificates,
    ),
    subject({ name: 'groups', multiValued: true, type: 'complex' }, ['']),
    subject(group('value', 'id'), groupIds),
    subject(group('display', 'string'), ['Ops', 'ops team', 'All']),
    subject(
      group('$ref', 'id'),
      pick(groups, (resource) => resource['meta'].location),
      ['eq', 'ne'],
    ),
    subject(group('type', 'string'), ['direct', 'indirect']),
    subject({ urn: enterpriseSchema, name: 'department', type: 'string' }, departments),
    subject({ urn: enterpriseSchema, name: 'costCenter', type: 'string' }, departments),
    subject({ urn: enterpriseSchema, name: 'employeeNumber', type: 'string' }, ['7', '07', 'A7']),
    subject({ urn: enterpriseSchema, name: 'manager', type: 'complex' }, ['']),
    subject(manager('value', { type: 'id', caseExact: true }), [...ids, 'nobody']),
    subject(
      manager('$ref', { type: 'id' }),
      pick(users, (user) => user['meta'].location),
      ['eq', 'ne'],
    ),
    subject(manager('displayName', { type: 'string' }), names),
    subject({ urn: rollcallSchema, name: 'team', type: 'string' }, departments),
    subject(leave('type', 'string'), types),
    subject(leave('value', 'number'), [-1.5, 0, 0.1, 1, 2, 9.99, 10, 1e21, 1e300]),
    subject({ urn: customSchema, name: 'integer', type: 'number' }, [-10, 0, 9, 9.5, 10, 1e6]),
    subject({ urn: customSchema, name: 'exact', type: 'string', caseExact: true }, titles),
    subject({ urn: customSchema, name: 'flag', type: 'boolean' }, [true, false]),
    subject({ urn: customSchema, name: 'moment', type: 'dateTime' }, dates),
    subject({ urn: customSchema, name: 'tags', multiValued: true, type: 'string' }, titles),
    subject({ urn: customSchema, name: 'scores', multiValued: true, type: 'number' }, [1, 2, 9, 10]),
  ]
}

function groupSubjects({ users, groups }: Known): Subject[] {
  const member = (sub: string, type: Path['type']): Path => ({ name: 'members', sub, multiValued: true, type })
  const all = [...users, ...groups]
  return [
    ...commonSubjects(groups),
    subject({ name: 'displayName', type: 'string' }, ['Ops', 'ops', 'ops team', 'All', 'Nobody']),
    subject({ name: 'members', multiValued: true, type: 'complex' }, ['']),
    subject(
      member('value', 'id'),
      pick(all, (resource) => resource['id']),
    ),
    subject(
      member('$ref', 'id'),
      pick(all, (resource) => resource['meta'].location),
      ['eq', 'ne'],
    ),
    subject(member('display', 'string'), [...names, 'Ops']),
    subject(member('type', 'string'), ['User', 'Group', 'user']),
  ]
}

describe('filters against a model of them', function () {
  this.timeout(60_000)
  let tenant: Tenant
  let known: Known

  before(async () => {
    tenant = await createTenant()
    for (const definition of definitions) {
      await addCustomAttribute(testDatabase(), tenant.organizationId, { resourceType: 'User', definition }, clock.now())
    }
    clock.advance(1001) // a token and what it knows of the schema are kept for a second
    known = await createData(tenant)
  })

  it('7644-3.4.2.2-02 7644-3.4.2.2-logic-01 7644-3.4.2.2-complex-04 7644-3.4.2.2-complex-12 finds the users that the model finds', async () => {
    await compare('/Users', known.users, arbitraryFilter(userSubjects(known), userSchema), 250)
  })

  it('7644-3.4.2.2-02 7644-3.4.2.2-complex-11 finds the groups that the model finds', async () => {
    await compare('/Groups', known.groups, arbitraryFilter(groupSubjects(known), groupSchema), 50)
  })

  // Ten at a time; what disagrees is shrunk to the smallest such filter.
  async function compare(
    endpoint: string,
    resources: readonly Resource[],
    filters: fc.Arbitrary<Filter>,
    runs: number,
  ): Promise<void> {
    let [hits, misses] = [0, 0]
    const property = fc.asyncProperty(fc.array(filters, { minLength: 10, maxLength: 10 }), async (batch) => {
      await Promise.all(
        batch.map(async (filter) => {
          const text = writeFilter(filter)
          const expected = resources.filter((resource) => meets(resource, filter)).map((resource) => resource['id'])
          const found = await search(endpoint, text)
          expect(found, text).to.have.members(expected)
          if (expected.length > 0 && expected.length < resources.length) hits++
          else misses++
        }),
      )
    })
    await fc.assert(property, { seed, numRuns: runs })
    // A test of filters that find everything or nothing would prove little.
    expect(hits).to.be.greaterThan(misses / 2)
  }

  async function search(endpoint: string, filter: string): Promise<string[]> {
    const { status, body, text } = await tenant.scim.post(`${endpoint}/.search`, {
      schemas: [searchSchema],
      filter,
      attributes: ['id'],
      count: 1000,
    })
    expect(status, `${filter}\n${text}`).to.equal(200)
    expect(body['totalResults'], filter).to.equal(body['Resources'].length)
    return body['Resources'].map((resource: Body) => String(resource['id']))
  }
})

async function createData({ scim }: Tenant): Promise<Known> {
  const people = fc.sample(person, { numRuns: 40, seed })
  const ids: string[] = []
  for (const [index, attributes] of people.entries()) {
    const boss = index % 3 === 1 ? ids[index - 1] : index % 7 === 3 ? 'nobody' : undefined
    const enterprise = { ...attributes[enterpriseSchema], ...(boss === undefined ? {} : { manager: { value: boss } }) }
    const user = await scim.createUser(`${names[index % names.length]} ${index}`, {
      ...attributes,
      [enterpriseSchema]: enterprise,
    })
    ids.push(String(user['id']))
    if (index % 5 === 0)
      await scim.patch(`/Users/${String(user['id'])}`, [{ op: 'replace', path: 'nickName', value: 'changed' }])
  }
  const ops = await scim.createGroup('Ops', ids.slice(0, 8), { externalId: 'E-1' })
  await scim.createGroup('ops team', ids.slice(5, 15))
  await scim.createGroup('All', [String(ops['id']), ids[20] ?? ''])
  await scim.createGroup('Nobody')
  const list = async (endpoint: string): Promise<Resource[]> =>
    (await scim.get(`${endpoint}?count=1000`)).body['Resources']
  return { users: await list('/Users'), groups: await list('/Groups') }
}

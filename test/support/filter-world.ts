// Random people and groups with attributes of every type, for filters to be tried on, and how three clients see them.
import fc from 'fast-check'
import { addCustomAttribute, type CustomDefinition, customSchemaId } from '../../server/directory/custom-attributes.ts'
import type { Actor } from '../../server/directory/actor.ts'
import { clock, type Tenant } from './app.ts'
import type { Path, Resource } from './filter-model.ts'
import { testDatabase } from './postgres.ts'
import { type Body, enterpriseSchema, type Reply, rollcallSchema, type ScimClient, userSchema } from './scim-client.ts'

const customUser = customSchemaId('User')
const customGroup = customSchemaId('Group')
const rollcallGroup = 'urn:ietf:params:scim:schemas:extension:rollcall:2.0:Group'

/** One client with the resources as it reads them. */
export interface Viewer {
  readonly name: string
  readonly scim: ScimClient
  readonly actor: Actor
  readonly users: readonly Resource[]
  readonly groups: readonly Resource[]
}

// Letters with two cases and more, letters of two code units, accents in one code point and in two, and what SQL, JSON or a
// pattern might take for its own.
const words = [
  ...['Mira', 'mira', 'MIRA', 'Éva', 'E\u0301va', 'éva', 'ΟΔΟΣ', 'οδος', 'οδοσ', 'İpek', 'i\u0307pek', 'ipek'],
  ...['straße', 'STRAẞE', 'STRASSE', '𝒳-ray', '𐐀', '𐐨', '👩‍👩‍👧', '李雷', 'ﬁn', 'ＭＩＲＡ', "O'Malley", '"Chief"'],
  ...['a"b\\c', 'a\\b', '\\', '100%_', '%', '_', '$1', '$$x$$', "';--", 'a\u00a0b', 'line\nbreak\ttab', '\u{10ffff}'],
]
const types = ['work', 'home', 'Work', 'other']
const dates = [
  ...['2026-01-31T12:00:00Z', '2026-01-31T13:00:00+01:00', '2026-01-31T12:00:00.000001Z', '2026-01-31T12:00:00'],
  ...['1999-12-31T23:59:59.5-02:00', '0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z'],
]
const externalIds = ['E-1', 'e-1', 'Mira', 'éva', "';--"]
const binaries = ['AQID', 'aqid', 'AQIDBA==', '+/+/']
const links = ['https://a.example/X', 'https://a.example/x', '../relative', 'urn:x:Y']
const integers = [-10, 0, 9, 10, 1_000_000]
const decimals = [-1.5, 0, 0.1, 2, 10, 1e21, 1e-7]

const maybe = <T>(...values: readonly T[]): fc.Arbitrary<T | undefined> =>
  fc.option(fc.constantFrom(...values), { nil: undefined, freq: 2 })
const some = <T>(...values: readonly T[]): fc.Arbitrary<T[] | undefined> =>
  fc.option(fc.uniqueArray(fc.constantFrom(...values), { maxLength: 3 }), { nil: undefined, freq: 2 })
const text = maybe(...words)

const simple = { text, exact: text, integer: maybe(...integers), decimal: maybe(...decimals), flag: maybe(true, false) }
const others = { moment: maybe(...dates), blob: maybe(...binaries), link: maybe(...links) }
const typesOf: Readonly<Record<string, Path['type']>> = {
  ...{ text: 'string', exact: 'string', integer: 'number', decimal: 'number', flag: 'boolean' },
  ...{ moment: 'dateTime', blob: 'binary', link: 'string' },
}
const caseExact: ReadonlySet<string> = new Set(['exact', 'blob', 'link'])

function defineParts(): CustomDefinition[] {
  const named = ['string', 'string', 'integer', 'decimal', 'boolean', 'dateTime', 'binary', 'reference']
  return Object.keys(typesOf).map((name, index) => ({ name, type: named[index] ?? '', caseExact: caseExact.has(name) }))
}

// An organization's own attributes: each type once alone, once with several values, once in a complex one, once in several of
// those; and attributes that are called like others, or like words of the language.
const definitions: readonly CustomDefinition[] = [
  ...defineParts(),
  ...defineParts().map((part) => ({ ...part, name: `${part.name}s`, multiValued: true })),
  { name: 'badge', type: 'complex', subAttributes: [...defineParts(), { name: 'primary', type: 'boolean' }] },
  {
    name: 'devices',
    type: 'complex',
    multiValued: true,
    subAttributes: [{ name: 'value', type: 'string' }, { name: 'primary', type: 'boolean' }, ...defineParts()],
  },
  ...['id', 'not', 'a$1'].map((name) => ({ name, type: 'string' })),
  ...['groups', 'emails', 'members'].map((name) => ({ name, type: 'string', multiValued: true })),
  { name: 'primary', type: 'boolean' },
]

const manyParts = {
  texts: some(...words),
  exacts: some(...words),
  integers: some(...integers),
  decimals: some(...decimals),
  flags: some(true, false),
  moments: some(...dates),
  blobs: some(...binaries),
  links: some(...links),
}

const custom = fc.record({
  ...simple,
  ...others,
  ...manyParts,
  badge: fc.record({ ...simple, ...others, primary: maybe(true, false) }),
  devices: fc.array(fc.record({ value: text, ...simple, ...others }), { maxLength: 2 }),
  ...{ id: text, not: text, a$1: text, groups: some(...words), emails: some(...words), members: some(...words) },
  primary: maybe(true, false),
})

// At most one of several values is the primary one.
function withPrimary<T extends object>(values: fc.Arbitrary<T[]>): fc.Arbitrary<object[]> {
  return fc
    .tuple(values, fc.nat(3))
    .map(([list, at]) => list.map((one, index) => (index === at ? { ...one, primary: true } : one)))
}
const valued = withPrimary(
  fc.array(fc.record({ value: text, type: maybe(...types), display: text, primary: maybe(false) }), { maxLength: 3 }),
)

const person = fc.record({
  ...{ externalId: maybe(...externalIds), displayName: text, title: text, nickName: text, active: maybe(true, false) },
  profileUrl: maybe(...links),
  name: fc.record({ givenName: text, familyName: text, formatted: text }),
  ...{ emails: valued, phoneNumbers: valued, roles: valued },
  addresses: fc.array(fc.record({ type: maybe(...types), locality: text, country: text }), { maxLength: 2 }),
  photos: fc.array(fc.record({ value: maybe(...links), type: maybe(...types) }), { maxLength: 2 }),
  x509Certificates: fc.array(fc.record({ value: maybe(...binaries), display: text }), { maxLength: 2 }),
  [enterpriseSchema]: fc.record({ department: text, employeeNumber: text, costCenter: text }),
  [rollcallSchema]: fc.record({
    team: text,
    leaveBalances: fc.array(fc.record({ type: maybe(...types), value: maybe(...decimals) }), { maxLength: 2 }),
  }),
  [customUser]: custom,
})

const group = fc.record({
  externalId: maybe(...externalIds),
  [rollcallGroup]: fc.record({ description: text, securityGroup: maybe(true, false) }),
  [customGroup]: custom,
})

const partPaths = (path: Omit<Path, 'type'>, named: (name: string) => Partial<Path>): Path[] =>
  Object.entries(typesOf).map(([name, type]) => ({ ...path, type, caseExact: caseExact.has(name), ...named(name) }))

function customPaths(urn: string): Path[] {
  const devices = { urn, name: 'devices', multiValued: true }
  const string = { urn, type: 'string' } as const
  return [
    ...partPaths({ urn, name: '' }, (name) => ({ name })),
    ...partPaths({ urn, name: '', multiValued: true }, (name) => ({ name: `${name}s` })),
    { urn, name: 'badge', type: 'complex' },
    ...partPaths({ urn, name: 'badge' }, (sub) => ({ sub })),
    { urn, name: 'badge', sub: 'primary', type: 'boolean' },
    { ...devices, type: 'complex' },
    { ...devices, sub: 'value', type: 'string' },
    { ...devices, sub: 'primary', type: 'boolean', missing: false },
    ...partPaths(devices, (sub) => ({ sub })),
    ...['id', 'not', 'a$1'].map((name) => ({ ...string, name })),
    ...['groups', 'emails', 'members'].map((name) => ({ ...string, name, multiValued: true })),
    { urn, name: 'primary', type: 'boolean' },
  ]
}

const commonPaths: readonly Path[] = [
  { name: 'id', type: 'string', caseExact: true },
  { name: 'externalId', type: 'string', caseExact: true },
  { name: 'schemas', type: 'string', multiValued: true },
  { name: 'meta', type: 'complex' },
  { name: 'meta', sub: 'resourceType', type: 'string', caseExact: true },
  { name: 'meta', sub: 'created', type: 'dateTime' },
  { name: 'meta', sub: 'lastModified', type: 'dateTime' },
  { name: 'meta', sub: 'version', type: 'string', caseExact: true },
  { name: 'meta', sub: 'location', type: 'location', caseExact: true },
]

function valuedPaths(name: string): Path[] {
  const path = { name, multiValued: true } as const
  return [
    { ...path, type: 'complex' },
    ...['value', 'type', 'display'].map((sub) => ({ ...path, sub, type: 'string' }) as const),
    { ...path, sub: 'primary', type: 'boolean', missing: false },
  ]
}

function linkedPaths(name: string): Path[] {
  const path = { name, multiValued: true } as const
  return [
    { ...path, type: 'complex' },
    ...['value', 'type', 'display'].map((sub) => ({ ...path, sub, type: 'string' }) as const),
    { ...path, sub: '$ref', type: 'location', caseExact: true },
  ]
}

const manager = { urn: enterpriseSchema, name: 'manager' }
const balances = { urn: rollcallSchema, name: 'leaveBalances', multiValued: true }

export const userPaths: readonly Path[] = [
  ...commonPaths,
  ...Array.from({ length: 3 }, () => ({ name: 'externalId', type: 'string', caseExact: true }) as const),
  { name: 'userName', type: 'userName' },
  ...['displayName', 'title', 'nickName'].map((name) => ({ name, type: 'string' }) as const),
  { name: 'active', type: 'boolean' },
  { name: 'profileUrl', type: 'string', caseExact: true },
  { name: 'name', type: 'complex' },
  ...['givenName', 'familyName', 'formatted'].map((sub) => ({ name: 'name', sub, type: 'string' }) as const),
  ...['emails', 'emails', 'phoneNumbers', 'roles'].flatMap(valuedPaths),
  ...['type', 'locality', 'country'].map(
    (sub) => ({ name: 'addresses', sub, multiValued: true, type: 'string' }) as const,
  ),
  { name: 'photos', sub: 'value', multiValued: true, type: 'string', caseExact: true },
  { name: 'photos', sub: 'type', multiValued: true, type: 'string' },
  { name: 'x509Certificates', sub: 'value', multiValued: true, type: 'binary', caseExact: true },
  { name: 'x509Certificates', sub: 'display', multiValued: true, type: 'string' },
  ...['groups', 'groups', 'groups'].flatMap(linkedPaths),
  ...['department', 'employeeNumber', 'costCenter'].map(
    (name) => ({ urn: enterpriseSchema, name, type: 'string' }) as const,
  ),
  { ...manager, type: 'complex' },
  { ...manager, sub: 'value', type: 'string' },
  { ...manager, sub: '$ref', type: 'location', caseExact: true },
  { ...manager, sub: 'displayName', type: 'string' },
  ...['team', 'source'].map((name) => ({ urn: rollcallSchema, name, type: 'string' }) as const),
  { urn: rollcallSchema, name: 'syncedAt', type: 'dateTime' },
  { ...balances, sub: 'type', type: 'string' },
  { ...balances, sub: 'value', type: 'number' },
  ...customPaths(customUser),
]

export const groupPaths: readonly Path[] = [
  ...commonPaths,
  { name: 'displayName', type: 'name' },
  ...Array.from({ length: 5 }, () => linkedPaths('members')).flat(),
  ...['description', 'source'].map((name) => ({ urn: rollcallGroup, name, type: 'string' }) as const),
  { urn: rollcallGroup, name: 'securityGroup', type: 'boolean' },
  ...customPaths(customGroup),
]

/** Fills an organization from two directories and by hand, and shows it to each of the three. */
export async function createWorld(tenant: Tenant, seed: number): Promise<Viewer[]> {
  for (const resourceType of ['User', 'Group'] as const) {
    for (const definition of definitions) {
      await addCustomAttribute(testDatabase(), tenant.organizationId, { resourceType, definition }, clock.now())
    }
  }
  clock.advance(1001) // a token and what it knows of the schema are kept for a second
  const other = await tenant.addDirectory('Other')
  const application = await tenant.addApplication(['read', 'write'])
  const ids = await createPeople(tenant.scim, other.scim, seed)
  await createGroups([tenant.scim, other.scim, application], ids, seed)
  const actor = (directoryId: string, view: Actor['view']): Actor => {
    const { organizationId } = tenant
    return { organizationId, directoryId, view, restoresUsers: false, tokenId: null, requestId: null, at: clock.now() }
  }
  return Promise.all([
    look('the directory', tenant.scim, actor(tenant.directoryId, 'directory')),
    look('another directory', other.scim, actor(other.directoryId, 'directory')),
    look('an application', application, actor('', 'organization')),
  ])
}

async function createPeople(scim: ScimClient, other: ScimClient, seed: number): Promise<string[]> {
  const ids: string[] = []
  for (const [index, attributes] of fc.sample(person, { numRuns: 36, seed }).entries()) {
    // Each third is below the one before; some have a manager whom nobody knows.
    const boss = index % 3 === 1 ? ids[index - 1] : index % 7 === 3 ? ['nobody', 'NOBODY', 'Éva'][index % 3] : undefined
    const enterprise = { ...attributes[enterpriseSchema], ...(boss === undefined ? {} : { manager: { value: boss } }) }
    const userName = `${words[index % 12] ?? ''} ${index}`
    const { id } = await scim.createUser(userName, { ...attributes, [enterpriseSchema]: enterprise })
    ids.push(String(id))
    if (index % 5 === 0)
      expectDone(await scim.patch(`/Users/${id}`, [{ op: 'replace', path: 'nickName', value: 'changed' }]))
    if (index % 3 === 0) {
      const externalId = externalIds[index % 5]
      expectDone(await other.put(`/Users/${id}`, { schemas: [userSchema], userName, externalId }))
    }
  }
  return ids
}

// Groups in groups, some of them in each other, and across the directories.
async function createGroups(clients: readonly ScimClient[], users: readonly string[], seed: number): Promise<void> {
  const names = ['Ops', 'ops team', 'Éva', 'OPS', 'All', 'ΟΔΟΣ', 'Nobody', '%', 'Outer', 'straße', 'Inner', 'a"b\\c']
  const samples = fc.sample(group, { numRuns: names.length, seed })
  const ids: string[] = []
  for (const [index, name] of names.entries()) {
    const client = clients[index % 4 === 3 ? 1 : index % 6 === 5 ? 2 : 0]
    const members = name === 'Nobody' ? [] : users.slice(index * 3, index * 3 + 5)
    ids.push(String((await client?.createGroup(name, members, samples[index]))?.['id']))
  }
  const nested = [
    [4, 0],
    [8, 4],
    [0, 8],
    [6, 3],
    [3, 1],
    [5, 2],
    [9, 5],
    [10, 9],
  ] as const
  for (const [outer, inner] of nested) {
    const operation = { op: 'add', path: 'members', value: [{ value: ids[inner] }] }
    expectDone(await clients[2]?.patch(`/Groups/${ids[outer]}`, [operation]))
  }
}

function expectDone(reply: Reply | undefined): void {
  if (reply === undefined || reply.status >= 300) throw new Error(`the world cannot be made: ${reply?.text}`)
}

// What is returned on request is put where it belongs.
async function look(name: string, scim: ScimClient, actor: Actor): Promise<Viewer> {
  const list = async (path: string): Promise<Body[]> => (await scim.get(path)).body['Resources']
  const read = async (endpoint: string, urn: string, requested: readonly string[]): Promise<Resource[]> => {
    const attributes = requested.map((one) => `${urn}:${one}`).join(',')
    const extra = new Map(
      (await list(`${endpoint}?count=1000&attributes=${attributes}`)).map((one) => [one['id'], one]),
    )
    return (await list(`${endpoint}?count=1000`)).map((resource) => {
      return { ...resource, [urn]: { ...resource[urn], ...extra.get(resource['id'])?.[urn] } }
    })
  }
  const users = await read('/Users', rollcallSchema, ['source', 'syncedAt'])
  return { name, scim, actor, users, groups: await read('/Groups', rollcallGroup, ['source']) }
}

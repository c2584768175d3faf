// A domain controller, as Microsoft's documents say, and as Samba's answers: people and groups of the company, and accounts that are none.
import type { JsonObject } from '../../providers/provider.ts'
import { isWithin, normalizeDn } from '../../providers/ldap/dn.ts'
import { writeGuid } from '../../providers/ldap/ids.ts'
import { createCompany, type NamedCompany, type Person, sites } from './company.ts'
import { readElements, readInteger } from './ldap-ber.ts'
import {
  compileFilter,
  createEntry,
  type FakeEntry,
  type FakeValue,
  type FilterWorld,
  readValues,
} from './ldap-filter.ts'
import {
  type Conversation,
  type LdapAnswer,
  type LdapFakeServer,
  pagedResults,
  type SearchRequest,
  startLdapServer,
} from './ldap-server.ts'

export interface LdapFake extends LdapFakeServer {
  readonly company: NamedCompany
  readonly settings: LdapFakeSettings
  /** How it is set up; may be changed at any time. */
  readonly account: LdapAccount
}

export type LdapFakeSettings = {
  host: string
  port: number
  certificateAuthority: string
  bindName: string
  bindPassword: string
}

export interface LdapAccount {
  /** Attributes that the account may not see, in lower case. */
  readonly hidden: Set<string>
  /** Groups beside those of departments and sites: name → names of members, who are groups or sAMAccountNames. */
  readonly groups: Map<string, { readonly within: string; readonly members: string[] }>
  /** Passwords of people, and what the server says of them otherwise, as Windows numbers it. */
  readonly passwords: Map<string, { readonly password: string; readonly data?: string }>
  /** Those whose primary group it is are not among its members. */
  readonly primaryGroups: Map<string, number>
  seesDeleted: boolean
  seesGroups: boolean
  /** Another one after the server was restored, or where another server answers. */
  invocationId: string
  /** The most values of an attribute, and entries of a page. */
  maxValues: number
  maxPage: number
}

export const domain = 'DC=corp,DC=example,DC=test'
const deletedBase = `CN=Deleted Objects,${domain}`
const services = `CN=NTDS Settings,CN=DC1,CN=Servers,CN=Sites,CN=Configuration,${domain}`
const category = `CN=Person,CN=Schema,CN=Configuration,${domain}`
const showDeleted = '1.2.840.113556.1.4.417'
const never = '9223372036854775807'

/** Of a number, so that no two of its bytes are mistaken for each other. */
export function toGuid(number: string): string {
  return `0f1e2d3c-4b5a-6978-8796-${number.padStart(12, '0')}`
}

export async function startLdapFake({ name = 'localhost' } = {}): Promise<LdapFake> {
  const company = createCompany('101', toGuid)
  const account: LdapAccount = {
    hidden: new Set(),
    groups: new Map(),
    passwords: new Map(),
    primaryGroups: new Map(),
    seesDeleted: true,
    seesGroups: true,
    invocationId: 'a3b2c1d0-0102-4304-8506-070809000102',
    maxValues: 1500,
    maxPage: 1000,
  }
  const state = new FakeState(company, account)
  const server = await startLdapServer(() => converse(state, settings), name)
  const settings: LdapFakeSettings = {
    host: '127.0.0.1',
    port: server.port,
    certificateAuthority: server.certificate.cert,
    bindName: 'rollcall@corp.example.test',
    bindPassword: 'corr3ct-h0rse-battery',
  }
  return Object.assign(server, { company, account, settings })
}

/** What company knows of somebody as attributes. */
export function describePerson(company: NamedCompany, id: string): JsonObject {
  const person = company.find(id)
  return {
    mail: person.email,
    givenName: person.firstName,
    sn: person.lastName,
    displayName: `${person.preferredName ?? person.firstName} ${person.lastName}`,
    title: person.title,
    employeeID: person.number,
    department: company.departments.get(person.departmentId)?.name ?? null,
    physicalDeliveryOfficeName: company.sites.get(person.siteId)?.name ?? null,
    employeeType: person.employmentType,
    accountStatus: isEnabled(person) ? 'active' : 'suspended',
    lastDay: person.endDate,
    ...(person.managerId !== null && { manager: person.managerId }),
  }
}

function isEnabled({ status }: Person): boolean {
  return status === 'employed' || status === 'on_leave'
}

/** What the server counts: each change of a person or of who is in a group has a number. */
class FakeState {
  readonly company: NamedCompany
  readonly account: LdapAccount
  usn = 20_000
  readonly #created = new Map<string, number>()
  readonly #changed = new Map<string, { readonly usn: number; readonly at: Date }>()
  readonly #deleted = new Map<string, { readonly usn: number; readonly at: Date }>()
  readonly #members = new Map<string, string>()
  #heard = 0
  #listed: readonly FakeEntry[] = []
  #listedKey = ''

  constructor(company: NamedCompany, account: LdapAccount) {
    this.company = company
    this.account = account
  }

  /** All entries as they are now, deleted ones at the end. */
  list(): readonly FakeEntry[] {
    const { company, account } = this
    const { groups, primaryGroups, seesGroups, invocationId } = account
    const known = [
      company.changes.length,
      company.people.size,
      [...groups],
      [...primaryGroups],
      seesGroups,
      invocationId,
    ]
    const key = JSON.stringify(known)
    if (key !== this.#listedKey) this.#listed = this.#writeAll()
    this.#listedKey = key
    return this.#listed
  }

  #writeAll(): FakeEntry[] {
    for (const { id, action, at } of this.company.changes.slice(this.#heard)) {
      const change = { usn: ++this.usn, at }
      if (action === 'Inserted') this.#created.set(id, change.usn)
      this.#changed.set(id, change)
      if (action === 'Deleted') this.#deleted.set(id, change)
    }
    this.#heard = this.company.changes.length
    const groups = this.account.seesGroups ? this.#listGroups() : []
    const within = new Map<FakeValue, string[]>()
    for (const { dn, attributes } of groups) {
      for (const member of attributes.get('member')?.values ?? [])
        within.set(member, [...(within.get(member) ?? []), dn])
    }
    const people = [...this.company.people.values()].map((person) => this.#writePerson(person, within))
    const deleted = [...this.#deleted].map(([id, { usn, at }]) => writeDeleted(id, usn, at))
    return [...people, ...groups, ...otherAccounts, this.#writeService(), ...deleted]
  }

  #listGroups(): FakeEntry[] {
    const groups = [
      ...[...this.company.departments.values()].map(({ id, name }) => {
        const within = [...this.company.departments.values()].filter(({ parentId }) => parentId === id)
        const people = [...this.company.people.values()].filter(({ departmentId }) => departmentId === id)
        const members = [...within.map((one) => nameGroup(one.name)), ...people.map(namePerson)]
        return { id, name, dn: nameGroup(name), members }
      }),
      ...[...this.company.sites.values()].map(({ id, name }) => {
        const people = [...this.company.people.values()].filter(({ siteId }) => siteId === id)
        return { id, name, dn: nameGroup(name), members: people.map(namePerson) }
      }),
      ...[...this.account.groups].map(([name, { within, members }], index) => {
        const dn = `CN=${name.split('/')[0] ?? ''},${within}`
        return { id: String(900 + index), name, dn, members: members.map((member) => this.#findMember(member)) }
      }),
      { id: '513', name: 'Domain Users', dn: `CN=Domain Users,CN=Users,${domain}`, members: [] },
    ]
    return groups.map(({ id, name, dn, members }) => {
      const known = this.#members.get(id)
      const written = members.join('\n')
      if (known !== written) this.#changed.set(id, { usn: ++this.usn, at: this.company.now })
      this.#members.set(id, written)
      const within = groups.filter((group) => group.members.includes(dn))
      return createEntry(dn, {
        objectClass: ['top', 'group'],
        cn: [name.split('/')[0] ?? ''],
        description: [`All of ${name}`],
        groupType: ['-2147483646'],
        member: members,
        memberOf: within.map((group) => group.dn),
        objectGUID: [writeGuid(toGuid(id))],
        objectSid: [writeSid(Number(id))],
        ...this.#writeChange(id),
      })
    })
  }

  #findMember(name: string): string {
    const person = [...this.company.people.values()].find((one) => nameAccount(one) === name)
    if (person !== undefined) return namePerson(person)
    const group = this.account.groups.get(name)
    return group === undefined ? name : `CN=${name.split('/')[0] ?? ''},${group.within}`
  }

  #writeChange(id: string): Record<string, FakeValue[]> {
    const { usn = 0, at = new Date(0) } = this.#changed.get(id) ?? {}
    return {
      uSNChanged: [String(usn)],
      whenChanged: [writeTime(at)],
      uSNCreated: [String(this.#created.get(id) ?? usn)],
    }
  }

  #writePerson(person: Person, within: ReadonlyMap<FakeValue, readonly string[]>): FakeEntry {
    const { firstName, lastName, preferredName, endDate, managerId } = person
    const manager = managerId === null ? undefined : this.company.people.get(managerId)
    const site = this.company.sites.get(person.siteId)
    const dn = namePerson(person)
    const values: Record<string, FakeValue | null | undefined> = {
      objectCategory: category,
      objectGUID: writeGuid(person.id),
      objectSid: writeSid(Number(person.id.slice(-6)) + 1000),
      cn: `${firstName} ${lastName}`,
      sAMAccountName: nameAccount(person),
      userPrincipalName: `${nameAccount(person)}@corp.example.test`,
      mail: person.email,
      givenName: firstName,
      sn: lastName,
      displayName: `${preferredName ?? firstName} ${lastName}`,
      title: person.title,
      telephoneNumber: person.workPhone,
      mobile: person.mobilePhone,
      homePhone: person.privateEmail === null ? null : '+49 30 5550199',
      facsimileTelephoneNumber: '+49 30 5550198',
      streetAddress: '1 Example Street',
      l: site?.name,
      st: site?.name,
      postalCode: '10115',
      c: site?.id === sites.lisbon.id ? 'PT' : 'DE',
      employeeID: person.number,
      employeeType: person.employmentType,
      company: 'Example',
      division: 'Europe',
      department: this.company.departments.get(person.departmentId)?.name,
      physicalDeliveryOfficeName: site?.name,
      manager: manager && namePerson(manager),
      userAccountControl: isEnabled(person) ? '512' : '514',
      accountExpires: endDate === null ? never : writeFiletime(new Date(Date.parse(endDate) + 86_400_000)),
      primaryGroupID: String(this.account.primaryGroups.get(person.id) ?? 513),
      whenCreated: writeTime(new Date(`${person.startDate}T08:00:00Z`)),
    }
    const written = Object.entries(values).flatMap(([name, value]) =>
      value === null || value === undefined ? [] : [[name, [value]] as const],
    )
    return createEntry(dn, {
      objectClass: ['top', 'person', 'organizationalPerson', 'user'],
      ...Object.fromEntries(written),
      memberOf: within.get(dn) ?? [],
      ...this.#writeChange(person.id),
    })
  }

  #writeService(): FakeEntry {
    const invocationId = writeGuid(this.account.invocationId)
    return createEntry(services, { objectClass: ['top', 'nTDSDSA'], invocationId: [invocationId] })
  }
}

// Two people may have one name, but not one place.
function namePerson({ firstName, lastName, id }: Person): string {
  return `CN=${firstName} ${lastName} \\+${id.slice(-3)},OU=Staff,${domain}`
}

function nameAccount({ firstName, lastName }: Person): string {
  return `${firstName}.${lastName}`.toLowerCase()
}

export function nameGroup(name: string): string {
  return `CN=${name},OU=Groups,${domain}`
}

// Accounts that a filter of people finds, and that are nobody's: the system's, a trust's, a room's; and one that it does not find.
const otherAccounts: readonly FakeEntry[] = [
  { name: 'krbtgt', isCriticalSystemObject: ['TRUE'], userAccountControl: ['514'] },
  { name: 'PARTNER$', userAccountControl: ['2080'] },
  { name: 'Room Oslo', userAccountControl: ['514'], msExchRecipientTypeDetails: ['16'], mail: ['oslo@example.test'] },
  {
    name: 'LAPTOP-7',
    userAccountControl: ['4096'],
    objectCategory: [`CN=Computer,CN=Schema,CN=Configuration,${domain}`],
  },
].map(({ name, ...attributes }, index) =>
  createEntry(`CN=${name},CN=Users,${domain}`, {
    objectClass: ['top', 'person', 'organizationalPerson', 'user'],
    objectCategory: [category],
    cn: [name],
    sAMAccountName: [name],
    objectGUID: [writeGuid(toGuid(String(990_700 + index)))],
    primaryGroupID: ['513'],
    uSNChanged: ['19000'],
    uSNCreated: ['19000'],
    whenChanged: ['20200101000000.0Z'],
    ...attributes,
  }),
)

function writeDeleted(id: string, usn: number, at: Date): FakeEntry {
  return createEntry(`CN=Somebody\\0ADEL:${id},${deletedBase}`, {
    objectClass: ['top', 'person', 'organizationalPerson', 'user'],
    isDeleted: ['TRUE'],
    objectGUID: [writeGuid(id)],
    uSNChanged: [String(usn)],
    whenChanged: [writeTime(at)],
  })
}

function writeTime(at: Date): string {
  return `${at.toISOString().replaceAll(/[-:T]|\.\d+Z$/g, '')}.0Z`
}

export function writeFiletime(at: Date): string {
  return String((BigInt(at.getTime()) + 11_644_473_600_000n) * 10_000n)
}

function writeSid(relativeId: number): Buffer {
  const numbers = [21, 882_014_730, 1_867_774_608, 3_596_146_799, relativeId]
  const sid = Buffer.alloc(8 + 4 * numbers.length)
  sid.writeUInt8(1, 0)
  sid.writeUInt8(numbers.length, 1)
  sid.writeUIntBE(5, 2, 6)
  numbers.forEach((number, index) => sid.writeUInt32LE(number, 8 + 4 * index))
  return sid
}

const success: LdapAnswer = { code: 0 }

function converse(state: FakeState, settings: LdapFakeSettings): Conversation {
  let isSignedIn = false
  const cookies = new Map<string, readonly FakeEntry[]>()
  return (request) => {
    const entries = state.list()
    if (request.method === 'BIND') {
      const answer = bind(state, settings, request)
      // Without a password nobody is signed in, and it is a success.
      isSignedIn = answer.code === 0 && request.password !== ''
      return answer
    }
    if (request.base === '') return { code: 0, entries: [writeRoot(state)] }
    if (!isSignedIn) return { code: 1, said: 'In order to perform this operation a successful bind must be completed.' }
    return search(state, entries, { request, cookies })
  }
}

function bind(
  { company, account }: FakeState,
  { bindName, bindPassword }: LdapFakeSettings,
  { name, password }: { readonly name: string; readonly password: string },
): LdapAnswer {
  if (password === '') return success
  if (name.toLowerCase() === bindName && password === bindPassword) return success
  const person = [...company.people.values()].find((one) => normalizeDn(namePerson(one)) === normalizeDn(name))
  const known = person && account.passwords.get(person.id)
  if (known?.password === password && known.data === undefined) return success
  return {
    code: 49,
    said: `80090308: LdapErr: DSID-0C090439, comment: AcceptSecurityContext error, data ${known?.data ?? '52e'}, v4563`,
  }
}

function writeRoot({ usn }: FakeState): NonNullable<LdapAnswer['entries']>[number] {
  return {
    dn: '',
    attributes: [
      ['defaultNamingContext', [domain]],
      ['namingContexts', [domain, `CN=Configuration,${domain}`, `CN=Schema,CN=Configuration,${domain}`]],
      ['supportedCapabilities', ['1.2.840.113556.1.4.800', '1.2.840.113556.1.4.1670', '1.2.840.113556.1.4.1791']],
      ['highestCommittedUSN', [String(usn)]],
      ['dsServiceName', [services]],
    ],
  }
}

interface Searching {
  readonly request: SearchRequest
  /** What is left of a search, by the cookie; of this connection only. */
  readonly cookies: Map<string, readonly FakeEntry[]>
}

function search(state: FakeState, entries: readonly FakeEntry[], { request, cookies }: Searching): LdapAnswer {
  const { account } = state
  const paged = request.controls.get(pagedResults)
  const [size, cookie] =
    paged === undefined
      ? []
      : readElements({ tag: 0x30, bytes: readElements({ tag: 0, bytes: paged })[0]?.bytes ?? paged })
  const given = cookie?.bytes.toString() ?? ''
  const found = given === '' ? find(state, entries, request) : cookies.get(given)
  if (found === undefined) return { code: given === '' ? 32 : 53, said: 'no such object, or no such cookie' }
  const most = Math.min(size === undefined ? account.maxPage : readInteger(size), account.maxPage)
  const some = found.slice(0, most).map((entry) => writeEntry(entry, request, state))
  if (paged === undefined) return { code: found.length > most ? 4 : 0, entries: some }
  const next = found.length > most ? String(cookies.size + 1) : ''
  if (next !== '') cookies.set(next, found.slice(most))
  return { code: 0, entries: some, cookie: next }
}

function find(
  state: FakeState,
  entries: readonly FakeEntry[],
  request: SearchRequest,
): readonly FakeEntry[] | undefined {
  const base = normalizeDn(request.base)
  const deleted = normalizeDn(deletedBase)
  const seesDeleted = state.account.seesDeleted && request.controls.has(showDeleted)
  if (isWithin(base, deleted) && !seesDeleted) return undefined
  const world = createWorld(state, entries)
  const container = createEntry(deletedBase, { objectClass: ['top', 'container'], isDeleted: ['TRUE'] })
  const visible = [...entries, container].filter(({ key }) => seesDeleted || !isWithin(key, deleted))
  const below = visible.filter(({ key }) => (request.scope === 'base' ? key === base : isWithin(key, base)))
  if (request.scope === 'base' && below.length === 0) return undefined
  return below.filter(compileFilter(request.filter, world))
}

function createWorld({ account }: FakeState, entries: readonly FakeEntry[]): FilterWorld {
  const parents = new Map(entries.map(({ key, attributes }) => [key, attributes.get('memberof')?.values ?? []]))
  return {
    hidden: account.hidden,
    chain: ({ key }) => {
      const seen = new Set((parents.get(key) ?? []).map((one) => normalizeDn(String(one))))
      for (const name of seen) for (const parent of parents.get(name) ?? []) seen.add(normalizeDn(String(parent)))
      return seen
    },
  }
}

type WrittenEntry = NonNullable<LdapAnswer['entries']>[number]

function writeEntry(entry: FakeEntry, { attributes }: SearchRequest, state: FakeState): WrittenEntry {
  const written = attributes.flatMap((asked): [string, readonly FakeValue[]][] => {
    const [name = '', option] = asked.split(';')
    const values = readValues(entry, name, createWorld(state, []))
    const own = entry.attributes.get(name.toLowerCase())?.name ?? name
    const start = Number(/^range=(\d+)-/.exec(option ?? '')?.[1] ?? 0)
    const end = start + state.account.maxValues
    if (values.length === 0) return []
    if (option === undefined && values.length <= end) return [[own, values]]
    const range = end < values.length ? `${start}-${end - 1}` : `${start}-*`
    const ranged: [string, readonly FakeValue[]] = [`${own};range=${range}`, values.slice(start, end)]
    return option === undefined ? [[own, []], ranged] : [ranged]
  })
  return { dn: entry.dn, attributes: written }
}

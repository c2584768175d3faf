// What a tenant of Entra ID holds, made of the company: users, groups within groups, and what the fake is told beside it.
import type { Json, JsonObject } from '../../providers/provider.ts'
import type { NamedCompany, Person } from './company.ts'

export interface EntraAccount {
  /** Properties of users that never come. */
  readonly hidden: Set<string>
  /** Permissions that the application has not. */
  readonly refused: Set<string>
  /** How the day on which somebody leaves is kept back of who may not read it. */
  leaveDates: 'allowed' | 'left out' | 'refused'
  secret: 'valid' | 'expired' | 'revoked'
  tokenSeconds: number
  /** The most items of a page, whatever is asked for. */
  largestPage: number
  /** Members of a group in one item of a round; the others come in other items. */
  membersOfItem: number
  /** Whether a round begins with a page without items. */
  beginsEmpty: boolean
  /** How it says that a link is too old. */
  expired: 'gone' | 'syncStateNotFound'
  /** Properties beside those of the company, and users beside its people: id → property → value. */
  readonly users: Map<string, JsonObject>
  readonly groups: EntraGroup[]
  /** Ids of users who are gone for good. */
  readonly purged: Set<string>
  /** Who is in a group by what lags behind: group → members. */
  readonly lagging: Map<string, readonly Member[]>
  /** Roles of users: id → roles. */
  readonly roles: Map<string, readonly Role[]>
  readonly policies: JsonObject[]
  /** Changes the items of the next round. */
  editRound: ((items: JsonObject[]) => JsonObject[]) | undefined
}

export interface Member {
  readonly type: 'user' | 'group' | 'device'
  readonly id: string
}

export interface EntraGroup {
  readonly id: string
  readonly displayName: string
  readonly description?: string
  readonly createdDateTime: string
  readonly securityEnabled: boolean
  readonly groupTypes: readonly string[]
  readonly members: readonly Member[]
}

export interface Role {
  readonly id: string
  readonly displayName: string
  readonly roleTemplateId: string
}

/** All properties of users that Graph would give, but null where nothing was ever set. */
export function listUsers(company: NamedCompany, account: EntraAccount): Map<string, JsonObject> {
  const people = [...company.people.values()].map((person): [string, JsonObject] => [
    person.id,
    { ...writePerson(person, company), ...account.users.get(person.id) },
  ])
  const others = [...account.users].filter(([id]) => !company.people.has(id))
  const users = [...people, ...others.map(([id, user]): [string, JsonObject] => [id, { ...unset, ...user, id }])]
  return new Map(
    users
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([id, user]) => [
        id,
        Object.fromEntries(Object.entries(user).filter(([name]) => !account.hidden.has(name))),
      ]),
  )
}

const unset: JsonObject = {
  accountEnabled: true,
  userType: 'Member',
  businessPhones: [],
  otherMails: [],
  manager: null,
}

function writePerson(person: Person, { departments, sites }: NamedCompany): JsonObject {
  const name = person.preferredName ?? person.firstName
  const isEnabled = person.status === 'employed' || person.status === 'on_leave'
  return {
    id: person.id,
    accountEnabled: isEnabled,
    businessPhones: person.workPhone === null ? [] : [person.workPhone],
    city: sites.get(person.siteId)?.name ?? null,
    companyName: 'Example GmbH',
    country: 'Germany',
    createdDateTime: `${person.startDate}T08:00:00Z`,
    department: departments.get(person.departmentId)?.name ?? null,
    displayName: `${name} ${person.lastName}`,
    employeeHireDate: `${person.startDate}T00:00:00Z`,
    employeeId: person.number,
    employeeLeaveDateTime: person.endDate === null ? null : `${person.endDate}T00:00:00Z`,
    employeeOrgData: { costCenter: '4711', division: 'EMEA' },
    employeeType: person.employmentType === 'Full-Time' ? 'Employee' : person.employmentType,
    faxNumber: '+49 30 5550199',
    givenName: name,
    jobTitle: person.title,
    mail: person.email,
    mobilePhone: person.mobilePhone,
    officeLocation: sites.get(person.siteId)?.name ?? null,
    otherMails: person.privateEmail === null ? [] : [person.privateEmail],
    postalCode: '10115',
    preferredLanguage: 'de-DE',
    state: 'Berlin',
    streetAddress: 'Hauptstraße 1',
    surname: person.lastName,
    userPrincipalName: person.email?.toLowerCase() ?? `${person.id}@example.test`,
    userType: 'Member',
    manager: person.managerId,
  }
}

/** Departments, within each other, and sites. */
export function listGroups(company: NamedCompany, account: EntraAccount): EntraGroup[] {
  const people = [...company.people.values()]
  const membersOf = (isIn: (person: Person) => boolean): Member[] =>
    people.filter(isIn).map(({ id }) => ({ type: 'user', id }))
  const departments = [...company.departments.values()]
  return [
    ...departments.map(({ id, name }) => ({
      ...group(toGroupId(id), name, { securityEnabled: true, groupTypes: [] }),
      members: [
        ...membersOf(({ departmentId }) => departmentId === id),
        ...departments
          .filter(({ parentId }) => parentId === id)
          .map((child) => ({ type: 'group' as const, id: toGroupId(child.id) })),
      ],
    })),
    ...[...company.sites.values()].map(({ id, name }) => ({
      ...group(toGroupId(id), name, { securityEnabled: false, groupTypes: ['Unified'] }),
      members: membersOf(({ siteId }) => siteId === id),
    })),
    ...account.groups,
  ].toSorted((one, other) => (one.id < other.id ? -1 : 1))
}

function group(
  id: string,
  displayName: string,
  values: Pick<EntraGroup, 'securityEnabled' | 'groupTypes'>,
): Omit<EntraGroup, 'members'> {
  return {
    id,
    displayName,
    description: `Everybody in ${displayName}`,
    createdDateTime: '2020-01-01T08:00:00Z',
    ...values,
  }
}

/** What a department or site is called as a group. */
export function toGroupId(id: string): string {
  return `02bd9fd6-8f93-4758-87c3-${id.padStart(12, '0')}`
}

/** Groups that a user is in, through whatever others. */
export function findGroupsOf(userId: string, groups: readonly EntraGroup[]): EntraGroup[] {
  const found = new Set(
    groups.filter(({ members }) => members.some(({ type, id }) => type === 'user' && id === userId)),
  )
  for (let size = -1; size < found.size;) {
    size = found.size
    const ids = new Set([...found].map(({ id }) => id))
    for (const one of groups) if (one.members.some(({ type, id }) => type === 'group' && ids.has(id))) found.add(one)
  }
  return [...found]
}

/** Only what is asked for, and the id. */
export function select(item: JsonObject, names: readonly string[] | undefined): JsonObject {
  if (names === undefined) return item
  return Object.fromEntries(['id', ...names].flatMap((name) => (item[name] === undefined ? [] : [[name, item[name]]])))
}

export function writeMember({ type, id }: Member): JsonObject {
  return { '@odata.type': `#microsoft.graph.${type}`, id }
}

export function writeGroup({ members: _members, ...properties }: EntraGroup): JsonObject {
  return {
    description: null,
    ...(properties as unknown as Record<string, Json>),
    groupTypes: [...properties.groupTypes],
  }
}

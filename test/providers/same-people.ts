// What the company tells of its people as SCIM attributes, which source tells otherwise, and why: a test holds the sources to it, and the
// table in docs/providers/README.md is written from it.
import { enterprise, rollcall } from '../../providers/provider.ts'
import type { Company, NamedCompany, NamedPeople, Person } from './company.ts'

/** Groups have no path of their own: they are those of a person's `groups`. */
export const groupAttributes = {
  department: 'a group of the department',
  site: 'a group of the location',
  within: 'the departments around it',
} as const

/** Of the absence that goes on, for who is on leave: the company knows no other. */
export const absenceAttribute = `${rollcall}:absences`

/** Attribute → what there is to be read of a person. */
export type Told = Readonly<Record<string, string | undefined>>

/** All that the company knows, in the order of the table. */
export function describePerson(person: Person, company: Company): Told {
  const { preferredName, firstName, middleName, lastName, managerId } = person
  const givenName = preferredName ?? firstName
  const department = company.departments.get(person.departmentId)
  const manager = managerId === null ? undefined : company.find(managerId)
  const address = person.email?.toLowerCase()
  return {
    userName: address,
    active: 'true',
    'name.givenName': givenName,
    'name.familyName': lastName,
    'name.middleName': middleName ?? undefined,
    'name.formatted': [firstName, middleName, lastName].filter((part) => part !== null).join(' '),
    displayName: `${givenName} ${lastName}`,
    title: person.title,
    'emails[type eq "work"].value': address,
    'emails[type eq "work"].primary': 'true',
    'emails[type eq "home"].value': person.privateEmail ?? undefined,
    'phoneNumbers[type eq "work"].value': person.workPhone ?? undefined,
    'phoneNumbers[type eq "mobile"].value': person.mobilePhone ?? undefined,
    [`${enterprise}:employeeNumber`]: person.number ?? undefined,
    [`${enterprise}:department`]: department?.name,
    [`${enterprise}:manager.value`]: manager?.email?.toLowerCase(),
    [`${rollcall}:location`]: company.sites.get(person.siteId)?.name,
    [`${rollcall}:startDate`]: person.startDate,
    [`${rollcall}:endDate`]: person.endDate ?? undefined,
    [`${rollcall}:employmentStatus`]: person.status === 'on_leave' ? 'on_leave' : 'active',
    [`${rollcall}:employmentType`]: person.employmentType === 'Full-Time' ? 'full_time' : 'part_time',
    [absenceAttribute]: person.leave ?? undefined,
    [groupAttributes.department]: department?.name,
    [groupAttributes.site]: company.sites.get(person.siteId)?.name,
    [groupAttributes.within]: company.departments.get(department?.parentId ?? '')?.name,
  }
}

export interface Difference {
  readonly attribute: string
  /** Ids of providers. */
  readonly sources: readonly string[]
  /** What they tell of these people in place of what the company knows; where it is left out, nothing of anybody. */
  readonly tells?: Partial<Record<keyof NamedPeople, string | undefined>>
  /** A sentence without its end, after the name of the source. */
  readonly why: string
}

export const differences: readonly Difference[] = [
  {
    attribute: 'name.givenName',
    sources: ['hibob', 'okta', 'ldap'],
    tells: { onLeave: 'Adelheid' },
    why: 'has the first name of papers there; the one that people use is in `displayName`',
  },
  {
    attribute: 'name.middleName',
    sources: ['bamboohr', 'workday', 'sap_successfactors'],
    why: 'tells middle names with the whole name of papers, `name.formatted`',
  },
  {
    attribute: 'name.middleName',
    sources: ['hibob', 'personio', 'azure_ad', 'ldap'],
    why: 'is not asked for middle names, which it has for few or none',
  },
  {
    attribute: 'name.formatted',
    sources: ['hibob', 'okta', 'azure_ad', 'ldap'],
    why: 'tells the parts of a name, and the one that is shown, but not the whole name of papers',
  },
  {
    attribute: 'name.formatted',
    sources: ['personio'],
    tells: { onLeave: 'Adelheid Berg' },
    why: 'knows no middle names',
  },
  {
    attribute: 'emails[type eq "home"].value',
    sources: ['okta', 'azure_ad'],
    why: 'has second addresses of any kind, which are `emails[type eq "other"].value`',
  },
  {
    attribute: 'emails[type eq "home"].value',
    sources: ['personio', 'ldap'],
    why: 'has no private addresses, or none under a name that all accounts have',
  },
  {
    attribute: 'phoneNumbers[type eq "work"].value',
    sources: ['personio'],
    why: 'has no phones and no employee numbers in version 2 of its API but as attributes of the account’s own',
  },
  {
    attribute: 'phoneNumbers[type eq "mobile"].value',
    sources: ['personio'],
    why: 'has no phones and no employee numbers in version 2 of its API but as attributes of the account’s own',
  },
  {
    attribute: `${enterprise}:employeeNumber`,
    sources: ['personio'],
    why: 'has no phones and no employee numbers in version 2 of its API but as attributes of the account’s own',
  },
  {
    attribute: `${rollcall}:location`,
    sources: ['okta'],
    why: 'knows a city, which is in `addresses`, and no office',
  },
  {
    attribute: `${rollcall}:startDate`,
    sources: ['okta', 'ldap'],
    why: 'knows accounts, and not since when or until when somebody works there',
  },
  {
    attribute: `${rollcall}:endDate`,
    sources: ['okta'],
    why: 'knows accounts, and not since when or until when somebody works there',
  },
  {
    attribute: `${rollcall}:employmentStatus`,
    sources: ['okta', 'azure_ad', 'ldap'],
    tells: { onLeave: 'active' },
    why: 'knows whether an account can be used, and nothing of leave',
  },
  {
    attribute: `${rollcall}:employmentType`,
    sources: ['bamboohr'],
    tells: { onLeave: undefined },
    why: 'has one employment status for both, so that a leave takes the place of the kind',
  },
  {
    attribute: absenceAttribute,
    sources: ['hibob'],
    tells: { onLeave: 'Out of office' },
    why: 'tells who is away, but not to everybody why',
  },
  {
    attribute: absenceAttribute,
    sources: ['sap_successfactors'],
    why: 'is not asked for absences',
  },
  {
    attribute: absenceAttribute,
    sources: ['okta', 'azure_ad', 'ldap'],
    why: 'knows whether an account can be used, and nothing of leave',
  },
  {
    attribute: groupAttributes.department,
    sources: ['sap_successfactors'],
    tells: { manager: 'Engineering (department)' },
    why: 'has divisions, too, and one of them has the same name, so that both get longer ones',
  },
  {
    attribute: groupAttributes.within,
    sources: ['sap_successfactors'],
    tells: { onLeave: 'Engineering (department)' },
    why: 'has divisions, too, and one of them has the same name, so that both get longer ones',
  },
  {
    attribute: groupAttributes.within,
    sources: ['bamboohr', 'okta'],
    why: 'has no groups within others',
  },
]

export function findDifference(source: string, attribute: string): Difference | undefined {
  return differences.find((one) => one.attribute === attribute && one.sources.includes(source))
}

/** What is to come of one of the people from a source. */
export function expectPerson(source: string, name: keyof NamedPeople, company: NamedCompany): Told {
  const known = Object.entries(describePerson(company.named[name], company))
  return Object.fromEntries(
    known.map(([attribute, value]) => {
      const difference = findDifference(source, attribute)
      if (difference === undefined) return [attribute, value]
      const { tells } = difference
      if (tells === undefined) return [attribute, undefined]
      return [attribute, Object.hasOwn(tells, name) ? tells[name] : value]
    }),
  )
}

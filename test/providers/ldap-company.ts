// The company as an OpenLDAP directory has it, written as LDIF.
import { createHash } from 'node:crypto'
import { reader, suffix } from '../support/slapd.ts'
import { type Company, type NamedCompany, type Person } from './company.ts'
import { writeFiletime } from './ldap-fake.ts'

/** When everything was last changed that is there from the beginning. */
const longAgo = '20261101080000Z'

/** An id of an entry as text, the same for the same name. */
export function toUuid(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex')
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-4$3-8$4-$5')
}

export function nameEntry({ firstName, lastName }: Pick<Person, 'firstName' | 'lastName'>): string {
  return `uid=${firstName}.${lastName},ou=People,${suffix}`.toLowerCase()
}

export function nameGroup(name: string): string {
  return `cn=${name},ou=Groups,${suffix}`
}

/** Everybody, and a group for each department, with those within it. */
export function writeLdif(company: NamedCompany): string {
  const groups = [...company.departments.values()].map(({ id, name }) => {
    const within = [...company.departments.values()].filter(({ parentId }) => parentId === id)
    const people = [...company.people.values()].filter(({ departmentId }) => departmentId === id)
    return writeGroup(name, [...within.map((one) => nameGroup(one.name)), ...people.map(nameEntry)])
  })
  return [...base, ...[...company.people.values()].map((person) => writePerson(person, company)), ...groups].join(
    '\n\n',
  )
}

/** A group; it must have members. */
export function writeGroup(name: string, members: readonly string[]): string {
  const dn = nameGroup(name)
  return writeEntry(dn, [
    ['objectClass', 'groupOfNames'],
    ['cn', name],
    ['description', `All of ${name}`],
    ...members.map((member) => ['member', member] as const),
  ])
}

export function writePerson(person: Person, company: Company): string {
  const { firstName, lastName, managerId, endDate } = person
  const manager = managerId === null ? undefined : company.people.get(managerId)
  return writeEntry(nameEntry(person), [
    ['objectClass', 'inetOrgPerson'],
    ['objectClass', 'windowsAccount'],
    ['cn', `${person.preferredName ?? firstName} ${lastName}`],
    ['uid', `${firstName}.${lastName}`.toLowerCase()],
    ['givenName', firstName],
    ['sn', lastName],
    ['displayName', `${person.preferredName ?? firstName} ${lastName}`],
    ['mail', person.email],
    ['title', person.title],
    ['telephoneNumber', person.workPhone],
    ['mobile', person.mobilePhone],
    ['employeeNumber', person.number],
    ['employeeType', person.employmentType],
    ['department', company.departments.get(person.departmentId)?.name],
    ['l', company.sites.get(person.siteId)?.name],
    ['manager', manager && nameEntry(manager)],
    ['accountExpires', endDate && writeFiletime(new Date(Date.parse(endDate) + 86_400_000))],
    ['userPassword', `pass-of-${firstName}`],
  ])
}

function writeEntry(dn: string, values: readonly (readonly [string, string | null | undefined])[]): string {
  const lines = values.flatMap(([name, value]) => (value === null || value === undefined ? [] : `${name}: ${value}`))
  const times = [`entryUUID: ${toUuid(dn)}`, `createTimestamp: ${longAgo}`, `modifyTimestamp: ${longAgo}`]
  return [`dn: ${dn}`, ...lines, ...times].join('\n')
}

const base = [
  writeEntry(suffix, [
    ['objectClass', 'dcObject'],
    ['objectClass', 'organization'],
    ['dc', 'example'],
    ['o', 'Example'],
  ]),
  ...['People', 'Groups', 'services'].map((ou) =>
    writeEntry(`ou=${ou},${suffix}`, [
      ['objectClass', 'organizationalUnit'],
      ['ou', ou],
    ]),
  ),
  writeEntry(reader.name, [
    ['objectClass', 'organizationalRole'],
    ['objectClass', 'simpleSecurityObject'],
    ['cn', 'rollcall'],
    ['userPassword', reader.password],
  ]),
  writeEntry(`cn=passwords,ou=services,${suffix}`, [
    ['objectClass', 'device'],
    ['objectClass', 'pwdPolicy'],
    ['cn', 'passwords'],
    ['pwdAttribute', 'userPassword'],
    ['pwdLockout', 'TRUE'],
    ['pwdMaxFailure', '3'],
    ['pwdMustChange', 'TRUE'],
  ]),
]

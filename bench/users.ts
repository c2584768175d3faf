// Enterprise users of about twenty attributes, the same in every run: user n is always the same person.
import type { JsonObject } from '../server/db/tables.ts'
import { enterpriseUser } from '../server/directory/user-record.ts'

const userSchema = 'urn:ietf:params:scim:schemas:core:2.0:User'

const givenNames = ['Anna', 'Boris', 'Chloé', 'Dmitri', 'Elif', 'Farid', 'Grace', 'Håkon', 'Ines', 'Jun', 'Kamala']
const familyNames = ['Abel', 'Brandt', 'Costa', 'Dupont', 'Eriksen', 'Fischer', 'Gupta', 'Horváth', 'Ito', 'Jansen']
const titles = ['Engineer', 'Senior Engineer', 'Analyst', 'Accountant', 'Recruiter', 'Account Manager', 'Technician']
const departments = ['Engineering', 'Finance', 'People', 'Sales', 'Support', 'Legal', 'Marketing', 'Operations']
const places = [
  ['Berlin', 'BE', 'DE', 'de-DE', 'Europe/Berlin'],
  ['Lyon', 'ARA', 'FR', 'fr-FR', 'Europe/Paris'],
  ['Austin', 'TX', 'US', 'en-US', 'America/Chicago'],
  ['Pune', 'MH', 'IN', 'en-IN', 'Asia/Kolkata'],
  ['Osaka', '27', 'JP', 'ja-JP', 'Asia/Tokyo'],
] as const

/** What of user `index` never changes, and what it is looked up by. */
export interface Identity {
  readonly userName: string
  readonly externalId: string
  readonly familyName: string
  readonly workEmail: string
  readonly employeeNumber: string
}

function pick<Item>(items: readonly Item[], index: number): Item {
  return items[index % items.length] as Item
}

export function identify(index: number): Identity {
  const number = String(index).padStart(7, '0')
  // The name to sign in with is the work address, as it mostly is.
  const workEmail = `user.${number}@example.com`
  return {
    userName: workEmail,
    externalId: `00u${number}abcdefgh`,
    familyName: pick(familyNames, Math.floor(index / givenNames.length)),
    workEmail,
    employeeNumber: `E${number}`,
  }
}

/** The user whom `index` reports to: ten people have one manager. */
export function managerOf(index: number): number | undefined {
  return index === 0 ? undefined : Math.floor(index / 10)
}

/** The body of a POST that creates user `index`. */
export function describeUser(index: number, managerId: string | undefined): JsonObject {
  const { userName, externalId, familyName, workEmail, employeeNumber } = identify(index)
  const givenName = pick(givenNames, index)
  const [locality, region, country, locale, timezone] = pick(places, index)
  const manager = managerId === undefined ? {} : { manager: { value: managerId } }
  return {
    schemas: [userSchema, enterpriseUser],
    userName,
    externalId,
    name: { formatted: `${givenName} ${familyName}`, familyName, givenName },
    displayName: `${givenName} ${familyName}`,
    nickName: givenName.slice(0, 3),
    title: pick(titles, index),
    userType: 'Employee',
    preferredLanguage: locale,
    locale,
    timezone,
    active: true,
    emails: [
      { value: workEmail, type: 'work', primary: true },
      { value: `${givenName.toLowerCase().replace(/[^a-z]/g, '')}${index}@mail.example.org`, type: 'home' },
    ],
    phoneNumbers: [{ value: `+1-555-${String(index % 10_000_000).padStart(7, '0')}`, type: 'work' }],
    addresses: [
      {
        type: 'work',
        streetAddress: `${(index % 200) + 1} Main Street`,
        locality,
        region,
        postalCode: String(10_000 + (index % 80_000)),
        country,
      },
    ],
    [enterpriseUser]: {
      employeeNumber,
      costCenter: `CC-${100 + (index % 40)}`,
      organization: 'Example',
      division: pick(['EMEA', 'Americas', 'APAC'], index),
      department: pick(departments, index),
      ...manager,
    },
  }
}

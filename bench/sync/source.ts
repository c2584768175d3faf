// A source that answers at once: the users of the benchmark as an HR system would tell them, in pages of any size.
import {
  enterprise,
  type JsonObject,
  type Page,
  type Provider,
  rollcall,
  type SourceRecord,
} from '../../providers/provider.ts'
import { describeUser, identify, managerOf } from '../users.ts'

/** A provider of so many people. */
export function createInstantProvider(people: number): Provider {
  return {
    id: 'instant',
    name: 'Instant',
    settings: { type: 'object', additionalProperties: false, required: [], properties: {} },
    rateLimit: { requests: 1_000_000, perMs: 1000 },
    mapping,
    required: [],
    capabilities: ['users'],
    open: () => ({
      check: () => Promise.resolve([]),
      pull: (cursor, { pageSize }) => pull(people, typeof cursor === 'number' ? cursor : 0, pageSize),
    }),
  }
}

// oxlint-disable-next-line typescript/require-await -- a source is asynchronous
async function* pull(people: number, start: number, pageSize: number): AsyncGenerator<Page> {
  for (let at = start; at < people; at += pageSize) {
    const end = Math.min(at + pageSize, people)
    const records = Array.from({ length: end - at }, (_, index) => describe(at + index))
    yield { records, cursor: end, totalPages: Math.ceil(people / pageSize) }
  }
}

function describe(index: number): SourceRecord {
  const manager = managerOf(index)
  const { externalId, workEmail, employeeNumber, familyName } = identify(index)
  const user = describeUser(index, undefined)
  const [, home] = user['emails'] as { value: string }[]
  const [phone] = user['phoneNumbers'] as { value: string }[]
  const [address] = user['addresses'] as Record<string, string>[]
  const work = user[enterprise] as Record<string, string>
  const fields: JsonObject = {
    email: workEmail,
    privateEmail: home?.value ?? null,
    firstName: (user['name'] as { givenName: string }).givenName,
    lastName: familyName,
    displayName: user['displayName'] as string,
    jobTitle: user['title'] as string,
    language: user['locale'] as string,
    phone: phone?.value ?? null,
    street: address?.['streetAddress'] ?? null,
    city: address?.['locality'] ?? null,
    zip: address?.['postalCode'] ?? null,
    country: address?.['country'] ?? null,
    employeeNumber,
    department: work['department'] ?? null,
    division: work['division'] ?? null,
    costCenter: work['costCenter'] ?? null,
    company: work['organization'] ?? null,
    location: address?.['locality'] ?? null,
    status: 'Active',
    startDate: `20${String(10 + (index % 15))}-0${1 + (index % 9)}-15`,
    managerId: manager === undefined ? null : identify(manager).externalId,
  }
  return { id: externalId, type: 'user', fields }
}

const mapping: Provider['mapping'] = {
  'emails[type eq "work"].value': 'email',
  'emails[type eq "home"].value': 'privateEmail',
  'name.givenName': 'firstName',
  'name.familyName': 'lastName',
  displayName: 'displayName',
  title: 'jobTitle',
  locale: 'language',
  'phoneNumbers[type eq "work"].value': 'phone',
  'addresses[type eq "work"].streetAddress': 'street',
  'addresses[type eq "work"].locality': 'city',
  'addresses[type eq "work"].postalCode': 'zip',
  'addresses[type eq "work"].country': 'country',
  [`${enterprise}:employeeNumber`]: 'employeeNumber',
  [`${enterprise}:department`]: 'department',
  [`${enterprise}:division`]: 'division',
  [`${enterprise}:costCenter`]: 'costCenter',
  [`${enterprise}:organization`]: 'company',
  [`${enterprise}:manager.value`]: 'managerId',
  [`${rollcall}:location`]: 'location',
  [`${rollcall}:startDate`]: { from: 'startDate', transform: 'date' },
  [`${rollcall}:employmentStatus`]: { from: 'status', table: { Active: 'active' } },
}

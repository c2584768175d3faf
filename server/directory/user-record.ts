// A user as the core sees it, and how it lies in its row: `resource` without the manager, and beside it what is looked up.
import type { JsonObject, JsonValue } from '../db/tables.ts'
import { AppError } from '../errors.ts'
import { foldCase, prepareUserName } from './keys.ts'
import { writeWordKeys } from './lookup/words.ts'

export const enterpriseUser = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
export const rollcallUser = 'urn:ietf:params:scim:schemas:extension:rollcall:2.0:User'

/** A SCIM User in canonical form, without id, externalId, groups and meta; `manager` is `{value}`. */
export type UserResource = JsonObject

export interface UserColumns {
  readonly user_name_key: string
  readonly email_keys: string[]
  readonly employee_number_key: string | null
  readonly department_key: string | null
  readonly word_keys: string
  readonly manager_id: string | null
  readonly active: boolean | null
  /** YYYY-MM-DD; null where nobody has left or will, -infinity where the source says that they have. */
  readonly last_day: string | null
  readonly resource: JsonObject
}

/** Of the columns that `toColumns` makes. */
export const columnTypes: Readonly<Record<keyof UserColumns, string>> = {
  user_name_key: 'text',
  email_keys: 'text[]',
  employee_number_key: 'text',
  department_key: 'text',
  word_keys: 'tsvector',
  manager_id: 'text',
  active: 'boolean',
  last_day: 'date',
  resource: 'jsonb',
}

/** The columns, for a list of them, for json_to_record, and to set those of a row `u` from a record `r`. */
export const columnSql = {
  names: Object.keys(columnTypes).join(', '),
  types: Object.entries(columnTypes)
    .map(([name, type]) => `${name} ${type}`)
    .join(', '),
  assignments: Object.keys(columnTypes)
    .map((name) => `${name} = ${name === 'word_keys' ? 'coalesce(r.word_keys, u.word_keys)' : `r.${name}`}`)
    .join(', '),
}

/** What is stored of a resource of an organization. Throws invalid_value where userName cannot be one. */
export function toColumns(organizationId: string, resource: UserResource): UserColumns {
  return { ...toPlainColumns(resource), word_keys: readWordKeys(organizationId, resource) }
}

/** The same of a resource that had other values of the attributes in `changed`; words that stay as they are are null. */
export function toChangedColumns(
  organizationId: string,
  resource: UserResource,
  changed: ReadonlyMap<string, unknown>,
): Omit<UserColumns, 'word_keys'> & { readonly word_keys: string | null } {
  const isCalledAnew = calling.some((attribute) => changed.has(attribute))
  return { ...toPlainColumns(resource), word_keys: isCalledAnew ? readWordKeys(organizationId, resource) : null }
}

function toPlainColumns(resource: UserResource): Omit<UserColumns, 'word_keys'> {
  const enterprise = asObject(resource[enterpriseUser])
  const { manager, ...ownEnterprise } = enterprise ?? {}
  return {
    user_name_key: requireUserNameKey(resource['userName']),
    email_keys: listEmailKeys(resource['emails']),
    employee_number_key: foldText(enterprise?.['employeeNumber']),
    department_key: foldText(enterprise?.['department']),
    manager_id: readText(asObject(manager)?.['value']),
    active: typeof resource['active'] === 'boolean' ? resource['active'] : null,
    last_day: findLastDay(asObject(resource[rollcallUser])),
    resource: enterprise === undefined ? resource : { ...resource, [enterpriseUser]: ownEnterprise },
  }
}

const stay: ReadonlySet<JsonValue | undefined> = new Set(['active', 'on_leave', 'suspended', 'contractor'])
const leave: ReadonlySet<JsonValue | undefined> = new Set(['terminated', 'retired'])

// The status that the source states counts more than a date.
function findLastDay(employment: JsonObject | undefined): string | null {
  if (leave.has(employment?.['employmentStatus'])) return '-infinity'
  const last = readText(employment?.['endDate'])
  return last === null || stay.has(employment?.['employmentStatus']) || !isDay(last) ? null : last
}

// As PostgreSQL reads it, which has no year 0.
function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || text.startsWith('0000')) return false
  const date = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
}

// What `readWordKeys` reads.
const calling = ['name', 'nickName', 'displayName', 'userName', 'emails', `${enterpriseUser}:employeeNumber`]

/** The keys of the words that a person is found by, as the text of a tsvector. */
export function readWordKeys(organizationId: string, resource: UserResource): string {
  const name = asObject(resource['name']) ?? {}
  const parts = [name['givenName'], name['middleName'], name['familyName'], resource['nickName']]
  const names = parts.map(readText).filter((text) => text !== null)
  return writeWordKeys(organizationId, {
    displayName: readText(resource['displayName']) ?? readText(name['formatted']),
    names,
    addresses: [...listEmailKeys(resource['emails']), readText(resource['userName']) ?? ''],
    employeeNumber: readText(asObject(resource[enterpriseUser])?.['employeeNumber']),
  })
}

/** The resource of a row, the manager back in its place. */
export function fromColumns(resource: JsonObject, managerId: string | null): UserResource {
  if (managerId === null) return resource
  const enterprise = asObject(resource[enterpriseUser]) ?? {}
  return { ...resource, [enterpriseUser]: { ...enterprise, manager: { value: managerId } } }
}

function requireUserNameKey(userName: JsonValue | undefined): string {
  const key = typeof userName === 'string' ? prepareUserName(userName) : undefined
  if (key === undefined) {
    throw new AppError('invalid_value', 'userName must be a non-empty string without control characters.')
  }
  return key
}

function listEmailKeys(emails: JsonValue | undefined): string[] {
  if (!Array.isArray(emails)) return []
  const keys = emails.map((email) => foldText(asObject(email)?.['value'])).filter((key) => key !== null)
  return [...new Set(keys)]
}

function foldText(value: JsonValue | undefined): string | null {
  const text = readText(value)
  return text === null ? null : foldCase(text)
}

function readText(value: JsonValue | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

export function asObject(value: JsonValue | undefined): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
}

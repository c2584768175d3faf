// A user as the core sees it, and how it lies in its row: `resource` without the manager, and beside it what is looked up.
import type { JsonObject, JsonValue } from '../db/tables.ts'
import { AppError } from '../errors.ts'
import { foldCase, prepareUserName } from './keys.ts'

export const enterpriseUser = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
export const rollcallUser = 'urn:ietf:params:scim:schemas:extension:rollcall:2.0:User'

/** A SCIM User in canonical form, without id, externalId, groups and meta; `manager` is `{value}`. */
export type UserResource = JsonObject

export interface UserColumns {
  readonly user_name_key: string
  readonly email_keys: string[]
  readonly employee_number_key: string | null
  readonly department_key: string | null
  readonly manager_id: string | null
  readonly active: boolean | null
  readonly resource: JsonObject
}

const columnTypes: Readonly<Record<keyof UserColumns, string>> = {
  user_name_key: 'text',
  email_keys: 'text[]',
  employee_number_key: 'text',
  department_key: 'text',
  manager_id: 'text',
  active: 'boolean',
  resource: 'jsonb',
}

/** The columns, for a list of them, for json_to_record, and to set them from a record `r`. */
export const columnSql = {
  names: Object.keys(columnTypes).join(', '),
  types: Object.entries(columnTypes)
    .map(([name, type]) => `${name} ${type}`)
    .join(', '),
  assignments: Object.keys(columnTypes)
    .map((name) => `${name} = r.${name}`)
    .join(', '),
}

/** What is stored of a resource. Throws invalid_value where userName cannot be one. */
export function toColumns(resource: UserResource): UserColumns {
  const enterprise = asObject(resource[enterpriseUser])
  const { manager, ...ownEnterprise } = enterprise ?? {}
  return {
    user_name_key: requireUserNameKey(resource['userName']),
    email_keys: listEmailKeys(resource['emails']),
    employee_number_key: foldText(enterprise?.['employeeNumber']),
    department_key: foldText(enterprise?.['department']),
    manager_id: readText(asObject(manager)?.['value']),
    active: typeof resource['active'] === 'boolean' ? resource['active'] : null,
    resource: enterprise === undefined ? resource : { ...resource, [enterpriseUser]: ownEnterprise },
  }
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

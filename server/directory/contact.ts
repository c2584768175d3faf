// Whom somebody is called and how to write to them.
import type { Database } from '../db/connect.ts'
import { query } from '../db/query.ts'
import type { JsonObject, JsonValue } from '../db/tables.ts'
import { asObject, fromColumns } from './user-record.ts'

export interface Contact {
  readonly id: string
  /** displayName, or else the name, or else the userName. */
  readonly displayName: string
  /** The primary address, or else that for work, or else the first; null where that is none that mail can be sent to. */
  readonly email: string | null
}

/** How to write to the person of a SCIM User. */
export function toContact(id: string, user: JsonObject): Contact {
  const name = asObject(user['name']) ?? {}
  const names = [name['givenName'], name['familyName']].map(readText).filter((part) => part !== undefined)
  const called = [user['displayName'], name['formatted'], names.join(' '), user['userName']].map(readText)
  return { id, displayName: called.find((one) => one !== undefined) ?? id, email: findEmail(user['emails']) }
}

/** undefined of somebody who is not in the directory. */
export async function readContact(db: Database, organizationId: string, id: string): Promise<Contact | undefined> {
  const user = await readStoredUser(db, organizationId, id)
  return user === undefined ? undefined : toContact(id, user)
}

/** A person as the directories say, without id and meta. */
export async function readStoredUser(
  db: Database,
  organizationId: string,
  id: string,
): Promise<JsonObject | undefined> {
  const text = 'select resource, manager_id from users where org_id = $1 and id = $2'
  const [row] = await query<{ resource: JsonObject; manager_id: string | null }>(db, text, [organizationId, id])
  return row === undefined ? undefined : fromColumns(row.resource, row.manager_id)
}

/** The displayName of a group. */
export async function readGroupName(db: Database, organizationId: string, id: string): Promise<string | undefined> {
  const text = `select resource ->> 'displayName' as name from groups where org_id = $1 and id = $2`
  const [row] = await query<{ name: string }>(db, text, [organizationId, id])
  return row?.name
}

/** Whether it is one address and nothing else. */
export function isAddress(text: string): boolean {
  return text.length <= 254 && /^[^\s\p{Cc}@<>()[\]\\,;:"]+@[\p{L}\p{N}](?:[\p{L}\p{N}.-]*[\p{L}\p{N}])?$/u.test(text)
}

function findEmail(emails: JsonValue | undefined): string | null {
  const all = Array.isArray(emails) ? emails.map(asObject).filter((email) => email !== undefined) : []
  const found =
    all.find((email) => email['primary'] === true) ??
    all.find((email) => readText(email['type'])?.toLowerCase() === 'work') ??
    all[0]
  const address = readText(found?.['value'])?.trim()
  return address !== undefined && isAddress(address) ? address : null
}

function readText(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

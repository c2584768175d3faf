// Organizations and their directories.
import type { Selectable } from 'kysely'
import type { Database } from '../db/connect.ts'
import { createId } from '../db/ids.ts'
import type { DirectoryKind, JsonObject, Tables } from '../db/tables.ts'
import { transaction } from '../db/transaction.ts'
import { AppError } from '../errors.ts'
import { addToOutbox } from './outbox.ts'

export interface Organization {
  readonly id: string
  readonly name: string
  readonly attributeAuthority: Record<string, string[]>
  /** An IANA name. */
  readonly timeZone: string
  readonly createdAt: Date
}

export interface Directory {
  readonly id: string
  readonly kind: DirectoryKind
  readonly provider: string | null
  readonly name: string
  readonly strict: boolean
  readonly restoreUsers: boolean
  readonly sendInvitations: boolean
  readonly sendOffboardingEmails: boolean
  readonly createdAt: Date
}

export interface NewDirectory {
  readonly kind: DirectoryKind
  readonly provider: string | null
  readonly name: string
}

/** Creates an organization with the manual directory that every organization has. Throws uniqueness. */
export async function createOrganization(db: Database, name: string, now: Date): Promise<string> {
  const id = createId('org', now)
  await transaction(db, async (tx) => {
    await tx.insertInto('organizations').values({ org_id: id, name, created_at: now }).execute()
    await createDirectory(tx, id, { kind: 'manual', provider: null, name: 'Manual' }, now)
  })
  return id
}

export async function listOrganizations(db: Database): Promise<Organization[]> {
  const rows = await db.selectFrom('organizations').selectAll().orderBy('org_id').execute()
  return rows.map(toOrganization)
}

/** undefined where there is none of this id. */
export async function readOrganization(db: Database, id: string): Promise<Organization | undefined> {
  const row = await db.selectFrom('organizations').selectAll().where('org_id', '=', id).executeTakeFirst()
  return row === undefined ? undefined : toOrganization(row)
}

function toOrganization(row: Selectable<Tables['organizations']>): Organization {
  const { org_id: id, name, attribute_authority: attributeAuthority, time_zone: timeZone, created_at: createdAt } = row
  return { id, name, attributeAuthority, timeZone, createdAt }
}

export async function findOrganization(db: Database, name: string): Promise<string | undefined> {
  const row = await db.selectFrom('organizations').select('org_id').where('name', '=', name).executeTakeFirst()
  return row?.org_id
}

/** Where days begin and end, for dates of employment. Throws not_found. */
export async function setTimeZone(db: Database, organizationId: string, timeZone: string): Promise<void> {
  const { numUpdatedRows } = await db
    .updateTable('organizations')
    .set({ time_zone: timeZone })
    .where('org_id', '=', organizationId)
    .executeTakeFirst()
  if (numUpdatedRows === 0n) throw new AppError('not_found', 'There is no such organization.')
}

/** Says whose word counts for which attribute, from the next change on. Throws not_found, invalid_value. */
export async function setAttributeAuthority(
  db: Database,
  organizationId: string,
  authority: Record<string, string[]>,
): Promise<void> {
  await transaction(db, async (tx) => {
    const known = new Set((await listDirectories(tx, organizationId)).map((directory) => directory.id))
    const unknown = Object.values(authority)
      .flat()
      .find((id) => !known.has(id))
    if (unknown !== undefined) {
      throw new AppError('invalid_value', `attributeAuthority: there is no directory ${unknown}.`)
    }
    await tx
      .updateTable('organizations')
      .set({ attribute_authority: JSON.stringify(authority) })
      .where('org_id', '=', organizationId)
      .execute()
  })
}

/** Throws uniqueness where the organization has a directory of that name. */
export async function createDirectory(
  db: Database,
  organizationId: string,
  directory: NewDirectory,
  now: Date,
  requestId: string | null = null,
): Promise<string> {
  const id = createId('dir', now)
  await transaction(db, async (tx) => {
    const row = await tx
      .insertInto('directories')
      .values({ org_id: organizationId, id, ...directory, ...(directory.kind === 'pull' && pulled), created_at: now })
      .returningAll()
      .executeTakeFirstOrThrow()
    await tell(tx, 'directory.created', row, { at: now, requestId })
  })
  return id
}

// What the source says of who is there counts, so those who left and are back come back.
const pulled = { restore_users: true, send_offboarding_emails: true }

type DirectoryRow = Selectable<Tables['directories']>

/** When something is changed, and by which request. */
export interface Request {
  readonly at: Date
  readonly requestId: string | null
}

// Directories have no change rows: all that is told of them is in the event.
async function tell(
  tx: Database,
  type: 'directory.created' | 'directory.updated' | 'directory.deleted',
  row: DirectoryRow,
  { at, requestId }: Request,
  changes?: JsonObject,
): Promise<void> {
  const { createdAt, ...shown } = toDirectory(row)
  const resource = { ...shown, createdAt: createdAt.toISOString() }
  const data = { directoryId: null, requestId, resource, ...(changes && { changes }) }
  const event = { type, resourceType: 'Directory', resourceId: row.id, version: row.version, data }
  await addToOutbox(tx, row.org_id, event, at)
}

/** Tells that a directory was changed: `changes` is setting → {before, after}. */
export async function tellChange(
  tx: Database,
  after: DirectoryRow,
  request: Request,
  changes: JsonObject,
): Promise<void> {
  await tell(tx, 'directory.updated', after, request, changes)
}

/** Tells that a directory is gone, and what it was. */
export async function tellDeleted(tx: Database, before: DirectoryRow, request: Request): Promise<void> {
  await tell(tx, 'directory.deleted', { ...before, version: before.version + 1 }, request)
}

export async function listDirectories(db: Database, organizationId: string): Promise<Directory[]> {
  const rows = await db
    .selectFrom('directories')
    .selectAll()
    .where('org_id', '=', organizationId)
    .orderBy('id')
    .execute()
  return rows.map(toDirectory)
}

function toDirectory(row: DirectoryRow): Directory {
  return {
    id: row.id,
    kind: row.kind,
    provider: row.provider,
    name: row.name,
    strict: row.strict,
    restoreUsers: row.restore_users,
    sendInvitations: row.send_invitations,
    sendOffboardingEmails: row.send_offboarding_emails,
    createdAt: row.created_at,
  }
}

/** Names by id. */
export async function nameDirectories(db: Database, organizationId: string): Promise<Map<string, string>> {
  const directories = await listDirectories(db, organizationId)
  return new Map(directories.map((directory) => [directory.id, directory.name]))
}

export interface DirectorySettings {
  readonly name?: string
  readonly strict?: boolean
  readonly restoreUsers?: boolean
  readonly sendInvitations?: boolean
  readonly sendOffboardingEmails?: boolean
}

/** What is left out stays; nothing is told where nothing changes. Throws not_found, uniqueness. */
export async function changeDirectory(
  db: Database,
  organizationId: string,
  id: string,
  settings: DirectorySettings,
  request: Request,
): Promise<void> {
  await transaction(db, async (tx) => {
    const before = await tx
      .selectFrom('directories')
      .selectAll()
      .where('org_id', '=', organizationId)
      .where('id', '=', id)
      .forNoKeyUpdate()
      .executeTakeFirst()
    if (before === undefined) throw new AppError('not_found', `There is no directory ${id}.`)
    const current = toDirectory(before)
    const changes: JsonObject = {}
    for (const name of settingNames) {
      const after = settings[name]
      if (after !== undefined && after !== current[name]) changes[name] = { before: current[name], after }
    }
    if (Object.keys(changes).length === 0) return
    const wanted = { ...current, ...settings }
    const after = await tx
      .updateTable('directories')
      .set({
        name: wanted.name,
        strict: wanted.strict,
        restore_users: wanted.restoreUsers,
        send_invitations: wanted.sendInvitations,
        send_offboarding_emails: wanted.sendOffboardingEmails,
        version: before.version + 1,
      })
      .where('org_id', '=', organizationId)
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow()
    await tell(tx, 'directory.updated', after, request, changes)
  })
}

const settingNames = ['name', 'strict', 'restoreUsers', 'sendInvitations', 'sendOffboardingEmails'] as const

// What a directory that is pulled, or imported into, knows beside its name. The sync engine says what settings and connection mean.
import type { Updateable } from 'kysely'
import type { Database } from '../db/connect.ts'
import { query } from '../db/query.ts'
import type { DirectoryKind, JsonObject, JsonValue, Tables } from '../db/tables.ts'
import { transaction } from '../db/transaction.ts'
import { AppError } from '../errors.ts'
import { type Request, tellChange } from './directories.ts'
import { isSameJson } from './json.ts'

export interface PullDirectory {
  readonly organizationId: string
  readonly id: string
  readonly kind: DirectoryKind
  readonly provider: string | null
  readonly name: string
  readonly restoreUsers: boolean
  /** Only those that were set. */
  readonly settings: JsonObject
  /** SCIM attribute → rule; null for one that is not mapped. */
  readonly mapping: JsonObject
  /** Rises with all that changes what a record means. */
  readonly rulesVersion: number
  /** null while it is not connected. */
  readonly connection: JsonObject | null
  /** A JSON object, sealed. */
  readonly secrets: string | null
  readonly connectedAt: Date | null
  readonly checkedAt: Date | null
  readonly checks: JsonValue
  readonly pausedAt: Date | null
  readonly nextRunAt: Date | null
  /** Where the next incremental run begins. */
  readonly cursor: JsonValue
  /** When the last pull began that read everything and was applied. */
  readonly confirmedAt: Date | null
  readonly confirmedRules: number | null
  /** The organization's time zone, an IANA name. */
  readonly timeZone: string
}

/** Throws not_found. */
export async function readPullDirectory(db: Database, organizationId: string, id: string): Promise<PullDirectory> {
  const [row] = await query<PullDirectory>(db, `${selectSql} where d.org_id = $1 and d.id = $2`, [organizationId, id])
  if (row === undefined) throw new AppError('not_found', `There is no directory ${id.slice(0, 80)}.`)
  return row
}

/** Of any kind, the oldest first. */
export async function listPullDirectories(db: Database, organizationId: string): Promise<PullDirectory[]> {
  return query<PullDirectory>(db, `${selectSql} where d.org_id = $1 order by d.id`, [organizationId])
}

export interface DirectoryKey {
  readonly organizationId: string
  readonly id: string
}

/** Connected directories that are not paused and whose next run is due, the longest due first. */
export async function listDueDirectories(db: Database, now: Date, limit: number): Promise<DirectoryKey[]> {
  const text = `select org_id as "organizationId", id from directories
    where next_run_at <= $1::timestamptz and paused_at is null and connection is not null order by next_run_at limit $2`
  return query<DirectoryKey>(db, text, [now, limit])
}

/** Where the schedule goes on; null where it asks for nothing. */
export async function setNextRun(db: Database, { organizationId, id }: DirectoryKey, at: Date | null): Promise<void> {
  await query(db, 'update directories set next_run_at = $3 where org_id = $1 and id = $2', [organizationId, id, at])
}

/** What a test of the connection found. */
export async function recordChecks(
  db: Database,
  { organizationId, id }: DirectoryKey,
  at: Date,
  checks: JsonValue,
): Promise<void> {
  await query(db, 'update directories set checked_at = $3, checks = $4::jsonb where org_id = $1 and id = $2', [
    organizationId,
    id,
    at,
    JSON.stringify(checks),
  ])
}

/** How its source is reached: what is no secret, and the secrets, sealed. */
export interface Connection {
  readonly connection: JsonObject
  readonly secrets: string | null
}

/**
 * Connects a directory, or mends its connection. Where more than the secrets changes it may be another source: then it is read anew from the
 * beginning. Throws not_found, and conflict where the directory is not one that is pulled.
 */
export async function setConnection(
  db: Database,
  key: DirectoryKey,
  { connection, secrets }: Connection,
  request: Request,
): Promise<void> {
  await change(db, key, request, (before) => {
    if (before.kind !== 'pull') throw new AppError('conflict', 'Only a directory that is pulled has a connection.')
    const isSame = before.connection !== null && isSameJson(before.connection, connection)
    const anew = { cursor: null, rules_version: before.rulesVersion + 1 }
    const columns = {
      connection: JSON.stringify(connection),
      secrets,
      connected_at: request.at,
      ...(isSame ? {} : anew),
    }
    const time = { before: before.connectedAt?.toISOString() ?? null, after: request.at.toISOString() }
    return { columns, changes: { connectedAt: time } }
  })
}

// They say when and how a directory is read, and not what a record means.
const withoutMeaning: ReadonlySet<string> = new Set(['schedule', 'pageSize', 'massChangeGuard'])

/** Sets what differs from the defaults; nothing is told where nothing changes. Throws not_found. */
export async function setSettings(
  db: Database,
  key: DirectoryKey,
  settings: JsonObject,
  request: Request,
): Promise<void> {
  await change(db, key, request, (before) => {
    const changes = compare(before.settings, settings)
    const isRule = Object.keys(changes).some((name) => !withoutMeaning.has(name))
    const rules = isRule ? { rules_version: before.rulesVersion + 1 } : {}
    return { columns: { settings: JSON.stringify(settings), ...rules }, changes }
  })
}

/** Sets the rules that differ from the provider's; nothing is told where nothing changes. Throws not_found. */
export async function setMapping(
  db: Database,
  key: DirectoryKey,
  mapping: JsonObject,
  request: Request,
): Promise<void> {
  await change(db, key, request, (before) => {
    if (isSameJson(before.mapping, mapping)) return { columns: {}, changes: {} }
    return {
      columns: { mapping: JSON.stringify(mapping), rules_version: before.rulesVersion + 1 },
      changes: { mapping: { before: before.mapping, after: mapping } },
    }
  })
}

/** What records mean changes with the calendars by which their days are read: the next run of each directory looks at all of them. */
export async function raiseRules(db: Database, organizationId: string): Promise<void> {
  const text = `update directories set rules_version = rules_version + 1 where org_id = $1 and kind <> 'push'`
  await query(db, text, [organizationId])
}

/** No run begins by itself until it is resumed. Throws not_found. */
export async function pauseDirectory(db: Database, key: DirectoryKey, request: Request): Promise<void> {
  await change(db, key, request, ({ pausedAt }) => {
    if (pausedAt !== null) return { columns: {}, changes: {} }
    const at = request.at.toISOString()
    return { columns: { paused_at: request.at }, changes: { pausedAt: { before: null, after: at } } }
  })
}

/** Throws not_found. */
export async function resumeDirectory(db: Database, key: DirectoryKey, request: Request): Promise<void> {
  await change(db, key, request, ({ pausedAt }) => {
    if (pausedAt === null) return { columns: {}, changes: {} }
    return { columns: { paused_at: null }, changes: { pausedAt: { before: pausedAt.toISOString(), after: null } } }
  })
}

interface DirectoryChange {
  readonly columns: Updateable<Tables['directories']>
  /** setting → {before, after}; nothing is written and told where it is empty. */
  readonly changes: JsonObject
}

async function change(
  db: Database,
  { organizationId, id }: DirectoryKey,
  request: Request,
  plan: (before: PullDirectory) => DirectoryChange,
): Promise<void> {
  await transaction(db, async (tx) => {
    await query(tx, 'select 1 from directories where org_id = $1 and id = $2 for no key update', [organizationId, id])
    const { columns, changes } = plan(await readPullDirectory(tx, organizationId, id))
    if (Object.keys(changes).length === 0) return
    const after = await tx
      .updateTable('directories')
      .set((row) => ({ ...columns, version: row('version', '+', 1) }))
      .where('org_id', '=', organizationId)
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow()
    await tellChange(tx, after, request, changes)
  })
}

function compare(before: JsonObject, after: JsonObject): JsonObject {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  const changed = [...names].filter((name) => !isSameJson(before[name], after[name]))
  return Object.fromEntries(changed.map((name) => [name, { before: before[name] ?? null, after: after[name] ?? null }]))
}

const selectSql = `select d.org_id as "organizationId", d.id, d.kind, d.provider, d.name, d.restore_users as "restoreUsers", d.settings,
    d.mapping, d.rules_version as "rulesVersion", d.connection, d.secrets, d.connected_at as "connectedAt",
    d.checked_at as "checkedAt", d.checks, d.paused_at as "pausedAt", d.next_run_at as "nextRunAt", d.cursor,
    d.confirmed_at as "confirmedAt", d.confirmed_rules as "confirmedRules", o.time_zone as "timeZone"
  from directories d join organizations o on o.org_id = d.org_id`

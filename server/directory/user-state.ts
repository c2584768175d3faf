// Reads all that is needed to decide a change of a user, with or without a lock: the row, and the word of every directory.
import type { Database } from '../db/connect.ts'
import { query } from '../db/query.ts'
import type { JsonObject } from '../db/tables.ts'
import { AppError } from '../errors.ts'
import type { Actor } from './actor.ts'
import { fromColumns, type UserResource } from './user-record.ts'

/** A directory's link with a person; `resource` null says "exactly what the user's record says". */
export interface Link {
  readonly directoryId: string
  readonly resource: UserResource | null
}

export interface LockedUser {
  readonly id: string
  readonly version: number
  /** Which state of the row this is; whatever is written of a user writes the row. */
  readonly state: string
  readonly ownerId: string
  readonly resource: UserResource
  readonly setBy: Record<string, string> | null
  /** The acting directory's externalId. */
  readonly externalId: string | null
  /** Then nothing can be said of the person any more. */
  readonly isAnonymized: boolean
  /** Links that have not ended, the oldest first. */
  readonly links: readonly Link[]
  readonly authority: Record<string, string[]>
}

interface Row {
  readonly version: number
  readonly state: string
  readonly directory_id: string
  readonly manager_id: string | null
  readonly resource: JsonObject
  readonly set_by: Record<string, string> | null
  readonly external_id: string | null
  readonly ended: boolean
  readonly anonymized: boolean
  readonly waited: boolean
  readonly links: readonly Link[]
  readonly authority: Record<string, string[]>
}

/** Throws not_found where the acting directory does not see the user; `includeEnded` finds those it deleted itself, too. */
export async function lockUser(tx: Database, actor: Actor, id: string, includeEnded = false): Promise<LockedUser> {
  return toLockedUser(id, await readLocked(tx, actor, id), includeEnded)
}

/** Locks several users, in the order of their ids, those included whom the acting directory deleted itself; without those who are gone. */
export async function lockUsers(tx: Database, actor: Actor, ids: readonly string[]): Promise<Map<string, LockedUser>> {
  const rows = await readAllLocked(tx, actor, ids)
  return new Map(rows.map((row) => [row.id, toLockedUser(row.id, row, true)]))
}

async function readAllLocked(tx: Database, actor: Actor, ids: readonly string[]): Promise<(Row & { id: string })[]> {
  const parameters = [actor.organizationId, actor.directoryId, ids]
  const rows = await query<Row & { id: string }>(tx, lockAllSql, parameters)
  return rows.some((row) => row.waited) ? query(tx, lockAllSql, parameters) : rows
}

/** What `lockUser` finds, without a lock, for a change that is only made where the user is still in that state. */
export async function readState(db: Database, actor: Actor, id: string): Promise<LockedUser> {
  const [row] = await query<Row>(db, readSql, [actor.organizationId, actor.directoryId, id])
  return toLockedUser(id, row, false)
}

function toLockedUser(id: string, row: Row | undefined, includeEnded: boolean): LockedUser {
  if (row === undefined || (row.ended && !includeEnded)) throw new AppError('not_found', `There is no user ${id}.`)
  return {
    id,
    version: row.version,
    state: row.state,
    ownerId: row.directory_id,
    resource: fromColumns(row.resource, row.manager_id),
    setBy: row.set_by,
    externalId: row.external_id,
    isAnonymized: row.anonymized,
    links: row.links,
    authority: row.authority,
  }
}

// A statement that waited for the row sees the row as it is now, but all else as it was before: then it is read again, with
// the lock in hand. That the row is another version than the statement's snapshot knew tells it.
async function readLocked(tx: Database, actor: Actor, id: string): Promise<Row | undefined> {
  const parameters = [actor.organizationId, actor.directoryId, id]
  const [first] = await query<Row>(tx, lockSql, parameters)
  if (first?.waited !== true) return first
  const [second] = await query<Row>(tx, lockSql, parameters)
  return second
}

const columns = `u.xmin::text as state, u.version, u.directory_id, u.manager_id, u.resource, u.set_by, own.external_id,
    coalesce(own.ended_at is not null, false) as ended, u.anonymized_at is not null as anonymized, o.attribute_authority as authority,
    coalesce((select json_agg(json_build_object('directoryId', l.directory_id, 'resource', l.resource) order by l.created_at, l.directory_id)
      from links l where l.org_id = u.org_id and l.user_id = u.id and l.ended_at is null), '[]'::json) as links`

const source = `from users u
  join organizations o on o.org_id = u.org_id
  left join links own on own.org_id = u.org_id and own.user_id = u.id and own.directory_id = $2
  where u.org_id = $1 and u.id = $3`

const readSql = `select ${columns} ${source}`

const waited = 'u.xmin <> (select x.xmin from users x where x.org_id = u.org_id and x.id = u.id) as waited'

const lockSql = `select ${waited}, ${columns} ${source} for no key update of u`

// The link is looked up for each: without statistics of the organization the planner would read all of its links.
const lockAllSql = `select u.id, ${waited}, ${columns} from users u
  join organizations o on o.org_id = u.org_id
  left join lateral (
    select l.external_id, l.ended_at from links l where l.org_id = u.org_id and l.user_id = u.id and l.directory_id = $2 limit 1
  ) own on true
  where u.org_id = $1 and u.id = any($3::text[]) order by u.id for no key update of u`

// Runs that pull from a source: asked for here, done by the sync engine, read by whoever asked.
import type { Database } from '../../db/connect.ts'
import { query } from '../../db/query.ts'
import { AppError } from '../../errors.ts'
import type { Actor } from '../../directory/actor.ts'
import type { Window, Windowed } from '../../directory/org/employee.ts'
import { queueRun } from './queue.ts'
import type { SyncType } from './run.ts'
import { noStats, type SyncStats } from './stats.ts'

export const syncStatuses = ['queued', 'running', 'awaiting_approval', 'completed', 'failed', 'cancelled'] as const
export type SyncStatus = (typeof syncStatuses)[number]

export interface SyncRequest {
  /** The provider of a directory that is pulled. */
  readonly source: string
  readonly type: SyncType
  readonly includeGroups: boolean
}

export interface SyncRun extends SyncRequest {
  readonly id: string
  readonly directoryId: string
  readonly status: SyncStatus
  readonly queuedAt: Date
  readonly startedAt: Date | null
  readonly completedAt: Date | null
  /** From earlier runs of the same directory and type, in milliseconds; null where there is none. */
  readonly estimatedDurationMs: number | null
  readonly stats: SyncStats
  readonly errors: readonly SyncError[]
  readonly nextSyncToken: string | null
}

export interface SyncError {
  readonly code: string
  readonly message: string
  /** What the source calls the record. */
  readonly recordId: string | null
}

export interface SyncRuns extends Windowed<SyncRun> {
  /** How many there are in the organization. */
  readonly total: number
}

/**
 * Queues a run, or returns the one of the same directory that is queued or running already, whatever its type. Of several
 * directories that are pulled from the source the oldest is meant. Throws not_found where there is none, and conflict where a run that
 * is no sync, such as a preview, is under way.
 */
export async function requestSync(db: Database, actor: Actor, request: SyncRequest): Promise<SyncRun> {
  const { source, type, includeGroups } = request
  const directoryId = await findPulled(db, actor.organizationId, source)
  if (directoryId === undefined) throw new AppError('not_found', explainMissing(source))
  const isFull = type !== 'incremental'
  const { id } = await queueRun(db, actor, directoryId, { type, purpose: 'sync', isFull, includeGroups })
  const [row] = await query<RunRow>(db, oneSql, [actor.organizationId, id])
  if (row !== undefined) return toRun(row)
  throw new AppError('conflict', `Another run of the directory is under way: ${id}. Ask again once it has ended.`)
}

/** Throws not_found. */
export async function readSync(db: Database, actor: Actor, id: string): Promise<SyncRun> {
  const [row] = await query<RunRow>(db, oneSql, [actor.organizationId, id])
  if (row === undefined) throw new AppError('not_found', `There is no sync ${id.slice(0, 80)}.`)
  return toRun(row)
}

/** The latest one that pulled, of the source where one is named. Throws not_found where there is none. */
export async function readLatestSync(db: Database, actor: Actor, source: string | undefined): Promise<SyncRun> {
  const { organizationId } = actor
  const [row] = await (source === undefined
    ? query<RunRow>(db, `${selectSql} where r.org_id = $1 and ${isPull} order by r.id desc limit 1`, [organizationId])
    : query<RunRow>(db, latestOfSourceSql, [organizationId, source]))
  if (row !== undefined) return toRun(row)
  const what =
    source === undefined ? 'Nothing has been synced yet' : `Nothing has been synced from ${source.slice(0, 80)} yet`
  throw new AppError('not_found', `${what}; ask for a sync first.`)
}

/** Those that pull, the latest first. */
export async function listSyncs(db: Database, actor: Actor, { limit, after }: Window): Promise<SyncRuns> {
  const { organizationId } = actor
  const [rows, [counted]] = await Promise.all([
    query<RunRow>(db, pageSql, [organizationId, after ?? behindAllIds, limit + 1]),
    query<{ total: number }>(db, `select count(*) as total from sync_runs r where r.org_id = $1 and ${isPull}`, [
      organizationId,
    ]),
  ])
  const items = rows.slice(0, limit).map(toRun)
  return { items, next: rows.length > limit ? items.at(-1)?.id : undefined, total: counted?.total ?? 0 }
}

interface RunRow {
  readonly id: string
  readonly directory_id: string
  readonly source: string
  readonly type: SyncType
  readonly include_groups: boolean
  readonly status: SyncStatus
  readonly queued_at: Date
  readonly started_at: Date | null
  readonly completed_at: Date | null
  readonly estimated_duration_ms: number | null
  readonly stats: Partial<SyncStats>
  readonly errors: readonly SyncError[]
  readonly next_sync_token: string | null
}

const selectSql = `select r.*, coalesce(d.provider, d.kind) as source
  from sync_runs r join directories d on d.org_id = r.org_id and d.id = r.directory_id`

// Not previews, imports, and what a day brings.
const isPull = `r.purpose = 'sync'`

const oneSql = `${selectSql} where r.org_id = $1 and r.id = $2 and ${isPull}`

const latestOfSourceSql = `select r.*, d.provider as source
  from directories d cross join lateral (
    select * from sync_runs where directory_id = d.id and org_id = d.org_id and purpose = 'sync' order by id desc limit 1
  ) r
  where d.org_id = $1 and d.provider = $2 order by r.id desc limit 1`

const pageSql = `${selectSql} where r.org_id = $1 and r.id < $2 and ${isPull} order by r.id desc limit $3`
const behindAllIds = '~'

async function findPulled(db: Database, organizationId: string, source: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('directories')
    .select('id')
    .where('org_id', '=', organizationId)
    .where('kind', '=', 'pull')
    .where('provider', '=', source)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
  return row?.id
}

function explainMissing(source: string): string {
  const shown = source.slice(0, 80)
  return `Nothing is pulled from ${shown}: there is no pull directory with the provider ${shown}. Add one, or name the provider of another.`
}

function toRun(row: RunRow): SyncRun {
  return {
    id: row.id,
    directoryId: row.directory_id,
    source: row.source,
    type: row.type,
    includeGroups: row.include_groups,
    status: row.status,
    queuedAt: row.queued_at,
    startedAt: row.started_at,
    completedAt: row.completed_at,
    estimatedDurationMs: row.estimated_duration_ms,
    stats: { ...noStats, ...row.stats },
    errors: row.errors,
    nextSyncToken: row.next_sync_token,
  }
}

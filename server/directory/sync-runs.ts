// Runs that pull from a source: asked for here, done by the sync engine, read by whoever asked.
import type { Database } from '../db/connect.ts'
import { createId } from '../db/ids.ts'
import { query } from '../db/query.ts'
import { single } from '../db/transaction.ts'
import { AppError } from '../errors.ts'
import type { Actor } from './actor.ts'
import { timeSql } from './common-attributes.ts'
import type { Window, Windowed } from './org/employee.ts'

export const syncTypes = ['full', 'incremental', 'manual'] as const
export type SyncType = (typeof syncTypes)[number]
export const syncStatuses = ['queued', 'running', 'completed', 'failed', 'cancelled'] as const
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

export interface SyncStats {
  readonly usersCreated: number
  readonly usersUpdated: number
  readonly usersDisabled: number
  readonly usersDeleted: number
  readonly usersSkipped: number
  readonly usersErrors: number
  readonly groupsCreated: number
  readonly groupsUpdated: number
  readonly groupsDeleted: number
  readonly groupsSkipped: number
  readonly groupsErrors: number
  readonly membershipsAdded: number
  readonly membershipsRemoved: number
  readonly totalProcessed: number
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
 * directories that are pulled from the source the oldest is meant. Throws not_found where there is none.
 */
export async function requestSync(db: Database, actor: Actor, request: SyncRequest): Promise<SyncRun> {
  const { organizationId, at, directoryId: actingId, requestId } = actor
  const { source, type, includeGroups } = request
  const directoryId = await findPulled(db, organizationId, source)
  if (directoryId === undefined) throw new AppError('not_found', explainMissing(source))
  const told = JSON.stringify({ directoryId: actingId, requestId })
  const values = [organizationId, createId('sync', at), directoryId, type, includeGroups, at, source, told]
  for (;;) {
    const [queued] = await single(db, (one) => query<{ id: string }>(one, insertSql, values))
    if (queued !== undefined) return readSync(db, actor, queued.id)
    const [unfinished] = await query<RunRow>(db, unfinishedSql, [organizationId, directoryId])
    if (unfinished !== undefined) return toRun(unfinished)
    // The one that stood in the way has ended in between.
  }
}

/** Throws not_found. */
export async function readSync(db: Database, actor: Actor, id: string): Promise<SyncRun> {
  const [row] = await query<RunRow>(db, `${selectSql} where r.org_id = $1 and r.id = $2`, [actor.organizationId, id])
  if (row === undefined) throw new AppError('not_found', `There is no sync ${id.slice(0, 80)}.`)
  return toRun(row)
}

/** The latest one, of the source where one is named. Throws not_found where there is none. */
export async function readLatestSync(db: Database, actor: Actor, source: string | undefined): Promise<SyncRun> {
  const { organizationId } = actor
  const [row] = await (source === undefined
    ? query<RunRow>(db, `${selectSql} where r.org_id = $1 order by r.id desc limit 1`, [organizationId])
    : query<RunRow>(db, latestOfSourceSql, [organizationId, source]))
  if (row !== undefined) return toRun(row)
  const what =
    source === undefined ? 'Nothing has been synced yet' : `Nothing has been synced from ${source.slice(0, 80)} yet`
  throw new AppError('not_found', `${what}; ask for a sync first.`)
}

/** The latest first. */
export async function listSyncs(db: Database, actor: Actor, { limit, after }: Window): Promise<SyncRuns> {
  const { organizationId } = actor
  const [rows, [counted]] = await Promise.all([
    query<RunRow>(db, pageSql, [organizationId, after ?? behindAllIds, limit + 1]),
    query<{ total: number }>(db, 'select count(*) as total from sync_runs where org_id = $1', [organizationId]),
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

const isUnfinished = `status in ('queued', 'running')`

// The median of the last five is not moved by the one run that a slow source took hours for.
const insertSql = `with queued as (
  insert into sync_runs (org_id, id, directory_id, type, include_groups, status, queued_at, estimated_duration_ms)
  values ($1, $2, $3, $4, $5, 'queued', $6, (
    select round(1000 * percentile_cont(0.5) within group (order by extract(epoch from e.completed_at - e.started_at)))
    from (
      select completed_at, started_at from sync_runs
      where directory_id = $3 and type = $4 and org_id = $1 and status = 'completed' order by id desc limit 5
    ) e))
  on conflict (directory_id, org_id) where ${isUnfinished} do nothing
  returning *
  ), told as (
  insert into outbox (org_id, type, at, resource_type, resource_id, version, data)
  select org_id, 'sync.queued', queued_at, 'Sync', id, version, $8::jsonb || jsonb_build_object('resource', jsonb_build_object(
    'id', id, 'directoryId', directory_id, 'source', $7::text, 'type', type, 'includeGroups', include_groups, 'status', status,
    'queuedAt', ${timeSql('queued_at')}))
  from queued
  )
  select id from queued`

const unfinishedSql = `${selectSql} where r.org_id = $1 and r.directory_id = $2 and r.${isUnfinished}`

const latestOfSourceSql = `select r.*, d.provider as source
  from directories d cross join lateral (
    select * from sync_runs where directory_id = d.id and org_id = d.org_id order by id desc limit 1
  ) r
  where d.org_id = $1 and d.provider = $2 order by r.id desc limit 1`

const pageSql = `${selectSql} where r.org_id = $1 and r.id < $2 order by r.id desc limit $3`
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

const noStats: SyncStats = {
  usersCreated: 0,
  usersUpdated: 0,
  usersDisabled: 0,
  usersDeleted: 0,
  usersSkipped: 0,
  usersErrors: 0,
  groupsCreated: 0,
  groupsUpdated: 0,
  groupsDeleted: 0,
  groupsSkipped: 0,
  groupsErrors: 0,
  membershipsAdded: 0,
  membershipsRemoved: 0,
  totalProcessed: 0,
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

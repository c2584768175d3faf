// Asks for runs.
import type { Database } from '../../db/connect.ts'
import { createId } from '../../db/ids.ts'
import { query } from '../../db/query.ts'
import type { JsonObject } from '../../db/tables.ts'
import { single } from '../../db/transaction.ts'
import type { Actor } from '../../directory/actor.ts'
import { timeSql } from '../../directory/common-attributes.ts'
import type { Purpose, SyncType } from './run.ts'

export interface RunRequest {
  readonly type: SyncType
  readonly purpose: Purpose
  /** Whether it is to read everything. One that need not does so nevertheless where the source cannot tell what has changed. */
  readonly isFull: boolean
  readonly includeGroups: boolean
  /** Of an import, what providers/csv is opened with, and its mapping. */
  readonly input?: JsonObject
}

export interface QueuedRun {
  readonly id: string
  /** Whether it was asked for now; otherwise it is the one of the directory that is queued or running already, whatever its purpose. */
  readonly isNew: boolean
}

/** Queues a run of a directory, which has one at a time. The directory must be there. */
export async function queueRun(
  db: Database,
  actor: Actor,
  directoryId: string,
  request: RunRequest,
): Promise<QueuedRun> {
  const { organizationId, at } = actor
  const id = createId('sync', at)
  const { type, purpose, isFull, includeGroups, input } = request
  const told = { directoryId: actor.directoryId, requestId: actor.requestId }
  const run = {
    id,
    directory_id: directoryId,
    type,
    include_groups: includeGroups,
    at,
    told,
    purpose,
    is_full: isFull,
    stage: purpose === 'lifecycle' ? 'plan' : 'fetch',
    token_id: actor.tokenId,
    request_id: actor.requestId,
    input: input ?? null,
  }
  for (;;) {
    const queued = await single(db, (one) => query(one, insertSql, [organizationId, JSON.stringify(run)]))
    if (queued.length > 0) return { id, isNew: true }
    const [unfinished] = await query<{ id: string }>(db, unfinishedSql, [organizationId, directoryId])
    if (unfinished !== undefined) return { id: unfinished.id, isNew: false }
    // The one that stood in the way has ended in between.
  }
}

const isUnfinished = `status in ('queued', 'running')`

/**
 * SQL that queues a run from the CTE `asked`, which selects org_id, id, directory_id, type, include_groups, at, told, purpose, is_full, stage,
 * token_id, request_id and input; other CTEs may stand before it. Returns its id, or nothing where another one is in the way.
 */
export function queueRunSql(asked: string): string {
  return `with ${asked}, queued as (
    insert into sync_runs (org_id, id, directory_id, type, include_groups, status, queued_at, due_at, purpose, is_full, stage,
      token_id, request_id, input, estimated_duration_ms)
    select n.org_id, n.id, n.directory_id, n.type, n.include_groups, 'queued', n.at, n.at, n.purpose, n.is_full, n.stage,
      n.token_id, n.request_id, n.input, ${estimateSql}
    from asked n
    on conflict (directory_id, org_id) where ${isUnfinished} do nothing
    returning *
  ), told as (
    insert into outbox (org_id, type, at, resource_type, resource_id, version, data)
    select q.org_id, 'sync.queued', q.queued_at, 'Sync', q.id, q.version, n.told || jsonb_build_object('resource',
      jsonb_build_object('id', q.id, 'directoryId', q.directory_id, 'source', coalesce(d.provider, d.kind), 'type', q.type,
        'purpose', q.purpose, 'includeGroups', q.include_groups, 'status', q.status, 'queuedAt', ${timeSql('q.queued_at')}))
    from queued q join asked n on n.id = q.id join directories d on d.org_id = q.org_id and d.id = q.directory_id
  )
  select id from queued`
}

// The median of the last five is not moved by the one run that a slow source took hours for.
const estimateSql = `(
      select round(1000 * percentile_cont(0.5) within group (order by extract(epoch from e.completed_at - e.started_at)))
      from (
        select completed_at, started_at from sync_runs
        where directory_id = n.directory_id and type = n.type and org_id = n.org_id and status = 'completed'
          and purpose = n.purpose
        order by id desc limit 5
      ) e)`

const insertSql = queueRunSql(`asked as (
    select $1::text as org_id, r.* from jsonb_to_record($2::jsonb) as r(id text, directory_id text, type text, include_groups boolean,
      at timestamptz, told jsonb, purpose text, is_full boolean, stage text, token_id text, request_id text, input jsonb)
  )`)

const unfinishedSql = `select id from sync_runs where directory_id = $2 and org_id = $1 and ${isUnfinished}`

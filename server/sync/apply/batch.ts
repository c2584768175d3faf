// A batch: the transaction, what was counted in it, and what it leaves in the run and in source_records.
import type { Database } from '../../db/connect.ts'
import { columnsSql, toColumnArrays } from '../../db/columns.ts'
import { query } from '../../db/query.ts'
import type { JsonObject } from '../../db/tables.ts'
import type { Actor } from '../../directory/actor.ts'
import type { Operation, Run, RunChange } from '../runs/run.ts'
import type { SyncStats } from '../runs/stats.ts'
import type { SyncError } from '../runs/syncs.ts'

export interface Batch {
  readonly tx: Database
  readonly run: Run
  readonly actor: Actor
  /** The last change that was applied before it. */
  readonly position: number
  readonly before: RunState
  readonly counts: { -readonly [name in keyof SyncStats]?: number }
  readonly errors: SyncError[]
  /** What is said of changes besides what was planned. */
  readonly remarks: Remark[]
}

export interface Remark {
  readonly position: number
  readonly operation: Operation
  readonly code: string | null
  readonly detail: string | null
}

interface RunState {
  readonly applied_position: number
  readonly stats: Partial<SyncStats>
  readonly progress: { readonly applied?: number }
}

/** Whoever holds the run begins a batch. */
export async function startBatch(tx: Database, run: Run): Promise<Batch> {
  const { organizationId, directory } = run
  const [before] = await query<RunState>(tx, stateSql, [organizationId, run.id])
  if (before === undefined) throw new Error(`the run ${run.id} is gone`)
  const actor: Actor = {
    organizationId,
    directoryId: directory.id,
    view: 'directory',
    restoresUsers: directory.restoreUsers,
    tokenId: null,
    requestId: run.id,
    at: run.services.now(),
  }
  return { tx, run, actor, position: before.applied_position, before, counts: {}, errors: [], remarks: [] }
}

const stateSql = 'select applied_position, stats, progress from sync_runs where org_id = $1 and id = $2'

export function count(batch: Batch, name: keyof SyncStats, number = 1): void {
  if (number !== 0) batch.counts[name] = (batch.counts[name] ?? 0) + number
}

/** What an operation counts as. */
export const counters = {
  User: {
    create: 'usersCreated',
    restore: 'usersCreated',
    link: 'usersUpdated',
    update: 'usersUpdated',
    activate: 'usersUpdated',
    deactivate: 'usersDisabled',
    delete: 'usersDeleted',
    anonymize: 'usersDeleted',
    keep: undefined,
    skip: 'usersSkipped',
    error: 'usersErrors',
  },
  Group: {
    create: 'groupsCreated',
    restore: 'groupsCreated',
    link: 'groupsUpdated',
    update: 'groupsUpdated',
    activate: undefined,
    deactivate: undefined,
    delete: 'groupsDeleted',
    anonymize: undefined,
    keep: undefined,
    skip: 'groupsSkipped',
    error: 'groupsErrors',
  },
} as const satisfies Record<RunChange['resourceType'], Record<Operation, keyof SyncStats | undefined>>

/** Writes what a batch leaves in the run: remarks, counters, and how far it is. `changes` are those that are done. */
export async function writeBatch(batch: Batch, changes: readonly RunChange[]): Promise<void> {
  for (const { resourceType, operation } of changes) {
    const counter = counters[resourceType][operation]
    if (counter !== undefined) count(batch, counter)
  }
  await writeRemarks(batch)
  await writeProgress(batch, changes)
}

/** Writes how the records stand that changes are of. */
export async function writeRecords({ tx, run }: Batch, changes: readonly RunChange[]): Promise<void> {
  const rows = new Map<string, JsonObject>()
  for (const { sourceId, resourceType, resourceId, operation, plan } of changes) {
    const { record } = plan
    // Of who was anonymized nothing is known any more.
    if (sourceId === null || record === undefined || operation === 'anonymize') continue
    const { hash, runId, speaks, problem, dueAt, isMissing } = record
    const type = resourceType === 'User' ? 'user' : 'group'
    // Of a record that is changed twice the later change says how it stands.
    rows.set(`${type} ${sourceId}`, {
      type,
      source_id: sourceId,
      hash,
      run_id: runId,
      resource_id: resourceId,
      speaks,
      problem,
      due_at: dueAt,
      missing_since: isMissing ? run.startedAt.toISOString() : null,
    })
  }
  if (rows.size === 0) return
  const columns = toColumnArrays([...rows.values()], recordColumns)
  await query(tx, recordsSql, [run.organizationId, run.directory.id, ...columns])
}

const recordColumns = {
  type: 'text',
  source_id: 'text',
  hash: 'text',
  run_id: 'text',
  resource_id: 'text',
  speaks: 'boolean',
  problem: 'text',
  due_at: 'timestamptz',
  missing_since: 'timestamptz',
}

const recordsSql = `insert into source_records (org_id, directory_id, type, source_id, hash, run_id, resource_id, speaks, problem, due_at,
    missing_since)
  select $1, $2, r.type, r.source_id, r.hash, r.run_id, r.resource_id, r.speaks, r.problem, r.due_at, r.missing_since
  from ${columnsSql(recordColumns, 3)} r
  on conflict (org_id, directory_id, type, source_id) do update set hash = excluded.hash, run_id = excluded.run_id,
    resource_id = excluded.resource_id, speaks = excluded.speaks, problem = excluded.problem, due_at = excluded.due_at,
    missing_since = case when excluded.missing_since is not null then coalesce(source_records.missing_since, excluded.missing_since) end`

async function writeRemarks({ tx, run, remarks }: Batch): Promise<void> {
  if (remarks.length === 0) return
  await query(tx, remarksSql, [run.organizationId, run.id, JSON.stringify(remarks)])
}

const remarksSql = `update run_changes c set operation = r.operation, code = r.code, detail = r.detail
  from json_to_recordset($3::json) as r(position int, operation text, code text, detail text)
  where c.org_id = $1 and c.run_id = $2 and c.position = r.position`

// The plan says what would be done; from the first batch on the counters say what was.
async function writeProgress(batch: Batch, changes: readonly RunChange[]): Promise<void> {
  const { tx, run, before, counts, errors } = batch
  const applied = before.progress.applied
  const { totalProcessed } = before.stats
  const stats: Partial<Record<string, number>> =
    applied === undefined ? { ...(totalProcessed !== undefined && { totalProcessed }) } : { ...before.stats }
  for (const [name, number] of Object.entries(counts)) stats[name] = (stats[name] ?? 0) + number
  await query(tx, progressSql, [
    run.organizationId,
    run.id,
    changes.at(-1)?.position ?? batch.position,
    JSON.stringify(stats),
    JSON.stringify({ applied: (applied ?? 0) + changes.length }),
    errors.length,
    JSON.stringify(errors),
  ])
}

const keptErrors = 100

const progressSql = `update sync_runs set applied_position = $3, stats = $4::jsonb, progress = progress || $5::jsonb,
    error_count = error_count + $6,
    errors = case when $6 = 0 or jsonb_array_length(errors) >= ${keptErrors} then errors else errors || $7::jsonb end
  where org_id = $1 and id = $2`

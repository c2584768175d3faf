// What a run reports of itself: how far it is, what it did, why it waits.
import type { Database } from '../../db/connect.ts'
import { query } from '../../db/query.ts'
import type { Window, Windowed } from '../../directory/org/employee.ts'
import { AppError } from '../../errors.ts'
import type { HoldReason } from '../plan/guard.ts'
import type { Purpose, RunKey, Stage } from './run.ts'
import { noStats, type SyncStats } from './stats.ts'

export const runStatuses = [
  'queued',
  'running',
  'awaiting_approval',
  'completed',
  'completed_with_errors',
  'failed',
  'cancelled',
] as const
export type RunStatus = (typeof runStatuses)[number]

export interface RunReport {
  readonly id: string
  readonly directoryId: string
  readonly purpose: Purpose
  readonly type: 'full' | 'incremental'
  readonly includeGroups: boolean
  readonly status: RunStatus
  readonly stage: Stage
  readonly queuedAt: Date
  readonly startedAt: Date | null
  readonly completedAt: Date | null
  readonly estimatedDurationMs: number | null
  readonly progress: RunProgress
  readonly stats: SyncStats
  readonly errorCount: number
  readonly hold: ReportedHold | null
  /** What ended it, or put it off. */
  readonly failure: { readonly kind: string; readonly message: string } | null
  /** How often it was put off. */
  readonly attempts: number
  readonly nextAttemptAt: Date | null
}

export interface RunProgress {
  readonly pages: number
  readonly totalPages: number | null
  readonly records: number
  readonly planned: number
  readonly applied: number
  /** Read in each second since it began; null before. */
  readonly recordsPerSecond: number | null
}

export interface ReportedHold {
  readonly reasons: readonly HoldReason[]
  readonly decision: 'approved' | 'rejected' | null
  readonly decidedAt: string | null
  /** A token, `operator` or `JWT`. */
  readonly decidedBy: string | null
}

/** Throws not_found. */
export async function readRunReport(db: Database, { organizationId, id }: RunKey, now: Date): Promise<RunReport> {
  const [row] = await query<RunRow>(db, `${selectSql} where org_id = $1 and id = $2`, [organizationId, id])
  if (row === undefined) throw new AppError('not_found', `There is no run ${id.slice(0, 80)}.`)
  return toReport(row, now)
}

/** The latest first; of one directory where it is named. */
export async function listRunReports(
  db: Database,
  organizationId: string,
  { directoryId, limit, after }: Window & { readonly directoryId?: string },
  now: Date,
): Promise<Windowed<RunReport>> {
  const rows = await (directoryId === undefined
    ? query<RunRow>(db, `${selectSql} where org_id = $1 and id < $2 order by id desc limit $3`, [
        organizationId,
        after ?? behindAllIds,
        limit + 1,
      ])
    : query<RunRow>(db, `${selectSql} where directory_id = $4 and org_id = $1 and id < $2 order by id desc limit $3`, [
        organizationId,
        after ?? behindAllIds,
        limit + 1,
        directoryId,
      ]))
  const items = rows.slice(0, limit).map((row) => toReport(row, now))
  return { items, next: rows.length > limit ? items.at(-1)?.id : undefined }
}

const behindAllIds = '~'

/** The runs that wait for approval, at most one of each directory; of one directory where it is named. The oldest first. */
export async function listHolds(
  db: Database,
  organizationId: string,
  now: Date,
  directoryId?: string,
): Promise<RunReport[]> {
  const text = `${selectSql} where org_id = $1 and status = 'awaiting_approval'
    and ($2::text is null or directory_id = $2) order by id`
  const rows = await query<RunRow>(db, text, [organizationId, directoryId ?? null])
  return rows.map((row) => toReport(row, now))
}

interface RunRow {
  readonly id: string
  readonly directory_id: string
  readonly purpose: Purpose
  readonly is_full: boolean
  readonly include_groups: boolean
  readonly status: Exclude<RunStatus, 'completed_with_errors'>
  readonly stage: Stage
  readonly queued_at: Date
  readonly started_at: Date | null
  readonly completed_at: Date | null
  readonly estimated_duration_ms: number | null
  readonly progress: Partial<Record<'pages' | 'totalPages' | 'records' | 'planned' | 'applied', number>>
  readonly stats: Partial<SyncStats>
  readonly error_count: number
  readonly hold: Partial<ReportedHold> | null
  readonly failure: RunReport['failure']
  readonly attempt: number
  readonly due_at: Date | null
}

// Without what can be long: the file of an import, and all errors.
const selectSql = `select id, directory_id, purpose, is_full, include_groups, status, stage, queued_at, started_at, completed_at,
    estimated_duration_ms, progress, stats, error_count, hold, failure, attempt, due_at
  from sync_runs`

function toReport(row: RunRow, now: Date): RunReport {
  const { status, error_count: errorCount, hold, failure } = row
  const isPutOff = status === 'queued' && row.attempt > 0
  return {
    id: row.id,
    directoryId: row.directory_id,
    purpose: row.purpose,
    type: row.is_full ? 'full' : 'incremental',
    includeGroups: row.include_groups,
    status: status === 'completed' && errorCount > 0 ? 'completed_with_errors' : status,
    stage: row.stage,
    queuedAt: row.queued_at,
    startedAt: row.started_at,
    completedAt: row.completed_at,
    estimatedDurationMs: row.estimated_duration_ms,
    progress: toProgress(row, now),
    stats: { ...noStats, ...row.stats },
    errorCount,
    hold: hold === null ? null : toHold(hold),
    failure: failure === null ? null : { kind: failure.kind, message: failure.message },
    attempts: row.attempt,
    nextAttemptAt: isPutOff ? row.due_at : null,
  }
}

function toProgress({ progress, started_at: startedAt, completed_at: completedAt }: RunRow, now: Date): RunProgress {
  const { pages = 0, totalPages = null, records = 0, planned = 0, applied = 0 } = progress
  const seconds = startedAt === null ? 0 : ((completedAt ?? now).getTime() - startedAt.getTime()) / 1000
  const recordsPerSecond = seconds > 0 ? Math.round((records / seconds) * 10) / 10 : null
  return { pages, totalPages, records, planned, applied, recordsPerSecond }
}

function toHold({
  reasons = [],
  decision = null,
  decidedAt = null,
  decidedBy = null,
}: Partial<ReportedHold>): ReportedHold {
  const plain = reasons.map(({ code, detail }) => ({ code, detail }))
  return { reasons: plain, decision, decidedAt, decidedBy }
}

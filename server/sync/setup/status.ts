// How a directory that is pulled stands, and why: derived from what its connection, its tests and its runs left.
import type { Database } from '../../db/connect.ts'
import { query } from '../../db/query.ts'
import type { PullDirectory } from '../../directory/pull-directories.ts'
import { readChecks } from './check.ts'

export const directoryStates = ['unlinked', 'validating', 'linked', 'error', 'paused'] as const
export type DirectoryState = (typeof directoryStates)[number]

export interface DirectoryStatus {
  readonly state: DirectoryState
  /** A sentence. */
  readonly reason: string
}

export interface LastRuns {
  /** When the last run began that was completed. */
  readonly completedBegan: Date | null
  /** When the last run began that was completed or failed. */
  readonly endedBegan: Date | null
  /** What ended that one; null where it was completed. */
  readonly failure: { readonly kind: string; readonly message: string } | null
}

/** By directory; of those that never had a run there is nothing. */
export async function readLastRuns(
  db: Database,
  organizationId: string,
  directoryIds: readonly string[],
): Promise<Map<string, LastRuns>> {
  const rows = await query<LastRuns & { id: string }>(db, lastRunsSql, [organizationId, directoryIds])
  return new Map(rows.map((row) => [row.id, row]))
}

const lastRunsSql = `select d.id, c.began as "completedBegan", e.began as "endedBegan", e.failure
  from unnest($2::text[]) as d (id)
  cross join lateral (
    select coalesce(started_at, queued_at) as began, case when status = 'failed' then failure end as failure from sync_runs
    where directory_id = d.id and org_id = $1 and status in ('completed', 'failed') order by id desc limit 1
  ) e
  left join lateral (
    select coalesce(started_at, queued_at) as began from sync_runs
    where directory_id = d.id and org_id = $1 and status = 'completed' order by id desc limit 1
  ) c on true`

/** Of a directory that is pulled. */
export function deriveStatus(directory: PullDirectory, runs: LastRuns | undefined): DirectoryStatus {
  const { pausedAt, connection, connectedAt } = directory
  if (pausedAt !== null) {
    return { state: 'paused', reason: 'It is paused: no run begins by itself until it is resumed.' }
  }
  if (connection === null || connectedAt === null) {
    return { state: 'unlinked', reason: 'It is not connected: nobody has said yet how its source is reached.' }
  }
  const isPresent = (began: Date | null | undefined): began is Date => began instanceof Date && began >= connectedAt
  const check = readChecks(directory)
  const failure = isPresent(runs?.endedBegan) && runs.failure?.kind === 'settings' ? runs.failure : undefined
  // Of a run and a test the later one counts.
  if (failure !== undefined && !(check?.ok === true && check.at >= (runs?.endedBegan ?? connectedAt))) {
    return { state: 'error', reason: failure.message }
  }
  const completed = isPresent(runs?.completedBegan) ? runs.completedBegan : undefined
  if (check?.ok === false && !(completed !== undefined && completed >= check.at)) {
    const wrong = check.checks.find(({ ok, isNeeded }) => !ok && isNeeded)
    return { state: 'error', reason: wrong?.detail ?? 'The last test of the connection failed.' }
  }
  if (check === undefined && completed === undefined) {
    return {
      state: 'validating',
      reason: 'It was connected, and neither a test nor a run has shown yet that it works.',
    }
  }
  return { state: 'linked', reason: explainLinked(completed, runs) }
}

function explainLinked(completed: Date | undefined, runs: LastRuns | undefined): string {
  const failure = runs?.failure ?? null
  if (failure !== null) return `It is connected. The last run failed: ${failure.message}`
  return completed === undefined ? 'The test of its connection went well.' : 'Its last run was completed.'
}

// Which runs there are to do.
import type { Database } from '../../db/connect.ts'
import { query } from '../../db/query.ts'
import type { RunKey } from '../runs/run.ts'

export interface DueRun extends RunKey {
  /** Whoever did it gives no sign of life. */
  readonly isAbandoned: boolean
}

/** Those that nobody does, who waits longest first. */
export function listDueRuns(db: Database, now: Date, limit: number): Promise<DueRun[]> {
  const text = `select org_id as "organizationId", id, status = 'running' and holder is not null as "isAbandoned" from sync_runs
    where status in ('queued', 'running') and coalesce(held_until, due_at) <= $1::timestamptz
    order by coalesce(held_until, due_at) limit $2`
  return query<DueRun>(db, text, [now, limit])
}

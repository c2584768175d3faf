// Decides on runs that wait for approval.
import type { Database } from '../../db/connect.ts'
import { query } from '../../db/query.ts'
import { single } from '../../db/transaction.ts'
import { AppError } from '../../errors.ts'
import type { RunKey } from './run.ts'
import { tellRunSql } from './events.ts'

export interface Decision {
  readonly at: Date
  /** A token, `operator` or `JWT`. */
  readonly decidedBy: string
}

/**
 * Lets a run go on that waits: it reads the source again, and applies the plan that was looked at where that still says the same. Throws
 * not_found, and conflict where it does not wait or another run of the directory is under way.
 */
export function approveRun(db: Database, key: RunKey, decision: Decision): Promise<void> {
  return decide(db, key, decision, 'approved', approveSql)
}

/** Ends a run that waits; nothing of its plan happens. Throws not_found, and conflict where it does not wait. */
export function rejectRun(db: Database, key: RunKey, decision: Decision): Promise<void> {
  return decide(db, key, decision, 'rejected', rejectSql)
}

async function decide(
  db: Database,
  { organizationId, id }: RunKey,
  { at, decidedBy }: Decision,
  decision: 'approved' | 'rejected',
  text: string,
): Promise<void> {
  const said = JSON.stringify({ decision, decidedAt: at.toISOString(), decidedBy })
  const decided = await single(db, (one) => query(one, text, [organizationId, id, said, at]))
  if (decided.length > 0) return
  const [run] = await query<{ status: string }>(db, statusSql, [organizationId, id])
  if (run === undefined) throw new AppError('not_found', `There is no run ${id.slice(0, 80)}.`)
  throw new AppError('conflict', `The run ${id} does not wait for approval; it is ${run.status.replaceAll('_', ' ')}.`)
}

const statusSql = 'select status from sync_runs where org_id = $1 and id = $2'

const approveSql = `update sync_runs set status = 'queued', stage = 'fetch', hold = hold || $3::jsonb, due_at = $4::timestamptz, attempt = 0,
    version = version + 1
  where org_id = $1 and id = $2 and status = 'awaiting_approval' returning id`

const rejectSql = `with rejected as (
    update sync_runs r set status = 'cancelled', hold = hold || $3::jsonb, completed_at = $4::timestamptz, input = null,
      version = version + 1
    where org_id = $1 and id = $2 and status = 'awaiting_approval'
    returning r.*
  ), told as (
    ${tellRunSql('sync.cancelled', 'rejected', '$4::timestamptz')}
  )
  select id from rejected`

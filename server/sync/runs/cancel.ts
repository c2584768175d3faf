// Stops a run that somebody does not want.
import type { Database } from '../../db/connect.ts'
import { query } from '../../db/query.ts'
import { single } from '../../db/transaction.ts'
import type { Actor } from '../../directory/actor.ts'
import { AppError } from '../../errors.ts'
import { tellRunSql } from './events.ts'

/**
 * Cancels a run: at once where nobody does it, and otherwise at its next page or batch; what was applied stays. Nothing happens where it
 * has ended, or is to be cancelled already. Throws not_found.
 */
export async function cancelRun(db: Database, { organizationId, at }: Actor, id: string): Promise<void> {
  const rows = await single(db, () => query(db, cancelSql, [organizationId, id, at]))
  if (rows.length === 0) throw new AppError('not_found', `There is no sync ${id.slice(0, 80)}.`)
}

const cancelSql = `with asked as (
    update sync_runs r set cancel_requested_at = $3::timestamptz,
      status = case when status = 'running' then status else 'cancelled' end,
      completed_at = case when status = 'running' then null else $3::timestamptz end,
      due_at = null, input = case when status = 'running' then input end,
      version = version + (status <> 'running')::int
    where org_id = $1 and id = $2 and status in ('queued', 'running', 'awaiting_approval') and cancel_requested_at is null
    returning r.*
  ), told as (
    ${tellRunSql('sync.cancelled', 'asked', '$3::timestamptz', `where r.status = 'cancelled'`)}
  )
  select 1 from sync_runs where org_id = $1 and id = $2`

// Who does a run: one process at a time. Everything that it writes is on the condition that it still does, so that one that was
// believed dead, and is not, spoils nothing.
import type { Database } from '../../db/connect.ts'
import { query } from '../../db/query.ts'
import { single } from '../../db/transaction.ts'
import { type Run, type RunKey, RunLost } from '../runs/run.ts'
import { tellRunSql } from '../runs/events.ts'
import { type RunState, stateColumns } from '../runs/state.ts'

/** So long a hold is believed without a sign of life. */
export const heldForMs = 30_000

/** A run and the hold on it. */
export interface Hold extends RunKey {
  readonly holder: string
}

/** undefined where there is nothing to do, or another one does it. */
export async function takeRun(
  db: Database,
  { organizationId, id, holder }: Hold,
  now: Date,
): Promise<RunState | undefined> {
  const values = [organizationId, id, now, holder, new Date(now.getTime() + heldForMs)]
  const [row] = await single(db, () => query<RunState>(db, takeSql, values))
  return row
}

const takeSql = `with due as (
    select org_id, id, started_at is null as begins from sync_runs
    where org_id = $1 and id = $2 and (
      (status = 'queued' and due_at <= $3::timestamptz) or (status = 'running' and held_until <= $3::timestamptz)
    ) for no key update skip locked
  ), taken as (
    update sync_runs r set status = 'running', holder = $4, held_until = $5::timestamptz, due_at = null,
      started_at = coalesce(r.started_at, $3::timestamptz), version = r.version + due.begins::int
    from due where r.org_id = due.org_id and r.id = due.id
    returning r.*, due.begins
  ), told as (
    ${tellRunSql('sync.started', 'taken', '$3::timestamptz', 'where r.begins')}
  )
  select ${stateColumns} from taken`

/**
 * Locks the run's row for the rest of the transaction and prolongs the hold. Every transaction of a stage begins with this. Throws
 * RunLost where another holds it now, or where it is to be cancelled.
 */
export async function keepHold(tx: Database, run: Run): Promise<void> {
  if (run.signal.aborted) throw new RunLost('The run is to be let go.')
  if (!(await renewHold(tx, run, run.services.now()))) throw new RunLost('The run is not ours to do any more.')
}

/** Shows a sign of life. Returns false where another holds the run now, or where it is to be cancelled. */
export async function renewHold(db: Database, { organizationId, id, holder }: Hold, now: Date): Promise<boolean> {
  const rows = await query(
    db,
    `update sync_runs set held_until = greatest(held_until, $4::timestamptz)
     where org_id = $1 and id = $2 and holder = $3 and status = 'running' and cancel_requested_at is null returning 1`,
    [organizationId, id, holder, new Date(now.getTime() + heldForMs)],
  )
  return rows.length > 0
}

/** Leaves the run to whoever takes it next, from `at` on. Nothing happens where the hold is lost. */
export async function letGo(db: Database, { organizationId, id, holder }: Hold, at: Date): Promise<void> {
  const text = `update sync_runs set holder = null, held_until = $4::timestamptz
     where org_id = $1 and id = $2 and holder = $3 and status = 'running'`
  await single(db, () => query(db, text, [organizationId, id, holder, at]))
}

// How a run ends, or waits.
import type { ProviderErrorKind } from '../../../providers/provider.ts'
import type { Database } from '../../db/connect.ts'
import { query } from '../../db/query.ts'
import { single, transaction } from '../../db/transaction.ts'
import type { HoldReason } from '../plan/guard.ts'
import { type Hold, keepHold } from './hold.ts'
import { writeReport } from '../runs/report.ts'
import type { Run } from '../runs/run.ts'
import { type RunEvent, tellRunSql } from '../runs/events.ts'
import { wantsGroups } from '../runs/state.ts'
import { nextRunAt } from '../runs/schedule.ts'

export interface Failure {
  readonly kind: ProviderErrorKind
  /** A sentence, without secrets. */
  readonly message: string
}

/**
 * Ends a run that did what it had to: notes where the next one begins, and what is known now. A plan of the directory that waits for
 * approval is not that any more which somebody looked at.
 */
export async function completeRun(run: Run): Promise<void> {
  const { services, directory, settings, isFull, purpose, startedAt } = run
  const at = services.now()
  await transaction(services.db, async (tx) => {
    await keepHold(tx, run)
    await writeReport(tx, run)
    const key = [run.organizationId, run.id]
    if (purpose !== 'preview') {
      await supersede(tx, run, at)
      await query(tx, overdueSql, [run.organizationId, directory.id, startedAt])
    }
    if (purpose === 'sync') {
      const next = directory.nextRunAt ?? nextRunAt(settings.schedule, directory.timeZone, startedAt)
      // What is new of groups would be missed by a cursor that stands behind it.
      const movesCursor = wantsGroups(run) || !settings.syncGroups
      await query(tx, confirmSql, [...key, directory.id, isFull, startedAt, next, movesCursor])
      if (isFull) await query(tx, backSql, [...key, directory.id])
      if (movesCursor) await query(tx, tokenSql, key)
    }
    await query(tx, endSql('completed', 'sync.completed'), [...key, run.holder, at, null])
  })
}

/** The same of a run that only was to say what it would do, and why that would have to wait for approval. */
export async function completePreview(run: Run, reasons: readonly HoldReason[]): Promise<void> {
  const at = run.services.now()
  await transaction(run.services.db, async (tx) => {
    await keepHold(tx, run)
    await writeReport(tx, run)
    const text = `update sync_runs set hold = $3::jsonb where org_id = $1 and id = $2`
    if (reasons.length > 0) await query(tx, text, [run.organizationId, run.id, JSON.stringify({ reasons })])
    await query(tx, endSql('completed', 'sync.completed'), [run.organizationId, run.id, run.holder, at, null])
  })
}

/** Leaves a plan to whoever may approve it. Another one of the directory, which is older, waits no more. */
export async function awaitApproval(run: Run, reasons: readonly HoldReason[]): Promise<void> {
  const at = run.services.now()
  await transaction(run.services.db, async (tx) => {
    await keepHold(tx, run)
    await writeReport(tx, run)
    await supersede(tx, run, at)
    await query(tx, awaitSql, [run.organizationId, run.id, run.holder, at, JSON.stringify({ reasons })])
  })
}

/** Ends a run that nobody will try again. */
export async function failRun(db: Database, hold: Hold, failure: Failure, at: Date): Promise<void> {
  await end(db, 'failed', 'sync.failed', hold, failure, at)
}

/** Ends a run that somebody cancelled. Returns false where nobody did, or where another one does it now. */
export async function endCancelled(db: Database, hold: Hold, at: Date): Promise<boolean> {
  return end(db, 'cancelled', 'sync.cancelled', hold, null, at, 'and cancel_requested_at is not null')
}

/** Lets a run be tried again later. Returns false where it is to be cancelled instead, or is lost. */
export async function putOff(db: Database, hold: Hold, failure: Failure, dueAt: Date): Promise<boolean> {
  const text = `update sync_runs set status = 'queued', due_at = $4::timestamptz, holder = null, held_until = null,
      attempt = attempt + 1, failure = $5::jsonb
    where org_id = $1 and id = $2 and holder = $3 and status = 'running' and cancel_requested_at is null returning 1`
  const values = [hold.organizationId, hold.id, hold.holder, dueAt, JSON.stringify(failure)]
  return (await single(db, () => query(db, text, values))).length > 0
}

async function end(
  db: Database,
  status: 'failed' | 'cancelled',
  event: RunEvent,
  { organizationId, id, holder }: Hold,
  failure: Failure | null,
  at: Date,
  condition = '',
): Promise<boolean> {
  return transaction(db, async (tx) => {
    const values = [organizationId, id, holder, at, failure === null ? null : JSON.stringify(failure)]
    const rows = await query(tx, endSql(status, event, condition), values)
    if (rows.length > 0) await writeReport(tx, { organizationId, id })
    return rows.length > 0
  })
}

function endSql(status: 'completed' | 'failed' | 'cancelled', event: RunEvent, condition = ''): string {
  return `with ended as (
    update sync_runs r set status = '${status}', completed_at = $4::timestamptz, holder = null, held_until = null, due_at = null,
      input = null, failure = $5::jsonb, version = version + 1
    where org_id = $1 and id = $2 and holder = $3 and status = 'running' ${condition}
    returning r.*
  ), told as (
    ${tellRunSql(event, 'ended', '$4::timestamptz')}
  )
  select 1 from ended`
}

const awaitSql = `with waiting as (
    update sync_runs r set status = 'awaiting_approval', holder = null, held_until = null, hold = $5::jsonb, failure = null,
      version = version + 1
    where org_id = $1 and id = $2 and holder = $3 and status = 'running'
    returning r.*
  ), told as (
    ${tellRunSql('sync.awaiting_approval', 'waiting', '$4::timestamptz')}
  )
  select 1 from waiting`

async function supersede(tx: Database, { organizationId, id, directory }: Run, at: Date): Promise<void> {
  const failure = { kind: 'superseded', message: `The run ${id} has read the source since, and planned anew.` }
  await query(tx, supersedeSql, [organizationId, directory.id, id, at, JSON.stringify(failure)])
}

const supersedeSql = `with ended as (
    update sync_runs r set status = 'cancelled', completed_at = $4::timestamptz, failure = $5::jsonb, input = null,
      version = version + 1
    where directory_id = $2 and org_id = $1 and status = 'awaiting_approval' and id <> $3
    returning r.*
  ), told as (
    ${tellRunSql('sync.cancelled', 'ended', '$4::timestamptz')}
  )
  select 1 from ended`

// A schedule that was set meanwhile has said itself when the next run is due.
const confirmSql = `update directories d set next_run_at = coalesce(d.next_run_at, $6::timestamptz),
    cursor = case when $7::boolean then coalesce(p.cursor, case when $4::boolean then null else d.cursor end) else d.cursor end,
    confirmed_at = case when $4::boolean then $5::timestamptz else d.confirmed_at end,
    confirmed_rules = case when $4::boolean then r.rules_version else d.confirmed_rules end
  from sync_runs r left join lateral (
    select cursor from run_pages where org_id = r.org_id and run_id = r.id order by number desc limit 1
  ) p on true
  where r.org_id = $1 and r.id = $2 and d.org_id = $1 and d.id = $3`

// As it is shown to those who ask for the run.
const tokenSql = `update sync_runs r set next_sync_token = (
    select translate(encode(convert_to(cursor::text, 'UTF8'), 'base64'), E'+/=\\n', '-_') from run_pages
    where org_id = $1 and run_id = $2 order by number desc limit 1
  ) where org_id = $1 and id = $2`

// Who came back, and for whom nothing else was to be done. A CASE is no join: without statistics each would be compared with each.
const backSql = `update source_records s set missing_since = null
  where s.org_id = $1 and s.directory_id = $3 and s.missing_since is not null and case s.type
    when 'user' then s.source_id in (select unnest(user_ids) from run_pages where org_id = $1 and run_id = $2)
    else s.source_id in (select unnest(group_ids) from run_pages where org_id = $1 and run_id = $2)
  end`

// What was due is done, or cannot be: it is tried again with the next day.
const overdueSql = `update source_records set due_at = $3::timestamptz + interval '1 day'
  where org_id = $1 and directory_id = $2 and due_at <= $3::timestamptz`

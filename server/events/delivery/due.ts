// Which subscriptions have something to do.
import type { Database } from '../../db/connect.ts'
import { query } from '../../db/query.ts'
import type { SubscriptionKey } from './hold.ts'

export interface DueSubscription extends SubscriptionKey {
  /** Whoever delivered for it gives no sign of life. */
  readonly isAbandoned: boolean
}

const dueSql = `enabled and due_at <= $1::timestamptz and (holder is null or held_until <= $1::timestamptz)`

/** Those that nobody delivers for, who waits longest first. */
export async function listDue(db: Database, now: Date, limit: number): Promise<DueSubscription[]> {
  const rows = await query<{ org_id: string; id: string; is_abandoned: boolean }>(
    db,
    `select org_id, id, holder is not null as is_abandoned from subscriptions where ${dueSql} order by due_at limit $2`,
    [now, limit],
  )
  return rows.map((row) => ({ organizationId: row.org_id, id: row.id, isAbandoned: row.is_abandoned }))
}

// What has just come due is not kept waiting yet.
const patienceMs = 300

/** Whether a subscription waits for somebody to deliver for it. */
export async function areOthersDue(db: Database, now: Date): Promise<boolean> {
  const rows = await query(db, `select 1 from subscriptions where ${dueSql} limit 1`, [
    new Date(now.getTime() - patienceMs),
  ])
  return rows.length > 0
}

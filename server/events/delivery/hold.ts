// Who delivers for a subscription: one at a time. Everything that it writes is on the condition that it still does, so that one that
// was believed dead, and is not, spoils nothing.
import { randomUUID } from 'node:crypto'
import type { Database } from '../../db/connect.ts'
import { query } from '../../db/query.ts'
import { single } from '../../db/transaction.ts'
import type { Subscription } from '../subscription.ts'
import { type SubscriptionRow, toSubscription } from '../subscriptions.ts'

export interface SubscriptionKey {
  readonly organizationId: string
  readonly id: string
}

export interface Hold extends SubscriptionKey {
  readonly holder: string
}

/** A subscription as its holder sees it. */
export interface Held {
  readonly subscription: Subscription
  /** How often it was told that there is something to do. */
  readonly wakes: number
  readonly pausedUntil: Date | null
}

/** Another one delivers, or the subscription is gone. */
export class HoldLost extends Error {}

/** So long a hold is believed without a sign of life. */
export const heldForMs = 10_000

/** undefined where there is nothing to do, or another one does it. */
export async function takeHold(
  db: Database,
  { organizationId, id }: SubscriptionKey,
  now: Date,
): Promise<{ hold: Hold; held: Held } | undefined> {
  const holder = randomUUID()
  const [row] = await single(db, () =>
    query<SubscriptionRow>(
      db,
      `update subscriptions set holder = $3, held_until = $5::timestamptz
       where org_id = $1 and id = $2 and enabled and due_at <= $4::timestamptz and (holder is null or held_until <= $4::timestamptz)
       returning *`,
      [organizationId, id, holder, now, new Date(now.getTime() + heldForMs)],
    ),
  )
  return row === undefined ? undefined : { hold: { organizationId, id, holder }, held: toHeld(row) }
}

/** Shows a sign of life, and reads what the subscription is by now. Throws HoldLost. */
export async function renewHold(db: Database, { organizationId, id, holder }: Hold, now: Date): Promise<Held> {
  const [row] = await single(db, () =>
    query<SubscriptionRow>(
      db,
      `update subscriptions set held_until = $4::timestamptz where org_id = $1 and id = $2 and holder = $3 returning *`,
      [organizationId, id, holder, new Date(now.getTime() + heldForMs)],
    ),
  )
  if (row === undefined) throw new HoldLost()
  return toHeld(row)
}

/**
 * Ends it, and says when there is something to do again.
 * @returns false where the subscription was woken since it had so many `wakes`, or the hold is lost; then nothing is done
 */
export async function endHold(db: Database, hold: Hold, wakes: number, dueAt: Date | null): Promise<boolean> {
  const rows = await single(db, () =>
    query(
      db,
      `update subscriptions set holder = null, held_until = null, due_at = $5::timestamptz
       where org_id = $1 and id = $2 and holder = $3 and wakes = $4 returning 1`,
      [hold.organizationId, hold.id, hold.holder, wakes, dueAt],
    ),
  )
  return rows.length > 0
}

export function toHeld(row: SubscriptionRow): Held {
  return { subscription: toSubscription(row), wakes: row.wakes, pausedUntil: row.paused_until }
}

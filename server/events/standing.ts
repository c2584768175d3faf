// Who does not hear of events though it should.
import type { Database } from '../db/connect.ts'
import { query } from '../db/query.ts'
import type { SubscriptionKind } from '../db/tables.ts'
import { failingAfter } from './delivery/retry.ts'

export interface Unreached {
  readonly id: string
  readonly kind: SubscriptionKind
  readonly name: string
  /** Why it was disabled; null where it is tried again. */
  readonly reason: string | null
}

/** Of all organizations, subscriptions that fail, and those that were disabled for that; the last changed ones first. */
export async function listUnreached(db: Database, limit: number): Promise<Unreached[]> {
  return query<Unreached>(
    db,
    `select id, kind, name, disabled_reason as reason from subscriptions
     where disabled_reason is not null or (enabled and failures >= $1) order by modified_at desc, id limit $2`,
    [failingAfter, limit],
  )
}

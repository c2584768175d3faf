// The deliveries of a feed that is polled: what waits to be fetched, and what the receiver says of what it has fetched.
import type { Database } from '../../db/connect.ts'
import { query } from '../../db/query.ts'
import type { JsonObject } from '../../db/tables.ts'
import { reading, transaction } from '../../db/transaction.ts'
import { toLine } from '../../ops/line.ts'
import { wakeSubscription } from '../subscriptions.ts'

export interface FeedPlace {
  readonly organizationId: string
  readonly id: string
}

export interface WaitingDelivery {
  readonly id: string
  readonly eventNumber: number
  /** null where it was removed since, for the person was anonymized. */
  readonly content: JsonObject | null
}

/** What was fetched and is not acknowledged, and what was not fetched yet, in the order of the events. */
export function listWaiting(db: Database, feed: FeedPlace, limit: number): Promise<WaitingDelivery[]> {
  return reading(() => query<WaitingDelivery>(db, waitingSql, [feed.organizationId, feed.id, limit]))
}

// Of a feed without statistics the planner would read all that waits, were the limit not within.
const waitingSql = `select id, event_number as "eventNumber", content from (
    select * from deliveries where subscription_id = $2 and state = 'waiting' order by event_number, id limit $3
  ) d where org_id = $1 order by event_number, id`

/** Those of the feeds that have something waiting. */
export async function findFilled(db: Database, feeds: readonly FeedPlace[]): Promise<Set<string>> {
  const parameters = [feeds.map(({ organizationId }) => organizationId), feeds.map(({ id }) => id)]
  const rows = await reading(() => query<{ id: string }>(db, filledSql, parameters))
  return new Set(rows.map(({ id }) => id))
}

const filledSql = `select f.id from unnest($1::text[], $2::text[]) as f(org_id, id)
  cross join lateral (
    select d.org_id from deliveries d where d.subscription_id = f.id and d.state = 'waiting'
    order by d.event_number, d.id limit 1
  ) first
  where first.org_id = f.org_id`

/** Why a receiver does not take a token (RFC 8935 section 2.4). */
export interface Refusal {
  readonly err: string
  readonly description: string
}

export interface Receipt {
  /** The ids of deliveries, which are those of tokens. */
  readonly ack: readonly string[]
  readonly setErrs: Readonly<Record<string, Refusal>>
}

/** Ends deliveries as the receiver says; what is not waiting in this feed stays as it is. */
export async function recordReceipt(db: Database, feed: FeedPlace, { ack, setErrs }: Receipt, at: Date): Promise<void> {
  const refusals = Object.entries(setErrs)
  if (ack.length + refusals.length === 0) return
  const verdicts = [
    ...ack.map((id) => ({ id, state: 'delivered', attempt: writeAttempt(at, null) })),
    ...refusals.map(([id, { err, description }]) => ({
      id,
      state: 'dead',
      attempt: writeAttempt(at, toLine(`${err}: ${description}`)),
    })),
  ]
  await transaction(db, async (tx) => {
    const ended = await query(tx, receiptSql, [feed.organizationId, feed.id, JSON.stringify(verdicts), at])
    // There is room for more.
    if (ended.length > 0) await wakeSubscription(tx, feed.organizationId, feed.id, at)
  })
}

// The delivery log shows when the receiver spoke.
function writeAttempt(at: Date, error: string | null): JsonObject {
  return { at: at.toISOString(), durationMs: 0, status: null, error, answer: null }
}

// A token that is both acknowledged and refused is refused.
const receiptSql = `with verdicts as (
    select distinct on (id) id, state, attempt from json_to_recordset($3::json) as r(id text, state text, attempt jsonb)
    order by id, state
  )
  update deliveries d set state = v.state, next_at = null, ended_at = $4::timestamptz, attempts = d.attempts || v.attempt
  from verdicts v cross join lateral (select x.id from deliveries x where x.org_id = $1 and x.id = v.id limit 1) found
  where d.org_id = $1 and d.subscription_id = $2 and d.id = found.id and d.state = 'waiting'
  returning d.id`

// Tells something at once, to see what comes of it. What was tried stays in the delivery log.
import type { Database } from '../db/connect.ts'
import { createId } from '../db/ids.ts'
import { query } from '../db/query.ts'
import { single } from '../db/transaction.ts'
import type { Channel, Outcome } from './channel.ts'
import { type Delivery, readDelivery } from './deliveries.ts'
import type { LoggedEvent } from './event.ts'
import type { Subscription } from './subscription.ts'

/** One attempt, which is not repeated and leaves the subscription as it is. Throws not_found where the subscription is gone since. */
export async function sendTest(
  db: Database,
  channel: Channel,
  subscription: Subscription,
  event: LoggedEvent,
  at: Date,
): Promise<Delivery> {
  const id = createId('dlv', at)
  const startedAt = performance.now()
  const outcome = await channel.send(subscription, { id, event, content: null, attempt: 1, at })
  const durationMs = Math.round(performance.now() - startedAt)
  const { organizationId, id: subscriptionId } = subscription
  const attempts = JSON.stringify([writeAttempt(outcome, at, durationMs)])
  const state = outcome.isDelivered ? 'delivered' : 'dead'
  const endedAt = new Date(at.getTime() + durationMs)
  await single(db, (one) =>
    query(one, insertSql, [organizationId, subscriptionId, id, event.id, event.type, state, attempts, at, endedAt]),
  )
  return readDelivery(db, organizationId, subscriptionId, id)
}

function writeAttempt({ status, error, answer }: Outcome, at: Date, durationMs: number): Record<string, unknown> {
  return { at, durationMs, status: status ?? null, error: error ?? null, answer: answer ?? null }
}

const insertSql = `
  insert into deliveries (org_id, subscription_id, id, event_number, event_id, event_type, resource_id, origin, state, attempts,
    created_at, ended_at)
  select org_id, id, $3, 0, $4, $5, id, 'test', $6, $7::jsonb, $8::timestamptz, $9::timestamptz
  from subscriptions where org_id = $1 and id = $2`

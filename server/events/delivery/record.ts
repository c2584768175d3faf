// Writes down what came of attempts, many at once.
import type { Database } from '../../db/connect.ts'
import { query } from '../../db/query.ts'
import { single, transaction } from '../../db/transaction.ts'
import { addToOutbox } from '../../directory/outbox.ts'
import type { Outcome } from '../channel.ts'
import { type Held, heldForMs, type Hold, HoldLost, toHeld } from './hold.ts'
import type { Waiting } from './queue.ts'
import { deadAfterMs, type Health } from './retry.ts'
import type { Subscription } from '../subscription.ts'
import type { SubscriptionRow } from '../subscriptions.ts'

export interface Result {
  readonly waiting: Waiting
  readonly outcome: Outcome
  readonly at: Date
  readonly durationMs: number
  /** Where it failed and is tried again. */
  readonly nextAt: Date | undefined
}

/** All of it or, where the hold is lost, nothing. Throws HoldLost. */
export async function recordResults(
  db: Database,
  hold: Hold,
  results: readonly Result[],
  health: Health,
  now: Date,
): Promise<Held> {
  const [row] = await single(db, () =>
    query<SubscriptionRow>(
      db,
      `with held as (
         update subscriptions set held_until = $4::timestamptz, failures = $5, failing_since = $6::timestamptz, paused_until = $7::timestamptz
         where org_id = $1 and id = $2 and holder = $3 returning *
       ), written as (
         update deliveries d set state = r.state, attempts = d.attempts || r.attempt, next_at = r.next_at, ended_at = r.ended_at
         from held h, json_to_recordset($8::json) as r(id text, state text, attempt jsonb, next_at timestamptz, ended_at timestamptz)
         where d.org_id = $1 and d.id = any($9) and d.id = r.id and d.subscription_id = h.id and d.state = 'waiting'
       ) select * from held`,
      [
        hold.organizationId,
        hold.id,
        hold.holder,
        new Date(now.getTime() + heldForMs),
        health.failures,
        health.failingSince,
        health.pausedUntil,
        JSON.stringify(results.map(toRow)),
        results.map(({ waiting }) => waiting.id),
      ],
    ),
  )
  if (row === undefined) throw new HoldLost()
  return toHeld(row)
}

function toRow({ waiting, outcome, at, durationMs, nextAt }: Result): Record<string, unknown> {
  const { isDelivered, status = null, error = null, answer = null } = outcome
  return {
    id: waiting.id,
    state: isDelivered ? 'delivered' : nextAt === undefined ? 'dead' : 'waiting',
    attempt: { at, durationMs: Math.round(durationMs), status, error, answer },
    next_at: nextAt ?? null,
    ended_at: nextAt === undefined ? new Date(at.getTime() + durationMs) : null,
  }
}

/** Gives up what has waited for a failing receiver for longer than the attempts take that it would have had. */
export async function giveUpOld(db: Database, hold: Hold, now: Date): Promise<void> {
  await single(db, () =>
    query(
      db,
      `update deliveries d set state = 'dead', next_at = null, ended_at = $4::timestamptz
       from subscriptions s where s.org_id = $1 and s.id = $2 and s.holder = $3
         and d.subscription_id = $2 and d.org_id = $1 and d.state = 'waiting' and d.created_at < $5::timestamptz`,
      [hold.organizationId, hold.id, hold.holder, now, new Date(now.getTime() - deadAfterMs)],
    ),
  )
}

/** Makes due at once what waits for its next attempt: a receiver that failed is back. */
export async function bringForward(db: Database, hold: Hold, now: Date): Promise<void> {
  await single(db, () =>
    query(
      db,
      `update deliveries d set next_at = $4::timestamptz
       from subscriptions s where s.org_id = $1 and s.id = $2 and s.holder = $3
         and d.subscription_id = $2 and d.org_id = $1 and d.state = 'waiting' and d.next_at > $4::timestamptz`,
      [hold.organizationId, hold.id, hold.holder, now],
    ),
  )
}

/** The subscription hears nothing more until a person enables it again; of a webhook endpoint that is an event, too. */
export async function disable(
  db: Database,
  hold: Hold,
  { kind, name }: Subscription,
  reason: string,
  now: Date,
): Promise<void> {
  await transaction(db, async (tx) => {
    const [row] = await query<{ version: number }>(
      tx,
      `update subscriptions set enabled = false, disabled_reason = $4, version = version + 1, modified_at = $5::timestamptz
       where org_id = $1 and id = $2 and holder = $3 returning version`,
      [hold.organizationId, hold.id, hold.holder, reason, now],
    )
    if (row === undefined) throw new HoldLost()
    if (kind !== 'webhook') return
    const resource = { id: hold.id, name, enabled: false, disabledReason: reason }
    const event = {
      type: 'webhook_endpoint.disabled',
      resourceType: 'WebhookEndpoint',
      resourceId: hold.id,
      version: row.version,
      data: { directoryId: null, requestId: null, resource },
    }
    await addToOutbox(tx, hold.organizationId, event, now)
  })
}

// What became of telling: the delivery log, and sending once more.
import { type Selectable, sql } from 'kysely'
import type { Database } from '../db/connect.ts'
import { createId } from '../db/ids.ts'
import { query } from '../db/query.ts'
import type { DeliveryOrigin, DeliveryState, JsonObject, Tables } from '../db/tables.ts'
import { reading, transaction } from '../db/transaction.ts'
import { AppError } from '../errors.ts'
import { wakeSubscription } from './subscriptions.ts'

export interface Attempt {
  readonly at: Date
  readonly durationMs: number
  readonly status: number | null
  readonly error: string | null
  /** The first 2 kB of what was answered. */
  readonly answer: string | null
}

export interface Delivery {
  readonly id: string
  readonly subscriptionId: string
  readonly eventNumber: number
  readonly eventId: string
  readonly eventType: string
  readonly resourceId: string
  readonly origin: DeliveryOrigin
  readonly state: DeliveryState
  readonly attempts: readonly Attempt[]
  readonly nextAt: Date | null
  readonly createdAt: Date
  readonly endedAt: Date | null
}

export interface DeliverySearch {
  readonly limit: number
  /** Only those before the one with this id. */
  readonly before?: string
  readonly state?: DeliveryState
}

/** Of one subscription, the newest first. */
export async function listDeliveries(
  db: Database,
  organizationId: string,
  subscriptionId: string,
  { limit, before, state }: DeliverySearch,
): Promise<Delivery[]> {
  let rows = db
    .selectFrom('deliveries')
    .selectAll()
    .where('subscription_id', '=', subscriptionId)
    .where('org_id', '=', organizationId)
  if (before !== undefined) rows = rows.where('id', '<', before)
  // As a part of the statement: what it has indexes of is known to the planner whenever it makes the plan.
  if (state !== undefined) rows = rows.where('state', '=', sql.lit(state))
  const found = await reading(() => rows.orderBy('id', 'desc').limit(limit).execute())
  return found.map(toDelivery)
}

/** Throws not_found. */
export async function readDelivery(
  db: Database,
  organizationId: string,
  subscriptionId: string,
  id: string,
): Promise<Delivery> {
  const row = await reading(() =>
    db
      .selectFrom('deliveries')
      .selectAll()
      .where('org_id', '=', organizationId)
      .where('id', '=', id)
      .where('subscription_id', '=', subscriptionId)
      .executeTakeFirst(),
  )
  if (row === undefined) throw missing(id)
  return toDelivery(row)
}

/**
 * Makes another delivery of the same event, which is due at once; the first one stays as it is.
 * Throws not_found, and conflict while the first one still waits for its next attempt, or where the event is in the log no more.
 */
export async function resend(
  db: Database,
  organizationId: string,
  subscriptionId: string,
  id: string,
  at: Date,
): Promise<string> {
  const newId = createId('dlv', at)
  await transaction(db, async (tx) => {
    const [row] = await query<{ state: DeliveryState; is_made: boolean }>(
      tx,
      `with original as (
         select * from deliveries where org_id = $1 and id = $3 and subscription_id = $2
       ), made as (
         insert into deliveries (org_id, id, subscription_id, event_number, event_id, event_type, resource_id, origin, state, content,
           next_at, created_at)
         select org_id, $4, subscription_id, event_number, event_id, event_type, resource_id,
           'resend', 'waiting', content, $5::timestamptz, $5::timestamptz
         from original o
         where state <> 'waiting' and (select true from events e where e.org_id = o.org_id and e.number = o.event_number)
         returning 1
       ) select state, exists (select from made) as is_made from original`,
      [organizationId, subscriptionId, id, newId, at],
    )
    if (row === undefined) throw missing(id)
    if (row.state === 'waiting') {
      throw new AppError(
        'conflict',
        `The delivery ${id} is still waiting for its next attempt; wait until it has ended.`,
      )
    }
    if (!row.is_made)
      throw new AppError('conflict', `The event of the delivery ${id} is not in the log, or not any more.`)
    await wakeSubscription(tx, organizationId, subscriptionId, at)
  })
  return newId
}

type DeliveryRow = Selectable<Tables['deliveries']>

function toDelivery(row: DeliveryRow): Delivery {
  return {
    id: row.id,
    subscriptionId: row.subscription_id,
    eventNumber: row.event_number,
    eventId: row.event_id,
    eventType: row.event_type,
    resourceId: row.resource_id,
    origin: row.origin,
    state: row.state,
    attempts: row.attempts.map(toAttempt),
    nextAt: row.next_at,
    createdAt: row.created_at,
    endedAt: row.ended_at,
  }
}

function toAttempt(stored: JsonObject): Attempt {
  const { at, ...rest } = stored as unknown as Omit<Attempt, 'at'> & { readonly at: string }
  return { at: new Date(at), ...rest }
}

function missing(id: string): AppError {
  return new AppError('not_found', `There is no delivery ${id}.`)
}

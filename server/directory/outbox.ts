// The outbox: events that were written with what they tell of, and are not yet in the log.
import type { Database } from '../db/connect.ts'
import { query } from '../db/query.ts'
import type { JsonObject } from '../db/tables.ts'
import type { Event } from './changes.ts'

/** An event as it lies in the outbox. */
export interface WaitingEvent {
  /** The order in which events were written; of one resource that of its versions. */
  readonly id: number
  readonly org_id: string
  readonly type: string
  readonly at: Date
  readonly resource_type: string
  readonly resource_id: string
  readonly version: number
  readonly data: JsonObject | null
}

// As in default-organization.ts: numbers that nothing else takes.
const lock = '1919904876, 2'

/** Holds the outbox until the transaction ends: nobody else moves events. Whether it could be had without waiting. */
export async function holdOutbox(tx: Database): Promise<boolean> {
  const [row] = await query<{ taken: boolean }>(tx, `select pg_try_advisory_xact_lock(${lock}) as taken`)
  return row?.taken === true
}

/** The same, waiting for it. */
export async function awaitOutbox(tx: Database): Promise<void> {
  await query(tx, `select pg_advisory_xact_lock(${lock})`)
}

/** The first ones, in order; who holds the outbox may move them. */
export function readOutbox(tx: Database, limit: number): Promise<WaitingEvent[]> {
  return query<WaitingEvent>(
    tx,
    `select id, org_id, type, at, resource_type, resource_id, version, data from outbox order by id limit ${limit}`,
  )
}

export async function removeFromOutbox(tx: Database, ids: readonly number[]): Promise<void> {
  await query(tx, 'delete from outbox where id = any($1::bigint[])', [ids])
}

/** Whether the data of an event is all that there is to tell: that of what has no change row, or was forgotten. */
export function isWhole(event: WaitingEvent): event is WaitingEvent & { readonly data: JsonObject } {
  return event.data !== null && 'resource' in event.data
}

/** By the index, in which what was removed is passed over. */
export async function isOutboxEmpty(db: Database): Promise<boolean> {
  return (await query(db, 'select id from outbox order by id limit 1')).length === 0
}

/** How many events of an organization it has. */
export async function countOutbox(tx: Database, organizationId: string): Promise<number> {
  const text = 'select count(*) as count from outbox where org_id = $1'
  const [row] = await query<{ count: number }>(tx, text, [organizationId])
  return row?.count ?? 0
}

/** Adds an event of what has no change rows: its data is all that there is to tell. */
export async function addToOutbox(tx: Database, organizationId: string, event: Event, at: Date): Promise<void> {
  const { type, resourceType, resourceId, version, data = null } = event
  await query(
    tx,
    `insert into outbox (org_id, type, at, resource_type, resource_id, version, data)
     values ($1, $2, $3::timestamptz, $4, $5, $6, $7::jsonb)`,
    [organizationId, type, at, resourceType, resourceId, version, JSON.stringify(data)],
  )
}

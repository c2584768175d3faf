// Tells a range of the log once more.
import type { Database } from '../../db/connect.ts'
import { query } from '../../db/query.ts'
import type { JsonObject } from '../../db/tables.ts'
import { transaction } from '../../db/transaction.ts'
import { AppError } from '../../errors.ts'
import type { Channel } from '../channel.ts'
import type { LoggedEvent } from '../event.ts'
import { type CompileCondition, readInterest } from '../interest.ts'
import { readEvents } from '../log.ts'
import type { Subscription } from '../subscription.ts'
import { type SubscriptionRow, toSubscription, wakeSubscription } from '../subscriptions.ts'
import { packEvents, toRows } from './take.ts'

export interface ReplayRange {
  /** The first event, by its number or by when it happened. */
  readonly from: number | Date
  readonly to?: number | Date
  /** Only what is dead, or every event that the subscription is about. */
  readonly only: 'dead' | 'all'
}

export interface ReplayOptions {
  readonly isDry: boolean
  readonly at: Date
  readonly compile: CompileCondition
  /** That of the subscription's kind. */
  readonly channel: Pick<Channel, 'pack' | 'tells'>
}

const mostEvents = 100_000
const readAtOnce = 1000

/**
 * Tells a range of the log once more, in order, as new deliveries. At most 100 000 events at once.
 * Throws not_found, and invalid_value where it is more.
 * @returns how many it is; with `isDry` nothing more is done
 */
export async function replay(
  db: Database,
  organizationId: string,
  subscriptionId: string,
  range: ReplayRange,
  options: ReplayOptions,
): Promise<number> {
  return transaction(db, async (tx) => {
    const [row] = await query<SubscriptionRow>(tx, 'select * from subscriptions where org_id = $1 and id = $2', [
      organizationId,
      subscriptionId,
    ])
    if (row === undefined) throw new AppError('not_found', `There is no subscription ${subscriptionId}.`)
    const subscription = toSubscription(row)
    const window = await readWindow(tx, organizationId, range)
    const count = await (range.only === 'dead' ? replayDead : replayAll)(tx, subscription, window, options)
    if (count > 0 && !options.isDry) await wakeSubscription(tx, organizationId, subscriptionId, options.at)
    return count
  })
}

/** The numbers of the first event and of the last one. */
interface Window {
  readonly first: number
  readonly last: number
}

async function readWindow(tx: Database, organizationId: string, { from, to }: ReplayRange): Promise<Window> {
  const [row] = await query<{ first: number | null; last: number | null }>(
    tx,
    `select min(number) as first, max(number) as last from events
     where org_id = $1 and number >= $2 and number <= $3 and at >= $4::timestamptz and at <= $5::timestamptz`,
    [
      organizationId,
      typeof from === 'number' ? from : 0,
      typeof to === 'number' ? to : Number.MAX_SAFE_INTEGER,
      from instanceof Date ? from : '-infinity',
      to instanceof Date ? to : 'infinity',
    ],
  )
  return { first: row?.first ?? 0, last: row?.last ?? -1 }
}

interface DeadRow {
  readonly number: number
  readonly event_id: string
  readonly type: string
  readonly resource_id: string
  readonly content: JsonObject | null
}

async function replayDead(
  tx: Database,
  { organizationId, id }: Subscription,
  { first, last }: Window,
  { isDry, at }: ReplayOptions,
): Promise<number> {
  // What was asked for again since, and is waiting or was delivered, is not dead any more. Row by row, as in queue.ts.
  const rows = await query<DeadRow>(
    tx,
    `select distinct on (d.event_number) d.event_number as number, d.event_id, d.event_type as type, d.resource_id, d.content
     from deliveries d cross join lateral (select 1 from events where org_id = $1 and number = d.event_number limit 1) e
     left join lateral (
       select true as is_again from deliveries where subscription_id = $2 and event_number = d.event_number and org_id = $1
         and origin in ('resend', 'replay') and state <> 'dead' limit 1
     ) a on true
     where d.subscription_id = $2 and d.org_id = $1 and d.state = 'dead' and d.origin <> 'test'
       and d.event_number between $3 and $4 and a.is_again is null
     order by d.event_number, d.id desc limit ${mostEvents + 1}`,
    [organizationId, id, first, last],
  )
  if (rows.length > mostEvents) throw tooMany()
  if (!isDry) {
    const parcels = rows.map((row) => ({
      event: { number: row.number, id: row.event_id, type: row.type, resourceId: row.resource_id },
      content: row.content,
    }))
    await store(tx, { organizationId, id }, toRows(parcels, at), at)
  }
  return rows.length
}

async function replayAll(
  tx: Database,
  subscription: Subscription,
  { first, last }: Window,
  { isDry, at, compile, channel }: ReplayOptions,
): Promise<number> {
  if (last - first >= mostEvents) throw tooMany()
  const interest = await readInterest(subscription, compile)
  let count = 0
  for (let after = first - 1; after < last;) {
    const limit = Math.min(readAtOnce, last - after)
    const events: LoggedEvent[] = await readEvents(tx, subscription.organizationId, { after, limit })
    const parcels = packEvents({ subscription, channel, interest }, events)
    count += parcels.length
    if (!isDry) await store(tx, subscription, toRows(parcels, at), at)
    after = events.at(-1)?.number ?? last
  }
  return count
}

async function store(
  tx: Database,
  { organizationId, id }: Pick<Subscription, 'organizationId' | 'id'>,
  rows: readonly unknown[],
  at: Date,
): Promise<void> {
  await query(
    tx,
    `insert into deliveries (org_id, id, subscription_id, event_number, event_id, event_type, resource_id, origin, state, content,
       next_at, created_at)
     select $1, r.id, $2, r.number, r.event_id, r.type, r.resource_id, 'replay', 'waiting', r.content, $4::timestamptz, $4::timestamptz
     from json_to_recordset($3::json) as r(id text, number bigint, event_id text, type text, resource_id text, content jsonb)`,
    [organizationId, id, JSON.stringify(rows), at],
  )
}

function tooMany(): AppError {
  return new AppError(
    'invalid_value',
    `from, to: this range has more than ${mostEvents} events; choose a shorter one, and the rest afterwards.`,
  )
}

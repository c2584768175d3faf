// Takes events from the log: those that concern a subscription become its deliveries.
import type { Database } from '../../db/connect.ts'
import { createId } from '../../db/ids.ts'
import { query } from '../../db/query.ts'
import type { JsonObject } from '../../db/tables.ts'
import { single } from '../../db/transaction.ts'
import type { Channel, Parcel } from '../channel.ts'
import type { LoggedEvent } from '../event.ts'
import { type Hold, HoldLost } from './hold.ts'
import type { Concern, Interest } from '../interest.ts'
import { readEvents } from '../log.ts'
import { windowSize } from './queue.ts'
import type { Subscription } from '../subscription.ts'

const batchSize = 500
// While fewer fit, there is enough to send, and taking them one by one would cost more.
const leastRoom = 250

export interface TakeParts {
  readonly db: Database
  readonly hold: Hold
  readonly subscription: Subscription
  readonly channel: Channel
  readonly interest: Interest
  readonly now: () => Date
}

/**
 * Takes until the log is read or the window is full, or for as long as it may.
 * @returns whether the log is read
 */
export async function takeEvents(parts: TakeParts, mayGoOn: () => boolean): Promise<boolean> {
  const { db, hold, subscription } = parts
  let room = windowSize - (await countWaiting(db, hold))
  for (let after = subscription.takenNumber; room >= leastRoom && mayGoOn();) {
    const limit = Math.min(batchSize, room)
    const events = await readEvents(db, hold.organizationId, { after, limit, tells: subscription.types })
    const { length } = events
    const last = events.at(-1)?.number
    if (last === undefined) return true
    const parcels = packEvents(parts, events)
    await store(parts, parcels, last)
    if (length < limit) return true
    after = last
    room -= parcels.length
  }
  return false
}

/** What is told of events that may concern a subscription. */
export function packEvents(
  {
    subscription,
    channel,
    interest,
  }: Pick<TakeParts, 'subscription' | 'interest'> & { readonly channel: Pick<Channel, 'pack' | 'tells'> },
  events: readonly LoggedEvent[],
): Parcel[] {
  const concerned = events
    .map((event) => ({ event, concern: interest(event) }))
    .filter(({ concern }) => concern.before || concern.after)
  if (channel.pack !== undefined) return channel.pack(subscription, concerned)
  const tells = channel.tells ?? (({ before, after }: Concern) => before || after)
  return concerned.filter(({ event, concern }) => tells(concern, event)).map(({ event }) => ({ event }))
}

async function countWaiting(db: Database, { organizationId, id }: Hold): Promise<number> {
  const [row] = await query<{ count: number }>(
    db,
    `select count(*) as count from (
       select 1 from deliveries where subscription_id = $2 and state = 'waiting' and org_id = $1 limit ${windowSize}) as waiting`,
    [organizationId, id],
  )
  return row?.count ?? 0
}

// One statement: the cursor moves exactly when the deliveries are there.
async function store({ db, hold, now }: TakeParts, parcels: readonly Parcel[], takenNumber: number): Promise<void> {
  const at = now()
  const rows = await single(db, () =>
    query(
      db,
      `with moved as (
         update subscriptions set taken_number = $4 where org_id = $1 and id = $2 and holder = $3 returning org_id, id
       ), made as (
         insert into deliveries (org_id, id, subscription_id, event_number, event_id, event_type, resource_id, origin, state, content,
           next_at, created_at)
         select m.org_id, r.id, m.id, r.number, r.event_id, r.type, r.resource_id, 'event', 'waiting', r.content,
           $6::timestamptz, $6::timestamptz
         from moved m, json_to_recordset($5::json) as r(id text, number bigint, event_id text, type text, resource_id text, content jsonb)
       ) select 1 from moved`,
      [hold.organizationId, hold.id, hold.holder, takenNumber, JSON.stringify(toRows(parcels, at)), at],
    ),
  )
  if (rows.length === 0) throw new HoldLost()
}

export type EventName = Pick<LoggedEvent, 'number' | 'id' | 'type' | 'resourceId'>

/** Deliveries to be, as `json_to_recordset` reads them. */
export function toRows(
  parcels: readonly { readonly event: EventName; readonly content?: JsonObject | null }[],
  at: Date,
): Record<string, unknown>[] {
  // Those that are made together have the same time, and are listed by their ids.
  const ids = parcels.map(() => createId('dlv', at)).toSorted()
  return parcels.map(({ event, content }, index) => ({
    id: ids[index],
    number: event.number,
    event_id: event.id,
    type: event.type,
    resource_id: event.resourceId,
    content: content ?? null,
  }))
}

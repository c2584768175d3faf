// Moves what is committed from the outbox into the log.
//
// An event may only be numbered behind the earlier ones of its resource. It is: whoever writes a resource holds its row, so that an
// event is never committed, and never seen here, before those of the versions before it; and their rows have the lower ids.
import type { Database } from '../db/connect.ts'
import { createId } from '../db/ids.ts'
import { query } from '../db/query.ts'
import { transaction } from '../db/transaction.ts'
import { type History, readHistories } from '../directory/history.ts'
import { holdOutbox, isWhole, readOutbox, removeFromOutbox, type WaitingEvent } from '../directory/outbox.ts'
import { type EventData, type LoggedEvent, toRow } from './event.ts'
import { type Present, type PresentResource, writeData } from './event-data.ts'
import { wakeSubscriptions } from './subscriptions.ts'

export type { Present } from './event-data.ts'

export interface NumberingParts {
  readonly db: Database
  readonly now: () => Date
  readonly present: Present
}

export interface Numbered {
  /** How many events were moved; less than a batch means that the outbox was empty. */
  readonly count: number
  readonly isMore: boolean
}

const batchSize = 500

/**
 * Numbers one batch of the outbox, in one transaction which also wakes the subscriptions of the organizations that are concerned
 * (`wakeSubscriptions`). While another process does, there is nothing to do.
 */
export function numberEvents({ db, now, present }: NumberingParts): Promise<Numbered> {
  return transaction(db, async (tx) => {
    const waiting = (await holdOutbox(tx)) ? await readOutbox(tx, batchSize) : []
    if (waiting.length === 0) return { count: 0, isMore: false }
    const at = now()
    const numbers = await lockNumbers(tx, waiting)
    const events = await describe(tx, waiting, numbers, at, present)
    const last = Array.from(numbers, ([org_id, last_event]) => ({ org_id, last_event }))
    await query(tx, logSql, [JSON.stringify(events.map(toRow)), JSON.stringify(last)])
    await removeFromOutbox(
      tx,
      waiting.map(({ id }) => id),
    )
    await wakeSubscriptions(tx, [...numbers.keys()], at)
    return { count: waiting.length, isMore: waiting.length === batchSize }
  })
}

const logSql = `with logged as (
    insert into events (org_id, number, id, type, at, resource_type, resource_id, version, data)
    select org_id, number, id, type, at, resource_type, resource_id, version, data from json_to_recordset($1::json)
      as r(org_id text, number bigint, id text, type text, at timestamptz, resource_type text, resource_id text, version int, data jsonb)
  )
  update organizations o set last_event = r.last_event
  from json_to_recordset($2::json) as r(org_id text, last_event bigint) where o.org_id = r.org_id`

// Who removes an organization locks it, too; of one that is gone nothing is told.
async function lockNumbers(tx: Database, waiting: readonly WaitingEvent[]): Promise<Map<string, number>> {
  const ids = [...new Set(waiting.map(({ org_id }) => org_id))]
  const rows = await query<{ org_id: string; last_event: number }>(tx, lockNumbersSql, [JSON.stringify(ids)])
  return new Map(rows.map(({ org_id, last_event }) => [org_id, last_event]))
}

const lockNumbersSql = `select org_id, last_event from organizations
  where org_id in (select json_array_elements_text($1::json)) order by org_id for no key update`

// Counts `numbers` on.
async function describe(
  tx: Database,
  waiting: readonly WaitingEvent[],
  numbers: Map<string, number>,
  at: Date,
  present: Present,
): Promise<LoggedEvent[]> {
  const histories = await readPasts(tx, waiting)
  const presents = new Map<string, PresentResource>()
  const events: LoggedEvent[] = []
  for (const event of waiting) {
    const { org_id: organizationId, resource_type: resourceType, resource_id: resourceId, type, version } = event
    const last = numbers.get(organizationId)
    if (last === undefined) continue
    const key = `${organizationId} ${resourceType}`
    const presentIt = presents.get(key) ?? (await present(tx, organizationId, resourceType))
    presents.set(key, presentIt)
    const data = isWhole(event)
      ? (event.data as unknown as EventData)
      : writeData(event, histories.get(nameResource(event)), presentIt)
    const number = last + 1
    numbers.set(organizationId, number)
    const id = createId('evt', at)
    events.push({ organizationId, number, id, type, at: event.at, resourceType, resourceId, version, data })
  }
  return events
}

async function readPasts(tx: Database, waiting: readonly WaitingEvent[]): Promise<Map<string, History | undefined>> {
  // The first event of a resource has the lowest version.
  const firsts = new Map<string, WaitingEvent>()
  for (const event of waiting) {
    const name = nameResource(event)
    if (!firsts.has(name) && !isWhole(event)) firsts.set(name, event)
  }
  const requests = Array.from(firsts.values(), (event) => ({
    organizationId: event.org_id,
    resourceType: event.resource_type,
    resourceId: event.resource_id,
    version: event.version,
  }))
  const histories = await readHistories(tx, requests)
  return new Map(Array.from(firsts.keys(), (name, place) => [name, histories[place]]))
}

function nameResource({ org_id, resource_id }: WaitingEvent): string {
  return `${org_id} ${resource_id}`
}

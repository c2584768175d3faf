// Moves what is committed from the outbox into the log.
//
// An event may only be numbered behind the earlier ones of its resource. It is: whoever writes a resource holds its row, so that an
// event is never committed, and never seen here, before those of the versions before it; and their rows have the lower ids.
import type { Database } from '../db/connect.ts'
import { columnsSql, toColumnArrays } from '../db/columns.ts'
import { isConnectionFault } from '../db/faults.ts'
import { createId } from '../db/ids.ts'
import { query } from '../db/query.ts'
import { transaction } from '../db/transaction.ts'
import { type Beginning, readBeginnings } from '../directory/beginnings.ts'
import { type History, type HistoryRequest, readHistories } from '../directory/history.ts'
import { holdOutbox, isWhole, readOutbox, removeFromOutbox, type WaitingEvent } from '../directory/outbox.ts'
import { AppError } from '../errors.ts'
import type { Logger } from '../ops/logger.ts'
import type { EventData } from './event.ts'
import { type Present, type PresentResource, writeBeginning, writeData } from './event-data.ts'
import { wakeSubscriptions } from './subscriptions.ts'

export interface NumberingParts {
  readonly db: Database
  readonly now: () => Date
  readonly present: Present
  readonly logger: Logger
}

export interface Numbered {
  /** How many events were moved; less than a batch means that the outbox was empty. */
  readonly count: number
  readonly isMore: boolean
}

const batchSize = 500

/**
 * Numbers one batch of the outbox, in one transaction which also wakes the subscriptions of the organizations that are concerned
 * (`wakeSubscriptions`). While another process does, there is nothing to do. Where a batch fails for what is in it, the first event
 * goes alone, and if it must, without its resource: no event keeps all that come behind it.
 */
export async function numberEvents(parts: NumberingParts): Promise<Numbered> {
  try {
    return await numberBatch(parts, batchSize, readDescriber(parts))
  } catch (error) {
    if (isUnreachable(error)) throw error
    parts.logger.error({ err: error }, 'events cannot be numbered together; they are one by one')
  }
  try {
    return { ...(await numberBatch(parts, 1, readDescriber(parts))), isMore: true }
  } catch (error) {
    if (isUnreachable(error)) throw error
    parts.logger.error({ err: error }, 'an event cannot be described; it is told without its resource')
    return { ...(await numberBatch(parts, 1, describeBarely)), isMore: true }
  }
}

function isUnreachable(error: unknown): boolean {
  return isConnectionFault(error instanceof AppError ? error.cause : error)
}

function numberBatch({ db, now }: NumberingParts, size: number, describe: Describe): Promise<Numbered> {
  return transaction(db, async (tx) => {
    const waiting = (await holdOutbox(tx)) ? await readOutbox(tx, size) : []
    if (waiting.length === 0) return { count: 0, isMore: false }
    const at = now()
    const numbers = await lockNumbers(tx, waiting)
    const events = number(waiting, await describe(tx, waiting), numbers, at)
    const last = Array.from(numbers, ([org_id, last_event]) => ({ org_id, last_event }))
    await query(tx, logSql, [...toColumnArrays(last, numberColumns), ...toColumnArrays(events, eventColumns)])
    await removeFromOutbox(
      tx,
      waiting.map(({ id }) => id),
    )
    await wakeSubscriptions(tx, [...numbers.keys()], at)
    return { count: waiting.length, isMore: waiting.length === size }
  })
}

const eventColumns = {
  org_id: 'text',
  event_number: 'bigint',
  id: 'text',
  type: 'text',
  at: 'timestamptz',
  resource_type: 'text',
  resource_id: 'text',
  version: 'int',
  data: 'jsonb',
}

const numberColumns = { org_id: 'text', last_event: 'bigint' }

const logSql = `with logged as (
    insert into events (org_id, number, id, type, at, resource_type, resource_id, version, data)
    select org_id, event_number, id, type, at, resource_type, resource_id, version, data from ${columnsSql(eventColumns, 3)} e
  )
  update organizations o set last_event = r.last_event
  from ${columnsSql(numberColumns, 1)} r where o.org_id = r.org_id`

// Who removes an organization locks it, too; of one that is gone nothing is told.
async function lockNumbers(tx: Database, waiting: readonly WaitingEvent[]): Promise<Map<string, number>> {
  const ids = [...new Set(waiting.map(({ org_id }) => org_id))]
  const rows = await query<{ org_id: string; last_event: number }>(tx, lockNumbersSql, [JSON.stringify(ids)])
  return new Map(rows.map(({ org_id, last_event }) => [org_id, last_event]))
}

const lockNumbersSql = `select org_id, last_event from organizations
  where org_id in (select json_array_elements_text($1::json)) order by org_id for no key update`

type EventRecord = Readonly<Record<keyof typeof eventColumns, string | number>>

// Counts `numbers` on.
function number(
  waiting: readonly WaitingEvent[],
  data: readonly string[],
  numbers: Map<string, number>,
  at: Date,
): EventRecord[] {
  const events: EventRecord[] = []
  for (const [place, event] of waiting.entries()) {
    const { org_id, resource_type, resource_id, type, version } = event
    const last = numbers.get(org_id)
    const told = data[place]
    if (last === undefined || told === undefined) continue
    numbers.set(org_id, last + 1)
    events.push({
      org_id,
      event_number: last + 1,
      id: createId('evt', at),
      type,
      at: event.at.toISOString(),
      resource_type,
      resource_id,
      version,
      data: told,
    })
  }
  return events
}

/** What is told of each event, as JSON text: of many only one at a time is in memory otherwise. */
type Describe = (tx: Database, waiting: readonly WaitingEvent[]) => Promise<string[]>

function readDescriber({ present }: NumberingParts): Describe {
  return async (tx, waiting) => {
    const beginnings = await readPlainBeginnings(tx, waiting)
    const histories = await readPasts(
      tx,
      waiting.filter((event) => !beginnings.has(event)),
    )
    const presents = new Map<string, PresentResource>()
    const data: string[] = []
    for (const event of waiting) {
      const key = `${event.org_id} ${event.resource_type}`
      const presentIt = presents.get(key) ?? (await present(tx, event.org_id, event.resource_type))
      presents.set(key, presentIt)
      const beginning = beginnings.get(event)
      if (isWhole(event)) data.push(JSON.stringify(wholeData(event)))
      else if (beginning !== undefined) data.push(JSON.stringify(writeBeginning(event, beginning, presentIt)))
      else data.push(JSON.stringify(writeData(event, histories.get(nameResource(event)), presentIt)))
    }
    return data
  }
}

// Of very many who are created together no histories are read.
async function readPlainBeginnings(
  tx: Database,
  waiting: readonly WaitingEvent[],
): Promise<ReadonlyMap<WaitingEvent, Beginning>> {
  const created = waiting.filter((event) => event.type === 'user.created' && event.version === 1 && !isWhole(event))
  const users = created.map(({ org_id, resource_id }) => ({ organizationId: org_id, id: resource_id }))
  const read = await readBeginnings(tx, users)
  const beginnings = new Map<WaitingEvent, Beginning>()
  for (const [place, event] of created.entries()) {
    const beginning = read[place]
    if (beginning !== undefined) beginnings.set(event, beginning)
  }
  return beginnings
}

function describeBarely(_tx: Database, waiting: readonly WaitingEvent[]): Promise<string[]> {
  const data = waiting.map((event) =>
    isWhole(event) ? wholeData(event) : writeData(event, undefined, (stored) => stored),
  )
  return Promise.resolve(data.map((one) => JSON.stringify(one)))
}

function wholeData({ data }: WaitingEvent): EventData {
  return data as unknown as EventData
}

async function readPasts(tx: Database, waiting: readonly WaitingEvent[]): Promise<Map<string, History | undefined>> {
  // The first event of a resource has the lowest version.
  const requests = new Map<string, HistoryRequest>()
  for (const event of waiting) {
    if (isWhole(event)) continue
    const { org_id: organizationId, resource_type: resourceType, resource_id: resourceId, version: last } = event
    const name = nameResource(event)
    const first = requests.get(name)?.first ?? last
    requests.set(name, { organizationId, resourceType, resourceId, first, last })
  }
  const histories = await readHistories(tx, [...requests.values()])
  return new Map(Array.from(requests.keys(), (name, place) => [name, histories[place]]))
}

function nameResource({ org_id, resource_id }: WaitingEvent): string {
  return `${org_id} ${resource_id}`
}

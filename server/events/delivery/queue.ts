// What waits to be sent, in order: of each resource only the first one may be.
import type { Database } from '../../db/connect.ts'
import { query } from '../../db/query.ts'
import type { JsonObject } from '../../db/tables.ts'
import type { DueDelivery } from '../channel.ts'
import { type EventRow, fromRow } from '../event.ts'
import type { SubscriptionKey } from './hold.ts'

export interface Waiting {
  readonly id: string
  readonly resourceId: string
  /** How many attempts there were. */
  readonly attempts: number
  readonly nextAt: Date
}

/** So many deliveries of a subscription wait at most, before it takes more events; and so many are read at once. */
export const windowSize = 1000

/** The deliveries that wait, as far as the window reaches, by their place in the order. */
export class Queue {
  readonly #waiting: Map<string, Waiting>
  /** There is more behind the window. */
  readonly isPart: boolean

  constructor(waiting: readonly Waiting[]) {
    this.#waiting = new Map(waiting.map((one) => [one.id, one]))
    this.isPart = waiting.length >= windowSize
  }

  get size(): number {
    return this.#waiting.size
  }

  /** Up to so many that are due, the first ones first, none of a resource of which one is under way. */
  listDue(now: Date, underWay: ReadonlySet<string>, count: number): Waiting[] {
    const due: Waiting[] = []
    for (const first of this.#listFirst(underWay)) {
      if (due.length >= count) break
      if (first.nextAt <= now) due.push(first)
    }
    return due
  }

  /** When the next one is due; null where nothing waits. */
  findNextAt(underWay: ReadonlySet<string>): Date | null {
    let next: Date | null = null
    for (const { nextAt } of this.#listFirst(underWay)) if (next === null || nextAt < next) next = nextAt
    return next
  }

  /** After an attempt: it waits until then, or not any more. */
  apply(one: Waiting, nextAt: Date | undefined): void {
    if (nextAt === undefined) this.#waiting.delete(one.id)
    else if (this.#waiting.has(one.id)) this.#waiting.set(one.id, { ...one, attempts: one.attempts + 1, nextAt })
  }

  *#listFirst(underWay: ReadonlySet<string>): Generator<Waiting> {
    const passed = new Set<string>()
    for (const one of this.#waiting.values()) {
      if (passed.has(one.resourceId)) continue
      passed.add(one.resourceId)
      if (!underWay.has(one.resourceId)) yield one
    }
  }
}

interface WaitingRow {
  readonly id: string
  readonly resource_id: string
  readonly attempts: number
  readonly next_at: Date
}

export async function readQueue(db: Database, { organizationId, id }: SubscriptionKey): Promise<Queue> {
  const rows = await query<WaitingRow>(
    db,
    `select id, resource_id, jsonb_array_length(attempts) as attempts, next_at from deliveries
     where subscription_id = $2 and state = 'waiting' and org_id = $1 order by event_number, id limit ${windowSize}`,
    [organizationId, id],
  )
  return new Queue(
    rows.map((row) => ({ id: row.id, resourceId: row.resource_id, attempts: row.attempts, nextAt: row.next_at })),
  )
}

interface DueRow extends EventRow {
  readonly delivery_id: string
  readonly content: JsonObject | null
}

// Row by row: of an organization that is new since the last ANALYZE the planner would read all events.
const dueSql = `select e.*, d.id as delivery_id, d.content from unnest($2::text[]) as wanted (id)
  cross join lateral (select id, event_number, content from deliveries where org_id = $1 and id = wanted.id limit 1) d
  cross join lateral (select * from events where org_id = $1 and number = d.event_number limit 1) e`

/** Those with what they tell, in their order; one whose event is in the log no more has none. */
export async function readDue(
  db: Database,
  { organizationId }: SubscriptionKey,
  due: readonly Waiting[],
  at: Date,
): Promise<{ waiting: Waiting; delivery: DueDelivery | undefined }[]> {
  const rows = await query<DueRow>(db, dueSql, [organizationId, due.map(({ id }) => id)])
  const byId = new Map(rows.map((row) => [row.delivery_id, row]))
  return due.map((waiting) => {
    const row = byId.get(waiting.id)
    if (row === undefined) return { waiting, delivery: undefined }
    const { delivery_id: id, content, ...event } = row
    return { waiting, delivery: { id, event: fromRow(event), content, attempt: waiting.attempts + 1, at } }
  })
}

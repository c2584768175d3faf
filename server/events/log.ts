// Reading the event log.
import type { Database } from '../db/connect.ts'
import { Parameters, query } from '../db/query.ts'
import { type EventData, type EventRow, fromRow, type LoggedEvent } from './event.ts'

export interface EventWindow {
  /** Only events with a higher number. */
  readonly after: number
  readonly limit: number
  /** Only events up to this number. */
  readonly until?: number
  /** Only events of these types, which may be patterns such as `user.*`. */
  readonly types?: readonly string[]
  /** Of events of other types than these nothing is told but that they were. */
  readonly tells?: readonly string[]
}

const names = 'org_id, number, id, type, at, resource_type, resource_id, version'
const columns = `${names}, data`
const untold: EventData = { directoryId: null, requestId: null, resource: null }

/** The events of an organization behind a number, in order. */
export async function readEvents(db: Database, organizationId: string, window: EventWindow): Promise<LoggedEvent[]> {
  const { after, limit, until, types = ['*'], tells = ['*'] } = window
  const parameters = new Parameters(organizationId, after)
  const end = until === undefined ? '' : `and number <= ${parameters.add(until)}`
  const condition = types.includes('*') ? '' : `and ${typesSql(types, parameters)}`
  const data = tells.includes('*') ? 'data' : `case when ${typesSql(tells, parameters)} then data end as data`
  const text = `select ${names}, ${data} from events where org_id = $1 and number > $2 ${end} ${condition}
    order by number limit ${parameters.addLimit(limit)}`
  const rows = await query<UntoldRow>(db, text, parameters.values)
  return rows.map((row) => fromRow({ ...row, data: row.data ?? untold }))
}

type UntoldRow = Omit<EventRow, 'data'> & { readonly data: EventData | null }

function typesSql(types: readonly string[], parameters: Parameters): string {
  const prefixes = types.filter((type) => type.endsWith('.*')).map((type) => type.slice(0, -1))
  return `(type = any(${parameters.add(types)}::text[])
    or exists (select from unnest(${parameters.add(prefixes)}::text[]) p where starts_with(type, p)))`
}

/** undefined where it is not, or not any more, in the log. */
export async function readEvent(
  db: Database,
  organizationId: string,
  number: number,
): Promise<LoggedEvent | undefined> {
  const text = `select ${columns} from events where org_id = $1 and number = $2`
  const [row] = await query<EventRow>(db, text, [organizationId, number])
  return row && fromRow(row)
}

/** The number of the last event of an organization; 0 where there was none. */
export async function readLastNumber(db: Database, organizationId: string): Promise<number> {
  return (await readExtent(db, organizationId)).last
}

/** What the log of an organization reaches from and to: the oldest number that is kept, `last` + 1 where none is, and the last one. */
export async function readExtent(db: Database, organizationId: string): Promise<{ first: number; last: number }> {
  const [row] = await query<{ first: number; last: number }>(db, extentSql, [organizationId])
  return row ?? { first: 1, last: 0 }
}

const extentSql = `select o.last_event as last,
    coalesce((select e.number from events e where e.org_id = $1 order by e.number limit 1), o.last_event + 1) as first
  from organizations o where o.org_id = $1`

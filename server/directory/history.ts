// Resources as they were: what is stored now, with the differences of later versions undone.
import type { Database } from '../db/connect.ts'
import { query } from '../db/query.ts'
import type { JsonObject } from '../db/tables.ts'
import { applyDifferences, type Difference } from './authority.ts'
import { type Change, readDifference } from './changes.ts'
import { fromColumns } from './user-record.ts'

export interface HistoryRequest {
  readonly organizationId: string
  /** `User`, `Group`, or a type of one's own. */
  readonly resourceType: string
  readonly resourceId: string
  /** The lowest version that is asked for, and the highest. */
  readonly first: number
  readonly last: number
}

/** What made a version. */
export interface PastChange {
  readonly version: number
  readonly at: Date
  readonly directoryId: string
  readonly requestId: string | null
  /** attribute → {before, after}, without counters, and with no externalId but the owner's. */
  readonly difference: ReadonlyMap<string, Difference>
}

/** A resource as it was, without id and meta. */
export interface PastState {
  readonly resource: JsonObject
  /** The owner's. */
  readonly externalId: string | null
}

export interface History {
  readonly createdAt: Date
  /** By version, from the one before the lowest that was asked for. */
  readonly changes: ReadonlyMap<number, PastChange>
  /** By version; a deleted one has none. */
  readonly states: ReadonlyMap<number, PastState>
}

/** The histories of resources, in the order of the requests; undefined of what never was. Exact in one statement's snapshot. */
export async function readHistories(
  db: Database,
  requests: readonly HistoryRequest[],
): Promise<(History | undefined)[]> {
  const wanted = requests.map(({ organizationId, resourceType, resourceId, first, last }) => ({
    org_id: organizationId,
    resource_type: resourceType,
    id: resourceId,
    first,
    last,
  }))
  const rows = await query<HistoryRow>(db, historiesSql, [JSON.stringify(wanted)])
  return requests.map(({ resourceType }, at) => {
    const row = rows[at]
    return row === undefined || row.created_at === null ? undefined : toHistory(row, row.created_at, resourceType)
  })
}

interface HistoryRow {
  readonly resource: JsonObject | null
  readonly manager_id: string | null
  readonly external_id: string | null
  readonly directory_id: string | null
  readonly created_at: Date | null
  readonly changes: readonly ChangeRow[]
}

interface ChangeRow {
  readonly operation: Change['operation']
  readonly version: number
  readonly at: string
  readonly directory: string
  readonly request: string | null
  readonly difference: Readonly<Record<string, Difference>>
}

// Each look-up is lateral, with a limit or an order: without statistics of an organization the planner would read all of it. What only
// counts members undoes nothing, and of a group there may be very many such changes since.
const historiesSql = `select c.resource, c.manager_id, c.external_id, c.directory_id, h.changes,
    coalesce(c.created_at, (select f.at from changes f where f.resource_id = r.id and f.org_id = r.org_id order by f.version limit 1)) as created_at
  from rows from (json_to_recordset($1::json) as (org_id text, resource_type text, id text, first int, last int))
    with ordinality as r(org_id, resource_type, id, first, last, place)
  left join lateral (
    (select u.resource, u.manager_id, u.external_id, u.directory_id, u.created_at from users u
      where r.resource_type = 'User' and u.org_id = r.org_id and u.id = r.id limit 1)
    union all
    (select g.resource, null, g.external_id, g.directory_id, g.created_at from groups g
      where r.resource_type = 'Group' and g.org_id = r.org_id and g.id = r.id limit 1)
    union all
    (select o.resource, null, o.external_id, o.directory_id, o.created_at from resources o
      where r.resource_type not in ('User', 'Group') and o.org_id = r.org_id and o.id = r.id limit 1)
  ) c on true
  cross join lateral (
    select coalesce(json_agg(json_build_object('operation', x.operation, 'version', x.version, 'at', x.at, 'directory', x.directory_id,
      'request', x.request_id, 'difference', x.difference)), '[]'::json) as changes
    from (select * from changes l where l.resource_id = r.id and l.org_id = r.org_id and l.version >= r.first - 1
        and (l.version > r.last and r.resource_type = 'Group' and l.difference - 'members' = '{}') is not true
      order by l.version desc) x
  ) h
  order by r.place`

function toHistory(row: HistoryRow, createdAt: Date, resourceType: string): History {
  const changes = new Map<number, PastChange>()
  const states = new Map<number, PastState>()
  let state: PastState | undefined =
    row.resource === null
      ? undefined
      : { resource: fromColumns(row.resource, row.manager_id), externalId: row.external_id }
  // Who deletes a user is the owner.
  let ownerId = row.directory_id ?? row.changes[0]?.directory
  // The latest first: each is undone to come to the state before it.
  for (const one of row.changes) {
    const difference = new Map(readDifference(one.difference))
    let externalId = difference.get('externalId')
    difference.delete('externalId')
    if (resourceType === 'Group') difference.delete('members') // counters
    if (resourceType === 'User') {
      const passed = difference.get('directoryId')
      difference.delete('directoryId')
      if (passed !== undefined) {
        ownerId = one.directory
        externalId = { before: externalId?.before, after: state?.externalId ?? undefined }
      } else if (one.directory !== ownerId) externalId = undefined
    }
    if (state !== undefined && one.operation !== 'delete') states.set(one.version, state)
    state = undo(state, difference, externalId)
    if (externalId !== undefined && externalId.before !== externalId.after) difference.set('externalId', externalId)
    const { version, at, directory: directoryId, request: requestId } = one
    changes.set(version, { version, at: new Date(at), directoryId, requestId, difference })
  }
  return { createdAt, changes, states }
}

function undo(
  state: PastState | undefined,
  difference: ReadonlyMap<string, Difference>,
  externalId: Difference | undefined,
): PastState {
  const { resource, externalId: current } = state ?? { resource: {}, externalId: null }
  const before = externalId === undefined ? current : readText(externalId.before)
  if (difference.size === 0) return { resource, externalId: before }
  const undone = new Map(
    Array.from(difference, ([name, { before: was, after }]) => [name, { before: after, after: was }]),
  )
  return { resource: applyDifferences(resource, undone), externalId: before }
}

function readText(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

// Lists the resources of one table: the page that is asked for is selected first, and only then joined with what belongs to it.
import type { Database } from '../db/connect.ts'
import { Parameters, query } from '../db/query.ts'
import type { Actor } from './actor.ts'
import { type AttributeSource, conditionSql, orderSql } from './condition-sql.ts'
import type { Listing, ListRequest, Representation } from './listing.ts'

/** A table of resources, as SQL over its row `u`; $1 is the organization, $2 the directory, $3 the base URL. */
export interface ListedTable {
  readonly table: 'users' | 'groups'
  readonly attributes: AttributeSource
  /** Which rows the actor may see. */
  readonly visible: string
  /** Selects as `total` how many rows the actor may see, without counting them. */
  readonly totalSql: string
  /** Renders a page, which has `place` to order by. */
  readonly render: (page: string, order: string) => string
}

/** One page of the resources that meet the condition, and how many there are in all. */
export async function listResources(
  db: Database,
  actor: Actor,
  request: ListRequest,
  listed: ListedTable,
): Promise<Listing> {
  const [rows, total] = await Promise.all([readPage(db, actor, request, listed), countAll(db, actor, request, listed)])
  return { resources: rows.map((row) => row.json), total }
}

async function readPage(
  db: Database,
  actor: Actor,
  request: ListRequest,
  listed: ListedTable,
): Promise<Representation[]> {
  if (request.count === 0) return []
  const parameters = new Parameters(actor.organizationId, actor.directoryId, request.baseUrl)
  const { condition, sortBy } = request
  const where = condition === undefined ? '' : `and ${conditionSql(condition, listed.attributes, parameters)}`
  const key = sortBy === undefined ? 'u.id' : orderSql(sortBy, listed.attributes, parameters)
  const order = request.descending ? 'desc' : 'asc'
  const limit = `limit ${parameters.add(request.count)} offset ${parameters.add(request.startIndex - 1)}`
  // Ids first: what precedes the page is passed over in the index, and only the page's rows are read whole. The inner limit
  // makes that one look-up for each, whatever the planner believes of the organization's size.
  const ids = `select u.id, ${key} as place from ${listed.table} u where u.org_id = $1 and ${listed.visible} ${where}
    order by ${key} ${order}, u.id ${limit}`
  const page = `select u.*, p.place from (${ids}) p
    cross join lateral (select * from ${listed.table} r where r.org_id = $1 and r.id = p.id limit 1) u`
  return query<Representation>(db, listed.render(page, `order by u.place ${order}, u.id`), parameters.values)
}

async function countAll(db: Database, actor: Actor, { condition }: ListRequest, listed: ListedTable): Promise<number> {
  const parameters = new Parameters(actor.organizationId, actor.directoryId)
  const text =
    condition === undefined
      ? listed.totalSql
      : `select count(*)::int as total from ${listed.table} u where u.org_id = $1 and ${listed.visible}
          and ${conditionSql(condition, listed.attributes, parameters)}`
  const [row] = await query<{ total: number }>(db, text, parameters.values)
  return row?.total ?? 0
}

// Lists resources, of one type or of several: the page that is asked for is selected first, and only then joined with what
// belongs to it. A page is found by counting from the start, or behind a position, which in an order that has an index costs the
// same however deep it is.
import type { Database } from '../db/connect.ts'
import { Parameters, query } from '../db/query.ts'
import type { Actor } from './actor.ts'
import { timeSql } from './common-attributes.ts'
import { conditionSql, orderSql } from './condition-sql.ts'
import { asksForFew, findFew } from './look-up.ts'
import type { Listed, Listing, Page, Position, Representation } from './listing.ts'

/** One page of the resources that meet the conditions. */
export async function listResources(
  db: Database,
  actor: Actor,
  baseUrl: string,
  listed: readonly Listed[],
  page: Page,
): Promise<Listing> {
  if (page.count === 0) return { resources: [], next: undefined }
  const rows = await readRows(db, actor, baseUrl, listed, page)
  const wanted = rows.slice(0, page.count)
  const last = wanted.at(-1)
  const next = rows.length > page.count && last !== undefined ? { key: last.key, id: last.id } : undefined
  return { resources: wanted.flatMap(({ json, of }) => (json === undefined ? [] : [{ json, of }])), next }
}

async function readRows(
  db: Database,
  actor: Actor,
  baseUrl: string,
  listed: readonly Listed[],
  page: Page,
): Promise<Row[]> {
  const parameters = new Parameters(actor.organizationId, actor.directoryId, baseUrl)
  const [only] = listed
  if (listed.length !== 1 || only === undefined) return readMixedPage(db, listed, page, parameters)
  return isFirstOfFew(only, page) ? readFew(db, actor, baseUrl, only, page.count) : readPage(db, only, page, parameters)
}

function isFirstOfFew({ condition, sortBy, table }: Listed, { from }: Page): boolean {
  return condition !== undefined && sortBy === undefined && from === 1 && asksForFew(condition, table)
}

/** What a rendered page says of the places of its rows; `order` is empty where there is one row, and no list. */
export function placeSql(order: string): string {
  return order === '' ? '' : `, ${keySql('u.place')} as key`
}

// As JSON writes it: no setting of the session changes that, and what is read back is exactly the same.
function keySql(place: string): string {
  return `to_json(${place}) #>> '{}'`
}

/** How many resources meet the conditions. */
export async function countResources(db: Database, actor: Actor, listed: readonly Listed[]): Promise<number> {
  const counts = await Promise.all(listed.map((one) => countOf(db, actor, one)))
  return counts.reduce((sum, count) => sum + count, 0)
}

interface Row extends Position {
  /** undefined where the resource was deleted a moment ago. */
  readonly json: string | undefined
  readonly of: number
}

/** What a list is ordered by. */
interface Order {
  readonly sql: string
  readonly type: 'text' | 'numeric' | 'timestamptz'
  readonly nullable: boolean
}

// What has an index in its order, and is never null.
const ordered: ReadonlySet<string> = new Set(['u.id', 'u.user_name_key', 'u.display_name_key'])

// Of longer texts the beginning decides, and then the id: the position behind a text is in every request for the next page.
const maxCompared = 500

function findOrder({ sortBy, attributes }: Listed, parameters: Parameters): Order | undefined {
  if (sortBy === undefined) return undefined
  const sql = orderSql(sortBy, attributes, parameters)
  switch (sortBy.type) {
    case 'dateTime':
      return { sql, type: 'timestamptz', nullable: true }
    case 'integer':
    case 'decimal':
      return { sql, type: 'numeric', nullable: true }
    default:
      if (ordered.has(sql)) return { sql, type: 'text', nullable: false }
      return { sql: `left(${sql}, ${maxCompared}) collate "C"`, type: 'text', nullable: true }
  }
}

const byId: Order = { sql: 'u.id', type: 'text', nullable: false }

async function readPage(db: Database, listed: Listed, page: Page, parameters: Parameters): Promise<Row[]> {
  const order = findOrder(listed, parameters) ?? byId
  const isWalked =
    listed.condition === undefined && ordered.has(order.sql) && (typeof page.from !== 'number' || page.from === 1)
  const found = findSql(isWalked ? 'u.*' : 'u.id', listed, order, page, parameters)
  const limited = `${found} ${limitSql(page, parameters)}`
  const text = listed.render(
    isWalked ? limited : eachSql(`(${limited})`, listed),
    `order by u.place ${page.descending ? 'desc' : 'asc'}, u.id`,
    'many',
  )
  const rows = await query<Representation & Position>(db, text, parameters.values)
  return rows.map((row) => ({ ...row, of: 0 }))
}

async function readFew(db: Database, actor: Actor, baseUrl: string, listed: Listed, count: number): Promise<Row[]> {
  const found = await findFew(db, actor, listed, baseUrl, count)
  return found.map(({ id, json }) => ({ id, json, key: id, of: 0 }))
}

// Mostly ids first: what precedes the page is passed over in the index, what does not meet the condition need not be sorted, and
// only the page's rows are read whole. The inner limit makes that one look-up for each, whatever the planner believes of the
// organization's size.
function eachSql(ids: string, { table }: Listed): string {
  return `select u.*, p.place from ${ids} p
    cross join lateral (select * from ${table} r where r.org_id = $1 and r.id = p.id limit 1) u`
}

function findSql(columns: string, listed: Listed, order: Order, page: Page, parameters: Parameters): string {
  const { table, attributes, condition, visible } = listed
  const meets = condition === undefined ? '' : `and ${conditionSql(condition, attributes, parameters)}`
  const behind = typeof page.from !== 'object' ? '' : `and ${behindSql(order, page.from, page.descending, parameters)}`
  return `select ${columns}, ${order.sql} as place from ${table} u where u.org_id = $1 and ${visible} ${meets} ${behind}
    order by ${order.sql} ${page.descending ? 'desc' : 'asc'}, u.id`
}

// One more than is wanted tells whether there are more.
function limitSql({ from, count }: Page, parameters: Parameters): string {
  if (typeof from !== 'number') return `limit ${parameters.addLimit(count + 1)}`
  return `limit ${parameters.addLimit(count)}${from === 1 ? '' : ` offset ${parameters.add(from - 1)}`}`
}

// Null stands behind everything, and in descending order before it; ids break ties upwards in both.
function behindSql({ sql, type, nullable }: Order, { key, id }: Position, descending: boolean, to: Parameters): string {
  if (key === null) {
    const amongNulls = `${sql} is null and u.id > ${to.add(id)}`
    return descending ? `(${amongNulls} or ${sql} is not null)` : `(${amongNulls})`
  }
  const place = `${to.add(key)}::${type}`
  const operator = descending ? '<' : '>'
  const behind = `(${sql} ${operator}= ${place} and (${sql} ${operator} ${place} or u.id > ${to.add(id)}))`
  return nullable && !descending ? `(${behind} or ${sql} is null)` : behind
}

// Of several types the places are found first, in one list; then the resources of each type are read.
async function readMixedPage(
  db: Database,
  listed: readonly Listed[],
  page: Page,
  parameters: Parameters,
): Promise<Row[]> {
  const places = await query<Position & { of: number }>(db, placesSql(listed, page, parameters), parameters.values)
  const [organizationId, directoryId, baseUrl] = parameters.values
  const texts = new Map<string, string>()
  await Promise.all(
    listed.map(async (one, index) => {
      const ids = places.filter(({ of }) => of === index).map(({ id }) => id)
      if (ids.length === 0) return
      const given = `(select id, n as place from unnest($4::text[]) with ordinality as t(id, n) where $2::text is not null)`
      const text = one.render(eachSql(given, one), 'order by u.place, u.id', 'many')
      const rows = await query<Representation>(db, text, [organizationId, directoryId, baseUrl, ids])
      for (const { id, json } of rows) texts.set(id, json)
    }),
  )
  return places.map((place) => ({ ...place, json: texts.get(place.id) }))
}

function placesSql(listed: readonly Listed[], page: Page, parameters: Parameters): string {
  const direction = page.descending ? 'desc' : 'asc'
  const orders = listed.map((one) => findOrder(one, parameters))
  const known = orders.find((order) => order !== undefined) ?? byId
  // What two types give different data types to can only be ordered as text; what a type lacks, it has no value of.
  const type = orders.some((order) => order !== undefined && order.type !== known.type) ? 'text' : known.type
  const isSorted = listed.some(({ sortBy }) => sortBy !== undefined)
  const parts = listed.map((one, index) => {
    const order = alignOrder(orders[index], isSorted, type)
    const first = typeof page.from === 'number' ? page.from + page.count : page.count + 1
    const limit = `limit ${parameters.add(first)}`
    return `(select id, place, ${index} as of from (${findSql('u.id', one, order, page, parameters)} ${limit}) part)`
  })
  const place = type === 'text' ? 'place collate "C"' : 'place'
  return `select id, ${keySql('place')} as key, of from (${parts.join(' union all ')}) parts where $3::text is not null
    order by ${place} ${direction}, id ${limitSql(page, parameters)}`
}

function alignOrder(order: Order | undefined, isSorted: boolean, type: Order['type']): Order {
  if (!isSorted) return byId
  if (order === undefined) return { sql: `null::${type}`, type, nullable: true }
  if (order.type === type) return order
  const text = order.type === 'timestamptz' ? timeSql(order.sql) : `(${order.sql})::text`
  return { sql: `${text} collate "C"`, type, nullable: true }
}

async function countOf(db: Database, actor: Actor, listed: Listed): Promise<number> {
  const parameters = new Parameters(actor.organizationId, actor.directoryId)
  const { condition, table, visible, attributes } = listed
  const text =
    condition === undefined
      ? listed.totalSql
      : `select count(*)::int as total from ${table} u where u.org_id = $1 and ${visible}
          and ${conditionSql(condition, attributes, parameters)}`
  const [row] = await query<{ total: number }>(db, text, parameters.values)
  return row?.total ?? 0
}

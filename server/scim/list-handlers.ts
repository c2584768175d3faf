// Lists: GET and POST /.search on a resource type, or on the root, which has the resources of all types (RFC 7644 sections
// 3.4.2 and 3.4.3), by index or by cursor (RFC 9865).
import type { AttributePath, Condition } from '../directory/condition.ts'
import { countResources, listResources } from '../directory/list-query.ts'
import type { Listed, Listing, Page } from '../directory/listing.ts'
import { AppError } from '../errors.ts'
import type { Cursor } from './cursors.ts'
import type { Endpoint } from './endpoint.ts'
import type { Answer, Exchange, Handler } from './exchange.ts'
import { compileFilter, resolveFilterAcrossTypes } from './filter.ts'
import { parseFilter } from './filter-syntax.ts'
import { findType } from './organization-schema.ts'
import { project, type Projection, readProjection } from './projection.ts'
import type { ResourceType } from './schema.ts'
import { defaultCount, formatList, readSearchBody, readSearchQuery, resolveSort, type Search } from './search.ts'

export interface ListHandlers {
  readonly list: Handler
  readonly search: Handler
}

/** The handlers that list the resources of some endpoints. */
export function createListHandlers(endpoints: readonly Endpoint[]): ListHandlers {
  return {
    list: {
      scope: 'read',
      takesBody: false,
      handle: (exchange) => answer(exchange, readSearchQuery(exchange.query), endpoints),
    },
    search: {
      scope: 'read',
      takesBody: true,
      handle: (exchange) => answer(exchange, readSearchBody(exchange.body, exchange.reading), endpoints),
    },
  }
}

async function answer(exchange: Exchange, search: Search, endpoints: readonly Endpoint[]): Promise<Answer> {
  const types = endpoints.map(({ typeName }) => findType(exchange.schema, typeName))
  const projections = types.map((type) => readProjection(search.attributes, search.excludedAttributes, type))
  const listed = describeLists(exchange, search, endpoints, types, projections)
  // With the types of what is sorted by: an attribute may be declared anew while somebody pages.
  const name = JSON.stringify(listed.map(({ sortBy }, index) => [types[index]?.endpoint, sortBy]))
  const cursor =
    search.cursor === undefined || search.cursor === '' ? undefined : await resumeCursor(exchange, search, name)
  const page = choosePage(search, cursor)
  const { db, actor, baseUrl } = exchange
  const listing = await listResources(db, actor, baseUrl, listed, page)
  const total =
    findTotal(page, listing) ??
    Math.max(cursor?.total ?? (await countResources(db, actor, listed)), countSeen(page, listing))
  const resources = listing.resources.map(({ json, of }) => project(json, projections[of]))
  if (search.cursor === undefined) return { status: 200, body: formatList(resources, total, search) }
  const known = search.filter === undefined ? undefined : total
  const nextCursor =
    listing.next === undefined
      ? undefined
      : await exchange.cursors.seal({ after: listing.next, count: page.count, total: known }, exchange, search, name)
  return { status: 200, body: formatList(resources, total, { nextCursor }) }
}

// A page that is not full is the last one, and says how many there are.
function findTotal(page: Page, listing: Listing): number | undefined {
  const seen = countSeen(page, listing)
  const isLast = listing.resources.length < page.count && (page.from === 'start' || seen > 0 || page.from === 1)
  return isLast && typeof page.from !== 'object' ? seen : undefined
}

// What others create before the rest is counted is on the page and not in the count.
function countSeen({ from }: Page, { resources }: Listing): number {
  return resources.length === 0 || typeof from !== 'number' ? resources.length : from - 1 + resources.length
}

function describeLists(
  exchange: Exchange,
  search: Search,
  endpoints: readonly Endpoint[],
  types: readonly ResourceType[],
  projections: readonly Projection[],
): Listed[] {
  const { baseUrl } = exchange
  const conditions = resolveConditions(exchange, search.filter, types)
  const sorts = resolveSorts(search.sortBy, types)
  return endpoints.map((endpoint, index) => {
    const { omits = nothing, adds = nothing } = projections[index] ?? {}
    return endpoint.list(exchange, { baseUrl, omits, adds, condition: conditions[index], sortBy: sorts[index] })
  })
}

const nothing: ReadonlySet<string> = new Set()

function resolveConditions(
  { reading }: Exchange,
  filter: string | undefined,
  types: readonly ResourceType[],
): (Condition | undefined)[] {
  if (filter === undefined) return []
  const [only] = types
  if (types.length === 1 && only !== undefined) return [compileFilter(filter, only, reading)]
  const syntax = parseFilter(filter, reading)
  return types.map((type) => resolveFilterAcrossTypes(syntax, type, reading))
}

// Of several types those that lack the attribute have no value of it.
function resolveSorts(sortBy: string | undefined, types: readonly ResourceType[]): (AttributePath | undefined)[] {
  let refusal: unknown
  const sorts = types.map((type) => {
    try {
      return resolveSort(sortBy, type)
    } catch (error) {
      refusal = error
      return undefined
    }
  })
  if (refusal !== undefined && sorts.every((sort) => sort === undefined)) throw refusal
  return sorts
}

/**
 * What the cursor of a search says. The count stays that of the first page; one that is left out later means the same (RFC 9865
 * section 2.1). Throws invalid_cursor, expired_cursor, invalid_count.
 */
export async function resumeCursor(exchange: Exchange, search: Search, name: string): Promise<Cursor> {
  const cursor = await exchange.cursors.open(search.cursor ?? '', exchange, search, name)
  if (search.count !== undefined && search.count !== cursor.count) {
    throw new AppError('invalid_count', `count must stay ${cursor.count}, as on the first page.`)
  }
  return cursor
}

function choosePage(
  { cursor, startIndex, count = defaultCount, descending }: Search,
  resumed: Cursor | undefined,
): Page {
  if (resumed !== undefined) return { from: resumed.after, count: resumed.count, descending }
  return { from: cursor === undefined ? startIndex : 'start', count, descending }
}

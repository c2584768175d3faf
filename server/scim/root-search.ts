// A query over all resource types (RFC 7644 section 3.4.2.1): the users that match, then the groups.
import type { AttributePath } from '../directory/condition.ts'
import type { ListRequest } from '../directory/listing.ts'
import type { Endpoint } from './endpoint.ts'
import type { Answer, Exchange, Handler } from './exchange.ts'
import { resolveFilterAcrossTypes } from './filter.ts'
import { parseFilter } from './filter-syntax.ts'
import { project, readProjection } from './projection.ts'
import type { ResourceType } from './schema.ts'
import { formatList, readSearchBody, readSearchQuery, resolveSort, type Search } from './search.ts'

/** Handlers for the root, by GET and by POST /.search. */
export function createRootSearch(endpoints: readonly Endpoint[]): { list: Handler; search: Handler } {
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
  const syntax = search.filter === undefined ? undefined : parseFilter(search.filter, exchange.reading.strict)
  const sorts = resolveSorts(search.sortBy, Object.values(exchange.schema.types))
  const found: string[] = []
  let total = 0
  for (const endpoint of endpoints) {
    const type = exchange.schema.types[endpoint.typeName]
    const projection = readProjection(search.attributes, search.excludedAttributes, type)
    const startIndex = Math.max(search.startIndex - total, 1)
    const room = search.count - found.length
    const request: ListRequest = {
      baseUrl: exchange.baseUrl,
      omits: projection.omits,
      adds: projection.adds,
      condition: syntax === undefined ? undefined : resolveFilterAcrossTypes(syntax, type),
      sortBy: sorts.get(type),
      descending: search.descending,
      startIndex,
      count: room,
    }
    const listing = await endpoint.list(exchange, request)
    found.push(...listing.resources.map((json) => project(json, projection)))
    total += listing.total
  }
  return { status: 200, body: formatList(found, total, search.startIndex) }
}

// Sorting holds within a type; an attribute that only another type has leaves this one in its own order.
function resolveSorts(sortBy: string | undefined, types: readonly ResourceType[]): Map<ResourceType, AttributePath> {
  const sorts = new Map<ResourceType, AttributePath>()
  let refusal: unknown
  for (const type of types) {
    try {
      const sort = resolveSort(sortBy, type)
      if (sort !== undefined) sorts.set(type, sort)
    } catch (error) {
      refusal = error
    }
  }
  if (refusal !== undefined && sorts.size === 0) throw refusal
  return sorts
}

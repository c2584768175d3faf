// The operations on a resource type (RFC 7644 sections 3.3 to 3.6), the same for every type.
import { AppError } from '../errors.ts'
import type { ListRequest } from '../directory/listing.ts'
import type { Endpoint } from './endpoint.ts'
import type { Answer, Exchange, Handler } from './exchange.ts'
import { compileFilter } from './filter.ts'
import { readOperations } from './patch-syntax.ts'
import { formatETag, isNotModified } from './preconditions.ts'
import { project, type Projection, readProjection } from './projection.ts'
import { readResource } from './resource.ts'
import type { ResourceType } from './schema.ts'
import { formatList, readSearchBody, readSearchQuery, resolveSort, type Search } from './search.ts'

export interface ResourceHandlers {
  readonly list: Handler
  readonly search: Handler
  readonly create: Handler
  readonly read: Handler
  readonly replace: Handler
  readonly patch: Handler
  readonly remove: Handler
}

/** The handlers of one endpoint. */
export function createResourceHandlers(endpoint: Endpoint): ResourceHandlers {
  const typeOf = (exchange: Exchange): ResourceType => exchange.schema.types[endpoint.typeName]

  async function answerResource(
    exchange: Exchange,
    id: string,
    status: number,
    projection: Projection,
  ): Promise<Answer> {
    const found = await endpoint.read(exchange, id, { baseUrl: exchange.baseUrl, ...projection })
    if (found === undefined) throw new AppError('not_found', `There is no ${endpoint.typeName} ${id.slice(0, 80)}.`)
    const headers = { ETag: formatETag(found.version), Location: locate(exchange, id) }
    if (status === 200 && exchange.body === undefined && isNotModified(exchange.headers, found.version)) {
      return { status: 304, headers }
    }
    return { status, headers, body: project(found.json, projection) }
  }

  function locate(exchange: Exchange, id: string): string {
    return `${exchange.baseUrl}${typeOf(exchange).endpoint}/${id}`
  }

  async function answerList(exchange: Exchange, search: Search): Promise<Answer> {
    const projection = readProjection(search.attributes, search.excludedAttributes, typeOf(exchange))
    const { resources, total } = await endpoint.list(
      exchange,
      toListRequest(exchange, search, projection, typeOf(exchange)),
    )
    const projected = resources.map((json) => project(json, projection))
    return { status: 200, body: formatList(projected, total, search.startIndex) }
  }

  return {
    list: {
      scope: 'read',
      takesBody: false,
      handle: (exchange) => answerList(exchange, readSearchQuery(exchange.query)),
    },
    search: {
      scope: 'read',
      takesBody: true,
      handle: (exchange) => answerList(exchange, readSearchBody(exchange.body, exchange.reading)),
    },
    create: {
      scope: 'write',
      takesBody: true,
      handle: async (exchange) => {
        const projection = readProjectionQuery(exchange, typeOf(exchange))
        const resource = readResource(exchange.body, typeOf(exchange), exchange.reading)
        const id = await endpoint.create(exchange, resource)
        return answerResource(exchange, id, 201, projection)
      },
    },
    read: {
      scope: 'read',
      takesBody: false,
      handle: (exchange) => answerResource(exchange, exchange.id, 200, readProjectionQuery(exchange, typeOf(exchange))),
    },
    replace: {
      scope: 'write',
      takesBody: true,
      handle: async (exchange) => {
        const projection = readProjectionQuery(exchange, typeOf(exchange))
        const resource = readResource(exchange.body, typeOf(exchange), exchange.reading)
        await endpoint.replace(exchange, exchange.id, resource)
        return answerResource(exchange, exchange.id, 200, projection)
      },
    },
    patch: {
      scope: 'write',
      takesBody: true,
      handle: async (exchange) => {
        const projection = readProjectionQuery(exchange, typeOf(exchange))
        const operations = readOperations(exchange.body, exchange.reading)
        const version = await endpoint.patch(exchange, exchange.id, operations)
        if (endpoint.answersPatch || projection.isAsked || prefersRepresentation(exchange)) {
          return answerResource(exchange, exchange.id, 200, projection)
        }
        return { status: 204, headers: { ETag: formatETag(version), Location: locate(exchange, exchange.id) } }
      },
    },
    remove: {
      scope: 'write',
      takesBody: false,
      handle: async (exchange) => {
        await endpoint.remove(exchange, exchange.id)
        return { status: 204 }
      },
    },
  }
}

/** The part of a search that a directory query needs. Throws invalid_filter, invalid_value. */
function toListRequest(exchange: Exchange, search: Search, projection: Projection, type: ResourceType): ListRequest {
  return {
    baseUrl: exchange.baseUrl,
    omits: projection.omits,
    adds: projection.adds,
    condition: search.filter === undefined ? undefined : compileFilter(search.filter, type, exchange.reading.strict),
    sortBy: resolveSort(search.sortBy, type),
    descending: search.descending,
    startIndex: search.startIndex,
    count: search.count,
  }
}

function readProjectionQuery({ query }: Exchange, type: ResourceType): Projection {
  return readProjection(query.get('attributes')?.split(','), query.get('excludedattributes')?.split(','), type)
}

function prefersRepresentation({ headers }: Exchange): boolean {
  return /\breturn=representation\b/i.test(String(headers['prefer'] ?? ''))
}

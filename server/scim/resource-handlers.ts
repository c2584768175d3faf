// The operations on one resource (RFC 7644 sections 3.3 to 3.6), the same for every type.
import { AppError } from '../errors.ts'
import type { Endpoint } from './endpoint.ts'
import type { Answer, Exchange, Handler } from './exchange.ts'
import { findType } from './organization-schema.ts'
import { readOperations } from './patch-syntax.ts'
import { formatETag, isNotModified } from './preconditions.ts'
import { project, type Projection, readProjection } from './projection.ts'
import { readResource } from './resource.ts'
import type { Attribute, ResourceType } from './schema.ts'
import { findPatched, findSpecified } from './specified.ts'

export interface ResourceHandlers {
  readonly create: Handler
  readonly read: Handler
  readonly replace: Handler
  readonly patch: Handler
  readonly remove: Handler
}

/** The handlers of one endpoint. */
export function createResourceHandlers(endpoint: Endpoint): ResourceHandlers {
  const typeOf = (exchange: Exchange): ResourceType => findType(exchange.schema, endpoint.typeName)

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

  function readProjectionQuery(exchange: Exchange, specified?: ReadonlySet<Attribute>): Projection {
    const list = (name: string): string[] | undefined => exchange.query.get(name)?.split(',')
    return readProjection(list('attributes'), list('excludedattributes'), typeOf(exchange), specified)
  }

  function locate(exchange: Exchange, id: string): string {
    return `${exchange.baseUrl}${endpoint.path}/${id}`
  }

  return {
    create: {
      scope: 'write',
      takesBody: true,
      handle: async (exchange) => {
        const projection = readProjectionQuery(exchange, findSpecified(exchange.body, typeOf(exchange)))
        const resource = readResource(exchange.body, typeOf(exchange), exchange.reading)
        const id = await endpoint.create(exchange, resource)
        return answerResource(exchange, id, 201, projection)
      },
    },
    read: {
      scope: 'read',
      takesBody: false,
      handle: (exchange) => answerResource(exchange, exchange.id, 200, readProjectionQuery(exchange)),
    },
    replace: {
      scope: 'write',
      takesBody: true,
      handle: async (exchange) => {
        const projection = readProjectionQuery(exchange, findSpecified(exchange.body, typeOf(exchange)))
        const resource = readResource(exchange.body, typeOf(exchange), exchange.reading)
        await endpoint.replace(exchange, exchange.id, resource)
        return answerResource(exchange, exchange.id, 200, projection)
      },
    },
    patch: {
      scope: 'write',
      takesBody: true,
      handle: async (exchange) => {
        const operations = readOperations(exchange.body, exchange.reading)
        const projection = readProjectionQuery(exchange, findPatched(operations, typeOf(exchange)))
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

function prefersRepresentation({ headers }: Exchange): boolean {
  return /\breturn=representation\b/i.test(String(headers['prefer'] ?? ''))
}

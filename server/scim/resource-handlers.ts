// The operations on one resource (RFC 7644 sections 3.3 to 3.6), the same for every type.
import { AppError } from '../errors.ts'
import type { Rendering } from '../directory/listing.ts'
import type { Endpoint, Written } from './endpoint.ts'
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
    { id, representation }: Written,
    status: number,
    projection: Projection,
  ): Promise<Answer> {
    const found = representation ?? (await endpoint.read(exchange, id, render(exchange, projection)))
    if (found === undefined) throw new AppError('not_found', `There is no ${endpoint.typeName} ${id.slice(0, 80)}.`)
    const headers = { ETag: formatETag(found.version), Location: locate(exchange, id) }
    if (status === 200 && exchange.body === undefined && isNotModified(exchange.headers, found.version)) {
      return { status: 304, headers }
    }
    return { status, headers, body: project(found.json, projection) }
  }

  function render({ baseUrl }: Exchange, { omits, adds }: Projection): Rendering {
    return { baseUrl, omits, adds }
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
        const written = await endpoint.create(exchange, resource, render(exchange, projection))
        return answerResource(exchange, written, 201, projection)
      },
    },
    read: {
      scope: 'read',
      takesBody: false,
      handle: (exchange) => answerResource(exchange, { id: exchange.id }, 200, readProjectionQuery(exchange)),
    },
    replace: {
      scope: 'write',
      takesBody: true,
      handle: async (exchange) => {
        const projection = readProjectionQuery(exchange, findSpecified(exchange.body, typeOf(exchange)))
        const resource = readResource(exchange.body, typeOf(exchange), exchange.reading)
        const written = await endpoint.replace(exchange, exchange.id, resource, render(exchange, projection))
        return answerResource(exchange, written, 200, projection)
      },
    },
    patch: {
      scope: 'write',
      takesBody: true,
      handle: async (exchange) => {
        const operations = readOperations(exchange.body, exchange.reading)
        const projection = readProjectionQuery(exchange, findPatched(operations, typeOf(exchange)))
        const written = await endpoint.patch(exchange, exchange.id, operations, render(exchange, projection))
        const { version } = written
        if (version === undefined || endpoint.answersPatch || projection.isAsked || prefersRepresentation(exchange)) {
          return answerResource(exchange, written, 200, projection)
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

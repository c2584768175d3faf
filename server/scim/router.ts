// The SCIM endpoints (RFC 7644 section 3.2): which path and method is which handler.
import { type Request, type RequestHandler, type Response, Router } from 'express'
import { AppError } from '../errors.ts'
import { createBulk } from './bulk.ts'
import type { BulkEndpoint } from './bulk-request.ts'
import type { Endpoint } from './endpoint.ts'
import type { Handler } from './exchange.ts'
import { groupsEndpoint } from './groups-endpoint.ts'
import { createListHandlers } from './list-handlers.ts'
import { asMe } from './me.ts'
import { orgEndpoints } from './org/endpoints.ts'
import { createOwnEndpoint } from './own-endpoint.ts'
import { createResourceHandlers } from './resource-handlers.ts'
import type { ResourceTypeDefinition } from './schema.ts'
import type { ScimServer } from './server.ts'
import { usersEndpoint } from './users-endpoint.ts'

const builtIn: Readonly<Record<string, Endpoint>> = { User: usersEndpoint, Group: groupsEndpoint }

/** The router to mount at `/scim/v2` and `/scim`, for the resource types of the installation. */
export function createScimRouter(server: ScimServer, types: readonly ResourceTypeDefinition[]): Router {
  const router = Router({ mergeParams: true })
  const endpoints = types.map((type) => builtIn[type.name] ?? createOwnEndpoint(type))
  const serve =
    (handler: Handler): RequestHandler =>
    (request, response) =>
      server.serve(handler, request, response)
  const bulkEndpoints: BulkEndpoint[] = []

  for (const { path, get, post } of orgEndpoints) {
    const route = router.route(path)
    if (get !== undefined) route.get(serve(get))
    if (post !== undefined) route.post(serve(post))
    route.all(allow(server, [...(get ? ['GET, HEAD'] : []), ...(post ? ['POST'] : [])].join(', ')))
  }

  for (const endpoint of endpoints) {
    const { path, typeName } = endpoint
    const lists = createListHandlers([endpoint])
    const handlers = createResourceHandlers(endpoint)
    bulkEndpoints.push({ path, typeName, handlers })
    router.route(path).get(serve(lists.list)).post(serve(handlers.create)).all(allow(server, 'GET, HEAD, POST'))
    router.route(`${path}/.search`).post(serve(lists.search)).all(allow(server, 'POST'))
    router
      .route(`${path}/:id`)
      .get(serve(handlers.read))
      .put(serve(handlers.replace))
      .patch(serve(handlers.patch))
      .delete(serve(handlers.remove))
      .all(allow(server, 'GET, HEAD, PUT, PATCH, DELETE'))
  }

  const me = createResourceHandlers(usersEndpoint)
  router
    .route('/Me')
    .get(serve(asMe(me.read)))
    .put(serve(asMe(me.replace)))
    .patch(serve(asMe(me.patch)))
    .delete(serve(asMe(me.remove)))
    .all(allow(server, 'GET, HEAD, PUT, PATCH, DELETE'))

  const root = createListHandlers(endpoints)
  router.route('/').get(serve(root.list)).all(allow(server, 'GET, HEAD'))
  router.route('/.search').post(serve(root.search)).all(allow(server, 'POST'))

  const bulk = createBulk(bulkEndpoints, server)
  router.route('/Bulk').post(serve(bulk)).all(allow(server, 'POST'))

  for (const path of ['/ServiceProviderConfig', '/ResourceTypes', '/ResourceTypes/:id', '/Schemas', '/Schemas/:id']) {
    router
      .route(path)
      .get((request, response) => server.serveDiscovery(request, response))
      .all(allow(server, 'GET, HEAD'))
  }

  router.use(refuse(server, () => new AppError('not_found', 'There is no such endpoint.')))
  return router
}

function allow(server: ScimServer, methods: string): RequestHandler {
  return (request: Request, response: Response) => {
    if (request.method === 'OPTIONS') {
      response.writeHead(204, { Allow: `${methods}, OPTIONS` }).end()
      return
    }
    const refusal = new AppError('method_not_allowed', `${request.method} is not taken here; ${methods} are.`, {
      data: { allow: methods },
    })
    return server.refuse(refusal, request, response)
  }
}

function refuse(server: ScimServer, error: () => AppError): RequestHandler {
  return (request, response) => server.refuse(error(), request, response)
}

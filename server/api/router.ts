// Serves the endpoints of a face: sign in, read, check, run, answer. Signing in comes first, so that a stranger's body is never read.
import { type ErrorRequestHandler, type Request, type RequestHandler, type Response, Router } from 'express'
import { translateFault } from '../db/faults.ts'
import { createId } from '../db/ids.ts'
import { AppError } from '../errors.ts'
import { isReadToEnd, readJson } from '../ops/json-body.ts'
import type { Logger } from '../ops/logger.ts'
import { type Check, createCheck } from './check.ts'
import type { Endpoint, Face } from './endpoint.ts'
import { answerError } from './errors.ts'
import { readQuery } from './query.ts'
import { objectOf, type Properties } from './schema.ts'

export interface RouterParts {
  readonly now: () => Date
  readonly logger: Logger
}

const maxBodyBytes = 1_048_576

interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

interface Moment {
  readonly requestId: string
  readonly at: Date
  readonly signal: AbortSignal
}

/** The router to mount at the base of a face. */
export function createApiRouter<Caller>(face: Face<Caller>, parts: RouterParts): Router {
  const router = Router()
  const check = createCheck()
  for (const [path, endpoints] of Map.groupBy(face.endpoints, (endpoint) => endpoint.path)) {
    const route = router.route(path.replaceAll(/\{(\w+)\}/g, ':$1'))
    for (const endpoint of endpoints) route[endpoint.method](serve(face, endpoint, check, parts))
    route.all(refuseMethod(face, listMethods(endpoints), parts))
  }
  router.use(refuse(face, () => new AppError('not_found', 'There is no such endpoint.'), parts))
  router.use(refuseMalformedPath(face, parts))
  return router
}

function serve<Caller>(
  face: Face<Caller>,
  endpoint: Endpoint<Caller>,
  check: Check,
  parts: RouterParts,
): RequestHandler {
  const checkParams = closed(endpoint.params)
  const checkQuery = closed(endpoint.query)
  const { status, scopes, body } = endpoint
  return (request, response) =>
    answer(request, response, parts, async (moment) => {
      const { authorization } = request.headers
      const params = request.params as Record<string, string>
      const caller = await face.admit({ authorization, scopes, params, ...moment })
      const result = await endpoint.run({
        caller,
        params: checkPath(check, checkParams, params),
        query: check(checkQuery, readQuery(request.originalUrl, endpoint.query ?? {})),
        body: body === undefined ? undefined : check(body, await readJson(request, maxBodyBytes)),
      })
      if (status === 204) return { status }
      if (result === undefined) throw new AppError('not_found')
      return { status, body: result }
    })
}

function closed(properties: Properties = {}): Readonly<Record<string, unknown>> {
  return { ...objectOf(properties, Object.keys(properties)), additionalProperties: false }
}

// What cannot be the name of anything, such as U+0000, is not looked for.
function checkPath(check: Check, schema: Readonly<Record<string, unknown>>, params: Record<string, string>): unknown {
  try {
    return check(schema, { ...params })
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    throw new AppError('not_found', undefined, { cause: error })
  }
}

function listMethods(endpoints: readonly Endpoint<never>[]): string {
  const methods = endpoints.map(({ method }) => method.toUpperCase())
  return methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ')
}

function refuseMethod<Caller>(face: Face<Caller>, allow: string, parts: RouterParts): RequestHandler {
  const refuseIt = refuse(
    face,
    ({ method }) =>
      new AppError('method_not_allowed', `${method} is not taken here; ${allow} can be sent.`, { data: { allow } }),
    parts,
  )
  return (request, response, next) => {
    if (request.method === 'OPTIONS') response.writeHead(204, { Allow: `${allow}, OPTIONS` }).end()
    else return refuseIt(request, response, next)
  }
}

// Only who may use the face learns what there is.
function refuse<Caller>(
  face: Face<Caller>,
  explain: (request: Request) => AppError,
  parts: RouterParts,
): RequestHandler {
  return (request, response) =>
    answer(request, response, parts, async (moment) => {
      const { authorization } = request.headers
      await face.admit({ authorization, scopes: [face.scope], params: {}, ...moment })
      throw explain(request)
    })
}

function refuseMalformedPath<Caller>(face: Face<Caller>, parts: RouterParts): ErrorRequestHandler {
  const refuseIt = refuse(face, () => new AppError('invalid_syntax', 'The path is not percent-encoded UTF-8.'), parts)
  return (error: unknown, request, response, next) => {
    if (error instanceof Error && 'status' in error && error.status === 400) return refuseIt(request, response, next)
    next(error)
  }
}

async function answer(
  request: Request,
  response: Response,
  { now, logger }: RouterParts,
  work: (moment: Moment) => Promise<Answer>,
): Promise<void> {
  const at = now()
  const requestId = createId('req', at)
  const startedAt = performance.now()
  const leaving = new AbortController()
  response.once('close', () => leaving.abort())
  let result: Answer
  try {
    result = await work({ requestId, at, signal: leaving.signal })
  } catch (thrown) {
    const error = translateFault(thrown)
    report(error, requestId, logger)
    result = answerError(error, requestId)
  }
  send(request, response, result, requestId)
  const path = request.originalUrl.split('?', 1)[0] ?? ''
  const durationMs = Math.round(performance.now() - startedAt)
  logger.debug({ requestId, method: request.method, path, status: result.status, durationMs }, 'request')
}

function report(error: unknown, requestId: string, logger: Logger): void {
  if (!(error instanceof AppError)) logger.error({ err: error, requestId }, 'unexpected error')
  else if (error.code === 'database_unavailable') {
    logger.warn({ err: error.cause, requestId }, 'database unavailable')
  }
}

function send(request: Request, response: Response, { status, headers, body }: Answer, requestId: string): void {
  response.status(status).set({ 'X-Request-Id': requestId, 'Cache-Control': 'no-store', ...headers })
  // The rest of a long body that was refused is not read; the connection cannot be used again.
  if (!isReadToEnd(request) && request.method !== 'GET' && status >= 400) response.set('Connection', 'close')
  if (body === undefined) response.end()
  else response.json(body)
}

// Serves the endpoints of a face: sign in, read, check, run, answer. Signing in comes first, so that a stranger's body is never read.
import { type ErrorRequestHandler, type Request, type RequestHandler, type Response, Router } from 'express'
import { translateFault } from '../db/faults.ts'
import { createId } from '../db/ids.ts'
import { AppError } from '../errors.ts'
import { isOfMediaType, isReadToEnd, readJson, readText } from '../ops/json-body.ts'
import type { Logger } from '../ops/logger.ts'
import { type Check, createCheck } from './check.ts'
import type { Description, Endpoint, Face, ServerEvent } from './endpoint.ts'
import { answerError } from './errors.ts'
import { EventStreams } from './event-stream.ts'
import { readQuery } from './query.ts'
import { objectOf, type Properties } from './schema.ts'

export interface RouterParts {
  readonly now: () => Date
  readonly logger: Logger
  /** Aborts when the server stops: streams end then. */
  readonly stopping: AbortSignal
}

interface RouterState extends RouterParts {
  readonly check: Check
  readonly streams: EventStreams
}

const usualMaxBodyBytes = 1_048_576

interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** A stream, and no body. */
  readonly events?: AsyncIterable<ServerEvent>
}

interface Moment {
  readonly requestId: string
  readonly at: Date
  readonly signal: AbortSignal
}

/** The router to mount at the base of a face. */
export function createApiRouter<Caller>(face: Face<Caller>, parts: RouterParts): Router {
  const router = Router()
  const state: RouterState = { ...parts, check: createCheck(), streams: new EventStreams() }
  for (const [path, endpoints] of Map.groupBy(face.endpoints, (endpoint) => endpoint.path)) {
    const route = router.route(path.replaceAll(/\{(\w+)\}/g, ':$1'))
    for (const endpoint of endpoints) route[endpoint.method](serve(face, endpoint, state))
    route.all(refuseMethod(face, listMethods(endpoints), state))
  }
  router.use(refuse(face, () => new AppError('not_found', 'There is no such endpoint.'), state))
  router.use(refuseMalformedPath(face, state))
  return router
}

function serve<Caller>(face: Face<Caller>, endpoint: Endpoint<Caller>, state: RouterState): RequestHandler {
  const { check } = state
  const checkParams = closed(endpoint.params)
  const checkQuery = closed(endpoint.query)
  const { status, scopes, body } = endpoint
  return (request, response) =>
    answer(request, response, state, async (moment) => {
      const { authorization, 'last-event-id': lastEventId } = request.headers
      const params = request.params as Record<string, string>
      const caller = await face.admit({ authorization, scopes, params, ...moment })
      const result = await endpoint.run({
        caller,
        params: checkPath(check, checkParams, params),
        query: check(checkQuery, readQuery(request.originalUrl, endpoint.query ?? {})),
        body: body === undefined ? undefined : check(body, await readBody(request, endpoint)),
        lastEventId: lastEventId?.toString(),
      })
      if (endpoint.events !== undefined) return { status, events: result as AsyncIterable<ServerEvent> }
      if (status === 204) return { status }
      if (result === undefined) throw new AppError('not_found')
      return { status, body: result }
    })
}

function readBody(request: Request, { text, maxBodyBytes = usualMaxBodyBytes }: Description): Promise<unknown> {
  if (text === undefined || !isOfMediaType(request, text.mediaType)) return readJson(request, maxBodyBytes)
  return readText(request, maxBodyBytes).then((content) => ({ [text.member]: content }))
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

function refuseMethod<Caller>(face: Face<Caller>, allow: string, state: RouterState): RequestHandler {
  const refuseIt = refuse(
    face,
    ({ method }) =>
      new AppError('method_not_allowed', `${method} is not taken here; ${allow} can be sent.`, { data: { allow } }),
    state,
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
  state: RouterState,
): RequestHandler {
  const scopes = face.scope === undefined ? [] : [face.scope]
  return (request, response) =>
    answer(request, response, state, async (moment) => {
      const { authorization } = request.headers
      await face.admit({ authorization, scopes, params: {}, ...moment })
      throw explain(request)
    })
}

function refuseMalformedPath<Caller>(face: Face<Caller>, state: RouterState): ErrorRequestHandler {
  const refuseIt = refuse(face, () => new AppError('invalid_syntax', 'The path is not percent-encoded UTF-8.'), state)
  return (error: unknown, request, response, next) => {
    if (error instanceof Error && 'status' in error && error.status === 400) return refuseIt(request, response, next)
    next(error)
  }
}

async function answer(
  request: Request,
  response: Response,
  { now, logger, stopping, streams }: RouterState,
  work: (moment: Moment) => Promise<Answer>,
): Promise<void> {
  const at = now()
  const requestId = createId('req', at)
  const startedAt = performance.now()
  const leaving = new AbortController()
  const leave = (): void => leaving.abort()
  response.once('close', leave)
  let result: Answer
  try {
    result = await work({ requestId, at, signal: leaving.signal })
    if (result.events !== undefined) {
      if (stopping.aborted) leave()
      stopping.addEventListener('abort', leave)
      await streams.send(response, result.events, listOwnHeaders(requestId)).finally(() => {
        stopping.removeEventListener('abort', leave)
      })
    }
  } catch (thrown) {
    const error = translateFault(thrown)
    report(error, requestId, logger)
    result = answerError(error, requestId)
  }
  if (!response.headersSent) send(request, response, result, requestId)
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

function listOwnHeaders(requestId: string): Record<string, string> {
  return { 'X-Request-Id': requestId, 'Cache-Control': 'no-store' }
}

function send(request: Request, response: Response, { status, headers, body }: Answer, requestId: string): void {
  response.status(status).set({ ...listOwnHeaders(requestId), ...headers })
  // The rest of a long body that was refused is not read; the connection cannot be used again.
  if (!isReadToEnd(request) && request.method !== 'GET' && status >= 400) response.set('Connection', 'close')
  if (body === undefined) response.end()
  else response.json(body)
}

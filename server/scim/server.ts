// Runs one SCIM request: sign in, read, handle, answer, log. Signing in comes first, so that a stranger's body is never read.
import type { Request, Response } from 'express'
import type { Authenticator } from '../auth/authenticator.ts'
import { type Principal, requireScope, toActor } from '../auth/principal.ts'
import type { Database } from '../db/connect.ts'
import { createId } from '../db/ids.ts'
import { translateFault } from '../db/faults.ts'
import { AppError } from '../errors.ts'
import type { Logger } from '../ops/logger.ts'
import type { RequestLog } from '../ops/request-log.ts'
import { isReadToEnd, readJson } from '../ops/json-body.ts'
import { toLine } from '../ops/line.ts'
import { Cursors } from './cursors.ts'
import { createDiscovery, type Discovery } from './discovery.ts'
import { answerError } from './errors.ts'
import type { Answer, Handler } from './exchange.ts'
import type { Note } from './notes.ts'
import type { OrganizationSchemas } from './organization-schema.ts'
import { readQuery } from './query-string.ts'

export interface ScimServerParts {
  readonly db: Database
  readonly now: () => Date
  readonly authenticator: Authenticator
  readonly schemas: OrganizationSchemas
  readonly requestLog: RequestLog
  readonly logger: Logger
  readonly maxBodyBytes: number
  /** The origin that clients see, `https://host`. */
  readonly originOf: (request: Request) => string
  /** The SCIM events that feeds may tell of (RFC 9967). */
  readonly eventUris: readonly string[]
}

// A body of nothing but unknown attributes must not fill the log.
const maxLoggedNotes = 100

/** What is known of a request when it ends, however it ends. */
interface Trace {
  readonly requestId: string
  readonly startedAt: number
  readonly notes: Note[]
  principal: Principal | undefined
}

export class ScimServer {
  readonly #parts: ScimServerParts
  readonly #discovery: Discovery
  readonly #cursors: Cursors

  constructor(parts: ScimServerParts) {
    this.#parts = parts
    this.#discovery = createDiscovery({ maxPayloadSize: parts.maxBodyBytes, eventUris: parts.eventUris })
    this.#cursors = new Cursors(parts.db, parts.now)
  }

  async serve(handler: Handler, request: Request, response: Response): Promise<void> {
    await this.#run(request, response, async (trace) => {
      const { db, now, authenticator, schemas, maxBodyBytes, originOf } = this.#parts
      const principal = await authenticator.authenticate(request.headers.authorization)
      trace.principal = principal
      if (handler.scope !== undefined) requireScope(principal, handler.scope)
      const body = handler.takesBody ? await readJson(request, maxBodyBytes) : undefined
      return handler.handle({
        db,
        principal,
        actor: toActor(principal, trace.requestId, now()),
        schema: await schemas.find(principal.organizationId, principal.schemaVersion),
        reading: { strict: principal.strict, notes: trace.notes },
        cursors: this.#cursors,
        baseUrl: `${originOf(request)}/scim/v2`,
        headers: request.headers,
        query: readQuery(request.originalUrl),
        id: readId(request),
        body,
      })
    })
  }

  /** Discovery documents are for everyone (RFC 7643 section 5); wrong credentials are refused all the same. */
  async serveDiscovery(request: Request, response: Response): Promise<void> {
    await this.#run(request, response, async (trace) => {
      const { authenticator, schemas, originOf } = this.#parts
      const { authorization } = request.headers
      const principal = authorization === undefined ? undefined : await authenticator.authenticate(authorization)
      trace.principal = principal
      const schema =
        principal === undefined
          ? schemas.installed
          : await schemas.find(principal.organizationId, principal.schemaVersion)
      const hasFilter = readQuery(request.originalUrl).has('filter')
      return {
        status: 200,
        body: await this.#discovery.read(request.path, hasFilter, schema, `${originOf(request)}/scim/v2`),
      }
    })
  }

  /** Answers with an error; who is not signed in learns only that. */
  async refuse(error: AppError, request: Request, response: Response): Promise<void> {
    await this.#run(request, response, async (trace) => {
      trace.principal = await this.#parts.authenticator.authenticate(request.headers.authorization)
      throw error
    })
  }

  now(): Date {
    return this.#parts.now()
  }

  /** Logs an error that is not the caller's. */
  report(error: unknown, requestId: string): void {
    const { logger } = this.#parts
    if (!(error instanceof AppError)) logger.error({ err: error, requestId }, 'unexpected error')
    else if (error.code === 'database_unavailable') {
      logger.warn({ err: error.cause, requestId }, 'database unavailable')
    }
  }

  /** Counts requests that came inside another one against the caller's limit. */
  charge(principal: Principal, requests: number): void {
    this.#parts.authenticator.charge(principal, requests)
  }

  async #run(request: Request, response: Response, work: (trace: Trace) => Promise<Answer>): Promise<void> {
    const { now } = this.#parts
    const trace: Trace = {
      requestId: createId('req', now()),
      startedAt: performance.now(),
      notes: [],
      principal: undefined,
    }
    let answer: Answer & { scimType?: string }
    let detail: string | null = null
    try {
      answer = await work(trace)
    } catch (thrown) {
      const error = translateFault(thrown)
      this.report(error, trace.requestId)
      detail = error instanceof AppError ? error.message : 'unexpected error'
      answer = answerError(error, trace.requestId)
    }
    send(request, response, answer, trace.requestId)
    this.#log(request, answer.status, detail, trace)
  }

  #log(request: Request, status: number, error: string | null, trace: Trace): void {
    const { logger, requestLog, now } = this.#parts
    const durationMs = Math.round(performance.now() - trace.startedAt)
    const path = request.originalUrl.split('?', 1)[0] ?? ''
    logger.debug({ requestId: trace.requestId, method: request.method, path, status, durationMs }, 'request')
    const { principal } = trace
    // Reads that went well are not kept: there are too many of them, and they changed nothing.
    const worthKeeping = request.method !== 'GET' || status >= 400 || trace.notes.length > 0
    if (principal === undefined || !worthKeeping) return
    requestLog.add({
      organizationId: principal.organizationId,
      id: trace.requestId,
      at: now(),
      directoryId: principal.directoryId,
      tokenId: principal.tokenId,
      method: request.method,
      path,
      status,
      durationMs,
      error: error === null ? null : toLine(error),
      notes: trace.notes
        .slice(0, maxLoggedNotes)
        .map(({ path: place, note }) => ({ path: toLine(place), note: toLine(note) })),
      userAgent: request.headers['user-agent']?.slice(0, 200) ?? null,
    })
  }
}

// PostgreSQL would not even take U+0000 in a text.
function readId(request: Request): string {
  const id = String(request.params['id'] ?? '')
  if (id.includes('\0')) throw new AppError('not_found', 'There is no resource with U+0000 in its id.')
  return id
}

// A client that takes only application/json gets its JSON under that name (OneLogin, Google).
function send(request: Request, response: Response, answer: Answer, requestId: string): void {
  const headers: Record<string, string> = { 'X-Request-Id': requestId, 'Cache-Control': 'no-store', ...answer.headers }
  // The rest of a long body that was refused is not read; the connection cannot be used again.
  if (!isReadToEnd(request) && request.method !== 'GET' && answer.status >= 400) headers['Connection'] = 'close'
  if (answer.body === undefined) {
    response.writeHead(answer.status, headers).end()
    return
  }
  headers['Content-Type'] = chooseMediaType(request.headers.accept)
  headers['Content-Length'] = String(Buffer.byteLength(answer.body))
  response.writeHead(answer.status, headers)
  // Node puts the head of an answer that is bytes before what waits to be sent, and that may be "100 Continue".
  if (request.headers.expect !== undefined) response.flushHeaders()
  response.end(answer.body)
}

function chooseMediaType(accept: string | undefined): string {
  const takesScim = accept === undefined || /application\/scim\+json|\*\/\*|application\/\*/i.test(accept)
  return !takesScim && /application\/json/i.test(accept) ? 'application/json' : 'application/scim+json'
}

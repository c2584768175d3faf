// OAuth 2.0 client credentials (RFC 6749 section 4.4), for identity providers that prefer them: the id of a token is the client
// id, the token itself the client secret. Out comes an access token with the same rights that lives for an hour.
import express, { type Request, type Response, Router } from 'express'
import type { Database } from '../db/connect.ts'
import type { Scope } from '../db/tables.ts'
import { translateFault } from '../db/faults.ts'
import { AppError } from '../errors.ts'
import type { Logger } from '../ops/logger.ts'
import type { RateLimiter } from './rate-limiter.ts'
import type { TokenLookup } from './token-lookup.ts'
import { createAccessToken, scopes } from './tokens.ts'

const lifetimeSeconds = 3600

export interface OAuthParts {
  readonly db: Database
  readonly now: () => Date
  readonly tokens: TokenLookup
  readonly limiter: RateLimiter
  readonly logger: Logger
}

/** The errors of RFC 6749 section 5.2. */
class OAuthError extends Error {
  readonly code: string
  readonly status: number

  constructor(status: number, code: string, description: string) {
    super(description)
    this.status = status
    this.code = code
  }
}

/** The router to mount at `/oauth`. */
export function createOAuthRouter(parts: OAuthParts): Router {
  const router = Router()
  router.post('/token', express.urlencoded({ extended: false, limit: '16kb' }), async (request, response) => {
    try {
      response.set({ 'Cache-Control': 'no-store', Pragma: 'no-cache' }).json(await grant(parts, request))
    } catch (error) {
      answer(error, response, parts.logger)
    }
  })
  router.all('/token', (_request, response) => {
    response.status(405).set('Allow', 'POST').json({ error: 'invalid_request', error_description: 'Use POST.' })
  })
  router.use((error: unknown, _request: Request, response: Response, _next: unknown) =>
    answer(error, response, parts.logger),
  )
  return router
}

async function grant(parts: OAuthParts, request: Request): Promise<Record<string, unknown>> {
  const body = readForm(request)
  if (!body.has('grant_type')) throw new OAuthError(400, 'invalid_request', 'grant_type is missing.')
  if (body.get('grant_type') !== 'client_credentials') {
    throw new OAuthError(400, 'unsupported_grant_type', 'grant_type must be client_credentials.')
  }
  const { id, secret } = readClient(request, body)
  parts.limiter.take(`oauth/${id}`)
  const principal = await parts.tokens.find(secret)
  // The secret alone signs in; the id must be its own. Access tokens are no client secrets.
  if (principal?.tokenId !== id || id === null || secret.startsWith('rca_')) {
    throw new OAuthError(401, 'invalid_client', 'The client id or secret is wrong.')
  }
  const granted = narrow(principal.scopes, body.get('scope'))
  const parent = { organizationId: principal.organizationId, tokenId: id, scopes: granted }
  const { secret: token, seconds } = await createAccessToken(parts.db, parent, lifetimeSeconds, parts.now())
  return { access_token: token, token_type: 'Bearer', expires_in: seconds, scope: granted.join(' ') }
}

function readForm(request: Request): Map<string, string> {
  const body = request.body as unknown
  if (typeof body !== 'object' || body === null) {
    throw new OAuthError(400, 'invalid_request', 'The body must be application/x-www-form-urlencoded.')
  }
  const entries = Object.entries(body)
  if (entries.some(([, value]) => typeof value !== 'string')) {
    throw new OAuthError(400, 'invalid_request', 'A parameter is given twice.')
  }
  return new Map(entries as [string, string][])
}

function readClient(request: Request, body: Map<string, string>): { id: string; secret: string } {
  const basic = /^basic +([A-Za-z0-9+/]+=*)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (basic === undefined) return { id: body.get('client_id') ?? '', secret: body.get('client_secret') ?? '' }
  const text = Buffer.from(basic, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (body.has('client_secret')) throw new OAuthError(400, 'invalid_request', 'The client signs in twice.')
  return { id: decode(text.slice(0, colon)), secret: decode(text.slice(colon + 1)) }
}

// Ids and secrets are form-encoded inside Basic (RFC 6749 section 2.3.1).
function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function narrow(held: readonly Scope[], asked: string | undefined): readonly Scope[] {
  if (asked === undefined || asked.trim() === '' || asked.trim() === 'scim') return held
  const names = asked.trim().split(/\s+/)
  const granted = scopes.filter((scope) => names.includes(scope) && held.includes(scope))
  if (granted.length === 0) throw new OAuthError(400, 'invalid_scope', `This client may have: ${held.join(' ')}.`)
  return granted
}

function answer(error: unknown, response: Response, logger: Logger): void {
  const known = explain(error)
  if (known === undefined) logger.error({ err: error }, 'unexpected error')
  const { status, code, message } = known ?? {
    status: 500,
    code: 'server_error',
    message: 'Something went wrong here.',
  }
  if (status === 401) response.set('WWW-Authenticate', 'Basic realm="rollcall"')
  if (status === 429 || status === 503) response.set('Retry-After', '5')
  response.status(status).set('Cache-Control', 'no-store').json({ error: code, error_description: message })
}

function explain(thrown: unknown): { status: number; code: string; message: string } | undefined {
  const error = translateFault(thrown)
  if (error instanceof OAuthError) return error
  if (error instanceof AppError && error.code === 'rate_limited') {
    return { status: 429, code: 'temporarily_unavailable', message: error.message }
  }
  if (error instanceof AppError && error.code === 'database_unavailable') {
    return { status: 503, code: 'temporarily_unavailable', message: error.message }
  }
  // What express.urlencoded refuses carries a status below 500.
  if (error instanceof Error && 'status' in error && typeof error.status === 'number' && error.status < 500) {
    return { status: error.status, code: 'invalid_request', message: 'The body cannot be read.' }
  }
  return undefined
}

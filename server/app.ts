// The composition root: builds every part once and mounts the faces.
import type { RequestListener } from 'node:http'
import express, {
  type ErrorRequestHandler,
  type Express,
  type NextFunction,
  type Request,
  type Response,
} from 'express'
import type { Provider } from '../providers/provider.ts'
import packageJson from '../package.json' with { type: 'json' }
import { createAdminFace } from './admin/face.ts'
import { createSetupFace } from './admin/setup-face.ts'
import { createJwksRouter } from './admin/jwks.ts'
import { createCheck } from './api/check.ts'
import { createReferenceRouter } from './api/reference.ts'
import { createApiRouter } from './api/router.ts'
import { Authenticator } from './auth/authenticator.ts'
import { JwtVerifier } from './auth/jwt.ts'
import { LastUsed } from './auth/last-used.ts'
import { createOAuthRouter } from './auth/oauth.ts'
import { RateLimiter } from './auth/rate-limiter.ts'
import { TokenLookup } from './auth/token-lookup.ts'
import type { Config } from './config.ts'
import type { Database } from './db/connect.ts'
import { AppError } from './errors.ts'
import { createEventServices } from './event-services.ts'
import { eventUris } from './events/feeds/security-event.ts'
import { createHrFace } from './hr/face.ts'
import { createHealth } from './ops/health.ts'
import type { Logger } from './ops/logger.ts'
import { createOriginReader } from './ops/origin.ts'
import { RequestLog } from './ops/request-log.ts'
import { declareResourceTypes } from './scim/declarations.ts'
import { OrganizationSchemas } from './scim/organization-schema.ts'
import { createScimRouter } from './scim/router.ts'
import { listRedefinitions, readResourceTypes } from './scim/schema-files.ts'
import { ScimServer } from './scim/server.ts'
import { createSyncServices } from './sync-services.ts'

export interface App {
  /** What an HTTP server hands requests to. */
  readonly listener: RequestListener
  /** The routes, for those who want to know them. */
  readonly express: Express
  readonly requestLog: RequestLog
  readonly lastUsed: LastUsed
  readonly limiter: RateLimiter
  /** Makes /readyz say no, and lets go whoever waits for events. */
  drain(): void
}

export interface AppParts {
  readonly config: Config
  readonly db: Database
  readonly logger: Logger
  readonly now: () => Date
  /** The sources that directories can be pulled from; those of `providers/` where it is left out. */
  readonly sources?: readonly Provider[]
}

/** Throws config_invalid where the files of ROLLCALL_SCHEMAS_DIR are wrong. */
export function createApp({ config, db, logger, now, sources }: AppParts): App {
  const tokens = new TokenLookup(db, now)
  const limiter = new RateLimiter(config.RATE_LIMIT_PER_SECOND, now)
  const lastUsed = new LastUsed(db, now)
  const requestLog = new RequestLog(db, logger)
  const authenticator = new Authenticator(tokens, new JwtVerifier(db, now), lastUsed, limiter)
  const types = readResourceTypes(config.ROLLCALL_SCHEMAS_DIR, declareResourceTypes())
  for (const attribute of listRedefinitions(types)) {
    logger.warn(
      { attribute },
      'a core attribute has the same name, and is meant where this one is named without its URN',
    )
  }
  const schemas = new OrganizationSchemas(db, types)
  const events = createEventServices({ config, db, now, schemas })
  const { sealer, outgoing } = events
  const sync = createSyncServices({ db, now, logger, sealer, outgoing, schemas, ...(sources && { sources }) })
  const originOf = createOriginReader(config.PUBLIC_URL, config.TRUST_PROXY)
  const maxBodyBytes = config.MAX_BODY_BYTES
  const scim = new ScimServer({
    db,
    now,
    authenticator,
    schemas,
    requestLog,
    logger,
    maxBodyBytes,
    originOf,
    eventUris: Object.values(eventUris),
  })
  const health = createHealth(db)

  const app = express()
  app.set('etag', false)
  app.set('x-powered-by', false)
  app.set('query parser', false)
  const scimRouter = createScimRouter(scim, types)
  app.use('/scim/v2', scimRouter)
  app.use('/scim/:version', refuseVersion(scim))
  app.use('/scim', scimRouter, refuseMalformedPath(scim))
  app.use('/oauth', createOAuthRouter({ db, now, tokens, limiter, logger }))
  const hr = createHrFace({ db, authenticator })
  const check = createCheck()
  const setup = createSetupFace({ sync, check, limiter })
  const admin = createAdminFace({ db, events, sync, check, authenticator, ...readAdminToken(config) })
  const stopping = new AbortController()
  const served = { now, logger, stopping: stopping.signal }
  app.use(hr.base, createApiRouter(hr, served))
  app.use(setup.base, createApiRouter(setup, served))
  app.use(admin.base, createApiRouter(admin, served))
  app.use(createReferenceRouter([hr, admin, setup], packageJson.version, originOf))
  app.use(createJwksRouter(events.signingKeys))
  app.use(health.router)
  app.use((_request, response) => {
    response
      .status(404)
      .type('text/plain')
      .send('Not found. SCIM is at /scim/v2, the reference of the other APIs at /docs.\n')
  })
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    const status = isMalformedPath(error) ? 400 : 500
    if (status === 500) logger.error({ err: error }, 'unexpected error')
    response
      .status(status)
      .type('text/plain')
      .send(status === 400 ? 'Bad request.\n' : 'Something went wrong here.\n')
  })
  const listener: RequestListener = (request, response) => {
    request.url = toPath(request.url ?? '/')
    app(request, response)
  }
  const drain = (): void => {
    health.drain()
    stopping.abort()
    events.feedWaiting.end()
    events.mailer?.close()
    void events.outgoing.close()
  }
  return { listener, express: app, requestLog, lastUsed, limiter, drain }
}

// A base URL that ends in a slash gives //Users; it means /Users. Who takes us for a proxy sends the whole URL. Express would
// look at the target before anything else, and answer in HTML to one that is no path.
function toPath(target: string): string {
  if (target.startsWith('/') && !target.includes('//')) return target
  const [path = '', ...query] = target.split('?')
  return [`/${path.replace(/^https?:\/\/[^/]*/i, '')}`.replace(/\/{2,}/g, '/'), ...query].join('?')
}

function refuseVersion(scim: ScimServer) {
  return (request: Request, response: Response, next: NextFunction): void | Promise<void> => {
    if (!/^v\d+$/i.test(String(request.params['version']))) return next()
    return scim.refuse(new AppError('invalid_version', 'Only version v2 of the protocol is served.'), request, response)
  }
}

function refuseMalformedPath(scim: ScimServer): ErrorRequestHandler {
  return (error: unknown, request, response, next): void | Promise<void> => {
    if (!isMalformedPath(error)) return next(error)
    return scim.refuse(new AppError('invalid_syntax', 'The path is not percent-encoded UTF-8.'), request, response)
  }
}

// Only what Express itself refuses comes to error handlers: a path that is not percent-encoded UTF-8.
function isMalformedPath(error: unknown): boolean {
  return error instanceof Error && 'status' in error && error.status === 400
}

function readAdminToken({ ROLLCALL_ADMIN_TOKEN }: Config): { operatorToken?: string } {
  return ROLLCALL_ADMIN_TOKEN === undefined ? {} : { operatorToken: ROLLCALL_ADMIN_TOKEN }
}

// The management API: organizations, directories, tokens, trusted issuers, attributes, the request log. The operator's token
// reaches every organization; a token with the scope `admin` its own, and no other is there for it.
import { timingSafeEqual } from 'node:crypto'
import { type Request, type RequestHandler, type Response, Router } from 'express'
import type { Authenticator } from '../auth/authenticator.ts'
import { createIssuer, listIssuers, removeIssuer } from '../auth/issuers.ts'
import { requireScope } from '../auth/principal.ts'
import { createToken, hashToken, listTokens, revokeToken } from '../auth/tokens.ts'
import type { Database } from '../db/connect.ts'
import { translateFault } from '../db/faults.ts'
import { createId } from '../db/ids.ts'
import { addCustomAttribute, listCustomAttributes, removeCustomAttribute } from '../directory/custom-attributes.ts'
import {
  changeDirectory,
  createDirectory,
  createOrganization,
  listDirectories,
  listOrganizations,
  readOrganization,
  setAttributeAuthority,
} from '../directory/directories.ts'
import { AppError } from '../errors.ts'
import { readJson } from '../ops/json-body.ts'
import type { Logger } from '../ops/logger.ts'
import { listRequests } from '../ops/request-log.ts'
import { checkDefinition, createBodyCheck } from './bodies.ts'
import { answerError } from './errors.ts'

export interface AdminParts {
  readonly db: Database
  readonly now: () => Date
  readonly authenticator: Authenticator
  readonly logger: Logger
  /** Reaches every organization. */
  readonly operatorToken?: string
}

const maxBodyBytes = 1_048_576

interface Call {
  readonly request: Request
  /** The organization in the path; '' where there is none. */
  readonly organizationId: string
  readonly requestId: string
  /** The organization that the caller may reach; null for all. */
  readonly reach: string | null
  readonly body: () => Promise<unknown>
}

/** The router to mount at `/v1`. */
export function createAdminRouter(parts: AdminParts): Router {
  const { db, now } = parts
  const check = createBodyCheck()
  const router = Router({ mergeParams: true })
  const at = (path: string): string => `/organizations/:organization${path}`
  const on = (status: number, work: (call: Call) => Promise<unknown>): RequestHandler => serve(parts, status, work)

  router.get(
    '/organizations',
    on(200, async ({ reach }) => {
      return { data: reach === null ? await listOrganizations(db) : [await readOrganization(db, reach)] }
    }),
  )
  router.post(
    '/organizations',
    on(201, async ({ reach, body }) => {
      if (reach !== null) {
        throw new AppError('insufficient_scope', 'Only the operator creates organizations.', {
          data: { scope: 'admin' },
        })
      }
      return { id: await createOrganization(db, check('organization', await body()).name, now()) }
    }),
  )

  router.get(
    at(''),
    on(200, ({ organizationId }) => readOrganization(db, organizationId)),
  )
  router.put(
    at('/attribute-authority'),
    on(200, async ({ organizationId, body }) => {
      const authority = check('attributeAuthority', await body())
      await setAttributeAuthority(db, organizationId, authority)
      return authority
    }),
  )

  router.get(
    at('/directories'),
    on(200, async ({ organizationId }) => ({ data: await listDirectories(db, organizationId) })),
  )
  router.post(
    at('/directories'),
    on(201, async ({ organizationId, body }) => {
      const { provider = null, ...directory } = check('directory', await body())
      return { id: await createDirectory(db, organizationId, { ...directory, provider }, now()) }
    }),
  )
  router.patch(
    at('/directories/:id'),
    on(204, async ({ organizationId, request, body }) => {
      await changeDirectory(db, organizationId, readId(request), check('directorySettings', await body()))
    }),
  )

  router.get(
    at('/tokens'),
    on(200, async ({ organizationId }) => ({ data: await listTokens(db, organizationId) })),
  )
  router.post(
    at('/tokens'),
    on(201, async ({ organizationId, body }) => {
      const { expiresAt, directoryId = null, ...token } = check('token', await body())
      const expiry = expiresAt ? new Date(expiresAt) : null
      if (expiry !== null && expiry <= now()) throw new AppError('invalid_value', 'expiresAt must lie in the future.')
      return createToken(db, { ...token, organizationId, directoryId, expiresAt: expiry }, now())
    }),
  )
  router.delete(
    at('/tokens/:id'),
    on(204, ({ organizationId, request }) => revokeToken(db, organizationId, readId(request), now())),
  )

  router.get(
    at('/attributes'),
    on(200, async ({ organizationId }) => ({ data: await listCustomAttributes(db, organizationId) })),
  )
  router.post(
    at('/attributes'),
    on(201, async ({ organizationId, body }) => {
      const attribute = check('attribute', await body())
      checkDefinition(attribute.definition)
      await addCustomAttribute(db, organizationId, attribute, now())
      return attribute
    }),
  )
  router.delete(
    at('/attributes/:type/:id'),
    on(204, async ({ organizationId, request, requestId }) => {
      const type = request.params['type']
      if (type !== 'User' && type !== 'Group') throw new AppError('not_found')
      await removeCustomAttribute(db, organizationId, type, readId(request), { at: now(), requestId })
    }),
  )

  router.get(
    at('/issuers'),
    on(200, async ({ organizationId }) => ({ data: await listIssuers(db, organizationId) })),
  )
  router.post(
    at('/issuers'),
    on(201, async ({ organizationId, body }) => {
      const { directoryId = null, ...issuer } = check('issuer', await body())
      return { id: await createIssuer(db, organizationId, { ...issuer, directoryId }, now()) }
    }),
  )
  router.delete(
    at('/issuers/:id'),
    on(204, ({ organizationId, request }) => removeIssuer(db, organizationId, readId(request))),
  )

  router.get(
    at('/requests'),
    on(200, async ({ organizationId, request }) => ({
      data: await listRequests(db, organizationId, readPage(request)),
    })),
  )

  router.use(on(404, () => Promise.reject(new AppError('not_found', 'There is no such endpoint.'))))
  return router
}

function serve(parts: AdminParts, status: number, work: (call: Call) => Promise<unknown>): RequestHandler {
  return async (request, response) => {
    const requestId = createId('req', parts.now())
    response.set({ 'X-Request-Id': requestId, 'Cache-Control': 'no-store' })
    try {
      const reach = await authorize(parts, request)
      const organizationId = String(request.params['organization'] ?? '')
      if (organizationId !== '') await requireOrganization(parts.db, organizationId, reach)
      const result = await work({
        request,
        organizationId,
        requestId,
        reach,
        body: () => readJson(request, maxBodyBytes),
      })
      if (status === 204) response.status(204).end()
      else response.status(status).json(result)
    } catch (thrown) {
      answer(translateFault(thrown), requestId, response, parts.logger)
    }
  }
}

async function authorize({ operatorToken, authenticator }: AdminParts, request: Request): Promise<string | null> {
  const { authorization } = request.headers
  const secret = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
  if (operatorToken !== undefined && secret !== undefined && isEqual(secret, operatorToken)) return null
  const principal = await authenticator.authenticate(authorization)
  requireScope(principal, 'admin')
  return principal.organizationId
}

// In the same time whatever the difference.
function isEqual(secret: string, expected: string): boolean {
  return timingSafeEqual(hashToken(secret), hashToken(expected))
}

// Another organization and none at all give the same answer.
async function requireOrganization(db: Database, organizationId: string, reach: string | null): Promise<void> {
  const missing = new AppError('not_found', 'There is no such organization.')
  if (reach !== null && reach !== organizationId) throw missing
  // What is no id at all, such as U+0000, is not looked for.
  if (!/^org_[0-9a-z]+$/.test(organizationId)) throw missing
  if ((await readOrganization(db, organizationId)) === undefined) throw missing
}

function answer(error: unknown, requestId: string, response: Response, logger: Logger): void {
  if (!(error instanceof AppError)) logger.error({ err: error, requestId }, 'unexpected error')
  const { status, headers, body } = answerError(error, requestId)
  response.status(status).set(headers).json(body)
}

function readId(request: Request): string {
  return String(request.params['id'] ?? '')
}

function readPage(request: Request): { limit: number; before?: string; directoryId?: string } {
  const query = new URLSearchParams(request.originalUrl.split('?')[1] ?? '')
  const limit = Number(query.get('limit') ?? 50)
  if (!Number.isInteger(limit) || limit < 1 || limit > 500) {
    throw new AppError('invalid_value', 'limit must be an integer from 1 to 500.')
  }
  const [before, directoryId] = [query.get('before'), query.get('directoryId')]
  return { limit, ...(before === null ? {} : { before }), ...(directoryId === null ? {} : { directoryId }) }
}

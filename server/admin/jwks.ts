// /.well-known/jwks.json: what security event tokens are verified with (RFC 7517). For everyone.
import { type RequestHandler, Router } from 'express'
import { AppError } from '../errors.ts'
import type { SigningKeys } from '../events/feeds/signing-keys.ts'

const headers = { 'Cache-Control': 'public, max-age=300', 'X-Content-Type-Options': 'nosniff' }

/** The router to mount at the root. */
export function createJwksRouter(keys: SigningKeys): Router {
  const router = Router()
  router
    .route('/.well-known/jwks.json')
    .get(async (_request, response) => {
      try {
        const body = JSON.stringify({ keys: await keys.listPublic() })
        response.set(headers).type('application/jwk-set+json').send(body)
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'database_unavailable') throw error
        response.status(503).set('Retry-After', '5').type('text/plain').send('The database cannot be reached.\n')
      }
    })
    .all(refuseMethod)
  return router
}

const refuseMethod: RequestHandler = (request, response) => {
  const allow = 'GET, HEAD'
  if (request.method === 'OPTIONS') response.writeHead(204, { Allow: `${allow}, OPTIONS` }).end()
  else response.status(405).set('Allow', allow).type('text/plain').send('Use GET.\n')
}

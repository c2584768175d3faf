// /openapi.json and /docs: what the JSON APIs are, for programs and for people. For everyone: neither says anything of an organization.
import { type Request, type RequestHandler, Router } from 'express'
import type { FaceDescription } from './endpoint.ts'
import { escapeHtml } from './html.ts'
import { writeOpenApi } from './openapi.ts'
import { writePage } from './page.ts'

// No origin that a client can have.
const placeholder = '\u{e000}'

const headers = {
  'Cache-Control': 'no-cache',
  'X-Content-Type-Options': 'nosniff',
}

const pagePolicy =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** The router to mount at the root. */
export function createReferenceRouter(
  faces: readonly FaceDescription[],
  version: string,
  originOf: (request: Request) => string,
): Router {
  const document = writeOpenApi(faces, version)
  const json = JSON.stringify(document)
  const page = writePage(document, placeholder)
  const router = Router()
  router
    .route('/openapi.json')
    .get((_request, response) => {
      response.set(headers).type('application/json').send(json)
    })
    .all(refuseMethod)
  router
    .route('/docs')
    .get((request, response) => {
      response.set({ ...headers, 'Content-Security-Policy': pagePolicy, 'Referrer-Policy': 'no-referrer' })
      response.type('text/html').send(page.replaceAll(placeholder, () => escapeHtml(readOrigin(request, originOf))))
    })
    .all(refuseMethod)
  return router
}

// Whoever sends a Host that is none gets the page all the same.
function readOrigin(request: Request, originOf: (request: Request) => string): string {
  try {
    return originOf(request)
  } catch {
    return 'https://rollcall.example'
  }
}

const refuseMethod: RequestHandler = (request, response) => {
  const allow = 'GET, HEAD'
  if (request.method === 'OPTIONS') response.writeHead(204, { Allow: `${allow}, OPTIONS` }).end()
  else response.status(405).set('Allow', allow).type('text/plain').send('Use GET.\n')
}

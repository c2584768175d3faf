// Ory Polis (formerly BoxyHQ SAML Jackson): its directory sync controller behind node:http, on PostgreSQL. Prints one line of
// JSON when it listens.
import { createServer } from 'node:http'
import jackson from '@boxyhq/saml-jackson'

const { DATABASE_URL: url = '', PORT = '0' } = process.env

const { directorySyncController } = await jackson.controllers({
  externalUrl: 'http://127.0.0.1',
  samlPath: '/saml',
  scimPath: '/scim',
  // With the page limit that it has by default, 50, every list says that there are at most 50 users.
  db: { engine: 'sql', type: 'postgres', url, pageLimit: 100_000 },
  logger: { info: () => undefined, warn: console.error, error: console.error },
  noAnalytics: true,
})

const { data: directory, error } = await directorySyncController.directories.create({
  name: 'bench',
  tenant: 'bench',
  product: 'bench',
  type: 'okta-scim-v2',
})
if (error) throw new Error(error.message)

const server = createServer(async (request, response) => {
  const { status, data } = await answer(request).catch((thrown) => ({ status: 500, data: { detail: String(thrown) } }))
  const text = JSON.stringify(data ?? {})
  response.writeHead(status, { 'Content-Type': 'application/scim+json', 'Content-Length': Buffer.byteLength(text) })
  response.end(text)
})

async function answer(request) {
  const { pathname, searchParams } = new URL(request.url, 'http://127.0.0.1')
  const [, , resourceType = '', resourceId] = pathname.split('/')
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  // The numbers have to be numbers.
  const number = (name) => (searchParams.has(name) ? Number(searchParams.get(name)) : undefined)
  return directorySyncController.requests.handle(
    {
      method: request.method,
      body: chunks.length === 0 ? undefined : JSON.parse(Buffer.concat(chunks).toString()),
      directoryId: directory.id,
      resourceType,
      resourceId,
      apiSecret: request.headers.authorization?.replace('Bearer ', '') ?? null,
      query: {
        count: number('count'),
        startIndex: number('startIndex'),
        filter: searchParams.get('filter') ?? undefined,
      },
    },
    // The application's webhook: nothing is sent.
    async () => undefined,
  )
}

server.listen(Number(PORT), '127.0.0.1', () => {
  console.log(JSON.stringify({ port: server.address().port, path: '/scim', token: directory.scim.secret }))
})

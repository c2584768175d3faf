// The floor: the least that does the job durably. Express and pg, one prepared statement for each operation, or one transaction
// where a change has to read first; a static token, JSON.parse, and no schema, no validation, no tenants. What it sends lies in
// the database as text.
import express, { type Request, type Response } from 'express'
import type { AddressInfo } from 'node:net'
import pg from 'pg'
import { createId } from '../server/db/ids.ts'
import { applyOperations, describeDifference, finish, listEvents, toColumns, type Resource } from './floor-resource.ts'
import { prepared } from './floor-statements.ts'

const { DATABASE_URL, FLOOR_TOKEN = '' } = process.env
const pool = new pg.Pool({ connectionString: DATABASE_URL ?? '', max: 10 })
const counted = await pool.query<{ total: number }>('select count(*)::int as total from users')
// One process owns the table, so it can count for itself.
let total = counted.rows[0]?.total ?? 0

const app = express()
app.set('etag', false)
app.set('x-powered-by', false)
app.use((request, response, next) => {
  if (request.headers.authorization === `Bearer ${FLOOR_TOKEN}`) next()
  else response.writeHead(401).end()
})
app.use(express.json({ type: 'application/scim+json', limit: '10mb' }))

app.get('/scim/v2/Users/:id', async (request, response) => {
  const { rows } = await pool.query<{ resource: string }>(prepared('user', [request.params.id]))
  if (rows[0] === undefined) response.writeHead(404).end()
  else send(response, 200, rows[0].resource)
})

app.get('/scim/v2/Users', async (request, response) => {
  const { filter, cursor, count = '100' } = request.query as Record<string, string | undefined>
  if (filter !== undefined) {
    const { rows } = await pool.query<{ resource: string }>(readFilter(filter))
    return sendList(
      response,
      rows.map((row) => row.resource),
      rows.length,
      '',
    )
  }
  const { rows } = await pool.query<{ id: string; resource: string }>(prepared('page', [cursor ?? '', Number(count)]))
  const next = cursor === undefined || rows.length < Number(count) ? '' : `"nextCursor":"${rows.at(-1)?.id}",`
  sendList(
    response,
    rows.map((row) => row.resource),
    total,
    next,
  )
})

app.post('/scim/v2/Users', async (request, response) => {
  const body = request.body as Resource
  const now = new Date()
  const id = createId('emp', now)
  const { text, userName, emails, externalId } = toColumns(finish(body, id, 1, now, now))
  const difference = describeDifference({}, body)
  await pool.query(prepared('createUser', [id, userName, emails, text, now, externalId, difference]))
  total++
  send(response, 201, text)
})

app.put('/scim/v2/Users/:id', (request, response) => change(request, response, () => request.body as Resource))

app.patch('/scim/v2/Users/:id', (request, response) =>
  change(request, response, (before) => applyOperations(before, (request.body as PatchBody).Operations)),
)

app.get('/scim/v2/Groups/:id', async (request, response) => {
  const { rows } = await pool.query<GroupRow>(prepared('group', [request.params.id]))
  const [group] = rows
  if (group === undefined) return response.writeHead(404).end()
  const { resource, version, created_at: created, modified_at: modified } = group
  const times = `"created":"${created.toISOString()}","lastModified":"${modified.toISOString()}"`
  const meta = `"meta":{"resourceType":"Group",${times},"version":"W/\\"${version}\\""}`
  send(response, 200, `${resource.slice(0, -1)},${meta}}`)
})

app.patch('/scim/v2/Groups/:id', async (request, response) => {
  for (const { op, path = '', value } of (request.body as PatchBody).Operations) {
    const named = /^members\[value eq "(.*)"\]$/.exec(path)?.[1]
    const ids = named === undefined ? (value as { value: string }[]).map((member) => member.value) : [named]
    const statement = op.toLowerCase() === 'remove' ? 'removeMembers' : 'addMembers'
    await pool.query(prepared(statement, [request.params.id, ids, new Date()]))
  }
  response.writeHead(204).end()
})

interface GroupRow {
  readonly resource: string
  readonly version: number
  readonly created_at: Date
  readonly modified_at: Date
}

interface PatchBody {
  readonly Operations: readonly { readonly op: string; readonly path?: string; readonly value: unknown }[]
}

async function change(
  request: Request<{ id: string }>,
  response: Response,
  plan: (before: Resource) => Resource,
): Promise<void> {
  const { id } = request.params
  const client = await pool.connect()
  try {
    await client.query('begin')
    const { rows } = await client.query<{ resource: string; version: number }>(prepared('lockUser', [id]))
    const [row] = rows
    if (row === undefined) throw new Error(`there is no user ${id}`)
    const before = JSON.parse(row.resource) as Resource
    const now = new Date()
    const version = row.version + 1
    const after = finish(plan(structuredClone(before)), id, version, new Date(before.meta?.created ?? now), now)
    const { text, userName, emails, externalId } = toColumns(after)
    const difference = describeDifference(before, after)
    const events = listEvents(before, after)
    const values = [id, userName, emails, text, now, externalId, difference, version, events]
    await client.query(prepared('updateUser', values))
    await client.query('commit')
    send(response, 200, text)
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
}

function readFilter(filter: string): pg.QueryConfig {
  const [, attribute, type, value = ''] = /^(\w+)(?:\[type eq "(\w+)"\]\.value)? eq "(.*)"$/.exec(filter) ?? []
  if (attribute === 'externalId') return prepared('byExternalId', [value])
  if (attribute === 'emails') return prepared('byEmail', [value.toLowerCase(), type])
  return prepared('byUserName', [value.toLowerCase()])
}

function sendList(response: Response, resources: readonly string[], totalResults: number, next: string): void {
  const schemas = '"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"]'
  const counts = `"totalResults":${totalResults},${next}"itemsPerPage":${resources.length}`
  send(response, 200, `{${schemas},${counts},"Resources":[${resources.join(',')}]}`)
}

function send(response: Response, status: number, text: string): void {
  const headers = { 'Content-Type': 'application/scim+json', 'Content-Length': Buffer.byteLength(text) }
  response.writeHead(status, headers).end(text)
}

const server = app.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ port: (server.address() as AddressInfo).port, path: '/scim/v2', token: FLOOR_TOKEN }))
})

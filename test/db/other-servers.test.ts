// The whole way from HTTP to the database on servers that are not the embedded one: the oldest PostgreSQL that is supported,
// and PgBouncer in transaction mode, where every transaction may meet another session.
import { existsSync } from 'node:fs'
import { expect } from 'chai'
import { Installation } from '../support/process.ts'
import { requireProgram, type Service, startPgBouncer, startPostgres } from '../support/system-package.ts'
import { groupSchema, patchSchema, userSchema } from '../support/scim-client.ts'

const programs =
  ['15', '16', '17'].map((major) => `/usr/lib/postgresql/${major}/bin`).find((folder) => existsSync(folder)) ??
  '/usr/lib/postgresql/15/bin'
const bouncerProgram = '/usr/sbin/pgbouncer'
const token = 'token-given-by-the-operator'

async function send(method: string, url: string, body?: unknown): Promise<Response> {
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/scim+json' }
  return fetch(url, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
}

// Creates, reads, filters, patches concurrently, lists and deletes; many requests at once, so that sessions are shared.
async function work(baseUrl: string): Promise<void> {
  const users = await Promise.all(
    Array.from({ length: 40 }, async (_, index) => {
      const emails = [{ value: `user${index}@larkspur.example`, type: 'work' }]
      const created = await send('POST', `${baseUrl}/Users`, {
        schemas: [userSchema],
        userName: `user${index}`,
        emails,
      })
      expect(created.status).to.equal(201)
      return ((await created.json()) as { id: string }).id
    }),
  )
  const created = await send('POST', `${baseUrl}/Groups`, { schemas: [groupSchema], displayName: 'Everyone' })
  const { id: groupId } = (await created.json()) as { id: string }
  const patches = await Promise.all(
    users.map((value) =>
      send('PATCH', `${baseUrl}/Groups/${groupId}`, {
        schemas: [patchSchema],
        Operations: [{ op: 'Add', path: 'members', value: [{ value }] }],
      }),
    ),
  )
  expect(new Set(patches.map((reply) => reply.status))).to.deep.equal(new Set([204]))
  const group = (await (await send('GET', `${baseUrl}/Groups/${groupId}`)).json()) as { members: unknown[] }
  expect(group.members).to.have.length(40)
  const found = await Promise.all(
    users.map(async (_, index) => {
      const filter = encodeURIComponent(`emails[type eq "work"].value eq "USER${index}@larkspur.example"`)
      return ((await (await send('GET', `${baseUrl}/Users?filter=${filter}`)).json()) as { totalResults: number })
        .totalResults
    }),
  )
  expect(new Set(found)).to.deep.equal(new Set([1]))
  const deleted = await Promise.all(users.slice(0, 20).map((id) => send('DELETE', `${baseUrl}/Users/${id}`)))
  expect(new Set(deleted.map((reply) => reply.status))).to.deep.equal(new Set([204]))
  const list = (await (await send('GET', `${baseUrl}/Users`)).json()) as { totalResults: number }
  expect(list.totalResults).to.equal(20)
}

async function serveOn(databaseUrl: string): Promise<void> {
  const installation = await Installation.create()
  const { process: rollcall, baseUrl } = await installation.serve({
    DATABASE_URL: databaseUrl,
    ROLLCALL_SCIM_TOKEN: token,
  })
  try {
    await work(baseUrl)
    expect(rollcall.output).not.to.match(/"level":50|prepared statement/)
  } finally {
    await rollcall.stop()
  }
  expect(existsSync(`${installation.dataDir}/postgres-18`)).to.equal(false)
  const again = await installation.serve({ DATABASE_URL: databaseUrl, ROLLCALL_SCIM_TOKEN: token })
  const list = (await (await send('GET', `${again.baseUrl}/Users`)).json()) as { totalResults: number }
  expect(list.totalResults).to.equal(20)
  await again.process.stop()
  await installation.forget()
}

describe('on a PostgreSQL that is named by DATABASE_URL', function () {
  this.timeout(60_000)
  let postgres: Service | undefined
  beforeEach(async function () {
    requireProgram(this, `${programs}/postgres`, 'postgresql')
    postgres = await startPostgres(programs)
  })
  afterEach(() => postgres?.stop())

  it('serves from the PostgreSQL of the Debian package', async () => {
    await serveOn(postgres?.url ?? '')
  })

  it('serves through PgBouncer in transaction mode', async function () {
    requireProgram(this, bouncerProgram, 'pgbouncer')
    const bouncer = await startPgBouncer(bouncerProgram, postgres?.url ?? '')
    try {
      await serveOn(bouncer.url)
    } finally {
      await bouncer.stop()
    }
  })
})

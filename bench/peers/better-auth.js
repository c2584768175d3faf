// better-auth with its SCIM plug-in, Kysely on PostgreSQL. Prints one line of JSON when it listens.
import { createServer } from 'node:http'
import { scim } from '@better-auth/scim'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'

const { DATABASE_URL: connectionString, PORT = '0' } = process.env
const token = 'a-token-for-the-benchmark-of-better-auth'

const pool = new pg.Pool({ connectionString, max: 10 })
const options = {
  baseURL: 'http://127.0.0.1',
  secret: 'a-secret-for-the-benchmark-of-better-auth',
  database: { db: new Kysely({ dialect: new PostgresDialect({ pool }) }), type: 'postgres', transaction: true },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  logger: { level: 'error' },
  plugins: [scim({ connections: [{ id: 'bench', credentials: [{ type: 'bearer', id: 'bench', token }] }] })],
}
const { runMigrations } = await getMigrations(options)
await runMigrations()

const server = createServer(toNodeHandler(betterAuth(options)))
server.listen(Number(PORT), '127.0.0.1', () => {
  console.log(JSON.stringify({ port: server.address().port, path: '/api/auth/scim/v2', token }))
})

// The real application over real PostgreSQL on a loopback port, one for the whole run, and an organization for each test.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import supertest from 'supertest'
import { type App, createApp } from '../../server/app.ts'
import { createToken } from '../../server/auth/tokens.ts'
import { readConfig } from '../../server/config.ts'
import { query } from '../../server/db/query.ts'
import type { Scope } from '../../server/db/tables.ts'
import { createDirectory, createOrganization } from '../../server/directory/directories.ts'
import { providers } from '../../providers/index.ts'
import { createLogger } from '../../server/ops/logger.ts'
import { TestClock } from './clock.ts'
import { ScimClient } from './scim-client.ts'
import { accountProvider } from './sources.ts'

export const operatorToken = 'operator-token-for-the-tests'
export const clock = new TestClock()
/** Every line that the server logged. */
export const logLines: string[] = []

interface Running {
  readonly app: App
  readonly server: Server
  readonly origin: string
}

let running: Promise<Running> | undefined
let organizations = 0

/** The running application, started by whoever asks first. */
export function getApp(): Promise<Running> {
  running ??= start()
  return running
}

async function start(): Promise<Running> {
  const { testDatabase } = await import('./postgres.ts')
  const config = readConfig({
    ROLLCALL_ADMIN_TOKEN: operatorToken,
    RATE_LIMIT_PER_SECOND: '100000',
    OUTGOING_ALLOW: '127.0.0.1',
  })
  const logger = createLogger('debug', { write: (line) => logLines.push(line) })
  const sources = [...providers, accountProvider]
  const app = createApp({ config, db: testDatabase(), logger, now: clock.now, sources })
  const server = createServer({ maxHeaderSize: 65_536 }, app.listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { app, server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

export async function closeApp(): Promise<void> {
  if (running === undefined) return
  const { app, server } = await running
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await app.requestLog.flush()
}

export interface Tenant {
  readonly organizationId: string
  /** The push directory that `scim` writes for. */
  readonly directoryId: string
  readonly directoryToken: string
  /** Speaks SCIM as the identity provider of the push directory. */
  readonly scim: ScimClient
  /** Adds another push directory to the organization and speaks as its identity provider. */
  addDirectory(name: string): Promise<{ directoryId: string; token: string; scim: ScimClient }>
  /** Speaks as an application with its own token. */
  addApplication(scopes: readonly Scope[]): Promise<ScimClient>
}

const recent: string[] = []

const much = 2000

/**
 * Throws away what tests before these left in the outbox, which may be much, and which whoever numbers would number with the rest: all
 * but what the last twenty organizations have there, and where that is very much, all but that of one.
 */
export async function clearOutbox(organizationId: string): Promise<void> {
  const { testDatabase } = await import('./postgres.ts')
  await query(
    testDatabase(),
    `delete from outbox where org_id <> all($1::text[]) or (org_id <> $2 and org_id in (
       select org_id from outbox group by org_id having count(*) > ${much}))`,
    [recent, organizationId],
  )
}

/** A new organization with one push directory named "Okta". */
export async function createTenant(): Promise<Tenant> {
  const { server, origin } = await getApp()
  const { testDatabase } = await import('./postgres.ts')
  const db = testDatabase()
  const organizationId = await createOrganization(
    db,
    `organization-${process.pid}-${Date.now()}-${organizations++}`,
    clock.now(),
  )
  recent.push(organizationId)
  if (recent.length > 20) recent.shift()
  const speak = (token: string): ScimClient => new ScimClient(supertest(server), origin, token)

  async function addToken(directoryId: string | null, scopes: readonly Scope[]): Promise<string> {
    const token = { organizationId, directoryId, name: 'Test', scopes, expiresAt: null }
    return (await createToken(db, token, clock.now())).secret
  }

  async function addDirectory(name: string): Promise<{ directoryId: string; token: string; scim: ScimClient }> {
    const directoryId = await createDirectory(db, organizationId, { kind: 'push', provider: null, name }, clock.now())
    const token = await addToken(directoryId, ['read', 'write'])
    return { directoryId, token, scim: speak(token) }
  }

  const { directoryId, token, scim } = await addDirectory('Okta')
  return {
    organizationId,
    directoryId,
    directoryToken: token,
    scim,
    addDirectory,
    addApplication: async (scopes) => speak(await addToken(null, scopes)),
  }
}

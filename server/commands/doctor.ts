// `rollcall doctor`: looks at everything that has to be right, and says of each what is wrong and what to do.
import { createServer } from 'node:net'
import { statfs } from 'node:fs/promises'
import { verifySecrets } from '../auth/sealed-secrets.ts'
import { createSealer } from '../auth/sealer.ts'
import { type Config, findUnknownVariables, readConfig } from '../config.ts'
import type { Database } from '../db/connect.ts'
import { listMigrations } from '../db/migrate.ts'
import { openDatabase, type OpenDatabase } from '../db/open.ts'
import { query } from '../db/query.ts'
import { AppError } from '../errors.ts'
import { listUnreached } from '../events/standing.ts'
import { createMailer } from '../ops/mailer.ts'
import { createOutgoing } from '../ops/outgoing.ts'
import { explainUnreadable } from './keys.ts'
import { declareResourceTypes } from '../scim/declarations.ts'
import { listRedefinitions, readResourceTypes } from '../scim/schema-files.ts'

export interface Finding {
  readonly check: string
  readonly state: 'ok' | 'warning' | 'broken'
  /** What was seen; for what is not ok also what to do. */
  readonly detail: string
}

const leastMajor = 15
const leastFreeBytes = 500_000_000

/** All findings, in the order in which they were made; what depends on a broken thing is not looked at. */
export async function examine(): Promise<Finding[]> {
  const config = examineSettings()
  if ('check' in config) return [config]
  const findings = [
    ...listSettingFindings(),
    ...(await examineTelling(config)),
    ...examineSchemas(config),
    await examinePort(config),
  ]
  let database: OpenDatabase
  try {
    database = await openDatabase(config, { exclusive: false })
  } catch (error) {
    return [...findings, broken('database', error)]
  }
  try {
    return [...findings, ...(await examineDatabase(database, config)), ...(await examineDisk(config))]
  } finally {
    await database.close()
  }
}

function examineSettings(): Config | Finding {
  try {
    return readConfig()
  } catch (error) {
    return broken('settings', error)
  }
}

function listSettingFindings(): Finding[] {
  const unknown = findUnknownVariables()
  if (unknown.length === 0) return [{ check: 'settings', state: 'ok', detail: 'all valid' }]
  const detail = `${unknown.join(', ')}: no such setting; check the spelling against the README`
  return [{ check: 'settings', state: 'warning', detail }]
}

// The settings that whoever tells of events checks, and whether the mail server takes mails.
async function examineTelling({ OUTGOING_ALLOW, SMTP_URL, MAIL_FROM }: Config): Promise<Finding[]> {
  try {
    await createOutgoing({ ...(OUTGOING_ALLOW !== undefined && { allow: OUTGOING_ALLOW }) }).close()
    if (SMTP_URL === undefined) return []
    const mailer = createMailer({ url: SMTP_URL, from: MAIL_FROM })
    const fault = await mailer.findFault()
    mailer.close()
    if (fault === undefined) return [{ check: 'mail', state: 'ok', detail: 'the mail server takes mails' }]
    return [{ check: 'mail', state: 'broken', detail: `${fault} Correct SMTP_URL, or look at the mail server` }]
  } catch (error) {
    return [broken('settings', error)]
  }
}

function examineSchemas({ ROLLCALL_SCHEMAS_DIR: folder }: Config): Finding[] {
  const check = 'schemas'
  if (folder === undefined) return []
  try {
    const types = readResourceTypes(folder, declareResourceTypes())
    const redefined = listRedefinitions(types).map((attribute): Finding => {
      const detail = `${attribute} has the name of a core attribute; rename it, or always name it with its URN`
      return { check, state: 'warning', detail }
    })
    const names = types.filter(({ fromFiles }) => fromFiles).map(({ name }) => name)
    if (names.length > 0) return [{ check, state: 'ok', detail: `${folder} adds to ${names.join(', ')}` }, ...redefined]
    return [{ check, state: 'warning', detail: `${folder} has no resource type; put its .json files there` }]
  } catch (error) {
    return [broken(check, error)]
  }
}

async function examinePort({ PORT, HOST }: Config): Promise<Finding> {
  if (PORT === 0 || (await isFree(PORT, HOST))) return { check: 'port', state: 'ok', detail: `${HOST}:${PORT} is free` }
  if (await answersAsRollcall(PORT, HOST))
    return { check: 'port', state: 'ok', detail: `Rollcall answers at ${HOST}:${PORT}` }
  const detail = `${HOST}:${PORT} cannot be listened on; stop what uses it, or set PORT or HOST`
  return { check: 'port', state: 'broken', detail }
}

function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, host, () => probe.close(() => resolve(true)))
  })
}

async function answersAsRollcall(port: number, host: string): Promise<boolean> {
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  try {
    const response = await fetch(`http://${name}:${port}/scim/v2/ServiceProviderConfig`, {
      signal: AbortSignal.timeout(2000),
    })
    return response.headers.get('content-type') === 'application/scim+json'
  } catch {
    return false
  }
}

async function examineDatabase({ db, description }: OpenDatabase, config: Config): Promise<Finding[]> {
  try {
    const server = await examineServer(db, description)
    if (server.some((finding) => finding.state === 'broken')) return server
    const migrations = await examineMigrations(db)
    if (migrations.state !== 'ok') return [...server, migrations]
    return [...server, migrations, await examineSecrets(db, config), ...(await examineEvents(db))]
  } catch (error) {
    // What could not be reached, and why, as the system says it: no password is in either.
    const reason = error instanceof Error ? error.message : String(error)
    return [broken('database', new AppError('database_unavailable', `${description} cannot be used: ${reason}`))]
  }
}

interface ServerState {
  readonly version: number
  readonly encoding: string
  readonly folds: boolean
  readonly writable: boolean
  readonly may_create: boolean
  readonly may_create_schema: boolean
}

async function examineServer(db: Database, description: string): Promise<Finding[]> {
  const started = performance.now()
  const [state] = await query<ServerState>(
    db,
    `select current_setting('server_version_num')::int / 10000 as version, current_setting('server_encoding') as encoding,
       lower('É') = 'é' as folds, not pg_is_in_recovery() as writable,
       has_schema_privilege(current_schema(), 'create') as may_create,
       to_regnamespace('pgboss') is not null or has_database_privilege(current_database(), 'create') as may_create_schema`,
  )
  const milliseconds = Math.round(performance.now() - started)
  if (state === undefined) throw new Error('the server returned no row')
  const check = 'database'
  if (state.version < leastMajor) {
    return [
      { check, state: 'broken', detail: `${description} is version ${state.version}; use ${leastMajor} or later` },
    ]
  }
  if (state.encoding !== 'UTF8') {
    return [
      { check, state: 'broken', detail: `its encoding is ${state.encoding}; create the database with encoding UTF8` },
    ]
  }
  if (!state.writable) return [{ check, state: 'broken', detail: 'it is a standby; point DATABASE_URL at the primary' }]
  if (!state.may_create)
    return [{ check, state: 'broken', detail: 'its user may not create tables; grant create on the schema' }]
  if (!state.may_create_schema) {
    const detail = 'its user may not create the schema pgboss; grant create on the database, or create it for the user'
    return [{ check, state: 'broken', detail }]
  }
  const ok: Finding = {
    check,
    state: 'ok',
    detail: `${description}, version ${state.version}, answered in ${milliseconds} ms`,
  }
  if (state.folds) return [ok]
  const detail =
    'lower() leaves É as it is, so filters on non-ASCII text mind the case; create the database with a UTF-8 locale'
  return [ok, { check: 'locale', state: 'warning', detail }]
}

async function examineMigrations(db: Database): Promise<Finding> {
  try {
    const migrations = await listMigrations(db)
    const missing = migrations.filter((migration) => !migration.done)
    const check = 'migrations'
    if (missing.length === 0) return { check, state: 'ok', detail: 'the schema is current' }
    const names = missing.map((migration) => migration.name).join(', ')
    return {
      check,
      state: 'warning',
      detail: `to be applied at the next start, or now by \`rollcall migrate\`: ${names}`,
    }
  } catch (error) {
    return broken('migrations', error)
  }
}

async function examineSecrets(db: Database, { ENCRYPTION_KEYS }: Config): Promise<Finding> {
  const check = 'secrets'
  const counts = await verifySecrets(
    db,
    createSealer(db, ENCRYPTION_KEYS, () => new Date()),
  )
  const detail = explainUnreadable(counts)
  if (detail !== '')
    return { check, state: 'broken', detail: `${detail} Set ENCRYPTION_KEYS to what it was, further keys beside it` }
  const total = counts.reduce((sum, one) => sum + one.total, 0)
  return { check, state: 'ok', detail: total === 0 ? 'there are none' : `all ${total} can be opened` }
}

const mostUnreached = 10

async function examineEvents(db: Database): Promise<Finding[]> {
  const check = 'events'
  const unreached = await listUnreached(db, mostUnreached)
  if (unreached.length === 0) return [{ check, state: 'ok', detail: 'nobody who hears of them fails' }]
  return unreached.map(({ id, kind, name, reason }) => {
    const what = `the ${kind} ${name} (${id})`
    if (reason === null) return { check, state: 'warning', detail: `${what} fails; its deliveries say why` }
    return { check, state: 'warning', detail: `${what} is disabled: ${reason} Enable it when it can be reached again` }
  })
}

async function examineDisk({ DATABASE_URL, DATA_DIR }: Config): Promise<Finding[]> {
  if (DATABASE_URL !== undefined) return []
  const { bavail, bsize } = await statfs(DATA_DIR)
  const free = bavail * bsize
  const detail = `${Math.round(free / 1e6)} MB free in ${DATA_DIR}`
  if (free >= leastFreeBytes) return [{ check: 'disk', state: 'ok', detail }]
  return [{ check: 'disk', state: 'warning', detail: `${detail}; make room, or move DATA_DIR` }]
}

function broken(check: string, error: unknown): Finding {
  const detail = error instanceof AppError ? error.message : error instanceof Error ? error.message : String(error)
  return { check, state: 'broken', detail }
}

// `rollcall serve`: database, migrations, the port, the default organization; and all of it in reverse at the end.
import { setTimeout as wait } from 'node:timers/promises'
import { type Background, startBackground } from '../background.ts'
import { type Config, findUnknownVariables } from '../config.ts'
import { migrate } from '../db/migrate.ts'
import { openDatabase, type OpenDatabase } from '../db/open.ts'
import { defaultName, ensureDefaults } from '../default-organization.ts'
import { AppError } from '../errors.ts'
import { startSweeping } from '../ops/chores.ts'
import { createLogger, type Logger } from '../ops/logger.ts'
import { startHttpService } from './http-service.ts'
import { startWorkers } from './workers.ts'

const reachDatabaseWithinMs = 30_000

/** Runs until SIGTERM or SIGINT. Throws what keeps it from starting. */
export async function serve(config: Config, print: (line: string) => void): Promise<void> {
  const logger = createLogger(config.LOG_LEVEL)
  for (const name of findUnknownVariables()) logger.warn({ name }, 'this variable means nothing to Rollcall')
  const stopping = Promise.withResolvers<void>()
  const onLost = (): void => {
    logger.error('another process took DATA_DIR over')
    stopping.resolve()
  }
  const database = await openDatabase(config, {
    exclusive: true,
    onLost,
    onError: (error) => logger.warn({ err: error }, 'a database connection was lost'),
  })
  try {
    await run(config, database, logger, print, stopping)
  } finally {
    await database.close()
    logger.info('stopped')
  }
}

async function run(
  config: Config,
  database: OpenDatabase,
  logger: Logger,
  print: (line: string) => void,
  stopping: PromiseWithResolvers<void>,
): Promise<void> {
  const { db, url: databaseUrl } = database
  const now = (): Date => new Date()
  const migrated = await whenReachable(() => migrate(db))
  if (migrated.length > 0) logger.info({ migrated }, 'database migrated')
  const service =
    config.WORKERS === 1
      ? await startHttpService({ config, db, logger })
      : await startWorkers({ config, databaseUrl, logger })
  const endSweeping = startSweeping({
    db,
    now,
    logger,
    tombstoneDays: config.TOMBSTONE_DAYS,
    requestLogDays: config.REQUEST_LOG_DAYS,
    eventDays: config.EVENT_DAYS,
    syncDays: config.SYNC_DAYS,
  })
  let background: Background | undefined
  try {
    background = await startBackground({ config, db, logger, now })
    // The token that this may make is shown once, so by a start that has nothing left to fail at.
    const defaults = await ensureDefaults(db, config, now())
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.resolve())
    logger.info({ database: database.description, port: service.port }, 'serving')
    announce(config, service.port, defaults.newSecret, print)
    await stopping.promise
  } finally {
    // The database is closed behind both, whatever happens to one of them.
    const ends = await Promise.allSettled([service.stop(), background?.stop()])
    for (const end of ends) if (end.status === 'rejected') logger.error({ err: end.reason }, 'stopping failed')
    endSweeping()
  }
}

// A database that starts beside us, as in a compose file, may take a moment.
async function whenReachable<Result>(work: () => Promise<Result>): Promise<Result> {
  for (const deadline = Date.now() + reachDatabaseWithinMs; ; await wait(500)) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'database_unavailable' || Date.now() > deadline) throw error
    }
  }
}

function announce(config: Config, port: number, newSecret: string | undefined, print: (line: string) => void): void {
  const base = `${config.PUBLIC_URL ?? `http://${describeHost(config.HOST)}:${port}`}/scim/v2`
  print('')
  print(`  Rollcall serves SCIM at  ${base}`)
  if (newSecret !== undefined) {
    print(`  Bearer token             ${newSecret}`)
    print('')
    print(`  The token is shown this once; only its hash is kept. It is for the directory "${defaultName}". Try it:`)
    print('')
    print(`  curl -H 'Authorization: Bearer ${newSecret}' '${base}/Users?count=1'`)
  }
  print('')
}

function describeHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}

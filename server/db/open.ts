// Opens the database that the settings name: a PostgreSQL by its URL, else the embedded one in DATA_DIR.
import pg from 'pg'
import type { Config } from '../config.ts'
import { AppError } from '../errors.ts'
import { connect, type Database } from './connect.ts'
import { startEmbeddedPostgres } from './embedded/start.ts'

export interface OpenDatabase {
  readonly db: Database
  /** Where it is, for other processes to connect; with the password. */
  readonly url: string
  /** For messages: no password. */
  readonly description: string
  /** Closes the connections, and stops the embedded server where nobody else uses it. */
  close(): Promise<void>
}

export interface OpenOptions {
  /** Refuses with database_locked when another Rollcall serves from this DATA_DIR. Several may share a DATABASE_URL. */
  readonly exclusive: boolean
  readonly onError?: (error: Error) => void
  /** The exclusive hold on DATA_DIR was lost and could not be had again. */
  readonly onLost?: () => void
}

type Settings = Pick<Config, 'DATABASE_URL' | 'DATABASE_POOL_SIZE' | 'DATA_DIR'>

/** Throws postgres_cannot_run, database_locked. */
export async function openDatabase(config: Settings, options: OpenOptions): Promise<OpenDatabase> {
  const onPoolError = options.onError ?? (() => undefined)
  const poolSize = config.DATABASE_POOL_SIZE
  if (config.DATABASE_URL !== undefined) {
    const url = config.DATABASE_URL
    const db = connect({ url, poolSize, onPoolError })
    return { db, url, description: describeUrl(url), close: () => db.destroy() }
  }
  const embedded = await startEmbeddedPostgres(config.DATA_DIR)
  const hold = new ExclusiveHold(embedded.url, options.onLost)
  if (options.exclusive && !(await hold.take())) {
    throw new AppError(
      'database_locked',
      `Another Rollcall serves from ${config.DATA_DIR}. Stop it, or set DATA_DIR to another folder.`,
    )
  }
  const db = connect({ url: embedded.url, poolSize, onPoolError })
  const startedHere = !embedded.adopted
  return {
    db,
    url: embedded.url,
    description: `embedded PostgreSQL in ${config.DATA_DIR}`,
    close: async () => {
      await db.destroy()
      // A command that started the server stops it, unless a Rollcall has begun to serve from it meanwhile.
      const mayStop = options.exclusive || (startedHere && (await hold.take()))
      if (mayStop) await embedded.stop()
      await hold.release()
    },
  }
}

function describeUrl(url: string): string {
  const { host, pathname } = new URL(url)
  return `PostgreSQL at ${host}${pathname}`
}

// 'roll' and 'call' as numbers: an advisory lock that nothing else takes.
const lockSql = 'select pg_try_advisory_lock(1919904876, 1667329132) as taken'
const retakeEveryMs = 500
const retakeAttempts = 40

/** A session lock on the embedded server: it ends with the process that holds it, however that ends. */
class ExclusiveHold {
  readonly #url: string
  readonly #onLost: (() => void) | undefined
  #client: pg.Client | undefined
  #released = false

  constructor(url: string, onLost: (() => void) | undefined) {
    this.#url = url
    this.#onLost = onLost
  }

  async take(): Promise<boolean> {
    if (this.#client !== undefined) return true
    const client = new pg.Client({ connectionString: this.#url, keepAlive: true })
    client.on('error', () => undefined)
    await client.connect()
    const { rows } = await client.query<{ taken: boolean }>(lockSql)
    if (rows[0]?.taken !== true) {
      await client.end()
      return false
    }
    this.#client = client
    client.once('end', () => this.#retake())
    return true
  }

  async release(): Promise<void> {
    this.#released = true
    await this.#client?.end().catch(() => undefined)
  }

  // The server was restarted under us, or ended the session: hold it again before anyone else does.
  #retake(): void {
    this.#client = undefined
    if (this.#released) return
    void this.#retakeUntilHeld()
  }

  async #retakeUntilHeld(): Promise<void> {
    for (let attempt = 0; attempt < retakeAttempts && !this.#released; attempt++) {
      if (await this.take().catch(() => false)) return
      await new Promise((resolve) => setTimeout(resolve, retakeEveryMs))
    }
    if (!this.#released) this.#onLost?.()
  }
}

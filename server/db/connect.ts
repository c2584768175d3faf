// Opens PostgreSQL as a Kysely instance over a pg pool.
//
// Statements with parameters are sent as named prepared statements, which saves parsing and planning on every request.
// A pooler in transaction mode (PgBouncer) hands out another server session each time, so there they stay unnamed, and no
// session setting is made. Such a pooler shows itself: the backend id that it announced is not the one that answers.
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { Gatherer } from './gather.ts'
import type { Tables } from './tables.ts'

/** The pool, or a transaction. */
export type Database = Kysely<Tables> & {
  /** Of the pool only: a transaction asks for itself. */
  readonly gatherer?: Gatherer
  /** Of the pool only: runs a statement on any connection, without what Kysely adds to that. */
  readonly run?: (text: string, parameters: unknown[]) => Promise<unknown[]>
  /** Of the pool only: runs statements that may begin and end a transaction themselves. */
  readonly runScript?: (text: string) => Promise<unknown[]>
}

class PooledDatabase extends Kysely<Tables> {
  readonly gatherer = new Gatherer(this)
  readonly run: (text: string, parameters: unknown[]) => Promise<unknown[]>
  readonly runScript: (text: string) => Promise<unknown[]>

  constructor(pool: pg.Pool) {
    super({ dialect: new PostgresDialect({ pool }) })
    this.run = async (text, parameters) => {
      const client = await pool.connect()
      try {
        return (await client.query(text, parameters)).rows
      } finally {
        client.release()
      }
    }
    this.runScript = async (text) => {
      // The pool drops the connection where it fails, which may be within a transaction.
      const result: pg.QueryResult | pg.QueryResult[] = await pool.query(text)
      return Array.isArray(result) ? result.flatMap(({ rows }) => rows as unknown[]) : result.rows
    }
  }
}

export interface ConnectOptions {
  readonly url: string
  readonly poolSize: number
  /** A statement that runs longer is cancelled, in milliseconds. Not enforced behind a transaction pooler. */
  readonly statementTimeoutMs?: number
  readonly onPoolError?: (error: Error) => void
}

// Filters give many texts; past this number new ones stay unnamed, so that a session's memory is bounded.
const maxNamedStatements = 400

// The plan of a named statement is made once, for as little data as there was then. What joins thousands of ids is planned
// each time, by what the tables and the list hold now.
const maxIdsInNamedStatement = 20

function joinsMany(values: readonly unknown[]): boolean {
  return values.some((value) => Array.isArray(value) && value.length > maxIdsInNamedStatement)
}

/** Opens the pool; connects lazily, so an unreachable server shows at the first query. */
export function connect(options: ConnectOptions): Database {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolSize,
    connectionTimeoutMillis: 5000,
    idleTimeoutMillis: 30000,
    keepAlive: true,
    maxLifetimeSeconds: sessionLifetimeSeconds,
    application_name: 'rollcall',
    types: { getTypeParser },
    Client: createClientClass(options.statementTimeoutMs ?? 30000),
    onConnect: (client: pg.ClientBase) => (client as unknown as SessionClient).prepareSession(),
  })
  pool.on('error', (error) => options.onPoolError?.(error))
  return new PooledDatabase(pool)
}

interface SessionClient {
  prepareSession(): Promise<void>
}

interface SessionState {
  readonly pid: number
  readonly is_young: boolean
}

// While there is next to nothing in the tables every plan looks as good as another, and one that was kept would read everything
// once there is more. Until ANALYZE has seen some people, plans are made each time; sessions are renewed every minute.
const sessionSql = `select pg_backend_pid() as pid,
  coalesce((select reltuples < 1000 from pg_class where oid = to_regclass('users')), true) as is_young`
const sessionLifetimeSeconds = 60

function createClientClass(statementTimeoutMs: number): typeof pg.Client {
  const names = new Map<string, string>()

  function nameStatement(text: string): string | undefined {
    const known = names.get(text)
    if (known !== undefined || names.size >= maxNamedStatements) return known
    const name = `rollcall_${names.size}`
    names.set(text, name)
    return name
  }

  return class extends pg.Client implements SessionClient {
    #named = false

    async prepareSession(): Promise<void> {
      // The query under way fails of itself. The pool listens only while nobody uses the connection, and an error event
      // without a listener ends the process.
      this.on('error', () => undefined)
      const { rows } = await super.query<SessionState>(sessionSql)
      const [state] = rows
      const announced = (this as unknown as { processID: number | null }).processID
      if (state === undefined || state.pid !== announced) return
      // Compiling a statement takes PostgreSQL seconds where a filter has many parts, and running it takes milliseconds.
      await super.query(`set statement_timeout = ${statementTimeoutMs}; set jit = off`)
      if (state.is_young) await super.query('set plan_cache_mode = force_custom_plan')
      this.#named = true
    }

    // pg's query has a dozen overloads; Kysely uses one of them: (text, values).
    override query = ((text: unknown, values?: unknown, ...rest: unknown[]) => {
      const query = pg.Client.prototype.query.bind(this) as (...parts: unknown[]) => unknown
      if (
        !this.#named ||
        typeof text !== 'string' ||
        !Array.isArray(values) ||
        values.length === 0 ||
        joinsMany(values)
      ) {
        return query(text, values, ...rest)
      }
      const name = nameStatement(text)
      return name === undefined ? query(text, values) : query({ name, text, values: values as unknown[] })
    }) as pg.Client['query']
  }
}

const int8 = 20
const parserOf = pg.types.getTypeParser as (oid: number, format?: 'text' | 'binary') => unknown

// bigint and count() as numbers: none of ours passes 2^53. Everything else as pg does it.
function getTypeParser(oid: number, format?: 'text' | 'binary'): unknown {
  return oid === int8 && format !== 'binary' ? Number : parserOf(oid, format)
}

// Opens PostgreSQL as a Kysely instance over a pg pool.
//
// Statements with parameters are sent as named prepared statements, which saves parsing and planning on every request.
// A pooler in transaction mode (PgBouncer) hands out another server session each time, so there they stay unnamed, and no
// session setting is made. Such a pooler shows itself: the backend id that it announced is not the one that answers.
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Tables } from './tables.ts'

export type Database = Kysely<Tables>

export interface ConnectOptions {
  readonly url: string
  readonly poolSize: number
  /** A statement that runs longer is cancelled, in milliseconds. Not enforced behind a transaction pooler. */
  readonly statementTimeoutMs?: number
  readonly onPoolError?: (error: Error) => void
}

// Filters give many texts; past this number new ones stay unnamed, so that a session's memory is bounded.
const maxNamedStatements = 400

/** Opens the pool; connects lazily, so an unreachable server shows at the first query. */
export function connect(options: ConnectOptions): Database {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolSize,
    connectionTimeoutMillis: 5000,
    idleTimeoutMillis: 30000,
    keepAlive: true,
    application_name: 'rollcall',
    types: { getTypeParser },
    Client: createClientClass(options.statementTimeoutMs ?? 30000),
    onConnect: (client: pg.ClientBase) => (client as unknown as SessionClient).prepareSession(),
  })
  pool.on('error', (error) => options.onPoolError?.(error))
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
}

interface SessionClient {
  prepareSession(): Promise<void>
}

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
      const { rows } = await super.query<{ pid: number }>('select pg_backend_pid() as pid')
      const announced = (this as unknown as { processID: number | null }).processID
      if (rows[0]?.pid !== announced) return
      await super.query(`set statement_timeout = ${statementTimeoutMs}`)
      this.#named = true
    }

    // pg's query has a dozen overloads; Kysely uses one of them: (text, values).
    override query = ((text: unknown, values?: unknown, ...rest: unknown[]) => {
      const query = pg.Client.prototype.query.bind(this) as (...parts: unknown[]) => unknown
      if (!this.#named || typeof text !== 'string' || !Array.isArray(values) || values.length === 0) {
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

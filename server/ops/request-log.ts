// The request log: writes, failures and everything that had to be repaired. Entries are gathered and written in batches beside
// the requests; what a crash takes of them is lost, and nothing else is.
import type { Database } from '../db/connect.ts'
import { isConnectionFault } from '../db/faults.ts'
import { query } from '../db/query.ts'
import type { Logger } from './logger.ts'

export interface RequestEntry {
  readonly organizationId: string
  readonly id: string
  readonly at: Date
  readonly directoryId: string
  readonly tokenId: string | null
  readonly method: string
  readonly path: string
  readonly status: number
  readonly durationMs: number
  readonly error: string | null
  readonly notes: readonly { readonly path: string; readonly note: string }[]
  readonly userAgent: string | null
}

const batchSize = 500
const maxWaiting = 20_000

export class RequestLog {
  readonly #db: Database
  readonly #logger: Logger
  #waiting: RequestEntry[] = []
  #dropped = 0

  constructor(db: Database, logger: Logger) {
    this.#db = db
    this.#logger = logger
  }

  /** Takes an entry; beyond a bound the oldest give way, for a log must not fill the memory while the database is away. */
  add(entry: RequestEntry): void {
    if (this.#waiting.length >= maxWaiting) {
      this.#waiting.splice(0, batchSize)
      this.#dropped += batchSize
    }
    this.#waiting.push(entry)
  }

  /** Writes what was gathered. */
  async flush(): Promise<void> {
    if (this.#dropped > 0) this.#logger.warn({ dropped: this.#dropped }, 'request log entries dropped')
    this.#dropped = 0
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, batchSize)
      await this.#store(batch)
      // Entries are only taken out once they are stored; meanwhile new ones came behind them.
      const stored = new Set(batch)
      this.#waiting = this.#waiting.filter((entry) => !stored.has(entry))
    }
  }

  // A batch that cannot be stored while others can must not stand in their way for ever.
  async #store(batch: readonly RequestEntry[]): Promise<void> {
    try {
      await query(this.#db, insertSql, [JSON.stringify(batch)])
    } catch (error) {
      if (isConnectionFault(error)) throw error
      this.#logger.error({ err: error, dropped: batch.length }, 'request log entries could not be stored')
    }
  }
}

const insertSql = `insert into request_log (org_id, id, at, directory_id, token_id, method, path, status, duration_ms, error, notes,
    user_agent)
  select r."organizationId", r.id, r.at, r."directoryId", r."tokenId", r.method, left(r.path, 500), r.status, r."durationMs",
    r.error, r.notes, r."userAgent"
  from json_to_recordset($1::json) as r("organizationId" text, id text, at timestamptz, "directoryId" text, "tokenId" text,
    method text, path text, status smallint, "durationMs" int, error text, notes jsonb, "userAgent" text)
  where exists (select 1 from organizations o where o.org_id = r."organizationId")
  on conflict (org_id, id) do nothing`

export interface RequestLogPage {
  readonly directoryId?: string
  readonly limit: number
  /** Entries older than this id. */
  readonly before?: string
}

/** The newest entries first. */
export async function listRequests(
  db: Database,
  organizationId: string,
  page: RequestLogPage,
): Promise<Omit<RequestEntry, 'organizationId'>[]> {
  const rows = await db
    .selectFrom('request_log')
    .selectAll()
    .where('org_id', '=', organizationId)
    .$if(page.directoryId !== undefined, (build) => build.where('directory_id', '=', page.directoryId ?? ''))
    .$if(page.before !== undefined, (build) => build.where('id', '<', page.before ?? ''))
    .orderBy('id', 'desc')
    .limit(page.limit)
    .execute()
  return rows.map((row) => ({
    id: row.id,
    at: row.at,
    directoryId: row.directory_id ?? '',
    tokenId: row.token_id,
    method: row.method,
    path: row.path,
    status: row.status,
    durationMs: row.duration_ms,
    error: row.error,
    notes: row.notes as unknown as RequestEntry['notes'],
    userAgent: row.user_agent,
  }))
}

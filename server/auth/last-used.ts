// When a token was last used, gathered in memory and written now and then: a write for each request would cost more than it
// tells.
import type { Database } from '../db/connect.ts'
import { query } from '../db/query.ts'

export class LastUsed {
  readonly #db: Database
  readonly #now: () => Date
  #marks = new Map<string, { organizationId: string; tokenId: string; at: Date }>()

  constructor(db: Database, now: () => Date) {
    this.#db = db
    this.#now = now
  }

  mark(organizationId: string, tokenId: string): void {
    this.#marks.set(tokenId, { organizationId, tokenId, at: this.#now() })
  }

  /** Writes what was gathered; keeps it for the next time where the database is away. */
  async flush(): Promise<void> {
    if (this.#marks.size === 0) return
    const marks = this.#marks
    this.#marks = new Map()
    try {
      await query(this.#db, flushSql, [JSON.stringify([...marks.values()])])
    } catch (error) {
      this.#marks = new Map([...marks, ...this.#marks])
      throw error
    }
  }
}

const flushSql = `update tokens t set last_used_at = m.at
  from json_to_recordset($1::json) as m("organizationId" text, "tokenId" text, at timestamptz)
  where t.org_id = m."organizationId" and t.id = m."tokenId" and (t.last_used_at is null or t.last_used_at < m.at)`

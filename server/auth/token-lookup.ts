// Finds the principal of a bearer token. The answer is kept for a second, so that a busy client costs one query a second and
// a revoked token is refused within a second, on every process.
import type { Database } from '../db/connect.ts'
import { query } from '../db/query.ts'
import type { Scope } from '../db/tables.ts'
import { reading } from '../db/transaction.ts'
import { type Principal, principalColumns, type PrincipalRow, toPrincipal } from './principal.ts'
import { hashToken } from './tokens.ts'

const keepMs = 1000
const maxKept = 10_000

interface Kept {
  readonly principal: Principal
  readonly until: number
}

interface Row extends PrincipalRow {
  readonly id: string
  readonly scopes: Scope[]
}

export class TokenLookup {
  readonly #db: Database
  readonly #now: () => Date
  readonly #kept = new Map<string, Kept>()

  constructor(db: Database, now: () => Date) {
    this.#db = db
    this.#now = now
  }

  /** undefined for an unknown, expired or revoked token. Throws database_unavailable. */
  async find(secret: string): Promise<Principal | undefined> {
    const hash = hashToken(secret)
    const key = hash.toString('latin1')
    const kept = this.#kept.get(key)
    if (kept !== undefined && kept.until > this.#now().getTime()) return kept.principal
    const [row] = await reading(() => query<Row>(this.#db, lookupSql, [hash, this.#now()]))
    if (row === undefined) {
      this.#kept.delete(key)
      return undefined
    }
    return this.#keep(key, toPrincipal(row, { scopes: row.scopes, tokenId: row.id, subject: null }))
  }

  #keep(key: string, principal: Principal): Principal {
    if (this.#kept.size >= maxKept) this.#kept.clear()
    this.#kept.set(key, { principal, until: this.#now().getTime() + keepMs })
    return principal
  }
}

// An access token acts as the token that obtained it: what it did is found under a name that lasts.
const lookupSql = `select coalesce(t.parent_id, t.id) as id, t.scopes, t.directory_id is not null as for_directory, ${principalColumns}
  from tokens t
  join organizations o on o.org_id = t.org_id
  join directories d on d.org_id = t.org_id and (d.id = t.directory_id or t.directory_id is null and d.kind = 'manual')
  left join tokens p on p.org_id = t.org_id and p.id = t.parent_id
  where t.hash = $1 and t.revoked_at is null and (t.expires_at is null or t.expires_at > $2::timestamptz)
    and p.revoked_at is null and (p.expires_at is null or p.expires_at > $2::timestamptz)`

// The keys that security event tokens are signed with. One signs; those before it stay published, for who verifies later.
import { exportJWK, generateKeyPair, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose'
import type { Sealer } from '../../auth/sealer.ts'
import type { Database } from '../../db/connect.ts'
import { createId } from '../../db/ids.ts'
import { query } from '../../db/query.ts'
import type { JsonObject } from '../../db/tables.ts'
import { reading, transaction } from '../../db/transaction.ts'

export interface SigningKeyParts {
  readonly db: Database
  readonly sealer: Sealer
  readonly now: () => Date
}

const algorithm = 'ES256'
const publishRetiredMs = 30 * 86_400_000
// So long another process may still sign with a key that was retired.
const keepMs = 10_000

interface Kept {
  readonly id: string
  readonly key: Awaited<ReturnType<typeof importJWK>>
  readonly until: number
}

interface KeyRow {
  readonly id: string
  readonly private_jwk: string
}

export class SigningKeys {
  readonly #parts: SigningKeyParts
  #kept: Kept | undefined

  constructor(parts: SigningKeyParts) {
    this.#parts = parts
  }

  /** A signed token of these claims, which says when it was signed. Throws secret_unreadable, database_unavailable. */
  async sign(claims: JWTPayload): Promise<string> {
    const { id, key } = await this.#find()
    const header = { alg: algorithm, typ: 'secevent+jwt', kid: id }
    return new SignJWT(claims).setProtectedHeader(header).setIssuedAt(this.#parts.now()).sign(key)
  }

  /** What tokens are verified with (RFC 7517 section 5), the one in use first. */
  async listPublic(): Promise<JsonObject[]> {
    await this.#readInUse()
    const { db, now } = this.#parts
    const since = new Date(now().getTime() - publishRetiredMs)
    const rows = await reading(() => query<{ public_jwk: JsonObject }>(db, publishedSql, [since]))
    return rows.map((row) => row.public_jwk)
  }

  /**
   * Retires the key in use and makes another one, which is used from now on; other processes follow within ten seconds.
   * @returns the id of the new one
   */
  async rotate(): Promise<string> {
    const { db, now } = this.#parts
    const at = now()
    const made = await this.#make(at)
    const since = new Date(at.getTime() - publishRetiredMs)
    const { id } = await transaction(db, async (tx) => {
      await query(tx, 'update signing_keys set retired_at = $1::timestamptz where retired_at is null', [at])
      await query(tx, 'delete from signing_keys where retired_at < $1::timestamptz', [since])
      return insert(tx, made, at)
    })
    this.#kept = undefined
    return id
  }

  async #find(): Promise<Kept> {
    const { sealer, now } = this.#parts
    const at = now().getTime()
    if (this.#kept !== undefined && this.#kept.until > at) return this.#kept
    const { id, private_jwk } = await this.#readInUse()
    const known = this.#kept
    const key = known?.id === id ? known.key : await importPrivate(await sealer.open(nameSecret(id), private_jwk))
    this.#kept = { id, key, until: at + keepMs }
    return this.#kept
  }

  // Whoever needs one first makes it.
  async #readInUse(): Promise<KeyRow> {
    const { db, now } = this.#parts
    const [row] = await reading(() => query<KeyRow>(db, inUseSql))
    if (row !== undefined) return row
    const made = await this.#make(now())
    return reading(() => insert(db, made, now()))
  }

  async #make(at: Date): Promise<MadeKey> {
    const id = createId('key', at)
    const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true })
    const publicJwk = { ...(await exportJWK(publicKey)), kid: id, alg: algorithm, use: 'sig' }
    const secret = JSON.stringify(await exportJWK(privateKey))
    return { id, publicJwk, privateJwk: await this.#parts.sealer.seal(nameSecret(id), secret) }
  }
}

interface MadeKey {
  readonly id: string
  readonly publicJwk: JWK
  readonly privateJwk: string
}

function nameSecret(id: string): string {
  return `signing_keys/${id}`
}

function importPrivate(jwk: string): ReturnType<typeof importJWK> {
  return importJWK(JSON.parse(jwk) as JWK, algorithm)
}

const inUseSql = 'select id, private_jwk from signing_keys where retired_at is null'

const publishedSql = `select public_jwk from signing_keys where retired_at is null or retired_at > $1::timestamptz
  order by retired_at desc nulls first, id`

// Of several that are made at once one stays; the empty update gives its row back to those who came later.
async function insert(db: Database, { id, publicJwk, privateJwk }: MadeKey, at: Date): Promise<KeyRow> {
  const [row] = await query<KeyRow>(
    db,
    `insert into signing_keys (id, public_jwk, private_jwk, created_at) values ($1, $2::jsonb, $3, $4::timestamptz)
     on conflict ((retired_at is null)) where retired_at is null do update set id = signing_keys.id returning id, private_jwk`,
    [id, JSON.stringify(publicJwk), privateJwk, at],
  )
  if (row === undefined) throw new Error('the key was neither found nor made')
  return row
}

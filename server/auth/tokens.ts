// Bearer tokens: 32 random bytes, of which only the SHA-256 is stored. A directory has at most two live ones, so that one
// can be rotated while the other works; an application token belongs to no directory and there may be any number.
import { createHash, randomBytes } from 'node:crypto'
import type { Database } from '../db/connect.ts'
import { createId } from '../db/ids.ts'
import { query } from '../db/query.ts'
import type { Scope } from '../db/tables.ts'
import { transaction } from '../db/transaction.ts'
import { AppError } from '../errors.ts'

export const scopes: readonly Scope[] = ['read', 'write', 'hr', 'events', 'authenticate', 'admin']

export interface NewToken {
  readonly organizationId: string
  /** null for an application. */
  readonly directoryId: string | null
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly expiresAt: Date | null
  /** Given by the operator; random otherwise. */
  readonly secret?: string
}

export interface CreatedToken {
  readonly id: string
  /** Shown once, and not stored. */
  readonly secret: string
}

/** SHA-256: the secret has 256 bits of chance, so a slow hash would add nothing but time to every request. */
export function hashToken(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

/** Throws uniqueness where the directory has two live tokens already, and invalid_value for an unknown directory. */
export async function createToken(db: Database, token: NewToken, now: Date): Promise<CreatedToken> {
  const secret = token.secret ?? `rc_${randomBytes(32).toString('base64url')}`
  const id = createId('tok', now)
  await transaction(db, async (tx) => {
    const row = {
      org_id: token.organizationId,
      id,
      directory_id: token.directoryId,
      parent_id: null,
      name: token.name,
      hash: hashToken(secret),
      hint: secret.slice(-4),
      scopes: [...token.scopes],
      slot: token.directoryId === null ? null : await takeSlot(tx, token.organizationId, token.directoryId, now),
      created_at: now,
      expires_at: token.expiresAt,
    }
    await tx.insertInto('tokens').values(row).execute()
  })
  return { id, secret }
}

// The unique index refuses a third; an expired token gives its place up. The directory is locked, so that of two tokens made
// at once each finds its own place.
async function takeSlot(tx: Database, organizationId: string, directoryId: string, now: Date): Promise<number> {
  const directory = await tx
    .selectFrom('directories')
    .select('id')
    .where('org_id', '=', organizationId)
    .where('id', '=', directoryId)
    .forUpdate()
    .executeTakeFirst()
  if (directory === undefined) throw new AppError('invalid_value', `directoryId: there is no directory ${directoryId}.`)
  await tx
    .updateTable('tokens')
    .set({ revoked_at: now })
    .where('org_id', '=', organizationId)
    .where('directory_id', '=', directoryId)
    .where('expires_at', '<=', now)
    .where('revoked_at', 'is', null)
    .execute()
  const rows = await tx
    .selectFrom('tokens')
    .select('slot')
    .where('org_id', '=', organizationId)
    .where('directory_id', '=', directoryId)
    .where('revoked_at', 'is', null)
    .where('slot', 'is not', null)
    .execute()
  return rows.some((row) => row.slot === 1) ? 2 : 1
}

export interface TokenView {
  readonly id: string
  readonly directoryId: string | null
  readonly name: string
  readonly hint: string
  readonly scopes: readonly Scope[]
  readonly createdAt: Date
  readonly expiresAt: Date | null
  readonly lastUsedAt: Date | null
  readonly revokedAt: Date | null
}

/** The tokens of an organization, newest first, without those obtained by OAuth; never a secret. */
export async function listTokens(db: Database, organizationId: string): Promise<TokenView[]> {
  const rows = await db
    .selectFrom('tokens')
    .selectAll()
    .where('org_id', '=', organizationId)
    .where('parent_id', 'is', null)
    .orderBy('id', 'desc')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    directoryId: row.directory_id,
    name: row.name,
    hint: row.hint,
    scopes: row.scopes,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
  }))
}

/** Ends a token, and with it the access tokens obtained by it. Throws not_found. */
export async function revokeToken(db: Database, organizationId: string, id: string, now: Date): Promise<void> {
  const { numUpdatedRows } = await db
    .updateTable('tokens')
    .set({ revoked_at: now })
    .where('org_id', '=', organizationId)
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  if (numUpdatedRows === 0n) throw new AppError('not_found', `There is no live token ${id}.`)
}

/**
 * Makes an access token that lives as long as asked, at most as long as its parent. Removes the expired ones of the parent.
 * @returns the secret, and the seconds that it lives
 */
export async function createAccessToken(
  db: Database,
  parent: { organizationId: string; tokenId: string; scopes: readonly Scope[] },
  seconds: number,
  now: Date,
): Promise<{ secret: string; seconds: number }> {
  const secret = `rca_${randomBytes(32).toString('base64url')}`
  const { organizationId, tokenId } = parent
  const parameters = [
    organizationId,
    tokenId,
    createId('tok', now),
    hashToken(secret),
    secret.slice(-4),
    parent.scopes,
    now,
    seconds,
  ]
  const [row] = await query<{ expires_at: Date }>(db, accessTokenSql, parameters)
  const expiresAt = row?.expires_at ?? now // without a row the parent has gone in this moment
  return { secret, seconds: Math.floor((expiresAt.getTime() - now.getTime()) / 1000) }
}

const accessTokenSql = `with swept as (
    delete from tokens where org_id = $1 and parent_id = $2 and expires_at < $7::timestamptz
  )
  insert into tokens (org_id, id, directory_id, parent_id, name, hash, hint, scopes, created_at, expires_at)
  select org_id, $3, directory_id, id, name, $4, $5, $6::text[], $7::timestamptz,
    least(expires_at, $7::timestamptz + make_interval(secs => $8))
  from tokens where org_id = $1 and id = $2
  returning expires_at`

// The issuers of JWTs that an organization trusts.
import type { Database } from '../db/connect.ts'
import { createId } from '../db/ids.ts'
import { AppError } from '../errors.ts'

export interface Issuer {
  /** The `iss` claim. */
  readonly issuer: string
  /** What `aud` must name. */
  readonly audience: string
  readonly jwksUri: string
  /** The directory that requests act for; null for applications. */
  readonly directoryId: string | null
}

/**
 * Throws uniqueness where the pair of issuer and audience is in use, in any organization, for it decides whose a token is; and
 * invalid_value for an unknown directory.
 */
export async function createIssuer(db: Database, organizationId: string, issuer: Issuer, now: Date): Promise<string> {
  const id = createId('iss', now)
  await db
    .insertInto('issuers')
    .values({
      org_id: organizationId,
      id,
      directory_id: issuer.directoryId,
      issuer: issuer.issuer,
      audience: issuer.audience,
      jwks_uri: issuer.jwksUri,
      created_at: now,
    })
    .execute()
  return id
}

export async function listIssuers(db: Database, organizationId: string): Promise<(Issuer & { id: string })[]> {
  const rows = await db.selectFrom('issuers').selectAll().where('org_id', '=', organizationId).orderBy('id').execute()
  return rows.map((row) => ({
    id: row.id,
    issuer: row.issuer,
    audience: row.audience,
    jwksUri: row.jwks_uri,
    directoryId: row.directory_id,
  }))
}

/** Throws not_found. */
export async function removeIssuer(db: Database, organizationId: string, id: string): Promise<void> {
  const { numDeletedRows } = await db
    .deleteFrom('issuers')
    .where('org_id', '=', organizationId)
    .where('id', '=', id)
    .executeTakeFirst()
  if (numDeletedRows === 0n) throw new AppError('not_found', `There is no issuer ${id}.`)
}

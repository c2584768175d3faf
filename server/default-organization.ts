// What a new installation has before anyone configures it: the organization `default` with one push directory and its token.
import { createToken, hashToken } from './auth/tokens.ts'
import type { Config } from './config.ts'
import type { Database } from './db/connect.ts'
import { query } from './db/query.ts'
import type { Scope } from './db/tables.ts'
import { createDirectory, createOrganization, findOrganization, listDirectories } from './directory/directories.ts'
import { transaction } from './db/transaction.ts'

export const defaultName = 'default'
const environmentTokenName = 'ROLLCALL_SCIM_TOKEN'
const directoryScopes: readonly Scope[] = ['read', 'write']

export interface Defaults {
  readonly organizationId: string
  readonly directoryId: string
  /** The secret of the token that was made just now; to be shown, and never again. */
  readonly newSecret: string | undefined
}

/** Makes what is missing; of several processes that start at once, one does. */
export function ensureDefaults(db: Database, config: Pick<Config, 'ROLLCALL_SCIM_TOKEN'>, now: Date): Promise<Defaults> {
  return transaction(db, async (tx) => {
    await query(tx, 'select pg_advisory_xact_lock(1919904876, 1)')
    const organizationId = (await findOrganization(tx, defaultName)) ?? (await createOrganization(tx, defaultName, now))
    const directories = await listDirectories(tx, organizationId)
    const existing = directories.find((directory) => directory.name === defaultName)
    const directory = { kind: 'push', provider: null, name: defaultName } as const
    const directoryId = existing?.id ?? (await createDirectory(tx, organizationId, directory, now))
    const newSecret = await ensureToken(tx, { organizationId, directoryId }, config.ROLLCALL_SCIM_TOKEN, now)
    return { organizationId, directoryId, newSecret }
  })
}

async function ensureToken(
  tx: Database,
  place: { organizationId: string; directoryId: string },
  given: string | undefined,
  now: Date,
): Promise<string | undefined> {
  const token = { ...place, scopes: directoryScopes, expiresAt: null }
  if (given !== undefined) {
    await replaceGivenToken(tx, { ...token, name: environmentTokenName, secret: given }, now)
    return undefined
  }
  const made = await tx.selectFrom('tokens').select('id').where('org_id', '=', place.organizationId).limit(1).executeTakeFirst()
  if (made !== undefined) return undefined
  return (await createToken(tx, { ...token, name: 'First token' }, now)).secret
}

// The environment says which token is live; one that it named before ends.
async function replaceGivenToken(
  tx: Database,
  token: { organizationId: string; directoryId: string; name: string; scopes: readonly Scope[]; expiresAt: null; secret: string },
  now: Date,
): Promise<void> {
  const hash = hashToken(token.secret)
  const live = await tx
    .selectFrom('tokens')
    .select(['id', 'hash'])
    .where('org_id', '=', token.organizationId)
    .where('directory_id', '=', token.directoryId)
    .where('name', '=', token.name)
    .where('revoked_at', 'is', null)
    .execute()
  if (live.some((row) => row.hash.equals(hash))) return
  const superseded = live.map((row) => row.id)
  if (superseded.length > 0) {
    await tx.updateTable('tokens').set({ revoked_at: now }).where('org_id', '=', token.organizationId).where('id', 'in', superseded).execute()
  }
  // Named before and revoked since: the environment brings it back.
  await tx.deleteFrom('tokens').where('hash', '=', hash).where('org_id', '=', token.organizationId).where('revoked_at', 'is not', null).execute()
  await createToken(tx, token, now)
}

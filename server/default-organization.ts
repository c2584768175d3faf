// What a new installation has before anyone configures it: the organization `default` with one push directory and its token.
import { createToken, hashToken, type NewToken } from './auth/tokens.ts'
import type { Config } from './config.ts'
import type { Database } from './db/connect.ts'
import { query } from './db/query.ts'
import type { Scope } from './db/tables.ts'
import { createDirectory, createOrganization, findOrganization, listDirectories } from './directory/directories.ts'
import { transaction } from './db/transaction.ts'
import { AppError } from './errors.ts'

export const defaultName = 'default'
const environmentTokenName = 'ROLLCALL_SCIM_TOKEN'
const directoryScopes: readonly Scope[] = ['read', 'write']

export interface Defaults {
  readonly organizationId: string
  readonly directoryId: string
  /** The secret of the token that was made just now; to be shown, and never again. */
  readonly newSecret: string | undefined
}

/** Makes what is missing; of several processes that start at once, one does. Throws config_invalid. */
export function ensureDefaults(
  db: Database,
  config: Pick<Config, 'ROLLCALL_SCIM_TOKEN'>,
  now: Date,
): Promise<Defaults> {
  return transaction(db, async (tx) => {
    await query(tx, 'select pg_advisory_xact_lock(1919904876, 1)')
    const organizationId = (await findOrganization(tx, defaultName)) ?? (await createOrganization(tx, defaultName, now))
    const directories = await listDirectories(tx, organizationId)
    // It may have been renamed; then the oldest one is meant.
    const existing =
      directories.find((directory) => directory.name === defaultName) ??
      directories.find((directory) => directory.kind === 'push')
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
  const made = await tx
    .selectFrom('tokens')
    .select('id')
    .where('org_id', '=', place.organizationId)
    .limit(1)
    .executeTakeFirst()
  if (made !== undefined) return undefined
  return (await createToken(tx, { ...token, name: 'First token' }, now)).secret
}

// The environment says which token is live: one that it named before ends when it names another, and one that was revoked comes
// back. When it names none, nothing changes, for it may have been set for the first start only; `rollcall tokens revoke` ends the
// token then. Two live tokens of the directory stay, for both may be in use: then the start is refused, saying what to do.
async function replaceGivenToken(
  tx: Database,
  token: NewToken & { directoryId: string; secret: string },
  now: Date,
): Promise<void> {
  const { organizationId, directoryId, name, secret } = token
  const hash = hashToken(secret)
  const holder = await tx.selectFrom('tokens').selectAll().where('hash', '=', hash).executeTakeFirst()
  if (holder !== undefined && (holder.org_id !== organizationId || holder.directory_id !== directoryId)) {
    throw new AppError(
      'config_invalid',
      `${environmentTokenName} is the token of another directory; choose another value.`,
    )
  }
  const own = tx.updateTable('tokens').where('org_id', '=', organizationId).where('directory_id', '=', directoryId)
  await own
    .set({ revoked_at: now })
    .where('name', '=', name)
    .where('hash', '!=', hash)
    .where('revoked_at', 'is', null)
    .execute()
  const isLive = (one: { revoked_at: Date | null; expires_at: Date | null }): boolean =>
    one.revoked_at === null && (one.expires_at === null || one.expires_at > now)
  if (holder !== undefined && isLive(holder)) {
    await own.set({ name }).where('id', '=', holder.id).execute()
    return
  }
  if (holder !== undefined)
    await tx.deleteFrom('tokens').where('org_id', '=', organizationId).where('id', '=', holder.id).execute()
  const others = await tx
    .selectFrom('tokens')
    .selectAll()
    .where('org_id', '=', organizationId)
    .where('directory_id', '=', directoryId)
    .where('slot', 'is not', null)
    .execute()
  const live = others.filter(isLive).map(({ id }) => id)
  if (live.length > 1) {
    const remedy = `revoke one of them with "rollcall tokens revoke <id>", or leave ${environmentTokenName} out`
    throw new AppError(
      'config_invalid',
      `${environmentTokenName}: the directory has two live tokens, ${live.join(' and ')}; ${remedy}.`,
    )
  }
  await createToken(tx, token, now)
}

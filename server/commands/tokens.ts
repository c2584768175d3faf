// `rollcall tokens`: create, list and revoke.
import { createToken, listTokens, revokeToken, scopes, type TokenView } from '../auth/tokens.ts'
import type { Database } from '../db/connect.ts'
import type { Scope } from '../db/tables.ts'
import { findOrganization, listDirectories } from '../directory/directories.ts'
import { AppError } from '../errors.ts'

const maxDays = 36_500

export interface TokenRequest {
  readonly organization: string
  /** undefined for an application token. */
  readonly directory: string | undefined
  readonly name: string
  readonly scopes: string
  readonly days: string | undefined
}

/** @returns the secret, to be shown once. Throws not_found, invalid_value, uniqueness. */
export async function createTokenByName(
  db: Database,
  request: TokenRequest,
  now: Date,
): Promise<{ id: string; secret: string }> {
  const organizationId = await requireOrganization(db, request.organization)
  return createToken(
    db,
    {
      organizationId,
      directoryId:
        request.directory === undefined ? null : await requireDirectory(db, organizationId, request.directory),
      name: request.name,
      scopes: readScopes(request.scopes),
      expiresAt: request.days === undefined ? null : new Date(now.getTime() + readDays(request.days) * 86_400_000),
    },
    now,
  )
}

/** One line for each token; never a secret. */
export async function describeTokens(db: Database, organization: string, now = new Date()): Promise<string[]> {
  const organizationId = await requireOrganization(db, organization)
  const names = new Map((await listDirectories(db, organizationId)).map((directory) => [directory.id, directory.name]))
  return (await listTokens(db, organizationId)).map((token) => {
    const owner =
      token.directoryId === null ? 'application' : `directory ${names.get(token.directoryId) ?? token.directoryId}`
    const state = describeState(token, now)
    const used = token.lastUsedAt === null ? 'never used' : `last used ${token.lastUsedAt.toISOString()}`
    return [token.id, `…${token.hint}`, owner, token.name, token.scopes.join(','), state, used].join('  ')
  })
}

function describeState({ revokedAt, expiresAt }: TokenView, now: Date): string {
  if (revokedAt !== null) return `revoked ${revokedAt.toISOString()}`
  if (expiresAt === null) return 'live'
  return `${expiresAt > now ? 'live until' : 'expired'} ${expiresAt.toISOString()}`
}

export async function revokeTokenById(db: Database, organization: string, id: string, now: Date): Promise<void> {
  await revokeToken(db, await requireOrganization(db, organization), id, now)
}

export async function requireOrganization(db: Database, name: string): Promise<string> {
  const id = await findOrganization(db, name)
  if (id === undefined) {
    throw new AppError('not_found', `There is no organization '${name}'. Start Rollcall once to make 'default'.`)
  }
  return id
}

export async function requireDirectory(db: Database, organizationId: string, name: string): Promise<string> {
  const directories = await listDirectories(db, organizationId)
  const found = directories.find((directory) => directory.name === name || directory.id === name)
  if (found === undefined) {
    throw new AppError(
      'not_found',
      `There is no directory '${name}'; there are: ${directories.map((one) => one.name).join(', ')}.`,
    )
  }
  return found.id
}

function readScopes(text: string): Scope[] {
  const names = text.split(',').map((name) => name.trim())
  const unknown = names.find((name) => !scopes.includes(name as Scope))
  if (unknown !== undefined) {
    throw new AppError('invalid_value', `There is no scope '${unknown}'; there are: ${scopes.join(', ')}.`)
  }
  return names as Scope[]
}

function readDays(text: string): number {
  const days = Number(text)
  if (!Number.isInteger(days) || days < 1 || days > maxDays) {
    throw new AppError('invalid_value', `--days must be a whole number from 1 to ${maxDays}.`)
  }
  return days
}

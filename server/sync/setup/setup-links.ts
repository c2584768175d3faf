// Setup links: who has one may connect one directory, and nothing else, until it expires, is revoked or is finished.
import { randomBytes } from 'node:crypto'
import { hashToken } from '../../auth/tokens.ts'
import type { Database } from '../../db/connect.ts'
import { createId } from '../../db/ids.ts'
import { query } from '../../db/query.ts'
import { transaction } from '../../db/transaction.ts'
import { type DirectoryKey, readPullDirectory } from '../../directory/pull-directories.ts'
import { AppError } from '../../errors.ts'
import { requireProvider } from './connection.ts'
import type { SyncServices } from '../services.ts'

export const setupLinkStates = ['live', 'expired', 'revoked', 'finished'] as const

export interface SetupLink {
  readonly id: string
  readonly state: (typeof setupLinkStates)[number]
  readonly createdAt: Date
  readonly expiresAt: Date
  /** When it was first used; opening it does not use it up. */
  readonly openedAt: Date | null
  readonly finishedAt: Date | null
  readonly revokedAt: Date | null
}

/** A live link as whoever has its secret acts by it. */
export interface OpenLink {
  readonly id: string
  readonly directory: DirectoryKey
  readonly expiresAt: Date
}

export const usualLinkDays = 7
export const maxLinkDays = 30

const dayMs = 86_400_000

/** @returns the secret, shown once: only its hash is kept. Throws not_found, and conflict for a directory that is not pulled. */
export async function createSetupLink(
  { db, providers }: Pick<SyncServices, 'db' | 'providers'>,
  { organizationId, id: directoryId }: DirectoryKey,
  days: number,
  at: Date,
): Promise<{ id: string; secret: string; expiresAt: Date }> {
  requireProvider(providers, await readPullDirectory(db, organizationId, directoryId))
  const id = createId('link', at)
  const secret = `setup_${randomBytes(32).toString('base64url')}`
  const expiresAt = new Date(at.getTime() + days * dayMs)
  await transaction(db, (tx) =>
    query(
      tx,
      `insert into setup_links (org_id, id, directory_id, hash, created_at, expires_at) values ($1, $2, $3, $4, $5, $6)`,
      [organizationId, id, directoryId, hashToken(secret), at, expiresAt],
    ),
  )
  return { id, secret, expiresAt }
}

/** Where whoever has the secret is led. It is behind the `#`, which browsers keep to themselves. */
export function writeSetupUrl(publicUrl: string, secret: string): string {
  return `${publicUrl.replace(/\/+$/, '')}/setup#${secret}`
}

/** The newest first. */
export async function listSetupLinks(
  db: Database,
  { organizationId, id }: DirectoryKey,
  at: Date,
): Promise<SetupLink[]> {
  const rows = await query<LinkRow>(
    db,
    `${selectSql} where directory_id = $2 and org_id = $1 order by id desc limit 500`,
    [organizationId, id],
  )
  return rows.map((row) => toLink(row, at))
}

/** Throws not_found where there is no live one of this id. */
export async function revokeSetupLink(
  db: Database,
  { organizationId, id: directoryId }: DirectoryKey,
  id: string,
  at: Date,
): Promise<void> {
  const rows = await query(
    db,
    `update setup_links set revoked_at = $4 where org_id = $1 and id = $3 and directory_id = $2 and revoked_at is null
       and finished_at is null and expires_at > $4 returning id`,
    [organizationId, directoryId, id, at],
  )
  if (rows.length === 0) throw new AppError('not_found', `There is no live setup link ${id.slice(0, 80)}.`)
}

/** Throws unauthorized for what is no secret of a link, and gone for one that has ended. */
export async function openSetupLink(db: Database, secret: string | undefined, at: Date): Promise<OpenLink> {
  const [row] =
    secret === undefined ? [] : await query<LinkRow>(db, `${selectSql} where hash = $1`, [hashToken(secret)])
  if (row === undefined) {
    const detail = 'This needs the secret of a setup link, as Authorization: Bearer.'
    throw new AppError('unauthorized', detail, { data: secret === undefined ? {} : { sent: 1 } })
  }
  const { state, id, expiresAt, openedAt } = toLink(row, at)
  if (state !== 'live') throw new AppError('gone', `${ends[state]} Ask whoever sent it for a new one.`)
  const directory = { organizationId: row.organizationId, id: row.directoryId }
  if (openedAt === null) {
    const text = 'update setup_links set opened_at = $3 where org_id = $1 and id = $2 and opened_at is null'
    await query(db, text, [row.organizationId, id, at])
  }
  return { id, directory, expiresAt }
}

/** Uses it up. Throws conflict while the directory is not connected, and gone where it has ended in between. */
export async function finishSetupLink(db: Database, { id, directory }: OpenLink, at: Date): Promise<void> {
  const { connection } = await readPullDirectory(db, directory.organizationId, directory.id)
  if (connection === null) {
    throw new AppError('conflict', 'Nothing is filled in yet; say first how the source is reached.')
  }
  const rows = await query(
    db,
    `update setup_links set finished_at = $3 where org_id = $1 and id = $2 and finished_at is null and revoked_at is null
     returning id`,
    [directory.organizationId, id, at],
  )
  if (rows.length === 0) throw new AppError('gone', 'This setup link has ended. Ask whoever sent it for a new one.')
}

const ends = {
  expired: 'This setup link has expired.',
  revoked: 'This setup link was revoked.',
  finished: 'This setup link was finished; what it was for is done.',
} as const

interface LinkRow extends Omit<SetupLink, 'state'> {
  readonly organizationId: string
  readonly directoryId: string
}

const selectSql = `select org_id as "organizationId", id, directory_id as "directoryId", created_at as "createdAt",
    expires_at as "expiresAt", opened_at as "openedAt", finished_at as "finishedAt", revoked_at as "revokedAt"
  from setup_links`

function toLink({ organizationId: _, directoryId: _directory, ...link }: LinkRow, at: Date): SetupLink {
  const { finishedAt, revokedAt, expiresAt } = link
  if (finishedAt !== null) return { ...link, state: 'finished' }
  if (revokedAt !== null) return { ...link, state: 'revoked' }
  return { ...link, state: expiresAt > at ? 'live' : 'expired' }
}

// Where what is known of a person comes from: the word of each directory, and whose word counts.
import type { Database } from '../db/connect.ts'
import { query } from '../db/query.ts'
import type { JsonObject } from '../db/tables.ts'
import { AppError } from '../errors.ts'
import { compareResources } from './authority.ts'
import { fromColumns } from './user-record.ts'

export interface Origin {
  /** The owner first. */
  readonly words: readonly DirectoryWord[]
  /** Attribute → the directory whose word it is. */
  readonly setBy: Readonly<Record<string, string>>
}

export interface DirectoryWord {
  readonly directoryId: string
  /** What the directory calls the person. */
  readonly externalId: string | null
  readonly isOwner: boolean
  /** What the person is by its word alone; null where it has ended. */
  readonly says: JsonObject | null
  /** When it last spoke of the person. */
  readonly seenAt: Date
  /** When it said that it knows the person no more; null where it did not. */
  readonly endedAt: Date | null
}

/** Throws not_found. */
export async function readOrigin(db: Database, organizationId: string, userId: string): Promise<Origin> {
  const [user] = await query<UserRow>(db, userSql, [organizationId, userId])
  if (user === undefined) throw new AppError('not_found', `There is no user ${userId.slice(0, 80)}.`)
  const links = await query<LinkRow>(db, linksSql, [organizationId, userId, user.ownerId])
  const resource = fromColumns(user.resource, user.managerId)
  const words = links.map(({ said, ...link }) => {
    const says = link.endedAt === null ? (said ?? resource) : null
    return { ...link, isOwner: link.directoryId === user.ownerId, says }
  })
  // Where nobody else was ever asked, it is all the owner's.
  const owned = [...compareResources({}, resource).keys()].map((attribute) => [attribute, user.ownerId])
  return { words, setBy: user.setBy ?? Object.fromEntries(owned) }
}

interface UserRow {
  readonly ownerId: string
  readonly managerId: string | null
  readonly resource: JsonObject
  readonly setBy: Record<string, string> | null
}

interface LinkRow extends Omit<DirectoryWord, 'says' | 'isOwner'> {
  readonly said: JsonObject | null
}

const userSql = `select directory_id as "ownerId", manager_id as "managerId", resource, set_by as "setBy" from users
  where org_id = $1 and id = $2`

const linksSql = `select directory_id as "directoryId", external_id as "externalId", resource as said, seen_at as "seenAt",
    ended_at as "endedAt"
  from links where org_id = $1 and user_id = $2 order by directory_id <> $3, created_at, directory_id`

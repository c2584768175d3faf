// Where a pull stands, and how a directory tells of what has changed since: by counting (uSNChanged), which each domain controller does for
// itself, or by the time of the last change.
import type { Filter } from 'ldapts'
import { ProviderError } from '../provider.ts'
import { isAtLeast } from './filters.ts'
import type { LdapServer } from './server.ts'

/** `at` is when the pull began, an ISO 8601 time of ours. */
export type ChangePoint =
  | { by: 'uSNChanged'; invocationId: string; usn: string; at: string }
  | { by: 'whenChanged' | 'modifyTimestamp' | 'nothing'; at: string }

/** The members of a group of which those before a place are read. `primary` are those whose primary group it is. */
export type MembersLeft = { of: 'member' | 'primary'; from: number }

/** `from` is null in a pull of everything; `to` is where the next one begins. `after` is the last id that was read. */
export type LdapCursor =
  | { stage: 'people'; from: ChangePoint | null; to: ChangePoint; after: string }
  | { stage: 'groups'; from: ChangePoint | null; to: ChangePoint; after: string; left: MembersLeft | null }
  | { stage: 'end'; to: ChangePoint }

/** Clocks differ, and changes come to a server late from another one. */
const overlapMs = 60 * 60_000
/** Deleted entries are kept for 60 days at the least. */
const longestMs = 60 * 24 * 60 * 60_000

/** Where a server stands now. */
export function readChangePoint({ isActiveDirectory, count }: LdapServer, now: Date): ChangePoint {
  const at = now.toISOString()
  if (count !== undefined) return { by: 'uSNChanged', ...count, at }
  return { by: isActiveDirectory ? 'whenChanged' : 'modifyTimestamp', at }
}

/** The attribute by which a server tells what has changed. */
export function nameChange(server: LdapServer): string {
  return readChangePoint(server, new Date(0)).by
}

/**
 * Throws ProviderError `cursor_expired` where a server cannot tell what has changed since: it tells in another way, it is another server,
 * or one that was restored, or it has forgotten what was deleted.
 */
export function requireSince(point: ChangePoint, server: LdapServer, now: Date): void {
  const reason = findReason(point, readChangePoint(server, now), now)
  if (reason === undefined) return
  throw new ProviderError('cursor_expired', `${reason}, and cannot tell what has changed since.`)
}

function findReason(point: ChangePoint, present: ChangePoint, now: Date): string | undefined {
  if (point.by === 'nothing') return 'The LDAP server does not show when entries have changed'
  if (point.by !== present.by || isOtherServer(point, present)) return 'The LDAP server is another one than before'
  const isTooLong = now.getTime() - Date.parse(point.at) > longestMs
  return isTooLong ? 'The LDAP server was last asked more than 60 days ago' : undefined
}

function isOtherServer(point: ChangePoint, present: ChangePoint): boolean {
  if (point.by !== 'uSNChanged' || present.by !== 'uSNChanged') return false
  return point.invocationId !== present.invocationId || BigInt(point.usn) > BigInt(present.usn)
}

/** Finds what has changed since. */
export function filterChanged(point: ChangePoint): Filter {
  if (point.by === 'uSNChanged') return isAtLeast('uSNChanged', String(BigInt(point.usn) + 1n))
  return isAtLeast(point.by, writeTime(new Date(Date.parse(point.at) - overlapMs), point.by))
}

/** Finds what is new since. */
export function isNewSince(point: ChangePoint, created: string | undefined): boolean {
  if (created === undefined) return true
  if (point.by === 'uSNChanged') return /^\d+$/.test(created) && BigInt(created) > BigInt(point.usn)
  return created >= writeTime(new Date(Date.parse(point.at) - overlapMs), point.by)
}

/** The attribute that says when an entry was made, in the way of a point. */
export function nameCreation(point: ChangePoint): string {
  if (point.by === 'uSNChanged') return 'uSNCreated'
  return point.by === 'whenChanged' ? 'whenCreated' : 'createTimestamp'
}

// Active Directory writes tenths of seconds, and wants them written.
function writeTime(time: Date, by: ChangePoint['by']): string {
  const digits = time.toISOString().replaceAll(/[-:T]|\.\d+Z$/g, '')
  return by === 'whenChanged' ? `${digits}.0Z` : `${digits}Z`
}

// What becomes of a person when one of the directories that know them speaks, or falls silent.
import { isDeepStrictEqual } from 'node:util'
import { applyDifferences, compareResources, mergeStatements, type Statement } from './authority.ts'
import type { Link, LockedUser } from './user-lock.ts'
import type { UserResource } from './user-record.ts'

/** The state of a person after a directory has spoken. */
export interface Word {
  readonly resource: UserResource
  readonly ownerId: string
  readonly setBy: Record<string, string> | null
  readonly links: readonly Link[]
  /** Whether more than one directory knows the person. */
  readonly shared: boolean
}

/** An attribute that a directory wanted to change and that another one set. */
export interface Kept {
  readonly attribute: string
  readonly setBy: string
}

/** Merges what `directoryId` now wants into what all directories say. */
export function stateWord(user: LockedUser, directoryId: string, wanted: UserResource, statesEverything: boolean): Word {
  if (user.links.every((link) => link.directoryId === directoryId)) {
    return { resource: wanted, ownerId: directoryId, setBy: null, links: [{ directoryId, resource: null }], shared: false }
  }
  const own = user.links.find((link) => link.directoryId === directoryId)
  const said = own === undefined ? {} : (own.resource ?? user.resource)
  const says = statesEverything ? wanted : applyDifferences(said, compareResources(user.resource, wanted))
  const others = user.links.filter((link) => link !== own)
  return merge(user, [...readStatements(others, user.resource), { directoryId, resource: says }])
}

/** The state of a person after `directoryId` ended its link; others must remain. */
export function endWord(user: LockedUser, directoryId: string): Word {
  const others = user.links.filter((link) => link.directoryId !== directoryId)
  return merge(user, readStatements(others, user.resource))
}

/** What a directory wanted and did not get. */
export function findKept(user: LockedUser, wanted: UserResource, got: UserResource): Kept[] {
  return [...compareResources(wanted, got).keys()].map((attribute) => ({
    attribute,
    setBy: user.setBy?.[attribute] ?? user.ownerId,
  }))
}

function merge(user: LockedUser, unordered: readonly Statement[]): Word {
  const ownerId = unordered.some((one) => one.directoryId === user.ownerId) ? user.ownerId : (unordered[0]?.directoryId ?? '')
  const statements = unordered.toSorted((a, b) => Number(b.directoryId === ownerId) - Number(a.directoryId === ownerId))
  const { resource, setBy } = mergeStatements(statements, user.authority)
  const links = unordered.map((statement) => ({
    directoryId: statement.directoryId,
    resource: isDeepStrictEqual(statement.resource, resource) ? null : statement.resource,
  }))
  const shared = statements.length > 1
  return { resource, ownerId, setBy: shared ? setBy : null, links, shared }
}

function readStatements(links: readonly Link[], current: UserResource): Statement[] {
  return links.map(({ directoryId, resource }) => ({ directoryId, resource: resource ?? current }))
}

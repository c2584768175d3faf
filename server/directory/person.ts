// What becomes of a person when one of the directories that know them speaks, or falls silent.
import { compareResources, findListed, mergeStatements, type Statement } from './authority.ts'
import { isSameJson } from './json.ts'
import type { Link, LockedUser } from './user-state.ts'
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

// Everybody has a name to sign in with, and is active or is not: where no directory says so any more, it stays as it was.
const lasting = ['userName', 'active'] as const

/**
 * Merges what `directoryId` now says into what the others say; `keepsName` leaves the userName as it is. What is lasting and not said
 * goes where the directory is the only one, unless `keepsLasting`.
 */
export function stateWord(
  user: LockedUser,
  directoryId: string,
  says: UserResource,
  keepsName = false,
  keepsLasting = false,
): Word {
  const isAlone = user.links.every((link) => link.directoryId === directoryId)
  if (isAlone && (!keepsLasting || lasting.every((name) => name in says))) {
    return {
      resource: says,
      ownerId: directoryId,
      setBy: null,
      links: [{ directoryId, resource: null }],
      shared: false,
    }
  }
  const isNew = user.links.every((link) => link.directoryId !== directoryId)
  const links = isNew ? [...user.links, { directoryId, resource: null }] : user.links
  const statements = readStatements(links, user.resource)
  const spoken = statements.map((one) => (one.directoryId === directoryId ? { directoryId, resource: says } : one))
  return merge(user, spoken, keepsName)
}

/** The state of a person after `directoryId` ended its link; others must remain. */
export function endWord(user: LockedUser, directoryId: string, keepsName = false): Word {
  const others = user.links.filter((link) => link.directoryId !== directoryId)
  return merge(user, readStatements(others, user.resource), keepsName)
}

/** The state of a person by what all directories say now; the userName stays. */
export function mergeWords(user: LockedUser): Word {
  return merge(user, readStatements(user.links, user.resource), true)
}

/**
 * What a directory wanted and did not get. With PUT it wants what it names, for it cannot know what others say besides; with
 * PATCH what it changes.
 */
export function findKept(user: LockedUser, word: Word, wanted: UserResource, statesEverything: boolean): Kept[] {
  const named = compareResources(statesEverything ? {} : user.resource, wanted)
  const missed = compareResources(wanted, word.resource)
  const findSetter = (attribute: string): string =>
    word.setBy?.[attribute] ?? findListed(user.authority, attribute)?.[0] ?? word.ownerId
  return [...named.keys()]
    .filter((attribute) => missed.has(attribute))
    .map((attribute) => ({ attribute, setBy: findSetter(attribute) }))
}

function merge(user: LockedUser, statements: readonly Statement[], keepsName: boolean): Word {
  const [first] = statements
  if (first === undefined) throw new Error('nobody says anything of this person')
  const ownerId = statements.some((one) => one.directoryId === user.ownerId) ? user.ownerId : first.directoryId
  const shared = statements.length > 1
  const ownerFirst = statements.toSorted(
    (a, b) => Number(b.directoryId === ownerId) - Number(a.directoryId === ownerId),
  )
  const merged = mergeStatements(ownerFirst, user.authority)
  const resource = { ...merged.resource }
  for (const name of lasting) {
    const before = user.resource[name]
    if (before !== undefined && (!(name in resource) || (name === 'userName' && keepsName))) resource[name] = before
  }
  const links = statements.map(({ directoryId, resource: says }) => ({
    directoryId,
    resource: isSameJson(says, resource) ? null : says,
  }))
  return { resource, ownerId, setBy: shared ? merged.setBy : null, links, shared }
}

function readStatements(links: readonly Link[], current: UserResource): Statement[] {
  return links.map(({ directoryId, resource }) => ({ directoryId, resource: resource ?? current }))
}

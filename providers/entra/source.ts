// A pull of everything, or of what has changed: users first, then groups.
import type { GroupPlace } from '../group-parts.ts'
import { pageParts } from '../group-parts.ts'
import type { Page, ProviderContext, Scope, Source } from '../provider.ts'
import { listAccessPolicies } from './access-policies.ts'
import type { EntraApi } from './api.ts'
import { checkEntra } from './check.ts'
import { linkToGroups, readChangedGroups, readGroupChanges, readGroupNames, readGroupPage } from './groups.ts'
import type { EntraSettings } from './settings.ts'
import { linkToUsers, readUserRound, type RoundPlace } from './users.ts'

/**
 * Where changes of groups begin, and groups whose members must be read anew then, for somebody left them while they were read; null where
 * no groups were read yet.
 */
type GroupStart = { link: string; again: string[] }

export type EntraCursor =
  /** `groups` is of the pull before; `isFull` says that there was none. */
  | { stage: 'users'; place: RoundPlace; isFull: boolean; groups: GroupStart | null }
  /** All groups are read; `users` is where changes of users begin. */
  | { stage: 'groups'; users: string; place: RoundPlace; again: string[] }
  /** Changed groups are read; `next` is where the changes after these begin. */
  | { stage: 'changed'; users: string; groups: GroupStart; next: string; place: GroupPlace }
  | { stage: 'end'; users: string; groups: GroupStart | null }

interface Reading {
  readonly api: EntraApi
  readonly scope: Scope
  readonly signal: AbortSignal
  readonly people: NonNullable<EntraSettings['people']>
}

type Pages<Result> = AsyncGenerator<Page<EntraCursor>, Result>

export function createEntraSource(
  api: EntraApi,
  { people = 'members' }: Pick<EntraSettings, 'people'>,
  { signal }: Pick<ProviderContext, 'signal'>,
): Source<EntraCursor> {
  return {
    check: () => checkEntra(api),
    pull: (cursor, scope) => pull({ api, scope, signal, people }, cursor),
    listAccessPolicies: (userId) => listAccessPolicies(api, userId),
  }
}

async function* pull(reading: Reading, cursor: EntraCursor | undefined): AsyncIterable<Page<EntraCursor>> {
  const { scope } = reading
  const { users, groups } =
    cursor?.stage === 'groups' || cursor?.stage === 'changed' ? pick(cursor) : yield* pullUsers(reading, cursor)
  if (!scope.groups) {
    yield { records: [], cursor: { stage: 'end', users, groups: null } }
    return
  }
  const read =
    groups === null ? pullAllGroups(reading, users, cursor) : pullChangedGroups(reading, users, groups, cursor)
  yield { records: [], cursor: { stage: 'end', users, groups: yield* read } }
}

function pick(cursor: EntraCursor & { stage: 'groups' | 'changed' }): { users: string; groups: GroupStart | null } {
  return { users: cursor.users, groups: cursor.stage === 'groups' ? null : cursor.groups }
}

// → where changes of users begin, and those of groups of this pull.
async function* pullUsers(
  { api, scope, signal, people }: Reading,
  cursor: (EntraCursor & { stage: 'users' | 'end' }) | undefined,
): Pages<{ users: string; groups: GroupStart | null }> {
  const isResumed = cursor?.stage === 'users'
  const isFull = isResumed ? cursor.isFull : cursor === undefined
  const groups = cursor?.groups ?? null
  const start = isResumed ? cursor.place : { link: cursor?.users ?? linkToUsers(scope), after: null }
  const round = readUserRound(api, { people, scope, signal, isFull }, start)
  for (;;) {
    const { value, done } = await round.next()
    if (done === true) return { users: value, groups }
    const { records, deletedIds, place } = value
    yield { records, ...tell(deletedIds), cursor: { stage: 'users', place, isFull, groups } }
  }
}

function tell(deletedIds: readonly string[]): Pick<Page, 'deletedIds'> {
  return deletedIds.length === 0 ? {} : { deletedIds }
}

// → where changes of groups begin.
async function* pullAllGroups(
  { api, scope: { pageSize }, signal }: Reading,
  users: string,
  cursor: EntraCursor | undefined,
): Pages<GroupStart> {
  const names = await readGroupNames(api)
  const again = new Set(cursor?.stage === 'groups' ? cursor.again : [])
  for (let { link, after } = cursor?.stage === 'groups' ? cursor.place : { link: linkToGroups, after: null }; ;) {
    const { records, deletedIds, left, next, delta } = await readGroupPage(api, names, link, pageSize)
    for (const id of left) again.add(id)
    // All of them where the one is not there any more.
    const rest = records.slice(after === null ? 0 : records.findIndex(({ id }) => id === after) + 1)
    for (let from = 0; from === 0 || from < rest.length; from += pageSize) {
      signal.throwIfAborted()
      const some = rest.slice(from, from + pageSize)
      const isLast = from + pageSize >= rest.length
      const place =
        isLast && next !== undefined ? { link: next, after: null } : { link, after: some.at(-1)?.id ?? after }
      yield {
        records: some,
        ...tell(isLast ? deletedIds : []),
        cursor: { stage: 'groups', users, place, again: [...again] },
      }
    }
    if (delta !== undefined) return { link: delta, again: [...again] }
    ;[link, after] = [next ?? '', null]
  }
}

// → where changes of groups begin the next time. What changes while these are read has its turn then, also where it stands before where
// this one is interrupted.
async function* pullChangedGroups(
  { api, scope: { pageSize }, signal }: Reading,
  users: string,
  groups: GroupStart,
  cursor: EntraCursor | undefined,
): Pages<GroupStart> {
  const { changes, delta } = await readGroupChanges(api, groups.link, pageSize)
  const resumed = cursor?.stage === 'changed' ? cursor : undefined
  const next = resumed?.next ?? delta
  const deletedIds = [...changes].filter(([, { isDeleted }]) => isDeleted).map(([id]) => id)
  if (deletedIds.length > 0 && resumed === undefined) {
    yield {
      records: [],
      deletedIds,
      cursor: { stage: 'changed', users, groups, next, place: { group: '', link: null } },
    }
  }
  const names = changes.size + groups.again.length === 0 ? new Map<string, string>() : await readGroupNames(api)
  const parts = readChangedGroups(api, names, changes, groups.again, resumed?.place ?? null)
  for await (const { records, place } of pageParts(parts, pageSize)) {
    signal.throwIfAborted()
    yield { records, cursor: { stage: 'changed', users, groups, next, place } }
  }
  return { link: next, again: [] }
}

// A pull of everybody, or of who has changed. Ids are listed first, and people then read by them.
import type { ProviderContext, Page, Scope, Source } from '../provider.ts'
import { authenticate } from './authenticate.ts'
import { checkLdap } from './check.ts'
import { type ChangePoint, type LdapCursor, readChangePoint, requireSince } from './cursor.ts'
import { listDeleted } from './deleted.ts'
import { type Directory, readDirectory } from './directory.ts'
import { equals } from './filters.ts'
import { type GroupsReading, groupsAtOnce, readGroups } from './groups.ts'
import { type ListedGroup, type ListedPerson, listGroups, listPeople, nameGroups } from './listing.ts'
import { createNames, type Names } from './names.ts'
import { requireSameMembers } from './only-group.ts'
import { readPeople } from './people.ts'
import { createDayReader } from './person.ts'
import { openSession } from './session.ts'
import type { LdapSettings } from './settings.ts'

type Pages = AsyncGenerator<Page<LdapCursor>, void>

export function createLdapSource(settings: LdapSettings, context: ProviderContext): Source<LdapCursor> {
  return {
    check: () => checkLdap(settings, context),
    pull: (cursor, scope) => pull(settings, context, cursor, scope),
    authenticate: (userName, password, admit) => authenticate(settings, context, { userName, password }, admit),
  }
}

async function* pull(
  settings: LdapSettings,
  context: ProviderContext,
  cursor: LdapCursor | undefined,
  scope: Scope,
): Pages {
  const session = await openSession(settings, context)
  try {
    const directory = await readDirectory(session, settings)
    const way = findWay(directory, cursor, context.now())
    yield* readAll(directory, scope, way, cursor)
  } finally {
    session.close()
  }
}

/** `from` is null where everything is read; `to` is where the next pull begins. */
interface Way {
  readonly from: ChangePoint | null
  readonly to: ChangePoint
}

function findWay({ server }: Directory, cursor: LdapCursor | undefined, now: Date): Way {
  const to = readChangePoint(server, now)
  if (cursor === undefined) return { from: null, to }
  if (cursor.to.by !== 'nothing' || cursor.stage === 'end') requireSince(cursor.to, server, now)
  return cursor.stage === 'end' ? { from: cursor.to, to } : { from: cursor.from, to: cursor.to }
}

interface Reading extends Way {
  readonly directory: Directory
  readonly scope: Scope
  readonly names: Names
  readonly people: readonly ListedPerson[]
  /** Those that are read, and all that are known. */
  readonly groups: readonly ListedGroup[]
  readonly allGroups: readonly ListedGroup[]
  readonly totalPages: number
}

async function* readAll(directory: Directory, scope: Scope, way: Way, cursor: LdapCursor | undefined): Pages {
  const { session, server, only } = directory
  const { from } = way
  if (from !== null && only !== undefined) await requireSameMembers(session, server, { only, since: from })
  const people = await listPeople(directory, from === null ? {} : { since: from })
  const { groups, allGroups } = await listGroupsToRead(directory, people, { from, scope })
  const reading: Reading = {
    directory,
    scope,
    from,
    to: cursor === undefined ? requireDates(way.to, people) : way.to,
    names: createNames(directory, from === null ? { people, groups: allGroups } : undefined),
    people,
    groups,
    allGroups,
    totalPages: countPages(people, scope.pageSize) + countPages(groups, Math.min(scope.pageSize, groupsAtOnce)) + 1,
  }
  if (cursor?.stage === 'end') yield* readDeleted(reading)
  if (cursor?.stage !== 'groups') yield* pullPeople(reading, cursor?.stage === 'people' ? cursor.after : '')
  yield* pullGroups(reading, cursor?.stage === 'groups' ? cursor : undefined)
  yield { records: [], cursor: { stage: 'end', to: reading.to } }
}

function countPages(items: readonly unknown[], size: number): number {
  return Math.ceil(items.length / size)
}

async function* pullPeople(reading: Reading, after: string): Pages {
  const { directory, scope, names, people, from, to, totalPages } = reading
  const readDay = createDayReader(directory.settings.timeZone ?? 'UTC')
  const ids = people.map(({ id }) => id).filter((id) => id > after)
  for (let start = 0; start < ids.length; start += scope.pageSize) {
    const some = ids.slice(start, start + scope.pageSize)
    const records = await readPeople({ directory, names, readDay, scope }, some)
    yield { records, cursor: { stage: 'people', from, to, after: some.at(-1) ?? '' }, totalPages }
  }
}

async function* pullGroups(reading: Reading, cursor: (LdapCursor & { stage: 'groups' }) | undefined): Pages {
  const { directory, scope, names, people, groups, allGroups, from, to, totalPages } = reading
  const { after, left } = cursor ?? { after: '', left: null }
  const rest = groups.filter(({ id }) => id > after || (id === after && left !== null))
  const pages = readGroups(
    { directory, names, groupNames: nameGroups(allGroups), readPrimary: createPrimary(directory, people, from) },
    rest,
    // The group in the middle of which it stopped may be gone.
    { left: rest[0]?.id === after ? left : null, size: scope.pageSize },
  )
  for await (const page of pages) {
    const place = { after: page.after, left: page.left }
    yield { records: page.records, cursor: { stage: 'groups', from, to, ...place }, totalPages }
  }
}

// Where nobody is seen to have changed ever, nobody would be seen to change.
function requireDates(to: ChangePoint, people: readonly ListedPerson[]): ChangePoint {
  return people.length === 0 || people.some(({ isDated }) => isDated) ? to : { by: 'nothing', at: to.at }
}

const deletedAtOnce = 1000

async function* readDeleted({ directory, from, to }: Reading): Pages {
  const ids = from === null ? [] : await listDeleted(directory.session, directory.server, from)
  for (let start = 0; start < ids.length; start += deletedAtOnce) {
    const deletedIds = ids.slice(start, start + deletedAtOnce)
    yield { records: [], deletedIds, cursor: { stage: 'people', from, to, after: '' } }
  }
}

// That somebody new has it as their primary group does not change a group.
async function listGroupsToRead(
  directory: Directory,
  people: readonly ListedPerson[],
  { from, scope }: { readonly from: ChangePoint | null; readonly scope: Scope },
): Promise<Pick<Reading, 'groups' | 'allGroups'>> {
  if (!scope.groups) return { groups: [], allGroups: [] }
  const changed =
    from === null ? undefined : new Set((await listGroups(directory, { since: from })).map(({ id }) => id))
  const primary = new Set(people.flatMap(({ isNew, primaryGroup }) => (isNew && primaryGroup) || []))
  if (changed?.size === 0 && primary.size === 0) return { groups: [], allGroups: [] }
  const allGroups = await listGroups(directory)
  const isRead = ({ id, relativeId }: ListedGroup): boolean =>
    changed === undefined || changed.has(id) || (relativeId !== undefined && primary.has(relativeId))
  return { groups: allGroups.filter(isRead), allGroups }
}

function createPrimary(
  directory: Directory,
  people: readonly ListedPerson[],
  from: ChangePoint | null,
): GroupsReading['readPrimary'] {
  if (from !== null) {
    return async (relativeId) =>
      (await listPeople(directory, { filter: equals('primaryGroupID', relativeId) })).map(({ id }) => id)
  }
  const byGroup = Map.groupBy(people, ({ primaryGroup }) => primaryGroup)
  return (relativeId) => Promise.resolve(byGroup.get(relativeId)?.map(({ id }) => id) ?? [])
}

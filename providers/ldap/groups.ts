// Groups with who is in them: those that `member` names, and on a domain controller those whose primary group it is, whom it does not name.
import type { SourceMember, SourceRecord } from '../provider.ts'
import type { MembersLeft } from './cursor.ts'
import { type LdapEntry, readFirst } from './entry.ts'
import { filterIds } from './filters.ts'
import type { Directory } from './directory.ts'
import type { ListedGroup } from './listing.ts'
import { askMembers, memberAttributes, type Members, readMembers } from './members.ts'
import type { Names } from './names.ts'
import { readId } from './server.ts'

export interface GroupsReading {
  readonly directory: Directory
  readonly names: Names
  /** What groups are called, by their ids. */
  readonly groupNames: ReadonlyMap<string, string>
  /** The ids of those whose primary group has a last number of its security identifier. */
  readonly readPrimary: (relativeId: string) => Promise<readonly string[]>
}

export interface GroupsPage {
  readonly records: readonly SourceRecord[]
  readonly after: string
  readonly left: MembersLeft | null
}

/** Groups at once: each may come with many members. */
export const groupsAtOnce = 20
/** Members of a record; the other ones come in further records of the group, on pages of their own. */
const mostMembers = 1500
/** GROUP_TYPE_SECURITY_ENABLED, in a number with a sign. */
const securityEnabled = 0x80000000

/** Reads groups in their order; `left` is what of the first one is still to be read. */
export async function* readGroups(
  reading: GroupsReading,
  groups: readonly ListedGroup[],
  { left, size }: { readonly left: MembersLeft | null; readonly size: number },
): AsyncGenerator<GroupsPage> {
  const step = Math.min(size, groupsAtOnce)
  for (let start = 0; start < groups.length; start += step) {
    const some = groups.slice(start, start + step)
    const entries = await readEntries(reading.directory, some)
    let records: SourceRecord[] = []
    for (const [index, group] of some.entries()) {
      const entry = entries.get(group.id)
      if (entry === undefined) continue
      const first = start + index === 0 ? left : null
      for await (const part of readParts(reading, { group, entry }, first)) {
        records.push(createRecord(reading, { group, entry }, part.members))
        if (part.left === null) break
        yield { records, after: group.id, left: part.left }
        records = []
      }
    }
    yield { records, after: some.at(-1)?.id ?? '', left: null }
  }
}

interface Group {
  readonly group: ListedGroup
  readonly entry: LdapEntry
}

async function readEntries(
  { session, server }: Directory,
  groups: readonly ListedGroup[],
): Promise<Map<string, LdapEntry>> {
  const ids = groups.map(({ id }) => id)
  const entries = await session.search({
    base: server.groupBase,
    filter: filterIds(server.idAttribute, ids),
    attributes: [server.idAttribute, 'description', 'groupType', ...memberAttributes],
  })
  const byId = new Map<string, LdapEntry>()
  for (const entry of entries) {
    const id = readId(server, entry)
    if (id !== undefined) byId.set(id, entry)
  }
  return byId
}

interface Part {
  readonly members: readonly SourceMember[]
  readonly left: MembersLeft | null
}

async function* readParts(
  reading: GroupsReading,
  { group, entry }: Group,
  left: MembersLeft | null,
): AsyncGenerator<Part> {
  const primary = group.relativeId === undefined ? [] : await reading.readPrimary(group.relativeId)
  if (left?.of === 'primary') {
    yield* splitPrimary(primary, left.from)
    return
  }
  for await (const { dns, next } of readNames(reading.directory, { group, entry }, left?.from ?? 0)) {
    const meant = await reading.names.resolve(dns)
    const members = [...new Map([...meant.values()].map((member) => [member.id, member])).values()]
    const stated = members.filter(({ id }) => id !== group.id)
    if (next !== undefined) yield { members: stated, left: { of: 'member', from: next } }
    else if (stated.length + primary.length <= mostMembers)
      yield { members: [...stated, ...asUsers(primary)], left: null }
    else {
      yield { members: stated, left: { of: 'primary', from: 0 } }
      yield* splitPrimary(primary, 0)
    }
  }
}

function* splitPrimary(primary: readonly string[], from: number): Generator<Part> {
  for (let start = from; start === from || start < primary.length; start += mostMembers) {
    const end = start + mostMembers
    const left = end < primary.length ? ({ of: 'primary', from: end } as const) : null
    yield { members: asUsers(primary.slice(start, end)), left }
  }
}

function asUsers(ids: readonly string[]): SourceMember[] {
  return ids.map((id) => ({ id, type: 'user' }))
}

// By so many at once, from a place on; at least once.
async function* readNames(
  { session, server }: Directory,
  { group, entry }: Group,
  from: number,
): AsyncGenerator<Members> {
  let place = from
  let members = from === 0 ? readMembers(entry) : await askMembers(session, server, group.dn, from)
  for (;;) {
    const { dns, next } = members
    for (let start = 0; start === 0 || start < dns.length; start += mostMembers) {
      const some = dns.slice(start, start + mostMembers)
      place += some.length
      const isLast = start + mostMembers >= dns.length
      yield { dns: some, next: isLast ? next : place }
    }
    if (next === undefined) return
    place = next
    members = await askMembers(session, server, group.dn, next)
  }
}

function createRecord(
  { groupNames }: GroupsReading,
  { group, entry }: Group,
  members: readonly SourceMember[],
): SourceRecord {
  const description = readFirst(entry, 'description')
  const type = readFirst(entry, 'groupType')
  return {
    id: group.id,
    type: 'group',
    fields: {
      displayName: groupNames.get(group.id) ?? group.name,
      ...(description !== undefined && { description }),
      ...(type !== undefined && { securityGroup: (Number(type) & securityEnabled) !== 0 }),
    },
    members,
  }
}

// Groups from what people have a value of, such as their department: for sources that know no groups. They hang on the id of the item in
// the source's list, so that a new name is not a new group; what stands in no list becomes a group by its value.
import type { SourceRecord } from './provider.ts'

export interface ListItem {
  readonly id: string
  readonly name: string
  /** The item of the same list that it is a part of. */
  readonly parentId?: string
}

/** Kind of a group, such as `department` → the items of its list. */
export type Lists = Readonly<Record<string, readonly ListItem[]>>

/** Groups that stand in no list: id → name. Kept in the cursor, for whoever goes on has not seen the people before. */
export type UnlistedGroups = Record<string, string>

export interface ListGroups {
  /** The id of a person's group, by the id or the name of the item; `name` is what it is called where no list has it. */
  find(kind: string, value: string, name: string): string
  /** All groups, in the order of their ids. */
  list(): SourceRecord[]
  readonly unlisted: Readonly<UnlistedGroups>
}

/** `unlisted` are those that were found before. */
export function createListGroups(lists: Lists, unlisted: Readonly<UnlistedGroups> = {}): ListGroups {
  const found: UnlistedGroups = { ...unlisted }
  const index = new Map<string, string>()
  for (const [kind, items] of Object.entries(lists)) {
    // An id counts before a name, and the first of a name before the others.
    for (const { id, name } of items.toReversed()) index.set(`${kind} ${name.toLowerCase()}`, `${kind}:${id}`)
    for (const { id } of items) index.set(`${kind} ${id.toLowerCase()}`, `${kind}:${id}`)
  }
  return {
    find: (kind, value, name) => {
      const known = index.get(`${kind} ${value.toLowerCase()}`) ?? index.get(`${kind} ${name.toLowerCase()}`)
      if (known !== undefined) return known
      const id = `${kind}:${value}`
      found[id] = name
      return id
    },
    list: () => listGroups(lists, found),
    unlisted: found,
  }
}

interface Group {
  readonly id: string
  readonly kind: string
  readonly name: string
  readonly parent?: { readonly id: string; readonly name: string }
}

function listGroups(lists: Lists, unlisted: Readonly<UnlistedGroups>): SourceRecord[] {
  const groups = [...listed(lists), ...listUnlisted(unlisted)]
  const names = countNames(groups.map(({ name }) => name))
  const longer = groups.map((group) => (isShared(names, group.name) ? { ...group, name: qualify(group) } : group))
  const longerNames = countNames(longer.map(({ name }) => name))
  return longer
    .map((group): SourceRecord => {
      const displayName = isShared(longerNames, group.name) ? `${group.name} (${group.id})` : group.name
      return { id: group.id, type: 'group', fields: { displayName }, groups: group.parent ? [group.parent.id] : [] }
    })
    .toSorted((one, other) => (one.id < other.id ? -1 : 1))
}

function listed(lists: Lists): Group[] {
  return Object.entries(lists).flatMap(([kind, items]) => {
    const byId = new Map(items.map((item) => [item.id, item]))
    return items.map(({ id, name, parentId }) => {
      const parent = parentId === undefined ? undefined : byId.get(parentId)
      return {
        id: `${kind}:${id}`,
        kind,
        name,
        ...(parent !== undefined && { parent: { id: `${kind}:${parent.id}`, name: parent.name } }),
      }
    })
  })
}

function listUnlisted(unlisted: Readonly<UnlistedGroups>): Group[] {
  return Object.entries(unlisted).map(([id, name]) => ({ id, kind: id.split(':')[0] ?? '', name }))
}

// A directory has no two groups of one name; sources do: a site and a department, or departments below different ones.
function qualify({ kind, name, parent }: Group): string {
  return parent === undefined ? `${name} (${kind})` : `${parent.name} / ${name}`
}

function countNames(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name.toLowerCase(), (counts.get(name.toLowerCase()) ?? 0) + 1)
  return counts
}

function isShared(counts: Map<string, number>, name: string): boolean {
  return (counts.get(name.toLowerCase()) ?? 0) > 1
}

/** The groups that come after one of an id, in pages; each with the id of its last one. */
export function* pageGroups(
  groups: readonly SourceRecord[],
  after: string | undefined,
  pageSize: number,
): Iterable<{ readonly records: readonly SourceRecord[]; readonly last: string }> {
  const rest = groups.filter(({ id }) => after === undefined || id > after)
  for (let start = 0; start < rest.length; start += pageSize) {
    const records = rest.slice(start, start + pageSize)
    yield { records, last: records.at(-1)?.id ?? '' }
  }
}

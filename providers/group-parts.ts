// Groups whose members a source gives in parts: a large group is several records, each on a page of its own.
import type { SourceRecord } from './provider.ts'

/** Up to a group all is read; or, where `link` is there, up to the part of it that the link leads to. */
export type GroupPlace = { group: string; link: string | null }

export interface GroupPart {
  readonly record: SourceRecord
  /** Where to go on behind it. */
  readonly place: GroupPlace
}

/** Parts in pages; each with where to go on behind its last one. */
export async function* pageParts(
  parts: AsyncIterable<GroupPart>,
  pageSize: number,
): AsyncIterable<{ readonly records: readonly SourceRecord[]; readonly place: GroupPlace }> {
  let page: GroupPart[] = []
  for await (const part of parts) {
    const last = page.at(-1)
    if (last !== undefined && (page.length === pageSize || last.record.id === part.record.id)) {
      yield { records: page.map(({ record }) => record), place: last.place }
      page = []
    }
    page.push(part)
  }
  const last = page.at(-1)
  if (last !== undefined) yield { records: page.map(({ record }) => record), place: last.place }
}

export interface NamedGroup {
  readonly id: string
  readonly name: string
  /** When it was made, in a form that is ordered as text; empty where nobody says. */
  readonly created: string
}

/**
 * Names of groups by their ids, each once: a directory has no two groups of one name, and sources do. The oldest keeps the name, so that a
 * group that is new takes no name from another; the others have their ids behind it.
 */
export function nameApart(groups: readonly NamedGroup[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  const taken = new Set<string>()
  const byAge = groups.toSorted((one, other) => compare(one.created, other.created) || compare(one.id, other.id))
  for (const { id, name } of byAge) {
    const key = name.toLowerCase()
    names.set(id, taken.has(key) ? `${name} (${id})` : name)
    taken.add(key)
  }
  return names
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other)
}

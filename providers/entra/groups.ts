// Groups and who is in them, groups among these. A round that reads all gives members in parts, some of a group here and some there. One
// that reads changes says who came and who went; as whoever takes records wants all members of a group, these are read then.
import { type GroupPart, type GroupPlace, nameApart, type NamedGroup } from '../group-parts.ts'
import { readObjects, readText } from '../json.ts'
import type { JsonObject, SourceMember, SourceRecord } from '../provider.ts'
import { type EntraApi, linkToDelta } from './api.ts'

const properties = ['id', 'displayName', 'description', 'securityEnabled']

export const linkToGroups = linkToDelta('groups', [...properties, 'members'])

/** Names of all groups by their ids, each once. */
export async function readGroupNames(api: EntraApi): Promise<ReadonlyMap<string, string>> {
  const groups: NamedGroup[] = []
  for await (const { items } of api.readList('/groups?$select=id,displayName,createdDateTime&$top=999')) {
    for (const { id, displayName, createdDateTime: created } of items) {
      const group = readText(id)
      if (group === undefined) continue
      groups.push({ id: group, name: readText(displayName) ?? group, created: readText(created) ?? '' })
    }
  }
  return nameApart(groups)
}

export interface GroupPage {
  readonly records: readonly SourceRecord[]
  readonly deletedIds: readonly string[]
  /** Groups that somebody left while the round was under way, who may have been given before. */
  readonly left: readonly string[]
  readonly next: string | undefined
  readonly delta: string | undefined
}

/** A page of a round that reads all groups. */
export async function readGroupPage(
  api: EntraApi,
  names: ReadonlyMap<string, string>,
  link: string,
  pageSize: number,
): Promise<GroupPage> {
  const { items, next, delta } = await api.readDelta(link, pageSize)
  const changes = mergeChanges(items)
  const groups = [...changes].filter(([, { isDeleted }]) => !isDeleted)
  return {
    records: groups.map(([id, { group, members }]) => {
      const present = [...members.values()].filter(({ isGone }) => !isGone).map(({ member }) => member)
      return { id, type: 'group', fields: readFields(group, names), members: present }
    }),
    deletedIds: [...changes].filter(([, { isDeleted }]) => isDeleted).map(([id]) => id),
    left: groups.filter(([, { members }]) => [...members.values()].some(({ isGone }) => isGone)).map(([id]) => id),
    next,
    delta,
  }
}

interface MemberChange {
  readonly member: SourceMember
  readonly isGone: boolean
}

interface GroupChange {
  readonly group: JsonObject
  readonly isDeleted: boolean
  /** Type and id → what became of it, where the change is one of members. */
  readonly members: ReadonlyMap<string, MemberChange>
  readonly hasMembers: boolean
}

export type GroupChanges = ReadonlyMap<string, GroupChange>

// Of what comes several times the last word counts.
function mergeChanges(
  items: readonly JsonObject[],
  changes: Map<string, GroupChange> = new Map(),
): Map<string, GroupChange> {
  for (const item of items) {
    const id = readText(item['id'])
    if (id === undefined) continue
    const isDeleted = item['@removed'] !== undefined
    const earlier = changes.get(id)
    const base = isDeleted || earlier?.isDeleted === true ? undefined : earlier
    const entries = readObjects(item['members@delta'])
    const members = new Map(base?.members)
    for (const entry of entries ?? []) {
      const member = readMember(entry)
      if (member !== undefined) members.set(toKey(member), { member, isGone: entry['@removed'] !== undefined })
    }
    const hasMembers = base?.hasMembers === true || entries !== undefined
    changes.set(id, { group: { ...base?.group, ...item }, isDeleted, members, hasMembers })
  }
  return changes
}

/** All of a round of changes, and where the next one begins. */
export async function readGroupChanges(
  api: EntraApi,
  start: string,
  pageSize: number,
): Promise<{ readonly changes: GroupChanges; readonly delta: string }> {
  const changes = new Map<string, GroupChange>()
  for (let link = start; ;) {
    const { items, next, delta } = await api.readDelta(link, pageSize)
    mergeChanges(items, changes)
    if (delta !== undefined) return { changes, delta }
    link = next ?? ''
  }
}

/** Groups that changed, in the order of their ids, from a place; those of `again` with their members, whatever changed. */
export async function* readChangedGroups(
  api: EntraApi,
  names: ReadonlyMap<string, string>,
  changes: GroupChanges,
  again: readonly string[],
  place: GroupPlace | null,
): AsyncIterable<GroupPart> {
  const ids = [...new Set([...changes.keys(), ...again])].toSorted()
  for (const id of ids) {
    if (place !== null && (id < place.group || (id === place.group && place.link === null))) continue
    const change = changes.get(id)
    if (change?.isDeleted === true) continue
    const group =
      change?.group ?? (await api.readOne(`/groups/${encodeURIComponent(id)}?$select=${properties.join(',')}`))
    // It was deleted meanwhile, of which the next round tells.
    if (group === undefined) continue
    const record: SourceRecord = { id, type: 'group', fields: readFields(group, names) }
    const start = place !== null && id === place.group ? place.link : null
    if (change === undefined || change.hasMembers || again.includes(id)) yield* readParts(api, record, change, start)
    else yield { record, place: { group: id, link: null } }
  }
}

// What is read may lag behind what is told of; so what was told counts.
async function* readParts(
  api: EntraApi,
  record: SourceRecord,
  change: GroupChange | undefined,
  start: string | null,
): AsyncIterable<GroupPart> {
  const told = change?.members ?? new Map<string, MemberChange>()
  const came = [...told.values()].filter(({ isGone }) => !isGone).map(({ member }) => member)
  const link = start ?? `/groups/${encodeURIComponent(record.id)}/members?$select=id&$top=999`
  for await (const { items, next } of api.readList(link, [404])) {
    const read = items.flatMap((item) => readMember(item) ?? []).filter((member) => !told.has(toKey(member)))
    yield {
      record: { ...record, members: next === undefined ? [...read, ...came] : read },
      place: { group: record.id, link: next ?? null },
    }
  }
}

function readFields(group: JsonObject, names: ReadonlyMap<string, string>): JsonObject {
  const { displayName, description, securityEnabled } = group
  const name = names.get(readText(group['id']) ?? '') ?? displayName
  return {
    ...(name !== undefined && { displayName: name }),
    description: description ?? null,
    ...(securityEnabled !== undefined && { securityGroup: securityEnabled }),
  }
}

// Devices, applications and contacts are nobody whom the directory knows.
function readMember(entry: JsonObject): SourceMember | undefined {
  const id = readText(entry['id'])
  const type = readText(entry['@odata.type'])
  if (id === undefined) return undefined
  if (type === '#microsoft.graph.user') return { id, type: 'user' }
  return type === '#microsoft.graph.group' ? { id, type: 'group' } : undefined
}

function toKey({ type, id }: SourceMember): string {
  return `${type} ${id}`
}

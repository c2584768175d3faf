// What changed, in the words of PATCH (RFC 7644 section 3.5.2).
import type { JsonObject, JsonValue } from '../../db/tables.ts'
import type { EventData } from '../event.ts'

export interface Member {
  readonly id: string
  readonly type: 'User' | 'Group'
}

type Changes = NonNullable<EventData['changes']>

/** The names of what a resource has, as PATCH paths; the attributes of extensions each by themselves. */
export function listAttributes(resource: JsonObject): string[] {
  return Object.entries(resource).flatMap(([name, value]) => {
    if (name === 'schemas' || name === 'meta') return []
    // Only the data of an extension stands under a URN.
    if (!name.includes(':') || !isObject(value)) return [name]
    return Object.keys(value).map((inner) => `${name}:${inner}`)
  })
}

/** The operations that make what was into what is. Values of several are replaced together, as they have no names. */
export function listOperations(changes: Changes): JsonObject[] {
  return Object.entries(changes).flatMap(([path, { before, after }]) => {
    if (after === undefined) return [{ op: 'remove', path }]
    if (isObject(before) && isObject(after)) return listSubOperations(path, before, after)
    return [{ op: 'replace', path, value: after }]
  })
}

// To replace a complex value leaves its other sub-attributes as they are (RFC 7644 section 3.5.2.3), so each is told.
function listSubOperations(path: string, before: JsonObject, after: JsonObject): JsonObject[] {
  const gone = Object.keys(before).filter((sub) => after[sub] === undefined)
  const set = Object.entries(after).filter(([sub, value]) => JSON.stringify(value) !== JSON.stringify(before[sub]))
  return [
    ...gone.map((sub) => ({ op: 'remove', path: `${path}.${sub}` })),
    ...set.map(([sub, value]) => ({ op: 'replace', path: `${path}.${sub}`, value })),
  ]
}

/** The operations that let members come. */
export function addMembers(members: readonly Member[]): JsonObject[] {
  return members.length === 0 ? [] : [{ op: 'add', path: 'members', value: members.map(toMember) }]
}

/** The operations that let members go. */
export function removeMembers(members: readonly Member[]): JsonObject[] {
  return members.map(({ id }) => ({ op: 'remove', path: `members[value eq "${id}"]` }))
}

/** A member as it is in a group. */
export function toMember({ id, type }: Member): JsonObject {
  return { value: id, type }
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

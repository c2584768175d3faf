// One person, several directories: what each says, and whose word counts for which attribute.
import type { JsonObject, JsonValue } from '../db/tables.ts'
import { isSameJson } from './json.ts'
import { asObject, type UserResource } from './user-record.ts'

/** What one directory says of a person. */
export interface Statement {
  readonly directoryId: string
  readonly resource: UserResource
}

export interface Merged {
  readonly resource: UserResource
  /** attribute → directory that set it */
  readonly setBy: Record<string, string>
}

/**
 * Merges the statements of a person. For an attribute named in `authority` only the directories listed there count, in that
 * order, unless none of them knows the person; for every other the first statement that has it, and `statements` starts with
 * the owner's.
 */
export function mergeStatements(statements: readonly Statement[], authority: Record<string, string[]>): Merged {
  const flat = statements.map(({ directoryId, resource }) => ({ directoryId, values: flatten(resource) }))
  const merged = new Map<string, JsonValue>()
  const setBy: Record<string, string> = {}
  for (const attribute of new Set(flat.flatMap(({ values }) => [...values.keys()]))) {
    const listed = findListed(authority, attribute) ?? []
    const entitled = listed.flatMap((id) => flat.filter((one) => one.directoryId === id))
    const candidates = entitled.length === 0 ? flat : entitled
    const winner = candidates.find(({ values }) => values.has(attribute))
    if (winner === undefined) continue
    merged.set(attribute, winner.values.get(attribute) ?? null)
    setBy[attribute] = winner.directoryId
  }
  return { resource: unflatten(merged), setBy }
}

/** The directories that may set an attribute, or undefined where that is not said. Attribute names have no case. */
export function findListed(authority: Record<string, string[]>, attribute: string): string[] | undefined {
  const lower = attribute.toLowerCase()
  return Object.entries(authority).find(([name]) => name.toLowerCase() === lower)?.[1]
}

/** The attributes in which two resources differ, with the value on each side. */
export function compareResources(before: UserResource, after: UserResource): Map<string, Difference> {
  const [left, right] = [flatten(before), flatten(after)]
  const differences = new Map<string, Difference>()
  for (const attribute of new Set([...left.keys(), ...right.keys()])) {
    const difference = { before: left.get(attribute), after: right.get(attribute) }
    if (!isSameJson(difference.before, difference.after)) differences.set(attribute, difference)
  }
  return differences
}

export interface Difference {
  readonly before: JsonValue | undefined
  readonly after: JsonValue | undefined
}

/** `resource` with the given attributes set, or taken away where `after` is undefined. */
export function applyDifferences(resource: UserResource, differences: Map<string, Difference>): UserResource {
  const values = flatten(resource)
  for (const [attribute, { after }] of differences) {
    if (after === undefined) values.delete(attribute)
    else values.set(attribute, after)
  }
  return unflatten(values)
}

const separator = ':'

// Attributes of an extension stand by themselves, as `urn:…:User:department`: each may belong to another directory.
function flatten(resource: UserResource): Map<string, JsonValue> {
  const values = new Map<string, JsonValue>()
  for (const [name, value] of Object.entries(resource)) {
    if (name === 'schemas') continue
    const extension = name.includes(separator) ? asObject(value) : undefined
    if (extension === undefined) values.set(name, value)
    else for (const [inner, innerValue] of Object.entries(extension)) values.set(name + separator + inner, innerValue)
  }
  return values
}

function unflatten(values: Map<string, JsonValue>): UserResource {
  const resource: JsonObject = {}
  for (const [attribute, value] of values) {
    const split = attribute.lastIndexOf(separator)
    if (split === -1) resource[attribute] = value
    else {
      const extension = attribute.slice(0, split)
      resource[extension] = { ...asObject(resource[extension]), [attribute.slice(split + 1)]: value }
    }
  }
  return { schemas: listSchemas(resource), ...resource }
}

const coreUser = 'urn:ietf:params:scim:schemas:core:2.0:User'

/** A resource names the schemas that it has data of (RFC 7643 section 3). */
export function listSchemas(resource: JsonObject): string[] {
  return [coreUser, ...Object.keys(resource).filter((name) => name.includes(separator))]
}

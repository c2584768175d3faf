// What the floor does to a resource: plain objects, no schema.
import { isDeepStrictEqual } from 'node:util'

export interface Resource {
  [name: string]: unknown
  meta?: { readonly created: string }
}

/** The resource as it is stored and sent. */
export function finish(resource: Resource, id: string, version: number, created: Date, modified: Date): Resource {
  const { id: _, meta: __, ...rest } = resource
  const meta = {
    resourceType: 'User',
    created: created.toISOString(),
    lastModified: modified.toISOString(),
    location: `http://127.0.0.1/scim/v2/Users/${id}`,
    version: `W/"${version}"`,
  }
  return { id, ...rest, meta }
}

export function toColumns(resource: Resource): {
  text: string
  userName: string
  emails: string[]
  externalId: string | null
} {
  const emails = (resource['emails'] ?? []) as { value: string }[]
  return {
    text: JSON.stringify(resource),
    userName: String(resource['userName']).toLowerCase(),
    emails: emails.map(({ value }) => value.toLowerCase()),
    externalId: typeof resource['externalId'] === 'string' ? resource['externalId'] : null,
  }
}

/** attribute → before and after, as JSON text. */
export function describeDifference(before: Resource, after: Resource): string {
  const difference: Record<string, unknown> = {}
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (name === 'meta' || isDeepStrictEqual(before[name], after[name])) continue
    difference[name] = { before: before[name], after: after[name] }
  }
  return JSON.stringify(difference)
}

export function listEvents(before: Resource, after: Resource): string[] {
  if (before['active'] === after['active']) return ['user.updated']
  return ['user.updated', after['active'] === true ? 'user.activated' : 'user.deactivated']
}

interface Operation {
  readonly path?: string
  readonly value: unknown
}

/** Replaces: without a path every attribute of the value, with one what it leads to. */
export function applyOperations(resource: Resource, operations: readonly Operation[]): Resource {
  for (const { path, value } of operations) {
    if (path === undefined) Object.assign(resource, value)
    else setPath(resource, path, value)
  }
  return resource
}

function setPath(resource: Resource, path: string, value: unknown): void {
  const inList = /^(\w+)\[type eq "(\w+)"\]\.(\w+)$/.exec(path)
  if (inList !== null) {
    const [, name = '', type, sub = ''] = inList
    const one = (resource[name] as Record<string, unknown>[] | undefined)?.find((item) => item['type'] === type)
    if (one !== undefined) one[sub] = value
    return
  }
  const split = path.startsWith('urn:') ? path.lastIndexOf(':') : -1
  const container = split === -1 ? resource : (resource[path.slice(0, split)] as Resource)
  const name = path.slice(split + 1)
  // Entra sends booleans as strings.
  container[name] = name === 'active' ? String(value).toLowerCase() === 'true' : value
}

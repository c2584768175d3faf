// What a write names: attributes with returned=request are in its answer where the client specified them (RFC 7643 section 7).
import { resolvePath } from './attribute-path.ts'
import type { Operation } from './patch-syntax.ts'
import { isObject } from './resource.ts'
import type { Attribute, ResourceType } from './schema.ts'

const nothing: ReadonlySet<Attribute> = new Set()

/** The attributes that the body of a POST or PUT names, where the type has any that are returned on request. */
export function findSpecified(body: unknown, type: ResourceType): ReadonlySet<Attribute> {
  return type.hides ? resolveAll(listNames(body), type) : nothing
}

/** The same for a PATCH. */
export function findPatched(operations: readonly Operation[], type: ResourceType): ReadonlySet<Attribute> {
  if (!type.hides) return nothing
  const names = operations.flatMap(({ path, value }) => {
    if (path === undefined) return listNames(value)
    const [name = ''] = path.split('[')
    return [name, ...listNames({ [name]: value })]
  })
  return resolveAll(names, type)
}

// An extension is an object under its URN, and its attributes are what is named.
function listNames(body: unknown): string[] {
  if (!isObject(body)) return []
  return Object.entries(body).flatMap(([name, value]) =>
    name.includes(':') && isObject(value) ? Object.keys(value).map((inner) => `${name}:${inner}`) : [name],
  )
}

function resolveAll(names: readonly string[], type: ResourceType): ReadonlySet<Attribute> {
  return new Set(names.flatMap((name) => resolvePath(name.trim(), type)?.attribute ?? []))
}

// What can be set only once (RFC 7643 section 2.2).
import type { JsonObject, JsonValue } from '../db/tables.ts'
import { isSameJson } from '../directory/json.ts'
import { AppError } from '../errors.ts'
import { finishResource, isObject } from './resource.ts'
import type { Attribute, ResourceType, Schema } from './schema.ts'
import { dropMisfits } from './stored.ts'

/** Throws mutability where an attribute, or a sub-attribute of it, is set already and can be set only once. */
export function refuseChange(
  { mutability, subs }: Attribute,
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  path: string,
): void {
  if (before === undefined || isSameJson(before, after)) return
  if (mutability === 'immutable') throw new AppError('mutability', `${path} cannot be changed once it is set.`)
  if (!isObject(before)) return
  for (const sub of subs.values()) {
    refuseChange(sub, before[sub.name], isObject(after) ? after[sub.name] : undefined, `${path}.${sub.name}`)
  }
}

/**
 * What PUT makes of a resource: what it says, and what can be set only once as it is where the request leaves it out. Throws
 * mutability where it says otherwise (RFC 7644 section 3.5.1).
 */
export function keepImmutable(stored: JsonObject, after: JsonObject, type: ResourceType): JsonObject {
  const before = dropMisfits(stored, type)
  const kept = keepIn(before, after, type.schema.attributes, '')
  for (const extension of type.extensions.values()) {
    const [was, is] = [readContainer(before, extension), readContainer(after, extension)]
    const container = keepIn(was, is, extension.attributes, `${extension.id}:`)
    if (Object.keys(container).length > 0) kept[extension.id] = container
  }
  return finishResource(kept, type)
}

function keepIn(
  before: JsonObject,
  after: JsonObject,
  attributes: ReadonlyMap<string, Attribute>,
  prefix: string,
): JsonObject {
  const kept = { ...after }
  for (const { name, mutability, subs } of attributes.values()) {
    const [value, next] = [before[name], after[name]]
    if (value === undefined || isSameJson(value, next)) continue
    if (mutability === 'immutable') {
      if (next !== undefined) throw new AppError('mutability', `${prefix}${name} cannot be changed once it is set.`)
      kept[name] = value
    } else if (isObject(value)) {
      const inner = keepIn(value, isObject(next) ? next : {}, subs, `${prefix}${name}.`)
      if (Object.keys(inner).length > 0) kept[name] = inner
    }
  }
  return kept
}

function readContainer(resource: JsonObject, { id }: Schema): JsonObject {
  const container: JsonValue | undefined = resource[id]
  return isObject(container) ? container : {}
}

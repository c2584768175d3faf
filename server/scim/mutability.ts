import { isDeepStrictEqual } from 'node:util'
import type { JsonObject, JsonValue } from '../db/tables.ts'
import { AppError } from '../errors.ts'
import { finishResource, isObject } from './resource.ts'
import type { ResourceType, Schema } from './schema.ts'

/**
 * What PUT makes of a resource: what it says, and what can be set only once as it is where the request leaves it out. Throws
 * mutability where it says otherwise (RFC 7644 section 3.5.1).
 */
export function keepImmutable(before: JsonObject, after: JsonObject, type: ResourceType): JsonObject {
  const kept = keepIn(before, after, type.schema)
  for (const extension of type.extensions.values()) {
    const container = keepIn(readContainer(before, extension), readContainer(after, extension), extension)
    if (Object.keys(container).length > 0) kept[extension.id] = container
  }
  return finishResource(kept, type)
}

function keepIn(before: JsonObject, after: JsonObject, schema: Schema): JsonObject {
  const kept = { ...after }
  for (const { name, mutability } of schema.attributes.values()) {
    const value = before[name]
    if (mutability !== 'immutable' || value === undefined || isDeepStrictEqual(value, after[name])) continue
    if (after[name] !== undefined) throw new AppError('mutability', `${name} cannot be changed once it is set.`)
    kept[name] = value
  }
  return kept
}

function readContainer(resource: JsonObject, { id }: Schema): JsonObject {
  const container: JsonValue | undefined = resource[id]
  return isObject(container) ? container : {}
}

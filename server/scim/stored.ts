// What is stored was written by the schema of its day. Where a file declares an attribute otherwise since, its old values are
// not values of it.
import type { JsonObject, JsonValue } from '../db/tables.ts'
import { isDateTime } from './date-time.ts'
import { isObject } from './resource.ts'
import type { Attribute, ResourceType } from './schema.ts'

/** Whether a stored value can be one of the attribute as it is declared now. */
export function fits({ type, multiValued, returned }: Attribute, value: JsonValue): boolean {
  if (returned === 'never') return false
  if (!multiValued) return fitsType(type, value)
  return Array.isArray(value) && value.every((one) => fitsType(type, one))
}

/**
 * A copy of a stored resource without the values that do not fit. What the schema does not have stays as it is, and is shared.
 */
export function dropMisfits(resource: JsonObject, type: ResourceType): JsonObject {
  const kept = fitMembers(resource, type.schema.attributes)
  for (const { id, attributes } of type.extensions.values()) {
    const container = kept[id]
    if (isObject(container)) kept[id] = fitMembers(container, attributes)
  }
  return kept
}

function fitMembers(object: JsonObject, attributes: ReadonlyMap<string, Attribute>): JsonObject {
  const kept: JsonObject = {}
  for (const [name, value] of Object.entries(object)) {
    const attribute = attributes.get(name.toLowerCase())
    if (attribute === undefined) kept[name] = value
    else if (fits(attribute, value)) kept[name] = fitSubs(value, attribute.subs)
  }
  return kept
}

function fitSubs(value: JsonValue, subs: ReadonlyMap<string, Attribute>): JsonValue {
  if (Array.isArray(value)) return value.map((one) => fitSubs(one, subs))
  return isObject(value) ? fitMembers(value, subs) : value
}

function fitsType(type: Attribute['type'], value: JsonValue): boolean {
  switch (type) {
    case 'complex':
      return isObject(value)
    case 'boolean':
      return typeof value === 'boolean'
    case 'integer':
      return Number.isSafeInteger(value)
    case 'decimal':
      return typeof value === 'number'
    case 'dateTime':
      return typeof value === 'string' && isDateTime(value)
    case 'binary':
    case 'reference':
    case 'string':
      return typeof value === 'string'
  }
}

// What equality in resources of types of one's own is looked up by: one key for every text and number in them, under one index.
import type { JsonObject, JsonValue } from '../db/tables.ts'
import type { AttributePath, Condition } from './condition.ts'
import { pathKey } from './condition.ts'
import { foldCase } from './keys.ts'

const maxLength = 200

/** The keys of a resource in canonical form. Long values are cut: what is found by a key is compared in full. */
export function listKeys(resource: JsonObject): string[] {
  const keys = new Set<string>()
  for (const [name, value] of Object.entries(resource)) {
    // An extension is an object under its URN; no attribute has a colon in its name.
    if (name.includes(':')) addAttributes(keys, `${name}:`, value)
    else if (name !== 'schemas') addValue(keys, name, value)
  }
  return [...keys]
}

function addAttributes(keys: Set<string>, prefix: string, container: JsonValue): void {
  if (typeof container !== 'object' || container === null || Array.isArray(container)) return
  for (const [name, value] of Object.entries(container)) addValue(keys, prefix + name, value)
}

function addValue(keys: Set<string>, path: string, value: JsonValue): void {
  if (Array.isArray(value)) for (const one of value) addValue(keys, path, one)
  else if (typeof value === 'object') addAttributes(keys, `${path}.`, value)
  else if (typeof value !== 'boolean') keys.add(writeKey(path, value))
}

function writeKey(path: string, value: string | number): string {
  return `${path}=${foldCase(String(value))}`.slice(0, maxLength).toWellFormed()
}

/** The keys that every resource has which meets the condition. */
export function listRequiredKeys(condition: Condition): string[] {
  if (condition.kind === 'and') return condition.of.flatMap(listRequiredKeys)
  if (condition.kind !== 'compare' || condition.comparison !== 'eq') return []
  const { path, value } = condition
  if (!hasKey(path) || (typeof value !== 'string' && typeof value !== 'number') || value === '') return []
  return [writeKey(pathKey(path), value)]
}

// Two texts may mean the same moment, a missing `primary` is false, and what all resources of a type name is worth no key.
function hasKey({ type, extension, name }: AttributePath): boolean {
  const isSchemas = extension === undefined && name === 'schemas'
  return type !== 'dateTime' && type !== 'boolean' && !isSchemas
}

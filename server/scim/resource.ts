// Reads a whole resource from a request body, and puts a changed one into final form.
import type { JsonObject, JsonValue } from '../db/tables.ts'
import { AppError } from '../errors.ts'
import { type Reading, repair } from './notes.ts'
import type { Attribute, ResourceType, Schema } from './schema.ts'
import { checkPrimary, ignoreUnknown, invalid, readValue } from './values.ts'

/**
 * The resource of a POST or PUT body in canonical form, with externalId and without id, meta and whatever else only the
 * server sets, which is ignored (RFC 7644 section 3.3). Throws invalid_syntax and invalid_value.
 */
export function readResource(body: unknown, type: ResourceType, reading: Reading): JsonObject {
  if (!isObject(body)) throw new AppError('invalid_syntax', 'The body must be a JSON object.')
  const resource: JsonObject = {}
  let schemas: unknown
  const seen = new Set<string>()
  for (const [name, value] of Object.entries(body)) {
    const lower = name.toLowerCase()
    if (seen.has(lower)) throw new AppError('invalid_syntax', `${shorten(name)} is given twice.`)
    seen.add(lower)
    if (lower === 'schemas') schemas = value
    else readMember(resource, name, lower, value, type, reading)
  }
  checkSchemas(schemas, type, reading)
  return finishResource(resource, type)
}

function readMember(
  resource: JsonObject,
  name: string,
  lower: string,
  value: unknown,
  type: ResourceType,
  reading: Reading,
): void {
  const attribute = type.schema.attributes.get(lower)
  if (attribute !== undefined) {
    setAttribute(resource, attribute, value, attribute.name, reading)
    return
  }
  const extension = type.extensions.get(lower)
  if (extension !== undefined) readExtension(resource, extension, value, reading)
  else ignoreUnknown(name, reading)
}

function readExtension(resource: JsonObject, extension: Schema, value: unknown, reading: Reading): void {
  if (value === null) return
  if (!isObject(value)) throw invalid(extension.id, 'must be an object')
  const container: JsonObject = {}
  const seen = new Set<string>()
  for (const [name, inner] of Object.entries(value)) {
    const lower = name.toLowerCase()
    if (seen.has(lower)) throw new AppError('invalid_syntax', `${extension.id}:${shorten(name)} is given twice.`)
    seen.add(lower)
    const attribute = extension.attributes.get(lower)
    if (attribute === undefined) ignoreUnknown(`${extension.id}:${name}`, reading)
    else setAttribute(container, attribute, inner, `${extension.id}:${attribute.name}`, reading)
  }
  if (Object.keys(container).length > 0) resource[extension.id] = container
}

function setAttribute(target: JsonObject, attribute: Attribute, value: unknown, path: string, reading: Reading): void {
  if (attribute.mutability === 'readOnly') return
  if (attribute.returned === 'never') {
    reading.notes.push({ path, note: 'not kept: Rollcall stores no secrets of people' })
    return
  }
  const read = readValue(attribute, value, path, reading)
  if (read !== undefined) target[attribute.name] = read
}

// Okta and Entra name the schemas that they mean, with odd ones among them; a body that names none of this type is not one.
function checkSchemas(schemas: unknown, type: ResourceType, reading: Reading): void {
  if (!Array.isArray(schemas) || schemas.length === 0 || !schemas.every((one) => typeof one === 'string')) {
    throw new AppError('invalid_syntax', `schemas must be an array that names ${type.schema.id}.`)
  }
  const named = schemas.map((one: string) => one.toLowerCase())
  const core = type.schema.id.toLowerCase()
  if (!named.includes(core)) {
    if (!named.some((urn) => type.extensions.has(urn)))
      throw new AppError('invalid_value', `schemas must name ${type.schema.id}.`)
    repair(
      reading,
      'schemas',
      `${type.schema.id} was added`,
      () => new AppError('invalid_value', `schemas must name ${type.schema.id}.`),
    )
  }
  for (const [index, urn] of named.entries()) {
    if (urn === core || type.extensions.has(urn)) continue
    const given = shorten(String(schemas[index]))
    if (urn.startsWith('urn:ietf:params:scim:schemas:core:2.0:'))
      throw new AppError('invalid_value', `schemas: ${given} is not a schema of ${type.name}.`)
    repair(
      reading,
      'schemas',
      `${given} is unknown: ignored`,
      () => new AppError('invalid_syntax', `schemas: ${given} is unknown.`),
    )
  }
}

/**
 * Checks what must hold for a whole resource, and writes `schemas` as the data has it (RFC 7643 section 3). Throws
 * invalid_value where a required attribute is missing or several values are primary.
 */
export function finishResource(resource: JsonObject, type: ResourceType): JsonObject {
  const { schemas: _, ...rest } = resource
  for (const [name, value] of Object.entries(rest)) if (isEmpty(value)) delete rest[name]
  checkAttributes(rest, type.schema, '')
  const extensions = [...type.extensions.values()].filter((extension) => Object.hasOwn(rest, extension.id))
  for (const { id, required } of type.extensions.values()) {
    if (required && !Object.hasOwn(rest, id)) throw invalid(id, 'is required')
  }
  for (const extension of extensions) checkAttributes(rest[extension.id] as JsonObject, extension, `${extension.id}:`)
  return { schemas: [type.schema.id, ...extensions.map((extension) => extension.id)], ...rest }
}

function checkAttributes(container: JsonObject, schema: Schema, prefix: string): void {
  for (const attribute of schema.attributes.values()) {
    const value = container[attribute.name]
    if (value === undefined) {
      if (attribute.required && attribute.mutability !== 'readOnly')
        throw invalid(prefix + attribute.name, 'is required')
      continue
    }
    if (attribute.multiValued) checkPrimary(value as JsonValue[], prefix + attribute.name)
    if (attribute.type === 'complex') checkSubs(value, attribute, prefix + attribute.name)
  }
}

function checkSubs(value: JsonValue, attribute: Attribute, path: string): void {
  const required = [...attribute.subs.values()].filter((sub) => sub.required && sub.mutability !== 'readOnly')
  if (required.length === 0) return
  for (const one of Array.isArray(value) ? value : [value]) {
    for (const sub of required) {
      if (!Object.hasOwn(one as JsonObject, sub.name)) throw invalid(`${path}.${sub.name}`, 'is required')
    }
  }
}

export function isEmpty(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null || value === '') return true
  return typeof value === 'object' && Object.keys(value).length === 0
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function shorten(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}

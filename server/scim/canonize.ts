// What sync needs of the schemas: values that were mapped from a source, as a resource of the organization's schema.
import type { Database } from '../db/connect.ts'
import { query } from '../db/query.ts'
import type { JsonObject, JsonValue } from '../db/tables.ts'
import { AppError } from '../errors.ts'
import type { Canonize } from '../sync/services.ts'
import { isDateTime } from './date-time.ts'
import { findType, type OrganizationSchema, type OrganizationSchemas } from './organization-schema.ts'
import { isEmpty, isObject } from './resource.ts'
import type { Attribute, ResourceType, Schema } from './schema.ts'
import { isPrimary, isSetByServer, readValue } from './values.ts'

/** By the schema as the organization has it now. What others are required to have may be missing here: rules say what is mapped. */
export async function createCanonize(
  db: Database,
  schemas: OrganizationSchemas,
  organizationId: string,
): Promise<Canonize> {
  const text = 'select schema_version as version from organizations where org_id = $1'
  const [row] = await query<{ version: number }>(db, text, [organizationId])
  const schema = await schemas.find(organizationId, row?.version ?? 1, db)
  return (resourceType, mapped) => canonize(schema, resourceType, mapped)
}

function canonize(
  schema: OrganizationSchema,
  resourceType: string,
  mapped: JsonObject,
): { resource: JsonObject; faults: string[] } {
  const type = findType(schema, resourceType)
  const faults: string[] = []
  const resource: JsonObject = {}
  const extensions: string[] = []
  for (const [name, value] of Object.entries(mapped)) {
    const extension = isObject(value) ? findExtension(type, name) : undefined
    if (extension === undefined) readAttribute(type.schema, resource, name, value, '', faults)
    else if (isObject(value)) readExtension(extension, resource, value, faults)
  }
  for (const { id } of type.extensions.values()) if (Object.hasOwn(resource, id)) extensions.push(id)
  return { resource: { schemas: [type.schema.id, ...extensions], ...resource }, faults }
}

const findExtension = (type: ResourceType, name: string): Schema | undefined =>
  type.extensions.get(name) ?? type.extensions.get(name.toLowerCase())

function readExtension(
  extension: Schema,
  resource: JsonObject,
  given: Record<string, JsonValue>,
  faults: string[],
): void {
  const container: JsonObject = {}
  for (const [name, value] of Object.entries(given))
    readAttribute(extension, container, name, value, `${extension.id}:`, faults)
  if (Object.keys(container).length > 0) resource[extension.id] = container
}

function readAttribute(
  schema: Schema,
  target: JsonObject,
  name: string,
  given: JsonValue,
  prefix: string,
  faults: string[],
): void {
  const attribute = schema.attributes.get(name.toLowerCase())
  if (attribute === undefined) {
    faults.push(`${prefix}${name.slice(0, 200)} is not in the schema.`)
    return
  }
  if (attribute.mutability === 'readOnly' || attribute.returned === 'never') return
  const value = readParts(attribute, given, prefix + attribute.name, faults)
  if (value !== undefined && !isEmpty(value)) target[attribute.name] = value
}

// Each value for itself, so that a wrong one takes no other with it.
function readParts(attribute: Attribute, given: JsonValue, path: string, faults: string[]): JsonValue | undefined {
  if (!attribute.multiValued) return readOne(attribute, given, path, faults)
  const values: JsonValue[] = []
  for (const one of Array.isArray(given) ? given : [given]) {
    const value = readOne(attribute, one, path, faults)
    if (value === undefined || (isObject(value) && isBare(value))) continue
    if (isPrimary(value) && isObject(value) && values.some(isPrimary)) delete value['primary']
    values.push(value)
  }
  return values
}

// `{type: 'work', primary: true}` says nothing of anybody.
function isBare(value: Record<string, unknown>): boolean {
  return Object.keys(value).every((name) => name === 'type' || name === 'primary')
}

function readOne(attribute: Attribute, given: JsonValue, path: string, faults: string[]): JsonValue | undefined {
  if (attribute.type !== 'complex' || !isObject(given)) return readPlain(attribute, given, path, faults)
  const value: JsonObject = {}
  for (const [name, inner] of Object.entries(given)) {
    const sub = attribute.subs.get(name.toLowerCase())
    if (sub === undefined) faults.push(`${path}.${name.slice(0, 200)} is not in the schema.`)
    else if (!isSetByServer(sub)) {
      const read = readParts(sub, inner, `${path}.${sub.name}`, faults)
      if (read !== undefined) value[sub.name] = read
    }
  }
  return Object.keys(value).length === 0 ? undefined : value
}

function readPlain(attribute: Attribute, given: JsonValue, path: string, faults: string[]): JsonValue | undefined {
  try {
    // What is repaired in passing is not worth telling of each of many records.
    const read = readValue(attribute, convert(attribute, given), path, { strict: false, notes: [] })
    return attribute.multiValued && Array.isArray(read) ? read[0] : read
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    faults.push(error.message)
    return undefined
  }
}

// Sources and files have text where the schema has numbers, and the other way round.
function convert({ type }: Attribute, given: JsonValue): JsonValue {
  if (type === 'string' || type === 'reference') {
    return typeof given === 'number' || typeof given === 'boolean' ? String(given) : given
  }
  if (typeof given !== 'string') return given
  if (type === 'integer' || type === 'decimal') return number.test(given) ? Number(given) : given
  if (type === 'dateTime' && day.test(given) && isDateTime(`${given}T00:00:00Z`)) return `${given}T00:00:00Z`
  return given
}

const number = /^[+-]?\d+(\.\d+)?$/
const day = /^\d{4}-\d{2}-\d{2}$/

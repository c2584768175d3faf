// Reads the schemas and resource types of one's own from a folder of JSON files (RFC 7643 sections 6 and 7), and refuses what
// could not be kept to: a schema that is published is a promise.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Ajv, type ErrorObject } from 'ajv'
import schemaFile from '../../schemas/schema-file.json' with { type: 'json' }
import type { AttributeType } from '../directory/condition.ts'
import { isReservedName } from '../directory/custom-attributes.ts'
import { AppError } from '../errors.ts'
import { orgTypeDefinitions } from './org/types.ts'
import { isObject } from './resource.ts'
import {
  type AttributeDefinition,
  type ResourceTypeDefinition,
  type SchemaDefinition,
  withoutCommon,
} from './schema.ts'
import { findProblem } from './schema-rules.ts'

const check = new Ajv({ verbose: true }).compile<TypeFile | SchemaFile>(schemaFile)
const resourceTypeUrn = 'urn:ietf:params:scim:schemas:core:2.0:ResourceType'
// The last two are what may precede a path in Bulk.
const reservedEndpoints = ['/me', '/bulk', '/schemas', '/resourcetypes', '/serviceproviderconfig', '/scim', '/v2']
// What describes the protocol itself, and what organizations add to people and groups.
// What events are named after that are not of resources, or of their parts.
const reservedTypes = ['directory', 'webhookendpoint', 'webhook_endpoint', 'membership', 'sync']
const reservedSchemas =
  /^urn:ietf:params:scim:schemas:(core:2\.0:(Schema|ResourceType|ServiceProviderConfig)$|extension:custom:)/i

interface TypeFile {
  readonly schemas: readonly string[]
  readonly name: string
  readonly endpoint: string
  readonly description?: string
  readonly schema: string
  readonly schemaExtensions?: readonly { readonly schema: string; readonly required: boolean }[]
}

interface SchemaFile extends Omit<SchemaDefinition, 'description' | 'attributes'> {
  readonly description?: string
  readonly attributes: readonly AttributeFile[]
}

interface AttributeFile extends Omit<AttributeDefinition, 'type' | 'subAttributes'> {
  readonly type?: AttributeType
  readonly subAttributes?: readonly AttributeFile[]
}

interface Found<Document> {
  readonly file: string
  readonly document: Document
}

/** By lower-case URN. */
type Schemas = ReadonlyMap<string, SchemaDefinition>

/**
 * The built-in resource types and those that the folder adds. A file whose resource type has the name of a built-in one adds
 * its extensions to that. Throws config_invalid, naming the file and what is wrong in it.
 */
export function readResourceTypes(
  folder: string | undefined,
  builtIn: readonly ResourceTypeDefinition[],
): ResourceTypeDefinition[] {
  if (folder === undefined) return [...builtIn]
  const found = readFolder(folder)
  const typeFiles = found.flatMap(({ file, document }) => (isTypeFile(document) ? [{ file, document }] : []))
  const schemaFiles = found.flatMap(({ file, document }) => (isTypeFile(document) ? [] : [{ file, document }]))
  const schemas = readSchemas(schemaFiles, builtIn)
  const types = new Map(builtIn.map((type) => [type.name.toLowerCase(), type]))
  for (const one of typeFiles) {
    const key = one.document.name.toLowerCase()
    const known = types.get(key)
    if (known === undefined) types.set(key, defineType(one, schemas, [...types.values(), ...orgTypeDefinitions]))
    else if (builtIn.some(({ name }) => name === known.name)) types.set(key, extendType(known, one, schemas))
    else throw refuseName(one.file, known)
  }
  const used = new Set([...types.values()].flatMap(listSchemas))
  for (const { file, document } of schemaFiles) {
    const schema = schemas.get(document.id.toLowerCase())
    if (schema === undefined || !used.has(schema))
      throw refuse(file, `no resource type has the schema ${document.id}; name it in one, or take it out`)
  }
  return [...types.values()]
}

/**
 * The attributes of extensions that have the name of a core attribute of their resource type, which RFC 7643 section 3.3 advises
 * against: without its URN the name means the core attribute.
 */
export function listRedefinitions(types: readonly ResourceTypeDefinition[]): string[] {
  return types.flatMap(({ schema, extensions }) => {
    const core = new Set(schema.attributes.map(({ name }) => name.toLowerCase()))
    return extensions.flatMap(({ schema: { id, attributes } }) =>
      attributes.filter(({ name }) => core.has(name.toLowerCase())).map(({ name }) => `${id}:${name}`),
    )
  })
}

function readFolder(folder: string): Found<TypeFile | SchemaFile>[] {
  let names: string[]
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.json'))
  } catch {
    throw new AppError('config_invalid', `ROLLCALL_SCHEMAS_DIR: the folder ${folder} cannot be read.`)
  }
  return names.toSorted().flatMap((name) => readFile(path.join(folder, name)))
}

// One document, an array of them, or a ListResponse as other servers give it at /Schemas and /ResourceTypes.
function readFile(file: string): Found<TypeFile | SchemaFile>[] {
  let content: unknown
  try {
    content = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw refuse(file, error instanceof Error ? error.message : 'it cannot be read')
  }
  const listed = isObject(content) && Array.isArray(content['Resources']) ? content['Resources'] : content
  return (Array.isArray(listed) ? listed : [listed]).map((document: unknown) => {
    if (!check(document)) throw refuse(file, explain(document, check.errors?.[0]))
    return { file, document }
  })
}

function isTypeFile(document: TypeFile | SchemaFile): document is TypeFile {
  return document.schemas.includes(resourceTypeUrn)
}

function readSchemas(found: readonly Found<SchemaFile>[], builtIn: readonly ResourceTypeDefinition[]): Schemas {
  const taken = new Set([...builtIn, ...orgTypeDefinitions].flatMap(listSchemas).map(({ id }) => id.toLowerCase()))
  const schemas = new Map<string, SchemaDefinition>()
  for (const { file, document } of found) {
    const { id } = document
    const key = id.toLowerCase()
    if (taken.has(key) || reservedSchemas.test(id))
      throw refuse(file, `the schema ${id} is built in, and cannot be declared anew`)
    if (schemas.has(key)) throw refuse(file, `the schema ${id} is declared twice`)
    const schema = completeSchema(document)
    const problem = findProblem(schema.attributes)
    if (problem !== undefined) throw refuse(file, `${id}:${problem}`)
    schemas.set(key, schema)
  }
  return schemas
}

function completeSchema({ description, attributes, ...rest }: SchemaFile): SchemaDefinition {
  return withoutCommon({
    ...rest,
    description: description ?? rest.name,
    attributes: attributes.map(completeAttribute),
  })
}

// The type of an attribute is string unless it says otherwise (RFC 7643 section 2.2).
function completeAttribute({ type = 'string', subAttributes, ...rest }: AttributeFile): AttributeDefinition {
  const subs = subAttributes === undefined ? {} : { subAttributes: subAttributes.map(completeAttribute) }
  return { ...rest, type, ...subs }
}

function defineType(
  { file, document }: Found<TypeFile>,
  schemas: Schemas,
  others: readonly ResourceTypeDefinition[],
): ResourceTypeDefinition {
  const { name, endpoint, description = name, schema, schemaExtensions = [] } = document
  if (isReservedName(name) || reservedTypes.includes(name.toLowerCase()))
    throw refuse(file, `${name} cannot be the name of a resource type; choose another`)
  const namesake = orgTypeDefinitions.find((other) => other.name.toLowerCase() === name.toLowerCase())
  if (namesake !== undefined) throw refuseName(file, namesake)
  const lower = endpoint.toLowerCase()
  if (reservedEndpoints.includes(lower) || others.some((other) => other.endpoint.toLowerCase() === lower))
    throw refuse(file, `the endpoint ${endpoint} is taken; choose another`)
  const find = (urn: string): SchemaDefinition => {
    const found = schemas.get(urn.toLowerCase())
    if (found !== undefined) return found
    const isBuiltIn = others.flatMap(listSchemas).some(({ id }) => id.toLowerCase() === urn.toLowerCase())
    throw refuse(
      file,
      isBuiltIn
        ? `${urn} is for people and groups, and some of it is computed for them alone; declare a schema of your own`
        : `no file has the schema ${urn}`,
    )
  }
  const named = [schema, ...schemaExtensions.map((extension) => extension.schema)].map(find)
  const twice = named.find((one, index) => named.indexOf(one) !== index)
  if (twice !== undefined) throw refuse(file, `the resource type ${name} names the schema ${twice.id} twice`)
  const extensions = schemaExtensions.map(({ schema: urn, required }) => ({ schema: find(urn), required }))
  return { name, endpoint, description, schema: find(schema), extensions, fromFiles: true }
}

function extendType(
  type: ResourceTypeDefinition,
  { file, document }: Found<TypeFile>,
  schemas: Schemas,
): ResourceTypeDefinition {
  const { name, endpoint, schema } = type
  if (document.endpoint !== endpoint || document.schema.toLowerCase() !== schema.id.toLowerCase())
    throw refuse(file, `${name} is built in, with the endpoint ${endpoint} and the schema ${schema.id}; name these`)
  const extensions = [...type.extensions]
  for (const { schema: urn, required } of document.schemaExtensions ?? []) {
    const known = extensions.find((one) => one.schema.id.toLowerCase() === urn.toLowerCase())
    if (known === undefined) extensions.push({ schema: findExtension(urn, file, schemas), required })
    else if (known.required !== required)
      throw refuse(file, `${name} has the extension ${urn} already, and there required is ${known.required}`)
  }
  return { ...type, extensions, fromFiles: true }
}

function findExtension(urn: string, file: string, schemas: Schemas): SchemaDefinition {
  const found = schemas.get(urn.toLowerCase())
  if (found === undefined) throw refuse(file, `no file has the schema ${urn}`)
  const unique = found.attributes.find(({ uniqueness = 'none' }) => uniqueness !== 'none')
  if (unique === undefined) return found
  throw refuse(file, `${found.id}:${unique.name} has uniqueness, which only resource types of one's own can have`)
}

function listSchemas({ schema, extensions }: ResourceTypeDefinition): SchemaDefinition[] {
  return [schema, ...extensions.map((extension) => extension.schema)]
}

function refuseName(file: string, { name }: ResourceTypeDefinition): AppError {
  return refuse(file, `there is another resource type ${name}; the name says in meta what a resource is`)
}

function refuse(file: string, why: string): AppError {
  return new AppError('config_invalid', `ROLLCALL_SCHEMAS_DIR: ${file}: ${why}.`)
}

// Where in the document, by names instead of numbers, and what is there.
function explain(document: unknown, error: ErrorObject | undefined): string {
  const { instancePath = '', keyword, message = 'is wrong', params = {}, data } = error ?? {}
  const { allowedValues, additionalProperty } = params as { allowedValues?: string[]; additionalProperty?: string }
  if (additionalProperty !== undefined)
    return `${describePlace(document, instancePath)} has ${additionalProperty}, which means nothing there`
  const detail = allowedValues?.join(', ') ?? (keyword === 'pattern' ? JSON.stringify(data) : undefined)
  return `${describePlace(document, instancePath)} ${message}${detail === undefined ? '' : `: ${detail}`}`
}

function describePlace(document: unknown, pointer: string): string {
  let at = document
  const names = pointer
    .split('/')
    .slice(1)
    .map((step) => {
      at = isObject(at) ? at[step] : Array.isArray(at) ? (at as unknown[])[Number(step)] : undefined
      return isObject(at) && typeof at['name'] === 'string' ? at['name'] : step
    })
  const name = isObject(document) ? (document['id'] ?? document['name']) : undefined
  return [typeof name === 'string' ? name : 'the document', ...names].join(' ')
}

// Compiles schema definitions (RFC 7643 section 7) into what requests are checked and resolved against: maps by lower-case
// name, so that no request does schema work.
import type { AttributeType } from '../directory/condition.ts'
import { findFormat, type Format } from './formats.ts'

export interface AttributeDefinition {
  readonly name: string
  readonly type: AttributeType
  readonly multiValued?: boolean
  readonly description?: string
  readonly required?: boolean
  readonly caseExact?: boolean
  readonly mutability?: 'readOnly' | 'readWrite' | 'immutable' | 'writeOnly'
  readonly returned?: 'always' | 'never' | 'default' | 'request'
  readonly uniqueness?: 'none' | 'server' | 'global'
  readonly canonicalValues?: readonly string[]
  readonly referenceTypes?: readonly string[]
  readonly subAttributes?: readonly AttributeDefinition[]
}

export interface SchemaDefinition {
  readonly schemas: readonly string[]
  readonly id: string
  readonly name: string
  readonly description: string
  readonly attributes: readonly AttributeDefinition[]
  readonly meta?: { readonly resourceType: string; readonly location: string }
}

/** An attribute with every characteristic filled in (defaults: RFC 7643 section 2.2). */
export interface Attribute {
  readonly name: string
  readonly type: AttributeType
  readonly multiValued: boolean
  readonly required: boolean
  readonly caseExact: boolean
  readonly mutability: 'readOnly' | 'readWrite' | 'immutable' | 'writeOnly'
  readonly returned: 'always' | 'never' | 'default' | 'request'
  readonly uniqueness: 'none' | 'server' | 'global'
  /** Whether the server makes it from what stands beside it, whatever clients send. */
  readonly derived: boolean
  /** What a strict directory holds its text to. */
  readonly format: Format | undefined
  /** By lower-case name; empty unless the type is complex. */
  readonly subs: ReadonlyMap<string, Attribute>
}

export interface Schema {
  readonly id: string
  readonly attributes: ReadonlyMap<string, Attribute>
}

export interface Extension extends Schema {
  /** Whether every resource must have data of it (RFC 7643 section 6). */
  readonly required: boolean
}

export interface ResourceType {
  readonly name: string
  readonly endpoint: string
  readonly description: string
  readonly schema: Schema
  /** By lower-case URN. */
  readonly extensions: ReadonlyMap<string, Extension>
  /** The schema and its extensions, as they are published. */
  readonly definitions: readonly SchemaDefinition[]
  /**
   * Whether more may be stored than is returned unasked: what only those get who ask for it, or what the files of the
   * installation declared before they were changed.
   */
  readonly hides: boolean
}

/** A resource type before it is compiled (RFC 7643 section 6). */
export interface ResourceTypeDefinition {
  readonly name: string
  readonly endpoint: string
  readonly description: string
  readonly schema: SchemaDefinition
  readonly extensions: readonly ExtensionDefinition[]
  /** Whether files of the installation say some of it. */
  readonly fromFiles?: boolean
}

export interface ExtensionDefinition {
  readonly schema: SchemaDefinition
  readonly required: boolean
}

/** The attributes that every resource has though no schema lists them (RFC 7643 section 3.1). */
const commonAttributes: readonly AttributeDefinition[] = [
  { name: 'schemas', type: 'reference', multiValued: true, caseExact: false, returned: 'always' },
  { name: 'id', type: 'string', caseExact: true, mutability: 'readOnly', returned: 'always', uniqueness: 'server' },
  { name: 'externalId', type: 'string', caseExact: true },
  {
    name: 'meta',
    type: 'complex',
    mutability: 'readOnly',
    subAttributes: [
      { name: 'resourceType', type: 'string', caseExact: true, mutability: 'readOnly' },
      { name: 'created', type: 'dateTime', mutability: 'readOnly' },
      { name: 'lastModified', type: 'dateTime', mutability: 'readOnly' },
      { name: 'location', type: 'reference', caseExact: true, mutability: 'readOnly' },
      { name: 'version', type: 'string', caseExact: true, mutability: 'readOnly' },
    ],
  },
]

/** Compiles a resource type. */
export function compileResourceType(definition: ResourceTypeDefinition): ResourceType {
  const { name, endpoint, description, fromFiles = false } = definition
  const { attributes } = definition.schema
  const schema = compileSchema({ ...definition.schema, attributes: [...commonAttributes, ...attributes] })
  const extensions = definition.extensions.map(({ schema: extension, required }): Extension => {
    return { ...compileSchema(extension), required }
  })
  return {
    name,
    endpoint,
    description,
    schema,
    extensions: new Map(extensions.map((extension) => [extension.id.toLowerCase(), extension])),
    definitions: [definition.schema, ...definition.extensions.map((extension) => extension.schema)].map(completeSchema),
    hides: fromFiles || [schema, ...extensions].some((one) => [...one.attributes.values()].some(isHidden)),
  }
}

/** The schema without id, externalId, meta and schemas: of these RFC 7643 section 3.1 decides, whatever a schema says. */
export function withoutCommon(definition: SchemaDefinition): SchemaDefinition {
  const common = new Set(commonAttributes.map(({ name }) => name.toLowerCase()))
  return { ...definition, attributes: definition.attributes.filter(({ name }) => !common.has(name.toLowerCase())) }
}

// What only the server sets is computed when it is asked for, and not there to be hidden otherwise.
function isHidden(attribute: Attribute): boolean {
  if (attribute.mutability === 'readOnly') return false
  return attribute.returned === 'request' || [...attribute.subs.values()].some(isHidden)
}

// Every characteristic is published (RFC 7643 section 7); what none is given for has the default of section 2.2.
function completeSchema(definition: SchemaDefinition): SchemaDefinition {
  return { ...definition, attributes: definition.attributes.map(completeAttribute) }
}

function completeAttribute(definition: AttributeDefinition): AttributeDefinition {
  const { name, multiValued, required, caseExact, mutability, returned, uniqueness } = compileAttribute(
    definition,
    definition.name,
  )
  return {
    multiValued,
    description: name,
    required,
    caseExact,
    mutability,
    returned,
    uniqueness,
    ...(definition.type === 'reference' ? { referenceTypes: ['uri'] } : {}),
    ...definition,
    ...(definition.subAttributes === undefined
      ? {}
      : { subAttributes: definition.subAttributes.map(completeAttribute) }),
  }
}

// Their $ref says again what their value says.
const derivedRefs: ReadonlySet<string> = new Set([
  'urn:ietf:params:scim:schemas:core:2.0:User:groups.$ref',
  'urn:ietf:params:scim:schemas:core:2.0:Group:members.$ref',
  'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.$ref',
])

function compileSchema(definition: SchemaDefinition): Schema {
  return { id: definition.id, attributes: compileAttributes(definition.attributes, `${definition.id}:`) }
}

function compileAttributes(definitions: readonly AttributeDefinition[], prefix: string): Map<string, Attribute> {
  return new Map(
    definitions.map((definition) => [
      definition.name.toLowerCase(),
      compileAttribute(definition, prefix + definition.name),
    ]),
  )
}

function compileAttribute(definition: AttributeDefinition, urn: string): Attribute {
  return {
    name: definition.name,
    type: definition.type,
    multiValued: definition.multiValued ?? false,
    required: definition.required ?? false,
    // References and binaries are case-exact (RFC 7643 sections 2.3.6 and 2.3.7).
    caseExact: definition.caseExact ?? (definition.type === 'reference' || definition.type === 'binary'),
    mutability: definition.mutability ?? 'readWrite',
    returned: definition.returned ?? 'default',
    uniqueness: definition.uniqueness ?? 'none',
    derived: derivedRefs.has(urn),
    format: findFormat(urn, definition.type),
    subs: compileAttributes(definition.subAttributes ?? [], `${urn}.`),
  }
}

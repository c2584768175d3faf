// Compiles schema definitions (RFC 7643 section 7) into what requests are checked and resolved against: maps by lower-case
// name, so that no request does schema work.
import type { AttributeType } from '../directory/condition.ts'

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
  /** By lower-case name; empty unless the type is complex. */
  readonly subs: ReadonlyMap<string, Attribute>
}

export interface Schema {
  readonly id: string
  readonly attributes: ReadonlyMap<string, Attribute>
}

export interface ResourceType {
  readonly name: string
  readonly endpoint: string
  readonly schema: Schema
  /** By lower-case URN. */
  readonly extensions: ReadonlyMap<string, Schema>
  readonly definitions: readonly SchemaDefinition[]
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
export function compileResourceType(
  name: string,
  endpoint: string,
  definition: SchemaDefinition,
  extensions: readonly SchemaDefinition[],
): ResourceType {
  const definitions = [definition, ...extensions].map(completeSchema)
  return {
    name,
    endpoint,
    schema: compileSchema({ ...definition, attributes: [...commonAttributes, ...definition.attributes] }),
    extensions: new Map(extensions.map((extension) => [extension.id.toLowerCase(), compileSchema(extension)])),
    definitions,
  }
}

// Every characteristic is published (RFC 7643 section 7); what none is given for has the default of section 2.2.
function completeSchema(definition: SchemaDefinition): SchemaDefinition {
  return { ...definition, attributes: definition.attributes.map(completeAttribute) }
}

function completeAttribute(definition: AttributeDefinition): AttributeDefinition {
  const { name, multiValued, required, caseExact, mutability, returned } = compileAttribute(definition)
  return {
    multiValued,
    description: name,
    required,
    caseExact,
    mutability,
    returned,
    uniqueness: 'none',
    ...(definition.type === 'reference' ? { referenceTypes: ['uri'] } : {}),
    ...definition,
    ...(definition.subAttributes === undefined
      ? {}
      : { subAttributes: definition.subAttributes.map(completeAttribute) }),
  }
}

function compileSchema(definition: SchemaDefinition): Schema {
  return { id: definition.id, attributes: compileAttributes(definition.attributes) }
}

function compileAttributes(definitions: readonly AttributeDefinition[]): Map<string, Attribute> {
  return new Map(definitions.map((definition) => [definition.name.toLowerCase(), compileAttribute(definition)]))
}

function compileAttribute(definition: AttributeDefinition): Attribute {
  return {
    name: definition.name,
    type: definition.type,
    multiValued: definition.multiValued ?? false,
    required: definition.required ?? false,
    // References and binaries are case-exact (RFC 7643 sections 2.3.6 and 2.3.7).
    caseExact: definition.caseExact ?? (definition.type === 'reference' || definition.type === 'binary'),
    mutability: definition.mutability ?? 'readWrite',
    returned: definition.returned ?? 'default',
    subs: compileAttributes(definition.subAttributes ?? []),
  }
}

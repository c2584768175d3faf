// The resource types of an organization: the built-in ones, and with them its own attributes in an extension of their own.
import type { Database } from '../db/connect.ts'
import { customSchemaId, listCustomAttributes } from '../directory/custom-attributes.ts'
import { declareResourceTypes, type ResourceTypeDefinition } from './declarations.ts'
import { type AttributeDefinition, compileResourceType, type ResourceType, type SchemaDefinition } from './schema.ts'

export type TypeName = 'User' | 'Group'

export interface OrganizationSchema {
  readonly types: Readonly<Record<TypeName, ResourceType>>
}

/** The extension that holds an organization's own attributes of a type, where it has any. */
type CustomSchemas = Readonly<Partial<Record<TypeName, SchemaDefinition>>>

const maxKept = 1000

/** Compiles the schema of each organization once, and again when its version says that it has changed. */
export class OrganizationSchemas {
  readonly #db: Database
  readonly #definitions = declareResourceTypes()
  readonly #builtIn: OrganizationSchema
  readonly #kept = new Map<string, { version: number; schema: OrganizationSchema }>()

  constructor(db: Database) {
    this.#db = db
    this.#builtIn = compile(this.#definitions, {})
  }

  /** The schema that everyone sees. */
  get builtIn(): OrganizationSchema {
    return this.#builtIn
  }

  async find(organizationId: string, version: number): Promise<OrganizationSchema> {
    if (version === 1) return this.#builtIn // no attribute was ever declared
    const kept = this.#kept.get(organizationId)
    if (kept?.version === version) return kept.schema
    const schema = compile(this.#definitions, await this.#readCustom(organizationId))
    if (this.#kept.size >= maxKept) this.#kept.clear()
    this.#kept.set(organizationId, { version, schema })
    return schema
  }

  async #readCustom(organizationId: string): Promise<CustomSchemas> {
    const attributes = await listCustomAttributes(this.#db, organizationId)
    const custom: Partial<Record<TypeName, SchemaDefinition>> = {}
    for (const type of ['User', 'Group'] as const) {
      const own = attributes.filter((attribute) => attribute.resourceType === type)
      if (own.length > 0)
        custom[type] = defineCustom(
          type,
          own.map((attribute) => attribute.definition as unknown as AttributeDefinition),
        )
    }
    return custom
  }
}

function defineCustom(type: TypeName, attributes: readonly AttributeDefinition[]): SchemaDefinition {
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
    id: customSchemaId(type),
    name: `Custom${type}`,
    description: `Attributes that the organization added to ${type}`,
    attributes,
  }
}

function compile(definitions: readonly ResourceTypeDefinition[], custom: CustomSchemas): OrganizationSchema {
  const compileType = (name: TypeName): ResourceType => {
    const definition = definitions.find((one) => one.name === name)
    if (definition === undefined) throw new Error(`${name} is not declared`)
    return compileResourceType(name, definition.endpoint, definition.schema, [
      ...definition.extensions,
      ...(custom[name] ? [custom[name]] : []),
    ])
  }
  return { types: { User: compileType('User'), Group: compileType('Group') } }
}

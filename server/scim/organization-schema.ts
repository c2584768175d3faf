// The resource types of an organization: those of the installation, and with them its own attributes in an extension of their
// own.
import type { Database } from '../db/connect.ts'
import { type CustomAttribute, customSchemaId, listCustomAttributes } from '../directory/custom-attributes.ts'
import {
  type AttributeDefinition,
  compileResourceType,
  type ExtensionDefinition,
  type ResourceType,
  type ResourceTypeDefinition,
} from './schema.ts'

export interface OrganizationSchema {
  /** By name, the built-in ones first. */
  readonly types: ReadonlyMap<string, ResourceType>
}

/** The resource type of a name that an endpoint has. */
export function findType(schema: OrganizationSchema, name: string): ResourceType {
  const type = schema.types.get(name)
  if (type === undefined) throw new Error(`${name} is not declared`)
  return type
}

const maxKept = 1000

/** Compiles the schema of each organization once, and again when its version says that it has changed. */
export class OrganizationSchemas {
  readonly #db: Database
  readonly #definitions: readonly ResourceTypeDefinition[]
  readonly #installed: OrganizationSchema
  readonly #kept = new Map<string, { version: number; schema: OrganizationSchema }>()

  constructor(db: Database, definitions: readonly ResourceTypeDefinition[]) {
    this.#db = db
    this.#definitions = definitions
    this.#installed = compile(definitions, [])
  }

  /** The schema that everyone sees. */
  get installed(): OrganizationSchema {
    return this.#installed
  }

  /** `db` is what is asked, where that must be a transaction. */
  async find(organizationId: string, version: number, db = this.#db): Promise<OrganizationSchema> {
    if (version === 1) return this.#installed // no attribute was ever declared
    const kept = this.#kept.get(organizationId)
    if (kept?.version === version) return kept.schema
    const schema = compile(this.#definitions, await listCustomAttributes(db, organizationId))
    if (this.#kept.size >= maxKept) this.#kept.clear()
    this.#kept.set(organizationId, { version, schema })
    return schema
  }
}

function compile(
  definitions: readonly ResourceTypeDefinition[],
  attributes: readonly CustomAttribute[],
): OrganizationSchema {
  const types = definitions.map((definition) => {
    const own = attributes.filter(({ resourceType }) => resourceType === definition.name)
    const extensions = own.length === 0 ? [] : [defineCustom(definition.name, own)]
    return compileResourceType({ ...definition, extensions: [...definition.extensions, ...extensions] })
  })
  return { types: new Map(types.map((type) => [type.name, type])) }
}

function defineCustom(typeName: string, attributes: readonly CustomAttribute[]): ExtensionDefinition {
  const schema = {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
    id: customSchemaId(typeName),
    name: `Custom${typeName}`,
    description: `Attributes that the organization added to ${typeName}`,
    attributes: attributes.map(({ definition }) => definition as unknown as AttributeDefinition),
  }
  return { schema, required: false }
}

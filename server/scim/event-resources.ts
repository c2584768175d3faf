// What events need of the schemas: conditions on resources, and what of a stored resource may be told.
import type { Database } from '../db/connect.ts'
import { query } from '../db/query.ts'
import type { JsonObject } from '../db/tables.ts'
import { type AttributePath, type Condition, pathKey } from '../directory/condition.ts'
import { matchesResource, type Prepare } from '../directory/condition-match.ts'
import { foldUserName } from '../directory/keys.ts'
import { AppError } from '../errors.ts'
import { compileFilter } from './filter.ts'
import type { OrganizationSchemas } from './organization-schema.ts'
import type { ResourceType } from './schema.ts'
import { dropMisfits } from './stored.ts'

/**
 * A filter as a function of a resource as events have it. What is not in it, such as `groups` and `members`, cannot be asked. Throws
 * invalid_filter.
 */
export async function compileCondition(
  db: Database,
  schemas: OrganizationSchemas,
  organizationId: string,
  resourceType: string,
  filter: string,
): Promise<(resource: JsonObject) => boolean> {
  const type = await findResourceType(db, schemas, organizationId, resourceType)
  if (type === undefined) {
    throw new AppError(
      'invalid_filter',
      `There is no resource type ${resourceType.slice(0, 80)} that a filter can ask.`,
    )
  }
  const condition = compileFilter(filter, type, { strict: false, notes: [] })
  const left = listPaths(condition).find((path) => isLeftOut(type, path))
  if (left !== undefined) {
    throw new AppError('invalid_filter', `A condition on events cannot ask ${pathKey(left)}: events do not have it.`)
  }
  const prepare = prepareFor(type)
  return (resource) => matchesResource(resource, condition, prepare)
}

// As their columns are compared (user-attributes.ts, group-attributes.ts).
function prepareFor({ name: typeName }: ResourceType): Prepare {
  return (text, { extension, name }, comparison) => {
    if (extension !== undefined) return text
    const isWhole = comparison === 'eq' || comparison === 'ne'
    if (typeName === 'User' && name === 'userName') return foldUserName(isWhole ? text.trim() : text)
    return typeName === 'Group' && name === 'displayName' && isWhole ? text.trim() : text
  }
}

/**
 * How the stored resources of a type are told: without what is never returned, and without what the schema does not take any more.
 * Of a type that is not declared, as they are.
 */
export async function presentResource(
  db: Database,
  schemas: OrganizationSchemas,
  organizationId: string,
  resourceType: string,
): Promise<(stored: JsonObject) => JsonObject> {
  const type = await findResourceType(db, schemas, organizationId, resourceType)
  if (type === undefined) return (stored) => stored
  return (stored) => {
    const { schemas: _, ...resource } = dropMisfits(stored, type)
    const extensions = [...type.extensions.values()].filter(({ id }) => Object.hasOwn(resource, id))
    return { schemas: [type.schema.id, ...extensions.map(({ id }) => id)], ...resource }
  }
}

async function findResourceType(
  db: Database,
  schemas: OrganizationSchemas,
  organizationId: string,
  resourceType: string,
): Promise<ResourceType | undefined> {
  const text = 'select schema_version as version from organizations where org_id = $1'
  const [row] = await query<{ version: number }>(db, text, [organizationId])
  const schema = await schemas.find(organizationId, row?.version ?? 1, db)
  return schema.types.get(resourceType)
}

// What is read from other resources, or asked of the server, when a resource is read; and the members of a group.
function isLeftOut(type: ResourceType, { extension, name, sub }: AttributePath): boolean {
  if (extension === undefined && (name === 'id' || name === 'meta')) return sub === 'location'
  if (extension === undefined && name === 'members' && type.name === 'Group') return true
  const schema = extension === undefined ? type.schema : type.extensions.get(extension.toLowerCase())
  const attribute = schema?.attributes.get(name.toLowerCase())
  const end = sub === undefined ? undefined : attribute?.subs.get(sub.toLowerCase())
  return [attribute, end].some((one) => one !== undefined && (one.mutability === 'readOnly' || one.derived))
}

function listPaths(condition: Condition): AttributePath[] {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return condition.of.flatMap(listPaths)
    case 'not':
      return listPaths(condition.of)
    case 'present':
    case 'compare':
      return [condition.path]
    case 'some':
      return [condition.path, ...listPaths(condition.of)]
    case 'constant':
      return []
  }
}

// Attributes that an organization adds to users and groups. They behave like any other SCIM attribute.
import type { Database } from '../db/connect.ts'
import { query } from '../db/query.ts'
import type { JsonObject } from '../db/tables.ts'
import { transaction } from '../db/transaction.ts'
import { AppError } from '../errors.ts'

/** The attribute as RFC 7643 section 7 defines it; checked by the caller. */
export type CustomDefinition = JsonObject & { readonly name: string }

export interface CustomAttribute {
  readonly resourceType: 'User' | 'Group'
  readonly definition: CustomDefinition
}

/** URN of the extension with an organization's own attributes. */
export function customSchemaId(resourceType: string): string {
  return `urn:ietf:params:scim:schemas:extension:custom:2.0:${resourceType}`
}

/** Whether no attribute can have the name, for every JavaScript object has something of that name already. */
export function isReservedName(name: string): boolean {
  return name in {}
}

export async function listCustomAttributes(db: Database, organizationId: string): Promise<CustomAttribute[]> {
  const rows = await db
    .selectFrom('custom_attributes')
    .select(['resource_type', 'definition'])
    .where('org_id', '=', organizationId)
    .orderBy('created_at')
    .orderBy('name_key')
    .execute()
  return rows.map((row) => ({ resourceType: row.resource_type, definition: row.definition as CustomDefinition }))
}

/** Throws uniqueness where the organization has an attribute of that name. */
export async function addCustomAttribute(
  db: Database,
  organizationId: string,
  attribute: CustomAttribute,
  now: Date,
): Promise<void> {
  await transaction(db, async (tx) => {
    await raiseSchemaVersion(tx, organizationId)
    await tx
      .insertInto('custom_attributes')
      .values({
        org_id: organizationId,
        resource_type: attribute.resourceType,
        name_key: attribute.definition.name.toLowerCase(),
        definition: JSON.stringify(attribute.definition),
        created_at: now,
      })
      .execute()
  })
}

/**
 * Takes an attribute out of the schema, and out of everything that has it: what nobody can see must not stay, nor meet an
 * attribute of the same name and another type later. Throws not_found.
 */
export async function removeCustomAttribute(
  db: Database,
  organizationId: string,
  resourceType: 'User' | 'Group',
  name: string,
  request: { readonly at: Date; readonly requestId: string },
): Promise<void> {
  await transaction(db, async (tx) => {
    await raiseSchemaVersion(tx, organizationId)
    const removed = await tx
      .deleteFrom('custom_attributes')
      .where('org_id', '=', organizationId)
      .where('resource_type', '=', resourceType)
      .where('name_key', '=', name.toLowerCase())
      .returning('definition')
      .executeTakeFirst()
    if (removed === undefined) throw new AppError('not_found', `There is no attribute ${name}.`)
    const { name: attribute } = removed.definition as CustomDefinition
    await query(tx, cleanSql[resourceType], [organizationId, attribute, request.at, request.requestId])
    if (resourceType === 'User') await query(tx, cleanLinksSql, [organizationId, attribute])
  })
}

// $2 is the name. An extension without data goes altogether.
function withoutAttribute(column: string, urn: string): string {
  return `(select case when r.rest -> '${urn}' = '{}'
      then jsonb_set(r.rest - '${urn}', '{schemas}', (r.rest -> 'schemas') - '${urn}') else r.rest end
    from (select ${column} #- array['${urn}', $2::text] as rest) r)`
}

// What an administrator changes is the manual directory's doing.
function writeCleanSql(resourceType: 'User' | 'Group'): string {
  const urn = customSchemaId(resourceType)
  const table = resourceType === 'User' ? 'users' : 'groups'
  const setBy = resourceType === 'User' ? `set_by = u.set_by - ('${urn}:' || $2::text),` : ''
  return `with cleaned as (
    update ${table} u set version = u.version + 1, modified_at = $3::timestamptz, ${setBy}
      resource = ${withoutAttribute('u.resource', urn)}
    from ${table} b where b.org_id = $1 and b.resource -> '${urn}' ? $2::text and u.org_id = b.org_id and u.id = b.id
    returning u.org_id, u.id, u.version, b.resource -> '${urn}' -> $2::text as before
  ), changed as (
    insert into changes (org_id, at, directory_id, request_id, resource_type, resource_id, operation, version, difference)
    select c.org_id, $3::timestamptz, d.id, $4, '${resourceType}', c.id, 'update', c.version,
      jsonb_build_object('${urn}:' || $2::text, jsonb_build_object('before', c.before))
    from cleaned c join directories d on d.org_id = c.org_id and d.kind = 'manual'
  )
  insert into outbox (org_id, type, at, resource_type, resource_id, version)
  select org_id, '${table === 'users' ? 'user' : 'group'}.updated', $3::timestamptz, '${resourceType}', id, version from cleaned`
}

const cleanSql = { User: writeCleanSql('User'), Group: writeCleanSql('Group') }

const cleanLinksSql = `update links l set resource = ${withoutAttribute('l.resource', customSchemaId('User'))}
  where l.org_id = $1 and l.resource -> '${customSchemaId('User')}' ? $2::text`

async function raiseSchemaVersion(tx: Database, organizationId: string): Promise<void> {
  await tx
    .updateTable('organizations')
    .set((build) => ({ schema_version: build('schema_version', '+', 1) }))
    .where('org_id', '=', organizationId)
    .execute()
}

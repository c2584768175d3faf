// Attributes that an organization adds to users and groups. They behave like any other SCIM attribute.
import type { Database } from '../db/connect.ts'
import type { JsonObject } from '../db/tables.ts'
import { transaction } from '../db/transaction.ts'
import { AppError } from '../errors.ts'

export interface CustomAttribute {
  readonly resourceType: 'User' | 'Group'
  /** The attribute as RFC 7643 section 7 defines it; checked by the caller. */
  readonly definition: JsonObject
}

export async function listCustomAttributes(db: Database, organizationId: string): Promise<CustomAttribute[]> {
  const rows = await db
    .selectFrom('custom_attributes')
    .select(['resource_type', 'definition'])
    .where('org_id', '=', organizationId)
    .orderBy('created_at')
    .orderBy('name_key')
    .execute()
  return rows.map((row) => ({ resourceType: row.resource_type, definition: row.definition }))
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
        name_key: String(attribute.definition['name']).toLowerCase(),
        definition: JSON.stringify(attribute.definition),
        created_at: now,
      })
      .execute()
  })
}

/** Takes an attribute out of the schema; what people have of it stays stored, unseen. Throws not_found. */
export async function removeCustomAttribute(
  db: Database,
  organizationId: string,
  resourceType: 'User' | 'Group',
  name: string,
): Promise<void> {
  await transaction(db, async (tx) => {
    await raiseSchemaVersion(tx, organizationId)
    const { numDeletedRows } = await tx
      .deleteFrom('custom_attributes')
      .where('org_id', '=', organizationId)
      .where('resource_type', '=', resourceType)
      .where('name_key', '=', name.toLowerCase())
      .executeTakeFirst()
    if (numDeletedRows === 0n) throw new AppError('not_found', `There is no attribute ${name}.`)
  })
}

async function raiseSchemaVersion(tx: Database, organizationId: string): Promise<void> {
  await tx
    .updateTable('organizations')
    .set((build) => ({ schema_version: build('schema_version', '+', 1) }))
    .where('org_id', '=', organizationId)
    .execute()
}

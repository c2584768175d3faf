// Reading and writing resources of types of one's own. They belong to the organization: whoever may write, may write them.
import type { Database } from '../db/connect.ts'
import { translateFault } from '../db/faults.ts'
import { createId } from '../db/ids.ts'
import { Parameters, query } from '../db/query.ts'
import type { JsonObject } from '../db/tables.ts'
import { transaction } from '../db/transaction.ts'
import { AppError } from '../errors.ts'
import type { Actor } from './actor.ts'
import { compareResources } from './authority.ts'
import { type Change, changesJson, changesSql, compareExternalIds, differenceJson, type Event } from './changes.ts'
import { metaSql } from './common-attributes.ts'
import { placeSql } from './list-query.ts'
import type { Listed, ListRequest, Rendering, Representation } from './listing.ts'
import { resourceAttributes } from './resource-attributes.ts'
import { listKeys } from './resource-keys.ts'

/** Which type, and where its resources are found. */
export interface OwnType {
  readonly name: string
  readonly endpoint: string
}

export interface ResourceDraft {
  /** A SCIM resource in canonical form, without id, externalId and meta. */
  readonly resource: JsonObject
  readonly externalId: string | null
  /** The values that no other resource of the type may have, prepared for comparison, by attribute. */
  readonly uniqueKeys: Readonly<Record<string, string>>
}

/** The resource as SCIM JSON with its version, or undefined where there is none of the type. */
export async function readOwnResource(
  db: Database,
  actor: Actor,
  type: OwnType,
  id: string,
  rendering: Rendering,
): Promise<Representation | undefined> {
  const parameters = new Parameters(actor.organizationId, actor.directoryId, rendering.baseUrl, id)
  const page = `select u.* from resources u where u.org_id = $1 and u.id = $4 and ${visibleSql(type)}`
  const [row] = await query<Representation>(db, renderSql(page, '', type), parameters.values)
  return row
}

/** The resources of the type that meet the condition, to be listed. */
export function listOwnResources(type: OwnType, request: ListRequest): Listed {
  return {
    ...request,
    table: 'resources',
    attributes: resourceAttributes(type.name, type.endpoint),
    visible: visibleSql(type),
    totalSql: `select coalesce(sum(count), 0)::int as total from resource_counts
      where org_id = $1 and table_name = 'resources' and part = '${type.name}' and $2::text is not null`,
    render: (page, order) => renderSql(page, order, type),
  }
}

// The name of a type is made of letters, digits, "-" and "_" (schemas/schema-file.json).
function visibleSql({ name }: OwnType): string {
  return `u.resource_type = '${name}' and $2::text is not null`
}

function renderSql(page: string, order: string, { name, endpoint }: OwnType): string {
  return `with page as materialized (${page})
    select u.id, u.version, '{"id":"' || u.id || '"' || coalesce(',"externalId":' || to_json(u.external_id)::text, '')
      || ',' || substr(left(u.resource::text, -1), 2) || ${metaSql(name, endpoint)} as json${placeSql(order)}
    from page u ${order}`
}

/**
 * Creates a resource. Throws uniqueness.
 * @returns the id
 */
export async function createOwnResource(
  db: Database,
  actor: Actor,
  type: OwnType,
  draft: ResourceDraft,
): Promise<string> {
  const id = createId('res', actor.at)
  const difference = differenceJson(compareResources({}, draft.resource))
  if (draft.externalId !== null) difference['externalId'] = compareExternalIds(null, draft.externalId)
  const change = describe(type, id, 'create', 1)
  await transaction(db, (tx) =>
    writeUnique(tx, type, draft, insertSql, [
      actor.organizationId,
      id,
      type.name,
      actor.directoryId,
      draft.externalId,
      JSON.stringify(draft.resource),
      listKeys(draft.resource),
      actor.at,
      JSON.stringify(draft.uniqueKeys),
      changesJson(actor, [{ ...change, difference }], [tell(change, 'created')]),
    ]),
  )
  return id
}

// Says whose value is taken, which the database does not.
async function writeUnique(
  tx: Database,
  type: OwnType,
  { uniqueKeys }: ResourceDraft,
  text: string,
  parameters: readonly unknown[],
): Promise<void> {
  try {
    await query(tx, text, parameters)
  } catch (thrown) {
    const error = translateFault(thrown)
    if (!(error instanceof AppError) || error.code !== 'uniqueness') throw thrown // as it is: it may be for doing again
    throw new AppError('uniqueness', `${Object.keys(uniqueKeys).join(' or ')} is taken by another ${type.name}.`)
  }
}

const claimedSql = `claimed as (
    insert into unique_values (org_id, resource_type, attribute, value_key, resource_id)
    select $1, $3, k.key, k.value, $2 from json_each_text($9::json) k
  )`

const insertSql = `with inserted as (
    insert into resources (org_id, id, resource_type, directory_id, external_id, resource, keys, created_at, modified_at)
    values ($1, $2, $3, $4, $5, $6::jsonb, $7::text[], $8::timestamptz, $8::timestamptz)
  ), ${claimedSql}, ${changesSql('$10')}
  select 1`

/**
 * Changes a resource as `plan` says, under a row lock. Nothing is written where nothing changes. Throws not_found,
 * version_mismatch, uniqueness.
 * @returns the version afterwards
 */
export async function updateOwnResource(
  tx: Database,
  actor: Actor,
  type: OwnType,
  id: string,
  plan: (current: ResourceDraft) => ResourceDraft,
  acceptsVersion?: (version: number) => boolean,
): Promise<number> {
  const current = await lockResource(tx, actor, type, id)
  if (acceptsVersion?.(current.version) === false) throw new AppError('version_mismatch')
  const planned = plan(current)
  const difference = differenceJson(compareResources(current.resource, planned.resource))
  if (planned.externalId !== current.externalId) {
    difference['externalId'] = compareExternalIds(current.externalId, planned.externalId)
  }
  if (Object.keys(difference).length === 0) return current.version
  const version = current.version + 1
  const change = describe(type, id, 'update', version)
  await writeUnique(tx, type, planned, updateSql, [
    actor.organizationId,
    id,
    type.name,
    version,
    planned.externalId,
    JSON.stringify(planned.resource),
    listKeys(planned.resource),
    actor.at,
    JSON.stringify(withoutSame(planned.uniqueKeys, current.uniqueKeys)),
    JSON.stringify(withoutSame(current.uniqueKeys, planned.uniqueKeys)),
    changesJson(actor, [{ ...change, difference }], [tell(change, 'updated')]),
  ])
  return version
}

const updateSql = `with updated as (
    update resources set version = $4, external_id = $5, resource = $6::jsonb, keys = $7::text[], modified_at = $8::timestamptz
    where org_id = $1 and id = $2
  ), released as (
    delete from unique_values v using json_each_text($10::json) k
    where v.org_id = $1 and v.resource_type = $3 and v.attribute = k.key and v.value_key = k.value
  ), ${claimedSql}, ${changesSql('$11')}
  select 1`

/** Deletes a resource. Throws not_found, version_mismatch. */
export async function deleteOwnResource(
  tx: Database,
  actor: Actor,
  type: OwnType,
  id: string,
  acceptsVersion?: (version: number) => boolean,
): Promise<void> {
  const current = await lockResource(tx, actor, type, id)
  if (acceptsVersion?.(current.version) === false) throw new AppError('version_mismatch')
  const difference = differenceJson(compareResources(current.resource, {}))
  if (current.externalId !== null) difference['externalId'] = compareExternalIds(current.externalId, null)
  const change = describe(type, id, 'delete', current.version + 1)
  const changes = changesJson(actor, [{ ...change, difference }], [tell(change, 'deleted')])
  await query(tx, deleteSql, [actor.organizationId, id, actor.at, changes])
}

const deleteSql = `with removed as (
    delete from resources where org_id = $1 and id = $2 returning *
  ), buried as (
    insert into tombstones (org_id, resource_id, resource_type, directory_id, record, deleted_at)
    select org_id, id, resource_type, directory_id, jsonb_build_object('resource', resource, 'externalId', external_id),
      $3::timestamptz from removed
  ), ${changesSql('$4')}
  select 1`

interface LockedRow {
  readonly resource: JsonObject
  readonly external_id: string | null
  readonly version: number
  readonly unique_keys: Record<string, string>
}

async function lockResource(
  tx: Database,
  actor: Actor,
  type: OwnType,
  id: string,
): Promise<ResourceDraft & { version: number }> {
  const [lock] = await query<{ id: string }>(tx, lockSql, [actor.organizationId, id, type.name])
  if (lock === undefined) throw new AppError('not_found', `There is no ${type.name} ${id.slice(0, 80)}.`)
  // Read with the lock in hand: a statement that waited for it saw the other table as it was before.
  const [row] = await query<LockedRow>(tx, lockedSql, [actor.organizationId, id])
  if (row === undefined) throw new Error('a locked resource is not there')
  const { resource, external_id: externalId, unique_keys: uniqueKeys, version } = row
  return { resource, externalId, uniqueKeys, version }
}

const lockSql = `select id from resources where org_id = $1 and id = $2 and resource_type = $3 for no key update`

const lockedSql = `select u.resource, u.external_id, u.version,
    coalesce((select json_object_agg(attribute, value_key) from unique_values v
      where v.org_id = u.org_id and v.resource_id = u.id), '{}'::json) as unique_keys
  from resources u where u.org_id = $1 and u.id = $2`

function describe(
  type: OwnType,
  id: string,
  operation: Change['operation'],
  version: number,
): Omit<Change, 'difference'> {
  return { resourceType: type.name, resourceId: id, operation, version }
}

function tell({ resourceType, resourceId, version }: Omit<Change, 'difference'>, what: string): Event {
  return { type: `${resourceType}.${what}`, resourceType, resourceId, version }
}

function withoutSame(keys: Readonly<Record<string, string>>, others: Readonly<Record<string, string>>): JsonObject {
  return Object.fromEntries(Object.entries(keys).filter(([attribute, key]) => others[attribute] !== key))
}

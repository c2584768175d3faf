// Reading and writing groups. Members are rows of their own (memberships.ts).
import type { Database } from '../db/connect.ts'
import { createId } from '../db/ids.ts'
import { Parameters, query } from '../db/query.ts'
import type { JsonObject } from '../db/tables.ts'
import { single, transaction } from '../db/transaction.ts'
import { AppError } from '../errors.ts'
import type { Actor } from './actor.ts'
import { compareResources } from './authority.ts'
import { changesJson, changesSql, compareExternalIds, differenceJson } from './changes.ts'
import { metaSql } from './common-attributes.ts'
import type { Condition } from './condition.ts'
import { groupAttributes, memberConditionSql, rollcallGroup } from './group-attributes.ts'
import { foldCase } from './keys.ts'
import type { Listed, ListRequest, Rendering, Representation } from './listing.ts'
import { insertGroup, leaveGroups, type MemberPlan, storeGroup } from './memberships.ts'
import { placeSql } from './list-query.ts'
import { sourceSql } from './owner-sql.ts'

export interface GroupDraft {
  /** A SCIM Group in canonical form, without id, externalId, members and meta. */
  readonly resource: JsonObject
  readonly externalId: string | null
}

export interface PlannedGroup extends GroupDraft {
  readonly members: MemberPlan
}

/** The group as SCIM JSON with its version, or undefined where the actor sees none. */
export async function readGroup(
  db: Database,
  actor: Actor,
  id: string,
  rendering: Rendering,
): Promise<Representation | undefined> {
  const parameters = new Parameters(actor.organizationId, actor.directoryId, rendering.baseUrl, id)
  const page = `select u.* from groups u where u.org_id = $1 and u.id = $4 and ${visibleSql(actor)}`
  const [row] = await query<Representation>(db, renderSql(page, '', rendering), parameters.values)
  return row
}

/** The groups that meet the condition, to be listed. */
export function listGroups(actor: Actor, request: ListRequest): Listed {
  return {
    ...request,
    table: 'groups',
    attributes: groupAttributes,
    visible: visibleSql(actor),
    totalSql: `select coalesce(sum(count), 0)::int as total from resource_counts
      where org_id = $1 and table_name = 'groups' and (part = $2 or ${actor.view === 'organization'})`,
    render: (page, order) => renderSql(page, order, request),
  }
}

// An identity provider works with its own groups: names are unique within a directory only, and it looks groups up by name.
function visibleSql(actor: Actor): string {
  // Either way $2 is used, for a statement must use every parameter that it is sent.
  return actor.view === 'directory' ? 'u.directory_id = $2' : '$2::text is not null'
}

function renderSql(page: string, order: string, rendering: Rendering): string {
  const members = rendering.omits.has('members')
    ? { text: `''`, join: '' }
    : { text: `coalesce(',"members":[' || ms.list || ']', '')`, join: membersJoin }
  return `with page as materialized (${page})
    select u.id, u.version, '{"id":"' || u.id || '"' || coalesce(',"externalId":' || to_json(u.external_id)::text, '')
      || ',' || substr(left((${resourceSql(rendering)})::text, -1), 2) || ${members.text} || ${metaSql('Group', '/Groups')} as json${placeSql(order)}
    from page u ${members.join} ${order}`
}

function resourceSql(rendering: Rendering): string {
  if (!rendering.adds.has('source')) return 'u.resource'
  return `jsonb_set(u.resource, '{${rollcallGroup}}', coalesce(u.resource -> '${rollcallGroup}', '{}')
    || jsonb_build_object('source', ${sourceSql}))`
}

const membersJoin = `left join lateral (
    select string_agg('{"value":"' || m.member_id || '","$ref":"' || $3
      || case when m.user_id is null then '/Groups/' else '/Users/' end || m.member_id || '"'
      || coalesce(',"display":' || to_json(coalesce(mu.resource ->> 'displayName', mu.resource ->> 'userName', mg.resource ->> 'displayName'))::text, '')
      || case when m.user_id is null then ',"type":"Group"}' else ',"type":"User"}' end, ',' order by m.member_id) as list
    from memberships m
    left join users mu on mu.org_id = m.org_id and mu.id = m.user_id
    left join groups mg on mg.org_id = m.org_id and mg.id = m.child_id
    where m.org_id = u.org_id and m.group_id = u.id
  ) ms on true`

/** Ids of those of the members of a group, and of those about to be added, that meet a condition. */
export async function findMembers(
  tx: Database,
  actor: Actor,
  groupId: string,
  condition: Condition,
  added: readonly string[],
): Promise<string[]> {
  const parameters = new Parameters(actor.organizationId, groupId, added)
  const where = memberConditionSql(condition, parameters)
  const text = `select v.member_id as id from (${candidatesSql}) v where ${where}`
  const rows = await query<{ id: string }>(tx, text, parameters.values)
  return rows.map((row) => row.id)
}

const candidatesSql = `select org_id, user_id, child_id, member_id from memberships where org_id = $1 and group_id = $2
    union select x.org_id, x.id, null, x.id from unnest($3::text[]) a(id)
      cross join lateral (select org_id, id from users where org_id = $1 and id = a.id limit 1) x
    union select x.org_id, null, x.id, x.id from unnest($3::text[]) a(id)
      cross join lateral (select org_id, id from groups where org_id = $1 and id = a.id limit 1) x`

/** Creates a group with its members. Throws uniqueness, and invalid_value for an unknown member. */
export async function createGroup(
  tx: Database,
  actor: Actor,
  draft: GroupDraft,
  memberIds: readonly string[],
  id = createId('grp', actor.at),
): Promise<{ id: string }> {
  const { resource, externalId } = draft
  const difference = differenceJson(compareResources({}, resource))
  if (externalId !== null) difference['externalId'] = compareExternalIds(null, externalId)
  const columns = {
    display_name_key: nameKey(resource),
    external_id: externalId,
    resource: JSON.stringify(resource),
    difference: JSON.stringify(difference),
  }
  await insertGroup(tx, actor, id, columns, memberIds)
  return { id }
}

/**
 * Changes a group as `plan` says, under a row lock. Nothing is written where nothing changes.
 * Throws not_found, version_mismatch, uniqueness, invalid_value.
 * @returns the version afterwards
 */
export async function updateGroup(
  tx: Database,
  actor: Actor,
  id: string,
  plan: (current: GroupDraft) => PlannedGroup | Promise<PlannedGroup>,
  acceptsVersion?: (version: number) => boolean,
): Promise<number> {
  const { version, ...current } = await lockGroup(tx, actor, id)
  if (acceptsVersion?.(version) === false) throw new AppError('version_mismatch')
  const planned = await plan(current)
  const difference = differenceJson(compareResources(current.resource, planned.resource))
  if (planned.externalId !== current.externalId) {
    difference['externalId'] = compareExternalIds(current.externalId, planned.externalId)
  }
  const columns =
    Object.keys(difference).length === 0
      ? null
      : {
          display_name_key: nameKey(planned.resource),
          external_id: planned.externalId,
          resource: JSON.stringify(planned.resource),
          difference: JSON.stringify(difference),
        }
  const { members } = planned
  if (columns === null && members.kind === 'change' && members.add.length + members.remove.length === 0) return version
  return (await storeGroup(tx, actor, { id, columns, members })) ?? version
}

/**
 * Changes nothing but the members of a group, in one statement. Nothing is written where nothing changes. Throws not_found,
 * invalid_value.
 * @returns the version afterwards
 */
export async function changeMembers(db: Database, actor: Actor, id: string, members: MemberPlan): Promise<number> {
  const version = await single(db, (tx) => storeGroup(tx, actor, { id, columns: null, members }))
  return version ?? transaction(db, (tx) => updateGroup(tx, actor, id, (current) => ({ ...current, members })))
}

/** Deletes a group; its members stay. Throws not_found, version_mismatch. */
export async function deleteGroup(
  tx: Database,
  actor: Actor,
  id: string,
  acceptsVersion?: (version: number) => boolean,
): Promise<void> {
  await query(tx, lockAroundSql, [actor.organizationId, id])
  const group = await lockGroup(tx, actor, id)
  if (acceptsVersion?.(group.version) === false) throw new AppError('version_mismatch')
  // Other groups are locked before this one is closed to them. What it joins between is seen by the second look.
  await leaveGroups(tx, actor, id, 'child_id', 'all')
  await query(tx, 'select 1 from groups where org_id = $1 and id = $2 for update', [actor.organizationId, id])
  await leaveGroups(tx, actor, id, 'child_id', 'all')
  const difference = differenceJson(compareResources(group.resource, {}))
  if (group.externalId !== null) difference['externalId'] = compareExternalIds(group.externalId, null)
  const version = group.version + 1
  const change = { resourceType: 'Group', resourceId: id, operation: 'delete', version, difference } as const
  const event = { type: 'group.deleted', resourceType: 'Group', resourceId: id, version } as const
  await query(tx, deleteSql, [actor.organizationId, id, actor.at, changesJson(actor, [change], [event])])
}

// The group and those around it in the order of their ids: groups that hold each other can be deleted at once.
const lockAroundSql = `select 1 from groups
  where org_id = $1 and (id = $2 or id in (select group_id from memberships where org_id = $1 and child_id = $2))
  order by id for no key update`

const deleteSql = `with members as (
    select member_id from memberships where org_id = $1 and group_id = $2
  ), removed as (
    delete from groups where org_id = $1 and id = $2 returning *
  ), buried as (
    insert into tombstones (org_id, resource_id, resource_type, directory_id, record, deleted_at)
    select org_id, id, 'Group', directory_id, jsonb_build_object('resource', resource, 'externalId', external_id,
      'memberIds', (select coalesce(jsonb_agg(member_id), '[]') from members)), $3::timestamptz from removed
  ), ${changesSql('$4')}
  select 1`

async function lockGroup(tx: Database, actor: Actor, id: string): Promise<GroupDraft & { version: number }> {
  const [row] = await query<{ resource: JsonObject; external_id: string | null; version: number }>(
    tx,
    `select u.resource, u.external_id, u.version from groups u where u.org_id = $1 and u.id = $3 and ${visibleSql(actor)}
     for no key update`,
    [actor.organizationId, actor.directoryId, id],
  )
  if (row === undefined) throw new AppError('not_found', `There is no group ${id}.`)
  return { resource: row.resource, externalId: row.external_id, version: row.version }
}

function nameKey(resource: JsonObject): string {
  const name = resource['displayName']
  if (typeof name !== 'string' || name.trim() === '') {
    throw new AppError('invalid_value', 'displayName must be a non-empty string.')
  }
  return foldCase(name.trim())
}

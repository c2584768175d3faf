// Who is in which group. A change touches the rows of the members that come and go, and the group's own row: its version.
import type { Database } from '../db/connect.ts'
import { query } from '../db/query.ts'
import { AppError } from '../errors.ts'
import type { Actor } from './actor.ts'

/** What a request does to the members of a group, all its operations taken together. */
export type MemberPlan =
  | { readonly kind: 'change'; readonly add: readonly string[]; readonly remove: readonly string[] }
  | { readonly kind: 'set'; readonly ids: readonly string[] }

export interface GroupColumns {
  readonly display_name_key: string
  readonly external_id: string | null
  readonly resource: string
  readonly difference: string
}

export interface GroupStore {
  readonly id: string
  /** null where only members change. */
  readonly columns: GroupColumns | null
  readonly members: MemberPlan
}

/**
 * Stores a new group with its members, change and events, in one statement. Throws uniqueness, and invalid_value where a
 * member is no user or group that the actor may use.
 */
export async function insertGroup(
  tx: Database,
  actor: Actor,
  id: string,
  columns: GroupColumns,
  memberIds: readonly string[],
): Promise<void> {
  await runStore(tx, insertSql, listParameters(actor, id, columns, memberIds))
}

/**
 * Stores what became of a locked group: attributes, members, version, change and events, in one statement. Nothing is
 * written where nothing changes. Throws uniqueness, and invalid_value as `insertGroup` does.
 * @returns the version afterwards
 */
export async function storeGroup(tx: Database, actor: Actor, store: GroupStore, version: number): Promise<number> {
  const { id, columns, members } = store
  const add = members.kind === 'set' ? members.ids : members.add
  const remove = members.kind === 'set' ? [] : members.remove
  if (columns === null && members.kind === 'change' && add.length + remove.length === 0) return version
  const parameters = [...listParameters(actor, id, columns, add), remove]
  return (await runStore(tx, storeSql[members.kind], parameters)) ?? version
}

async function runStore(tx: Database, text: string, parameters: readonly unknown[]): Promise<number | null> {
  const [row] = await query<{ unknown: string[] | null; version: number | null }>(tx, text, parameters)
  if (row?.unknown)
    throw new AppError(
      'invalid_value',
      `members: no user or group has the id ${row.unknown.map((id) => id.slice(0, 40)).join(', ')}.`,
    )
  return row?.version ?? null
}

function listParameters(actor: Actor, id: string, columns: GroupColumns | null, add: readonly string[]): unknown[] {
  return [
    actor.organizationId,
    id,
    add,
    actor.at,
    actor.directoryId,
    actor.tokenId,
    actor.requestId,
    actor.view === 'directory',
    columns?.display_name_key ?? null,
    columns?.external_id ?? null,
    columns?.resource ?? null,
    columns?.difference ?? '{}',
  ]
}

// $1 organization, $2 group, $3 ids to add, $4 time, $5 directory, $6 token, $7 request, $8 whether only groups of the directory
// may be members, $9 to $11 columns or null, $12 their difference, $13 ids to remove. Nobody may be a member whom the directory
// has deleted, for it cannot read them; but whoever is a member already stays one, so that what was read can be written.
const addedSql = `wanted as (
    select distinct id from unnest($3::text[]) id
  ), found as (
    select u.id, true as is_user from wanted w
    cross join lateral (select x.id from users x where x.org_id = $1 and x.id = w.id limit 1) u
    where not exists (select 1 from links e
      where e.org_id = $1 and e.user_id = w.id and e.directory_id = $5 and e.ended_at is not null)
    union all
    select g.id, false from wanted w
    cross join lateral (select x.id, x.directory_id from groups x where x.org_id = $1 and x.id = w.id limit 1) g
    where g.directory_id = $5 or not $8::boolean
  ), missing as (
    select id from wanted except select id from found
  ), unknown as (
    select w.id from missing w
    where (select count(*) from memberships m where m.org_id = $1 and m.group_id = $2 and m.member_id = w.id) = 0
  ), added as (
    insert into memberships (org_id, group_id, user_id, child_id, created_at)
    select $1, $2, case when is_user then id end, case when not is_user then id end, $4::timestamptz from found order by id
    on conflict (org_id, group_id, member_id) do nothing returning member_id, user_id
  )`

const changeColumns =
  'org_id, at, directory_id, token_id, request_id, resource_type, resource_id, operation, version, difference'
const eventColumns = 'org_id, type, at, resource_type, resource_id, version, data'
const memberData = `jsonb_build_object('memberId', member_id, 'memberType', case when user_id is null then 'Group' else 'User' end)`
const unknownSql = `(select array_agg(id) from (select id from unknown order by id limit 10) first) as unknown`

function memberDifference(added: string, removed: string): string {
  return `$12::jsonb || case when ${added} + ${removed} = 0 then '{}'
    else jsonb_build_object('members', jsonb_build_object('added', ${added}, 'removed', ${removed})) end`
}

const insertSql = `with ${addedSql}, inserted as (
    insert into groups (org_id, id, directory_id, display_name_key, external_id, resource, created_at, modified_at)
    values ($1, $2, $5, $9, $10, $11::jsonb, $4::timestamptz, $4::timestamptz)
  ), changed as (
    insert into changes (${changeColumns})
    select $1, $4::timestamptz, $5, $6, $7, 'Group', $2, 'create', 1, ${memberDifference('added', '0')}
    from (select count(*) as added from added) counted
  ), told as (
    insert into events (${eventColumns})
    select $1, type, $4::timestamptz, 'Group', $2, 1, data from (
      select 1 as place, 'group.created' as type, null::jsonb as data
      union all select 2, 'membership.added', ${memberData} from added order by place
    ) happened
  )
  select ${unknownSql}, 1 as version`

function writeStoreSql(goneCondition: string): string {
  return `with ${addedSql}, gone as (
    delete from memberships m where m.org_id = $1 and m.group_id = $2 and ${goneCondition} returning m.member_id, m.user_id
  ), counted as (
    select (select count(*) from added) as added, (select count(*) from gone) as removed
  ), updated as (
    update groups g set version = g.version + 1, modified_at = $4::timestamptz,
      display_name_key = case when $9::text is null then g.display_name_key else $9 end,
      external_id = case when $9::text is null then g.external_id else $10::text end,
      resource = case when $9::text is null then g.resource else $11::jsonb end
    from counted c where g.org_id = $1 and g.id = $2 and (c.added + c.removed > 0 or $9::text is not null)
    returning g.version
  ), changed as (
    insert into changes (${changeColumns})
    select $1, $4::timestamptz, $5, $6, $7, 'Group', $2, 'update', version, ${memberDifference('added', 'removed')}
    from updated, counted
  ), told as (
    insert into events (${eventColumns})
    select $1, type, $4::timestamptz, 'Group', $2, version, data from updated, (
      select 1 as place, 'group.updated' as type, null::jsonb as data where $9::text is not null
      union all select 2, 'membership.removed', ${memberData} from gone
      union all select 3, 'membership.added', ${memberData} from added order by place
    ) happened
  )
  select ${unknownSql}, (select version from updated) as version`
}

// $13 is empty where the whole set is given, but a statement must use every parameter that it is sent.
const storeSql = {
  change: writeStoreSql('m.member_id = any($13::text[])'),
  set: writeStoreSql('not exists (select 1 from wanted w where w.id = m.member_id) and cardinality($13::text[]) = 0'),
}

/**
 * Takes a user or a group out of all groups, or of those of the acting directory, each group with its version, change and event.
 * @returns the ids of the groups
 */
export async function leaveGroups(
  tx: Database,
  actor: Actor,
  memberId: string,
  column: 'user_id' | 'child_id',
  which: 'all' | 'own',
): Promise<string[]> {
  const { organizationId, at, directoryId, tokenId, requestId } = actor
  const parameters = [organizationId, memberId, at, directoryId, tokenId, requestId, which === 'own']
  const rows = await query<{ id: string }>(tx, leaveSql[column], parameters)
  return rows.map((row) => row.id)
}

function writeLeaveSql(column: 'user_id' | 'child_id'): string {
  return `with locked as (
    select g.org_id, g.id from groups g
    where g.org_id = $1 and g.id in (select group_id from memberships where org_id = $1 and ${column} = $2)
      and (g.directory_id = $4 or not $7::boolean)
    order by g.id for no key update of g
  ), gone as (
    delete from memberships m using locked l where m.org_id = l.org_id and m.group_id = l.id and m.${column} = $2
    returning m.group_id
  ), updated as (
    update groups g set version = g.version + 1, modified_at = $3::timestamptz from gone
    where g.org_id = $1 and g.id = gone.group_id returning g.org_id, g.id, g.version
  ), changed as (
    insert into changes (${changeColumns})
    select org_id, $3::timestamptz, $4, $5, $6, 'Group', id, 'update', version, '{"members": {"added": 0, "removed": 1}}'
    from updated
  ), told as (
    insert into events (${eventColumns})
    select org_id, 'membership.removed', $3::timestamptz, 'Group', id, version,
      jsonb_build_object('memberId', $2::text, 'memberType', '${column === 'user_id' ? 'User' : 'Group'}') from updated
  )
  select id from updated`
}

const leaveSql = { user_id: writeLeaveSql('user_id'), child_id: writeLeaveSql('child_id') }

/** Puts a restored user back into those of the groups that still exist. */
export async function rejoinGroups(
  tx: Database,
  actor: Actor,
  userId: string,
  groupIds: readonly string[],
): Promise<void> {
  const groups = await query<{ id: string; version: number }>(
    tx,
    'select id, version from groups where org_id = $1 and id = any($2::text[]) order by id for no key update',
    [actor.organizationId, groupIds],
  )
  for (const { id, version } of groups) {
    await storeGroup(tx, actor, { id, columns: null, members: { kind: 'change', add: [userId], remove: [] } }, version)
  }
}

// Who is in which group. A change touches the rows of the members that come and go, and the group's own row: its version.
import type { Database } from '../db/connect.ts'
import { query } from '../db/query.ts'
import { AppError } from '../errors.ts'
import type { Actor } from './actor.ts'

/** What a request does to the members of a group, all its operations taken together. */
export type MemberPlan =
  | { readonly kind: 'change'; readonly add: readonly string[]; readonly remove: readonly string[] }
  | { readonly kind: 'set'; readonly ids: readonly string[] }

export interface GroupStore {
  readonly id: string
  /** null where only members change. */
  readonly columns: { display_name_key: string; external_id: string | null; resource: string; difference: string } | null
  readonly members: MemberPlan
}

/**
 * Stores what became of a locked group: attributes, members, version, change and events, in one statement. Nothing is
 * written where nothing changes. Throws invalid_value where a member is no user or group that the actor may use.
 * @returns the version afterwards
 */
export async function storeGroup(tx: Database, actor: Actor, store: GroupStore, version: number): Promise<number> {
  const { columns, members } = store
  const add = members.kind === 'set' ? members.ids : members.add
  const remove = members.kind === 'set' ? [] : members.remove
  if (columns === null && members.kind === 'change' && add.length + remove.length === 0) return version
  const [row] = await query<{ unknown: string[] | null; version: number | null }>(tx, storeSql[members.kind], [
    actor.organizationId,
    store.id,
    add,
    remove,
    actor.at,
    actor.directoryId,
    actor.tokenId,
    actor.requestId,
    columns?.display_name_key ?? null,
    columns?.external_id ?? null,
    columns?.resource ?? null,
    columns?.difference ?? '{}',
    actor.view === 'directory',
  ])
  if (row?.unknown) throw new AppError('invalid_value', `members: no user or group has the id ${row.unknown.join(', ')}.`)
  return row?.version ?? version
}

// $1 organization, $2 group, $3 ids to add, $4 ids to remove, $5 time, $6 directory, $7 token, $8 request, $9 to $11 columns or
// null, $12 their difference, $13 whether only groups of the directory may be members.
function writeStoreSql(goneCondition: string): string {
  return `with wanted as (
    select distinct id from unnest($3::text[]) id
  ), found as (
    select u.id, true as is_user from wanted w join users u on u.org_id = $1 and u.id = w.id
    union all
    select g.id, false from wanted w join groups g on g.org_id = $1 and g.id = w.id and (g.directory_id = $6 or not $13::boolean)
  ), unknown as (
    select id from wanted except select id from found
  ), gone as (
    delete from memberships m where m.org_id = $1 and m.group_id = $2 and ${goneCondition} returning m.member_id, m.user_id
  ), added as (
    insert into memberships (org_id, group_id, user_id, child_id, created_at)
    select $1, $2, case when is_user then id end, case when not is_user then id end, $5::timestamptz from found order by id
    on conflict (org_id, group_id, member_id) do nothing returning member_id, user_id
  ), counted as (
    select (select count(*) from added) as added, (select count(*) from gone) as removed
  ), updated as (
    update groups g set version = g.version + 1, modified_at = $5::timestamptz,
      display_name_key = case when $9::text is null then g.display_name_key else $9 end,
      external_id = case when $9::text is null then g.external_id else $10::text end,
      resource = case when $9::text is null then g.resource else $11::jsonb end
    from counted c where g.org_id = $1 and g.id = $2 and (c.added + c.removed > 0 or $9::text is not null)
    returning g.version
  ), changed as (
    insert into changes (org_id, at, directory_id, token_id, request_id, resource_type, resource_id, operation, version, difference)
    select $1, $5::timestamptz, $6, $7, $8, 'Group', $2, 'update', version, $12::jsonb || case when added + removed = 0 then '{}'
      else jsonb_build_object('members', jsonb_build_object('added', added, 'removed', removed)) end from updated, counted
  ), told as (
    insert into events (org_id, type, at, resource_type, resource_id, version, data)
    select $1, type, $5::timestamptz, 'Group', $2, version, data from updated, (
      select 1 as place, 'group.updated' as type, null::jsonb as data where $9::text is not null
      union all select 2, 'membership.removed', ${memberData} from gone
      union all select 3, 'membership.added', ${memberData} from added order by place
    ) happened
  )
  select (select array_agg(id) from (select id from unknown order by id limit 10) first) as unknown, (select version from updated) as version`
}

const memberData = `jsonb_build_object('memberId', member_id, 'memberType', case when user_id is null then 'Group' else 'User' end)`

// $4 is empty where the whole set is given, but a statement must use every parameter that it is sent.
const storeSql = {
  change: writeStoreSql('m.member_id = any($4::text[])'),
  set: writeStoreSql('not exists (select 1 from wanted w where w.id = m.member_id) and cardinality($4::text[]) = 0'),
}

/**
 * Takes a user or a group out of every group, each group with its version, change and event.
 * @returns the ids of the groups
 */
export async function leaveGroups(
  tx: Database,
  actor: Actor,
  memberId: string,
  column: 'user_id' | 'child_id',
): Promise<string[]> {
  const parameters = [actor.organizationId, memberId, actor.at, actor.directoryId, actor.tokenId, actor.requestId]
  const rows = await query<{ id: string }>(tx, leaveSql[column], parameters)
  return rows.map((row) => row.id)
}

function writeLeaveSql(column: 'user_id' | 'child_id'): string {
  return `with locked as (
    select g.org_id, g.id from groups g
    where g.org_id = $1 and g.id in (select group_id from memberships where org_id = $1 and ${column} = $2)
    order by g.id for no key update of g
  ), gone as (
    delete from memberships m using locked l where m.org_id = l.org_id and m.group_id = l.id and m.${column} = $2
    returning m.group_id
  ), updated as (
    update groups g set version = g.version + 1, modified_at = $3::timestamptz from gone
    where g.org_id = $1 and g.id = gone.group_id returning g.org_id, g.id, g.version
  ), changed as (
    insert into changes (org_id, at, directory_id, token_id, request_id, resource_type, resource_id, operation, version, difference)
    select org_id, $3::timestamptz, $4, $5, $6, 'Group', id, 'update', version, '{"members": {"added": 0, "removed": 1}}'
    from updated
  ), told as (
    insert into events (org_id, type, at, resource_type, resource_id, version, data)
    select org_id, 'membership.removed', $3::timestamptz, 'Group', id, version,
      jsonb_build_object('memberId', $2::text, 'memberType', '${column === 'user_id' ? 'User' : 'Group'}') from updated
  )
  select id from updated`
}

const leaveSql = { user_id: writeLeaveSql('user_id'), child_id: writeLeaveSql('child_id') }

/** Puts a restored user back into those of the groups that still exist. */
export async function rejoinGroups(tx: Database, actor: Actor, userId: string, groupIds: readonly string[]): Promise<void> {
  const groups = await query<{ id: string; version: number }>(
    tx,
    'select id, version from groups where org_id = $1 and id = any($2::text[]) order by id for no key update',
    [actor.organizationId, groupIds],
  )
  for (const { id, version } of groups) {
    await storeGroup(tx, actor, { id, columns: null, members: { kind: 'change', add: [userId], remove: [] } }, version)
  }
}

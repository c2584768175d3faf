// The statements that change who is in a group. $1 organization, $2 group, $3 ids to add, or the one that comes or goes, $4 time,
// $5 directory, $6 token, $7 request, $8 whether the actor sees only groups of the directory, $9 to $11 columns of the group or
// null, $12 their difference, $13 ids to remove.

export const changeColumns =
  'org_id, at, directory_id, token_id, request_id, resource_type, resource_id, operation, version, difference'
export const eventColumns = 'org_id, type, at, resource_type, resource_id, version, data'
const memberData = `jsonb_build_object('memberId', member_id, 'memberType', case when user_id is null then 'Group' else 'User' end)`
const isVisible = '(g.directory_id = $5 or not $8::boolean)'

// Nobody may become a member whom the directory has deleted, for it cannot read them. A count is no join, which would be made
// with all that the directory has deleted.
function writeIsKnown(userId: string): string {
  return `(select count(*) from links e
      where e.org_id = $1 and e.user_id = ${userId} and e.directory_id = $5 and e.ended_at is not null) = 0`
}

// Whoever is a member already stays one, so that what was read can be written. The planner cannot look into the sub-select: for
// it one plan is as good for any ids as for these, and it is made once.
const foundSql = `wanted as (
    select distinct id from unnest((select $3::text[])) id
  ), found as (
    select u.id, true as is_user from wanted w
    cross join lateral (select x.id from users x where x.org_id = $1 and x.id = w.id limit 1) u
    where ${writeIsKnown('w.id')}
    union all
    select g.id, false from wanted w
    cross join lateral (select x.id, x.directory_id from groups x where x.org_id = $1 and x.id = w.id limit 1) g
    where ${isVisible}
  ), missing as (
    select id from wanted except select id from found
  ), unknown as (
    select w.id from missing w
    where (select count(*) from memberships m where m.org_id = $1 and m.group_id = $2 and m.member_id = w.id) = 0
  )`

function writeAdded(source: string): string {
  return `added as (
    insert into memberships (org_id, group_id, user_id, child_id, created_at)
    select $1, $2, case when is_user then id end, case when not is_user then id end, $4::timestamptz from ${source}
    on conflict (org_id, group_id, member_id) do nothing returning member_id, user_id
  )`
}

const unknownIds = '(select array_agg(id) from (select id from unknown order by id limit 10) first)'

function writeDifference(added: string, removed: string): string {
  return `$12::jsonb || case when ${added} + ${removed} = 0 then '{}'
    else jsonb_build_object('members', jsonb_build_object('added', ${added}, 'removed', ${removed})) end`
}

/** Stores a new group with its members. */
export const insertSql = `with ${foundSql}, ${writeAdded('found order by id')}, inserted as (
    insert into groups (org_id, id, directory_id, display_name_key, external_id, resource, created_at, modified_at)
    values ($1, $2, $5, $9, $10, $11::jsonb, $4::timestamptz, $4::timestamptz)
  ), changed as (
    insert into changes (${changeColumns})
    select $1, $4::timestamptz, $5, $6, $7, 'Group', $2, 'create', 1, ${writeDifference('added', '0')}
    from (select count(*) as added from added) counted
  ), told as (
    insert into outbox (${eventColumns})
    select $1, type, $4::timestamptz, 'Group', $2, 1, data from (
      select 1 as place, 'group.created' as type, null::jsonb as data
      union all select 2, 'membership.added', ${memberData} from added order by place
    ) happened
  )
  select ${unknownIds} as unknown, 1 as version`

// A statement that waited for the group sees it as it is now, and the members as they were. Who adds or removes one member can
// do without knowing them; for all else the version tells, which every change of the members raises.
function writeTarget(columns: string): string {
  return `target as (
    select ${columns} from groups g where g.org_id = $1 and g.id = $2 and ${isVisible} for no key update
  )`
}

const isCurrent = 'g.version = (select s.version from groups s where s.org_id = $1 and s.id = $2) as is_current'

function writeStore(goneCondition: string): string {
  return `with ${writeTarget(`g.version, ${isCurrent}`)}, ${foundSql}, open as (
    select from target where is_current and not exists (select from unknown)
  ), ${writeAdded('found where exists (select from open) order by id')}, gone as (
    delete from memberships m where m.org_id = $1 and m.group_id = $2 and ${goneCondition} and exists (select from open)
    returning m.member_id, m.user_id
  ), counted as (
    select (select count(*) from added) as added, (select count(*) from gone) as removed
  ), updated as (
    update groups g set version = g.version + 1, modified_at = $4::timestamptz,
      display_name_key = case when $9::text is null then g.display_name_key else $9 end,
      external_id = case when $9::text is null then g.external_id else $10::text end,
      resource = case when $9::text is null then g.resource else $11::jsonb end
    from counted c where g.org_id = $1 and g.id = $2 and (c.added + c.removed > 0 or $9::text is not null)
      and exists (select from open)
    returning g.version
  ), changed as (
    insert into changes (${changeColumns})
    select $1, $4::timestamptz, $5, $6, $7, 'Group', $2, 'update', version, ${writeDifference('added', 'removed')}
    from updated, counted
  ), told as (
    insert into outbox (${eventColumns})
    select $1, type, $4::timestamptz, 'Group', $2, version, data from updated, (
      select 1 as place, 'group.updated' as type, null::jsonb as data where $9::text is not null
      union all select 2, 'membership.removed', ${memberData} from gone
      union all select 3, 'membership.added', ${memberData} from added order by place
    ) happened
  )
  select case when is_current then ${unknownIds} end as unknown,
    case when is_current then coalesce((select version from updated), version) end as version from target`
}

/** Stores what becomes of a group that changes by the ids to add and to remove, or that has just these members. */
export const storeSql = {
  change: writeStore('m.member_id = any((select $13::text[])::text[])'),
  // What is not in a list is looked up in a hash, which as a join it would be only if the planner knew that the list can be long.
  // $13 is empty here, but a statement must use every parameter that it is sent.
  set: writeStore('m.member_id not in (select id from wanted) and cardinality($13::text[]) = 0'),
}

function writeOne(kind: 'added' | 'removed', change: string, unknown: string): string {
  const difference = { members: { added: kind === 'added' ? 1 : 0, removed: kind === 'removed' ? 1 : 0 } }
  return `with ${writeTarget('g.version')}, ${change}, updated as (
    update groups g set version = g.version + 1, modified_at = $4::timestamptz
    where g.org_id = $1 and g.id = $2 and exists (select from ${kind}) returning g.version
  ), changed as (
    insert into changes (${changeColumns})
    select $1, $4::timestamptz, $5, $6, $7, 'Group', $2, 'update', version, '${JSON.stringify(difference)}' from updated
  ), told as (
    insert into outbox (${eventColumns})
    select $1, 'membership.${kind}', $4::timestamptz, 'Group', $2, version, ${memberData} from updated, ${kind}
  )
  select ${unknown} as unknown, coalesce((select version from updated), version) as version from target`
}

const oneFoundSql = `found as (
    select u.id, true as is_user from users u where u.org_id = $1 and u.id = $3::text and ${writeIsKnown('$3')}
    union all
    select g.id, false from groups g where g.org_id = $1 and g.id = $3 and ${isVisible}
  )`

const oneRemovedSql = `removed as (
    delete from memberships m using target
    where m.org_id = $1 and m.group_id = $2 and m.member_id = $3::text returning m.member_id, m.user_id
  )`

const oneUnknownSql = `(select array[$3::text] where not exists (select from found)
    and not exists (select from memberships m where m.org_id = $1 and m.group_id = $2 and m.member_id = $3))`

/** The same where one member comes or goes and nothing else changes, which is what most requests are about. */
export const oneSql = {
  added: writeOne('added', `${oneFoundSql}, ${writeAdded('target, found')}`, oneUnknownSql),
  removed: writeOne('removed', oneRemovedSql, 'null::text[]'),
}

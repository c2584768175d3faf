// What the plan of groups asks. $1 organization, $2 run, $3 directory; $4 is whether the run read everything.
import type { JsonObject } from '../../db/tables.ts'
import type { ChangeCode } from '../runs/run.ts'

export interface GroupRow {
  readonly source_id: string
  /** The run whose pulled record it is. */
  readonly run_id: string
  readonly hash: string
  /** What the source says; null where only members are to be looked at. */
  readonly content: JsonObject | null
  /** Whether there is a record of it, of which run, and how it stands. */
  readonly known: boolean
  readonly known_run_id: string | null
  readonly problem: ChangeCode | null
  readonly is_missing: boolean
  /** Of the group, where it is there. */
  readonly id: string | null
  readonly version: number | null
  readonly external_id: string | null
  readonly display_name_key: string | null
  readonly resource: JsonObject | null
}

const groupColumns = 'g.id, g.version, g.external_id, g.display_name_key, g.resource'

// A group of one directory is found by the record that it is about; else by what the source calls it; else by its name, where the source
// calls no group so.
const ownGroupSql = `left join lateral (
    select ${groupColumns} from (
      (select 0 as place, x.* from groups x where x.org_id = $1 and x.id = r.resource_id and x.directory_id = $3 limit 1)
      union all
      (select 1, x.* from groups x where x.external_id = r.source_id and x.org_id = $1 and x.directory_id = $3 limit 1)
      union all
      (select 2, x.* from groups x
        where x.display_name_key = r.name_key and x.org_id = $1 and x.directory_id = $3 and x.external_id is null limit 1)
    ) g order by g.place limit 1
  ) g on true`

// What is deleted on a page, or on the one on which it came, was not returned, unless it comes again.
const seenSql = `said as materialized (
    select i.id, max(p.number) as number from run_pages p cross join lateral unnest(p.deleted_ids) i(id)
    where p.org_id = $1 and p.run_id = $2 group by i.id
  ), seen as materialized (
    select i.id from run_pages p cross join lateral unnest(p.group_ids) i(id)
    where p.org_id = $1 and p.run_id = $2 and not exists (select from said d where d.id = i.id and d.number >= p.number)
  ), deleted as materialized (
    select id from said except select id from seen
  )`

/** All groups that the run is about: in a full run those that it returned, otherwise those that were read or whose members were. */
export const groupsSql = `with ${seenSql}, stated as materialized (
    select distinct group_id as id from run_members where org_id = $1 and run_id = $2 and group_id <> ''
    union
    select id from seen
    union
    -- groups that somebody is in who was read
    select g.external_id from (
      select distinct i.id from run_members m cross join lateral unnest(m.member_ids) i(id)
      where m.org_id = $1 and m.run_id = $2 and m.stated_by = 'member' and m.member_type = 'user' and not $4::boolean
    ) i
    cross join lateral (select resource_id from source_records
      where org_id = $1 and directory_id = $3 and type = 'user' and source_id = i.id limit 1) s
    join memberships m on m.org_id = $1 and m.user_id = s.resource_id
    join groups g on g.org_id = $1 and g.id = m.group_id and g.directory_id = $3
  ), records as materialized (
    select d.id as source_id, coalesce(p.run_id, s.run_id) as run_id, coalesce(p.hash, s.hash) as hash, p.facts, s.resource_id,
      s.source_id is not null as known, s.run_id as known_run_id, s.problem, s.missing_since is not null as is_missing
    from stated d
    left join lateral (select * from source_records
      where org_id = $1 and directory_id = $3 and type = 'group' and source_id = d.id limit 1) s on true
    left join lateral (select run_id, hash, facts from pulled_records
      where org_id = $1 and run_id = $2 and type = 'group' and source_id = d.id limit 1) p on true
    where (s.source_id is not null or p.run_id is not null)
      and d.id not in (select id from deleted)
      and ($4::boolean is false or d.id in (select id from seen))
  )
  select r.source_id, r.run_id, r.hash, c.resource as content, r.known, r.known_run_id, r.problem, r.is_missing, ${groupColumns}
  from (select *, lower(facts ->> 'name') as name_key from records) r
  ${ownGroupSql}
  left join lateral (select resource from pulled_records
    where org_id = $1 and run_id = r.run_id and type = 'group' and source_id = r.source_id limit 1) c on true
  order by r.source_id`

/** Groups of the directory that are to go: those that a full run did not return, or that the source says are deleted. */
export const missingGroupsSql = `with ${seenSql}
  select s.source_id, s.run_id, s.hash, null::jsonb as content, true as known, s.run_id as known_run_id, s.problem,
    false as is_missing, ${groupColumns}
  from source_records s
  left join lateral (select * from groups x where x.org_id = $1 and x.id = s.resource_id and x.directory_id = $3 limit 1) g on true
  where s.org_id = $1 and s.directory_id = $3 and s.type = 'group' and s.missing_since is null
    and s.source_id not in (select id from seen) and ($4::boolean or s.source_id in (select id from deleted))
  order by s.source_id`

/** All groups of the directory. */
export const ownGroupsSql = `select coalesce(s.source_id, g.external_id, g.id) as source_id, s.run_id, s.hash, null::jsonb as content,
    s.source_id is not null as known, s.run_id as known_run_id, s.problem, false as is_missing, ${groupColumns}
  from groups g
  left join lateral (select * from source_records
    where org_id = $1 and directory_id = $3 and type = 'group' and source_id = g.external_id limit 1) s on true
  where g.org_id = $1 and g.directory_id = $3 and $2::text is not null order by g.id`

/** Which group is directly in which, as the run read it. */
export const nestedSql = `select distinct m.group_id, i.id from run_members m cross join lateral unnest(m.member_ids) i(id)
  where m.org_id = $1 and m.run_id = $2 and m.member_type = 'group' and m.group_id <> ''`

/**
 * Source id of a group → how many members come and go, where any do: people as they will be after this run, and groups. As members-sql.ts
 * has it of one group when it is applied.
 */
export const countMembersSql = `with stated as materialized (
    select distinct m.group_id, m.member_type as type, i.id from run_members m cross join lateral unnest(m.member_ids) i(id)
    where m.org_id = $1 and m.run_id = $2 and m.group_id <> ''
  ), spoken as materialized (
    select distinct m.member_type as type, i.id from run_members m cross join lateral unnest(m.member_ids) i(id)
    where m.org_id = $1 and m.run_id = $2 and m.stated_by = 'member' and not $4::boolean
  ), telling as materialized (
    select distinct group_id from run_members where org_id = $1 and run_id = $2 and stated_by = 'group'
  ), planned as materialized (
    select source_id, resource_id, operation, code, (plan #>> '{record,speaks}')::boolean as speaks,
      (plan #>> '{record,isMissing}')::boolean as is_missing
    from run_changes
    where org_id = $1 and run_id = $2 and resource_type = 'User' and source_id is not null
  ), known as materialized (
    select type, source_id, resource_id, speaks, missing_since, problem from source_records
    where org_id = $1 and directory_id = $3 and resource_id is not null
  ), people as materialized (
    select k.source_id, u.id from known k
    join users u on u.org_id = $1 and u.id = k.resource_id and u.anonymized_at is null and u.last_day is distinct from '-infinity'
    where k.type = 'user' and k.source_id not in (select source_id from planned) and not exists (
      select from links e where e.org_id = $1 and e.user_id = u.id and e.directory_id = $3 and e.ended_at is not null)
    union all
    select p.source_id, p.resource_id from planned p
    left join users u on u.org_id = $1 and u.id = p.resource_id
    where p.resource_id is not null and p.operation not in ('delete', 'anonymize') and p.code is distinct from 'ended'
      and (u.id is null or u.last_day is distinct from '-infinity' or p.operation in ('activate', 'link'))
  ), lost as materialized (
    -- whom the source no longer returns: nobody says where they belong
    select k.resource_id as id from (
      select resource_id from known
      where type = 'user' and speaks and missing_since is not null and problem is distinct from 'filtered'
        and source_id not in (select source_id from planned)
      union
      select resource_id from planned
      where speaks and is_missing and operation not in ('delete', 'anonymize')
        and (code is null or code not in ('ended', 'filtered'))
    ) k join users u on u.org_id = $1 and u.id = k.resource_id and u.last_day is distinct from '-infinity'
  ), own as materialized (
    select k.source_id, g.id from groups g
    join known k on k.type = 'group' and k.resource_id = g.id
    where g.org_id = $1 and g.directory_id = $3
  ), desired as materialized (
    select s.group_id as source_id, p.id as member_id from stated s join people p on p.source_id = s.id where s.type = 'user'
    union
    select s.group_id, coalesce(o.id, 'new ' || s.id) from stated s
    left join own o on o.source_id = s.id
    where s.type = 'group' and s.id <> s.group_id and (o.id is not null or s.id in (
      select source_id from pulled_records where org_id = $1 and run_id = $2 and type = 'group'))
  ), present as materialized (
    select o.source_id, m.member_id from own o join memberships m on m.org_id = $1 and m.group_id = o.id
  ), changed as (
    select source_id, 1 as added, 0 as removed from (table desired except table present) a
    union all
    select r.source_id, 0, 1 from (table present except table desired) r
    where ($4::boolean and r.member_id not in (select id from lost)) or r.source_id in (select group_id from telling)
      or r.member_id in (select k.resource_id from known k join spoken s on s.type = k.type and s.id = k.source_id)
  )
  select source_id, sum(added)::int as add, sum(removed)::int as remove from changed group by source_id`

/** Groups of other directories that people of this one are in; $4 and $5 are whether those made by hand, and the others, count. */
export const foreignSql = `with people as materialized (
    select user_id as id from links where org_id = $1 and directory_id = $3 and ended_at is null
  ), counted as materialized (
    select m.group_id, count(*)::int as count from memberships m join people p on p.id = m.user_id
    where m.org_id = $1 group by m.group_id
  )
  select g.id, g.version, g.resource, d.kind = 'manual' as is_local, c.count
  from counted c
  join groups g on g.org_id = $1 and g.id = c.group_id and g.directory_id <> $3
  join directories d on d.org_id = $1 and d.id = g.directory_id
  where case when d.kind = 'manual' then $4::boolean else $5::boolean end and $2::text is not null
  order by g.id`

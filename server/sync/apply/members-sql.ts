// Who comes into a group and who leaves it, by what a run read. $1 organization, $2 run, $3 directory, $4 what the source calls the
// group, $5 the group's id, $6 whether the run read everything.

/**
 * Common table expressions: `desired` has the ids of the users and groups that are to be members, `added` those of them that are none yet,
 * `removed` those that are and are not to be. A run that read only what has changed knows all members of a group that states them itself,
 * and otherwise only where those belong that it read. Who has left, or is gone for the directory, is in no group; of whom the source no
 * longer returns nobody says where they belong, so they stay.
 */
export const membersSql = `stated as (
    select m.member_type, m.stated_by, s.id from run_members m cross join lateral unnest(m.member_ids) s(id)
    where m.org_id = $1 and m.run_id = $2 and m.group_id = $4
  ), desired as materialized (
    select u.id from (select distinct id from stated where member_type = 'user') s
    cross join lateral (select x.resource_id from source_records x
      where x.org_id = $1 and x.directory_id = $3 and x.type = 'user' and x.source_id = s.id limit 1) r
    cross join lateral (select x.id from users x where x.org_id = $1 and x.id = r.resource_id and x.anonymized_at is null
      and x.last_day is distinct from '-infinity' limit 1) u
    where (select count(*) from links e
      where e.org_id = $1 and e.user_id = u.id and e.directory_id = $3 and e.ended_at is not null) = 0
    union
    select g.id from (select distinct id from stated where member_type = 'group') s
    cross join lateral (select x.resource_id from source_records x
      where x.org_id = $1 and x.directory_id = $3 and x.type = 'group' and x.source_id = s.id limit 1) r
    cross join lateral (
      select x.id from groups x where x.org_id = $1 and x.id = r.resource_id and x.directory_id = $3 limit 1) g
    where g.id <> $5
  ), spoken as materialized (
    select m.member_type as type, s.id from run_members m cross join lateral unnest(m.member_ids) s(id)
    where m.org_id = $1 and m.run_id = $2 and m.stated_by = 'member' and not $6::boolean
  ), added as (
    select d.id from desired d
    where (select count(*) from memberships m where m.org_id = $1 and m.group_id = $5 and m.member_id = d.id) = 0
  ), removed as (
    select m.member_id as id from memberships m
    where m.org_id = $1 and m.group_id = $5 and m.member_id not in (select id from desired) and (
      ($6::boolean and (select count(*) from source_records r
        cross join lateral (select 1 from users u
          where u.org_id = $1 and u.id = r.resource_id and u.last_day is distinct from '-infinity' limit 1) there
        where r.resource_id = m.member_id and (r.org_id = $1) is true and (r.directory_id = $3) is true and r.type = 'user' and r.speaks
          and r.missing_since is not null and r.problem is distinct from 'filtered') = 0)
      or (select count(*) from run_members x where x.org_id = $1 and x.run_id = $2 and x.group_id = $4 and x.stated_by = 'group') > 0
      or (select count(*) from source_records r where r.resource_id = m.member_id and (r.org_id = $1) is true and (r.directory_id = $3) is true
        and (r.type, r.source_id) in (select type, id from spoken)) > 0)
  )`

/** Ids of the users of the directory $2 that are in the group $3, which is not its own, of the organization $1. */
export const foreignMembersSql = `select m.user_id as id from memberships m
  where m.org_id = $1 and m.group_id = $3 and m.user_id is not null
    and (select count(*) from links l
      where l.org_id = $1 and l.user_id = m.user_id and l.directory_id = $2 and l.ended_at is null) > 0`

// Whom the groups of the filter let in.
import { queryWhole } from './query-whole.ts'
import type { Run } from '../runs/run.ts'

/**
 * Source ids of the people who are in one of the groups of groupFilter, directly or through other groups, as far as the run read it;
 * undefined where everybody is imported.
 */
export async function readAllowed(run: Run): Promise<ReadonlySet<string> | undefined> {
  const { settings, purpose, organizationId, id, directory, services } = run
  if (settings.groupFilter.length === 0 || purpose === 'lifecycle') return undefined
  const values = [organizationId, id, directory.id, settings.groupFilter]
  const rows = await queryWhole<{ id: string }>(services.db, allowedSql, values)
  return new Set(rows.map((row) => row.id))
}

// A run that reads only what has changed knows from before which group is within which.
const allowedSql = `with recursive stated as materialized (
    select m.group_id, m.member_type, i.id from run_members m cross join lateral unnest(m.member_ids) i(id)
    where m.org_id = $1 and m.run_id = $2
  ), named as (
    select p.source_id as id from pulled_records p
    where p.org_id = $1 and p.run_id = $2 and p.type = 'group' and p.facts ->> 'name' = any($4::text[])
    union
    select s.source_id from source_records s cross join lateral (
      select facts from pulled_records where org_id = $1 and run_id = s.run_id and type = 'group' and source_id = s.source_id limit 1
    ) p
    where s.org_id = $1 and s.directory_id = $3 and s.type = 'group' and p.facts ->> 'name' = any($4::text[])
      and not exists (select from pulled_records q
        where q.org_id = $1 and q.run_id = $2 and q.type = 'group' and q.source_id = s.source_id)
    union
    select unnest($4::text[])
  ), within as materialized (
    select group_id, id from stated where member_type = 'group'
    union
    select g.external_id, c.external_id from groups g
    join memberships m on m.org_id = g.org_id and m.group_id = g.id and m.child_id is not null
    join groups c on c.org_id = m.org_id and c.id = m.child_id and c.directory_id = g.directory_id
    where g.org_id = $1 and g.directory_id = $3 and not (select is_full from sync_runs where org_id = $1 and id = $2)
  ), inside (id) as (
    select id from named
    union
    select w.id from inside i join within w on w.group_id = i.id
  )
  select distinct s.id from inside i join stated s on s.group_id = i.id where s.member_type = 'user'`

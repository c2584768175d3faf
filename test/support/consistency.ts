// Whether what is stored, what the changes say and what the events say is the same.
import { expect } from 'chai'
import { query } from '../../server/db/query.ts'
import type { Tenant } from './app.ts'
import { testDatabase } from './postgres.ts'

/** What must hold of an organization whatever happened. */
export async function checkConsistency({ organizationId }: Tenant): Promise<void> {
  const ask = <Row>(text: string): Promise<Row[]> => query<Row>(testDatabase(), text, [organizationId])
  // Events wait in the outbox until they are in the log. Of directories, syncs and the like there are no change rows.
  const happened = `happened as (
      select type, resource_type, resource_id, version, data ->> 'memberId' as member_id from outbox where org_id = $1
      union all
      select type, resource_type, resource_id, version, data #>> '{member,id}' from events where org_id = $1)`
  const isOfChanges = `resource_type not in ('Directory', 'Sync', 'WebhookEndpoint')`
  // Each version of a resource has one change row, and one that has been deleted says so at the end.
  const broken = await ask(
    `select c.resource_id, array_agg(c.version order by c.id) as versions, max(r.version) as version
     from changes c left join (select id, version from users where org_id = $1 union all
       select id, version from groups where org_id = $1) r on r.id = c.resource_id
     where c.org_id = $1 group by c.resource_id
     having count(*) <> max(c.version) or count(distinct c.version) <> count(*)
       or (max(r.version) is not null and max(r.version) <> max(c.version))
       or (max(r.version) is null) <> ((array_agg(c.operation order by c.version desc))[1] = 'delete')`,
  )
  expect(broken).to.deep.equal([])
  // Each change has an event, and each event a change.
  const untold = await ask(
    `with ${happened} select resource_id, version from changes where org_id = $1 except select resource_id, version from happened`,
  )
  const unmade = await ask(
    `with ${happened} select resource_id, version from happened where ${isOfChanges}
     except select resource_id, version from changes where org_id = $1`,
  )
  expect([untold, unmade]).to.deep.equal([[], []])
  // The members are those that the events say.
  const wrong = await ask(
    `with ${happened}, told as (
       select e.resource_id as group_id, e.member_id,
         sum(case e.type when 'membership.added' then 1 else -1 end) as balance
       from happened e where e.type like 'membership.%'
         and exists (select 1 from groups g where g.org_id = $1 and g.id = e.resource_id) group by 1, 2)
     select coalesce(t.group_id, m.group_id) as group_id, coalesce(t.member_id, m.member_id) as member_id, balance
     from told t full join (select * from memberships where org_id = $1) m using (group_id, member_id)
     where balance is distinct from case when m.group_id is null then 0 else 1 end`,
  )
  expect(wrong).to.deep.equal([])
  // A change of a group counts the members that its events name.
  const miscounted = await ask(
    `with ${happened} select c.resource_id, c.version, c.difference -> 'members' as counted, added, removed
     from changes c cross join lateral (
       select count(*) filter (where type = 'membership.added') as added,
         count(*) filter (where type = 'membership.removed') as removed
       from happened e where e.resource_id = c.resource_id and e.version = c.version) told
     where c.org_id = $1 and c.resource_type = 'Group'
       and (coalesce((c.difference #>> '{members,added}')::int, 0) <> added
         or coalesce((c.difference #>> '{members,removed}')::int, 0) <> removed)`,
  )
  expect(miscounted).to.deep.equal([])
  // The log has no gaps but what was swept from its beginning, and the versions of each resource in order.
  const gaps = await ask(
    `select min(number) as first, max(number) as last, count(*) as count from events where org_id = $1
     having count(*) <> max(number) - min(number) + 1
       or max(number) <> (select last_event from organizations where org_id = $1)`,
  )
  const disordered = await ask(
    `select resource_id, number from (select resource_id, number, version,
       max(version) over (partition by resource_id order by number) as highest from events where org_id = $1) e
     where version < highest`,
  )
  expect([gaps, disordered]).to.deep.equal([[], []])
  const counts = await ask(
    `select table_name, sum(count)::int as count from resource_counts where org_id = $1 group by 1
     except select * from (select 'users', count(*)::int from users where org_id = $1
       union all select 'groups', count(*)::int from groups where org_id = $1) real`,
  )
  expect(counts).to.deep.equal([])
  const headcounts = await ask(
    `select department_key, counted, real
     from (select department_key, sum(count)::int as counted from department_counts where org_id = $1 group by 1) c
     full join (select department_key, count(*)::int as real from users where org_id = $1 group by 1) u using (department_key)
     where department_key is not null and coalesce(counted, 0) <> coalesce(real, 0)`,
  )
  expect(headcounts).to.deep.equal([])
}

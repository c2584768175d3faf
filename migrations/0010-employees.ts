// What questions about the company are answered from without reading all of its people: who has left, who reports to nobody,
// and how many people each department has.
import { type Kysely, sql } from 'kysely'
import type { RawBuilder } from 'kysely'

const enterpriseUser = sql.lit('urn:ietf:params:scim:schemas:extension:enterprise:2.0:User')
const rollcallUser = sql.lit('urn:ietf:params:scim:schemas:extension:rollcall:2.0:User')

export async function up(db: Kysely<unknown>): Promise<void> {
  await addLastDay(db)
  // In the order of the ids, so that a page of a department, and the reports of a manager, are read where they begin.
  await sql`drop index users_department`.execute(db)
  await sql`create index users_department on users (org_id, department_key, id) where department_key is not null`.execute(
    db,
  )
  await sql`drop index users_manager`.execute(db)
  // With the last day, so that reports are counted in the index.
  await sql`
    create index users_manager on users (org_id, manager_id, id) include (last_day) where manager_id is not null`.execute(
    db,
  )
  await sql`create index users_without_manager on users (org_id, id) where manager_id is null`.execute(db)
  await countDepartments(db)
}

// Null where nobody has left or will; '-infinity' where the source says so without a day.
async function addLastDay(db: Kysely<unknown>): Promise<void> {
  await sql`alter table users add last_day date`.execute(db)
  // Any text may stand where a day should. Every month has a first day; what is no day of the month comes out as another.
  await sql`
    update users u set last_day = case
      when e ->> 'employmentStatus' in ('terminated', 'retired') then '-infinity'::date
      when e ->> 'employmentStatus' in ('active', 'on_leave', 'suspended', 'contractor') then null
      when e ->> 'endDate' ~ '^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' then (
        select case when to_char(day, 'YYYY-MM-DD') = e ->> 'endDate' then day end
        from (select (left(e ->> 'endDate', 8) || '01')::date + (right(e ->> 'endDate', 2)::int - 1) as day) d)
      end
    from (select org_id, id, resource -> ${rollcallUser} as e from users) r
    where r.org_id = u.org_id and r.id = u.id and e ?| array['employmentStatus', 'endDate']`.execute(db)
}

// How many people of a department are alike in all that is said of departments. Kept by triggers, in shards, as resource_counts is.
async function countDepartments(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table department_counts (
      org_id text collate "C" not null references organizations on delete cascade,
      department_key text collate "C" not null,
      -- a digest of the following columns, which may be long
      kind uuid not null,
      shard smallint not null,
      name text not null,
      division text,
      cost_center text,
      -- 'contractor' by status or by type; else the status that is stored, or else 'active' or 'suspended'
      standing text not null,
      last_day date,
      count bigint not null,
      primary key (org_id, department_key, kind, shard)
    ) with (fillfactor = 50)`.execute(db)
  await sql`
    create function count_inserted_users() returns trigger language plpgsql as $$
    begin
      insert into resource_counts (org_id, table_name, part, shard, count)
      select org_id, 'users', '', pg_backend_pid() % 16, count(*) from added group by 1 order by 1
      on conflict (org_id, table_name, part, shard) do update set count = resource_counts.count + excluded.count;
      ${addCounts(sql`select ${countedColumns('added')}, 1 as count from added where department_key is not null`)};
      return null;
    end $$`.execute(db)
  await sql`
    create function count_deleted_users() returns trigger language plpgsql as $$
    begin
      insert into resource_counts (org_id, table_name, part, shard, count)
      select org_id, 'users', '', pg_backend_pid() % 16, -count(*)
      from removed where org_id in (select org_id from organizations) group by 1 order by 1
      on conflict (org_id, table_name, part, shard) do update set count = resource_counts.count + excluded.count;
      ${addCounts(sql`select ${countedColumns('removed')}, -1 as count from removed
        where department_key is not null and org_id in (select org_id from organizations)`)};
      return null;
    end $$`.execute(db)
  await sql`
    create function count_updated_user() returns trigger language plpgsql as $$
    begin
      ${addCounts(sql`select ${countedColumns('old')}, -1 as count where old.department_key is not null
        union all select ${countedColumns('new')}, 1 where new.department_key is not null`)};
      return null;
    end $$`.execute(db)
  await addCounts(
    sql`select ${countedColumns('users')}, 1 as count from users where department_key is not null`,
  ).execute(db)
  for (const [what, rows] of [
    ['insert', sql`referencing new table as added`],
    ['delete', sql`referencing old table as removed`],
  ] as const) {
    const name = sql.ref(what === 'insert' ? 'count_inserted' : 'count_deleted')
    await sql`drop trigger ${name} on users`.execute(db)
    await sql`
      create trigger ${name} after ${sql.raw(what)} on users ${rows}
      for each statement execute function ${sql.ref(what === 'insert' ? 'count_inserted_users' : 'count_deleted_users')}()`.execute(
      db,
    )
  }
  // Most changes are of nothing that is counted, and stop at these comparisons.
  await sql`
    create trigger count_updated after update on users for each row
    when ((old.department_key is not null or new.department_key is not null) and (
      old.department_key is distinct from new.department_key or old.active is distinct from new.active
      or old.last_day is distinct from new.last_day
      or old.resource -> ${enterpriseUser} is distinct from new.resource -> ${enterpriseUser}
      or old.resource -> ${rollcallUser} is distinct from new.resource -> ${rollcallUser}))
    execute function count_updated_user()`.execute(db)
}

function countedColumns(row: string): RawBuilder<unknown> {
  const column = (name: string): RawBuilder<unknown> => sql.ref(`${row}.${name}`)
  const enterprise = sql`${column('resource')} -> ${enterpriseUser}`
  const rollcall = sql`${column('resource')} -> ${rollcallUser}`
  return sql`${column('org_id')}, ${column('department_key')}, coalesce(${enterprise} ->> 'department', ${column('department_key')}) as name,
        ${enterprise} ->> 'division' as division, ${enterprise} ->> 'costCenter' as cost_center,
        case when ${rollcall} ->> 'employmentType' = 'contractor' then 'contractor'
          when ${rollcall} ->> 'employmentStatus' in ('active', 'on_leave', 'suspended', 'terminated', 'retired', 'contractor')
            then ${rollcall} ->> 'employmentStatus'
          when ${column('active')} is false then 'suspended' else 'active' end as standing, ${column('last_day')}`
}

// Those that come and go alike cancel each other out. Rows are written in their order, so that writers do not wait in a circle.
function addCounts(people: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`insert into department_counts
      select org_id, department_key, kind, pg_backend_pid() % 8, min(name), min(division), min(cost_center), min(standing),
        min(last_day), sum(count)
      from (select *, md5(json_build_array(name, division, cost_center, standing, last_day)::text)::uuid as kind
        from (${people}) people) each
      group by org_id, department_key, kind having sum(count) <> 0 order by org_id, department_key, kind
      on conflict (org_id, department_key, kind, shard) do update set count = department_counts.count + excluded.count`
}

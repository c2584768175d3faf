// Resources of the types that an installation declares itself (ROLLCALL_SCHEMAS_DIR). They belong to the organization.
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table resources (
      org_id text collate "C" not null references organizations on delete cascade,
      id text collate "C" not null,
      resource_type text collate "C" not null,
      -- the directory that made the resource
      directory_id text collate "C" not null,
      external_id text collate "C",
      resource jsonb not null,
      -- attribute=value of every text in the resource, folded and cut: what equality is looked up by
      keys text[] collate "C" not null,
      version integer not null default 1,
      created_at timestamptz(3) not null,
      modified_at timestamptz(3) not null,
      primary key (org_id, id),
      foreign key (org_id, directory_id) references directories
    ) with (fillfactor = 85)`.execute(db)
  // As with users, the other indexes do not begin with org_id.
  await sql`create index resources_type on resources (resource_type, org_id, id)`.execute(db)
  await sql`create index resources_external_id on resources (external_id, org_id) where external_id is not null`.execute(
    db,
  )
  await sql`create index resources_keys on resources using gin (keys) with (fastupdate = off)`.execute(db)
  await sql`create index resources_modified on resources using brin (modified_at) with (pages_per_range = 16)`.execute(
    db,
  )

  // The values of attributes that two resources of a type must not share (uniqueness "server").
  await sql`
    create table unique_values (
      org_id text collate "C" not null,
      resource_type text collate "C" not null,
      attribute text collate "C" not null,
      value_key text collate "C" not null,
      resource_id text collate "C" not null,
      primary key (value_key, attribute, resource_type, org_id),
      foreign key (org_id, resource_id) references resources on delete cascade
    )`.execute(db)
  await sql`create index unique_values_resource on unique_values (org_id, resource_id)`.execute(db)

  // Counts are of a part of a table: all users, the groups of a directory, the resources of a type.
  await sql`alter table resource_counts rename column directory_id to part`.execute(db)
  for (const name of ['count_inserted_resources', 'count_deleted_resources']) {
    const [rows, sign, condition] =
      name === 'count_inserted_resources'
        ? (['added', '', 'true'] as const)
        : (['removed', '-', 'org_id in (select org_id from organizations)'] as const)
    await defineCounter(db, name, rows, 'counted_directory(tg_table_name, directory_id)', sign, condition)
    await defineCounter(db, `${name}_by_type`, rows, 'resource_type', sign, condition)
  }
  await sql`
    create trigger count_inserted after insert on resources referencing new table as added
    for each statement execute function count_inserted_resources_by_type()`.execute(db)
  await sql`
    create trigger count_deleted after delete on resources referencing old table as removed
    for each statement execute function count_deleted_resources_by_type()`.execute(db)
}

async function defineCounter(
  db: Kysely<unknown>,
  name: string,
  rows: 'added' | 'removed',
  part: string,
  sign: '' | '-',
  condition: string,
): Promise<void> {
  await sql`
    create or replace function ${sql.raw(name)}() returns trigger language plpgsql as $$
    begin
      insert into resource_counts (org_id, table_name, part, shard, count)
      select org_id, tg_table_name, ${sql.raw(part)}, pg_backend_pid() % 16, ${sql.raw(sign)}count(*)
      from ${sql.raw(rows)} where ${sql.raw(condition)} group by 1, 3 order by 1, 3
      on conflict (org_id, table_name, part, shard) do update set count = resource_counts.count + excluded.count;
      return null;
    end $$`.execute(db)
}

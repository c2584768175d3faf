// People. A user is one person of an organization; a link says that a directory knows the person, and what it says.
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  // `resource` is the SCIM resource as the links say it, merged, without what belongs to the request or is computed: id,
  // externalId, groups, meta, and the manager's name. The other columns are what is looked up, prepared for comparison.
  // Only the primary key begins with org_id, so that whatever looks a row up by organization and id, foreign keys above all,
  // has no other index to mistake for it. No index covers a column that an ordinary change touches, so most updates stay on their page (HOT); modified_at has
  // a BRIN index, which since PostgreSQL 16 does not stand in the way of that.
  await sql`
    create table users (
      org_id text collate "C" not null references organizations on delete cascade,
      id text collate "C" not null,
      -- the directory that brought the person, and owns what attribute_authority does not give to another
      directory_id text collate "C" not null,
      user_name_key text collate "C" not null,
      email_keys text[] collate "C" not null,
      employee_number_key text collate "C",
      department_key text collate "C",
      manager_id text collate "C",
      active boolean,
      resource jsonb not null,
      -- attribute → directory id, where several directories know the person; null where one does
      set_by jsonb,
      version integer not null default 1,
      created_at timestamptz(3) not null,
      modified_at timestamptz(3) not null,
      primary key (org_id, id),
      constraint users_user_name unique (user_name_key, org_id),
      foreign key (org_id, directory_id) references directories
    ) with (fillfactor = 85)`.execute(db)
  // fastupdate would make readers scan a pending list; two e-mail addresses a person are cheap to index at once.
  await sql`create index users_emails on users using gin (email_keys) with (fastupdate = off)`.execute(db)
  await sql`create index users_employee_number on users (org_id, employee_number_key) where employee_number_key is not null`.execute(
    db,
  )
  await sql`create index users_department on users (org_id, department_key) where department_key is not null`.execute(
    db,
  )
  await sql`create index users_manager on users (org_id, manager_id) where manager_id is not null`.execute(db)
  await sql`create index users_modified on users using brin (modified_at) with (pages_per_range = 16)`.execute(db)

  await sql`
    create table links (
      -- direct, so that links go before the check that no directory of theirs is missing, when the organization goes
      org_id text collate "C" not null references organizations on delete cascade,
      user_id text collate "C" not null,
      directory_id text collate "C" not null,
      external_id text collate "C",
      source_id text collate "C",
      -- what this directory says of the person; null while that is exactly users.resource
      resource jsonb,
      raw jsonb,
      created_at timestamptz(3) not null,
      seen_at timestamptz(3) not null,
      -- set when this directory deleted the person while others still know them
      ended_at timestamptz(3),
      primary key (org_id, user_id, directory_id),
      foreign key (org_id, user_id) references users on delete cascade,
      constraint links_directory foreign key (org_id, directory_id) references directories
    )`.execute(db)
  await sql`create index links_external_id on links (org_id, external_id, directory_id) where external_id is not null`.execute(
    db,
  )
  await sql`
    create index links_source_id on links (org_id, directory_id, source_id) where source_id is not null`.execute(db)
  await sql`create index links_ended on links (org_id, directory_id, user_id) where ended_at is not null`.execute(db)

  // What a deleted resource was, for the retention time, so that it can be brought back under its own id.
  await sql`
    create table tombstones (
      org_id text collate "C" not null references organizations on delete cascade,
      resource_id text collate "C" not null,
      resource_type text not null,
      directory_id text collate "C" not null,
      user_name_key text collate "C",
      record jsonb not null,
      deleted_at timestamptz(3) not null,
      primary key (org_id, resource_id)
    )`.execute(db)
  await sql`create index tombstones_user_name on tombstones (org_id, user_name_key, deleted_at)`.execute(db)
  await sql`create index tombstones_deleted on tombstones (deleted_at)`.execute(db)

  // How many resources an organization has, so that an unfiltered list need not count them. Sixteen shards, one for each
  // sixteenth server session, keep concurrent writers off each other's row. Kept by triggers: no path can forget it.
  await sql`
    create table resource_counts (
      org_id text collate "C" not null references organizations on delete cascade,
      table_name text not null,
      -- '' where the count is the organization's
      directory_id text collate "C" not null,
      shard smallint not null,
      count bigint not null,
      primary key (org_id, table_name, directory_id, shard)
    ) with (fillfactor = 50)`.execute(db)
  // Groups are counted for each directory; users for the organization, for their owner can change.
  await sql`
    create function counted_directory(table_name name, directory_id text) returns text language sql immutable
    return case when table_name = 'users' then '' else directory_id end`.execute(db)
  await sql`
    create function count_inserted_resources() returns trigger language plpgsql as $$
    begin
      insert into resource_counts
      select org_id, tg_table_name, counted_directory(tg_table_name, directory_id), pg_backend_pid() % 16, count(*)
      from added group by 1, 3 order by 1, 3
      on conflict (org_id, table_name, directory_id, shard) do update set count = resource_counts.count + excluded.count;
      return null;
    end $$`.execute(db)
  await sql`
    create function count_deleted_resources() returns trigger language plpgsql as $$
    begin
      insert into resource_counts
      select org_id, tg_table_name, counted_directory(tg_table_name, directory_id), pg_backend_pid() % 16, -count(*)
      from removed where org_id in (select org_id from organizations) group by 1, 3 order by 1, 3
      on conflict (org_id, table_name, directory_id, shard) do update set count = resource_counts.count + excluded.count;
      return null;
    end $$`.execute(db)
  await countRowsOf(db, 'users')
}

/** Adds the triggers that keep resource_counts for a table that has org_id and directory_id. */
export async function countRowsOf(db: Kysely<unknown>, table: string): Promise<void> {
  await sql`
    create trigger count_inserted after insert on ${sql.table(table)} referencing new table as added
    for each statement execute function count_inserted_resources()`.execute(db)
  await sql`
    create trigger count_deleted after delete on ${sql.table(table)} referencing old table as removed
    for each statement execute function count_deleted_resources()`.execute(db)
}

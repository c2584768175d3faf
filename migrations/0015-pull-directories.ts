// What a directory that is pulled needs: how to reach its source, what to do with what it says, and when to ask again.
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  // Where days begin and end, for dates of employment: an IANA name.
  await sql`alter table organizations add time_zone text not null default 'UTC'`.execute(db)
  await sql`
    alter table directories
      -- what an administrator set; what is missing is as server/sync/setup/settings.ts says
      add settings jsonb not null default '{}',
      -- SCIM attribute → rule, or null for one that is not mapped; over the provider's own
      add mapping jsonb not null default '{}',
      -- rises with all that changes what a record means: settings, mapping, connection
      add rules_version integer not null default 1,
      -- the provider's settings but for secrets; null while it is not connected
      add connection jsonb,
      -- the secrets among them, a JSON object, sealed
      add secrets text,
      add connected_at timestamptz(3),
      -- the last test of the connection, and what it found
      add checked_at timestamptz(3),
      add checks jsonb,
      add paused_at timestamptz(3),
      -- when the schedule asks for the next run; null where nothing does
      add next_run_at timestamptz(3),
      -- where the next incremental run begins, as the provider says it
      add cursor jsonb,
      -- when the last pull began that read everything and was applied, and with which rules
      add confirmed_at timestamptz(3),
      add confirmed_rules integer`.execute(db)
  await sql`create index directories_due on directories (next_run_at) where next_run_at is not null`.execute(db)
  // Which record a link comes from, and what it said, is in source_records.
  await sql`drop index links_source_id`.execute(db)
  await sql`alter table links drop source_id, drop raw`.execute(db)

  // Offices, each with its own days.
  await sql`
    create table locations (
      org_id text collate "C" not null references organizations on delete cascade,
      id text collate "C" not null,
      name text not null,
      name_key text collate "C" not null,
      -- an IANA name; null where it is the organization's
      time_zone text,
      created_at timestamptz(3) not null,
      primary key (org_id, id),
      constraint locations_name unique (org_id, name_key)
    )`.execute(db)

  // Lets somebody without an account fill in the connection of one directory.
  await sql`
    create table setup_links (
      org_id text collate "C" not null,
      id text collate "C" not null,
      directory_id text collate "C" not null,
      hash bytea not null,
      created_at timestamptz(3) not null,
      expires_at timestamptz(3) not null,
      opened_at timestamptz(3),
      finished_at timestamptz(3),
      revoked_at timestamptz(3),
      primary key (org_id, id),
      constraint setup_links_hash unique (hash),
      foreign key (org_id, directory_id) references directories on delete cascade
    )`.execute(db)
  await sql`create index setup_links_directory on setup_links (directory_id, org_id, id)`.execute(db)
}

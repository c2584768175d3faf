// Groups and who is in them. A membership is one row: adding a member costs the same whatever the group's size.
import { type Kysely, sql } from 'kysely'
import { countRowsOf } from './0002-users.ts'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table groups (
      org_id text collate "C" not null references organizations on delete cascade,
      id text collate "C" not null,
      -- the directory that made the group; its name and externalId are of that directory
      directory_id text collate "C" not null,
      display_name_key text collate "C" not null,
      external_id text collate "C",
      resource jsonb not null,
      version integer not null default 1,
      created_at timestamptz(3) not null,
      modified_at timestamptz(3) not null,
      primary key (org_id, id),
      constraint groups_display_name unique (display_name_key, org_id, directory_id),
      foreign key (org_id, directory_id) references directories
    ) with (fillfactor = 50)`.execute(db)
  await sql`create index groups_external_id on groups (external_id, org_id, directory_id) where external_id is not null`.execute(
    db,
  )
  await sql`create index groups_modified on groups using brin (modified_at) with (pages_per_range = 16)`.execute(db)
  await countRowsOf(db, 'groups')

  // A member is a user or a group; each has its own foreign key, and member_id is whichever of the two is set.
  await sql`
    create table memberships (
      org_id text collate "C" not null,
      group_id text collate "C" not null,
      member_id text collate "C" not null generated always as (coalesce(user_id, child_id)) stored,
      user_id text collate "C",
      child_id text collate "C",
      created_at timestamptz(3) not null,
      primary key (org_id, group_id, member_id),
      constraint memberships_one_member check (num_nonnulls(user_id, child_id) = 1),
      constraint memberships_not_self check (child_id is distinct from group_id),
      foreign key (org_id, group_id) references groups on delete cascade,
      constraint memberships_user foreign key (org_id, user_id) references users on delete cascade,
      constraint memberships_child foreign key (org_id, child_id) references groups on delete cascade
    )`.execute(db)
  await sql`create index memberships_user_id on memberships (org_id, user_id) where user_id is not null`.execute(db)
  await sql`create index memberships_child_id on memberships (org_id, child_id) where child_id is not null`.execute(db)
  // Of an organization that is new since the last ANALYZE the planner would believe that it has one membership, take the primary
  // key for as good an index as the one of the user, and read all memberships for each user. Without statistics of the
  // organization it takes a middling share of the table for it.
  await sql`alter table memberships alter column org_id set statistics 0`.execute(db)
}

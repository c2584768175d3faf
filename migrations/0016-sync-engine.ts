// What a run reads, plans and does, so that it can be looked at, stopped at any line, and gone on with by another process.
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table sync_runs drop constraint sync_runs_status_check, drop constraint sync_runs_check1`.execute(db)
  await sql`
    alter table sync_runs
      -- 'preview' ends before anything is applied, 'import' reads a file, 'lifecycle' reads nothing: a day has come
      add purpose text not null default 'sync' check (purpose in ('sync', 'preview', 'import', 'lifecycle')),
      -- whether it reads everything, so that who is missing is known to be gone
      add is_full boolean not null default true,
      add stage text not null default 'fetch' check (stage in ('fetch', 'plan', 'guard', 'apply', 'notify')),
      -- pages, totalPages, records, planned, applied: how far it is
      add progress jsonb not null default '{}',
      -- field → in how many records it was, of a full pull
      add field_counts jsonb,
      -- a digest of all that was read
      add digest text,
      add rules_version integer not null default 1,
      -- the last change that was applied; those behind it were not
      add applied_position integer not null default 0,
      -- why it waits for approval, and what was decided: {reasons, decision, decidedAt, decidedBy}
      add hold jsonb,
      -- what ended it: {kind, message}
      add failure jsonb,
      add error_count integer not null default 0,
      add attempt integer not null default 0,
      -- when it may be taken up (again)
      add due_at timestamptz(3),
      add cancel_requested_at timestamptz(3),
      -- who does it, and until when that is believed; another one may write nothing any more
      add holder text,
      add held_until timestamptz(3),
      add token_id text,
      add request_id text,
      -- the file of an import, and how to read it
      add input jsonb,
      add constraint sync_runs_status_check
        check (status in ('queued', 'running', 'awaiting_approval', 'completed', 'failed', 'cancelled')),
      add constraint sync_runs_ended check (status in ('queued', 'running', 'awaiting_approval') = (completed_at is null))`.execute(
    db,
  )
  await sql`update sync_runs set due_at = queued_at where status = 'queued'`.execute(db)
  // What there is to do. One who died while holding is found by held_until.
  await sql`
    create index sync_runs_due on sync_runs (coalesce(held_until, due_at)) where status in ('queued', 'running')`.execute(
    db,
  )
  // A directory has one plan that waits for approval.
  await sql`
    create unique index sync_runs_held on sync_runs (directory_id, org_id) where status = 'awaiting_approval'`.execute(
    db,
  )
  await sql`create index sync_runs_ended_at on sync_runs (completed_at) where completed_at is not null`.execute(db)

  // Each page of a pull, written with what it brought: where a run that was interrupted goes on.
  await sql`
    create table run_pages (
      org_id text collate "C" not null,
      run_id text collate "C" not null,
      number integer not null,
      cursor jsonb,
      -- ids of all records of the page, also of those that have not changed
      user_ids text[] collate "C" not null,
      group_ids text[] collate "C" not null,
      deleted_ids text[] collate "C" not null default '{}',
      -- records that could not be read: {record, message}
      faults jsonb not null default '[]',
      field_counts jsonb not null default '{}',
      digest text not null,
      primary key (org_id, run_id, number),
      foreign key (org_id, run_id) references sync_runs on delete cascade
    )`.execute(db)
  // What a page said of a record that was not known so yet. Written once; in force once source_records says so.
  await sql`
    create table pulled_records (
      org_id text collate "C" not null,
      run_id text collate "C" not null,
      type text not null check (type in ('user', 'group')),
      source_id text collate "C" not null,
      directory_id text collate "C" not null,
      hash text collate "C" not null,
      -- as the source says it
      raw jsonb not null,
      -- the same as SCIM: canonical, without what depends on others or on the day (manager, active, locations)
      resource jsonb not null,
      -- what those are found by, and what records are matched by (server/sync/mapping/facts.ts)
      facts jsonb not null,
      user_name_key text collate "C",
      employee_number_key text collate "C",
      email_keys text[] collate "C" not null default '{}',
      -- no reference to the run, which is forgotten before what is in force
      primary key (org_id, run_id, type, source_id)
    )`.execute(db)
  // Groups and who is in them, as a pull says it: of a member all its groups, or of a group its members.
  await sql`
    create table run_members (
      org_id text collate "C" not null,
      run_id text collate "C" not null,
      page integer not null,
      group_id text collate "C" not null,
      member_type text not null check (member_type in ('user', 'group')),
      stated_by text not null check (stated_by in ('member', 'group')),
      member_ids text[] collate "C" not null,
      primary key (org_id, run_id, group_id, member_type, stated_by, page),
      foreign key (org_id, run_id) references sync_runs on delete cascade
    )`.execute(db)
  // What a run found that is to be done, or left alone and why; one row for each record, in the order of doing.
  await sql`
    create table run_changes (
      org_id text collate "C" not null,
      run_id text collate "C" not null,
      position integer not null,
      resource_type text not null check (resource_type in ('User', 'Group')),
      source_id text collate "C",
      -- of the user or group; of one that is to be created the id that it will have
      resource_id text collate "C",
      operation text not null,
      -- the version that the resource had
      version integer,
      -- what the person or group is called, for whoever reads this
      name text,
      -- why, in one word: no_email, ambiguous, filtered …; and in a sentence
      code text,
      detail text,
      -- what becomes of it: {active, managerId, difference …}
      plan jsonb not null default '{}',
      primary key (org_id, run_id, position)
    )`.execute(db)
  await sql`create index run_changes_operation on run_changes (run_id, operation, position)`.execute(db)
  await sql`create index run_changes_code on run_changes (run_id, code, position) where code is not null`.execute(db)

  // What a directory last said of each person and group, and whom it is about. Narrow, for all of it is looked at in each full run.
  await sql`
    create table source_records (
      org_id text collate "C" not null,
      directory_id text collate "C" not null,
      type text not null check (type in ('user', 'group')),
      source_id text collate "C" not null,
      -- of what was said, and of the rules by which it was read
      hash text collate "C" not null,
      -- where that lies: pulled_records of this run
      run_id text collate "C" not null,
      -- the user or group; null where it is nobody yet
      resource_id text collate "C",
      -- whether the user's link says what this record says; of several of one person one does
      speaks boolean not null default false,
      -- why nothing came of it, or not all
      problem text,
      -- when a day comes that changes what it means
      due_at timestamptz(3),
      -- since when a full pull does not return it
      missing_since timestamptz(3),
      primary key (org_id, directory_id, type, source_id)
    ) with (fillfactor = 85)`.execute(db)
  await sql`create index source_records_resource on source_records (resource_id, org_id) where resource_id is not null`.execute(
    db,
  )
  await sql`create index source_records_due on source_records (due_at) where due_at is not null`.execute(db)
  await sql`
    create index source_records_problem on source_records (directory_id, org_id, source_id) where problem is not null`.execute(
    db,
  )
  await forgetTogether(db)
  // The words of very many who come together are put into the index together, which takes half as long. The pending list, which readers
  // scan, stays at eight pages.
  await sql`alter index users_words set (fastupdate = on, gin_pending_list_limit = 64)`.execute(db)
}

// A reference is looked at for each row by itself, which for very many took a third of the time of writing them. What belongs to runs,
// and is written in batches by whoever holds the run, goes with the run or the directory by these instead.
async function forgetTogether(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function forget_runs() returns trigger language plpgsql as $$
    begin
      delete from run_changes c using removed r where c.org_id = r.org_id and c.run_id = r.id;
      return null;
    end $$`.execute(db)
  await sql`
    create trigger forget_runs after delete on sync_runs referencing old table as removed
    for each statement execute function forget_runs()`.execute(db)
  await sql`
    create function forget_directories() returns trigger language plpgsql as $$
    begin
      delete from source_records s using removed r where s.org_id = r.org_id and s.directory_id = r.id;
      delete from pulled_records p using removed r where p.org_id = r.org_id and p.directory_id = r.id;
      return null;
    end $$`.execute(db)
  await sql`
    create trigger forget_directories after delete on directories referencing old table as removed
    for each statement execute function forget_directories()`.execute(db)
}

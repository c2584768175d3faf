// Runs that pull from a source: asked for through the API, done by the sync engine, kept so that both can be looked at.
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table sync_runs (
      org_id text collate "C" not null,
      id text collate "C" not null,
      -- the directory that is pulled; with the organization go its directories, and with them their runs
      directory_id text collate "C" not null,
      type text not null check (type in ('full', 'incremental', 'manual')),
      include_groups boolean not null,
      status text not null check (status in ('queued', 'running', 'completed', 'failed', 'cancelled')),
      queued_at timestamptz(3) not null,
      started_at timestamptz(3),
      completed_at timestamptz(3),
      -- as earlier runs let expect when this one was asked for
      estimated_duration_ms bigint,
      -- counter → number; one that is missing is 0
      stats jsonb not null default '{}',
      errors jsonb not null default '[]',
      next_sync_token text,
      primary key (org_id, id),
      foreign key (org_id, directory_id) references directories on delete cascade,
      check (status <> 'completed' or started_at is not null),
      check (status in ('queued', 'running') = (completed_at is null))
    )`.execute(db)
  // As with users, the other indexes do not begin with org_id. The first serves the reference, and the latest run of a directory.
  await sql`create index sync_runs_directory on sync_runs (directory_id, org_id, id)`.execute(db)
  await sql`
    create index sync_runs_completed on sync_runs (directory_id, type, org_id, id) where status = 'completed'`.execute(
    db,
  )
  // A directory is pulled by one run at a time.
  await sql`
    create unique index sync_runs_unfinished on sync_runs (directory_id, org_id)
    where status in ('queued', 'running')`.execute(db)
}

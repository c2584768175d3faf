// How often somebody was tried to be signed in at a source, counted by all processes together.
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  // Few rows, and of minutes: they have no index for sweeping.
  await sql`
    create table sign_in_attempts (
      org_id text collate "C" not null,
      directory_id text collate "C" not null,
      -- a digest of whom it is about; empty for all of the directory together
      subject text collate "C" not null,
      attempts integer not null,
      -- when they stop counting
      counts_until timestamptz(3) not null,
      primary key (org_id, directory_id, subject),
      foreign key (org_id, directory_id) references directories on delete cascade
    )`.execute(db)
}

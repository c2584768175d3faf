// The request log: what clients asked for, what was answered, and what had to be repaired. No bodies, no secrets.
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table request_log (
      org_id text collate "C" not null references organizations on delete cascade,
      id text collate "C" not null,
      at timestamptz(3) not null,
      directory_id text collate "C",
      token_id text collate "C",
      method text not null,
      path text not null,
      status smallint not null,
      duration_ms integer not null,
      error text,
      -- [{path, note}]: repairs, ignored attributes, values kept because another directory set them
      notes jsonb not null,
      user_agent text,
      primary key (org_id, id)
    )`.execute(db)
  await sql`create index request_log_at on request_log using brin (at)`.execute(db)
}

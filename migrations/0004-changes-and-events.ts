// What happened: the change log (who changed what, before and after) and the outbox that deliveries read from.
// Both are written in the transaction of the change.
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table changes (
      org_id text collate "C" not null references organizations on delete cascade,
      id bigint not null generated always as identity,
      at timestamptz(3) not null,
      directory_id text collate "C" not null,
      token_id text collate "C",
      request_id text,
      resource_type text not null,
      resource_id text collate "C" not null,
      operation text not null check (operation in ('create', 'update', 'delete', 'restore')),
      version integer not null,
      -- attribute → {before, after}; a created resource has only "after" values, a deleted one only "before"
      difference jsonb not null,
      primary key (org_id, id)
    )`.execute(db)
  await sql`create index changes_resource on changes (org_id, resource_id, id)`.execute(db)
  await sql`
    create table events (
      org_id text collate "C" not null references organizations on delete cascade,
      id bigint not null generated always as identity,
      type text not null,
      at timestamptz(3) not null,
      resource_type text not null,
      resource_id text collate "C" not null,
      version integer not null,
      -- what the change row of the same resource and version does not say, such as which member was added
      data jsonb,
      primary key (org_id, id)
    )`.execute(db)
}

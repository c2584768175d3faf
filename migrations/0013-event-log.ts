// The outbox and the event log. A write puts its events into the outbox; from there they are moved into the log, where the
// events of an organization are numbered without gaps, in an order in which whoever has read up to a number has missed nothing.
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  // Identity values are given when a row is written and not when it is committed: whoever read behind the highest one would miss
  // what commits late. So they are only the order of the outbox.
  await sql`alter table events rename to outbox`.execute(db)
  await sql`alter table outbox drop constraint events_pkey, add constraint outbox_pkey primary key (id)`.execute(db)
  // Of types of one's own, events are named after the type.
  await sql`update outbox set type = resource_type || substr(type, 9) where type like 'resource.%'`.execute(db)
  await sql`
    create table events (
      org_id text collate "C" not null,
      number bigint not null,
      id text collate "C" not null,
      type text not null,
      at timestamptz(3) not null,
      resource_type text not null,
      resource_id text collate "C" not null,
      version integer not null,
      -- what is told of it, as it is delivered
      data jsonb not null,
      primary key (org_id, number)
    )`.execute(db)
  // Old events are swept by their time, in which they lie on the disk.
  await sql`create index events_at on events using brin (at)`.execute(db)
  // What is told of one resource is looked for where it has to be forgotten.
  await sql`create index events_resource on events (resource_id, org_id)`.execute(db)
  // The versions of a resource are looked up together; the ids of changes are in their order, too. As with users, it does not begin
  // with org_id.
  await sql`drop index changes_resource`.execute(db)
  await sql`create index changes_resource on changes (resource_id, version, org_id)`.execute(db)
  await sql`alter table organizations add last_event bigint not null default 0`.execute(db)
  await sql`
    alter table directories add version integer not null default 1,
      add send_invitations boolean not null default false,
      add send_offboarding_emails boolean not null default false`.execute(db)
  // When what was known of a person was removed for good; nothing more can be said of them.
  await sql`alter table users add anonymized_at timestamptz(3)`.execute(db)
  await sql`alter table sync_runs add version integer not null default 1`.execute(db)
  await sql`
    create or replace function remove_organization() returns trigger language plpgsql as $$
    begin
      perform 1 from directories where org_id = old.org_id for update;
      delete from users where org_id = old.org_id;
      delete from name_words where org_id = old.org_id;
      delete from groups where org_id = old.org_id;
      delete from resources where org_id = old.org_id;
      delete from changes where org_id = old.org_id;
      delete from outbox where org_id = old.org_id;
      delete from events where org_id = old.org_id;
      return old;
    end $$`.execute(db)
}

// Who hears of events, and what became of telling them. A subscription is a webhook endpoint, a trigger or a feed of security event
// tokens; it takes events from the log in the order of their numbers, and each that concerns it becomes a delivery.
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table subscriptions (
      org_id text collate "C" not null references organizations on delete cascade,
      id text collate "C" not null,
      kind text not null check (kind in ('webhook', 'trigger', 'feed')),
      name text not null,
      -- event types, or user.* for all that begin so, or *
      types text[] not null,
      -- a SCIM filter that the resource of an event has to meet
      condition text,
      enabled boolean not null default true,
      -- why it was disabled, where that was not a person's doing
      disabled_reason text,
      -- one of those that every organization has: invitation, offboarding
      built_in text,
      settings jsonb not null default '{}',
      -- a JSON object, sealed (server/auth/sealer.ts)
      secrets text,
      -- the number of the last event that was looked at
      taken_number bigint not null,
      -- when there is next something to do; null while there is nothing
      due_at timestamptz(3),
      -- how often it was told that there is something to do, so that whoever finds nothing more knows whether that still holds
      wakes bigint not null default 0,
      -- who delivers, and until when that is believed; another one may write nothing any more
      holder text,
      held_until timestamptz(3),
      -- nothing is sent before: the receiver asked for that, or fails
      paused_until timestamptz(3),
      -- attempts in a row that failed, and since when
      failures integer not null default 0,
      failing_since timestamptz(3),
      version integer not null default 1,
      created_at timestamptz(3) not null,
      modified_at timestamptz(3) not null,
      primary key (org_id, id)
    )`.execute(db)
  await sql`create unique index subscriptions_name on subscriptions (org_id, kind, lower(name))`.execute(db)
  await sql`create unique index subscriptions_built_in on subscriptions (org_id, built_in) where built_in is not null`.execute(
    db,
  )
  await sql`create index subscriptions_due on subscriptions (due_at) where enabled and due_at is not null`.execute(db)
  await sql`
    create table deliveries (
      org_id text collate "C" not null,
      id text collate "C" not null,
      subscription_id text collate "C" not null,
      -- the event, or the first of those that are told together
      event_number bigint not null,
      event_id text collate "C" not null,
      event_type text not null,
      -- what is told in order: the resource that the event is of
      resource_id text collate "C" not null,
      -- event: as it happened; resend, replay: asked for once more; test: asked for to try
      origin text not null check (origin in ('event', 'resend', 'replay', 'test')),
      state text not null check (state in ('waiting', 'delivered', 'dead')),
      -- what is sent, where that is not the event as it is in the log
      content jsonb,
      -- [{at, durationMs, status, error, answer}], the first one first
      attempts jsonb not null default '[]',
      next_at timestamptz(3),
      created_at timestamptz(3) not null,
      ended_at timestamptz(3),
      primary key (org_id, id),
      foreign key (org_id, subscription_id) references subscriptions on delete cascade,
      check ((state = 'waiting') = (next_at is not null)),
      check ((state = 'waiting') = (ended_at is null))
    )`.execute(db)
  await sql`
    create index deliveries_waiting on deliveries (subscription_id, event_number, id) where state = 'waiting'`.execute(
    db,
  )
  await sql`create index deliveries_subscription on deliveries (subscription_id, id)`.execute(db)
  await sql`create index deliveries_dead on deliveries (subscription_id, id) where state = 'dead'`.execute(db)
  await sql`
    create index deliveries_again on deliveries (subscription_id, event_number) where origin in ('resend', 'replay')`.execute(
    db,
  )
  await sql`create index deliveries_created on deliveries using brin (created_at)`.execute(db)
  // Signs security event tokens; the private part is sealed. Retired ones stay published for a while.
  await sql`
    create table signing_keys (
      id text collate "C" primary key,
      public_jwk jsonb not null,
      private_jwk text not null,
      created_at timestamptz(3) not null,
      retired_at timestamptz(3)
    )`.execute(db)
  // One signs.
  await sql`create unique index signing_keys_in_use on signing_keys ((retired_at is null)) where retired_at is null`.execute(
    db,
  )
}

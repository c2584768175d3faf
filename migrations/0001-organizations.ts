// Organizations, their directories, and what signs in to them.
//
// Every table has org_id first in its key, and every foreign key carries it, so that a row of one organization cannot
// point into another. Ids are "C" collated: they are ASCII, and compare as bytes.
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table organizations (
      org_id text collate "C" primary key,
      name text not null constraint organizations_name unique,
      -- raised whenever the organization's schema changes, so that servers know when to compile it again
      schema_version integer not null default 1,
      -- attribute → directory ids in order of precedence; what is not listed belongs to the directory that owns the user
      attribute_authority jsonb not null default '{}',
      created_at timestamptz(3) not null
    )`.execute(db)
  await sql`
    create table directories (
      org_id text collate "C" not null references organizations on delete cascade,
      id text collate "C" not null,
      kind text not null check (kind in ('push', 'pull', 'manual')),
      provider text,
      name text not null,
      strict boolean not null default false,
      restore_users boolean not null default false,
      created_at timestamptz(3) not null,
      primary key (org_id, id),
      constraint directories_name unique (org_id, name)
    )`.execute(db)
  await sql`create unique index directories_manual on directories (org_id) where kind = 'manual'`.execute(db)
  // A token is found by its hash alone, before its organization is known. Its slot makes "two live tokens for each
  // directory" a matter of a unique index. A row with a parent is an access token that the parent obtained by OAuth.
  await sql`
    create table tokens (
      org_id text collate "C" not null references organizations on delete cascade,
      id text collate "C" not null,
      directory_id text collate "C",
      parent_id text collate "C",
      name text not null,
      hash bytea not null constraint tokens_hash unique,
      hint text not null,
      scopes text[] not null check (cardinality(scopes) > 0),
      slot smallint check (slot in (1, 2)),
      created_at timestamptz(3) not null,
      expires_at timestamptz(3),
      last_used_at timestamptz(3),
      revoked_at timestamptz(3),
      primary key (org_id, id),
      foreign key (org_id, directory_id) references directories on delete cascade,
      foreign key (org_id, parent_id) references tokens on delete cascade
    )`.execute(db)
  await sql`
    create unique index tokens_live_per_directory on tokens (org_id, directory_id, slot)
    where revoked_at is null and slot is not null`.execute(db)
  await sql`create index tokens_parent on tokens (org_id, parent_id) where parent_id is not null`.execute(db)
  await sql`
    create table issuers (
      org_id text collate "C" not null references organizations on delete cascade,
      id text collate "C" not null,
      directory_id text collate "C",
      issuer text not null,
      audience text not null,
      jwks_uri text not null,
      created_at timestamptz(3) not null,
      primary key (org_id, id),
      constraint issuers_directory foreign key (org_id, directory_id) references directories on delete cascade,
      constraint issuers_issuer_audience unique (issuer, audience)
    )`.execute(db)
  await sql`
    create table custom_attributes (
      org_id text collate "C" not null references organizations on delete cascade,
      resource_type text not null check (resource_type in ('User', 'Group')),
      -- lower case: attribute names differ in more than case (RFC 7643 section 2.1)
      name_key text collate "C" not null,
      -- the attribute as RFC 7643 section 7 defines it
      definition jsonb not null,
      created_at timestamptz(3) not null,
      primary key (org_id, resource_type, name_key)
    )`.execute(db)
}

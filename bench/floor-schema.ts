// The tables of the floor: one organization, and the answer to a read lies ready as text. What is indexed is what Rollcall
// indexes for the same operations, and a change writes rows of the same kinds.

export const floorSchema = `
  create table users (
    id text collate "C" primary key,
    user_name_key text collate "C" not null unique,
    email_keys text[] collate "C" not null,
    -- the SCIM resource with id and meta, as it is sent
    resource text not null,
    version integer not null,
    created_at timestamptz(3) not null,
    modified_at timestamptz(3) not null
  ) with (fillfactor = 85);
  create index users_emails on users using gin (email_keys) with (fastupdate = off);
  create table links (
    user_id text collate "C" primary key references users on delete cascade,
    external_id text collate "C",
    created_at timestamptz(3) not null,
    seen_at timestamptz(3) not null
  );
  create index links_external_id on links (external_id);
  create table groups (
    id text collate "C" primary key,
    display_name_key text collate "C" not null unique,
    -- the SCIM resource without meta and members
    resource text not null,
    version integer not null default 1,
    created_at timestamptz(3) not null,
    modified_at timestamptz(3) not null
  ) with (fillfactor = 50);
  create table memberships (
    group_id text collate "C" not null references groups on delete cascade,
    user_id text collate "C" not null references users on delete cascade,
    created_at timestamptz(3) not null,
    primary key (group_id, user_id)
  );
  create index memberships_user_id on memberships (user_id);
  create table changes (
    id bigint generated always as identity primary key,
    at timestamptz(3) not null,
    resource_type text not null,
    resource_id text collate "C" not null,
    operation text not null,
    version integer not null,
    difference jsonb not null
  );
  create index changes_resource on changes (resource_id, id);
  create table events (
    id bigint generated always as identity primary key,
    type text not null,
    at timestamptz(3) not null,
    resource_type text not null,
    resource_id text collate "C" not null,
    version integer not null,
    data jsonb
  );
`

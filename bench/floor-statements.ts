// The statements of the floor. Each is prepared once for each connection.
import type { QueryConfig } from 'pg'

const texts = {
  user: 'select resource from users where id = $1',
  byUserName: 'select resource from users where user_name_key = $1',
  byExternalId: 'select u.resource from links l join users u on u.id = l.user_id where l.external_id = $1',
  byEmail: `select u.resource from users u where u.email_keys @> array[$1::text] and exists (
    select from json_array_elements(u.resource::json -> 'emails') e
    where e ->> 'type' = $2 and lower(e ->> 'value') = $1)`,
  page: 'select id, resource from users where id > $1 order by id limit $2',
  group: 'select resource, version, created_at, modified_at from groups where id = $1',

  createUser: `with inserted as (
      insert into users (id, user_name_key, email_keys, resource, version, created_at, modified_at)
      values ($1, $2, $3, $4, 1, $5, $5)
    ), linked as (
      insert into links (user_id, external_id, created_at, seen_at) values ($1, $6, $5, $5)
    ), changed as (
      insert into changes (at, resource_type, resource_id, operation, version, difference)
      values ($5, 'User', $1, 'create', 1, $7)
    )
    insert into events (type, at, resource_type, resource_id, version) values ('user.created', $5, 'User', $1, 1)`,

  lockUser: 'select resource, version from users where id = $1 for no key update',
  updateUser: `with updated as (
      update users set user_name_key = $2, email_keys = $3, resource = $4, version = $8, modified_at = $5 where id = $1
    ), linked as (
      update links set external_id = $6, seen_at = $5 where user_id = $1
    ), changed as (
      insert into changes (at, resource_type, resource_id, operation, version, difference)
      values ($5, 'User', $1, 'update', $8, $7)
    )
    insert into events (type, at, resource_type, resource_id, version)
    select type, $5, 'User', $1, $8 from unnest($9::text[]) type`,

  addMembers: `with added as (
      insert into memberships (group_id, user_id, created_at) select $1, id, $3 from unnest($2::text[]) id
      on conflict do nothing returning user_id
    ), updated as (
      update groups set version = version + 1, modified_at = $3 where id = $1 and exists (select from added)
      returning version
    ), changed as (
      insert into changes (at, resource_type, resource_id, operation, version, difference)
      select $3, 'Group', $1, 'update', version, jsonb_build_object('added', (select count(*) from added)) from updated
    )
    insert into events (type, at, resource_type, resource_id, version, data)
    select 'membership.added', $3, 'Group', $1, version, jsonb_build_object('memberId', user_id) from updated, added`,
  removeMembers: `with gone as (
      delete from memberships where group_id = $1 and user_id = any($2::text[]) returning user_id
    ), updated as (
      update groups set version = version + 1, modified_at = $3 where id = $1 and exists (select from gone)
      returning version
    ), changed as (
      insert into changes (at, resource_type, resource_id, operation, version, difference)
      select $3, 'Group', $1, 'update', version, jsonb_build_object('removed', (select count(*) from gone)) from updated
    )
    insert into events (type, at, resource_type, resource_id, version, data)
    select 'membership.removed', $3, 'Group', $1, version, jsonb_build_object('memberId', user_id) from updated, gone`,
}

/** A prepared statement with its parameters. */
export function prepared(name: keyof typeof texts, values: unknown[]): QueryConfig {
  return { name, text: texts[name], values }
}

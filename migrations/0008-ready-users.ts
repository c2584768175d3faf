// What reading users would otherwise put together each time: the JSON text of the attributes, and the owner's externalId.
import { type Kysely, sql } from 'kysely'

const enterpriseUser = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

// UTC with milliseconds.
function timeSql(column: string): string {
  return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
}

export async function up(db: Kysely<unknown>): Promise<void> {
  // The text of a user from within "meta", behind the location, to the end, or to where the manager's reference and name belong.
  // The enterprise extension stands last, and in it the manager.
  await sql`
    create function user_json(resource jsonb, manager_id text, version int, created_at timestamptz, modified_at timestamptz)
    returns text language sql stable parallel safe
    return '"resourceType":"User","created":"' || ${sql.raw(timeSql('created_at'))} || '","lastModified":"' || ${sql.raw(timeSql('modified_at'))}
      || '","version":"W/\\"' || version || '\\""},' || coalesce('"schemas":' || (resource -> 'schemas')::text || ',', '')
      || substr(left((resource - 'schemas' - ${sql.lit(enterpriseUser)})::text, -1), 2)
      || case when manager_id is null and resource -> ${sql.lit(enterpriseUser)} is null then ''
        else ',"' || ${sql.lit(enterpriseUser)} || '":' || left(coalesce(resource -> ${sql.lit(enterpriseUser)}, '{}')::text, -1)
          || case when manager_id is null then '}'
            else case when coalesce(resource -> ${sql.lit(enterpriseUser)}, '{}') = '{}' then '' else ',' end
              || '"manager":' || left(jsonb_object(array['value', manager_id])::text, -1) end end`.execute(db)
  // What is read with every user stays in the row, and uncompressed.
  await sql`alter table users set (toast_tuple_target = 8160)`.execute(db)
  await sql`alter table users add external_id text collate "C", add json text collate "C"`.execute(db)
  await sql`
    update users u set json = user_json(resource, manager_id, version, created_at, modified_at),
      external_id = (select l.external_id from links l
        where l.org_id = u.org_id and l.user_id = u.id and l.directory_id = u.directory_id)`.execute(db)
  await sql`alter table users alter json set not null`.execute(db)
  // By a trigger, so that no path can forget it. A generated column costs twice as much, for PostgreSQL reads its expression anew
  // for each statement.
  await sql`
    create function write_user_json() returns trigger language plpgsql as $$
    begin
      new.json := user_json(new.resource, new.manager_id, new.version, new.created_at, new.modified_at);
      return new;
    end $$`.execute(db)
  await sql`
    create trigger write_json before insert or update on users
    for each row execute function write_user_json()`.execute(db)
  // The groups of one user: those that hold them, and those that hold these. As a function, so that its plan is only made, and
  // started, where it is called.
  await sql`
    create function groups_of_user(organization text, member text) returns table (group_id text, direct boolean)
    language plpgsql stable rows 10 as $$
    begin
      return query with recursive walk (id, is_direct) as (
        select m.group_id, true from memberships m where m.org_id = organization and m.user_id = member
        union
        select m.group_id, false from walk w cross join lateral (
          select x.group_id from memberships x where x.org_id = organization and x.child_id = w.id offset 0) m
      )
      select id, bool_or(is_direct) from walk group by id;
    end $$`.execute(db)
}

// Reading users. PostgreSQL builds the JSON text of each, and Node passes it on unparsed.
import type { Database } from '../db/connect.ts'
import { Parameters, query } from '../db/query.ts'
import type { Actor } from './actor.ts'
import { metaSql, timeSql } from './common-attributes.ts'
import { prepareUserName } from './keys.ts'
import type { Listed, ListRequest, Rendering, Representation } from './listing.ts'
import { placeSql } from './list-query.ts'
import { sourceSql, syncedSql } from './owner-sql.ts'
import { userAttributes } from './user-attributes.ts'
import { enterpriseUser, rollcallUser } from './user-record.ts'

// A person whom this directory deleted is gone for it, however many others know them. Few links ever end, and those have an
// index of their own.
const visibleSql = `not exists (select 1 from links e where e.org_id = u.org_id and e.user_id = u.id
    and e.directory_id = $2 and e.ended_at is not null)`

/** The user as SCIM JSON with its version, or undefined where the actor sees none. */
export async function readUser(
  db: Database,
  actor: Actor,
  id: string,
  rendering: Rendering,
): Promise<Representation | undefined> {
  const parameters = new Parameters(actor.organizationId, actor.directoryId, rendering.baseUrl, id)
  const page = `select u.* from users u where u.org_id = $1 and u.id = $4 and ${visibleSql}`
  const rows = await query<Representation>(db, renderSql(page, '', actor, rendering), parameters.values)
  return rows[0]
}

/** The users that meet the condition, to be listed. */
export function listUsers(actor: Actor, request: ListRequest): Listed {
  return {
    ...request,
    table: 'users',
    attributes: userAttributes(actor),
    visible: visibleSql,
    totalSql,
    render: (page, order) => renderSql(page, order, actor, request),
  }
}

const totalSql = `select (select coalesce(sum(count), 0) from resource_counts where org_id = $1 and table_name = 'users')::int
    - (select count(*) from links where org_id = $1 and directory_id = $2 and ended_at is not null)::int as total`

// `page` selects the users; around it come the manager's name and the groups, direct and through other groups. The groups
// of the whole page are found in one walk upwards; union stops it at cycles. Each step is a look-up of its own (offset 0): without
// statistics of the organization the planner would read all its memberships instead.
function renderSql(page: string, order: string, actor: Actor, rendering: Rendering): string {
  const groups = rendering.omits.has('groups') ? { ctes: '', text: `''`, join: '' } : groupsSql(actor)
  return `with recursive page as materialized (${page})${groups.ctes}
    select u.id, u.version, ${userJson(resourceSql(rendering), groups.text)} as json${placeSql(order)}
    from page u
    left join lateral (select x.id, x.resource from users x where x.org_id = u.org_id and x.id = u.manager_id limit 1) m on true
    left join lateral ${linkSql(actor)} l on true
    ${groups.join} ${order}`
}

// externalId is the one that the acting directory gave; an application sees the owner's. The limit keeps the planner from
// joining all links of the organization, which it would do while it has no statistics.
function linkSql(actor: Actor): string {
  const directory = actor.view === 'directory' ? '$2' : 'u.directory_id'
  return `(select x.external_id from links x
      where x.org_id = u.org_id and x.user_id = u.id and x.directory_id = ${directory} limit 1)`
}

function groupsSql(actor: Actor): { ctes: string; text: string; join: string } {
  const own = actor.view === 'directory' ? 'and x.directory_id = $2' : ''
  const ctes = `, walk (user_id, group_id, direct) as (
      select p.id, m.group_id, true from page p cross join lateral (
        select x.group_id from memberships x where x.org_id = $1 and x.user_id = p.id offset 0) m
      union
      select w.user_id, m.group_id, false from walk w cross join lateral (
        select x.group_id from memberships x where x.org_id = $1 and x.child_id = w.group_id offset 0) m
    ), user_groups as (
      select w.user_id, string_agg('{"value":"' || g.id || '","$ref":"' || $3 || '/Groups/' || g.id
        || '","display":' || to_json(g.resource ->> 'displayName')
        || ',"type":"' || case when w.direct then 'direct' else 'indirect' end || '"}', ',' order by g.id) as list
      from (select user_id, group_id, bool_or(direct) as direct from walk group by user_id, group_id) w
      cross join lateral (
        select x.id, x.resource from groups x where x.org_id = $1 and x.id = w.group_id ${own} limit 1) g
      group by w.user_id
    )`
  return {
    ctes,
    text: `coalesce(',"groups":[' || ug.list || ']', '')`,
    join: 'left join user_groups ug on ug.user_id = u.id',
  }
}

function resourceSql(rendering: Rendering): string {
  if (rendering.adds.size === 0) return 'u.resource'
  return `jsonb_set(u.resource, '{${rollcallUser}}', coalesce(u.resource -> '${rollcallUser}', '{}')
    || jsonb_build_object('source', ${sourceSql}, 'syncedAt', ${timeSql(syncedSql)}))`
}

function userJson(resource: string, groupsText: string): string {
  const manager = `jsonb_strip_nulls(jsonb_build_object('value', u.manager_id,
    '$ref', case when m.id is not null then $3 || '/Users/' || m.id end, 'displayName', m.resource ->> 'displayName'))`
  return `'{"id":"' || u.id || '"' || coalesce(',"externalId":' || to_json(l.external_id)::text, '')
    || ',' || substr(left((case when u.manager_id is null then ${resource}
      else jsonb_set(${resource}, '{${enterpriseUser},manager}', ${manager}) end)::text, -1), 2)
    || ${groupsText} || ${metaSql('User', '/Users')}`
}

/** The id of the user that the subject of a token names, by id or by userName. */
export async function findSubject(db: Database, actor: Actor, subject: string): Promise<string | undefined> {
  const parameters = [actor.organizationId, actor.directoryId, subject, prepareUserName(subject) ?? null]
  const text = `select u.id from users u
    where u.org_id = $1 and (u.id = $3 or u.user_name_key = $4::text) and ${visibleSql} order by u.id = $3 desc limit 1`
  const [row] = await query<{ id: string }>(db, text, parameters)
  return row?.id
}

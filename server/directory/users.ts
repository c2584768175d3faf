// Reading users. PostgreSQL builds the JSON text of each, and Node passes it on unparsed.
import type { Database } from '../db/connect.ts'
import { query } from '../db/query.ts'
import type { Actor } from './actor.ts'
import { timeSql } from './common-attributes.ts'
import { prepareUserName } from './keys.ts'
import type { Listed, ListRequest, ListSize, Rendering, Representation } from './listing.ts'
import { placeSql } from './list-query.ts'
import { readById } from './look-up.ts'
import { sourceSql, syncedSql } from './owner-sql.ts'
import { userAttributes } from './user-attributes.ts'
import { rollcallUser } from './user-record.ts'

// A person whom this directory deleted is gone for it, however many others know them; never so for the owner. It is one look-up for
// each of the others. As a test for null, for of that the planner believes that nearly all pass.
const visibleSql = `case when u.directory_id = $2 then 0 else (select nullif(count(*), 1) from links e
    where e.org_id = u.org_id and e.user_id = u.id and e.directory_id = $2 and e.ended_at is not null) end is not null`

/** The user as SCIM JSON with its version, or undefined where the actor sees none. */
export async function readUser(
  db: Database,
  actor: Actor,
  id: string,
  rendering: Rendering,
): Promise<Representation | undefined> {
  return readById(db, actor, listUsers(actor, rendering), rendering.baseUrl, id)
}

/** The users that meet the condition, to be listed. */
export function listUsers(actor: Actor, request: ListRequest): Listed {
  return {
    ...request,
    table: 'users',
    attributes: userAttributes(actor),
    visible: visibleSql,
    totalSql,
    render: (page, order, size) => renderSql(page, order, size, actor, request),
  }
}

const totalSql = `select (select coalesce(sum(count), 0) from resource_counts where org_id = $1 and table_name = 'users')::int
    - (select count(*) from links where org_id = $1 and directory_id = $2 and ended_at is not null)::int as total`

// `page` selects the users, with the text that lies ready in their rows; around it come what is of others: the manager's name, and
// the groups, direct and through other groups. Of a list that is found for all of its users together, and of a few for each.
function renderSql(
  page: string,
  order: string,
  size: ListSize,
  actor: Actor,
  rendering: Rendering,
  writes = '',
): string {
  const managers = size === 'many' ? managersOfAll : managerOfEach
  const groups = chooseGroups(size, actor, rendering)
  const place = order === '' ? '' : ', u.place'
  return `with recursive ${writes} page as materialized (
      select u.id, u.version, u.directory_id, u.external_id, u.manager_id, ${jsonSql(rendering)} as json${place} from (${page}) u
    )${managers.ctes}${groups.ctes}
    select u.id, u.version, '{"id":"' || u.id || '"' || coalesce(',"externalId":' || to_json(${externalIdSql(actor)})::text, '')
      || coalesce(',"groups":[' || ${groups.list} || ']', '') || ',"meta":{"location":"' || $3 || '/Users/' || u.id || '",' || u.json
      || case when u.manager_id is null then '}' else coalesce(${managers.text}, '') || '}}}' end as json${placeSql(order)}
    from page u ${managers.join} ${groups.join} ${order}`
}

/**
 * A statement that writes users and returns them. `writes` are common table expressions, of which `written` returns the rows; their
 * parameters follow $3. Where no rendering is asked for, `json` is empty.
 */
export function renderWritten(writes: string, written: string, actor: Actor, rendering: Rendering | undefined): string {
  if (rendering !== undefined) return renderSql(`select * from ${written}`, '', 'few', actor, rendering, `${writes},`)
  return `with ${writes} select id, version, '' as json from ${written} where $3::text is not null`
}

function chooseGroups(
  size: ListSize,
  actor: Actor,
  { omits }: Rendering,
): { ctes: string; list: string; join: string } {
  if (omits.has('groups')) return noGroups
  return size === 'many' ? groupsOfAll(actor) : groupsOfEach(actor)
}

// externalId is the one that the acting directory gave; an application sees the owner's, which is in the row.
function externalIdSql(actor: Actor): string {
  if (actor.view === 'organization') return 'u.external_id'
  return `case when u.directory_id = $2 then u.external_id else (select l.external_id from links l
      where l.org_id = $1 and l.user_id = u.id and l.directory_id = $2 limit 1) end`
}

const managerText = `',"$ref":"' || $3 || '/Users/' || x.id || '"' || coalesce(',"displayName":' || (x.resource -> 'displayName')::text, '')`

const managerOfEach = {
  ctes: '',
  text: `(select ${managerText} from users x where x.org_id = $1 and x.id = u.manager_id limit 1)`,
  join: '',
}

// Whom several report to is looked up once. Each look-up is lateral, with a limit: without statistics of the organization the
// planner would read all of it instead.
const managersOfAll = {
  ctes: `, managers as materialized (
      select m.id, m.text from (select distinct manager_id from page) p cross join lateral (
        select x.id, ${managerText} as text from users x where x.org_id = $1 and x.id = p.manager_id limit 1) m
    )`,
  text: 'm.text',
  join: 'left join managers m on m.id = u.manager_id',
}

const noGroups = { ctes: '', list: 'null::text', join: '' }

// A group of a user, but for how they came to be in it.
const groupText = `'{"value":"' || g.id || '","$ref":"' || $3 || '/Groups/' || g.id || '","display":' || g.name || ',"type":"'`

function findGroupSql(id: string, actor: Actor): string {
  const own = actor.view === 'directory' ? 'and x.directory_id = $2' : ''
  return `(select x.id, (x.resource -> 'displayName')::text as name from groups x where x.org_id = $1 and x.id = ${id} ${own} limit 1)`
}

// Only where one of the groups is in another is there anything to walk.
function groupsOfEach(actor: Actor): { ctes: string; list: string; join: string } {
  const isInner = `exists (select 1 from memberships c where c.org_id = $1 and c.child_id = x.group_id)`
  const reached = `(select string_agg(${groupText} || case when w.direct then 'direct"}' else 'indirect"}' end, ',' order by g.id)
      from groups_of_user($1, u.id) w cross join lateral ${findGroupSql('w.group_id', actor)} g)`
  const list = `(select case when bool_or(m.is_inner) then ${reached}
      else string_agg(${groupText} || 'direct"}', ',' order by g.id) end
    from (select x.group_id, ${isInner} as is_inner from memberships x where x.org_id = $1 and x.user_id = u.id offset 0) m
    left join lateral ${findGroupSql('m.group_id', actor)} g on true)`
  return { ctes: '', list, join: '' }
}

// The groups of the whole page are found in one walk upwards; union stops it at cycles.
function groupsOfAll(actor: Actor): { ctes: string; list: string; join: string } {
  const ctes = `, walk (user_id, group_id, direct) as (
      select p.id, m.group_id, true from page p cross join lateral (
        select x.group_id from memberships x where x.org_id = $1 and x.user_id = p.id offset 0) m
      union
      select w.user_id, m.group_id, false from walk w cross join lateral (
        select x.group_id from memberships x where x.org_id = $1 and x.child_id = w.group_id offset 0) m
    ), named as materialized (
      select g.id, ${groupText} as text from (select distinct group_id from walk) w
      cross join lateral ${findGroupSql('w.group_id', actor)} g
    ), user_groups as materialized (
      select w.user_id, string_agg(n.text || case when w.direct then 'direct"}' else 'indirect"}' end, ',' order by n.id) as list
      from (select user_id, group_id, bool_or(direct) as direct from walk group by user_id, group_id) w
      join named n on n.id = w.group_id
      group by w.user_id
    )`
  return { ctes, list: 'ug.list', join: 'left join user_groups ug on ug.user_id = u.id' }
}

function jsonSql(rendering: Rendering): string {
  if (rendering.adds.size === 0) return 'u.json'
  const added = `jsonb_build_object('source', ${sourceSql}, 'syncedAt', ${timeSql(syncedSql)})`
  return `user_json(jsonb_set(u.resource, '{${rollcallUser}}', coalesce(u.resource -> '${rollcallUser}', '{}') || ${added}),
    u.manager_id, u.version, u.created_at, u.modified_at)`
}

/** The id of the user that the subject of a token names, by id or by userName. */
export async function findSubject(db: Database, actor: Actor, subject: string): Promise<string | undefined> {
  const parameters = [actor.organizationId, actor.directoryId, subject, prepareUserName(subject) ?? null]
  const text = `select u.id from users u
    where u.org_id = $1 and (u.id = $3 or u.user_name_key = $4::text) and ${visibleSql} order by u.id = $3 desc limit 1`
  const [row] = await query<{ id: string }>(db, text, parameters)
  return row?.id
}

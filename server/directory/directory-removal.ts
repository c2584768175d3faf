// Deleting a directory. What it brought stays, as the manual directory's.
import type { Database } from '../db/connect.ts'
import { query } from '../db/query.ts'
import type { JsonObject } from '../db/tables.ts'
import { transaction } from '../db/transaction.ts'
import { AppError } from '../errors.ts'
import { mergeStatements } from './authority.ts'
import { type Request, tellDeleted } from './directories.ts'
import { isSameJson } from './json.ts'
import { enterpriseUser } from './user-record.ts'

/**
 * Deletes a directory with its connection, secrets, tokens, issuers, setup links, runs and what they read. Its people, what it says of them,
 * its groups and other resources become the manual directory's. Throws not_found, and conflict for the manual directory itself, and where
 * groups of both have the same name.
 */
export async function deleteDirectory(
  db: Database,
  organizationId: string,
  id: string,
  request: Request,
): Promise<void> {
  await transaction(db, async (tx) => {
    // Whoever does a run of it ends with their batch.
    await query(tx, 'delete from sync_runs where org_id = $1 and directory_id = $2', [organizationId, id])
    const move = await lockDirectories(tx, organizationId, id)
    await refuseClashes(tx, move)
    await mergeLinks(tx, move)
    await moveUsers(tx, move, request)
    for (const text of moveSqls) await query(tx, text, [organizationId, id, move.manualId])
    await moveAuthority(tx, move)
    // The rest goes with the directory.
    const row = await tx
      .deleteFrom('directories')
      .where('org_id', '=', organizationId)
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow()
    await tellDeleted(tx, row, request)
  })
}

interface Move {
  readonly organizationId: string
  readonly id: string
  readonly manualId: string
}

// Whoever writes for the directory holds it; from here on nobody does.
async function lockDirectories(tx: Database, organizationId: string, id: string): Promise<Move> {
  const rows = await query<{ id: string; kind: string }>(
    tx,
    `select id, kind from directories where org_id = $1 and (id = $2 or kind = 'manual') order by id for update`,
    [organizationId, id],
  )
  const own = rows.find((row) => row.id === id)
  const manual = rows.find((row) => row.kind === 'manual')
  if (own === undefined || manual === undefined)
    throw new AppError('not_found', `There is no directory ${id.slice(0, 80)}.`)
  if (own.kind === 'manual') throw new AppError('conflict', 'The manual directory cannot be deleted.')
  return { organizationId, id, manualId: manual.id }
}

async function refuseClashes(tx: Database, { organizationId, id, manualId }: Move): Promise<void> {
  const rows = await query<{ name: string }>(tx, clashesSql, [organizationId, id, manualId])
  if (rows.length === 0) return
  const names = rows.map(({ name }) => name.slice(0, 80)).join(', ')
  throw new AppError(
    'conflict',
    `The manual directory already has groups of these names, and its groups would be of the same directory: ${names}. Rename or delete them first.`,
  )
}

const clashesSql = `select g.resource ->> 'displayName' as name from groups g
  where g.org_id = $1 and g.directory_id = $2
    and exists (select from groups m where m.display_name_key = g.display_name_key and m.org_id = $1 and m.directory_id = $3)
  order by 1 limit 5`

interface SharedRow {
  readonly id: string
  readonly owner_id: string
  readonly own: JsonObject
  readonly manual: JsonObject
  readonly current: JsonObject
}

// What both say of a person becomes what one says; of what they say differently that stays which counts now.
async function mergeLinks(tx: Database, { organizationId, id, manualId }: Move): Promise<void> {
  await query(tx, endedSql, [organizationId, id, manualId])
  const [organization] = await query<{ authority: Record<string, string[]> }>(
    tx,
    'select attribute_authority as authority from organizations where org_id = $1 for no key update',
    [organizationId],
  )
  for (;;) {
    const shared = await query<SharedRow>(tx, sharedSql, [organizationId, id, manualId])
    if (shared.length === 0) return
    const merged = shared.map((row) => {
      const own = { directoryId: id, resource: row.own }
      const manual = { directoryId: manualId, resource: row.manual }
      const statements = row.owner_id === manualId ? [manual, own] : [own, manual]
      const { resource } = mergeStatements(statements, organization?.authority ?? {})
      return { id: row.id, resource: isSameJson(resource, row.current) ? null : resource }
    })
    await query(tx, mergedSql, [organizationId, id, manualId, JSON.stringify(merged)])
  }
}

// Nobody knows any more that the directory deleted somebody, and what is only said no more by the manual one is not in the way.
const endedSql = `delete from links l where l.org_id = $1 and l.ended_at is not null
  and (l.directory_id = $2 or l.directory_id = $3 and exists (select from links o
    where o.org_id = l.org_id and o.user_id = l.user_id and o.directory_id = $2 and o.ended_at is null))`

const sharedSql = `select u.id, u.directory_id as owner_id, coalesce(o.resource, u.said) as own, coalesce(m.resource, u.said) as manual,
    u.said as current
  from links m
  join links o on o.org_id = m.org_id and o.user_id = m.user_id and o.directory_id = $2
  cross join lateral (select x.id, x.directory_id, case when x.manager_id is null then x.resource
      else jsonb_set(x.resource || jsonb_build_object('${enterpriseUser}',
        coalesce(x.resource -> '${enterpriseUser}', '{}')),
        '{${enterpriseUser},manager}', jsonb_build_object('value', x.manager_id)) end as said
    from users x where x.org_id = m.org_id and x.id = m.user_id limit 1) u
  where m.org_id = $1 and m.directory_id = $3 limit 500`

const mergedSql = `with merged as (
    select * from json_to_recordset($4::json) as r(id text, resource jsonb)
  ), gone as (
    delete from links l using merged r where l.org_id = $1 and l.user_id = r.id and l.directory_id = $2
    returning l.user_id, l.external_id
  )
  update links l set resource = r.resource, external_id = coalesce(l.external_id, g.external_id)
  from merged r join gone g on g.user_id = r.id
  where l.org_id = $1 and l.user_id = r.id and l.directory_id = $3`

const chunk = 2000

// Each with its version, change and event; in chunks, for there may be very many.
async function moveUsers(
  tx: Database,
  { organizationId, id, manualId }: Move,
  { at, requestId }: Request,
): Promise<void> {
  for (let last = ''; ;) {
    const values = [organizationId, id, manualId, last, at, requestId]
    const [row] = await query<{ last: string | null }>(tx, moveUsersSql, values)
    if (row === undefined || row.last === null) return
    last = row.last
  }
}

const moveUsersSql = `with chunk as materialized (
    select id from users where org_id = $1 and id > $4 and (directory_id = $2
      or exists (select from links l where l.org_id = $1 and l.user_id = users.id and l.directory_id = $2))
    order by id limit ${chunk} for no key update
  ), moved as (
    update links l set directory_id = $3 from chunk c where l.org_id = $1 and l.user_id = c.id and l.directory_id = $2
    returning l.user_id
  ), passed as (
    update users u set directory_id = $3, version = u.version + 1, modified_at = $5::timestamptz, set_by = (select jsonb_object_agg(key,
        case when value = to_jsonb($2::text) then to_jsonb($3::text) else value end) from jsonb_each(u.set_by))
    from chunk c where u.org_id = $1 and u.id = c.id and u.directory_id = $2
    returning u.id, u.version, u.external_id
  ), renamed as (
    update users u set set_by = (select jsonb_object_agg(key,
        case when value = to_jsonb($2::text) then to_jsonb($3::text) else value end) from jsonb_each(u.set_by))
    from chunk c where u.org_id = $1 and u.id = c.id and u.directory_id <> $2 and u.set_by is not null
  ), changed as (
    insert into changes (org_id, at, directory_id, request_id, resource_type, resource_id, operation, version, difference)
    select $1, $5::timestamptz, $2, $6, 'User', id, 'update', version,
      jsonb_build_object('directoryId', jsonb_build_object('before', $2::text, 'after', $3::text))
      || case when external_id is null then '{}' else jsonb_build_object('externalId', jsonb_build_object('before', external_id)) end
    from passed order by id
  ), told as (
    insert into outbox (org_id, type, at, resource_type, resource_id, version)
    select $1, 'user.updated', $5::timestamptz, 'User', id, version from passed order by id
  )
  select max(id) as last from chunk`

const moveSqls = [
  // Who is known to nobody else now says just what their record says.
  `update users u set set_by = null where u.org_id = $1 and u.directory_id = $3 and u.set_by is not null and $2::text is not null
   and (select count(*) from links l where l.org_id = $1 and l.user_id = u.id and l.ended_at is null) = 1`,
  'update groups set directory_id = $3 where org_id = $1 and directory_id = $2',
  `with gone as (
     delete from resource_counts where org_id = $1 and table_name = 'groups' and part = $2 returning shard, count
   )
   insert into resource_counts (org_id, table_name, part, shard, count) select $1, 'groups', $3, shard, count from gone order by shard
   on conflict (org_id, table_name, part, shard) do update set count = resource_counts.count + excluded.count`,
  'update resources set directory_id = $3 where org_id = $1 and directory_id = $2',
  'update tombstones set directory_id = $3 where org_id = $1 and directory_id = $2',
]

async function moveAuthority(tx: Database, { organizationId, id, manualId }: Move): Promise<void> {
  const text = 'select attribute_authority as authority from organizations where org_id = $1'
  const [row] = await query<{ authority: Record<string, string[]> }>(tx, text, [organizationId])
  const moved = Object.entries(row?.authority ?? {}).map(([attribute, ids]) => {
    return [attribute, [...new Set(ids.map((one) => (one === id ? manualId : one)))]]
  })
  await query(tx, 'update organizations set attribute_authority = $2::jsonb where org_id = $1', [
    organizationId,
    JSON.stringify(Object.fromEntries(moved)),
  ])
}

// The traces of a person in what was read from sources, and in what runs found and did.
import type { Database } from '../db/connect.ts'
import { query } from '../db/query.ts'
import type { JsonObject, JsonValue } from '../db/tables.ts'
import { isSameJson } from './json.ts'
import { foldCase } from './keys.ts'

/**
 * Removes the records of a user, and takes them out of the pages, plans and reports of runs: what was done to whom stays by id. A source that
 * returns the person again says something new.
 * @param names what others may call the person by, such as an address
 */
export async function forgetRecords(
  tx: Database,
  organizationId: string,
  id: string,
  names: readonly string[],
): Promise<void> {
  const records = await query<{ directory_id: string; source_id: string }>(tx, recordsSql, [organizationId, id])
  const sourceIds = records.map((record) => record.source_id)
  const folded = [...new Set([...names, ...sourceIds].map(foldCase))].filter((name) => name.length > 3)
  await forgetManager(tx, organizationId, id, new Set(folded))
  await query(tx, forgetChangesSql, [organizationId, id, sourceIds, records.map((record) => record.directory_id)])
  await query(tx, forgetNamesSql, [organizationId, folded])
  await query(tx, forgetErrorsSql, [organizationId, sourceIds, folded])
  await query(tx, forgetPastSql, [organizationId, folded])
  if (records.length === 0) return
  for (const text of [forgetPulledSql, forgetMembersSql, forgetPagesSql]) {
    await query(tx, text, [organizationId, sourceIds, records.map((record) => record.directory_id)])
  }
}

// As in forget.ts: by no index that begins with the organization.
const recordsSql = `delete from source_records where resource_id = $2 and (org_id = $1) is true and type = 'user'
  returning directory_id, source_id`

// $2 and $3 are the records, place by place.
const isOf = (directory: string, source: string): string =>
  `(${directory}, ${source}) in (select * from unnest($3::text[], $2::text[]) r(directory_id, source_id))`

const runsSql = `select id, directory_id from sync_runs where org_id = $1 and directory_id = any($3::text[])`

// Runs are found one behind the other in the index: some are forgotten, and what they read is still in force.
const forgetPulledSql = `with recursive runs as (
    (select run_id from pulled_records where org_id = $1 order by run_id limit 1)
    union all
    select (select p.run_id from pulled_records p where p.org_id = $1 and p.run_id > r.run_id order by p.run_id limit 1)
    from runs r where r.run_id is not null
  )
  delete from pulled_records p using runs r
  where p.org_id = $1 and p.run_id = r.run_id and p.type = 'user' and p.source_id = any($2::text[])
    and ${isOf('p.directory_id', 'p.source_id')}`

// What was said of others before and holds no more may have been said of the person: an address goes from one to another.
const forgetPastSql = `delete from pulled_records p
  where p.org_id = $1 and p.type = 'user' and (p.email_keys && $2::text[] or p.user_name_key = any($2::text[]))
    and (select count(*) from source_records s where s.org_id = $1 and s.directory_id = p.directory_id and s.type = 'user'
      and s.source_id = p.source_id and s.run_id = p.run_id) = 0
    and (select count(*) from sync_runs r where r.org_id = $1 and r.id = p.run_id
      and r.status in ('queued', 'running', 'awaiting_approval')) = 0`

const forgetMembersSql = `update run_members m
  set member_ids = (select coalesce(array_agg(x order by n), '{}') from unnest(m.member_ids) with ordinality s(x, n) where x <> all($2::text[]))
  from (${runsSql}) r
  where m.org_id = $1 and m.run_id = r.id and m.member_type = 'user' and m.member_ids && $2::text[]`

const forgetPagesSql = `update run_pages g
  set user_ids = (select coalesce(array_agg(x order by n), '{}') from unnest(g.user_ids) with ordinality s(x, n) where x <> all($2::text[])),
    deleted_ids = (select coalesce(array_agg(x order by n), '{}') from unnest(g.deleted_ids) with ordinality s(x, n) where x <> all($2::text[])),
    faults = (select coalesce(jsonb_agg(f), '[]') from jsonb_array_elements(g.faults) f where f ->> 'record' <> all($2::text[]))
  from (${runsSql}) r
  where g.org_id = $1 and g.run_id = r.id
    and (g.user_ids && $2::text[] or g.deleted_ids && $2::text[] or jsonb_path_query_array(g.faults, '$[*].record') ?| $2::text[])`

const forgetChangesSql = `update run_changes c set source_id = null, name = null, detail = null, plan = '{}'
  where c.org_id = $1 and c.resource_type = 'User' and (c.resource_id = $2 or c.source_id = any($3::text[])
    and (c.run_id, c.source_id) in (select s.id, r.source_id from unnest($4::text[], $3::text[]) r(directory_id, source_id)
      join sync_runs s on s.org_id = $1 and s.directory_id = r.directory_id))`

// What is said of other records may name the person, too.
const forgetNamesSql = `update run_changes c set detail = null
  where c.org_id = $1 and c.detail is not null
    and exists (select from unnest($2::text[]) name where position(name in lower(c.detail)) > 0)`

const forgetErrorsSql = `update sync_runs s
  set errors = (select coalesce(jsonb_agg(e) filter (where not (coalesce(e ->> 'recordId' = any($2::text[]), false)
      or exists (select from unnest($3::text[]) name where position(name in lower(e ->> 'message')) > 0))), '[]')
    from jsonb_array_elements(s.errors) e)
  where s.org_id = $1 and jsonb_array_length(s.errors) > 0`

interface ReportRow {
  readonly run_id: string
  readonly source_id: string
  readonly raw: JsonObject
  readonly resource: JsonObject
  readonly facts: JsonObject
}

// Sources name managers in the records of those who report to them, by name and address.
async function forgetManager(
  tx: Database,
  organizationId: string,
  id: string,
  names: ReadonlySet<string>,
): Promise<void> {
  const rows = await query<ReportRow>(tx, reportsSql, [organizationId, id])
  const cleaned = rows.flatMap(({ run_id, source_id, ...said }) => {
    const raw = forgetTexts(said.raw, names) ?? {}
    const resource = forgetTexts(said.resource, names) ?? {}
    const facts = Object.fromEntries(
      Object.entries(said.facts).map(([name, one]) => [name, forgetTexts(one, names) ?? null]),
    )
    return isSameJson({ raw, resource, facts }, said) ? [] : { run_id, source_id, raw, resource, facts }
  })
  if (cleaned.length > 0) await query(tx, cleanedSql, [organizationId, JSON.stringify(cleaned)])
}

const reportsSql = `select p.run_id, p.source_id, p.raw, p.resource, p.facts from users u
  cross join lateral (select directory_id, source_id, run_id from source_records s
    where s.resource_id = u.id and s.org_id = u.org_id and s.type = 'user' offset 0) s
  cross join lateral (select * from pulled_records x where x.org_id = u.org_id and x.run_id = s.run_id and x.type = 'user'
    and x.source_id = s.source_id and x.directory_id = s.directory_id limit 1) p
  where u.org_id = $1 and u.manager_id = $2`

const cleanedSql = `update pulled_records p set raw = r.raw, resource = r.resource, facts = r.facts
  from json_to_recordset($2::json) as r(run_id text, source_id text, raw jsonb, resource jsonb, facts jsonb)
  where p.org_id = $1 and p.run_id = r.run_id and p.type = 'user' and p.source_id = r.source_id`

/** The same without texts that are one of the names, or that one of the addresses is in; undefined where nothing is left. */
function forgetTexts(value: JsonValue, names: ReadonlySet<string>): JsonValue | undefined {
  if (typeof value === 'string') {
    const text = foldCase(value)
    return names.has(text) || [...names].some((name) => name.includes('@') && text.includes(name)) ? undefined : value
  }
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((one) => forgetTexts(one, names)).filter((one) => one !== undefined)
  const left: JsonObject = {}
  for (const [name, one] of Object.entries(value)) {
    const rest = forgetTexts(one, names)
    if (rest !== undefined) left[name] = rest
  }
  return left
}

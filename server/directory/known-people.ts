// Who is known already, found by what a record says of a person: many at once, each by an index.
import type { Database } from '../db/connect.ts'
import { query } from '../db/query.ts'
import type { JsonObject } from '../db/tables.ts'
import { fromColumns } from './user-record.ts'
import type { Link, LockedUser } from './user-state.ts'

/** A user as `lockUser` finds them, and what they are found by. Nothing is locked. */
export interface KnownPerson extends LockedUser {
  readonly userNameKey: string
  readonly employeeNumberKey: string | null
  readonly managerId: string | null
}

/** The users of these ids who are there and were not anonymized, by id; `externalId` is the one of the directory. */
export async function readPeople(
  db: Database,
  organizationId: string,
  directoryId: string,
  ids: readonly string[],
): Promise<Map<string, KnownPerson>> {
  if (ids.length === 0) return new Map()
  const rows = await query<PersonRow>(db, peopleSql, [organizationId, directoryId, ids])
  return new Map(rows.map((row) => [row.id, toPerson(row)]))
}

interface PersonRow {
  readonly id: string
  readonly state: string
  readonly version: number
  readonly directory_id: string
  readonly manager_id: string | null
  readonly resource: JsonObject
  readonly set_by: Record<string, string> | null
  readonly user_name_key: string
  readonly employee_number_key: string | null
  readonly external_id: string | null
  readonly links: readonly Link[]
  readonly authority: Record<string, string[]>
}

const peopleSql = `select u.id, u.xmin::text as state, u.version, u.directory_id, u.manager_id, u.resource, u.set_by, u.user_name_key,
    u.employee_number_key, l.external_id, l.links,
    (select o.attribute_authority from organizations o where o.org_id = $1) as authority
  from unnest($3::text[]) w(id)
  cross join lateral (select x.xmin, x.* from users x where x.org_id = $1 and x.id = w.id and x.anonymized_at is null limit 1) u
  cross join lateral (
    select max(k.external_id) filter (where k.directory_id = $2) as external_id,
      coalesce(json_agg(json_build_object('directoryId', k.directory_id, 'resource', k.resource) order by k.created_at, k.directory_id)
        filter (where k.ended_at is null), '[]'::json) as links
    from links k where k.org_id = $1 and k.user_id = u.id
  ) l`

function toPerson(row: PersonRow): KnownPerson {
  return {
    id: row.id,
    version: row.version,
    state: row.state,
    ownerId: row.directory_id,
    resource: fromColumns(row.resource, row.manager_id),
    setBy: row.set_by,
    externalId: row.external_id,
    isAnonymized: false,
    links: row.links,
    authority: row.authority,
    userNameKey: row.user_name_key,
    employeeNumberKey: row.employee_number_key,
    managerId: row.manager_id,
  }
}

/** Key → ids of those who have it, two at most. */
export type Found = ReadonlyMap<string, readonly string[]>

/** By employee number, folded. */
export function findByEmployeeNumber(db: Database, organizationId: string, keys: readonly string[]): Promise<Found> {
  return find(db, numberSql, [organizationId, keys])
}

/** By address, folded: any of theirs, or the name that they sign in with. */
export function findByAddress(db: Database, organizationId: string, keys: readonly string[]): Promise<Found> {
  return find(db, addressSql, [organizationId, keys])
}

/** By the key of the userName. */
export function findByUserName(db: Database, organizationId: string, keys: readonly string[]): Promise<Found> {
  return find(db, userNameSql, [organizationId, keys])
}

/** By what the directory calls them. */
export function findByExternalId(
  db: Database,
  organizationId: string,
  directoryId: string,
  externalIds: readonly string[],
): Promise<Found> {
  return find(db, externalIdSql, [organizationId, externalIds, directoryId])
}

/** Deleted users who can be brought back, by the key of the userName that they had; the last who had it. */
export function findDeletedByName(
  db: Database,
  organizationId: string,
  directoryId: string,
  keys: readonly string[],
): Promise<Found> {
  return find(db, deletedByNameSql, [organizationId, keys, directoryId])
}

/** Those of the users who are deleted and can be brought back. */
export async function findDeleted(db: Database, organizationId: string, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  const rows = await query<{ id: string }>(db, deletedSql, [organizationId, ids])
  return new Set(rows.map(({ id }) => id))
}

// Each is a look-up of its own: without statistics of the organization the planner would join with all of it. Nor does it know then that
// an index of names or addresses is better than that of ids, so the organization is compared in a way that no index serves.
function findEach(select: string): string {
  return `select k.key, f.ids from unnest($2::text[]) k(key) cross join lateral (
    select array_agg(s.id) as ids from (${select}) s) f where f.ids is not null`
}

const numberSql = findEach(
  'select x.id from users x where x.org_id = $1 and x.employee_number_key = k.key and x.anonymized_at is null limit 2',
)
const userNameSql = findEach(
  'select x.id from users x where x.user_name_key = k.key and (x.org_id = $1) is true limit 1',
)
const addressSql = findEach(`select e.id from (
      select x.id from users x where x.email_keys @> array[k.key] and (x.org_id = $1) is true and x.anonymized_at is null limit 2) e
    union
    select n.id from (
      select x.id from users x where x.user_name_key = k.key and (x.org_id = $1) is true and x.anonymized_at is null limit 1) n limit 2`)
const externalIdSql = findEach(`select l.user_id as id from links l
    where l.org_id = $1 and l.external_id = k.key and l.directory_id = $3 and l.ended_at is null limit 2`)
const deletedByNameSql = findEach(`select t.resource_id as id from tombstones t
    where t.org_id = $1 and t.user_name_key = k.key and t.directory_id = $3 and t.resource_type = 'User'
    order by t.deleted_at desc limit 1`)
const deletedSql = `select resource_id as id from tombstones
  where org_id = $1 and resource_id = any($2::text[]) and resource_type = 'User' and user_name_key is not null`

async function find(
  db: Database,
  text: string,
  parameters: readonly [string, readonly string[], ...unknown[]],
): Promise<Found> {
  if (parameters[1].length === 0) return new Map()
  const rows = await query<{ key: string; ids: string[] }>(db, text, parameters)
  return new Map(rows.map(({ key, ids }) => [key, ids]))
}

/** Person → manager of these people and of all above them; null is nobody. */
export async function readManagersAbove(
  db: Database,
  organizationId: string,
  ids: readonly string[],
): Promise<Map<string, string | null>> {
  if (ids.length === 0) return new Map()
  const rows = await query<{ id: string; manager_id: string | null }>(db, aboveSql, [organizationId, ids])
  return new Map(rows.map(({ id, manager_id }) => [id, manager_id]))
}

const aboveSql = `with recursive above (id, manager_id) as (
    select u.id, u.manager_id from unnest($2::text[]) w(id)
    cross join lateral (select x.id, x.manager_id from users x where x.org_id = $1 and x.id = w.id limit 1) u
    union
    select u.id, u.manager_id from above a
    cross join lateral (select x.id, x.manager_id from users x where x.org_id = $1 and x.id = a.manager_id limit 1) u
  )
  select id, manager_id from above`

/** Whether the organization has any user, the directory any link, and any deleted user who could be brought back. */
export async function readPopulation(
  db: Database,
  organizationId: string,
  directoryId: string,
): Promise<{ readonly hasUsers: boolean; readonly hasLinks: boolean; readonly hasDeleted: boolean }> {
  const [row] = await query<{ hasUsers: boolean; hasLinks: boolean; hasDeleted: boolean }>(db, populationSql, [
    organizationId,
    directoryId,
  ])
  return row ?? { hasUsers: false, hasLinks: false, hasDeleted: false }
}

const populationSql = `select exists (select from users where org_id = $1) as "hasUsers",
    exists (select from links where org_id = $1 and directory_id = $2 and external_id is not null) as "hasLinks",
    exists (select from tombstones where org_id = $1 and directory_id = $2 and resource_type = 'User') as "hasDeleted"`

/** How many people the directory knows who are active. */
export async function countActive(db: Database, organizationId: string, directoryId: string): Promise<number> {
  const [row] = await query<{ count: number }>(db, activeSql, [organizationId, directoryId])
  return row?.count ?? 0
}

const activeSql = `select count(*) as count from links l join users u on u.org_id = l.org_id and u.id = l.user_id
  where l.org_id = $1 and l.directory_id = $2 and l.ended_at is null and u.active is distinct from false`

// Reads the records that a plan is made of, with what is known of each.
import { query } from '../../db/query.ts'
import type { JsonObject } from '../../db/tables.ts'
import type { Facts } from '../mapping/facts.ts'
import type { ChangeCode, Run } from '../runs/run.ts'

/** What the database had of a record before this run. */
export interface KnownRecord {
  readonly hash: string
  readonly runId: string
  readonly resourceId: string | null
  readonly speaks: boolean
  readonly problem: ChangeCode | null
  readonly dueAt: Date | null
  readonly isMissing: boolean
}

/** A record of a person as it is to be planned. */
export interface PersonRecord {
  readonly sourceId: string
  /** The run whose pulled record it is. */
  readonly runId: string
  readonly hash: string
  readonly facts: Facts
  readonly userNameKey: string | null
  readonly employeeNumberKey: string | null
  readonly emailKeys: readonly string[]
  readonly known: KnownRecord | null
}

/** Where the content of a record lies. */
export interface RecordPlace {
  readonly sourceId: string
  readonly runId: string
}

/** In the order asked for; those whose content is gone are left out. */
export async function readRecords(run: Run, places: readonly RecordPlace[]): Promise<PersonRecord[]> {
  if (places.length === 0) return []
  const { organizationId, directory, services } = run
  const rows = await query<RecordRow>(services.db, recordsSql, [
    organizationId,
    directory.id,
    places.map(({ sourceId }) => sourceId),
    places.map(({ runId }) => runId),
  ])
  return rows.map(toRecord)
}

interface RecordRow {
  readonly source_id: string
  readonly run_id: string
  readonly hash: string
  readonly facts: Facts
  readonly user_name_key: string | null
  readonly employee_number_key: string | null
  readonly email_keys: string[]
  readonly known_hash: string | null
  readonly known_run_id: string
  readonly resource_id: string | null
  readonly speaks: boolean
  readonly problem: ChangeCode | null
  readonly due_at: Date | null
  readonly missing_since: Date | null
}

const knownColumns =
  's.hash as known_hash, s.run_id as known_run_id, s.resource_id, s.speaks, s.problem, s.due_at, s.missing_since'

// Each is looked up by its key: without statistics of the organization the planner would read all of it.
const recordsSql = `select p.*, k.* from unnest($3::text[], $4::text[]) with ordinality w(source_id, run_id, place)
  cross join lateral (
    select source_id, run_id, hash, facts, user_name_key, employee_number_key, email_keys from pulled_records
    where org_id = $1 and run_id = w.run_id and type = 'user' and source_id = w.source_id limit 1
  ) p
  left join lateral (
    select ${knownColumns} from source_records s
    where s.org_id = $1 and s.directory_id = $2 and s.type = 'user' and s.source_id = w.source_id limit 1
  ) k on true
  order by w.place`

function toRecord(row: RecordRow): PersonRecord {
  return {
    sourceId: row.source_id,
    runId: row.run_id,
    hash: row.hash,
    facts: row.facts,
    userNameKey: row.user_name_key,
    employeeNumberKey: row.employee_number_key,
    emailKeys: row.email_keys,
    known: row.known_hash === null ? null : toKnown(row, row.known_hash),
  }
}

function toKnown(row: RecordRow, hash: string): KnownRecord {
  return {
    hash,
    runId: row.known_run_id,
    resourceId: row.resource_id,
    speaks: row.speaks,
    problem: row.problem,
    dueAt: row.due_at,
    isMissing: row.missing_since !== null,
  }
}

/** What the records say, by source id. */
export async function readResources(run: Run, places: readonly RecordPlace[]): Promise<Map<string, JsonObject>> {
  if (places.length === 0) return new Map()
  const rows = await query<{ source_id: string; resource: JsonObject }>(run.services.db, resourcesSql, [
    run.organizationId,
    places.map(({ sourceId }) => sourceId),
    places.map(({ runId }) => runId),
  ])
  return new Map(rows.map(({ source_id, resource }) => [source_id, resource]))
}

const resourcesSql = `select p.source_id, p.resource from unnest($2::text[], $3::text[]) w(source_id, run_id)
  cross join lateral (
    select source_id, resource from pulled_records
    where org_id = $1 and run_id = w.run_id and type = 'user' and source_id = w.source_id limit 1
  ) p`

/** Another record of the directory of somebody. */
export interface Sibling extends PersonRecord {
  readonly userId: string
}

/** Records that are about these users, with what they say now; those that no pull returns among them. */
export async function readSiblings(run: Run, userIds: readonly string[]): Promise<Sibling[]> {
  if (userIds.length === 0) return []
  const { organizationId, directory, id, services } = run
  const rows = await query<RecordRow & { user_id: string }>(services.db, siblingsSql, [
    organizationId,
    directory.id,
    userIds,
    id,
  ])
  return rows.map((row) => ({ ...toRecord(row), userId: row.user_id }))
}

// Asked so that the index of the directory, as good as the right one without statistics, cannot answer.
const siblingsSql = `select w.user_id, p.*, k.* from unnest($3::text[]) w(user_id)
  cross join lateral (
    select ${knownColumns}, s.source_id as id from source_records s
    where s.resource_id = w.user_id and (s.org_id = $1) is true and (s.directory_id = $2) is true and s.type = 'user' limit 20
  ) k
  cross join lateral (
    select source_id, run_id, hash, facts, user_name_key, employee_number_key, email_keys from pulled_records
    where org_id = $1 and run_id in ($4, k.known_run_id) and type = 'user' and source_id = k.id
    order by run_id = $4 desc limit 1
  ) p`

/** Source ids → their users, of records that are about one. */
export async function findUsersOf(run: Run, sourceIds: readonly string[]): Promise<Map<string, string>> {
  if (sourceIds.length === 0) return new Map()
  const rows = await query<{ source_id: string; resource_id: string }>(run.services.db, usersOfSql, [
    run.organizationId,
    run.directory.id,
    sourceIds,
  ])
  return new Map(rows.map(({ source_id, resource_id }) => [source_id, resource_id]))
}

const usersOfSql = `select s.source_id, s.resource_id from unnest($3::text[]) w(source_id)
  cross join lateral (
    select source_id, resource_id from source_records
    where org_id = $1 and directory_id = $2 and type = 'user' and source_id = w.source_id limit 1
  ) s
  cross join lateral (select 1 from users u where u.org_id = $1 and u.id = s.resource_id limit 1) u`

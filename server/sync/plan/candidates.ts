// Which records are to be planned, and in which order.
import { query } from '../../db/query.ts'
import { foldCase } from '../../directory/keys.ts'
import type { Facts } from '../mapping/facts.ts'
import { orderByManager } from './manager-order.ts'
import { sortContested } from './match.ts'
import { findUsersOf, type RecordPlace } from './records.ts'
import type { Planning } from './planning.ts'
import { queryWhole } from './query-whole.ts'
import type { ChangeCode, Run } from '../runs/run.ts'

export interface Candidates {
  /** Source ids, managers before the people who report to them. */
  readonly early: readonly string[]
  /** Those that share a key with an earlier one, with those keys. */
  readonly late: readonly LateRecord[]
  /** Where the content of a record lies. */
  readonly placeOf: (sourceId: string) => RecordPlace
  /** Keys that several records share. */
  readonly contested: ReadonlySet<string>
  /** Source ids of managers. */
  readonly managers: ReadonlySet<string>
  /** Whose reference to a manager closes a circle. */
  readonly closing: ReadonlySet<string>
  /** Employee numbers and addresses by which managers are named → the records that have them. */
  readonly byNumber: ReadonlyMap<string, string>
  readonly byEmail: ReadonlyMap<string, string>
}

export interface LateRecord {
  readonly sourceId: string
  readonly keys: readonly string[]
}

export async function listCandidates(planning: Planning): Promise<Candidates> {
  const { run, gone } = planning
  const runIds = new Map<string, string>()
  // First as they are named, then as records.
  const managers = new Map<string, string | null>()
  const emails = new Map<string, string>()
  for await (const rows of readCandidates(planning)) {
    for (const { source_id, run_id, manager, manager_email } of rows) {
      if (gone.has(source_id)) continue
      if (run_id !== run.id) runIds.set(source_id, run_id)
      managers.set(source_id, manager)
      if (manager === null && manager_email !== null) emails.set(source_id, foldCase(manager_email))
    }
  }
  const shared = await readShared(
    run,
    [...runIds].map(([sourceId, runId]) => ({ sourceId, runId })),
  )
  const contested = shared
    .filter(({ sourceId }) => managers.has(sourceId))
    .map((one) => ({ ...one, standing: planning.stand(one.facts).kind }))
  const sorted = sortContested(contested)
  const late = new Set(sorted.late.map(({ sourceId }) => sourceId))
  const named = await findNamed(run, managers, emails)
  for (const [sourceId, manager] of managers) {
    if (manager !== null && !managers.has(manager))
      managers.set(sourceId, named.byNumber.get(foldCase(manager)) ?? null)
  }
  for (const [sourceId, email] of emails) managers.set(sourceId, named.byEmail.get(email) ?? null)
  const { order, closing } = orderByManager(managers)
  return {
    early: late.size === 0 ? order : order.filter((sourceId) => !late.has(sourceId)),
    late: sorted.late.map(({ sourceId, keys }) => ({ sourceId, keys })),
    placeOf: (sourceId) => ({ sourceId, runId: runIds.get(sourceId) ?? run.id }),
    contested: new Set(contested.flatMap(({ keys }) => keys)),
    managers: new Set([...managers.values()].filter((manager) => manager !== null)),
    closing,
    ...named,
  }
}

interface CandidateRow {
  readonly source_id: string
  readonly run_id: string
  readonly manager: string | null
  readonly manager_email: string | null
}

const pageSize = 10_000

// Problems that another record, or another person, may have solved. What a record itself is to blame for stays until it changes.
const retried: readonly ChangeCode[] = [
  'no_email',
  'ambiguous',
  'duplicate_email',
  'duplicate_employee_number',
  'user_name_taken',
  'manager_unknown',
  'manager_cycle',
  'superseded',
  'missing',
  'ended',
  'gone',
]
// Where nothing is read there is nothing new to tell of the others.
const retriedByDays: readonly ChangeCode[] = ['superseded']

async function* readCandidates({ run, returned, allowed }: Planning): AsyncGenerator<CandidateRow[]> {
  const { organizationId, id, directory, purpose, isFull, startedAt } = run
  yield* readPages((after) => query(run.services.db, pulledSql, [organizationId, id, after]))
  const values = [
    organizationId,
    directory.id,
    id,
    purpose === 'lifecycle' ? retriedByDays : retried,
    isFull && directory.confirmedRules !== directory.rulesVersion,
    isFull,
    startedAt,
    [...returned],
    allowed === undefined ? null : [...allowed],
  ]
  yield* readPages((after) => query(run.services.db, knownSql, [...values, after]))
}

async function* readPages(read: (after: string) => Promise<CandidateRow[]>): AsyncGenerator<CandidateRow[]> {
  for (let after = ''; ;) {
    const rows = await read(after)
    yield rows
    const last = rows.at(-1)
    if (last === undefined || rows.length < pageSize) return
    after = last.source_id
  }
}

const references = `facts ->> 'manager' as manager, facts ->> 'managerEmail' as manager_email`

const pulledSql = `select source_id, run_id, ${references} from pulled_records
  where org_id = $1 and run_id = $2 and type = 'user' and source_id > $3 order by source_id limit ${pageSize}`

// Counted, for a join would be made with all that was read.
const knownSql = `select s.source_id, s.run_id, p.manager, p.manager_email
  from source_records s cross join lateral (
    select ${references} from pulled_records
    where org_id = $1 and run_id = s.run_id and type = 'user' and source_id = s.source_id limit 1
  ) p
  where s.org_id = $1 and s.directory_id = $2 and s.type = 'user' and s.source_id > $10 and (
      s.due_at <= $7::timestamptz
      or (s.missing_since is not null and s.source_id = any($8::text[]))
      or (s.problem = 'filtered' and s.source_id = any($9::text[]))
      or ($6::boolean and $9::text[] is not null and s.missing_since is null and s.resource_id is not null
        and s.problem is distinct from 'filtered' and s.source_id <> all($9::text[]))
      or (s.missing_since is null and (
        $5::boolean or s.problem = any($4::text[]) or (s.problem = 'invalid_value' and s.resource_id is null)
        or ($6::boolean and s.resource_id is not null and not exists (
          select from users u where u.org_id = $1 and u.id = s.resource_id and u.anonymized_at is null))
      ))
    )
    and (select count(*) from pulled_records q
      where q.org_id = $1 and q.run_id = $3 and q.type = 'user' and q.source_id = s.source_id) = 0
  order by s.source_id limit ${pageSize}`

interface Shared {
  readonly sourceId: string
  readonly name: string | null
  readonly facts: Facts
  readonly employeeNumberKey: string | null
  readonly emailKeys: readonly string[]
  readonly isKnown: boolean
  readonly keys: readonly string[]
}

// Records that have a number, an address or a userName in common with another one.
async function readShared(run: Run, others: readonly RecordPlace[]): Promise<Shared[]> {
  const { organizationId, id, directory, services } = run
  const rows = await queryWhole<SharedRow>(services.db, sharedSql, [
    organizationId,
    id,
    directory.id,
    others.map(({ sourceId }) => sourceId),
    others.map(({ runId }) => runId),
  ])
  const keys = new Map<string, string[]>()
  for (const { source_id, key } of rows) {
    const known = keys.get(source_id)
    if (known === undefined) keys.set(source_id, [key])
    else known.push(key)
  }
  const records = new Map(rows.map((row) => [row.source_id, row]))
  return [...records.values()].map((row) => ({
    sourceId: row.source_id,
    name: row.facts.name,
    facts: row.facts,
    employeeNumberKey: row.employee_number_key,
    emailKeys: row.email_keys,
    isKnown: row.is_known,
    keys: keys.get(row.source_id) ?? [],
  }))
}

interface SharedRow {
  readonly source_id: string
  readonly key: string
  readonly facts: Facts
  readonly employee_number_key: string | null
  readonly email_keys: string[]
  readonly is_known: boolean
}

const keysOf = (from: string): string => `
    select source_id, run_id, 'number ' || employee_number_key as key from ${from} where employee_number_key is not null
    union all
    select source_id, run_id, 'email ' || e from ${from} cross join lateral unnest(email_keys) e
    union all
    select source_id, run_id, 'name ' || user_name_key from ${from} where user_name_key <> all(email_keys)`

const sharedSql = `with others as materialized (
    select p.* from unnest($4::text[], $5::text[]) w(source_id, run_id) cross join lateral (
      select source_id, run_id, user_name_key, employee_number_key, email_keys from pulled_records
      where org_id = $1 and run_id = w.run_id and type = 'user' and source_id = w.source_id limit 1) p
  ), records as (
    select source_id, run_id, user_name_key, employee_number_key, email_keys from pulled_records
    where org_id = $1 and run_id = $2 and type = 'user'
    union all select * from others
  ), keys as materialized (${keysOf('records')}
  ), shared as materialized (
    select key from keys group by key having count(*) > 1
  )
  select k.source_id, k.key, p.facts, p.employee_number_key, p.email_keys,
    (select count(*) from source_records s where s.org_id = $1 and s.directory_id = $3 and s.type = 'user'
      and s.source_id = k.source_id and s.resource_id is not null) > 0 as is_known
  from keys k join shared using (key) cross join lateral (
    select facts, employee_number_key, email_keys from pulled_records
    where org_id = $1 and run_id = k.run_id and type = 'user' and source_id = k.source_id limit 1) p
  order by k.source_id, k.key`

type Named = Pick<Candidates, 'byNumber' | 'byEmail'>

// Managers who are not named by what the source calls them.
async function findNamed(
  run: Run,
  managers: ReadonlyMap<string, string | null>,
  emails: ReadonlyMap<string, string>,
): Promise<Named> {
  const unknown = new Set<string>()
  for (const manager of managers.values()) if (manager !== null && !managers.has(manager)) unknown.add(manager)
  const known = await findUsersOf(run, [...unknown])
  const numbers = [...unknown].filter((id) => !known.has(id)).map(foldCase)
  const key = [run.organizationId, run.id]
  const find = async (text: string, keys: readonly string[]): Promise<Map<string, string>> => {
    if (keys.length === 0) return new Map()
    const rows = await query<{ key: string; source_id: string }>(run.services.db, text, [...key, keys])
    return new Map(rows.map((row) => [row.key, row.source_id]))
  }
  return { byNumber: await find(numbersSql, numbers), byEmail: await find(emailsSql, [...new Set(emails.values())]) }
}

// The number or address of two is nobody's.
const numbersSql = `select employee_number_key as key, min(source_id) as source_id from pulled_records
  where org_id = $1 and run_id = $2 and type = 'user' and employee_number_key = any($3::text[])
  group by 1 having count(*) = 1`
const emailsSql = `select e as key, min(source_id) as source_id from pulled_records cross join lateral unnest(email_keys) e
  where org_id = $1 and run_id = $2 and type = 'user' and e = any($3::text[]) group by 1 having count(*) = 1`

// Stores what was read. A record is stored where it is new, or says something else than before.
import type { Database } from '../../db/connect.ts'
import { query } from '../../db/query.ts'
import type { Json } from '../../../providers/provider.ts'
import { transaction } from '../../db/transaction.ts'
import { countFields, digestBatch, type HashedRecord, listLast, type PageBatch } from './batch.ts'
import { keepHold } from '../engine/hold.ts'
import type { Mapper } from '../mapping/map.ts'
import { SetDigest } from './record-hash.ts'
import type { Run, RunKey } from '../runs/run.ts'
import { isImport } from '../runs/state.ts'

export interface Place {
  /** Of the last page that was stored; 0 where there is none. */
  readonly number: number
  readonly cursor: Json | undefined
}

/** Where a pull goes on: behind what is stored of the run, or where the directory's cursor stands, or at the beginning. */
export async function findPlace(run: Run): Promise<Place> {
  const text = `select number, cursor from run_pages where org_id = $1 and run_id = $2 order by number desc limit 1`
  const [last] = await query<{ number: number; cursor: Json }>(run.services.db, text, [run.organizationId, run.id])
  if (last !== undefined && last.cursor !== null) return last
  // A source without cursors is read from the beginning.
  if (last !== undefined) await transaction(run.services.db, (tx) => forgetPages(tx, run))
  const begin = run.isFull || isImport(run) ? undefined : run.directory.cursor
  return { number: 0, cursor: begin ?? undefined }
}

/** Forgets all that was read, so that it can be read anew. */
export async function forgetPages(tx: Database, run: Run): Promise<void> {
  await keepHold(tx, run)
  const key = [run.organizationId, run.id]
  await query(tx, 'delete from pulled_records where org_id = $1 and run_id = $2', key)
  await query(tx, 'delete from run_members where org_id = $1 and run_id = $2', key)
  await query(tx, 'delete from run_pages where org_id = $1 and run_id = $2', key)
  await query(tx, `update sync_runs set progress = '{}' where org_id = $1 and id = $2`, key)
}

export async function storeBatch(run: Run, batch: PageBatch, prepared: Prepared): Promise<void> {
  await transaction(run.services.db, async (tx) => {
    await keepHold(tx, run)
    await write(tx, run, batch, prepared)
  })
}

/** Stores the last pages, and goes on to the next stage. */
export async function endFetch(run: Run, batch: PageBatch, prepared: Prepared): Promise<void> {
  await transaction(run.services.db, async (tx) => {
    await keepHold(tx, run)
    await write(tx, run, batch, prepared)
    await query(tx, endSql, [run.organizationId, run.id, await digestRun(tx, run)])
  })
}

/** What there is to store of a batch. */
export interface Prepared {
  readonly read: readonly HashedRecord[]
  /** Each once. */
  readonly records: readonly HashedRecord[]
  readonly changed: readonly HashedRecord[]
  /** Rows of pulled_records, as JSON. */
  readonly rows: string
}

/** Compares a batch with what is known, and maps what is new. Needs no hold, and is done while the batch before is stored. */
export async function prepareBatch(run: Run, mapper: Mapper, batch: PageBatch): Promise<Prepared> {
  const read = batch.hash(mapper.digest)
  const records = listLast(read, ({ record }) => record)
  const known = await readHashes(run, records)
  const changed = records.filter(({ record, hash }) => known[record.type].get(record.id) !== hash)
  const rows = changed.map(({ record, hash }) => {
    const { type, sourceId, raw, resource, facts, ...keys } = mapper.map(record)
    const { userNameKey, employeeNumberKey, emailKeys } = keys
    return { type, sourceId, hash, raw, resource, facts, userNameKey, employeeNumberKey, emailKeys }
  })
  return { read, records, changed, rows: JSON.stringify(rows) }
}

async function readHashes(
  { services, organizationId, directory }: Run,
  records: readonly HashedRecord[],
): Promise<Record<'user' | 'group', ReadonlyMap<string, string>>> {
  const read = async (type: 'user' | 'group'): Promise<ReadonlyMap<string, string>> => {
    const ids = records.filter(({ record }) => record.type === type).map(({ record }) => record.id)
    if (ids.length === 0) return new Map()
    const values = [organizationId, directory.id, type, ids]
    const rows = await query<{ source_id: string; hash: string }>(services.db, hashesSql, values)
    return new Map(rows.map(({ source_id, hash }) => [source_id, hash]))
  }
  const [user, group] = await Promise.all([read('user'), read('group')])
  return { user, group }
}

const hashesSql = `select source_id, hash from source_records
  where org_id = $1 and directory_id = $2 and type = $3 and source_id = any($4::text[])`

async function write(tx: Database, run: Run, batch: PageBatch, prepared: Prepared): Promise<void> {
  const { read, records, changed, rows } = prepared
  const key = [run.organizationId, run.id]
  if (changed.length > 0) await query(tx, recordsSql, [...key, run.directory.id, rows])
  const members = batch.listMembers()
  if (members.length > 0) await query(tx, membersSql, [...key, batch.number, JSON.stringify(members)])
  if (batch.isEmpty) return
  const idsOf = (type: 'user' | 'group'): string[] =>
    records.filter(({ record }) => record.type === type).map(({ record }) => record.id)
  await query(tx, pageSql, [
    ...key,
    batch.number,
    batch.cursor === undefined ? null : JSON.stringify(batch.cursor),
    idsOf('user'),
    idsOf('group'),
    batch.deletedIds,
    JSON.stringify(batch.faults),
    JSON.stringify(countFields(records)),
    digestBatch(read, batch.deletedIds),
    batch.count,
    batch.totalPages ?? null,
  ])
}

// What came on an earlier page came again because somebody moved it there: the later one counts.
const recordsSql = `insert into pulled_records (org_id, run_id, type, source_id, directory_id, hash, raw, resource, facts,
    user_name_key, employee_number_key, email_keys)
  select $1, $2, r.type, r."sourceId", $3, r.hash, r.raw, r.resource, r.facts, r."userNameKey", r."employeeNumberKey", r."emailKeys"
  from jsonb_to_recordset($4::jsonb) as r(type text, "sourceId" text, hash text, raw jsonb, resource jsonb, facts jsonb,
    "userNameKey" text, "employeeNumberKey" text, "emailKeys" text[])
  on conflict (org_id, run_id, type, source_id) do update set hash = excluded.hash, raw = excluded.raw,
    resource = excluded.resource, facts = excluded.facts, user_name_key = excluded.user_name_key,
    employee_number_key = excluded.employee_number_key, email_keys = excluded.email_keys`

const membersSql = `insert into run_members (org_id, run_id, page, group_id, member_type, stated_by, member_ids)
  select $1, $2, $3, r."groupId", r."memberType", r."statedBy", r."memberIds"
  from jsonb_to_recordset($4::jsonb) as r("groupId" text, "memberType" text, "statedBy" text, "memberIds" text[])`

const pageSql = `with page as (
    insert into run_pages (org_id, run_id, number, cursor, user_ids, group_ids, deleted_ids, faults, field_counts, digest)
    values ($1, $2, $3, $4::jsonb, $5, $6, $7, $8::jsonb, $9::jsonb, $10)
  )
  update sync_runs set progress = progress || jsonb_strip_nulls(jsonb_build_object('pages', $3::int,
    'records', coalesce((progress ->> 'records')::int, 0) + $11::int,
    'totalPages', coalesce((progress ->> 'totalPages')::int, $12::int)))
  where org_id = $1 and id = $2`

const endSql = `update sync_runs set stage = 'plan', digest = $3, field_counts = (
    select coalesce(jsonb_object_agg(c.name, c.count), '{}') from (
      select f.key as name, sum(f.value::int) as count
      from run_pages p cross join lateral jsonb_each(p.field_counts) f
      where p.org_id = $1 and p.run_id = $2 group by f.key
    ) c
  ) where org_id = $1 and id = $2`

async function digestRun(tx: Database, { organizationId, id }: RunKey): Promise<string> {
  const text = 'select digest from run_pages where org_id = $1 and run_id = $2'
  const digest = new SetDigest()
  for (const page of await query<{ digest: string }>(tx, text, [organizationId, id])) digest.addWritten(page.digest)
  return digest.toString()
}

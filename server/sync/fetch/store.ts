// Stores what was read. A record is stored where it is new, or says something else than before.
import { columnsSql, toColumnArrays } from '../../db/columns.ts'
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

/** `number` is that of the batch's last page. */
export async function storeBatch(run: Run, number: number, prepared: Prepared): Promise<void> {
  await transaction(run.services.db, async (tx) => {
    await keepHold(tx, run)
    // Where a crash takes the last batches, it takes their cursors with them, and they are read once more.
    await query(tx, 'set local synchronous_commit = off')
    await write(tx, run, number, prepared)
  })
}

/** Stores the last pages, and goes on to the next stage. */
export async function endFetch(run: Run, number: number, prepared: Prepared): Promise<void> {
  await transaction(run.services.db, async (tx) => {
    await keepHold(tx, run)
    await write(tx, run, number, prepared)
    await query(tx, endSql, [run.organizationId, run.id, await digestRun(tx, run)])
  })
}

/** What there is to store of a batch, as it is sent; what was read is held no longer. */
export interface Prepared {
  /** Rows of pulled_records, of the records that are not known so; undefined where all are. */
  readonly changed: readonly (string | null)[][] | undefined
  /** Ids of the others. */
  readonly unchanged: Readonly<Record<'user' | 'group', readonly string[]>>
  readonly members: string | undefined
  /** The row of run_pages; undefined where there is no page. */
  readonly page: readonly unknown[] | undefined
}

/** Compares a batch with what is known, and maps what is new. Needs no hold, and is done while the batch before is stored. */
export async function prepareBatch(run: Run, mapper: Mapper, batch: PageBatch): Promise<Prepared> {
  const read = batch.hash(mapper.digest)
  const records = listLast(read, ({ record }) => record)
  const known = await readHashes(run, records)
  const isKnown = ({ record, hash }: HashedRecord): boolean => known[record.type].get(record.id) === hash
  const changed = records.filter((one) => !isKnown(one))
  const members = batch.listMembers()
  return {
    changed:
      changed.length === 0
        ? undefined
        : toColumnArrays(
            changed.map((one) => toRow(mapper, one)),
            recordColumns,
          ),
    unchanged: { user: listIds(records.filter(isKnown), 'user'), group: listIds(records.filter(isKnown), 'group') },
    members: members.length === 0 ? undefined : JSON.stringify(members),
    page: batch.isEmpty ? undefined : toPage(batch, read, records),
  }
}

function toRow(mapper: Mapper, { record, hash }: HashedRecord) {
  const { type, sourceId, userNameKey, employeeNumberKey, emailKeys, ...said } = mapper.map(record)
  return {
    type,
    source_id: sourceId,
    hash,
    raw: JSON.stringify(said.raw),
    resource: JSON.stringify(said.resource),
    facts: JSON.stringify(said.facts),
    user_name_key: userNameKey,
    employee_number_key: employeeNumberKey,
    email_keys: [...emailKeys],
  }
}

function toPage(batch: PageBatch, read: readonly HashedRecord[], records: readonly HashedRecord[]): readonly unknown[] {
  return [
    batch.cursor === undefined ? null : JSON.stringify(batch.cursor),
    listIds(records, 'user'),
    listIds(records, 'group'),
    batch.deletedIds,
    JSON.stringify(batch.faults),
    JSON.stringify(countFields(records)),
    digestBatch(read, batch.deletedIds),
    batch.count,
    batch.totalPages ?? null,
  ]
}

function listIds(records: readonly HashedRecord[], type: 'user' | 'group'): string[] {
  return records.filter(({ record }) => record.type === type).map(({ record }) => record.id)
}

async function readHashes(
  { services, organizationId, directory }: Run,
  records: readonly HashedRecord[],
): Promise<Record<'user' | 'group', ReadonlyMap<string, string>>> {
  const read = async (type: 'user' | 'group'): Promise<ReadonlyMap<string, string>> => {
    const ids = listIds(records, type)
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

async function write(tx: Database, run: Run, number: number, prepared: Prepared): Promise<void> {
  const { changed, unchanged, members, page } = prepared
  const key = [run.organizationId, run.id]
  if (changed !== undefined) await query(tx, recordsSql, [...key, run.directory.id, ...changed])
  for (const type of ['user', 'group'] as const) {
    if (unchanged[type].length > 0) await query(tx, takeBackSql, [...key, type, unchanged[type]])
  }
  if (members !== undefined) await query(tx, membersSql, [...key, number, members])
  if (page !== undefined) await query(tx, pageSql, [...key, number, ...page])
}

// What came on an earlier page as something new, and now is as it was known before.
const takeBackSql = `delete from pulled_records
  where org_id = $1 and run_id = $2 and type = $3 and source_id = any($4::text[])`

const recordColumns = {
  type: 'text',
  source_id: 'text',
  hash: 'text',
  raw: 'jsonb',
  resource: 'jsonb',
  facts: 'jsonb',
  user_name_key: 'text',
  employee_number_key: 'text',
  email_keys: 'text[]',
}

const recordNames = Object.keys(recordColumns).join(', ')

// What came on an earlier page came again because somebody moved it there: the later one counts.
const recordsSql = `insert into pulled_records (org_id, run_id, directory_id, ${recordNames})
  select $1, $2, $3, ${recordNames} from ${columnsSql(recordColumns, 4)} r
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

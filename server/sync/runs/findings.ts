// What a run found, record by record: what is done, and what could not be.
import type { Database } from '../../db/connect.ts'
import { query } from '../../db/query.ts'
import type { JsonObject } from '../../db/tables.ts'
import type { Windowed } from '../../directory/org/employee.ts'
import { AppError } from '../../errors.ts'
import type { ChangeCode, Operation, RunKey } from './run.ts'

export interface ReportedChange {
  readonly position: number
  readonly resourceType: 'User' | 'Group'
  readonly sourceId: string | null
  readonly resourceId: string | null
  readonly operation: Operation
  readonly name: string | null
  readonly code: ChangeCode | null
  readonly detail: string | null
  /** Attribute → {before, after}; null where nothing is said of it. */
  readonly difference: JsonObject | null
  /** Of a group: how many come and go. */
  readonly members: JsonObject | null
  readonly isApplied: boolean
}

export interface ChangeWindow {
  readonly limit: number
  /** The position behind which it begins. */
  readonly after?: number
}

/** In the order of doing; those of one operation or code where it is named. Throws not_found. */
export async function listChanges(
  db: Database,
  key: RunKey,
  { operation, code, ...window }: ChangeWindow & { readonly operation?: Operation; readonly code?: ChangeCode },
): Promise<Windowed<ReportedChange>> {
  const condition = `and ($5::text is null or operation = $5) and ($6::text is null or code = $6)`
  return page(db, key, window, `${changesSql} ${condition} order by position limit $4`, [
    operation ?? null,
    code ?? null,
  ])
}

export interface ReportedError {
  /** Of what was done all the same, though not all of it could be, what was done. */
  readonly operation: Operation
  readonly code: ChangeCode | null
  readonly detail: string | null
  /** What the source calls the record; of one that cannot be read where it stands, such as `line 12`. */
  readonly sourceId: string | null
  /** null where it could not be read. */
  readonly resourceType: 'User' | 'Group' | null
  readonly resourceId: string | null
  readonly name: string | null
}

/** Where a page of errors ended: in which part of the list, and where there. */
export type ErrorPlace = readonly [part: number, at: number, line: number]

export interface ReportedErrors {
  readonly items: readonly ReportedError[]
  readonly next: ErrorPlace | undefined
}

/**
 * Records that could not be read; then, in the order of doing, what was left alone, what is wrong, and what was done but for a value or a
 * manager. Throws not_found.
 */
export async function listErrors(
  db: Database,
  key: RunKey,
  { limit, after = [0, -1, 0] }: { readonly limit: number; readonly after?: ErrorPlace },
): Promise<ReportedErrors> {
  await readAppliedPosition(db, key)
  type Row = ReportedError & { readonly place: ErrorPlace }
  const rows = await query<Row>(db, errorsSql, [key.organizationId, key.id, limit + 1, ...after])
  const shown = rows.slice(0, limit)
  const items = shown.map(({ place: _, ...error }) => error)
  return { items, next: rows.length > limit ? shown.at(-1)?.place : undefined }
}

const partlyDoneCodes = ['invalid_value', 'manager_unknown', 'manager_cycle'] as const satisfies readonly ChangeCode[]

const noticedSql = (condition: string): string => `(
    select 1 as part, position as at, 0 as line, operation, code, detail, source_id as "sourceId", resource_type as "resourceType",
      resource_id as "resourceId", name
    from run_changes
    where run_id = $2 and ${condition} and org_id = $1 and position > case when $4::int = 1 then $5::int else -1 end
    order by position limit $3)`

const noticed = [
  `operation = 'error'`,
  `operation = 'skip'`,
  ...partlyDoneCodes.map((code) => `code = '${code}' and operation not in ('error', 'skip')`),
]

const errorsSql = `with faults as (
    select 0 as part, p.number as at, f.ordinality::int as line, 'error' as operation, 'unreadable' as code,
      f.value ->> 'message' as detail, f.value ->> 'record' as "sourceId", null as "resourceType", null as "resourceId", null as name
    from run_pages p cross join lateral jsonb_array_elements(p.faults) with ordinality f
    where p.org_id = $1 and p.run_id = $2 and $4::int = 0 and (p.number, f.ordinality) > ($5::int, $6::int)
    order by 2, 3 limit $3
  )
  select json_build_array(part, at, line) as place, operation, code, detail, "sourceId", "resourceType", "resourceId", name
  from (select * from faults union all ${noticed.map(noticedSql).join(' union all ')}) e
  order by part, at, line limit $3`

const changesSql = `select position, resource_type as "resourceType", source_id as "sourceId", resource_id as "resourceId", operation,
    name, code, detail, plan -> 'difference' as difference, plan -> 'members' as members
  from run_changes where run_id = $2 and org_id = $1 and position > $3`

async function page(
  db: Database,
  { organizationId, id }: RunKey,
  { limit, after = -1 }: ChangeWindow,
  text: string,
  values: readonly unknown[],
): Promise<Windowed<ReportedChange>> {
  const applied = await readAppliedPosition(db, { organizationId, id })
  const rows = await query<Omit<ReportedChange, 'isApplied'>>(db, text, [
    organizationId,
    id,
    after,
    limit + 1,
    ...values,
  ])
  const items = rows.slice(0, limit).map((row) => ({ ...row, isApplied: row.position <= applied }))
  return { items, next: rows.length > limit ? items.at(-1)?.position.toString() : undefined }
}

async function readAppliedPosition(db: Database, { organizationId, id }: RunKey): Promise<number> {
  const text = 'select applied_position as position from sync_runs where org_id = $1 and id = $2'
  const [run] = await query<{ position: number }>(db, text, [organizationId, id])
  if (run === undefined) throw new AppError('not_found', `There is no run ${id.slice(0, 80)}.`)
  return run.position
}

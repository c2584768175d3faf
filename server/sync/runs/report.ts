// What a run says of what it could not do.
import type { Database } from '../../db/connect.ts'
import { query } from '../../db/query.ts'
import type { RunKey } from './run.ts'

// All of them can be listed; whoever asks for the run is shown the first ones.
const shown = 100

/** Writes the errors of a run: records that could not be read, and changes that could not be planned or done. */
export async function writeReport(tx: Database, { organizationId, id }: RunKey): Promise<void> {
  await query(tx, reportSql, [organizationId, id])
}

const reportSql = `with faults as (
    select 0 as part, p.number as at, f.ordinality as line, 'unreadable' as code, f.value ->> 'message' as message,
      f.value ->> 'record' as record
    from run_pages p cross join lateral jsonb_array_elements(p.faults) with ordinality f
    where p.org_id = $1 and p.run_id = $2
  ), refused as (
    select 1 as part, c.position as at, 0 as line, coalesce(c.code, 'unexpected') as code, coalesce(c.detail, '') as message,
      c.source_id as record
    from run_changes c where c.org_id = $1 and c.run_id = $2 and c.operation = 'error'
  ), errors as (select * from faults union all select * from refused),
  first as (select * from errors order by part, at, line limit ${shown})
  update sync_runs set error_count = (select count(*) from errors), errors = (
    select coalesce(jsonb_agg(jsonb_build_object('code', code, 'message', message, 'recordId', record)
      order by part, at, line), '[]') from first
  ) where org_id = $1 and id = $2`

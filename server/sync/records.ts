// What sources said of a person: the records that are theirs, as the source has them and as SCIM.
import type { Database } from '../db/connect.ts'
import { query } from '../db/query.ts'
import type { JsonObject } from '../db/tables.ts'

export interface PersonRecord {
  readonly directoryId: string
  readonly sourceId: string
  /** As the source says it. */
  readonly raw: JsonObject
  /** The same as SCIM, without what depends on the day or on others. */
  readonly normalized: JsonObject
  /** Whether the directory's word is what this record says: of several of one person one does. */
  readonly speaks: boolean
  /** Why nothing came of it, or not all; null where nothing is wrong. */
  readonly problem: string | null
  /** When a day comes that changes what it means. */
  readonly dueAt: Date | null
  /** Since when the source does not return it. */
  readonly missingSince: Date | null
}

/** Of all directories. */
export function listPersonRecords(db: Database, organizationId: string, userId: string): Promise<PersonRecord[]> {
  return query<PersonRecord>(db, recordsSql, [organizationId, userId])
}

const recordsSql = `select s.directory_id as "directoryId", s.source_id as "sourceId", p.raw, p.resource as normalized, s.speaks, s.problem,
    s.due_at as "dueAt", s.missing_since as "missingSince"
  from source_records s
  join pulled_records p on p.org_id = s.org_id and p.run_id = s.run_id and p.type = s.type and p.source_id = s.source_id
  where s.resource_id = $2 and s.org_id = $1 and s.type = 'user' order by s.directory_id, not s.speaks, s.source_id`

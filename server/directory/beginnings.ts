// Users as they were created together with very many others: the change holds them whole, and no history is to be walked for that.
import type { Database } from '../db/connect.ts'
import { query } from '../db/query.ts'
import type { JsonObject } from '../db/tables.ts'
import { whole } from './changes.ts'
import { enterpriseUser, fromColumns } from './user-record.ts'

/** A user at version 1. */
export interface Beginning {
  readonly at: Date
  readonly directoryId: string
  readonly requestId: string | null
  /** The resource as text, for of many only one at a time is to be in memory; without the manager, id and meta. */
  readonly json: string
  readonly managerId: string | null
  /** The owner's. */
  readonly externalId: string | null
}

/** In the order of the users; undefined of those who came otherwise, or of whom that was forgotten. */
export async function readBeginnings(
  db: Database,
  users: readonly { readonly organizationId: string; readonly id: string }[],
): Promise<(Beginning | undefined)[]> {
  if (users.length === 0) return []
  const values = [users.map(({ organizationId }) => organizationId), users.map(({ id }) => id)]
  const rows = await query<BeginningRow>(db, beginningsSql, values)
  return rows.map(toBeginning)
}

interface BeginningRow {
  readonly json: string | null
  readonly manager_id: string | null
  readonly external_id: string | null
  readonly at: Date
  readonly directory_id: string
  readonly request_id: string | null
}

// Laterally, with a limit, as in history.ts.
const beginningsSql = `select c.at, c.directory_id, c.request_id, c.difference #>> '{${whole},after}' as json,
    c.difference #>> '{${enterpriseUser}:manager,after,value}' as manager_id, c.difference #>> '{externalId,after}' as external_id
  from unnest($1::text[], $2::text[]) with ordinality w(org_id, id, place)
  left join lateral (
    select at, directory_id, request_id, difference from changes
    where resource_id = w.id and version = 1 and org_id = w.org_id and resource_type = 'User' and operation = 'create' limit 1
  ) c on true
  order by w.place`

function toBeginning(row: BeginningRow): Beginning | undefined {
  const { json, manager_id: managerId, external_id: externalId, at, directory_id, request_id } = row
  return json === null
    ? undefined
    : { json, managerId, externalId, at, directoryId: directory_id, requestId: request_id }
}

/** The resource with the manager. */
export function readResource({ json, managerId }: Beginning): JsonObject {
  return fromColumns(JSON.parse(json) as JsonObject, managerId)
}

// An organization in a database of an earlier version, which the code of this one cannot write.
import type { Database } from '../../server/db/connect.ts'
import { query } from '../../server/db/query.ts'

/** One with a manual directory and a push directory. */
export async function insertOldOrganization(
  db: Database,
  at: Date,
): Promise<{ organizationId: string; directoryId: string }> {
  const [organizationId, directoryId] = ['org_old', 'dir_okta']
  await query(db, `insert into organizations (org_id, name, created_at) values ($1, 'Old', $2)`, [organizationId, at])
  await query(
    db,
    `insert into directories (org_id, id, kind, name, created_at)
     values ($1, 'dir_manual', 'manual', 'Manual', $3), ($1, $2, 'push', 'Okta', $3)`,
    [organizationId, directoryId, at],
  )
  return { organizationId, directoryId }
}

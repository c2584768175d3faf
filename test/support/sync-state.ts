// All that syncs leave in an organization, by names in place of ids, so that what two organizations have can be compared.
import { query } from '../../server/db/query.ts'
import { testDatabase } from './postgres.ts'

const parts = {
  users: `select resource, active, version, manager_id, external_id from users where org_id = $1`,
  links: `select user_id, directory_id, external_id, resource, ended_at is null as lives from links where org_id = $1`,
  groups: `select resource, external_id, version from groups where org_id = $1`,
  memberships: `select group_id, user_id, child_id from memberships where org_id = $1`,
  records: `select s.type, s.source_id, s.hash, s.run_id, s.resource_id, s.speaks, s.problem, s.due_at is null as rests,
      s.missing_since is null as present, p.resource
    from source_records s left join pulled_records p on p.org_id = s.org_id and p.run_id = s.run_id and p.type = s.type
      and p.source_id = s.source_id where s.org_id = $1`,
  changes: `select resource_id, operation, version, request_id, difference from changes where org_id = $1`,
  events: `select type, resource_id, version, data - 'resource' as data from outbox where org_id = $1`,
  reports: `select id, status, stage, stats, errors, is_full, digest, field_counts, progress from sync_runs where org_id = $1`,
} as const

/** Part → its rows as text, sorted; and `order`, the events of people and groups, but for who is in which, in the order in which they were written. */
export type SyncState = Readonly<Record<string, readonly string[]>>

/** Of an organization with one directory that is pulled. Nothing was numbered, so that all events are in the outbox. */
export async function readSyncState(organizationId: string): Promise<SyncState> {
  const db = testDatabase()
  const named = await query<{ id: string; name: string }>(db, namesSql, [organizationId])
  const names = new Map(named.map(({ id, name }) => [id, name]))
  const toText = (row: object): string =>
    JSON.stringify(row).replaceAll(/\b(emp|grp|sync|dir)_[0-9a-z]{26}/g, (id, kind) => names.get(id) ?? `<${kind}>`)
  const read = async ([name, text]: readonly [string, string]): Promise<[string, string[]]> => {
    const rows = await query<object>(db, text, [organizationId])
    return [name, rows.map(toText).toSorted()]
  }
  const order = await query<object>(
    db,
    `select type, resource_id from outbox where org_id = $1 and resource_type <> 'Sync' and type not like 'membership.%'
     order by id`,
    [organizationId],
  )
  const states = await Promise.all(Object.entries(parts).map(read))
  return Object.fromEntries([...states, ['order', order.map(toText)]])
}

// Who was deleted has no name any more, and is named by what is left.
const namesSql = `select id, '<user ' || (resource ->> 'userName') || '>' as name from users where org_id = $1
  union all select id, '<group ' || (resource ->> 'displayName') || '>' from groups where org_id = $1
  union all select resource_id, '<gone ' || coalesce(user_name_key, record ->> 'displayName', '') || '>' from tombstones
    where org_id = $1
  union all select id, '<run ' || row_number() over (order by queued_at, id) || '>' from sync_runs where org_id = $1
  union all select id, '<directory ' || name || '>' from directories where org_id = $1`

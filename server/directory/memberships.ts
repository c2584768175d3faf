// Who is in which group. A change touches the rows of the members that come and go, and the group's own row: its version.
import type { Database } from '../db/connect.ts'
import { query } from '../db/query.ts'
import { AppError } from '../errors.ts'
import type { Actor } from './actor.ts'
import { changeColumns, eventColumns, insertSql, oneSql, storeSql } from './membership-sql.ts'

/** What a request does to the members of a group, all its operations taken together. */
export type MemberPlan =
  | { readonly kind: 'change'; readonly add: readonly string[]; readonly remove: readonly string[] }
  | { readonly kind: 'set'; readonly ids: readonly string[] }

export interface GroupColumns {
  readonly display_name_key: string
  readonly external_id: string | null
  readonly resource: string
  readonly difference: string
}

export interface GroupStore {
  readonly id: string
  /** null where only members change. */
  readonly columns: GroupColumns | null
  readonly members: MemberPlan
}

/**
 * Stores a new group with its members, change and events, in one statement. Throws uniqueness, and invalid_value where a
 * member is no user or group that the actor may use.
 */
export async function insertGroup(
  tx: Database,
  actor: Actor,
  id: string,
  columns: GroupColumns,
  memberIds: readonly string[],
): Promise<void> {
  const [row] = await query<Stored>(tx, insertSql, [...listParameters(actor, id, memberIds), ...listColumns(columns)])
  refuseUnknown(row?.unknown)
}

/**
 * Stores what becomes of a group: attributes, members, version, change and events, in one statement that locks the group first
 * and needs no transaction around it. Nothing is written where nothing changes. Throws not_found, uniqueness, and
 * invalid_value as `insertGroup` does.
 * @returns the version afterwards; undefined, with nothing written, where the group changed while the statement waited for it,
 *   for then it knows the members as they were before. Who has locked the group already always gets the version.
 */
export async function storeGroup(db: Database, actor: Actor, store: GroupStore): Promise<number | undefined> {
  const { id, columns, members } = store
  const add = members.kind === 'set' ? members.ids : members.add
  const remove = members.kind === 'set' ? [] : members.remove
  const [memberId, ...others] = [...add, ...remove]
  if (columns === null && members.kind === 'change' && memberId !== undefined && others.length === 0) {
    return runStore(db, oneSql[add.length === 1 ? 'added' : 'removed'], id, listParameters(actor, id, memberId))
  }
  const parameters = [...listParameters(actor, id, add), ...listColumns(columns), remove]
  return runStore(db, storeSql[members.kind], id, parameters)
}

interface Stored {
  readonly unknown: string[] | null
  readonly version: number | null
}

async function runStore(
  db: Database,
  text: string,
  id: string,
  parameters: readonly unknown[],
): Promise<number | undefined> {
  const [row] = await query<Stored>(db, text, parameters)
  if (row === undefined) throw new AppError('not_found', `There is no group ${id}.`)
  refuseUnknown(row.unknown)
  return row.version ?? undefined
}

function refuseUnknown(unknown: readonly string[] | null | undefined): void {
  if (!unknown) return
  const named = unknown.map((id) => id.slice(0, 40)).join(', ')
  throw new AppError('invalid_value', `members: no user or group has the id ${named}.`)
}

// The first parameters of every statement in membership-sql.ts.
function listParameters(actor: Actor, id: string, members: string | readonly string[]): unknown[] {
  const { organizationId, at, directoryId, tokenId, requestId, view } = actor
  return [organizationId, id, members, at, directoryId, tokenId, requestId, view === 'directory']
}

function listColumns(columns: GroupColumns | null): unknown[] {
  if (columns === null) return [null, null, null, '{}']
  return [columns.display_name_key, columns.external_id, columns.resource, columns.difference]
}

/**
 * Takes a user or a group out of all groups, or of those of the acting directory, each group with its version, change and event.
 * @returns the ids of the groups
 */
export async function leaveGroups(
  tx: Database,
  actor: Actor,
  memberId: string,
  column: 'user_id' | 'child_id',
  which: 'all' | 'own',
): Promise<string[]> {
  const { organizationId, at, directoryId, tokenId, requestId } = actor
  const parameters = [organizationId, memberId, at, directoryId, tokenId, requestId, which === 'own']
  const rows = await query<{ id: string }>(tx, leaveSql[column], parameters)
  return rows.map((row) => row.id)
}

function writeLeaveSql(column: 'user_id' | 'child_id'): string {
  return `with locked as (
    select g.org_id, g.id from groups g
    where g.org_id = $1 and g.id in (select group_id from memberships where org_id = $1 and ${column} = $2)
      and (g.directory_id = $4 or not $7::boolean)
    order by g.id for no key update of g
  ), gone as (
    delete from memberships m using locked l where m.org_id = l.org_id and m.group_id = l.id and m.${column} = $2
    returning m.group_id
  ), updated as (
    update groups g set version = g.version + 1, modified_at = $3::timestamptz from gone
    where g.org_id = $1 and g.id = gone.group_id returning g.org_id, g.id, g.version
  ), changed as (
    insert into changes (${changeColumns})
    select org_id, $3::timestamptz, $4, $5, $6, 'Group', id, 'update', version, '{"members": {"added": 0, "removed": 1}}'
    from updated
  ), told as (
    insert into outbox (${eventColumns})
    select org_id, 'membership.removed', $3::timestamptz, 'Group', id, version,
      jsonb_build_object('memberId', $2::text, 'memberType', '${column === 'user_id' ? 'User' : 'Group'}') from updated
  )
  select id from updated`
}

const leaveSql = { user_id: writeLeaveSql('user_id'), child_id: writeLeaveSql('child_id') }

/** Puts a restored user back into those of the groups that still exist. */
export async function rejoinGroups(
  tx: Database,
  actor: Actor,
  userId: string,
  groupIds: readonly string[],
): Promise<void> {
  const groups = await query<{ id: string }>(
    tx,
    'select id from groups where org_id = $1 and id = any($2::text[]) order by id for no key update',
    [actor.organizationId, groupIds],
  )
  const members = { kind: 'change', add: [userId], remove: [] } as const
  // The groups are of any directory.
  for (const { id } of groups) await storeGroup(tx, { ...actor, view: 'organization' }, { id, columns: null, members })
}

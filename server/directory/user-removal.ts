// Deleting users, and bringing them back.
import type { Database } from '../db/connect.ts'
import { query } from '../db/query.ts'
import type { JsonObject } from '../db/tables.ts'
import { single, transaction } from '../db/transaction.ts'
import { AppError } from '../errors.ts'
import type { Actor } from './actor.ts'
import { compareResources } from './authority.ts'
import { changesJson, changesSql, compareExternalIds, differenceJson } from './changes.ts'
import { prepareUserName } from './keys.ts'
import type { Rendering, Representation } from './listing.ts'
import { leaveGroups, rejoinGroups } from './memberships.ts'
import { endWord, mergeWords } from './person.ts'
import { type LockedUser, lockUser } from './user-state.ts'
import { columnSql, enterpriseUser, toChangedColumns } from './user-record.ts'
import {
  avoidTakenName,
  draftUser,
  insertUsers,
  listEvents,
  type NewUser,
  ownerExternalIdSql,
  requireWritten,
  storeUser,
  type UserDraft,
  writeWord,
} from './user-writes.ts'

/**
 * Deletes a user for the acting directory. While other directories know the person, only this one's link ends and
 * attributes fall back to the next authority; the last link takes the person along, and leaves a tombstone.
 * Throws not_found, version_mismatch.
 */
export async function deleteUser(
  tx: Database,
  actor: Actor,
  id: string,
  acceptsVersion?: (version: number) => boolean,
): Promise<void> {
  const user = await lockUser(tx, actor, id)
  if (acceptsVersion?.(user.version) === false) throw new AppError('version_mismatch')
  if (user.links.some((link) => link.directoryId !== actor.directoryId)) await endLink(tx, actor, user)
  else await removeUser(tx, actor, user)
}

async function endLink(tx: Database, actor: Actor, user: LockedUser): Promise<void> {
  await leaveGroups(tx, actor, user.id, 'user_id', 'own')
  const word = await avoidTakenName(tx, actor, user, undefined, (keepsName) =>
    endWord(user, actor.directoryId, keepsName),
  )
  const differences = compareResources(user.resource, word.resource)
  const difference = differenceJson(differences)
  if (user.externalId !== null) difference['externalId'] = compareExternalIds(user.externalId, null)
  // Whose externalId is told from now on (history.ts).
  if (word.ownerId !== user.ownerId) difference['directoryId'] = { before: user.ownerId, after: word.ownerId }
  const version = user.version + 1
  const change = { resourceType: 'User', resourceId: user.id, operation: 'update', version, difference } as const
  const changes = changesJson(actor, [change], listEvents(user, word.resource, version))
  const row = {
    ...toChangedColumns(actor.organizationId, word.resource, differences),
    directory_id: word.ownerId,
    set_by: word.setBy,
  }
  const links = JSON.stringify(word.links)
  await query(tx, endLinkSql, [
    actor.organizationId,
    user.id,
    actor.directoryId,
    actor.at,
    JSON.stringify(row),
    version,
    links,
    changes,
  ])
}

const endLinkSql = `with updated as (
    update users u set ${columnSql.assignments}, directory_id = r.directory_id, set_by = r.set_by, version = $6,
      external_id = ${ownerExternalIdSql}, modified_at = $4::timestamptz
    from json_to_record($5::json) as r(${columnSql.types}, directory_id text, set_by jsonb)
    where u.org_id = $1 and u.id = $2
  ), ended as (
    insert into links (org_id, user_id, directory_id, created_at, seen_at, ended_at)
    values ($1, $2, $3, $4::timestamptz, $4::timestamptz, $4::timestamptz)
    on conflict (org_id, user_id, directory_id) do update set ended_at = excluded.ended_at
  ), remaining as (
    update links l set resource = r.resource
    from json_to_recordset($7::json) as r("directoryId" text, resource jsonb)
    where l.org_id = $1 and l.user_id = $2 and l.directory_id = r."directoryId"
  ), ${changesSql('$8')}
  select 1`

async function removeUser(tx: Database, actor: Actor, user: LockedUser): Promise<void> {
  // Whoever deletes locks people before groups, so that a manager and their reports can be deleted at once.
  await clearManager(tx, actor, user.id)
  // Groups are locked before the person is closed to them. What the person joins between is seen by the second look.
  const groupIds = await leaveGroups(tx, actor, user.id, 'user_id', 'all')
  await query(tx, 'select 1 from users where org_id = $1 and id = $2 for update', [actor.organizationId, user.id])
  groupIds.push(...(await leaveGroups(tx, actor, user.id, 'user_id', 'all')))
  const version = user.version + 1
  const difference = differenceJson(compareResources(user.resource, {}))
  if (user.externalId !== null) difference['externalId'] = compareExternalIds(user.externalId, null)
  const change = { resourceType: 'User', resourceId: user.id, operation: 'delete', version, difference } as const
  const changes = changesJson(
    actor,
    [change],
    [{ type: 'user.deleted', resourceType: 'User', resourceId: user.id, version }],
  )
  const record = JSON.stringify({ resource: user.resource, groupIds, version })
  await query(tx, removeSql, [actor.organizationId, user.id, record, actor.at, changes])
}

const removeSql = `with removed as (
    delete from users where org_id = $1 and id = $2 returning *
  ), buried as (
    insert into tombstones (org_id, resource_id, resource_type, directory_id, user_name_key, record, deleted_at)
    select org_id, id, 'User', directory_id, case when anonymized_at is null then user_name_key end, $3::jsonb || jsonb_build_object('createdAt', created_at),
      $4::timestamptz from removed
  ), ${changesSql('$5')}
  select 1`

// Whoever reported to the person reports to nobody, for a reference must lead somewhere (RFC 7643 section 2.3.7), or to whom
// another directory names.
async function clearManager(tx: Database, actor: Actor, id: string): Promise<void> {
  const { organizationId, at, directoryId, tokenId, requestId } = actor
  const reports = await query<{ id: string }>(tx, clearManagerSql, [
    organizationId,
    id,
    at,
    directoryId,
    tokenId,
    requestId,
  ])
  for (const report of reports) {
    const user = await lockUser(tx, actor, report.id, true)
    requireWritten(await writeWord(tx, actor, user, mergeWords(user), user.externalId))
  }
}

const managerAttribute = `${enterpriseUser}:manager`

// The same of a record that is read from a row and of one that a directory stated: an extension without data goes altogether.
function dropEmptyExtension(resource: string): string {
  return `case when ${resource} -> '${enterpriseUser}' = '{}'
    then jsonb_set(${resource} - '${enterpriseUser}', '{schemas}', (${resource} -> 'schemas') - '${enterpriseUser}')
    else ${resource} end`
}

const clearManagerSql = `with cleared as (
    update users set manager_id = null, version = version + 1, modified_at = $3::timestamptz,
      set_by = set_by - '${managerAttribute}', resource = ${dropEmptyExtension('resource')}
    where org_id = $1 and manager_id = $2 and id <> $2 returning org_id, id, version
  ), unsaid as (
    update links l set resource = (select ${dropEmptyExtension('r.resource')}
      from (select l.resource #- '{${enterpriseUser},manager}' as resource) r)
    from cleared c
    where l.org_id = c.org_id and l.user_id = c.id and l.resource #>> '{${enterpriseUser},manager,value}' = $2
  ), changed as (
    insert into changes (org_id, at, directory_id, token_id, request_id, resource_type, resource_id, operation, version, difference)
    select org_id, $3::timestamptz, $4, $5, $6, 'User', id, 'update', version,
      jsonb_build_object('${managerAttribute}', jsonb_build_object('before', jsonb_build_object('value', $2::text)))
    from cleared
  ), told as (
    insert into outbox (org_id, type, at, resource_type, resource_id, version)
    select org_id, 'user.updated', $3::timestamptz, 'User', id, version from cleared
  )
  select c.id from cleared c where exists (select 1 from links l where l.org_id = c.org_id and l.user_id = c.id
    and l.ended_at is null and l.resource #>> '{${enterpriseUser},manager,value}' <> $2) order by c.id`

/**
 * Creates a user for the acting directory. A person whom this directory deleted before comes back: from the other
 * directories that kept them, or, where the directory is set to restore, from the tombstone. Throws uniqueness.
 */
export async function createUser(
  db: Database,
  actor: Actor,
  draft: UserDraft,
  rendering: Rendering,
): Promise<{ id: string; representation?: Representation }> {
  if (actor.restoresUsers) {
    const id = await transaction(db, (tx) => restoreUser(tx, actor, draft))
    if (id !== undefined) return { id }
  }
  try {
    const user = draftUser(actor, draft)
    // A new user is in no group.
    const alone = { ...rendering, omits: new Set([...rendering.omits, 'groups']) }
    const [representation] = await single(db, () => insertUsers(db, actor, [user], 'create', 1, alone))
    return { id: user.id, ...(representation && { representation }) }
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'uniqueness') throw error
    const id = await transaction(db, (tx) => resumeLink(tx, actor, draft))
    if (id === undefined) throw error
    return { id }
  }
}

async function resumeLink(tx: Database, actor: Actor, draft: UserDraft): Promise<string | undefined> {
  const [found] = await query<{ id: string }>(
    tx,
    `select u.id from users u join links l on l.org_id = u.org_id and l.user_id = u.id
     where u.org_id = $1 and u.user_name_key = $2 and l.directory_id = $3 and l.ended_at is not null for no key update of u`,
    [actor.organizationId, readUserNameKey(draft), actor.directoryId],
  )
  if (found === undefined) return undefined
  const user = await lockUser(tx, actor, found.id, true)
  requireWritten(await storeUser(tx, actor, user, draft))
  return found.id
}

interface Tombstone {
  readonly resource_id: string
  readonly record: { readonly groupIds: string[]; readonly version: number; readonly createdAt: string } & JsonObject
}

async function restoreUser(tx: Database, actor: Actor, draft: UserDraft): Promise<string | undefined> {
  const [tombstone] = await query<Tombstone>(
    tx,
    `delete from tombstones where (org_id, resource_id) in (
       select org_id, resource_id from tombstones
       where org_id = $1 and user_name_key = $2 and directory_id = $3 and resource_type = 'User'
         and not exists (select 1 from users where org_id = $1 and user_name_key = $2)
       order by deleted_at desc limit 1 for update)
     returning resource_id, record`,
    [actor.organizationId, readUserNameKey(draft), actor.directoryId],
  )
  if (tombstone === undefined) return undefined
  await unbury(tx, actor, draft, tombstone)
  return tombstone.resource_id
}

async function unbury(
  tx: Database,
  actor: Actor,
  draft: UserDraft & Pick<NewUser, 'says'>,
  { resource_id: id, record }: Tombstone,
): Promise<void> {
  const user = { ...draft, id, createdAt: new Date(record.createdAt) }
  await insertUsers(tx, actor, [user], 'restore', record.version + 1)
  await rejoinGroups(tx, actor, id, record.groupIds)
}

/**
 * Brings a deleted user back under their id, whichever directory it was that brought them, and into their groups. Throws uniqueness.
 * @returns whether they were deleted, and could be brought back
 */
export async function restoreDeleted(tx: Database, actor: Actor, user: NewUser): Promise<boolean> {
  const [tombstone] = await query<Tombstone>(
    tx,
    `delete from tombstones where org_id = $1 and resource_id = $2 and resource_type = 'User' and user_name_key is not null
     returning resource_id, record`,
    [actor.organizationId, user.id],
  )
  if (tombstone === undefined) return false
  await unbury(tx, actor, user, tombstone)
  return true
}

function readUserNameKey(draft: UserDraft): string | null {
  const userName = draft.resource['userName']
  return typeof userName === 'string' ? (prepareUserName(userName) ?? null) : null
}

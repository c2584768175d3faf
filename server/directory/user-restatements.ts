// What a directory says of many users that it knows, stated anew.
import type { Database } from '../db/connect.ts'
import { query } from '../db/query.ts'
import type { Actor } from './actor.ts'
import { changesJson, changesSql } from './changes.ts'
import { findKept, type Kept, stateWord } from './person.ts'
import type { LockedUser } from './user-state.ts'
import { columnSql } from './user-record.ts'
import {
  avoidTakenName,
  ownerExternalIdSql,
  planWrite,
  refuseAnonymized,
  restateLinkSql,
  type UserDraft,
} from './user-writes.ts'

export interface Restated {
  readonly user: LockedUser
  readonly wanted: UserDraft
}

/**
 * Does with several locked users, each once, what `storeUser` does with one of whom everything is stated, in one statement. But who is
 * active, and who is called what, stays so where nobody says it any more. Throws uniqueness, and conflict where one was anonymized.
 * @returns by user what stays as it is, for another directory set it
 */
export async function restateUsers(
  tx: Database,
  actor: Actor,
  restated: readonly Restated[],
): Promise<ReadonlyMap<string, readonly Kept[]>> {
  const kept = new Map<string, readonly Kept[]>()
  const users = []
  const links = []
  const changes = []
  const events = []
  for (const { user, wanted } of restated) {
    refuseAnonymized(user)
    const word = await avoidTakenName(tx, actor, user, wanted.resource, (keepsName) =>
      stateWord(user, actor.directoryId, wanted.resource, keepsName, true),
    )
    const stays = word.shared ? findKept(user, word, wanted.resource, true) : []
    if (stays.length > 0) kept.set(user.id, stays)
    const { id } = user
    const { externalId } = wanted
    const write = planWrite(actor, user, word, externalId)
    if (write === undefined) continue
    users.push({ ...write.columns, id, version: write.version, changed: write.changed, own_external_id: externalId })
    links.push(...word.links.map((link) => ({ userId: id, externalId, ...link })))
    changes.push(...write.changes)
    events.push(...write.events)
  }
  if (users.length === 0) return kept
  const written = [JSON.stringify(users), actor.at, JSON.stringify(links), changesJson(actor, changes, events)]
  await query(tx, restateSql, [actor.organizationId, actor.directoryId, ...written])
  return kept
}

const restateSql = `with updated as (
    update users u set ${columnSql.assignments}, directory_id = r.directory_id, set_by = r.set_by, version = r.version,
      external_id = case when r.directory_id = $2 then r.own_external_id else ${ownerExternalIdSql} end,
      modified_at = case when r.changed then $4::timestamptz else u.modified_at end
    from json_to_recordset($3::json) as r(id text, version int, changed boolean, own_external_id text, ${columnSql.types},
      directory_id text, set_by jsonb)
    where u.org_id = $1 and u.id = r.id
  ), linked as (
    insert into links (org_id, user_id, directory_id, external_id, resource, created_at, seen_at)
    select $1, r."userId", r."directoryId", case when r."directoryId" = $2 then r."externalId" end, r.resource, $4::timestamptz, $4::timestamptz
    from json_to_recordset($5::json) as r("userId" text, "directoryId" text, "externalId" text, resource jsonb)
    ${restateLinkSql}
  ), ${changesSql('$6')}
  select 1`

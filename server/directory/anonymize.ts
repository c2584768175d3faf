// Removing for good what is known of a person. What happened stays in the logs, without what it said of them.
import type { Database } from '../db/connect.ts'
import { query } from '../db/query.ts'
import type { JsonObject } from '../db/tables.ts'
import { AppError } from '../errors.ts'
import type { Actor } from './actor.ts'
import { changesJson, changesSql, type Event } from './changes.ts'
import { forgetWhatWasSaid, forgetWords } from './forget.ts'
import { forgetRecords } from './forget-records.ts'
import { readHistories } from './history.ts'
import { leaveGroups } from './memberships.ts'
import { awaitOutbox } from './outbox.ts'
import { columnSql, fromColumns, readWordKeys, toColumns, type UserResource } from './user-record.ts'

/**
 * Anonymizes a person: the record keeps its id, has the userName `anonymized-<id>`, is inactive and says nothing else; it is in no
 * group, of no directory but the manual one, can be looked up by nothing it was called, and nothing more can be said of it. References to
 * it, such as a manager's, stay. Of somebody who was deleted no record is made. Either way all that the logs say of the person goes,
 * in this transaction. What was anonymized stays as it is. Throws not_found.
 */
export async function anonymizeUser(tx: Database, actor: Actor, id: string): Promise<void> {
  // Nobody may be moving what the outbox says of the person into the log meanwhile.
  await awaitOutbox(tx)
  const known = (await anonymizeRecord(tx, actor, id)) ?? (await findDeleted(tx, actor, id))
  if (known === undefined) throw new AppError('not_found', `There is no user ${id.slice(0, 80)}.`)
  if (known === 'anonymized') return
  await forgetWhatWasSaid(tx, actor.organizationId, id, known.names)
  await forgetRecords(tx, actor.organizationId, id, known.names)
  await forgetWords(tx, actor.organizationId, id, readWordKeys(actor.organizationId, known.resource))
  const event: Event = { type: 'user.anonymized', resourceType: 'User', resourceId: id, version: known.version }
  if (known.isDeleted) {
    const data = { directoryId: actor.directoryId, requestId: actor.requestId, resource: null }
    await query(tx, `with ${changesSql('$1')} select 1`, [changesJson(actor, [], [{ ...event, data }])])
    return
  }
  const change = { resourceType: 'User', resourceId: id, operation: 'update', version: known.version } as const
  const events = known.resource['active'] === false ? [event] : [{ ...event, type: 'user.deactivated' }, event]
  const changes = changesJson(actor, [{ ...change, difference: {} }], events)
  await query(tx, `with ${changesSql('$1')} select 1`, [changes])
}

interface Known {
  readonly resource: UserResource
  /** What somebody may have asked for the person by. */
  readonly names: readonly string[]
  /** Of the event that tells that they are anonymized. */
  readonly version: number
  readonly isDeleted: boolean
}

interface Row {
  readonly version: number
  readonly resource: JsonObject
  readonly manager_id: string | null
  readonly anonymized: boolean
}

async function anonymizeRecord(tx: Database, actor: Actor, id: string): Promise<Known | 'anonymized' | undefined> {
  const { organizationId, at } = actor
  const [row] = await query<Row>(tx, lockSql, [organizationId, id])
  if (row === undefined) return undefined
  if (row.anonymized) return 'anonymized'
  // Groups are locked before the person is closed to them, as where one is deleted.
  await leaveGroups(tx, actor, id, 'user_id', 'all')
  await query(tx, 'select 1 from users where org_id = $1 and id = $2 for update', [organizationId, id])
  await leaveGroups(tx, actor, id, 'user_id', 'all')
  const links = await query<LinkRow>(tx, linksSql, [organizationId, id])
  const resource = fromColumns(row.resource, row.manager_id)
  const rest = { schemas: [coreUser], userName: `anonymized-${id}`, active: false }
  // They are nobody's colleague any more, and found by no word.
  const columns = { ...toColumns(organizationId, rest), last_day: '-infinity', word_keys: '' }
  const version = row.version + 1
  await query(tx, anonymizeSql, [organizationId, id, JSON.stringify(columns), version, at])
  const names = links.flatMap((link) => [link.external_id, ...listNames(link.resource ?? {})])
  return { resource, names: [...listNames(resource), ...dropNulls(names)], version, isDeleted: false }
}

const coreUser = 'urn:ietf:params:scim:schemas:core:2.0:User'

const lockSql = `select version, resource, manager_id, anonymized_at is not null as anonymized
  from users where org_id = $1 and id = $2 for no key update`

interface LinkRow {
  readonly external_id: string | null
  readonly resource: JsonObject | null
}

const linksSql = 'select external_id, resource from links where org_id = $1 and user_id = $2'

// The links of directories are ended, so that the person is gone for them; their own record is the manual directory's.
const anonymizeSql = `with manual as (
    select id from directories where org_id = $1 and kind = 'manual'
  ), updated as (
    update users u set ${columnSql.assignments}, directory_id = manual.id, set_by = null, external_id = null, version = $4,
      modified_at = $5::timestamptz, anonymized_at = $5::timestamptz
    from manual, json_to_record($3::json) as r(${columnSql.types})
    where u.org_id = $1 and u.id = $2
  ), silenced as (
    update links l set resource = null, external_id = null,
      ended_at = case when l.directory_id = manual.id then null else coalesce(l.ended_at, $5::timestamptz) end
    from manual where l.org_id = $1 and l.user_id = $2
  )
  insert into links (org_id, user_id, directory_id, created_at, seen_at)
  select $1, $2, id, $5::timestamptz, $5::timestamptz from manual
  where not exists (select from links l where l.org_id = $1 and l.user_id = $2 and l.directory_id = manual.id)`

// Somebody of whom there are only traces: what they were is in the changes, unless it was forgotten already.
async function findDeleted(tx: Database, actor: Actor, id: string): Promise<Known | 'anonymized' | undefined> {
  const { organizationId } = actor
  const [last] = await query<{ version: number }>(tx, lastSql, [organizationId, id])
  if (last === undefined) return undefined
  const past = { organizationId, resourceType: 'User', resourceId: id, first: last.version, last: last.version }
  const [history] = await readHistories(tx, [past])
  const state = history?.states.get(last.version - 1)
  const [buried] = await query(tx, 'delete from tombstones where org_id = $1 and resource_id = $2 returning 1', [
    organizationId,
    id,
  ])
  if (state === undefined) return undefined
  if (buried === undefined && state.resource['userName'] === undefined) return 'anonymized'
  const names = dropNulls([state.externalId, ...listNames(state.resource)])
  return { resource: state.resource, names, version: last.version, isDeleted: true }
}

const lastSql = `select version from changes
  where org_id = $1 and resource_id = $2 and resource_type = 'User' and operation = 'delete' order by version desc limit 1`

function listNames(resource: UserResource): string[] {
  const { user_name_key, email_keys, employee_number_key } = toColumns('', { userName: '-', ...resource })
  return dropNulls([user_name_key, ...email_keys, employee_number_key]).filter((name) => name !== '-')
}

function dropNulls(names: readonly (string | null)[]): string[] {
  return names.filter((name) => name !== null)
}

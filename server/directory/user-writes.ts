// Creating and changing users: the one write path. A SCIM request, a pulled record and a row of a CSV file end here.
import type { Database } from '../db/connect.ts'
import { createId } from '../db/ids.ts'
import { query } from '../db/query.ts'
import type { JsonObject } from '../db/tables.ts'
import { single, transaction } from '../db/transaction.ts'
import { AppError } from '../errors.ts'
import type { Actor } from './actor.ts'
import { applyDifferences, compareResources } from './authority.ts'
import { type Change, changesJson, changesSql, compareExternalIds, differenceJson, type Event } from './changes.ts'
import type { Rendering, Representation } from './listing.ts'
import { isSameJson } from './json.ts'
import { addWordsSql } from './lookup/name-words-sql.ts'
import { listNameWords } from './lookup/words.ts'
import { findKept, type Kept, stateWord, type Word } from './person.ts'
import { type Link, lockUser, type LockedUser, readState } from './user-state.ts'
import { columnSql, toChangedColumns, toColumns, type UserResource } from './user-record.ts'
import { renderWritten } from './users.ts'

/** What a directory says of a person: the resource, and its own name for them. */
export interface UserDraft {
  readonly resource: UserResource
  readonly externalId: string | null
}

export interface NewUser extends UserDraft {
  readonly id: string
  readonly createdAt: Date
  /** What the directory says of them, where that is not all of the resource. */
  readonly says?: UserResource
}

/** A user who does not exist yet. */
export function draftUser(actor: Actor, draft: UserDraft): NewUser {
  return { ...draft, id: createId('emp', actor.at), createdAt: actor.at }
}

/**
 * Writes users with their links, changes and events, in one statement; `version` is 1, or the next one of a restored user. Throws
 * uniqueness where a userName is taken.
 * @returns the users, where a rendering is asked for
 */
export async function insertUsers(
  db: Database,
  actor: Actor,
  users: readonly NewUser[],
  operation: 'create' | 'restore',
  version: number,
  rendering?: Rendering,
): Promise<Representation[]> {
  const rows = users.map(({ id, createdAt, externalId, resource, says = null }) => ({
    id,
    created_at: createdAt,
    external_id: externalId,
    says,
    ...toColumns(actor.organizationId, resource),
  }))
  const changes = users.map(({ id, externalId, resource }): Change => {
    const difference = differenceJson(compareResources({}, resource))
    if (externalId !== null) difference['externalId'] = compareExternalIds(null, externalId)
    return { resourceType: 'User', resourceId: id, operation, version, difference }
  })
  const type = operation === 'create' ? 'user.created' : 'user.restored'
  const events = users.map(({ id }): Event => ({ type, resourceType: 'User', resourceId: id, version }))
  return query<Representation>(db, renderWritten(insertSql, 'inserted', actor, rendering), [
    actor.organizationId,
    actor.directoryId,
    rendering?.baseUrl ?? '',
    JSON.stringify(rows),
    actor.at,
    version,
    changesJson(actor, changes, events),
    listNameWords(rows.map((row) => row.word_keys)),
  ])
}

const insertSql = `drafts as (
    select * from json_to_recordset($4::json) as r(id text, ${columnSql.types}, external_id text, created_at timestamptz, says jsonb)
  ), ${insertedSql('$6::int', '$5')}, ${addWordsSql('$8')}, ${changesSql('$7')}`

/** Common table expressions that write users of the version, and their links, from `drafts`; $1 is the organization, $2 the directory. */
export function insertedSql(version: string, time: string): string {
  return `inserted as (
    insert into users (org_id, id, directory_id, ${columnSql.names}, external_id, version, created_at, modified_at)
    select $1, id, $2, ${columnSql.names}, external_id, ${version}, created_at, ${time}::timestamptz from drafts
    returning *
  ), linked as (
    insert into links (org_id, user_id, directory_id, external_id, resource, created_at, seen_at)
    select $1, id, $2, external_id, says, ${time}::timestamptz, ${time}::timestamptz from drafts
  )`
}

/** What a write made of a user. */
export interface Written {
  readonly version: number
  /** As it is written; undefined where nothing was, or where no rendering was asked for. */
  readonly representation?: Representation
}

export interface Updated extends Written {
  /** Attributes that stayed as they are, for another directory set them. */
  readonly kept: readonly Kept[]
}

export interface UpdateOptions {
  /** How the user is to be returned. */
  readonly rendering: Rendering
  /** Refuses with version_mismatch what is not the version that the client knows. */
  readonly acceptsVersion?: (version: number) => boolean
  /** PUT states everything that the directory knows; PATCH only what it touches. */
  readonly statesEverything: boolean
}

/**
 * Changes a user as `plan` says. `plan` is given what the directory sees and returns what it wants; it is asked again, of what the
 * directory said before, where that is something else, and from the start where somebody else changed the user meanwhile. When
 * nothing changes, nothing is written and the version stays. An unknown directory becomes linked.
 * Throws not_found, version_mismatch, uniqueness.
 */
export async function updateUser(
  db: Database,
  actor: Actor,
  id: string,
  plan: (current: UserDraft, isAgain: boolean) => UserDraft,
  options: UpdateOptions,
): Promise<Updated> {
  if (!db.isTransaction) {
    // Mostly nobody else does: then what was read still holds when it is written, and no lock was needed.
    const updated = await single(db, async () => planUpdate(db, actor, await readState(db, actor, id), plan, options))
    if (updated !== undefined) return updated
  }
  return transaction(db, async (tx) => {
    return requireWritten(await planUpdate(tx, actor, await lockUser(tx, actor, id), plan, options))
  })
}

/** What was written under a lock: nobody else can have changed the user. */
export function requireWritten<Result extends Written>(written: Result | undefined): Result {
  if (written === undefined) throw new Error('a user changed under its lock')
  return written
}

// undefined where the user is not in the state any more that was read.
async function planUpdate(
  db: Database,
  actor: Actor,
  user: LockedUser,
  plan: (current: UserDraft, isAgain: boolean) => UserDraft,
  { acceptsVersion, statesEverything, rendering }: UpdateOptions,
): Promise<Updated | undefined> {
  if (acceptsVersion?.(user.version) === false) throw new AppError('version_mismatch')
  const wanted = plan({ resource: user.resource, externalId: user.externalId }, false)
  const restate = (said: UserResource): UserResource =>
    plan({ resource: said, externalId: user.externalId }, true).resource
  return storeUser(db, actor, user, wanted, statesEverything ? undefined : restate, rendering)
}

/**
 * Writes what a directory now says of a locked user, merged with what the others say: `wanted` and nothing else, or what
 * `restate` makes of what it said before. Throws conflict where the person was anonymized.
 * @returns undefined where the user is in another state meanwhile
 */
export async function storeUser(
  tx: Database,
  actor: Actor,
  user: LockedUser,
  wanted: UserDraft,
  restate?: (said: UserResource) => UserResource,
  rendering?: Rendering,
): Promise<Updated | undefined> {
  refuseAnonymized(user)
  const says = restate === undefined ? wanted.resource : restateWord(user, actor.directoryId, wanted.resource, restate)
  const word = await avoidTakenName(tx, actor, user, wanted.resource, (keepsName) =>
    stateWord(user, actor.directoryId, says, keepsName),
  )
  const kept = word.shared ? findKept(user, word, wanted.resource, restate === undefined) : []
  const written = await writeWord(tx, actor, user, word, wanted.externalId, rendering)
  return written && { ...written, kept }
}

/** Throws conflict where the person was anonymized. */
export function refuseAnonymized(user: LockedUser): void {
  if (!user.isAnonymized) return
  throw new AppError(
    'conflict',
    `The user ${user.id} was anonymized: nothing can be said of them any more. Create a new one.`,
  )
}

/**
 * Writes the state of a user, and nothing where it is what it was; `externalId` is the acting directory's.
 * @returns undefined where the user is in another state meanwhile than the one that was read
 */
export async function writeWord(
  tx: Database,
  actor: Actor,
  user: LockedUser,
  word: Word,
  externalId: string | null,
  rendering?: Rendering,
): Promise<Written | undefined> {
  const write = planWrite(actor, user, word, externalId)
  if (write === undefined) return { version: user.version }
  const { version, changed, columns, changes, events } = write
  const [row] = await query<Representation>(tx, renderWritten(updateSql, 'updated', actor, rendering), [
    actor.organizationId,
    actor.directoryId,
    rendering?.baseUrl ?? '',
    user.id,
    JSON.stringify(columns),
    version,
    changed ? actor.at : null,
    JSON.stringify(word.links),
    externalId,
    actor.at,
    changesJson(actor, changes, events),
    user.state,
  ])
  if (row === undefined) return undefined
  return rendering === undefined ? { version } : { version, representation: row }
}

/** What is to be written of a user. */
export interface UserWrite {
  readonly version: number
  /** Whether the person is another than before, and not only who says what. */
  readonly changed: boolean
  readonly columns: JsonObject
  readonly changes: readonly Change[]
  readonly events: readonly Event[]
}

/** undefined where nothing is. */
export function planWrite(
  actor: Actor,
  user: LockedUser,
  word: Word,
  externalId: string | null,
): UserWrite | undefined {
  const differences = compareResources(user.resource, word.resource)
  const externalIdChanged = externalId !== user.externalId
  const changed = differences.size > 0 || externalIdChanged
  const wordsChanged = !isSameLinks(word.links, user.links) || !isSameJson(word.setBy, user.setBy)
  if (!changed && !wordsChanged) return undefined

  const version = user.version + (changed ? 1 : 0)
  const difference = differenceJson(differences)
  if (externalIdChanged) difference['externalId'] = compareExternalIds(user.externalId, externalId)
  const columns = {
    ...toChangedColumns(actor.organizationId, word.resource, differences),
    directory_id: word.ownerId,
    set_by: word.setBy,
  }
  return {
    version,
    changed,
    columns,
    changes: changed ? [{ resourceType: 'User', resourceId: user.id, operation: 'update', version, difference }] : [],
    events: changed ? listEvents(user, word.resource, version) : [],
  }
}

function isSameLinks(some: readonly Link[], others: readonly Link[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ directoryId, resource }, at) => {
      return directoryId === others[at]?.directoryId && isSameJson(resource, others[at].resource)
    })
  )
}

/** The externalId of the one who owns the updated row `u` from now on, where that is not the acting directory. */
export const ownerExternalIdSql = `case when r.directory_id = u.directory_id then u.external_id else (select x.external_id from links x
        where x.org_id = u.org_id and x.user_id = u.id and x.directory_id = r.directory_id) end`

/** What becomes of a link that is there; $2 is the directory that speaks. */
export const restateLinkSql = `on conflict (org_id, user_id, directory_id) do update set resource = excluded.resource, ended_at = null,
      external_id = case when links.directory_id = $2 then excluded.external_id else links.external_id end,
      seen_at = case when links.directory_id = $2 then excluded.seen_at else links.seen_at end`

const updateSql = `updated as (
    update users u set ${columnSql.assignments}, directory_id = r.directory_id, set_by = r.set_by, version = $6,
      external_id = case when r.directory_id = $2 then $9::text else ${ownerExternalIdSql} end,
      modified_at = coalesce($7::timestamptz, u.modified_at)
    from json_to_record($5::json) as r(${columnSql.types}, directory_id text, set_by jsonb)
    where u.org_id = $1 and u.id = $4 and u.xmin = $12::text::xid
    returning u.*
  ), linked as (
    insert into links (org_id, user_id, directory_id, external_id, resource, created_at, seen_at)
    select u.org_id, u.id, r."directoryId", case when r."directoryId" = $2 then $9::text end, r.resource, $10::timestamptz, $10::timestamptz
    from updated u cross join json_to_recordset($8::json) as r("directoryId" text, resource jsonb)
    ${restateLinkSql}
  ), ${changesSql('$11', 'exists (select from updated)')}`

// What a PATCH says counts even where the record said so already; what it leaves alone is still not this directory's word.
function restateWord(
  user: LockedUser,
  directoryId: string,
  wanted: UserResource,
  restate: (said: UserResource) => UserResource,
): UserResource {
  const own = user.links.find((link) => link.directoryId === directoryId)
  if (own?.resource === null) return wanted
  const said = own?.resource ?? {}
  const userName = user.resource['userName'] ?? null
  try {
    const says = restate({ userName, ...said })
    if (said['userName'] !== undefined || says['userName'] !== userName) return says
    const { userName: _, ...rest } = says // lent, for no resource is one without it
    return rest
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    // It changes a value that only others gave: then what it made of that is its word.
    return applyDifferences(said, compareResources(user.resource, wanted))
  }
}

/**
 * Takes the word of `speak`; but where a userName would come from another directory than the one that acts, and somebody else
 * has it meanwhile, the person keeps theirs. What the acting directory itself wants is for the unique index to refuse.
 */
export async function avoidTakenName(
  tx: Database,
  actor: Actor,
  user: LockedUser,
  wanted: UserResource | undefined,
  speak: (keepsName: boolean) => Word,
): Promise<Word> {
  const word = speak(false)
  const name = word.resource['userName']
  if (name === user.resource['userName'] || name === wanted?.['userName']) return word
  const { user_name_key } = toColumns(actor.organizationId, word.resource)
  const others = await query(tx, 'select 1 from users where org_id = $1 and user_name_key = $2 and id <> $3', [
    actor.organizationId,
    user_name_key,
    user.id,
  ])
  return others.length === 0 ? word : speak(true)
}

/** The events of a changed user. */
export function listEvents(user: LockedUser, after: UserResource, version: number): Event[] {
  const event = (type: string): Event => ({ type, resourceType: 'User', resourceId: user.id, version })
  const [was, is] = [user.resource['active'] !== false, after['active'] !== false]
  if (was === is) return [event('user.updated')]
  return [event('user.updated'), event(is ? 'user.activated' : 'user.deactivated')]
}

import type { JsonObject } from '../db/tables.ts'
import { transaction } from '../db/transaction.ts'
import { nameDirectories } from '../directory/directories.ts'
import { acceptUserNameAsMail } from '../directory/mail-lookup.ts'
import { createUser, deleteUser } from '../directory/user-removal.ts'
import { listUsers, readUser } from '../directory/users.ts'
import { type Updated, type UpdateOptions, type UserDraft, updateUser } from '../directory/user-writes.ts'
import type { Endpoint, Written } from './endpoint.ts'
import type { Exchange } from './exchange.ts'
import { keepImmutable } from './mutability.ts'
import { findType } from './organization-schema.ts'
import { applyOperations } from './patch.ts'
import { readIfMatch } from './preconditions.ts'

/** Users over the directory. PATCH answers with the user, which Okta reads. */
export const usersEndpoint: Endpoint = {
  typeName: 'User',
  path: '/Users',
  answersPatch: true,
  read: ({ db, actor }, id, rendering) => readUser(db, actor, id, rendering),
  list: ({ actor, reading }, request) => {
    const { condition } = request
    const isWidened = condition !== undefined && !reading.strict
    return listUsers(actor, isWidened ? { ...request, condition: acceptUserNameAsMail(condition) } : request)
  },
  create: ({ db, actor }, resource, rendering) => createUser(db, actor, toDraft(withDefaults(resource)), rendering),
  replace: (exchange, id, resource, rendering) => {
    const stated = withDefaults(resource)
    const type = findType(exchange.schema, 'User')
    const plan = (current: UserDraft): UserDraft => toDraft(keepImmutable(toResource(current), stated, type))
    return update(exchange, id, plan, { statesEverything: true, rendering })
  },
  patch: (exchange, id, operations, rendering) => {
    const type = findType(exchange.schema, 'User')
    const noted = exchange.reading.notes.length
    const plan = (current: UserDraft, isAgain: boolean): UserDraft => {
      const reading = isAgain ? { strict: false, notes: [] } : exchange.reading
      if (!isAgain) reading.notes.length = noted // a second attempt plans again
      return toDraft(applyOperations(toResource(current), operations, type, reading).resource)
    }
    return update(exchange, id, plan, { statesEverything: false, rendering })
  },
  remove: ({ db, actor, headers }, id) => transaction(db, (tx) => deleteUser(tx, actor, id, readIfMatch(headers))),
}

async function update(
  exchange: Exchange,
  id: string,
  plan: (current: UserDraft, isAgain: boolean) => UserDraft,
  options: UpdateOptions,
): Promise<Written> {
  const acceptsVersion = readIfMatch(exchange.headers)
  const all = acceptsVersion === undefined ? options : { ...options, acceptsVersion }
  const updated = await updateUser(exchange.db, exchange.actor, id, plan, all)
  await noteKept(exchange, updated)
  return { id, ...updated }
}

// The write succeeded, and some of it was not this directory's to decide: the log says whose word stood.
async function noteKept({ db, actor, reading }: Exchange, { kept }: Updated): Promise<void> {
  if (kept.length === 0) return
  const names = await nameDirectories(db, actor.organizationId)
  for (const { attribute, setBy } of kept) {
    reading.notes.push({ path: attribute, note: `kept: set by ${names.get(setBy) ?? setBy}` })
  }
}

// `active` is true unless said otherwise, and is then stored: what was answered is what filters find.
function withDefaults(resource: JsonObject): JsonObject {
  return 'active' in resource ? resource : { ...resource, active: true }
}

function toDraft({ externalId, ...resource }: JsonObject): UserDraft {
  return { resource, externalId: typeof externalId === 'string' ? externalId : null }
}

function toResource({ resource, externalId }: UserDraft): JsonObject {
  return externalId === null ? resource : { ...resource, externalId }
}

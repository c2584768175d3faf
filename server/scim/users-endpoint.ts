import type { JsonObject } from '../db/tables.ts'
import { transaction } from '../db/transaction.ts'
import { nameDirectories } from '../directory/directories.ts'
import { acceptUserNameAsMail } from '../directory/mail-lookup.ts'
import { createUser, deleteUser } from '../directory/user-removal.ts'
import { listUsers, readUser } from '../directory/users.ts'
import { type Updated, type UserDraft, updateUser } from '../directory/user-writes.ts'
import type { Endpoint } from './endpoint.ts'
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
  create: ({ db, actor }, resource) => createUser(db, actor, toDraft(withDefaults(resource))),
  replace: async (exchange, id, resource) => {
    const stated = withDefaults(resource)
    const type = findType(exchange.schema, 'User')
    await update(exchange, id, true, (current) => toDraft(keepImmutable(toResource(current), stated, type)))
  },
  patch: (exchange, id, operations) =>
    update(exchange, id, false, (current, isAgain) => {
      const type = findType(exchange.schema, 'User')
      const reading = isAgain ? { strict: false, notes: [] } : exchange.reading
      return toDraft(applyOperations(toResource(current), operations, type, reading).resource)
    }),
  remove: ({ db, actor, headers }, id) => transaction(db, (tx) => deleteUser(tx, actor, id, readIfMatch(headers))),
}

async function update(
  exchange: Exchange,
  id: string,
  statesEverything: boolean,
  plan: (current: UserDraft, isAgain: boolean) => UserDraft,
): Promise<number> {
  const { db, actor, headers, reading } = exchange
  const acceptsVersion = readIfMatch(headers)
  const options = acceptsVersion === undefined ? { statesEverything } : { statesEverything, acceptsVersion }
  const noted = reading.notes.length
  const updated = await transaction(db, (tx) => {
    reading.notes.length = noted // a second attempt plans again
    return updateUser(tx, actor, id, plan, options)
  })
  await noteKept(exchange, updated)
  return updated.version
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

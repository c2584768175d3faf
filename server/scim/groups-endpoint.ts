import type { JsonObject } from '../db/tables.ts'
import { transaction } from '../db/transaction.ts'
import {
  createGroup,
  deleteGroup,
  findMembers,
  type GroupDraft,
  listGroups,
  type PlannedGroup,
  readGroup,
  updateGroup,
} from '../directory/groups.ts'
import type { Endpoint } from './endpoint.ts'
import { listMemberIds, planMembers } from './member-operations.ts'
import { keepImmutable } from './mutability.ts'
import { findType } from './organization-schema.ts'
import { applyOperations } from './patch.ts'
import { readIfMatch } from './preconditions.ts'

/** Groups over the directory. PATCH answers 204: with the group would come all its members. */
export const groupsEndpoint: Endpoint = {
  typeName: 'Group',
  path: '/Groups',
  answersPatch: false,
  read: ({ db, actor }, id, rendering) => readGroup(db, actor, id, rendering),
  list: ({ actor }, request) => listGroups(actor, request),
  create: async ({ db, actor }, resource) => {
    const memberIds = listMemberIds(resource['members'])
    const { id } = await transaction(db, (tx) => createGroup(tx, actor, toDraft(resource), memberIds))
    return id
  },
  replace: async ({ db, actor, headers, schema }, id, resource) => {
    const members = { kind: 'set', ids: listMemberIds(resource['members']) } as const
    const plan = (current: GroupDraft): PlannedGroup => {
      return { ...toDraft(keepImmutable(toResource(current), resource, findType(schema, 'Group'))), members }
    }
    await transaction(db, (tx) => updateGroup(tx, actor, id, plan, readIfMatch(headers)))
  },
  patch: ({ db, actor, headers, schema, reading }, id, operations) => {
    const noted = reading.notes.length
    return transaction(db, (tx) => {
      reading.notes.length = noted // a second attempt plans again
      const plan = async (current: GroupDraft): Promise<PlannedGroup> => {
        const patched = applyOperations(toResource(current), operations, findType(schema, 'Group'), reading)
        const members = await planMembers(patched.members, (condition, added) => {
          return findMembers(tx, actor, id, condition, added)
        })
        return { ...toDraft(patched.resource), members }
      }
      return updateGroup(tx, actor, id, plan, readIfMatch(headers))
    })
  },
  remove: ({ db, actor, headers }, id) => transaction(db, (tx) => deleteGroup(tx, actor, id, readIfMatch(headers))),
}

function toDraft({ externalId, members: _, ...resource }: JsonObject): GroupDraft {
  return { resource, externalId: typeof externalId === 'string' ? externalId : null }
}

function toResource({ resource, externalId }: GroupDraft): JsonObject {
  return externalId === null ? resource : { ...resource, externalId }
}

import type { JsonObject } from '../db/tables.ts'
import { transaction } from '../db/transaction.ts'
import {
  changeMembers,
  createGroup,
  deleteGroup,
  findMembers,
  type GroupDraft,
  listGroups,
  type PlannedGroup,
  readGroup,
  updateGroup,
} from '../directory/groups.ts'
import type { MemberPlan } from '../directory/memberships.ts'
import type { Endpoint } from './endpoint.ts'
import type { Exchange } from './exchange.ts'
import { isNamed, listMemberIds, planMembers, planNamed } from './member-operations.ts'
import { keepImmutable } from './mutability.ts'
import { findType } from './organization-schema.ts'
import { applyOperations, readMemberOperations } from './patch.ts'
import type { Operation } from './patch-syntax.ts'
import { readIfMatch } from './preconditions.ts'

/** Groups over the directory. PATCH answers 204: with the group would come all its members. */
export const groupsEndpoint: Endpoint = {
  typeName: 'Group',
  path: '/Groups',
  answersPatch: false,
  read: ({ db, actor }, id, rendering) => readGroup(db, actor, id, rendering),
  list: ({ actor }, request) => listGroups(actor, request),
  create: ({ db, actor }, resource) => {
    const memberIds = listMemberIds(resource['members'])
    return transaction(db, (tx) => createGroup(tx, actor, toDraft(resource), memberIds))
  },
  replace: async ({ db, actor, headers, schema }, id, resource) => {
    const members = { kind: 'set', ids: listMemberIds(resource['members']) } as const
    const plan = (current: GroupDraft): PlannedGroup => {
      return { ...toDraft(keepImmutable(toResource(current), resource, findType(schema, 'Group'))), members }
    }
    return { id, version: await transaction(db, (tx) => updateGroup(tx, actor, id, plan, readIfMatch(headers))) }
  },
  patch: async (exchange, id, operations) => {
    const { db, actor, headers, schema, reading } = exchange
    const noted = reading.notes.length
    const named = planMembersAlone(exchange, operations)
    if (named !== undefined) return { id, version: await changeMembers(db, actor, id, named) }
    const version = await transaction(db, (tx) => {
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
    return { id, version }
  },
  remove: ({ db, actor, headers }, id) => transaction(db, (tx) => deleteGroup(tx, actor, id, readIfMatch(headers))),
}

// Most requests only say who comes and who goes: for these the group need not be read first.
function planMembersAlone(
  { headers, schema, reading }: Exchange,
  operations: readonly Operation[],
): MemberPlan | undefined {
  if (readIfMatch(headers) !== undefined) return undefined
  const members = readMemberOperations(operations, findType(schema, 'Group'), reading)
  return members?.every(isNamed) ? planNamed(members) : undefined
}

function toDraft({ externalId, members: _, ...resource }: JsonObject): GroupDraft {
  return { resource, externalId: typeof externalId === 'string' ? externalId : null }
}

function toResource({ resource, externalId }: GroupDraft): JsonObject {
  return externalId === null ? resource : { ...resource, externalId }
}

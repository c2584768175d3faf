import { listGroupMembers } from '../../directory/org/directory-groups.ts'
import type { Handler } from '../exchange.ts'
import { groupsEndpoint } from '../groups-endpoint.ts'
import { answerList, readListing } from './answer.ts'
import { readFlag } from './parameters.ts'
import { writePerson } from './person.ts'
import { requireSeen } from './seen.ts'
import { personType } from './types.ts'

const membersMessage = 'urn:ietf:params:scim:api:messages:rollcall:2.0:GroupMembers'

/** GET /Groups/{id}/members: the people in a group and in the groups in it. */
export const groupMembers: Handler = {
  scope: 'read',
  takesBody: false,
  handle: async (exchange) => {
    const { db, actor, query, baseUrl, id } = exchange
    const listing = readListing(query, personType)
    await requireSeen(exchange, groupsEndpoint)
    const resolveNested = readFlag(query, 'resolveNested', true)
    return answerList(exchange, {
      name: ['members', id, resolveNested],
      ...listing,
      read: async (window) => {
        const { items, next, total, group } = await listGroupMembers(db, actor, id, resolveNested, window)
        const people = items.map((member) => {
          return writePerson(baseUrl, member, { membershipType: member.membership, viaGroup: member.viaGroup })
        })
        const reference = { value: group.id, $ref: `${baseUrl}/Groups/${group.id}`, display: group.name }
        const content = { group: reference, directMemberCount: group.memberCount, resolveNested }
        return { items: people, next, total, message: { urn: membersMessage, content } }
      },
    })
  },
}

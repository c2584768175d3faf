import { type ChainRequest, readChain } from '../../directory/org/chain.ts'
import type { Handler } from '../exchange.ts'
import { usersEndpoint } from '../users-endpoint.ts'
import { answerWhole, readListing } from './answer.ts'
import { readDepth, readFlag, readWord } from './parameters.ts'
import { writePerson } from './person.ts'
import { requireSeen } from './seen.ts'
import { personType } from './types.ts'

const chainMessage = 'urn:ietf:params:scim:api:messages:rollcall:2.0:Chain'
const directions: readonly ChainRequest['direction'][] = ['up', 'down']

/** GET /Users/{id}/chain: the managers of a person, or all who report to them, level by level. */
export const chain: Handler = {
  scope: 'read',
  takesBody: false,
  handle: async (exchange) => {
    const { db, actor, query, baseUrl, id } = exchange
    const listing = readListing(query, personType)
    await requireSeen(exchange, usersEndpoint)
    const request: ChainRequest = {
      direction: readWord(query, 'direction', directions, 'up'),
      maxDepth: readDepth(query, 10),
      includeInactive: readFlag(query, 'includeInactive', false),
    }
    const { links, end } = await readChain(db, actor, id, request)
    const depth = links.at(-1)?.level ?? 0
    return answerWhole(exchange, {
      name: ['chain', id, request],
      ...listing,
      resources: links.map((link) => writePerson(baseUrl, link, { level: link.level, managerId: link.managerId })),
      message: { urn: chainMessage, content: { direction: request.direction, depth, end } },
    })
  },
}

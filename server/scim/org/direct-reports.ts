import { countDirectReports, listDirectReports } from '../../directory/org/employees.ts'
import type { Handler } from '../exchange.ts'
import { usersEndpoint } from '../users-endpoint.ts'
import { answerList, readListing } from './answer.ts'
import { readFlag } from './parameters.ts'
import { writePerson } from './person.ts'
import { requireSeen } from './seen.ts'
import { personType } from './types.ts'

/** GET /Users/{id}/directReports: who reports to a person. */
export const directReports: Handler = {
  scope: 'read',
  takesBody: false,
  handle: async (exchange) => {
    const { db, actor, query, baseUrl, id } = exchange
    const listing = readListing(query, personType)
    await requireSeen(exchange, usersEndpoint)
    const includeInactive = readFlag(query, 'includeInactive', false)
    return answerList(exchange, {
      name: ['directReports', id, includeInactive],
      ...listing,
      read: async (window) => {
        const { items, next } = await listDirectReports(db, actor, id, includeInactive, window)
        const total = (): Promise<number> => countDirectReports(db, actor, id, includeInactive)
        return { items: items.map((person) => writePerson(baseUrl, person)), next, total }
      },
    })
  },
}

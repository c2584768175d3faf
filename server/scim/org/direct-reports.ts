import { listDirectReports } from '../../directory/org/employees.ts'
import type { Handler } from '../exchange.ts'
import { answerList, readListing } from './answer.ts'
import { readFlag } from './parameters.ts'
import { writePerson } from './person.ts'
import { personType } from './types.ts'

/** GET /Users/{id}/directReports: who reports to a person. */
export const directReports: Handler = {
  scope: 'read',
  takesBody: false,
  handle: async (exchange) => {
    const { db, actor, query, baseUrl, id } = exchange
    const listing = readListing(query, personType)
    const includeInactive = readFlag(query, 'includeInactive', false)
    return answerList(exchange, {
      name: ['directReports', id, includeInactive],
      ...listing,
      read: async (window) => {
        const { items, next } = await listDirectReports(db, actor, id, includeInactive, window)
        return { items: items.map((person) => writePerson(baseUrl, person)), next }
      },
    })
  },
}

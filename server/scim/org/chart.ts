import { type ChartNode, readChart } from '../../directory/org/chart.ts'
import type { JsonObject } from '../../db/tables.ts'
import type { Handler } from '../exchange.ts'
import { answerWhole, readListing } from './answer.ts'
import { readDepth, readFlag, readText } from './parameters.ts'
import { writePerson } from './person.ts'
import { personType } from './types.ts'

const chartMessage = 'urn:ietf:params:scim:api:messages:rollcall:2.0:OrgChart'

/** GET /OrgChart: the tree of who reports to whom, flat, for SCIM attributes do not nest; each person names the manager. */
export const chart: Handler = {
  scope: 'read',
  takesBody: false,
  handle: async (exchange) => {
    const { db, actor, query, baseUrl } = exchange
    const listing = readListing(query, personType)
    const [rootId, department] = [readText(query, 'rootId'), readText(query, 'department')]
    const request = {
      maxDepth: readDepth(query, 5),
      includeInactive: readFlag(query, 'includeInactive', false),
      ...(rootId === undefined ? {} : { rootId }),
      ...(department === undefined ? {} : { department }),
    }
    const { nodes, otherRoots, maxDepthReached } = await readChart(db, actor, request)
    const write = (node: ChartNode): JsonObject => {
      const { level, managerId, directReportCount } = node
      return writePerson(baseUrl, node, { level, managerId, directReportCount })
    }
    return answerWhole(exchange, {
      name: ['chart', request],
      ...listing,
      resources: nodes.map(write),
      message: {
        urn: chartMessage,
        content: { maxDepthReached, otherRoots: otherRoots.map((root) => listing.cut(write(root))) },
      },
    })
  },
}

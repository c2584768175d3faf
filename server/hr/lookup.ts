// Whom somebody means by what they typed.
import type { Endpoint } from '../api/endpoint.ts'
import { dataOf } from '../api/schema.ts'
import { findPeople } from '../directory/lookup/lookup.ts'
import { employeeStatuses } from '../directory/org/employee.ts'
import { readSummaries } from '../directory/org/employee-sql.ts'
import { endpoint, type HrCaller } from './caller.ts'
import { text } from './parameters.ts'
import { match } from './schemas.ts'
import { tags } from './tags.ts'
import { showMatch } from './views.ts'

const lookup = endpoint({
  operationId: 'lookUpEmployees',
  tag: tags.employees.name,
  method: 'post',
  path: '/lookup',
  summary: 'Look employees up',
  description: `By part of a name, an e-mail address or an employee number, with accents or without, in either order, mistyped perhaps.
    The best match comes first.`,
  scopes: ['hr'],
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['query'],
    properties: {
      query: text('What was typed.', 'mira.holm'),
      limit: {
        type: 'integer',
        minimum: 1,
        maximum: 20,
        default: 5,
        description: 'How many at most.',
      },
      status: { enum: employeeStatuses, default: 'active', description: 'Only those with this status.' },
    },
  },
  status: 200,
  answer: dataOf(match),
  run: async ({ caller: { db, actor }, body }) => {
    const matches = await findPeople(db, actor, body)
    const people = await readSummaries(
      db,
      actor,
      matches.map(({ id }) => id),
    )
    const byId = new Map(matches.map((one) => [one.id, one]))
    return {
      data: people.flatMap((one) => {
        const found = byId.get(one.id)
        return found === undefined ? [] : [showMatch(one, found)]
      }),
    }
  },
})

export const lookupEndpoints: readonly Endpoint<HrCaller>[] = [lookup]

import type { Endpoint } from '../api/endpoint.ts'
import { component, dataOf } from '../api/schema.ts'
import { listRequests } from '../ops/request-log.ts'
import { type AdminCaller, endpoint } from './caller.ts'
import { organizationId, time } from './schemas.ts'
import { tags } from './tags.ts'

const text = (description: string, example: string) =>
  ({ type: 'string', maxLength: 100, description, examples: [example] }) as const

const entry = component('RequestEntry', 'A request that is in the log.', {
  id: text('As in X-Request-Id.', 'req_01kaq3v5w8f2g5c6h3jqv4xesd'),
  at: time('When it came.'),
  directoryId: text('The directory that it acted for.', 'dir_01kaq3v5w8d4f6h8k0m2p4r6tv'),
  tokenId: { type: ['string', 'null'], description: 'null for a JWT.', examples: ['tok_01kaq3v5wat2v4x6z8b0d2f4h6'] },
  method: { type: 'string', description: 'As sent.', examples: ['PATCH'] },
  path: {
    type: 'string',
    description: 'Without the query.',
    examples: ['/scim/v2/Users/emp_01kaq3v5w8f2g5c6h3jqv4xesd'],
  },
  status: { type: 'integer', description: 'Of the answer.', examples: [200] },
  durationMs: { type: 'integer', description: 'What it took.', examples: [4] },
  error: { type: ['string', 'null'], description: 'What was answered, where it failed.', examples: [null] },
  notes: {
    type: 'array',
    items: component('RequestNote', 'What had to be repaired, or was not taken.', {
      path: { type: 'string', description: 'Where in the request.', examples: ['emails'] },
      note: { type: 'string', description: 'What was done.', examples: ['kept: set by HR'] },
    }),
  },
  userAgent: { type: ['string', 'null'], description: 'As sent.', examples: ['Okta SCIM Client 1.0.0'] },
})

const list = endpoint({
  operationId: 'listRequests',
  tag: tags.requests.name,
  method: 'get',
  path: '/organizations/{organization}/requests',
  summary: 'List requests',
  description: 'The newest first.',
  scopes: ['admin'],
  params: { organization: organizationId },
  query: {
    limit: { type: 'integer', minimum: 1, maximum: 500, default: 50, description: 'How many at most.' },
    before: { type: 'string', maxLength: 100, description: 'Only those that came before the one with this id.' },
    directoryId: { type: 'string', maxLength: 100, description: 'Only those of this directory.' },
  },
  status: 200,
  answer: dataOf(entry),
  run: async ({ caller: { db }, params, query }) => ({ data: await listRequests(db, params.organization, query) }),
})

export const requestEndpoints: readonly Endpoint<AdminCaller>[] = [list]

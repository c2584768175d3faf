import type { Endpoint } from '../api/endpoint.ts'
import { component, objectOf } from '../api/schema.ts'
import type { Database } from '../db/connect.ts'
import { AppError } from '../errors.ts'
import { toJson } from '../events/event.ts'
import { eventTypes, isEventType } from '../events/event-types.ts'
import { readExtent, readEvents } from '../events/log.ts'
import { type AdminCaller, endpoint } from './caller.ts'
import { directoryId, organizationId, time } from './schemas.ts'
import { tags } from './tags.ts'

// What one request looks through for events of some types: with next it goes on where that ended.
const maxSearched = 10_000

const number = (description: string, example: number) =>
  ({ type: 'integer', minimum: 0, description, examples: [example] }) as const

export const event = component(
  'Event',
  'Something that has happened to one resource.',
  {
    id: { type: 'string', description: 'Its name everywhere.', examples: ['evt_01kaq3v5w8f2g5c6h3jqv4xesd'] },
    number: number('Its place in the log of the organization, which has no gaps.', 4711),
    type: {
      type: 'string',
      description: `Such as ${Object.keys(eventTypes).slice(0, 2).join(', ')}.`,
      examples: ['user.updated'],
    },
    timestamp: time('When it happened.'),
    organizationId,
    resourceType: { type: 'string', description: 'What it is of.', examples: ['User'] },
    resourceId: { type: 'string', description: 'Of which one.', examples: ['emp_01kaq3v5w8f2g5c6h3jqv4xesd'] },
    version: number('The version that the resource has since; events of a resource come in this order.', 2),
    directoryId: { ...directoryId, type: ['string', 'null'], description: 'The directory that said so, if one did.' },
    requestId: {
      type: ['string', 'null'],
      description: 'As in X-Request-Id.',
      examples: ['req_01kaq3v5w8f2g5c6h3jqv4xesd'],
    },
    resource: {
      type: ['object', 'null'],
      description:
        'The resource as the event left it, and as it was before where it was deleted; a group without its members. null where the person was anonymized since.',
      examples: [
        { id: 'emp_01kaq3v5w8f2g5c6h3jqv4xesd', userName: 'ana@example.com', title: 'Engineer', active: true },
      ],
    },
    changes: {
      type: 'object',
      description: 'Of updated events: attribute → `before` and `after`, a side left out where there was nothing.',
      additionalProperties: { type: 'object' },
      examples: [{ title: { before: 'Clerk', after: 'Engineer' } }],
    },
    member: {
      type: 'object',
      description: 'Of membership events: who came or went.',
      properties: { id: { type: 'string' }, type: { enum: ['User', 'Group'] } },
      examples: [{ id: 'emp_01kaq3v5w8f2g5c6h3jqv4xesd', type: 'User' }],
    },
  },
  ['changes', 'member'],
)

const query = {
  after: {
    type: 'integer',
    minimum: 0,
    default: 0,
    description: 'Only events behind this number: `next` of the last answer.',
  },
  limit: { type: 'integer', minimum: 1, maximum: 1000, default: 100, description: 'How many at most.' },
  types: {
    type: 'string',
    maxLength: 1000,
    description: 'Only events of these types, separated by commas; `user.*` is all that begin so.',
    examples: ['user.*,group.deleted'],
  },
} as const

const answer = objectOf({
  data: { type: 'array', items: event },
  next: number('What to send as `after` next. There is more to read at once while it is less than `last`.', 4711),
  first: number(
    'The oldest event that is still in the log, or where none is, the next that will be. Where it is higher than `after` + 1, events between them were removed before they were read.',
    1,
  ),
  last: number(
    'The latest event of the organization. Where it is lower than `after`, that never was a number of this log.',
    4711,
  ),
})

const description = `In the order of their numbers, from the oldest on. Whoever has read up to a number has missed nothing before it.
  With \`types\` an answer may have fewer events than \`limit\`, or none, though there are more: go on until \`next\` is \`last\`.`

const list = endpoint({
  operationId: 'listEvents',
  tag: tags.events.name,
  method: 'get',
  path: '/organizations/{organization}/events',
  summary: 'List events',
  description,
  scopes: ['events'],
  params: { organization: organizationId },
  query,
  status: 200,
  answer,
  run: ({ caller: { db }, params, query: search }) => readPage(db, params.organization, search),
})

const listOwn = endpoint({
  operationId: 'listOwnEvents',
  tag: tags.events.name,
  method: 'get',
  path: '/events',
  summary: "List events of the token's organization",
  description: `${description} The operator's token has no organization: it is 404 for it.`,
  scopes: ['events'],
  query,
  status: 200,
  answer,
  errors: [404],
  run: ({ caller: { db, reach }, query: search }) => {
    if (reach !== null) return readPage(db, reach, search)
    throw new AppError(
      'not_found',
      'The token is of no organization: name one, as in /v1/organizations/{organization}/events.',
    )
  },
})

interface Search {
  readonly after: number
  readonly limit: number
  readonly types?: string
}

async function readPage(db: Database, ofOrganization: string, { after, limit, types }: Search) {
  const asked = types?.split(',').map((type) => type.trim())
  const unknown = asked?.find((type) => !isEventType(type))
  if (unknown !== undefined) {
    const detail = `types: no event has the type '${unknown.slice(0, 80)}'.`
    throw new AppError('invalid_value', detail, { data: { param: 'types' } })
  }
  const { first, last } = await readExtent(db, ofOrganization)
  // What is swept was never searched.
  const until = asked === undefined ? last : Math.min(last, Math.max(after, first - 1) + maxSearched)
  const events = await readEvents(db, ofOrganization, { after, limit, until, ...(asked && { types: asked }) })
  const next = events.length < limit ? until : (events.at(-1)?.number ?? until)
  return { data: events.map(toJson), next, first, last }
}

export const eventEndpoints: readonly Endpoint<AdminCaller>[] = [list, listOwn]

// Where applications fetch the tokens of a feed (RFC 8936).
import type { Endpoint } from '../api/endpoint.ts'
import { objectOf } from '../api/schema.ts'
import { AppError } from '../errors.ts'
import { readFeedSettings } from '../events/feeds/feed.ts'
import type { Refusal } from '../events/feeds/deliveries.ts'
import { maxTokens, pollFeed } from '../events/feeds/poll.ts'
import type { Subscription } from '../events/subscription.ts'
import { readSubscription } from '../events/subscriptions.ts'
import { type AdminCaller, endpoint } from './caller.ts'
import { feedId } from './schemas.ts'
import { tags } from './tags.ts'

// PostgreSQL would not take U+0000.
const text = { type: 'string', maxLength: 1000, pattern: '^[^\\u0000]*$' } as const
const jti = {
  ...text,
  description: 'The claim `jti` of a token.',
  examples: ['dlv_01kaq3v5whp8r0t2v4x6z8b0d2'],
} as const

const ack = {
  type: 'array',
  maxItems: 10_000,
  items: jti,
  default: [],
  description: 'The tokens that the receiver has stored; they do not come again.',
  examples: [jti.examples],
} as const

const refusal = {
  type: 'object',
  required: ['err'],
  properties: {
    err: { ...text, description: 'One word (RFC 8935 section 2.4).', examples: ['invalid_audience'] },
    description: { ...text, default: '', description: 'In words.', examples: ['This is another audience.'] },
  },
} as const

const setErrs = {
  type: 'object',
  maxProperties: 10_000,
  propertyNames: { pattern: text.pattern },
  additionalProperties: refusal,
  default: {},
  description: 'By their `jti` the tokens that the receiver does not take, and why. They do not come again.',
  examples: [{}],
} as const

const sets = {
  type: 'object',
  additionalProperties: { type: 'string' },
  description: 'The tokens, by their `jti`. What was not acknowledged comes again.',
  examples: [{ [jti.examples[0]]: 'eyJhbGciOiJFUzI1NiIsInR5cCI6InNlY2V2ZW50K2p3dCJ9.….…' }],
} as const

const poll = endpoint({
  operationId: 'pollFeed',
  tag: tags.feeds.name,
  method: 'post',
  path: '/feeds/{id}/poll',
  summary: 'Fetch the events of a feed',
  description: `For the application that the feed is for (RFC 8936). Where there is nothing, the answer waits for up to 20 seconds.
    Members that are not known are passed over.`,
  scopes: ['events'],
  params: { id: feedId },
  body: {
    type: 'object',
    properties: {
      maxEvents: {
        type: 'integer',
        minimum: 0,
        default: maxTokens,
        description: `How many are wanted; more than ${maxTokens} do not come at once. With 0 none come, and nothing waits.`,
        examples: [50],
      },
      returnImmediately: {
        type: 'boolean',
        default: false,
        description: 'Whether the answer comes at once also where there is nothing.',
        examples: [true],
      },
      ack,
      setErrs,
    },
  },
  status: 200,
  answer: objectOf({
    sets,
    moreAvailable: { type: 'boolean', description: 'Whether there are more.', examples: [false] },
  }),
  errors: [409],
  run: async ({ caller, params, body }) => {
    const { db, events, at, signal } = caller
    const request = { ...body, setErrs: body.setErrs as Readonly<Record<string, Refusal>> }
    return pollFeed({ db, events, at, signal }, await readFeed(caller, params.id), request)
  },
})

// A feed is there for those it is for, and for nobody else.
async function readFeed({ db, reach, tokenId }: AdminCaller, id: string): Promise<Subscription> {
  if (reach === null) {
    const detail = "This needs a token with the scope 'events' of the feed's organization."
    throw new AppError('insufficient_scope', detail, { data: { scope: 'events' } })
  }
  const feed = await readSubscription(db, reach, 'feed', id)
  const { method, tokenId: owner } = readFeedSettings(feed)
  if (owner !== null && owner !== tokenId) throw new AppError('not_found', `There is no feed ${id}.`)
  if (method === 'push')
    throw new AppError('conflict', 'This feed is pushed; an administrator can let its method be poll.')
  if (!feed.enabled) throw new AppError('conflict', 'This feed is disabled; an administrator can enable it.')
  return feed
}

export const feedPollEndpoints: readonly Endpoint<AdminCaller>[] = [poll]

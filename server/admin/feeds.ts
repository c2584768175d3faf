import type { Endpoint } from '../api/endpoint.ts'
import { component, dataOf } from '../api/schema.ts'
import type { Database } from '../db/connect.ts'
import { readFeedSettings } from '../events/feeds/feed.ts'
import { createFeedChannel } from '../events/feeds/channel.ts'
import { changeFeed, createFeed } from '../events/feeds/feeds.ts'
import type { Subscription } from '../events/subscription.ts'
import { listSubscriptions, readSubscription, removeSubscription } from '../events/subscriptions.ts'
import { type AdminCaller, endpoint } from './caller.ts'
import { deliveryEndpoints } from './deliveries.ts'
import { bodyOf, feedId, madeOf, name, organizationId, tokenId } from './schemas.ts'
import { showSubscriptions } from './show-subscriptions.ts'
import { condition, enabled, subscriptionMembers, types } from './subscriptions.ts'
import { tags } from './tags.ts'

const tag = tags.feeds.name
const base = '/organizations/{organization}/feeds' as const
const one = { organization: organizationId, id: feedId } as const

const feedName = {
  ...name,
  description: 'No other feed of the organization has it.',
  examples: ['Sign-in'],
} as const
const audience = {
  ...name,
  description: 'The claim `aud`: whom the tokens are for.',
  examples: ['https://sign-in.larkspur.example'],
} as const
const method = {
  enum: ['push', 'poll'],
  description: 'Whether tokens are sent to `url` (RFC 8935), or fetched by the receiver (RFC 8936).',
  examples: ['poll'],
} as const
const mode = {
  enum: ['notice', 'full'],
  description: 'Whether tokens only name what has changed, or have the values, too.',
  examples: ['notice'],
} as const
const url = {
  type: ['string', 'null'],
  minLength: 1,
  maxLength: 2000,
  description:
    'Where tokens are sent: an https URL at a public address unless the operator allows others. null for a feed that is fetched.',
  examples: [null],
} as const
const ownTokenId = {
  ...tokenId,
  type: ['string', 'null'],
  description:
    'The only token that fetches the feed; null for every token of the organization with the scope `events`.',
} as const
const authorizationHeader = {
  type: ['string', 'null'],
  maxLength: 4000,
  pattern: '^[!-~]([ -~]*[!-~])?$',
  description: 'What is sent in `Authorization` with what is pushed. It is kept sealed, and not shown again.',
  examples: [null],
} as const

const settings = { name: feedName, audience, method, mode, url, tokenId: ownTokenId } as const

const feed = component('Feed', 'An application that is told of changes by security event tokens.', {
  id: feedId,
  ...settings,
  hasAuthorization: {
    type: 'boolean',
    description: 'Whether something is sent in `Authorization`.',
    examples: [false],
  },
  ...subscriptionMembers,
})

const list = endpoint({
  operationId: 'listFeeds',
  tag,
  method: 'get',
  path: base,
  summary: 'List feeds',
  description: 'By name.',
  scopes: ['admin'],
  params: { organization: organizationId },
  status: 200,
  answer: dataOf(feed),
  run: async ({ caller: { db }, params }) => {
    const found = await listSubscriptions(db, params.organization, 'feed')
    return { data: await show(db, params.organization, found) }
  },
})

const create = endpoint({
  operationId: 'createFeed',
  tag,
  method: 'post',
  path: base,
  summary: 'Make a feed',
  description:
    'It is told of what happens from now on. Only events of users, groups and own resource types are SCIM events.',
  scopes: ['admin'],
  params: { organization: organizationId },
  body: bodyOf(['name', 'audience', 'method'], {
    name: feedName,
    audience,
    method,
    mode: { ...mode, default: 'notice' },
    url: { ...url, default: null },
    tokenId: { ...ownTokenId, default: null, examples: [null] },
    authorizationHeader: { ...authorizationHeader, default: null },
    types: { ...types, default: ['*'] },
    condition: { ...condition, default: null },
    enabled: { ...enabled, default: true },
  }),
  status: 201,
  answer: madeOf(feedId),
  errors: [409],
  run: async ({ caller: { db, events, at }, params, body }) => ({
    id: await createFeed(db, events, params.organization, body, at),
  }),
})

const read = endpoint({
  operationId: 'getFeed',
  tag,
  method: 'get',
  path: `${base}/{id}`,
  summary: 'Read a feed',
  scopes: ['admin'],
  params: one,
  status: 200,
  answer: feed,
  run: async ({ caller: { db }, params }) => {
    const found = await readSubscription(db, params.organization, 'feed', params.id)
    return (await show(db, params.organization, [found]))[0]
  },
})

const change = endpoint({
  operationId: 'changeFeed',
  tag,
  method: 'patch',
  path: `${base}/{id}`,
  summary: 'Change a feed',
  description: 'What is left out stays. One that is enabled again goes on where it stopped.',
  scopes: ['admin'],
  params: one,
  body: bodyOf([], {
    ...settings,
    authorizationHeader,
    types,
    condition,
    enabled,
  }),
  status: 204,
  errors: [409],
  run: ({ caller: { db, events, at }, params, body }) =>
    changeFeed(db, events, params.organization, params.id, body, at),
})

const remove = endpoint({
  operationId: 'removeFeed',
  tag,
  method: 'delete',
  path: `${base}/{id}`,
  summary: 'Remove a feed',
  description: 'With its deliveries.',
  scopes: ['admin'],
  params: one,
  status: 204,
  run: ({ caller: { db }, params }) => removeSubscription(db, params.organization, 'feed', params.id),
})

export const feedEndpoints: readonly Endpoint<AdminCaller>[] = [
  list,
  create,
  read,
  change,
  remove,
  ...deliveryEndpoints('feed', 'feeds', tag, ({ events }) => createFeedChannel(events)),
]

async function show(db: Database, organization: string, found: readonly Subscription[]): Promise<unknown[]> {
  const shown = await showSubscriptions(db, organization, found)
  return found.map((subscription, index) => ({
    ...shown[index],
    ...readFeedSettings(subscription),
    hasAuthorization: subscription.secrets !== null,
  }))
}

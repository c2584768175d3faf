import type { Endpoint } from '../api/endpoint.ts'
import { component, dataOf, objectOf } from '../api/schema.ts'
import type { Subscription } from '../events/subscription.ts'
import { listSubscriptions, readSubscription, removeSubscription } from '../events/subscriptions.ts'
import { imagineEvent } from '../events/event.ts'
import { sendTest } from '../events/test-delivery.ts'
import { createWebhookChannel } from '../events/webhooks/channel.ts'
import { changeWebhookEndpoint, createWebhookEndpoint } from '../events/webhooks/endpoints.ts'
import { rotateSecret } from '../events/webhooks/rotation.ts'
import { readWebhookSettings } from '../events/webhooks/settings.ts'
import type { Database } from '../db/connect.ts'
import { type AdminCaller, endpoint } from './caller.ts'
import { deliveryEndpoints, deliveryWithAttempts, showDelivery } from './deliveries.ts'
import { bodyOf, name, organizationId, webhookEndpointId } from './schemas.ts'
import { condition, enabled, keepOldForHours, rotatedSecret, subscriptionMembers, types } from './subscriptions.ts'
import { showSubscriptions } from './show-subscriptions.ts'
import { tags } from './tags.ts'

const tag = tags.webhookEndpoints.name
const base = '/organizations/{organization}/webhook-endpoints' as const
const one = { organization: organizationId, id: webhookEndpointId } as const

const endpointName = {
  ...name,
  description: 'No other webhook endpoint of the organization has it.',
  examples: ['Ticket system'],
} as const
const url = {
  type: 'string',
  minLength: 1,
  maxLength: 2000,
  description:
    'Where it is: an https URL without user name and password, at a public address unless the operator allows others.',
  examples: ['https://tickets.larkspur.example/hooks/people'],
} as const
const concurrency = {
  type: 'integer',
  minimum: 1,
  maximum: 32,
  description: 'How many requests are under way at once, of different resources; 8 unless it is set.',
  examples: [8],
} as const
const maxPerSecond = {
  type: 'integer',
  minimum: 1,
  maximum: 1000,
  description: 'How many requests begin in a second; 200 unless it is set.',
  examples: [200],
} as const
const secret = {
  type: 'string',
  maxLength: 200,
  description: '`whsec_` and 24 to 64 bytes in base64; a random one where it is left out.',
  examples: ['whsec_…'],
} as const
const shownSecret = {
  ...secret,
  description: 'What requests are signed with; shown this once.',
  examples: ['whsec_…'],
} as const

const webhookEndpoint = component('WebhookEndpoint', 'An application that is told of events, without its secrets.', {
  id: webhookEndpointId,
  name: endpointName,
  url,
  concurrency,
  maxPerSecond,
  ...subscriptionMembers,
})

const list = endpoint({
  operationId: 'listWebhookEndpoints',
  tag,
  method: 'get',
  path: base,
  summary: 'List webhook endpoints',
  description: 'By name.',
  scopes: ['admin'],
  params: { organization: organizationId },
  status: 200,
  answer: dataOf(webhookEndpoint),
  run: async ({ caller: { db }, params }) => {
    const found = await listSubscriptions(db, params.organization, 'webhook')
    return { data: await show(db, params.organization, found) }
  },
})

const create = endpoint({
  operationId: 'createWebhookEndpoint',
  tag,
  method: 'post',
  path: base,
  summary: 'Make a webhook endpoint',
  description: 'It is told of what happens from now on. Its secret is shown this once.',
  scopes: ['admin'],
  params: { organization: organizationId },
  body: bodyOf(['name', 'url', 'types'], {
    name: endpointName,
    url,
    types,
    condition: { ...condition, default: null },
    enabled: { ...enabled, default: true },
    concurrency: { ...concurrency, default: 8 },
    maxPerSecond: { ...maxPerSecond, default: 200 },
    secret,
  }),
  status: 201,
  answer: objectOf({ id: webhookEndpointId, secret: shownSecret }),
  errors: [409],
  run: ({ caller: { db, events, at }, params, body }) =>
    createWebhookEndpoint(db, events, params.organization, body, at),
})

const read = endpoint({
  operationId: 'getWebhookEndpoint',
  tag,
  method: 'get',
  path: `${base}/{id}`,
  summary: 'Read a webhook endpoint',
  scopes: ['admin'],
  params: one,
  status: 200,
  answer: webhookEndpoint,
  run: async ({ caller: { db }, params }) => {
    const found = await readSubscription(db, params.organization, 'webhook', params.id)
    return (await show(db, params.organization, [found]))[0]
  },
})

const change = endpoint({
  operationId: 'changeWebhookEndpoint',
  tag,
  method: 'patch',
  path: `${base}/{id}`,
  summary: 'Change a webhook endpoint',
  description: 'What is left out stays. One that is enabled again goes on where it stopped.',
  scopes: ['admin'],
  params: one,
  body: bodyOf([], { name: endpointName, url, types, condition, enabled, concurrency, maxPerSecond }),
  status: 204,
  errors: [409],
  run: ({ caller: { db, events, at }, params, body }) =>
    changeWebhookEndpoint(db, events, params.organization, params.id, body, at),
})

const remove = endpoint({
  operationId: 'removeWebhookEndpoint',
  tag,
  method: 'delete',
  path: `${base}/{id}`,
  summary: 'Remove a webhook endpoint',
  description: 'With its deliveries.',
  scopes: ['admin'],
  params: one,
  status: 204,
  run: ({ caller: { db }, params }) => removeSubscription(db, params.organization, 'webhook', params.id),
})

const rotate = endpoint({
  operationId: 'rotateWebhookSecret',
  tag,
  method: 'post',
  path: `${base}/{id}/rotate-secret`,
  summary: 'Give it a new secret',
  description: `The new secret is shown this once. Requests are signed with both until the old one ends; what was the old one of an
    earlier change ends at once.`,
  scopes: ['admin'],
  params: one,
  body: bodyOf([], { secret, keepOldForHours }),
  status: 200,
  answer: rotatedSecret,
  errors: [409],
  run: async ({ caller: { db, events, at }, params, body }) => {
    const found = await readSubscription(db, params.organization, 'webhook', params.id)
    return rotateSecret(db, events, 'webhook', found, body, at)
  },
})

const test = endpoint({
  operationId: 'testWebhookEndpoint',
  tag,
  method: 'post',
  path: `${base}/{id}/test`,
  summary: 'Try a webhook endpoint',
  description: 'Sends an event `webhook.test` at once, and once, and answers what came back.',
  scopes: ['admin'],
  params: one,
  status: 200,
  answer: deliveryWithAttempts,
  run: async ({ caller: { db, events, at }, params }) => {
    const found = await readSubscription(db, params.organization, 'webhook', params.id)
    const { id, name: called } = found
    const of = { type: 'webhook.test', resourceType: 'WebhookEndpoint', resourceId: id }
    const event = imagineEvent(params.organization, of, { resource: { id, name: called } }, at)
    return showDelivery(await sendTest(db, createWebhookChannel(events), found, event, at))
  },
})

export const webhookEndpoints: readonly Endpoint<AdminCaller>[] = [
  list,
  create,
  read,
  change,
  remove,
  rotate,
  test,
  ...deliveryEndpoints('webhook', 'webhook-endpoints', tag, ({ events }) => createWebhookChannel(events)),
]

async function show(db: Database, organization: string, found: readonly Subscription[]): Promise<unknown[]> {
  const shown = await showSubscriptions(db, organization, found)
  return found.map((subscription, index) => ({ ...shown[index], ...readWebhookSettings(subscription) }))
}

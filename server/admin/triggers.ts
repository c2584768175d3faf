import type { Endpoint } from '../api/endpoint.ts'
import { component, dataOf, objectOf } from '../api/schema.ts'
import type { Database } from '../db/connect.ts'
import type { EventServices } from '../events/services.ts'
import type { Subscription } from '../events/subscription.ts'
import { readSubscription } from '../events/subscriptions.ts'
import { packForTrigger } from '../events/triggers/channel.ts'
import { previewTrigger, testTrigger } from '../events/triggers/preview.ts'
import { rotateSecret } from '../events/webhooks/rotation.ts'
import { readTriggerSettings } from '../events/triggers/settings.ts'
import {
  changeTrigger,
  createTrigger,
  describeTrigger,
  listTriggers,
  removeTrigger,
  toAction,
} from '../events/triggers/triggers.ts'
import { AppError } from '../errors.ts'
import { type AdminCaller, endpoint } from './caller.ts'
import { deliveryEndpoints, deliveryWithAttempts, showDelivery } from './deliveries.ts'
import { bodyOf, directoryId, name, organizationId, triggerId } from './schemas.ts'
import { showSubscriptions } from './show-subscriptions.ts'
import { condition, enabled, keepOldForHours, rotatedSecret, subscriptionMembers, types } from './subscriptions.ts'
import { tags } from './tags.ts'
import { actionBody, actionMembers } from './trigger-actions.ts'

const tag = tags.triggers.name
const base = '/organizations/{organization}/triggers' as const
const one = { organization: organizationId, id: triggerId } as const

const triggerName = {
  ...name,
  description: 'No other trigger of the organization has it.',
  examples: ['Welcome to Sales'],
} as const
const problem = {
  type: ['string', 'null'],
  description: 'What keeps it from doing anything; null where nothing does.',
  examples: [null],
} as const

const trigger = component('Trigger', 'Does something when an event happens.', {
  id: triggerId,
  name: triggerName,
  builtIn: {
    enum: ['invitation', 'offboarding', null],
    description: 'Which of those it is that every organization has; null for all others.',
  },
  directoryIds: {
    type: ['array', 'null'],
    items: directoryId,
    description:
      'Of a built-in one the directories whose `sendInvitations` or `sendOffboardingEmails` is on; null for all others.',
    examples: [null],
  },
  action: component('TriggerAction', 'What it does. A URL of Slack is shown in part.', actionMembers, [
    'to',
    'subject',
    'text',
    'html',
    'url',
  ]),
  problem,
  ...subscriptionMembers,
})

const about = {
  event: {
    type: 'integer',
    minimum: 1,
    description: 'As if this event happened, named by its number in the log.',
    examples: [1207],
  },
  user: {
    type: 'string',
    pattern: '^[a-z]+_[0-9a-z]+$',
    maxLength: 60,
    description: 'As if it happened to this person; to somebody fictitious where neither is given.',
    examples: ['emp_01kaq3v5w8f2g5c6h3jqv4xesd'],
  },
} as const

const preview = component('TriggerPreview', 'What would be sent. What the kind of action does not have is null.', {
  kind: actionMembers.kind,
  to: { type: ['array', 'null'], items: { type: 'string' }, description: 'Addresses.', examples: [['a@b.example']] },
  subject: { type: ['string', 'null'], description: 'One line.', examples: ['Welcome, Robin Sample'] },
  text: { type: ['string', 'null'], description: 'Plain text, or what Slack is sent.', examples: ['Hello Robin'] },
  html: { type: ['string', 'null'], description: 'The same as HTML, where there is a template.', examples: [null] },
  body: { type: ['object', 'null'], description: 'What a webhook is sent.', examples: [null] },
  problem: { type: ['string', 'null'], description: 'Why it could not be sent as it is.', examples: [null] },
})

const list = endpoint({
  operationId: 'listTriggers',
  tag,
  method: 'get',
  path: base,
  summary: 'List triggers',
  description: 'By name, the two built-in ones among them.',
  scopes: ['admin'],
  params: { organization: organizationId },
  status: 200,
  answer: dataOf(trigger),
  run: async ({ caller: { db, events, at }, params: { organization } }) => ({
    data: await show(db, events, organization, await listTriggers(db, organization, at)),
  }),
})

const create = endpoint({
  operationId: 'createTrigger',
  tag,
  method: 'post',
  path: base,
  summary: 'Make a trigger',
  description: 'It hears of what happens from now on. What its webhooks are signed with is shown this once.',
  scopes: ['admin'],
  params: { organization: organizationId },
  body: bodyOf(['name', 'types', 'action'], {
    name: triggerName,
    types,
    condition: { ...condition, default: null },
    enabled: { ...enabled, default: true },
    action: actionBody,
  }),
  status: 201,
  answer: objectOf({
    id: triggerId,
    secret: {
      type: ['string', 'null'],
      description: 'Of a webhook what it is signed with; null for others.',
      examples: [null],
    },
    problem,
  }),
  errors: [409],
  run: ({ caller: { db, events, at }, params, body }) => createTrigger(db, events, params.organization, body, at),
})

const previewUnsaved = endpoint({
  operationId: 'previewAction',
  tag,
  method: 'post',
  path: `${base}/preview`,
  summary: 'Show what an action would send',
  description: 'Of a trigger that is not made yet. Nothing is sent.',
  scopes: ['admin'],
  params: { organization: organizationId },
  body: bodyOf(['action'], { action: actionBody, types: { ...types, default: ['user.created'] }, ...about }),
  status: 200,
  answer: preview,
  run: ({ caller: { db, events, at }, params, body }) => {
    const action = toAction(body.action, body.action.url ?? '')
    const unsaved = { organizationId: params.organization, types: body.types, action }
    return previewTrigger(db, events, unsaved, body, at)
  },
})

const read = endpoint({
  operationId: 'getTrigger',
  tag,
  method: 'get',
  path: `${base}/{id}`,
  summary: 'Read a trigger',
  scopes: ['admin'],
  params: one,
  status: 200,
  answer: trigger,
  run: async ({ caller: { db, events }, params: { organization, id } }) => {
    const found = await readSubscription(db, organization, 'trigger', id)
    return (await show(db, events, organization, [found]))[0]
  },
})

const change = endpoint({
  operationId: 'changeTrigger',
  tag,
  method: 'patch',
  path: `${base}/{id}`,
  summary: 'Change a trigger',
  description: `What is left out stays. An action is given as a whole, of the kind that it is; where its \`url\` is left out, that stays.
    The types of a built-in trigger stay.`,
  scopes: ['admin'],
  params: one,
  body: bodyOf([], { name: triggerName, types, condition, enabled, action: actionBody }),
  status: 204,
  errors: [409],
  run: ({ caller: { db, events, at }, params, body }) =>
    changeTrigger(db, events, params.organization, params.id, body, at),
})

const remove = endpoint({
  operationId: 'removeTrigger',
  tag,
  method: 'delete',
  path: `${base}/{id}`,
  summary: 'Remove a trigger',
  description: 'With its deliveries. A built-in one can only be disabled.',
  scopes: ['admin'],
  params: one,
  status: 204,
  errors: [409],
  run: ({ caller: { db }, params }) => removeTrigger(db, params.organization, params.id),
})

const rotate = endpoint({
  operationId: 'rotateTriggerSecret',
  tag,
  method: 'post',
  path: `${base}/{id}/rotate-secret`,
  summary: 'Give it a new secret',
  description: 'Of a trigger that sends webhooks. They are signed with both secrets until the old one ends.',
  scopes: ['admin'],
  params: one,
  body: bodyOf([], { keepOldForHours }),
  status: 200,
  answer: rotatedSecret,
  errors: [409],
  run: async ({ caller: { db, events, at }, params, body }) => {
    const found = await readSubscription(db, params.organization, 'trigger', params.id)
    if (readTriggerSettings(found).action.kind === 'webhook')
      return rotateSecret(db, events, 'trigger', found, body, at)
    throw new AppError('conflict', 'Only triggers that send webhooks have a secret.')
  },
})

const previewSaved = endpoint({
  operationId: 'previewTrigger',
  tag,
  method: 'post',
  path: `${base}/{id}/preview`,
  summary: 'Show what a trigger would send',
  description: 'Nothing is sent, and its condition is not asked.',
  scopes: ['admin'],
  params: one,
  body: bodyOf([], about),
  status: 200,
  answer: preview,
  run: async ({ caller: { db, events, at }, params, body }) => {
    const found = await readSubscription(db, params.organization, 'trigger', params.id)
    return previewTrigger(db, events, { ...found, ...readTriggerSettings(found) }, body, at)
  },
})

const test = endpoint({
  operationId: 'testTrigger',
  tag,
  method: 'post',
  path: `${base}/{id}/test`,
  summary: 'Try a trigger',
  description: 'Does it at once, and once, and answers what came of it. Its condition is not asked.',
  scopes: ['admin'],
  params: one,
  body: bodyOf([], {
    to: {
      type: 'string',
      format: 'email',
      maxLength: 254,
      description: 'Where the mail goes, and nowhere else; needed for triggers that send e-mails, and only for these.',
      examples: ['me@larkspur.example'],
    },
    ...about,
  }),
  status: 200,
  answer: deliveryWithAttempts,
  run: async ({ caller: { db, events, at }, params, body }) => {
    const found = await readSubscription(db, params.organization, 'trigger', params.id)
    return showDelivery(await testTrigger(db, events, found, body, at))
  },
})

export const triggerEndpoints: readonly Endpoint<AdminCaller>[] = [
  list,
  create,
  previewUnsaved,
  read,
  change,
  remove,
  rotate,
  previewSaved,
  test,
  ...deliveryEndpoints('trigger', 'triggers', tag, () => ({ pack: packForTrigger })),
]

async function show(
  db: Database,
  events: EventServices,
  organization: string,
  found: readonly Subscription[],
): Promise<unknown[]> {
  const shown = await showSubscriptions(db, organization, found)
  return found.map((subscription, index) => ({ ...shown[index], ...describeTrigger(subscription, events) }))
}

// The delivery log of those who hear of events, and sending once more: the same for webhook endpoints, triggers and feeds.
import type { Endpoint } from '../api/endpoint.ts'
import { component, dataOf, objectOf } from '../api/schema.ts'
import type { SubscriptionKind } from '../db/tables.ts'
import type { Channel } from '../events/channel.ts'
import { type Delivery, listDeliveries, readDelivery, resend } from '../events/deliveries.ts'
import { replay } from '../events/delivery/replay.ts'
import { readSubscription } from '../events/subscriptions.ts'
import { AppError } from '../errors.ts'
import { type AdminCaller, endpoint } from './caller.ts'
import { bodyOf, deliveryId, madeOf, organizationId, subscriptionId, time } from './schemas.ts'

const attempt = component('DeliveryAttempt', 'One attempt to deliver.', {
  at: time('When it began.'),
  durationMs: { type: 'integer', description: 'What it took.', examples: [120] },
  status: { type: ['integer', 'null'], description: 'What was answered; null where nothing was.', examples: [503] },
  error: {
    type: ['string', 'null'],
    description: 'Why it failed; null where it did not.',
    examples: ['The receiver answered 503.'],
  },
  answer: { type: ['string', 'null'], description: 'The first 2 kB of the answer.', examples: ['Try later.'] },
})

const state = {
  enum: ['waiting', 'delivered', 'dead'],
  description: 'Whether it waits for its next attempt, was delivered, or was given up.',
} as const

const summary = {
  id: deliveryId,
  eventId: {
    type: 'string',
    description: 'The event, or the first of those that are told together; for a webhook the `webhook-id`.',
    examples: ['evt_01kaq3v5w8f2g5c6h3jqv4xesd'],
  },
  eventNumber: { type: 'integer', description: 'Its number in the log; 0 for a test.', examples: [1207] },
  eventType: { type: 'string', description: 'Its type.', examples: ['user.updated'] },
  resourceId: {
    type: 'string',
    description: 'What the event is of. Of one resource only the first that waits is sent.',
    examples: ['emp_01kaq3v5w8f2g5c6h3jqv4xesd'],
  },
  origin: {
    enum: ['event', 'resend', 'replay', 'test'],
    description: 'Whether it happened, or was asked for once more or as a test.',
  },
  state,
  attemptCount: { type: 'integer', description: 'How many attempts there were.', examples: [2] },
  nextAt: time('When the next attempt is due; null where there is none.', ['string', 'null']),
  createdAt: time('When it was made.'),
  endedAt: time('When it was delivered or given up; null while it waits.', ['string', 'null']),
}

const delivery = component('Delivery', 'What became of telling one event.', summary)
/** A delivery with all its attempts. */
export const deliveryWithAttempts = component('DeliveryWithAttempts', 'A delivery with its attempts.', {
  ...summary,
  attempts: { type: 'array', items: attempt, description: 'The first one first.' },
})

const moment = {
  type: ['integer', 'string'],
  minimum: 1,
  format: 'date-time',
} as const

const operations: Readonly<Record<SubscriptionKind, string>> = {
  webhook: 'Webhook',
  trigger: 'Trigger',
  feed: 'Feed',
}

/** The endpoints below `/organizations/{organization}/{path}/{id}`; `channelOf` says which events are told again. */
export function deliveryEndpoints(
  kind: SubscriptionKind,
  path: string,
  tag: string,
  channelOf: (caller: AdminCaller) => Pick<Channel, 'pack' | 'tells'>,
): readonly Endpoint<AdminCaller>[] {
  const base = `/organizations/{organization}/${path}/{id}` as const
  const subscription = { organization: organizationId, id: subscriptionId }
  const named = operations[kind]

  const list = endpoint({
    operationId: `list${named}Deliveries`,
    tag,
    method: 'get',
    path: `${base}/deliveries`,
    summary: 'List deliveries',
    description: 'The newest first.',
    scopes: ['admin'],
    params: subscription,
    query: {
      limit: { type: 'integer', minimum: 1, maximum: 500, default: 50, description: 'How many at most.' },
      before: { ...deliveryId, description: 'Only those made before the one with this id.' },
      state: { ...state, description: 'Only those in this state.' },
    },
    status: 200,
    answer: dataOf(delivery),
    run: async ({ caller: { db }, params: { organization, id }, query }) => {
      await readSubscription(db, organization, kind, id)
      const found = await listDeliveries(db, organization, id, query)
      return { data: found.map(summarize) }
    },
  })

  const read = endpoint({
    operationId: `get${named}Delivery`,
    tag,
    method: 'get',
    path: `${base}/deliveries/{delivery}`,
    summary: 'Read a delivery',
    description: 'With its attempts, and what was answered.',
    scopes: ['admin'],
    params: { ...subscription, delivery: deliveryId },
    status: 200,
    answer: deliveryWithAttempts,
    run: async ({ caller: { db }, params: { organization, id, delivery: name } }) => {
      await readSubscription(db, organization, kind, id)
      return showDelivery(await readDelivery(db, organization, id, name))
    },
  })

  const again = endpoint({
    operationId: `resend${named}Delivery`,
    tag,
    method: 'post',
    path: `${base}/deliveries/{delivery}/resend`,
    summary: 'Send once more',
    description:
      'As a new delivery of the same event, which is due at once. What still waits cannot be sent once more.',
    scopes: ['admin'],
    params: { ...subscription, delivery: deliveryId },
    status: 201,
    answer: madeOf(deliveryId),
    errors: [409],
    run: async ({ caller: { db, at }, params: { organization, id, delivery: name } }) => {
      await readSubscription(db, organization, kind, id)
      return { id: await resend(db, organization, id, name, at) }
    },
  })

  const range = endpoint({
    operationId: `replay${named}Events`,
    tag,
    method: 'post',
    path: `${base}/replay`,
    summary: 'Replay a range of events',
    description: `As new deliveries, in the order in which the events happened; at most 100 000 at once. A receiver knows by the id of
      an event what it has had.`,
    scopes: ['admin'],
    params: subscription,
    body: bodyOf(['from'], {
      from: {
        ...moment,
        description: 'The first event: its number, or when it happened at the earliest.',
        examples: [1],
      },
      to: { ...moment, description: 'The last event; the last one of all where it is left out.', examples: [5000] },
      only: {
        enum: ['dead', 'all'],
        default: 'dead',
        description: 'Only what was given up, or every event that it is about.',
      },
      dryRun: { type: 'boolean', default: false, description: 'Only count.' },
    }),
    status: 200,
    answer: objectOf({ count: { type: 'integer', description: 'How many deliveries it is.', examples: [120] } }),
    errors: [409],
    run: async ({ caller, params: { organization, id }, body }) => {
      const { db, events, at } = caller
      await readSubscription(db, organization, kind, id)
      const { from, to, only, dryRun } = body
      const wanted = { from: readMoment(from), ...(to !== undefined && { to: readMoment(to) }), only }
      if (isBehind(wanted)) {
        throw new AppError('invalid_value', 'to must not lie before from.', { data: { param: 'to' } })
      }
      const options = { isDry: dryRun, at, compile: events.compile, channel: channelOf(caller) }
      return { count: await replay(db, organization, id, wanted, options) }
    },
  })

  return [list, read, again, range]
}

/** A delivery as `deliveryWithAttempts` has it. */
export function showDelivery(found: Delivery): Record<string, unknown> {
  return { ...summarize(found), attempts: found.attempts }
}

function summarize({ subscriptionId: _, attempts, ...rest }: Delivery): Record<string, unknown> {
  return { ...rest, attemptCount: attempts.length }
}

function readMoment(value: string | number): number | Date {
  return typeof value === 'number' ? value : new Date(value)
}

function isBehind({ from, to }: { readonly from: number | Date; readonly to?: number | Date }): boolean {
  return to !== undefined && typeof from === typeof to && Number(to) < Number(from)
}

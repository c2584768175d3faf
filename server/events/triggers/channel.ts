// Tells by triggers: an e-mail, a message in Slack, or a webhook, for each event after which the resource meets the condition.
import type { Database } from '../../db/connect.ts'
import { hearsBuiltIn } from './built-in.ts'
import type { Channel, DueDelivery, Outcome, Parcel } from '../channel.ts'
import type { LoggedEvent } from '../event.ts'
import type { Concern } from '../interest.ts'
import type { Subscription } from '../subscription.ts'
import { readVariables } from './template-variables.ts'
import { type ActionServices, performAction } from './action.ts'
import { readTriggerSettings, webhookPace } from './settings.ts'

// A mail server is spared, and Slack takes one message a second.
const mailPace = { concurrency: 4, perSecond: 20 }
const slackPace = { concurrency: 1, perSecond: 1 }

export function createTriggerChannel(db: Database, services: ActionServices): Channel {
  async function send(subscription: Subscription, { id, event, at }: DueDelivery): Promise<Outcome> {
    const { action } = readTriggerSettings(subscription)
    const variables = action.kind === 'webhook' ? {} : await readVariables(db, event)
    return performAction(services, subscription, { id, event, variables, at })
  }

  return {
    pack: packForTrigger,
    send,
    readPace: (subscription) => {
      const { kind } = readTriggerSettings(subscription).action
      if (kind === 'email') return mailPace
      return kind === 'slack'
        ? slackPace
        : { concurrency: webhookPace.concurrency, perSecond: webhookPace.maxPerSecond }
    },
  }
}

/** Each event that a trigger hears of is told for itself. */
export function packForTrigger(
  subscription: Subscription,
  events: readonly { event: LoggedEvent; concern: Concern }[],
): Parcel[] {
  return events.filter(({ event, concern }) => hears(subscription, event, concern)).map(({ event }) => ({ event }))
}

// What was deleted is judged by what it was.
function hears(subscription: Subscription, event: LoggedEvent, { before, after }: Concern): boolean {
  const isMeant = event.type.endsWith('.deleted') ? before : after
  return isMeant && hearsBuiltIn(subscription, event)
}

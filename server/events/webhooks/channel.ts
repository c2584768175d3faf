// Tells by webhooks as Standard Webhooks has them: a POST for each event, signed, with the id of the event as its own.
import { AppError } from '../../errors.ts'
import type { Channel, DueDelivery, Outcome } from '../channel.ts'
import { toWebhook } from '../event.ts'
import { attemptRequest } from '../http-outcome.ts'
import type { EventServices } from '../services.ts'
import type { Subscription } from '../subscription.ts'
import { openSecrets, signWebhook } from './secrets.ts'
import { readWebhookSettings } from './settings.ts'

/** Who meets the condition before an event or after it is told: who leaves it is of interest, too. */
export function createWebhookChannel({ sealer, outgoing }: Pick<EventServices, 'sealer' | 'outgoing'>): Channel {
  async function send(subscription: Subscription, { event, at }: DueDelivery): Promise<Outcome> {
    const { organizationId, secrets: sealed } = subscription
    const { url } = readWebhookSettings(subscription)
    const body = JSON.stringify(toWebhook(event))
    const secrets = await openSecrets(sealer, organizationId, sealed ?? '')
    const headers = {
      'content-type': 'application/json',
      'webhook-id': event.id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': signWebhook(secrets, event.id, at, body),
    }
    return attemptRequest(outgoing, { method: 'POST', url, headers, body }, at)
  }

  return {
    tells: ({ before, after }) => before || after,
    send: (subscription, delivery) => send(subscription, delivery).catch(explainSecret),
    readPace: (subscription) => {
      const { concurrency, maxPerSecond } = readWebhookSettings(subscription)
      return { concurrency, perSecond: maxPerSecond }
    },
  }
}

// The operator can mend it while it is tried again.
function explainSecret(error: unknown): Outcome {
  if (!(error instanceof AppError) || error.code !== 'secret_unreadable') throw error
  return { isDelivered: false, error: `The webhook cannot be signed. ${error.message}` }
}

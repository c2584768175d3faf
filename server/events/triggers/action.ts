// Does once what a trigger does.
import type { JsonObject } from '../../db/tables.ts'
import { AppError } from '../../errors.ts'
import type { Outcome } from '../channel.ts'
import type { LoggedEvent } from '../event.ts'
import type { EventServices } from '../services.ts'
import type { Subscription } from '../subscription.ts'
import { renderTemplate, TemplateError } from './template.ts'
import { sendLetter, writeLetter } from './mail.ts'
import { readTriggerSettings, webhookPace } from './settings.ts'
import { openUrl, postToSlack } from './slack.ts'
import { createWebhookChannel } from '../webhooks/channel.ts'
import { writeWebhookSettings } from '../webhooks/settings.ts'

export interface Occasion {
  /** Of the delivery. */
  readonly id: string
  readonly event: LoggedEvent
  readonly variables: JsonObject
  readonly at: Date
}

export type ActionServices = Pick<EventServices, 'sealer' | 'outgoing' | 'mailer'>

/** One attempt; with `to` an e-mail goes there instead of to whom it names. */
export async function performAction(
  services: ActionServices,
  subscription: Subscription,
  occasion: Occasion,
  to?: string,
): Promise<Outcome> {
  try {
    return await attempt(services, subscription, occasion, to)
  } catch (error) {
    if (error instanceof TemplateError) return { isDelivered: false, isFinal: !error.isTemporary, error: error.message }
    // The operator can mend it while it is tried again.
    if (error instanceof AppError && error.code === 'secret_unreadable') {
      return { isDelivered: false, error: `The URL cannot be read. ${error.message}` }
    }
    throw error
  }
}

async function attempt(
  { sealer, outgoing, mailer }: ActionServices,
  subscription: Subscription,
  { id, event, variables, at }: Occasion,
  to?: string,
): Promise<Outcome> {
  const { organizationId, secrets } = subscription
  const { action } = readTriggerSettings(subscription)
  switch (action.kind) {
    case 'email': {
      const letter = writeLetter(to === undefined ? action : { ...action, to }, variables)
      return sendLetter(mailer, letter, id)
    }
    case 'slack': {
      const text = renderTemplate('slack', 'text', action.text, variables)
      return postToSlack(outgoing, await openUrl(sealer, organizationId, secrets ?? ''), text, at)
    }
    case 'webhook': {
      const settings = writeWebhookSettings({ ...webhookPace, url: action.url })
      const delivery = { id, event, content: null, attempt: 1, at }
      return createWebhookChannel({ sealer, outgoing }).send({ ...subscription, settings }, delivery)
    }
  }
}

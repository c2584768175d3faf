// Webhook endpoints: made and changed. What they have in common with others who hear of events is in subscriptions.ts.
import type { Database } from '../../db/connect.ts'
import { transaction } from '../../db/transaction.ts'
import { checkInterest } from '../interest.ts'
import type { EventServices } from '../services.ts'
import type { Subscription } from '../subscription.ts'
import {
  changeSubscription,
  createSubscription,
  explainRace,
  lockSubscription,
  readSubscription,
} from '../subscriptions.ts'
import { checkWebhookSecret, createWebhookSecret, sealSecrets } from './secrets.ts'
import { readWebhookSettings, type WebhookSettings, writeWebhookSettings } from './settings.ts'

export interface WebhookDraft extends WebhookSettings {
  readonly name: string
  readonly types: readonly string[]
  readonly condition: string | null
  readonly enabled: boolean
}

/**
 * Makes one that hears of what happens from now on. Its secret is a random one unless it is given.
 * Throws uniqueness for a name that is taken, invalid_value for a URL, a secret or types that cannot be, invalid_filter.
 */
export async function createWebhookEndpoint(
  db: Database,
  { sealer, outgoing, compile }: Pick<EventServices, 'sealer' | 'outgoing' | 'compile'>,
  organizationId: string,
  { name, types, condition, enabled, ...draft }: WebhookDraft & { readonly secret?: string },
  at: Date,
): Promise<{ id: string; secret: string }> {
  const { secret = createWebhookSecret(), ...settings } = draft
  checkWebhookSecret(secret)
  outgoing.check(settings.url)
  await checkInterest(organizationId, { types, condition }, compile)
  const secrets = await sealSecrets(sealer, organizationId, [{ secret, until: null }])
  const subscription = { name, types, condition, enabled, secrets, settings: writeWebhookSettings(settings) }
  return { id: await createSubscription(db, organizationId, 'webhook', subscription, at), secret }
}

/** What is left out stays. Throws what making one throws, not_found, and conflict where it is changed by others at the same time. */
export async function changeWebhookEndpoint(
  db: Database,
  { outgoing, compile }: Pick<EventServices, 'outgoing' | 'compile'>,
  organizationId: string,
  id: string,
  { url, concurrency, maxPerSecond, ...changes }: Partial<WebhookDraft>,
  at: Date,
): Promise<void> {
  const before = await readSubscription(db, organizationId, 'webhook', id)
  if (url !== undefined) outgoing.check(url)
  await checkInterest(organizationId, { ...readInterestOf(before), ...changes }, compile)
  await transaction(db, async (tx) => {
    const now = await lockSubscription(tx, organizationId, 'webhook', id)
    if (JSON.stringify(readInterestOf(now)) !== JSON.stringify(readInterestOf(before))) throw explainRace('webhook')
    const given = { ...(url && { url }), ...(concurrency && { concurrency }), ...(maxPerSecond && { maxPerSecond }) }
    const settings = writeWebhookSettings({ ...readWebhookSettings(now), ...given })
    await changeSubscription(tx, organizationId, 'webhook', id, { ...changes, settings }, at)
  })
}

function readInterestOf({ types, condition }: Subscription): Pick<Subscription, 'types' | 'condition'> {
  return { types, condition }
}

// Webhook endpoints: made, changed, given new secrets. What they have in common with others who hear of events is in subscriptions.ts.
import type { Database } from '../../db/connect.ts'
import { query } from '../../db/query.ts'
import { transaction } from '../../db/transaction.ts'
import { AppError } from '../../errors.ts'
import { checkInterest } from '../interest.ts'
import type { EventServices } from '../services.ts'
import type { Subscription } from '../subscription.ts'
import { changeSubscription, createSubscription, readSubscription } from '../subscriptions.ts'
import {
  checkWebhookSecret,
  createWebhookSecret,
  openSecrets,
  rotateSecrets,
  sealSecrets,
  type WebhookSecret,
} from './secrets.ts'
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
    const now = await lockWebhookEndpoint(tx, organizationId, id)
    if (JSON.stringify(readInterestOf(now)) !== JSON.stringify(readInterestOf(before))) throw explainRace()
    const given = { ...(url && { url }), ...(concurrency && { concurrency }), ...(maxPerSecond && { maxPerSecond }) }
    const settings = writeWebhookSettings({ ...readWebhookSettings(now), ...given })
    await changeSubscription(tx, organizationId, 'webhook', id, { ...changes, settings }, at)
  })
}

/**
 * Signs with another secret, and for so many hours with the present one as well; one from before that ends.
 * Throws not_found, invalid_value for a secret that cannot be, secret_unreadable, and conflict where others do so at the same time.
 */
export async function rotateWebhookSecret(
  db: Database,
  { sealer }: Pick<EventServices, 'sealer'>,
  organizationId: string,
  id: string,
  { secret = createWebhookSecret(), keepOldForHours }: { readonly secret?: string; readonly keepOldForHours: number },
  at: Date,
): Promise<{ secret: string; old: WebhookSecret | undefined }> {
  checkWebhookSecret(secret)
  const before = await readSubscription(db, organizationId, 'webhook', id)
  const present = await openSecrets(sealer, organizationId, before.secrets ?? '')
  const rotated = rotateSecrets(present, secret, keepOldForHours, at)
  const secrets = await sealSecrets(sealer, organizationId, rotated)
  await transaction(db, async (tx) => {
    const now = await lockWebhookEndpoint(tx, organizationId, id)
    if (now.secrets !== before.secrets) throw explainRace()
    await changeSubscription(tx, organizationId, 'webhook', id, { secrets }, at)
  })
  return { secret, old: rotated[1] }
}

function readInterestOf({ types, condition }: Subscription): Pick<Subscription, 'types' | 'condition'> {
  return { types, condition }
}

async function lockWebhookEndpoint(tx: Database, organizationId: string, id: string): Promise<Subscription> {
  await query(tx, 'select 1 from subscriptions where org_id = $1 and id = $2 for update', [organizationId, id])
  return readSubscription(tx, organizationId, 'webhook', id)
}

function explainRace(): AppError {
  return new AppError(
    'conflict',
    'The webhook endpoint was changed at the same time; read it, and send the request again.',
  )
}

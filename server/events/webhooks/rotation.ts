// New secrets for what sends webhooks: webhook endpoints, and triggers.
import type { Database } from '../../db/connect.ts'
import type { SubscriptionKind } from '../../db/tables.ts'
import { transaction } from '../../db/transaction.ts'
import type { EventServices } from '../services.ts'
import type { Subscription } from '../subscription.ts'
import { changeSubscription, explainRace, lockSubscription } from '../subscriptions.ts'
import { checkWebhookSecret, createWebhookSecret, openSecrets, rotateSecrets, sealSecrets } from './secrets.ts'

export interface Rotation {
  /** A random one where it is left out. */
  readonly secret?: string
  readonly keepOldForHours: number
}

/**
 * Signs with another secret, and for so many hours with the present one as well; one from before that ends.
 * Throws not_found, invalid_value for a secret that cannot be, secret_unreadable, and conflict where others do so at the same time.
 */
export async function rotateSecret(
  db: Database,
  { sealer }: Pick<EventServices, 'sealer'>,
  kind: SubscriptionKind,
  { organizationId, id, secrets: before }: Subscription,
  { secret = createWebhookSecret(), keepOldForHours }: Rotation,
  at: Date,
): Promise<{ secret: string; oldUntil: string | null }> {
  checkWebhookSecret(secret)
  const present = await openSecrets(sealer, organizationId, before ?? '')
  const rotated = rotateSecrets(present, secret, keepOldForHours, at)
  const secrets = await sealSecrets(sealer, organizationId, rotated)
  await transaction(db, async (tx) => {
    const now = await lockSubscription(tx, organizationId, kind, id)
    if (now.secrets !== before) throw explainRace(kind)
    await changeSubscription(tx, organizationId, kind, id, { secrets }, at)
  })
  return { secret, oldUntil: rotated[1]?.until ?? null }
}

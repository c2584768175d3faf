// New secrets for triggers that send webhooks.
import type { Database } from '../../db/connect.ts'
import { query } from '../../db/query.ts'
import { transaction } from '../../db/transaction.ts'
import { AppError } from '../../errors.ts'
import type { EventServices } from '../services.ts'
import { changeSubscription, readSubscription } from '../subscriptions.ts'
import { readTriggerSettings } from './settings.ts'
import { createWebhookSecret, openSecrets, rotateSecrets, sealSecrets } from '../webhooks/secrets.ts'

/**
 * Signs with a new secret, and for so many hours with the present one as well; one from before that ends.
 * Throws not_found, secret_unreadable, and conflict for a trigger that sends no webhooks, or where others do so at the same time.
 */
export async function rotateTriggerSecret(
  db: Database,
  { sealer }: EventServices,
  organizationId: string,
  id: string,
  keepOldForHours: number,
  at: Date,
): Promise<{ secret: string; oldUntil: string | null }> {
  const before = await readSubscription(db, organizationId, 'trigger', id)
  if (readTriggerSettings(before).action.kind !== 'webhook') {
    throw new AppError('conflict', 'Only triggers that send webhooks have a secret.')
  }
  const secret = createWebhookSecret()
  const present = await openSecrets(sealer, organizationId, before.secrets ?? '')
  const rotated = rotateSecrets(present, secret, keepOldForHours, at)
  const secrets = await sealSecrets(sealer, organizationId, rotated)
  await transaction(db, async (tx) => {
    await query(tx, 'select 1 from subscriptions where org_id = $1 and id = $2 for update', [organizationId, id])
    const now = await readSubscription(tx, organizationId, 'trigger', id)
    if (now.secrets !== before.secrets) {
      throw new AppError('conflict', 'The secret was changed at the same time; send the request again.')
    }
    await changeSubscription(tx, organizationId, 'trigger', id, { secrets }, at)
  })
  return { secret, oldUntil: rotated[1]?.until ?? null }
}

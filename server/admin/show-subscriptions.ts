import type { Database } from '../db/connect.ts'
import { countDeliveries } from '../events/delivery-counts.ts'
import { readLastNumber } from '../events/log.ts'
import { isFailing } from '../events/delivery/retry.ts'
import type { Subscription } from '../events/subscription.ts'

/** Subscriptions of one organization, in the same order, with the members of `subscriptionMembers` and their ids and names. */
export async function showSubscriptions(
  db: Database,
  organizationId: string,
  found: readonly Subscription[],
): Promise<Record<string, unknown>[]> {
  const ids = found.map(({ id }) => id)
  const counts = await countDeliveries(db, organizationId, ids)
  const last = await readLastNumber(db, organizationId)
  return found.map((subscription) => {
    const { id, name, types, condition, enabled, disabledReason } = subscription
    const { failures, failingSince, takenNumber, createdAt, modifiedAt } = subscription
    const state = readState(subscription)
    const going = { state, disabledReason, failures, failingSince, behind: Math.max(0, last - takenNumber) }
    return { id, name, types, condition, enabled, ...going, ...counts.get(id), createdAt, modifiedAt }
  })
}

function readState({ enabled, failures, failingSince }: Subscription): 'enabled' | 'failing' | 'disabled' {
  if (!enabled) return 'disabled'
  return isFailing({ failures, failingSince, pausedUntil: null }) ? 'failing' : 'enabled'
}

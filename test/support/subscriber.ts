// A webhook endpoint of a tenant, with the receiver behind it and an engine that tells it over a small channel.
import type { DeliveryState } from '../../server/db/tables.ts'
import { type Delivery, listDeliveries } from '../../server/events/deliveries.ts'
import type { Subscription } from '../../server/events/subscription.ts'
import { createSubscription, readSubscription, type SubscriptionDraft } from '../../server/events/subscriptions.ts'
import { clock, createTenant, type Tenant } from './app.ts'
import { startTestEngine, type TestEngine } from './events.ts'
import { httpChannel, readTold, type Told } from './http-channel.ts'
import { testDatabase } from './postgres.ts'
import { type Receiver, startReceiver } from './receiver.ts'

export interface Subscriber {
  readonly tenant: Tenant
  readonly id: string
  readonly receiver: Receiver
  readonly engine: TestEngine
  /** What came, in its order. */
  told(): Told[]
  read(): Promise<Subscription>
  /** The oldest first. */
  deliveries(state?: DeliveryState): Promise<Delivery[]>
}

/** `tenant` gets one more endpoint; the receiver ends with the test (`closeReceivers`). */
export async function addSubscriber(draft: Partial<SubscriptionDraft> = {}, tenant?: Tenant): Promise<Subscriber> {
  const owner = tenant ?? (await createTenant())
  const { organizationId } = owner
  const db = testDatabase()
  const receiver = await startReceiver()
  receivers.push(receiver)
  const settings = { url: receiver.origin, ...draft.settings }
  const whole = { name: receiver.origin, types: ['user.*'], condition: null, ...draft, settings }
  const id = await createSubscription(db, organizationId, 'webhook', whole, clock.now())
  return {
    tenant: owner,
    id,
    receiver,
    engine: startTestEngine(owner, { webhook: httpChannel }),
    told: () => readTold(receiver.received),
    read: () => readSubscription(db, organizationId, 'webhook', id),
    deliveries: async (state) => {
      const search = { limit: 10_000, ...(state !== undefined && { state }) }
      return (await listDeliveries(db, organizationId, id, search)).toReversed()
    },
  }
}

const receivers: Receiver[] = []

export async function closeReceivers(): Promise<void> {
  await Promise.all(receivers.splice(0).map((receiver) => receiver.close()))
}

// One attempt to deliver a webhook, without the engine.
import { expect } from 'chai'
import { randomBytes } from 'node:crypto'
import { createSealer } from '../../server/auth/sealer.ts'
import type { Channel, Outcome } from '../../server/events/channel.ts'
import { imagineEvent } from '../../server/events/event.ts'
import type { Subscription } from '../../server/events/subscription.ts'
import { readSubscription } from '../../server/events/subscriptions.ts'
import { createWebhookChannel } from '../../server/events/webhooks/channel.ts'
import { createWebhookEndpoint } from '../../server/events/webhooks/endpoints.ts'
import { createOutgoing, type Outgoing } from '../../server/ops/outgoing.ts'
import { clock, createTenant } from '../support/app.ts'
import { testDatabase } from '../support/postgres.ts'
import { type Received, type Receiver, startReceiver } from '../support/receiver.ts'
import { verifyWebhook } from '../support/webhooks.ts'

const newKey = (name: string): string => `${name}:${randomBytes(32).toString('base64url')}`

describe('the webhook channel', () => {
  let receiver: Receiver
  let outgoing: Outgoing
  beforeEach(async () => {
    receiver = await startReceiver()
    outgoing = createOutgoing({ allow: '127.0.0.1' })
  })
  afterEach(async () => {
    await outgoing.close()
    await receiver.close()
  })

  const createChannel = (keys?: string, to = outgoing): Channel =>
    createWebhookChannel({ sealer: createSealer(testDatabase(), keys, clock.now), outgoing: to })

  async function createEndpoint(keys?: string): Promise<{ subscription: Subscription; secret: string }> {
    const { organizationId } = await createTenant()
    const services = {
      sealer: createSealer(testDatabase(), keys, clock.now),
      outgoing,
      compile: () => Promise.resolve(() => true),
    }
    const pace = { concurrency: 3, maxPerSecond: 70 }
    const draft = { name: 'Payroll', url: receiver.origin, types: ['*'], condition: null, enabled: true, ...pace }
    const { id, secret } = await createWebhookEndpoint(testDatabase(), services, organizationId, draft, clock.now())
    return { subscription: await readSubscription(testDatabase(), organizationId, 'webhook', id), secret }
  }

  function send(channel: Channel, subscription: Subscription): Promise<Outcome> {
    const at = clock.now()
    const { organizationId, id, name } = subscription
    const of = { type: 'webhook.test', resourceType: 'WebhookEndpoint', resourceId: id }
    const event = imagineEvent(organizationId, of, { resource: { id, name } }, at)
    return channel.send(subscription, { id: 'dlv_1', event, content: null, attempt: 1, at })
  }

  it('has the pace of the endpoint', async () => {
    const { subscription } = await createEndpoint()
    expect(createChannel().readPace(subscription)).to.deep.equal({ concurrency: 3, perSecond: 70 })
  })

  it('signs with what an older key of the operator has sealed, and with what the database has', async () => {
    const [old, fresh] = [newKey('old'), newKey('fresh')]
    for (const keys of [old, undefined]) {
      const { subscription, secret } = await createEndpoint(keys)
      expect(await send(createChannel(`${fresh},${old}`), subscription)).to.deep.equal({
        isDelivered: true,
        status: 200,
      })
      verifyWebhook(receiver.received.at(-1) as Received, secret)
    }
  })

  it('sends nothing without the key, and says which one is missing', async () => {
    const { subscription, secret } = await createEndpoint(newKey('old'))
    const outcome = await send(createChannel(newKey('fresh')), subscription)
    expect(outcome).to.deep.equal({
      isDelivered: false,
      error: 'The webhook cannot be signed. A secret was sealed with the key old, which is not in ENCRYPTION_KEYS.',
    })
    expect(JSON.stringify(outcome)).not.to.contain(secret.slice(6))
    expect(receiver.received).to.have.length(0)
  })

  it('asks at each attempt whether it may go there', async () => {
    const { subscription } = await createEndpoint()
    const strict = createOutgoing({})
    const outcome = await send(createChannel(undefined, strict), subscription)
    await strict.close()
    const error = '127.0.0.1 is at an address that is not public. The operator can allow it with OUTGOING_ALLOW.'
    expect(outcome).to.deep.equal({ isDelivered: false, error })
    expect(receiver.received).to.have.length(0)
  })

  for (const [header, waitMs] of [
    ['0', 0],
    ['7', 7000],
    ['-7', undefined],
    ['soon', undefined],
  ] as const) {
    it(`reads how long it should wait: ${header}`, async () => {
      const { subscription } = await createEndpoint()
      receiver.answer = (_received, response) => response.writeHead(429, { 'Retry-After': header }).end()
      const { waitMs: found, ...outcome } = await send(createChannel(), subscription)
      expect(outcome).to.deep.equal({ isDelivered: false, status: 429, error: 'The receiver answered 429.' })
      expect(found).to.equal(waitMs)
    })
  }
})

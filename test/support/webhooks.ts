// Webhooks as a receiver has them: checked with the library's own verifier.
import { Webhook } from 'standardwebhooks'
import { createSealer } from '../../server/auth/sealer.ts'
import { createWebhookChannel } from '../../server/events/webhooks/channel.ts'
import { createOutgoing } from '../../server/ops/outgoing.ts'
import { AdminClient } from './admin-client.ts'
import { clock, type Tenant } from './app.ts'
import { startTestEngine, type TestEngine } from './events.ts'
import { testDatabase } from './postgres.ts'
import type { Received } from './receiver.ts'
import type { Body } from './scim-client.ts'

/** The body of a webhook whose signature is right by the tests' clock; throws the library's error where it is not. */
export function verifyWebhook({ headers, body }: Received, secret: string): Body {
  const now = clock.now().getTime()
  const { now: realNow } = Date
  Date.now = () => now // the library asks it, and at nothing else
  try {
    return new Webhook(secret).verify(body, headers as Record<string, string>) as Body
  } finally {
    Date.now = realNow
  }
}

/** Delivers the webhooks of one organization, also to this machine. */
export function startWebhooks(tenant: Tenant): TestEngine {
  const sealer = createSealer(testDatabase(), undefined, clock.now)
  return startTestEngine(tenant, {
    webhook: createWebhookChannel({ sealer, outgoing: createOutgoing({ allow: '127.0.0.1' }) }),
  })
}

export interface Hook {
  readonly id: string
  readonly secret: string
  /** Below the organization, for the management API. */
  readonly path: string
}

/** A webhook endpoint made by the management API. */
export async function createHook(tenant: Tenant, url: string, more: Body = {}): Promise<Hook> {
  const body = { name: 'Payroll', url, types: ['*'], ...more }
  const reply = await new AdminClient(tenant).post('/webhook-endpoints', body)
  if (reply.status !== 201) throw new Error(`the webhook endpoint was not made: ${reply.text}`)
  const { id, secret } = reply.body as { id: string; secret: string }
  return { id, secret, path: `/webhook-endpoints/${id}` }
}

// What webhooks are signed with (https://github.com/standard-webhooks/standard-webhooks): a secret, and for a while the one before.
import { randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import type { Sealer } from '../../auth/sealer.ts'
import { AppError } from '../../errors.ts'

/** The newest first; each but the first has an end. */
export type WebhookSecrets = readonly WebhookSecret[]

export interface WebhookSecret {
  readonly secret: string
  /** As in JSON; null for no end. */
  readonly until: string | null
}

const hourMs = 3_600_000
const prefix = 'whsec_'

/** A new one: `whsec_` and 32 bytes in base64. */
export function createWebhookSecret(): string {
  return `${prefix}${randomBytes(32).toString('base64')}`
}

/** Throws invalid_value for what is not `whsec_` and 24 to 64 bytes in base64. */
export function checkWebhookSecret(secret: string): void {
  const text = secret.slice(prefix.length)
  const key = Buffer.from(text, 'base64')
  if (secret.startsWith(prefix) && key.toString('base64') === text && key.length >= 24 && key.length <= 64) return
  const detail = `secret must be ${prefix} and 24 to 64 bytes in base64; leave it out for a random one.`
  throw new AppError('invalid_value', detail, { data: { param: 'secret' } })
}

/** With a new secret; the one before stays for so many hours, and those before it end. */
export function rotateSecrets(
  secrets: WebhookSecrets,
  secret: string,
  keepOldForHours: number,
  at: Date,
): WebhookSecrets {
  const fresh = { secret, until: null }
  const [old] = secrets
  if (old === undefined || keepOldForHours === 0) return [fresh]
  return [fresh, { secret: old.secret, until: new Date(at.getTime() + keepOldForHours * hourMs).toISOString() }]
}

/** The header `webhook-signature`: one signature for each secret that lives. */
export function signWebhook(secrets: WebhookSecrets, id: string, at: Date, body: string): string {
  const live = secrets.filter(({ until }) => until === null || new Date(until) > at)
  return live.map(({ secret }) => new Webhook(secret).sign(id, at, body)).join(' ')
}

export function sealSecrets(sealer: Sealer, organizationId: string, secrets: WebhookSecrets): Promise<string> {
  return sealer.seal(describe(organizationId), JSON.stringify(secrets))
}

/** Throws secret_unreadable. */
export async function openSecrets(sealer: Sealer, organizationId: string, sealed: string): Promise<WebhookSecrets> {
  return JSON.parse(await sealer.open(describe(organizationId), sealed)) as WebhookSecrets
}

function describe(organizationId: string): string {
  return `webhook ${organizationId}`
}

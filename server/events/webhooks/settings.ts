// Where a webhook endpoint is, and how much it takes.
import type { JsonObject } from '../../db/tables.ts'
import type { Subscription } from '../subscription.ts'

export interface WebhookSettings {
  readonly url: string
  /** How many attempts may be under way at once: 1 to 32. */
  readonly concurrency: number
  /** How many attempts may begin in a second: 1 to 1000. */
  readonly maxPerSecond: number
}

export function readWebhookSettings({ settings }: Subscription): WebhookSettings {
  return settings as unknown as WebhookSettings
}

export function writeWebhookSettings({ url, concurrency, maxPerSecond }: WebhookSettings): JsonObject {
  return { url, concurrency, maxPerSecond }
}

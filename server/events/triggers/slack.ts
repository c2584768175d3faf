// Triggers that post to Slack's incoming webhooks (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks).
import type { Sealer } from '../../auth/sealer.ts'
import type { Outgoing } from '../../ops/outgoing.ts'
import type { Outcome } from '../channel.ts'
import { attemptRequest } from '../http-outcome.ts'

// Slack cuts what is longer.
const maxTextLength = 40_000

/** One attempt. What Slack says of the webhook being gone ends the trigger. */
export async function postToSlack(outgoing: Outgoing, url: string, text: string, at: Date): Promise<Outcome> {
  const body = JSON.stringify({ text: text.slice(0, maxTextLength).toWellFormed() })
  const headers = { 'content-type': 'application/json' }
  const outcome = await attemptRequest(outgoing, { method: 'POST', url, headers, body }, at)
  const { isDelivered, status = 500, answer } = outcome
  if (isDelivered || status === 429 || status >= 500) return outcome
  if (status === 404 && answer?.includes('no_service')) {
    return { ...outcome, isFinal: true, disable: 'Slack answered that the webhook is gone (no_service).' }
  }
  return { ...outcome, isFinal: true }
}

/** The URL, which is a secret, sealed. */
export function sealUrl(sealer: Sealer, organizationId: string, url: string): Promise<string> {
  return sealer.seal(`slack ${organizationId}`, url)
}

/** Throws secret_unreadable. */
export function openUrl(sealer: Sealer, organizationId: string, sealed: string): Promise<string> {
  return sealer.open(`slack ${organizationId}`, sealed)
}

/** What of the URL can be shown: where it is, and of a long one enough of its end to tell it from others. */
export function maskUrl(url: string): string {
  const { origin, pathname } = new URL(url)
  return `${origin}/…${pathname.length < 24 ? '' : pathname.slice(-4)}`
}

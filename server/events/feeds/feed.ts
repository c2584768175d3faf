// Feeds of security event tokens: to whom, and how.
import type { Sealer } from '../../auth/sealer.ts'
import type { JsonObject } from '../../db/tables.ts'
import type { FeedMode } from './security-event.ts'
import type { Subscription } from '../subscription.ts'

export interface FeedSettings {
  /** The claim `aud`. */
  readonly audience: string
  /** Pushed (RFC 8935), or fetched by the receiver (RFC 8936). */
  readonly method: 'push' | 'poll'
  readonly mode: FeedMode
  /** Where tokens are pushed to; null where they are fetched. */
  readonly url: string | null
  /** The only token of the organization that may fetch them; null for each with the scope `events`. */
  readonly tokenId: string | null
}

export function readFeedSettings({ settings }: Pick<Subscription, 'settings'>): FeedSettings {
  const { audience, method, mode, url, tokenId } = settings
  return {
    audience: typeof audience === 'string' ? audience : '',
    method: method === 'poll' ? 'poll' : 'push',
    mode: mode === 'full' ? 'full' : 'notice',
    url: typeof url === 'string' ? url : null,
    tokenId: typeof tokenId === 'string' ? tokenId : null,
  }
}

/** As they are stored. */
export function writeFeedSettings(settings: FeedSettings): JsonObject {
  return { ...settings }
}

/** What is sent in `Authorization` with what is pushed, as it is stored. */
export function sealAuthorization(sealer: Sealer, organizationId: string, header: string): Promise<string> {
  return sealer.seal(nameSecret(organizationId), JSON.stringify({ authorizationHeader: header }))
}

/** undefined where there is none. Throws secret_unreadable. */
export async function openAuthorization(sealer: Sealer, feed: Subscription): Promise<string | undefined> {
  if (feed.secrets === null) return undefined
  const secrets: unknown = JSON.parse(await sealer.open(nameSecret(feed.organizationId), feed.secrets))
  if (typeof secrets !== 'object' || secrets === null || !('authorizationHeader' in secrets)) return undefined
  return String(secrets.authorizationHeader)
}

// A feed gets its id when it is stored, so that its secrets are known by the organization.
function nameSecret(organizationId: string): string {
  return `feeds/${organizationId}`
}

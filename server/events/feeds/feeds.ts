// Feeds: made and changed. What they have in common with others who hear of events is in subscriptions.ts.
import { listTokens } from '../../auth/tokens.ts'
import type { Database } from '../../db/connect.ts'
import { transaction } from '../../db/transaction.ts'
import { AppError } from '../../errors.ts'
import { type FeedSettings, readFeedSettings, sealAuthorization, writeFeedSettings } from './feed.ts'
import { checkInterest } from '../interest.ts'
import type { EventServices } from '../services.ts'
import type { Subscription } from '../subscription.ts'
import {
  changeSubscription,
  createSubscription,
  explainRace,
  lockSubscription,
  readSubscription,
} from '../subscriptions.ts'

export interface FeedDraft extends FeedSettings {
  readonly name: string
  readonly types: readonly string[]
  readonly condition: string | null
  readonly enabled: boolean
  /** What is sent in `Authorization` with what is pushed; null for nothing. */
  readonly authorizationHeader: string | null
}

/**
 * Makes one that hears of what happens from now on. Throws uniqueness for a name that is taken, invalid_value for settings or types
 * that cannot be, invalid_filter.
 */
export async function createFeed(
  db: Database,
  services: EventServices,
  organizationId: string,
  { name, types, condition, enabled, authorizationHeader, ...settings }: FeedDraft,
  at: Date,
): Promise<string> {
  await checkSettings(db, services, organizationId, settings)
  await checkInterest(organizationId, { types, condition }, services.compile)
  const secrets = await seal(services, organizationId, authorizationHeader)
  const subscription = { name, types, condition, enabled, secrets, settings: writeFeedSettings(settings) }
  return createSubscription(db, organizationId, 'feed', subscription, at)
}

/** What is left out stays. Throws what making one throws, not_found, and conflict where it is changed by others at the same time. */
export async function changeFeed(
  db: Database,
  services: EventServices,
  organizationId: string,
  id: string,
  { name, types, condition, enabled, authorizationHeader, ...given }: Partial<FeedDraft>,
  at: Date,
): Promise<void> {
  const before = await readSubscription(db, organizationId, 'feed', id)
  const settings = { ...readFeedSettings(before), ...given }
  await checkSettings(db, services, organizationId, settings)
  const interest = { types: types ?? before.types, condition: condition === undefined ? before.condition : condition }
  await checkInterest(organizationId, interest, services.compile)
  const changes = {
    ...(name !== undefined && { name }),
    ...(enabled !== undefined && { enabled }),
    ...(authorizationHeader !== undefined && { secrets: await seal(services, organizationId, authorizationHeader) }),
    ...interest,
    settings: writeFeedSettings(settings),
  }
  await transaction(db, async (tx) => {
    if (isChanged(before, await lockSubscription(tx, organizationId, 'feed', id))) throw explainRace('feed')
    await changeSubscription(tx, organizationId, 'feed', id, changes, at)
  })
}

function isChanged(before: Subscription, now: Subscription): boolean {
  const describe = ({ types, condition, settings }: Subscription): string =>
    JSON.stringify([types, condition, writeFeedSettings(readFeedSettings({ settings }))])
  return describe(before) !== describe(now)
}

async function seal(
  { sealer }: EventServices,
  organizationId: string,
  authorizationHeader: string | null,
): Promise<string | null> {
  return authorizationHeader === null ? null : sealAuthorization(sealer, organizationId, authorizationHeader)
}

async function checkSettings(
  db: Database,
  { outgoing }: EventServices,
  organizationId: string,
  { method, url, tokenId }: FeedSettings,
): Promise<void> {
  if (method === 'push' && url === null) throw refuse('url', 'url is missing: a feed that is pushed needs one.')
  if (method === 'poll' && url !== null) throw refuse('url', 'url must be null: a feed that is polled has none.')
  if (url !== null) outgoing.check(url, { requiresTls: true })
  if (tokenId === null) return
  const tokens = await listTokens(db, organizationId)
  const token = tokens.find(({ id, revokedAt }) => id === tokenId && revokedAt === null)
  if (token?.scopes.includes('events') !== true) {
    throw refuse('tokenId', `tokenId: there is no live token ${tokenId} with the scope events.`)
  }
}

function refuse(param: string, detail: string): AppError {
  return new AppError('invalid_value', detail, { data: { param } })
}

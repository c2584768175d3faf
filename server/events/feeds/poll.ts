// Answers a receiver that comes for its tokens (RFC 8936).
import type { Database } from '../../db/connect.ts'
import type { JsonObject } from '../../db/tables.ts'
import { listWaiting, type Receipt, recordReceipt, type Refusal, type WaitingDelivery } from './deliveries.ts'
import { readEvent } from '../log.ts'
import { nothingLeft, tellAgain, writeToken } from './channel.ts'
import type { EventServices } from '../services.ts'
import type { Subscription } from '../subscription.ts'

export interface PollRequest extends Receipt {
  /** With 0 the receiver only says what became of what it has. */
  readonly maxEvents: number
  readonly returnImmediately: boolean
}

export interface PollAnswer {
  /** By the id of each token, which is its `jti`. */
  readonly sets: Readonly<Record<string, string>>
  readonly moreAvailable: boolean
}

export interface PollParts {
  readonly db: Database
  readonly events: EventServices
  readonly at: Date
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal
}

/** How many tokens one answer has at most, however many are asked for. */
export const maxTokens = 100

/** Records what the receiver says, and answers with the first tokens that wait. Throws rate_limited, secret_unreadable. */
export async function pollFeed(parts: PollParts, feed: Subscription, request: PollRequest): Promise<PollAnswer> {
  const { db, events, at, signal } = parts
  await recordReceipt(db, feed, request, at)
  const count = Math.min(request.maxEvents, maxTokens)
  const read = (): Promise<WaitingDelivery[]> => listWaiting(db, feed, count + 1)
  let waiting = await read()
  if (waiting.length === 0 && count > 0 && !request.returnImmediately) {
    await events.feedWaiting.wait(feed, signal)
    waiting = await read()
  }
  const sets: Record<string, string> = {}
  const setErrs: Record<string, Refusal> = {}
  for (const delivery of waiting.slice(0, count)) {
    const { id } = delivery
    const content = delivery.content ?? (await findLeft(parts, feed, delivery))
    if (content === undefined) setErrs[id] = { err: 'gone', description: nothingLeft }
    else sets[id] = await writeToken(events, feed, { id, content })
  }
  await recordReceipt(db, feed, { ack: [], setErrs }, at)
  return { sets, moreAvailable: waiting.length > count }
}

async function findLeft(
  { db, events }: PollParts,
  feed: Subscription,
  { eventNumber }: WaitingDelivery,
): Promise<JsonObject | undefined> {
  const event = await readEvent(db, feed.organizationId, eventNumber)
  return event === undefined ? undefined : tellAgain(events, feed, event)
}

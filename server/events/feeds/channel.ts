// Tells of events as security event tokens: pushes them (RFC 8935), or leaves them to be fetched (RFC 8936).
import type { JsonObject } from '../../db/tables.ts'
import { AppError } from '../../errors.ts'
import { toLine } from '../../ops/line.ts'
import type { Channel, DueDelivery, Outcome } from '../channel.ts'
import type { LoggedEvent } from '../event.ts'
import { openAuthorization, readFeedSettings } from './feed.ts'
import type { Refusal } from './deliveries.ts'
import { attemptRequest } from '../http-outcome.ts'
import { makeParcels } from './security-event-parcels.ts'
import type { EventServices } from '../services.ts'
import type { Subscription } from '../subscription.ts'

// RFC 8935 section 2.4: what would be refused again. Who lacks rights may be given them.
const finalErrors: ReadonlySet<string> = new Set([
  'invalid_request',
  'invalid_key',
  'invalid_issuer',
  'invalid_audience',
])

/** Why there is nothing to send. */
export const nothingLeft = 'The person was anonymized: there is nothing left to tell.'

export function createFeedChannel(services: EventServices): Channel {
  const { endpointOf } = services
  return {
    pack: (feed, told) => makeParcels(told, readFeedSettings(feed).mode, endpointOf),
    send: (feed, delivery) => push(services, feed, delivery).catch(explainSecret),
    isPolled: (feed) => readFeedSettings(feed).method === 'poll',
    readPace: () => ({ concurrency: 8, perSecond: 200 }),
  }
}

/**
 * What is told of an event after what was to be told of it was removed, for the person was anonymized since; undefined where that is
 * nothing any more.
 */
export function tellAgain(
  { endpointOf }: EventServices,
  feed: Subscription,
  event: LoggedEvent,
): JsonObject | undefined {
  const told = { event, concern: { before: true, after: true } }
  return makeParcels([told], readFeedSettings(feed).mode, endpointOf)[0]?.content
}

/** A delivery as a signed token (RFC 8417). Throws secret_unreadable, database_unavailable. */
export function writeToken(
  { publicUrl, signingKeys }: EventServices,
  feed: Subscription,
  { id, content }: { readonly id: string; readonly content: JsonObject },
): Promise<string> {
  const { audience } = readFeedSettings(feed)
  return signingKeys.sign({ iss: publicUrl, jti: id, aud: audience, ...content })
}

async function push(services: EventServices, feed: Subscription, delivery: DueDelivery): Promise<Outcome> {
  const { url } = readFeedSettings(feed)
  if (url === null) return { isDelivered: false, error: 'The feed has no url; set one, or let it be fetched.' }
  const { id, event } = delivery
  const content = delivery.content ?? tellAgain(services, feed, event)
  if (content === undefined) return { isDelivered: false, isFinal: true, error: nothingLeft }
  const authorization = await openAuthorization(services.sealer, feed)
  const headers = {
    'content-type': 'application/secevent+jwt',
    accept: 'application/json',
    ...(authorization !== undefined && { authorization }),
  }
  const body = await writeToken(services, feed, { id, content })
  // Never without TLS (RFC 9967 section 5).
  const request = { method: 'POST', url, headers, body, requiresTls: true } as const
  return judgeRefusal(await attemptRequest(services.outgoing, request, delivery.at))
}

// RFC 8935 section 2.3: 400 says why, and that tells whether it would be refused again.
function judgeRefusal(outcome: Outcome): Outcome {
  const refusal = outcome.status === 400 ? readRefusal(outcome.answer ?? '') : undefined
  if (refusal === undefined) return outcome
  const { err, description } = refusal
  return { ...outcome, isFinal: finalErrors.has(err), error: toLine(`${err}: ${description}`) }
}

function readRefusal(body: string): Refusal | undefined {
  const said = parse(body)
  if (typeof said !== 'object' || said === null || !('err' in said) || typeof said.err !== 'string') return undefined
  return { err: said.err, description: 'description' in said ? toText(said.description) : '' }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

// The operator can mend it while it is tried again.
function explainSecret(error: unknown): Outcome {
  if (!(error instanceof AppError) || error.code !== 'secret_unreadable') throw error
  return { isDelivered: false, error: `The token cannot be signed or sent. ${error.message}` }
}

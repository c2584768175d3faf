// What the answer to a request means for a delivery, whatever is sent.
import { toLine } from '../ops/line.ts'
import { type Outgoing, type OutgoingAnswer, OutgoingError, type OutgoingRequest } from '../ops/outgoing.ts'
import { readRetryAfter } from '../ops/retry-after.ts'
import type { Outcome } from './channel.ts'

const keptBytes = 2048

/**
 * Sends a request as one attempt of a delivery, which may be tried again unless it was answered with 2xx. 410 says that the receiver
 * wants nothing more; 429 and 503 how long it wants to be left alone.
 */
export async function attemptRequest(outgoing: Outgoing, request: OutgoingRequest, at: Date): Promise<Outcome> {
  try {
    return readOutcome(await outgoing.send(request), at)
  } catch (error) {
    if (!(error instanceof OutgoingError)) throw error
    return { isDelivered: false, error: error.message }
  }
}

function readOutcome({ status, headers, body }: OutgoingAnswer, at: Date): Outcome {
  const said = { status, ...(body !== '' && { answer: cut(body) }) }
  if (status >= 200 && status < 300) return { ...said, isDelivered: true }
  const failure = { ...said, isDelivered: false, error: explain(status, headers['location']) }
  if (status === 410) return { ...failure, disable: 'The receiver answered 410 Gone.' }
  const waitMs = status === 429 || status === 503 ? readRetryAfter(headers['retry-after'], at) : undefined
  return waitMs === undefined ? failure : { ...failure, waitMs }
}

function explain(status: number, location: string | undefined): string {
  if (status < 300 || status >= 400) return `The receiver answered ${status}.`
  const place = location === undefined ? '' : ` to ${toLine(location)}`
  return `The receiver answered ${status}, a redirect${place}. Redirects are not followed: change the url to where it leads.`
}

// The bytes may end within a character. U+0000 cannot be stored.
function cut(body: string): string {
  const bytes = Buffer.from(body).subarray(0, keptBytes)
  return new TextDecoder().decode(bytes, { stream: true }).replaceAll('\0', '\uFFFD')
}

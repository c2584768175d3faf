// When a source may be asked: within its limit, and not before it says so.
import type { RateLimit } from '../../../providers/provider.ts'
import type { OutgoingAnswer } from '../../ops/outgoing.ts'
import { readRetryAfter } from '../../ops/retry-after.ts'

const firstWaitMs = 1000

/** More seconds than this are a moment since 1970, and more than the other one milliseconds since then. */
const leastEpochSeconds = 1_000_000_000
const leastEpochMilliseconds = 100_000_000_000

export interface Pace {
  /** Takes the next place for a request → milliseconds until it is there. */
  take(): number
  /** Lets nothing begin within so many milliseconds from now. */
  hold(milliseconds: number): void
}

/**
 * Lets no more than `requests` begin in any `perMs`, wherever that time begins. p-queue could do that as well, but only by the machine's
 * clock.
 */
export function createPace({ requests, perMs }: RateLimit, now: () => Date): Pace {
  const begun: number[] = []
  let heldUntil = 0
  return {
    take: () => {
      const at = now().getTime()
      const oldest = begun.length < requests ? undefined : begun.shift()
      const beginAt = Math.max(at, heldUntil, oldest === undefined ? at : oldest + perMs)
      begun.push(beginAt)
      return beginAt - at
    },
    hold: (milliseconds) => {
      heldUntil = Math.max(heldUntil, now().getTime() + milliseconds)
    },
  }
}

/**
 * How long a source that is too busy wants to be left alone, in milliseconds: by Retry-After, or else by when its limit begins anew, which
 * HiBob calls X-RateLimit-Reset and Okta X-Rate-Limit-Reset. Undefined where it says neither, or that the time has come.
 */
export function readToldMs({ status, headers }: OutgoingAnswer, at: Date): number | undefined {
  if (status !== 429 && status !== 503) return undefined
  const reset = headers['x-ratelimit-reset'] ?? headers['x-rate-limit-reset']
  const waitMs = readRetryAfter(headers['retry-after'], at) ?? readReset(reset, at)
  return waitMs === undefined || waitMs <= 0 ? undefined : waitMs
}

function readReset(text: string | undefined, at: Date): number | undefined {
  if (text === undefined || !/^\d{1,16}(\.\d+)?$/.test(text)) return undefined
  const value = Number(text)
  if (value >= leastEpochMilliseconds) return Math.ceil(value) - at.getTime()
  return Math.ceil(value * 1000) - (value >= leastEpochSeconds ? at.getTime() : 0)
}

/**
 * How long to wait after so many attempts, in milliseconds: twice as long each time, and a part of it by chance, so that what failed
 * together does not come together again. A limit that does not say when it ends has ended when its time is over.
 */
export function backOff(attempts: number, isLimited: boolean, { perMs }: RateLimit): number {
  const waitMs = firstWaitMs * 2 ** (attempts - 1) * (1 + Math.random())
  return Math.ceil(isLimited ? Math.max(waitMs, perMs) : waitMs)
}

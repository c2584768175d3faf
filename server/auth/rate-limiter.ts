// A limit for each token, so that one client cannot starve the others. Generous: Entra sends 25 requests a second and more, and
// a first import bursts. Workers tell each other what they let through, for a client that keeps to one connection keeps to one
// worker, and must get there all that is allowed.
import { AppError } from '../errors.ts'

interface Bucket {
  tokens: number
  at: number
  /** What was taken here since the last report. */
  unreported: number
}

/** A key, and how many requests were taken of it. */
export type Taken = readonly [key: string, requests: number]

const maxBuckets = 10_000

/** A token bucket: `perSecond` requests on average, ten seconds' worth at once. */
export class RateLimiter {
  readonly #perSecond: number
  readonly #now: () => Date
  readonly #buckets = new Map<string, Bucket>()

  constructor(perSecond: number, now: () => Date) {
    this.#perSecond = perSecond
    this.#now = now
  }

  /** Throws rate_limited with the whole seconds to wait (Okta reads no other form of Retry-After). */
  take(key: string): void {
    const bucket = this.#fill(key)
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1
      bucket.unreported += 1
      return
    }
    const seconds = Math.max(1, Math.ceil((1 - bucket.tokens) / this.#perSecond))
    throw new AppError(
      'rate_limited',
      `Too many requests: at most ${this.#perSecond} a second. Try again in ${seconds} s.`,
      { data: { seconds, limit: this.#perSecond } },
    )
  }

  /** Takes requests that are done in any case: tokens that are missing must flow in before the next one. */
  charge(key: string, requests: number): void {
    const bucket = this.#fill(key)
    bucket.tokens -= requests
    bucket.unreported += requests
  }

  /** What was taken here since the last report. */
  report(): Taken[] {
    const taken: Taken[] = []
    for (const [key, bucket] of this.#buckets) {
      if (bucket.unreported > 0) taken.push([key, bucket.unreported])
      bucket.unreported = 0
    }
    return taken
  }

  /** Takes what the report of another process says. */
  follow(taken: readonly Taken[]): void {
    for (const [key, requests] of taken) this.#fill(key).tokens -= requests
  }

  #fill(key: string): Bucket {
    const at = this.#now().getTime()
    const capacity = this.#perSecond * 10
    const bucket = this.#buckets.get(key) ?? this.#open(key, capacity, at)
    // A clock that is set back must not take away what it gave.
    const elapsedMs = Math.max(0, at - bucket.at)
    bucket.tokens = Math.min(capacity, bucket.tokens + (elapsedMs / 1000) * this.#perSecond)
    bucket.at = at
    return bucket
  }

  #open(key: string, capacity: number, at: number): Bucket {
    if (this.#buckets.size >= maxBuckets) this.#buckets.clear()
    const bucket = { tokens: capacity, at, unreported: 0 }
    this.#buckets.set(key, bucket)
    return bucket
  }
}

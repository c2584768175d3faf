// Requests that wait until their feed has something to tell (RFC 8936 section 2.4). They hold no connection of the database: one
// statement asks now and then for all of them.
import type { Database } from '../../db/connect.ts'
import { AppError } from '../../errors.ts'
import { type FeedPlace, findFilled } from './deliveries.ts'

const waitMs = 20_000
const askEveryMs = 500
const maxWaiting = 500
// A receiver needs one, and another where its connection broke unnoticed.
const maxWaitingOfFeed = 4

interface Waiter {
  readonly feed: FeedPlace
  readonly end: () => void
}

export class FeedWaiting {
  readonly #db: Database
  readonly #waiters = new Set<Waiter>()
  #asking: NodeJS.Timeout | undefined
  #isUnderWay = false
  #isEnded = false

  constructor(db: Database) {
    this.#db = db
  }

  /**
   * Ends when the feed may have something, after 20 seconds, when `signal` is aborted, or when the server stops.
   * Throws rate_limited where too many wait already.
   */
  async wait(feed: FeedPlace, signal: AbortSignal): Promise<void> {
    if (this.#isEnded || signal.aborted) return
    this.#requirePlace(feed)
    const { promise, resolve } = Promise.withResolvers<void>()
    const end = (): void => resolve()
    const waiter = { feed, end }
    const timer = setTimeout(end, waitMs)
    signal.addEventListener('abort', end, { once: true })
    this.#waiters.add(waiter)
    this.#asking ??= setInterval(() => void this.#ask(), askEveryMs)
    try {
      await promise
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      this.#waiters.delete(waiter)
      if (this.#waiters.size === 0) this.#rest()
    }
  }

  /** Lets all go, and lets nobody wait any more. */
  end(): void {
    this.#isEnded = true
    for (const { end } of this.#waiters) end()
  }

  #requirePlace({ id }: FeedPlace): void {
    const ofFeed = [...this.#waiters].filter(({ feed }) => feed.id === id).length
    if (this.#waiters.size < maxWaiting && ofFeed < maxWaitingOfFeed) return
    const detail = `Too many requests wait for events: at most ${maxWaitingOfFeed} of a feed. Send returnImmediately, or wait.`
    throw new AppError('rate_limited', detail, { data: { seconds: 5, limit: maxWaitingOfFeed } })
  }

  #rest(): void {
    clearInterval(this.#asking)
    this.#asking = undefined
  }

  async #ask(): Promise<void> {
    if (this.#isUnderWay) return
    this.#isUnderWay = true
    const waiters = [...this.#waiters]
    try {
      const filled = await findFilled(
        this.#db,
        waiters.map(({ feed }) => feed),
      )
      for (const { feed, end } of waiters) if (filled.has(feed.id)) end()
    } catch {
      // Each learns by itself what is wrong.
      for (const { end } of waiters) end()
    }
    this.#isUnderWay = false
  }
}

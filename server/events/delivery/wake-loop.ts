// Looks all the time whether there is something to do: numbers what is in the outbox, and sends jobs for the subscriptions that are due.
import { setTimeout as wait } from 'node:timers/promises'
import { isOutboxEmpty } from '../../directory/outbox.ts'
import type { Queue } from '../../ops/jobs.ts'
import type { Outage } from '../../ops/outage.ts'
import { listDue } from './due.ts'
import { numberEvents, type NumberingParts } from '../numbering.ts'

const everyMs = 100
// Who is due without a new event, such as for another attempt, is found not quite so soon.
const dueEveryMs = 500
// While the database is away.
const awayMs = 1000
const dueAtOnce = 100
const giveUpEveryMs = 1000

export interface WakeParts extends NumberingParts {
  readonly queue: Queue
  readonly outage: Outage
}

/** Looks until the signal says to stop. Never rejects. */
export async function runWakeLoop(parts: WakeParts, signal: AbortSignal): Promise<void> {
  const loop = new WakeLoop(parts)
  while (!signal.aborted) {
    const pauseMs = await loop.look(signal).then(
      () => everyMs,
      (error: unknown) => {
        parts.outage.report(error, 'looking for events failed; it is tried again')
        return awayMs
      },
    )
    await wait(pauseMs, undefined, { signal }).catch(() => undefined)
  }
}

class WakeLoop {
  readonly #parts: WakeParts
  #listedAt = -Infinity
  #gaveUpAt = -Infinity

  constructor(parts: WakeParts) {
    this.#parts = parts
  }

  async look(signal: AbortSignal): Promise<void> {
    const { db, outage } = this.#parts
    // One batch after the other; who is woken by the first one does not wait for the last one.
    for (let isMore = true; isMore && !signal.aborted;) {
      const isEmpty = await isOutboxEmpty(db)
      outage.end()
      if (isEmpty && performance.now() - this.#listedAt < dueEveryMs) return
      isMore = !isEmpty && (await numberEvents(this.#parts)).isMore
      await this.#sendDue()
    }
  }

  async #sendDue(): Promise<void> {
    const { db, now, queue } = this.#parts
    this.#listedAt = performance.now()
    const due = await listDue(db, now(), dueAtOnce)
    if (due.length === 0) return
    await queue.send(due)
    if (!due.some(({ isAbandoned }) => isAbandoned) || performance.now() - this.#gaveUpAt < giveUpEveryMs) return
    this.#gaveUpAt = performance.now()
    await queue.giveUpDead()
  }
}

// Looks all the time whether there is something to sync: queues what schedules and days ask for, and sends jobs for the runs that are due.
import { setTimeout as wait } from 'node:timers/promises'
import type { Database } from '../../db/connect.ts'
import { type DirectoryKey, listDueDirectories } from '../../directory/pull-directories.ts'
import type { Queue } from '../../ops/jobs.ts'
import type { Outage } from '../../ops/outage.ts'
import { listDueRuns } from './due.ts'
import { listDueLifecycles, queueLifecycle, queueScheduled } from '../runs/schedule.ts'

const everyMs = 500
const scheduleEveryMs = 2000
const lifecycleEveryMs = 10_000
// While the database is away.
const awayMs = 1000
const atOnce = 100
const giveUpEveryMs = 1000

export interface SyncLoopParts {
  readonly db: Database
  readonly now: () => Date
  readonly queue: Queue
  readonly outage: Outage
}

/** Looks until the signal says to stop. Never rejects. */
export async function runSyncLoop(parts: SyncLoopParts, signal: AbortSignal): Promise<void> {
  const loop = new SyncLoop(parts)
  while (!signal.aborted) {
    const pauseMs = await loop.look().then(
      () => everyMs,
      (error: unknown) => {
        parts.outage.report(error, 'looking for syncs failed; it is tried again')
        return awayMs
      },
    )
    await wait(pauseMs, undefined, { signal }).catch(() => undefined)
  }
}

class SyncLoop {
  readonly #parts: SyncLoopParts
  #scheduledAt = -Infinity
  #livedAt = -Infinity
  #gaveUpAt = -Infinity

  constructor(parts: SyncLoopParts) {
    this.#parts = parts
  }

  async look(): Promise<void> {
    const { db, now, queue } = this.#parts
    if (performance.now() - this.#scheduledAt >= scheduleEveryMs) {
      this.#scheduledAt = performance.now()
      await this.#queueEach(await listDueDirectories(db, now(), atOnce), queueScheduled)
    }
    if (performance.now() - this.#livedAt >= lifecycleEveryMs) {
      this.#livedAt = performance.now()
      await this.#queueEach(await listDueLifecycles(db, now(), atOnce), queueLifecycle)
    }
    const due = await listDueRuns(db, now(), atOnce)
    if (due.length === 0) return
    await queue.send(due)
    if (!due.some(({ isAbandoned }) => isAbandoned) || performance.now() - this.#gaveUpAt < giveUpEveryMs) return
    this.#gaveUpAt = performance.now()
    await queue.giveUpDead()
  }

  // What is wrong with one directory keeps no other from its run.
  async #queueEach(
    keys: readonly DirectoryKey[],
    queueOne: (db: Database, key: DirectoryKey, now: Date) => Promise<unknown>,
  ): Promise<void> {
    for (const key of keys) {
      try {
        await queueOne(this.#parts.db, key, this.#parts.now())
      } catch (error) {
        this.#parts.outage.report(error, `the sync of ${key.id} that is due could not be queued`)
      }
    }
  }
}

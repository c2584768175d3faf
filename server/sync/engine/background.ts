// Syncs: lets each run that is due be done by a job.
import { randomUUID } from 'node:crypto'
import type { Jobs } from '../../ops/jobs.ts'
import type { Outage } from '../../ops/outage.ts'
import { doRun } from './engine.ts'
import type { SyncServices } from '../services.ts'
import { runSyncLoop } from './loop.ts'

export interface SyncingParts extends SyncServices {
  readonly jobs: Jobs
  readonly outage: Outage
}

export interface Syncing {
  /** Takes nothing more. What is under way is let go with the jobs, at its next page or batch. */
  stop(): Promise<void>
}

/** Starts it; several processes may. */
export async function startSyncing({ jobs, outage, ...services }: SyncingParts): Promise<Syncing> {
  const queue = await jobs.open({
    queue: 'sync',
    workers: 5,
    expireInSeconds: 86_000,
    failure: 'a sync was interrupted; it is gone on with',
    run: (key, signal) => doRun(services, key, randomUUID(), signal),
  })
  const stopping = new AbortController()
  const looping = runSyncLoop({ ...services, queue, outage }, stopping.signal)
  return {
    stop: async () => {
      stopping.abort()
      await looping
    },
  }
}

// Delivers: numbers what is in the outbox, and lets each subscription that has something to do take events and send them.
import { deliver, type DeliverParts } from './deliver.ts'
import { startJobs } from './jobs.ts'
import type { NumberingParts } from '../numbering.ts'
import { Outage } from './outage.ts'
import { runWakeLoop } from './wake-loop.ts'

export type EngineParts = DeliverParts & NumberingParts

export interface Engine {
  /** Lets what is under way end, and takes nothing more. */
  stop(): Promise<void>
}

/** Starts it; several processes may run one. */
export async function startEngine(parts: EngineParts): Promise<Engine> {
  const outage = new Outage(parts.logger)
  const run = deliver.bind(undefined, parts)
  const jobs = await startJobs({ db: parts.db, outage, run })
  const stopping = new AbortController()
  const looping = runWakeLoop({ ...parts, jobs, outage }, stopping.signal)
  return {
    stop: async () => {
      stopping.abort()
      await looping
      await jobs.stop()
    },
  }
}

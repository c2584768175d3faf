// Delivers: numbers what is in the outbox, and lets each subscription that has something to do take events and send them.
import type { Jobs } from '../../ops/jobs.ts'
import type { Outage } from '../../ops/outage.ts'
import { deliver, type DeliverParts } from './deliver.ts'
import type { NumberingParts } from '../numbering.ts'
import { runWakeLoop } from './wake-loop.ts'

export interface EngineParts extends DeliverParts, NumberingParts {
  readonly jobs: Jobs
  readonly outage: Outage
}

export interface Engine {
  /** Takes nothing more. What is under way ends with the jobs. */
  stop(): Promise<void>
}

/** Starts it; several processes may run one. */
export async function startEngine(parts: EngineParts): Promise<Engine> {
  const queue = await parts.jobs.open({
    queue: 'deliver',
    workers: 20,
    expireInSeconds: 3600,
    failure: 'delivering failed; it is tried again',
    run: deliver.bind(undefined, parts),
  })
  const stopping = new AbortController()
  const looping = runWakeLoop({ ...parts, queue }, stopping.signal)
  return {
    stop: async () => {
      stopping.abort()
      await looping
    },
  }
}

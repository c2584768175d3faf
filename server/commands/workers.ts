// Several processes on one port: this one, the primary, starts the others, takes connections and hands each to the next worker.
// A worker that ends is replaced; when the primary ends, however that happens, its workers do (node:cluster sees to that).
import cluster from 'node:cluster'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Config } from '../config.ts'
import type { Logger } from '../ops/logger.ts'
import { findPort, type Service } from './http-service.ts'
import { startWorker, type WorkerProcess } from './worker-process.ts'

const program = path.resolve(import.meta.dirname, '../worker.ts')
const firstPauseMs = 100
const longestPauseMs = 10_000
const settledAfterMs = 10_000

export interface WorkersParts {
  readonly config: Config
  readonly databaseUrl: string
  readonly logger: Logger
}

/** Starts WORKERS workers, and is done when all of them serve. Throws what keeps one from that. */
export async function startWorkers({ config, databaseUrl, logger }: WorkersParts): Promise<Service> {
  // Found here, so that all have the same one whenever they start, and a port in use is one error.
  const port = await findPort(config)
  cluster.setupPrimary({ exec: program, args: [] })
  const workers = new Set<WorkerProcess>()
  const stopping = new AbortController()

  const start = (): WorkerProcess => {
    const worker = startWorker({ ...config, PORT: port, DATABASE_URL: databaseUrl }, (taken) => {
      for (const other of workers) if (other !== worker) other.follow(taken)
    })
    workers.add(worker)
    void worker.ended.then(() => workers.delete(worker))
    worker.serving.then(
      () => logger.info({ worker: worker.pid }, 'a worker serves'),
      () => undefined,
    )
    return worker
  }

  const keep = async (first: WorkerProcess): Promise<void> => {
    let quickEnds = 0
    for (let worker = first; ; worker = start()) {
      const startedAt = performance.now()
      const how = await worker.ended
      if (stopping.signal.aborted) return
      if (performance.now() - startedAt > settledAfterMs) quickEnds = 0
      const pauseMs = Math.min(firstPauseMs * 2 ** quickEnds++, longestPauseMs)
      logger.error({ worker: worker.pid, how, pauseMs }, 'a worker ended; another one is started')
      await wait(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined)
      if (stopping.signal.aborted) return
    }
  }

  const stop = async (): Promise<void> => {
    stopping.abort()
    await Promise.all([...workers].map((worker) => worker.stop()))
  }

  const first = Array.from({ length: config.WORKERS }, start)
  try {
    await Promise.all(first.map(({ serving }) => serving))
  } catch (error) {
    await stop()
    throw error
  }
  for (const worker of first) void keep(worker)
  return { port, stop }
}

// One worker as the primary sees it: a process that runs server/worker.ts, and what the two tell each other.
import cluster, { type Worker } from 'node:cluster'
import type { Taken } from '../auth/rate-limiter.ts'
import type { Config } from '../config.ts'
import { AppError, type ErrorCode } from '../errors.ts'

export type ToWorker =
  | { readonly kind: 'serve'; readonly config: Config }
  | { readonly kind: 'follow'; readonly taken: readonly Taken[] }
  | { readonly kind: 'stop' }

export type FromWorker =
  /** It listens to what it is told; what was said before is lost. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'serving' }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: 'taken'; readonly taken: readonly Taken[] }

export interface WorkerProcess {
  readonly pid: number | undefined
  /** Settles once it serves; rejects with what kept it from that, an AppError where the worker said so. */
  readonly serving: Promise<void>
  /** How it ended, in words. Never rejects. */
  readonly ended: Promise<string>
  /** Passes on what the rate limiter of another worker reports. */
  follow(taken: readonly Taken[]): void
  /** Lets it finish its requests, and waits until it is gone. */
  stop(): Promise<void>
}

// More than the worker gives its requests, less than the ten seconds that stopping may take.
const stopWithinMs = 8000

/** Starts a worker with these settings, the port and the database among them. `onTaken` hears what its rate limiter reports. */
export function startWorker(config: Config, onTaken: (taken: readonly Taken[]) => void): WorkerProcess {
  const serving = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<string>()
  const end = (how: string): void => {
    serving.reject(new Error(`A worker ended before it served (${how}).`))
    ended.resolve(how)
  }
  let failure: string | undefined
  const worker = fork((how) => end(failure ?? how))
  const tell = (message: ToWorker): void => {
    // It may be gone without our knowing yet.
    if (worker?.isConnected() === true) worker.send(message, () => undefined)
  }
  let serves = false
  worker?.on('message', (message: FromWorker) => {
    if (message.kind === 'ready') tell({ kind: 'serve', config })
    else if (message.kind === 'taken') onTaken(message.taken)
    else if (message.kind === 'failed') {
      failure = message.message
      serving.reject(new AppError(message.code, message.message))
    } else {
      serves = true
      serving.resolve()
    }
  })
  const follow = (taken: readonly Taken[]): void => {
    if (serves) tell({ kind: 'follow', taken })
  }
  const stop = async (): Promise<void> => {
    const kill = (): void => {
      worker?.process.kill('SIGKILL')
    }
    // Who does not serve yet has nothing to finish.
    if (serves) tell({ kind: 'stop' })
    else kill()
    const killing = setTimeout(kill, stopWithinMs)
    await ended.promise
    clearTimeout(killing)
  }
  return { pid: worker?.process.pid, serving: serving.promise, ended: ended.promise, follow, stop }
}

// Where the system has no memory or no process left, fork throws or the worker emits an error, and none exits.
function fork(end: (how: string) => void): Worker | undefined {
  try {
    const worker = cluster.fork()
    worker.once('exit', (code, signal) => end(signal ?? `exit code ${code}`))
    worker.on('error', (error) => {
      if (worker.process.pid === undefined) end(error.message)
    })
    return worker
  } catch (error) {
    end(String(error))
    return undefined
  }
}

// Does runs: takes one, brings it through its stages, and says how it ended. Whatever happens in between, the row says where it goes on.
import { ProviderError } from '../../../providers/provider.ts'
import type { Database } from '../../db/connect.ts'
import { AppError } from '../../errors.ts'
import { endCancelled, type Failure, failRun, putOff } from './finish.ts'
import { type Hold, letGo, renewHold, takeRun } from './hold.ts'
import { chooseRetry } from './retry.ts'
import { type RunKey, RunLost } from '../runs/run.ts'
import { openRun, readState, type RunState } from '../runs/state.ts'
import type { SyncServices } from '../services.ts'
import { doStage } from './stages.ts'

// A sign of life is due long before the hold is believed lost, and shows whether the run was cancelled.
const renewEveryMs = 10_000
// A database that is away is not asked at once again.
const awayMs = 5000

/** Does a run until it ends or waits, or until the signal says to let it go. Throws where the database is away. */
export async function doRun(services: SyncServices, key: RunKey, holder: string, signal: AbortSignal): Promise<void> {
  const hold = { organizationId: key.organizationId, id: key.id, holder }
  const taken = await takeRun(services.db, hold, services.now())
  if (taken === undefined) return
  const lost = new AbortController()
  const renewing = setInterval(() => void renew(services, hold, lost), renewEveryMs)
  try {
    await goThrough(services, taken, hold, AbortSignal.any([signal, lost.signal]))
  } catch (error) {
    await settle(services, taken, hold, error, signal)
  } finally {
    clearInterval(renewing)
  }
}

async function renew({ db, now }: SyncServices, hold: Hold, lost: AbortController): Promise<void> {
  try {
    if (!(await renewHold(db, hold, now()))) lost.abort()
  } catch {
    // The database is away; what is written next says so.
  }
}

async function goThrough(services: SyncServices, taken: RunState, hold: Hold, signal: AbortSignal): Promise<void> {
  for (let state = taken; ; state = await readState(services.db, hold)) {
    if (signal.aborted || state.cancel_requested_at !== null) throw new RunLost('The run is to be let go.')
    const run = await openRun(services, state, hold.holder, signal)
    if (!(await doStage(run, state))) return
  }
}

async function settle(
  services: SyncServices,
  taken: RunState,
  hold: Hold,
  error: unknown,
  signal: AbortSignal,
): Promise<void> {
  const { db, logger } = services
  if (isDatabaseAway(error)) {
    await letGo(db, hold, new Date(services.now().getTime() + awayMs)).catch(() => undefined)
    throw error
  }
  const now = services.now()
  if (await endCancelled(db, hold, now)) return
  if (error instanceof RunLost || signal.aborted) {
    await letGo(db, hold, now)
    return
  }
  const failure = explain(error)
  const dueAt = chooseRetry(error, taken.attempt, now)
  const about = { run: hold.id, directory: taken.directory_id, kind: failure.kind, err: error }
  const level = error instanceof ProviderError ? 'warn' : 'error'
  if (dueAt !== undefined && (await putOff(db, hold, failure, dueAt))) {
    logger[level]({ ...about, dueAt }, 'a sync was interrupted; it is gone on with later')
  } else if (await end(db, hold, failure, now)) logger[level](about, 'a sync failed')
}

// One that is cancelled in this moment is cancelled.
async function end(db: Database, hold: Hold, failure: Failure, now: Date): Promise<boolean> {
  if (await endCancelled(db, hold, now)) return false
  await failRun(db, hold, failure, now)
  return true
}

function isDatabaseAway(error: unknown): boolean {
  return error instanceof AppError && error.code === 'database_unavailable'
}

// What is not the source's answer is a bug, and is in the log.
function explain(error: unknown): Failure {
  if (error instanceof ProviderError) return { kind: error.kind, message: error.message }
  return { kind: 'unexpected', message: 'Something went wrong here; the log says what.' }
}

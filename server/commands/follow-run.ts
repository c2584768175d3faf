// Follows a run to its end, and does it where no server does.
import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { doRun } from '../sync/engine/engine.ts'
import type { RunKey } from '../sync/runs/run.ts'
import { listErrors } from '../sync/runs/findings.ts'
import { readRunReport, type RunReport } from '../sync/runs/reports.ts'
import type { SyncServices } from '../sync/services.ts'

const askEveryMs = 500
// A server that runs has taken what is due by then.
const leaveToOthersMs = 3000
const shownErrors = 20

export interface Following {
  readonly print: (line: string) => void
  /** Ends the following; a run that was done here is left to whoever takes it next. */
  readonly signal: AbortSignal
  /** For tests. */
  readonly leaveToOthersMs?: number
}

/** Prints progress and the outcome. @returns the exit code: 0 done, 1 not done, 3 waits for approval */
export async function followRun(services: SyncServices, key: RunKey, following: Following): Promise<number> {
  const { print, signal, leaveToOthersMs: patienceMs = leaveToOthersMs } = following
  const { db, now } = services
  const stopping = new AbortController()
  const stop = (): void => stopping.abort()
  signal.addEventListener('abort', stop, { once: true })
  let doing: Promise<void> | undefined
  let said = ''
  try {
    for (;;) {
      const report = await readRunReport(db, key, now())
      const line = describeProgress(report)
      if (line !== said) print(line)
      said = line
      if (isOver(report)) return await tellOutcome(services, key, report, print)
      if (signal.aborted) {
        print(`The run ${report.id} goes on without this command.`)
        return 1
      }
      const dueAt = report.nextAttemptAt ?? report.queuedAt
      if (report.status === 'queued' && now().getTime() - dueAt.getTime() >= patienceMs) {
        doing ??= doRun(services, key, randomUUID(), stopping.signal).finally(() => {
          doing = undefined
        })
      }
      await Promise.race([wait(askEveryMs, undefined, { signal }).catch(() => undefined), ...(doing ? [doing] : [])])
    }
  } finally {
    stop()
    await doing?.catch(() => undefined)
  }
}

function isOver({ status }: RunReport): boolean {
  return status !== 'queued' && status !== 'running'
}

function describeProgress({ status, stage, progress, nextAttemptAt, failure }: RunReport): string {
  if (status === 'queued' && nextAttemptAt !== null) {
    return `put off until ${nextAttemptAt.toISOString()}: ${failure?.message ?? ''}`
  }
  if (status !== 'running') return status.replaceAll('_', ' ')
  const { pages, totalPages, records, planned, applied } = progress
  const ofPages = totalPages === null ? `${pages} pages` : `page ${pages} of ${totalPages}`
  if (stage === 'fetch') return `reading: ${ofPages}, ${records} records`
  return stage === 'apply' || stage === 'notify' ? `applying: ${applied} of ${planned}` : `planning: ${records} records`
}

async function tellOutcome(
  { db }: SyncServices,
  key: RunKey,
  report: RunReport,
  print: (line: string) => void,
): Promise<number> {
  const { status, purpose, stats, failure, hold } = report
  const counted = Object.entries(stats).filter(([name, count]) => count > 0 && name !== 'totalProcessed')
  const words = counted.map(
    ([name, count]) => `${count} ${name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}`,
  )
  const verb = purpose === 'preview' ? 'would be' : 'are'
  if (failure !== null) print(failure.message)
  else print(words.length === 0 ? 'Nothing changes.' : `These ${verb}: ${words.join(', ')}.`)
  await printErrors(db, key, print)
  for (const { detail } of hold?.decision == null ? (hold?.reasons ?? []) : []) {
    print(status === 'awaiting_approval' ? `Waits for approval: ${detail}` : `Would wait for approval: ${detail}`)
  }
  if (status === 'awaiting_approval') return 3
  return status === 'completed' || status === 'completed_with_errors' ? 0 : 1
}

async function printErrors(db: SyncServices['db'], key: RunKey, print: (line: string) => void): Promise<void> {
  const { items, next } = await listErrors(db, key, { limit: shownErrors })
  for (const { sourceId, name, code, detail } of items) {
    print(`  ${[sourceId, name].filter((one) => one !== null).join(' ')}: ${detail ?? code ?? ''}`)
  }
  if (next !== undefined) print('  … and more; the API has all of them.')
}

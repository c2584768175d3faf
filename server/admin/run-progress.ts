// A run as it goes on, for whoever watches.
import { createHash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Endpoint, ServerEvent } from '../api/endpoint.ts'
import { readRunReport, type RunReport, type RunStatus } from '../sync/runs/reports.ts'
import { type AdminCaller, endpoint } from './caller.ts'
import { run } from './run-schemas.ts'
import { organizationId, runId } from './schemas.ts'
import { tags } from './tags.ts'

const askEveryMs = 1000

const progress = endpoint({
  operationId: 'watchRun',
  tag: tags.runs.name,
  method: 'get',
  path: '/organizations/{organization}/runs/{id}/progress',
  summary: 'Watch a run',
  description: `Server-Sent Events named \`run\`, each with the run as it is then: at once, and whenever it has changed, at most once a second. The
    stream ends when the run has ended or waits for approval. Whoever comes back with \`Last-Event-ID\` hears only what has changed since.`,
  scopes: ['admin'],
  params: { organization: organizationId, id: runId },
  status: 200,
  events: run,
  run: async ({ caller, params: { organization, id }, lastEventId }) => {
    const key = { organizationId: organization, id }
    // Where there is none the answer says so, instead of a stream.
    const first = await readRunReport(caller.db, key, caller.sync.now())
    return watch(caller, first, () => readRunReport(caller.db, key, caller.sync.now()), lastEventId)
  },
})

const goesOn: ReadonlySet<RunStatus> = new Set(['queued', 'running'])

async function* watch(
  { signal }: AdminCaller,
  first: RunReport,
  read: () => Promise<RunReport>,
  lastEventId: string | undefined,
): AsyncGenerator<ServerEvent> {
  let seen = lastEventId
  for (let report = first; ; report = await read()) {
    const id = identify(report)
    if (id !== seen) yield { id, event: 'run', data: report }
    seen = id
    if (!goesOn.has(report.status) || signal.aborted) return
    await wait(askEveryMs, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) return
  }
}

// Of the rate, which time alone changes, nobody needs to be told.
function identify({ progress: { recordsPerSecond: _, ...counts }, ...report }: RunReport): string {
  return createHash('sha256')
    .update(JSON.stringify([report, counts]))
    .digest('base64url')
    .slice(0, 22)
}

export const runProgressEndpoints: readonly Endpoint<AdminCaller>[] = [progress]

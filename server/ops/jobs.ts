// Jobs, on pg-boss: a queue for each kind of work, and in it one job for each thing that has something to do. That there is something is
// written in the thing itself, so that a job that is lost is only sent again.
import { type ConstructorOptions, PgBoss } from 'pg-boss'
import type { Database } from '../db/connect.ts'
import { translateFault } from '../db/faults.ts'
import { query } from '../db/query.ts'
import { AppError } from '../errors.ts'
import type { Outage } from './outage.ts'

const schema = 'pgboss'
// The least that pg-boss takes.
const heartbeatSeconds = 10
const dayInSeconds = 86_400

/** What a job is about. */
export interface JobKey {
  readonly organizationId: string
  readonly id: string
}

export interface Work {
  readonly queue: string
  /** So many at once in one process. A job that waits for somebody else uses no connection. */
  readonly workers: number
  /** What is taken longer is aborted, and sent again; at most 86399. */
  readonly expireInSeconds: number
  /** What the log says where `run` rejects. */
  readonly failure: string
  readonly run: (key: JobKey, signal: AbortSignal) => Promise<void>
}

export interface Queue {
  /** Sends a job for each, unless one waits already, and wakes who does them. */
  send(keys: readonly JobKey[]): Promise<void>
  /** Gives up the jobs of processes that are dead. */
  giveUpDead(): Promise<void>
}

export interface Jobs {
  /** Works from then on. */
  open(work: Work): Promise<Queue>
  /** Waits for what is under way. */
  stop(): Promise<void>
}

/** Makes the schema `pgboss` where it is not there. Throws config_invalid where the role may not. */
export async function startJobs(db: Database, outage: Outage): Promise<Jobs> {
  const boss = new PgBoss({
    db: adapt(db),
    schema,
    createSchema: !(await hasSchema(db)),
    schedule: false,
    registerInstance: false,
    openTelemetry: { enabled: false },
    monitorVacuum: false,
    superviseIntervalSeconds: 60,
    // As often as it is asked to: when a hold was not renewed.
    monitorIntervalSeconds: 1,
    maintenanceIntervalSeconds: 300,
    flowIntervalSeconds: dayInSeconds,
    bamIntervalSeconds: 600,
  })
  boss.on('error', (error) => outage.report(toError(error), 'pg-boss failed'))
  try {
    // Of several that make the schema at once one does, and the others find it then.
    await boss.start({ attempts: 3 })
  } catch (error) {
    throw explainFailure(error)
  }
  const stopping = new AbortController()
  return {
    open: (work) => openQueue(boss, outage, work, stopping.signal),
    stop: async () => {
      stopping.abort()
      await boss.stop({ graceful: true, timeout: 7000, close: false })
    },
  }
}

async function openQueue(boss: PgBoss, outage: Outage, work: Work, stopping: AbortSignal): Promise<Queue> {
  const { queue, workers, expireInSeconds, failure, run } = work
  const options = { heartbeatSeconds, retryLimit: 0, expireInSeconds, deleteAfterSeconds: 60 }
  await boss.createQueue(queue, { policy: 'stately', ...options })
  await boss.updateQueue(queue, options)
  const idle = new Set<string>()
  const startWorker = async (): Promise<void> => {
    const id: string = await boss.work<JobKey>(queue, { pollingIntervalSeconds: 60 }, async ([job]) => {
      if (job === undefined) return
      idle.delete(id)
      try {
        await run(job.data, AbortSignal.any([job.signal, stopping]))
      } catch (error) {
        outage.report(error, failure)
      } finally {
        idle.add(id)
      }
    })
    idle.add(id)
  }
  await Promise.all(Array.from({ length: workers }, startWorker))
  return {
    send: async (keys) => {
      await boss.insert(
        queue,
        keys.map(({ organizationId, id }) => ({ data: { organizationId, id }, singletonKey: id })),
      )
      for (const id of [...idle].slice(0, keys.length)) boss.notifyWorker(id)
    },
    giveUpDead: () => boss.supervise(queue),
  }
}

// Our own pool, so that there is no second one. What has parameters is one statement; the rest may be scripts.
function adapt({ run, runScript }: Database): NonNullable<ConstructorOptions['db']> {
  if (run === undefined || runScript === undefined) throw new Error('jobs need the pool, not a transaction')
  return {
    executeSql: async (text: string, values: unknown[] = []) => ({
      rows: await (values.length === 0 ? runScript(text) : run(text, values)),
    }),
  }
}

// PostgreSQL asks for the right to create schemas even where there is nothing to create.
async function hasSchema(db: Database): Promise<boolean> {
  const [row] = await query<{ has: boolean }>(db, 'select to_regnamespace($1) is not null as has', [schema])
  return row?.has === true
}

function explainFailure(error: unknown): unknown {
  if (!(error instanceof Error && 'code' in error && error.code === '42501')) return translateFault(error)
  const detail = `The role of DATABASE_URL may not create the schema ${schema}, where the jobs are that deliver events and sync; let it (GRANT CREATE ON DATABASE), or create the schema for it (CREATE SCHEMA ${schema} AUTHORIZATION …).`
  return new AppError('config_invalid', detail, { cause: error })
}

// It reports errors as plain objects, too.
function toError(reported: unknown): Error {
  if (reported instanceof Error) return reported
  return Object.assign(new Error(), reported)
}

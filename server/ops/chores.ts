// What has to be done now and then: writing what was gathered in memory, and removing what has been kept long enough.
import type { LastUsed } from '../auth/last-used.ts'
import type { Database } from '../db/connect.ts'
import { query } from '../db/query.ts'
import type { Logger } from './logger.ts'
import type { RequestLog } from './request-log.ts'

const flushEveryMs = 1000
const sweepEveryMs = 3_600_000
const sweepBatch = 5000
const dayMs = 86_400_000

export interface FlushParts {
  readonly requestLog: RequestLog
  readonly lastUsed: LastUsed
  readonly logger: Logger
}

export interface SweepParts {
  readonly db: Database
  readonly now: () => Date
  readonly logger: Logger
  readonly tombstoneDays: number
  readonly requestLogDays: number
  readonly eventDays: number
}

/** Removes tombstones, request log entries, events and deliveries that are old enough, in batches that lock little. */
export async function sweep(parts: Omit<SweepParts, 'logger'>): Promise<void> {
  const { db, now, tombstoneDays, requestLogDays, eventDays } = parts
  const before = (days: number): Date => new Date(now().getTime() - days * dayMs)
  await removeInBatches(db, sweepTombstones, before(tombstoneDays))
  await removeInBatches(db, sweepRequests, before(requestLogDays))
  await removeInBatches(db, sweepDeliveries, before(eventDays))
  await removeInBatches(db, sweepEvents, before(eventDays))
  await query(db, `delete from tokens where parent_id is not null and expires_at < $1::timestamptz`, [now()])
}

const sweepTombstones = `with old as (
    select org_id, resource_id from tombstones where deleted_at < $1::timestamptz limit ${sweepBatch} for update skip locked
  ), gone as (
    delete from tombstones t using old o where t.org_id = o.org_id and t.resource_id = o.resource_id returning 1
  ) select count(*) as count from gone`

const sweepRequests = `with old as (
    select org_id, id from request_log where at < $1::timestamptz limit ${sweepBatch} for update skip locked
  ), gone as (
    delete from request_log t using old o where t.org_id = o.org_id and t.id = o.id returning 1
  ) select count(*) as count from gone`

// One that ended lately may have begun long ago. What still waits is not ended by sweeping.
const sweepDeliveries = `with old as (
    select org_id, id from deliveries
    where created_at < $1::timestamptz and ended_at < $1::timestamptz limit ${sweepBatch} for update skip locked
  ), gone as (
    delete from deliveries t using old o where t.org_id = o.org_id and t.id = o.id returning 1
  ) select count(*) as count from gone`

// Only from the beginning of a log, so that whoever knows its first number knows what is missing. The numbers have no gaps.
const sweepEvents = `with old as (
    select e.org_id, e.number from organizations o
    cross join lateral (select number, at from events where org_id = o.org_id order by number limit 1) f
    cross join lateral (
      select x.org_id, x.number, bool_and(x.at < $1::timestamptz) over (order by x.number) as is_old from events x
      where x.org_id = o.org_id and x.number >= f.number and x.number < f.number + ${sweepBatch}
    ) e
    where f.at < $1::timestamptz and e.is_old limit ${sweepBatch}
  ), gone as (
    delete from events t using old o where t.org_id = o.org_id and t.number = o.number returning 1
  ) select count(*) as count from gone`

async function removeInBatches(db: Database, text: string, before: Date): Promise<void> {
  for (;;) {
    const [row] = await query<{ count: number }>(db, text, [before])
    if ((row?.count ?? 0) < sweepBatch) return
  }
}

/** Writes now and then what requests left in this process' memory; the returned function ends that, writing what is left. */
export function startFlushing({ requestLog, lastUsed, logger }: FlushParts): () => Promise<void> {
  const flush = async (): Promise<void> => {
    await requestLog.flush()
    await lastUsed.flush()
  }
  const flushing = setInterval(createChore(logger, 'writing the request log', flush), flushEveryMs)
  return async () => {
    clearInterval(flushing)
    await flush().catch((error: unknown) => logger.warn({ err: error }, 'request log entries were lost'))
  }
}

/** Removes now and then what is old; once for all processes is enough. The returned function ends that. */
export function startSweeping(parts: SweepParts): () => void {
  const removeOld = createChore(parts.logger, 'removing old records', () => sweep(parts))
  const sweeping = setInterval(removeOld, sweepEveryMs)
  removeOld()
  return () => clearInterval(sweeping)
}

/** A chore that is left out while it is still under way: with a slow database it must not take one connection after the other. */
export function createChore(logger: Logger, what: string, work: () => Promise<void>): () => void {
  let isUnderWay = false
  return () => {
    if (isUnderWay) return
    isUnderWay = true
    work()
      .catch((error: unknown) => logger.warn({ err: error }, `${what} failed; it is tried again`))
      .finally(() => {
        isUnderWay = false
      })
  }
}

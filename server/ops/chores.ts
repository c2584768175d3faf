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
  readonly syncDays: number
}

/**
 * Removes tombstones, request log entries, events, deliveries, what syncs left and attempts to sign in that are old enough, in batches that
 * lock little.
 */
export async function sweep(parts: Omit<SweepParts, 'logger'>): Promise<void> {
  const { db, now, tombstoneDays, requestLogDays, eventDays, syncDays } = parts
  const before = (days: number): Date => new Date(now().getTime() - days * dayMs)
  await removeInBatches(db, sweepTombstones, before(tombstoneDays))
  await removeInBatches(db, sweepRequests, before(requestLogDays))
  await removeInBatches(db, sweepDeliveries, before(eventDays))
  await removeInBatches(db, sweepEvents, before(eventDays))
  await sweepSyncs(db, before(syncDays), before(1))
  await query(db, `delete from sign_in_attempts where counts_until < $1::timestamptz`, [now()])
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

// The reports of runs go when they are old; what they read goes sooner, but for what a directory still says.
async function sweepSyncs(db: Database, reportsBefore: Date, readBefore: Date): Promise<void> {
  await removeInBatches(db, sweepRuns, reportsBefore)
  await query(db, sweepMembers, [readBefore])
  await query(db, sweepPages, [readBefore])
  await removeByRun(db, 'run_changes', 'true', reportsBefore)
  await removeByRun(db, 'pulled_records', isSaidNoMore, readBefore)
}

// The last one of a directory says how it stands, and the last one that read everything what there was to read.
const sweepRuns = `with old as (
    select org_id, id from sync_runs r
    where completed_at < $1::timestamptz
      and exists (select from sync_runs l where l.directory_id = r.directory_id and l.org_id = r.org_id and l.id > r.id
        and l.completed_at is not null)
      and (not (r.is_full and r.status = 'completed' and r.purpose = 'sync') or exists (
        select from sync_runs l where l.directory_id = r.directory_id and l.org_id = r.org_id and l.id > r.id
          and l.is_full and l.status = 'completed' and l.purpose = 'sync'))
    limit ${sweepBatch} for update skip locked
  ), gone as (
    delete from sync_runs t using old o where t.org_id = o.org_id and t.id = o.id returning 1
  ) select count(*) as count from gone`

const sweepMembers = `delete from run_members m using sync_runs r
  where r.completed_at < $1::timestamptz and m.org_id = r.org_id and m.run_id = r.id`

// Those with faults are part of the report.
const sweepPages = `delete from run_pages p using sync_runs r
  where r.completed_at < $1::timestamptz and p.org_id = r.org_id and p.run_id = r.id and p.faults = '[]'`

const isSaidNoMore = `not exists (
    select from source_records s where s.org_id = t.org_id and s.directory_id = t.directory_id and s.type = t.type
      and s.source_id = t.source_id and s.run_id = t.run_id)`

/** Removes rows of runs that are gone, or that ended long enough ago, one run after the other. These tables have no references. */
async function removeByRun(
  db: Database,
  table: 'run_changes' | 'pulled_records',
  condition: string,
  before: Date,
): Promise<void> {
  const runs = await query<{ org_id: string; run_id: string }>(db, readRuns(table), [before])
  for (const { org_id, run_id } of runs) {
    await query(db, `delete from ${table} t where org_id = $1 and run_id = $2 and ${condition}`, [org_id, run_id])
  }
}

// From one run to the next, by the index. A report that is kept is kept whole.
const readRuns = (table: 'run_changes' | 'pulled_records'): string => `with recursive runs as (
    (select org_id, run_id from ${table} order by org_id, run_id limit 1)
    union all
    select n.org_id, n.run_id from runs r cross join lateral (
      select org_id, run_id from ${table} where (org_id, run_id) > (r.org_id, r.run_id) order by org_id, run_id limit 1
    ) n
  )
  select org_id, run_id from runs r where not exists (
    select from sync_runs s where s.org_id = r.org_id and s.id = r.run_id
      and ${table === 'run_changes' ? '$1::timestamptz is not null' : '(s.completed_at is null or s.completed_at >= $1::timestamptz)'}
  )`

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

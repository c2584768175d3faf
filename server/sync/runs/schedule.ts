// When directories are pulled by themselves: by their schedules, and on days on which what is known takes effect.
import { CronExpressionParser } from 'cron-parser'
import type { Database } from '../../db/connect.ts'
import { createId } from '../../db/ids.ts'
import { query } from '../../db/query.ts'
import { single } from '../../db/transaction.ts'
import { type DirectoryKey, readPullDirectory } from '../../directory/pull-directories.ts'
import { queueRunSql } from './queue.ts'
import { readSettings, type Schedule } from '../setup/settings.ts'

const minuteMs = 60_000
const hourMs = 3_600_000
const dayMs = 86_400_000

/**
 * When the next run is due; null where nothing asks for one. `timeZone` is the organization's, where the schedule has none. An interval is
 * counted from `after`.
 */
export function nextRunAt(schedule: Schedule, timeZone: string, after: Date): Date | null {
  if (schedule.kind === 'disabled') return null
  if (schedule.kind === 'interval') return new Date(after.getTime() + schedule.minutes * minuteMs)
  const expression = schedule.kind === 'cron' ? schedule.expression : toCron(schedule.at)
  const tz = schedule.timeZone ?? timeZone
  return CronExpressionParser.parse(expression, { currentDate: after, tz }).next().toDate()
}

/** `HH:MM` → a cron expression. */
function toCron(at: string): string {
  const [hour, minute] = at.split(':').map(Number)
  return `${minute} ${hour} * * *`
}

/**
 * Queues the run that a directory's schedule asks for, and says when the next one is due, in one statement: of several processes one does.
 * Where a run is under way, that one will do. Returns the id of what was queued.
 */
export async function queueScheduled(db: Database, key: DirectoryKey, now: Date): Promise<string | undefined> {
  const directory = await readPullDirectory(db, key.organizationId, key.id)
  const { nextRunAt: dueAt, timeZone, cursor, confirmedAt } = directory
  if (dueAt === null || dueAt > now) return undefined
  const { schedule } = readSettings(directory.settings)
  if (schedule.kind === 'disabled') {
    await single(db, () => query(db, forgetSql, [key.organizationId, key.id, dueAt]))
    return undefined
  }
  // What could not be asked for in time is asked for once.
  let next: Date | null = dueAt
  if (schedule.kind === 'interval') {
    const missed = Math.floor((now.getTime() - dueAt.getTime()) / (schedule.minutes * minuteMs))
    next = nextRunAt(schedule, timeZone, new Date(dueAt.getTime() + missed * schedule.minutes * minuteMs))
  } else next = nextRunAt(schedule, timeZone, now)
  // Who is gone is known from reading everything, once a day.
  const isFull = cursor === null || confirmedAt === null || now.getTime() - confirmedAt.getTime() > dayMs - hourMs
  const values = [key.organizationId, key.id, dueAt, next, now, createId('sync', now), isFull]
  const [queued] = await single(db, () => query<{ id: string }>(db, scheduledSql, values))
  return queued?.id
}

// It was disabled while a run was under way that did not know.
const forgetSql = `update directories set next_run_at = null where org_id = $1 and id = $2 and next_run_at = $3::timestamptz`

const scheduledSql = queueRunSql(`moved as (
    update directories set next_run_at = $4::timestamptz
    where org_id = $1 and id = $2 and next_run_at = $3::timestamptz and paused_at is null and connection is not null
    returning org_id, id
  ), asked as (
    select m.org_id, $6::text as id, m.id as directory_id, case when $7::boolean then 'full' else 'incremental' end as type,
      true as include_groups, $5::timestamptz as at, '{"directoryId": null, "requestId": null}'::jsonb as told,
      'sync'::text as purpose, $7::boolean as is_full, 'fetch'::text as stage, null::text as token_id, null::text as request_id,
      null::jsonb as input
    from moved m
  )`)

/**
 * Directories with records for which a day has come that changes what they mean. Not again for the same day within an hour: a run that
 * failed, or waits for approval, has not done what was due.
 */
export function listDueLifecycles(db: Database, now: Date, limit: number): Promise<DirectoryKey[]> {
  const text = `select d.org_id as "organizationId", d.id from (
      select org_id, directory_id, max(due_at) as due_at from (
        select org_id, directory_id, due_at from source_records where due_at <= $1::timestamptz order by due_at limit ${dueAtOnce}
      ) s group by org_id, directory_id
    ) s cross join lateral (
      select org_id, id from directories where org_id = s.org_id and id = s.directory_id and paused_at is null limit 1
    ) d
    where ${isNotTriedSql} limit $2`
  return query<DirectoryKey>(db, text, [now, limit])
}

const dueAtOnce = 10_000

const isNotTriedSql = `coalesce((
      select max(queued_at) from sync_runs where directory_id = d.id and org_id = d.org_id and purpose = 'lifecycle'
    ), '-infinity') < greatest(s.due_at, $1::timestamptz - interval '1 hour')`

/** Queues a run that reads nothing, for what has come due in a directory. Returns the id of what was queued. */
export async function queueLifecycle(db: Database, key: DirectoryKey, now: Date): Promise<string | undefined> {
  const values = [now, key.organizationId, key.id, createId('sync', now)]
  const [queued] = await single(db, () => query<{ id: string }>(db, lifecycleSql, values))
  return queued?.id
}

const lifecycleSql = queueRunSql(`asked as (
    select d.org_id, $4::text as id, d.id as directory_id, 'incremental'::text as type, false as include_groups,
      $1::timestamptz as at, '{"directoryId": null, "requestId": null}'::jsonb as told, 'lifecycle'::text as purpose,
      false as is_full, 'plan'::text as stage, null::text as token_id, null::text as request_id, null::jsonb as input
    from directories d cross join lateral (
      select max(due_at) as due_at from source_records
      where org_id = d.org_id and directory_id = d.id and due_at <= $1::timestamptz
    ) s
    where d.org_id = $2 and d.id = $3 and d.paused_at is null and s.due_at is not null and ${isNotTriedSql}
  )`)

// How often somebody may be tried to be signed in at a source. It is counted in the database, before the source is asked, so that no number
// of processes and of requests at once asks it more often.
import { createHash } from 'node:crypto'
import type { Database } from '../../db/connect.ts'
import { query } from '../../db/query.ts'
import type { DirectoryKey } from '../../directory/pull-directories.ts'
import { foldCase } from '../../directory/keys.ts'
import { AppError } from '../../errors.ts'

/** Failures of one name, or one account, after which it waits until there was none for so long. */
export const maxFailures = 5
export const lockoutMs = 15 * 60_000

/** Attempts of all names of a directory, in each minute. */
export const maxAttemptsEachMinute = 600
const minuteMs = 60_000

/** What is counted together: '' for all of the directory. */
type Subject = string

/** However somebody writes a name; hidden, for what is typed there may be a password. */
export function nameSubject(userName: string): Subject {
  return hash('name', foldCase(userName.normalize('NFKC')).replaceAll(/[\s\p{Cf}]/gu, ''))
}

/** An account of the source, which several names may mean. */
export function accountSubject(sourceId: string): Subject {
  return hash('account', sourceId)
}

function hash(kind: string, text: string): Subject {
  return createHash('sha256').update(`${kind} ${text}`).digest('base64url')
}

/** Counts an attempt as a failure, until it is forgotten or taken back. Throws rate_limited where there were too many. */
export async function countFailure(db: Database, directory: DirectoryKey, subject: Subject, at: Date): Promise<void> {
  const waitMs = await count(db, directory, { subject, limit: maxFailures, forMs: lockoutMs, isProlonged: true, at })
  if (waitMs === undefined) return
  const seconds = Math.max(1, Math.ceil(waitMs / 1000))
  const minutes = lockoutMs / minuteMs
  throw new AppError(
    'rate_limited',
    `Too many sign-ins of this name have failed: at most ${maxFailures} within ${minutes} minutes. Try again in ${seconds} s.`,
    { data: { seconds, limit: maxFailures } },
  )
}

/** Counts an attempt of a directory. Throws rate_limited where there were too many. */
export async function countAttempt(db: Database, directory: DirectoryKey, at: Date): Promise<void> {
  const limit = maxAttemptsEachMinute
  const waitMs = await count(db, directory, { subject: '', limit, forMs: minuteMs, isProlonged: false, at })
  if (waitMs === undefined) return
  const seconds = Math.max(1, Math.ceil(waitMs / 1000))
  const detail = `Too many sign-ins at this directory: at most ${limit} a minute. Try again in ${seconds} s.`
  throw new AppError('rate_limited', detail, { data: { seconds, limit } })
}

/** Takes one failure back each: the source did not say. */
export async function takeBack(
  db: Database,
  { organizationId, id }: DirectoryKey,
  subjects: readonly Subject[],
): Promise<void> {
  const text = `update sign_in_attempts set attempts = attempts - 1
    where org_id = $1 and directory_id = $2 and subject = any($3::text[]) and attempts > 0`
  await query(db, text, [organizationId, id, subjects])
}

/** Forgets failures: the right person came. */
export async function forgetFailures(
  db: Database,
  { organizationId, id }: DirectoryKey,
  subjects: readonly Subject[],
): Promise<void> {
  const text = 'delete from sign_in_attempts where org_id = $1 and directory_id = $2 and subject = any($3::text[])'
  await query(db, text, [organizationId, id, subjects])
}

interface Counting {
  readonly subject: Subject
  readonly limit: number
  /** How long an attempt counts, from the first one on, or prolonged by each, in milliseconds. */
  readonly forMs: number
  readonly isProlonged: boolean
  readonly at: Date
}

// → how long to wait, where there were too many.
async function count(
  db: Database,
  { organizationId, id }: DirectoryKey,
  { subject, limit, forMs, isProlonged, at }: Counting,
): Promise<number | undefined> {
  const key = [organizationId, id, subject]
  const until = new Date(at.getTime() + forMs)
  const counted = await query(db, countSql, [...key, until, at, limit, isProlonged])
  if (counted.length > 0) return undefined
  const [row] = await query<{ until: Date }>(db, untilSql, key)
  return (row?.until.getTime() ?? 0) - at.getTime()
}

// Those who come at once wait for each other here, for no longer than this statement takes.
const countSql = `insert into sign_in_attempts as a (org_id, directory_id, subject, attempts, counts_until)
  values ($1, $2, $3, 1, $4::timestamptz)
  on conflict (org_id, directory_id, subject) do update set
    attempts = case when a.counts_until <= $5::timestamptz then 1 else a.attempts + 1 end,
    counts_until = case when a.counts_until <= $5::timestamptz or $7::boolean then excluded.counts_until else a.counts_until end
  where a.counts_until <= $5::timestamptz or a.attempts < $6::int
  returning attempts`

const untilSql = `select counts_until as until from sign_in_attempts where org_id = $1 and directory_id = $2 and subject = $3`

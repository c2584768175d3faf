// Offices. Each has its own days: employment begins and ends by the calendar of the office where somebody works.
import type { Database } from '../db/connect.ts'
import { createId } from '../db/ids.ts'
import { query } from '../db/query.ts'
import { single, transaction } from '../db/transaction.ts'
import { AppError } from '../errors.ts'
import { foldCase } from './keys.ts'
import { raiseRules } from './pull-directories.ts'

export interface Location {
  readonly id: string
  readonly name: string
  /** An IANA name; null where it is the organization's. */
  readonly timeZone: string | null
  readonly createdAt: Date
}

export interface LocationDraft {
  readonly name: string
  readonly timeZone: string | null
}

const columns = 'id, name, time_zone as "timeZone", created_at as "createdAt"'

/** By name. */
export function listLocations(db: Database, organizationId: string): Promise<Location[]> {
  return query<Location>(db, `select ${columns} from locations where org_id = $1 order by name_key`, [organizationId])
}

/** Throws uniqueness, and invalid_value for a name or a time zone that cannot be one. */
export async function createLocation(
  db: Database,
  organizationId: string,
  { name, timeZone }: LocationDraft,
  now: Date,
): Promise<Location> {
  const id = createId('loc', now)
  const text = `insert into locations (org_id, id, name, name_key, time_zone, created_at)
    values ($1, $2, $3, $4, $5, $6) returning ${columns}`
  const values = [organizationId, id, name.trim(), nameKey(name), checkTimeZone(timeZone), now]
  return requireLocation(id, await single(db, (one) => query<Location>(one, text, values)))
}

/** What is left out stays. Throws not_found, uniqueness, and invalid_value as `createLocation` does. */
export async function changeLocation(
  db: Database,
  organizationId: string,
  id: string,
  { name, timeZone }: Partial<LocationDraft>,
): Promise<Location> {
  const text = `update locations set name = coalesce($3, name), name_key = coalesce($4, name_key),
      time_zone = case when $5::boolean then $6 else time_zone end
    where org_id = $1 and id = $2 returning ${columns}`
  const named = name === undefined ? [null, null] : [name.trim(), nameKey(name)]
  const values = [organizationId, id, ...named, timeZone !== undefined, checkTimeZone(timeZone ?? null)]
  return transaction(db, async (tx) => {
    if (timeZone !== undefined) await raiseRules(tx, organizationId)
    return requireLocation(id, await query<Location>(tx, text, values))
  })
}

/** What people say of it stays, until their directory says something else. Throws not_found. */
export async function deleteLocation(db: Database, organizationId: string, id: string): Promise<void> {
  const text = `delete from locations where org_id = $1 and id = $2 returning ${columns}`
  requireLocation(id, await single(db, (one) => query<Location>(one, text, [organizationId, id])))
}

/** The locations of these names, by folded name; those that are missing are made. */
export async function ensureLocations(
  tx: Database,
  organizationId: string,
  names: readonly string[],
  now: Date,
): Promise<ReadonlyMap<string, Location>> {
  // Of several ways to write a name the first one counts.
  const byKey = new Map(names.toReversed().map((name) => [nameKey(name), name.trim()]))
  if (byKey.size === 0) return new Map()
  const rows = [...byKey].map(([key, name]) => ({ id: createId('loc', now), name, key })).toSorted(compareKeys)
  await query(
    tx,
    `insert into locations (org_id, id, name, name_key, created_at)
     select $1, r.id, r.name, r.key, $3::timestamptz from json_to_recordset($2::json) as r(id text, name text, key text)
     on conflict (org_id, name_key) do nothing`,
    [organizationId, JSON.stringify(rows), now],
  )
  // One that somebody else makes at the same time was waited for, and is seen by the next statement.
  const found = await query<Location & { key: string }>(
    tx,
    `select ${columns}, name_key as key from locations where org_id = $1 and name_key = any($2::text[])`,
    [organizationId, [...byKey.keys()]],
  )
  return new Map(found.map((location) => [location.key, location]))
}

/** What the names of two locations are compared by. Throws invalid_value where it is none. */
export function nameKey(name: string): string {
  const key = foldCase(name.trim())
  if (key === '') throw new AppError('invalid_value', 'The name of a location must be a non-empty string.')
  return key
}

// In one order, so that two who make the same ones do not wait for each other in a circle.
function compareKeys(a: { key: string }, b: { key: string }): number {
  return a.key < b.key ? -1 : Number(a.key > b.key)
}

function checkTimeZone(timeZone: string | null): string | null {
  if (timeZone === null) return null
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone
  } catch (cause) {
    const shown = timeZone.slice(0, 80)
    throw new AppError('invalid_value', `timeZone: ${shown} is no time zone; use a name such as Europe/Berlin.`, {
      cause,
    })
  }
}

function requireLocation(id: string, [location]: readonly Location[]): Location {
  if (location === undefined) throw new AppError('not_found', `There is no location ${id.slice(0, 80)}.`)
  return location
}

// Keys that all servers of an installation share. Whoever needs one first makes it.
import { randomBytes } from 'node:crypto'
import type { Database } from './connect.ts'
import { query } from './query.ts'

/** The 32 bytes of the key of this name. */
export async function readServerKey(db: Database, name: string, now: Date): Promise<Uint8Array> {
  // The empty update gives the row back also where another server has just made it.
  const [row] = await query<{ key: Buffer }>(
    db,
    `insert into server_keys (name, key, created_at) values ($1, $2, $3::timestamptz)
     on conflict (name) do update set name = excluded.name returning key`,
    [name, randomBytes(32), now],
  )
  if (row === undefined) throw new Error('the key was neither found nor made')
  return new Uint8Array(row.key)
}

// Secrets that tests sealed with keys of their own, and left.
import { verifySecrets } from '../../server/auth/sealed-secrets.ts'
import { createSealer } from '../../server/auth/sealer.ts'
import { query } from '../../server/db/query.ts'
import { clock } from './app.ts'
import { testDatabase } from './postgres.ts'

/** Removes those that the key of the database does not open. */
export async function forgetUnreadable(): Promise<void> {
  const db = testDatabase()
  const counts = await verifySecrets(db, createSealer(db, undefined, clock.now))
  const ids = counts.flatMap(({ unreadable }) => unreadable.map(({ id }) => id))
  await query(db, 'update subscriptions set secrets = null where id = any($1)', [ids])
  await query(db, 'update directories set secrets = null where id = any($1)', [ids])
  await query(db, 'delete from signing_keys where id = any($1)', [ids])
}

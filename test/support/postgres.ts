// One real PostgreSQL for the whole run: the embedded one, in a temporary folder, without waiting for the disk. Loaded by
// .mocharc.json; TEST_DATABASE_URL runs the same tests on another server.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { connect, type Database } from '../../server/db/connect.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../server/db/embedded/start.ts'
import { migrate } from '../../server/db/migrate.ts'
import { closeApp } from './app.ts'

let embedded: EmbeddedPostgres | undefined
let folder: string | undefined
let url: string | undefined
let db: Database | undefined

/** Where the tests' PostgreSQL is. */
export function testDatabaseUrl(): string {
  if (url === undefined) throw new Error('the test database has not been started')
  return url
}

/** A pool on the migrated test database. */
export function testDatabase(): Database {
  if (db === undefined) throw new Error('the test database has not been started')
  return db
}

export async function mochaGlobalSetup(): Promise<void> {
  url = process.env['TEST_DATABASE_URL']
  if (url === undefined) {
    folder = await mkdtemp(path.join(tmpdir(), 'rollcall-test-'))
    embedded = await startEmbeddedPostgres(folder, {
      settings: { fsync: 'off', synchronous_commit: 'off', max_connections: '200' },
    })
    url = embedded.url
  }
  db = connect({ url, poolSize: 20 })
  await migrate(db)
}

export async function mochaGlobalTeardown(): Promise<void> {
  await closeApp()
  await db?.destroy()
  await embedded?.stop()
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
}

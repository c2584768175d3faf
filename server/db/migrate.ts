// Brings the database to the schema of this version. Kysely's migrator takes an advisory lock inside its transaction, so
// any number of servers may start at once, also behind a pooler.
import { promises as fs } from 'node:fs'
import path from 'node:path'
import { sql } from 'kysely'
import { FileMigrationProvider, type Migration, Migrator } from 'kysely/migration'
import { AppError } from '../errors.ts'
import type { Database } from './connect.ts'
import { translateFault } from './faults.ts'
import { query } from './query.ts'

const migrationFolder = path.resolve(import.meta.dirname, '../../migrations')

export interface MigrationState {
  readonly name: string
  readonly done: boolean
}

/** Applies what is missing and returns its names. Refuses a database that a newer Rollcall has migrated. */
export async function migrate(db: Database): Promise<string[]> {
  const { error, results } = await createMigrator(db).migrateToLatest()
  if (error !== undefined) throw explainFailure(error)
  return (results ?? []).map((result) => result.migrationName)
}

/** All migrations of this version in order, and which of them the database has. Throws schema_newer. */
export async function listMigrations(db: Database): Promise<MigrationState[]> {
  const migrations = await createMigrator(db).getMigrations()
  await refuseNewer(db, new Set(migrations.map(({ name }) => name)))
  return migrations.map(({ name, executedAt }) => ({ name, done: executedAt !== undefined }))
}

async function refuseNewer(db: Database, known: ReadonlySet<string>): Promise<void> {
  const [table] = await query<{ name: string | null }>(db, `select to_regclass('kysely_migration')::text as name`)
  if (table === undefined || table.name === null) return
  const applied = await query<{ name: string }>(db, 'select name from kysely_migration')
  if (applied.some(({ name }) => !known.has(name))) throw new AppError('schema_newer')
}

function createMigrator(db: Database): Migrator {
  return new Migrator({ db, provider: { getMigrations: readMigrations } })
}

// A migration of a large table takes the time that it takes.
async function readMigrations(): Promise<Record<string, Migration>> {
  const migrations = await new FileMigrationProvider({ fs, path, migrationFolder }).getMigrations()
  const patient = (migration: Migration): Migration => ({
    up: async (tx) => {
      await sql`set local statement_timeout = 0`.execute(tx)
      await migration.up(tx)
    },
  })
  return Object.fromEntries(Object.entries(migrations).map(([name, migration]) => [name, patient(migration)]))
}

function explainFailure(error: unknown): unknown {
  if (error instanceof Error && /corrupted migrations/.test(error.message)) {
    return new AppError('schema_newer', undefined, { cause: error })
  }
  return translateFault(error)
}

// Databases of earlier versions, which the code of this one cannot write.
import { promises as fs } from 'node:fs'
import path from 'node:path'
import { FileMigrationProvider, Migrator } from 'kysely/migration'
import { connect, type Database } from '../../server/db/connect.ts'
import { query } from '../../server/db/query.ts'
import { testDatabase, testDatabaseUrl } from './postgres.ts'

const migrationFolder = path.resolve(import.meta.dirname, '../../migrations')

export interface OldDatabase {
  readonly db: Database
  /** Another connection, as a role with the password `secret`. */
  open(role: string): Database
  remove(): Promise<void>
}

/** An empty database; what it is for makes its name. */
export async function createOldDatabase(purpose: string): Promise<OldDatabase> {
  const name = `${purpose}_${process.pid}`
  await query(testDatabase(), `create database ${name}`)
  const open = (role?: string): Database => {
    const url = new URL(testDatabaseUrl())
    url.pathname = `/${name}`
    if (role !== undefined) [url.username, url.password] = [role, 'secret']
    return connect({ url: url.href, poolSize: 2 })
  }
  const db = open()
  const remove = async (): Promise<void> => {
    await db.destroy()
    await query(testDatabase(), `drop database ${name} with (force)`)
  }
  return { db, open, remove }
}

/** Brings it to the schema that was there before a migration. */
export async function migrateUntil(db: Database, migration: string): Promise<void> {
  const provider = new FileMigrationProvider({ fs, path, migrationFolder })
  const names = Object.keys(await provider.getMigrations()).toSorted()
  const before = names[names.indexOf(migration) - 1]
  if (before === undefined) throw new Error(`nothing is before ${migration}`)
  const { error } = await new Migrator({ db, provider }).migrateTo(before)
  if (error !== undefined) throw error
}

/** An organization with a manual directory and a push directory. */
export async function insertOldOrganization(
  db: Database,
  at: Date,
): Promise<{ organizationId: string; directoryId: string }> {
  const [organizationId, directoryId] = ['org_old', 'dir_okta']
  await query(db, `insert into organizations (org_id, name, created_at) values ($1, 'Old', $2)`, [organizationId, at])
  await query(
    db,
    `insert into directories (org_id, id, kind, name, created_at)
     values ($1, 'dir_manual', 'manual', 'Manual', $3), ($1, $2, 'push', 'Okta', $3)`,
    [organizationId, directoryId, at],
  )
  return { organizationId, directoryId }
}

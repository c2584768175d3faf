import type { Database } from './connect.ts'
import { isRetryable, translateFault } from './faults.ts'

const attempts = 8

/**
 * Runs `work` in one transaction and again from the start when PostgreSQL broke a deadlock with it, so `work` must do
 * nothing but database work. Inside a transaction it becomes part of that one. Database refusals come out as AppErrors.
 */
export async function transaction<Result>(db: Database, work: (tx: Database) => Promise<Result>): Promise<Result> {
  return db.isTransaction ? work(db) : attempt(() => db.transaction().execute(work))
}

/**
 * The same for `work` that is one statement, which is a transaction of itself and needs no begin and commit. Where its
 * connection breaks, PostgreSQL may still finish it; a transaction it would undo.
 */
export async function single<Result>(db: Database, work: (db: Database) => Promise<Result>): Promise<Result> {
  return db.isTransaction ? work(db) : attempt(() => work(db))
}

async function attempt<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let count = 1; ; count++) {
    try {
      return await work()
    } catch (error) {
      if (count < attempts && isRetryable(error)) continue
      throw translateFault(error)
    }
  }
}

/** Runs a single read and translates what PostgreSQL refuses. */
export async function reading<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw translateFault(error)
  }
}

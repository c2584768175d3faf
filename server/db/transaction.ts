import type { Database } from './connect.ts'
import { isRetryable, translateFault } from './faults.ts'

const attempts = 8

/**
 * Runs `work` in one transaction and again from the start when PostgreSQL broke a deadlock with it, so `work` must do
 * nothing but database work. Inside a transaction it becomes part of that one. Database refusals come out as AppErrors.
 */
export async function transaction<Result>(db: Database, work: (tx: Database) => Promise<Result>): Promise<Result> {
  if (db.isTransaction) return work(db)
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction().execute(work)
    } catch (error) {
      if (attempt < attempts && isRetryable(error)) continue
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

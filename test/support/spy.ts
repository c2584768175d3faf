// A database that tells which statements it is asked to run.
import type { CompiledQuery } from 'kysely'
import type { Database } from '../../server/db/connect.ts'

type Answer = ReturnType<Database['executeQuery']>

/** `db` with every statement going through `answer`, in one way: without gathering, and without a way past Kysely. */
export function spyOn(db: Database, answer: (statement: CompiledQuery) => Promise<unknown>): Database {
  return new Proxy(db, {
    get: (target, name) => {
      if (name === 'gatherer' || name === 'run') return undefined
      return name === 'executeQuery'
        ? (statement: CompiledQuery) => answer(statement) as Answer
        : (Reflect.get(target, name, target) as unknown)
    },
  })
}

// A database as a process has it that is killed: from some statement on none is sent any more, and what was not committed is undone.
import type { CompiledQuery } from 'kysely'
import type { Database } from '../../server/db/connect.ts'

export class Killed extends Error {}

/** `db` until so many statements and commits were sent. Each is a step, so that dying before a commit and after it are two deaths. */
export function mortal(db: Database, lifetime: number): Database {
  let steps = 0
  const step = (): void => {
    if (steps >= lifetime) throw new Killed()
    steps++
  }
  // What Kysely builds comes by its plugins, and what is text by `executeQuery`.
  const counted = db.withPlugin({
    transformQuery: ({ node }) => {
      step()
      return node
    },
    transformResult: ({ result }) => Promise.resolve(result),
  }) as Database
  return wrap(counted, step)
}

function wrap(db: Database, step: () => void): Database {
  return new Proxy(db, {
    get: (target, name) => {
      if (name === 'executeQuery') {
        return async (statement: CompiledQuery) => {
          step()
          return target.executeQuery(statement)
        }
      }
      if (name === 'transaction') {
        return () => ({
          execute: (work: (tx: Database) => Promise<unknown>) =>
            target.transaction().execute(async (tx) => {
              const result = await work(wrap(tx, step))
              step()
              return result
            }),
        })
      }
      const value = Reflect.get(target, name, target) as unknown
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

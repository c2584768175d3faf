import { CompiledQuery } from 'kysely'
import type { Database } from './connect.ts'

/** Runs SQL text with `$1…` parameters: for the hot statements, whose text is built once and not at every request. */
export async function query<Row>(db: Database, text: string, parameters: readonly unknown[] = []): Promise<Row[]> {
  if (db.run !== undefined) return (await db.run(text, [...parameters])) as Row[]
  const { rows } = await db.executeQuery<Row>(CompiledQuery.raw(text, [...parameters]))
  return rows
}

// The usual page lengths. Some statements ask for one row more.
const usualLimits: ReadonlySet<number> = new Set([1, 10, 20, 25, 50, 100, 200, 500, 1000])

/** Collects the parameters of a statement whose text is being built, and gives each its `$n`. */
export class Parameters {
  readonly values: unknown[]

  constructor(...first: unknown[]) {
    this.values = first
  }

  add(value: unknown): string {
    this.values.push(value)
    return `$${this.values.length}`
  }

  /** A usual limit stands in the statement: where the planner knows it, it makes its plan once, and else every time. */
  addLimit(count: number): string {
    return usualLimits.has(count) || usualLimits.has(count - 1) ? String(count) : this.add(count)
  }
}

import { CompiledQuery } from 'kysely'
import type { Database } from './connect.ts'

/** Runs SQL text with `$1…` parameters: for the hot statements, whose text is built once and not at every request. */
export async function query<Row>(db: Database, text: string, parameters: readonly unknown[] = []): Promise<Row[]> {
  if (db.run !== undefined) return (await db.run(text, [...parameters])) as Row[]
  const { rows } = await db.executeQuery<Row>(CompiledQuery.raw(text, [...parameters]))
  return rows
}

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
}

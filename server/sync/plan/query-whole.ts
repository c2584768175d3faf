// Queries over all that a directory has.
import type { Database } from '../../db/connect.ts'
import { query } from '../../db/query.ts'
import { transaction } from '../../db/transaction.ts'

/**
 * Runs a query that joins much with much. Without statistics of the organization, or of what the query itself gathers, the planner takes
 * either for a row or two, and compares each with each; so it may not here.
 */
export async function queryWhole<Row>(db: Database, text: string, parameters: readonly unknown[]): Promise<Row[]> {
  return transaction(db, async (tx) => {
    await query(tx, 'set local enable_nestloop = off')
    return query<Row>(tx, text, parameters)
  })
}

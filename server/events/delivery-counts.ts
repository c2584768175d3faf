// How much a subscription has yet to tell, and how much it gave up.
import type { Database } from '../db/connect.ts'
import { query } from '../db/query.ts'
import { reading } from '../db/transaction.ts'

export interface DeliveryCounts {
  /** What waits for its next attempt, and what was given up; of each at most 10 000 are counted. */
  readonly waiting: number
  readonly dead: number
}

const maxCount = 10_000

export async function countDeliveries(
  db: Database,
  organizationId: string,
  subscriptionIds: readonly string[],
): Promise<ReadonlyMap<string, DeliveryCounts>> {
  const rows = await reading(() =>
    query<DeliveryCounts & { id: string }>(db, countSql, [organizationId, subscriptionIds]),
  )
  return new Map(rows.map(({ id, waiting, dead }) => [id, { waiting, dead }]))
}

const countState = (state: string): string => `
  (select count(*)::integer from (
    select 1 from deliveries where org_id = $1 and subscription_id = ids.id and state = '${state}' limit ${maxCount}) of_state)`

const countSql = `
  select ids.id, ${countState('waiting')} as waiting, ${countState('dead')} as dead from unnest($2::text[]) as ids (id)`

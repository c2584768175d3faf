// Plans of statements, as EXPLAIN writes them.
import type pg from 'pg'

export interface Statement {
  readonly sql: string
  readonly parameters: readonly unknown[]
}

export interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Index Cond'?: string
  readonly Plans?: readonly PlanNode[]
}

/** The plan where the planner knows the parameters. */
export async function planFor(client: pg.Client, { sql, parameters }: Statement): Promise<PlanNode> {
  return readPlan(await client.query(`explain (format json) ${sql}`, [...parameters]))
}

/** As for a prepared statement that was run often: one plan for all parameters. */
export async function planForAll(client: pg.Client, { sql, parameters }: Statement): Promise<PlanNode> {
  await client.query(`prepare explained as ${sql}`)
  await client.query('set plan_cache_mode = force_generic_plan')
  const values = parameters.length === 0 ? '' : `(${parameters.map(() => 'null').join(', ')})`
  const plan = readPlan(await client.query(`explain (format json) execute explained${values}`))
  await client.query('reset plan_cache_mode')
  await client.query('deallocate explained')
  return plan
}

function readPlan({ rows }: pg.QueryResult<{ 'QUERY PLAN': { Plan: PlanNode }[] }>): PlanNode {
  const plan = rows[0]?.['QUERY PLAN'][0]?.Plan
  if (plan === undefined) throw new Error('EXPLAIN gave no plan')
  return plan
}

/** A node with all that are below it. */
export function listNodes(plan: PlanNode): PlanNode[] {
  return [plan, ...(plan.Plans ?? []).flatMap(listNodes)]
}

// The questions about the organization, over HTTP and as the statements that answer them.
import type { Database } from '../../server/db/connect.ts'
import { query } from '../../server/db/query.ts'
import type { Actor } from '../../server/directory/actor.ts'
import { findPeople } from '../../server/directory/lookup/lookup.ts'
import { readChain } from '../../server/directory/org/chain.ts'
import { readChart } from '../../server/directory/org/chart.ts'
import { readSummaries } from '../../server/directory/org/employee-sql.ts'
import { listDirectReports } from '../../server/directory/org/employees.ts'

/** People of the company, to ask about. */
export interface Subjects {
  /** At the bottom. */
  readonly employeeIds: readonly string[]
  readonly managerIds: readonly string[]
  readonly rootId: string
  /** Whoever has next to 10 000 people below them. */
  readonly headId: string
  /** What somebody might type. */
  readonly typed: readonly string[]
}

export interface Question {
  readonly name: string
  /** HTTP may take this many times as long. */
  readonly target: number
  readonly against: string
  readonly calls: number
  readonly request: (call: number) => { readonly method: string; readonly target: string; readonly body?: unknown }
  /** The same by the function that the endpoint calls. */
  readonly ask: (db: Database, actor: Actor, call: number) => Promise<unknown>
  /** Whether writing the answer as JSON is part of what it is compared with. */
  readonly countsJson: boolean
}

export function listQuestions(subjects: Subjects): Question[] {
  const { employeeIds, managerIds, rootId, headId, typed } = subjects
  const pick = (values: readonly string[], call: number): string => values[call % values.length] ?? ''
  return [
    {
      name: 'chain up',
      target: 3,
      against: 'one indexed row for each level',
      calls: 300,
      request: (call) => ({ method: 'GET', target: `/v1/hr/employees/${pick(employeeIds, call)}/chain` }),
      ask: (db, actor, call) => readEachLevel(db, actor, pick(employeeIds, call)),
      countsJson: false,
    },
    {
      name: 'direct reports',
      target: 2,
      against: 'its SQL',
      calls: 300,
      request: (call) => ({ method: 'GET', target: `/v1/hr/employees/${pick(managerIds, call)}/direct-reports` }),
      ask: (db, actor, call) =>
        listDirectReports(db, actor, pick(managerIds, call), false, { limit: 1000, after: undefined }),
      countsJson: false,
    },
    {
      name: 'lookup',
      target: 2,
      against: 'its SQL',
      calls: 300,
      request: (call) => ({ method: 'POST', target: '/v1/hr/lookup', body: { query: pick(typed, call) } }),
      ask: async (db, actor, call) => {
        const matches = await findPeople(db, actor, { query: pick(typed, call), limit: 5, status: 'active' })
        return readSummaries(
          db,
          actor,
          matches.map(({ id }) => id),
        )
      },
      countsJson: false,
    },
    {
      name: 'org chart, depth 5',
      target: 1.5,
      against: 'its SQL and writing the JSON',
      calls: 20,
      request: () => ({ method: 'GET', target: `/v1/hr/org-chart?root_id=${rootId}` }),
      ask: (db, actor) => readChart(db, actor, { rootId, maxDepth: 5, includeInactive: false }),
      countsJson: true,
    },
    {
      name: 'all below one, some 10 000',
      target: 1.5,
      against: 'its SQL and writing the JSON',
      calls: 20,
      request: () => ({ method: 'GET', target: `/v1/hr/employees/${headId}/chain?direction=down` }),
      ask: (db, actor) => readChain(db, actor, headId, { direction: 'down', maxDepth: 10, includeInactive: false }),
      countsJson: true,
    },
  ]
}

const rowSql = 'select manager_id, resource from users where org_id = $1 and id = $2'

async function readEachLevel(db: Database, actor: Actor, id: string): Promise<void> {
  let next: string | null = id
  while (next !== null) {
    const rows: { manager_id: string | null }[] = await query(db, rowSql, [actor.organizationId, next])
    next = rows[0]?.manager_id ?? null
  }
}

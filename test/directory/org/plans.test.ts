// How many rows each question about the company looks at: asked of PostgreSQL itself, of an organization that it has counted and
// of one that came since, and by a plan for these parameters as by one for any. In a database of its own, so that no other test
// changes its statistics.
import { expect } from 'chai'
import type { CompiledQuery } from 'kysely'
import pg from 'pg'
import { connect, type Database } from '../../../server/db/connect.ts'
import { migrate } from '../../../server/db/migrate.ts'
import { query } from '../../../server/db/query.ts'
import type { Actor } from '../../../server/directory/actor.ts'
import { createDirectory, createOrganization } from '../../../server/directory/directories.ts'
import { readChain } from '../../../server/directory/org/chain.ts'
import { readChart } from '../../../server/directory/org/chart.ts'
import { listDepartments, readDepartment } from '../../../server/directory/org/departments.ts'
import { listDirectoryGroups, listGroupMembers } from '../../../server/directory/org/directory-groups.ts'
import {
  listDirectReports,
  listEmployees,
  readEmployee,
  readEmployees,
} from '../../../server/directory/org/employees.ts'
import { testDatabase, testDatabaseUrl } from '../../support/postgres.ts'
import { spyOn } from '../../support/spy.ts'

const people = 4000

interface PlanNode {
  readonly 'Relation Name'?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly Plans?: readonly PlanNode[]
}

interface Case {
  readonly what: string
  readonly ask: (db: Database, actor: Actor) => Promise<unknown>
  /** How many rows of people, links, memberships and groups are looked at at most, all statements together. */
  readonly most: number
}

const id = (place: number): string => `emp_${String(place).padStart(5, '0')}`
const group = (place: number): string => `grp_${String(place).padStart(3, '0')}`
const window = { limit: 20, after: undefined }
const all = { limit: 1000, after: undefined }

// Eight people report to each, five levels deep; 50 departments of 80 people; groups of 30 people, and each but the first in another.
const cases: readonly Case[] = [
  { what: 'an employee', ask: (db, actor) => readEmployee(db, actor, id(3000)), most: 20 },
  { what: 'some employees', ask: (db, actor) => readEmployees(db, actor, [id(1), id(2), id(3)]), most: 40 },
  {
    what: 'a page of employees',
    ask: (db, actor) => listEmployees(db, actor, {}, { limit: 20, after: id(2000) }),
    most: 200,
  },
  {
    what: 'a page of a department',
    ask: (db, actor) => listEmployees(db, actor, { department: 'Department 7' }, window),
    most: 200,
  },
  {
    what: 'the last page of a department',
    ask: (db, actor) => listEmployees(db, actor, { department: 'Department 7' }, { limit: 20, after: id(3900) }),
    most: 200,
  },
  {
    what: 'whom somebody manages',
    ask: (db, actor) => listEmployees(db, actor, { managerId: id(7) }, window),
    most: 100,
  },
  { what: 'direct reports', ask: (db, actor) => listDirectReports(db, actor, id(7), false, all), most: 80 },
  {
    what: 'the chain upwards',
    ask: (db, actor) => readChain(db, actor, id(3999), { direction: 'up', maxDepth: 10, includeInactive: false }),
    most: 6,
  },
  {
    what: 'the chain downwards',
    ask: (db, actor) => readChain(db, actor, id(5), { direction: 'down', maxDepth: 10, includeInactive: false }),
    most: 1200,
  },
  {
    what: 'a chart',
    ask: (db, actor) => readChart(db, actor, { rootId: id(5), maxDepth: 1, includeInactive: false }),
    most: 100,
  },
  // Whose top is looked for from 500 managers.
  {
    what: 'the chart of all',
    ask: (db, actor) => readChart(db, actor, { maxDepth: 1, includeInactive: false }),
    most: 3500,
  },
  {
    what: 'the chart of a department',
    ask: (db, actor) => readChart(db, actor, { department: 'Department 7', maxDepth: 1, includeInactive: false }),
    most: 900,
  },
  { what: 'a department', ask: (db, actor) => readDepartment(db, actor, 'dep_ZGVwYXJ0bWVudCA3'), most: 800 },
  {
    what: 'departments',
    ask: (db, actor) => listDepartments(db, actor, false, { limit: 5, after: undefined }),
    most: 4000,
  },
  { what: 'groups', ask: (db, actor) => listDirectoryGroups(db, actor, {}, window), most: 750 },
  { what: 'members', ask: (db, actor) => listGroupMembers(db, actor, group(50), false, window), most: 110 },
  {
    what: 'members of groups in a group',
    ask: (db, actor) => listGroupMembers(db, actor, group(30), true, window),
    most: 1000,
  },
]

describe('the plans of questions about the company', function () {
  this.timeout(60_000)
  const name = `org_plans_${process.pid}`
  let db: Database
  let client: pg.Client
  let known: Actor
  let newcomer: Actor
  let named = 0

  before(async () => {
    await query(testDatabase(), `create database ${name}`)
    const url = new URL(testDatabaseUrl())
    url.pathname = `/${name}`
    db = connect({ url: url.href, poolSize: 2 })
    await migrate(db)
    await addOrganization('first')
    known = await addOrganization('second')
    await query(db, 'vacuum analyze')
    newcomer = await addOrganization('third')
    client = new pg.Client({ connectionString: url.href })
    await client.connect()
  })

  after(async () => {
    await client.end()
    await db.destroy()
    await query(testDatabase(), `drop database ${name}`)
  })

  async function addOrganization(organization: string): Promise<Actor> {
    const at = new Date()
    const organizationId = await createOrganization(db, organization, at)
    const directory = { kind: 'push', provider: null, name: 'Okta' } as const
    const directoryId = await createDirectory(db, organizationId, directory, at)
    for (const text of insertSql) await query(db, text, [organizationId, directoryId, people])
    return { organizationId, directoryId, view: 'directory', restoresUsers: false, tokenId: null, requestId: null, at }
  }

  for (const { what, ask, most } of cases) {
    for (const knows of ['the parameters', 'nothing of the parameters']) {
      it(`look at few rows for ${what} where the planner knows ${knows}`, async () => {
        for (const actor of [known, newcomer]) {
          const plans: PlanNode[] = []
          const spy = spyOn(db, async (statement) => {
            plans.push(await (knows === 'the parameters' ? explain(statement) : explainForAll(statement)))
            return db.executeQuery(statement)
          })
          await ask(spy, actor)
          const rows = plans.map(countRows)
          expect(
            rows.reduce((sum, count) => sum + count, 0),
            rows.join(),
          ).to.be.within(1, most)
        }
      })
    }
  }

  it('leave ordinary changes of a person to the page where they are', async () => {
    const change = `update users set active = not coalesce(active, true), resource = resource || '{"title": "Changed"}',
        department_key = department_key, manager_id = manager_id, last_day = last_day, version = version + 1, modified_at = now()
      where org_id = $1 and id = $2`
    const count = `select n_tup_upd::int as all, n_tup_hot_upd::int as hot from pg_stat_xact_user_tables where relname = 'users'`
    await client.query('begin')
    for (let place = 100; place < 200; place += 10) await client.query(change, [known.organizationId, id(place)])
    const { rows } = await client.query<{ all: number; hot: number }>(count)
    await client.query('rollback')
    expect(rows[0]?.all).to.equal(10)
    expect(rows[0]?.hot).to.be.at.least(9)
  })

  async function explain({ sql, parameters }: CompiledQuery): Promise<PlanNode> {
    return readPlan(await client.query(`explain (analyze, format json) ${sql}`, [...parameters]))
  }

  // As for a prepared statement that was run often.
  async function explainForAll({ sql, parameters }: CompiledQuery): Promise<PlanNode> {
    const plan = `plan_${named++}`
    await client.query(`prepare ${plan} as ${sql}`)
    await client.query('set plan_cache_mode = force_generic_plan')
    const explained = await client.query(
      `explain (analyze, format json) execute ${plan}(${parameters.map(write).join(', ')})`,
    )
    await client.query('reset plan_cache_mode')
    await client.query(`deallocate ${plan}`)
    return readPlan(explained)
  }
})

function write(value: unknown): string {
  return Array.isArray(value) ? `array[${value.map(write).join(', ')}]::text[]` : pg.escapeLiteral(String(value))
}

function readPlan({ rows }: pg.QueryResult<{ 'QUERY PLAN': { Plan: PlanNode }[] }>): PlanNode {
  const plan = rows[0]?.['QUERY PLAN'][0]?.Plan
  if (plan === undefined) throw new Error('EXPLAIN gave no plan')
  return plan
}

const watched: ReadonlySet<string | undefined> = new Set(['users', 'links', 'memberships', 'groups'])

function countRows(node: PlanNode): number {
  const own = (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops']
  const below = (node.Plans ?? []).reduce((sum, plan) => sum + countRows(plan), 0)
  return below + (watched.has(node['Relation Name']) ? own : 0)
}

// $1 organization, $2 directory, $3 how many people.
const insertSql = [
  `insert into users (org_id, id, directory_id, user_name_key, email_keys, department_key, manager_id, last_day, resource, created_at, modified_at)
   select $1, 'emp_' || lpad(i::text, 5, '0'), $2, 'user' || i, '{}', 'department ' || i % 50,
     case when i > 0 then 'emp_' || lpad(((i - 1) / 8)::text, 5, '0') end, case when i % 20 = 19 then date '2001-01-01' end,
     jsonb_build_object('userName', 'user' || i, 'displayName', 'User ' || i), now(), now() from generate_series(0, $3::int - 1) i`,
  `insert into links (org_id, user_id, directory_id, created_at, seen_at)
   select org_id, id, $2, now(), now() from users where org_id = $1 and $3 > 0`,
  `insert into groups (org_id, id, directory_id, display_name_key, resource, created_at, modified_at)
   select $1, 'grp_' || lpad(i::text, 3, '0'), $2, 'group ' || i, jsonb_build_object('displayName', 'Group ' || i), now(), now()
   from generate_series(1, $3::int / 40) i`,
  `insert into memberships (org_id, group_id, user_id, created_at)
   select distinct $1, 'grp_' || lpad((1 + (i * k * 7919 + k * 13) % ($3::int / 40))::text, 3, '0'),
     'emp_' || lpad(i::text, 5, '0'), now() from generate_series(0, 999) i, generate_series(1, 3) k where $2 <> ''`,
  `insert into memberships (org_id, group_id, child_id, created_at)
   select $1, 'grp_' || lpad((i / 2)::text, 3, '0'), 'grp_' || lpad(i::text, 3, '0'), now()
   from generate_series(2, $3::int / 40) i where $2 <> ''`,
]

// What every process asks all the time is answered by an index, however much there is.
import { expect } from 'chai'
import type { CompiledQuery } from 'kysely'
import pg from 'pg'
import { query } from '../../server/db/query.ts'
import { createDirectory } from '../../server/directory/directories.ts'
import { listDueRuns } from '../../server/sync/engine/due.ts'
import { listDueLifecycles } from '../../server/sync/runs/schedule.ts'
import { listDueDirectories } from '../../server/directory/pull-directories.ts'
import { clock, createTenant } from '../support/app.ts'
import { listNodes, planFor, planForAll } from '../support/plans.ts'
import { testDatabase, testDatabaseUrl } from '../support/postgres.ts'
import { spyOn } from '../support/spy.ts'

const many = 3000

describe('looking for what is due', () => {
  it('reads no table from end to end', async () => {
    const { organizationId } = await createTenant()
    await fill(organizationId)
    const statements: CompiledQuery[] = []
    const db = spyOn(testDatabase(), (statement) => {
      statements.push(statement)
      return testDatabase().executeQuery(statement)
    })
    await listDueRuns(db, clock.now(), 100)
    await listDueDirectories(db, clock.now(), 100)
    await listDueLifecycles(db, clock.now(), 100)
    expect(statements).to.have.lengthOf(3)
    const client = new pg.Client({ connectionString: testDatabaseUrl() })
    await client.connect()
    try {
      for (const statement of statements) {
        for (const plan of [await planFor(client, statement), await planForAll(client, statement)]) {
          const read = listNodes(plan).filter((node) => node['Node Type'] === 'Seq Scan')
          expect(read, statement.sql).to.deep.equal([])
        }
      }
    } finally {
      await client.end()
    }
  })
})

async function fill(organizationId: string): Promise<void> {
  const now = clock.now()
  const directory = { kind: 'pull', provider: 'scripted', name: 'Filled' } as const
  const directoryId = await createDirectory(testDatabase(), organizationId, directory, now)
  const values = [organizationId, now]
  await query(
    testDatabase(),
    `insert into directories (org_id, id, kind, provider, name, created_at, connection, next_run_at)
     select $1, 'dir_due_' || i, 'pull', 'scripted', 'Due ' || i, $2::timestamptz, '{}', $2::timestamptz + i * interval '1 hour'
     from generate_series(1, ${many}) i`,
    values,
  )
  await query(
    testDatabase(),
    `insert into sync_runs (org_id, id, directory_id, type, include_groups, status, queued_at, started_at, completed_at)
     select $1, 'sync_due_' || i, 'dir_due_' || i, 'full', true, 'completed', $2::timestamptz, $2::timestamptz, $2::timestamptz
     from generate_series(1, ${many}) i`,
    values,
  )
  await query(
    testDatabase(),
    `insert into source_records (org_id, directory_id, type, source_id, hash, run_id, due_at)
     select $1, $3, 'user', 'p' || i, 'x', 'sync_due_1', $2::timestamptz + i * interval '1 hour' from generate_series(1, ${many}) i`,
    [...values, directoryId],
  )
  for (const table of ['directories', 'sync_runs', 'source_records']) await query(testDatabase(), `analyze ${table}`)
}

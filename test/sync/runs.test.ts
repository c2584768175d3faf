// Runs that are asked for: which directory they are of, that there is one at a time, and what earlier ones let expect.
import { expect } from 'chai'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { query } from '../../server/db/query.ts'
import type { Tables } from '../../server/db/tables.ts'
import type { Actor } from '../../server/directory/actor.ts'
import { createDirectory } from '../../server/directory/directories.ts'
import type { SyncType } from '../../server/sync/runs/run.ts'
import {
  listSyncs,
  readLatestSync,
  readSync,
  requestSync,
  type SyncRequest,
  type SyncRun,
} from '../../server/sync/runs/syncs.ts'
import { AppError } from '../../server/errors.ts'
import { clock, createTenant } from '../support/app.ts'
import { testDatabase, testDatabaseUrl } from '../support/postgres.ts'

describe('sync runs', () => {
  let actor: Actor
  let workday: string
  beforeEach(async () => {
    actor = await createActor()
    workday = await addSource('workday', 'HR')
  })

  async function createActor(): Promise<Actor> {
    const { organizationId, directoryId } = await createTenant()
    const rest = { view: 'organization', restoresUsers: false, tokenId: null, requestId: null } as const
    return { organizationId, directoryId, ...rest, at: clock.now() }
  }

  const addSource = (provider: string, name: string, of = actor): Promise<string> =>
    createDirectory(testDatabase(), of.organizationId, { kind: 'pull', provider, name }, clock.now())

  const request = (rest: Partial<SyncRequest> = {}, of = actor): Promise<SyncRun> => {
    const usual = { source: 'workday', type: 'incremental', includeGroups: true } as const
    return requestSync(testDatabase(), of, { ...usual, ...rest })
  }

  /** A run that was done in so many milliseconds. */
  async function complete(durationMs: number, type: SyncType = 'incremental', source = 'workday'): Promise<void> {
    actor = { ...actor, at: new Date(actor.at.getTime() + 1000) } // ids of one moment are in any order
    const { id } = await request({ type, source })
    const started_at = clock.now()
    const completed_at = new Date(started_at.getTime() + durationMs)
    await finish(id, { status: 'completed', started_at, completed_at })
  }

  const finish = (
    id: string,
    values: { status: 'completed' | 'failed' | 'running'; started_at?: Date; completed_at?: Date },
  ): Promise<unknown> => testDatabase().updateTable('sync_runs').set(values).where('id', '=', id).execute()

  const refusal = async (work: Promise<unknown>): Promise<string> => {
    const error: unknown = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).to.be.instanceOf(AppError).with.property('code', 'not_found')
    return (error as AppError).message
  }

  it('wait in the queue with nothing done', async () => {
    const run = await request({ type: 'full', includeGroups: false })
    const { id, stats, queuedAt, ...rest } = run
    expect(queuedAt.getTime()).to.equal(actor.at.getTime())
    expect(rest).to.deep.equal({
      directoryId: workday,
      source: 'workday',
      type: 'full',
      includeGroups: false,
      status: 'queued',
      startedAt: null,
      completedAt: null,
      estimatedDurationMs: null,
      errors: [],
      nextSyncToken: null,
    })
    expect(Object.values(stats).filter((count) => count !== 0)).to.deep.equal([])
    expect(await readSync(testDatabase(), actor, id)).to.deep.equal(run)
  })

  it('are one at a time for a directory: who asks again gets the one that is queued or running', async () => {
    const { id } = await request()
    expect((await request({ type: 'full' })).id).to.equal(id)
    await finish(id, { status: 'running', started_at: clock.now() })
    expect(await request()).to.include({ id, status: 'running' })
    await finish(id, { status: 'failed', completed_at: clock.now() })
    expect((await request()).id).to.not.equal(id)
    await addSource('okta', 'Okta pull')
    expect((await request({ source: 'okta' })).source).to.equal('okta')
  })

  it('are one when many ask at once', async () => {
    const runs = await Promise.all(Array.from({ length: 12 }, () => request()))
    expect(new Set(runs.map(({ id }) => id)).size).to.equal(1)
    const [row] = await query<{ count: number }>(
      testDatabase(),
      'select count(*) as count from sync_runs where org_id = $1',
      [actor.organizationId],
    )
    expect(row?.count).to.equal(1)
  })

  it('are of directories that are pulled, the oldest of a provider', async () => {
    await createDirectory(
      testDatabase(),
      actor.organizationId,
      { kind: 'push', provider: 'okta', name: 'P' },
      clock.now(),
    )
    expect(await refusal(request({ source: 'okta' }))).to.include('no pull directory with the provider okta')
    await addSource('workday', 'A second one')
    expect((await request()).directoryId).to.equal(workday)
    const stranger = await createActor()
    await refusal(request({}, stranger))
  })

  it('take as long as the median of the last five of the same directory and type', async () => {
    for (const durationMs of [9_000_000, 1000, 3000, 2000]) await complete(durationMs)
    expect((await request()).estimatedDurationMs).to.equal(2500)
    await finish((await request()).id, { status: 'failed', completed_at: clock.now() })
    await complete(60_000)
    await complete(4000)
    await complete(7, 'full')
    await addSource('okta', 'Okta pull')
    await complete(5, 'incremental', 'okta')
    const next = await request()
    // 1000, 3000, 2000, 60 000 and 4000; the first has aged out.
    expect(next.estimatedDurationMs).to.equal(3000)
  })

  it('are found by id, by source, or as the latest, within the organization', async () => {
    expect(await refusal(readLatestSync(testDatabase(), actor, undefined))).to.include('Nothing has been synced yet')
    await addSource('okta', 'Okta pull')
    const first = await request()
    const at = new Date(actor.at.getTime() + 5000)
    const second = await request({ source: 'okta' }, { ...actor, at })
    expect((await readLatestSync(testDatabase(), actor, undefined)).id).to.equal(second.id)
    expect((await readLatestSync(testDatabase(), actor, 'workday')).id).to.equal(first.id)
    expect(await refusal(readLatestSync(testDatabase(), actor, 'bamboohr'))).to.include('from bamboohr')
    const stranger = await createActor()
    await refusal(readSync(testDatabase(), stranger, first.id))
    await refusal(readLatestSync(testDatabase(), stranger, undefined))
    await refusal(readLatestSync(testDatabase(), stranger, 'workday'))
    await refusal(readSync(testDatabase(), actor, 'sync_0'))
  })

  it('go with their organization', async () => {
    await request()
    await query(testDatabase(), 'delete from organizations where org_id = $1', [actor.organizationId])
    const rows = await query(testDatabase(), 'select 1 from sync_runs where org_id = $1', [actor.organizationId])
    expect(rows).to.deep.equal([])
  })

  it('are found by an index, whatever the planner knows of the parameters', async () => {
    await fill(await createActor(), 3000)
    await fill(actor, 1000)
    await query(testDatabase(), 'analyze sync_runs')
    const statements: { readonly sql: string; readonly parameters: readonly unknown[] }[] = []
    const client = new pg.Client({ connectionString: testDatabaseUrl() })
    await client.connect()
    const pool = new pg.Pool({ connectionString: testDatabaseUrl(), max: 2 })
    const db = new Kysely<Tables>({
      dialect: new PostgresDialect({ pool }),
      log: ({ query: { sql, parameters } }) => void statements.push({ sql, parameters }),
    })
    try {
      const { id } = await requestSync(db, actor, { source: 'workday', type: 'full', includeGroups: true })
      await requestSync(db, actor, { source: 'workday', type: 'full', includeGroups: true })
      await readSync(db, actor, id)
      await readLatestSync(db, actor, undefined)
      await readLatestSync(db, actor, 'workday')
      await listSyncs(db, actor, { limit: 20, after: id })
      const ours = statements.filter(({ sql }) => sql.includes('sync_runs') && !sql.includes('count('))
      expect(ours.length).to.be.at.least(7)
      for (const mode of ['force_custom_plan', 'force_generic_plan']) {
        for (const [index, { sql, parameters }] of ours.entries()) {
          await client.query(`set plan_cache_mode = ${mode}`)
          await client.query(`prepare one_${mode}_${index} as ${sql}`)
          const values = parameters.map((value) =>
            client.escapeLiteral(value instanceof Date ? value.toISOString() : String(value)),
          )
          const { rows } = await client.query<{ 'QUERY PLAN': string }>(
            `explain execute one_${mode}_${index}(${values.join(', ')})`,
          )
          const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
          expect(plan, `${sql}\n${plan}`)
            .to.match(/sync_runs_\w+/)
            .and.not.include('Seq Scan on sync_runs')
        }
      }
    } finally {
      await client.end()
      await db.destroy()
    }
  })

  /** Runs of its directory that were done long ago. */
  async function fill(of: Actor, count: number): Promise<void> {
    const directoryId = of === actor ? workday : await addSource('workday', 'HR', of)
    await query(
      testDatabase(),
      `insert into sync_runs (org_id, id, directory_id, type, include_groups, status, queued_at, started_at, completed_at)
       select $1, 'sync_0' || lpad(n::text, 8, '0'), $2, 'full', true, case n % 10 when 0 then 'completed' else 'failed' end,
         $4::timestamptz, $4::timestamptz, $4::timestamptz from generate_series(1, $3::int) n`,
      [of.organizationId, directoryId, count, of.at],
    )
  }
})

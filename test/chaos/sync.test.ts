import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import pg from 'pg'
import { connect, type Database } from '../../server/db/connect.ts'
import { migrate } from '../../server/db/migrate.ts'
import { query } from '../../server/db/query.ts'
import type { Actor } from '../../server/directory/actor.ts'
import { createDirectory, createOrganization } from '../../server/directory/directories.ts'
import { queueRun } from '../../server/sync/runs/queue.ts'
import { testDatabaseUrl } from '../support/postgres.ts'
import { type HttpSource, startHttpSource } from './http-source.ts'

const script = path.resolve(import.meta.dirname, 'sync-process.ts')
const heldForMs = 31_000
const lookEveryMs = 10

describe('syncing', function () {
  this.timeout(120_000)
  const name = `chaos_sync_${process.pid}`
  let db: Database
  let url: string
  let sources: HttpSource[]
  let children: ChildProcess[]

  beforeEach(async () => {
    await onServer(`create database ${name}`)
    url = Object.assign(new URL(testDatabaseUrl()), { pathname: `/${name}` }).href
    db = connect({ url, poolSize: 4 })
    await migrate(db)
    sources = []
    children = []
  })

  afterEach(async () => {
    for (const child of children) await kill(child)
    await Promise.all(sources.map((source) => source.close()))
    await db.destroy()
    await onServer(`drop database ${name} with (force)`)
  })

  async function addSource(count: number, organizationId: string): Promise<{ source: HttpSource; runId: string }> {
    const source = await startHttpSource(count)
    sources.push(source)
    const at = new Date()
    const directory = { kind: 'pull', provider: 'http', name: `HTTP ${sources.length}` } as const
    const directoryId = await createDirectory(db, organizationId, directory, at)
    const connected = `update directories set connection = $3::jsonb, connected_at = $4, settings = '{"schedule": {"kind": "disabled"}}'
      where org_id = $1 and id = $2`
    await query(db, connected, [organizationId, directoryId, JSON.stringify({ url: source.url }), at])
    return { source, runId: await request(organizationId, directoryId) }
  }

  async function request(organizationId: string, directoryId: string): Promise<string> {
    const rest = { view: 'organization', restoresUsers: false, tokenId: null, requestId: null } as const
    const actor: Actor = { organizationId, directoryId, ...rest, at: new Date() }
    const asked = { type: 'full', purpose: 'sync', isFull: true, includeGroups: true } as const
    return (await queueRun(db, actor, directoryId, asked)).id
  }

  function start(aheadMs: number, organizationId?: string): ChildProcess {
    const child = fork(script, [url, String(aheadMs), ...(organizationId === undefined ? [] : [organizationId])])
    children.push(child)
    return child
  }

  interface State {
    readonly status: string
    readonly stage: string
    readonly applied: number
  }

  async function read(runId: string): Promise<State> {
    const text = 'select status, stage, applied_position as applied from sync_runs where id = $1'
    const [row] = await query<State>(db, text, [runId])
    if (row === undefined) throw new Error('the run is gone')
    return row
  }

  async function reaches(runId: string, is: (state: State) => boolean): Promise<void> {
    while (!is(await read(runId))) await wait(lookEveryMs)
  }

  const count = async (what: string): Promise<number> => {
    const [row] = await query<{ count: number }>(db, `select count(*) as count from ${what}`)
    return row?.count ?? 0
  }

  async function expectImported(people: number): Promise<void> {
    expect(await count('users')).to.equal(people)
    expect(await count('links')).to.equal(people)
    expect(await count(`source_records where type = 'user' and speaks and resource_id is not null`)).to.equal(people)
    expect(await count('memberships')).to.equal(people)
    expect(await count('users where manager_id is not null')).to.equal(people - 100)
    expect(await count('changes')).to.equal(await count('(select distinct resource_id, version from changes) c'))
    for (const type of ['user.created', 'membership.added']) {
      expect(await count(`outbox where type = '${type}'`), type).to.equal(people)
    }
    expect(await count(`outbox where type = 'sync.started'`)).to.equal(1)
    expect(await count(`outbox where type = 'sync.completed'`)).to.equal(1)
  }

  it('comes to the same end where its process is killed ten times, wherever that is', async () => {
    const people = 3000
    const organizationId = await createOrganization(db, 'Larkspur', new Date())
    const { source, runId } = await addSource(people, organizationId)
    // While it reads, by pages; while it writes, by changes.
    const pages = Array.from({ length: 5 }, () => 1 + Math.floor(Math.random() * 30)).toSorted((a, b) => a - b)
    const changes = Array.from({ length: 5 }, () => Math.floor(Math.random() * people)).toSorted((a, b) => a - b)
    let kills = 0
    for (const page of pages) {
      const asked = new Promise<void>((resolve) => {
        source.onAsked = (one) => {
          if (one >= page) resolve()
        }
      })
      const child = start(heldForMs * kills, organizationId)
      await Promise.race([asked, reaches(runId, ({ stage }) => stage !== 'fetch')])
      await kill(child)
      kills++
    }
    source.onAsked = () => undefined
    for (const change of changes) {
      const child = start(heldForMs * kills, organizationId)
      await reaches(runId, ({ status, applied }) => applied >= change || status !== 'running')
      await kill(child)
      kills++
    }
    const last = start(heldForMs * kills, organizationId)
    await once(last, 'exit')
    const places = `killed at pages ${pages.join(', ')} and changes ${changes.join(', ')}`
    expect(await read(runId), places).to.deep.include({ status: 'completed', stage: 'notify' })
    await expectImported(people)

    const again = await request(organizationId, (await readDirectory(runId)) ?? '')
    await once(start(heldForMs * kills, organizationId), 'exit')
    expect(await read(again)).to.deep.include({ status: 'completed', applied: 0 })
    expect(await count(`run_changes where run_id = '${again}'`)).to.equal(0)
  })

  async function readDirectory(runId: string): Promise<string | undefined> {
    const rows = await query<{ id: string }>(db, 'select directory_id as id from sync_runs where id = $1', [runId])
    return rows[0]?.id
  }

  it('is done by one of two processes, by the other where that one is killed, and by the next where both stop', async () => {
    const organizationId = await createOrganization(db, 'Larkspur', new Date())
    const processes = [start(0), start(0)]
    await Promise.all(processes.map((child) => once(child, 'message')))
    const runs = await Promise.all([300, 200, 100].map((people) => addSource(people, organizationId)))
    for (const { runId } of runs) await reaches(runId, ({ status }) => status === 'completed')
    expect(runs.map(({ source }) => source.asked)).to.deep.equal([[1, 2, 3], [1, 2], [1]])

    // What is let go is not waited for.
    const { source, runId } = await addSource(2500, organizationId)
    await reaches(runId, ({ stage }) => stage === 'apply')
    for (const child of processes) child.send('stop')
    await Promise.all(processes.map((child) => once(child, 'exit')))
    expect(
      await count(`sync_runs where id = '${runId}' and status = 'running' and holder is null and held_until <= now()`),
    ).to.equal(1)
    const next = start(0)
    await reaches(runId, ({ status }) => status === 'completed')
    expect(source.asked).to.have.lengthOf(25)

    const killed = await addSource(2500, organizationId)
    await reaches(killed.runId, ({ stage }) => stage === 'apply')
    await kill(next)
    const last = start(heldForMs)
    await reaches(killed.runId, ({ status }) => status === 'completed')
    expect(killed.source.asked).to.have.lengthOf(25)
    const told = `(select type from outbox union all select type from events) e where type in ('sync.started', 'sync.completed')`
    expect(await count(told)).to.equal(10)
    last.send('stop')
    await once(last, 'exit')
  })
})

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const closed = once(child, 'close')
  child.kill('SIGKILL')
  await closed
}

async function onServer(text: string): Promise<void> {
  const client = new pg.Client({ connectionString: testDatabaseUrl() })
  await client.connect()
  await client.query(text)
  await client.end()
}

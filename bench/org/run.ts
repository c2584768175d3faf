// `npm run bench:org`: the questions about the organization on the sample company, over HTTP, in turns with the bare statements.
import { loadavg } from 'node:os'
import { createToken } from '../../server/auth/tokens.ts'
import { loadSample } from '../../server/commands/sample.ts'
import { connect, type Database } from '../../server/db/connect.ts'
import { migrate } from '../../server/db/migrate.ts'
import { query } from '../../server/db/query.ts'
import type { Actor } from '../../server/directory/actor.ts'
import { Connection, runRound } from '../driver.ts'
import { readFacts } from '../facts.ts'
import { connections, readOptions } from '../options.ts'
import { writeReport } from '../report.ts'
import { median, type OrgRow, percentile, writeResult } from '../results.ts'
import { startDatabases } from '../servers/databases.ts'
import type { Address } from '../servers/process.ts'
import { findActor, startProcess } from '../servers/rollcall.ts'
import { formatRequest } from '../servers/server.ts'
import { listQuestions, type Question, type Subjects } from './queries.ts'
import { chooseSubjects } from './subjects.ts'

// The sample company is that of this day, however often it is drawn.
const companyDay = new Date('2026-11-23T00:00:00Z')
const warmUpCalls = 60

const options = { ...readOptions(), users: Number(process.env['BENCH_USERS'] ?? 100_000) }
const loadBefore = loadavg()[0] ?? 0
const databases = await startDatabases(options.directory)
try {
  const started = performance.now()
  const url = await databases.create('bench_org', options.users, fill)
  console.log(`The company has ${options.users} people after ${Math.round((performance.now() - started) / 1000)} s`)
  await measureAll(url)
} finally {
  await databases.stop()
}

async function fill(url: string): Promise<void> {
  const db = connect({ url, poolSize: 4, statementTimeoutMs: 600_000 })
  await migrate(db)
  await findActor(db)
  const request = { size: options.users, organization: 'default', directory: 'default', seed: undefined }
  await loadSample(db, request, companyDay)
  await query(db, 'vacuum analyze')
  await db.destroy()
}

async function measureAll(url: string): Promise<void> {
  const db = connect({ url, poolSize: 1, statementTimeoutMs: 600_000 })
  await migrate(db)
  const actor = await findActor(db)
  const { organizationId } = actor
  const token = { organizationId, directoryId: null, name: 'Bench', scopes: ['hr', 'read'], expiresAt: null } as const
  const { secret } = await createToken(db, token, new Date())
  const subjects = await chooseSubjects(db, organizationId, options.users, companyDay)
  const { process: server, address } = await startProcess(url, [])
  const hr: Address = { port: address.port, path: '', token: secret }
  try {
    const rows: OrgRow[] = []
    for (const question of listQuestions(subjects)) {
      const row = await measure(question, hr, db, actor)
      console.log(formatOrgRow(row))
      rows.push(row)
    }
    const lookupLoad = await loadLookup(subjects, hr)
    console.log(`lookup on ${connections} connections: ${JSON.stringify(lookupLoad)}`)
    const memory = await server.readMemory()
    console.log(`memory: ${memory.peakMb} MB at most`)
    const command = `BENCH_USERS=${options.users} npm run bench:org`
    const facts = readFacts(databases.version, loadBefore)
    writeResult('org', { ...facts, users: options.users, command, rows, lookupLoad, memory })
    writeReport()
  } finally {
    await server.stop()
    await db.destroy()
  }
}

// In turns, call by call, so that the noise of the machine hits both alike.
async function measure(question: Question, hr: Address, db: Database, actor: Actor): Promise<OrgRow> {
  const connection = await Connection.open(hr.port)
  const times: number[] = []
  const bare: number[] = []
  const ratios: number[] = []
  let people = 0
  for (let call = -Math.min(warmUpCalls, question.calls); call < question.calls; call++) {
    const at = Math.abs(call)
    const { method, target, body } = question.request(at)
    const request = formatRequest(hr, method, target, body)
    const sent = performance.now()
    const answer = await connection.send(request)
    const took = performance.now() - sent
    if (answer.status !== 200) throw new Error(`${method} ${target} answered ${answer.status}: ${String(answer.body)}`)
    const text = answer.body.toString()
    const parsed: unknown = JSON.parse(text)
    const own = await timeBare(question, db, actor, at, parsed)
    if (call < 0) continue
    times.push(took)
    bare.push(own)
    ratios.push(took / own)
    people += text.split('"id":').length - 1
  }
  connection.close()
  const { name, target, against, calls } = question
  return {
    name,
    p50: median(times),
    p99: percentile(times, 0.99),
    bare: median(bare),
    ratio: median(ratios),
    target,
    against,
    people: Math.round(people / calls),
  }
}

// The statements that the question needs are found by asking it, and then run again by themselves.
async function timeBare(
  question: Question,
  db: Database,
  actor: Actor,
  call: number,
  answer: unknown,
): Promise<number> {
  const { run } = db
  if (run === undefined) throw new Error('statements can be recorded on a pool only')
  const statements: { text: string; parameters: unknown[] }[] = []
  const recording = Object.assign(db, {
    run: async (text: string, parameters: unknown[]) => {
      statements.push({ text, parameters })
      return run(text, parameters)
    },
  })
  await question.ask(recording, { ...actor, view: 'organization', at: new Date() }, call)
  Object.assign(db, { run })
  const began = performance.now()
  for (const { text, parameters } of statements) await run(text, parameters)
  if (question.countsJson) JSON.stringify(answer)
  return performance.now() - began
}

async function loadLookup({ typed }: Subjects, hr: Address): Promise<{ perSecond: number; p50: number; p99: number }> {
  const requests = typed.map((text) => formatRequest(hr, 'POST', '/v1/hr/lookup', { query: text }))
  let sent = 0
  const next = (): { row: string; request: Buffer; check: (answer: { status: number }) => string | undefined } => ({
    row: 'lookup',
    request: requests[sent++ % requests.length] ?? Buffer.alloc(0),
    check: ({ status }) => (status === 200 ? undefined : `status ${status}`),
  })
  await runRound(hr.port, connections, 1, next)
  const round = await runRound(hr.port, connections, options.seconds, next)
  if (round.wrong !== undefined) throw new Error(round.wrong)
  const { perSecond = 0, times = [] } = round.rows.get('lookup') ?? {}
  return { perSecond: Math.round(perSecond), p50: median(times), p99: percentile(times, 0.99) }
}

function formatOrgRow({ name, p50, p99, bare, ratio, target, people }: OrgRow): string {
  const ms = (value: number): string => value.toFixed(2)
  return `${name.padEnd(28)} ${ms(ratio)} (≤ ${target})   ${ms(p50)} / ${ms(p99)} ms over HTTP, ${ms(bare)} ms bare, ${people} people`
}

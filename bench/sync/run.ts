// `npm run bench:sync`: how long the first import of a company takes, against a bare COPY of its rows; how long one in which nothing has
// changed; how much memory that needs; and what it does to those who read meanwhile.
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import packageFile from '../../package.json' with { type: 'json' }
import { readFacts } from '../facts.ts'
import { writeReport } from '../report.ts'
import { writeResult } from '../results.ts'
import { startDatabases } from '../servers/databases.ts'
import { ServerProcess } from '../servers/process.ts'
import { Company, medianOf } from './company.ts'

const people = Number(process.env['BENCH_PEOPLE'] ?? 100_000)
const readSeconds = 10
const installation = path.resolve(import.meta.dirname, 'installation.ts')
// As `npm start` runs it.
const nodeOptions = packageFile.scripts.start.split(' ').filter((part) => part.startsWith('--'))
const token = 'the-operator-of-the-benchmark'

const loadBefore = loadavg()[0] ?? 0
const databases = await startDatabases(undefined)
try {
  const url = await databases.create('bench_sync', 0, () => Promise.resolve())
  const script = [...nodeOptions, installation, String(people)]
  const environment = { DATABASE_URL: url, ROLLCALL_ADMIN_TOKEN: token }
  const { process: server, address } = await ServerProcess.start(script, environment)
  const company = await Company.create(address, 'First')
  const first = await company.finish(await company.request())
  console.log('first import', first)
  await untilTold(url)
  const unchanged = await company.finish(await company.request())
  console.log('unchanged', unchanged)
  const memory = await server.readMemory()
  console.log('memory', memory)
  const copySeconds = await copyRows(url)
  console.log('COPY', copySeconds)
  const reads = await readMeanwhile(company, await Company.create(address, 'Second'))
  console.log('reads', reads)
  await server.stop()
  const facts = readFacts(databases.version, loadBefore)
  const command = `BENCH_PEOPLE=${people} npm run bench:sync`
  const seconds = { first: first.seconds, unchanged: unchanged.seconds, copy: copySeconds }
  writeResult('sync', { ...facts, people, command, seconds, memory, reads })
  writeReport()
} finally {
  await databases.stop()
}

/** Until all that happened is told, which takes the same database some time. */
async function untilTold(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  for (;;) {
    const { rows } = await client.query<{ waits: boolean }>('select exists (select from outbox) as waits')
    if (rows[0]?.waits !== true) break
    await wait(500)
  }
  await client.end()
}

/** Seconds that a bare COPY of the people takes: into a table without indexes and triggers; the median of three. */
async function copyRows(url: string): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), 'rollcall-copy-'))
  await chmod(folder, 0o777) // the server is another user where we are root
  const file = path.join(folder, 'users').replaceAll("'", "''")
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(`copy (select * from users) to '${file}'`)
  const times: number[] = []
  for (let round = 0; round < 3; round++) {
    await client.query('drop table if exists copied')
    await client.query('create table copied (like users)')
    await client.query('checkpoint')
    const began = performance.now()
    await client.query(`copy copied from '${file}'`)
    times.push((performance.now() - began) / 1000)
  }
  await client.query('drop table copied')
  await client.end()
  await rm(folder, { recursive: true })
  return times.toSorted((a, b) => a - b)[1] ?? 0
}

/** Milliseconds at the median of reading one of the people of one company, alone, and while another one is imported. */
async function readMeanwhile(reader: Company, importer: Company): Promise<{ alone: number; meanwhile: number }> {
  const ids = await reader.listIds()
  await reader.read(ids, 2)
  const alone = medianOf(await reader.read(ids, readSeconds))
  const run = await importer.request()
  const times: number[] = []
  while (await importer.isUnderWay(run)) times.push(...(await reader.read(ids, 2)))
  return { alone, meanwhile: medianOf(times) }
}

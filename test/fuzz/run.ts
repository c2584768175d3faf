// `npm run fuzz`: a started server, a database of its own (or TEST_DATABASE_URL), and many requests.
//
// FUZZ_SEED     which requests; a new seed unless given, printed so that a run can be repeated
// FUZZ_REQUESTS how many, 100 000 unless given
// FUZZ_ONLY     sends only the request of this number, and prints it and its answer
import { readFile } from 'node:fs/promises'
import { mochaGlobalSetup, mochaGlobalTeardown, testDatabase, testDatabaseUrl } from '../support/postgres.ts'
import { RollcallProcess } from '../support/process.ts'
import { makeRequest } from './bytes.ts'
import { fuzz, type Run } from './driver.ts'
import { showComplaint, showOutcome, showReport, showRequest } from './show.ts'
import { schemasFolder, World } from './world.ts'

const checkEvery = 5000
// The process grows while it warms up, and by caches; what is lost with every request shows after so many.
const warmUpChecks = 4
const maxGrowthMb = 400

function readNumber(name: string, otherwise: number): number {
  const number = Number(process.env[name] ?? otherwise)
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`${name} must be a whole number`)
  return number
}

async function main(): Promise<boolean> {
  const seed = readNumber('FUZZ_SEED', Math.floor(Math.random() * 1_000_000_000))
  const count = readNumber('FUZZ_REQUESTS', 100_000)
  const only = process.env['FUZZ_ONLY'] === undefined ? undefined : readNumber('FUZZ_ONLY', 0)
  console.log(`seed     FUZZ_SEED=${seed}`)
  await mochaGlobalSetup()
  const server = new RollcallProcess(['serve'], {
    DATABASE_URL: testDatabaseUrl(),
    PORT: '0',
    RATE_LIMIT_PER_SECOND: '1000000',
    ROLLCALL_SCHEMAS_DIR: schemasFolder,
    LOG_LEVEL: 'warn',
  })
  const found: string[] = []
  try {
    const world = await World.create(testDatabase(), await server.baseUrl())
    const run = only === undefined ? { seed, from: 0, count, checkEvery } : replay(world, seed, only)
    found.push(...(await fuzzProcess(server, world, run)))
    await world.close()
  } finally {
    const exit = await server.stop()
    if (exit.code !== 0) found.push(`the server ended with ${exit.code ?? exit.signal}`)
    await mochaGlobalTeardown()
  }
  const errors = server.output.split('\n').filter((line) => /"level":[56]0/.test(line))
  if (errors.length > 0)
    found.push(`the server logged ${errors.length} errors, first:\n${errors.slice(0, 5).join('\n')}`)
  for (const one of found) console.log(`\n${one}`)
  console.log(found.length === 0 ? 'nothing found' : `${found.length} found`)
  return found.length === 0
}

/** The run of one request, which is printed with its answer. */
function replay(world: World, seed: number, number: number): Run {
  console.log(showRequest(makeRequest(seed, number, world.target), Infinity))
  return { seed, from: number, count: 1, checkEvery, onOutcome: (outcome) => console.log(showOutcome(outcome)) }
}

/** What is wrong, as text. */
async function fuzzProcess(server: RollcallProcess, world: World, run: Run): Promise<string[]> {
  const started = performance.now()
  const memory: number[] = []
  const onChecked = async (sent: number): Promise<void> => {
    const megabytes = await readMemory(server.child.pid)
    if (megabytes !== undefined) memory.push(megabytes)
    console.log(`${sent} requests, ${Math.round((performance.now() - started) / 1000)} s, ${megabytes ?? '?'} MB`)
  }
  const report = await fuzz(world, { ...run, onChecked })
  console.log(showReport(report))
  const found = report.complaints.map((complaint) => showComplaint(run.seed, complaint))
  if (!(await world.other.isUntouched())) found.push('the other organization was changed')
  const [warm, last] = [memory[warmUpChecks - 1], memory.at(-1)]
  if (warm !== undefined && last !== undefined && last - warm > maxGrowthMb) {
    found.push(`the memory grew from ${warm} to ${last} MB`)
  }
  return found
}

/** The memory of a process in MB, where the system tells. */
async function readMemory(pid: number | undefined): Promise<number | undefined> {
  try {
    const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? []
    return kilobytes === undefined ? undefined : Math.round(Number(kilobytes) / 1024)
  } catch {
    return undefined
  }
}

process.exit((await main()) ? 0 : 1)

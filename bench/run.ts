// `npm run bench`: starts PostgreSQL and the servers, measures every scenario on all of them in turns, and writes the tables.
import { loadavg } from 'node:os'
import { readFacts } from './facts.ts'
import { measure } from './measure.ts'
import { joiners, listGroupSizes, type Options, readOptions } from './options.ts'
import { formatRow, formatVerdicts, writeReport } from './report.ts'
import { type Result, type Row, writeResult } from './results.ts'
import { listMemberScenarios } from './scenarios/members.ts'
import { reads } from './scenarios/reads.ts'
import type { Bench, Scenario } from './scenarios/scenario.ts'
import { writes } from './scenarios/writes.ts'
import { type Databases, startDatabases } from './servers/databases.ts'
import { fillFloor, startFloor } from './servers/floor.ts'
import { arePeersInstalled, peers, startPeer } from './servers/peers.ts'
import { fillRollcall, startRollcall } from './servers/rollcall.ts'
import type { BenchServer } from './servers/server.ts'
import { judge } from './verdicts.ts'

// Beyond this size it would take hours to fill the peers, most of which take a hundred users a second.
const maxPeerUsers = 10_000 + joiners

interface Contestant {
  readonly name: string
  /** Fills its database before it starts; what is filled over SCIM has nothing to do here. */
  readonly fill: (users: number, url: string) => Promise<void>
  readonly start: (users: number, url: string) => Promise<BenchServer>
}

const contestants: readonly Contestant[] = [
  { name: 'floor', fill: fillFloor, start: (_, url) => startFloor(url) },
  { name: 'rollcall', fill: fillRollcall, start: (_, url) => startRollcall(url, readNodeOptions()) },
  ...peers.map((peer) => ({
    name: peer.name,
    fill: async () => undefined,
    start: (users: number, url: string) => startPeer(peer, users, url),
  })),
]

const options = readOptions()
const loadBefore = loadavg()[0] ?? 0
const scenarios = chooseScenarios(options)
const users = options.users + joiners
const databases = await startDatabases(options.directory)
const benches: Bench[] = []
try {
  for (const contestant of chooseContestants(options)) benches.push(await startBench(contestant, databases))
  const rows = await measureAll()
  const result = await describeResult(rows, databases.version)
  console.log(`\n${formatVerdicts(judge(result))}`)
  for (const [name, { peakMb, currentMb }] of Object.entries(result.memory)) {
    console.log(`memory of ${name}: ${peakMb} MB at most, ${currentMb} MB at the end`)
  }
  if (options.only.length === 0) {
    writeResult('scim', result)
    writeReport()
  }
} finally {
  for (const { server } of benches) await server.stop()
  await databases.stop()
}

async function startBench({ name, fill, start }: Contestant, { create }: Databases): Promise<Bench> {
  const started = performance.now()
  const url = await create(`bench_${name.replace('-', '_')}`, users, (empty) => fill(users, empty))
  const server = await start(users, url)
  const seconds = Math.round((performance.now() - started) / 1000)
  console.log(`${server.title} has ${users} users after ${seconds} s`)
  return { server, total: users, inactive: new Set(), counter: 0 }
}

async function measureAll(): Promise<Row[]> {
  const names = benches.map(({ server }) => server.name)
  const rows: Row[] = []
  console.log(
    `\n${'scenario'.padEnd(34)} ratio   calls a second, p50 / p99 in ms (µs of processor time for each call, server + PostgreSQL)`,
  )
  for (const family of new Set(scenarios.map((scenario) => scenario.family))) {
    const together = scenarios.filter((scenario) => scenario.family === family)
    for (const row of await measure(together, benches, options, databases.readCpuMs)) {
      console.log(formatRow(row, names))
      for (const name of names) {
        const wrong = row.cells[name]?.wrong
        if (wrong !== undefined) console.log(`  ${name} is wrong: ${wrong}`)
      }
      rows.push(row)
    }
  }
  return rows
}

async function describeResult(rows: readonly Row[], postgres: string): Promise<Result> {
  const memory = await Promise.all(benches.map(async ({ server }) => [server.name, await server.readMemory()] as const))
  const { users: size, seconds, rounds } = options
  return {
    ...readFacts(postgres, loadBefore),
    users: size,
    command: `BENCH_USERS=${size} BENCH_SECONDS=${seconds} BENCH_ROUNDS=${rounds} npm run bench`,
    seconds,
    rounds,
    servers: benches.map(({ server: { name, title, isDatabaseBacked } }) => ({ name, title, isDatabaseBacked })),
    rows,
    memory: Object.fromEntries(memory),
  }
}

function chooseScenarios({ only, users: size }: Options): readonly Scenario[] {
  const all = [...reads, ...writes, ...listMemberScenarios(listGroupSizes(size))]
  const names = only.filter((name) => !contestants.some((one) => one.name === name))
  const unknown = names.filter((name) => !all.some((one) => one.name.startsWith(name)))
  if (unknown.length > 0) {
    const known = [...contestants, ...all].map(({ name }) => name).join(', ')
    throw new Error(`BENCH_ONLY: there is no ${unknown.join(', ')}; there are ${known}.`)
  }
  return names.length === 0 ? all : all.filter((one) => names.some((name) => one.name.startsWith(name)))
}

function chooseContestants({ only }: Options): readonly Contestant[] {
  const named = contestants.filter(({ name }) => only.includes(name))
  const wanted = named.length === 0 ? contestants : named
  const isPeer = ({ name }: Contestant): boolean => peers.some((peer) => peer.name === name)
  if (!wanted.some(isPeer)) return wanted
  const hindrance =
    users > maxPeerUsers
      ? `there are more than ${maxPeerUsers} users`
      : arePeersInstalled()
        ? undefined
        : 'they are not installed: npm ci --prefix bench/peers'
  if (hindrance === undefined) return wanted
  console.log(`Peers are left out, for ${hindrance}.`)
  return wanted.filter((one) => !isPeer(one))
}

function readNodeOptions(): string[] {
  return (process.env['BENCH_NODE_OPTIONS'] ?? '').split(' ').filter((option) => option !== '')
}

// Measures the scenarios of one family on all servers, in turns, so that the noise of the machine hits them alike.
import { setTimeout as wait } from 'node:timers/promises'
import { type Round, runRound } from './driver.ts'
import { connections, type Options } from './options.ts'
import { type Cell, percentile, type Row } from './results.ts'
import type { Bench, Load, Scenario } from './scenarios/scenario.ts'

// Rollcall writes its request log once a second: what a round leaves behind must not fall into another server's round.
const settleMs = 1100
// The engine compiles what runs often, and that takes it a while.
const warmUpSeconds = 2

interface Turn {
  readonly scenario: Scenario
  readonly bench: Bench
  readonly load: Load
  readonly rounds: Round[]
  /** Milliseconds of processor time in all rounds. */
  readonly cpu: { server: number; database: number }
  wrong: string | undefined
}

/** The rows of the scenarios. What answers wrongly while it warms up is not measured further. */
export async function measure(
  scenarios: readonly Scenario[],
  benches: readonly Bench[],
  options: Options,
  readDatabaseCpuMs: () => Promise<number>,
): Promise<Row[]> {
  const turns: Turn[] = []
  for (const scenario of scenarios) {
    for (const bench of benches.filter(({ server }) => scenario.suits(server))) {
      const load = await scenario.prepare(bench)
      const turn: Turn = { scenario, bench, load, rounds: [], cpu: { server: 0, database: 0 }, wrong: undefined }
      await take(turn, warmUpSeconds, readDatabaseCpuMs)
      turns.push({ ...turn, rounds: [], cpu: { server: 0, database: 0 } })
    }
  }
  for (let round = 0; round < options.rounds; round++) {
    const live = turns.filter((turn) => turn.wrong === undefined)
    // There and back again, so that nobody is always the first.
    for (const turn of round % 2 === 0 ? live : live.toReversed()) await take(turn, options.seconds, readDatabaseCpuMs)
  }
  return scenarios.flatMap((scenario) => {
    const own = turns.filter((turn) => turn.scenario === scenario)
    return scenario.rows.map((name) => ({
      name,
      cells: Object.fromEntries(own.map((turn) => [turn.bench.server.name, summarise(turn, name)])),
    }))
  })
}

async function take(turn: Turn, seconds: number, readDatabaseCpuMs: () => Promise<number>): Promise<void> {
  const { scenario, bench, load, rounds, cpu } = turn
  await load.begin?.()
  const readCpu = (): Promise<number[]> => Promise.all([bench.server.readCpuMs(), readDatabaseCpuMs()])
  const before = await readCpu()
  const round = await runRound(bench.server.port, connections, scenario.isBurst ? Infinity : seconds, load.next)
  rounds.push(round)
  if (scenario.writes) await wait(settleMs)
  const after = await readCpu()
  cpu.server += (after[0] ?? 0) - (before[0] ?? 0)
  cpu.database += (after[1] ?? 0) - (before[1] ?? 0)
  turn.wrong ??= round.wrong ?? (await load.verify?.())
}

function summarise({ rounds, cpu, wrong }: Turn, name: string): Cell {
  if (wrong !== undefined) return { rounds: [], calls: 0, p50: 0, p99: 0, serverCpu: 0, databaseCpu: 0, wrong }
  const calls = rounds.flatMap((round) => [...round.rows.values()]).reduce((sum, row) => sum + row.calls, 0)
  const measured = rounds.flatMap((round) => round.rows.get(name) ?? [])
  const times = measured.flatMap((one) => one.times)
  const twoDigits = (value: number): number => Math.round(value * 100) / 100
  return {
    rounds: measured.map(({ perSecond }) => Math.round(perSecond * 10) / 10),
    calls: times.length,
    p50: twoDigits(percentile(times, 0.5)),
    p99: twoDigits(percentile(times, 0.99)),
    serverCpu: Math.round((cpu.server * 1000) / calls),
    databaseCpu: Math.round((cpu.database * 1000) / calls),
  }
}

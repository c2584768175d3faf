// `npm run bench:events`: how long after a change a webhook is told, how many a second, and whether any is lost where processes are killed.
import { loadavg } from 'node:os'
import { tellThroughKills } from '../../test/chaos/kills.ts'
import { readFacts } from '../facts.ts'
import { writeReport } from '../report.ts'
import { writeResult } from '../results.ts'
import { startDatabases } from '../servers/databases.ts'
import { loadAtOnce, loadSteadily, tellGathered } from './loads.ts'

const changes = Number(process.env['BENCH_CHANGES'] ?? 10_000)
const steadySeconds = 20

const loadBefore = loadavg()[0] ?? 0
const databases = await startDatabases(undefined)
try {
  const create = (name: string): Promise<string> => databases.create(name, 0, () => Promise.resolve())
  const steady = await loadSteadily(await create('bench_events_steady'), steadySeconds)
  console.log('steady', steady)
  const atOnce = await loadAtOnce(await create('bench_events_at_once'), changes)
  console.log('at once', atOnce)
  const gatheredPerSecond = await tellGathered(await create('bench_events_gathered'), changes)
  console.log('gathered', gatheredPerSecond)
  const load = { changes, changesOfEach: 4 }
  const { lost, disordered, ...kills } = await tellThroughKills(await create('bench_events_kills'), load)
  const killed = { ...kills, lost: lost.length, disordered: disordered.length }
  console.log('with kills', killed)
  const command = `BENCH_CHANGES=${changes} npm run bench:events`
  const facts = readFacts(databases.version, loadBefore)
  writeResult('events', { ...facts, changes, command, steady, atOnce, gatheredPerSecond, killed })
  writeReport()
} finally {
  await databases.stop()
}

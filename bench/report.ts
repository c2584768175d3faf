// The tables: for the console, and for RESULTS.md. `node bench/report.ts` writes RESULTS.md anew from bench/results.
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { renderEvents } from './events/report.ts'
import { renderOrg } from './org/report.ts'
import { renderSync } from './sync/report.ts'
import {
  type Cell,
  type EventsResult,
  type OrgResult,
  readEventsResults,
  readOrgResults,
  readResults,
  readSyncResults,
  type Result,
  type Row,
  type SyncResult,
} from './results.ts'
import { findFloorTarget, growthTarget, peerTarget } from './targets.ts'
import { findBestPeer, judge, judgeGrowth, perSecond, ratioOf, type Verdict } from './verdicts.ts'

const file = path.resolve(import.meta.dirname, 'RESULTS.md')

/** One row for the console, as soon as it is measured. */
export function formatRow(row: Row, servers: readonly string[]): string {
  const cells = servers.map((name) => `${name} ${formatCell(row.cells[name])} (${formatCpu(row.cells[name])})`)
  const ratio = ratioOf(row.cells['rollcall'], row.cells['floor'])
  return `${row.name.padEnd(34)} ${formatRatio(ratio).padStart(5)}   ${cells.join('   ')}`
}

export function formatVerdicts(verdicts: readonly Verdict[]): string {
  return verdicts
    .map(({ what, value, target, isMet }) => {
      return `${isMet ? 'met    ' : 'NOT met'}  ${what.padEnd(52)} ${formatRatio(value).padStart(6)}  ${target}`
    })
    .join('\n')
}

/** Writes RESULTS.md from everything that is kept. */
export function writeReport(): void {
  writeFileSync(file, renderReport(readResults(), readOrgResults(), readEventsResults(), readSyncResults()))
}

export function renderReport(
  results: readonly Result[],
  org: readonly OrgResult[],
  events: readonly EventsResult[],
  syncs: readonly SyncResult[],
): string {
  const [smallest, ...larger] = results
  const sections = results.flatMap(renderResult)
  const growth = smallest === undefined ? [] : larger.flatMap((large) => renderGrowth(smallest, large))
  const intro = [
    '# Results of the benchmark',
    'Written by `npm run bench`; [README.md](README.md) says what is measured and how. A cell is calls a second (median of the rounds), then p50 / p99 in milliseconds. "to floor" is Rollcall against the floor: the median of the ratios of the rounds. ✗ marks wrong answers, whose figures do not count; – what a server was not asked.',
  ]
  return `${[...intro, ...sections, ...growth, ...renderOrg(org, renderTable), ...renderEvents(events, renderTable), ...renderSync(syncs, renderTable)].join('\n\n')}\n`
}

function renderResult(result: Result): string[] {
  const { users, date, commit, command, seconds, rounds, machine, load, versions, servers } = result
  const facts = [
    `Measured ${date} at commit ${commit}: \`${command}\`, ${rounds} rounds of ${seconds} s for each server.`,
    `Machine: ${machine}; load average ${load.join(' before, ')} after.`,
    `Versions: ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}.`,
  ]
  const head = ['scenario', ...servers.map(({ title }) => title), 'to floor', 'target', 'to best peer', 'target']
  const rows = result.rows.map((row) => [
    row.name,
    ...servers.map(({ name }) => formatCell(row.cells[name])),
    ...judgeCells(ratioOf(row.cells['rollcall'], row.cells['floor']), findFloorTarget(row.name)),
    ...judgeCells(ratioToPeer(result, row), findBestPeer(result, row) === undefined ? undefined : peerTarget),
  ])
  const memory = servers.map(({ name }) => {
    const { peakMb, currentMb } = result.memory[name] ?? {}
    return peakMb === undefined ? '–' : `${peakMb} / ${currentMb}`
  })
  const others = judge(result).filter(({ what }) => !/ \/ (floor|polis|better-auth)$/.test(what))
  return [
    `## ${users.toLocaleString('en')} users`,
    facts.map((fact) => `- ${fact}`).join('\n'),
    renderTable(head, [...rows, ['memory in MB, peak / at the end', ...memory, '', '', '', '']]),
    'Processor time of one call in microseconds, of the server + of PostgreSQL (both rows of a pair of additions and removals have the mean of the two):',
    renderTable(
      ['scenario', ...servers.map(({ title }) => title)],
      result.rows.map((row) => [row.name, ...servers.map(({ name }) => formatCpu(row.cells[name]))]),
    ),
    renderTable(
      ['also', 'value', 'target', ''],
      others.map(({ what, value, target, isMet }) => [what, formatRatio(value), target, isMet ? 'met' : '**not met**']),
    ),
    ...renderMistakes(result),
  ]
}

function ratioToPeer(result: Result, row: Row): number | undefined {
  const best = findBestPeer(result, row)
  return best === undefined ? undefined : ratioOf(row.cells['rollcall'], row.cells[best])
}

function judgeCells(value: number | undefined, target: number | undefined): [string, string] {
  if (target === undefined || value === undefined)
    return [formatRatio(value), target === undefined ? '' : `≥ ${target}`]
  return [formatRatio(value), `≥ ${target}: ${value >= target ? 'met' : '**not met**'}`]
}

function renderMistakes({ rows, servers }: Result): string[] {
  const mistakes = rows.flatMap(({ name, cells }) =>
    servers.flatMap((server) => {
      const wrong = cells[server.name]?.wrong
      return wrong === undefined ? [] : [`- ${server.title}, ${name}: ${escape(wrong)}`]
    }),
  )
  return mistakes.length === 0 ? [] : ['What was wrong:', mistakes.join('\n')]
}

function renderGrowth(small: Result, large: Result): string[] {
  const [from, to] = [small.users.toLocaleString('en'), large.users.toLocaleString('en')]
  const rows = judgeGrowth(small, large).map(({ what, value, target, isMet, floor }) => {
    return [
      what,
      formatRatio(value),
      value === undefined ? target : `${target}: ${isMet ? 'met' : '**not met**'}`,
      formatRatio(floor),
    ]
  })
  const mixed =
    small.commit === large.commit
      ? ''
      : ` **They are of different states of Rollcall** (commits ${large.commit} and ${small.commit}): what came between is in the shares, too, and they are no measure of growth.`
  return [
    `## ${to} users against ${from}`,
    `Calls a second in the larger directory, as a share of those in the smaller one; Rollcall has to keep ${growthTarget}. The two were measured at different times, so the floor's share shows what machine and PostgreSQL made of it.${mixed}`,
    renderTable(['scenario', 'Rollcall', 'target', 'floor'], rows),
  ]
}

function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

function formatCell(cell: Cell | undefined): string {
  if (cell === undefined) return '–'
  const figure = perSecond(cell)
  if (figure === undefined) return '✗'
  const short = (value: number): string => String(Number(value.toPrecision(3)))
  return `${short(figure)}, ${short(cell.p50)} / ${short(cell.p99)}`
}

// Microseconds of the server and of PostgreSQL.
function formatCpu(cell: Cell | undefined): string {
  return perSecond(cell) === undefined ? '–' : `${cell?.serverCpu} + ${cell?.databaseCpu}`
}

function formatRatio(value: number | undefined): string {
  if (value === undefined) return '–'
  return value >= 100 ? String(Math.round(value)) : value.toFixed(2)
}

function escape(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}

if (import.meta.main) writeReport()

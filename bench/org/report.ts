// The part of RESULTS.md about the organization.
import type { OrgResult } from '../results.ts'

/** One table for each size, and how the largest compares with the smallest. */
export function renderOrg(
  results: readonly OrgResult[],
  renderTable: (head: readonly string[], rows: readonly (readonly string[])[]) => string,
): string[] {
  if (results.length === 0) return []
  const [smallest, ...larger] = results
  return [
    '## Questions about the organization',
    'The sample company over the HR API, one request after the other, in turns with what it is compared with, which the driver runs through pg on one connection; then look-ups on eight connections. Times are medians in milliseconds, and the ratio is the median of the ratios of the calls.',
    ...results.flatMap((result) => renderSize(result, renderTable)),
    ...(smallest === undefined ? [] : larger.flatMap((large) => renderGrowth(smallest, large, renderTable))),
  ]
}

type RenderTable = Parameters<typeof renderOrg>[1]

function renderSize(result: OrgResult, renderTable: RenderTable): string[] {
  const { users, date, commit, command, machine, load, versions, rows, lookupLoad, memory } = result
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  const facts = [
    `Measured ${date} at commit ${commit}: \`${command}\`; ${machine}; load average ${load.join(' before, ')} after; ${named.join(', ')}.`,
    `Look-ups on eight connections: ${lookupLoad.perSecond} a second, ${short(lookupLoad.p50)} / ${short(lookupLoad.p99)} ms (p50 / p99). Peak memory of the server ${memory.peakMb} MB.`,
  ]
  return [
    `### ${users.toLocaleString('en')} people`,
    facts.map((fact) => `- ${fact}`).join('\n'),
    renderTable(
      ['question', 'HTTP, p50 / p99', 'compared with', 'ms', 'ratio', 'target', 'people'],
      rows.map((row) => [
        row.name,
        `${short(row.p50)} / ${short(row.p99)}`,
        row.against,
        short(row.bare),
        row.ratio.toFixed(2),
        `≤ ${row.target}: ${row.ratio <= row.target ? 'met' : '**not met**'}`,
        String(row.people),
      ]),
    ),
  ]
}

function renderGrowth(small: OrgResult, large: OrgResult, renderTable: RenderTable): string[] {
  const rows = large.rows.map((row) => {
    const before = small.rows.find(({ name }) => name === row.name)
    const times = before === undefined ? '–' : (row.p50 / before.p50).toFixed(2)
    return [row.name, times, `${before?.people ?? '–'} → ${row.people}`]
  })
  const load = (large.lookupLoad.p99 / small.lookupLoad.p99).toFixed(2)
  return [
    `### ${large.users.toLocaleString('en')} people against ${small.users.toLocaleString('en')}`,
    renderTable(
      ['question', 'times as long (p50)', 'people in an answer'],
      [...rows, ['lookup on eight connections, p99', load, '']],
    ),
  ]
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)))
}

// The part of RESULTS.md about pulling.
import type { SyncResult } from '../results.ts'
import { syncTargets } from '../targets.ts'

export function renderSync(
  results: readonly SyncResult[],
  renderTable: (head: readonly string[], rows: readonly (readonly string[])[]) => string,
): string[] {
  if (results.length === 0) return []
  return [
    '## Pulling',
    'A company from a source in the same process that answers at once, in pages of 100 people with 21 fields each, read by `rollcall serve` as a process of its own; all events are told meanwhile. COPY is of the rows that the table of users then has, from a file into a table without indexes and triggers (median of three).',
    ...results.flatMap(({ people, date, commit, command, machine, load, versions, seconds, memory, reads }) => {
      const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
      const { first, unchanged, copy } = seconds
      const perSecond = (of: number): string => Math.round(people / of).toLocaleString('en')
      const verdict = (value: number, isMet: boolean, target: string): string[] => [
        value.toFixed(2),
        `${target}: ${isMet ? 'met' : '**not met**'}`,
      ]
      const slowed = reads.meanwhile / reads.alone
      const { copies, faster, memoryMb, slower } = syncTargets
      return [
        `### ${people.toLocaleString('en')} people`,
        `- Measured ${date} at commit ${commit}: \`${command}\`; ${machine}; load average ${load.join(' before, ')} after; ${named.join(', ')}.`,
        renderTable(
          ['what', 'seconds', 'people a second', 'ratio', 'target'],
          [
            ['bare COPY', copy.toFixed(2), perSecond(copy), '', ''],
            [
              'first import, to COPY',
              first.toFixed(1),
              perSecond(first),
              ...verdict(first / copy, first <= copies * copy, `≤ ${copies}`),
            ],
            [
              'nothing has changed, first to this',
              unchanged.toFixed(1),
              perSecond(unchanged),
              ...verdict(first / unchanged, first >= faster * unchanged, `≥ ${faster}`),
            ],
          ],
        ),
        `- Memory of the process, at most: ${memory.peakMb} MB (target below ${memoryMb}: ${memory.peakMb < memoryMb ? 'met' : '**not met**'}).`,
        `- Reading a user over one connection takes ${reads.alone.toFixed(2)} ms at the median, and ${reads.meanwhile.toFixed(2)} ms while another organization is imported: ${slowed.toFixed(2)} times as long (target at most ${slower}: ${slowed <= slower ? 'met' : '**not met**'}).`,
      ]
    }),
  ]
}

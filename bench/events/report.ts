// The part of RESULTS.md about telling.
import type { EventsLoad, EventsResult } from '../results.ts'

export function renderEvents(
  results: readonly EventsResult[],
  renderTable: (head: readonly string[], rows: readonly (readonly string[])[]) => string,
): string[] {
  if (results.length === 0) return []
  return [
    '## Events',
    'Changes of people over SCIM, and one webhook endpoint on the same machine that writes down what it gets before it answers. Lag is from the answer to a change until the request of the webhook has come, in milliseconds.',
    ...results.flatMap(
      ({ changes, date, commit, command, machine, load, versions, steady, atOnce, gatheredPerSecond, killed }) => {
        const { events, receptions, refusedShare, lost, disordered, seconds } = killed
        const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
        const facts = [
          `Measured ${date} at commit ${commit}: \`${command}\`; ${machine}; load average ${load.join(' before, ')} after; ${named.join(', ')}.`,
          `Of ${changes.toLocaleString('en')} changes that had gathered while the endpoint was disabled, ${Math.round(gatheredPerSecond).toLocaleString('en')} a second are told; it allows 1,000 a second and 32 at once.`,
          `With kills: ${events.toLocaleString('en')} events while the receiver refused ${Math.round(refusedShare * 100)} % of the requests, the sender was killed (SIGKILL) twice and the receiver once: ${lost} lost, ${disordered} people whose events first came in another order, ${(receptions - events).toLocaleString('en')} that came again, all of it in ${Math.round(seconds)} s.`,
        ]
        return [
          `### ${changes.toLocaleString('en')} changes`,
          facts.map((fact) => `- ${fact}`).join('\n'),
          renderTable(
            ['load', 'changes', 'written a second', 'told a second', 'lag, p50', 'p99', 'longest'],
            [row('50 changes a second', steady), row('as fast as they are taken', atOnce)],
          ),
        ]
      },
    ),
  ]
}

function row(name: string, { changes, writtenPerSecond, toldPerSecond, p50, p99, most }: EventsLoad): string[] {
  const figures = [changes, writtenPerSecond, toldPerSecond, p50, p99, most]
  return [name, ...figures.map((figure) => Math.round(figure).toLocaleString('en'))]
}

// Prints what was found so that it can be sent again.
import { inspect } from 'node:util'
import type { FuzzRequest } from './bytes.ts'
import type { Outcome } from './connection.ts'
import type { Complaint, Report } from './driver.ts'

const shownBytes = 3000

/** A complaint with the request as text, and how to send it again. */
export function showComplaint(seed: number, { sentence, request }: Complaint): string {
  if (request === undefined) return `${sentence}\n`
  return `request ${request.number}: ${sentence}\n  again: FUZZ_SEED=${seed} FUZZ_ONLY=${request.number} npm run fuzz\n${showRequest(request, shownBytes)}\n`
}

/** The bytes as text: what is not printable as in JSON. */
export function showRequest({ pieces }: FuzzRequest, limit: number): string {
  const text = Buffer.concat(pieces).toString('latin1')
  const cut = text.length > limit ? `${text.slice(0, limit)}… (${text.length} bytes)` : text
  return cut.replaceAll('\r\n', '\n').replace(/[^\n -~…]/g, (character) => JSON.stringify(character).slice(1, -1))
}

export function showOutcome(outcome: Outcome): string {
  if (outcome.kind !== 'answered') return inspect(outcome)
  const { status, headers, body } = outcome.answer
  const lines = [...headers].map(([name, value]) => `${name}: ${value}`)
  return [status, ...lines, '', body.toString('utf8')].join('\n')
}

export function showReport({ kinds, statuses, slowest }: Report): string {
  const counts = [...statuses].toSorted(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`)
  const slow = slowest.map(({ number, milliseconds }) => `${number}: ${Math.round(milliseconds)} ms`)
  const found = [...kinds].map(([kind, times]) => `found    ${times} × ${kind}\n`).join('')
  return `${found}answers  ${counts.join(', ')}\nslowest  ${slow.join(', ')}`
}

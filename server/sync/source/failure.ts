// What a source's answer, or the want of one, means: the kind of error, and a sentence for people that gives nothing away.
import { ProviderError, type ProviderErrorKind, type ProviderRequest } from '../../../providers/provider.ts'
import { toLine } from '../../ops/line.ts'
import { type OutgoingAnswer, OutgoingError, type OutgoingFault } from '../../ops/outgoing.ts'
import { readSaid } from './said.ts'

export interface Failure {
  /** The name of the provider. */
  readonly name: string
  readonly request: ProviderRequest
  readonly outcome: OutgoingAnswer | OutgoingError
  readonly attempts: number
  /** How long the source wants to be left alone, in milliseconds. */
  readonly toldMs: number | undefined
}

const maxPathLength = 200

const kindsOfFaults: Readonly<Record<OutgoingFault, ProviderErrorKind>> = {
  refused: 'settings',
  too_long: 'unexpected',
  failed: 'transient',
}

/** What to throw where a request has failed for good. */
export function createError({ name, request, outcome, attempts, toldMs }: Failure): ProviderError {
  const place = readPlace(request.url)
  const often = attempts === 1 ? '' : ` after ${attempts} attempts`
  if (outcome instanceof OutgoingError) {
    const kind = kindsOfFaults[outcome.fault]
    return new ProviderError(kind, `${name} gave no answer at ${place}${often}: ${outcome.message}`, { cause: outcome })
  }
  const { status } = outcome
  const kind = findKind(status, toldMs)
  const said = readSaid(outcome.body, request)
  const message = `${name} answered ${status} at ${place}${often}${said === '' ? '.' : `: ${said}`}`
  const retryAfterMs = kind === 'rate_limited' && toldMs !== undefined ? { retryAfterMs: toldMs } : {}
  return new ProviderError(kind, `${message}${advise(status)}`, retryAfterMs)
}

/** What to throw where a host is none that may be connected to, or that can be found. */
export function createHostError(name: string, cause: OutgoingError): ProviderError {
  return new ProviderError(kindsOfFaults[cause.fault], `${name} cannot be asked: ${cause.message}`, { cause })
}

/** What to throw where an answer is no JSON. What the parser says is not told: it quotes the answer, which is about people. */
export function createSyntaxError(name: string, { url }: ProviderRequest): ProviderError {
  return new ProviderError('unexpected', `${name} answered with what is no JSON at ${readPlace(url)}.`)
}

function findKind(status: number, toldMs: number | undefined): ProviderErrorKind {
  if (status === 401 || status === 403) return 'settings'
  if (status === 429 || (status === 503 && toldMs !== undefined)) return 'rate_limited'
  return isPassing(status) ? 'transient' : 'unexpected'
}

/** Whether it may be otherwise in a moment: too busy, too early, or something between here and there has lost the source. */
export function isPassing(status: number): boolean {
  return [408, 425, 429, 500, 502, 503, 504].includes(status)
}

function advise(status: number): string {
  if (status === 401) return ' Check the credentials.'
  if (status === 403) return ' Check what the credentials are permitted.'
  return status >= 300 && status < 400 ? ' Redirects are not followed.' : ''
}

// Without the query, which may hold what is nobody's business.
function readPlace(text: string): string {
  const url = URL.parse(text)
  return url === null ? 'a URL that is none' : toLine(`${url.host}${url.pathname}`.slice(0, maxPathLength))
}

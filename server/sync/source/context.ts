// What a provider is lent: requests that keep to the source's limits, and end.
import { setTimeout as sleep } from 'node:timers/promises'
import PQueue from 'p-queue'
import type { Provider, ProviderContext, ProviderRequest, ProviderResponse } from '../../../providers/provider.ts'
import { type Outgoing, type OutgoingAnswer, OutgoingError, type OutgoingRequest } from '../../ops/outgoing.ts'
import { parseExactly } from './exact-json.ts'
import { createError, createSyntaxError, isPassing } from './failure.ts'
import { backOff, createPace, readToldMs } from './pace.ts'

export interface SourceContextParts {
  readonly outgoing: Outgoing
  readonly now: () => Date
  readonly signal: AbortSignal
  /** Waits, or rejects when the signal aborts; tests let the clock jump instead. */
  readonly wait?: (milliseconds: number, signal: AbortSignal) => Promise<void>
  /** The most bytes of an answer; 32 MB where it is left out. */
  readonly maxAnswerBytes?: number
}

const maxAttempts = 5
/** Longer than this nobody waits with a worker in hand: the run is put off. */
const longestWaitMs = 180_000
const timeoutMs = 120_000
const usualMaxAnswerBytes = 32 * 1024 * 1024

/**
 * The context of one open connection. Its requests share one limit: that of `provider.rateLimit`. Other contexts know nothing of it: the
 * source's limit holds because two processes never pull one directory at once (it has one run at a time), and a run has one context.
 */
export function createSourceContext(
  provider: Pick<Provider, 'name' | 'rateLimit'>,
  parts: SourceContextParts,
): ProviderContext {
  const { outgoing, now, signal, wait = waitFor, maxAnswerBytes = usualMaxAnswerBytes } = parts
  const { name, rateLimit } = provider
  const queue = new PQueue({ concurrency: rateLimit.concurrency ?? 1 })
  const pace = createPace(rateLimit, now)

  async function attempt(request: OutgoingRequest): Promise<OutgoingAnswer | OutgoingError> {
    const waitMs = pace.take()
    if (waitMs > 0) await wait(waitMs, signal)
    try {
      return await outgoing.send(request)
    } catch (error) {
      if (error instanceof OutgoingError) return error
      throw error
    }
  }

  async function send(request: ProviderRequest): Promise<OutgoingAnswer> {
    const written = { ...writeRequest(request), timeoutMs, maxAnswerBytes, signal }
    const isRepeatable = written.method === 'GET' || request.isRead === true
    for (let attempts = 1; ; attempts++) {
      const outcome = await attempt(written)
      const isFault = outcome instanceof OutgoingError
      if (!isFault && isSuccess(outcome.status, request)) return outcome
      const toldMs = isFault ? undefined : readToldMs(outcome, now())
      const waitMs = toldMs ?? backOff(attempts, !isFault && outcome.status === 429, rateLimit)
      const isOver = isFault ? outcome.fault !== 'failed' : !isPassing(outcome.status)
      if (isOver || !isRepeatable || attempts === maxAttempts || waitMs > longestWaitMs) {
        throw createError({ name, request, outcome, attempts, toldMs })
      }
      // What the source is too busy for, it is too busy for whatever else is asked of it.
      if (toldMs === undefined) await wait(waitMs, signal)
      else pace.hold(toldMs)
    }
  }

  return {
    now,
    signal,
    fetch: async (request) => {
      try {
        signal.throwIfAborted()
        return createResponse(name, request, await queue.add(() => send(request), { signal }))
      } catch (error) {
        signal.throwIfAborted()
        throw error
      }
    },
  }
}

async function waitFor(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal })
}

function isSuccess(status: number, { accepts }: ProviderRequest): boolean {
  return (status >= 200 && status < 300) || accepts?.includes(status) === true
}

function writeRequest(request: ProviderRequest): OutgoingRequest {
  const headers: Record<string, string> = { accept: 'application/json' }
  if (request.json !== undefined) headers['content-type'] = 'application/json'
  else if (request.form !== undefined) headers['content-type'] = 'application/x-www-form-urlencoded'
  for (const [header, value] of Object.entries(request.headers ?? {})) headers[header.toLowerCase()] = value
  const body = writeBody(request)
  return { method: request.method ?? 'GET', url: request.url, headers, ...(body !== undefined && { body }) }
}

function writeBody({ json, form, body }: ProviderRequest): string | undefined {
  if (json !== undefined) return JSON.stringify(json)
  return form === undefined ? body : new URLSearchParams(form).toString()
}

function createResponse(name: string, request: ProviderRequest, answer: OutgoingAnswer): ProviderResponse {
  return {
    status: answer.status,
    headers: answer.headers,
    text: answer.body,
    json: () => {
      try {
        return parseExactly(answer.body)
      } catch {
        throw createSyntaxError(name, request)
      }
    },
  }
}

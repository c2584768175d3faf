// What a provider is lent: requests that keep to the source's limits, and end.
import { setTimeout as sleep } from 'node:timers/promises'
import PQueue from 'p-queue'
import {
  type Provider,
  type ProviderContext,
  ProviderError,
  type ProviderRequest,
  type ProviderResponse,
} from '../../../providers/provider.ts'
import { type Outgoing, type OutgoingAnswer, OutgoingError, type OutgoingRequest } from '../../ops/outgoing.ts'
import { parseExactly } from './exact-json.ts'
import { createError, createHostError, createSyntaxError, isPassing } from './failure.ts'
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

  async function takePlace(): Promise<void> {
    const waitMs = pace.take()
    if (waitMs > 0) await wait(waitMs, signal)
  }

  async function attempt(request: OutgoingRequest): Promise<OutgoingAnswer | OutgoingError> {
    await takePlace()
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

  async function repeat<Result>(work: () => Promise<Result>): Promise<Result> {
    for (let attempts = 1; ; attempts++) {
      await takePlace()
      try {
        return await work()
      } catch (error) {
        if (!isWorthAnother(error) || attempts === maxAttempts) throw error
        const waitMs = error.retryAfterMs ?? backOff(attempts, error.kind === 'rate_limited', rateLimit)
        if (waitMs > longestWaitMs) throw error
        await wait(waitMs, signal)
      }
    }
  }

  // What the signal ends, ends with its reason.
  async function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      signal.throwIfAborted()
      return await queue.add(work, { signal })
    } catch (error) {
      signal.throwIfAborted()
      throw error
    }
  }

  return {
    now,
    signal,
    fetch: (request) => inTurn(async () => createResponse(name, request, await send(request))),
    resolve: async (host) => {
      try {
        return await outgoing.resolve(host)
      } catch (error) {
        throw error instanceof OutgoingError ? createHostError(name, error) : error
      }
    },
    attempt: (work) => inTurn(() => repeat(work)),
  }
}

async function waitFor(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal })
}

function isWorthAnother(error: unknown): error is ProviderError {
  return error instanceof ProviderError && (error.kind === 'transient' || error.kind === 'rate_limited')
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

// A connection that sends bytes as they are and waits for the answers to them.
import { connect, type Socket } from 'node:net'
import { type Answer, AnswerReader } from './answer-reader.ts'
import type { FuzzRequest } from './bytes.ts'

/** An answer later than this is a hang. */
export const answersWithinMs = 10_000
// A server that waits for bytes that never come is right to; it learns of it when we close our side.
const closesAfterMs = 50

export type Outcome =
  | { readonly kind: 'answered'; readonly answer: Answer; readonly milliseconds: number }
  /** The server closed the connection; `received` is what it sent before. */
  | { readonly kind: 'closed'; readonly received: Buffer; readonly error: string | undefined }
  | { readonly kind: 'late' }
  | { readonly kind: 'malformed'; readonly why: string }

export class Connection {
  readonly #socket: Socket
  readonly #reader = new AnswerReader()
  #closed = false
  #error: string | undefined
  #wake: () => void = () => undefined

  constructor(host: string, port: number) {
    this.#socket = connect({ host, port, noDelay: true, allowHalfOpen: true })
    this.#socket.on('data', (chunk) => {
      this.#reader.push(chunk)
      this.#wake()
    })
    this.#socket.on('error', (error) => (this.#error = error.message))
    for (const event of ['end', 'close']) this.#socket.on(event, () => this.#end())
  }

  #end(): void {
    this.#closed = true
    this.#wake()
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** Sends the requests without waiting between them, and waits for the answer to each, in order. */
  async exchange(requests: readonly FuzzRequest[]): Promise<Outcome[]> {
    const started = performance.now()
    for (const request of requests) await this.#write(request)
    const outcomes: Outcome[] = []
    for (const request of requests) outcomes.push(await this.#receive(request.method, started))
    // What comes after the last answer belongs to no request. A HEAD that is no HTTP is refused with a body: nobody read its method.
    const last = outcomes.at(-1)
    const isRefusedHead = requests.at(-1)?.method === 'HEAD' && requests.at(-1)?.isOdd === true
    if (last?.kind === 'answered' && this.#reader.rest.length > 0 && !isRefusedHead) {
      outcomes[outcomes.length - 1] = { kind: 'malformed', why: `after the answer came ${describe(this.#reader.rest)}` }
    }
    return outcomes
  }

  /** Sends what may be no whole request, or several, and takes all answers until the server closes. */
  async exchangeUnframed(request: FuzzRequest): Promise<Outcome[]> {
    const started = performance.now()
    await this.#write(request)
    const closing = setTimeout(() => this.#socket.end(), closesAfterMs)
    const outcomes: Outcome[] = []
    for (;;) {
      const outcome = await this.#receive(request.method, started)
      outcomes.push(outcome)
      if (outcome.kind !== 'answered') break
    }
    clearTimeout(closing)
    this.destroy()
    return outcomes
  }

  /** Sends the request and goes away, at once or as soon as an answer begins. */
  async leave(request: FuzzRequest): Promise<void> {
    await this.#write(request)
    if (request.leaves === 'in answer') await this.#wait(performance.now(), () => this.#reader.rest.length > 0)
    this.destroy()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  async #write({ pieces }: FuzzRequest): Promise<void> {
    for (const [index, piece] of pieces.entries()) {
      if (index > 0) await new Promise((resolve) => setImmediate(resolve))
      this.#socket.write(piece)
    }
  }

  async #receive(method: string, started: number): Promise<Outcome> {
    try {
      let answer: Answer | undefined
      const isLate = await this.#wait(started, () => (answer = this.#reader.take(method)) !== undefined)
      if (answer !== undefined) return { kind: 'answered', answer, milliseconds: performance.now() - started }
      return isLate ? { kind: 'late' } : { kind: 'closed', received: this.#reader.rest, error: this.#error }
    } catch (error) {
      this.destroy()
      return { kind: 'malformed', why: error instanceof Error ? error.message : String(error) }
    }
  }

  /** Waits until this is so, the connection is closed, or it is too late, which is true then. */
  async #wait(started: number, isSo: () => boolean): Promise<boolean> {
    while (!isSo()) {
      if (this.#closed) return false
      const left = started + answersWithinMs - performance.now()
      if (left <= 0) return true
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      const timer = setTimeout(resolve, left)
      await promise
      clearTimeout(timer)
    }
    return false
  }
}

function describe(bytes: Buffer): string {
  return `${bytes.length} more bytes: ${JSON.stringify(bytes.subarray(0, 100).toString('latin1'))}`
}

// The load: connections that each send a request, wait for its answer, and send the next. It shares the machine with what it
// measures, so it speaks HTTP/1.1 over bare sockets and looks at the answers when the round is over.
import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'

export interface Answer {
  readonly status: number
  readonly body: Buffer
}

export interface Call {
  /** The row of the table that it counts for. */
  readonly row: string
  readonly request: Buffer
  /** What is wrong with the answer, if anything. */
  readonly check: (answer: Answer) => string | undefined
}

/** What to send: the next call of a connection, or undefined where it is done. */
export type NextCall = (connection: number) => Call | undefined

export interface Measured {
  readonly calls: number
  readonly perSecond: number
  /** Milliseconds of each call. */
  readonly times: readonly number[]
}

export interface Round {
  readonly rows: ReadonlyMap<string, Measured>
  /** The first thing that was wrong, if anything was, and how often. */
  readonly wrong: string | undefined
}

/** Loads a server until `seconds` have passed, or until nothing is left to send, and checks every answer. */
export async function runRound(port: number, connections: number, seconds: number, next: NextCall): Promise<Round> {
  const opened = await Promise.all(Array.from({ length: connections }, () => Connection.open(port)))
  const times = new Map<string, number[]>()
  const answers: { call: Call; answer: Answer }[] = []
  const started = performance.now()
  const deadline = started + seconds * 1000
  await Promise.all(
    opened.map(async (connection, index) => {
      for (let call = next(index); call !== undefined; call = next(index)) {
        const sent = performance.now()
        const answer = await connection.send(call.request)
        const received = performance.now()
        const own = times.get(call.row)
        if (own === undefined) times.set(call.row, [received - sent])
        else own.push(received - sent)
        answers.push({ call, answer })
        if (received >= deadline) break
      }
    }),
  )
  const elapsed = performance.now() - started
  for (const connection of opened) connection.close()
  return { rows: summarise(times, elapsed), wrong: checkAnswers(answers) }
}

// Where calls of several rows alternate, each row has the share of the time that its calls took.
function summarise(times: ReadonlyMap<string, readonly number[]>, elapsed: number): Map<string, Measured> {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
  const all = sum([...times.values()].map(sum))
  return new Map(
    [...times].map(([row, own]) => [
      row,
      { calls: own.length, perSecond: own.length / ((elapsed / 1000) * (sum(own) / all)), times: own },
    ]),
  )
}

// Most pages come again and again: what equals an answer that was right is right.
function checkAnswers(answers: readonly { call: Call; answer: Answer }[]): string | undefined {
  const right = new Map<Buffer, Buffer>()
  const mistakes: string[] = []
  for (const { call, answer } of answers) {
    if (right.get(call.request)?.equals(answer.body) === true) continue
    const mistake = answer.status === 0 ? 'the connection was closed' : call.check(answer)
    if (mistake === undefined) right.set(call.request, answer.body)
    else mistakes.push(mistake)
  }
  return mistakes.length === 0 ? undefined : `${mistakes[0]} (${mistakes.length} of ${answers.length})`
}

/** One keep-alive connection with at most one request under way. */
export class Connection {
  readonly #port: number
  #socket: Socket
  #chunks: Buffer[] = []
  #received = 0
  #head: Head | undefined
  #resolve: ((answer: Answer) => void) | undefined

  private constructor(port: number, socket: Socket) {
    this.#port = port
    this.#socket = this.#watch(socket)
  }

  static async open(port: number): Promise<Connection> {
    return new Connection(port, await dial(port))
  }

  /** The answer; with status 0 where the server closed the connection instead. */
  async send(request: Buffer): Promise<Answer> {
    if (this.#socket.destroyed) this.#socket = this.#watch(await dial(this.#port))
    return new Promise((resolve) => {
      this.#resolve = resolve
      this.#socket.write(request)
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #watch(socket: Socket): Socket {
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('error', () => undefined)
    socket.on('close', () => this.#finish({ status: 0, body: Buffer.alloc(0) }))
    return socket
  }

  #take(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#received += chunk.length
    this.#head ??= readHead(this.#join())
    const head = this.#head
    if (head === undefined) return
    if (head.length !== undefined) {
      if (this.#received < head.end + head.length) return
      this.#finish({ status: head.status, body: this.#join().subarray(head.end, head.end + head.length) })
      return
    }
    const body = readChunks(this.#join(), head.end)
    if (body !== undefined) this.#finish({ status: head.status, body })
  }

  #join(): Buffer {
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#chunks[0] as Buffer
  }

  #finish(answer: Answer): void {
    const resolve = this.#resolve
    this.#chunks = []
    this.#received = 0
    this.#head = undefined
    this.#resolve = undefined
    resolve?.(answer)
  }
}

async function dial(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  return socket
}

interface Head {
  readonly status: number
  /** Where the body begins. */
  readonly end: number
  /** undefined where the body comes in chunks. */
  readonly length: number | undefined
}

function readHead(bytes: Buffer): Head | undefined {
  const at = bytes.indexOf('\r\n\r\n')
  if (at === -1) return undefined
  const text = bytes.toString('latin1', 0, at)
  const status = Number(text.slice(9, 12))
  const hasNone = status === 204 || status === 304
  const length = hasNone ? 0 : /\r\ncontent-length: *(\d+)/i.exec(text)?.[1]
  return { status, end: at + 4, length: length === undefined ? undefined : Number(length) }
}

// RFC 9112 section 7.1, without trailers. undefined while some of it is missing.
function readChunks(bytes: Buffer, start: number): Buffer | undefined {
  const parts: Buffer[] = []
  for (let at = start; ;) {
    const line = bytes.indexOf('\r\n', at)
    if (line === -1) return undefined
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16)
    const end = line + 2 + size
    if (bytes.length < end + 2) return undefined
    if (size === 0) return Buffer.concat(parts)
    parts.push(bytes.subarray(line + 2, end))
    at = end + 2
  }
}

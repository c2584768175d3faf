// Turns a plan into the bytes of a request, well-framed or not.
import { gzipSync } from 'node:zlib'
import { Chance } from './chance.ts'
import type { Header } from './headers.ts'
import { drawPlan, type Plan, type Target } from './plans.ts'

export interface FuzzRequest {
  readonly number: number
  readonly method: string
  readonly target: string
  readonly accept: string | undefined
  /** Written one after the other, so that they arrive apart. */
  readonly pieces: readonly Buffer[]
  /** Whether the bytes say truly where the request ends; if not, nobody knows how many answers come. */
  readonly isFramed: boolean
  /** Whether the body is long or of unknown length: refused unread, it resets the connection, which may overtake the answer. */
  readonly mayReset: boolean
  /** Whether Node may refuse the head, before there is a request to answer, and then reads no body. */
  readonly isOdd: boolean
  /** When the client goes away without waiting for the answer, or its end. */
  readonly leaves: 'never' | 'in request' | 'in answer'
  /** Whether the next ones are sent without waiting for the answer. */
  readonly isPipelined: boolean
}

// The longest body that the server passes over, and some.
const longBytes = 65_536

/** The request of this number: the same for the same seed, but for the ids of the target. */
export function makeRequest(seed: number, number: number, target: Target): FuzzRequest {
  const chance = new Chance(seed, number)
  const plan = drawPlan(chance, target)
  const { head, body, isFramed } = frame(chance, plan)
  const bytes = Buffer.concat([head, ...body])
  const leaves = chance.weigh<FuzzRequest['leaves']>([
    [98, 'never'],
    [1, 'in request'],
    [1, 'in answer'],
  ])
  const isOdd = !isPlain(head)
  const accepts = plan.headers.filter(([name]) => name === 'Accept')
  return {
    number,
    method: plan.method,
    target: plan.target,
    accept: accepts[0]?.[1],
    pieces: leaves === 'in request' ? [bytes.subarray(0, chance.integer(0, bytes.length))] : cut(chance, head, body),
    isFramed: isFramed && countEnds(head) === 1,
    mayReset: bytes.length > longBytes || /\r\nTransfer-Encoding:/i.test(head.toString('latin1')),
    isOdd,
    leaves,
    // After a refusal nothing more is read, and that of a HEAD has a body.
    isPipelined: chance.is(0.1) && !isOdd,
  }
}

function frame(
  chance: Chance,
  { method, target, headers, body }: Plan,
): { head: Buffer; body: Buffer[]; isFramed: boolean } {
  const version = chance.is(0.003) ? chance.pick(['HTTP/1.0', 'HTTP/2.0', 'HTTP/1.2', 'http/1.1', '']) : 'HTTP/1.1'
  const write = (more: readonly Header[]): Buffer => {
    const lines = [...headers, ...more].map(([name, value]) => `${name}: ${value}\r\n`)
    return Buffer.from(`${method} ${target} ${version}\r\n${lines.join('')}\r\n`)
  }
  if (body === undefined) return { head: write([]), body: [], isFramed: true }
  const length = (bytes: number | string): Header => ['Content-Length', String(bytes)]
  const chunked: Header = ['Transfer-Encoding', 'chunked']
  return chance.weigh<() => { head: Buffer; body: Buffer[]; isFramed: boolean }>([
    [85, () => ({ head: write([length(body.length)]), body: [body], isFramed: true })],
    [10, () => ({ head: write([chunked]), body: chunk(chance, body), isFramed: version !== 'HTTP/1.0' })],
    [1, () => ({ head: write([length(body.length), ['Expect', '100-continue']]), body: [body], isFramed: true })],
    [0.5, () => compress(write, body)],
    [
      0.4,
      () => ({
        head: write([
          length(chance.pick([body.length + 7, body.length - 1, 0, '1e3', '-1', '0x10', ' ', '9'.repeat(30)])),
        ]),
        body: [body],
        isFramed: false,
      }),
    ],
    [0.2, () => ({ head: write([]), body: [body], isFramed: false })],
    [0.2, () => ({ head: write([length(body.length), chunked]), body: chunk(chance, body), isFramed: false })],
    [0.2, () => ({ head: write([length(body.length), length(body.length + 1)]), body: [body], isFramed: false })],
    [
      0.2,
      () => ({
        head: write([['Transfer-Encoding', chance.pick(['gzip', 'chunked, gzip', 'identity', 'x'])]]),
        body: [body],
        isFramed: false,
      }),
    ],
    [
      0.2,
      () => ({
        head: write([chunked]),
        body: [Buffer.from(chance.pick(['zz\r\n', '-1\r\n', 'fffffffffffffffff\r\n', '5\r\nab\r\n', '1;\r\n'])), body],
        isFramed: false,
      }),
    ],
  ])()
}

function compress(
  write: (more: readonly Header[]) => Buffer,
  body: Buffer,
): { head: Buffer; body: Buffer[]; isFramed: boolean } {
  const zipped = gzipSync(body)
  const head = write([
    ['Content-Encoding', 'gzip'],
    ['Content-Length', String(zipped.length)],
  ])
  return { head, body: [zipped], isFramed: true }
}

function chunk(chance: Chance, body: Buffer): Buffer[] {
  const size = Math.max(1, Math.ceil(body.length / chance.integer(1, 6)))
  const extension = chance.is(0.1) ? ';name="value"' : ''
  const chunks: Buffer[] = []
  for (let at = 0; at < body.length; at += size) {
    const part = body.subarray(at, at + size)
    chunks.push(Buffer.concat([Buffer.from(`${part.length.toString(16)}${extension}\r\n`), part, Buffer.from('\r\n')]))
  }
  return [...chunks, Buffer.from(`0\r\n${chance.is(0.1) ? 'X-Trailer: 1\r\n' : ''}\r\n`)]
}

function cut(chance: Chance, head: Buffer, body: readonly Buffer[]): Buffer[] {
  const bytes = Buffer.concat([head, ...body])
  if (chance.is(0.9)) return [bytes]
  const at = chance.integer(0, bytes.length)
  return chance.is(0.5) ? [head, ...body] : [bytes.subarray(0, at), bytes.subarray(at)]
}

// A head with an empty line inside ends there.
function countEnds(head: Buffer): number {
  return head.toString('latin1').split(/\r?\n\r?\n/).length - 1
}

const startLine =
  /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE|QUERY|PURGE|MERGE|PROPFIND|SEARCH|LINK) (?:https?:\/)?\/[!-~]* HTTP\/1\.1$/
const headerLine = /^[\w!#$%&'*+.^`|~-]+: [\t -~]*$/

// Node answers what is not plain HTTP by itself: no Host or two of them, odd characters, an Expect that nobody knows.
function isPlain(head: Buffer): boolean {
  const [first = '', ...lines] = head.toString('latin1').slice(0, -4).split('\r\n')
  const names = lines.map((line) => line.slice(0, line.indexOf(':')).toLowerCase())
  const count = (name: string): number => names.filter((one) => one === name).length
  const isOnce = count('host') === 1 && count('content-length') < 2 && count('transfer-encoding') < 2
  const isKnown = !lines.some((line) => /^expect:(?! 100-continue$)|^upgrade:|^connection: upgrade/i.test(line))
  return (
    head.length < 60_000 && startLine.test(first) && lines.every((line) => headerLine.test(line)) && isOnce && isKnown
  )
}

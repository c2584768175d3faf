// What the fakes of all sources are made of: a server on this machine that keeps what it was asked, and fails when it is told to.
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Json } from '../../providers/provider.ts'

export interface FakeRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface FakeAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: Json
  /** In place of JSON. */
  readonly body?: string
}

/** `broken` closes the connection, `silent` never answers. */
export type Failure = FakeAnswer | 'broken' | 'silent'

export interface FakeServer {
  /** `http://127.0.0.1:…` */
  readonly origin: string
  /** All that came, the first one first. */
  readonly requests: FakeRequest[]
  /** Fails the next requests, or the next that are meant. */
  fail(failure: Failure, options?: { readonly times?: number; readonly when?: (request: FakeRequest) => boolean }): void
  /** Is told of each request before it is answered; the company may change meanwhile. */
  onRequest: (request: FakeRequest) => void
  /** Is told what the source would answer, where it does not fail. */
  onAnswer: (request: FakeRequest, answer: FakeAnswer) => void
  close(): Promise<void>
}

interface Planned {
  readonly failure: Failure
  readonly when: (request: FakeRequest) => boolean
  times: number
}

/** Starts one on a free port of 127.0.0.1. */
export async function startFakeServer(answer: (request: FakeRequest) => FakeAnswer): Promise<FakeServer> {
  const planned: Planned[] = []
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const { pathname, searchParams } = new URL(incoming.url ?? '/', fake.origin)
      const body = Buffer.concat(chunks).toString('utf8')
      const { method = '', headers } = incoming
      const request: FakeRequest = { method, path: pathname, query: searchParams, headers, body }
      fake.requests.push(request)
      fake.onRequest(request)
      const plan = planned.find(({ times, when }) => times > 0 && when(request))
      if (plan !== undefined) {
        plan.times -= 1
        send(response, plan.failure)
        return
      }
      const answered = answer(request)
      fake.onAnswer(request, answered)
      send(response, answered)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const fake: FakeServer = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    fail: (failure, { times = 1, when = () => true } = {}) => planned.push({ failure, when, times }),
    onRequest: () => undefined,
    onAnswer: () => undefined,
    close: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      return closed
    },
  }
  return fake
}

function send(response: ServerResponse, failure: Failure): void {
  if (failure === 'silent') return
  if (failure === 'broken') {
    response.destroy()
    return
  }
  const { status, headers = {}, json, body } = failure
  const type = json === undefined ? {} : { 'content-type': 'application/json' }
  response.writeHead(status, { ...type, ...headers })
  response.end(json === undefined ? (body ?? '') : JSON.stringify(json))
}

/** The user and password of HTTP Basic; undefined where there are none. */
export function readBasic({ headers }: FakeRequest): { user: string; password: string } | undefined {
  const [, encoded] = /^Basic ([A-Za-z0-9+/=]+)$/.exec(headers.authorization ?? '') ?? []
  if (encoded === undefined) return undefined
  const [user = '', ...rest] = Buffer.from(encoded, 'base64').toString('utf8').split(':')
  return { user, password: rest.join(':') }
}

/** Lets so many requests through in a fixed window of time; the answer is when the next one begins, for those who came too early. */
export function createLimit(requests: number, perMs: number, now: () => Date): () => Date | undefined {
  let [windowEnd, taken] = [0, 0]
  return () => {
    if (now().getTime() >= windowEnd) [windowEnd, taken] = [now().getTime() + perMs, 0]
    taken += 1
    return taken > requests ? new Date(windowEnd) : undefined
  }
}

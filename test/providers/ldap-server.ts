// What the fake of a directory is made of: a server with TLS on this machine that reads LDAP messages (RFC 4511), keeps what it was asked,
// and fails when it is told to.
import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:tls'
import { type Certificate, createCertificate } from '../support/certificate.ts'
import type { FakeAnswer, FakeRequest, FakeServer } from './fake-server.ts'
import {
  type Element,
  readElement,
  readElements,
  readInteger,
  writeElement,
  writeInteger,
  writeText,
} from './ldap-ber.ts'
import type { FakeValue } from './ldap-filter.ts'

export type LdapRequest = FakeRequest & (BindRequest | SearchRequest)

export interface BindRequest {
  readonly method: 'BIND'
  readonly name: string
  readonly password: string
}

export interface SearchRequest {
  readonly method: 'SEARCH'
  readonly base: string
  readonly scope: 'base' | 'one' | 'sub'
  readonly filter: Element
  readonly attributes: readonly string[]
  /** By their OIDs. */
  readonly controls: ReadonlyMap<string, Buffer>
}

export interface LdapAnswer {
  readonly code: number
  readonly said?: string
  readonly entries?: readonly {
    readonly dn: string
    readonly attributes: readonly (readonly [string, readonly FakeValue[]])[]
  }[]
  /** What goes on with a search that was not given whole. */
  readonly cookie?: string
}

/** One connection, which has state: who is signed in, and what a cookie means. */
export type Conversation = (request: LdapRequest) => LdapAnswer

export interface LdapFakeServer extends FakeServer {
  readonly requests: LdapRequest[]
  readonly port: number
  readonly certificate: Certificate
  /** Ends all connections, as a server does that restarts. */
  hangUp(): void
  /** Resolves once nobody is connected. */
  untilAlone(): Promise<void>
}

type Fail = FakeServer['fail']
type Planned = { failure: Parameters<Fail>[0]; times: number; when: (request: FakeRequest) => boolean }

export const pagedResults = '1.2.840.113556.1.4.319'

// Of what the conformance suite says in HTTP.
const codes: Readonly<Record<number, number>> = { 400: 2, 401: 49, 403: 50, 409: 53, 429: 51, 500: 52, 502: 52 }

/** Starts one on a free port of 127.0.0.1, with a certificate for it that nobody else vouches for. */
export async function startLdapServer(converse: () => Conversation, name: string): Promise<LdapFakeServer> {
  const certificate = createCertificate({ name })
  const planned: Planned[] = []
  const sockets = new Set<Socket>()
  const alone: (() => void)[] = []
  const server = createServer(certificate, (socket) => {
    sockets.add(socket)
    socket.on('close', () => {
      sockets.delete(socket)
      if (sockets.size === 0) alone.splice(0).forEach((resolve) => resolve())
    })
    socket.on('error', () => undefined)
    const answer = converse()
    let bytes = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      for (let read = readElement(bytes); read !== undefined; read = readElement(bytes)) {
        bytes = bytes.subarray(read.length)
        hear(socket, read.element, answer)
      }
    })
  })

  function hear(socket: Socket, message: Element, answer: Conversation): void {
    const [id, operation, controls] = readElements(message)
    if (id === undefined || operation === undefined) throw new Error('a message has no operation')
    if (operation.tag === 0x42) {
      socket.end()
      return
    }
    const request = readRequest(operation, controls)
    fake.requests.push(request)
    fake.onRequest(request)
    const plan = planned.find(({ times, when }) => times > 0 && when(request))
    if (plan !== undefined) plan.times -= 1
    const failure = plan?.failure
    if (failure === 'silent') return
    if (failure === 'broken') socket.destroy()
    else if (failure === undefined) socket.write(writeAnswer(id, request, answer(request)))
    else socket.write(writeFailure(id, request, failure))
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const hangUp = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  const fake: LdapFakeServer = {
    origin: `ldaps://127.0.0.1:${port}`,
    port,
    certificate,
    requests: [],
    fail: (failure, { times = 1, when = () => true } = {}) => planned.push({ failure, when, times }),
    onRequest: () => undefined,
    onAnswer: () => undefined,
    hangUp,
    untilAlone: () => new Promise((resolve) => (sockets.size === 0 ? resolve() : alone.push(resolve))),
    close: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      hangUp()
      return closed
    },
  }
  return fake
}

function readRequest(operation: Element, controls: Element | undefined): LdapRequest {
  const parts = readElements(operation)
  const text = (index: number): string => parts[index]?.bytes.toString() ?? ''
  const common = { query: new URLSearchParams(), headers: {}, body: operation.bytes.toString('latin1') }
  if (operation.tag === 0x60) return { ...common, method: 'BIND', path: text(1), name: text(1), password: text(2) }
  if (operation.tag !== 0x63) throw new Error(`the fake knows no operation ${operation.tag}`)
  const [, scope, , , , , filter, attributes] = parts
  if (scope === undefined || filter === undefined || attributes === undefined)
    throw new Error('a search lacks something')
  return {
    ...common,
    method: 'SEARCH',
    path: text(0),
    base: text(0),
    scope: (['base', 'one', 'sub'] as const)[readInteger(scope)] ?? 'sub',
    filter,
    attributes: readElements(attributes).map(({ bytes }) => bytes.toString()),
    controls: new Map(controls === undefined ? [] : readElements(controls).map(readControl)),
  }
}

function readControl(control: Element): [string, Buffer] {
  const parts = readElements(control)
  return [
    parts[0]?.bytes.toString() ?? '',
    parts.find(({ tag }, index) => index > 0 && tag === 0x04)?.bytes ?? Buffer.alloc(0),
  ]
}

function writeAnswer(
  id: Element,
  { method }: LdapRequest,
  { code, said = '', entries = [], cookie }: LdapAnswer,
): Buffer {
  const messages = entries.map(({ dn, attributes }) => {
    const written = attributes.map(([name, values]) => {
      return writeElement(0x30, writeText(name), writeElement(0x31, ...values.map((value) => writeText(value))))
    })
    return writeMessage(id, writeElement(0x64, writeText(dn), writeElement(0x30, ...written)))
  })
  const result = [writeElement(0x0a, Buffer.from([code])), writeText(''), writeText(said)]
  const done = writeElement(method === 'BIND' ? 0x61 : 0x65, ...result)
  const paged = cookie === undefined ? [] : [writeElement(0xa0, writeCookie(cookie))]
  return Buffer.concat([...messages, writeMessage(id, done, ...paged)])
}

function writeCookie(cookie: string): Buffer {
  const value = writeElement(0x30, writeInteger(0), writeText(cookie))
  return writeElement(0x30, writeText(pagedResults), writeText(value))
}

function writeMessage(id: Element, ...parts: readonly Buffer[]): Buffer {
  return writeElement(0x30, writeElement(0x02, id.bytes), ...parts)
}

function writeFailure(id: Element, request: LdapRequest, { status, json, body }: FakeAnswer): Buffer {
  if (status < 300) return body === undefined ? writeMessage(id, writeElement(0x7a)) : Buffer.from(body)
  return writeAnswer(id, request, { code: codes[status] ?? 80, said: json === undefined ? '' : JSON.stringify(json) })
}

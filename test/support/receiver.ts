// Real HTTP servers on this machine that take what is sent to others: webhooks, chat messages, security event tokens.
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Certificate } from './certificate.ts'

export interface Received {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Answers a request that was read to its end; it may as well not. */
export type Answerer = (received: Received, response: ServerResponse) => void

export interface Receiver {
  /** `http://127.0.0.1:…`, or `https://localhost:…` where it has a certificate. */
  readonly origin: string
  readonly port: number
  /** All that came, the first one first. */
  readonly received: Received[]
  /** How requests are answered from now on; 200 with nothing at first. */
  answer: Answerer
  close(): Promise<void>
}

/** Starts one on a free port of 127.0.0.1. */
export async function startReceiver(certificate?: Certificate): Promise<Receiver> {
  const take = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const one = { method, path: url, headers, body: Buffer.concat(chunks).toString('utf8') }
      receiver.received.push(one)
      receiver.answer(one, response)
    })
  }
  const server: Server = certificate === undefined ? createServer(take) : createTlsServer({ ...certificate }, take)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const receiver: Receiver = {
    origin: certificate === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`,
    port,
    received: [],
    answer: (_received, response) => response.end(),
    close: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      return closed
    },
  }
  return receiver
}

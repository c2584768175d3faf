// Answers that are streams of events.
import { expect } from 'chai'
import express from 'express'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { declareFor, type Face, type ServerEvent } from '../../server/api/endpoint.ts'
import { createApiRouter } from '../../server/api/router.ts'
import { AppError } from '../../server/errors.ts'
import { createLogger } from '../../server/ops/logger.ts'

interface Caller {
  readonly signal: AbortSignal
}

describe('streams of events', () => {
  let server: Server
  let url: string
  let stopping: AbortController
  let tell: (signal: AbortSignal, lastEventId: string | undefined) => AsyncIterable<ServerEvent>
  const lines: string[] = []
  beforeEach(async () => {
    lines.length = 0
    stopping = new AbortController()
    const endpoint = declareFor<Caller>()({
      ...{
        operationId: 'watch',
        tag: 'Watching',
        method: 'get',
        path: '/watch',
        summary: 'Watch',
        scopes: [],
        status: 200,
      },
      events: { type: 'object' },
      run: ({ caller: { signal }, lastEventId }) => Promise.resolve(tell(signal, lastEventId)),
    })
    const face: Face<Caller> = {
      ...{ base: '/', tags: [], endpoints: [endpoint] },
      admit: ({ signal, authorization }) => {
        if (authorization === undefined) throw new AppError('unauthorized')
        return Promise.resolve({ signal })
      },
    }
    const logger = createLogger('debug', { write: (line) => lines.push(line) })
    const router = createApiRouter(face, { now: () => new Date(), logger, stopping: stopping.signal })
    server = createServer(express().use(router))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/watch`
  })
  afterEach(() => {
    server.closeAllConnections()
    server.close()
  })

  const open = (headers: Record<string, string> = {}): Promise<Response> =>
    fetch(url, { headers: { Authorization: 'Bearer x', ...headers } })
  const wait = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal.aborted) resolve()
      signal.addEventListener('abort', () => resolve(), { once: true })
    })

  it('are written as browsers read them, and kept by nobody', async () => {
    tell = async function* () {
      yield { id: '1', event: 'run', data: { text: 'two\nlines' } }
      yield { id: '2', event: 'run', data: null }
    }
    const response = await open()
    expect(response.headers.get('content-type')).to.equal('text/event-stream')
    expect(response.headers.get('x-accel-buffering')).to.equal('no')
    expect(await response.text()).to.equal(
      'id: 1\nevent: run\ndata: {"text":"two\\nlines"}\n\nid: 2\nevent: run\ndata: null\n\n',
    )
  })

  it('know where a client comes back', async () => {
    tell = async function* (_, lastEventId) {
      yield { id: '3', event: 'run', data: lastEventId ?? null }
    }
    expect(await (await open()).text()).to.contain('data: null')
    expect(await (await open({ 'Last-Event-ID': '2' })).text()).to.contain('data: "2"')
  })

  it('end when the server stops, also those that are asked for then', async () => {
    tell = async function* (signal) {
      yield { id: '1', event: 'run', data: 1 }
      await wait(signal)
    }
    const reading = (await open()).text()
    stopping.abort()
    expect(await reading).to.contain('data: 1')
    expect(await (await open()).text()).to.contain('data: 1')
  })

  it('are refused as any other answer before they begin', async () => {
    const response = await fetch(url)
    expect([response.status, response.headers.get('content-type')]).to.deep.equal([
      401,
      'application/json; charset=utf-8',
    ])
  })

  it('have a head that can be asked for alone', async () => {
    tell = async function* (signal) {
      await wait(signal)
      yield { id: '1', event: 'run', data: 1 }
    }
    const response = await fetch(url, { method: 'HEAD', headers: { Authorization: 'Bearer x' } })
    expect([response.status, response.headers.get('content-type')]).to.deep.equal([200, 'text/event-stream'])
    expect(await response.text()).to.equal('')
  })

  it('end where something goes wrong in between, which the log says', async () => {
    tell = async function* () {
      yield { id: '1', event: 'run', data: 1 }
      throw new Error('the disk is gone')
    }
    expect(await (await open()).text()).to.equal('id: 1\nevent: run\ndata: 1\n\n')
    expect(lines.join('\n')).to.contain('the disk is gone')
  })

  it('let those go who are gone', async () => {
    const left = Promise.withResolvers<void>()
    tell = async function* (signal) {
      yield { id: '1', event: 'run', data: 1 }
      await wait(signal)
      left.resolve()
    }
    const leaving = new AbortController()
    const response = await fetch(url, { headers: { Authorization: 'Bearer x' }, signal: leaving.signal })
    await response.body?.getReader().read()
    leaving.abort()
    await left.promise
  })
})

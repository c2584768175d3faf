import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import express from 'express'
import { declareFor, type Face } from '../../server/api/endpoint.ts'
import { createApiRouter } from '../../server/api/router.ts'
import { createLogger } from '../../server/ops/logger.ts'

interface Caller {
  readonly signal: AbortSignal
}

describe('an endpoint of a JSON API', () => {
  it('learns that the client is gone while it works', async () => {
    const begun = Promise.withResolvers<void>()
    const left = Promise.withResolvers<void>()
    const endpoint = declareFor<Caller>()({
      ...{
        operationId: 'wait',
        tag: 'Waiting',
        method: 'get',
        path: '/wait',
        summary: 'Wait',
        scopes: [],
        status: 204,
      },
      run: async ({ caller: { signal } }) => {
        signal.addEventListener('abort', () => left.resolve())
        begun.resolve()
        await left.promise
      },
    })
    const face: Face<Caller> = {
      ...{ base: '/', tags: [], endpoints: [endpoint], scope: 'admin' },
      admit: ({ signal }) => Promise.resolve({ signal }),
    }
    const { signal: stopping } = new AbortController()
    const parts = { now: () => new Date(), logger: createLogger('silent'), stopping }
    const app = express().use(createApiRouter(face, parts))
    const server = createServer(app)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const leaving = new AbortController()
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/wait`
    const gone = fetch(url, { signal: leaving.signal }).catch((error: unknown) => error)
    await begun.promise
    leaving.abort()
    expect(await gone).to.be.instanceOf(Error)
    await left.promise
    server.close()
  })
})

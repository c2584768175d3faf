import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { expect } from 'chai'
import { answerClientErrors } from '../../server/ops/client-error.ts'

async function send(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(text)
  const chunks: Buffer[] = []
  for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

describe('what is refused before it is a request', () => {
  it('gets a SCIM error', async () => {
    const server = answerClientErrors(createServer({ maxHeaderSize: 4096 }))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const cases = [
      { text: 'nonsense\r\n\r\n', status: 400 },
      { text: `GET /scim/v2/Users?filter=${'x'.repeat(5000)} HTTP/1.1\r\nHost: h\r\n\r\n`, status: 431 },
    ]
    for (const { text, status } of cases) {
      const [head = '', body = ''] = (await send(port, text)).split('\r\n\r\n')
      expect(head)
        .to.match(new RegExp(`^HTTP/1.1 ${status} `))
        .and.match(/application\/scim\+json/)
      expect(JSON.parse(body)).to.include({ status: String(status) })
    }
    await new Promise((resolve) => server.close(resolve))
  })

  it('gets it after the answers to the requests before it on the connection', async () => {
    const refused = Promise.withResolvers<void>()
    const server = answerClientErrors(
      createServer((_request, response) => void refused.promise.then(() => response.end('the answer'))),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    server.once('clientError', () => refused.resolve())
    const { port } = server.address() as AddressInfo
    const request = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n'
    expect(await send(port, `${request}${request}nonsense\r\n\r\n`)).to.match(
      /^HTTP\/1.1 200 [^]*the answerHTTP\/1.1 200 [^]*the answerHTTP\/1.1 400 [^]*"status":"400"/,
    )
    server.close()
    await once(server, 'close')
  })

  it('gets it at once where the body of the request that is being read is no HTTP', async () => {
    const server = answerClientErrors(
      createServer((request, response) => void request.resume().on('close', () => response.end('late'))),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const head = 'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n'
    expect(await send(port, `${head}nonsense\r\n`)).to.match(/^HTTP\/1.1 400 /)
    server.close()
    await once(server, 'close')
  })
})

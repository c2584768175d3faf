// What Node refuses before there is a request: a head that is too large, or is no HTTP. It gets a SCIM error, too.
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** Makes a server answer so. The answer comes after those to the requests that were sent before on the same connection. */
export function answerClientErrors(server: Server): Server {
  const latest = new WeakMap<Duplex, Exchange>()
  server.on('request', (request, response) => latest.set(request.socket, { request, response }))
  server.on('clientError', (error, socket) => {
    const { request, response } = latest.get(socket) ?? {}
    // Where the body of the latest request is at fault, its answer would be waited for in vain.
    const isUnderWay = request?.complete === true && response?.writableFinished === false
    if (isUnderWay) response.once('close', () => answer(error, socket))
    else answer(error, socket)
  })
  return server
}

function answer(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const tooLarge = error.code === 'HPE_HEADER_OVERFLOW'
  const [status, reason] = tooLarge ? [431, 'Request Header Fields Too Large'] : [400, 'Bad Request']
  const detail = tooLarge
    ? 'The head of the request is too large; use POST /.search for long filters.'
    : 'The request is not HTTP.'
  const body = JSON.stringify({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    status: String(status),
    detail,
  })
  const headers = `Content-Type: application/scim+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close`
  socket.end(`HTTP/1.1 ${status} ${reason}\r\n${headers}\r\n\r\n${body}`)
}

// What Node refuses before there is a request: a head that is too large, or is no HTTP. It gets a SCIM error, too.
import type { Duplex } from 'node:stream'

/** A listener for `clientError` of an HTTP server. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
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

// HTTP as bytes, for requests that no client library would send.
import { connect } from 'node:net'

export interface RawReply {
  readonly status: number
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/** Sends the parts one after the other, and reads until the server closes the connection, which `Connection: close` asks for. */
export function sendRaw(origin: string, ...parts: readonly (string | Buffer)[]): Promise<RawReply> {
  const { hostname, port } = new URL(origin)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      for (const part of parts) socket.write(part)
    })
    const chunks: Buffer[] = []
    socket.on('data', (chunk) => chunks.push(chunk))
    // A server that refuses a body may close while we still write; what it answered before counts.
    socket.on('error', (error) => (chunks.length === 0 ? reject(error) : resolve(parse(Buffer.concat(chunks)))))
    socket.on('end', () => resolve(parse(Buffer.concat(chunks))))
  })
}

function parse(bytes: Buffer): RawReply {
  const [head = '', ...rest] = bytes.toString('utf8').split('\r\n\r\n')
  const [first = '', ...lines] = head.split('\r\n')
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
  })
  return { status: Number(first.split(' ')[1]), headers: Object.fromEntries(headers), text: rest.join('\r\n\r\n') }
}

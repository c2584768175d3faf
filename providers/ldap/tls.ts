// Connections with TLS: from the beginning, or after StartTLS (RFC 4511 section 4.14). Nothing is ever sent without it but that request.
import { BerReader } from 'ldapts'
import { X509Certificate } from 'node:crypto'
import { connect as connectPlainly, isIP, type Socket } from 'node:net'
import { connect as connectSecurely, type TLSSocket } from 'node:tls'
import { ProviderError } from '../provider.ts'
import { explainConnection } from './failure.ts'
import type { LdapSettings } from './settings.ts'

const connectMs = 15_000

/** A message with the id 1 that asks for TLS: 1.3.6.1.4.1.1466.20037. */
const startTls = Buffer.concat([
  Buffer.from([0x30, 0x1d, 0x02, 0x01, 0x01, 0x77, 0x18, 0x80, 0x16]),
  Buffer.from('1.3.6.1.4.1.1466.20037'),
])

/**
 * A connection to the server at an address, with its certificate checked for the host that the settings name. Throws ProviderError:
 * `settings` for a certificate that cannot be trusted. The signal ends it with its reason.
 */
export async function openTls(settings: LdapSettings, address: string, signal: AbortSignal): Promise<TLSSocket> {
  const { host, security = 'ldaps', certificateAuthority } = settings
  const port = settings.port ?? (security === 'ldaps' ? 636 : 389)
  const place = `${host}:${port}`
  const identity = {
    host: address,
    ...(isIP(host) === 0 && { servername: host }),
    ...(certificateAuthority !== undefined && { ca: readCertificates(certificateAuthority) }),
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
  } as const
  if (security === 'ldaps') {
    const socket = connectSecurely({ ...identity, port })
    return await settle(socket, 'secureConnect', { place, signal })
  }
  const plain = await settle(connectPlainly({ host: address, port }), 'connect', { place, signal })
  await askForTls(plain, { place, signal })
  // The connection on top of it says what becomes of it.
  plain.on('error', () => undefined)
  return await settle(connectSecurely({ ...identity, socket: plain }), 'secureConnect', { place, signal })
}

// Forms with one line make spaces of the ends of lines.
function readCertificates(text: string): string[] {
  const bodies = [...text.matchAll(/-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/g)]
  try {
    if (bodies.length > 0) return bodies.map(([, body = '']) => readCertificate(body))
  } catch {
    // Said below.
  }
  throw new ProviderError('settings', 'The certificate authority is no certificate as PEM. Give all of its file.')
}

function readCertificate(body: string): string {
  return new X509Certificate(Buffer.from(body, 'base64')).toString()
}

interface Waiting {
  readonly place: string
  readonly signal: AbortSignal
}

function settle<Connection extends Socket>(
  socket: Connection,
  event: 'connect' | 'secureConnect' | 'answer',
  { place, signal }: Waiting,
): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      end()
      // What the connection says afterwards is of no interest.
      socket.on('error', () => undefined)
      socket.destroy()
      reject(signal.aborted ? signal.reason : explainConnection(error, place))
    }
    const abort = (): void => fail(signal.reason)
    const close = (): void => fail(Object.assign(new Error('closed'), { code: 'ECONNRESET' }))
    const timer = setTimeout(() => fail(Object.assign(new Error('late'), { code: 'ETIMEDOUT' })), connectMs)
    const succeed = (): void => {
      end()
      resolve(socket)
    }
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      socket.off('error', fail).off('close', close).off(event, succeed)
    }
    socket.on('error', fail).on('close', close).on(event, succeed)
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
  })
}

async function askForTls(socket: Socket, waiting: Waiting): Promise<void> {
  let answer = Buffer.alloc(0)
  const read = (chunk: Buffer): void => {
    answer = Buffer.concat([answer, chunk])
    if (isWhole(answer)) socket.emit('answer')
  }
  socket.on('data', read)
  socket.write(startTls)
  try {
    await settle(socket, 'answer', waiting)
  } finally {
    socket.off('data', read)
  }
  // What came with it came without TLS, from whomever.
  const code = readResult(answer)
  if (code === 0) return
  socket.destroy()
  const reason = code === undefined ? 'answered with what is no LDAP' : `does not offer StartTLS (result code ${code})`
  throw new ProviderError('settings', `${waiting.place} ${reason}. Use LDAPS, or check the port.`)
}

const maxAnswerBytes = 4096

// Also where it is longer than it says, or nothing that could become an answer: that is refused.
function isWhole(answer: Buffer): boolean {
  const [tag, length = 0x80] = answer
  return tag !== 0x30 || answer.length > maxAnswerBytes || (length < 0x80 && answer.length >= length + 2)
}

// The result of a message that is one whole answer to the request, and nothing beside it.
function readResult(answer: Buffer): number | undefined {
  try {
    const reader = new BerReader(answer)
    if (reader.readSequence(0x30) === null || reader.remain !== reader.length) return undefined
    if (reader.readInt() !== 1 || reader.readSequence(0x78) === null) return undefined
    return reader.readEnumeration() ?? undefined
  } catch {
    return undefined
  }
}

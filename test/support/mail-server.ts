// A real mail server on this machine, which keeps what it is sent.
import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { callbackify } from 'node:util'
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server'

export interface ReceivedMail {
  /** Of the envelope. */
  readonly from: string
  readonly to: readonly string[]
  /** By their names in lower case, unfolded and decoded. */
  readonly headers: ReadonlyMap<string, string>
  readonly text: string
  readonly html: string | undefined
  readonly raw: string
}

export interface Refusal {
  readonly status: number
  readonly message: string
}

export interface MailServer {
  readonly port: number
  /** Without user and password. */
  readonly url: string
  /** All that was taken, the first one first. */
  readonly mails: ReceivedMail[]
  /** Answers each message once it was sent; undefined takes it. */
  answer: (mail: ReceivedMail) => Refusal | undefined | Promise<Refusal | undefined>
  close(): Promise<void>
}

/** Starts one on a free port of 127.0.0.1; without TLS and without signing in unless the options say otherwise. */
export async function startMailServer(options: SMTPServerOptions = {}): Promise<MailServer> {
  const mails: ReceivedMail[] = []
  const take = async (stream: Readable, { envelope }: SMTPServerSession): Promise<void> => {
    const raw = await text(stream)
    const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address
    const to = envelope.rcptTo.map(({ address }) => address)
    const mail = { from, to, ...readMessage(raw), raw }
    const refusal = await server.answer(mail)
    if (refusal !== undefined) throw Object.assign(new Error(refusal.message), { responseCode: refusal.status })
    mails.push(mail)
  }
  const smtp = new SMTPServer({
    authOptional: true,
    closeTimeout: 100,
    disabledCommands: ['STARTTLS'],
    ...options,
    onData: callbackify(take),
  })
  smtp.on('error', () => undefined)
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', () => resolve()))
  const { port } = smtp.server.address() as AddressInfo
  const server: MailServer = {
    port,
    url: `smtp${options.secure === true ? 's' : ''}://127.0.0.1:${port}`,
    mails,
    answer: () => undefined,
    close: () => new Promise((resolve) => smtp.close(() => resolve())),
  }
  return server
}

function readMessage(raw: string): Pick<ReceivedMail, 'headers' | 'text' | 'html'> {
  const [head = '', body = ''] = splitOnce(raw, '\r\n\r\n')
  const headers = readHeaders(head)
  const type = headers.get('content-type') ?? ''
  const boundary = /boundary="([^"]+)"/.exec(type)?.[1]
  if (boundary === undefined) return { headers, text: decodeBody(body, headers), html: undefined }
  const parts = body
    .split(`--${boundary}`)
    .slice(1, -1)
    .map((part) => {
      const [partHead = '', partBody = ''] = splitOnce(part.replace(/^\r\n/, ''), '\r\n\r\n')
      const partHeaders = readHeaders(partHead)
      return { type: partHeaders.get('content-type') ?? '', text: decodeBody(partBody, partHeaders) }
    })
  const find = (wanted: string) => parts.find((part) => part.type.startsWith(wanted))?.text
  return { headers, text: find('text/plain') ?? '', html: find('text/html') }
}

function splitOnce(whole: string, separator: string): string[] {
  const at = whole.indexOf(separator)
  return at === -1 ? [whole] : [whole.slice(0, at), whole.slice(at + separator.length)]
}

function readHeaders(head: string): Map<string, string> {
  const lines = head.replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n')
  return new Map(
    lines.map((line) => {
      const [name = '', value = ''] = splitOnce(line, ':')
      return [name.toLowerCase(), decodeWords(value.trim())]
    }),
  )
}

// RFC 2047.
function decodeWords(value: string): string {
  return value
    .replaceAll(/\?=\s+=\?/g, '?==?')
    .replaceAll(/=\?utf-8\?([qb])\?([^?]*)\?=/gi, (_whole, encoding: string, data: string) =>
      encoding.toLowerCase() === 'b' ? Buffer.from(data, 'base64').toString() : decodeQuoted(data.replaceAll('_', ' ')),
    )
}

function decodeBody(body: string, headers: ReadonlyMap<string, string>): string {
  const encoding = headers.get('content-transfer-encoding')
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString()
  const lines = body.replace(/\r\n$/, '').replaceAll('\r\n', '\n')
  return encoding === 'quoted-printable' ? decodeQuoted(lines.replaceAll('=\n', '')) : lines
}

function decodeQuoted(data: string): string {
  const bytes = data.replaceAll(/=([0-9A-F]{2})/g, (_whole, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return Buffer.from(bytes, 'latin1').toString()
}

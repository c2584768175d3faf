// Sends mails over SMTP_URL.
import nodemailer, { type NodemailerError } from 'nodemailer'
import addressparser from 'nodemailer/lib/addressparser'
import { AppError } from '../errors.ts'
import { toLine } from './line.ts'

export interface Mail {
  /** Addresses. */
  readonly to: readonly string[]
  readonly subject: string
  readonly text: string
  readonly html?: string
  /** Of letters and digits; the same for each attempt to send the same mail. */
  readonly messageId: string
}

export interface MailResult {
  readonly isSent: boolean
  /** Of a failure: that the same will fail again. */
  readonly isFinal: boolean
  /** The SMTP status. */
  readonly status?: number
  readonly message: string
}

export interface Mailer {
  /** Never throws for what the mail server does. At most 15 seconds. */
  send(mail: Mail): Promise<MailResult>
  /** Signs in and sends nothing: what keeps it from that, in words. At most 15 seconds. */
  findFault(): Promise<string | undefined>
  close(): void
}

// What is under way beyond this is given up, so that an attempt with all that belongs to it ends within 15 seconds.
const giveUpAfterMs = 14_000
const waitAtMostMs = 10_000

/** Throws config_invalid where the URL is none, or where MAIL_FROM is missing or no address. */
export function createMailer({ url, from }: { readonly url: string; readonly from: string | undefined }): Mailer {
  if (!URL.canParse(url)) {
    const detail = 'SMTP_URL must be a URL; is its port a number, and are special characters percent-encoded?'
    throw new AppError('config_invalid', detail)
  }
  const domain = readDomain(from)
  const transport = nodemailer.createTransport({
    url,
    pool: true,
    dnsTimeout: waitAtMostMs,
    connectionTimeout: waitAtMostMs,
    greetingTimeout: waitAtMostMs,
    socketTimeout: waitAtMostMs,
  })
  const send = async ({ messageId, to, ...mail }: Mail): Promise<MailResult> => {
    try {
      const sent = await transport.sendMail({
        ...mail,
        from,
        to: [...to],
        messageId: `<${messageId}@${domain}>`,
        // So that nobody's absence notice answers (RFC 3834).
        headers: { 'Auto-Submitted': 'auto-generated' },
        signal: AbortSignal.timeout(giveUpAfterMs),
      })
      return describeSuccess(sent)
    } catch (error) {
      return describeFailure(error)
    }
  }
  const findFault = async (): Promise<string | undefined> => {
    try {
      await transport.verify()
      return undefined
    } catch (error) {
      return describeFailure(error).message
    }
  }
  return { send, findFault, close: () => transport.close() }
}

// The domain of the sender names the messages, too.
function readDomain(from: string | undefined): string {
  const addresses = addressparser(from, { flatten: true })
  const domain = /^[^\s@]+@([^\s@]+)$/.exec(addresses[0]?.address ?? '')?.[1]
  if (domain !== undefined && addresses.length === 1) return domain
  const detail = 'MAIL_FROM must be the address that mails come from, such as `Rollcall <rollcall@example.com>`.'
  throw new AppError('config_invalid', detail)
}

interface Sent {
  readonly response?: string | undefined
  readonly rejected?: readonly string[] | undefined
}

function describeSuccess({ response = '', rejected = [] }: Sent): MailResult {
  const refused = rejected.length === 0 ? '' : ` Not for ${rejected.join(', ')}, which the mail server refused.`
  return { isSent: true, isFinal: false, ...readStatus(response), message: `${toLine(response)}${refused}` }
}

function readStatus(response: string): { status?: number } {
  const status = /^\d{3}/.exec(response)?.[0]
  return status === undefined ? {} : { status: Number(status) }
}

// Only what the server says of this mail is final: who is refused at signing in may mend SMTP_URL.
function describeFailure(error: unknown): MailResult {
  if (!isMailError(error)) throw error
  const { code = '', permanent, responseCode } = error
  const isFinal = (code === 'EENVELOPE' || code === 'EMESSAGE') && permanent !== false
  return { isSent: false, isFinal, ...(responseCode && { status: responseCode }), message: explain(error) }
}

function isMailError(error: unknown): error is NodemailerError {
  return error instanceof Error
}

// What a server says of signing in might repeat what was sent.
function explain({ code, message, response, responseCode }: NodemailerError): string {
  if (code === 'EAUTH') {
    const said = responseCode === undefined ? '' : ` (${responseCode})`
    return `The mail server does not let the user of SMTP_URL sign in${said}.`
  }
  if (code === 'EABORT' || code === 'ETIMEDOUT') return 'The mail server did not answer in time.'
  if (response) return `The mail server answered: ${toLine(response)}`
  return `The mail server cannot be reached: ${toLine(message)}.`
}

// Triggers that send an e-mail.
import type { JsonObject } from '../../db/tables.ts'
import { isAddress } from '../../directory/contact.ts'
import type { Mail, Mailer, MailResult } from '../../ops/mailer.ts'
import type { Outcome } from '../channel.ts'
import { renderTemplate } from './template.ts'
import type { EmailAction } from './settings.ts'

export interface Letter extends Omit<Mail, 'messageId'> {
  /** Why it cannot be sent to whom it names. */
  readonly problem?: string
}

export const noMailServer = 'SMTP_URL is not set, so no mail is sent.'

const maxRecipients = 50
const maxSubjectLength = 500

/** Throws TemplateError. */
export function writeLetter({ to, subject, text, html }: EmailAction, variables: JsonObject): Letter {
  return {
    ...readRecipients(renderTemplate('text', 'to', to, variables)),
    subject: toSubject(renderTemplate('text', 'subject', subject, variables)),
    text: renderTemplate('text', 'text', text, variables),
    ...(html !== undefined && { html: renderTemplate('html', 'html', html, variables) }),
  }
}

/** One attempt; `id` is that of the delivery, which names the message. */
export async function sendLetter(mailer: Mailer | undefined, letter: Letter, id: string): Promise<Outcome> {
  if (mailer === undefined) return { isDelivered: false, isFinal: true, error: noMailServer }
  const { problem, ...mail } = letter
  if (problem !== undefined) return { isDelivered: false, isFinal: true, error: problem }
  return toOutcome(await mailer.send({ ...mail, messageId: id }))
}

function toOutcome({ isSent, isFinal, status, message }: MailResult): Outcome {
  const said = status === undefined ? {} : { status }
  return isSent
    ? { isDelivered: true, ...said, answer: message }
    : { isDelivered: false, isFinal, ...said, error: message }
}

// Addresses only, without names, so that a name never becomes an address. A variable that is empty is nobody.
function readRecipients(rendered: string): Pick<Letter, 'to' | 'problem'> {
  const words = rendered.split(/[\s,;]+/).filter((word) => word !== '')
  const to = [...new Set(words)].filter(isAddress)
  const stray = words.find((word) => !isAddress(word))
  if (stray !== undefined) return { to, problem: `\`to\` has something that is no address: ${stray.slice(0, 100)}` }
  if (to.length === 0) return { to, problem: '`to` names nobody: it is empty.' }
  if (to.length > maxRecipients) return { to, problem: `\`to\` names more than ${maxRecipients} addresses.` }
  return { to }
}

// One line, whatever was put in.
function toSubject(rendered: string): string {
  return rendered
    .replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, maxSubjectLength)
    .toWellFormed()
}

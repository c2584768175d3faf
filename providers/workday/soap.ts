// Sends requests to Workday's SOAP services, in either way to sign in, and tells what its faults mean.
import { setImmediate } from 'node:timers/promises'
import { createTokenFetch } from '../access-token.ts'
import {
  type Json,
  type ProviderContext,
  ProviderError,
  type ProviderRequest,
  type ProviderResponse,
} from '../provider.ts'
import { version, writeEnvelope } from './envelope.ts'
import type { WorkdaySettings } from './settings.ts'
import { cutElements, escapeXml, find, parseXml, readContent } from './xml.ts'

/** Sends an operation of a service. Throws ProviderError. */
export type Call = (
  service: 'Human_Resources' | 'Absence_Management',
  request: string,
  item?: string,
) => Promise<Answer>

export interface Answer {
  /** What stands in the body of the message, but for the items. */
  readonly body: Json
  /** Elements with the name that was asked for, of which there may be many. */
  readonly items: readonly Json[]
}

/** Workday's clock is behind ours: what we call now is to come. `now` is what it is there. */
export class ClockError extends ProviderError {
  readonly now: Date

  constructor(now: Date) {
    super('unexpected', 'Workday says that the time now is yet to come. Set the clock of this machine.')
    this.now = now
  }
}

interface Fault {
  readonly code: string
  readonly words: string
  readonly isValidation: boolean
}

type Fetch = ProviderContext['fetch']

/** So many are read before others have their turn. */
const itemsAtOnce = 10

/** Throws ProviderError where the settings lack what the way to sign in needs. */
export function connect(settings: WorkdaySettings, context: ProviderContext): Call {
  const { host, tenant, baseUrl } = settings
  const base = (baseUrl ?? `https://${host}`).replace(/\/+$/, '')
  const headers = { 'content-type': 'text/xml; charset=utf-8', accept: 'text/xml', soapaction: '""' }
  const { fetch, user } =
    settings.signIn === 'oauth'
      ? { fetch: signInByOAuth(settings, context, base), user: undefined }
      : signInByPassword(settings, context)
  return async (service, request, item) => {
    const url = `${base}/ccx/service/${tenant}/${service}/${version}`
    const body = writeEnvelope(request, user)
    const ask = async (): Promise<Answer> =>
      readAnswer(await send(fetch, { method: 'POST', url, headers, body, isRead: true }), item)
    return user === undefined ? ask() : hide(ask, user.password)
  }
}

function signInByOAuth(settings: WorkdaySettings, context: ProviderContext, base: string): Fetch {
  const { tenant, clientId, clientSecret, refreshToken } = settings
  if (clientId === undefined || clientSecret === undefined || refreshToken === undefined) {
    throw explainMissing('a client ID, a client secret and a refresh token')
  }
  const authorization = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`
  const request = {
    url: `${base}/ccx/oauth2/${tenant}/token`,
    headers: { authorization },
    form: { grant_type: 'refresh_token', refresh_token: refreshToken },
  }
  const credentials = 'the client ID, the client secret and the refresh token'
  return createTokenFetch(context, { name: 'Workday', credentials, request }, isRefused)
}

function signInByPassword(
  { tenant, username, password }: WorkdaySettings,
  context: ProviderContext,
): { fetch: Fetch; user: { name: string; password: string } } {
  if (username === undefined || password === undefined) throw explainMissing('a user name and a password')
  const name = username.includes('@') ? username : `${username}@${tenant}`
  return { fetch: (request) => context.fetch(request), user: { name, password } }
}

function explainMissing(what: string): ProviderError {
  return new ProviderError('settings', `This way to sign in needs ${what}.`)
}

// A fault is a 500, as is what fails in passing; only the latter is worth another attempt.
async function send(fetch: Fetch, request: ProviderRequest): Promise<ProviderResponse> {
  const response = await fetch({ ...request, accepts: [500] })
  if (response.status !== 500 || readFault(response) !== undefined) return response
  return fetch(request)
}

async function readAnswer(response: ProviderResponse, item: string | undefined): Promise<Answer> {
  const fault = readFault(response)
  if (fault !== undefined) throw explain(fault, response)
  const { rest, elements } =
    item === undefined ? { rest: response.text, elements: [] } : cutElements(response.text, item)
  const body = find(parseXml(rest), 'Envelope/Body')
  const items: Json[] = []
  for (const [index, element] of elements.entries()) {
    if (index % itemsAtOnce === 0) await setImmediate()
    const parsed = find(parseXml(element), item ?? '')
    if (parsed !== undefined) items.push(parsed)
  }
  if (body === undefined || items.length < elements.length) {
    throw new ProviderError('unexpected', 'Workday answered with what is no SOAP message.')
  }
  return { body, items }
}

function readFault({ text }: ProviderResponse): Fault | undefined {
  // Looking is cheaper than reading; an answer with people has no such element.
  if (!/<[\w-]*:?Fault[\s>]/.test(text)) return undefined
  const fault = find(parseXml(text), 'Envelope/Body/Fault')
  if (fault === undefined) return undefined
  const validation = find(fault, 'detail/Validation_Fault')
  const said =
    readContent(find(validation, 'Validation_Error/Detail_Message')) ??
    readContent(find(validation, 'Validation_Error/Message')) ??
    readContent(find(fault, 'detail/Processing_Fault/Detail_Message')) ??
    readContent(find(fault, 'faultstring'))
  return {
    code: readContent(find(fault, 'faultcode')) ?? '',
    words: said ?? '',
    isValidation: validation !== undefined,
  }
}

function isSecurityFault({ code, words }: Fault): boolean {
  return /InvalidSecurity|FailedAuthentication|FailedCheck/i.test(code) || /invalid username or password/i.test(words)
}

function isRefused(response: ProviderResponse): boolean {
  const fault = response.status === 500 ? readFault(response) : undefined
  return fault !== undefined && isSecurityFault(fault)
}

// Of who may not sign in nothing is quoted.
function explain(fault: Fault, { headers }: ProviderResponse): ProviderError {
  if (isSecurityFault(fault)) {
    const message =
      'Workday refused the integration system user. Check the user name, the password and that the account is not locked.'
    return new ProviderError('settings', message)
  }
  if (/not authorized/i.test(fault.words)) {
    return new ProviderError(
      'settings',
      'Workday does not let the integration system user do this. Check its security group.',
    )
  }
  if (fault.isValidation && /current moment/i.test(fault.words)) {
    const date = new Date(headers['date'] ?? Number.NaN)
    if (!Number.isNaN(date.getTime())) return new ClockError(date)
  }
  const said = fault.words.replaceAll(/\s+/g, ' ')
  // What was cut off is marked, so that the beginning of a secret is known for one.
  const words = said.length > 200 ? `${said.slice(0, 200)}…` : said
  return new ProviderError(
    'unexpected',
    `Workday refused the request: ${words === '' ? 'it does not say why' : words}.`,
  )
}

// The password stands in the body of the request, and what refuses a request, by a fault too, may quote that, or the beginning of it.
async function hide<Result>(ask: () => Promise<Result>, password: string): Promise<Result> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof ProviderError) || error instanceof ClockError) throw error
    const { kind, cause, retryAfterMs } = error
    const message = withoutSecret(withoutSecret(error.message, escapeXml(password)), password)
    throw new ProviderError(kind, message, { cause, ...(retryAfterMs !== undefined && { retryAfterMs }) })
  }
}

// Words are cut off after a while, perhaps within it.
function withoutSecret(message: string, secret: string): string {
  let rest = message.replaceAll(secret, '…')
  for (let length = secret.length - 1; length >= 4; length--) rest = rest.replaceAll(`${secret.slice(0, length)}…`, '…')
  return rest
}

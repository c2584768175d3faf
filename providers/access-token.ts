// Access tokens of OAuth 2.0 (RFC 6749 §5): asked for once, kept in memory, and asked for anew before they end or when one is refused.
import { isObject, readText } from './json.ts'
import {
  type JsonObject,
  type ProviderContext,
  ProviderError,
  type ProviderRequest,
  type ProviderResponse,
} from './provider.ts'

type Fetch = ProviderContext['fetch']

export interface TokenRequest {
  /** The source, as people know it. */
  readonly name: string
  /** What signs in, for a sentence such as “Check the client ID and secret.” */
  readonly credentials: string
  /** Or what makes one, for those that are signed. */
  readonly request: TokenQuestion | (() => Promise<TokenQuestion>)
  /** What to throw for a refusal, where more is known of it than that it is one. */
  readonly explain?: (answer: JsonObject) => ProviderError | undefined
}

export type TokenQuestion = Pick<ProviderRequest, 'url' | 'headers' | 'form'>

interface AccessToken {
  readonly value: string
  /** When another one is asked for, in milliseconds since 1970. */
  readonly renewAt: number
}

/** So long before a token ends it is not used any more: clocks differ, and a request takes its time. */
const marginMs = 60_000
/** What says no to credentials, one way or another. */
const refusals = [400, 401, 402, 403, 404, 405, 406, 409, 410, 415, 422]
const passingCodes = ['server_error', 'temporarily_unavailable']
/** RFC 6749 §5.2 and §4.1.2.1; others are not told, for nobody knows what stands in them. */
const knownCodes = [
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'access_denied',
]

/**
 * A `fetch` that signs in by itself, with `Authorization: Bearer`. Where the source refuses a token, it asks for another one, once for each
 * request. `isRefused` is for sources that refuse by something else than 401. Throws as ProviderContext.fetch does.
 */
export function createTokenFetch(
  context: ProviderContext,
  tokens: TokenRequest,
  isRefused: (response: ProviderResponse) => boolean = () => false,
): Fetch {
  let current: Promise<AccessToken> | undefined

  function ask(): Promise<AccessToken> {
    const asked = readToken(context, tokens)
    current = asked
    asked.catch(() => forget(asked))
    return asked
  }

  function forget(token: Promise<AccessToken>): void {
    if (current === token) current = undefined
  }

  // Whoever comes while one is asked for takes that one.
  async function take(): Promise<{ taken: Promise<AccessToken>; value: string }> {
    const kept = current
    const isGood = kept !== undefined && (await kept).renewAt > context.now().getTime()
    const taken = isGood || current !== kept ? (current ?? ask()) : ask()
    return { taken, value: (await taken).value }
  }

  // Undefined where the token is refused.
  async function attempt(request: ProviderRequest): Promise<ProviderResponse | undefined> {
    const { taken, value } = await take()
    const response = await context.fetch({
      ...request,
      headers: { ...request.headers, authorization: `Bearer ${value}` },
      accepts: [...(request.accepts ?? []), 401],
    })
    if (response.status !== 401 && !isRefused(response)) return response
    forget(taken)
    return undefined
  }

  return async (request) => {
    const response = (await attempt(request)) ?? (await attempt(request))
    if (response !== undefined) return response
    const message = `${tokens.name} refuses an access token that it has just given. Check what the credentials are permitted.`
    throw new ProviderError('settings', message)
  }
}

// What the source says is not quoted: it may be a token.
async function readToken(
  context: ProviderContext,
  { name, credentials, request, explain }: TokenRequest,
): Promise<AccessToken> {
  const question = typeof request === 'function' ? await request() : request
  const response = await sendForToken(context, name, question)
  const answer = readAnswer(response)
  if (response.status >= 400) throw explain?.(answer) ?? explainRefusal(name, credentials, answer)
  const value = readText(answer['access_token'])
  if (value === undefined) throw new ProviderError('unexpected', `${name} answered without an access token.`)
  const seconds = Number(readText(answer['expires_in']) ?? Number.NaN)
  const lifeMs = Number.isFinite(seconds) ? seconds * 1000 : Number.POSITIVE_INFINITY
  return { value, renewAt: context.now().getTime() + lifeMs - marginMs }
}

async function sendForToken(context: ProviderContext, name: string, request: TokenQuestion): Promise<ProviderResponse> {
  try {
    return await context.fetch({ ...request, method: 'POST', isRead: true, accepts: refusals })
  } catch (error) {
    // With a cause there was no answer that could be quoted.
    if (!(error instanceof ProviderError) || error.cause !== undefined) throw error
    const { kind, retryAfterMs } = error
    throw new ProviderError(kind, `${name} gives no access token at the moment.`, {
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    })
  }
}

function readAnswer(response: ProviderResponse): JsonObject {
  if (response.status >= 400 && !response.text.trimStart().startsWith('{')) return {}
  const answer = response.json()
  return isObject(answer) ? answer : {}
}

function explainRefusal(name: string, credentials: string, answer: JsonObject): ProviderError {
  const code = readText(answer['error']) ?? ''
  if (passingCodes.includes(code)) {
    return new ProviderError('transient', `${name} gives no access token at the moment (${code}).`)
  }
  const said = knownCodes.includes(code) ? ` (${code})` : ''
  return new ProviderError('settings', `${name} refused to sign in${said}. Check ${credentials}.`)
}

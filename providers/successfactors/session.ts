// Signed in as the API user: tokens for assertions that we sign (RFC 7522). There is no client secret; the private key says who asks.
import { randomUUID } from 'node:crypto'
import { createTokenFetch, type TokenQuestion } from '../access-token.ts'
import { isObject, readText } from '../json.ts'
import { type JsonObject, type ProviderContext, ProviderError, type ProviderResponse } from '../provider.ts'
import { readPrivateKey, signAssertion } from './assertion.ts'
import type { SuccessFactorsSettings } from './settings.ts'

export interface Session {
  /** Reads something below `/odata/v2/`. Answers with 200, 400, 403 and 404. Throws ProviderError. */
  read(path: string): Promise<ProviderResponse>
}

const grantType = 'urn:ietf:params:oauth:grant-type:saml2-bearer'
/** Of a token: badly written, expired, invalid, rejected. They come with 401 or 403. */
const tokenCodes = /\bLGN00(?:05|06|07|22)\b/

export function createSession(settings: SuccessFactorsSettings, context: ProviderContext): Session {
  const { apiServer, companyId, apiKey, userId, privateKey, baseUrl } = settings
  const origin = `https://${apiServer}`
  const base = (baseUrl ?? origin).replace(/\/+$/, '')
  let hasAsked = false

  function writeQuestion(): TokenQuestion {
    const key = readPrivateKey(privateKey)
    const claims = { apiKey, userId, recipient: `${origin}/oauth/token`, issuedAt: context.now() }
    const assertion = Buffer.from(signAssertion({ ...claims, id: `_${randomUUID()}` }, key)).toString('base64')
    // Without it the token of before is given again, with what is left of its time.
    const isNew = hasAsked && { new_token: 'true' }
    hasAsked = true
    const form = { company_id: companyId, client_id: apiKey, grant_type: grantType, assertion, ...isNew }
    return { url: `${base}/oauth/token`, form }
  }

  const fetch = createTokenFetch(
    context,
    {
      name: 'SAP SuccessFactors',
      credentials: 'the API server, the company ID, the API key, the user ID and the private key',
      // Where the key cannot be used, that is how it fails.
      request: async () => writeQuestion(),
      explain: explainRefusal,
    },
    ({ status, text }) => status === 403 && tokenCodes.test(text),
  )

  return {
    read: (path) => fetch({ url: `${base}/odata/v2/${path}`, accepts: [400, 403, 404] }),
  }
}

/** What SAP says of a refusal → what to do. Its own words quote what was sent. */
const advices: readonly (readonly [RegExp, string])[] = [
  [/signature/i, 'The private key is not that of the certificate that the OAuth client has.'],
  [/invalid user/i, 'There is no such user ID; it is neither the username nor the e-mail address.'],
  [/company/i, 'There is no such company ID; it is written in one case.'],
  [/expired|not yet valid/i, 'Look at the clock here: an assertion holds for five minutes.'],
]

function explainRefusal({ errorMessage }: JsonObject): ProviderError | undefined {
  const advice = advices.find(([pattern]) => pattern.test(readText(errorMessage) ?? ''))?.[1]
  return advice === undefined
    ? undefined
    : new ProviderError('settings', `SAP SuccessFactors refused to sign in. ${advice}`)
}

/** The code of an error and the words for people; empty texts where the answer is none of OData's errors. */
export function readFault(response: ProviderResponse): { code: string; words: string } {
  const { error } = readErrorBody(response)
  if (!isObject(error)) return { code: '', words: '' }
  const { code, message } = error
  return { code: readText(code) ?? '', words: readText(isObject(message) ? message['value'] : message) ?? '' }
}

function readErrorBody(response: ProviderResponse): JsonObject {
  if (!response.text.trimStart().startsWith('{')) return {}
  const answer = response.json()
  return isObject(answer) ? answer : {}
}

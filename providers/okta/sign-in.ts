// The two ways to sign in to Okta: an API token, or OAuth 2.0 with an assertion that the private key of an application signs (RFC 7523).
import { createPrivateKey, type KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'
import { createTokenFetch, type TokenQuestion } from '../access-token.ts'
import { isObject, readText } from '../json.ts'
import { type Json, type JsonObject, type ProviderContext, ProviderError } from '../provider.ts'
import type { OktaSettings } from './settings.ts'

type Fetch = ProviderContext['fetch']

/** What an application is granted piece by piece. */
export type OktaScope = 'okta.users.read' | 'okta.groups.read' | 'okta.logs.read'

/** The application may sign in, but is not granted a scope. */
export class ScopeMissing extends ProviderError {
  constructor(scope: OktaScope) {
    super('settings', `The application is not granted ${scope}. Grant it in Okta (Okta API Scopes).`)
    this.name = 'ScopeMissing'
  }
}

const assertionSeconds = 300

/**
 * Requests that are signed in, for each scope with a token of its own: Okta gives none for several of which one is not granted. They throw
 * ScopeMissing, or ProviderError `settings` where there is nothing to sign in with.
 */
export function createOktaFetch(
  settings: OktaSettings,
  domain: string,
  base: string,
  context: ProviderContext,
): (scope: OktaScope) => Fetch {
  const { apiToken, clientId, privateKey, keyId } = settings
  if (apiToken !== undefined) {
    const authorization = `SSWS ${apiToken}`
    return () => (request) => context.fetch({ ...request, headers: { ...request.headers, authorization } })
  }
  if (clientId === undefined || privateKey === undefined) {
    const message = 'Nothing is there to sign in to Okta with. Give an API token, or a client ID and a private key.'
    return () => () => Promise.reject(new ProviderError('settings', message))
  }
  const client = { clientId, privateKey, keyId, audience: `https://${domain}/oauth2/v1/token` }
  const url = `${base}/oauth2/v1/token`
  return (scope) =>
    createTokenFetch(context, {
      name: 'Okta',
      credentials: 'the client ID and the private key, whose public key must be active in the application',
      request: async () => ({ url, form: await createForm(client, scope, context.now()) }),
      explain: ({ error }) => {
        if (error === 'invalid_scope') return new ScopeMissing(scope)
        if (error !== 'invalid_dpop_proof') return undefined
        return new ProviderError('settings', 'Okta asks for DPoP. Switch off in the application that it is required.')
      },
    })
}

interface Client {
  readonly clientId: string
  readonly privateKey: string
  readonly keyId: string | undefined
  readonly audience: string
}

async function createForm(client: Client, scope: OktaScope, now: Date): Promise<NonNullable<TokenQuestion['form']>> {
  return {
    grant_type: 'client_credentials',
    scope,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await signAssertion(client, now),
  }
}

async function signAssertion({ clientId, privateKey, keyId, audience }: Client, now: Date): Promise<string> {
  const { key, algorithm, id } = readKey(privateKey)
  const kid = keyId ?? id
  const seconds = Math.floor(now.getTime() / 1000)
  // Without jti it may be sent again where an answer is lost.
  return await new SignJWT()
    .setProtectedHeader({ alg: algorithm, ...(kid !== undefined && { kid }) })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(audience)
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + assertionSeconds)
    .sign(key)
}

interface SigningKey {
  readonly key: KeyObject
  readonly algorithm: string
  readonly id: string | undefined
}

const curves: Readonly<Record<string, string>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' }

function readKey(text: string): SigningKey {
  const jwk = readJwk(text)
  const key = readKeyObject(jwk ?? text)
  const curve = key?.asymmetricKeyDetails?.namedCurve ?? ''
  const algorithm = key?.asymmetricKeyType === 'rsa' ? 'RS256' : curves[curve]
  if (key === undefined || algorithm === undefined) {
    const message = 'The private key cannot be read. Give an RSA or EC key as PEM or as JWK, without a password.'
    throw new ProviderError('settings', message)
  }
  return { key, algorithm, id: readText(jwk?.['kid']) }
}

function readJwk(text: string): JsonObject | undefined {
  try {
    const parsed: Json = JSON.parse(text)
    return isObject(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

// What Node says of a key that it cannot read may quote it.
function readKeyObject(key: JsonObject | string): KeyObject | undefined {
  try {
    return typeof key === 'string' ? createPrivateKey(wrapPem(key)) : createPrivateKey({ key, format: 'jwk' })
  } catch {
    return undefined
  }
}

// A field of a form, or of a file of settings, may have made one line of it.
function wrapPem(text: string): string {
  const [, label, body = ''] = /-----BEGIN ([A-Z ]+)-----(.*)-----END \1-----/s.exec(text.replaceAll('\\n', '\n')) ?? []
  if (label === undefined) return text
  const lines = body.replaceAll(/\s+/g, '').match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}

// The SAML 2.0 assertion that a token is asked for with (RFC 7522), signed as XML Signature says. It is written as exclusive canonical XML
// (https://www.w3.org/TR/xml-exc-c14n/) would have it: attributes in their order, no empty tags, no namespace that is not used. What is
// signed is then the text itself, and nothing here needs to parse or to canonicalize.
import { createHash, createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { ProviderError } from '../provider.ts'

export interface Claims {
  /** Unique; a letter or an underscore first. */
  readonly id: string
  readonly apiKey: string
  readonly userId: string
  /** The URL of the token endpoint, as SAP SuccessFactors knows it. */
  readonly recipient: string
  readonly issuedAt: Date
}

const samlNamespace = 'urn:oasis:names:tc:SAML:2.0:assertion'
const signatureNamespace = 'http://www.w3.org/2000/09/xmldsig#'
const canonicalization = 'http://www.w3.org/2001/10/xml-exc-c14n#'
const audience = 'www.successfactors.com'

/** Clocks differ by so much, and an assertion is used at once. */
const lifetimeMs = 5 * 60_000

/** An assertion as XML, with an enveloped signature by RSA and SHA-256. */
export function signAssertion(claims: Claims, key: KeyObject): string {
  const digest = createHash('sha256').update(writeAssertion(claims, '')).digest('base64')
  const parts = listSignedParts(claims.id, digest)
  // Taken out of its signature, it says itself what its prefix means.
  const signed = element('ds:SignedInfo', { 'xmlns:ds': signatureNamespace }, ...parts)
  const value = sign('sha256', Buffer.from(signed), key).toString('base64')
  const signature = element(
    'ds:Signature',
    { 'xmlns:ds': signatureNamespace },
    element('ds:SignedInfo', {}, ...parts),
    element('ds:SignatureValue', {}, value),
  )
  return writeAssertion(claims, signature)
}

function writeAssertion({ id, apiKey, userId, recipient, issuedAt }: Claims, signature: string): string {
  const issueInstant = issuedAt.toISOString()
  const notBefore = new Date(issuedAt.getTime() - lifetimeMs).toISOString()
  const notOnOrAfter = new Date(issuedAt.getTime() + lifetimeMs).toISOString()
  return element(
    'saml2:Assertion',
    { 'xmlns:saml2': samlNamespace, ID: id, IssueInstant: issueInstant, Version: '2.0' },
    element('saml2:Issuer', {}, audience),
    signature,
    element(
      'saml2:Subject',
      {},
      element('saml2:NameID', { Format: 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified' }, escapeText(userId)),
      element(
        'saml2:SubjectConfirmation',
        { Method: 'urn:oasis:names:tc:SAML:2.0:cm:bearer' },
        element('saml2:SubjectConfirmationData', { NotOnOrAfter: notOnOrAfter, Recipient: recipient }),
      ),
    ),
    element(
      'saml2:Conditions',
      { NotBefore: notBefore, NotOnOrAfter: notOnOrAfter },
      element('saml2:AudienceRestriction', {}, element('saml2:Audience', {}, audience)),
    ),
    element(
      'saml2:AuthnStatement',
      { AuthnInstant: issueInstant, SessionIndex: id },
      element(
        'saml2:AuthnContext',
        {},
        element('saml2:AuthnContextClassRef', {}, 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport'),
      ),
    ),
    element(
      'saml2:AttributeStatement',
      {},
      element('saml2:Attribute', { Name: 'api_key' }, element('saml2:AttributeValue', {}, escapeText(apiKey))),
    ),
  )
}

function listSignedParts(id: string, digest: string): string[] {
  return [
    element('ds:CanonicalizationMethod', { Algorithm: canonicalization }),
    element('ds:SignatureMethod', { Algorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256' }),
    element(
      'ds:Reference',
      { URI: `#${id}` },
      element(
        'ds:Transforms',
        {},
        element('ds:Transform', { Algorithm: `${signatureNamespace}enveloped-signature` }),
        element('ds:Transform', { Algorithm: canonicalization }),
      ),
      element('ds:DigestMethod', { Algorithm: 'http://www.w3.org/2001/04/xmlenc#sha256' }),
      element('ds:DigestValue', {}, digest),
    ),
  ]
}

// A declaration of a namespace comes first, and no attribute here has a prefix.
function element(name: string, attributes: Readonly<Record<string, string>>, ...children: readonly string[]): string {
  const isDeclaration = (attribute: string): boolean => attribute.startsWith('xmlns:')
  const names = Object.keys(attributes).toSorted()
  const ordered = [...names.filter(isDeclaration), ...names.filter((attribute) => !isDeclaration(attribute))]
  const written = ordered.map((attribute) => ` ${attribute}="${escapeAttribute(attributes[attribute] ?? '')}"`)
  return `<${name}${written.join('')}>${children.join('')}</${name}>`
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\r', '&#xD;')
}

function escapeAttribute(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\t', '&#x9;')
    .replaceAll('\n', '&#xA;')
    .replaceAll('\r', '&#xD;')
}

const pemBlock = /-----BEGIN (?<kind>[A-Z ]*)PRIVATE KEY-----(?<body>[^-]+)-----END/

/**
 * An RSA key out of PEM, also where its line ends were lost in a form and where a certificate stands beside it, or out of base64 alone.
 * Throws ProviderError `settings`, which tells nothing of it.
 */
export function readPrivateKey(text: string): KeyObject {
  const { kind, body = text } = pemBlock.exec(text)?.groups ?? {}
  if (kind?.startsWith('ENCRYPTED') === true || body.includes('Proc-Type')) {
    throw new ProviderError(
      'settings',
      'The private key has a passphrase. Take the passphrase off, and save the key anew.',
    )
  }
  const der = Buffer.from(body.replaceAll(/\s+/g, ''), 'base64')
  for (const type of ['pkcs8', 'pkcs1'] as const) {
    const key = readDer(der, type)
    if (key?.asymmetricKeyType === 'rsa') return key
  }
  throw new ProviderError(
    'settings',
    'The private key is no RSA key in PEM or base64. Paste the file of the key as it is.',
  )
}

function readDer(key: Buffer, type: 'pkcs8' | 'pkcs1'): KeyObject | undefined {
  try {
    return createPrivateKey({ key, format: 'der', type })
  } catch {
    return undefined
  }
}

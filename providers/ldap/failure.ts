// What keeps a directory from answering, as what must be done about it. What the server says in words is not told: it quotes what it was sent.
import { ResultCodeError } from 'ldapts'
import { ProviderError, type ProviderErrorKind } from '../provider.ts'

/** How long a server that is busy is left alone, in milliseconds; LDAP has no way to say it. */
const busyMs = 5000

interface Meaning {
  readonly kind: ProviderErrorKind
  /** Ends `The LDAP server `. */
  readonly says: string
}

// RFC 4511 appendix A.2.
const meanings: Readonly<Record<number, Meaning>> = {
  2: { kind: 'unexpected', says: 'does not understand the request' },
  3: { kind: 'transient', says: 'took too long' },
  4: { kind: 'unexpected', says: 'gives no more entries than its limit, also in pages' },
  8: { kind: 'settings', says: 'wants to be signed in to in a stronger way. Check its policy of LDAP signing' },
  10: { kind: 'settings', says: 'has the entry elsewhere. Check the base' },
  11: { kind: 'rate_limited', says: 'has reached a limit of its administrator' },
  13: { kind: 'settings', says: 'wants an encrypted connection' },
  32: { kind: 'settings', says: 'has no such entry. Check the base, and what the account may read' },
  34: { kind: 'settings', says: 'reads no distinguished name there. Check the base' },
  48: { kind: 'settings', says: 'does not let the account sign in with a password' },
  49: { kind: 'settings', says: 'refuses the account or its password. Check both' },
  50: { kind: 'settings', says: 'does not permit it. Check what the account may read' },
  51: { kind: 'rate_limited', says: 'is busy' },
  52: { kind: 'transient', says: 'is not available' },
}

/** The error for a result code of the server, or for whatever else happened on the way to it. */
export function explainFailure(error: unknown, doing: string): ProviderError {
  if (error instanceof ProviderError) return error
  if (error instanceof ResultCodeError) return explainCode(error.code, doing)
  if (error instanceof Error && /timed out/.test(error.message)) {
    return new ProviderError('transient', `The LDAP server did not answer in time when it was asked to ${doing}.`)
  }
  return new ProviderError('unexpected', `The LDAP server answered with what is no LDAP when it was asked to ${doing}.`)
}

/** The error for a result code of the server. */
export function explainCode(code: number, doing: string): ProviderError {
  const { kind, says } = meanings[code] ?? { kind: 'unexpected', says: 'refuses' }
  const message = `The LDAP server ${says}; it was asked to ${doing} (result code ${code}).`
  return new ProviderError(kind, message, kind === 'rate_limited' ? { retryAfterMs: busyMs } : {})
}

// Who may be mended by settings, by what Node calls the fault.
const untrusted: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'has a certificate that has expired',
  CERT_NOT_YET_VALID: 'has a certificate that is not valid yet',
  CERT_REVOKED: 'has a certificate that was revoked',
  ERR_TLS_CERT_ALTNAME_INVALID: 'has a certificate for another name. Give the server the name that its certificate has',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'has a certificate that only it vouches for. Give it as the certificate authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'has a certificate of an authority that is not trusted. Give the certificate authority',
  UNABLE_TO_GET_ISSUER_CERT: 'has a certificate of an authority that is not trusted. Give the certificate authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'has a certificate of an authority that is not trusted. Give the certificate authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'has a certificate of an authority that is not trusted. Give the certificate authority',
}

const unreachable: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses the connection',
  ECONNRESET: 'closed the connection before it had answered',
  EPIPE: 'closed the connection before it had answered',
  ETIMEDOUT: 'does not take the connection',
  EHOSTUNREACH: 'cannot be reached from here',
  ENETUNREACH: 'cannot be reached from here',
}

/** The error for what became of a connection, by what Node says of it. */
export function explainConnection(error: unknown, place: string): ProviderError {
  if (error instanceof ProviderError) return error
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  const distrust = untrusted[code]
  if (distrust !== undefined) return new ProviderError('settings', `${place} ${distrust}.`)
  if (code.startsWith('ERR_SSL') || code === 'EPROTO') {
    return new ProviderError('settings', `${place} speaks no TLS that can be agreed on (${code}). Check the port.`)
  }
  const reason = unreachable[code] ?? `failed${code === '' ? '' : ` (${code})`}`
  return new ProviderError('transient', `${place} ${reason}.`)
}

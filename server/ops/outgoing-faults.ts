// What kept a request to others from an answer, in words.
import { errors } from 'undici'

/** A sentence about what was thrown on the way to a host. */
export function explainFault(error: unknown, host: string, timeoutMs: number): string {
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return `${host} did not answer to the end within ${timeoutMs / 1000} s.`
  }
  if (error instanceof errors.HTTPParserError) return `${host} answers no HTTP.`
  const code = findCode(error)
  const known = faults[code]
  if (known !== undefined) return `${host} ${known}.`
  if (code.startsWith('ERR_SSL') || code === 'EPROTO') return `${host} speaks no TLS that can be agreed on (${code}).`
  return code === '' ? `The request to ${host} failed.` : `The request to ${host} failed (${code}).`
}

const faults: Readonly<Record<string, string>> = {
  ENOTFOUND: 'is no name that can be found',
  EAI_AGAIN: 'cannot be looked up at the moment',
  ECONNREFUSED: 'refuses the connection',
  ECONNRESET: 'closed the connection before it had answered',
  EPIPE: 'closed the connection before it had answered',
  UND_ERR_SOCKET: 'closed the connection before it had answered',
  ETIMEDOUT: 'does not take the connection',
  UND_ERR_CONNECT_TIMEOUT: 'does not take the connection',
  EHOSTUNREACH: 'cannot be reached from here',
  ENETUNREACH: 'cannot be reached from here',
  EADDRNOTAVAIL: 'cannot be reached from here',
  UND_ERR_HEADERS_OVERFLOW: 'answers with headers that are too long',
  CERT_HAS_EXPIRED: 'has a certificate that has expired',
  CERT_NOT_YET_VALID: 'has a certificate that is not valid yet',
  CERT_REVOKED: 'has a certificate that was revoked',
  ERR_TLS_CERT_ALTNAME_INVALID: 'has a certificate for another name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'has a certificate that only it vouches for',
  SELF_SIGNED_CERT_IN_CHAIN: 'has a certificate of an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT: 'has a certificate of an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'has a certificate of an authority that is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'does not send the certificates between its own and an authority',
}

// Where several addresses of a name were tried, the first one that failed speaks for all.
function findCode(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return findCode(error.errors[0])
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

// What HTTP says of the kinds of error, whatever the face: the status, and the headers that belong to it.
import type { AppError, ErrorCode } from '../errors.ts'

export const httpStatuses: Readonly<Record<ErrorCode, number>> = {
  invalid_syntax: 400,
  invalid_value: 400,
  invalid_filter: 400,
  invalid_path: 400,
  no_target: 400,
  mutability: 400,
  invalid_version: 400,
  invalid_cursor: 400,
  expired_cursor: 400,
  invalid_count: 400,
  uniqueness: 409,
  circular_reference: 409,
  conflict: 409,
  version_mismatch: 412,
  gone: 410,
  not_found: 404,
  filter_forbidden: 403,
  method_not_allowed: 405,
  not_implemented: 501,
  too_large: 413,
  unsupported_media_type: 415,
  unauthorized: 401,
  insufficient_scope: 403,
  rate_limited: 429,
  database_unavailable: 503,
  source_unavailable: 503,
  config_invalid: 500,
  database_locked: 500,
  postgres_cannot_run: 500,
  secret_unreadable: 500,
  schema_newer: 500,
}

export function listHeaders({ code, data }: AppError): Record<string, string> {
  switch (code) {
    case 'unauthorized':
      // No error code where nothing was sent (RFC 6750 section 3.1).
      return { 'WWW-Authenticate': `Bearer realm="rollcall"${data['sent'] === 1 ? ', error="invalid_token"' : ''}` }
    case 'insufficient_scope':
      return {
        'WWW-Authenticate': `Bearer realm="rollcall", error="insufficient_scope", scope="${data['scope'] ?? ''}"`,
      }
    case 'invalid_syntax':
      if (data['challenge'] === undefined) return {}
      return { 'WWW-Authenticate': `Bearer realm="rollcall", error="${data['challenge']}"` }
    case 'method_not_allowed':
      return { Allow: String(data['allow'] ?? '') }
    case 'rate_limited': {
      const seconds = String(data['seconds'] ?? 1)
      // The X- ones are what SailPoint reads.
      return {
        'Retry-After': seconds,
        'X-Rate-Limit-Limit': String(data['limit'] ?? ''),
        'X-Rate-Limit-Remaining': '0',
        'X-Rate-Limit-Reset': seconds,
        'X-Rate-Limit-Retry-After-Seconds': seconds,
      }
    }
    case 'database_unavailable':
    case 'source_unavailable':
      return { 'Retry-After': String(data['seconds'] ?? 5) }
    default:
      return {}
  }
}

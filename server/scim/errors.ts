// The one place where the SCIM face turns error codes into answers (RFC 7644 section 3.12).
import { AppError, type ErrorCode } from '../errors.ts'
import { toLine } from '../ops/line.ts'

interface Answer {
  readonly status: number
  readonly scimType?: string
}

const answers: Readonly<Record<ErrorCode, Answer>> = {
  invalid_syntax: { status: 400, scimType: 'invalidSyntax' },
  invalid_value: { status: 400, scimType: 'invalidValue' },
  invalid_filter: { status: 400, scimType: 'invalidFilter' },
  invalid_path: { status: 400, scimType: 'invalidPath' },
  no_target: { status: 400, scimType: 'noTarget' },
  mutability: { status: 400, scimType: 'mutability' },
  invalid_version: { status: 400, scimType: 'invalidVers' },
  invalid_cursor: { status: 400, scimType: 'invalidCursor' },
  expired_cursor: { status: 400, scimType: 'expiredCursor' },
  invalid_count: { status: 400, scimType: 'invalidCount' },
  uniqueness: { status: 409, scimType: 'uniqueness' },
  circular_reference: { status: 409 },
  version_mismatch: { status: 412 },
  not_found: { status: 404 },
  filter_forbidden: { status: 403 },
  method_not_allowed: { status: 405 },
  not_implemented: { status: 501 },
  too_large: { status: 413 },
  unsupported_media_type: { status: 415 },
  unauthorized: { status: 401 },
  insufficient_scope: { status: 403 },
  rate_limited: { status: 429 },
  database_unavailable: { status: 503 },
  config_invalid: { status: 500 },
  database_locked: { status: 500 },
  postgres_cannot_run: { status: 500 },
  schema_newer: { status: 500 },
}

export interface ErrorAnswer extends Answer {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The answer to whatever was thrown; what is not an AppError is a bug, and says nothing of itself but the request id. */
export function answerError(error: unknown, requestId: string): ErrorAnswer {
  if (!(error instanceof AppError)) {
    return write({ status: 500 }, `Something went wrong here. Tell the operator the request id ${requestId}.`, {})
  }
  return write(answers[error.code], error.message, listHeaders(error))
}

function write(answer: Answer, detail: string, headers: Record<string, string>): ErrorAnswer {
  const { status, scimType } = answer
  const body = {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    status: String(status),
    ...(scimType === undefined ? {} : { scimType }),
    detail: toLine(detail),
  }
  return { ...answer, headers, body: JSON.stringify(body) }
}

function listHeaders({ code, data }: AppError): Record<string, string> {
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
      return { 'Retry-After': '5' }
    default:
      return {}
  }
}

// The one place where the JSON APIs turn error codes into answers.
import { AppError, type ErrorCode } from '../errors.ts'
import { toLine } from '../ops/line.ts'

const statuses: Readonly<Record<ErrorCode, number>> = {
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
  version_mismatch: 412,
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
  config_invalid: 500,
  database_locked: 500,
  postgres_cannot_run: 500,
  schema_newer: 500,
}

export interface ErrorAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: { readonly error: Readonly<Record<string, string>> }
}

/** `{"error": {"type", "code", "message", "param"?, "request_id"}}`; what is not an AppError is a bug, and says only the request id. */
export function answerError(error: unknown, requestId: string): ErrorAnswer {
  if (!(error instanceof AppError)) {
    const message = `Something went wrong here. Tell the operator the request id ${requestId}.`
    return {
      status: 500,
      headers: {},
      body: { error: { type: 'api_error', code: 'internal_error', message, request_id: requestId } },
    }
  }
  const status = statuses[error.code]
  const type = status >= 500 ? 'api_error' : 'invalid_request_error'
  const { param } = error.data
  const named = param === undefined ? {} : { param: toLine(String(param)) }
  const body = { error: { type, code: error.code, message: toLine(error.message), ...named, request_id: requestId } }
  return { status, headers: listHeaders(error), body }
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
    case 'method_not_allowed':
      return { Allow: String(data['allow'] ?? '') }
    case 'rate_limited':
      return { 'Retry-After': String(data['seconds'] ?? 1) }
    case 'database_unavailable':
      return { 'Retry-After': '5' }
    default:
      return {}
  }
}

/** Waits for what is looked for; where that is not found, the error names the parameter that asked for it. */
export async function naming<Result>(param: string, promise: Promise<Result>): Promise<Result> {
  try {
    return await promise
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'not_found') throw error
    throw new AppError('not_found', error.message, { cause: error, data: { param } })
  }
}

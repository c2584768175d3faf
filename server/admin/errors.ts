// The one place where the management API turns error codes into answers.
import { AppError, type ErrorCode } from '../errors.ts'

const statuses: Partial<Record<ErrorCode, number>> = {
  not_found: 404,
  uniqueness: 409,
  unauthorized: 401,
  insufficient_scope: 403,
  rate_limited: 429,
  method_not_allowed: 405,
  too_large: 413,
  unsupported_media_type: 415,
  database_unavailable: 503,
}

export interface ErrorAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: { readonly error: Readonly<Record<string, string>> }
}

/** `{"error": {"type", "code", "message", "request_id"}}`; what is not an AppError is a bug, and says only the request id. */
export function answerError(error: unknown, requestId: string): ErrorAnswer {
  if (!(error instanceof AppError)) {
    return write(
      500,
      'internal_error',
      `Something went wrong here. Tell the operator the request id ${requestId}.`,
      requestId,
      {},
    )
  }
  return write(statuses[error.code] ?? 400, error.code, error.message, requestId, listHeaders(error))
}

function listHeaders({ code, data }: AppError): Record<string, string> {
  if (code === 'unauthorized') return { 'WWW-Authenticate': 'Bearer realm="rollcall"' }
  if (code === 'insufficient_scope') {
    return { 'WWW-Authenticate': `Bearer realm="rollcall", error="insufficient_scope", scope="${data['scope'] ?? ''}"` }
  }
  if (code === 'rate_limited') return { 'Retry-After': String(data['seconds'] ?? 1) }
  if (code === 'database_unavailable') return { 'Retry-After': '5' }
  return {}
}

function write(
  status: number,
  code: string,
  message: string,
  requestId: string,
  headers: Record<string, string>,
): ErrorAnswer {
  const type = status >= 500 ? 'api_error' : 'invalid_request_error'
  return { status, headers, body: { error: { type, code, message, request_id: requestId } } }
}

// The one place where the SCIM face turns error codes into answers (RFC 7644 section 3.12).
import { AppError, type ErrorCode } from '../errors.ts'
import { httpStatuses, listHeaders } from '../ops/http-errors.ts'
import { toLine } from '../ops/line.ts'

// The words of RFC 7644 table 9, and of RFC 9865 section 2.
const scimTypes: Partial<Record<ErrorCode, string>> = {
  invalid_syntax: 'invalidSyntax',
  invalid_value: 'invalidValue',
  invalid_filter: 'invalidFilter',
  invalid_path: 'invalidPath',
  no_target: 'noTarget',
  mutability: 'mutability',
  invalid_version: 'invalidVers',
  invalid_cursor: 'invalidCursor',
  expired_cursor: 'expiredCursor',
  invalid_count: 'invalidCount',
  uniqueness: 'uniqueness',
}

export interface ErrorAnswer {
  readonly status: number
  readonly scimType?: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The answer to whatever was thrown; what is not an AppError is a bug, and says nothing of itself but the request id. */
export function answerError(error: unknown, requestId: string): ErrorAnswer {
  if (!(error instanceof AppError)) {
    return write(500, undefined, `Something went wrong here. Tell the operator the request id ${requestId}.`, {})
  }
  return write(httpStatuses[error.code], scimTypes[error.code], error.message, listHeaders(error))
}

function write(
  status: number,
  scimType: string | undefined,
  detail: string,
  headers: Record<string, string>,
): ErrorAnswer {
  const named = scimType === undefined ? {} : { scimType }
  const schemas = ['urn:ietf:params:scim:api:messages:2.0:Error']
  const body = JSON.stringify({ schemas, status: String(status), ...named, detail: toLine(detail) })
  return { status, ...named, headers, body }
}

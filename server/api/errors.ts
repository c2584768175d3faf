// The one place where the JSON APIs turn error codes into answers.
import { AppError } from '../errors.ts'
import { httpStatuses, listHeaders } from '../ops/http-errors.ts'
import { toLine } from '../ops/line.ts'

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
  const status = httpStatuses[error.code]
  const type = status >= 500 ? 'api_error' : 'invalid_request_error'
  const { param } = error.data
  const named = param === undefined ? {} : { param: toLine(String(param)) }
  const body = { error: { type, code: error.code, message: toLine(error.message), ...named, request_id: requestId } }
  return { status, headers: listHeaders(error), body }
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

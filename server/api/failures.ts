// What can go wrong with a request of a JSON API, as the OpenAPI document says it.
import type { Description } from './endpoint.ts'
import { component, objectOf } from './schema.ts'

const error = component(
  'Error',
  'What went wrong.',
  {
    type: {
      enum: ['invalid_request_error', 'api_error'],
      description: 'Whether the request was wrong, or the server failed.',
    },
    code: { type: 'string', description: 'One word of a closed list, for programs.' },
    message: { type: 'string', description: 'A sentence for people.' },
    param: {
      type: 'string',
      description: 'The parameter, or the member of the body, that is meant; left out where none is.',
    },
    request_id: { type: 'string', description: 'As in X-Request-Id.' },
  },
  ['param'],
)

export const answerSchema = { title: 'ErrorAnswer', ...objectOf({ error }) }

type FailureStatus = 400 | 401 | 403 | 404 | 409 | 410 | 413 | 415 | 429 | 500 | 503

interface Failure {
  /** Of the component. */
  readonly name: string
  readonly description: string
  readonly headers?: Readonly<Record<string, unknown>>
  readonly example: Readonly<Record<string, string>>
}

const retryAfter = { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } }

function write(code: string, message: string, param?: string): Readonly<Record<string, string>> {
  const type = code === 'internal_error' || code === 'database_unavailable' ? 'api_error' : 'invalid_request_error'
  const named = param === undefined ? {} : { param }
  return { type, code, message, ...named, request_id: 'req_01kaq3v5w8f2g5c6h3jqv4xesd' }
}

export const failures: Readonly<Record<FailureStatus, Failure>> = {
  400: {
    name: 'BadRequest',
    description: 'A parameter is unknown, given twice or out of range, or the body is not what it should be.',
    example: write('invalid_value', 'limit must be <= 100.', 'limit'),
  },
  401: {
    name: 'Unauthorized',
    description: 'There is no token, or it is wrong, expired or revoked.',
    example: write(
      'unauthorized',
      'The credentials are missing or wrong. Send Authorization: Bearer with a live token.',
    ),
  },
  403: {
    name: 'Forbidden',
    description: 'The token lacks a scope, which the message names.',
    example: write('insufficient_scope', "This needs a token with the scope 'hr'."),
  },
  404: {
    name: 'NotFound',
    description: 'There is nothing of this id that the token can see.',
    example: write('not_found', 'There is no such resource. Check the id and the token.'),
  },
  409: {
    name: 'Conflict',
    description: 'The value is taken.',
    example: write('uniqueness', 'The organization already has a directory of this name.'),
  },
  410: {
    name: 'Gone',
    description: 'It was there, and has ended.',
    example: write('gone', 'This setup link has expired. Ask whoever sent it for a new one.'),
  },
  413: {
    name: 'TooLarge',
    description: 'The body is too large: larger than 1 MiB where nothing else is said.',
    example: write('too_large', 'The body is larger than 1048576 bytes.'),
  },
  415: {
    name: 'UnsupportedMediaType',
    description: 'The body is not JSON in UTF-8, or what else is taken.',
    example: write('unsupported_media_type', 'The body must be application/scim+json or application/json in UTF-8.'),
  },
  429: {
    name: 'TooManyRequests',
    description: 'The token has sent too many requests.',
    headers: retryAfter,
    example: write('rate_limited', 'Too many requests: at most 100 a second. Try again in 1 s.'),
  },
  500: {
    name: 'Failed',
    description: 'A fault of the server, which its log explains under the request id.',
    example: write(
      'internal_error',
      'Something went wrong here. Tell the operator the request id req_01kaq3v5w8f2g5c6h3jqv4xesd.',
    ),
  },
  503: {
    name: 'Unavailable',
    description: 'The database cannot be reached at the moment, or the source that is to be asked.',
    headers: retryAfter,
    example: write('database_unavailable', 'The database cannot be reached. Wait; Rollcall reconnects by itself.'),
  },
}

/** The statuses that an endpoint may answer where something is wrong. */
export function listFailures({ params, body, errors = [] }: Description): FailureStatus[] {
  const ofBody: FailureStatus[] = body === undefined ? [] : [413, 415]
  const ofPath: FailureStatus[] = params === undefined ? [] : [404]
  const all = new Set<FailureStatus>([400, 401, 403, ...ofPath, ...errors, ...ofBody, 429, 500, 503])
  return [...all].toSorted((a, b) => a - b)
}

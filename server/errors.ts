// The closed list of what can go wrong by name. Each face turns these codes into its own answers in one file
// (server/scim/errors.ts, server/api/errors.ts, the CLI); whatever is thrown and is not an AppError is a bug: 500.

export const errorCatalogue = {
  // What a caller did
  invalid_syntax: {
    cause: 'The request cannot be read.',
    fix: 'Send well-formed JSON in UTF-8 with the documented shape.',
  },
  invalid_value: { cause: 'A value is missing or has the wrong type.', fix: 'Correct the named attribute.' },
  invalid_filter: { cause: 'The filter cannot be understood.', fix: 'Write it as RFC 7644 section 3.4.2.2 says.' },
  invalid_path: { cause: 'The path names nothing that exists.', fix: 'Use an attribute path of the schema.' },
  no_target: { cause: 'The path matches no value.', fix: 'Read the resource and name a value that it has.' },
  mutability: { cause: 'The attribute cannot be changed.', fix: 'Leave the attribute out.' },
  invalid_version: { cause: 'The protocol version is not served.', fix: 'Use /scim/v2.' },
  invalid_cursor: {
    cause: 'The cursor does not belong to this query.',
    fix: 'Repeat the query as it was with the nextCursor of its last answer, or begin again with an empty cursor.',
  },
  expired_cursor: { cause: 'The cursor is too old.', fix: 'Begin again with an empty cursor.' },
  invalid_count: { cause: 'count is wrong.', fix: 'Send the count of the first page.' },
  uniqueness: { cause: 'The value is taken.', fix: 'Look the resource up and update it, or choose another value.' },
  circular_reference: {
    cause: 'The operations refer to each other in a circle.',
    fix: 'Leave a reference out, and add it later.',
  },
  conflict: { cause: 'It cannot be done as things are.', fix: 'Do as the message says.' },
  version_mismatch: {
    cause: 'The resource has changed since it was read.',
    fix: 'Read it again and repeat the change.',
  },
  gone: { cause: 'It has ended.', fix: 'Ask for a new one.' },
  not_found: { cause: 'There is no such resource.', fix: 'Check the id and the token.' },
  filter_forbidden: { cause: 'This endpoint cannot be filtered.', fix: 'Leave the filter out.' },
  method_not_allowed: { cause: 'The endpoint does not take this method.', fix: 'Use one of the methods in Allow.' },
  not_implemented: { cause: 'This part of the standard is not offered.', fix: 'See /ServiceProviderConfig.' },
  too_large: { cause: 'The body is too large.', fix: 'Send less at once.' },
  unsupported_media_type: { cause: 'The body is not JSON.', fix: 'Send application/scim+json or application/json.' },
  unauthorized: {
    cause: 'The credentials are missing or wrong.',
    fix: 'Send Authorization: Bearer with a live token.',
  },
  insufficient_scope: { cause: 'The token lacks the scope.', fix: 'Use a token that has the named scope.' },
  rate_limited: { cause: 'Too many requests.', fix: 'Wait as Retry-After says.' },
  // What the machine did
  database_unavailable: { cause: 'The database cannot be reached.', fix: 'Wait; Rollcall reconnects by itself.' },
  source_unavailable: {
    cause: 'The source cannot be asked at the moment.',
    fix: 'Try again; where it lasts, test the connection of the directory.',
  },
  // What the operator can mend (start-up)
  config_invalid: { cause: 'The settings are wrong.', fix: 'Correct the named variables.' },
  database_locked: { cause: 'Another Rollcall uses this DATA_DIR.', fix: 'Stop it, or use another DATA_DIR.' },
  postgres_cannot_run: {
    cause: 'The embedded PostgreSQL cannot run here.',
    fix: 'Do as the message says, or set DATABASE_URL.',
  },
  secret_unreadable: {
    cause: 'A sealed secret cannot be opened.',
    fix: 'Set ENCRYPTION_KEYS to what it was when the secret was stored, further keys beside it.',
  },
  schema_newer: { cause: 'The database was migrated by a newer Rollcall.', fix: 'Start that version or a later one.' },
} as const satisfies Record<string, { cause: string; fix: string }>

export type ErrorCode = keyof typeof errorCatalogue

/** A failure with a name. `detail` is one sentence for a person: what is wrong, where, what to do; never a secret. */
export class AppError extends Error {
  readonly code: ErrorCode
  /** What a face may need beside the sentence, such as the seconds to wait or the scope that is missing. */
  readonly data: Readonly<Record<string, string | number>>

  constructor(
    code: ErrorCode,
    detail?: string,
    options: { cause?: unknown; data?: Record<string, string | number> } = {},
  ) {
    const { cause, fix } = errorCatalogue[code]
    super(detail ?? `${cause} ${fix}`, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.data = options.data ?? {}
  }
}

// Turns what PostgreSQL refuses into AppErrors. The database is the referee: nothing is checked first and then inserted.
import { AppError } from '../errors.ts'

interface PostgresFault {
  readonly code: string
  readonly constraint?: string
}

const constraintErrors: Readonly<Record<string, () => AppError>> = {
  users_user_name: () => new AppError('uniqueness', 'userName is taken by another user.'),
  unique_values_pkey: () => new AppError('uniqueness', 'A value that must be unique is taken by another resource.'),
  groups_display_name: () => new AppError('uniqueness', 'displayName is taken by another group of this directory.'),
  memberships_not_self: () => new AppError('invalid_value', 'members: a group cannot be a member of itself.'),
  memberships_user: () => new AppError('invalid_value', 'members: a value names no user or group.'),
  memberships_child: () => new AppError('invalid_value', 'members: a value names no user or group.'),
  tokens_live_per_directory: () =>
    new AppError('uniqueness', 'The directory already has two live tokens; revoke one of them first.'),
  tokens_hash: () => new AppError('uniqueness', 'This token is in use already.'),
  sync_runs_unfinished: () =>
    new AppError('conflict', 'Another run of the directory is under way; wait for it, or cancel it.'),
  directories_name: () => new AppError('uniqueness', 'The organization already has a directory of this name.'),
  locations_name: () => new AppError('uniqueness', 'The organization already has a location of this name.'),
  organizations_name: () => new AppError('uniqueness', 'There is already an organization of this name.'),
  issuers_issuer_audience: () => new AppError('uniqueness', 'This issuer and audience are in use already.'),
  issuers_directory: () => new AppError('invalid_value', 'directoryId: there is no such directory.'),
  custom_attributes_pkey: () => new AppError('uniqueness', 'The organization already has an attribute of this name.'),
  subscriptions_name: () => new AppError('uniqueness', 'name is taken by another one of this organization.'),
  subscriptions_built_in: () => new AppError('uniqueness', 'The organization has this built-in trigger already.'),
  links_directory: () => new AppError('not_found'),
  users_org_id_directory_id_fkey: () => new AppError('not_found'),
}

/** SQLSTATE classes 08 and 57P, and what Node and pg say when the server cannot be reached or went away. */
const connectionFault = /^(08|57P)|^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)$/
const connectionMessage =
  /connection terminated|is not queryable|timeout exceeded when trying to connect|connection timeout|the database system is/i

/** deadlock_detected and serialization_failure: nothing was done, and doing it again is right. */
export function isRetryable(error: unknown): boolean {
  const code = readFault(error)?.code
  return code === '40P01' || code === '40001'
}

export function isConnectionFault(error: unknown): boolean {
  const code = readFault(error)?.code ?? ''
  // 53300 too_many_connections: for the caller the same as a server that is away for a moment.
  if (connectionFault.test(code) || code === '53300') return true
  return error instanceof Error && connectionMessage.test(error.message)
}

/** The AppError that a database error stands for, or the error itself when it is a bug. */
export function translateFault(error: unknown): unknown {
  if (error instanceof AppError) return error
  if (isConnectionFault(error)) return new AppError('database_unavailable', undefined, { cause: error })
  const fault = readFault(error)
  // 25006: a standby or a server set read-only while it is being failed over.
  if (fault?.code === '25006' || fault?.code === '57014' || isRetryable(error)) {
    return new AppError('database_unavailable', 'The database could not finish in time.', { cause: error })
  }
  // 22P05 untranslatable_character: \u0000 is JSON but not PostgreSQL text.
  if (fault?.code === '22P05' || fault?.code === '22021') {
    return new AppError('invalid_value', 'A string holds the character U+0000, which cannot be stored.', {
      cause: error,
    })
  }
  // 54000 program_limit_exceeded: an index takes keys of some 2700 bytes. It names the index as if that were a constraint.
  if (fault?.code === '54000') {
    return new AppError(
      'invalid_value',
      'A value that people are looked up by is too long; keep it below 2000 bytes.',
      { cause: error },
    )
  }
  return (fault?.constraint !== undefined && constraintErrors[fault.constraint]?.()) || error
}

function readFault(error: unknown): PostgresFault | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error) || typeof error.code !== 'string') {
    return undefined
  }
  const constraint =
    'constraint' in error && typeof error.constraint === 'string' ? { constraint: error.constraint } : {}
  return { code: error.code, ...constraint }
}

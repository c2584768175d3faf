// Structured logs. What is secret or about a person never leaves in them: bodies are not logged, and the names that carry
// such values are redacted wherever they turn up.
import { pino, type Logger as Pino } from 'pino'

export type Logger = Pick<Pino, 'debug' | 'info' | 'warn' | 'error' | 'child'>

const secretNames = [
  'authorization',
  'cookie',
  'token',
  'secret',
  'password',
  'client_secret',
  'emails',
  'phoneNumbers',
  'addresses',
]

/** A logger to standard output, or to `destination` where given. `level` silent logs nothing. */
export function createLogger(level: string, destination?: { write(line: string): void }): Logger {
  const redact = { paths: secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[redacted]' }
  const options = { level, base: null, redact, serializers: { err: serializeError } }
  return destination === undefined ? pino(options) : pino(options, destination)
}

// A database error carries the row that it refused (detail, where, parameters): only what names the fault is kept.
function serializeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) }
  const { code, constraint, table, routine } = error as Error & Record<string, unknown>
  return { type: error.name, message: error.message, stack: error.stack, code, constraint, table, routine }
}

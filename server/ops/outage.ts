// Says once that the database is away, and once that it is back, however often it is asked meanwhile.
import { isConnectionFault } from '../db/faults.ts'
import { AppError } from '../errors.ts'
import type { Logger } from './logger.ts'

export class Outage {
  readonly #logger: Logger
  #isAway = false

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** Any other error is logged each time. */
  report(error: unknown, message: string): void {
    if (!isAway(error)) {
      this.#logger.error({ err: error }, message)
      return
    }
    if (this.#isAway) return
    this.#isAway = true
    this.#logger.warn({ err: error }, 'events and syncs wait, for the database cannot be reached')
  }

  end(): void {
    if (!this.#isAway) return
    this.#isAway = false
    this.#logger.info('the database is back, and events and syncs go on')
  }
}

function isAway(error: unknown): boolean {
  return (error instanceof AppError && error.code === 'database_unavailable') || isConnectionFault(error)
}

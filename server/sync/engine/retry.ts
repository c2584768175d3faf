// When what failed is tried again.
import { ProviderError } from '../../../providers/provider.ts'

const maxAttempts = 5
const firstWaitMs = 60_000

/**
 * When a run that was interrupted goes on, after so many attempts before this one; undefined where it is over: after five, or where
 * somebody has to set the connection right. A minute later, then four, sixteen, and sixty-four, a fifth more or less, and not before the
 * source said.
 */
export function chooseRetry(error: unknown, attempt: number, now: Date): Date | undefined {
  if (attempt + 1 >= maxAttempts) return undefined
  if (!(error instanceof ProviderError)) return new Date(now.getTime() + chooseWait(attempt))
  if (error.kind === 'settings') return undefined
  return new Date(now.getTime() + Math.max(error.retryAfterMs ?? 0, chooseWait(attempt)))
}

function chooseWait(attempt: number): number {
  return firstWaitMs * 4 ** attempt * (0.8 + 0.4 * Math.random())
}

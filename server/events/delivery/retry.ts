// When what failed is tried again, and when a receiver counts as failing.
import type { Outcome } from '../channel.ts'

const minuteMs = 60_000
const hourMs = 3_600_000
const dayMs = 86_400_000

/** The pauses before the second attempt, the third and so on, about 28 hours in all; then a delivery is dead. */
const pausesMs = [5000, minuteMs, 5 * minuteMs, 30 * minuteMs, 2 * hourMs, 5 * hourMs, 8 * hourMs, 12 * hourMs] as const

/** Deliveries to a failing receiver that are older are dead, for then nobody counts their attempts. */
export const deadAfterMs = 28 * hourMs

export const failingAfter = 20
const firstProbeMs = 5000
const longestProbeMs = 10 * minuteMs
const longestWaitMs = hourMs
const disabledAfterMs = 5 * dayMs

/** How a receiver does. */
export interface Health {
  /** Attempts in a row that failed, and since when. */
  readonly failures: number
  readonly failingSince: Date | null
  /** Nothing is sent before. */
  readonly pausedUntil: Date | null
}

const healthy: Health = { failures: 0, failingSince: null, pausedUntil: null }

/** One attempt at a time tells whether it is back. */
export function isFailing({ failures }: Health): boolean {
  return failures >= failingAfter
}

/** When the attempt of this number, which failed, is repeated; undefined where it was the last one. */
export function chooseRetry(attempt: number, outcome: Outcome, at: Date): Date | undefined {
  const pauseMs = pausesMs[attempt - 1]
  if (outcome.isFinal === true || pauseMs === undefined) return undefined
  // Up to a fifth more or less, so that what failed together does not come again together.
  const jittered = pauseMs * (0.8 + Math.random() * 0.4)
  return new Date(at.getTime() + Math.max(jittered, limitWait(outcome)))
}

/**
 * How the receiver does after an attempt. What fails for itself, such as an address that there is not, says nothing of it; nor do
 * failures of a failing one that are not those of a probe: they began before.
 */
export function judge(health: Health, outcome: Outcome, at: Date, isProbe: boolean): Health {
  // Who asked to wait, and takes what was under way, still asks to wait.
  if (outcome.isDelivered) return { ...healthy, pausedUntil: isFailing(health) ? null : health.pausedUntil }
  if (outcome.isFinal === true || (isFailing(health) && !isProbe)) return health
  const failures = health.failures + 1
  const failingSince = health.failingSince ?? at
  const probeMs = Math.min(firstProbeMs * 2 ** Math.min(failures - failingAfter, 20), longestProbeMs)
  const pauseMs = Math.max(limitWait(outcome), failures >= failingAfter ? probeMs : 0)
  const pausedUntil = pauseMs > 0 ? new Date(at.getTime() + pauseMs) : health.pausedUntil
  return { failures, failingSince, pausedUntil }
}

/** Why the subscription is disabled after an attempt; undefined where it goes on. */
export function findReasonToDisable(health: Health, outcome: Outcome, at: Date): string | undefined {
  if (outcome.disable !== undefined) return outcome.disable
  if (!isFailing(health) || health.failingSince === null) return undefined
  if (at.getTime() - health.failingSince.getTime() < disabledAfterMs) return undefined
  return `Every attempt has failed since ${health.failingSince.toISOString()}.`
}

function limitWait({ waitMs = 0 }: Outcome): number {
  return Math.min(waitMs, longestWaitMs)
}

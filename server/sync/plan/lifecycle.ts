// Where somebody stands with their employer today: by the status that the source states, the first day and the last one.
import type { Facts } from '../mapping/facts.ts'
import { type Calendar, isDay, nextDay } from './days.ts'
import type { SyncSettings } from '../setup/settings.ts'

/** `held` is employed without access; of `unknown` the source says what nobody understands. */
export type StandingKind = 'active' | 'held' | 'not_begun' | 'unknown' | 'ended'

export interface Standing {
  readonly kind: StandingKind
  /** What the source's word on being active comes to; undefined where it has none. */
  readonly active: boolean | undefined
  /** What is stored as employmentStatus in place of what the record says; undefined leaves that. */
  readonly employmentStatus: string | null | undefined
  /** When a day comes that changes this. */
  readonly dueAt: Date | null
}

export type LifecycleFacts = Pick<Facts, 'status' | 'unknownStatus' | 'access' | 'startDate' | 'endDate'>

/** `calendar` is that of the office, or else of the organization. */
export function judgeStanding(
  facts: LifecycleFacts,
  timing: SyncSettings['deactivationTiming'],
  calendar: Calendar,
): Standing {
  const { today } = calendar
  const { status, access } = facts
  const start = readDay(facts.startDate)
  const stated = readDay(facts.endDate)
  // An end before the beginning is that of an earlier employment.
  const end = stated !== null && start !== null && stated < start ? null : stated
  const hasLeft = status === 'terminated' || status === 'retired'
  const isToCome = start !== null && start > today

  if (hasLeft && end === null) return endedNow(isToCome ? null : undefined)
  if (end !== null && end < today) return endedNow(hasLeft ? undefined : 'terminated')
  if (isToCome || (status === 'pending' && start === null)) {
    const employmentStatus = status === null || status === 'pending' ? undefined : null
    return {
      kind: 'not_begun',
      active: false,
      employmentStatus,
      dueAt: start === null ? null : calendar.startOf(start),
    }
  }

  const dueAt = end === null ? null : calendar.startOf(nextDay(end))
  // Until the last day is over they are employed, whatever the source calls it already.
  const employmentStatus = hasLeft || status === 'pending' ? 'active' : undefined
  const stand = (kind: StandingKind, active: boolean | undefined): Standing => ({
    kind,
    active,
    employmentStatus,
    dueAt,
  })
  if (status === 'suspended') return stand('held', false)
  if (end !== null && timing === 'immediately') return stand('ended', false)
  if (facts.unknownStatus !== null && access === null) return stand('unknown', undefined)
  // Who had not begun when this was said had no access yet.
  if (access === false && status !== 'pending') return stand('held', false)
  return stand('active', true)

  function endedNow(endedStatus: string | null | undefined): Standing {
    const active = timing === 'never' ? undefined : false
    return { kind: 'ended', active, employmentStatus: endedStatus, dueAt: null }
  }
}

function readDay(text: string | null): string | null {
  return text !== null && isDay(text) ? text : null
}

const ranks: Readonly<Record<StandingKind, number>> = { active: 0, held: 1, not_begun: 2, unknown: 3, ended: 4 }

/** Which of several records of one person says what is so: the lower, the more. */
export function rankStanding(kind: StandingKind): number {
  return ranks[kind]
}

// One subscription at work: takes events, sends what is due, records what came of it, until there is nothing to do for now.
import { setTimeout as wait } from 'node:timers/promises'
import type { Database } from '../../db/connect.ts'
import type { SubscriptionKind } from '../../db/tables.ts'
import { AppError } from '../../errors.ts'
import type { Logger } from '../../ops/logger.ts'
import type { Channel, DueDelivery, Outcome } from '../channel.ts'
import { areOthersDue } from './due.ts'
import { endHold, type Held, type Hold, HoldLost, renewHold, type SubscriptionKey, takeHold } from './hold.ts'
import { type CompileCondition, type Interest, readInterest } from '../interest.ts'
import { Pace } from './pace.ts'
import { Queue, readDue, readQueue, type Waiting, windowSize } from './queue.ts'
import { bringForward, disable, giveUpOld, recordResults, type Result } from './record.ts'
import { chooseRetry, findReasonToDisable, type Health, isFailing, judge } from './retry.ts'
import { takeEvents } from './take.ts'

export interface DeliverParts {
  readonly db: Database
  readonly now: () => Date
  readonly logger: Logger
  readonly compile: CompileCondition
  readonly channels: Readonly<Record<SubscriptionKind, Channel>>
}

// After so long others have their turn, if there are any.
const turnMs = 5000
// A sign of life is due long before the hold is believed lost.
const renewEveryMs = 3000
const readAtOnce = 50
// What is under way when everything stops gets so long; then it is left, and sent again by the next one.
const endWithinMs = 5000
// A database that comes back while the hold is believed misses nothing.
const recordWithinMs = 8000
const recordAgainAfterMs = 250

/** Delivers until nothing is due, or it is time for others, or the signal says to stop. Throws where the database is away. */
export async function deliver(parts: DeliverParts, key: SubscriptionKey, signal: AbortSignal): Promise<void> {
  const taken = await takeHold(parts.db, key, parts.now())
  if (taken === undefined) return
  try {
    await new Delivering(parts, taken.hold, taken.held, signal).run()
  } catch (error) {
    if (!(error instanceof HoldLost)) throw error
  }
}

function isDatabaseAway(error: unknown): boolean {
  return error instanceof AppError && error.code === 'database_unavailable'
}

class Delivering {
  readonly #parts: DeliverParts
  readonly #hold: Hold
  readonly #signal: AbortSignal
  readonly #channel: Channel
  readonly #pace: Pace
  #held: Held
  #health: Health
  #interest: { readonly of: Date; readonly interest: Interest } | undefined
  #queue = new Queue([])
  #isLogRead = false
  #wakesSeen = -1
  #ready: { waiting: Waiting; delivery: DueDelivery | undefined }[] = []
  readonly #underWay = new Set<string>()
  #results: Result[] = []
  #disableFor: string | undefined
  #isBack = false
  #turnEndsAt = performance.now() + turnMs
  #renewedAt = performance.now()
  #stopEndsAt = Infinity
  #somethingHappened = Promise.withResolvers<void>()

  constructor(parts: DeliverParts, hold: Hold, held: Held, signal: AbortSignal) {
    const { failures, failingSince, kind } = held.subscription
    this.#parts = parts
    this.#hold = hold
    this.#held = held
    this.#signal = signal
    this.#channel = parts.channels[kind]
    this.#pace = new Pace(this.#channel.readPace(held.subscription).perSecond)
    this.#health = { failures, failingSince, pausedUntil: held.pausedUntil }
  }

  async run(): Promise<void> {
    const onAbort = (): void => this.#somethingHappened.resolve()
    this.#signal.addEventListener('abort', onAbort)
    try {
      while (!(await this.#step()));
    } finally {
      this.#signal.removeEventListener('abort', onAbort)
    }
  }

  /** @returns whether it is done */
  async #step(): Promise<boolean> {
    const mayBegin = !this.#signal.aborted && this.#held.subscription.enabled && (await this.#hasTurn())
    if (mayBegin) {
      if (this.#mustLook) await this.#look()
      await this.#begin()
    }
    if (this.#results.length > 0) {
      await this.#record()
      return false
    }
    if (this.#disableFor !== undefined && this.#held.subscription.enabled) {
      await this.#disable(this.#disableFor)
      return false
    }
    const pauseMs = this.#measurePause(mayBegin)
    if (pauseMs > 0) {
      await this.#pause(pauseMs)
      return false
    }
    return this.#end(mayBegin)
  }

  async #hasTurn(): Promise<boolean> {
    if (performance.now() < this.#turnEndsAt) return true
    if (this.#turnEndsAt === -Infinity || (await areOthersDue(this.#parts.db, this.#parts.now()))) {
      this.#turnEndsAt = -Infinity
      return false
    }
    this.#turnEndsAt = performance.now() + turnMs
    return true
  }

  get #mustLook(): boolean {
    if (this.#held.wakes !== this.#wakesSeen || this.#isBack) return true
    return (!this.#isLogRead || this.#queue.isPart) && this.#queue.size <= windowSize / 2
  }

  async #look(): Promise<void> {
    const { db, now } = this.#parts
    await this.#renew()
    this.#wakesSeen = this.#held.wakes
    if (this.#isBack) await bringForward(db, this.#hold, now())
    else if (isFailing(this.#health)) await giveUpOld(db, this.#hold, now())
    this.#isBack = false
    const { subscription } = this.#held
    const interest = await this.#readInterest()
    if (interest === undefined) return
    const parts = { db, hold: this.#hold, subscription, channel: this.#channel, interest, now }
    const isTurn = (): boolean => performance.now() < this.#turnEndsAt
    this.#isLogRead = await takeEvents(parts, isTurn)
    if (this.#channel.isPolled?.(subscription) === true) {
      // A full window has room again when the receiver has come, who says so.
      if (isTurn()) this.#isLogRead = true
      return
    }
    const queue = await readQueue(db, this.#hold)
    // What is under way still waits there, and is known by its resource; so does what has just come back.
    for (const { waiting, nextAt } of this.#results) queue.apply(waiting, nextAt)
    this.#queue = queue
    this.#ready = []
  }

  async #readInterest(): Promise<Interest | undefined> {
    const { subscription } = this.#held
    if (this.#interest?.of.getTime() !== subscription.modifiedAt.getTime()) {
      try {
        const interest = await readInterest(subscription, this.#parts.compile)
        this.#interest = { of: subscription.modifiedAt, interest }
      } catch (error) {
        // The schema has changed since the condition was checked.
        if (!(error instanceof AppError) || isDatabaseAway(error)) throw error
        this.#disableFor = `Its condition is not understood any more: ${error.message}`
        return undefined
      }
    }
    return this.#interest?.interest
  }

  async #begin(): Promise<void> {
    const { concurrency, perSecond } = this.#channel.readPace(this.#held.subscription)
    this.#pace.change(perSecond)
    while (this.#disableFor === undefined) {
      const now = this.#parts.now()
      const { pausedUntil } = this.#health
      if (pausedUntil !== null && pausedUntil > now) return
      if (this.#underWay.size >= (isFailing(this.#health) ? 1 : concurrency)) return
      if (this.#ready.length === 0) {
        const due = this.#queue.listDue(now, this.#underWay, isFailing(this.#health) ? 1 : readAtOnce)
        if (due.length === 0) return
        this.#ready = await readDue(this.#parts.db, this.#hold, due, now)
      }
      if (!this.#pace.take()) return
      const next = this.#ready.shift()
      if (next !== undefined) this.#send(next.waiting, next.delivery)
    }
  }

  #send(waiting: Waiting, delivery: DueDelivery | undefined): void {
    const at = this.#parts.now()
    const started = performance.now()
    const isProbe = isFailing(this.#health)
    this.#underWay.add(waiting.resourceId)
    const onOutcome = (outcome: Outcome): void => {
      this.#settle(waiting, outcome, { at, durationMs: performance.now() - started, isProbe })
      this.#somethingHappened.resolve()
    }
    if (delivery === undefined) {
      onOutcome({ isDelivered: false, isFinal: true, error: 'The event is in the log no more.' })
      return
    }
    this.#channel.send(this.#held.subscription, { ...delivery, at }).then(onOutcome, (error: unknown) => {
      this.#parts.logger.error({ err: error, subscription: this.#hold.id, delivery: delivery.id }, 'a delivery failed')
      onOutcome({ isDelivered: false, error: 'Something went wrong here; the log says what.' })
    })
  }

  #settle(
    waiting: Waiting,
    outcome: Outcome,
    { at, durationMs, isProbe }: { readonly at: Date; readonly durationMs: number; readonly isProbe: boolean },
  ): void {
    this.#underWay.delete(waiting.resourceId)
    const endedAt = this.#parts.now()
    if (outcome.isDelivered && isFailing(this.#health)) this.#isBack = true
    const nextAt = outcome.isDelivered ? undefined : chooseRetry(waiting.attempts + 1, outcome, endedAt)
    this.#queue.apply(waiting, nextAt)
    this.#results.push({ waiting, outcome, at, durationMs, nextAt })
    this.#health = judge(this.#health, outcome, endedAt, isProbe)
    this.#disableFor ??= findReasonToDisable(this.#health, outcome, endedAt)
    // What was chosen before it failed is chosen again.
    if (isFailing(this.#health)) this.#ready = []
  }

  async #record(): Promise<void> {
    const results = this.#results
    this.#results = []
    const { db, now } = this.#parts
    for (const deadline = performance.now() + recordWithinMs; ; await wait(recordAgainAfterMs)) {
      try {
        this.#held = await recordResults(db, this.#hold, results, this.#health, now())
        break
      } catch (error) {
        // What is not recorded is sent again.
        if (!isDatabaseAway(error) || performance.now() > deadline) throw error
      }
    }
    this.#renewedAt = performance.now()
  }

  async #disable(reason: string): Promise<void> {
    const { db, now, logger } = this.#parts
    const { subscription } = this.#held
    await disable(db, this.#hold, subscription, reason, now())
    logger.warn({ subscription: this.#hold.id, kind: subscription.kind, reason }, 'a subscription is disabled')
    await this.#renew()
  }

  async #renew(): Promise<void> {
    this.#held = await renewHold(this.#parts.db, this.#hold, this.#parts.now())
    this.#renewedAt = performance.now()
  }

  /** How long there is nothing to do but to wait, in milliseconds. */
  #measurePause(mayBegin: boolean): number {
    const { size } = this.#underWay
    if (!mayBegin) return size > 0 ? Math.min(renewEveryMs, this.#measureStop()) : 0
    if (this.#mustLook) return 0
    const now = this.#parts.now()
    const isOpen = this.#health.pausedUntil === null || this.#health.pausedUntil <= now
    const isDue = isOpen && (this.#ready.length > 0 || this.#queue.listDue(now, this.#underWay, 1).length > 0)
    if (size > 0) return isDue ? Math.min(renewEveryMs, Math.max(1, this.#pace.waitMs)) : renewEveryMs
    return isDue ? Math.max(1, this.#pace.waitMs) : 0
  }

  // How long attempts that are under way may still take.
  #measureStop(): number {
    if (!this.#signal.aborted) return Infinity
    this.#stopEndsAt = Math.min(this.#stopEndsAt, performance.now() + endWithinMs)
    return Math.max(0, this.#stopEndsAt - performance.now())
  }

  async #pause(milliseconds: number): Promise<void> {
    const timer = setTimeout(() => this.#somethingHappened.resolve(), milliseconds)
    await this.#somethingHappened.promise
    clearTimeout(timer)
    this.#somethingHappened = Promise.withResolvers()
    if (performance.now() - this.#renewedAt > renewEveryMs) await this.#renew()
  }

  async #end(mayBegin: boolean): Promise<boolean> {
    if (this.#held.subscription.enabled && mayBegin && this.#mustLook) return false
    const wakes = mayBegin ? this.#wakesSeen : this.#held.wakes
    const isEnded = await endHold(this.#parts.db, this.#hold, wakes, this.#chooseDueAt(mayBegin))
    if (!isEnded) await this.#renew()
    return isEnded
  }

  #chooseDueAt(mayBegin: boolean): Date | null {
    const { enabled } = this.#held.subscription
    if (!enabled) return null
    if (!mayBegin) return this.#parts.now()
    const next = this.#queue.findNextAt(this.#underWay)
    const { pausedUntil } = this.#health
    return next !== null && pausedUntil !== null && pausedUntil > next ? pausedUntil : next
  }
}

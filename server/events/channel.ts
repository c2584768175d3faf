// How one kind of subscription tells: the agreement between the engine, which knows when, and a channel, which knows how.
import type { JsonObject } from '../db/tables.ts'
import type { LoggedEvent } from './event.ts'
import type { Concern } from './interest.ts'
import type { Subscription } from './subscription.ts'

/** What is told at once. */
export interface Parcel {
  /** The first event of it. */
  readonly event: LoggedEvent
  /** What is sent, where it is not made from the event when it is sent. */
  readonly content?: JsonObject
}

/** One delivery that is due. */
export interface DueDelivery {
  readonly id: string
  readonly event: LoggedEvent
  readonly content: JsonObject | null
  /** The first attempt is 1. */
  readonly attempt: number
  readonly at: Date
}

/** What came of an attempt. */
export interface Outcome {
  readonly isDelivered: boolean
  /** Of a failure: that the same will fail again, so that it is a dead letter at once. */
  readonly isFinal?: boolean
  /** Of a failure: the receiver asks everybody to wait so long. */
  readonly waitMs?: number
  /** The receiver wants nothing more: the subscription is disabled for this reason. */
  readonly disable?: string
  /** The HTTP or SMTP status, where there was one. */
  readonly status?: number
  /** In words, where it failed. */
  readonly error?: string
  /** The first 2 kB of what was answered. */
  readonly answer?: string
}

export interface Channel {
  /** Makes parcels of the events that concern a subscription, in order. Without it each event that it should hear of is one. */
  pack?(subscription: Subscription, events: readonly { event: LoggedEvent; concern: Concern }[]): Parcel[]
  /** Whether an event is told, where there is no `pack`; without it, one that concerns the subscription before or after. */
  tells?(concern: Concern, event: LoggedEvent): boolean
  /** One attempt, at most 15 seconds. Never throws for what the receiver does. */
  send(subscription: Subscription, delivery: DueDelivery): Promise<Outcome>
  /** The receiver comes for what there is (RFC 8936): the engine only makes the parcels. */
  isPolled?(subscription: Subscription): boolean
  /** How many attempts may be under way at once, and begin in a second. */
  readPace(subscription: Subscription): { readonly concurrency: number; readonly perSecond: number }
}

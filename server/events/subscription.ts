// Who hears of events: what webhook endpoints, triggers and feeds have in common.
import type { JsonObject, SubscriptionKind } from '../db/tables.ts'

export interface Subscription {
  readonly organizationId: string
  readonly id: string
  readonly kind: SubscriptionKind
  readonly name: string
  /** Event types, `user.*` for all that begin so, or `*`. */
  readonly types: readonly string[]
  /** A SCIM filter that the resource of an event has to meet; then all the types are of one type of resource. */
  readonly condition: string | null
  readonly enabled: boolean
  readonly disabledReason: string | null
  readonly builtIn: string | null
  readonly settings: JsonObject
  /** Sealed JSON; null where there are none. */
  readonly secrets: string | null
  /** The number of the last event that was looked at. */
  readonly takenNumber: number
  /** Attempts in a row that failed, and since when. */
  readonly failures: number
  readonly failingSince: Date | null
  readonly createdAt: Date
  readonly modifiedAt: Date
}

// An event as it is in the log, and as it is told.
import { createId } from '../db/ids.ts'
import type { JsonObject, JsonValue } from '../db/tables.ts'

/** What has happened to one resource, numbered without gaps within its organization. */
export interface LoggedEvent {
  readonly organizationId: string
  readonly number: number
  /** Its name everywhere, `webhook-id` included. */
  readonly id: string
  /** Such as `user.updated`. */
  readonly type: string
  readonly at: Date
  /** `User`, `Group`, a type of one's own, `Directory`, `Sync`, `WebhookEndpoint`. */
  readonly resourceType: string
  readonly resourceId: string
  /** The version that the resource has since; the events of one resource come in its order. */
  readonly version: number
  readonly data: EventData
}

/** What is told of an event, as it was when it happened. */
export interface EventData {
  /** Who said so; null where nobody's directory did. */
  readonly directoryId: string | null
  /** As in the `X-Request-Id` of the request that did it. */
  readonly requestId: string | null
  /** The resource after the event, and before it where it was deleted; a group without its members. null where it was anonymized since. */
  readonly resource: JsonObject | null
  /** attribute → what it was and is, a side left out where there was nothing; only of `updated` events. */
  readonly changes?: Readonly<Record<string, { readonly before?: JsonValue; readonly after?: JsonValue }>>
  /** Who came or went; only of `membership` events. */
  readonly member?: { readonly id: string; readonly type: 'User' | 'Group' }
}

/** The event as JSON: what `GET /v1/events` lists. */
export function toJson({ organizationId, number, id, type, at, ...rest }: LoggedEvent): JsonObject {
  const { resourceType, resourceId, version, data } = rest
  return {
    id,
    number,
    type,
    timestamp: at.toISOString(),
    organizationId,
    resourceType,
    resourceId,
    version,
    ...(data as unknown as JsonObject),
  }
}

/** As it lies in the log. */
export interface EventRow {
  readonly org_id: string
  readonly number: number
  readonly id: string
  readonly type: string
  readonly at: Date
  readonly resource_type: string
  readonly resource_id: string
  readonly version: number
  readonly data: EventData
}

export function fromRow(row: EventRow): LoggedEvent {
  const { org_id, resource_type, resource_id, ...rest } = row
  return { organizationId: org_id, resourceType: resource_type, resourceId: resource_id, ...rest }
}

/** The same as the body of a webhook (Standard Webhooks). */
export function toWebhook(event: LoggedEvent): JsonObject {
  const { type = null, timestamp = null, ...data } = toJson(event)
  return { type, timestamp, data }
}

/** An event that is not in the log: to try something, or to show it. */
export function imagineEvent(
  organizationId: string,
  { type, resourceType, resourceId }: Pick<LoggedEvent, 'type' | 'resourceType' | 'resourceId'>,
  data: Omit<EventData, 'directoryId' | 'requestId'>,
  at: Date,
): LoggedEvent {
  const told = { directoryId: null, requestId: null, ...data }
  return {
    organizationId,
    number: 0,
    id: createId('evt', at),
    type,
    at,
    resourceType,
    resourceId,
    version: 1,
    data: told,
  }
}

// The change log and the event outbox. Their rows are written by the very statement that makes the change.
import type { JsonObject } from '../db/tables.ts'
import type { Actor } from './actor.ts'
import { compareResources, type Difference } from './authority.ts'
import { asObject } from './user-record.ts'

export interface Change {
  /** `User`, `Group`, or a type of one's own. */
  readonly resourceType: string
  readonly resourceId: string
  readonly operation: 'create' | 'update' | 'delete' | 'restore'
  readonly version: number
  /** attribute → {before, after}, a side left out where there was nothing */
  readonly difference: JsonObject
}

export interface Event {
  readonly type: string
  /** `User`, `Group`, or a type of one's own. */
  readonly resourceType: string
  readonly resourceId: string
  readonly version: number
  readonly data?: JsonObject
}

/**
 * The common table expressions that insert change and event rows; `parameter` is the placeholder of the JSON that
 * `changesJson` makes. They are written where the condition holds.
 */
export function changesSql(parameter: string, condition = 'true'): string {
  return `written_changes as (
    insert into changes (org_id, at, directory_id, token_id, request_id, resource_type, resource_id, operation, version, difference)
    select r.org_id, r.at, r.directory_id, r.token_id, r.request_id, r.resource_type, r.resource_id, r.operation, r.version, r.difference
    from json_to_recordset(${parameter}::json -> 'changes') as r(org_id text, at timestamptz, directory_id text, token_id text,
      request_id text, resource_type text, resource_id text, operation text, version int, difference jsonb)
    where ${condition}
  ), written_events as (
    insert into outbox (org_id, type, at, resource_type, resource_id, version, data)
    select r.org_id, r.type, r.at, r.resource_type, r.resource_id, r.version, r.data
    from json_to_recordset(${parameter}::json -> 'events') as r(org_id text, type text, at timestamptz,
      resource_type text, resource_id text, version int, data jsonb)
    where ${condition}
  )`
}

/** The parameter of `changesSql`. */
export function changesJson(actor: Actor, changes: readonly Change[], events: readonly Event[]): string {
  return JSON.stringify({
    changes: changes.map((change) => ({
      org_id: actor.organizationId,
      at: actor.at,
      directory_id: actor.directoryId,
      token_id: actor.tokenId,
      request_id: actor.requestId,
      resource_type: change.resourceType,
      resource_id: change.resourceId,
      operation: change.operation,
      version: change.version,
      difference: change.difference,
    })),
    events: events.map((event) => ({
      org_id: actor.organizationId,
      type: event.type,
      at: actor.at,
      resource_type: event.resourceType,
      resource_id: event.resourceId,
      version: event.version,
      data: event.data ?? null,
    })),
  })
}

/** Differences as they are stored. */
export function differenceJson(differences: ReadonlyMap<string, Difference>): JsonObject {
  const json: JsonObject = {}
  for (const [attribute, { before, after }] of differences) {
    json[attribute] = { ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }
  }
  return json
}

/** What is stored of a resource that was created with very many others: it as a whole, in place of each of its attributes. */
export const whole = '*'

/** A stored difference, attribute by attribute. */
export function readDifference(stored: Readonly<Record<string, Difference>>): ReadonlyMap<string, Difference> {
  const { [whole]: all, ...rest } = stored
  if (all === undefined) return new Map(Object.entries(stored))
  return new Map([...compareResources({}, asObject(all.after) ?? {}), ...Object.entries(rest)])
}

/** The difference of an externalId, which is not part of the resource: null where there is none. */
export function compareExternalIds(before: string | null, after: string | null): JsonObject {
  return { ...(before === null ? {} : { before }), ...(after === null ? {} : { after }) }
}

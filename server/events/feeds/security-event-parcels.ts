// Makes security events of the events of the log: one of all that happened to a resource in one version, as far as it is seen
// together. What comes apart becomes two with the same `txn`.
import type { JsonObject } from '../../db/tables.ts'
import type { Parcel } from '../channel.ts'
import type { LoggedEvent } from '../event.ts'
import type { Concern } from '../interest.ts'
import { eventUris, type FeedMode, type SecurityEvent } from './security-event.ts'
import {
  addMembers,
  listAttributes,
  listOperations,
  type Member,
  removeMembers,
  toMember,
} from './security-event-changes.ts'

/** Where resources of a type are; undefined for what is no SCIM resource. */
export type EndpointOf = (resourceType: string) => string | undefined

/** How many members one token tells of at most (RFC 9967 section 5). */
export const maxMembers = 100

export interface Told {
  readonly event: LoggedEvent
  readonly concern: Concern
}

interface Payloads {
  readonly event: LoggedEvent
  readonly events: Readonly<Record<string, JsonObject>>
}

/** The parcels of the events, in their order. */
export function makeParcels(told: readonly Told[], mode: FeedMode, endpointOf: EndpointOf): Parcel[] {
  const versions = Map.groupBy(told, ({ event }) => `${event.resourceId}.${event.version}`)
  return [...versions].flatMap(([txn, version]) => {
    const first = version[0]?.event
    const endpoint = first === undefined ? undefined : endpointOf(first.resourceType)
    if (endpoint === undefined) return []
    return tellVersion(version, mode).map(({ event, events }) => ({
      event,
      content: { ...describe(txn, endpoint, event), events },
    }))
  })
}

function describe(txn: string, endpoint: string, { at, resourceId, data }: LoggedEvent): Omit<SecurityEvent, 'events'> {
  const externalId = data.resource?.['externalId']
  return {
    txn,
    toe: Math.floor(at.getTime() / 1000),
    sub_id: {
      format: 'scim',
      uri: `${endpoint}/${resourceId}`,
      id: resourceId,
      ...(typeof externalId === 'string' && { externalId }),
    },
  }
}

/** What is said of the events of one version of a resource. */
function tellVersion(version: readonly Told[], mode: FeedMode): Payloads[] {
  const find = (...ends: readonly string[]): Told | undefined =>
    version.find(({ event }) => ends.some((end) => event.type.endsWith(`.${end}`)))
  const deleted = find('deleted')
  if (deleted !== undefined) return isConcerned(deleted) ? [tellOnly(deleted.event, eventUris.delete)] : []
  const created = find('created', 'restored')
  if (created !== undefined) return created.concern.after ? tellCreated(created.event, version, mode) : []
  const anonymized = find('anonymized')
  if (anonymized !== undefined) return isConcerned(anonymized) ? tellReplaced(anonymized.event, version, mode) : []
  const updated = find('updated')
  // Who comes into the feed or leaves it is told that alone: whoever comes is read, and whoever has left is of no concern.
  if (updated !== undefined && updated.concern.before !== updated.concern.after) {
    return [tellOnly(updated.event, updated.concern.after ? eventUris.feedAdd : eventUris.feedRemove)]
  }
  return tellUpdated(version.filter(isConcerned), mode)
}

function isConcerned({ concern }: Told): boolean {
  return concern.before || concern.after
}

function tellOnly(event: LoggedEvent, uri: string): Payloads {
  return { event, events: { [uri]: {} } }
}

function tellCreated(event: LoggedEvent, version: readonly Told[], mode: FeedMode): Payloads[] {
  const { resource } = event.data
  if (resource === null) return []
  const joined = listMoves(version)
  const tag = { version: formatETag(event) }
  if (mode === 'notice') {
    const attributes = [...listAttributes(resource), ...nameMembers(joined)]
    return [{ event, events: { [eventUris.createNotice]: { ...tag, attributes } } }]
  }
  const members = joined.slice(0, maxMembers).map(({ member }) => toMember(member))
  const data = members.length === 0 ? resource : { ...resource, members }
  return [
    { event, events: { [eventUris.createFull]: { ...tag, data } } },
    ...chunk(joined.slice(maxMembers)).map((moves) => tellPatch(moves[0].event, [], moves)),
  ]
}

// What was known is not named any more.
function tellReplaced(event: LoggedEvent, version: readonly Told[], mode: FeedMode): Payloads[] {
  const { resource } = event.data
  if (resource === null) return []
  const tag = { version: formatETag(event) }
  const replaced =
    mode === 'notice'
      ? { [eventUris.putNotice]: { ...tag, attributes: listAttributes(resource) } }
      : { [eventUris.putFull]: { ...tag, data: resource } }
  return [{ event, events: { ...replaced, ...listStates(version) } }]
}

function tellUpdated(version: readonly Told[], mode: FeedMode): Payloads[] {
  const [first] = version
  if (first === undefined) return []
  const { event } = first
  const changes = version.map((one) => one.event.data.changes).find((one) => one !== undefined) ?? {}
  const moves = listMoves(version)
  const state = listStates(version)
  const attributes = [...Object.keys(changes), ...nameMembers(moves)]
  if (attributes.length === 0) return Object.keys(state).length === 0 ? [] : [{ event, events: state }]
  if (mode === 'notice') {
    const notice = { version: formatETag(event), attributes }
    return [{ event, events: { [eventUris.patchNotice]: notice, ...state } }]
  }
  const [some = [], ...rest] = chunk(moves)
  const { events } = tellPatch(event, listOperations(changes), some)
  return [{ event, events: { ...events, ...state } }, ...rest.map((more) => tellPatch(more[0].event, [], more))]
}

function tellPatch(event: LoggedEvent, operations: readonly JsonObject[], moves: readonly Move[]): Payloads {
  const left = moves.filter(({ isJoin }) => !isJoin).map(({ member }) => member)
  const joined = moves.filter(({ isJoin }) => isJoin).map(({ member }) => member)
  const data = {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
    Operations: [...operations, ...removeMembers(left), ...addMembers(joined)],
  }
  return { event, events: { [eventUris.patchFull]: { version: formatETag(event), data } } }
}

/** Somebody who came into a group or left it. */
interface Move {
  readonly event: LoggedEvent
  readonly member: Member
  readonly isJoin: boolean
}

function listMoves(version: readonly Told[]): Move[] {
  return version.flatMap(({ event }) => {
    const { member } = event.data
    return member === undefined ? [] : [{ event, member, isJoin: event.type.endsWith('.added') }]
  })
}

function nameMembers(moves: readonly Move[]): string[] {
  return moves.length === 0 ? [] : ['members']
}

function listStates(version: readonly Told[]): Record<string, JsonObject> {
  const uris = version.flatMap(({ event }) => {
    if (event.type.endsWith('.activated')) return [eventUris.activate]
    return event.type.endsWith('.deactivated') ? [eventUris.deactivate] : []
  })
  return Object.fromEntries(uris.map((uri) => [uri, {}]))
}

function chunk(moves: readonly Move[]): [Move, ...Move[]][] {
  const [first, ...rest] = moves.slice(0, maxMembers)
  return first === undefined ? [] : [[first, ...rest], ...chunk(moves.slice(maxMembers))]
}

// As SCIM has it (RFC 7644 section 3.14).
function formatETag({ version }: LoggedEvent): string {
  return `W/"${version}"`
}

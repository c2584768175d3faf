// What is told of an event: the resource as it was then, and what of it changed.
import type { Database } from '../db/connect.ts'
import type { JsonObject } from '../db/tables.ts'
import { applyDifferences, compareResources, type Difference } from '../directory/authority.ts'
import { type Beginning, readResource } from '../directory/beginnings.ts'
import { differenceJson } from '../directory/changes.ts'
import type { History, PastChange, PastState } from '../directory/history.ts'
import type { WaitingEvent } from '../directory/outbox.ts'
import type { EventData } from './event.ts'

/** A stored resource as it is told: without what is never returned. */
export type PresentResource = (stored: JsonObject) => JsonObject

/** How resources of a type are told (given by the composition root). It asks the database that it is given, which is in a transaction. */
export type Present = (db: Database, organizationId: string, resourceType: string) => Promise<PresentResource>

/** The data of an event of a resource that has change rows. */
export function writeData(event: WaitingEvent, history: History | undefined, present: PresentResource): EventData {
  const change = history?.changes.get(event.version)
  const member = readMember(event.data)
  return {
    directoryId: change?.directoryId ?? null,
    requestId: change?.requestId ?? null,
    resource: history === undefined ? null : writeResource(event, history, present),
    ...(event.type.endsWith('.updated') && change !== undefined && { changes: writeChanges(change, present) }),
    ...(member !== undefined && { member }),
  }
}

/** The same of a user who was created, together with very many others. */
export function writeBeginning(event: WaitingEvent, beginning: Beginning, present: PresentResource): EventData {
  const { at, directoryId, requestId, externalId } = beginning
  const { version } = event
  const state = { resource: readResource(beginning), externalId, version, createdAt: at, modifiedAt: at }
  return { directoryId, requestId, resource: writeState(event, state, present) }
}

// What was deleted is told as it was before.
function writeResource(event: WaitingEvent, history: History, present: PresentResource): JsonObject | null {
  const version = history.states.has(event.version) ? event.version : event.version - 1
  const state = history.states.get(version)
  if (state === undefined) return null
  const modifiedAt = history.changes.get(version)?.at ?? event.at
  return writeState(event, { ...state, version, createdAt: history.createdAt, modifiedAt }, present)
}

interface DatedState extends PastState {
  readonly version: number
  readonly createdAt: Date
  readonly modifiedAt: Date
}

function writeState(event: WaitingEvent, state: DatedState, present: PresentResource): JsonObject {
  const { schemas, ...resource } = present(state.resource)
  const { externalId, version, createdAt, modifiedAt } = state
  return {
    ...(schemas !== undefined && { schemas }),
    id: event.resource_id,
    ...(externalId !== null && { externalId }),
    ...resource,
    meta: {
      resourceType: event.resource_type,
      created: createdAt.toISOString(),
      lastModified: modifiedAt.toISOString(),
      version: `W/"${version}"`,
    },
  }
}

function writeChanges({ difference }: PastChange, present: PresentResource): NonNullable<EventData['changes']> {
  const side = (which: keyof Difference): JsonObject => {
    const values = Array.from(difference, ([name, { [which]: after }]) => [name, { before: undefined, after }] as const)
    return present(applyDifferences({}, new Map(values)))
  }
  return differenceJson(compareResources(side('before'), side('after'))) as NonNullable<EventData['changes']>
}

function readMember(data: JsonObject | null): EventData['member'] | undefined {
  const id = data?.['memberId']
  if (typeof id !== 'string') return undefined
  return { id, type: data?.['memberType'] === 'Group' ? 'Group' : 'User' }
}

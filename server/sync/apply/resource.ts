// What a directory says of a person once a change is applied: what its record says, with what the plan adds.
import type { JsonObject, JsonValue } from '../../db/tables.ts'
import { listSchemas } from '../../directory/authority.ts'
import { ensureLocations, type Location, nameKey } from '../../directory/locations.ts'
import type { StoredDraft } from '../../directory/user-drafts.ts'
import type { LockedUser } from '../../directory/user-state.ts'
import type { NewUser } from '../../directory/user-writes.ts'
import { AppError } from '../../errors.ts'
import { asObject, enterpriseUser, rollcallUser, type UserResource } from '../../directory/user-record.ts'
import type { Batch } from './batch.ts'
import type { RunChange } from '../runs/run.ts'

/** What resources are put together from. */
export interface Composing {
  /** What records say, by position. */
  readonly contents: ReadonlyMap<number, JsonObject>
  /** By folded name. */
  readonly offices: ReadonlyMap<string, Location>
}

/** The offices that the changes of a batch name; those that are missing are made. */
export function findOffices({ tx, run, actor }: Batch, changes: readonly RunChange[]): Promise<Composing['offices']> {
  const names = new Set(changes.map(({ plan }) => plan.location).filter((name) => typeof name === 'string'))
  return ensureLocations(
    tx,
    run.organizationId,
    [...names].filter((name) => name.trim() !== ''),
    actor.at,
  )
}

/** What a directory says of somebody now; undefined where it says nothing. */
export function readWord(user: LockedUser, directoryId: string): UserResource | undefined {
  const own = user.links.find((link) => link.directoryId === directoryId)
  return own === undefined ? undefined : (own.resource ?? user.resource)
}

/** `said` is what it said until now: what the plan leaves open stays. */
export function composeUser(
  change: RunChange,
  { contents, offices }: Composing,
  said: UserResource = {},
): UserResource {
  const { position, plan } = change
  const content = contents.get(position)
  // Of a record that was not kept, and of one that only changes its manager, what was said before stands.
  const { active: _, ...resource } = content ?? said
  setManager(resource, plan.managerId === undefined ? readManager(said) : plan.managerId)
  if (plan.employmentStatus !== undefined) {
    setExtended(resource, rollcallUser, 'employmentStatus', plan.employmentStatus ?? undefined)
  }
  setLocations(resource, plan.location === undefined ? readLocations(said) : findLocations(plan.location, offices))
  if (plan.active !== undefined) resource['active'] = plan.active
  if (plan.userName !== undefined) resource['userName'] = plan.userName
  return { ...resource, schemas: listSchemas(resource) }
}

/** People who are to be created. Throws not_found where what a record says is gone. */
export function draftUsers(changes: readonly RunChange[], composing: Composing): StoredDraft[] {
  return changes.map((change) => {
    const content = composing.contents.get(change.position)
    const place = change.plan.record?.runId
    if (content !== undefined && place !== undefined) return { ...draftUser(change, composing), content, place }
    throw new AppError('not_found', `What the source says of ${change.sourceId} is gone.`)
  })
}

/** Somebody who is to be there again, or newly. */
export function draftUser(change: RunChange, composing: Composing): Omit<NewUser, 'createdAt'> {
  const says = composeUser(change, composing)
  const draft = { id: idOf(change), externalId: change.sourceId }
  if (change.plan.active !== undefined) return { ...draft, resource: says }
  // Somebody has to be active or not, also where that is not this directory's to say: then they wait for whoever activates them.
  return { ...draft, resource: { ...says, active: false }, says }
}

/** Of the user or group that a change is of. */
export function idOf({ resourceId, position }: RunChange): string {
  if (resourceId === null) throw new Error(`change ${position} names no resource`)
  return resourceId
}

function readManager(said: UserResource): string | null {
  const id = asObject(asObject(said[enterpriseUser])?.['manager'])?.['value']
  return typeof id === 'string' ? id : null
}

function readLocations(said: UserResource): JsonObject[] {
  const locations = asObject(said[rollcallUser])?.['locations']
  return Array.isArray(locations) ? locations.map(asObject).filter((one) => one !== undefined) : []
}

function findLocations(name: string | null, offices: Composing['offices']): JsonObject[] {
  const office = name === null || name.trim() === '' ? undefined : offices.get(nameKey(name))
  if (office === undefined) return []
  return [{ value: office.id, display: office.name, type: 'office', primary: true }]
}

function setManager(resource: JsonObject, id: string | null): void {
  setExtended(resource, enterpriseUser, 'manager', id === null ? undefined : { value: id })
}

function setLocations(resource: JsonObject, locations: JsonObject[]): void {
  setExtended(resource, rollcallUser, 'locations', locations.length === 0 ? undefined : locations)
}

// An extension without data goes altogether.
function setExtended(resource: JsonObject, extension: string, name: string, value: JsonValue | undefined): void {
  const { [name]: _, ...rest } = asObject(resource[extension]) ?? {}
  const changed = value === undefined ? rest : { ...rest, [name]: value }
  if (Object.keys(changed).length > 0) resource[extension] = changed
  else delete resource[extension]
}

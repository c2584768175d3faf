// Which events a subscription is about: its types, and the condition on the resource.
import type { JsonObject } from '../db/tables.ts'
import { applyDifferences, type Difference } from '../directory/authority.ts'
import { AppError } from '../errors.ts'
import { findResourceType, isEventType, isOfTypes } from './event-types.ts'
import type { EventData, LoggedEvent } from './event.ts'
import type { Subscription } from './subscription.ts'

/** How a SCIM filter becomes a function of a resource (given by the composition root). Throws invalid_filter. */
export type CompileCondition = (
  organizationId: string,
  resourceType: string,
  filter: string,
) => Promise<(resource: JsonObject) => boolean>

/** Whether the resource of an event was, and is, one that the subscription is about. */
export interface Concern {
  readonly before: boolean
  readonly after: boolean
}

export type Interest = (event: LoggedEvent) => Concern

/** The interest of a subscription. Without a condition both sides are whether the type is one of its types. */
export async function readInterest(
  { organizationId, types, condition }: Pick<Subscription, 'organizationId' | 'types' | 'condition'>,
  compile: CompileCondition,
): Promise<Interest> {
  if (condition === null) {
    return ({ type }) => {
      const isOne = isOfTypes(type, types)
      return { before: isOne, after: isOne }
    }
  }
  const meets = await compile(organizationId, nameResourceType(types), condition)
  return ({ type, data }) => {
    if (!isOfTypes(type, types)) return { before: false, after: false }
    const now = data.resource !== null && meets(data.resource)
    // What the person was cannot be asked any more, and whoever was told of them has to hear that it is to be forgotten.
    if (type === 'user.anonymized') return { before: true, after: now }
    if (data.resource === null) return { before: false, after: false }
    if (isBeginning(type)) return { before: false, after: now }
    if (type.endsWith('.deleted')) return { before: now, after: false }
    return { before: data.changes === undefined ? now : meets(undoChanges(data.resource, data.changes)), after: now }
  }
}

/**
 * Checks types and condition before they are stored. Throws invalid_value for a type that there is not, or a condition with types of
 * several resources, and invalid_filter.
 */
export async function checkInterest(
  organizationId: string,
  { types, condition }: { readonly types: readonly string[]; readonly condition: string | null },
  compile: CompileCondition,
): Promise<void> {
  if (types.length === 0) {
    throw new AppError('invalid_value', 'types: name at least one type of event, or * for all of them.')
  }
  for (const type of types) {
    if (isEventType(type)) continue
    throw new AppError('invalid_value', `types: there are no events of the type "${type.slice(0, 100)}".`)
  }
  if (condition !== null) await compile(organizationId, nameResourceType(types), condition)
}

// A condition names attributes, and which ones there are depends on the type of resource.
function nameResourceType(types: readonly string[]): string {
  const names = new Set(types.map(findResourceType))
  const [name] = names
  if (names.size === 1 && name !== undefined) return name
  throw new AppError(
    'invalid_value',
    'condition: all types have to be of one type of resource, such as people; make one for each, or leave the condition out.',
  )
}

function isBeginning(type: string): boolean {
  return type.endsWith('.created') || type.endsWith('.restored')
}

function undoChanges(resource: JsonObject, changes: NonNullable<EventData['changes']>): JsonObject {
  const undone = Object.entries(changes).map(([name, { before, after }]): [string, Difference] => [
    name,
    { before: after, after: before },
  ])
  return applyDifferences(resource, new Map(undone))
}

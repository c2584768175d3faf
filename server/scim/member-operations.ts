// What PATCH does to the members of a group. Members are rows, so operations are gathered here and not applied to a list.
import type { Condition } from '../directory/condition.ts'
import type { MemberPlan } from '../directory/memberships.ts'
import { AppError } from '../errors.ts'
import type { JsonValue } from '../db/tables.ts'
import { isObject } from './resource.ts'
import type { Reading } from './notes.ts'

export type MemberOperation =
  | { readonly kind: 'add' | 'remove' | 'set'; readonly ids: readonly string[] }
  | { readonly kind: 'removeWhere'; readonly condition: Condition }

/**
 * Joins operations in their order into one plan; `find` looks up the members that meet a condition. What one operation adds
 * and a later one removes is not added at all, and so on.
 */
export async function planMembers(
  operations: readonly MemberOperation[],
  find: (condition: Condition) => Promise<string[]>,
): Promise<MemberPlan> {
  let replaced = false
  const add = new Set<string>()
  const remove = new Set<string>()
  for (const operation of operations) {
    if (operation.kind === 'set') {
      replaced = true
      add.clear()
      remove.clear()
    }
    const ids = operation.kind === 'removeWhere' ? await find(operation.condition) : operation.ids
    const [into, outOf] = operation.kind === 'add' || operation.kind === 'set' ? [add, remove] : [remove, add]
    for (const id of ids) {
      outOf.delete(id)
      into.add(id)
    }
  }
  return replaced ? { kind: 'set', ids: [...add] } : { kind: 'change', add: [...add], remove: [...remove] }
}

/** The ids in the value of `members`, in canonical form. Throws invalid_value where a member has none. */
export function listMemberIds(members: JsonValue | undefined): string[] {
  if (!Array.isArray(members)) return []
  const ids = members.map((member) =>
    isObject(member) && typeof member['value'] === 'string' ? member['value'] : undefined,
  )
  if (ids.includes(undefined)) {
    throw new AppError('invalid_value', 'members: each member needs a value, the id of a user or group.')
  }
  return [...new Set(ids as string[])]
}

/**
 * The ids that a client gave with `remove`: a list of members, one member, an id, or an object with `members` in it
 * (Salesforce). undefined where it gave none, which removes all.
 */
export function readRemovedIds(value: unknown, reading: Reading): string[] | undefined {
  if (value === undefined || value === null) return undefined
  if (isObject(value) && 'members' in value) return readRemovedIds(value['members'] ?? [], reading)
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  reading.notes.push({ path: 'members', note: 'remove with a value: only the listed members were removed' })
  return list.flatMap((one) => {
    if (one === null) return []
    const id = isObject(one) ? one['value'] : one
    if (typeof id !== 'string') {
      throw new AppError('invalid_value', 'members: a member to remove needs a value, its id.')
    }
    return [id]
  })
}

/** The ids that a condition on members names outright: `value eq "a"`, or several of them joined by or. */
export function listNamedIds(condition: Condition): string[] | undefined {
  if (condition.kind === 'or') {
    const lists = condition.of.map(listNamedIds)
    return lists.includes(undefined) ? undefined : lists.flatMap((list) => list ?? [])
  }
  const named = condition.kind === 'compare' && condition.comparison === 'eq' && condition.path.sub === 'value'
  return named && typeof condition.value === 'string' ? [condition.value] : undefined
}

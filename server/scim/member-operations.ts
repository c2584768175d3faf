// What PATCH does to the members of a group. Members are rows, so operations are gathered here and not applied to a list.
import type { Condition } from '../directory/condition.ts'
import type { MemberPlan } from '../directory/memberships.ts'
import { AppError } from '../errors.ts'
import type { JsonValue } from '../db/tables.ts'
import type { Reading } from './notes.ts'
import type { Target } from './patch-syntax.ts'
import { isObject } from './resource.ts'
import type { Attribute } from './schema.ts'
import { readValue } from './values.ts'

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
function readRemovedIds(value: unknown, reading: Reading): string[] | undefined {
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

// The ids that a condition on members names outright: `value eq "a"`, or several of them joined by or.
function listNamedIds(condition: Condition): string[] | undefined {
  if (condition.kind === 'or') {
    const lists = condition.of.map(listNamedIds)
    return lists.includes(undefined) ? undefined : lists.flatMap((list) => list ?? [])
  }
  const named = condition.kind === 'compare' && condition.comparison === 'eq' && condition.path.sub === 'value'
  return named && typeof condition.value === 'string' ? [condition.value] : undefined
}

/** What one PATCH operation on `members` does. Throws invalid_value, mutability, no_target. */
export function readMemberOperation(
  op: 'add' | 'remove' | 'replace',
  { condition, sub }: Target,
  attribute: Attribute,
  value: unknown,
  reading: Reading,
): MemberOperation {
  if (sub !== undefined) {
    throw new AppError('mutability', `members.${sub.name} of a member cannot be changed; remove it and add another.`)
  }
  const named = condition === undefined ? undefined : listNamedIds(condition)
  if (op === 'remove') {
    if (named !== undefined) return { kind: 'remove', ids: named }
    if (condition !== undefined) return { kind: 'removeWhere', condition }
    const ids = readRemovedIds(value, reading)
    return ids === undefined ? { kind: 'set', ids: [] } : { kind: 'remove', ids }
  }
  const list = isObject(value) || typeof value === 'string' ? [value] : value
  const ids = listMemberIds(readValue(attribute, list, 'members', reading))
  if (condition === undefined) return { kind: op === 'replace' ? 'set' : 'add', ids }
  if (named === undefined) throw new AppError('no_target', 'members: the filter of the path names no member to add.')
  if (ids.some((id) => !named.includes(id))) {
    throw new AppError('mutability', 'members.value of a member cannot be changed.')
  }
  return { kind: 'add', ids: named }
}

// What PATCH does to the members of a group. Members are rows, so operations are gathered here and not applied to a list.
import type { Condition } from '../directory/condition.ts'
import { foldCase } from '../directory/keys.ts'
import type { MemberPlan } from '../directory/memberships.ts'
import { AppError } from '../errors.ts'
import type { JsonValue } from '../db/tables.ts'
import { type Reading, repair } from './notes.ts'
import type { Target } from './patch-syntax.ts'
import { isObject } from './resource.ts'
import type { Attribute } from './schema.ts'
import { readValue } from './values.ts'

export type MemberOperation = NamedOperation | SearchingOperation

/** An operation that says by their ids whom it concerns. */
export interface NamedOperation {
  readonly kind: 'add' | 'remove' | 'set'
  readonly ids: readonly string[]
}

type SearchingOperation =
  | { readonly kind: 'removeWhere'; readonly condition: Condition }
  /** Adds the ids where no member meets the condition; `refuse` throws where that is not allowed. */
  | { readonly kind: 'addUnless'; readonly condition: Condition; readonly ids: readonly string[]; refuse(): void }

/** Ids of those of the members of a group, and of those about to be added, that meet a condition. */
export type FindMembers = (condition: Condition, added: readonly string[]) => Promise<string[]>

export function isNamed(operation: MemberOperation): operation is NamedOperation {
  return operation.kind !== 'removeWhere' && operation.kind !== 'addUnless'
}

/**
 * Joins operations in their order into one plan. What one operation adds and a later one removes is not added at all, and so
 * on. Throws no_target.
 */
export async function planMembers(operations: readonly MemberOperation[], find: FindMembers): Promise<MemberPlan> {
  const plan = new Plan()
  for (const operation of operations) {
    if (isNamed(operation)) {
      plan.apply(operation)
      continue
    }
    const found = await find(operation.condition, plan.added)
    if (operation.kind === 'removeWhere') plan.apply({ kind: 'remove', ids: found })
    else if (!found.some((id) => plan.keeps(id))) {
      operation.refuse()
      plan.apply({ kind: 'add', ids: operation.ids })
    }
  }
  return plan.finish()
}

/** The same of operations for which nobody need be found. */
export function planNamed(operations: readonly NamedOperation[]): MemberPlan {
  const plan = new Plan()
  for (const operation of operations) plan.apply(operation)
  return plan.finish()
}

class Plan {
  #replaced = false
  readonly #add = new Set<string>()
  readonly #remove = new Set<string>()

  get added(): string[] {
    return [...this.#add]
  }

  apply({ kind, ids }: NamedOperation): void {
    if (kind === 'set') {
      this.#replaced = true
      this.#add.clear()
      this.#remove.clear()
    }
    const [into, outOf] = kind === 'remove' ? [this.#remove, this.#add] : [this.#add, this.#remove]
    for (const id of ids) {
      outOf.delete(id)
      into.add(id)
    }
  }

  /** Whether someone who was a member, or was added since, is one by now. */
  keeps(id: string): boolean {
    return this.#add.has(id) || !(this.#replaced || this.#remove.has(id))
  }

  finish(): MemberPlan {
    if (this.#replaced) return { kind: 'set', ids: this.added }
    return { kind: 'change', add: this.added, remove: [...this.#remove] }
  }
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
function readRemovedIds(attribute: Attribute, value: unknown, reading: Reading): string[] | undefined {
  if (value === undefined || value === null) return undefined
  if (isObject(value) && 'members' in value) return readRemovedIds(attribute, value['members'] ?? [], reading)
  reading.notes.push({ path: 'members', note: 'remove with a value: only the listed members were removed' })
  return readIds(attribute, value, reading)
}

function readIds(attribute: Attribute, value: unknown, reading: Reading): string[] {
  const list = isObject(value) ? [value] : value
  return listMemberIds(readValue(attribute, list, 'members', reading))
}

// The ids that a condition on members names outright: `value eq "a"`, or several of them joined by or.
function listNamedIds(condition: Condition): string[] | undefined {
  if (condition.kind === 'or') {
    const lists = condition.of.map(listNamedIds)
    return lists.includes(undefined) ? undefined : lists.flatMap((list) => list ?? [])
  }
  if (condition.kind !== 'compare' || condition.comparison !== 'eq' || condition.path.sub !== 'value') return undefined
  const { path, value } = condition
  if (typeof value !== 'string') return undefined
  // Ids are in lower case.
  return [path.caseExact ? value : foldCase(value)]
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
  if (condition !== undefined) return readFiltered(op, condition, attribute, value, reading)
  if (op === 'remove') {
    const ids = readRemovedIds(attribute, value, reading)
    return ids === undefined ? { kind: 'set', ids: [] } : { kind: 'remove', ids }
  }
  return { kind: op === 'replace' ? 'set' : 'add', ids: readIds(attribute, value, reading) }
}

// A member is replaced by itself or by nothing. One that is not there is made of what the path names, as of any value that no
// filter finds: `add` with members[value eq "id"] says all in the path.
function readFiltered(
  op: 'add' | 'remove' | 'replace',
  condition: Condition,
  attribute: Attribute,
  value: unknown,
  reading: Reading,
): MemberOperation {
  const named = listNamedIds(condition)
  const given = op === 'remove' ? [] : readIds(attribute, value, reading)
  if (op === 'remove' || (op === 'replace' && given.length === 0)) {
    return named === undefined ? { kind: 'removeWhere', condition } : { kind: 'remove', ids: named }
  }
  const missing = (): AppError => new AppError('no_target', 'members: the filter of the path names no member to add.')
  if (named === undefined) throw missing()
  if (given.some((id) => !named.includes(id))) {
    throw new AppError('mutability', 'members.value of a member cannot be changed.')
  }
  if (op === 'add') return { kind: 'add', ids: named }
  const refuse = (): void => repair(reading, 'members', 'no member met the filter: it was added', missing)
  return { kind: 'addUnless', condition, ids: named, refuse }
}

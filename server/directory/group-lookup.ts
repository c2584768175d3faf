// Conditions on the groups of a user: those that it is a member of, and those that hold these, as the resource shows them.
import type { Parameters } from '../db/query.ts'
import type { Actor } from './actor.ts'
import { isCore, stripLocation } from './common-attributes.ts'
import type { AttributePath, Condition } from './condition.ts'
import { type AttributeSource, compareTextSql, conditionSql } from './condition-sql.ts'
import { foldCase } from './keys.ts'

const groups: AttributePath = {
  extension: undefined,
  name: 'groups',
  sub: undefined,
  multiValued: true,
  type: 'complex',
  caseExact: false,
}

/** Whether a user `u` has a group that meets the condition, in SQL. $1 is the organization. */
export function groupConditionSql(
  condition: Condition,
  actor: Actor,
  parameters: Parameters,
  isRequired: boolean,
): string {
  const own = actor.view === 'directory' ? `and g.directory_id = ${parameters.add(actor.directoryId)}` : ''
  const where = conditionSql(condition, groupAttributes, parameters)
  if (!asksOfGroupAlone(condition)) return walkUp(where, own)
  const members = walkDown(where, own)
  // The ids lead to the users by their index. Where other users are looked at, too, an object answers for each at once.
  return isRequired
    ? `(u.id = any(array(${members})))`
    : `coalesce((select jsonb_object_agg(s.user_id, true) from (${members}) s) ? u.id, false)`
}

/**
 * The parts of an `or` with those on groups put together, for a user has a group with one thing or another where it has either:
 * those that are asked of groups alone, and those that are asked of how the user comes to be in them.
 */
export function joinGroupConditions(parts: readonly Condition[]): readonly Condition[] {
  const inner = parts.map(readGroupCondition)
  const found = inner.filter((condition) => condition !== undefined)
  const others = parts.filter((_, index) => inner[index] === undefined)
  const joined = [found.filter(asksOfGroupAlone), found.filter((one) => !asksOfGroupAlone(one))]
  return [...others, ...joined.filter((of) => of.length > 0).map(askOfSome)]
}

function askOfSome(alternatives: readonly Condition[]): Condition {
  return { kind: 'some', path: groups, of: { kind: 'or', of: alternatives } }
}

// What a condition asks of one group, where that is all that it asks.
function readGroupCondition(condition: Condition): Condition | undefined {
  if (condition.kind !== 'some' && (condition.kind !== 'compare' || condition.value === null)) return undefined
  if (!isCore(condition.path, 'groups')) return undefined
  return condition.kind === 'some' ? condition.of : condition
}

// The type says how the user comes to be in the group. What nearly every group meets is soonest found from the user, too.
function asksOfGroupAlone(condition: Condition): boolean {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return condition.of.every(asksOfGroupAlone)
    case 'not':
      return asksOfGroupAlone(condition.of)
    case 'compare':
      return condition.path.sub !== 'type'
    case 'present':
    case 'constant':
    case 'some':
      return false
  }
}

// From the groups that meet the condition to those in them, once for all users. Union stops at cycles; the offsets keep the
// planner from joining all memberships of the organization, which it does while it has no statistics of it.
function walkDown(where: string, own: string): string {
  const members = (column: string): string => `cross join lateral (select m.${column} from memberships m
      where m.org_id = $1 and m.group_id = h.id and m.${column} is not null offset 0) m`
  return `with recursive holders (id) as (
      select g.id from groups g where g.org_id = $1 ${own} and ${where}
      union select m.child_id from holders h ${members('child_id')}
    ) select m.user_id from holders h ${members('user_id')}`
}

// From one user to its groups.
function walkUp(where: string, own: string): string {
  return `exists (with recursive walk (id) as (
      select m.group_id from memberships m where m.org_id = u.org_id and m.user_id = u.id
      union select m.group_id from walk w cross join lateral (select m.group_id from memberships m
        where m.org_id = u.org_id and m.child_id = w.id offset 0) m
    ) select 1 from walk w cross join lateral (select g.id, g.resource, ${typeSql} as type from groups g
        where g.org_id = u.org_id and g.id = w.id ${own} limit 1) g
      where ${where})`
}

const typeSql = `case when exists (select 1 from memberships d
    where d.org_id = u.org_id and d.group_id = g.id and d.member_id = u.id) then 'direct' else 'indirect' end`

const groupAttributes: AttributeSource = {
  compare(path, comparison, value, parameters) {
    if (path.sub === 'display') return compareTextSql(displaySql, path, comparison, value, parameters)
    const operand = path.sub === '$ref' ? stripLocation(value, '/Groups') : value
    // Ids and types are ASCII in lower case, so folding the operand alone is enough, and keeps the index.
    const folded = path.caseExact ? operand : foldCase(String(operand))
    const column = path.sub === 'type' ? 'g.type' : 'g.id'
    if (comparison === 'eq') return `(${column} = ${parameters.add(folded)})`
    return compareTextSql(column, { ...path, caseExact: true }, comparison, folded, parameters)
  },
  present: () => 'true',
  some: () => 'false',
  order: () => undefined,
}

const displaySql = `(g.resource ->> 'displayName')`

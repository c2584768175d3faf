// Which attributes of a group are columns or tables of their own, and how a condition asks them.
import type { Parameters } from '../db/query.ts'
import {
  compareCommon,
  compareExternalId,
  isCore,
  orderCommon,
  presentCommon,
  stripLocation,
} from './common-attributes.ts'
import type { AttributePath, Comparison, Condition, Value } from './condition.ts'
import { pathKey } from './condition.ts'
import { type AttributeSource, compareTextSql, conditionSql } from './condition-sql.ts'
import { foldCase } from './keys.ts'
import { sourceSql } from './owner-sql.ts'

export const rollcallGroup = 'urn:ietf:params:scim:schemas:extension:rollcall:2.0:Group'

export const groupAttributes: AttributeSource = {
  compare(path: AttributePath, comparison: Comparison, value: Value, parameters: Parameters): string | undefined {
    const common = compareCommon('Group', '/Groups', path, comparison, value, parameters)
    if (common !== undefined) return common
    const key = pathKey(path)
    if (key === 'displayName' && (comparison === 'eq' || comparison === 'ne')) {
      return `(u.display_name_key ${comparison === 'eq' ? '=' : '<>'} ${parameters.add(foldCase(String(value).trim()))})`
    }
    if (key === 'externalId') return compareExternalId(path, comparison, value, parameters)
    if (key === `${rollcallGroup}:source`) return compareTextSql(sourceSql, path, comparison, value, parameters)
    if (isCore(path, 'members')) return compareMember(path, comparison, value, parameters)
    return undefined
  },
  present(path: AttributePath, parameters: Parameters): string | undefined {
    const key = pathKey(path)
    if (key === 'externalId') return '(u.external_id is not null)'
    if (key === `${rollcallGroup}:source`) return 'true'
    if (isCore(path, 'members')) return someMember({ kind: 'constant', value: true }, parameters)
    return presentCommon(path)
  },
  some(path: AttributePath, of: Condition, parameters: Parameters): string | undefined {
    return isCore(path, 'members') ? someMember(of, parameters) : undefined
  },
  order(path: AttributePath): string | undefined {
    const key = pathKey(path)
    if (key === 'displayName') return 'u.display_name_key'
    if (key === 'externalId') return 'u.external_id'
    if (key === `${rollcallGroup}:source`) return sourceSql
    return isCore(path, 'members') ? 'null::text' : orderCommon('Group', path)
  },
}

// The groups of one member are found once, by the indexes of members: no group is asked whether it has the member.
function compareMember(path: AttributePath, comparison: Comparison, value: Value, parameters: Parameters): string {
  if (comparison !== 'eq' || (path.sub !== 'value' && path.sub !== '$ref')) {
    return someMember({ kind: 'compare', path, comparison, value }, parameters)
  }
  const id = parameters.add(readMemberId(path, value))
  return `(u.id = any(array(select m.group_id from memberships m where m.org_id = $1 and m.user_id = ${id}
    union all select m.group_id from memberships m where m.org_id = $1 and m.child_id = ${id})))`
}

function someMember(condition: Condition, parameters: Parameters): string {
  return `exists (select 1 from memberships v where v.org_id = u.org_id and v.group_id = u.id
    and ${memberConditionSql(condition, parameters)})`
}

/** A condition on members, over a row `v` of memberships. */
export function memberConditionSql(condition: Condition, parameters: Parameters): string {
  return conditionSql(condition, memberAttributes, parameters)
}

const memberAttributes: AttributeSource = {
  compare(path, comparison, value, parameters) {
    if (path.sub === 'display') return compareTextSql(displaySql, path, comparison, value, parameters)
    if (path.sub === 'type') return compareTextSql(typeSql, path, comparison, value, parameters)
    const id = readMemberId(path, value)
    if (comparison === 'eq') return `(v.member_id = ${parameters.add(id)})`
    return compareTextSql('v.member_id', { ...path, caseExact: true }, comparison, id, parameters)
  },
  present: (path) => (path.sub === 'display' ? `(${displaySql} is not null)` : 'true'),
  some: () => 'false',
  order: () => undefined,
}

// Ids are ASCII in lower case, so folding the operand alone is enough, and keeps the index.
function readMemberId(path: AttributePath, value: Value): string {
  const id = String(path.sub === '$ref' ? stripMember(value) : value)
  return path.caseExact ? id : foldCase(id)
}

const typeSql = `(case when v.user_id is null then 'Group' else 'User' end)`

const displaySql = `coalesce((select coalesce(mu.resource ->> 'displayName', mu.resource ->> 'userName') from users mu
      where mu.org_id = v.org_id and mu.id = v.user_id),
    (select mg.resource ->> 'displayName' from groups mg where mg.org_id = v.org_id and mg.id = v.child_id))`

function stripMember(value: Value): Value {
  return stripLocation(stripLocation(value, '/Users'), '/Groups')
}

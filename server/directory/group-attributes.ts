// Which attributes of a group are columns or tables of their own, and how a condition asks them.
import type { Parameters } from '../db/query.ts'
import { compareCommon, orderCommon, presentCommon, stripLocation } from './common-attributes.ts'
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
    if (key === 'externalId') return compareTextSql('u.external_id', path, comparison, value, parameters)
    if (key === `${rollcallGroup}:source`) return compareTextSql(sourceSql, path, comparison, value, parameters)
    if (path.name === 'members') return someMember({ kind: 'compare', path, comparison, value }, parameters)
    return undefined
  },
  present(path: AttributePath, parameters: Parameters): string | undefined {
    const key = pathKey(path)
    if (key === 'externalId') return '(u.external_id is not null)'
    if (key === `${rollcallGroup}:source`) return 'true'
    if (path.name === 'members') return someMember({ kind: 'constant', value: true }, parameters)
    return presentCommon(path)
  },
  some(path: AttributePath, of: Condition, parameters: Parameters): string | undefined {
    return path.name === 'members' ? someMember(of, parameters) : undefined
  },
  order(path: AttributePath): string | undefined {
    const key = pathKey(path)
    if (key === 'displayName') return 'u.display_name_key'
    if (key === 'externalId') return 'u.external_id'
    if (key === `${rollcallGroup}:source`) return sourceSql
    return path.name === 'members' ? 'null::text' : orderCommon('Group', path)
  },
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
    const operand = path.sub === '$ref' ? stripMember(value) : value
    // Ids are ASCII in lower case, so folding the operand alone is enough and keeps the index.
    if ((path.sub === 'value' || path.sub === '$ref') && comparison === 'eq') {
      return `(v.member_id = ${parameters.add(path.caseExact ? operand : foldCase(String(operand)))})`
    }
    return compareTextSql(memberText(path), path, comparison, operand, parameters)
  },
  present: (path) => `(${memberText(path)} is not null)`,
  some: () => 'false',
  order: () => undefined,
}

function memberText(path: AttributePath): string {
  if (path.sub === 'type') return `(case when v.user_id is null then 'Group' else 'User' end)`
  if (path.sub !== 'display') return 'v.member_id'
  return `coalesce((select coalesce(mu.resource ->> 'displayName', mu.resource ->> 'userName') from users mu
      where mu.org_id = v.org_id and mu.id = v.user_id),
    (select mg.resource ->> 'displayName' from groups mg where mg.org_id = v.org_id and mg.id = v.child_id))`
}

function stripMember(value: Value): Value {
  return stripLocation(stripLocation(value, '/Users'), '/Groups')
}

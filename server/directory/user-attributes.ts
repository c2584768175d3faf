// Which attributes of a user are columns or tables of their own, and how a condition asks them.
import type { Parameters } from '../db/query.ts'
import type { Actor } from './actor.ts'
import { compareCommon, compareTime, orderCommon, presentCommon, stripLocation } from './common-attributes.ts'
import type { AttributePath, Comparison, Condition, Value } from './condition.ts'
import { pathKey } from './condition.ts'
import { type AttributeSource, compareTextSql, conditionSql } from './condition-sql.ts'
import { foldCase, foldUserName } from './keys.ts'
import { findRequiredAddress } from './mail-lookup.ts'
import { sourceSql, syncedSql } from './owner-sql.ts'
import { enterpriseUser, rollcallUser } from './user-record.ts'

const prefixEnd = '\u{10ffff}'

const manager = `${enterpriseUser}:manager`

/** The attributes of users as `actor` may see them. */
export function userAttributes(actor: Actor): AttributeSource {
  return { compare, present, some, order }

  function compare(
    path: AttributePath,
    comparison: Comparison,
    value: Value,
    parameters: Parameters,
  ): string | undefined {
    const common = compareCommon('User', '/Users', path, comparison, value, parameters)
    if (common !== undefined) return common
    switch (pathKey(path)) {
      case 'userName':
        return compareUserName(path, comparison, value, parameters)
      case 'externalId':
        return compareExternalId(path, comparison, value, parameters)
      case `${enterpriseUser}:employeeNumber`:
        return compareKey('u.employee_number_key', path, comparison, value, parameters)
      case `${enterpriseUser}:department`:
        return compareKey('u.department_key', path, comparison, value, parameters)
      case `${manager}.value`:
        return compareTextSql('u.manager_id', { ...path, caseExact: true }, comparison, value, parameters)
      case `${manager}.$ref`:
        return compareTextSql(managerUser, path, comparison, stripLocation(value, '/Users'), parameters)
      case `${manager}.displayName`:
        return compareTextSql(managerName, path, comparison, value, parameters)
      case `${rollcallUser}:source`:
        return compareTextSql(sourceSql, path, comparison, value, parameters)
      case `${rollcallUser}:syncedAt`:
        return compareTime(syncedSql, comparison, value, parameters)
      case 'emails.value':
        return comparison === 'eq' && typeof value === 'string'
          ? `(u.email_keys @> array[${parameters.add(foldCase(value))}::text])`
          : undefined
      default:
        return path.name === 'groups' ? someGroup({ kind: 'compare', path, comparison, value }, parameters) : undefined
    }
  }

  function present(path: AttributePath, parameters: Parameters): string | undefined {
    const key = pathKey(path)
    if (key === 'externalId') return `(${externalIdSql(parameters)} is not null)`
    if (path.name === 'groups') return someGroup({ kind: 'constant', value: true }, parameters)
    if (key === manager || key === `${manager}.value`) return '(u.manager_id is not null)'
    if (key === `${manager}.$ref`) return `(${managerUser} is not null)`
    if (key === `${manager}.displayName`) return `(${managerName} is not null)`
    if (key === `${rollcallUser}:source` || key === `${rollcallUser}:syncedAt`) return 'true'
    return presentCommon(path)
  }

  function some(path: AttributePath, of: Condition, parameters: Parameters): string | undefined {
    if (path.name === 'groups') return someGroup(of, parameters)
    const address = path.name === 'emails' ? findRequiredAddress(of) : undefined
    if (address === undefined) return undefined
    // The index finds the few users with the address; the whole condition is then asked of them.
    const all = conditionSql(
      { kind: 'some', path, of },
      { ...userAttributes(actor), some: () => undefined },
      parameters,
    )
    return `(u.email_keys @> array[${parameters.add(foldCase(address))}::text] and ${all})`
  }

  function order(path: AttributePath, parameters: Parameters): string | undefined {
    return pathKey(path) === 'externalId' ? externalIdSql(parameters) : orderUsers(path)
  }

  // externalId is the one that the acting directory gave; an application sees the owner's.
  function ownLink(parameters: Parameters): string {
    const directory = actor.view === 'directory' ? parameters.add(actor.directoryId) : 'u.directory_id'
    return `from links x where x.org_id = u.org_id and x.user_id = u.id and x.directory_id = ${directory}`
  }

  function externalIdSql(parameters: Parameters): string {
    return `(select x.external_id ${ownLink(parameters)})`
  }

  // Equality is asked as "is among those who have it", so that the index of externalId finds them.
  function compareExternalId(
    path: AttributePath,
    comparison: Comparison,
    value: Value,
    parameters: Parameters,
  ): string {
    if (comparison !== 'eq' || typeof value !== 'string') {
      return compareTextSql(externalIdSql(parameters), path, comparison, value, parameters)
    }
    return `exists (select 1 ${ownLink(parameters)} and x.external_id = ${parameters.add(value)})`
  }

  function someGroup(condition: Condition, parameters: Parameters): string {
    const inner: AttributeSource = {
      compare: (path, comparison, value) =>
        compareTextSql(
          groupText(path),
          path,
          comparison,
          path.sub === '$ref' ? stripLocation(value, '/Groups') : value,
          parameters,
        ),
      present: (path) => `(${groupText(path)} is not null)`,
      some: () => 'false',
      order: () => undefined,
    }
    const own = actor.view === 'directory' ? `and g.directory_id = ${parameters.add(actor.directoryId)}` : ''
    return `exists (select 1 from memberships m join groups g on g.org_id = m.org_id and g.id = m.group_id ${own}
      where m.org_id = u.org_id and m.user_id = u.id and ${conditionSql(condition, inner, parameters)})`
  }
}

// The id of a manager whom no user has gives no $ref and no name.
const managerRow = 'from users mm where mm.org_id = u.org_id and mm.id = u.manager_id'
const managerUser = `(select mm.id ${managerRow})`
const managerName = `(select mm.resource ->> 'displayName' ${managerRow})`

// Filters on groups ask for direct membership, which has an index; indirect groups show in the resource.
function groupText(path: AttributePath): string {
  if (path.sub === 'display') return `(g.resource ->> 'displayName')`
  if (path.sub === 'type') return `'direct'`
  return 'g.id'
}

function compareUserName(path: AttributePath, comparison: Comparison, value: Value, parameters: Parameters): string {
  const isWhole = comparison === 'eq' || comparison === 'ne'
  const key = foldUserName(isWhole ? String(value).trim() : String(value))
  // A prefix as a range, for the planner cannot see the prefix inside a prepared statement.
  if (comparison === 'sw' && key !== '') {
    return `(u.user_name_key >= ${parameters.add(key)} and u.user_name_key < ${parameters.add(key + prefixEnd)})`
  }
  return compareKey('u.user_name_key', path, comparison, key, parameters)
}

// The column is prepared already, so no function may stand between it and its index.
function compareKey(
  column: string,
  path: AttributePath,
  comparison: Comparison,
  value: Value,
  parameters: Parameters,
): string {
  const operand = typeof value === 'string' ? foldCase(value) : value
  if (comparison === 'eq' && typeof operand === 'string') {
    return `(${column} is not null and ${column} = ${parameters.add(operand)})`
  }
  return compareTextSql(column, { ...path, caseExact: true }, comparison, operand, parameters)
}

function orderUsers(path: AttributePath): string | undefined {
  switch (pathKey(path)) {
    case 'userName':
      return 'u.user_name_key'
    case `${enterpriseUser}:employeeNumber`:
      return 'u.employee_number_key'
    case `${enterpriseUser}:department`:
      return 'u.department_key'
    case `${manager}.value`:
    case `${manager}.$ref`:
      return 'u.manager_id'
    case `${manager}.displayName`:
      return `lower(${managerName})`
    case `${rollcallUser}:source`:
      return sourceSql
    case `${rollcallUser}:syncedAt`:
      return syncedSql
    default:
      return path.name === 'groups' ? `null::text` : orderCommon('User', path)
  }
}

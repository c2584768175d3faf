// Which attributes of a user are columns or tables of their own, and how a condition asks them.
import type { Parameters } from '../db/query.ts'
import type { Actor } from './actor.ts'
import { compareCommon, compareTime, isCore, orderCommon, presentCommon, stripLocation } from './common-attributes.ts'
import type { AttributePath, Comparison, Condition, Value } from './condition.ts'
import { pathKey } from './condition.ts'
import { type AttributeSource, compareTextSql, conditionSql, foldSql } from './condition-sql.ts'
import { groupConditionSql, joinGroupConditions } from './group-lookup.ts'
import { foldCase, foldUserName } from './keys.ts'
import { findRequiredAddress } from './mail-lookup.ts'
import { sourceSql, syncedSql } from './owner-sql.ts'
import { enterpriseUser, rollcallUser } from './user-record.ts'

const prefixEnd = '\u{10ffff}'
const userId = /^emp_[0-9a-z]+$/

const manager = `${enterpriseUser}:manager`

/** The attributes of users as `actor` may see them. */
export function userAttributes(actor: Actor): AttributeSource {
  return { compare, present, some, joinAlternatives: joinGroupConditions, order }

  function compare(
    path: AttributePath,
    comparison: Comparison,
    value: Value,
    parameters: Parameters,
    isRequired: boolean,
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
        return compareManager(path, comparison, value, parameters)
      case `${manager}.$ref`:
        return compareManagerRef(path, comparison, stripLocation(value, '/Users'), parameters)
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
        return isCore(path, 'groups')
          ? groupConditionSql({ kind: 'compare', path, comparison, value }, actor, parameters, isRequired)
          : undefined
    }
  }

  function present(path: AttributePath, parameters: Parameters): string | undefined {
    const key = pathKey(path)
    if (key === 'externalId') return `(${externalIdSql(parameters)} is not null)`
    if (isCore(path, 'groups')) return groupConditionSql({ kind: 'constant', value: true }, actor, parameters, false)
    if (key === manager || key === `${manager}.value`) return '(u.manager_id is not null)'
    if (key === `${manager}.$ref`) return `(${managerUser} is not null)`
    if (key === `${manager}.displayName`) return `(${managerName} is not null)`
    if (key === `${rollcallUser}:source` || key === `${rollcallUser}:syncedAt`) return 'true'
    return presentCommon(path)
  }

  function some(path: AttributePath, of: Condition, parameters: Parameters, isRequired: boolean): string | undefined {
    if (isCore(path, 'groups')) return groupConditionSql(of, actor, parameters, isRequired)
    const address = isCore(path, 'emails') ? findRequiredAddress(of) : undefined
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
  function externalIdSql(parameters: Parameters): string {
    const directory = actor.view === 'directory' ? parameters.add(actor.directoryId) : 'u.directory_id'
    return `(select x.external_id from links x
      where x.org_id = u.org_id and x.user_id = u.id and x.directory_id = ${directory})`
  }

  // Who has an externalId is found once, by its index: no user is asked for it.
  function compareExternalId(
    path: AttributePath,
    comparison: Comparison,
    value: Value,
    parameters: Parameters,
  ): string {
    if (comparison !== 'eq') return compareTextSql(externalIdSql(parameters), path, comparison, value, parameters)
    const directory =
      actor.view === 'directory'
        ? parameters.add(actor.directoryId)
        : '(select o.directory_id from users o where o.org_id = $1 and o.id = x.user_id)'
    return `(u.id = any(array(select x.user_id from links x
      where x.org_id = $1 and x.external_id = ${parameters.add(value)} and x.directory_id = ${directory})))`
  }
}

// The id of a manager whom no user has gives no $ref and no name.
const managerRow = 'from users mm where mm.org_id = u.org_id and mm.id = u.manager_id'
const managerUser = `(select mm.id ${managerRow})`
const managerName = `(select mm.resource ->> 'displayName' ${managerRow})`

// The ids of users are in lower case, and their managers are what is asked for. Any other value is looked for in all users: it
// need not be an id, and is compared as the schema says.
function compareManager(path: AttributePath, comparison: Comparison, value: Value, parameters: Parameters): string {
  const id = foldCase(String(value))
  if (comparison === 'eq' && userId.test(id)) {
    return `(u.manager_id is not null and u.manager_id = ${parameters.add(id)})`
  }
  return compareTextSql('(u.manager_id collate "default")', path, comparison, value, parameters)
}

function compareManagerRef(path: AttributePath, comparison: Comparison, id: Value, parameters: Parameters): string {
  if (comparison !== 'eq') return compareTextSql(managerUser, path, comparison, id, parameters)
  return `(u.manager_id is not null and u.manager_id = ${parameters.add(id)} and ${managerUser} is not null)`
}

function compareUserName(path: AttributePath, comparison: Comparison, value: Value, parameters: Parameters): string {
  const isWhole = comparison === 'eq' || comparison === 'ne'
  const key = foldUserName(isWhole ? String(value).trim() : String(value))
  // A prefix as a range, for the planner cannot see the prefix inside a prepared statement.
  if (comparison === 'sw' && key !== '') {
    return `(u.user_name_key >= ${parameters.add(key)} and u.user_name_key < ${parameters.add(key + prefixEnd)})`
  }
  // With the organization, which is in the index, for in an or with other names it is compared nowhere else that an index serves.
  if (comparison === 'eq') return `(u.user_name_key = ${parameters.add(key)} and u.org_id = $1)`
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
      return foldSql(managerName)
    case `${rollcallUser}:source`:
      return sourceSql
    case `${rollcallUser}:syncedAt`:
      return syncedSql
    default:
      return isCore(path, 'groups') ? `null::text` : orderCommon('User', path)
  }
}

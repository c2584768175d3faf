// The attributes that every resource has (RFC 7643 section 3.1), as SQL over its row `u`.
import type { Parameters } from '../db/query.ts'
import type { AttributePath, Comparison, Value } from './condition.ts'
import { pathKey } from './condition.ts'
import { compareTextSql, operatorOf, quote } from './condition-sql.ts'

/** UTC with milliseconds, as SCIM and RFC 3339 write it. */
export function timeSql(column: string): string {
  return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
}

/** `,"meta":{…}}`, the end of every resource. */
export function metaSql(resourceType: string, endpoint: string): string {
  return `',"meta":{"resourceType":"${resourceType}","created":"' || ${timeSql('u.created_at')} || '","lastModified":"'
    || ${timeSql('u.modified_at')} || '","location":"' || $3 || '${endpoint}/' || u.id
    || '","version":"W/\\"' || u.version || '\\""}}'`
}

/** Compares id, meta.* and schemas; undefined for any other path. */
export function compareCommon(
  resourceType: string,
  endpoint: string,
  path: AttributePath,
  comparison: Comparison,
  value: Value,
  parameters: Parameters,
): string | undefined {
  switch (pathKey(path)) {
    case 'id':
      return compareId(path, comparison, value, parameters)
    case 'meta.created':
      return compareTime('u.created_at', comparison, value, parameters)
    case 'meta.lastModified':
      return compareTime('u.modified_at', comparison, value, parameters)
    case 'meta.resourceType':
      return compareTextSql(quote(resourceType), path, comparison, value, parameters)
    case 'meta.version':
      return compareTextSql(`('W/"' || u.version || '"')`, path, comparison, value, parameters)
    case 'meta.location':
      // Locations differ between the names that a server has; the resource is meant, so its last part is compared.
      return compareId(path, comparison, stripLocation(value, endpoint), parameters)
    default:
      return undefined
  }
}

// No function may stand between the id and its index.
function compareId(path: AttributePath, comparison: Comparison, value: Value, parameters: Parameters): string {
  if (comparison === 'eq') return `(u.id = ${parameters.add(value)})`
  return compareTextSql('u.id', path, comparison, value, parameters)
}

/** Compares the externalId of what has one column for it. No function may stand between the column and its index. */
export function compareExternalId(
  path: AttributePath,
  comparison: Comparison,
  value: Value,
  parameters: Parameters,
): string {
  if (comparison === 'eq') return `(u.external_id is not null and u.external_id = ${parameters.add(value)})`
  return compareTextSql('u.external_id', path, comparison, value, parameters)
}

export function presentCommon(path: AttributePath): string | undefined {
  return isCore(path, 'id') || isCore(path, 'meta') || isCore(path, 'schemas') ? 'true' : undefined
}

/** Whether a path begins with an attribute of that name which is of no extension: those may have one called the same. */
export function isCore(path: AttributePath, name: string): boolean {
  return path.extension === undefined && path.name === name
}

export function orderCommon(resourceType: string, path: AttributePath): string | undefined {
  const columns: Record<string, string> = {
    id: 'u.id',
    'meta.created': 'u.created_at',
    'meta.lastModified': 'u.modified_at',
    'meta.version': `lpad(u.version::text, 10, '0')`,
    // Without a type PostgreSQL takes a constant for the number of a column.
    'meta.resourceType': `${quote(resourceType)}::text`,
    'meta.location': 'u.id',
  }
  return columns[pathKey(path)]
}

/** `https://host/scim/v2/Users/emp_1` → `emp_1`, where the endpoint is `/Users`. */
export function stripLocation(value: Value, endpoint: string): Value {
  if (typeof value !== 'string') return value
  const at = value.lastIndexOf(`${endpoint.slice(1)}/`)
  return at === -1 ? value : value.slice(at + endpoint.length)
}

/** Compares a timestamptz column. */
export function compareTime(column: string, comparison: Comparison, value: Value, parameters: Parameters): string {
  const operand = `${parameters.add(String(value))}::timestamptz`
  return comparison === 'ne' ? `(${column} <> ${operand})` : `(${column} ${operatorOf(comparison)} ${operand})`
}

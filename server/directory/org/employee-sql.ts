// A person as an employee in SQL. Of every statement here $1 is the organization and $2 today.
import type { Database } from '../../db/connect.ts'
import { query } from '../../db/query.ts'
import type { Actor } from '../actor.ts'
import { sourceSql, syncedSql } from '../owner-sql.ts'
import { enterpriseUser, rollcallUser } from '../user-record.ts'
import { employeeStatuses, type EmployeeSummary } from './employee.ts'

/**
 * The organization, hidden from the planner: of one that is new since the last ANALYZE it believes that it has one row, and takes
 * the index of all its people for as good as that of a manager's or a department's.
 */
export const organization = '(select $1::text)'

/** The day that a statement calls today: that of UTC. */
export function readToday(actor: Actor): string {
  return actor.at.toISOString().slice(0, 10)
}

/** The first two parameters of every statement. */
export function firstParameters(actor: Actor): unknown[] {
  return [actor.organizationId, readToday(actor)]
}

/** Before which day somebody has left, for `hasLeftSql`: where those who have left are people like any other, nobody has. */
export function leftBefore(actor: Actor, includeInactive: boolean): string {
  return includeInactive ? '-infinity' : readToday(actor)
}

/** Whether the person of the row has left before the day of a parameter. Never null. */
export function hasLeftSql(row: string, day: string): string {
  return `coalesce(${row}.last_day < ${day}::date, false)`
}

const statuses = `('${employeeStatuses.join("', '")}')`

/** The status of the person of a row. */
export function statusSql(row: string): string {
  const stated = `${row}.resource -> '${rollcallUser}' ->> 'employmentStatus'`
  return `case when ${stated} in ${statuses} then ${stated} when ${hasLeftSql(row, '$2')} then 'terminated'
      when ${row}.active is false then 'suspended' else 'active' end`
}

function pathSql(row: string, path: string): string {
  return `jsonb_path_query_first(${row}.resource, '$.${path}') #>> '{}'`
}

/** What a summary says of the person of a row: a select list, named as in EmployeeSummary. */
export function summarySql(row: string): string {
  const core = `${row}.resource`
  const enterprise = `${core} -> '${enterpriseUser}'`
  return `${row}.id, ${enterprise} ->> 'employeeNumber' as "employeeNumber",
      coalesce(${pathSql(row, 'emails[*] ? (@.primary == true).value')}, ${pathSql(row, 'emails[*].value')}) as email,
      coalesce(${core} ->> 'displayName', ${core} #>> '{name,formatted}',
        nullif(concat_ws(' ', ${core} #>> '{name,givenName}', ${core} #>> '{name,familyName}'), ''), ${core} ->> 'userName') as "displayName",
      ${core} ->> 'title' as title, ${enterprise} ->> 'department' as department,
      coalesce(${core} -> '${rollcallUser}' ->> 'location',
        ${pathSql(row, 'addresses[*] ? (@.type like_regex "^work$" flag "i").locality')}) as location,
      ${statusSql(row)} as status`
}

const phoneSql = ['? (@.type like_regex "^work$" flag "i")', '? (@.primary == true)', '']
  .map((which) => pathSql('u', `phoneNumbers[*] ${which}.value`))
  .join(', ')

const groupNamesSql = `(select coalesce(json_agg(g.name order by g.name), '[]') from memberships m cross join lateral (
        select x.resource ->> 'displayName' as name from groups x where x.org_id = m.org_id and x.id = m.group_id limit 1) g
      where m.org_id = u.org_id and m.user_id = u.id)`

/** All that is said of the person of the row `u`: a select list, named as in Employee. */
export const employeeSql = `${summarySql('u')}, u.resource #>> '{name,givenName}' as "givenName",
      u.resource #>> '{name,familyName}' as "familyName", u.resource -> '${enterpriseUser}' ->> 'division' as division,
      u.resource -> '${enterpriseUser}' ->> 'costCenter' as "costCenter", u.manager_id as "managerId",
      coalesce(${phoneSql}) as phone, u.resource -> '${rollcallUser}' ->> 'employmentType' as "employmentType",
      u.resource -> '${rollcallUser}' ->> 'startDate' as "startDate", ${sourceSql} as source, u.external_id as "externalId",
      ${groupNamesSql} as groups, u.resource -> '${rollcallUser}' ->> 'platformUserId' as "platformUserId",
      coalesce(${syncedSql}, u.modified_at) as "syncedAt", u.created_at as "createdAt", u.modified_at as "modifiedAt"`

const summariesSql = `select ${summarySql('u')} from unnest($3::text[]) with ordinality i(id, place) cross join lateral (
    select * from users u where u.org_id = ${organization} and u.id = i.id limit 1) u
  order by i.place`

/** Those of the people who exist, in the order of the ids. */
export function readSummaries(db: Database, actor: Actor, ids: readonly string[]): Promise<EmployeeSummary[]> {
  return query(db, summariesSql, [...firstParameters(actor), ids])
}

const directoriesSql = `select id from directories where org_id = $1 and coalesce(provider, kind) = $2`

/** The directories that are called so as a source. */
export async function findDirectories(db: Database, actor: Actor, source: string): Promise<string[]> {
  const rows = await query<{ id: string }>(db, directoriesSql, [actor.organizationId, source])
  return rows.map(({ id }) => id)
}

// Employees one by one and in pages, and those who report to one.
import type { Database } from '../../db/connect.ts'
import { Parameters, query } from '../../db/query.ts'
import { AppError } from '../../errors.ts'
import type { Actor } from '../actor.ts'
import { foldCase } from '../keys.ts'
import type { Employee, EmployeeDetail, EmployeeStatus, EmployeeSummary, Window, Windowed } from './employee.ts'
import {
  employeeSql,
  findDirectories,
  firstParameters,
  hasLeftSql,
  leftBefore,
  organization,
  statusSql,
  summarySql,
} from './employee-sql.ts'
import { countReports } from './walk-down.ts'
import { countWanted, toWindowById } from './window.ts'

export interface EmployeeFilter {
  /** Whatever the case. */
  readonly department?: string
  readonly status?: EmployeeStatus
  readonly source?: string
  readonly managerId?: string
}

/**
 * In the order of their ids. Department and manager are found by an index; status and source are asked of person after person,
 * until the page is full.
 */
export async function listEmployees(
  db: Database,
  actor: Actor,
  filter: EmployeeFilter,
  window: Window,
): Promise<Windowed<Employee>> {
  const { department, status, source, managerId } = filter
  const parameters = new Parameters(...firstParameters(actor))
  const conditions = [`u.org_id = ${organization}`]
  const add = (sql: string, value: unknown): void => void conditions.push(`${sql} ${parameters.add(value)}`)
  if (department !== undefined) add('u.department_key =', foldCase(department))
  if (managerId !== undefined) add('u.manager_id =', managerId)
  if (status !== undefined) add(`${statusSql('u')} =`, status)
  if (source !== undefined) {
    const directoryIds = await findDirectories(db, actor, source)
    if (directoryIds.length === 0) return { items: [], next: undefined }
    conditions.push(`u.directory_id = any(${parameters.add(directoryIds)}::text[])`)
  }
  if (window.after !== undefined) add('u.id >', window.after)
  const text = `select ${employeeSql} from (select * from users u where ${conditions.join(' and ')}
      order by u.id limit ${parameters.addLimit(countWanted(window))}) u order by u.id`
  return toWindowById(await query<Employee>(db, text, parameters.values), window)
}

const detailSql = `select ${employeeSql}, case when m.id is not null then to_json(m) end as manager
  from users u left join lateral (
    select ${summarySql('m')} from users m where m.org_id = ${organization} and m.id = u.manager_id limit 1) m on true
  where u.org_id = ${organization} and u.id = $3`

/** Throws not_found. */
export async function readEmployee(db: Database, actor: Actor, id: string): Promise<EmployeeDetail> {
  const [row] = await query<Employee & { readonly manager: EmployeeSummary | null }>(db, detailSql, [
    ...firstParameters(actor),
    id,
  ])
  if (row === undefined) throw unknownUser(id)
  return { ...row, manager: row.manager ?? undefined }
}

export function unknownUser(id: string): AppError {
  return new AppError('not_found', `There is no user ${id}.`)
}

const severalSql = `select ${employeeSql} from unnest($3::text[]) with ordinality i(id, place) cross join lateral (
    select * from users u where u.org_id = ${organization} and u.id = i.id limit 1) u
  order by i.place`

/** The employees of these ids, in this order; who is unknown is left out. */
export function readEmployees(db: Database, actor: Actor, ids: readonly string[]): Promise<Employee[]> {
  return query(db, severalSql, [...firstParameters(actor), ids])
}

// The managers are the person, and those below who have left, with nobody between who has not. Of each the first reports behind
// the position are read, and of these the first ones are the page.
function reportsSql(limit: string): string {
  return `with recursive managers (id) as (
      select u.id from users u where u.org_id = ${organization} and u.id = $4
      union
      select c.id from managers m cross join lateral (
        select c.id from users c where c.org_id = ${organization} and c.manager_id = m.id and c.last_day < $3::date offset 0) c
    ), page as (
      select r.id from managers m cross join lateral (
        select c.id from users c where c.org_id = ${organization} and c.manager_id = m.id and not ${hasLeftSql('c', '$3')}
          and c.id <> $4 and c.id > $5 order by c.id limit ${limit}) r
      order by r.id limit ${limit}
    )
    select ${summarySql('u')} from page p cross join lateral (
      select * from users u where u.org_id = ${organization} and u.id = p.id limit 1) u
    order by u.id`
}

/**
 * Who reports to a person, in the order of their ids: those whose manager they are, and those whose managers have left, where the
 * nearest one who has not is this person. A page costs all reports of these managers, for among them those who have left are looked
 * for. Throws not_found.
 */
export async function listDirectReports(
  db: Database,
  actor: Actor,
  id: string,
  includeInactive: boolean,
  window: Window,
): Promise<Windowed<EmployeeSummary>> {
  const before = leftBefore(actor, includeInactive)
  const parameters = new Parameters(...firstParameters(actor), before, id, window.after ?? '')
  const text = reportsSql(parameters.addLimit(countWanted(window)))
  const rows = await query<EmployeeSummary>(db, text, parameters.values)
  if (rows.length === 0) await requireUser(db, actor, id)
  return toWindowById(rows, window)
}

/** How many `listDirectReports` has on all pages together. */
export async function countDirectReports(
  db: Database,
  actor: Actor,
  id: string,
  includeInactive: boolean,
): Promise<number> {
  return (await countReports(db, actor, [id], { includeInactive, departmentKey: undefined })).get(id) ?? 0
}

async function requireUser(db: Database, actor: Actor, id: string): Promise<void> {
  const rows = await query(db, 'select from users where org_id = $1 and id = $2', [actor.organizationId, id])
  if (rows.length === 0) throw unknownUser(id)
}

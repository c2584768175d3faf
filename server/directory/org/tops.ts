// Finds who is at the top: of those who have not left, who reports to nobody else who has not. In a circle of several nobody is.
// Where there are many people, from some of them upwards, so that it costs the same however many there are.
import type { Database } from '../../db/connect.ts'
import { query } from '../../db/query.ts'
import type { Actor } from '../actor.ts'
import { hasLeftSql, leftBefore, organization } from './employee-sql.ts'
import type { Scope } from './walk-down.ts'

/** How many managers of an organization are climbed from, of the first and of the last in the order of their ids. */
const maxManagers = 300
/** How many tops are looked for besides those who are reached. */
const maxFound = 101
/** How many tops are asked how many people are below them, besides those who are reached. */
const maxMeasured = 1000
/** How many people are counted to find who has most below them. */
const maxCounted = 10_000

/** Somebody who was met on the way up. */
interface Climber {
  /** The key of the department where the climb began; '' where it is not bound to one. */
  readonly departmentKey: string
  readonly id: string
  readonly managerId: string | null
  readonly isKnown: boolean
  readonly hasLeft: boolean
}

const personSql = (row: string): string => `${row}.id, ${row}.manager_id, ${hasLeftSql(row, '$2')} as has_left`

// `starts` are climbers. Union keeps whom many report to from being met again, and ends circles.
function climbSql(starts: string, isBound: boolean): string {
  const within = isBound ? `and (m.department_key = w.department or ${hasLeftSql('m', '$2')})` : ''
  return `with recursive ${starts}, walk (department, is_known, id, manager_id, has_left) as (
      select * from starts
      union
      select w.department, true, m.* from walk w cross join lateral (
        select ${personSql('m')} from users m where m.org_id = ${organization} and m.id = w.manager_id ${within} limit 1) m
    )
    select department as "departmentKey", is_known as "isKnown", id, manager_id as "managerId", has_left as "hasLeft" from walk`
}

// Each manager is found behind the one before, past all who report to that one. What is no id of ours stands at either end.
function managersSql(name: string, direction: 'asc' | 'desc'): string {
  const behind = direction === 'asc' ? '>' : '<'
  return `${name} (n, id) as (
      (select 1, u.manager_id from users u where u.org_id = ${organization} and u.manager_id is not null
        order by u.manager_id ${direction} limit 1)
      union all
      select p.n + 1, u.manager_id from ${name} p cross join lateral (
        select u.manager_id from users u where u.org_id = ${organization} and u.manager_id ${behind} p.id
        order by u.manager_id ${direction} limit 1) u
      where p.n < ${maxManagers}
    )`
}

const fromManagersSql = climbSql(
  `${managersSql('first', 'asc')}, ${managersSql('last', 'desc')},
    starts as (
      select '' as department, u.id is not null as is_known, i.id, u.manager_id, coalesce(u.has_left, false) as has_left
      from (select id from first union select id from last) i left join lateral (
        select ${personSql('u')} from users u where u.org_id = ${organization} and u.id = i.id limit 1) u on true)`,
  false,
)

const fromDepartmentsSql = climbSql(
  `starts as (select d.department, true as is_known, u.* from unnest($3::text[]) d(department) cross join lateral (
      select ${personSql('u')} from users u where u.org_id = ${organization} and u.department_key = d.department
        and not ${hasLeftSql('u', '$2')} order by u.id limit $4::int) u)`,
  true,
)

/**
 * Who of some departments reports to nobody in theirs, in the order of the ids, by department. Found from the first people of each
 * upwards, so many as are told; who is above none of those is not found.
 */
export async function findDepartmentTops(
  db: Database,
  actor: Actor,
  departmentKeys: readonly string[],
  peopleOfEach: number,
  includeInactive: boolean,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const parameters = [actor.organizationId, leftBefore(actor, includeInactive), departmentKeys, peopleOfEach]
  const rows = await query<Climber>(db, fromDepartmentsSql, parameters)
  const climbers = Map.groupBy(rows, ({ departmentKey }) => departmentKey)
  return new Map([...climbers].map(([key, of]) => [key, sortOut(of).tops]))
}

/**
 * Who is at the top of the organization, those with most people below them first, and of equals in the order of the ids; at most 101.
 * Where an organization has more than 600 managers, those are found who are above one of the first 300 or of the last 300 of them, and
 * besides them those without reports. Who of several has most people below is known as far as the first 10 000 people tell, counted
 * level by level.
 */
export async function findTops(db: Database, actor: Actor, includeInactive: boolean): Promise<string[]> {
  const scope = { includeInactive, departmentKey: undefined }
  const parameters = [actor.organizationId, leftBefore(actor, includeInactive)]
  const { tops, orphaning } = sortOut(await query<Climber>(db, fromManagersSql, parameters))
  const others = await query<{ id: string }>(db, othersSql, [...parameters, orphaning])
  const all = [...new Set([...tops, ...others.map(({ id }) => id)])]
  return (await sortBySize(db, actor, all, scope)).slice(0, maxFound)
}

// Reports of whom nobody knows, and of those who have left and have nobody above them; and those who name no manager.
const othersSql = `select u.id from unnest($3::text[]) i(id) cross join lateral (
    select u.id from users u where u.org_id = ${organization} and u.manager_id = i.id and not ${hasLeftSql('u', '$2')}
    order by u.id limit ${maxFound}) u
  union
  (select u.id from users u where u.org_id = ${organization} and u.manager_id is null and not ${hasLeftSql('u', '$2')}
    order by u.id limit ${maxFound})
  order by id limit ${maxMeasured}`

interface Sorted {
  readonly tops: readonly string[]
  /** Managers whose reports have nobody above them: unknown ones, and those who have left. */
  readonly orphaning: readonly string[]
}

function sortOut(climbers: readonly Climber[]): Sorted {
  const known = new Map(climbers.filter(({ isKnown }) => isKnown).map((climber) => [climber.id, climber]))
  const alone = [...known.values()].filter((climber) => !hasManager(climber, known))
  const unknown = climbers.flatMap(({ id, managerId, isKnown }) => {
    if (!isKnown) return [id]
    return managerId !== null && !known.has(managerId) ? [managerId] : []
  })
  const gone = alone.filter(({ hasLeft }) => hasLeft).map(({ id }) => id)
  return {
    tops: alone.flatMap(({ id, hasLeft }) => (hasLeft ? [] : [id])).toSorted(),
    orphaning: [...new Set([...unknown, ...gone])],
  }
}

// Whether there is somebody else above who has not left.
function hasManager({ id, managerId }: Climber, known: ReadonlyMap<string, Climber>): boolean {
  const seen = new Set([id])
  for (let next = managerId; next !== null && !seen.has(next);) {
    seen.add(next)
    const manager = known.get(next)
    if (manager === undefined) return false
    if (!manager.hasLeft) return true
    next = manager.managerId
  }
  return false
}

function sizesSql({ departmentKey }: Scope): string {
  const within = departmentKey === undefined ? '' : `and (c.department_key = $4 or ${hasLeftSql('c', '$2')})`
  return `with recursive walk (root, id, has_left) as (
      select i.id, i.id collate "C", false from unnest($3::text[]) i(id)
      union all
      select w.root, c.id, c.has_left from walk w cross join lateral (
        select c.id, ${hasLeftSql('c', '$2')} as has_left from users c
        where c.org_id = ${organization} and c.manager_id = w.id and c.id <> w.root ${within} offset 0) c
    )
    select root, count(*)::int as count from (select * from walk limit ${maxCounted}) w where not has_left group by root`
}

/** People in the order of how many are below them, the most first; of equals in the order of their ids. */
export async function sortBySize(db: Database, actor: Actor, ids: readonly string[], scope: Scope): Promise<string[]> {
  if (ids.length < 2) return [...ids]
  const { departmentKey, includeInactive } = scope
  const parameters = [actor.organizationId, leftBefore(actor, includeInactive), ids]
  if (departmentKey !== undefined) parameters.push(departmentKey)
  const rows = await query<{ root: string; count: number }>(db, sizesSql(scope), parameters)
  const sizes = new Map(rows.map(({ root, count }) => [root, count]))
  const sizeOf = (id: string): number => sizes.get(id) ?? 0
  return ids.toSorted((a, b) => sizeOf(b) - sizeOf(a) || (a < b ? -1 : 1))
}

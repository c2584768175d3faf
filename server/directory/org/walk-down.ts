// Walks from a person down to all who report to them, level by level. Who has left is walked through: their reports are those of
// the nearest one above who has not.
import type { Database } from '../../db/connect.ts'
import { query } from '../../db/query.ts'
import type { Actor } from '../actor.ts'
import type { EmployeeSummary } from './employee.ts'
import { firstParameters, hasLeftSql, leftBefore, organization, summarySql } from './employee-sql.ts'

/** Who is met on the way: everybody, or people of one department; with or without those who have left. */
export interface Scope {
  readonly includeInactive: boolean
  /** The key of the department. */
  readonly departmentKey: string | undefined
}

export interface Walked extends EmployeeSummary {
  /** 0 for the one where the walk began. */
  readonly level: number
  /** null for the one where the walk began. */
  readonly managerId: string | null
}

export interface WalkDown {
  readonly root: Walked
  /** Without the root. */
  readonly people: readonly Walked[]
  /** Whether there are more than are walked to; then the last level is left out, for it is not whole. */
  readonly isCut: boolean
  /** Those to whom more may report than are walked to. */
  readonly frontier: readonly string[]
  /** Whether the root is below itself. It is not walked to again. */
  readonly isCircle: boolean
}

/** So many rows are read at most, those of people who have left among them. */
const maxPeople = 50_000

interface Row extends Walked {
  /** How many steps from the root, through people who have left, too. */
  readonly depth: number
  readonly hasLeft: boolean
  /** Whom the row names as manager. */
  readonly namedId: string | null
}

// Everybody has one manager, so nobody but the root can be met twice. A recursive query gives its rows level by level, and is asked
// for no more of them than the limit. The reports of each are looked up one by one, whatever the planner believes of their number.
function walkSql(scope: Scope): string {
  return `with recursive walk as (
      select 0 as depth, 0 as level, null::text collate "C" as "managerId", u.manager_id as "namedId", false as "hasLeft", ${summarySql('u')}
      from users u where u.org_id = ${organization} and u.id = $4
      union all
      select w.depth + 1, w.level + case when c."hasLeft" then 0 else 1 end, case when w."hasLeft" then w."managerId" else w.id end, c.*
      from walk w cross join lateral (
        select c.manager_id, ${hasLeftSql('c', '$3')} as "hasLeft", ${summarySql('c')}
        from users c where c.org_id = ${organization} and c.manager_id = w.id and c.id <> $4 ${withinSql(scope, '$3', '$6')}
        order by c.id offset 0) c
      where w.level < $5::int
    )
    select * from walk limit ${maxPeople + 1}`
}

// People who have left are walked through wherever they were.
function withinSql({ departmentKey }: Scope, day: string, key: string): string {
  return departmentKey === undefined ? '' : `and (c.department_key = ${key} or ${hasLeftSql('c', day)})`
}

const walkSqls = forEachScope(walkSql)

// A text for each kind of scope, made once.
function forEachScope(write: (scope: Scope) => string): (scope: Scope) => string {
  const everybody = write({ includeInactive: false, departmentKey: undefined })
  const department = write({ includeInactive: false, departmentKey: '' })
  return ({ departmentKey }) => (departmentKey === undefined ? everybody : department)
}

function scopeParameters({ departmentKey }: Scope): string[] {
  return departmentKey === undefined ? [] : [departmentKey]
}

/** Everybody down to `maxDepth` levels below the root; undefined where there is no such person. */
export async function walkDown(
  db: Database,
  actor: Actor,
  rootId: string,
  maxDepth: number,
  scope: Scope,
): Promise<WalkDown | undefined> {
  const rows = await query<Row>(db, walkSqls(scope), [
    ...firstParameters(actor),
    leftBefore(actor, scope.includeInactive),
    rootId,
    maxDepth,
    ...scopeParameters(scope),
  ])
  const [root] = rows
  const last = rows.at(-1)
  if (root === undefined || last === undefined) return undefined
  const isCut = rows.length > maxPeople
  const whole = isCut ? rows.filter(({ depth }) => depth < last.depth) : rows
  const people = whole.filter(({ depth, hasLeft }) => depth > 0 && !hasLeft)
  const ends = isCut
    ? whole.filter(({ depth }) => depth === last.depth - 1)
    : whole.filter(({ level, hasLeft }) => level === maxDepth && !hasLeft)
  return {
    root: toWalked(root),
    // Through people who have left somebody is met later than others of the level.
    people: people.map(toWalked).toSorted((a, b) => a.level - b.level),
    isCut,
    frontier: [...new Set(ends.map(({ id, hasLeft, managerId }) => (hasLeft ? (managerId ?? root.id) : id)))],
    isCircle: rows.some(({ id }) => id === root.namedId),
  }
}

// Written out, for leaving members out of ten thousand rows takes longer than reading them.
function toWalked(row: Row): Walked {
  const { id, employeeNumber, email, displayName, title, department, location, status, level, managerId } = row
  return { id, employeeNumber, email, displayName, title, department, location, status, level, managerId }
}

function countSql(scope: Scope): string {
  return `select i.id, r.count, r.gone from unnest($3::text[], $4::text[]) i(id, manager_id) cross join lateral (
      select count(*) filter (where not r."hasLeft")::int as count, array_agg(r.id) filter (where r."hasLeft") as gone
      from (select c.id, ${hasLeftSql('c', '$2')} as "hasLeft" from users c
        where c.org_id = ${organization} and c.manager_id = i.id and c.id <> i.manager_id and c.id <> $5
          ${withinSql(scope, '$2', '$6')} offset 0) r) r
    where r.count > 0 or r.gone is not null`
}

const countSqls = forEachScope(countSql)

interface Counted {
  readonly id: string
  readonly count: number
  readonly gone: string[] | null
}

/**
 * How many people report to each of those, who must not be below each other, where anybody does; they themselves and `rootId` are no
 * reports.
 */
export async function countReports(
  db: Database,
  actor: Actor,
  ids: readonly string[],
  scope: Scope,
  rootId = '',
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  // Whose reports they are, of the people themselves and of those below them who have left.
  const managers = new Map(ids.map((id) => [id, id]))
  const managerOf = (id: string): string => managers.get(id) ?? id
  for (let next = [...ids]; next.length > 0;) {
    const parameters = [
      actor.organizationId,
      leftBefore(actor, scope.includeInactive),
      next,
      next.map(managerOf),
      rootId,
    ]
    const counted = await query<Counted>(db, countSqls(scope), [...parameters, ...scopeParameters(scope)])
    next = []
    for (const { id, count, gone } of counted) {
      const manager = managerOf(id)
      if (count > 0) counts.set(manager, (counts.get(manager) ?? 0) + count)
      for (const goneId of gone ?? []) {
        if (managers.has(goneId)) continue
        managers.set(goneId, manager)
        next.push(goneId)
      }
    }
  }
  return counts
}

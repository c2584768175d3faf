// Departments, which are what people name as theirs.
import type { Database } from '../../db/connect.ts'
import { Parameters, query } from '../../db/query.ts'
import { AppError } from '../../errors.ts'
import type { Actor } from '../actor.ts'
import type { EmployeeSummary, Window, Windowed } from './employee.ts'
import { leftBefore, readSummaries, readToday } from './employee-sql.ts'
import { findDepartmentTops } from './tops.ts'
import { countReports } from './walk-down.ts'
import { countWanted, toWindow } from './window.ts'

export interface Department {
  /** Of the name, whatever its case: `dep_…`. */
  readonly id: string
  readonly name: string
  /** The one that most of its people have, and so for the cost centre. */
  readonly division: string | null
  readonly costCenter: string | null
  readonly headcount: number
  readonly active: number
  readonly onLeave: number
  readonly contractors: number
  /** Who of the department reports to nobody in it; of several the one with the most reports. */
  readonly head: EmployeeSummary | undefined
}

/** People of a department who are alike in all that is counted. */
interface Count {
  readonly key: string
  readonly name: string
  readonly division: string | null
  readonly costCenter: string | null
  readonly standing: string
  readonly hasLeft: boolean
  readonly count: number
}

// $2 is today, $3 before which day people have left who are left out.
function countsSql(keys: string): string {
  return `select c.department_key as key, c.name, c.division, c.cost_center as "costCenter", c.standing,
      coalesce(c.last_day < $2::date, false) as "hasLeft", sum(c.count)::int as count
    from (${keys}) k cross join lateral (
      select * from department_counts c where c.org_id = $1 and c.department_key = k.department_key offset 0) c
    where not coalesce(c.last_day < $3::date, false)
    group by 1, 2, 3, 4, 5, 6 having sum(c.count) > 0`
}

// The page is found in the order of the key: behind its end nothing is read.
const pageSql = (limit: string): string => `select c.department_key from department_counts c
    where c.org_id = $1 and c.department_key > $4 and not coalesce(c.last_day < $3::date, false)
    group by c.department_key having sum(c.count) > 0 order by c.department_key limit ${limit}`

/** In the order of their names. */
export async function listDepartments(
  db: Database,
  actor: Actor,
  includeInactive: boolean,
  window: Window,
): Promise<Windowed<Department>> {
  const days = [readToday(actor), leftBefore(actor, includeInactive)]
  const parameters = new Parameters(actor.organizationId, ...days, window.after ?? '')
  const text = countsSql(pageSql(parameters.addLimit(countWanted(window))))
  const counts = await query<Count>(db, text, parameters.values)
  const byKey = [...Map.groupBy(counts, ({ key }) => key)].toSorted(([a], [b]) => compareBytes(a, b))
  const { items, next } = toWindow(byKey, window, ([key]) => key)
  const heads = await findHeads(
    db,
    actor,
    items.map(([key]) => key),
    includeInactive,
  )
  return { items: items.map(([key, of]) => describe(key, of, heads.get(key))), next }
}

const countDepartmentsSql = `select count(*) as count from (
    select from department_counts c where c.org_id = $1 and not coalesce(c.last_day < $2::date, false)
    group by c.department_key having sum(c.count) > 0) d`

/** How many `listDepartments` has on all pages together. */
export async function countDepartments(db: Database, actor: Actor, includeInactive: boolean): Promise<number> {
  const parameters = [actor.organizationId, leftBefore(actor, includeInactive)]
  const [row] = await query<{ count: number }>(db, countDepartmentsSql, parameters)
  return row?.count ?? 0
}

// As the database orders the keys, which is not how JavaScript orders characters beyond the first plane.
function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

const oneSql = countsSql('select $4::text as department_key')

/** Throws not_found. */
export async function readDepartment(db: Database, actor: Actor, id: string): Promise<Department> {
  const key = readKey(id)
  const today = readToday(actor)
  const counts = key === undefined ? [] : await query<Count>(db, oneSql, [actor.organizationId, today, today, key])
  if (key === undefined || counts.length === 0) {
    throw new AppError('not_found', `There is no department ${id}.`)
  }
  return describe(key, counts, (await findHeads(db, actor, [key], false)).get(key))
}

const idPrefix = 'dep_'

function writeId(key: string): string {
  return idPrefix + Buffer.from(key).toString('base64url')
}

function readKey(id: string): string | undefined {
  const key = Buffer.from(id.slice(idPrefix.length), 'base64url').toString()
  return writeId(key) === id && !key.includes('\0') ? key : undefined
}

function describe(key: string, counts: readonly Count[], head: EmployeeSummary | undefined): Department {
  const present = counts.filter(({ hasLeft }) => !hasLeft)
  const countOf = (standing: string): number => sum(present.filter((one) => one.standing === standing))
  const named = present.length > 0 ? present : counts
  return {
    id: writeId(key),
    name: findCommonest(named, ({ name }) => name) ?? key,
    division: findCommonest(named, ({ division }) => division),
    costCenter: findCommonest(named, ({ costCenter }) => costCenter),
    headcount: sum(counts),
    active: countOf('active'),
    onLeave: countOf('on_leave'),
    contractors: countOf('contractor'),
    head,
  }
}

function sum(counts: readonly Count[]): number {
  return counts.reduce((total, { count }) => total + count, 0)
}

// Of equals the first one in the order of the characters.
function findCommonest(counts: readonly Count[], read: (count: Count) => string | null): string | null {
  const totals = new Map<string, number>()
  for (const one of counts) {
    const text = read(one)
    if (text !== null) totals.set(text, (totals.get(text) ?? 0) + one.count)
  }
  const [first] = [...totals].toSorted(([a, some], [b, others]) => others - some || (a < b ? -1 : 1))
  return first?.[0] ?? null
}

/** How many people of a department its head is looked for from. */
const maxClimbers = 50

async function findHeads(
  db: Database,
  actor: Actor,
  keys: readonly string[],
  includeInactive: boolean,
): Promise<ReadonlyMap<string, EmployeeSummary>> {
  if (keys.length === 0) return new Map()
  const tops = await findDepartmentTops(db, actor, keys, maxClimbers, includeInactive)
  const rivals = [...tops.values()].filter(({ length }) => length > 1).flat()
  const counts = await countReports(db, actor, rivals, { includeInactive, departmentKey: undefined })
  const headIds = new Map<string, string>()
  for (const [key, ids] of tops) {
    const [head] = ids.toSorted((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0) || (a < b ? -1 : 1))
    if (head !== undefined) headIds.set(key, head)
  }
  const summaries = new Map(
    (await readSummaries(db, actor, [...headIds.values()])).map((summary) => [summary.id, summary]),
  )
  return new Map(
    [...headIds].flatMap(([key, id]) => {
      const head = summaries.get(id)
      return head === undefined ? [] : [[key, head] as const]
    }),
  )
}

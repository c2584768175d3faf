// The organization chart: the tree of who reports to whom.
import type { Database } from '../../db/connect.ts'
import type { Actor } from '../actor.ts'
import { foldCase } from '../keys.ts'
import type { EmployeeSummary } from './employee.ts'
import { readSummaries } from './employee-sql.ts'
import { unknownUser } from './employees.ts'
import { findDepartmentTops, findTops, sortBySize } from './tops.ts'
import { countReports, type Scope, walkDown, type Walked } from './walk-down.ts'

export interface ChartRequest {
  /** The person at the top; without one the top of the organization, or of the department. */
  readonly rootId?: string
  /** How many levels below the root. */
  readonly maxDepth: number
  /** Only people of this department, whatever the case, and the root that was asked for. */
  readonly department?: string
  readonly includeInactive: boolean
}

export interface ChartNode extends EmployeeSummary {
  /** 0 for the root. */
  readonly level: number
  /** null for a root. */
  readonly managerId: string | null
  /** All of them, also where the chart ends before. */
  readonly directReportCount: number
}

export interface OrgChart {
  /** The root, and level by level those below it; empty where there is nobody. */
  readonly nodes: readonly ChartNode[]
  /** Where nobody was asked for and there are several tops: the others, those with most people below them first. At most 100. */
  readonly otherRoots: readonly ChartNode[]
  /** Whether somebody is left out because of maxDepth, or of the number of people. */
  readonly maxDepthReached: boolean
}

/** How many people of a department the tops of its chart are looked for from. */
const maxClimbers = 1000
const maxOtherRoots = 100

/** Throws not_found for an unknown root. */
export async function readChart(db: Database, actor: Actor, request: ChartRequest): Promise<OrgChart> {
  const { rootId, maxDepth, department, includeInactive } = request
  const scope = { includeInactive, departmentKey: department === undefined ? undefined : foldCase(department) }
  const [topId, ...otherIds] = rootId === undefined ? await findRoots(db, actor, scope) : [rootId]
  const walk = topId === undefined ? undefined : await walkDown(db, actor, topId, maxDepth, scope)
  if (walk === undefined) {
    if (rootId !== undefined) throw unknownUser(rootId)
    return { nodes: [], otherRoots: [], maxDepthReached: false }
  }
  const people = [walk.root, ...walk.people]
  const inside = countInside(walk.people)
  const below = await countReports(db, actor, walk.frontier, scope, walk.root.id)
  for (const id of walk.frontier) inside.set(id, below.get(id) ?? 0)
  return {
    nodes: people.map((one) => ({ ...one, directReportCount: inside.get(one.id) ?? 0 })),
    otherRoots: await describeRoots(db, actor, otherIds.slice(0, maxOtherRoots), scope),
    maxDepthReached: walk.isCut || below.size > 0,
  }
}

function countInside(people: readonly Walked[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { managerId } of people) {
    if (managerId !== null) counts.set(managerId, (counts.get(managerId) ?? 0) + 1)
  }
  return counts
}

async function describeRoots(db: Database, actor: Actor, ids: readonly string[], scope: Scope): Promise<ChartNode[]> {
  if (ids.length === 0) return []
  const [summaries, counts] = await Promise.all([readSummaries(db, actor, ids), countReports(db, actor, ids, scope)])
  return summaries.map((one) => ({ ...one, level: 0, managerId: null, directReportCount: counts.get(one.id) ?? 0 }))
}

async function findRoots(db: Database, actor: Actor, scope: Scope): Promise<string[]> {
  const { departmentKey, includeInactive } = scope
  if (departmentKey === undefined) return findTops(db, actor, includeInactive)
  const tops = await findDepartmentTops(db, actor, [departmentKey], maxClimbers, includeInactive)
  return sortBySize(db, actor, tops.get(departmentKey) ?? [], scope)
}

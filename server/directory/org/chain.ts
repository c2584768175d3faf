// The management chain of a person: who they report to, up to the top; or all who report to them, level by level.
import type { Database } from '../../db/connect.ts'
import { query } from '../../db/query.ts'
import type { Actor } from '../actor.ts'
import type { EmployeeSummary } from './employee.ts'
import { firstParameters, hasLeftSql, leftBefore, organization, summarySql } from './employee-sql.ts'
import { unknownUser } from './employees.ts'
import { countReports, walkDown } from './walk-down.ts'

export interface ChainRequest {
  readonly direction: 'up' | 'down'
  readonly maxDepth: number
  readonly includeInactive: boolean
}

export interface ChainLink extends EmployeeSummary {
  /** Counted from 1. */
  readonly level: number
  /** Whom they report to, of those in the chain or the person whose chain it is. Going up: null for the last one. */
  readonly managerId: string | null
}

/**
 * Why a chain ends: nobody is above or below; it goes on but for max_depth, or but for the number of people; it comes back to
 * somebody; the manager is not in the directory.
 */
export type ChainEnd = 'complete' | 'max_depth' | 'max_people' | 'cycle' | 'missing_manager'

export interface Chain {
  readonly links: readonly ChainLink[]
  readonly end: ChainEnd
}

/** Throws not_found. */
export function readChain(db: Database, actor: Actor, id: string, request: ChainRequest): Promise<Chain> {
  return request.direction === 'up' ? climb(db, actor, id, request) : descend(db, actor, id, request)
}

// So many managers who have left may stand one above the other.
const maxSteps = 1000

// One look-up by key for each step, the last one beyond the depth: it tells that there are more. A circle is found by who reads the
// rows; until then it is bounded as any chain is.
const climbSql = `with recursive walk as (
    select 0 as step, 0 as level, u.manager_id as "managerId", false as "hasLeft", ${summarySql('u')}
    from users u where u.org_id = ${organization} and u.id = $4
    union all
    select w.step + 1, w.level + case when m."hasLeft" then 0 else 1 end, m.*
    from walk w cross join lateral (
      select m.manager_id, ${hasLeftSql('m', '$3')} as "hasLeft", ${summarySql('m')}
      from users m where m.org_id = ${organization} and m.id = w."managerId" limit 1) m
    where w.level <= $5::int and w.step < ${maxSteps}
  )
  select * from walk`

interface Step extends ChainLink {
  readonly step: number
  readonly hasLeft: boolean
}

async function climb(
  db: Database,
  actor: Actor,
  id: string,
  { maxDepth, includeInactive }: ChainRequest,
): Promise<Chain> {
  const parameters = [...firstParameters(actor), leftBefore(actor, includeInactive), id, maxDepth]
  const steps = await query<Step>(db, climbSql, parameters)
  if (steps.length === 0) throw unknownUser(id)
  const seen = new Set<string>()
  const links: ChainLink[] = []
  for (const { step, hasLeft, ...link } of steps) {
    if (seen.has(link.id)) return { links: linkUp(links), end: 'cycle' }
    seen.add(link.id)
    if (link.level > maxDepth) return { links: linkUp(links), end: 'max_depth' }
    if (step > 0 && !hasLeft) links.push(link)
  }
  return { links: linkUp(links), end: findEnd(steps, seen) }
}

function findEnd(steps: readonly Step[], seen: ReadonlySet<string>): ChainEnd {
  const above = steps.at(-1)?.managerId ?? null
  if (above === null) return 'complete'
  if (seen.has(above)) return 'cycle'
  return steps.length > maxSteps ? 'max_people' : 'missing_manager'
}

// Between two of them there may be people who have left.
function linkUp(links: readonly ChainLink[]): ChainLink[] {
  return links.map((link, index) => ({ ...link, managerId: links[index + 1]?.id ?? null }))
}

async function descend(
  db: Database,
  actor: Actor,
  id: string,
  { maxDepth, includeInactive }: ChainRequest,
): Promise<Chain> {
  const scope = { includeInactive, departmentKey: undefined }
  const walk = await walkDown(db, actor, id, maxDepth, scope)
  if (walk === undefined) throw unknownUser(id)
  const links = walk.people
  if (walk.isCut) return { links, end: 'max_people' }
  const beyond = await countReports(db, actor, walk.frontier, scope, id)
  if (beyond.size > 0) return { links, end: 'max_depth' }
  return { links, end: walk.isCircle ? 'cycle' : 'complete' }
}

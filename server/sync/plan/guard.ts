// Stops a run that would do more harm than anybody meant.
import { ProviderError } from '../../../providers/provider.ts'
import { query } from '../../db/query.ts'
import { countActive } from '../../directory/known-people.ts'
import { listFields, mergeMapping } from '../mapping/rules.ts'
import type { Run } from '../runs/run.ts'

export interface HoldReason {
  readonly code: 'mass_change' | 'missing_people' | 'field_vanished' | 'source_changed'
  /** A sentence: what would happen to how many, and what the limit is. */
  readonly detail: string
}

/** Why a plan must be looked at by somebody before it is applied; empty where it need not. */
export async function judgePlan(run: Run): Promise<HoldReason[]> {
  const counts = await countChanges(run)
  return [...(await judgePeople(run, counts)), ...judgeGroups(counts), ...(await judgeFields(run))]
}

interface Counts {
  /** People who would become inactive, be deleted or be anonymized. */
  readonly people: number
  /** Those of them whom the source no longer returns. */
  readonly missing: number
  readonly groupsGone: number
  readonly groups: number
}

async function countChanges({ services, organizationId, id, directory }: Run): Promise<Counts> {
  const [row] = await query<Counts>(services.db, countSql, [organizationId, id, directory.id])
  return row ?? { people: 0, missing: 0, groupsGone: 0, groups: 0 }
}

const losses = `operation in ('deactivate', 'delete', 'anonymize')`

const countSql = `select
    count(*) filter (where resource_type = 'User' and ${losses})::int as people,
    count(*) filter (where resource_type = 'User' and ${losses} and code in ('missing', 'filtered'))::int as missing,
    count(*) filter (where resource_type = 'Group' and operation = 'delete')::int as "groupsGone",
    (select coalesce(sum(count), 0)::int from resource_counts
      where org_id = $1 and table_name = 'groups' and part = $3) as groups
  from run_changes where org_id = $1 and run_id = $2`

// What is so of two people says nothing of all.
const fewest = 3

async function judgePeople(run: Run, { people, missing }: Counts): Promise<HoldReason[]> {
  const { share, number } = run.settings.massChangeGuard
  if (people === 0) return []
  const reasons: HoldReason[] = []
  if (number !== null && people > number) {
    const detail = `${people} people would become inactive or be deleted; up to ${number} may without approval.`
    reasons.push({ code: 'mass_change', detail })
  }
  if (share === null) return reasons
  const active = await countActive(run.services.db, run.organizationId, run.directory.id)
  const limit = `${Math.round(share * 1000) / 10} %`
  if (people >= fewest && people > share * active) {
    const detail = `${people} of ${active} active people would become inactive or be deleted; up to ${limit} may without approval.`
    reasons.push({ code: 'mass_change', detail })
  }
  if (missing > share * active) {
    const detail = `${missing} of ${active} active people are not returned by the source any more; up to ${limit} may be gone without approval.`
    reasons.push({ code: 'missing_people', detail })
  }
  return reasons
}

const fewestGroups = 4

function judgeGroups({ groupsGone, groups }: Counts): HoldReason[] {
  if (groups < fewestGroups || groupsGone * 2 <= groups) return []
  const detail = `${groupsGone} of ${groups} groups would be deleted; up to half may without approval.`
  return [{ code: 'mass_change', detail }]
}

interface FieldCounts {
  readonly now: Record<string, number> | null
  readonly before: Record<string, number> | null
}

// What only few people had may well be gone because one of them is.
const commonShare = 0.1

// A field that nobody has any more was lost to the permission to read it, and not to everybody.
async function judgeFields(run: Run): Promise<HoldReason[]> {
  const { services, organizationId, id, directory, provider } = run
  if (!run.isFull || run.purpose === 'lifecycle' || run.purpose === 'import') return []
  const [row] = await query<FieldCounts>(services.db, fieldsSql, [organizationId, id, directory.id])
  const { now, before } = row ?? { now: null, before: null }
  if (now === null || before === null) return []
  const most = Math.max(0, ...Object.values(before))
  // What is not mapped any more is not asked for.
  const needed = listFields(mergeMapping(provider, directory.mapping))
  const gone = Object.keys(before).filter((field) => {
    if (!needed.has(field)) return false
    const count = before[field] ?? 0
    return count >= fewest && count >= most * commonShare && (now[field] ?? 0) === 0
  })
  if (gone.length === 0) return []
  const named = gone.toSorted().slice(0, 10).join(', ')
  const detail = `No record has ${named} any more, which some had in the last full run. See whether the permission to read it was lost.`
  return [{ code: 'field_vanished', detail }]
}

const fieldsSql = `select r.field_counts as now, (
    select b.field_counts from sync_runs b
    where b.directory_id = $3 and b.org_id = $1 and b.id <> $2 and b.status = 'completed' and b.is_full and b.purpose = 'sync'
      and b.field_counts is not null
    order by b.id desc limit 1
  ) as before
  from sync_runs r where r.org_id = $1 and r.id = $2`

/**
 * Looks at a full pull before anything is planned from it. Throws ProviderError `settings` where no record has a required field, or where
 * nobody is returned though people were before: that is a permission that was lost, and not a company that was.
 */
export async function judgePull(run: Run): Promise<void> {
  const { services, organizationId, id, directory, provider } = run
  const [row] = await query<Pull>(services.db, pullSql, [organizationId, id, directory.id])
  if (row === undefined) return
  if (row.people === 0) {
    if (!row.known) return
    const message = `${provider.name} returned nobody, though it did before. Check what the connection may see.`
    throw new ProviderError('settings', message)
  }
  const missing = provider.required.filter(({ field }) => (row.fields?.[field] ?? 0) === 0)
  if (missing.length === 0) return
  const parts = missing.map(({ field, permission }) => `${field} (give it ${permission})`)
  throw new ProviderError('settings', `None of ${row.people} people came with ${parts.join(', ')}.`)
}

interface Pull {
  readonly people: number
  readonly known: boolean
  readonly fields: Record<string, number> | null
}

const pullSql = `select r.field_counts as fields,
    (select coalesce(sum(cardinality(user_ids)), 0)::int from run_pages where org_id = $1 and run_id = $2) as people,
    exists (select from source_records
      where org_id = $1 and directory_id = $3 and type = 'user' and missing_since is null) as known
  from sync_runs r where r.org_id = $1 and r.id = $2`

// People whom the source no longer returns, who are outside of the groups that are imported, or whom the source says it deleted.
import { query } from '../../db/query.ts'
import { type KnownPerson, readPeople } from '../../directory/known-people.ts'
import { readWord } from '../apply/resource.ts'
import type { Standing } from './lifecycle.ts'
import { isKnownSo, nameOperation, restate, stateRecord, toDifference } from './changes.ts'
import type { OrphanCause } from './fate.ts'
import { type PersonRecord, readRecords, readSiblings, type RecordPlace } from './records.ts'
import { toIncumbent } from './suspects.ts'
import type { DraftChange } from './writer.ts'
import type { Planning } from './planning.ts'
import { queryWhole } from './query-whole.ts'
import type { ChangeCode, ChangePlan, RecordState } from '../runs/run.ts'

const details: Readonly<Record<OrphanCause, string>> = {
  missing: 'The source no longer returns it.',
  filtered: 'It is in none of the groups of groupFilter any more.',
  deleted: 'The source says that it is deleted.',
  ended: 'It has left.',
}

const codes: Readonly<Record<OrphanCause, ChangeCode | null>> = {
  missing: 'missing',
  filtered: 'filtered',
  deleted: null,
  ended: 'ended',
}

/** What becomes of somebody, by the rule for such people. undefined where nothing does, and nothing is to be noted. */
export function planOrphan(
  planning: Planning,
  record: PersonRecord,
  standing: Standing,
  person: KnownPerson,
  cause: OrphanCause,
): DraftChange | undefined {
  const { directory } = planning.run
  const action = chooseAction(planning, standing, person, cause)
  const code = standing.kind === 'ended' && action === 'deactivate' && cause === 'missing' ? 'ended' : codes[cause]
  // Nobody begins whom the source no longer knows; but who has a last day leaves on it.
  const dueAt = action === 'ignore' && standing.kind === 'active' ? standing.dueAt : null
  const state = stateRecord(record, {
    speaks: true,
    problem: cause === 'filtered' ? 'filtered' : null,
    dueAt,
    isMissing: true,
  })
  const about = {
    resourceType: 'User',
    sourceId: record.sourceId,
    resourceId: person.id,
    version: person.version,
    name: record.facts.name,
    code,
    detail: details[cause],
  } as const
  if (action === 'delete' || action === 'anonymize') return { ...about, operation: action, plan: { record: state } }
  const isSilent = action === 'ignore' || readWord(person, directory.id)?.['active'] === false
  if (!isSilent) {
    const plan = { active: false, ...planStatus(standing) }
    const restatement = restate(planning, person, undefined, plan)
    const operation = nameOperation(person, restatement)
    return { ...about, operation, plan: { ...plan, difference: toDifference(restatement), record: state } }
  }
  return isKnownSo(record, person.id, state) ? undefined : { ...about, operation: 'keep', plan: { record: state } }
}

function planStatus({ employmentStatus }: Standing): ChangePlan {
  return employmentStatus === undefined ? {} : { employmentStatus }
}

function chooseAction(
  { run }: Planning,
  standing: Standing,
  person: KnownPerson,
  cause: OrphanCause,
): 'ignore' | 'deactivate' | 'delete' | 'anonymize' {
  const { orphanedUsers, deletionTiming } = run.settings
  const hasEnded = standing.kind === 'ended' && standing.active === false
  const rule = cause === 'deleted' ? 'delete' : orphanedUsers
  if (cause === 'ended' || (rule === 'ignore' && hasEnded)) return hasEnded ? 'deactivate' : 'ignore'
  if (rule === 'delete') return deletionTiming === 'never' ? 'deactivate' : 'delete'
  // Only who is known to nobody else is made unknown.
  const isShared = person.links.some(({ directoryId }) => directoryId !== run.directory.id)
  return rule === 'anonymize' && isShared ? 'delete' : rule
}

/** Plans the records that are gone: `places` and whether the source says that they are deleted. */
export async function planGone(
  planning: Planning,
  places: readonly RecordPlace[],
  deleted: ReadonlySet<string>,
): Promise<void> {
  const { run, writer } = planning
  const records = await readRecords(run, places)
  const ids = records.flatMap(({ known }) => known?.resourceId ?? [])
  const people = await readPeople(run.services.db, run.organizationId, run.directory.id, ids)
  const others = new Set<string>()
  for (const sibling of await readSiblings(run, [...people.keys()])) {
    if (toIncumbent(planning, sibling).isThere) others.add(sibling.userId)
  }
  for (const record of records) {
    const person = people.get(record.known?.resourceId ?? '')
    const cause = deleted.has(record.sourceId) ? 'deleted' : 'missing'
    const isSpoken =
      person === undefined ||
      record.known?.speaks !== true ||
      others.has(person.id) ||
      (planning.claimedUsers.get(person.id) ?? record.sourceId) !== record.sourceId
    const change = isSpoken
      ? noteGone(record, cause)
      : planOrphan(planning, record, planning.stand(record.facts), person, cause)
    if (change !== undefined) await writer.add([change])
  }
}

// Nobody, or somebody for whom another record speaks.
function noteGone(record: PersonRecord, cause: OrphanCause): DraftChange | undefined {
  const { sourceId, facts, known } = record
  const userId = known?.resourceId ?? null
  const state: RecordState = stateRecord(record, { speaks: false, problem: null, dueAt: null, isMissing: true })
  if (isKnownSo(record, userId, state)) return undefined
  const about = { resourceType: 'User', sourceId, resourceId: userId, version: null, name: facts.name } as const
  return { ...about, operation: 'keep', code: codes[cause], detail: details[cause], plan: { record: state } }
}

/** What a pull says of who is gone and who is back. */
export interface Presence {
  /** Where the content of those lies who are no longer returned, or are deleted; of those who were known. */
  readonly gone: readonly RecordPlace[]
  /** Also those whom this pull returned first. */
  readonly deleted: ReadonlySet<string>
  readonly returned: ReadonlySet<string>
}

export async function readPresence({ run }: Pick<Planning, 'run'>): Promise<Presence> {
  const { organizationId, id, directory, services, isFull, purpose } = run
  if (purpose === 'lifecycle') return { gone: [], deleted: new Set(), returned: new Set() }
  const key = [organizationId, id, directory.id]
  const rows = await query<{ source_id: string; run_id: string | null }>(services.db, deletedSql, key)
  const deleted = new Set(rows.map(({ source_id }) => source_id))
  const again = await queryWhole<{ source_id: string }>(services.db, returnedSql, key)
  const anew = directory.confirmedRules !== directory.rulesVersion
  const missing = isFull
    ? await queryWhole<{ source_id: string; run_id: string }>(services.db, missingSql, [...key, anew])
    : []
  const places = new Map([...missing, ...rows].map(({ source_id, run_id }) => [source_id, run_id]))
  return {
    gone: [...places].flatMap(([sourceId, runId]) => (runId === null ? [] : { sourceId, runId })),
    deleted,
    returned: new Set(again.map(({ source_id }) => source_id).filter((sourceId) => !deleted.has(sourceId))),
  }
}

// One who comes on a later page than that on which they are said to be deleted is there again.
const deletedSql = `select d.id as source_id, s.run_id
  from (
    select i.id, max(p.number) as number from run_pages p cross join lateral unnest(p.deleted_ids) i(id)
    where p.org_id = $1 and p.run_id = $2 group by i.id
  ) d left join lateral (
    select run_id from source_records
    where org_id = $1 and directory_id = $3 and type = 'user' and source_id = d.id limit 1
  ) s on true
  where not exists (
    select from run_pages p where p.org_id = $1 and p.run_id = $2 and p.number > d.number and d.id = any(p.user_ids))
  order by d.id`

const seenSql = `seen as materialized (
    select i.id from run_pages p cross join lateral unnest(p.user_ids) i(id) where p.org_id = $1 and p.run_id = $2
  )`

const returnedSql = `with ${seenSql}
  select s.source_id from source_records s
  where s.org_id = $1 and s.directory_id = $3 and s.type = 'user' and s.missing_since is not null
    and s.source_id in (select id from seen)`

// What could not be read was returned.
const missingSql = `with ${seenSql}, unread as materialized (
    select f.value ->> 'record' as id from run_pages p cross join lateral jsonb_array_elements(p.faults) f
    where p.org_id = $1 and p.run_id = $2
  )
  select s.source_id, s.run_id from source_records s
  where s.org_id = $1 and s.directory_id = $3 and s.type = 'user' and (s.missing_since is null or $4::boolean)
    and s.source_id not in (select id from seen) and s.source_id not in (select id from unread where id is not null)
  order by s.source_id`

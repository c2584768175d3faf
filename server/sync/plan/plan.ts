// What is to be done: compares what was read with what is known, and writes run_changes, managers before the people who report to them.
import { query } from '../../db/query.ts'
import { type Candidates, type LateRecord, listCandidates } from './candidates.ts'
import { readAllowed } from './filter.ts'
import { planGroups } from './groups.ts'
import { planGone, readPresence } from './orphans.ts'
import { planPeople } from './people.ts'
import { type PersonRecord, readRecords } from './records.ts'
import { openPlanning, type Planning } from './planning.ts'
import type { Run } from '../runs/run.ts'

const batchSize = 500

/**
 * Plans a run anew: rows of an earlier attempt are replaced. Changes nothing else. Afterwards the run's `progress.planned` and `stats`
 * say what would be done. People come before groups, and who is gone after all others.
 */
export async function planRun(run: Run): Promise<void> {
  const { gone, deleted, returned } = await readPresence({ run })
  const isGone = new Set([...gone.map(({ sourceId }) => sourceId), ...deleted])
  const planning = await openPlanning(run, { gone: isGone, returned, allowed: await readAllowed(run) })
  try {
    await planning.writer.begin()
    await planEverybody(planning)
    for (const batch of cut(gone)) await planGone(planning, batch, deleted)
    await planGroups(planning)
    await planning.writer.end(await countRead(run))
  } finally {
    // Nothing is written any more once this has failed.
    await planning.writer.settle()
  }
}

async function planEverybody(planning: Planning): Promise<void> {
  const { run } = planning
  const candidates = await listCandidates(planning)
  const deferred: string[] = []
  for await (const records of readAhead(run, candidates, candidates.early)) {
    deferred.push(...(await planPeople(planning, candidates, records, false)))
  }
  for await (const records of readAhead(run, candidates, deferred))
    await planPeople(planning, candidates, records, true)
  for (const batch of cutLate(planning, candidates.late)) {
    await planPeople(planning, candidates, await readRecords(run, batch.map(candidates.placeOf)), true)
  }
}

// While one batch is planned, the next one is read.
async function* readAhead(
  run: Run,
  { placeOf }: Candidates,
  sourceIds: readonly string[],
): AsyncGenerator<readonly PersonRecord[]> {
  let reading: Promise<PersonRecord[]> | undefined
  for (const batch of cut(sourceIds)) {
    const next = readRecords(run, batch.map(placeOf))
    // Whether it failed is seen when it is waited for.
    next.catch(() => undefined)
    if (reading !== undefined) yield await reading
    reading = next
  }
  if (reading !== undefined) yield await reading
}

function* cut<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += batchSize) yield items.slice(start, start + batchSize)
}

// Of records that share a key that nobody claims one decides on the next.
function* cutLate({ claims }: Planning, records: readonly LateRecord[]): Generator<readonly string[]> {
  for (let rest = records; rest.length > 0;) {
    const open = new Set<string>()
    const batch: string[] = []
    for (const { sourceId, keys } of rest) {
      const unclaimed = keys.filter((key) => !claims.has(key))
      if (batch.length === batchSize || unclaimed.some((key) => open.has(key))) break
      for (const key of unclaimed) open.add(key)
      batch.push(sourceId)
    }
    yield batch
    rest = rest.slice(batch.length)
  }
}

async function countRead({ services, organizationId, id }: Run): Promise<number> {
  const [row] = await query<{ count: number }>(services.db, countSql, [organizationId, id])
  return row?.count ?? 0
}

const countSql = `select coalesce(sum(cardinality(user_ids) + cardinality(group_ids)), 0)::int as count
  from run_pages where org_id = $1 and run_id = $2`

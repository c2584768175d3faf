// Plans groups and who is in them.
import { query } from '../../db/query.ts'
import type { JsonObject } from '../../db/tables.ts'
import { createId } from '../../db/ids.ts'
import { compareResources } from '../../directory/authority.ts'
import { differenceJson } from '../../directory/changes.ts'
import { foldCase } from '../../directory/keys.ts'
import {
  countMembersSql,
  foreignSql,
  type GroupRow,
  groupsSql,
  missingGroupsSql,
  nestedSql,
  ownGroupsSql,
} from './groups-sql.ts'
import type { DraftChange } from './writer.ts'
import type { Planning } from './planning.ts'
import { queryWhole } from './query-whole.ts'
import type { RecordState, Run } from '../runs/run.ts'

interface MemberCounts {
  readonly source_id: string
  readonly add: number
  readonly remove: number
}

/** Plans what becomes of groups, by the settings. Who is in them is counted, and found anew when it is applied. */
export async function planGroups(planning: Planning): Promise<void> {
  const { run } = planning
  if (run.purpose === 'lifecycle' || !run.includeGroups) return
  if (run.settings.syncGroups) await planSynced(planning)
  else if (!run.settings.preserveGroups && run.purpose !== 'import') await planWithout(planning)
  await planForeign(planning)
}

async function planSynced(planning: Planning): Promise<void> {
  const { run, writer } = planning
  const { db } = run.services
  const key = [run.organizationId, run.id, run.directory.id]
  await writer.flush()
  const rows = await query<GroupRow>(db, groupsSql, [...key, run.isFull])
  const counts = await queryWhole<MemberCounts>(db, countMembersSql, [...key, run.isFull])
  const members = new Map(counts.map((row) => [row.source_id, { add: row.add, remove: row.remove }]))
  const nested = await query<{ group_id: string; id: string }>(db, nestedSql, [run.organizationId, run.id])
  const taken = new Map(
    rows.flatMap((row) => (row.display_name_key === null ? [] : [[row.display_name_key, row.source_id]])),
  )
  const fresh = rows.filter((row) => row.id === null)
  const bySource = new Map(fresh.map((row) => [row.source_id, row]))
  const { order, open } = orderGroups([...bySource.keys()], nested)
  const later = new Set(open)
  const ids = new Map<string, string>()

  async function add(row: GroupRow, id: string): Promise<void> {
    const change = draftGroup(run, row, id, members.get(row.source_id), taken)
    if (change === undefined) return
    if (change.operation !== 'error') ids.set(row.source_id, id)
    await writer.add([change])
  }

  // A name that is given up is free for others.
  const gone = await queryWhole<GroupRow>(db, missingGroupsSql, [...key, run.isFull])
  for (const row of gone) await writer.add([removeGroup(row, 'The source no longer returns it.')])
  const known = rows.filter((row) => row.id !== null)
  const renamed = new Set(known.filter(isRenamed))
  for (const row of renamed) {
    await add(row, row.id ?? '')
    if (taken.get(row.display_name_key ?? '') === row.source_id) taken.delete(row.display_name_key ?? '')
    if (nested.some(({ group_id, id }) => group_id === row.source_id && bySource.has(id))) later.add(row.source_id)
  }
  for (const sourceId of order) {
    const row = bySource.get(sourceId)
    if (row !== undefined) await add(row, createId('grp', run.startedAt))
  }
  for (const row of known) if (!renamed.has(row)) await add(row, row.id ?? '')
  // Groups that are in each other cannot all be there before the other.
  for (const sourceId of later) {
    const row = rows.find((one) => one.source_id === sourceId)
    const id = ids.get(sourceId)
    if (row !== undefined && id !== undefined) await writer.add([closeGroup(run, row, id)])
  }
}

function isRenamed({ content, display_name_key }: GroupRow): boolean {
  const name = readName(content)
  return name !== undefined && foldCase(name) !== display_name_key
}

function draftGroup(
  run: Run,
  row: GroupRow,
  id: string,
  counts: { readonly add: number; readonly remove: number } | undefined,
  taken: Map<string, string>,
): DraftChange | undefined {
  const { source_id, hash, content, resource, known } = row
  const members = counts ?? { add: 0, remove: 0 }
  const record: RecordState = {
    hash,
    runId: row.run_id,
    speaks: true,
    problem: null,
    dueAt: null,
    isMissing: false,
  }
  const name = readName(content) ?? readName(resource) ?? source_id
  const about = { resourceType: 'Group', sourceId: source_id, name } as const
  const holder = taken.get(foldCase(name))
  if (content !== null && holder !== undefined && holder !== source_id) {
    const detail = `Another group of the directory is called ${name}. Give each its own name.`
    const problem = 'display_name_taken' as const
    const state = { ...record, problem }
    return {
      ...about,
      resourceId: row.id,
      version: row.version,
      operation: 'error',
      code: problem,
      detail,
      plan: { record: state },
    }
  }
  taken.set(foldCase(name), source_id)
  const told = { code: null, detail: null }
  if (row.id === null) {
    return { ...about, ...told, resourceId: id, version: null, operation: 'create', plan: { members, record } }
  }
  const differences = content === null ? new Map() : compareResources(resource ?? {}, content)
  const isLinked = row.external_id === source_id
  const isSame = differences.size === 0 && isLinked && members.add === 0 && members.remove === 0
  if (isSame && known && row.known_run_id === row.run_id && row.problem === null && !row.is_missing) return undefined
  const operation = isSame ? 'keep' : isLinked ? 'update' : 'link'
  const difference = differenceJson(differences)
  const plan = isSame ? { record } : { members, difference, record }
  return { ...about, ...told, resourceId: row.id, version: row.version, operation, plan }
}

function closeGroup(run: Run, row: GroupRow, id: string): DraftChange {
  return {
    resourceType: 'Group',
    sourceId: row.source_id,
    resourceId: id,
    operation: 'update',
    version: row.version,
    name: readName(row.content) ?? row.source_id,
    code: null,
    detail: 'Groups that are in each other are joined once all of them are there.',
    plan: {
      members: { add: 0, remove: 0 },
      record: { hash: row.hash, runId: row.run_id, speaks: true, problem: null, dueAt: null, isMissing: false },
    },
  }
}

function removeGroup(row: GroupRow, detail: string): DraftChange {
  const record = { hash: row.hash, runId: row.run_id, speaks: true, problem: null, dueAt: null, isMissing: true }
  return {
    resourceType: 'Group',
    sourceId: row.source_id,
    resourceId: row.id,
    operation: row.id === null ? 'keep' : 'delete',
    version: row.version,
    name: readName(row.resource) ?? row.source_id,
    code: 'missing',
    detail,
    // What there is no record of is not noted.
    plan: row.known ? { record } : {},
  }
}

// All groups of the directory go, for it is to bring none any more.
async function planWithout({ run, writer }: Planning): Promise<void> {
  const rows = await query<GroupRow>(run.services.db, ownGroupsSql, [run.organizationId, run.id, run.directory.id])
  for (const row of rows) await writer.add([removeGroup(row, 'Groups are not synced any more.')])
}

interface ForeignRow {
  readonly id: string
  readonly version: number
  readonly resource: JsonObject
  readonly is_local: boolean
  readonly count: number
}

// Groups that people of the directory are to be taken out of.
async function planForeign({ run, writer }: Planning): Promise<void> {
  const { removeLocalGroups, removeOtherDirectoryGroups } = run.settings
  if (!removeLocalGroups && !removeOtherDirectoryGroups) return
  const values = [run.organizationId, run.id, run.directory.id, removeLocalGroups, removeOtherDirectoryGroups]
  for (const row of await queryWhole<ForeignRow>(run.services.db, foreignSql, values)) {
    const whose = row.is_local ? 'made by hand' : 'of another directory'
    await writer.add([
      {
        resourceType: 'Group',
        sourceId: null,
        resourceId: row.id,
        operation: 'update',
        version: row.version,
        name: readName(row.resource) ?? row.id,
        code: null,
        detail: `The people of this directory are taken out of it, for it is ${whose}.`,
        plan: { members: { add: 0, remove: row.count } },
      },
    ])
  }
}

function readName(resource: JsonObject | null): string | undefined {
  const name = resource?.['displayName']
  return typeof name === 'string' ? name : undefined
}

/**
 * Groups in an order in which each comes after those that are in it, and those of them that a circle puts before one that is in them.
 */
export function orderGroups(
  ids: readonly string[],
  nested: readonly { readonly group_id: string; readonly id: string }[],
): { readonly order: readonly string[]; readonly open: readonly string[] } {
  const children = new Map<string, string[]>(ids.map((id) => [id, []]))
  for (const { group_id, id } of nested) if (children.has(id) && id !== group_id) children.get(group_id)?.push(id)
  const done = new Map<string, number>()
  for (const start of ids) {
    const way: { readonly id: string; next: number }[] = [{ id: start, next: 0 }]
    const onWay = new Set([start])
    for (let last = way.at(-1); last !== undefined && !done.has(start); last = way.at(-1)) {
      const child = children.get(last.id)?.[last.next++]
      if (child === undefined) {
        done.set(last.id, done.size)
        way.pop()
      } else if (!done.has(child) && !onWay.has(child)) {
        onWay.add(child)
        way.push({ id: child, next: 0 })
      }
    }
  }
  const placeOf = (id: string): number => done.get(id) ?? 0
  const isOpen = (id: string): boolean => (children.get(id) ?? []).some((child) => placeOf(child) > placeOf(id))
  return { order: [...done.keys()], open: ids.filter(isOpen) }
}

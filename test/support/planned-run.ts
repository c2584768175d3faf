// A run whose plan a test writes itself, to be applied and nothing else.
import { createDirectory } from '../../server/directory/directories.ts'
import { readPullDirectory } from '../../server/directory/pull-directories.ts'
import { createId } from '../../server/db/ids.ts'
import { query } from '../../server/db/query.ts'
import type { JsonObject } from '../../server/db/tables.ts'
import type { ChangePlan, Operation, RecordState, Run, RunChange } from '../../server/sync/runs/run.ts'
import type { SyncServices } from '../../server/sync/services.ts'
import { readSettings } from '../../server/sync/setup/settings.ts'
import { clock } from './app.ts'
import { testDatabase } from './postgres.ts'
import { ScriptedSource } from './scripted-source.ts'

/** What a test says of a change; the rest is as usual. */
export interface HandPlanned {
  readonly operation: Operation
  readonly sourceId: string | null
  readonly resourceId: string | null
  readonly resourceType?: 'User' | 'Group'
  /** What the record says; without it what an earlier run has of it. */
  readonly resource?: JsonObject
  readonly plan?: Omit<ChangePlan, 'record'>
  readonly record?: Partial<RecordState>
  readonly code?: RunChange['code']
}

/** What a run read of who is in a group; '' is for those who are in none. */
export interface HandStated {
  readonly group: string
  readonly by: 'member' | 'group'
  readonly users?: readonly string[]
  readonly groups?: readonly string[]
}

export interface HandPlannedRun extends Run {
  /** The run's row. */
  read(): Promise<JsonObject>
  changes(): Promise<JsonObject[]>
}

/** A pull directory of an organization. */
export async function addPullDirectory(organizationId: string, name = 'HR'): Promise<string> {
  const directory = { kind: 'pull', provider: 'scripted', name } as const
  return createDirectory(testDatabase(), organizationId, directory, clock.now())
}

/** A running run of the directory with this plan, at the beginning of `apply`; what ran before has ended. */
export async function planByHand(
  organizationId: string,
  directoryId: string,
  changes: readonly HandPlanned[],
  { stated = [], isFull = true }: { stated?: readonly HandStated[]; isFull?: boolean } = {},
): Promise<HandPlannedRun> {
  const db = testDatabase()
  const id = createId('sync', clock.now())
  const startedAt = clock.now()
  await query(db, endSql, [organizationId, directoryId, startedAt])
  await query(db, runSql, [organizationId, id, directoryId, startedAt])
  const rows = await Promise.all(
    changes.map(async (change, index) => {
      const { sourceId, resourceId, operation, resourceType = 'User', plan = {}, code = null } = change
      const type = resourceType === 'User' ? 'user' : 'group'
      if (change.resource !== undefined) {
        await query(db, pulledSql, [organizationId, id, type, sourceId, directoryId, JSON.stringify(change.resource)])
      }
      const known = { hash: `hash of ${id}`, runId: id, speaks: true, problem: null, dueAt: null, isMissing: false }
      const record = sourceId === null ? {} : { record: { ...known, ...change.record } }
      const position = index + 1
      return { position, resourceType, sourceId, resourceId, operation, code, plan: { ...plan, ...record } }
    }),
  )
  await query(db, changesSql, [organizationId, id, JSON.stringify(rows)])
  const members = stated.flatMap(({ group, by, users, groups }) => [
    ...(users === undefined ? [] : [{ group, by, type: 'user', ids: users }]),
    ...(groups === undefined ? [] : [{ group, by, type: 'group', ids: groups }]),
  ])
  await query(db, membersSql, [organizationId, id, JSON.stringify(members)])
  const directory = await readPullDirectory(db, organizationId, directoryId)
  return {
    organizationId,
    id,
    // Applying asks for nothing else of the services.
    services: { db, now: clock.now } as unknown as SyncServices,
    directory,
    settings: readSettings(directory.settings),
    provider: new ScriptedSource().provider,
    purpose: 'sync',
    isFull,
    includeGroups: true,
    isFirst: false,
    startedAt,
    holder: 'test',
    signal: new AbortController().signal,
    read: async () => {
      const [row] = await query<JsonObject>(db, 'select * from sync_runs where org_id = $1 and id = $2', [
        organizationId,
        id,
      ])
      return row ?? {}
    },
    changes: () =>
      query<JsonObject>(db, 'select * from run_changes where org_id = $1 and run_id = $2 order by position', [
        organizationId,
        id,
      ]),
  }
}

const endSql = `update sync_runs set status = 'completed', completed_at = $3::timestamptz
  where org_id = $1 and directory_id = $2 and status = 'running'`

const runSql = `insert into sync_runs (org_id, id, directory_id, type, include_groups, status, queued_at, started_at, stage, holder, held_until)
  values ($1, $2, $3, 'full', true, 'running', $4, $4, 'apply', 'test', $4::timestamptz + interval '1 hour')`

const pulledSql = `insert into pulled_records (org_id, run_id, type, source_id, directory_id, hash, raw, resource, facts)
  values ($1, $2, $3, $4, $5, 'hash of ' || $2, '{}', $6::jsonb, '{}') on conflict do nothing`

const changesSql = `insert into run_changes (org_id, run_id, position, resource_type, source_id, resource_id, operation, code, plan)
  select $1, $2, position, "resourceType", "sourceId", "resourceId", operation, code, plan
  from json_to_recordset($3::json) as r(position int, "resourceType" text, "sourceId" text, "resourceId" text, operation text,
    code text, plan jsonb)`

const membersSql = `insert into run_members (org_id, run_id, page, group_id, member_type, stated_by, member_ids)
  select $1, $2, 1, "group", type, by, ids from json_to_recordset($3::json) as r("group" text, type text, by text, ids text[])`

import { AppError } from '../../errors.ts'
import type { JsonObject } from '../../db/tables.ts'
import { type SyncType, syncTypes } from '../../sync/runs/run.ts'
import { listSyncs, readSync, requestSync, type SyncRun } from '../../sync/runs/syncs.ts'
import type { Handler } from '../exchange.ts'
import { readResource } from '../resource.ts'
import { answerList, answerResource, readCutQuery, readListing } from './answer.ts'
import { dropUnassigned } from './person.ts'
import { syncType } from './types.ts'

/** GET /Syncs, the latest first. */
export const syncs: Handler = {
  scope: 'read',
  takesBody: false,
  handle: async (exchange) => {
    const { db, actor, query, baseUrl } = exchange
    const listing = readListing(query, syncType)
    return answerList(exchange, {
      name: ['syncs'],
      ...listing,
      read: async (window) => {
        const { items, next, total } = await listSyncs(db, actor, window)
        return { items: items.map((run) => writeSync(baseUrl, run)), next, total }
      },
    })
  },
}

/** POST /Syncs: asks for a run. Where one is queued or running already, the answer is that one. */
export const createSync: Handler = {
  scope: 'write',
  takesBody: true,
  handle: async ({ db, actor, query, baseUrl, body, reading }) => {
    const cut = readCutQuery(query, syncType)
    const { source, syncType: type = 'incremental', includeGroups = true } = readResource(body, syncType, reading)
    const run = await requestSync(db, actor, {
      source: typeof source === 'string' ? source : '',
      type: readSyncType(type),
      includeGroups: includeGroups === true,
    })
    return answerResource(201, writeSync(baseUrl, run), locate(baseUrl, run.id), cut)
  },
}

/** GET /Syncs/{id} */
export const sync: Handler = {
  scope: 'read',
  takesBody: false,
  handle: async ({ db, actor, query, baseUrl, id }) => {
    const cut = readCutQuery(query, syncType)
    return answerResource(200, writeSync(baseUrl, await readSync(db, actor, id)), locate(baseUrl, id), cut)
  },
}

function readSyncType(value: unknown): SyncType {
  const type = syncTypes.find((one) => one === value)
  if (type === undefined) throw new AppError('invalid_value', `syncType must be one of ${syncTypes.join(', ')}.`)
  return type
}

function writeSync(baseUrl: string, run: SyncRun): JsonObject {
  const { id, source, type, status, includeGroups, queuedAt, startedAt, completedAt, stats, errors } = run
  const [created, started, completed] = [queuedAt, startedAt, completedAt].map((at) => at?.toISOString())
  return dropUnassigned({
    schemas: [syncType.schema.id],
    id,
    source,
    syncType: type,
    status,
    includeGroups,
    queuedAt: created,
    startedAt: started,
    completedAt: completed,
    durationMs: startedAt && completedAt && completedAt.getTime() - startedAt.getTime(),
    estimatedDurationMs: run.estimatedDurationMs,
    stats: { ...stats },
    errors: errors.length === 0 ? null : errors.map((error) => dropUnassigned({ ...error })),
    nextSyncToken: run.nextSyncToken,
    meta: dropUnassigned({
      resourceType: syncType.name,
      created,
      lastModified: completed ?? started ?? created,
      location: locate(baseUrl, id),
    }),
  })
}

function locate(baseUrl: string, id: string): string {
  return `${baseUrl}${syncType.endpoint}/${id}`
}

// Runs that pull from a source: asking for one, and what became of it.
import type { Endpoint } from '../api/endpoint.ts'
import { naming } from '../api/errors.ts'
import { component, type Schema } from '../api/schema.ts'
import type { Actor } from '../directory/actor.ts'
import type { Database } from '../db/connect.ts'
import { syncTypes } from '../sync/runs/run.ts'
import { readLatestSync, readSync, requestSync, type SyncRun, syncStatuses } from '../sync/runs/syncs.ts'
import { AppError } from '../errors.ts'
import { endpoint, type HrCaller } from './caller.ts'
import { queryId, source } from './parameters.ts'
import { tags } from './tags.ts'
import { showQueued, showRun } from './views.ts'

const time = (description: string, type: Schema['type']): Schema => ({
  type,
  description: `${description}, in seconds since 1970.`,
  examples: [1_772_355_600],
})

const ofRun = {
  sync_id: { type: 'string', description: 'The run.', examples: ['sync_01kaq3v5yc4p6r8t0v2x4z6b8d'] },
  source: { type: 'string', description: 'What it pulls from.', examples: ['azure_ad'] },
  sync_type: { enum: syncTypes, description: 'As asked.' },
  status: { enum: syncStatuses, description: 'How far it is.' },
}

const request = endpoint({
  operationId: 'requestSync',
  tag: tags.sync.name,
  method: 'post',
  path: '/sync',
  summary: 'Request a synchronization',
  description: `Queues a run, whose status can be asked for. Where one of the same source is queued or running already, the answer is that
    one, and no other begins. 404 where no directory is pulled from the source; 409 while a preview of it is under way.`,
  scopes: ['hr', 'write'],
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['source'],
    properties: {
      source: {
        type: 'string',
        pattern: source.pattern,
        description:
          '`azure_ad`, `okta`, `ldap`, `sap_successfactors`, `workday`, `bamboohr`, or another provider that is pulled from.',
        examples: ['azure_ad'],
      },
      sync_type: {
        enum: syncTypes,
        default: 'incremental',
        description:
          '`full`: everything; `incremental`: what changed since the last run; `manual`: everything, because somebody wants it.',
      },
      include_groups: {
        type: 'boolean',
        default: true,
        description: 'Whether groups and their members are pulled, too.',
      },
    },
  },
  status: 202,
  answer: component('QueuedSync', 'A run that was asked for.', {
    ...ofRun,
    include_groups: { type: 'boolean', description: 'As asked.', examples: [true] },
    queued_at: time('When it was asked for', 'integer'),
    estimated_duration_ms: {
      type: ['integer', 'null'],
      description: 'What earlier runs took; null where there is none.',
      examples: [45_000],
    },
  }),
  errors: [404, 409],
  run: async ({ caller: { db, actor }, body }) => {
    const { source: from, sync_type: type, include_groups: includeGroups } = body
    return showQueued(await naming('source', requestSync(db, actor, { source: from, type, includeGroups })))
  },
})

const counters =
  `users_created users_updated users_disabled users_deleted users_skipped users_errors groups_created groups_updated
  groups_deleted groups_skipped groups_errors memberships_added memberships_removed total_processed`.split(/\s+/)

const stats = component(
  'SyncStats',
  'What a run did, counted.',
  Object.fromEntries(
    counters.map((name) => [name, { type: 'integer', description: `${toWords(name)}.`, examples: [3] }] as const),
  ),
)

function toWords(name: string): string {
  const words = name.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

const syncError = component('SyncError', 'Something that a run could not do.', {
  code: { type: 'string', description: 'One word, for programs.', examples: ['invalid_value'] },
  message: { type: 'string', description: 'A sentence for people.', examples: ['userName is taken by another user.'] },
  record_id: { type: ['string', 'null'], description: 'What the source calls the record.', examples: ['7d3c2f10'] },
})

const status = endpoint({
  operationId: 'readSyncStatus',
  tag: tags.sync.name,
  method: 'get',
  path: '/sync/status',
  summary: 'Read the status of a synchronization',
  description: 'Of the run that is named, or else of the latest one. 404 where there is none.',
  scopes: ['hr'],
  query: {
    sync_id: queryId('The run; without it the latest one.'),
    source: { ...source, description: 'Only runs that pull from this source.', examples: ['azure_ad'] },
  },
  status: 200,
  answer: component('SyncRun', 'A run.', {
    ...ofRun,
    started_at: time('When it began; null before', ['integer', 'null']),
    completed_at: time('When it ended; null before', ['integer', 'null']),
    duration_ms: {
      type: ['integer', 'null'],
      description: 'What it took; null until it has ended.',
      examples: [42_381],
    },
    stats,
    errors: { type: 'array', items: syncError, examples: [[]] },
    next_sync_token: {
      type: ['string', 'null'],
      description: 'Where the source says that the next run can begin.',
      examples: ['ZGVsdGE6MTc3MjM1NTYwMA'],
    },
  }),
  errors: [404],
  run: async ({ caller: { db, actor }, query }) => showRun(await find(db, actor, query)),
})

async function find(db: Database, actor: Actor, query: { sync_id?: string; source?: string }): Promise<SyncRun> {
  if (query.sync_id === undefined) {
    const latest = readLatestSync(db, actor, query.source)
    return query.source === undefined ? latest : naming('source', latest)
  }
  const run = await naming('sync_id', readSync(db, actor, query.sync_id))
  if (query.source === undefined || run.source === query.source) return run
  throw new AppError('not_found', `The run ${run.id} pulled from another source.`, { data: { param: 'source' } })
}

export const syncEndpoints: readonly Endpoint<HrCaller>[] = [request, status]

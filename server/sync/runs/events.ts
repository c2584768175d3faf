// What is told of runs.
import { timeSql } from '../../directory/common-attributes.ts'

export type RunEvent = 'sync.started' | 'sync.completed' | 'sync.failed' | 'sync.cancelled' | 'sync.awaiting_approval'

/**
 * SQL that writes an event of each run that `from` has, a CTE of rows of sync_runs, into the outbox. `at` and `condition` are SQL; the
 * row is `r`.
 */
export function tellRunSql(type: RunEvent, from: string, at: string, condition = ''): string {
  return `insert into outbox (org_id, type, at, resource_type, resource_id, version, data)
    select r.org_id, '${type}', ${at}, 'Sync', r.id, r.version, jsonb_build_object(
      'directoryId', r.directory_id, 'requestId', r.id, 'resource', ${runSql})
    from ${from} r join directories d on d.org_id = r.org_id and d.id = r.directory_id ${condition}`
}

// As sync.queued tells it, and what is known since.
const runSql = `jsonb_strip_nulls(jsonb_build_object(
        'id', r.id, 'directoryId', r.directory_id, 'source', coalesce(d.provider, d.kind), 'type', r.type, 'purpose', r.purpose,
        'includeGroups', r.include_groups, 'status', r.status, 'queuedAt', ${timeSql('r.queued_at')},
        'startedAt', ${timeSql('r.started_at')}, 'completedAt', ${timeSql('r.completed_at')}, 'stats', r.stats,
        'errorCount', r.error_count, 'reasons', r.hold -> 'reasons', 'failure', r.failure))`

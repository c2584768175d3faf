// Does the runs that tests ask the application for, by the tests' clock and without jobs.
import { randomUUID } from 'node:crypto'
import { providers } from '../../providers/index.ts'
import { createSealer } from '../../server/auth/sealer.ts'
import { query } from '../../server/db/query.ts'
import { createLogger } from '../../server/ops/logger.ts'
import { createOutgoing } from '../../server/ops/outgoing.ts'
import { declareResourceTypes } from '../../server/scim/declarations.ts'
import { OrganizationSchemas } from '../../server/scim/organization-schema.ts'
import { createSyncServices } from '../../server/sync-services.ts'
import { doRun } from '../../server/sync/engine/engine.ts'
import type { RunKey } from '../../server/sync/runs/run.ts'
import type { SyncServices } from '../../server/sync/services.ts'
import { clock, type Tenant } from './app.ts'
import { testDatabase } from './postgres.ts'
import { accountProvider } from './sources.ts'

const { signal: never } = new AbortController()

/** What runs of the tests' application need, outside of it. */
export function createAccountServices(): SyncServices {
  const db = testDatabase()
  return createSyncServices({
    db,
    now: clock.now,
    logger: createLogger('silent'),
    sealer: createSealer(db, undefined, clock.now),
    outgoing: createOutgoing({ allow: '127.0.0.1' }),
    schemas: new OrganizationSchemas(db, declareResourceTypes()),
    sources: [...providers, accountProvider],
  })
}

/** Does all runs of an organization that are due by the tests' clock. */
export async function settleRuns({ organizationId }: Pick<Tenant, 'organizationId'>, signal = never): Promise<void> {
  const services = createAccountServices()
  for (;;) {
    const text = `select org_id as "organizationId", id from sync_runs
      where org_id = $1 and status in ('queued', 'running') and coalesce(held_until, due_at) <= $2::timestamptz`
    const due = await query<RunKey>(services.db, text, [organizationId, clock.now()])
    if (due.length === 0) return
    for (const key of due) await doRun(services, key, randomUUID(), signal)
  }
}

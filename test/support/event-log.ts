// The event log as tests see it.
import type { LoggedEvent } from '../../server/events/event.ts'
import { readEvents } from '../../server/events/log.ts'
import { numberEvents, type NumberingParts } from '../../server/events/numbering.ts'
import { createLogger } from '../../server/ops/logger.ts'
import { declareResourceTypes } from '../../server/scim/declarations.ts'
import { presentResource } from '../../server/scim/event-resources.ts'
import { OrganizationSchemas } from '../../server/scim/organization-schema.ts'
import { clearOutbox, clock, type Tenant } from './app.ts'
import { testDatabase } from './postgres.ts'

/** What numbering needs; `folder` has schema files. */
export function numberingParts(types = declareResourceTypes()): NumberingParts {
  const schemas = new OrganizationSchemas(testDatabase(), types)
  const logger = createLogger('silent')
  return { db: testDatabase(), now: clock.now, logger, present: (db, ...of) => presentResource(db, schemas, ...of) }
}

/** Numbers all that an organization has in the outbox. What other tests left there is thrown away, for it may be much. */
export async function numberAll(tenant: Tenant, parts = numberingParts()): Promise<void> {
  await clearOutbox(tenant.organizationId)
  while ((await numberEvents(parts)).isMore);
}

/** All events of an organization, those included that were in the outbox. */
export async function readLog(tenant: Tenant, parts?: NumberingParts): Promise<LoggedEvent[]> {
  await numberAll(tenant, parts)
  return readEvents(testDatabase(), tenant.organizationId, { after: 0, limit: 100_000 })
}

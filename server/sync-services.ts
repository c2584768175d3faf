// What the sync of directories needs beside the database: for the API, and for what pulls.
import { providers } from '../providers/index.ts'
import type { Provider } from '../providers/provider.ts'
import type { Sealer } from './auth/sealer.ts'
import type { Database } from './db/connect.ts'
import type { Logger } from './ops/logger.ts'
import type { Outgoing } from './ops/outgoing.ts'
import { createCanonize } from './scim/canonize.ts'
import type { OrganizationSchemas } from './scim/organization-schema.ts'
import type { SyncServices } from './sync/services.ts'

export interface SyncServiceParts {
  readonly db: Database
  readonly now: () => Date
  readonly logger: Logger
  readonly sealer: Sealer
  readonly outgoing: Outgoing
  readonly schemas: OrganizationSchemas
  /** The sources that there are; tests have others. */
  readonly sources?: readonly Provider[]
}

export function createSyncServices(parts: SyncServiceParts): SyncServices {
  const { db, now, logger, sealer, outgoing, schemas, sources = providers } = parts
  return {
    db,
    now,
    logger,
    sealer,
    outgoing,
    providers: new Map(sources.map((provider) => [provider.id, provider])),
    canonize: (organizationId) => createCanonize(db, schemas, organizationId),
  }
}

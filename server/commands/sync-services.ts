// What commands need to ask for runs, and to do them where nobody else does.
import { createSealer } from '../auth/sealer.ts'
import type { Config } from '../config.ts'
import type { Database } from '../db/connect.ts'
import { createLogger } from '../ops/logger.ts'
import { createOutgoing } from '../ops/outgoing.ts'
import { declareResourceTypes } from '../scim/declarations.ts'
import { OrganizationSchemas } from '../scim/organization-schema.ts'
import { readResourceTypes } from '../scim/schema-files.ts'
import { createSyncServices } from '../sync-services.ts'
import type { SyncServices } from '../sync/services.ts'

/** Throws config_invalid where the files of ROLLCALL_SCHEMAS_DIR are wrong. */
export async function withSyncServices<Result>(
  config: Config,
  db: Database,
  work: (services: SyncServices) => Promise<Result>,
): Promise<Result> {
  const now = (): Date => new Date()
  const { ENCRYPTION_KEYS, OUTGOING_ALLOW, ROLLCALL_SCHEMAS_DIR } = config
  const schemas = new OrganizationSchemas(db, readResourceTypes(ROLLCALL_SCHEMAS_DIR, declareResourceTypes()))
  const sealer = createSealer(db, ENCRYPTION_KEYS, now)
  const outgoing = createOutgoing({ ...(OUTGOING_ALLOW !== undefined && { allow: OUTGOING_ALLOW }) })
  try {
    return await work(createSyncServices({ db, now, logger: createLogger('error'), sealer, outgoing, schemas }))
  } finally {
    await outgoing.close()
  }
}

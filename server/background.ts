// The other composition root: what goes on beside requests, once for all workers of a process. Several processes may.
import type { Provider } from '../providers/provider.ts'
import type { Config } from './config.ts'
import type { Database } from './db/connect.ts'
import { createChannels, createEventServices } from './event-services.ts'
import { startEngine } from './events/delivery/engine.ts'
import { startJobs } from './ops/jobs.ts'
import type { Logger } from './ops/logger.ts'
import { Outage } from './ops/outage.ts'
import { declareResourceTypes } from './scim/declarations.ts'
import { OrganizationSchemas } from './scim/organization-schema.ts'
import { readResourceTypes } from './scim/schema-files.ts'
import { createSyncServices } from './sync-services.ts'
import { startSyncing } from './sync/engine/background.ts'

export interface BackgroundParts {
  readonly config: Config
  readonly db: Database
  readonly logger: Logger
  readonly now: () => Date
  /** The sources that directories can be pulled from; those of `providers/` where it is left out. */
  readonly sources?: readonly Provider[]
}

export interface Background {
  /** Lets attempts under way end, for some seconds, and leaves the rest to the next process. */
  stop(): Promise<void>
}

/** Delivers events and syncs from now on. Throws config_invalid where the files of ROLLCALL_SCHEMAS_DIR are wrong. */
export async function startBackground({ config, db, logger, now, sources }: BackgroundParts): Promise<Background> {
  const types = readResourceTypes(config.ROLLCALL_SCHEMAS_DIR, declareResourceTypes())
  const schemas = new OrganizationSchemas(db, types)
  const events = createEventServices({ config, db, now, schemas })
  const { compile, present, sealer, outgoing, mailer } = events
  const outage = new Outage(logger)
  const jobs = await startJobs(db, outage)
  const parts = { db, now, logger, jobs, outage }
  const delivering = await startEngine({ ...parts, compile, present, channels: createChannels(db, events) })
  const services = createSyncServices({ ...parts, schemas, sealer, outgoing, ...(sources && { sources }) })
  const syncing = await startSyncing({ ...parts, ...services })
  return {
    stop: async () => {
      await Promise.all([delivering.stop(), syncing.stop()])
      await jobs.stop()
      mailer?.close()
      await outgoing.close()
    },
  }
}

// The other composition root: what goes on beside requests, once for all workers of a process. Several processes may.
import type { Config } from './config.ts'
import type { Database } from './db/connect.ts'
import { createChannels, createEventServices } from './event-services.ts'
import { startEngine } from './events/delivery/engine.ts'
import type { Logger } from './ops/logger.ts'
import { declareResourceTypes } from './scim/declarations.ts'
import { OrganizationSchemas } from './scim/organization-schema.ts'
import { readResourceTypes } from './scim/schema-files.ts'

export interface BackgroundParts {
  readonly config: Config
  readonly db: Database
  readonly logger: Logger
  readonly now: () => Date
}

export interface Background {
  /** Lets attempts under way end, for some seconds, and leaves the rest to the next process. */
  stop(): Promise<void>
}

/** Delivers events from now on. Throws config_invalid where the files of ROLLCALL_SCHEMAS_DIR are wrong. */
export async function startBackground({ config, db, logger, now }: BackgroundParts): Promise<Background> {
  const types = readResourceTypes(config.ROLLCALL_SCHEMAS_DIR, declareResourceTypes())
  const services = createEventServices({ config, db, now, schemas: new OrganizationSchemas(db, types) })
  const { compile, present, outgoing, mailer } = services
  const engine = await startEngine({ db, now, logger, compile, present, channels: createChannels(db, services) })
  return {
    stop: async () => {
      await engine.stop()
      mailer?.close()
      await outgoing.close()
    },
  }
}

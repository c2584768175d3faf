// What the engine needs, made once by the composition roots.
import type { Provider } from '../../providers/provider.ts'
import type { Sealer } from '../auth/sealer.ts'
import type { Database } from '../db/connect.ts'
import type { JsonObject } from '../db/tables.ts'
import type { Logger } from '../ops/logger.ts'
import type { Outgoing } from '../ops/outgoing.ts'

export interface SyncServices {
  readonly db: Database
  readonly now: () => Date
  readonly logger: Logger
  readonly sealer: Sealer
  readonly outgoing: Outgoing
  /** By id. */
  readonly providers: ReadonlyMap<string, Provider>
  /** How what is mapped becomes a resource of the organization's schema. */
  readonly canonize: (organizationId: string) => Promise<Canonize>
}

/**
 * Brings a mapped resource into canonical form. A value that the schema does not take is left out, and comes back as a fault that names the
 * attribute; the rest stands.
 */
export type Canonize = (
  resourceType: 'User' | 'Group',
  mapped: JsonObject,
) => { readonly resource: JsonObject; readonly faults: readonly string[] }

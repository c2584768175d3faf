import { declareFor } from '../api/endpoint.ts'
import type { Check } from '../api/check.ts'
import type { Database } from '../db/connect.ts'
import type { EventServices } from '../events/services.ts'
import type { SyncServices } from '../sync/services.ts'

/** Who calls the management API. */
export interface AdminCaller {
  readonly db: Database
  readonly events: EventServices
  readonly sync: SyncServices
  /** For values whose schema is not the endpoint's own. */
  readonly check: Check
  /** The organization that the caller may reach; null for all. */
  readonly reach: string | null
  /** The token that the caller signed in with; null for the operator, and for JWTs. */
  readonly tokenId: string | null
  /** Aborted when the caller is gone. */
  readonly signal: AbortSignal
  readonly requestId: string
  readonly at: Date
}

export const endpoint = declareFor<AdminCaller>()

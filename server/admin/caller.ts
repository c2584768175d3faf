import { declareFor } from '../api/endpoint.ts'
import type { Database } from '../db/connect.ts'

/** Who calls the management API. */
export interface AdminCaller {
  readonly db: Database
  /** The organization that the caller may reach; null for all. */
  readonly reach: string | null
  readonly requestId: string
  readonly at: Date
}

export const endpoint = declareFor<AdminCaller>()

import { declareFor } from '../api/endpoint.ts'
import type { Database } from '../db/connect.ts'
import type { Actor } from '../directory/actor.ts'

/** Who calls the HR API. */
export interface HrCaller {
  readonly db: Database
  /** Sees the whole organization, whatever the directory of the token. */
  readonly actor: Actor
}

export const endpoint = declareFor<HrCaller>()

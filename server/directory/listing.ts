import type { AttributePath, Condition } from './condition.ts'

/** How resources are to be written. */
export interface Rendering {
  /** What precedes `/Users/{id}` in locations: `https://host/scim/v2`. */
  readonly baseUrl: string
  /** Computed attributes that are not asked for (`groups`, `members`), so that they are not computed. */
  readonly omits: ReadonlySet<string>
  /** Attributes that are computed only when asked for by name (`source`, `syncedAt`). */
  readonly adds: ReadonlySet<string>
}

export interface ListRequest extends Rendering {
  readonly condition: Condition | undefined
  readonly sortBy: AttributePath | undefined
  readonly descending: boolean
  /** From 1. */
  readonly startIndex: number
  readonly count: number
}

export interface Listing {
  /** Each the JSON text of one resource. */
  readonly resources: readonly string[]
  readonly total: number
}

export interface Representation {
  readonly id: string
  readonly version: number
  /** JSON text. */
  readonly json: string
}

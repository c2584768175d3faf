import type { AttributePath, Condition } from './condition.ts'
import type { AttributeSource } from './condition-sql.ts'

/** How resources are to be written. */
export interface Rendering {
  /** What precedes `/Users/{id}` in locations: `https://host/scim/v2`. */
  readonly baseUrl: string
  /** Computed attributes that are not asked for (`groups`, `members`), so that they are not computed. */
  readonly omits: ReadonlySet<string>
  /** Attributes that are computed only when asked for by name (`source`, `syncedAt`). */
  readonly adds: ReadonlySet<string>
}

/** What is asked of the resources of one type. */
export interface ListRequest extends Rendering {
  readonly condition?: Condition | undefined
  readonly sortBy?: AttributePath | undefined
}

/** The resources of one type, as SQL over their row `u`; $1 is the organization, $2 the directory, $3 the base URL. */
export interface Listed extends Pick<ListRequest, 'condition' | 'sortBy'> {
  readonly table: 'users' | 'groups' | 'resources'
  readonly attributes: AttributeSource
  /** Which rows are of the type and for the actor to see. */
  readonly visible: string
  /** Selects as `total` how many there are, without counting them. */
  readonly totalSql: string
  /** Renders the rows that `page` selects; where they have a `place`, in its order and with it. */
  readonly render: (page: string, order: string, size: ListSize) => string
}

/** Whether a page has a few resources, which are best read one by one, or many, which share what they refer to. */
export type ListSize = 'few' | 'many'

/**
 * Which of the resources that were found are wanted: those from a place counted from 1; or the first ones, or those behind a
 * position, and whether there are more.
 */
export interface Page {
  readonly from: number | 'start' | Position
  readonly count: number
  readonly descending: boolean
}

/** Where a resource stands in a list. */
export interface Position {
  /** The text of what the list is ordered by; null where the resource has none. */
  readonly key: string | null
  readonly id: string
}

export interface Listing {
  readonly resources: readonly ListedResource[]
  /** The position of the last of them, where more are known to be behind it. */
  readonly next: Position | undefined
}

export interface ListedResource {
  /** JSON text. */
  readonly json: string
  /** Which of the listed types it is of, by its place among them. */
  readonly of: number
}

export interface Representation {
  readonly id: string
  readonly version: number
  /** JSON text. */
  readonly json: string
}

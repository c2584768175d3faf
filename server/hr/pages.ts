// Pages of lists: from limit and cursor to what the queries take, and from what they give to an answer.
import { cursorParameter, readCursor, writeCursor } from '../api/cursors.ts'
import type { Window, Windowed } from '../directory/org/employee.ts'

/** The parameters of a list: at most `maximum` in a page, and `initial` where nothing is said. */
export function pageParameters<const Initial extends number, const Maximum extends number>(
  initial: Initial,
  maximum: Maximum,
) {
  return {
    limit: {
      type: 'integer',
      minimum: 1,
      maximum,
      default: initial,
      description: 'How many in a page.',
    },
    cursor: cursorParameter,
  } as const
}

export const includeInactive = {
  include_inactive: {
    type: 'boolean',
    default: false,
    description: 'Whether those who have left (`terminated`, `retired`) are shown, too.',
  },
} as const

interface PageQuery {
  readonly limit: number
  readonly cursor?: string
}

/** Throws invalid_cursor. */
export function toWindow({ limit, cursor }: PageQuery): Window {
  return { limit, after: readCursor(cursor)?.id }
}

export interface Page<View> {
  readonly has_more: boolean
  readonly next_cursor: string | null
  readonly data: readonly View[]
}

export function toPage<Item, View>({ items, next }: Windowed<Item>, view: (item: Item) => View): Page<View> {
  return {
    has_more: next !== undefined,
    next_cursor: next === undefined ? null : writeCursor({ id: next }),
    data: items.map(view),
  }
}

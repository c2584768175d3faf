import type { Window, Windowed } from './employee.ts'

/** How many rows tell of a page whether there are more. */
export function countWanted({ limit }: Window): number {
  return limit + 1
}

/** The page of the rows that were found, one more than are wanted where there are more. */
export function toWindow<Item>(
  rows: readonly Item[],
  { limit }: Window,
  positionOf: (item: Item) => string,
): Windowed<Item> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, next: rows.length > limit && last !== undefined ? positionOf(last) : undefined }
}

/** The page of rows that have ids, in the order of these. */
export function toWindowById<Item extends { readonly id: string }>(
  rows: readonly Item[],
  window: Window,
): Windowed<Item> {
  return toWindow(rows, window, ({ id }) => id)
}

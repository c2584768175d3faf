// Pages of search results. Their order is of the moment, and so a cursor names the last one, and how many came up to it: where
// that one is no longer found, the next page begins as far down.
import { readCursor, writeCursor } from '../api/cursors.ts'
import type { Database } from '../db/connect.ts'
import type { Actor } from '../directory/actor.ts'
import { foldCase } from '../directory/keys.ts'
import { findPeople } from '../directory/lookup/lookup.ts'
import type { Employee } from '../directory/org/employee.ts'
import { type EmployeeFilter, readEmployees } from '../directory/org/employees.ts'
import type { Page } from './pages.ts'

export interface SearchRequest {
  readonly search: string
  readonly filter: EmployeeFilter
  readonly page: { readonly limit: number; readonly cursor?: string }
}

const maxMatches = 200
const readAtOnce = 50

/** Throws invalid_cursor. */
export async function searchEmployees<View>(
  db: Database,
  actor: Actor,
  { search, filter, page: { limit, cursor } }: SearchRequest,
  view: (one: Employee) => View,
): Promise<Page<View>> {
  const after = readCursor(cursor)
  const matches = await findPeople(db, actor, { query: search, limit: maxMatches, status: filter.status })
  const ids = matches.map(({ id }) => id)
  const found: Employee[] = []
  // One more than the page has tells whether there is a next one.
  for (let at = findStart(ids, after); at < ids.length && found.length <= limit; at += readAtOnce) {
    const people = await readEmployees(db, actor, ids.slice(at, at + readAtOnce))
    found.push(...people.filter((one) => meets(one, filter)))
  }
  const shown = found.slice(0, limit)
  const last = found.length > limit ? shown.at(-1)?.id : undefined
  return {
    has_more: last !== undefined,
    next_cursor: last === undefined ? null : writeCursor({ id: last, rank: ids.indexOf(last) + 1 }),
    data: shown.map(view),
  }
}

function findStart(ids: readonly string[], after: { id: string; rank?: number } | undefined): number {
  if (after === undefined) return 0
  const at = ids.indexOf(after.id)
  // A cursor of a list that was not searched has no rank; beginning again would never end.
  return at === -1 ? (after.rank ?? ids.length) : at + 1
}

// The status was asked for with the search.
function meets(one: Employee, { department, source, managerId }: EmployeeFilter): boolean {
  if (department !== undefined && foldCase(one.department ?? '') !== foldCase(department)) return false
  if (source !== undefined && one.source !== source) return false
  return managerId === undefined || one.managerId === managerId
}

// Rounds of GET /users/delta: all users, or those that have changed. A round has pages; it ends with where the next one begins.
import { readText } from '../json.ts'
import type { JsonObject, Scope, SourceRecord } from '../provider.ts'
import { type DeltaPage, type EntraApi, linkToDelta } from './api.ts'
import { manager, readManagerChange, readUserFields, selectProperties } from './fields.ts'
import { required } from './mapping.ts'
import type { EntraSettings } from './settings.ts'

/** A page of a round, and up to whom it is read; null is its beginning. */
export type RoundPlace = { link: string; after: string | null }

export interface UserRound {
  readonly people: NonNullable<EntraSettings['people']>
  readonly scope: Scope
  readonly signal: AbortSignal
  /** Whether it reads everybody: who says nothing of a manager has none then. */
  readonly isFull: boolean
}

export interface UserPage {
  readonly records: readonly SourceRecord[]
  readonly deletedIds: readonly string[]
  /** Where to go on behind it. */
  readonly place: RoundPlace
}

/** The fields that records of a scope have. */
export function listNames({ fields }: Pick<Scope, 'fields'>): string[] {
  return [...new Set([...fields, ...required.map(({ field }) => field)])]
}

export function linkToUsers(scope: Scope): string {
  return linkToDelta('users', selectProperties(listNames(scope)))
}

/** The pages of a round from a place; → where the next round begins. */
export async function* readUserRound(
  api: EntraApi,
  round: UserRound,
  start: RoundPlace,
): AsyncGenerator<UserPage, string> {
  const { signal, people } = round
  const { pageSize } = round.scope
  const readRecords = createRecordReader(api, round)
  for (let { link, after } = start; ;) {
    const page = await api.readDelta(link, pageSize)
    const { users, deletedIds } = readChanges(page, after)
    for (let from = 0; from === 0 || from < users.length; from += pageSize) {
      // Many pages come of one request, which heeds it.
      signal.throwIfAborted()
      const some = users.slice(from, from + pageSize)
      const isLast = from + pageSize >= users.length
      const last = readText(some.at(-1)?.['id']) ?? after
      yield {
        records: await readRecords(some.filter((user) => isPerson(user, people))),
        deletedIds: isLast ? deletedIds : [],
        place: isLast && page.next !== undefined ? { link: page.next, after: null } : { link, after: last },
      }
    }
    if (page.delta !== undefined) return page.delta
    ;[link, after] = [page.next ?? '', null]
  }
}

// Of one who comes several times the last word counts, for each thing that it says.
function readChanges({ items }: DeltaPage, after: string | null): { users: JsonObject[]; deletedIds: string[] } {
  const changes = new Map<string, JsonObject>()
  for (const item of items) {
    const id = readText(item['id'])
    if (id === undefined) continue
    const earlier = changes.get(id)
    const isAnew = item['@removed'] !== undefined || earlier?.['@removed'] !== undefined
    changes.set(id, isAnew ? item : { ...earlier, ...item })
  }
  const all = [...changes.values()]
  const users = all.filter((item) => item['@removed'] === undefined)
  const deletedIds = [...changes].filter(([, item]) => item['@removed'] !== undefined).map(([id]) => id)
  // All of them where the one is not there any more.
  return { users: users.slice(after === null ? 0 : users.findIndex(({ id }) => id === after) + 1), deletedIds }
}

function isPerson({ userType, employeeId, employeeType }: JsonObject, people: UserRound['people']): boolean {
  if (people === 'everybody') return true
  if (readText(userType)?.toLowerCase() === 'guest') return false
  return people === 'members' || readText(employeeId) !== undefined || readText(employeeType) !== undefined
}

function createRecordReader(
  api: EntraApi,
  { scope, isFull }: UserRound,
): (users: readonly JsonObject[]) => Promise<SourceRecord[]> {
  const names = listNames(scope)
  const managers = names.includes(manager) ? createManagerReader(api, isFull) : undefined
  return async (users) => {
    const found = await managers?.(users)
    return users.map((user) => {
      const id = readText(user['id']) ?? ''
      const managerId = found?.get(id)
      const fields = { ...readUserFields(user, names), ...(managerId !== undefined && { [manager]: managerId }) }
      return { id, type: 'user', fields }
    })
  }
}

/** So many ids a filter takes at once. */
const idsLimit = 15

// Who changed otherwise says nothing of their manager, also where they come twice in a round that reads everybody.
function createManagerReader(
  api: EntraApi,
  isFull: boolean,
): (users: readonly JsonObject[]) => Promise<ReadonlyMap<string, string | null>> {
  const known = new Map<string, string | null>()
  return async (users) => {
    const unknown: string[] = []
    for (const user of users) {
      const id = readText(user['id']) ?? ''
      const said = readManagerChange(user)
      if (said !== undefined) known.set(id, said)
      else if (!known.has(id) && isFull) known.set(id, null)
      else if (!known.has(id)) unknown.push(id)
    }
    for (let start = 0; start < unknown.length; start += idsLimit) {
      const ids = unknown.slice(start, start + idsLimit)
      for await (const { items } of api.readList(linkToManagers(ids))) {
        for (const user of items) known.set(readText(user['id']) ?? '', readManager(user))
      }
    }
    return known
  }
}

function linkToManagers(ids: readonly string[]): string {
  const listed = ids.map((id) => `'${id.replaceAll("'", "''")}'`).join(',')
  return `/users?$select=id&$expand=manager($select=id)&$filter=${encodeURIComponent(`id in (${listed})`)}`
}

function readManager({ manager: above }: JsonObject): string | null {
  return typeof above === 'object' && above !== null && !Array.isArray(above) ? (readText(above['id']) ?? null) : null
}

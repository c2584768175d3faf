// A pull of everybody, or of who and what was updated since the last one.
import { readText } from '../json.ts'
import { type GroupPart, type GroupPlace, nameApart, pageParts } from '../group-parts.ts'
import {
  type JsonObject,
  type Page,
  type ProviderContext,
  type Scope,
  type Source,
  type SourceMember,
  type SourceRecord,
} from '../provider.ts'
import { linkToMembers, linkToUsers, type OktaApi, type OktaGroup } from './api.ts'
import { checkOkta } from './check.ts'
import { required } from './mapping.ts'
import { readUserFields } from './user.ts'

/** Where a pull of changes begins, and the next one will: ISO 8601 by Okta's clock; `from` is null in a pull of everything. */
type Times = { from: string | null; at: string }

export type OktaCursor =
  | ({ stage: 'users'; link: string; after: string | null } & Times)
  | ({ stage: 'groups'; place: GroupPlace | null } & Times)
  | { stage: 'end'; at: string }

/** How far before the last pull is looked again: lists lag behind, and the log comes late. */
const overlapMs = 10 * 60_000

export function createOktaSource(api: OktaApi, context: ProviderContext): Source<OktaCursor> {
  return {
    check: () => checkOkta(api, context.now()),
    pull: (cursor, scope) => pull(api, context, cursor, scope),
  }
}

async function* pull(
  api: OktaApi,
  { signal }: Pick<ProviderContext, 'signal'>,
  cursor: OktaCursor | undefined,
  scope: Scope,
): AsyncIterable<Page<OktaCursor>> {
  const begun = cursor?.stage === 'groups' ? cursor : yield* pullUsers(api, signal, cursor, scope)
  const times = { from: begun.from, at: begun.at }
  const place = cursor?.stage === 'groups' ? cursor.place : null
  const groups = scope.groups ? (await api.readGroups()).filter(({ type }) => type !== 'BUILT_IN') : []
  if (times.from !== null && place === null) yield await findDeleted(api, groups, times)
  for await (const { records, place: next } of pageParts(readParts(api, groups, times.from, place), scope.pageSize)) {
    signal.throwIfAborted()
    yield { records, cursor: { stage: 'groups', ...times, place: next } }
  }
  yield { records: [], cursor: { stage: 'end', at: times.at } }
}

// → when the pull began.
async function* pullUsers(
  api: OktaApi,
  signal: AbortSignal,
  cursor: (OktaCursor & { stage: 'users' | 'end' }) | undefined,
  scope: Scope,
): AsyncGenerator<Page<OktaCursor>, Times> {
  const from = cursor?.stage === 'users' ? cursor.from : (cursor?.at ?? null)
  let at = cursor?.stage === 'users' ? cursor.at : undefined
  let link = cursor?.stage === 'users' ? cursor.link : linkToUsers(findStart(from))
  let after = cursor?.stage === 'users' ? cursor.after : null
  const names = [...new Set([...scope.fields, ...required.map(({ field }) => field)])]
  for (;;) {
    const { items, next, at: answered } = await api.readUsers(link)
    at ??= answered.toISOString()
    const records = skipTo(items, after).flatMap((user) => readUser(user, names))
    for (let start = 0; start < records.length; start += scope.pageSize) {
      // Many pages come of one request, which heeds it.
      signal.throwIfAborted()
      const some = records.slice(start, start + scope.pageSize)
      const last = some.at(-1)?.id ?? null
      yield { records: some, cursor: { stage: 'users', from, at, link, after: last } }
    }
    if (next === undefined) return { from, at }
    ;[link, after] = [next, null]
  }
}

function findStart(from: string | null): Date {
  return from === null ? new Date(0) : new Date(Date.parse(from) - overlapMs)
}

// Those behind one; all of them where it is not there any more.
function skipTo(items: readonly JsonObject[], after: string | null): readonly JsonObject[] {
  return items.slice(after === null ? 0 : items.findIndex(({ id }) => id === after) + 1)
}

function readUser(user: JsonObject, names: readonly string[]): SourceRecord[] {
  const id = readText(user['id'])
  return id === undefined ? [] : [{ id, type: 'user', fields: readUserFields(user, names) }]
}

// Lists say nothing of what is deleted; the log does. What it calls deleted and is still there is not believed.
async function findDeleted(api: OktaApi, groups: readonly OktaGroup[], times: Times): Promise<Page<OktaCursor>> {
  const cursor: OktaCursor = { stage: 'groups', ...times, place: null }
  const logged = await api.readDeleted(findStart(times.from), new Date(times.at))
  if (logged === undefined || logged.length === 0) return { records: [], cursor }
  const listed = new Set(groups.map(({ id }) => id))
  const unlisted = logged.filter((id) => !listed.has(id))
  const kept = await api.findUsers(unlisted)
  return { records: [], deletedIds: unlisted.filter((id) => !kept.has(id)), cursor }
}

async function* readParts(
  api: OktaApi,
  groups: readonly OktaGroup[],
  from: string | null,
  place: GroupPlace | null,
): AsyncIterable<GroupPart> {
  const names = nameApart(groups)
  const since = findStart(from).toISOString()
  for (const group of groups.toSorted((one, other) => (one.id < other.id ? -1 : 1))) {
    const { id, description, updated, membersUpdated } = group
    if (place !== null && (id < place.group || (id === place.group && place.link === null))) continue
    const fields = { displayName: names.get(id) ?? group.name, description }
    if (from === null || membersUpdated >= since) {
      yield* readMembers(api, { id, type: 'group', fields }, id === place?.group ? place.link : null)
    } else if (updated >= since) {
      yield { record: { id, type: 'group', fields }, place: { group: id, link: null } }
    }
  }
}

async function* readMembers(api: OktaApi, record: SourceRecord, start: string | null): AsyncIterable<GroupPart> {
  for (let link: string | null = start ?? linkToMembers(record.id); link !== null;) {
    const page = await api.readMembers(link)
    // It was deleted meanwhile.
    if (page === undefined) return
    link = page.next ?? null
    const members = page.items.flatMap(({ id }): SourceMember[] => {
      const member = readText(id)
      return member === undefined ? [] : [{ id: member, type: 'user' }]
    })
    yield { record: { ...record, members }, place: { group: record.id, link } }
  }
}

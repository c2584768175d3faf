// A pull of everybody, or of who has changed.
import { isObject, readText } from '../json.ts'
import { createListGroups, type ListGroups, pageGroups, type UnlistedGroups } from '../list-groups.ts'
import {
  type JsonObject,
  type Page,
  type ProviderContext,
  ProviderError,
  type Scope,
  type Source,
  type SourceRecord,
} from '../provider.ts'
import { type BambooApi, groupKinds } from './api.ts'
import { type Change, compareIds, findLater } from './changes.ts'
import { checkBamboo } from './check.ts'
import { derivedFields } from './derived.ts'
import { required } from './mapping.ts'
import type { Employee, Way } from './employee.ts'
import { openReader } from './reader.ts'

/** `since` is where the next pull of changes begins, an ISO 8601 time. */
export type BambooCursor =
  | { stage: 'everybody'; since: string; way: Way; after: string; count: number; unlisted: UnlistedGroups }
  | { stage: 'changed'; since: string; latest: string; after: string; unlisted: UnlistedGroups }
  | { stage: 'groups'; since: string; after: string; unlisted: UnlistedGroups }
  | { stage: 'end'; since: string }

interface Reading {
  readonly scope: Scope
  readonly groups: ListGroups | undefined
  readonly signal: AbortSignal
  /** YYYY-MM-DD. */
  readonly today: string
}

/** How long before the last change that was seen is looked again: changes may be told out of order, and clocks differ. */
const overlapMs = 15 * 60_000

export function createBambooSource(api: BambooApi, context: ProviderContext): Source<BambooCursor> {
  return {
    check: () => checkBamboo(api, context.now()),
    pull: (cursor, scope) => pull(api, context, cursor, scope),
  }
}

async function* pull(
  api: BambooApi,
  { now, signal }: Pick<ProviderContext, 'now' | 'signal'>,
  cursor: BambooCursor | undefined,
  scope: Scope,
): AsyncIterable<Page<BambooCursor>> {
  const unlisted = cursor === undefined || cursor.stage === 'end' ? {} : cursor.unlisted
  const groups = scope.groups ? createListGroups((await api.readLists()) ?? {}, unlisted) : undefined
  const reading = { scope, groups, signal, today: now().toISOString().slice(0, 10) }
  let since = cursor?.since ?? now().toISOString()
  if (cursor === undefined || cursor.stage === 'everybody') yield* pullEverybody(api, reading, cursor, since)
  else if (cursor.stage !== 'groups') since = yield* pullChanged(api, reading, cursor)
  const after = cursor?.stage === 'groups' ? cursor.after : undefined
  for (const { records, last } of pageGroups(groups?.list() ?? [], after, scope.pageSize)) {
    yield { records, cursor: { stage: 'groups', since, after: last, unlisted: { ...groups?.unlisted } } }
  }
  yield { records: [], cursor: { stage: 'end', since } }
}

async function* pullEverybody(
  api: BambooApi,
  reading: Reading,
  cursor: (BambooCursor & { stage: 'everybody' }) | undefined,
  since: string,
): AsyncIterable<Page<BambooCursor>> {
  const { scope, groups, signal } = reading
  const reader = await openReader(api, listFields(scope), cursor?.way)
  for await (const { employees, before, total } of reader.readAll(cursor)) {
    refuseBlindness(employees)
    for (let start = 0; start < employees.length; start += scope.pageSize) {
      // Many pages come of one request, which heeds it.
      signal.throwIfAborted()
      const some = employees.slice(start, start + scope.pageSize)
      const records = some.map((employee) => readEmployee(employee, reading))
      const place = { after: some.at(-1)?.id ?? '', count: before + start + some.length }
      yield {
        records,
        cursor: { stage: 'everybody', since, way: reader.way, ...place, unlisted: { ...groups?.unlisted } },
        totalPages: Math.ceil(total / scope.pageSize) + Math.ceil((groups?.list().length ?? 0) / scope.pageSize) + 1,
      }
    }
  }
}

// → where the next one begins.
async function* pullChanged(
  api: BambooApi,
  reading: Reading,
  cursor: BambooCursor & { stage: 'changed' | 'end' },
): AsyncGenerator<Page<BambooCursor>, string> {
  const { scope, groups } = reading
  const { since } = cursor
  const answer = await api.readChanges(new Date(Date.parse(since) - overlapMs))
  if (answer === undefined) throw new ProviderError('cursor_expired', 'BambooHR does not tell changes of so long ago.')
  const isResumed = cursor.stage === 'changed'
  // What changes after this answer has its turn the next time, also where it stands before where this one is interrupted.
  const latest = isResumed ? cursor.latest : findLater(since, answer.latest)
  const changes = answer.changes.filter(({ id }) => !isResumed || compareIds(id, cursor.after) > 0)
  const readChanged = createChangedReader(api, reading)
  for (let start = 0; start < changes.length; start += scope.pageSize) {
    const some = changes.slice(start, start + scope.pageSize)
    const deletedIds = some.filter(({ isDeleted }) => isDeleted).map(({ id }) => id)
    yield {
      records: await readChanged(some),
      ...(deletedIds.length > 0 && { deletedIds }),
      cursor: { stage: 'changed', since, latest, after: some.at(-1)?.id ?? '', unlisted: { ...groups?.unlisted } },
    }
  }
  return latest
}

// The reader is opened once there is somebody to read.
function createChangedReader(
  api: BambooApi,
  reading: Reading,
): (changes: readonly Change[]) => Promise<SourceRecord[]> {
  let opened: ReturnType<typeof openReader> | undefined
  return async (changes) => {
    const ids = changes.filter(({ isDeleted }) => !isDeleted).map(({ id }) => id)
    if (ids.length === 0) return []
    opened ??= openReader(api, listFields(reading.scope))
    const employees = await (await opened).readSome(ids)
    refuseBlindness(employees)
    return employees.toSorted((one, other) => compareIds(one.id, other.id)).map((one) => readEmployee(one, reading))
  }
}

// What to ask for: of a field that is made from others, those.
function listFields({ fields, groups }: Pick<Scope, 'fields' | 'groups'>): string[] {
  const wanted = [...fields, ...required.map(({ field }) => field), ...(groups ? groupKinds : [])]
  const own = new Set(['legalName', 'lifecycle'])
  return [...new Set(wanted.flatMap((field) => [field, ...(derivedFields[field]?.from ?? [])]))].filter(
    (field) => !own.has(field) && field !== 'id',
  )
}

// A key may see more of its own employee than of others, so that some record may have what almost none has.
function refuseBlindness(employees: readonly Employee[]): void {
  for (const { field, permission } of required) {
    const without = employees.filter(({ fields }) => fields[field] === undefined).length
    if (without * 2 <= employees.length) continue
    const message = `BambooHR keeps ${field} back of ${without} of ${employees.length} employees. Let the access level of the API key's user see ${permission}.`
    throw new ProviderError('settings', message)
  }
}

function readEmployee({ id, fields }: Employee, { scope, groups, today }: Reading): SourceRecord {
  const made: JsonObject = {}
  for (const [name, derived] of Object.entries(derivedFields)) {
    const value = scope.fields.includes(name) ? derived.read(fields, today) : undefined
    if (value !== undefined) made[name] = value
  }
  const memberships = groups && readMemberships(fields, groups)
  return { id, type: 'user', fields: { ...fields, ...made }, ...(memberships && { groups: memberships }) }
}

// Undefined where BambooHR says of no kind: nobody leaves a group for a permission that was taken away.
function readMemberships(fields: JsonObject, groups: ListGroups): string[] | undefined {
  if (groupKinds.every((kind) => fields[kind] === undefined)) return undefined
  return groupKinds.flatMap((kind) => {
    const value = fields[kind]
    const name = readText(isObject(value) ? value['name'] : value)
    return name === undefined ? [] : [groups.find(kind, name, name)]
  })
}

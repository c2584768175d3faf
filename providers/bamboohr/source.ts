// A pull of everybody, or of who has changed.
import { writeAbsences } from '../absences.ts'
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
import { absencesField, balancesField, required } from './mapping.ts'
import type { Employee, Way } from './employee.ts'
import { openReader } from './reader.ts'
import { isOnLeave, readBalances, readTimeOff, type TimeOff } from './time-off.ts'

/** `since` is where the next pull of changes begins, an ISO 8601 time. */
export type BambooCursor =
  | { stage: 'everybody'; since: string; way: Way; after: string; count: number; unlisted: UnlistedGroups }
  | { stage: 'changed'; since: string; latest: string; after: string; unlisted: UnlistedGroups }
  | { stage: 'groups'; since: string; after: string; unlisted: UnlistedGroups }
  | { stage: 'end'; since: string }

interface Reading {
  readonly api: BambooApi
  readonly scope: Scope
  readonly groups: ListGroups | undefined
  readonly signal: AbortSignal
  /** YYYY-MM-DD. */
  readonly today: string
  /** Undefined where it is not wanted. */
  readonly timeOff: TimeOff | undefined
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
  const today = now().toISOString().slice(0, 10)
  const timeOff = await readWantedTimeOff(api, scope, cursor, today)
  const reading = { api, scope, groups, signal, today, timeOff }
  let since = cursor?.since ?? now().toISOString()
  if (cursor === undefined || cursor.stage === 'everybody') yield* pullEverybody(api, reading, cursor, since)
  else if (cursor.stage !== 'groups') since = yield* pullChanged(api, reading, cursor)
  const after = cursor?.stage === 'groups' ? cursor.after : undefined
  for (const { records, last } of pageGroups(groups?.list() ?? [], after, scope.pageSize)) {
    yield { records, cursor: { stage: 'groups', since, after: last, unlisted: { ...groups?.unlisted } } }
  }
  yield { records: [], cursor: { stage: 'end', since } }
}

async function readWantedTimeOff(
  api: BambooApi,
  { fields }: Scope,
  cursor: BambooCursor | undefined,
  today: string,
): Promise<TimeOff | undefined> {
  if (!fields.includes(absencesField) || cursor?.stage === 'groups') return undefined
  const isOfChanges = cursor?.stage === 'changed' || cursor?.stage === 'end'
  return readTimeOff(api, today, isOfChanges ? cursor.since.slice(0, 10) : undefined)
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
      const records = await readEmployees(some, reading)
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
  const changes = addMoved(answer.changes, reading).filter(({ id }) => !isResumed || compareIds(id, cursor.after) > 0)
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

// Time off is no change of the employee.
function addMoved(changes: readonly Change[], { timeOff }: Reading): Change[] {
  const known = new Set(changes.map(({ id }) => id))
  const moved = new Set((timeOff?.movedIds ?? []).filter((id) => !known.has(id)))
  const added = [...moved].map((id) => ({ id, isDeleted: false }))
  return [...changes, ...added].toSorted((one, other) => compareIds(one.id, other.id))
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
    return readEmployees(
      employees.toSorted((one, other) => compareIds(one.id, other.id)),
      reading,
    )
  }
}

// What to ask for: of a field that is made from others, those.
function listFields({ fields, groups }: Pick<Scope, 'fields' | 'groups'>): string[] {
  const wanted = [...fields, ...required.map(({ field }) => field), ...(groups ? groupKinds : [])]
  const own = new Set(['legalName', 'lifecycle', absencesField, balancesField])
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

async function readEmployees(employees: readonly Employee[], reading: Reading): Promise<SourceRecord[]> {
  const records: SourceRecord[] = []
  for (const employee of employees) records.push(await readEmployee(employee, reading))
  return records
}

async function readEmployee({ id, fields }: Employee, reading: Reading): Promise<SourceRecord> {
  const { scope, groups, today, timeOff } = reading
  const made: JsonObject = {}
  for (const [name, derived] of Object.entries(derivedFields)) {
    const value = scope.fields.includes(name) ? derived.read(fields, today) : undefined
    if (value !== undefined) made[name] = value
  }
  if (made['lifecycle'] === 'active' && isOnLeave(timeOff?.absences?.get(id) ?? [], today))
    made['lifecycle'] = 'on_leave'
  const absences = writeAbsences(timeOff?.absences, id)
  if (absences !== undefined) made[absencesField] = absences
  const balances = await readWantedBalances(id, fields, reading)
  if (balances !== undefined) made[balancesField] = balances
  const memberships = groups && readMemberships(fields, groups)
  return { id, type: 'user', fields: { ...fields, ...made }, ...(memberships && { groups: memberships }) }
}

// Of who does not work here nothing is left.
async function readWantedBalances(
  id: string,
  fields: JsonObject,
  { api, scope, today }: Reading,
): Promise<JsonObject[] | undefined> {
  if (!scope.fields.includes(balancesField)) return undefined
  return readText(fields['status'])?.toLowerCase() === 'active' ? readBalances(api, id, today) : []
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

// A pull of everybody, or of who may be otherwise since the one before, as of one day: what is entered today for next month is not there yet.
import { readText } from '../json.ts'
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
import type { Place, SuccessFactorsApi } from './api.ts'
import { isEmployee, type Since, writeChanged } from './changes.ts'
import { checkSuccessFactors } from './check.ts'
import { isCurrent, readStatusCode } from './employment.ts'
import { type Foundation, foundationKinds, listChanged, listItems, readFoundation } from './foundation.ts'
import { required, startField, statusField } from './mapping.ts'
import { isOneOf, readRows } from './odata.ts'
import { type Person, readField, readManagerId, readManagerUserId, readPerson } from './person.ts'

/** `at` is when the pull began, and `day` the day as of which it reads; the next one asks for what has changed since. */
export type SuccessFactorsCursor =
  | { stage: 'people'; at: string; day: string; since: Since | null; place: Place; unlisted: UnlistedGroups }
  | { stage: 'groups'; at: string; day: string; after: string; unlisted: UnlistedGroups }
  | { stage: 'end'; at: string; day: string }

interface Reading {
  readonly api: SuccessFactorsApi
  readonly scope: Scope
  readonly signal: AbortSignal
  readonly at: string
  readonly day: string
  readonly since: Since | null
  readonly filter: string
  readonly groups: ListGroups | undefined
  /** People by the user ID of an employment of theirs; of those who manage somebody, where SAP does not name them itself. */
  readonly managers: Map<string, string>
}

/** How long before the last pull began is looked again: clocks differ, and what is being written then is not there yet. */
const overlapMs = 15 * 60_000

/** More people than these make a question too long; of foundation objects more make everybody be read. */
const maxNames = 40
const maxChangedCodes = 100

export function createSuccessFactorsSource(
  api: SuccessFactorsApi,
  context: ProviderContext,
): Source<SuccessFactorsCursor> {
  return {
    check: () => checkSuccessFactors(api, context.now()),
    pull: (cursor, scope) => pull(api, context, cursor, scope),
  }
}

async function* pull(
  api: SuccessFactorsApi,
  { now, signal }: Pick<ProviderContext, 'now' | 'signal'>,
  cursor: SuccessFactorsCursor | undefined,
  scope: Scope,
): AsyncIterable<Page<SuccessFactorsCursor>> {
  const isResumed = cursor !== undefined && cursor.stage !== 'end'
  const at = isResumed ? cursor.at : now().toISOString()
  const day = isResumed ? cursor.day : at.slice(0, 10)
  const since = findSince(cursor)
  const foundation: Foundation = scope.groups || since !== null ? await readFoundation(api, day) : new Map()
  const groups = scope.groups
    ? createListGroups(listItems(foundation), isResumed ? cursor.unlisted : undefined)
    : undefined
  const filter = since === null ? isEmployee : writeChanged(since, day, listChangedCodes(foundation, since))
  const reading = { api, scope, signal, at, day, since, filter, groups, managers: new Map<string, string>() }
  if (cursor?.stage !== 'groups') yield* pullPeople(reading, cursor?.stage === 'people' ? cursor.place : undefined)
  const after = cursor?.stage === 'groups' ? cursor.after : undefined
  for (const { records, last } of pageGroups(groups?.list() ?? [], after, scope.pageSize)) {
    yield { records, cursor: { stage: 'groups', at, day, after: last, unlisted: { ...groups?.unlisted } } }
  }
  yield { records: [], cursor: { stage: 'end', at, day } }
}

function findSince(cursor: SuccessFactorsCursor | undefined): Since | null {
  if (cursor === undefined || cursor.stage === 'groups') return null
  if (cursor.stage === 'people') return cursor.since
  return { moment: new Date(Date.parse(cursor.at) - overlapMs).toISOString(), day: cursor.day }
}

function listChangedCodes(foundation: Foundation, since: Since): ReturnType<typeof listChanged> {
  const codes = listChanged(foundation, since)
  const count = Object.values(codes).reduce((sum, some) => sum + some.length, 0)
  if (count <= maxChangedCodes) return codes
  throw new ProviderError(
    'cursor_expired',
    `${count} foundation objects have changed. SAP SuccessFactors is read anew.`,
  )
}

async function* pullPeople(reading: Reading, begin: Place | undefined): AsyncIterable<Page<SuccessFactorsCursor>> {
  const { api, scope, signal, at, day, since, filter, groups } = reading
  const { pageSize } = scope
  const fields = listFields(scope)
  let totalPages: number | undefined
  let place = begin
  do {
    const counts = place === undefined
    const page = await api.readPeople({ fields, day, filter, pageSize, counts, ...(place !== undefined && { place }) })
    const records = await readRecords(reading, fields, page.people)
    const unlisted = { ...groups?.unlisted }
    if (page.total !== undefined) {
      totalPages = Math.ceil(page.total / pageSize) + Math.ceil((groups?.list().length ?? 0) / pageSize) + 1
    }
    place = page.next
    // A page that is larger than it was asked for is whole with its last part.
    for (let start = 0; start < Math.max(records.length, 1); start += pageSize) {
      signal.throwIfAborted()
      const isWhole = start + pageSize >= records.length
      yield {
        records: records.slice(start, start + pageSize),
        ...(isWhole && place !== undefined && { cursor: { stage: 'people', at, day, since, place, unlisted } }),
        ...(isWhole && place === undefined && { cursor: { stage: 'groups', at, day, after: '', unlisted } }),
        ...(totalPages !== undefined && { totalPages }),
      }
    }
  } while (place !== undefined)
}

function listFields({ fields, groups }: Pick<Scope, 'fields' | 'groups'>): string[] {
  const groupFields = foundationKinds.flatMap(({ property, navigation }) => [property, `${navigation}/name`])
  return [
    ...new Set([
      ...fields,
      ...required.map(({ field }) => field),
      ...(groups ? groupFields.map((field) => `employmentNav/jobInfoNav/${field}`) : []),
    ]),
  ]
}

async function readRecords(
  reading: Reading,
  fields: readonly string[],
  rows: readonly JsonObject[],
): Promise<SourceRecord[]> {
  const { day } = reading
  const seen = rows.map((row) => readPerson(row, day, day)).filter((person) => person !== undefined)
  refuseBlindness(seen, rows.length, reading.since === null)
  // A person whom a question finds by several rows may come several times.
  const once = [...new Map(seen.map((person) => [person.id, person])).values()]
  const people = await readThoseToCome(reading, fields, once)
  await findManagers(reading, people)
  return people.map((person) => readRecord(reading, person))
}

// Whoever is employed has a first day, and from then on job information with a status; a single one may be without.
function refuseBlindness(people: readonly Person[], rows: number, isFull: boolean): void {
  const refuse = (what: string, permission: string): ProviderError =>
    new ProviderError('settings', `SAP SuccessFactors gives ${what}. Let the API user view ${permission}.`)
  if (isFull && rows > 0 && people.length === 0)
    throw refuse(`${rows} people without employments`, 'Employment Details')
  const undated = people.filter(({ chosen }) => chosen.start === undefined).length
  if (undated * 2 > people.length) {
    throw refuse(`${undated} of ${people.length} people without ${startField}`, 'Employment Details')
  }
  const begun = people.filter(({ chosen }) => chosen.status !== 'pending')
  const without = begun.filter(({ chosen }) => readStatusCode(chosen.job) === undefined).length
  if (without * 2 > begun.length) {
    throw refuse(`${without} of ${begun.length} people without ${statusField}`, 'Job Information with Employee Status')
  }
}

// Of who has not begun nearly nothing is so today. They are read as of their first day.
async function readThoseToCome(
  { api, day }: Reading,
  fields: readonly string[],
  people: readonly Person[],
): Promise<Person[]> {
  const toCome = people.filter(({ chosen }) => chosen.status === 'pending' && chosen.start !== undefined)
  const byStart = Map.groupBy(toCome, ({ chosen }) => chosen.start ?? '')
  const read = new Map<string, Person>()
  for (const [start, some] of byStart) {
    for (const ids of splitNames(some.map(({ id }) => id))) {
      const filter = `${isOneOf('personIdExternal', ids)} and ${isEmployee}`
      const page = await api.readPeople({ fields, day: start, filter, pageSize: ids.length })
      for (const row of page.people) {
        const person = readPerson(row, start, day)
        if (person !== undefined) read.set(person.id, person)
      }
    }
  }
  return people.map((person) => read.get(person.id) ?? person)
}

// A user ID of somebody may be another person's id: nobody is taken for a manager by it alone.
async function findManagers({ api, managers }: Reading, people: readonly Person[]): Promise<void> {
  const unnamed = people.filter((person) => readManagerId(person) === undefined).flatMap(listManagerUserId)
  const userIds = [...new Set(unnamed)].filter((userId) => !managers.has(userId))
  for (const some of splitNames(userIds)) {
    for (const { userId, personIdExternal } of await api.readEmployments(some)) {
      const [user, person] = [readText(userId), readText(personIdExternal)]
      if (user !== undefined && person !== undefined) managers.set(user, person)
    }
  }
}

// As many as a question can name.
function splitNames(names: readonly string[]): string[][] {
  const parts: string[][] = []
  for (let start = 0; start < names.length; start += maxNames) parts.push(names.slice(start, start + maxNames))
  return parts
}

function listManagerUserId(person: Person): string[] {
  const userId = readManagerUserId(person)
  return userId === undefined ? [] : [userId]
}

function readRecord({ scope, groups, managers }: Reading, person: Person): SourceRecord {
  const kept = required.map(({ field }) => field)
  const values: JsonObject = {}
  for (const field of new Set([...scope.fields, ...kept])) {
    const value = readField(person, field, managers)
    // SAP says null of what may not be seen; of what everybody has, it means that.
    if (value !== undefined && !(value === null && kept.includes(field))) values[field] = value
  }
  const memberships = groups && readMemberships(person, groups)
  return { id: person.id, type: 'user', fields: values, ...(memberships && { groups: memberships }) }
}

// Of all employments in which somebody works. Undefined where SAP says nothing of any kind: nobody leaves a group for a permission that was
// taken away.
function readMemberships({ chosen, employments }: Person, groups: ListGroups): string[] | undefined {
  const speaking = isCurrent(chosen) ? employments.filter((one) => one === chosen || isCurrent(one)) : [chosen]
  const found = speaking.flatMap(({ job = {} }) =>
    foundationKinds.flatMap(({ kind, property, navigation }) => {
      const code = readText(job[property])
      if (code === undefined) return []
      const [object] = readRows(job[navigation]) ?? []
      return [groups.find(kind, code, readText(object?.['name']) ?? code)]
    }),
  )
  return found.length === 0 ? undefined : [...new Set(found)]
}

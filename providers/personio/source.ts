// A pull of everybody, or of who has changed. A page of persons says nothing of their employments, which are read one person after the other.
import { readText } from '../json.ts'
import { pageGroups, type UnlistedGroups } from '../list-groups.ts'
import {
  type JsonObject,
  type Page,
  type ProviderContext,
  ProviderError,
  type Scope,
  type Source,
  type SourceFault,
  type SourceRecord,
} from '../provider.ts'
import { addAbsences } from './absences.ts'
import { largestPage, type PersonioApi, refuseRepetition } from './api.ts'
import { checkPersonio } from './check.ts'
import { readNames } from './names.ts'
import { type Reading, readPerson } from './person.ts'

/** `since` is when the pull began, an ISO 8601 time; the next pull of changes begins there. `updatedSince` is where this one began. */
export type PersonioCursor =
  | { stage: 'persons'; since: string; updatedSince: string | null; next: string; unlisted: UnlistedGroups }
  | { stage: 'groups'; since: string; after: string; unlisted: UnlistedGroups }
  | { stage: 'end'; since: string }

/** How long before the last pull began is looked again: changes show late, and clocks differ. */
const overlapMs = 15 * 60_000

export function createPersonioSource(api: PersonioApi, context: ProviderContext): Source<PersonioCursor> {
  return {
    check: () => checkPersonio(api, context.now()),
    pull: (cursor, scope) => pull(api, context, cursor, scope),
  }
}

async function* pull(
  api: PersonioApi,
  { now, signal }: Pick<ProviderContext, 'now' | 'signal'>,
  cursor: PersonioCursor | undefined,
  scope: Scope,
): AsyncIterable<Page<PersonioCursor>> {
  const isResumed = cursor !== undefined && cursor.stage !== 'end'
  const since = isResumed ? cursor.since : now().toISOString()
  const names = await readNames(api, scope, isResumed ? cursor.unlisted : {})
  const reading = { scope, names, today: now().toISOString().slice(0, 10) }
  if (cursor?.stage !== 'groups') {
    const updatedSince = findBeginning(cursor)
    const next = cursor?.stage === 'persons' ? cursor.next : undefined
    for await (const { next: following, ...content } of pullPersons(api, reading, { updatedSince, next })) {
      signal.throwIfAborted()
      const unlisted = { ...names.groups.unlisted }
      yield {
        ...content,
        cursor:
          following === undefined
            ? { stage: 'groups', since, after: '', unlisted }
            : { stage: 'persons', since, updatedSince: updatedSince ?? null, next: following, unlisted },
      }
    }
  }
  const after = cursor?.stage === 'groups' ? cursor.after : undefined
  const groups = scope.groups ? names.groups.list() : []
  for (const { records, last } of pageGroups(groups, after, scope.pageSize)) {
    yield { records, cursor: { stage: 'groups', since, after: last, unlisted: { ...names.groups.unlisted } } }
  }
  yield { records: [], cursor: { stage: 'end', since } }
}

function findBeginning(cursor: Exclude<PersonioCursor, { stage: 'groups' }> | undefined): string | undefined {
  if (cursor === undefined) return undefined
  if (cursor.stage === 'persons') return cursor.updatedSince ?? undefined
  return new Date(Date.parse(cursor.since) - overlapMs).toISOString()
}

interface PersonsRead {
  readonly records: readonly SourceRecord[]
  readonly faults?: readonly SourceFault[]
  readonly next: string | undefined
}

async function* pullPersons(
  api: PersonioApi,
  reading: Reading,
  place: { updatedSince: string | undefined; next: string | undefined },
): AsyncIterable<PersonsRead> {
  const limit = Math.min(reading.scope.pageSize, largestPage)
  const cursors = new Set(place.next === undefined ? [] : [place.next])
  const seen = new Set<string>()
  for (let cursor = place.next; ;) {
    const page = await api.readPersons({ limit, cursor, updatedSince: place.updatedSince })
    if (page === undefined) throw explainRefusal('persons')
    if (page.next !== undefined) refuseRepetition(cursors, page.next)
    const unread = page.persons.filter(({ id }) => !seen.has(readText(id) ?? ''))
    const faults = unread.filter(({ id }) => readText(id) === undefined).map((_person, index) => explainNobody(index))
    const records = await Promise.all(unread.flatMap((person) => readOne(api, person, reading)))
    for (const record of records) if (record !== undefined) seen.add(record.id)
    const known = records.filter((record) => record !== undefined)
    yield {
      records: await addAbsences(api, known, reading),
      ...(faults.length > 0 && { faults }),
      next: page.next,
    }
    cursor = page.next
    if (cursor === undefined) return
  }
}

// Who is erased while the page is read is not there any more.
function readOne(api: PersonioApi, person: JsonObject, reading: Reading): Promise<SourceRecord | undefined>[] {
  const id = readText(person['id'])
  if (id === undefined) return []
  const read = async (): Promise<SourceRecord | undefined> => {
    const isWithout = Array.isArray(person['employments']) && person['employments'].length === 0
    const employments = isWithout ? [] : await api.readEmployments(id)
    if (employments === 'refused') throw explainRefusal('employments')
    return employments && readPerson(id, person, employments, reading)
  }
  return [read()]
}

function explainRefusal(what: string): ProviderError {
  const message = `Personio does not let the credentials read ${what}. Give the integration the scope personio:persons:read.`
  return new ProviderError('settings', message)
}

function explainNobody(index: number): SourceFault {
  return {
    record: `person ${index + 1} of a page`,
    message: 'Personio gives a person without an id. Ask Personio why.',
  }
}

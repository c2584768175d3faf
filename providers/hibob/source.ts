// Bob has no pages and no changes: all ids are read first, and then people in batches of ids, as its documentation says for large companies.
import { type Absences, findHorizon, writeAbsences } from '../absences.ts'
import { readText } from '../json.ts'
import { createListGroups, type ListGroups, pageGroups, type UnlistedGroups } from '../list-groups.ts'
import {
  type Json,
  type JsonObject,
  type Page,
  type ProviderContext,
  ProviderError,
  type Scope,
  type Source,
  type SourceRecord,
} from '../provider.ts'
import { type BobApi, readPersonId } from './api.ts'
import { checkBob } from './check.ts'
import { type BobFields, readHumanValue, readMachineValue, readValue } from './fields.ts'
import { readLifecycle } from './lifecycle.ts'
import { absencesField, lifecycle, required } from './mapping.ts'
import { readAbsences } from './time-off.ts'

/** Everybody up to an id in the order of ids is read, or everybody and the groups up to one. */
export type HiBobCursor = { stage: 'people' | 'groups'; after: string; unlisted: UnlistedGroups }

interface Reading {
  readonly fields: BobFields
  readonly groups: ListGroups | undefined
  /** Undefined where they are not wanted, or may not be read. */
  readonly absences: Absences | undefined
}

const groupFields = ['work.department', 'work.site', 'work.siteId']

export function createHiBobSource(api: BobApi, { now }: Pick<ProviderContext, 'now'>): Source<HiBobCursor> {
  const readToday = (): string => now().toISOString().slice(0, 10)
  return {
    check: () => checkBob(api, readToday()),
    pull: (cursor, scope) => pull(api, cursor, scope, readToday()),
  }
}

async function* pull(
  api: BobApi,
  cursor: HiBobCursor | undefined,
  scope: Scope,
  today: string,
): AsyncIterable<Page<HiBobCursor>> {
  const fields = await api.readFields()
  const groups = scope.groups ? await readGroups(api, cursor) : undefined
  if (cursor?.stage !== 'groups') {
    const outs = scope.fields.includes(absencesField) ? await api.readOuts(today, findHorizon(today)) : undefined
    const absences = outs && readAbsences(outs, today)
    yield* pullPeople(api, { fields, groups, absences }, cursor, scope)
  }
  if (groups === undefined) return
  const after = cursor?.stage === 'groups' ? cursor.after : undefined
  for (const { records, last } of pageGroups(groups.list(), after, scope.pageSize)) {
    yield { records, cursor: { stage: 'groups', after: last, unlisted: { ...groups.unlisted } } }
  }
}

async function readGroups(api: BobApi, cursor: HiBobCursor | undefined): Promise<ListGroups> {
  const department = (await api.readList('department')) ?? []
  const site = (await api.readList('site')) ?? []
  return createListGroups({ department, site }, cursor?.unlisted)
}

async function* pullPeople(
  api: BobApi,
  reading: Reading,
  cursor: HiBobCursor | undefined,
  { fields, groups, pageSize }: Scope,
): AsyncIterable<Page<HiBobCursor>> {
  const ids = readIds(await api.search(['root.id']))
  const asked = [...new Set([...fields, ...required.map(({ field }) => field), ...(groups ? groupFields : [])])]
  const own = new Set(['root.id', lifecycle, absencesField])
  const sent = ['root.id', ...asked.filter((field) => !own.has(field))]
  const rest = ids.filter((id) => cursor === undefined || id > cursor.after)
  for (let start = 0; start < rest.length; start += pageSize) {
    const batch = rest.slice(start, start + pageSize)
    const people = await readPeople(api, sent, batch)
    yield {
      records: batch.flatMap((id) => {
        const person = people.get(id)
        return person === undefined ? [] : [readPerson(id, person, asked, reading)]
      }),
      cursor: { stage: 'people', after: batch.at(-1) ?? '', unlisted: { ...reading.groups?.unlisted } },
      totalPages: Math.ceil(ids.length / pageSize) + Math.ceil((reading.groups?.list().length ?? 0) / pageSize),
    }
  }
}

// Each id once, in the order that cursors count on.
function readIds(people: readonly JsonObject[]): string[] {
  const ids = people.map(readPersonId).filter((id) => id !== undefined)
  if (ids.length === people.length) return [...new Set(ids)].toSorted()
  const message = 'HiBob gives people without root.id. Let the service user view the category Basic info.'
  throw new ProviderError('settings', message)
}

// Who was deleted meanwhile is not there. Whoever else is not must not be taken for deleted.
async function readPeople(
  api: BobApi,
  fields: readonly string[],
  ids: readonly string[],
): Promise<Map<string | undefined, JsonObject>> {
  const people = new Map((await api.search(fields, ids)).map((person) => [readPersonId(person), person]))
  const absent = ids.filter((id) => !people.has(id))
  const kept = absent.length === 0 ? [] : readIds(await api.search(['root.id'], absent))
  if (kept.length === 0) return people
  const message = `HiBob names ${kept.length} people whom it does not give, such as ${kept[0]}. The pull is not believed.`
  throw new ProviderError('unexpected', message)
}

function readPerson(
  id: string,
  person: JsonObject,
  asked: readonly string[],
  { fields, groups, absences }: Reading,
): SourceRecord {
  const values: JsonObject = {}
  for (const field of asked) {
    const value = readField(person, field, fields)
    if (value !== undefined) values[field] = value
  }
  const away = writeAbsences(absences, id)
  if (away !== undefined) values[absencesField] = away
  const memberships = groups && readMemberships(person, fields, groups)
  return { id, type: 'user', fields: values, ...(memberships && { groups: memberships }) }
}

function readField(person: JsonObject, field: string, fields: BobFields): Json | undefined {
  if (field === absencesField) return undefined
  return field === lifecycle ? readStatus(person, fields) : readValue(person, field, fields)
}

// What Bob works with may be the id of an item, and what it shows a word in another language.
function readStatus(person: JsonObject, fields: BobFields): Json | undefined {
  const machine = readMachineValue(person, 'internal.lifecycleStatus', fields)
  const human = readHumanValue(person, 'internal.lifecycleStatus', fields)
  if (machine === undefined) return undefined
  return readLifecycle(readText(machine) ?? '') ?? readLifecycle(readText(human) ?? '') ?? null
}

// Undefined where Bob says nothing of either: nobody leaves a group for a permission that was taken away.
function readMemberships(person: JsonObject, fields: BobFields, groups: ListGroups): string[] | undefined {
  const department = readMachineValue(person, 'work.department', fields)
  const site = readMachineValue(person, 'work.site', fields)
  if (department === undefined && site === undefined) return undefined
  const siteId = readText(readMachineValue(person, 'work.siteId', fields))
  return [
    findGroup(groups, 'department', readText(department), readText(readValue(person, 'work.department', fields))),
    findGroup(groups, 'site', siteId ?? readText(site), readText(readValue(person, 'work.site', fields))),
  ].filter((group) => group !== undefined)
}

function findGroup(
  groups: ListGroups,
  kind: string,
  value: string | undefined,
  name: string | undefined,
): string | undefined {
  return value === undefined ? undefined : groups.find(kind, value, name ?? value)
}

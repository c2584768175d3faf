// People by their ids, with what the mapping asks for.
import type { Scope, SourceRecord } from '../provider.ts'
import { type LdapEntry, readFirst } from './entry.ts'
import { and, filterIds } from './filters.ts'
import type { Directory } from './directory.ts'
import { required } from './mapping.ts'
import type { Names } from './names.ts'
import { type DayReader, listAttributes, readFields } from './person.ts'
import { readId } from './server.ts'

export interface PeopleReading {
  readonly directory: Directory
  readonly names: Names
  readonly readDay: DayReader
  readonly scope: Pick<Scope, 'fields'>
}

/** Reads people in the order of some ids; those who are gone meanwhile are left out. */
export async function readPeople(reading: PeopleReading, ids: readonly string[]): Promise<SourceRecord[]> {
  const { directory, names, readDay, scope } = reading
  const { isActiveDirectory } = directory.server
  const fields = [...new Set([...scope.fields, ...required.map(({ field }) => field)])]
  const entries = await readEntries(directory, ids, listAttributes(fields))
  const managers = [...entries.values()].map((entry) => readFirst(entry, 'manager')).filter((dn) => dn !== undefined)
  const meant = await names.resolve([...new Set(managers)])
  return ids.flatMap((id) => {
    const entry = entries.get(id)
    if (entry === undefined) return []
    const values = readFields(entry, { fields, isActiveDirectory, readDay })
    const { manager } = values
    // The name of whoever is not read says to people who is not found.
    if (typeof manager === 'string') values['manager'] = meant.get(manager)?.id ?? manager
    return [{ id, type: 'user', fields: values }]
  })
}

async function readEntries(
  { session, server }: Directory,
  ids: readonly string[],
  attributes: readonly string[],
): Promise<Map<string, LdapEntry>> {
  const entries = await session.search({
    base: server.base,
    filter: and([server.userFilter, filterIds(server.idAttribute, ids)]),
    attributes: [server.idAttribute, ...attributes],
  })
  const byId = new Map<string, LdapEntry>()
  for (const entry of entries) {
    const id = readId(server, entry)
    if (id !== undefined) byId.set(id, entry)
  }
  return byId
}

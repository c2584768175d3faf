// Who is there: ids and names of entries, which are read before anything else of them. Servers give entries in no order that can be relied
// on; by ids a pull can go on where it stopped, and names lead to ids.
import type { Filter } from 'ldapts'
import { ProviderError } from '../provider.ts'
import type { LdapSearch } from './connection.ts'
import { type ChangePoint, filterChanged, isNewSince, nameChange, nameCreation } from './cursor.ts'
import type { Directory } from './directory.ts'
import { readFirstValue, readParent } from './dn.ts'
import { type LdapEntry, readFirst } from './entry.ts'
import { and } from './filters.ts'
import { isPerson, personAttributes } from './person.ts'
import { type LdapServer, readId, readRelativeId } from './server.ts'

export interface ListedPerson {
  readonly id: string
  readonly dn: string
  /** The last number of the security identifier of their primary group. */
  readonly primaryGroup: string | undefined
  /** Whether they are new since a point. */
  readonly isNew: boolean
  /** Whether the account may see when they changed. */
  readonly isDated: boolean
}

export interface ListedGroup {
  readonly id: string
  readonly dn: string
  readonly name: string
  /** The last number of its security identifier. */
  readonly relativeId: string | undefined
}

/** Which people, or groups; all of them where it says nothing. */
export interface Which {
  /** Those that have changed since. */
  readonly since?: ChangePoint
  /** Those that it finds. */
  readonly filter?: Filter
  /** The one with that name. */
  readonly dn?: string
}

/** People in the order of their ids. Throws ProviderError `settings` where entries have no id that may be seen. */
export async function listPeople(directory: Directory, which: Which = {}): Promise<ListedPerson[]> {
  const { session, server, settings, only } = directory
  const { since } = which
  const times = [nameChange(server), ...(since === undefined ? [] : [nameCreation(since)])]
  const entries = await session.search({
    ...findBase(server.base, which),
    filter: and([server.userFilter, ...(only?.filter ?? []), ...listFilters(which)]),
    attributes: [server.idAttribute, 'primaryGroupID', ...times, ...personAttributes],
  })
  const people = entries
    .filter((entry) => settings.everyAccount === true || isPerson(entry))
    .filter(({ dn }) => only?.has?.(dn) !== false)
  return identify(server, people, (entry, id) => ({
    id,
    dn: entry.dn,
    primaryGroup: readFirst(entry, 'primaryGroupID'),
    isNew: since !== undefined && isNewSince(since, readFirst(entry, nameCreation(since))),
    isDated: readFirst(entry, nameChange(server)) !== undefined,
  }))
}

/** Groups in the order of their ids. */
export async function listGroups({ session, server }: Directory, which: Which = {}): Promise<ListedGroup[]> {
  const entries = await session.search({
    ...findBase(server.groupBase, which),
    filter: and([server.groupFilter, ...listFilters(which)]),
    attributes: [server.idAttribute, 'cn', 'objectSid'],
  })
  return identify(server, entries, (entry, id) => ({
    id,
    dn: entry.dn,
    name: readFirst(entry, 'cn') ?? readFirstValue(entry.dn),
    relativeId: readRelativeId(entry),
  }))
}

/** A name for each group, by its id: where several have the same one, with where they are. */
export function nameGroups(groups: readonly ListedGroup[]): Map<string, string> {
  const counts = new Map<string, number>()
  for (const { name } of groups) counts.set(name.toLowerCase(), (counts.get(name.toLowerCase()) ?? 0) + 1)
  return new Map(
    groups.map(({ id, dn, name }) => {
      const isShared = (counts.get(name.toLowerCase()) ?? 0) > 1
      return [id, isShared ? `${name} (${readParent(dn)})` : name]
    }),
  )
}

function findBase(base: string, { dn }: Which): Pick<LdapSearch, 'base' | 'scope' | 'isOptional'> {
  return dn === undefined ? { base } : { base: dn, scope: 'base', isOptional: true }
}

function listFilters({ since, filter }: Which): Filter[] {
  return [...(since === undefined ? [] : [filterChanged(since)]), ...(filter === undefined ? [] : [filter])]
}

function identify<Item extends { readonly id: string }>(
  server: LdapServer,
  entries: readonly LdapEntry[],
  read: (entry: LdapEntry, id: string) => Item,
): Item[] {
  const items = new Map<string, Item>()
  for (const entry of entries) {
    const id = readId(server, entry)
    if (id === undefined) throw createIdError(server, entry.dn)
    items.set(id, read(entry, id))
  }
  return [...items.values()].toSorted((one, other) => (one.id < other.id ? -1 : 1))
}

function createIdError({ idAttribute }: LdapServer, dn: string): ProviderError {
  const message = `The LDAP server shows ${dn} without ${idAttribute}, by which entries are known. Let the account read it.`
  return new ProviderError('settings', message)
}

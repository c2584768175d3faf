// The people of one group, directly or through others. Active Directory follows groups itself; elsewhere they are walked.
import type { Filter } from 'ldapts'
import { ProviderError } from '../provider.ts'
import { type ChangePoint, filterChanged } from './cursor.ts'
import { normalizeDn } from './dn.ts'
import type { LdapEntry } from './entry.ts'
import { and, equals, filterInChain, or, parseFilter, usualFilters } from './filters.ts'
import { readAllMembers } from './members.ts'
import { type LdapServer, readId, readRelativeId } from './server.ts'
import type { LdapSession } from './session.ts'

export interface OnlyGroup {
  /** Finds its people; empty where `has` tells them. */
  readonly filter: readonly Filter[]
  readonly has?: (dn: string) => boolean
  /** The ids of the group and of all groups within it. */
  readonly groups: ReadonlySet<string>
}

/** Throws ProviderError `settings` where there is no such group. */
export async function readOnlyGroup(session: LdapSession, server: LdapServer, groupDn: string): Promise<OnlyGroup> {
  const top = await session.read(groupDn, [server.idAttribute, 'objectSid'])
  if (top === undefined) {
    const message = `The LDAP server shows no group ${groupDn}. Check the setting, and what the account may read.`
    throw new ProviderError('settings', message)
  }
  return server.isActiveDirectory ? await followChain(session, server, top) : await walk(session, server, top)
}

// Those whose primary group it is are not among its members, and the rule does not find them.
async function followChain(session: LdapSession, server: LdapServer, top: LdapEntry): Promise<OnlyGroup> {
  const within = await session.search({
    base: server.root,
    filter: and([filterGroups(server), filterInChain(top.dn)]),
    attributes: [server.idAttribute, 'objectSid'],
  })
  const groups = [top, ...within]
  const relativeIds = groups.map(readRelativeId).filter((id) => id !== undefined)
  const primary = [...new Set(relativeIds)].map((id) => equals('primaryGroupID', id))
  return { filter: [or([filterInChain(top.dn), ...primary])], groups: listIds(server, groups) }
}

async function walk(session: LdapSession, server: LdapServer, top: LdapEntry): Promise<OnlyGroup> {
  const all = await session.search({
    base: server.root,
    filter: filterGroups(server),
    attributes: [server.idAttribute],
  })
  const known = new Map(all.map((group) => [normalizeDn(group.dn), group]))
  // Groups may be within each other in a circle: each is walked once.
  const seen = new Map([[normalizeDn(top.dn), top]])
  const people = new Set<string>()
  for (const group of seen.values()) {
    for (const dn of await readAllMembers(session, server, group.dn)) {
      const name = normalizeDn(dn)
      const within = known.get(name)
      if (within === undefined) people.add(name)
      else if (!seen.has(name)) seen.set(name, within)
    }
  }
  return { filter: [], has: (dn) => people.has(normalizeDn(dn)), groups: listIds(server, [...seen.values()]) }
}

/**
 * Throws ProviderError `cursor_expired` where somebody may have come into the group or gone: that changes the group, or one within it, but
 * not the entry of the person.
 */
export async function requireSameMembers(
  session: LdapSession,
  server: LdapServer,
  { only, since }: { readonly only: OnlyGroup; readonly since: ChangePoint },
): Promise<void> {
  const changed = await session.search({
    base: server.root,
    filter: and([filterGroups(server), filterChanged(since)]),
    attributes: [server.idAttribute],
  })
  if (![...listIds(server, changed)].some((id) => only.groups.has(id))) return
  throw new ProviderError('cursor_expired', 'The group whose members are read has changed, and everybody is read anew.')
}

// Any group: one that is not read itself may be between others.
function filterGroups({ isActiveDirectory }: LdapServer): Filter {
  return isActiveDirectory ? equals('objectClass', 'group') : parseFilter(usualFilters.others.group, 'groups')
}

function listIds(server: LdapServer, groups: readonly LdapEntry[]): Set<string> {
  return new Set(groups.map((group) => readId(server, group)).filter((id) => id !== undefined))
}

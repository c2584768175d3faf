// Entries that a domain controller has deleted: kept for a time, without most of what they had, where few may see them.
import { Control } from 'ldapts'
import { type ChangePoint, filterChanged } from './cursor.ts'
import { and, equals, or, parseFilter } from './filters.ts'
import { type LdapServer, readId } from './server.ts'
import type { LdapSession } from './session.ts'

/** LDAP_SERVER_SHOW_DELETED. */
const showDeleted = '1.2.840.113556.1.4.417'

/** The ids of people and groups that were deleted since; none where the account may not see them. */
export async function listDeleted(session: LdapSession, server: LdapServer, since: ChangePoint): Promise<string[]> {
  if (server.deletedBase === undefined) return []
  const entries = await session.search({
    base: server.deletedBase,
    filter: and([
      equals('isDeleted', 'TRUE'),
      filterChanged(since),
      or([equals('objectClass', 'user'), equals('objectClass', 'group')]),
    ]),
    attributes: [server.idAttribute],
    controls: [new Control(showDeleted, { critical: true })],
    isOptional: true,
  })
  return entries.map((entry) => readId(server, entry)).filter((id) => id !== undefined)
}

/** Whether the account may see where they are kept, and whether it sees any. */
export async function seeDeleted(
  session: LdapSession,
  { deletedBase, idAttribute }: LdapServer,
): Promise<'hidden' | 'empty' | 'seen'> {
  if (deletedBase === undefined) return 'hidden'
  const search = {
    base: deletedBase,
    attributes: [idAttribute],
    controls: [new Control(showDeleted, { critical: true })],
    isOptional: true,
  }
  const containers = await session.search({
    ...search,
    scope: 'base',
    filter: parseFilter('(objectClass=*)', 'entries'),
  })
  if (containers.length === 0) return 'hidden'
  const some = await session.search({ ...search, scope: 'one', filter: equals('isDeleted', 'TRUE'), atMost: 1 })
  return some.length === 0 ? 'empty' : 'seen'
}

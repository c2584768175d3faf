// The members of a group, which Active Directory gives by at most 1500 at once (MS-ADTS 3.1.1.3.1.3.3): `member;range=0-1499`, then
// `member;range=1500-*`, and so on until the range that comes ends with `*`.
import type { LdapEntry } from './entry.ts'
import { readValues } from './entry.ts'
import type { LdapServer } from './server.ts'
import type { LdapSession } from './session.ts'

export interface Members {
  readonly dns: readonly string[]
  /** The place of the first one that has not come; undefined where all have. */
  readonly next: number | undefined
}

export const memberAttributes = ['member', 'uniqueMember'] as const

/** Reads the members in an entry: all, or as many as came, from a place on. */
export function readMembers(entry: LdapEntry, from = 0): Members {
  for (const name of entry.attributes.keys()) {
    const [, end] = /^member;range=\d+-(\d+|\*)$/.exec(name) ?? []
    if (end !== undefined) {
      return { dns: readValues(entry, name), next: end === '*' ? undefined : Number(end) + 1 }
    }
  }
  const dns = [...readValues(entry, 'member'), ...readValues(entry, 'uniqueMember').map(dropUniqueId)]
  return { dns: dns.slice(from), next: undefined }
}

/** Asks for the members of a group from a place on. A group that is gone has none. */
export async function askMembers(
  session: LdapSession,
  { isActiveDirectory }: LdapServer,
  dn: string,
  from: number,
): Promise<Members> {
  const attributes = isActiveDirectory ? [`member;range=${from}-*`] : memberAttributes
  const entry = await session.read(dn, attributes)
  return entry === undefined ? { dns: [], next: undefined } : readMembers(entry, from)
}

export async function readAllMembers(session: LdapSession, server: LdapServer, dn: string): Promise<string[]> {
  const dns: string[] = []
  for (let next: number | undefined = 0; next !== undefined;) {
    const members: Members = await askMembers(session, server, dn, next)
    dns.push(...members.dns)
    next = members.next
  }
  return dns
}

// uniqueMember may have a bit string behind the name (RFC 4517 section 3.3.21).
function dropUniqueId(value: string): string {
  return value.replace(/#'[01]*'B$/, '')
}

// What a server is, by what it says of itself (RFC 4512 section 5.1), and who is meant by people and groups there.
import type { Filter } from 'ldapts'
import { ProviderError } from '../provider.ts'
import { readDomain } from './dn.ts'
import { type LdapEntry, readBytes, readFirst, readValues } from './entry.ts'
import { usualFilters, parseFilter } from './filters.ts'
import { readGuid, readSid } from './ids.ts'
import type { LdapSession } from './session.ts'
import type { LdapSettings } from './settings.ts'

export interface LdapServer {
  readonly isActiveDirectory: boolean
  /** The entry of the whole directory, where it is known; otherwise that below which groups are. */
  readonly root: string
  /** The entries below which people and groups are. */
  readonly base: string
  readonly groupBase: string
  readonly userFilter: Filter
  readonly groupFilter: Filter
  /** Where deleted entries are kept; undefined where they are not. */
  readonly deletedBase: string | undefined
  /** The attribute with the id of an entry, which is the same wherever the entry moves. */
  readonly idAttribute: 'objectGUID' | 'entryUUID'
  /** The last change of the server and who counts, where changes are counted, and where it is always the same one that is asked. */
  readonly count: { readonly invocationId: string; readonly usn: string } | undefined
}

// MS-ADTS 3.1.1.3.4.3: a domain controller, and a lightweight directory (AD LDS).
const capabilities: readonly string[] = ['1.2.840.113556.1.4.800', '1.2.840.113556.1.4.1851']
const rootAttributes = [
  'namingContexts',
  'defaultNamingContext',
  'supportedCapabilities',
  'highestCommittedUSN',
  'dsServiceName',
]

/** Asks a server what it is. Throws ProviderError: `settings` for filters that are none, and where it cannot be said what to read. */
export async function readServer(session: LdapSession, settings: LdapSettings): Promise<LdapServer> {
  const root = await session.read('', rootAttributes)
  if (root === undefined) throw new ProviderError('unexpected', 'The LDAP server does not say what it is.')
  const isActiveDirectory = readValues(root, 'supportedCapabilities').some((one) => capabilities.includes(one))
  const context = readFirst(root, 'defaultNamingContext') ?? findContext(readValues(root, 'namingContexts'))
  const base = settings.baseDn ?? context
  if (base === undefined) {
    throw new ProviderError('settings', 'The LDAP server has several directories, or does not name them. Set the base.')
  }
  const { user, group } = isActiveDirectory ? usualFilters.activeDirectory : usualFilters.others
  return {
    isActiveDirectory,
    root: context ?? settings.groupBaseDn ?? base,
    base,
    groupBase: settings.groupBaseDn ?? base,
    userFilter: parseFilter(settings.userFilter ?? user, 'people'),
    groupFilter: parseFilter(settings.groupFilter ?? group, 'groups'),
    deletedBase: isActiveDirectory && context !== undefined ? `CN=Deleted Objects,${context}` : undefined,
    idAttribute: isActiveDirectory ? 'objectGUID' : 'entryUUID',
    count: isActiveDirectory
      ? await readCount(session, { root, domain: readDomain(context ?? ''), settings })
      : undefined,
  }
}

function findContext(contexts: readonly string[]): string | undefined {
  return contexts.length === 1 ? contexts[0] : undefined
}

interface Counting {
  readonly root: LdapEntry
  readonly domain: string
  readonly settings: LdapSettings
}

// Each domain controller counts for itself. The name of the domain leads to any of them.
async function readCount(session: LdapSession, { root, domain, settings }: Counting): Promise<LdapServer['count']> {
  const usn = readFirst(root, 'highestCommittedUSN')
  const name = readFirst(root, 'dsServiceName')
  if (usn === undefined || name === undefined || settings.host.toLowerCase() === domain) return undefined
  const service = await session.read(name, ['invocationId'])
  const bytes = service && readBytes(service, 'invocationId')
  const invocationId = bytes && readGuid(bytes)
  return invocationId === undefined ? undefined : { invocationId, usn }
}

/** The id of an entry; undefined where it has none that may be seen. */
export function readId({ idAttribute }: LdapServer, entry: LdapEntry): string | undefined {
  if (idAttribute === 'entryUUID') return readFirst(entry, 'entryUUID')?.toLowerCase()
  const bytes = readBytes(entry, 'objectGUID')
  return bytes && readGuid(bytes)
}

/** The last number of the security identifier of an entry, which is what primaryGroupID says of a group. */
export function readRelativeId(entry: LdapEntry): string | undefined {
  const bytes = readBytes(entry, 'objectSid')
  const sid = bytes && readSid(bytes)
  return /-(\d+)$/.exec(sid ?? '')?.[1]
}

// What is asked, and who is meant: the same for pulls, checks and signing in.
import { type OnlyGroup, readOnlyGroup } from './only-group.ts'
import { type LdapServer, readServer } from './server.ts'
import type { LdapSession } from './session.ts'
import type { LdapSettings } from './settings.ts'

export interface Directory {
  readonly session: LdapSession
  readonly server: LdapServer
  readonly settings: LdapSettings
  readonly only: OnlyGroup | undefined
}

/** Asks a server what it is, and who is meant. Throws ProviderError. */
export async function readDirectory(session: LdapSession, settings: LdapSettings): Promise<Directory> {
  const server = await readServer(session, settings)
  const { onlyGroup } = settings
  const only = onlyGroup === undefined ? undefined : await readOnlyGroup(session, server, onlyGroup)
  return { session, server, settings, only }
}

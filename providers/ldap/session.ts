// What is asked of a directory in one pull: on one connection, which is opened again, and signed in to again, where it breaks.
import type { ProviderContext } from '../provider.ts'
import { explainRefusal, readRefusal } from './bind.ts'
import { type LdapConnection, type LdapSearch, openConnection } from './connection.ts'
import type { LdapEntry } from './entry.ts'
import type { LdapSettings } from './settings.ts'

export interface LdapSession {
  /** An entry by its name; undefined where there is none, or none that may be seen. Throws ProviderError, as `search` does. */
  read(dn: string, attributes: readonly string[]): Promise<LdapEntry | undefined>
  /** All entries that a search finds. */
  search(search: LdapSearch): Promise<LdapEntry[]>
}

export interface OpenSession extends LdapSession {
  close(): void
}

/** Signs in, does something, and closes what it opened. Throws ProviderError. */
export async function withSession<Result>(
  settings: LdapSettings,
  context: ProviderContext,
  work: (session: LdapSession) => Promise<Result>,
): Promise<Result> {
  const session = await openSession(settings, context)
  try {
    return await work(session)
  } finally {
    session.close()
  }
}

/** Signs in. Throws ProviderError: `settings` where the server refuses the account. */
export async function openSession(settings: LdapSettings, context: ProviderContext): Promise<OpenSession> {
  let connection = await context.attempt(() => signIn(settings, context))

  async function connect(): Promise<LdapConnection> {
    if (!connection.isOpen) connection = await signIn(settings, context)
    return connection
  }

  return {
    read: (dn, attributes) => context.attempt(async () => await (await connect()).read(dn, attributes)),
    search: async (search) => {
      // Where a page fails, all of them are read again: what continues a search is known to its connection only.
      let pages: AsyncGenerator<readonly LdapEntry[], void> | undefined
      let entries: LdapEntry[] = []
      async function readPage(): Promise<boolean> {
        if (pages === undefined) {
          pages = (await connect()).search(search)
          entries = []
        }
        try {
          const page = await pages.next()
          if (page.done !== true) entries.push(...page.value)
          return page.done !== true
        } catch (error) {
          pages = undefined
          throw error
        }
      }
      for (let isMore = true; isMore;) isMore = await context.attempt(readPage)
      return entries
    },
    close: () => connection.close(),
  }
}

async function signIn(settings: LdapSettings, context: ProviderContext): Promise<LdapConnection> {
  const connection = await openConnection(settings, context)
  try {
    const reason = readRefusal(await connection.bind(settings.bindName, settings.bindPassword))
    if (reason !== undefined) throw explainRefusal(reason)
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}

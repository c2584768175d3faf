// Signing somebody in: their entry is found with the account that reads, and they are then bound on a connection of their own.
import type { Filter } from 'ldapts'
import type { Authentication, ProviderContext } from '../provider.ts'
import { readRefusal } from './bind.ts'
import { openConnection } from './connection.ts'
import { readDirectory } from './directory.ts'
import { equals, or } from './filters.ts'
import { listPeople } from './listing.ts'
import { withSession } from './session.ts'
import type { LdapSettings } from './settings.ts'

export interface Credentials {
  readonly userName: string
  readonly password: string
}

/** Whether somebody who is read is who they say. Throws ProviderError where the server does not say. */
export async function authenticate(
  settings: LdapSettings,
  context: ProviderContext,
  { userName, password }: Credentials,
  admit: (userId: string) => Promise<void> = () => Promise.resolve(),
): Promise<Authentication> {
  // A bind without a password succeeds for everybody, and as nobody (RFC 4513 section 5.1.2).
  if (password === '') return { ok: false, reason: 'credentials' }
  const people = await withSession(settings, context, async (session) => {
    const directory = await readDirectory(session, settings)
    return await listPeople(directory, { filter: filterName(userName, directory.server.isActiveDirectory) })
  })
  const [person] = people
  if (person === undefined || people.length > 1) return { ok: false, reason: 'unknown' }
  await admit(person.id)
  const reason = await bindAs(settings, context, { userName: person.dn, password })
  return reason === undefined ? { ok: true, userId: person.id } : { ok: false, reason }
}

// As people know themselves to the directory.
function filterName(userName: string, isActiveDirectory: boolean): Filter {
  const attributes = isActiveDirectory ? ['sAMAccountName', 'userPrincipalName', 'mail'] : ['uid', 'mail']
  return or(attributes.map((attribute) => equals(attribute, userName)))
}

// Never tried again by itself: each refusal counts towards a lockout.
async function bindAs(
  settings: LdapSettings,
  context: ProviderContext,
  { userName, password }: Credentials,
): Promise<ReturnType<typeof readRefusal>> {
  const connection = await openConnection(settings, context)
  try {
    return readRefusal(await connection.bind(userName, password))
  } finally {
    connection.close()
  }
}

// What an account may see. LDAP leaves out what it may not, without a word: only what never comes tells.
import { type Check, type ProviderContext, ProviderError } from '../provider.ts'
import { nameChange } from './cursor.ts'
import { seeDeleted } from './deleted.ts'
import { type Directory, readDirectory } from './directory.ts'
import { listGroups, listPeople } from './listing.ts'
import { accountStatus, mappedFields } from './mapping.ts'
import { createNames } from './names.ts'
import { readPeople } from './people.ts'
import { createDayReader } from './person.ts'
import { type LdapSession, type OpenSession, openSession } from './session.ts'
import type { LdapSettings } from './settings.ts'

const sampleSize = 100

/** Without one of these nobody can be made. */
const neededFields = ['mail', 'givenName', 'sn']

/** Signs in, counts who is seen, and looks which attributes ever come, in a sample that is spread over everybody. */
export async function checkLdap(settings: LdapSettings, context: ProviderContext): Promise<Check[]> {
  let session: OpenSession
  try {
    session = await openSession(settings, context)
  } catch (error) {
    return [{ name: 'sign_in', ok: false, detail: readFault(error) }]
  }
  const signIn: Check = { name: 'sign_in', ok: true, detail: 'The server took the account.' }
  try {
    return [signIn, ...(await checkPermissions(session, settings))]
  } catch (error) {
    return [signIn, { name: 'People', ok: false, detail: readFault(error) }]
  } finally {
    session.close()
  }
}

// What nobody can mend by settings is no answer.
function readFault(error: unknown): string {
  if (error instanceof ProviderError && error.kind === 'settings') return error.message
  throw error
}

async function checkPermissions(session: LdapSession, settings: LdapSettings): Promise<Check[]> {
  const directory = await readDirectory(session, settings)
  const readDay = createDayReader(settings.timeZone ?? 'UTC')
  const people = await listPeople(directory)
  if (people.length === 0) return [explainNobody(directory)]
  const ids = spread(
    people.map(({ id }) => id),
    sampleSize,
  )
  const names = createNames(directory, { people, groups: [] })
  const records = await readPeople({ directory, names, readDay, scope: { fields: mappedFields } }, ids)
  const seen = new Set(records.flatMap(({ fields }) => Object.keys(fields)))
  return [
    countPeople(directory, people.length),
    checkAttributes(seen),
    checkStatus(seen),
    await checkGroups(directory),
    checkChanges(
      directory,
      people.some(({ isDated }) => isDated),
    ),
    ...(directory.server.isActiveDirectory ? [await checkDeleted(directory)] : []),
  ]
}

function countPeople({ server }: Directory, count: number): Check {
  const kind = server.isActiveDirectory ? 'Active Directory' : 'a directory that is not Active Directory'
  return { name: 'People', ok: true, detail: `The account sees ${count} people below ${server.base}, in ${kind}.` }
}

function explainNobody({ server }: Directory): Check {
  const detail = `The account sees nobody below ${server.base}. Check the base and the filter of people, and what it may read.`
  return { name: 'People', ok: false, detail }
}

function checkAttributes(seen: ReadonlySet<string>): Check {
  const missing = neededFields.filter((field) => !seen.has(field))
  const name = 'Attributes'
  if (missing.length === 0) return { name, ok: true, detail: 'Names and addresses come.' }
  const detail = `Nobody comes with ${missing.join(', ')}. Let the account read them, or map others.`
  return { name, ok: false, detail, missing }
}

function checkStatus(seen: ReadonlySet<string>): Check {
  const name = 'Account status'
  if (seen.has(accountStatus)) return { name, ok: true, detail: 'It can be seen which accounts are disabled.' }
  const detail = 'Nobody comes with userAccountControl, which says who is disabled. Let the account read it.'
  return { name, ok: false, detail, missing: [accountStatus] }
}

async function checkGroups(directory: Directory): Promise<Check> {
  const { length } = await listGroups(directory)
  const { groupBase } = directory.server
  const name = 'Groups'
  if (length > 0) return { name, ok: true, detail: `The account sees ${length} groups below ${groupBase}.` }
  const detail = `The account sees no group below ${groupBase}. Check the base and the filter of groups, and what it may read.`
  return { name, ok: false, detail }
}

function checkChanges({ server }: Directory, isDated: boolean): Check {
  const by = nameChange(server)
  const name = 'Changes'
  if (isDated) return { name, ok: true, detail: `What has changed is found by ${by}.` }
  const detail = `Nobody comes with ${by}, by which changes are found. Let the account read it; until then each pull reads everything.`
  return { name, ok: false, detail }
}

const wordsOfDeleted = {
  seen: 'Who was deleted is seen with the next changes.',
  empty: 'The account sees where deleted objects are, and none. If somebody was deleted lately, it may not see them.',
  hidden:
    'The account may not see deleted objects. Let it list that container, or leave it: who is deleted is then missed by the next full pull.',
}

async function checkDeleted({ session, server }: Directory): Promise<Check> {
  const seen = await seeDeleted(session, server)
  return { name: 'Deleted objects', ok: seen !== 'hidden', detail: wordsOfDeleted[seen] }
}

function spread<Item>(items: readonly Item[], size: number): Item[] {
  const step = Math.max(1, Math.ceil(items.length / size))
  return items.filter((_item, index) => index % step === 0)
}

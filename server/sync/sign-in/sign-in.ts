// Signing somebody in at the source of a directory, such as by a bind in LDAP. A password goes to the source, and nowhere else.
import { type Authentication, type Provider, ProviderError } from '../../../providers/provider.ts'
import type { Database } from '../../db/connect.ts'
import { query } from '../../db/query.ts'
import { type DirectoryKey, type PullDirectory, readPullDirectory } from '../../directory/pull-directories.ts'
import { AppError } from '../../errors.ts'
import type { SyncServices } from '../services.ts'
import { requireProvider } from '../setup/connection.ts'
import { askSource } from '../source/ask.ts'
import { accountSubject, countAttempt, countFailure, forgetFailures, nameSubject, takeBack } from './attempts.ts'

export interface Credentials {
  readonly userName: string
  readonly password: string
}

/** How long somebody waits who wants in. */
const timeoutMs = 20_000

/**
 * The user whom the source lets in and who is active here; undefined for everybody else, whatever the reason, which the log has. Throws
 * not_found; conflict where nobody can be signed in there; rate_limited; source_unavailable where the source does not say.
 */
export async function signIn(
  services: SyncServices,
  key: DirectoryKey,
  credentials: Credentials,
): Promise<string | undefined> {
  const { db, logger } = services
  const directory = await readPullDirectory(db, key.organizationId, key.id)
  const provider = requireAuthenticating(services, requireProvider(services.providers, directory))
  if (directory.connection === null) {
    throw new AppError('conflict', 'The directory is not connected; say first how its source is reached.')
  }
  const said = await ask(services, directory, provider, credentials)
  const found = said.answer.ok ? await findUser(db, key, said.answer.userId) : undefined
  if (found?.isActive === true) {
    await forgetFailures(db, key, said.counted)
    return found.id
  }
  logger.info({ directoryId: key.id, reason: explain(said.answer, found) }, 'a sign-in was refused')
  return undefined
}

function requireAuthenticating({ providers }: SyncServices, provider: Provider): Provider {
  if (canAuthenticate(provider)) return provider
  const names = [...providers.values()].filter(canAuthenticate).map(({ name }) => name)
  const detail = `${provider.name} signs nobody in for others; a directory with ${names.join(' or ')} does.`
  throw new AppError('conflict', detail)
}

function canAuthenticate({ capabilities }: Provider): boolean {
  return capabilities.includes('authenticate')
}

interface Said {
  readonly answer: Authentication
  /** What counts as failed unless it is forgotten. */
  readonly counted: readonly string[]
}

async function ask(
  services: SyncServices,
  directory: PullDirectory,
  provider: Provider,
  { userName, password }: Credentials,
): Promise<Said> {
  const { db, now } = services
  const counted: string[] = []
  const count = async (subject: string): Promise<void> => {
    await countFailure(db, directory, subject, now())
    counted.push(subject)
  }
  try {
    await count(nameSubject(userName))
    await countAttempt(db, directory, now())
    const answer = await askSource(services, directory, provider, { timeoutMs }, async (source) =>
      source.authenticate?.(userName, password, (sourceId) => count(accountSubject(sourceId))),
    )
    return { answer: answer ?? { ok: false, reason: 'unknown' }, counted }
  } catch (error) {
    // Nobody was refused.
    await takeBack(db, directory, counted)
    throw error instanceof ProviderError ? toUnavailable(error) : error
  }
}

function toUnavailable(error: ProviderError): AppError {
  const { message, retryAfterMs } = error
  const seconds = retryAfterMs === undefined ? {} : { seconds: Math.ceil(retryAfterMs / 1000) }
  return new AppError('source_unavailable', message, { cause: error, data: seconds })
}

interface Found {
  readonly id: string
  readonly isActive: boolean
}

async function findUser(
  db: Database,
  { organizationId, id }: DirectoryKey,
  sourceId: string,
): Promise<Found | undefined> {
  const [found] = await query<Found>(db, userSql, [organizationId, id, sourceId])
  return found
}

const userSql = `select u.id, u.active is not false as "isActive" from source_records s
  cross join lateral (select x.id, x.active from users x where x.org_id = s.org_id and x.id = s.resource_id limit 1) u
  where s.org_id = $1 and s.directory_id = $2 and s.type = 'user' and s.source_id = $3`

function explain(answer: Authentication, found: Found | undefined): string {
  if (!answer.ok) return answer.reason
  return found === undefined ? 'not known here' : 'not active here'
}

// Which rules of their sources say how a person may sign in, as each source that knows them says now.
import { type AccessPolicy, type Provider, ProviderError } from '../../providers/provider.ts'
import { query } from '../db/query.ts'
import { readPullDirectory } from '../directory/pull-directories.ts'
import { AppError } from '../errors.ts'
import type { SyncServices } from './services.ts'
import { askSource } from './source/ask.ts'

/** What one source says of one record of a person. */
export interface SaidPolicies {
  readonly directoryId: string
  readonly provider: string
  /** What the source calls the person. */
  readonly sourceId: string
  /** null where they could not be read. */
  readonly policies: readonly AccessPolicy[] | null
  /** Why they could not be read, in a sentence. */
  readonly problem: string | null
}

const timeoutMs = 30_000

/** Of all directories that know the person and whose source has such rules. Throws not_found. */
export async function listAccessPolicies(
  services: SyncServices,
  organizationId: string,
  userId: string,
  gone: AbortSignal,
): Promise<SaidPolicies[]> {
  const { db, providers } = services
  const records = await query<Known>(db, recordsSql, [organizationId, userId])
  if (records.length === 0) throw new AppError('not_found', `There is no user ${userId.slice(0, 80)}.`)
  const asked = records.flatMap(({ directoryId, sourceId, provider: id }) => {
    const provider = providers.get(id ?? '')
    if (directoryId === null || sourceId === null || provider?.capabilities.includes('access_policies') !== true)
      return []
    return [ask(services, { organizationId, directoryId, sourceId, provider }, gone)]
  })
  return Promise.all(asked)
}

/** Of somebody whom no source knows there is one with nothing in it. */
interface Known {
  readonly directoryId: string | null
  readonly sourceId: string | null
  readonly provider: string | null
}

// By no index that begins with the organization, as in forget-records.ts.
const recordsSql = `select s.directory_id as "directoryId", s.source_id as "sourceId", d.provider from users u
  left join lateral (
    select directory_id, source_id, speaks from source_records
    where resource_id = $2 and (org_id = $1) is true and type = 'user') s on true
  left join lateral (
    select provider, created_at from directories where org_id = $1 and id = s.directory_id limit 1) d on true
  where u.org_id = $1 and u.id = $2 order by d.created_at, s.directory_id, not s.speaks, s.source_id`

interface Asked {
  readonly organizationId: string
  readonly directoryId: string
  readonly sourceId: string
  readonly provider: Provider
}

async function ask(
  services: SyncServices,
  { organizationId, directoryId, sourceId, provider }: Asked,
  gone: AbortSignal,
): Promise<SaidPolicies> {
  const known = { directoryId, provider: provider.id, sourceId }
  try {
    const directory = await readPullDirectory(services.db, organizationId, directoryId)
    const policies = await askSource(services, directory, provider, { timeoutMs, gone }, async (source) =>
      source.listAccessPolicies?.(sourceId),
    )
    return { ...known, policies: policies ?? [], problem: null }
  } catch (error) {
    if (!isTellable(error)) throw error
    return { ...known, policies: null, problem: error.message }
  }
}

/** What is about this directory, and leaves the others alone. */
function isTellable(error: unknown): error is Error {
  if (error instanceof ProviderError) return true
  return error instanceof AppError && ['conflict', 'not_found', 'secret_unreadable'].includes(error.code)
}

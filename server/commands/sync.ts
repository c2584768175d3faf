// `rollcall sync`: asks for a run of a directory.
import type { Actor } from '../directory/actor.ts'
import { requestRun } from '../sync/runs/requests.ts'
import type { SyncServices } from '../sync/services.ts'
import { type Following, followRun } from './follow-run.ts'
import { requireDirectory, requireOrganization } from './tokens.ts'

export interface SyncOptions {
  readonly organization: string
  /** A name or an id. */
  readonly directory: string
  readonly isFull: boolean
  readonly isPreview: boolean
  readonly waits: boolean
}

/** @returns the exit code: 0 done, or queued; 1 not done; 3 waits for approval. Throws not_found, conflict. */
export async function syncDirectory(
  services: SyncServices,
  { organization, directory, isFull, isPreview, waits }: SyncOptions,
  following: Following,
): Promise<number> {
  const actor = await actFor(services, organization, directory)
  const type = isFull ? 'full' : 'incremental'
  const { id } = await requestRun(services, actor, actor.directoryId, { type, isPreview, includeGroups: true })
  following.print(id)
  return waits ? followRun(services, { organizationId: actor.organizationId, id }, following) : 0
}

/** The actor of what is asked on the command line. Throws not_found. */
export async function actFor({ db, now }: SyncServices, organization: string, directory: string): Promise<Actor> {
  const organizationId = await requireOrganization(db, organization)
  const directoryId = await requireDirectory(db, organizationId, directory)
  const rest = { view: 'organization', restoresUsers: false, tokenId: null, requestId: null } as const
  return { organizationId, directoryId, ...rest, at: now() }
}

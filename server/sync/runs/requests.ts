// Asks for runs of one directory.
import type { Actor } from '../../directory/actor.ts'
import { readPullDirectory } from '../../directory/pull-directories.ts'
import { AppError } from '../../errors.ts'
import { requireProvider } from '../setup/connection.ts'
import { queueRun } from './queue.ts'
import { readRunReport, type RunReport } from './reports.ts'
import type { SyncServices } from '../services.ts'

export interface RunOptions {
  readonly type: 'full' | 'incremental'
  /** Plans, and changes nothing. */
  readonly isPreview: boolean
  readonly includeGroups: boolean
}

/**
 * Queues a run, or returns the one that is queued or running already where it is of the same purpose. Throws not_found, and conflict where
 * the directory is not pulled or not connected, or where another run is in the way.
 */
export async function requestRun(
  { db, providers }: Pick<SyncServices, 'db' | 'providers'>,
  actor: Actor,
  directoryId: string,
  { type, isPreview, includeGroups }: RunOptions,
): Promise<RunReport> {
  const { organizationId, at } = actor
  const directory = await readPullDirectory(db, organizationId, directoryId)
  requireProvider(providers, directory)
  if (directory.connection === null) {
    throw new AppError('conflict', 'The directory is not connected; say first how its source is reached.')
  }
  const purpose = isPreview ? 'preview' : 'sync'
  const request = { type, purpose, isFull: type === 'full', includeGroups } as const
  const { id, isNew } = await queueRun(db, actor, directoryId, request)
  const run = await readRunReport(db, { organizationId, id }, at)
  if (isNew || run.purpose === purpose) return run
  throw new AppError('conflict', `Another run of the directory is under way: ${id}. Wait for it, or cancel it.`)
}

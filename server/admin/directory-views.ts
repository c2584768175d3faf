// How directories are shown: with how they stand, and never a secret.
import { listIssuers } from '../auth/issuers.ts'
import { listTokens } from '../auth/tokens.ts'
import type { Database } from '../db/connect.ts'
import { type Directory, listDirectories } from '../directory/directories.ts'
import {
  type DirectoryKey,
  listPullDirectories,
  type PullDirectory,
  readPullDirectory,
} from '../directory/pull-directories.ts'
import { AppError } from '../errors.ts'
import { readChecks } from '../sync/setup/check.ts'
import { showConnection } from '../sync/setup/connection.ts'
import { deriveStatus, type DirectoryStatus, type LastRuns, readLastRuns } from '../sync/setup/status.ts'
import { mergeMapping } from '../sync/mapping/map.ts'
import { listHolds, listRunReports } from '../sync/runs/reports.ts'
import type { SyncServices } from '../sync/services.ts'
import { readSettings } from '../sync/setup/settings.ts'
import { showChecked, showConnectionOf } from './connection-schemas.ts'

/** The oldest first. */
export async function showDirectories(db: Database, organizationId: string): Promise<object[]> {
  const [directories, pulled, signedIn] = await Promise.all([
    listDirectories(db, organizationId),
    listPullDirectories(db, organizationId),
    listSignedIn(db, organizationId),
  ])
  const byId = new Map(pulled.map((one) => [one.id, one]))
  const runs = await readLastRuns(
    db,
    organizationId,
    pulled.filter(({ kind }) => kind === 'pull').map(({ id }) => id),
  )
  return directories.map((one) => show(one, byId.get(one.id), runs.get(one.id), signedIn))
}

/** With all that is set, but for secrets. Throws not_found, secret_unreadable. */
export async function showDirectory(services: SyncServices, key: DirectoryKey, now: Date): Promise<object> {
  const { db, sealer, providers } = services
  const { organizationId, id } = key
  const [details, directories, runs, signedIn, { items: latest }, [hold]] = await Promise.all([
    readPullDirectory(db, organizationId, id),
    listDirectories(db, organizationId),
    readLastRuns(db, organizationId, [id]),
    listSignedIn(db, organizationId),
    listRunReports(db, organizationId, { directoryId: id, limit: 1, after: undefined }, now),
    listHolds(db, organizationId, now, id),
  ])
  const directory = directories.find((one) => one.id === id)
  if (directory === undefined) throw new AppError('not_found', `There is no directory ${id}.`)
  const { kind, settings, mapping, pausedAt, nextRunAt } = details
  const provider = providers.get(details.provider ?? '')
  const isPulled = kind === 'pull'
  return {
    ...show(directory, details, runs.get(id), signedIn),
    settings: kind === 'push' ? null : readSettings(settings),
    mapping: isPulled ? mapping : null,
    effectiveMapping: isPulled && provider !== undefined ? mergeMapping(provider, mapping) : null,
    connection: showConnectionOf(await showConnection(sealer, details)),
    test: showChecked(readChecks(details)),
    pausedAt,
    // A paused one does not begin.
    nextRunAt: pausedAt === null ? nextRunAt : null,
    lastRun: latest[0] ?? null,
    hold: hold ?? null,
  }
}

function show(
  directory: Directory,
  details: PullDirectory | undefined,
  runs: LastRuns | undefined,
  signedIn: ReadonlySet<string>,
): object {
  return { ...directory, status: describeStatus(directory, details, runs, signedIn) }
}

function describeStatus(
  { id, kind }: Directory,
  details: PullDirectory | undefined,
  runs: LastRuns | undefined,
  signedIn: ReadonlySet<string>,
): DirectoryStatus {
  if (kind === 'manual') return { state: 'linked', reason: 'It is here, and needs no connection.' }
  if (kind === 'pull' && details !== undefined) return deriveStatus(details, runs)
  if (signedIn.has(id)) return { state: 'linked', reason: 'Its identity provider has signed in.' }
  return { state: 'unlinked', reason: 'Its identity provider has not signed in yet.' }
}

// With a JWT nothing is noted of signing in; whoever named the issuer means to.
async function listSignedIn(db: Database, organizationId: string): Promise<ReadonlySet<string>> {
  const [tokens, issuers] = await Promise.all([listTokens(db, organizationId), listIssuers(db, organizationId)])
  const used = tokens.filter(({ lastUsedAt }) => lastUsedAt !== null)
  return new Set([...used, ...issuers].flatMap(({ directoryId }) => (directoryId === null ? [] : [directoryId])))
}

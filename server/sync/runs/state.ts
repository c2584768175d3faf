// A run as its row has it, and what whoever does it makes of that.
import { type Provider, ProviderError } from '../../../providers/provider.ts'
import type { Database } from '../../db/connect.ts'
import { query } from '../../db/query.ts'
import { type PullDirectory, readPullDirectory } from '../../directory/pull-directories.ts'
import { AppError } from '../../errors.ts'
import type { HoldReason } from '../plan/guard.ts'
import { type Purpose, type Run, type RunKey, RunLost, type Stage } from './run.ts'
import type { SyncServices } from '../services.ts'
import { readSettings } from '../setup/settings.ts'

export interface RunState {
  readonly org_id: string
  readonly id: string
  readonly directory_id: string
  readonly include_groups: boolean
  readonly started_at: Date
  readonly purpose: Purpose
  readonly is_full: boolean
  readonly stage: Stage
  readonly hold: RunHold | null
  readonly digest: string | null
  readonly rules_version: number
  readonly attempt: number
  readonly cancel_requested_at: Date | null
  /** Whether a file is read, and not the source of the directory. */
  readonly has_input: boolean
}

/** All that it has; the file of an import may be long. */
export const stateColumns =
  'org_id, id, directory_id, include_groups, started_at, purpose, is_full, stage, hold, digest, rules_version, attempt, cancel_requested_at, input is not null as has_input'

/** Why a run waits for approval, and what was decided. */
export interface RunHold {
  readonly reasons: readonly HoldReason[]
  readonly decision?: 'approved' | 'rejected'
  /** Of what was read for the plan that was approved; there once it is being read again. */
  readonly digest?: string | null
  /** By which rules that was. */
  readonly rules?: number
}

/** Throws ProviderError `settings` where this installation has no such provider, and RunLost where the directory is gone. */
export async function openRun(
  services: SyncServices,
  state: RunState,
  holder: string,
  signal: AbortSignal,
): Promise<Run> {
  const directory = await readDirectory(services, state)
  return {
    organizationId: state.org_id,
    id: state.id,
    services,
    directory,
    settings: readSettings(directory.settings),
    provider: findProvider(services, state.has_input ? importer : (directory.provider ?? importer)),
    purpose: state.purpose,
    isFull: state.is_full,
    includeGroups: state.include_groups,
    isFirst: !state.has_input && state.purpose !== 'lifecycle' && directory.confirmedAt === null,
    startedAt: state.started_at,
    holder,
    signal,
  }
}

const importer = 'csv'

// With a directory go its runs.
async function readDirectory({ db }: SyncServices, { org_id, directory_id }: RunState): Promise<PullDirectory> {
  try {
    return await readPullDirectory(db, org_id, directory_id)
  } catch (error) {
    throw error instanceof AppError && error.code === 'not_found' ? new RunLost('The directory is gone.') : error
  }
}

/** Whether a run reads a file that somebody gave. */
export function isImport({ provider }: Run): boolean {
  return provider.id === importer
}

function findProvider({ providers }: SyncServices, id: string): Provider {
  const provider = providers.get(id)
  if (provider !== undefined) return provider
  throw new ProviderError('settings', `This installation has no provider ${id}; start a version that has it.`)
}

/** Whether the source can say what changed since the last run, and that is all that is to be known. */
export function canReadChanges({ provider, directory }: Run): boolean {
  const { cursor, confirmedRules, rulesVersion } = directory
  return provider.capabilities.includes('incremental') && cursor !== null && confirmedRules === rulesVersion
}

/** Reads the row again. Throws RunLost where it is gone. */
export async function readState(db: Database, { organizationId, id }: RunKey): Promise<RunState> {
  const text = `select ${stateColumns} from sync_runs where org_id = $1 and id = $2`
  const [row] = await query<RunState>(db, text, [organizationId, id])
  if (row === undefined) throw new RunLost('The run is gone.')
  return row
}

/** Whether a pull is to bring groups: where they are synced, or where they say who is imported. */
export function wantsGroups({ settings, includeGroups }: Run): boolean {
  return settings.groupFilter.length > 0 || (includeGroups && settings.syncGroups)
}

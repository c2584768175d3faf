// Settings and mapping of a directory together: what one says must fit to the other.
import type { Provider } from '../../../providers/provider.ts'
import type { Database } from '../../db/connect.ts'
import type { JsonObject } from '../../db/tables.ts'
import {
  type DirectoryKey,
  type PullDirectory,
  readPullDirectory,
  setMapping,
  setNextRun,
  setSettings,
} from '../../directory/pull-directories.ts'
import { AppError } from '../../errors.ts'
import { requireProvider } from './connection.ts'
import { createMapper, mergeMapping } from '../mapping/map.ts'
import { nextRunAt } from '../runs/schedule.ts'
import type { Canonize, SyncServices } from '../services.ts'
import { changeSettings } from './settings-schema.ts'
import { readSettings, type SyncSettings } from './settings.ts'

export interface RuleChanges {
  /** Those that change; null sets one back to its default. */
  readonly settings?: JsonObject | undefined
  /** All of the directory's own rules. */
  readonly mapping?: JsonObject | undefined
}

/**
 * Changes how a directory is read, in a transaction that holds its row. Throws not_found, invalid_value, and conflict for a directory
 * that sends by itself.
 */
export async function changeRules(
  tx: Database,
  { providers }: Pick<SyncServices, 'providers'>,
  canonize: Canonize,
  key: DirectoryKey,
  { settings, mapping }: RuleChanges,
  request: { readonly at: Date; readonly requestId: string | null },
): Promise<void> {
  const before = await readPullDirectory(tx, key.organizationId, key.id)
  requireTaken(before, mapping)
  const stored = settings === undefined ? before.settings : changeSettings(before.settings, settings)
  const after = readSettings(stored)
  if (before.kind === 'pull') {
    checkMapping(requireProvider(providers, before), mapping ?? before.mapping, after, canonize)
  }
  if (settings !== undefined) await setSettings(tx, key, stored, request)
  if (mapping !== undefined) await setMapping(tx, key, mapping, request)
  const isMoved = JSON.stringify(after.schedule) !== JSON.stringify(readSettings(before.settings).schedule)
  if (!isMoved || before.connection === null) return
  // An interval is counted from the first run.
  const waits = after.schedule.kind === 'interval' && before.confirmedAt === null
  await setNextRun(tx, key, waits ? null : nextRunAt(after.schedule, before.timeZone, request.at))
}

function requireTaken({ kind }: PullDirectory, mapping: JsonObject | undefined): void {
  if (kind === 'push') {
    throw new AppError('conflict', 'A directory that sends by itself has neither settings of a sync nor a mapping.')
  }
  if (kind === 'manual' && mapping !== undefined) {
    throw new AppError('conflict', 'Each file that is imported has a mapping of its own; send it with the file.')
  }
}

// A value that every attribute takes which takes text at all.
const probe = '1'
const notThere = 'is not in the schema.'

function checkMapping(provider: Provider, own: JsonObject, settings: SyncSettings, canonize: Canonize): void {
  const unmapped = Object.entries(own).filter(([, rule]) => rule === null)
  const hardWired = unmapped.find(([path]) => isHardWired(path))
  if (hardWired !== undefined) {
    throw refuse(
      'mapping',
      `mapping: ${hardWired[0]} cannot be left unmapped; e-mail at work, first and last name are needed.`,
    )
  }
  const mapping = mergeMapping(provider, own)
  const { usernameAttribute } = settings
  if (usernameAttribute !== 'workEmail' && !Object.hasOwn(mapping, usernameAttribute)) {
    const detail = `settings.usernameAttribute: ${usernameAttribute} is not mapped; map it, or use workEmail.`
    throw refuse('settings.usernameAttribute', detail)
  }
  const mapper = createMapper(mapping, settings, canonize)
  const fields = Object.fromEntries(mapper.fields.map((field) => [field, probe]))
  const { facts } = mapper.map({ id: 'probe', type: 'user', fields })
  const fault = facts.faults.find((one) => one.endsWith(notThere))
  if (fault === undefined) return
  const unknown = fault.slice(0, -notThere.length).trim()
  const path = Object.keys(own).find((one) => one.toLowerCase().startsWith(unknown.toLowerCase())) ?? unknown
  throw refuse('mapping', `mapping: ${path} ${notThere} Add the attribute first, or correct the path.`)
}

// Their rules stay whatever a directory says.
function isHardWired(path: string): boolean {
  return Object.keys(mergeMapping({ mapping: { [path]: 'field' } }, { [path]: null })).length > 0
}

function refuse(param: string, detail: string): AppError {
  return new AppError('invalid_value', detail, { data: { param } })
}

// How the source of a directory is reached: the provider's settings, of which the secrets lie sealed.
import type { Provider, SettingsSchema } from '../../../providers/provider.ts'
import type { Sealer } from '../../auth/sealer.ts'
import type { JsonObject, JsonValue } from '../../db/tables.ts'
import { transaction } from '../../db/transaction.ts'
import { changeDirectory } from '../../directory/directories.ts'
import {
  type DirectoryKey,
  type PullDirectory,
  readPullDirectory,
  setConnection,
  setNextRun,
} from '../../directory/pull-directories.ts'
import { AppError } from '../../errors.ts'
import { nextRunAt } from '../runs/schedule.ts'
import type { SyncServices } from '../services.ts'
import { readSettings } from './settings.ts'

/** Returns the value with its defaults filled in. Throws invalid_value naming what is wrong and where. */
export type CheckValue = (schema: SettingsSchema, value: unknown) => unknown

/** A connection without its secrets. */
export interface ShownConnection {
  readonly settings: JsonObject
  /** The names of the secrets that are set; none where the key is missing that they were sealed with. */
  readonly secrets: readonly string[]
  readonly connectedAt: Date | null
}

/** Throws conflict for a directory that is not pulled, or whose provider this Rollcall does not have. */
export function requireProvider(
  providers: SyncServices['providers'],
  { provider: id, kind }: Pick<PullDirectory, 'provider' | 'kind'>,
): Provider {
  const provider = providers.get(id ?? '')
  if (kind === 'pull' && provider !== undefined) return provider
  if (kind !== 'pull') throw new AppError('conflict', 'Only a directory that is pulled has a connection.')
  throw new AppError('conflict', `This Rollcall has no provider ${id}; start a version that has it.`)
}

/** undefined while the directory is not connected. */
export async function showConnection(sealer: Sealer, directory: PullDirectory): Promise<ShownConnection | undefined> {
  const { connection, connectedAt } = directory
  if (connection === null) return undefined
  const secrets = Object.keys(await openWhatCanBe(sealer, directory))
  return { settings: connection, secrets, connectedAt }
}

/** All that the provider is opened with. Throws conflict while the directory is not connected, secret_unreadable. */
export async function openConnection(
  sealer: Sealer,
  directory: Pick<PullDirectory, 'id' | 'connection' | 'secrets'>,
): Promise<JsonObject> {
  const { connection } = directory
  if (connection === null) {
    throw new AppError('conflict', 'The directory is not connected; say first how its source is reached.')
  }
  return { ...connection, ...(await openSecrets(sealer, directory)) }
}

/**
 * Connects a directory, or mends its connection in place: a secret that is left out stays as it is, unless requests would go elsewhere;
 * everything else is replaced. Throws not_found, conflict, and invalid_value for what the provider does not take.
 */
export async function connect(
  { db, sealer, providers }: Pick<SyncServices, 'db' | 'sealer' | 'providers'>,
  key: DirectoryKey,
  given: JsonObject,
  request: { readonly at: Date; readonly requestId: string | null },
  check: CheckValue,
): Promise<void> {
  const { organizationId, id } = key
  const directory = await readPullDirectory(db, organizationId, id)
  const provider = requireProvider(providers, directory)
  const isSecret = (name: string): boolean => provider.settings.properties[name]?.writeOnly === true
  const kept = directory.connection === null ? {} : pick(await openWhatCanBe(sealer, directory), isSecret)
  requireSecretsAnew(directory.connection, kept, given, provider.places ?? [])
  const settings = check(provider.settings, { ...kept, ...given }) as JsonObject
  // What cannot be opened now, for its key is missing, must not be taken for secrets that there are none of.
  if (!Object.keys(given).some(isSecret)) await openSecrets(sealer, directory)
  const secrets = pick(settings, isSecret)
  const connection = pick(settings, (name) => !isSecret(name))
  const hasSecrets = Object.keys(secrets).length > 0
  const sealed = hasSecrets ? await sealer.seal(nameSecret(id), JSON.stringify(secrets)) : null
  await transaction(db, async (tx) => {
    await changeDirectory(tx, organizationId, id, {}, request) // locks the row
    const locked = await readPullDirectory(tx, organizationId, id)
    if (locked.secrets !== directory.secrets) {
      throw new AppError(
        'conflict',
        'Somebody else changed the connection at the same time; look at it, and try again.',
      )
    }
    await setConnection(tx, key, { connection, secrets: sealed }, request)
    if (directory.connection !== null) return
    // From now on there is something to read. An interval is counted from the first run, which somebody asks for.
    const { schedule } = readSettings(directory.settings)
    if (schedule.kind === 'interval') return
    await setNextRun(tx, key, nextRunAt(schedule, directory.timeZone, request.at))
  })
}

// Whoever may say where requests go must not have secrets sent there that they do not know.
function requireSecretsAnew(
  before: JsonObject | null,
  kept: JsonObject,
  given: JsonObject,
  places: readonly string[],
): void {
  const moved = [...new Set([...Object.keys(given), ...places])].find((name) => {
    return given[name] !== before?.[name] && (places.includes(name) || isUrl(given[name]))
  })
  const left = Object.keys(kept).find((name) => !Object.hasOwn(given, name))
  if (moved === undefined || left === undefined) return
  const detail = `${left} must be given again, for ${moved} changes where it is sent.`
  throw new AppError('invalid_value', detail, { data: { param: left } })
}

function isUrl(value: JsonValue | undefined): boolean {
  return typeof value === 'string' && /^[a-z][a-z0-9+.-]*:\/\//i.test(value.trim())
}

/** Under which the secrets of a directory are sealed. */
export function nameSecret(directoryId: string): string {
  return `directory:${directoryId}`
}

async function openSecrets(
  sealer: Sealer,
  { id, secrets }: Pick<PullDirectory, 'id' | 'secrets'>,
): Promise<JsonObject> {
  return secrets === null ? {} : (JSON.parse(await sealer.open(nameSecret(id), secrets)) as JsonObject)
}

// What was sealed with a key that is missing can be given again.
async function openWhatCanBe(sealer: Sealer, directory: Pick<PullDirectory, 'id' | 'secrets'>): Promise<JsonObject> {
  try {
    return await openSecrets(sealer, directory)
  } catch (error) {
    if (error instanceof AppError && error.code === 'secret_unreadable') return {}
    throw error
  }
}

function pick(settings: JsonObject, isWanted: (name: string) => boolean): Record<string, JsonValue> {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => isWanted(name)))
}

// Imports of CSV files into the manual directory.
import { type Mapping, type Provider, ProviderError } from '../../../providers/provider.ts'
import type { JsonObject } from '../../db/tables.ts'
import type { Actor } from '../../directory/actor.ts'
import { readPullDirectory } from '../../directory/pull-directories.ts'
import { AppError } from '../../errors.ts'
import { createMapper, mergeMapping } from '../mapping/map.ts'
import { queueRun } from './queue.ts'
import type { SyncServices } from '../services.ts'
import { readSettings } from '../setup/settings.ts'
import { csvId } from '../setup/sources.ts'

export interface ImportFile {
  readonly text: string
  /** `auto`, `comma`, `semicolon` or `tab`. */
  readonly delimiter?: string
  /** The column that tells people apart. */
  readonly idColumn?: string
}

export interface ImportRequest extends ImportFile {
  /** SCIM attribute → rule over columns; without it as the names of the columns suggest. */
  readonly mapping?: JsonObject
  readonly isPreview: boolean
}

/** The columns of a file, and what they most likely mean. Throws invalid_value for what is no table. */
export function suggestMapping(
  { providers }: Pick<SyncServices, 'providers'>,
  file: ImportFile,
): { columns: readonly string[]; mapping: Mapping } {
  const csv = requireCsv(providers)
  try {
    return csv.suggest({ ...file })
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    throw new AppError('invalid_value', error.message, { cause: error, data: { param: 'text' } })
  }
}

/**
 * Queues a run that reads a file; a preview says only what it would do. @returns its id. Throws not_found, invalid_value, and conflict for
 * a directory that is not the manual one, or where another run of it is under way.
 */
export async function requestImport(
  services: Pick<SyncServices, 'db' | 'providers' | 'canonize'>,
  actor: Actor,
  directoryId: string,
  { isPreview, mapping, ...file }: ImportRequest,
): Promise<string> {
  const { db, providers, canonize } = services
  const { kind, settings } = await readPullDirectory(db, actor.organizationId, directoryId)
  if (kind !== 'manual') throw new AppError('conflict', 'Files are imported into the manual directory; name that one.')
  const suggested = suggestMapping(services, file)
  const csv = requireCsv(providers)
  // The provider's own rules are for columns that this file need not have: it would be read as if it left them empty.
  const none = Object.fromEntries(Object.keys(csv.mapping).map((path) => [path, null]))
  const rules = { ...none, ...suggested.mapping, ...mapping } as JsonObject
  const mapper = createMapper(mergeMapping(csv, rules), readSettings(settings), await canonize(actor.organizationId))
  requireColumns(mapping ?? {}, suggested.columns, mapper.fields)
  const input: JsonObject = { ...file, mapping: rules }
  const purpose = isPreview ? 'preview' : 'import'
  const request = { type: 'manual', purpose, isFull: false, includeGroups: true, input } as const
  const { id, isNew } = await queueRun(db, actor, directoryId, request)
  if (isNew) return id
  throw new AppError('conflict', `Another run of the directory is under way: ${id}. Wait for it, or cancel it.`)
}

// A rule of one's own that names no column is a slip; of the suggested ones all are there.
function requireColumns(mapping: JsonObject, columns: readonly string[], fields: readonly string[]): void {
  const own = JSON.stringify(Object.values(mapping))
  const missing = fields.find((field) => !columns.includes(field) && own.includes(JSON.stringify(field)))
  if (missing === undefined) return
  const detail = `mapping: the file has no column ${missing.slice(0, 80)}; it has ${columns.slice(0, 30).join(', ')}.`
  throw new AppError('invalid_value', detail, { data: { param: 'mapping' } })
}

type Suggesting = Provider & Required<Pick<Provider, 'suggest'>>

function requireCsv(providers: SyncServices['providers']): Suggesting {
  const provider = providers.get(csvId)
  if (provider !== undefined && canSuggest(provider)) return provider
  throw new AppError('conflict', 'This Rollcall cannot read files.')
}

function canSuggest(provider: Provider): provider is Suggesting {
  return 'suggest' in provider
}

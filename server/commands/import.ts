// `rollcall import`: imports a CSV file into the manual directory.
import { readFile } from 'node:fs/promises'
import { decodeCsv } from '../../providers/csv/index.ts'
import { ProviderError } from '../../providers/provider.ts'
import { listDirectories } from '../directory/directories.ts'
import { AppError } from '../errors.ts'
import { requestImport } from '../sync/runs/imports.ts'
import type { SyncServices } from '../sync/services.ts'
import { type Following, followRun } from './follow-run.ts'
import { actFor } from './sync.ts'
import { requireOrganization } from './tokens.ts'

export interface ImportOptions {
  readonly organization: string
  /** The manual one where it is left out. */
  readonly directory: string | undefined
  readonly file: string
  readonly isPreview: boolean
  /** `column=attribute` */
  readonly map: readonly string[]
}

/** @returns the exit code: 0 done, 1 not done, 3 waits for approval. Throws not_found, invalid_value, conflict. */
export async function importFile(
  services: SyncServices,
  { organization, directory, file, isPreview, map }: ImportOptions,
  following: Following,
): Promise<number> {
  const actor = await actFor(services, organization, directory ?? (await findManual(services, organization)))
  const text = await readCsv(file)
  const mapping = Object.fromEntries(map.map(readRule))
  const wanted = { text, isPreview, ...(map.length > 0 && { mapping }) }
  const id = await requestImport(services, actor, actor.directoryId, wanted)
  return followRun(services, { organizationId: actor.organizationId, id }, following)
}

async function findManual({ db }: SyncServices, organization: string): Promise<string> {
  const directories = await listDirectories(db, await requireOrganization(db, organization))
  const manual = directories.find(({ kind }) => kind === 'manual')
  if (manual === undefined) throw new AppError('not_found', 'The organization has no manual directory.')
  return manual.id
}

async function readCsv(file: string): Promise<string> {
  try {
    return decodeCsv(await readFile(file))
  } catch (error) {
    const reason =
      error instanceof ProviderError ? error.message : 'It cannot be read; look at its name and its rights.'
    throw new AppError('invalid_value', `${file}: ${reason}`, { cause: error })
  }
}

// No attribute has an equals sign in its path; a column may.
function readRule(text: string): readonly [attribute: string, column: string] {
  const at = text.lastIndexOf('=')
  const [column, attribute] = [text.slice(0, at).trim(), text.slice(at + 1).trim()]
  if (at > 0 && column !== '' && attribute !== '') return [attribute, column]
  throw new AppError('invalid_value', `--map ${text}: write the column, =, and the attribute, such as --map Job=title.`)
}

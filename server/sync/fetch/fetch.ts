// Reads the source page by page; each page is stored with its cursor in one transaction.
import { type JsonObject, type Page, ProviderError, type Source } from '../../../providers/provider.ts'
import { query } from '../../db/query.ts'
import { AppError } from '../../errors.ts'
import { openConnection } from '../setup/connection.ts'
import { PageBatch } from './batch.ts'
import { endFetch, findPlace, type Prepared, prepareBatch, storeBatch } from './store.ts'
import { createMapper, type Mapper, mergeMapping } from '../mapping/map.ts'
import { type Run, RunLost } from '../runs/run.ts'
import { isImport, wantsGroups } from '../runs/state.ts'
import { createSourceContext } from '../source/context.ts'

// What is read waits so long for more, to be stored together.
const storeAfterMs = 2000

/**
 * Reads from where an earlier attempt was interrupted, to the end; then the run is at the stage `plan`. Who states to be in no group is
 * in run_members as a member of the group '', and a group that states to have no members has a row without any. Throws ProviderError,
 * RunLost.
 */
export async function fetchPages(run: Run): Promise<void> {
  const { number, cursor } = await findPlace(run)
  const { source, mapper } = await openSource(run)
  const scope = { fields: mapper.fields, groups: wantsGroups(run), pageSize: run.settings.pageSize }
  const writer = new BatchWriter(run, mapper, number)
  try {
    for await (const page of source.pull(cursor, scope)) await writer.add(page)
  } catch (error) {
    // What was read before is not read again.
    await writer.flush()
    await writer.settle()
    throw error
  }
  await writer.end()
}

async function openSource(run: Run): Promise<{ source: Source; mapper: Mapper }> {
  const { services, provider, directory, signal } = run
  try {
    const { settings, rules } = await readOpening(run)
    const canonize = await services.canonize(run.organizationId)
    const mapper = createMapper(mergeMapping(provider, rules), run.settings, canonize)
    const context = createSourceContext(provider, { outgoing: services.outgoing, now: services.now, signal })
    return { source: provider.open(settings, context), mapper }
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'database_unavailable') throw error
    // The key is missing that the secrets were sealed with, or the mapping cannot be.
    throw new ProviderError('settings', `${directory.name} cannot be opened: ${error.message}`, { cause: error })
  }
}

async function readOpening(run: Run): Promise<{
  settings: JsonObject
  rules: JsonObject
}> {
  const { services, directory } = run
  if (!isImport(run)) {
    return { settings: await openConnection(services.sealer, directory), rules: directory.mapping }
  }
  const text = 'select input from sync_runs where org_id = $1 and id = $2'
  const [row] = await query<{ input: JsonObject | null }>(services.db, text, [run.organizationId, run.id])
  const { mapping = null, ...settings } = row?.input ?? {}
  const isObject = typeof mapping === 'object' && mapping !== null && !Array.isArray(mapping)
  return { settings, rules: isObject ? mapping : {} }
}

/** Gathers pages, and stores those of one moment while the next ones are read. */
class BatchWriter {
  readonly #run: Run
  readonly #mapper: Mapper
  #number: number
  #batch = new PageBatch()
  #storing: Promise<void> = Promise.resolve()
  #cursor: string | undefined

  constructor(run: Run, mapper: Mapper, number: number) {
    this.#run = run
    this.#mapper = mapper
    this.#number = number
  }

  async add(page: Page): Promise<void> {
    if (this.#run.signal.aborted) throw new RunLost('The run is to be let go.')
    // The last pages wait for the end, to be stored with it.
    if (this.#batch.mustMakeRoom(page) || this.#batch.ageMs > storeAfterMs) await this.flush()
    this.#refuseCircle(page)
    this.#batch.add(page, ++this.#number)
  }

  /** Begins to store what is there, once what was there before is stored. */
  async flush(): Promise<void> {
    if (this.#batch.isEmpty) return
    const batch = this.#batch
    this.#batch = new PageBatch()
    const prepared = await this.#prepare(batch)
    this.#storing = storeBatch(this.#run, batch.number, prepared)
    // Whoever stores next hears of it.
    this.#storing.catch(() => undefined)
  }

  async #prepare(batch: PageBatch): Promise<Prepared> {
    const [prepared] = await Promise.all([prepareBatch(this.#run, this.#mapper, batch), this.settle()])
    return prepared
  }

  async settle(): Promise<void> {
    await this.#storing
  }

  async end(): Promise<void> {
    if (this.#number === 0) this.#batch.add({ records: [] }, 1)
    await endFetch(this.#run, this.#batch.number, await this.#prepare(this.#batch))
  }

  #refuseCircle({ cursor, records }: Page): void {
    const written = cursor === undefined ? undefined : JSON.stringify(cursor)
    if (written !== undefined && written === this.#cursor && records.length > 0) {
      const detail = `${this.#run.provider.name} leads from a page to the same page again.`
      throw new ProviderError('unexpected', detail)
    }
    this.#cursor = written
  }
}

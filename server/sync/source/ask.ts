// Asking the source of a directory one thing, while somebody waits for the answer.
import { type Provider, ProviderError, type Source } from '../../../providers/provider.ts'
import type { PullDirectory } from '../../directory/pull-directories.ts'
import type { SyncServices } from '../services.ts'
import { openConnection } from '../setup/connection.ts'
import { createSourceContext } from './context.ts'

export interface Patience {
  readonly timeoutMs: number
  /** Aborted when nobody waits any more. */
  readonly gone?: AbortSignal
}

/**
 * Opens the source with the directory's connection and asks it. Throws ProviderError, `transient` also where it takes too long; conflict
 * while the directory is not connected, secret_unreadable.
 */
export async function askSource<Result>(
  { sealer, outgoing, now }: Pick<SyncServices, 'sealer' | 'outgoing' | 'now'>,
  directory: PullDirectory,
  provider: Provider,
  { timeoutMs, gone }: Patience,
  ask: (source: Source) => Promise<Result>,
): Promise<Result> {
  const settings = await openConnection(sealer, directory)
  const timeout = AbortSignal.timeout(timeoutMs)
  const signal = gone === undefined ? timeout : AbortSignal.any([gone, timeout])
  try {
    return await ask(provider.open(settings, createSourceContext(provider, { outgoing, now, signal })))
  } catch (error) {
    if (!timeout.aborted || gone?.aborted === true) throw error
    const message = `${provider.name} did not answer within ${timeoutMs / 1000} seconds; try again.`
    throw new ProviderError('transient', message, { cause: error })
  }
}

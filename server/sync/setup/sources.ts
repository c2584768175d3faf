// Which of the providers that there are a directory can be pulled from.
import type { Provider } from '../../../providers/provider.ts'
import type { SyncServices } from '../services.ts'

/** What reads files: nobody connects to it, they are imported. */
export const csvId = 'csv'

export function listSources(providers: SyncServices['providers']): Provider[] {
  return [...providers.values()].filter(({ id }) => id !== csvId)
}

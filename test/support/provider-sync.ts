// Syncs a real provider with a fake of its source, over its own protocol, by the clock of the fake's company.
import type { Provider } from '../../providers/provider.ts'
import type { StartedFake } from '../providers/faked-sources.ts'
import { type RunRow, TestSync, type TestSyncOptions } from './sync.ts'

export interface ProviderSync {
  readonly fake: StartedFake
  readonly sync: TestSync
  /** What was asked of the source since the last run was asked for. */
  listRequests(): StartedFake['requests']
  /** Lets a minute pass, and does a run: full, or what has changed. */
  run(type?: 'full' | 'incremental'): Promise<RunRow>
  /** Lets so many days pass. */
  passDays(days: number): void
}

/** In an organization of its own; the rate is such that nobody waits. */
export async function createProviderSync(
  provider: Provider,
  fake: StartedFake,
  options: Pick<TestSyncOptions, 'settings' | 'tenant'> = {},
): Promise<ProviderSync> {
  const { company } = fake
  const sync = await TestSync.create({
    ...options,
    provider: { ...provider, rateLimit: { requests: 100_000, perMs: 1, concurrency: 4 } },
    connection: fake.settings,
    // Another directory of the organization may have the provider's own.
    name: `The people of ${provider.name}`,
    now: () => company.now,
  })
  const pass = (milliseconds: number): void => {
    company.now = new Date(company.now.getTime() + milliseconds)
  }
  let asked = 0
  return {
    fake,
    sync,
    listRequests: () => fake.requests.slice(asked),
    run: (type = 'full') => {
      pass(60_000)
      asked = fake.requests.length
      return sync.run({ isFull: type === 'full' })
    },
    passDays: (days) => pass(days * 86_400_000),
  }
}

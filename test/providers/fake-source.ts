// For tests of one provider: a fake of its source for each of them, and what everybody does with it.
import type { JsonObject, Page, Provider, Scope, SourceRecord } from '../../providers/provider.ts'
import type { Company } from './company.ts'
import { listUsers } from './conformance.ts'
import type { FakeRequest, FakeServer } from './fake-server.ts'
import { collect, createScope, openSource, type Opened, type OpenOptions } from './source.ts'

export interface FakeSource<Fake> {
  readonly fake: Fake
  /** At the time that it is in the company, and so fast that nobody waits. */
  open(options?: OpenOptions & { readonly settings?: JsonObject }): Opened
  /** All pages of a pull, of all that is mapped where the scope does not say otherwise. */
  pull(scope?: Partial<Scope>, cursor?: Page['cursor']): Promise<Page[]>
  readUser(id: string, scope?: Partial<Scope>): Promise<SourceRecord>
  /** What was asked at a path. */
  listRequests(path: string): FakeRequest[]
}

/** Called within `describe`. */
export function useFake<Fake extends FakeServer & { readonly company: Company; readonly settings: JsonObject }>(
  provider: Provider,
  start: () => Promise<Fake>,
): FakeSource<Fake> {
  let started: Fake | undefined
  let opened: Opened[] = []

  beforeEach(async () => {
    started = await start()
  })

  afterEach(async () => {
    await Promise.all(opened.map((one) => one.close()))
    opened = []
    await started?.close()
  })

  function open({ settings, ...options }: OpenOptions & { readonly settings?: JsonObject } = {}): Opened {
    const defaults = { rateLimit: { requests: 100_000, perMs: 1 }, now: source.fake.company.now }
    const one = openSource(provider, settings ?? source.fake.settings, { ...defaults, ...options })
    opened.push(one)
    return one
  }

  const source: FakeSource<Fake> = {
    get fake() {
      if (started === undefined) throw new Error('the fake is there only within a test')
      return started
    },
    open,
    pull: (scope = {}, cursor) => collect(open().source.pull(cursor, createScope(provider, scope))),
    readUser: async (id, scope) => {
      const user = listUsers(await source.pull(scope)).find((one) => one.id === id)
      if (user === undefined) throw new Error(`${id} did not come`)
      return user
    },
    listRequests: (path) => source.fake.requests.filter((request) => request.path === path),
  }
  return source
}

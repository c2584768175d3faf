// Opening a provider on a fake: the context that it has in the product, with a clock that jumps where others wait.
import type { JsonObject, Page, Provider, ProviderContext, Scope, Source } from '../../providers/provider.ts'
import { createOutgoing } from '../../server/ops/outgoing.ts'
import { createSourceContext } from '../../server/sync/source/context.ts'

export interface Opened {
  readonly source: Source
  readonly context: ProviderContext
  /** How long was waited in all, in milliseconds. */
  waited(): number
  close(): Promise<void>
}

export interface OpenOptions {
  readonly now?: Date
  readonly signal?: AbortSignal
  /** In place of the provider's own, which would make tests with many requests jump far. */
  readonly rateLimit?: Provider['rateLimit']
}

/** Nothing in it waits: whoever would makes it later. */
export function openSource(provider: Provider, settings: JsonObject, options: OpenOptions = {}): Opened {
  const { now = new Date('2026-11-20T09:00:00Z'), signal = new AbortController().signal } = options
  const outgoing = createOutgoing({ allow: '127.0.0.1' })
  let waited = 0
  const context = createSourceContext(
    { name: provider.name, rateLimit: options.rateLimit ?? provider.rateLimit },
    {
      outgoing,
      now: () => new Date(now.getTime() + waited),
      signal,
      wait: (milliseconds) => {
        signal.throwIfAborted()
        waited += milliseconds
        return Promise.resolve()
      },
    },
  )
  const source = provider.open(settings, context)
  return { source, context, waited: () => waited, close: () => outgoing.close() }
}

/** All that the provider's own mapping needs. */
export function createScope(provider: Provider, options: Partial<Scope> = {}): Scope {
  return { fields: listMappedFields(provider), groups: true, pageSize: 100, ...options }
}

export function listMappedFields({ mapping }: Pick<Provider, 'mapping'>): string[] {
  const names = Object.values(mapping).flatMap((rule) => {
    if (typeof rule === 'string') return rule
    return 'from' in rule ? rule.from : []
  })
  return [...new Set(names)]
}

/** All pages of a pull. */
export async function collect(pages: AsyncIterable<Page>): Promise<Page[]> {
  const collected: Page[] = []
  for await (const page of pages) collected.push(page)
  return collected
}

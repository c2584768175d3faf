// Does all that is due at once, in this process and without jobs: how tests drive the engine, and how one knows that all is told.
import { deliver, type DeliverParts } from './deliver.ts'
import { listDue } from './due.ts'
import { numberEvents, type NumberingParts } from '../numbering.ts'

const atOnce = 8

/** Returns when nothing is due by `now`: of all organizations, or of one. */
export async function settle(parts: DeliverParts & NumberingParts, organizationId?: string): Promise<void> {
  const { signal } = new AbortController()
  for (;;) {
    while ((await numberEvents(parts)).count > 0);
    const scope = organizationId === undefined ? {} : { organizationId }
    const due = await listDue(parts.db, parts.now(), { limit: atOnce, ...scope })
    if (due.length === 0) return
    await Promise.all(due.map((key) => deliver(parts, key, signal)))
  }
}

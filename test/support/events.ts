// Drives the delivery of events in tests: what is due by the tests' clock happens at once.
import type { SubscriptionKind } from '../../server/db/tables.ts'
import type { Channel } from '../../server/events/channel.ts'
import { deliver, type DeliverParts } from '../../server/events/delivery/deliver.ts'
import { type Engine, startEngine } from '../../server/events/delivery/engine.ts'
import { numberEvents, type NumberingParts } from '../../server/events/numbering.ts'
import { startJobs } from '../../server/ops/jobs.ts'
import { createLogger } from '../../server/ops/logger.ts'
import { Outage } from '../../server/ops/outage.ts'
import { declareResourceTypes } from '../../server/scim/declarations.ts'
import { compileCondition, presentResource } from '../../server/scim/event-resources.ts'
import { OrganizationSchemas } from '../../server/scim/organization-schema.ts'
import { clearOutbox, clock, type Tenant } from './app.ts'
import { testDatabase } from './postgres.ts'

export type TestChannels = Partial<Record<SubscriptionKind, Channel>>

export interface TestEngine {
  readonly parts: DeliverParts & NumberingParts
  /** Numbers and delivers all that is due by the tests' clock. */
  settle(): Promise<void>
}

/** Delivers for one organization; a kind without a channel tells nothing. */
export function startTestEngine(
  { organizationId }: Pick<Tenant, 'organizationId'>,
  channels: TestChannels,
  types = declareResourceTypes(),
): TestEngine {
  const db = testDatabase()
  const schemas = new OrganizationSchemas(db, types)
  const parts: DeliverParts & NumberingParts = {
    db,
    now: clock.now,
    logger: createLogger('silent'),
    present: (tx, ...of) => presentResource(tx, schemas, ...of),
    compile: (...condition) => compileCondition(db, schemas, ...condition),
    channels: { webhook: silent, trigger: silent, feed: silent, ...channels },
  }
  return {
    parts,
    settle: async () => {
      await clearOutbox(organizationId)
      // What is delivered may bring events, too.
      do {
        while ((await numberEvents(parts)).count > 0);
      } while (await deliverDue(parts, organizationId))
    },
  }
}

/** Starts what a process has beside its requests, for events alone. */
export async function startDelivering(parts: DeliverParts & NumberingParts): Promise<Engine> {
  const outage = new Outage(parts.logger)
  const jobs = await startJobs(parts.db, outage)
  const engine = await startEngine({ ...parts, jobs, outage })
  return {
    stop: async () => {
      await engine.stop()
      await jobs.stop()
    },
  }
}

/** Delivers what is due in an organization by now, without jobs; whether there was anything. */
export async function deliverDue(parts: DeliverParts, organizationId: string): Promise<boolean> {
  const now = parts.now()
  const due = await parts.db
    .selectFrom('subscriptions')
    .select('id')
    .where('org_id', '=', organizationId)
    .where('enabled', '=', true)
    .where('due_at', '<=', now)
    .where((is) => is.or([is('holder', 'is', null), is('held_until', '<=', now)]))
    .execute()
  const { signal } = new AbortController()
  await Promise.all(due.map(({ id }) => deliver(parts, { organizationId, id }, signal)))
  return due.length > 0
}

const silent: Channel = {
  tells: () => false,
  send: () => Promise.reject(new Error('this channel tells nothing')),
  readPace: () => ({ concurrency: 1, perSecond: 1000 }),
}

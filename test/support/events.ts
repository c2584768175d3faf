// Drives the delivery of events in tests: what is due by the tests' clock happens at once.
import type { SubscriptionKind } from '../../server/db/tables.ts'
import type { Channel } from '../../server/events/channel.ts'
import type { DeliverParts } from '../../server/events/delivery/deliver.ts'
import type { NumberingParts } from '../../server/events/numbering.ts'
import { settle } from '../../server/events/delivery/settle.ts'
import { createLogger } from '../../server/ops/logger.ts'
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
      await clearOutbox()
      await settle(parts, organizationId)
    },
  }
}

const silent: Channel = {
  tells: () => false,
  send: () => Promise.reject(new Error('this channel tells nothing')),
  readPace: () => ({ concurrency: 1, perSecond: 1000 }),
}

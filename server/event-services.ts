// What events need beside the database: for the API, and for what delivers.
import { createSealer } from './auth/sealer.ts'
import type { Config } from './config.ts'
import type { Database } from './db/connect.ts'
import { createFeedChannel } from './events/feeds/channel.ts'
import { FeedWaiting } from './events/feeds/waiting.ts'
import type { Channels, EventServices } from './events/services.ts'
import { SigningKeys } from './events/feeds/signing-keys.ts'
import { createTriggerChannel } from './events/triggers/channel.ts'
import { createWebhookChannel } from './events/webhooks/channel.ts'
import { createMailer } from './ops/mailer.ts'
import { createOutgoing } from './ops/outgoing.ts'
import { compileCondition, presentResource } from './scim/event-resources.ts'
import type { OrganizationSchemas } from './scim/organization-schema.ts'

export interface EventServiceParts {
  readonly config: Config
  readonly db: Database
  readonly now: () => Date
  readonly schemas: OrganizationSchemas
}

/** Throws config_invalid. */
export function createEventServices({ config, db, now, schemas }: EventServiceParts): EventServices {
  const { ENCRYPTION_KEYS, OUTGOING_ALLOW, SMTP_URL, MAIL_FROM, PUBLIC_URL, PORT } = config
  const sealer = createSealer(db, ENCRYPTION_KEYS, now)
  return {
    sealer,
    outgoing: createOutgoing({ ...(OUTGOING_ALLOW !== undefined && { allow: OUTGOING_ALLOW }) }),
    mailer: SMTP_URL === undefined ? undefined : createMailer({ url: SMTP_URL, from: MAIL_FROM }),
    compile: (...condition) => compileCondition(db, schemas, ...condition),
    present: (tx, ...of) => presentResource(tx, schemas, ...of),
    publicUrl: PUBLIC_URL ?? `http://localhost:${PORT}`,
    endpointOf: (resourceType) => schemas.installed.types.get(resourceType)?.endpoint,
    signingKeys: new SigningKeys({ db, sealer, now }),
    feedWaiting: new FeedWaiting(db),
  }
}

/** How webhook endpoints, triggers and feeds tell. */
export function createChannels(db: Database, services: EventServices): Channels {
  return {
    webhook: createWebhookChannel(services),
    trigger: createTriggerChannel(db, services),
    feed: createFeedChannel(services),
  }
}

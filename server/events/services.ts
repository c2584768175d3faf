// What telling needs beside the database, made once by the composition roots.
import type { Sealer } from '../auth/sealer.ts'
import type { Mailer } from '../ops/mailer.ts'
import type { Outgoing } from '../ops/outgoing.ts'
import type { SubscriptionKind } from '../db/tables.ts'
import type { Channel } from './channel.ts'
import type { FeedWaiting } from './feeds/waiting.ts'
import type { CompileCondition } from './interest.ts'
import type { Present } from './event-data.ts'
import type { EndpointOf } from './feeds/security-event-parcels.ts'
import type { SigningKeys } from './feeds/signing-keys.ts'

export interface EventServices {
  readonly sealer: Sealer
  readonly outgoing: Outgoing
  /** undefined where SMTP_URL is not set. */
  readonly mailer: Mailer | undefined
  readonly compile: CompileCondition
  readonly present: Present
  /** Where clients reach this installation, without a path: the issuer of security event tokens. */
  readonly publicUrl: string
  readonly endpointOf: EndpointOf
  readonly signingKeys: SigningKeys
  /** Requests that wait for events of a feed. */
  readonly feedWaiting: FeedWaiting
}

/** How each kind of subscription tells. */
export type Channels = Readonly<Record<SubscriptionKind, Channel>>

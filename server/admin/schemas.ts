// What several endpoints of the management API take and answer.
import { objectOf, type Properties, type Schema } from '../api/schema.ts'

export const name = {
  type: 'string',
  minLength: 1,
  maxLength: 200,
  pattern: '\\S',
} as const

const id = { type: 'string', pattern: '^[a-z]+_[0-9a-z]+$', maxLength: 60 } as const

export const organizationId = {
  ...id,
  description: 'The organization.',
  examples: ['org_01kaq3v5w8a0c2v7m1s9t4n6pe'],
} as const
export const directoryId = {
  ...id,
  description: 'The directory.',
  examples: ['dir_01kaq3v5w8d4f6h8k0m2p4r6tv'],
} as const
export const userId = { ...id, description: 'The user.', examples: ['emp_01kaq3v5w8f2g5c6h3jqv4xesd'] } as const
export const tokenId = { ...id, description: 'The token.', examples: ['tok_01kaq3v5wat2v4x6z8b0d2f4h6'] } as const
export const issuerId = { ...id, description: 'The issuer.', examples: ['iss_01kaq3v5wcj1m3p5r7t9v1x3z5'] } as const
export const triggerId = { ...id, description: 'The trigger.', examples: ['trg_01kaq3v5wf1h3k5m7p9r1t3w5y'] } as const
export const webhookEndpointId = {
  ...id,
  description: 'The webhook endpoint.',
  examples: ['hook_01kaq3v5wd0f2h4k6n8q0s2v4x'],
} as const
/** A webhook endpoint, a trigger or a feed. */
export const subscriptionId = {
  ...id,
  description: 'Who is told.',
  examples: ['hook_01kaq3v5wd0f2h4k6n8q0s2v4x'],
} as const
export const deliveryId = { ...id, description: 'The delivery.', examples: ['dlv_01kaq3v5we1g3j5m7p9r1t3w5y'] } as const
export const feedId = { ...id, description: 'The feed.', examples: ['feed_01kaq3v5wfm6p8r0t2v4x6z8b0'] } as const
export const keyId = { ...id, description: 'The key.', examples: ['key_01kaq3v5wgn7q9s1t3w5y7a9c1'] } as const

export const setupLinkId = { ...id, description: 'The link.', examples: ['link_01kaq3v5whp8r0t2v4x6z8b0d2'] } as const
export const locationId = { ...id, description: 'The location.', examples: ['loc_01kaq3v5wjq9s1v3x5z7b9d1f3'] } as const
export const runId = { ...id, description: 'The run.', examples: ['sync_01kaq3v5yc4p6r8t0v2x4z6b8d'] } as const

/** The directory of something; null where it has none. */
export const ownDirectoryId = { ...directoryId, type: ['string', 'null'] } as const

export function time(description: string, type: Schema['type'] = 'string'): Schema {
  return { type, format: 'date-time', description, examples: ['2026-03-01T09:00:00.000Z'] }
}

/** A body with these members and no others. */
export function bodyOf<const Members extends Properties, const Required extends readonly (keyof Members)[]>(
  required: Required,
  properties: Members,
) {
  return { type: 'object', additionalProperties: false, required, properties } as const
}

/** What answers the making of something. */
export function madeOf(made: Schema): Schema {
  return objectOf({ id: made })
}

// SCIM events as security event tokens (RFC 9967, RFC 8417): their names, and what is in one.
import type { JsonObject } from '../../db/tables.ts'

/**
 * The events that are told; there are no others. What a PUT changes is told as what changed, like that of a PATCH; as replaced is told
 * who was anonymized.
 */
export const eventUris = {
  feedAdd: 'urn:ietf:params:scim:event:feed:add',
  feedRemove: 'urn:ietf:params:scim:event:feed:remove',
  createFull: 'urn:ietf:params:scim:event:prov:create:full',
  createNotice: 'urn:ietf:params:scim:event:prov:create:notice',
  patchFull: 'urn:ietf:params:scim:event:prov:patch:full',
  patchNotice: 'urn:ietf:params:scim:event:prov:patch:notice',
  putFull: 'urn:ietf:params:scim:event:prov:put:full',
  putNotice: 'urn:ietf:params:scim:event:prov:put:notice',
  delete: 'urn:ietf:params:scim:event:prov:delete',
  activate: 'urn:ietf:params:scim:event:prov:activate',
  deactivate: 'urn:ietf:params:scim:event:prov:deactivate',
} as const

/** Whether values are told, or only which attributes have changed (RFC 9967 section 2.4). */
export type FeedMode = 'full' | 'notice'

/** The claims of a token that do not depend on when and to whom it is sent. */
export interface SecurityEvent {
  /** The same for all tokens of one change, in whatever feed and however often they are sent (RFC 9967 section 2.2). */
  readonly txn: string
  /** When it happened, in whole seconds since 1970 (RFC 8417 section 2.2). */
  readonly toe: number
  /** What it happened to (RFC 9967 section 2.1). */
  readonly sub_id: {
    readonly format: 'scim'
    /** Below the base of the SCIM endpoints: `/Users/{id}`. */
    readonly uri: string
    readonly id: string
    readonly externalId?: string
  }
  /** event URI → payload; all of them are of the same change of the same resource. */
  readonly events: Readonly<Record<string, JsonObject>>
}

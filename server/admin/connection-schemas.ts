// What is taken and answered of connections, here and by setup links.
import { component } from '../api/schema.ts'
import type { CheckedConnection, ConnectionCheck } from '../sync/setup/check.ts'
import type { ShownConnection } from '../sync/setup/connection.ts'
import { time } from './schemas.ts'

/** The provider's own schema says more: it is held against that. */
export const connectionBody = {
  type: 'object',
  maxProperties: 50,
  propertyNames: { maxLength: 100 },
  additionalProperties: { type: ['string', 'integer', 'boolean'], maxLength: 20_000 },
  description: 'The settings of the provider, as `GET /v1/providers` describes them.',
  examples: [{ serviceUserId: 'SERVICE-1234', token: '…' }],
} as const

export const shownConnection = component('Connection', 'How a source is reached, without its secrets.', {
  settings: {
    type: 'object',
    additionalProperties: { type: ['string', 'integer', 'boolean'] },
    description: 'What is no secret.',
    examples: [{ serviceUserId: 'SERVICE-1234' }],
  },
  secrets: {
    type: 'array',
    items: { type: 'string' },
    description: 'The names of the secrets that are set; one that is left out of a change stays.',
    examples: [['token']],
  },
  connectedAt: time('When it was last changed.'),
})

export const checkedConnection = component('ConnectionTest', 'What a test of a connection found.', {
  at: time('When it began.'),
  ok: { type: 'boolean', description: 'Whether runs can do their work.', examples: [true] },
  checks: {
    type: 'array',
    items: component('ConnectionCheck', 'One thing that was looked at.', {
      name: { type: 'string', description: '`sign_in`, or the name of a permission.', examples: ['sign_in'] },
      ok: { type: 'boolean', description: 'Whether it is there.', examples: [true] },
      detail: {
        type: 'string',
        description: 'What was seen, and what to do where it is not ok.',
        examples: ['Signed in as the service user SERVICE-1234.'],
      },
      missing: {
        type: 'array',
        items: { type: 'string' },
        description: 'The SCIM attributes that will be missing for want of it.',
        examples: [[]],
      },
      needed: { type: 'boolean', description: 'Whether runs fail for want of it.', examples: [true] },
    }),
  },
})

export function showConnectionOf(connection: ShownConnection | undefined): object | null {
  return connection === undefined ? null : { ...connection }
}

export function showChecked(checked: CheckedConnection | undefined): object | null {
  return checked === undefined ? null : { ...checked, checks: checked.checks.map(showCheck) }
}

function showCheck({ isNeeded, ...check }: ConnectionCheck): object {
  return { ...check, needed: isNeeded }
}

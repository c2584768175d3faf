// What webhook endpoints, triggers and feeds have in common: what they are told of, and how that goes.
import { objectOf, type Properties } from '../api/schema.ts'
import { time } from './schemas.ts'

export const types = {
  type: 'array',
  minItems: 1,
  maxItems: 100,
  uniqueItems: true,
  items: { type: 'string', minLength: 1, maxLength: 100 },
  description: 'Types of events, `user.*` for all that begin so, or `*` for all.',
  examples: [['user.*', 'membership.*']],
} as const

export const condition = {
  type: ['string', 'null'],
  minLength: 1,
  maxLength: 10_000,
  description:
    'A SCIM filter that the resource of an event has to meet; the types are then of one type of resource. null for none.',
  examples: [null],
} as const

/** How it is written: whether it is told. */
export const enabled = {
  type: 'boolean',
  description: 'Whether it is told. What is enabled again hears what it missed, as far as that is in the log.',
  examples: [true],
} as const

/** The members that `showSubscriptions` answers. */
export const subscriptionMembers = {
  types,
  condition,
  enabled,
  state: {
    enum: ['enabled', 'failing', 'disabled'],
    description: '`failing` where the last 20 attempts failed: then only one at a time is tried.',
  },
  disabledReason: {
    type: ['string', 'null'],
    description: 'Why it was disabled, where that was nobody’s wish.',
    examples: [null],
  },
  failures: { type: 'integer', description: 'How many attempts in a row failed.', examples: [0] },
  failingSince: time('When the first of them failed; null where there is none.', ['string', 'null']),
  waiting: { type: 'integer', description: 'Deliveries that wait; at most 10 000 are counted.', examples: [0] },
  dead: { type: 'integer', description: 'Deliveries that were given up; at most 10 000 are counted.', examples: [0] },
  behind: {
    type: 'integer',
    description: 'Events of the organization that were not looked at for it yet.',
    examples: [0],
  },
  createdAt: time('When it was made.'),
  modifiedAt: time('When it was last changed.'),
} satisfies Properties

/** How long the secret that requests are signed with stays beside a new one. */
export const keepOldForHours = {
  type: 'integer',
  minimum: 0,
  maximum: 720,
  default: 24,
  description: 'How long the present secret lives on.',
} as const

/** What answers a change of secrets. */
export const rotatedSecret = objectOf({
  secret: { type: 'string', description: 'What requests are signed with; shown this once.', examples: ['whsec_…'] },
  oldUntil: time('When the old one ends; null where it has.', ['string', 'null']),
})

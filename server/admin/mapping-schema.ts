// How rules of a mapping are written (providers/provider.ts).
const field = { type: 'string', minLength: 1, maxLength: 500, pattern: '^[^\\u0000]*$' } as const
const value = { type: ['string', 'boolean'], maxLength: 1000 } as const

const rule = {
  oneOf: [
    { ...field, description: 'The name of a field of the source.' },
    {
      type: 'object',
      additionalProperties: false,
      required: ['from'],
      properties: {
        from: {
          oneOf: [field, { type: 'array', minItems: 1, maxItems: 20, items: field }],
          description: 'A field, or several of which the first that has a value counts.',
        },
        transform: {
          enum: ['text', 'lowercase', 'date', 'boolean'],
          description: 'How the value is read; `date` takes any of the forms that sources use.',
        },
        table: {
          type: 'object',
          maxProperties: 500,
          additionalProperties: value,
          description:
            'Value → what becomes of it, in any case; `*` is for all others, and without it those have no value.',
        },
      },
    },
    {
      type: 'object',
      additionalProperties: false,
      required: ['value'],
      properties: { value: { ...value, description: 'The same for everybody.' } },
    },
  ],
}

const paths = {
  type: 'object',
  maxProperties: 500,
  propertyNames: { maxLength: 300, pattern: '^[^\\u0000]+$' },
} as const

/** SCIM attribute → rule. */
export const mappingSchema = {
  ...paths,
  additionalProperties: rule,
  examples: [{ title: 'work.title', 'name.givenName': { from: ['preferredName', 'firstName'] } }],
}

/** The same where null takes a rule of the provider away. */
export const ownMappingSchema = {
  ...paths,
  additionalProperties: { oneOf: [...rule.oneOf, { type: 'null', description: 'The attribute is not mapped.' }] },
  description: `The directory's own rules: SCIM attribute → rule, over those of the provider.`,
  examples: [{ title: 'work.title', nickName: null }],
}

// Whoever reads the rules says better than a schema of alternatives what is wrong with one.
const given = {
  type: ['string', 'object', 'null'],
  description:
    'The name of a field, `{"from", "transform", "table"}` or `{"value"}`, as it is shown; null takes a rule away.',
}

/** As it can be sent. */
export const mappingBody = { ...paths, additionalProperties: given }

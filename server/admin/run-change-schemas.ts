// What is answered of the changes and errors of runs.
import { component } from '../api/schema.ts'
import { changeCodes, operations } from '../sync/runs/run.ts'

const orNull = (type: string, description: string, example: unknown) =>
  ({ type: [type, 'null'], description, examples: [example] }) as const

const changeMembers = {
  position: { type: 'integer', minimum: 0, description: 'Its place in the order of doing.', examples: [12] },
  resourceType: { enum: ['User', 'Group'], description: 'What it is.' },
  sourceId: orNull(
    'string',
    'What the source calls it; of what cannot be read where it stands, such as `line 12`.',
    '1042',
  ),
  resourceId: orNull('string', 'The user or group; null where there is none.', 'emp_01kaq3v5w8f2g5c6h3jqv4xesd'),
  operation: { enum: operations, description: '`skip` is left alone by a rule, `error` because something is wrong.' },
  name: orNull('string', 'What the person or group is called.', 'Ada Holm'),
  code: { enum: [...changeCodes, null], description: 'Why, in one word.', examples: [null] },
  detail: orNull('string', 'Why, in a sentence.', null),
  difference: {
    type: ['object', 'null'],
    additionalProperties: true,
    description: 'Attribute → `{before, after}`; null where no attribute changes.',
    examples: [{ title: { before: 'Engineer', after: 'Lead' } }],
  },
  members: {
    oneOf: [
      component('MemberCounts', 'How many members of a group change.', {
        add: { type: 'integer', description: 'How many come.', examples: [3] },
        remove: { type: 'integer', description: 'How many go.', examples: [0] },
      }),
      { type: 'null' },
    ],
    description: 'null where it is no group.',
    examples: [null],
  },
  applied: { type: 'boolean', description: 'Whether the run has come to it.', examples: [true] },
}

export const runChange = component('RunChange', 'What becomes of one record.', changeMembers)

const { applied: _, position: _place, difference: _difference, members: _members, ...said } = changeMembers

export const runError = component(
  'RunError',
  'A record that was left alone, could not be read, or was not taken whole.',
  {
    ...said,
    resourceType: {
      enum: ['User', 'Group', null],
      description: 'What it is; null where it could not be read.',
      examples: ['User'],
    },
    operation: {
      ...said.operation,
      description:
        '`skip` was left alone by a rule, `error` because something is wrong; any other was done, but for what `detail` says.',
    },
  },
)

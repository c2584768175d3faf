// Parameters that several endpoints of the HR API take.
import { employeeStatuses } from '../directory/org/employee.ts'

/** An id in the path; other characters than these are in no id. */
export const pathId = (description: string, example: string) =>
  ({ type: 'string', pattern: '^[A-Za-z0-9_-]{1,100}$', description, examples: [example] }) as const

/** An id in the query. */
export const queryId = (description: string) => ({ type: 'string', minLength: 1, maxLength: 100, description }) as const

/** A text that is looked for. */
export const text = (description: string, ...examples: readonly string[]) =>
  ({
    type: 'string',
    pattern: '\\S',
    maxLength: 256,
    description,
    ...(examples.length === 0 ? {} : { examples }),
  }) as const

/** A provider, or a kind of directory. */
export const source = {
  type: 'string',
  pattern: '^[a-z][a-z0-9_]{0,49}$',
  description: `Only what this source brought: \`azure_ad\`, \`okta\`, \`ldap\`, \`sap_successfactors\`, \`workday\`, \`bamboohr\`, \`manual\`, or
    another provider that a directory has.`,
} as const

export const status = { enum: employeeStatuses, description: 'Only those with this status.' } as const

export const employeeId = pathId('The person.', 'emp_01kaq3v5w8f2g5c6h3jqv4xesd')
export const groupId = pathId('The group.', 'grp_01kaq3v5x9w2r4t6y8z0a1b3ce')

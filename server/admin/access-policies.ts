// Which rules of their sources say how a person may sign in.
import type { Endpoint } from '../api/endpoint.ts'
import { component } from '../api/schema.ts'
import { listAccessPolicies } from '../sync/access-policies.ts'
import { type AdminCaller, endpoint } from './caller.ts'
import { providerId } from './providers.ts'
import { directoryId, organizationId, userId } from './schemas.ts'
import { tags } from './tags.ts'

const target = component(
  'AccessTarget',
  'What a policy names somebody by.',
  {
    type: {
      enum: ['all', 'user', 'group', 'role', 'guests'],
      description: 'Everybody, the person, a group or role that they have, or all guests.',
    },
    id: { type: 'string', description: 'Of a group or role, as the source calls it.', examples: ['5f2e1c34'] },
    name: { type: 'string', description: 'Of a group or role.', examples: ['Administrators'] },
  },
  ['id', 'name'],
)

const policy = component('AccessPolicy', 'A rule of a source on how people may sign in, as it concerns one person.', {
  id: { type: 'string', description: 'What the source calls it.', examples: ['9a1b2c3d'] },
  name: { type: 'string', description: 'Its name.', examples: ['Second factor for administrators'] },
  state: {
    enum: ['enabled', 'report_only', 'disabled'],
    description: '`report_only`: what it would do is logged, and nothing done.',
  },
  applies: {
    type: 'boolean',
    description:
      'Whether it is meant for the person: nothing makes an exception of them. It may be so while it is disabled.',
    examples: [true],
  },
  includedBy: {
    type: 'array',
    items: target,
    description: 'What it names them by, at least one.',
    examples: [[{ type: 'group', id: '5f2e1c34', name: 'Administrators' }]],
  },
  excludedBy: {
    type: 'array',
    items: target,
    description: 'What makes an exception of them, which counts before all else.',
    examples: [[]],
  },
  controls: {
    type: 'array',
    items: { type: 'string' },
    description: 'What it asks of who signs in, such as `mfa`, or `block`.',
    examples: [['mfa']],
  },
  controlsOperator: { enum: ['all', 'any'], description: 'Whether all controls are asked, or one of them.' },
})

const read = endpoint({
  operationId: 'readUserAccessPolicies',
  tag: tags.users.name,
  method: 'get',
  path: '/organizations/{organization}/users/{id}/access-policies',
  summary: 'Read which access policies concern a user',
  description: `Each source that knows the person and has such policies is asked as it is now: those that name them, and those that make an
    exception of them. What one source does not say is told of that one, and takes nothing from the others.`,
  scopes: ['admin'],
  params: { organization: organizationId, id: userId },
  status: 200,
  answer: component('UserAccessPolicies', 'Which access policies concern a user.', {
    directories: {
      type: 'array',
      items: component('DirectoryAccessPolicies', 'What one source says.', {
        directoryId,
        provider: providerId,
        sourceId: {
          type: 'string',
          description: 'What the source calls the person.',
          examples: ['7d3c2f10-90ab-4c61-8f0e-2b6a51d7c911'],
        },
        policies: {
          type: ['array', 'null'],
          items: policy,
          description: 'In the order of their names; null where they could not be read.',
        },
        problem: {
          type: ['string', 'null'],
          description: 'Why they could not be read, and what to do; null where they were.',
          examples: [null],
        },
      }),
      description: 'Empty where no source that knows the person has any.',
    },
  }),
  run: async ({ caller: { sync, signal }, params: { organization, id } }) => ({
    directories: await listAccessPolicies(sync, organization, id, signal),
  }),
})

export const accessPolicyEndpoints: readonly Endpoint<AdminCaller>[] = [read]

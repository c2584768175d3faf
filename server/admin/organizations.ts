import type { Endpoint } from '../api/endpoint.ts'
import { component, dataOf } from '../api/schema.ts'
import {
  createOrganization,
  listOrganizations,
  readOrganization,
  setAttributeAuthority,
} from '../directory/directories.ts'
import { AppError } from '../errors.ts'
import { changeTimeZone, timeZoneSchema } from '../sync/setup/time-zone.ts'
import { type AdminCaller, endpoint } from './caller.ts'
import { bodyOf, directoryId, madeOf, name, organizationId, time } from './schemas.ts'
import { tags } from './tags.ts'

const tag = tags.organizations.name

const attributeAuthority = {
  type: 'object',
  maxProperties: 500,
  propertyNames: { pattern: '^(urn:\\S+:)?[A-Za-z][A-Za-z0-9_$-]*$' },
  additionalProperties: { type: 'array', maxItems: 50, uniqueItems: true, items: directoryId },
  description: 'The directories whose word counts for an attribute, the first one first; of the others nobody says it.',
  examples: [{ title: directoryId.examples }],
} as const

const timeZone = {
  ...timeZoneSchema,
  description: 'Where days begin and end, for dates of employment and for schedules; UTC until another one is set.',
} as const

const organization = component('Organization', 'A tenant.', {
  id: organizationId,
  name: { ...name, description: 'Its name.', examples: ['Larkspur'] },
  attributeAuthority,
  timeZone,
  createdAt: time('When it was made.'),
})

const list = endpoint({
  operationId: 'listOrganizations',
  tag,
  method: 'get',
  path: '/organizations',
  summary: 'List organizations',
  description: 'Those that the token reaches.',
  scopes: ['admin'],
  status: 200,
  answer: dataOf(organization),
  run: async ({ caller: { db, reach } }) => ({
    data: reach === null ? await listOrganizations(db) : [await readOrganization(db, reach)],
  }),
})

const create = endpoint({
  operationId: 'createOrganization',
  tag,
  method: 'post',
  path: '/organizations',
  summary: 'Make an organization',
  description: 'With a manual directory. Only the operator does so.',
  scopes: ['admin'],
  body: bodyOf(['name'], { name: { ...name, description: 'No other has it.', examples: ['Larkspur'] } }),
  status: 201,
  answer: madeOf(organizationId),
  errors: [409],
  run: async ({ caller: { db, reach, at }, body }) => {
    if (reach !== null) {
      throw new AppError('insufficient_scope', 'Only the operator creates organizations.', { data: { scope: 'admin' } })
    }
    return { id: await createOrganization(db, body.name, at) }
  },
})

const read = endpoint({
  operationId: 'readOrganization',
  tag,
  method: 'get',
  path: '/organizations/{organization}',
  summary: 'Read an organization',
  scopes: ['admin'],
  params: { organization: organizationId },
  status: 200,
  answer: organization,
  run: ({ caller: { db }, params }) => readOrganization(db, params.organization),
})

const change = endpoint({
  operationId: 'changeOrganization',
  tag,
  method: 'patch',
  path: '/organizations/{organization}',
  summary: 'Change an organization',
  description: 'What is left out stays.',
  scopes: ['admin'],
  params: { organization: organizationId },
  body: bodyOf([], { timeZone }),
  status: 204,
  run: async ({ caller: { db, at }, params: { organization: id }, body }) => {
    if (body.timeZone !== undefined) await changeTimeZone(db, id, body.timeZone, at)
  },
})

const setAuthority = endpoint({
  operationId: 'setAttributeAuthority',
  tag,
  method: 'put',
  path: '/organizations/{organization}/attribute-authority',
  summary: 'Say whose word counts',
  description: 'For which attribute, from the next change on. What is sent replaces what was said before.',
  scopes: ['admin'],
  params: { organization: organizationId },
  body: attributeAuthority,
  status: 200,
  answer: attributeAuthority,
  run: async ({ caller: { db }, params, body }) => {
    const authority = body as Record<string, string[]>
    await setAttributeAuthority(db, params.organization, authority)
    return authority
  },
})

export const organizationEndpoints: readonly Endpoint<AdminCaller>[] = [list, create, read, change, setAuthority]

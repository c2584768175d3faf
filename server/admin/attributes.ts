import type { Endpoint } from '../api/endpoint.ts'
import { component, dataOf } from '../api/schema.ts'
import {
  addCustomAttribute,
  type CustomDefinition,
  isReservedName,
  listCustomAttributes,
  removeCustomAttribute,
} from '../directory/custom-attributes.ts'
import { AppError } from '../errors.ts'
import { type AdminCaller, endpoint } from './caller.ts'
import { bodyOf, organizationId } from './schemas.ts'
import { tags } from './tags.ts'

const tag = tags.attributes.name

const attributeName = {
  type: 'string',
  pattern: '^[A-Za-z][A-Za-z0-9_$-]{0,99}$',
  description: 'Its name.',
  examples: ['badgeColor'],
} as const

// uniqueness: what no index enforces is not promised.
const characteristics = {
  name: attributeName,
  description: { type: 'string', maxLength: 1000 },
  multiValued: { type: 'boolean' },
  caseExact: { type: 'boolean' },
  mutability: { enum: ['readWrite', 'immutable'] },
  returned: { enum: ['default', 'always'] },
  canonicalValues: { type: 'array', items: { type: 'string' }, maxItems: 500 },
} as const

const simpleTypes = ['string', 'boolean', 'decimal', 'integer', 'dateTime', 'binary', 'reference'] as const

const definition = {
  title: 'AttributeDefinition',
  description: 'An attribute as RFC 7643 section 7 defines it.',
  type: 'object',
  additionalProperties: false,
  required: ['name', 'type'],
  properties: {
    ...characteristics,
    type: { enum: [...simpleTypes, 'complex'] },
    subAttributes: {
      type: 'array',
      minItems: 1,
      maxItems: 50,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['name', 'type'],
        properties: { ...characteristics, multiValued: { const: false }, type: { enum: simpleTypes } },
      },
    },
  },
  if: { properties: { type: { const: 'complex' } } },
  then: { required: ['subAttributes'] },
  else: { properties: { subAttributes: false } },
  examples: [{ name: 'badgeColor', type: 'string' }],
} as const

const resourceType = { enum: ['User', 'Group'], description: 'What has the attribute.' } as const

const attribute = component('Attribute', 'An attribute that the organization added.', { resourceType, definition })

const list = endpoint({
  operationId: 'listAttributes',
  tag,
  method: 'get',
  path: '/organizations/{organization}/attributes',
  summary: 'List attributes',
  scopes: ['admin'],
  params: { organization: organizationId },
  status: 200,
  answer: dataOf(attribute),
  run: async ({ caller: { db }, params }) => ({ data: await listCustomAttributes(db, params.organization) }),
})

const add = endpoint({
  operationId: 'addAttribute',
  tag,
  method: 'post',
  path: '/organizations/{organization}/attributes',
  summary: 'Add an attribute',
  scopes: ['admin'],
  params: { organization: organizationId },
  body: bodyOf(['resourceType', 'definition'], { resourceType, definition }),
  status: 201,
  answer: attribute,
  errors: [409],
  run: async ({ caller: { db, at }, params, body }) => {
    const wanted = body.definition as Definition
    checkDefinition(wanted)
    await addCustomAttribute(db, params.organization, { ...body, definition: wanted }, at)
    return body
  },
})

const remove = endpoint({
  operationId: 'removeAttribute',
  tag,
  method: 'delete',
  path: '/organizations/{organization}/attributes/{type}/{id}',
  summary: 'Remove an attribute',
  description: 'From the schema, and from everyone who has it; the change log keeps what they had.',
  scopes: ['admin'],
  params: {
    organization: organizationId,
    type: { ...resourceType, examples: ['User'] },
    id: { ...attributeName, description: 'Its name, whatever the case.' },
  },
  status: 204,
  run: ({ caller: { db, at, requestId }, params }) =>
    removeCustomAttribute(db, params.organization, params.type, params.id, { at, requestId }),
})

export const attributeEndpoints: readonly Endpoint<AdminCaller>[] = [list, add, remove]

type Definition = CustomDefinition & { readonly subAttributes?: readonly { name: string; type: string }[] }

// What a JSON Schema cannot say of an attribute. Throws invalid_value.
function checkDefinition({ name, subAttributes = [] }: Definition): void {
  if (name.toLowerCase() === 'schemas') {
    throw refuse('name', `definition.name must not be ${name}, which every resource has.`)
  }
  const reserved = [name, ...subAttributes.map((sub) => sub.name)].find(isReservedName)
  if (reserved !== undefined) {
    throw refuse('name', `definition: ${reserved} cannot be the name of an attribute; choose another.`)
  }
  const seen = new Set<string>()
  for (const sub of subAttributes) {
    const lower = sub.name.toLowerCase()
    if (seen.has(lower)) throw refuse('subAttributes', `definition.subAttributes: ${sub.name} is given twice.`)
    if (lower === 'primary' && sub.type !== 'boolean') {
      throw refuse('subAttributes', `definition.subAttributes: ${sub.name} must be boolean (RFC 7643 section 2.4).`)
    }
    seen.add(lower)
  }
}

function refuse(member: string, message: string): AppError {
  return new AppError('invalid_value', message, { data: { param: `definition.${member}` } })
}

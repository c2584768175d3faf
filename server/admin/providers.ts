import type { Endpoint } from '../api/endpoint.ts'
import { component, dataOf } from '../api/schema.ts'
import { listSources } from '../sync/setup/sources.ts'
import { type AdminCaller, endpoint } from './caller.ts'
import { mappingSchema } from './mapping-schema.ts'
import { tags } from './tags.ts'

export const providerId = {
  type: 'string',
  pattern: '^[a-z][a-z0-9_]{0,49}$',
  description: 'What kind of source it is, such as `azure_ad`, `okta` or `workday`.',
  examples: ['hibob'],
} as const

const property = {
  type: 'object',
  required: ['type', 'title', 'description'],
  additionalProperties: true,
  description: 'One setting; `writeOnly` marks a secret, which is stored sealed and never shown.',
}

/** What a provider says that a connection needs: JSON Schema, so it is described and not spelled out. */
export const settingsSchema = {
  type: 'object',
  required: ['type', 'required', 'properties'],
  additionalProperties: true,
  description: 'What a connection needs, as a JSON Schema.',
  examples: [
    {
      type: 'object',
      additionalProperties: false,
      required: ['token'],
      properties: { token: { type: 'string', title: 'Token', description: 'Of the service user.', writeOnly: true } },
    },
  ],
  properties: {
    type: { const: 'object' },
    required: { type: 'array', items: { type: 'string' } },
    properties: { type: 'object', additionalProperties: property },
  },
}

export const providerName = { type: 'string', description: 'What it is called.', examples: ['HiBob'] } as const

const provider = component('Provider', 'A kind of source that directories can be pulled from.', {
  id: providerId,
  name: providerName,
  capabilities: {
    type: 'array',
    items: { enum: ['users', 'groups', 'incremental', 'time_off', 'authenticate', 'access_policies'] },
    description: 'What it can do.',
    examples: [['users', 'groups']],
  },
  settings: settingsSchema,
  mapping: {
    ...mappingSchema,
    description: 'Where the values of SCIM attributes come from, unless a directory says otherwise.',
  },
  required: {
    type: 'array',
    items: component('RequiredField', 'A field without which nothing is imported.', {
      field: { type: 'string', description: 'What the source calls it.', examples: ['work.startDate'] },
      permission: {
        type: 'string',
        description: 'What to give the connection.',
        examples: ['Employees: view basic info'],
      },
    }),
    description: 'Fields that at least one record must have; where none has one, the connection lacks a permission.',
  },
})

const list = endpoint({
  operationId: 'listProviders',
  tag: tags.directories.name,
  method: 'get',
  path: '/providers',
  summary: 'List providers',
  description: 'The kinds of sources that directories can be pulled from.',
  scopes: ['admin'],
  status: 200,
  answer: dataOf(provider),
  run: ({ caller: { sync } }) => {
    const data = listSources(sync.providers).map(({ id, name, capabilities, settings, mapping, required }) => {
      return { id, name, capabilities, settings, mapping, required }
    })
    return Promise.resolve({ data })
  },
})

export const providerEndpoints: readonly Endpoint<AdminCaller>[] = [list]

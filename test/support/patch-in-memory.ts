// PATCH in memory: types with attributes of every kind, a person and a group, and what operations make of them.
import type { JsonObject } from '../../server/db/tables.ts'
import { AppError } from '../../server/errors.ts'
import { declareResourceTypes } from '../../server/scim/declarations.ts'
import type { Reading } from '../../server/scim/notes.ts'
import { applyOperations, type Patched } from '../../server/scim/patch.ts'
import { readOperations } from '../../server/scim/patch-syntax.ts'
import { compileResourceType, type ResourceType, type SchemaDefinition } from '../../server/scim/schema.ts'
import { enterpriseSchema, groupSchema, patchSchema, userSchema } from './scim-client.ts'

export const badgeSchema = 'urn:larkspur:params:scim:schemas:badge:1.0:User'

// What the built-in schemas have no attribute for: immutable, required in an extension, several plain strings.
const badge: SchemaDefinition = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
  id: badgeSchema,
  name: 'Badge',
  description: 'The badge of a person',
  attributes: [
    { name: 'number', type: 'string', required: true, mutability: 'immutable' },
    { name: 'doors', type: 'string', multiValued: true },
    { name: 'level', type: 'integer' },
    { name: 'issuedAt', type: 'dateTime' },
    { name: 'printedBy', type: 'string', mutability: 'readOnly' },
  ],
}

export const deskSchema = 'urn:larkspur:params:scim:schemas:desk:1.0:User'

// What can be set only once, without being required.
export const desk: SchemaDefinition = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
  id: deskSchema,
  name: 'Desk',
  description: 'Where a person sits',
  attributes: [
    { name: 'seal', type: 'string', mutability: 'immutable' },
    {
      name: 'place',
      type: 'complex',
      subAttributes: [
        { name: 'floor', type: 'integer' },
        { name: 'code', type: 'string', mutability: 'immutable' },
        { name: 'drawers', type: 'string', multiValued: true },
      ],
    },
    {
      name: 'keys',
      type: 'complex',
      multiValued: true,
      subAttributes: [
        { name: 'value', type: 'string' },
        { name: 'level', type: 'integer' },
        { name: 'cut', type: 'string', mutability: 'immutable' },
        { name: 'cutBy', type: 'string', mutability: 'readOnly' },
      ],
    },
  ],
}

export const [userType, groupType] = declareResourceTypes().map((definition) => {
  const added = definition.name === 'User' ? [badge, desk].map((schema) => ({ schema, required: false })) : []
  return compileResourceType({ ...definition, extensions: [...definition.extensions, ...added] })
}) as [ResourceType, ResourceType]

export const work = { value: 'mira@larkspur.example', type: 'work', primary: true }
export const home = { value: 'mira@home.example', type: 'home' }
export const enterprise = { department: 'Research', manager: { value: 'emp_boss' } }

export const mira: JsonObject = {
  schemas: [userSchema, enterpriseSchema],
  userName: 'mira@larkspur.example',
  externalId: 'ext-4471',
  title: 'Botanist',
  active: true,
  name: { givenName: 'Mira', familyName: 'Okafor' },
  emails: [work, home],
  [enterpriseSchema]: enterprise,
}

export const growers: JsonObject = { schemas: [groupSchema], displayName: 'Larkspur Growers' }

interface Circumstances {
  readonly resource?: JsonObject
  readonly type?: ResourceType
  readonly strict?: boolean
}

interface Outcome extends Patched {
  readonly notes: readonly string[]
}

export function patch(operations: unknown, { resource, type = userType, strict = false }: Circumstances = {}): Outcome {
  const reading: Reading = { strict, notes: [] }
  const read = readOperations({ schemas: [patchSchema], Operations: operations }, reading)
  const patched = applyOperations(resource ?? (type === userType ? mira : growers), read, type, reading)
  return { ...patched, notes: reading.notes.map(({ path, note }) => `${path}: ${note}`) }
}

/** The attributes that the operations change, as they are afterwards; undefined where one is gone. */
export function listChanges(operations: unknown, circumstances: Circumstances = {}): Record<string, unknown> {
  const before = circumstances.resource ?? (circumstances.type === groupType ? growers : mira)
  const after = patch(operations, circumstances).resource
  const names = Object.keys({ ...before, ...after }).filter((name) => name !== 'schemas')
  const changed = names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
  return Object.fromEntries(changed.map((name) => [name, after[name]]))
}

export function readCode(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (error instanceof AppError) return error.code
    throw error
  }
  return 'nothing was thrown'
}

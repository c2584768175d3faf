// What the management API takes, as JSON Schemas, and the check against them.
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import type { Scope } from '../db/tables.ts'
import { type CustomDefinition, isReservedName } from '../directory/custom-attributes.ts'
import { AppError } from '../errors.ts'

const name = { type: 'string', minLength: 1, maxLength: 200, pattern: '\\S' }
const id = { type: 'string', pattern: '^[a-z]+_[0-9a-z]+$', maxLength: 60 }
const attributeName = { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9_$-]{0,99}$' }

// uniqueness: what no index enforces is not promised.
const characteristics = {
  name: attributeName,
  description: { type: 'string', maxLength: 1000 },
  multiValued: { type: 'boolean' },
  caseExact: { type: 'boolean' },
  mutability: { enum: ['readWrite', 'immutable'] },
  returned: { enum: ['default', 'always'] },
  canonicalValues: { type: 'array', items: { type: 'string' }, maxItems: 500 },
}

const simpleTypes = ['string', 'boolean', 'decimal', 'integer', 'dateTime', 'binary', 'reference']

const attributeDefinition = {
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
}

type Definition = CustomDefinition & { readonly subAttributes?: readonly { name: string; type: string }[] }

export interface Bodies {
  organization: { name: string }
  directory: { kind: 'push'; name: string; provider?: string }
  directorySettings: { name?: string; strict?: boolean; restoreUsers?: boolean }
  token: { name: string; scopes: Scope[]; directoryId?: string | null; expiresAt?: string | null }
  attribute: { resourceType: 'User' | 'Group'; definition: Definition }
  issuer: { issuer: string; audience: string; jwksUri: string; directoryId?: string | null }
  attributeAuthority: Record<string, string[]>
}

function object(required: string[], properties: Record<string, unknown>): Record<string, unknown> {
  return { type: 'object', additionalProperties: false, required, properties }
}

const schemas: Record<keyof Bodies, Record<string, unknown>> = {
  organization: object(['name'], { name }),
  directory: object(['kind', 'name'], {
    kind: { const: 'push' },
    name,
    provider: { type: 'string', pattern: '^[a-z][a-z0-9_]{0,49}$' },
  }),
  directorySettings: object([], { name, strict: { type: 'boolean' }, restoreUsers: { type: 'boolean' } }),
  token: object(['name', 'scopes'], {
    name,
    scopes: { type: 'array', minItems: 1, uniqueItems: true, items: { enum: ['read', 'write', 'hr', 'admin'] } },
    directoryId: { ...id, nullable: true },
    expiresAt: { type: 'string', format: 'date-time', nullable: true },
  }),
  attribute: object(['resourceType', 'definition'], {
    resourceType: { enum: ['User', 'Group'] },
    definition: attributeDefinition,
  }),
  issuer: object(['issuer', 'audience', 'jwksUri'], {
    issuer: name,
    audience: name,
    // Keys come over TLS; loopback is for trying things out.
    jwksUri: {
      type: 'string',
      pattern: '^(https://[^/?#\\s]+|http://(127\\.0\\.0\\.1|localhost|\\[::1\\])(:\\d+)?)(/|$)',
      format: 'uri',
    },
    directoryId: { ...id, nullable: true },
  }),
  attributeAuthority: {
    type: 'object',
    maxProperties: 500,
    propertyNames: { pattern: '^(urn:\\S+:)?[A-Za-z][A-Za-z0-9_$-]*$' },
    additionalProperties: { type: 'array', maxItems: 50, uniqueItems: true, items: id },
  },
}

/** Compiles the checks once. The check returns the body, and throws invalid_value naming what is wrong and where. */
export function createBodyCheck(): <Name extends keyof Bodies>(kind: Name, body: unknown) => Bodies[Name] {
  const ajv = new Ajv({ strict: true, allowUnionTypes: true, strictRequired: false, strictTypes: false })
  addFormats.default(ajv)
  const checks = Object.fromEntries(
    Object.entries(schemas).map(([kind, schema]) => [kind, ajv.compile(schema)]),
  ) as Record<keyof Bodies, ValidateFunction>
  return (kind, body) => {
    const check = checks[kind]
    if (check(body)) return body as Bodies[typeof kind]
    throw new AppError('invalid_value', explain(check.errors?.[0]))
  }
}

function explain(error: ErrorObject | undefined): string {
  if (error?.propertyName !== undefined) return `The name '${error.propertyName}' ${error.message ?? 'is wrong'}.`
  const place =
    error === undefined || error.instancePath === '' ? 'The body' : error.instancePath.slice(1).replaceAll('/', '.')
  if (error?.keyword === 'false schema') return `${place} must not be given here.`
  const { allowedValues, additionalProperty } = (error?.params ?? {}) as {
    allowedValues?: string[]
    additionalProperty?: string
  }
  const detail = allowedValues?.join(', ') ?? additionalProperty
  return `${place} ${error?.message ?? 'is wrong'}${detail === undefined ? '' : `: ${detail}`}.`
}

/** Checks what a JSON Schema cannot say of an attribute. Throws invalid_value. */
export function checkDefinition(definition: Definition): void {
  const { subAttributes = [] } = definition
  if (definition.name.toLowerCase() === 'schemas') {
    throw new AppError('invalid_value', `definition.name must not be ${definition.name}, which every resource has.`)
  }
  const reserved = [definition, ...subAttributes].find(({ name: one }) => isReservedName(one))
  if (reserved !== undefined) {
    throw new AppError(
      'invalid_value',
      `definition: ${reserved.name} cannot be the name of an attribute; choose another.`,
    )
  }
  const seen = new Set<string>()
  for (const sub of subAttributes) {
    const lower = sub.name.toLowerCase()
    if (seen.has(lower)) throw new AppError('invalid_value', `definition.subAttributes: ${sub.name} is given twice.`)
    if (lower === 'primary' && sub.type !== 'boolean') {
      throw new AppError(
        'invalid_value',
        `definition.subAttributes: ${sub.name} must be boolean (RFC 7643 section 2.4).`,
      )
    }
    seen.add(lower)
  }
}

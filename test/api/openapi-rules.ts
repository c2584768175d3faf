// The rules of OpenAPI 3.1 for the parts of it that Rollcall writes, as a JSON Schema. No part may have a member that the standard
// does not know; schemas are checked by themselves.
const text = { type: 'string', minLength: 1 }
const reference = { type: 'object', required: ['$ref'], additionalProperties: false, properties: { $ref: text } }
const schema = { type: 'object' }

const object = (required: readonly string[], properties: Readonly<Record<string, unknown>>): object => ({
  type: 'object',
  required,
  additionalProperties: false,
  properties,
})
const mapOf = (values: unknown, names: unknown = {}): object => ({
  type: 'object',
  propertyNames: names,
  additionalProperties: values,
})

const componentName = { pattern: '^[A-Za-z0-9._-]+$' }
const content = mapOf(object(['schema', 'example'], { schema, example: {} }), {
  enum: ['application/json', 'text/csv', 'text/event-stream'],
})
const header = object(['description', 'schema'], { description: text, schema })
const response = object(['description'], { description: text, headers: mapOf(reference), content })

const parameter = object(['name', 'in', 'required', 'description', 'schema'], {
  name: text,
  in: { enum: ['path', 'query'] },
  required: { type: 'boolean' },
  description: text,
  schema,
})

const operation = object(['operationId', 'tags', 'summary', 'security', 'responses'], {
  operationId: { pattern: '^[a-z][A-Za-z]+$' },
  tags: { type: 'array', minItems: 1, items: text },
  summary: text,
  description: text,
  security: { type: 'array', minItems: 1, items: object(['bearer'], { bearer: { type: 'array', items: text } }) },
  parameters: { type: 'array', items: parameter },
  requestBody: object(['required', 'content'], { required: { type: 'boolean' }, content }),
  responses: {
    ...mapOf({ oneOf: [reference, response] }, { pattern: '^[1-5][0-9][0-9]$' }),
    minProperties: 1,
  },
})

export const openApiRules = object(['openapi', 'info', 'paths', 'components'], {
  openapi: { pattern: '^3\\.1\\.\\d+$' },
  jsonSchemaDialect: { const: 'https://json-schema.org/draft/2020-12/schema' },
  info: object(['title', 'version', 'description', 'license'], {
    title: text,
    version: text,
    description: text,
    license: object(['name', 'identifier'], { name: text, identifier: text }),
  }),
  servers: { type: 'array', minItems: 1, items: object(['url'], { url: text }) },
  tags: { type: 'array', items: object(['name', 'description'], { name: text, description: text }) },
  paths: mapOf(mapOf(operation, { enum: ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] }), {
    pattern: '^/',
  }),
  components: object(['schemas'], {
    schemas: mapOf(schema, componentName),
    responses: mapOf(response, componentName),
    headers: mapOf(header, componentName),
    securitySchemes: mapOf(
      object(['type', 'scheme'], { type: { const: 'http' }, scheme: text, description: text }),
      componentName,
    ),
  }),
})

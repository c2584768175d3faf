// Writes the OpenAPI 3.1 document of the faces from what their endpoints declare.
import { createSampleValue } from './sample-value.ts'
import type { Description, FaceDescription, Method } from './endpoint.ts'
import { answerSchema, failures, listFailures } from './failures.ts'
import { type Schema, toText } from './schema.ts'

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query'
  readonly required: boolean
  readonly description: string
  readonly schema: Schema
}

type Content = Readonly<Partial<Record<MediaType, { readonly schema: Schema; readonly example: unknown }>>>
type MediaType = 'application/json' | 'text/csv' | 'text/event-stream'

export interface Answer {
  readonly description: string
  readonly headers?: Readonly<Record<string, unknown>>
  readonly content?: Content
}

export interface Reference {
  readonly $ref: string
}

export interface Operation {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly description?: string
  readonly security: readonly { readonly bearer: readonly string[] }[]
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly required: true; readonly content: Content }
  readonly responses: Readonly<Record<string, Answer | Reference>>
}

export interface OpenApiDocument {
  readonly openapi: '3.1.0'
  readonly jsonSchemaDialect: string
  readonly info: {
    readonly title: string
    readonly version: string
    readonly description: string
    readonly license: { readonly name: string; readonly identifier: string }
  }
  readonly servers: readonly { readonly url: string }[]
  readonly tags: readonly { readonly name: string; readonly description: string }[]
  readonly paths: Readonly<Record<string, Readonly<Partial<Record<Method, Operation>>>>>
  readonly components: {
    readonly securitySchemes: Readonly<Record<string, unknown>>
    readonly headers: Readonly<Record<string, unknown>>
    readonly responses: Readonly<Record<string, Answer>>
    readonly schemas: Readonly<Record<string, Schema>>
  }
}

const requestIdHeader = { 'X-Request-Id': { $ref: '#/components/headers/RequestId' } }

/** The document: what it says of a schema with a title is in its components. */
export function writeOpenApi(faces: readonly FaceDescription[], version: string): OpenApiDocument {
  const components = new Components()
  const paths: Record<string, Partial<Record<Method, Operation>>> = {}
  for (const { base, endpoints } of faces) {
    for (const endpoint of endpoints) {
      const path = `${base}${endpoint.path}`
      paths[path] = { ...paths[path], [endpoint.method]: describe(endpoint, components) }
    }
  }
  return {
    openapi: '3.1.0',
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    info: {
      title: 'Rollcall',
      version,
      description:
        'People and groups for applications, and management. SCIM is at /scim/v2, where /Schemas and /ResourceTypes describe it.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: faces.flatMap(({ tags }) => tags.map((tag) => ({ ...tag, description: toParagraph(tag.description) }))),
    paths,
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description:
            'A token of this Rollcall, or a JWT of an issuer that it trusts. Each operation names the scopes that it needs.',
        },
      },
      headers: {
        RequestId: {
          description: 'The id of the request, for those who look for it in the log.',
          schema: { type: 'string' },
        },
        RetryAfter: { description: 'Whole seconds to wait.', schema: { type: 'integer' } },
      },
      responses: Object.fromEntries(
        Object.values(failures).map(({ name, description, headers, example }) => {
          const content = writeContent(components.refer(answerSchema), { error: example })
          return [name, { description, headers: { ...requestIdHeader, ...headers }, content }]
        }),
      ),
      schemas: components.list(),
    },
  }
}

function describe(endpoint: Description, components: Components): Operation {
  const { operationId, tag, summary, description, scopes, body } = endpoint
  const parameters = listParameters(endpoint)
  return {
    operationId,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description: toParagraph(description) }),
    security: [{ bearer: scopes }],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: describeBody(endpoint, body, components) } }),
    responses: {
      [endpoint.status]: describeAnswer(endpoint, components),
      ...Object.fromEntries(
        listFailures(endpoint).map((status) => [status, { $ref: `#/components/responses/${failures[status].name}` }]),
      ),
    },
  }
}

function describeBody({ text }: Description, body: Schema, components: Components): Content {
  const json = writeContent(components.refer(body), createSampleValue(body))
  if (text === undefined) return json
  const { [text.member]: member = {} } = body['properties'] as Readonly<Record<string, Schema>>
  return { ...json, [text.mediaType]: { schema: { type: 'string' }, example: createSampleValue(member) } }
}

function describeAnswer({ status, answer, events }: Description, components: Components): Answer {
  const descriptions = { 200: 'As asked.', 201: 'It was made.', 202: 'It will be done.', 204: 'It was done.' }
  const said = { description: descriptions[status], headers: requestIdHeader }
  if (events !== undefined) {
    const content = { 'text/event-stream': { schema: components.refer(events), example: createSampleValue(events) } }
    return { ...said, description: 'Server-Sent Events, whose data are this.', content }
  }
  if (answer === undefined) return said
  return { ...said, content: writeContent(components.refer(answer), createSampleValue(answer)) }
}

function writeContent(schema: Schema, example: unknown): Content {
  return { 'application/json': { schema, example } }
}

function listParameters({ params = {}, query = {} }: Description): Parameter[] {
  const write = (place: 'path' | 'query', [name, declared]: [string, Schema]): Parameter => {
    const { description, ...schema } = declared
    return { name, in: place, required: place === 'path', description: toParagraph(toText(description)), schema }
  }
  return [
    ...Object.entries(params).map((one) => write('path', one)),
    ...Object.entries(query).map((one) => write('query', one)),
  ]
}

// What is written over several lines of the source is one paragraph.
function toParagraph(text: string): string {
  return text.replaceAll(/\s+/g, ' ')
}

// What stands for itself in a schema, and holds no schemas.
const plain = new Set(['examples', 'default', 'const', 'enum', 'required'])

/** Gathers the schemas that have a title, and puts references in their place. */
class Components {
  readonly #sources = new Map<string, Schema>()
  readonly #written = new Map<string, Schema>()

  refer(schema: Schema): Schema {
    const { title } = schema
    if (typeof title !== 'string') return this.#copy(schema)
    const known = this.#sources.get(title)
    if (known !== undefined && known !== schema) throw new Error(`Two schemas have the title ${title}.`)
    this.#sources.set(title, schema)
    if (known === undefined) this.#written.set(title, this.#copy(schema))
    return { $ref: `#/components/schemas/${title}` }
  }

  list(): Record<string, Schema> {
    return Object.fromEntries([...this.#written].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }

  #copy(schema: Schema): Schema {
    return Object.fromEntries(
      Object.entries(schema).map(([keyword, value]) => {
        if (keyword === 'description' && typeof value === 'string') return [keyword, toParagraph(value)]
        return [keyword, plain.has(keyword) ? value : this.#visit(value)]
      }),
    )
  }

  #visit(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((one) => this.#visit(one))
    return typeof value === 'object' && value !== null ? this.refer(value as Schema) : value
  }
}

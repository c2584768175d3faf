// Holds what the JSON APIs answer against what /openapi.json says of it.
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { expect } from 'chai'
import supertest from 'supertest'
import type { Answer, OpenApiDocument, Operation } from '../../server/api/openapi.ts'
import type { Schema } from '../../server/api/schema.ts'
import { getApp } from './app.ts'
import type { Reply } from './scim-client.ts'

let loading: Promise<AnswerCheck> | undefined

export async function readOpenApi(): Promise<OpenApiDocument> {
  const { server } = await getApp()
  return (await supertest(server).get('/openapi.json')).body as OpenApiDocument
}

/** Fails where the answer to a request is not documented, or is not as documented: no key may be missing, and none too many. */
export async function checkAnswer(method: string, target: string, reply: Reply): Promise<void> {
  loading ??= readOpenApi().then((document) => new AnswerCheck(document))
  const check = await loading
  check.check(method, target.split('?', 1)[0] ?? '', reply)
}

interface Documented {
  readonly pattern: RegExp
  readonly method: string
  readonly operation: Operation
}

class AnswerCheck {
  readonly #operations: readonly Documented[]
  readonly #document: OpenApiDocument
  readonly #ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true, strictTypes: false, strictRequired: false })
  readonly #schemas = new Map<unknown, Schema>()

  constructor(document: OpenApiDocument) {
    this.#document = close(document) as OpenApiDocument
    addFormats.default(this.#ajv)
    this.#ajv.addVocabulary(['components'])
    this.#operations = Object.entries(this.#document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`, 'i'),
        method,
        operation,
      })),
    )
  }

  check(method: string, path: string, reply: Reply): void {
    const request = `${method} ${path} ${reply.status}`
    const asked = method === 'head' ? 'get' : method
    const known = this.#operations.find((one) => one.method === asked && one.pattern.test(path))
    const said = known?.operation.responses[reply.status]
    if (known === undefined) expect(reply.status, request).to.be.within(400, 499)
    else expect(said, `${request} is not documented: ${reply.text.slice(0, 300)}`).not.to.equal(undefined)
    if (method === 'head' || reply.status === 204) {
      expect(reply.text, request).to.equal('')
      return
    }
    const isStream = said !== undefined && !('$ref' in said) && said.content?.['text/event-stream'] !== undefined
    const type = isStream ? 'text/event-stream' : 'application/json; charset=utf-8'
    expect(reply.headers['content-type'], request).to.equal(type)
    const validate = this.#ajv.compile(this.#findSchema(said))
    for (const value of isStream ? readEvents(reply.text) : [reply.body]) {
      validate(value)
      expect(validate.errors ?? [], `${request}: ${reply.text.slice(0, 500)}`).to.deep.equal([])
    }
  }

  #findSchema(said: Operation['responses'][string] | undefined): Schema {
    const { components } = this.#document
    const answer: Answer | undefined =
      said !== undefined && '$ref' in said ? components.responses[said.$ref.split('/').at(-1) ?? ''] : said
    const content = answer?.content?.['application/json'] ?? answer?.content?.['text/event-stream']
    const schema = content?.schema ?? { $ref: '#/components/schemas/ErrorAnswer' }
    const known = this.#schemas.get(schema) ?? { ...schema, components }
    if (answer !== undefined) this.#schemas.set(schema, known)
    return known
  }
}

/** The data of each event of a stream. */
function readEvents(text: string): unknown[] {
  return [...text.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => JSON.parse(data) as unknown)
}

// Clients must bear more members than there are now; these tests must not.
function close(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(close)
  if (typeof value !== 'object' || value === null) return value
  const closed = Object.fromEntries(Object.entries(value).map(([name, one]) => [name, close(one)]))
  return 'properties' in closed && closed['type'] === 'object' ? { additionalProperties: false, ...closed } : closed
}

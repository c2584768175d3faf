// /openapi.json follows the rules of OpenAPI 3.1, and has every route. That answers are as it says is checked wherever a test calls one.
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { expect } from 'chai'
import type { Router } from 'express'
import supertest from 'supertest'
import type { OpenApiDocument, Operation } from '../../server/api/openapi.ts'
import type { Schema } from '../../server/api/schema.ts'
import { readOpenApi } from '../support/answers.ts'
import { getApp } from '../support/app.ts'
import { openApiRules } from './openapi-rules.ts'

interface Listed {
  readonly path: string
  readonly method: string
  readonly operation: Operation
}

describe('/openapi.json', () => {
  let document: OpenApiDocument
  let operations: Listed[]
  let ajv: Ajv2020
  before(async () => {
    document = await readOpenApi()
    operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    )
    ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true, strictTypes: false, strictRequired: false })
    addFormats.default(ajv)
    ajv.addVocabulary(['components'])
  })

  function expectValid(schema: Schema, value: unknown, what: string): void {
    const validate = ajv.compile({ ...schema, components: document.components })
    validate(value)
    expect(validate.errors ?? [], `${what}: ${JSON.stringify(value)}`).to.deep.equal([])
  }

  it('is for everyone, whatever they send as credentials', async () => {
    const { server } = await getApp()
    for (const headers of [{}, { Authorization: 'Bearer wrong' }]) {
      const reply = await supertest(server).get('/openapi.json').set(headers)
      expect([reply.status, reply.headers['content-type']]).to.deep.equal([200, 'application/json; charset=utf-8'])
      expect(reply.body).to.deep.equal(document)
    }
    expect((await supertest(server).head('/openapi.json')).status).to.equal(200)
    const refused = await supertest(server).post('/openapi.json')
    expect([refused.status, refused.headers['allow']]).to.deep.equal([405, 'GET, HEAD'])
  })

  it('has what OpenAPI 3.1 asks for, and nothing that it does not know', () => {
    expectValid(openApiRules as Schema, document, 'the document')
  })

  it('has the version of the package', async () => {
    const { default: packageJson } = await import('../../package.json', { with: { type: 'json' } })
    expect(document.info.version).to.equal(packageJson.version)
  })

  it('has every route of the JSON APIs, and no other', async () => {
    const { app } = await getApp()
    const routes = listRoutes(app.express.router).filter(({ path }) => path.startsWith('/v1/'))
    const described = operations.map(({ path, method }) => `${method} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`)
    expect(routes.map(({ path, method }) => `${method} ${path}`)).to.have.members(described)
    expect(described).to.have.length.above(25)
  })

  it('refers to nothing that is not there, and has nothing that nobody refers to', () => {
    const references = new Set(JSON.stringify(document).match(/(?<="\$ref":")[^"]+/g))
    const components = Object.entries(document.components).flatMap(([kind, all]) =>
      kind === 'securitySchemes' ? [] : Object.keys(all).map((name) => `#/components/${kind}/${name}`),
    )
    expect([...references]).to.have.members(components)
  })

  it('names each operation once, under a tag that is described', () => {
    const ids = operations.map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).to.equal(ids.length)
    const tags = document.tags.map(({ name }) => name)
    expect(new Set(tags).size).to.equal(tags.length)
    expect(new Set(operations.flatMap(({ operation }) => operation.tags))).to.deep.equal(new Set(tags))
  })

  it('declares what is in a path, and each parameter once', () => {
    for (const { path, operation } of operations) {
      const parameters = operation.parameters ?? []
      const inPath = parameters.filter((one) => one.in === 'path')
      expect(inPath.map(({ name }) => `{${name}}`)).to.have.members(path.match(/\{\w+\}/g) ?? [])
      expect(inPath.every(({ required }) => required)).to.equal(true)
      expect(new Set(parameters.map(({ name }) => name)).size).to.equal(parameters.length)
    }
  })

  it('has schemas of JSON Schema 2020-12, in which each member of an object that is required is described', () => {
    for (const [name, schema] of Object.entries(document.components.schemas)) {
      expect(ajv.validateSchema(schema), name).to.equal(true)
      expect(schema['description'] ?? name, name).to.be.a('string')
      const { properties, required } = schema as { properties: Record<string, unknown>; required: string[] }
      expect(Object.keys(properties), name).to.include.members(required)
    }
  })

  it('has examples of every answer, body and parameter, and defaults, that meet their schemas', () => {
    for (const { path, method, operation } of operations) {
      for (const { name, schema } of operation.parameters ?? []) {
        const examples = (schema['examples'] ?? []) as unknown[]
        for (const value of [...examples, ...('default' in schema ? [schema['default']] : [])]) {
          expectValid(schema, value, `${method} ${path}: ${name}`)
        }
      }
      const contents = [operation.requestBody?.content, ...Object.values(operation.responses).map(readContent)]
      for (const content of contents.filter((one) => one !== undefined)) {
        for (const { schema, example } of Object.values(content)) expectValid(schema, example, `${method} ${path}`)
      }
    }
    for (const [name, { content }] of Object.entries(document.components.responses)) {
      const { schema, example } = content?.['application/json'] ?? { schema: false as unknown as Schema, example: null }
      expectValid(schema, example, name)
    }
  })

  it('says of every operation what its failures are', () => {
    for (const { path, method, operation } of operations) {
      const { responses, requestBody } = operation
      const always = ['400', '401', '403', '429', '500', '503']
      const ofPath = path.includes('{') ? ['404'] : []
      const ofBody = requestBody === undefined ? [] : ['413', '415']
      expect(Object.keys(responses), `${method} ${path}`).to.include.members([...always, ...ofPath, ...ofBody])
      expect(Object.keys(responses).filter((status) => status < '300')).to.have.length(1)
    }
  })

  function readContent(response: Operation['responses'][string]) {
    return '$ref' in response ? undefined : response.content
  }
})

interface Layer {
  readonly rawPath: string
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> }
  readonly handle: { readonly stack?: readonly Layer[] }
}

function listRoutes(router: Router): { path: string; method: string }[] {
  const layers = router.stack as unknown as readonly Layer[]
  return layers.flatMap(({ rawPath, handle }) =>
    (handle.stack ?? []).flatMap(({ route }) =>
      Object.keys(route?.methods ?? {})
        .filter((method) => method !== '_all')
        .map((method) => ({ path: `${rawPath}${route?.path ?? ''}`, method })),
    ),
  )
}

// The fakes against the vendors' OpenAPI documents. These are not ours to give away: where nobody put them beside the repository, or says
// where they are with ROLLCALL_PROVIDER_SPECS, there is nothing to compare with.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { expect } from 'chai'
import { bamboohr } from '../../providers/bamboohr/index.ts'
import { hibob } from '../../providers/hibob/index.ts'
import type { Json, JsonObject, Provider } from '../../providers/provider.ts'
import { readYaml } from '../support/yaml.ts'
import { startBambooFake } from './bamboohr-fake.ts'
import { addPeople } from './company.ts'
import { listUsers } from './conformance.ts'
import type { FakeAnswer, FakeRequest, FakeServer } from './fake-server.ts'
import { startHiBobFake } from './hibob-fake.ts'
import { collect, createScope, openSource } from './source.ts'

interface Exchange {
  readonly request: FakeRequest
  readonly answer: FakeAnswer
}

const folder = process.env['ROLLCALL_PROVIDER_SPECS'] ?? path.join('..', 'shared', 'providers', 'specs')

describe('the fakes and the vendors’ documents', () => {
  it('HiBob', async function () {
    const document = findDocument('hibob/hibob.trimmed.yaml')
    if (document === undefined) return this.skip()
    const fake = await startHiBobFake()
    const exchanges = record(fake)
    addPeople(fake.company, 20)
    await use(hibob, fake.settings)
    await use(hibob, { ...fake.settings, token: 'wrong' })
    const { id } = fake.company.named.leaver
    const authorization = `Basic ${Buffer.from(`${fake.settings.serviceUserId}:${fake.settings.token}`).toString('base64')}`
    const ask = (method: string, place: string, body?: string): Promise<Response> =>
      fetch(`${fake.settings.baseUrl}${place}`, {
        method,
        headers: { authorization },
        ...(body !== undefined && { body }),
      })
    await ask('GET', '/people?showInactive=true&includeHumanReadable=true')
    await ask('POST', `/people/${id}`, '{"fields":["root.email"]}')
    await ask('GET', '/company/named-lists/nothing')
    await ask('POST', '/people/search', '{"filters":[{"fieldPath":"work.site","operator":"equals","values":["x"]}]}')
    fake.account.itemsName = 'items'
    await use(hibob, fake.settings)
    await fake.close()
    compare(document, exchanges, '/v1')
    expect(listRoutes(exchanges)).to.include.members([
      'POST /v1/people/search 200',
      'POST /v1/people/search 400',
      'POST /v1/people/search 401',
      'GET /v1/people 200',
      `POST /v1/people/${id} 200`,
      'GET /v1/company/people/fields 200',
      'GET /v1/company/named-lists/department 200',
      'GET /v1/company/named-lists/nothing 404',
    ])
  })

  it('BambooHR', async function () {
    const document = findDocument('bamboohr/bamboohr-public.trimmed.yaml')
    if (document === undefined) return this.skip()
    const fake = await startBambooFake()
    const exchanges = record(fake)
    // That nobody is an empty list is a habit that the document does not own up to.
    fake.account.writesArrays = false
    addPeople(fake.company, 20)
    await use(bamboohr, fake.settings)
    fake.account.hidden.add('homeEmail')
    await use(bamboohr, fake.settings)
    fake.account.datasets = 403
    await use(bamboohr, fake.settings)
    await use(bamboohr, { ...fake.settings, apiKey: 'wrong' })
    fake.account.datasets = 'allowed'
    const authorization = `Basic ${Buffer.from(`${fake.settings.apiKey}:x`).toString('base64')}`
    const headers = { authorization, accept: 'application/json', 'content-type': 'application/json' }
    const ask = (method: string, place: string, body?: string): Promise<Response> =>
      fetch(`${fake.origin}${place}`, { method, headers, ...(body !== undefined && { body }) })
    await ask('GET', `/api/v1/employees/${fake.company.named.leaver.id}?fields=firstName,workEmail,status`)
    await ask('POST', '/api/v2/datasets/employee/data', '{"fields":["workEmail"]}')
    await ask('POST', '/api/v2/datasets/employee/data', '{"fields":["eeid"],"filter":"eeid near 7"}')
    await fake.close()
    compare(document, exchanges, '')
    expect(listRoutes(exchanges)).to.include.members([
      'GET /api/v1_2/datasets/employee/fields 200',
      'GET /api/v1_2/datasets/employee/fields 401',
      'GET /api/v1_2/datasets/employee/fields 403',
      'POST /api/v2/datasets/employee/data 200',
      'POST /api/v2/datasets/employee/data 400',
      'POST /api/v2/datasets/employee/data 422',
      'POST /api/v1/reports/custom 200',
      'GET /api/v1/employees/changed 200',
      'GET /api/v1/meta/lists 200',
    ])
  })
})

function findDocument(name: string): JsonObject | undefined {
  const file = path.join(folder, name)
  if (existsSync(file)) return toObject(readYaml(readFileSync(file, 'utf8')))
  process.stdout.write(
    `      skipped: there is no ${file}; ROLLCALL_PROVIDER_SPECS says where vendors' documents are\n`,
  )
  return undefined
}

function record(fake: FakeServer): Exchange[] {
  const exchanges: Exchange[] = []
  fake.onAnswer = (request, answer) => exchanges.push({ request, answer })
  return exchanges
}

// All that a provider asks: a check, a pull of everybody, and one of what has changed.
async function use(provider: Provider, settings: JsonObject): Promise<void> {
  const { source, close } = openSource(provider, settings, { rateLimit: { requests: 100_000, perMs: 1 } })
  try {
    const [signIn] = await source.check()
    if (signIn?.ok !== true) return
    const pages = await collect(source.pull(undefined, createScope(provider, { pageSize: 10 })))
    expect(listUsers(pages)).to.have.length(23)
    if (provider.capabilities.includes('incremental')) {
      await collect(source.pull(pages.at(-1)?.cursor, createScope(provider, { pageSize: 10 })))
    }
  } finally {
    await close()
  }
}

function listRoutes(exchanges: readonly Exchange[]): string[] {
  return exchanges.map(({ request, answer }) => `${request.method} ${request.path} ${answer.status}`)
}

// Requests, too: a fake that takes more than the vendor hides what the vendor would refuse.
function compare(document: JsonObject, exchanges: readonly Exchange[], base: string): void {
  const ajv = new Ajv2020({ strict: false, allErrors: true, logger: false })
  addFormats.default(ajv)
  ajv.addSchema(document, 'document')
  for (const { request, answer } of exchanges) {
    const name = `${request.method} ${request.path} ${answer.status}`
    const route = findRoute(document, request.path.slice(base.length))
    const operation = toObject(toObject(toObject(document['paths'])[route])[request.method.toLowerCase()] ?? {})
    const pointer = ['paths', route, request.method.toLowerCase()]
    expect(operation, name).to.not.deep.equal({})
    checkQuery(document, operation, request, name)
    const isGood = answer.status < 400
    if (request.body !== '' && isGood) {
      const body = JSON.parse(request.body) as Json
      check(ajv, [...pointer, 'requestBody', 'content', 'application/json', 'schema'], body, `the request of ${name}`)
    }
    const responses = toObject(operation['responses'] ?? {})
    const status = [String(answer.status), 'default'].find((one) => one in responses)
    if (status === undefined) expect([401, 403, 429, 503], name).to.include(answer.status)
    if (status === undefined || answer.json === undefined) continue
    const content = toObject(toObject(responses[status] ?? {})['content'] ?? {})
    const type = ['application/json', 'application/problem+json'].find((one) => one in content)
    expect(type, `${name} has a content`).to.be.a('string')
    check(ajv, [...pointer, 'responses', status, 'content', type ?? '', 'schema'], dropNulls(answer.json), name)
  }
}

// The document's path of a request; one without parameters counts before others.
function findRoute(document: JsonObject, place: string): string {
  const routes = Object.keys(toObject(document['paths'])).toSorted(
    (one, other) => one.split('{').length - other.split('{').length,
  )
  const found = routes.find((route) => new RegExp(`^${route.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`).test(place))
  if (found === undefined) throw new Error(`the document has no ${place}`)
  return found
}

function checkQuery(document: JsonObject, operation: JsonObject, { query }: FakeRequest, name: string): void {
  const parameters = Array.isArray(operation['parameters']) ? operation['parameters'] : []
  const known = parameters.map((parameter) => {
    const { $ref, name: own } = toObject(parameter)
    if (typeof $ref !== 'string') return own
    const parts = $ref.slice(2).split('/')
    return toObject(parts.reduce((value: Json, part) => toObject(value)[part] ?? null, document))['name']
  })
  for (const key of query.keys()) expect(known, `${name}: ${key}`).to.include(key)
}

function check(ajv: Ajv2020, pointer: readonly string[], value: Json, name: string): void {
  const place = pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')
  const validate: ValidateFunction = ajv.compile({ $ref: `document#/${place}` })
  expect(validate(value), `${name}: ${ajv.errorsText(validate.errors)}`).to.equal(true)
}

// Neither document says where null may stand, and captured answers have it wherever there is nothing to say.
function dropNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(dropNulls)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([, one]) => one !== null)
  return Object.fromEntries(kept.map(([key, one]) => [key, dropNulls(one)]))
}

function toObject(value: Json | undefined): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new Error('the document has no object there')
}

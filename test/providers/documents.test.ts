// The fakes against the vendors' OpenAPI documents. These are not ours to give away: where nobody put them beside the repository, or says
// where they are with ROLLCALL_PROVIDER_SPECS, there is nothing to compare with.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { expect } from 'chai'
import { bamboohr } from '../../providers/bamboohr/index.ts'
import { entra } from '../../providers/entra/index.ts'
import { hibob } from '../../providers/hibob/index.ts'
import { okta } from '../../providers/okta/index.ts'
import { personio } from '../../providers/personio/index.ts'
import type { Json, JsonObject, Provider } from '../../providers/provider.ts'
import { readYaml } from '../support/yaml.ts'
import { startBambooFake } from './bamboohr-fake.ts'
import { addPeople } from './company.ts'
import { listUsers } from './conformance.ts'
import { toGroupId } from './entra-data.ts'
import { startEntraFake } from './entra-fake.ts'
import type { FakeAnswer, FakeRequest, FakeServer } from './fake-server.ts'
import { startHiBobFake } from './hibob-fake.ts'
import { startOktaFake } from './okta-fake.ts'
import { startPersonioFake } from './personio-fake.ts'
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
    // Of time off alone it says that ids of people are UUIDs, which they are nowhere.
    const known = JSON.parse(JSON.stringify(document).replaceAll('"format":"uuid",', '')) as JsonObject
    compare(known, exchanges, '/v1')
    expect(listRoutes(exchanges)).to.include.members([
      'POST /v1/people/search 200',
      'POST /v1/people/search 400',
      'POST /v1/people/search 401',
      'GET /v1/timeoff/whosout 200',
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

  it('Okta', async function () {
    const document = findDocument('okta/okta-management.trimmed.yaml')
    if (document === undefined) return this.skip()
    const fake = await startOktaFake()
    const exchanges = record(fake)
    addPeople(fake.company, 20)
    await use(okta, fake.settings)
    await use(okta, { ...fake.settings, apiToken: 'wrong' })
    fake.account.refused.add('/api/v1/logs')
    await use(okta, fake.settings)
    const { id } = fake.company.named.leaver
    const headers = { authorization: `SSWS ${fake.settings.apiToken}` }
    for (const place of ['/users?limit=2', `/users/${id}`, '/users/nobody', '/groups/nothing/users']) {
      await fetch(`${fake.origin}/api/v1${place}`, { headers })
    }
    fake.company.erase(id)
    fake.company.now = new Date(fake.company.now.getTime() + 1000)
    await fetch(`${fake.origin}/api/v1/logs?since=2026-11-20T08:00:00Z&limit=10`, { headers })
    await fetch(`${fake.origin}/api/v1/logs?limit=1`, { headers })
    await fake.close()
    compare(document, exchanges, '')
    expect(listRoutes(exchanges)).to.include.members([
      'GET /api/v1/users 200',
      'GET /api/v1/users 401',
      `GET /api/v1/users/${id} 200`,
      'GET /api/v1/users/nobody 404',
      'GET /api/v1/groups 200',
      'GET /api/v1/groups/00g263342117/users 200',
      'GET /api/v1/groups/nothing/users 404',
      'GET /api/v1/logs 200',
      'GET /api/v1/logs 403',
    ])
  })

  it('Microsoft Entra ID', async function () {
    const document = findDocument('entra/graph-users-groups.schema.json')
    if (document === undefined) return this.skip()
    const fake = await startEntraFake()
    const exchanges = record(fake)
    addPeople(fake.company, 20)
    await use(entra, fake.settings)
    fake.account.refused.add('GroupMember.Read.All')
    const { source, close } = openSource(entra, fake.settings)
    await source.check()
    await source.listAccessPolicies?.(fake.company.named.leaver.id)
    fake.account.refused.clear()
    const pages = await collect(source.pull(undefined, createScope(entra)))
    fake.company.change(fake.company.named.leaver.id, { departmentId: '263342116', mobilePhone: null, managerId: null })
    fake.company.erase(fake.company.named.onLeave.id)
    await collect(source.pull(pages.at(-1)?.cursor, createScope(entra)))
    fake.expireLinks()
    await collect(source.pull(pages.at(-1)?.cursor, createScope(entra))).catch(() => undefined)
    await close()
    await fake.close()
    compareWithSchema(document, exchanges)
    expect(listRoutes(exchanges)).to.include.members([
      'GET /v1.0/users/delta 200',
      'GET /v1.0/users/delta 410',
      'GET /v1.0/groups/delta 200',
      'GET /v1.0/groups 403',
      'GET /v1.0/users 200',
      `GET /v1.0/groups/${toGroupId('263342116')}/members 200`,
      `GET /v1.0/users/${fake.company.named.leaver.id} 200`,
    ])
  })
  it('Personio', async function () {
    const document = findDocument('personio/personio-v2-persons-employments-auth.json')
    if (document === undefined) return this.skip()
    const fake = await startPersonioFake()
    const exchanges = record(fake)
    addPeople(fake.company, 20)
    await use(personio, fake.settings)
    await use(personio, { ...fake.settings, clientSecret: 'wrong' })
    const [token] = fake.account.tokens.keys()
    const ask = (place: string): Promise<Response> => {
      return fetch(`${fake.origin}${place}`, { headers: { authorization: `Bearer ${token}` } })
    }
    await ask('/v2/persons?limit=51')
    await ask('/v2/persons/17/employments?limit=50')
    await fake.close()
    // Org units, workplaces and absences are in none of the documents that are at hand.
    const known = exchanges.filter(({ request }) => /^\/v2\/(auth|persons)\b/.test(request.path))
    compare(document, known, '')
    expect(listRoutes(exchanges)).to.include.members([
      'POST /v2/auth/token 200',
      'POST /v2/auth/token 400',
      'GET /v2/persons 200',
      'GET /v2/persons 400',
      `GET /v2/persons/${fake.company.named.leaver.id}/employments 200`,
      'GET /v2/persons/17/employments 404',
    ])
  })
})

function findDocument(name: string): JsonObject | undefined {
  const file = path.join(folder, name)
  if (existsSync(file)) {
    const text = readFileSync(file, 'utf8')
    return toObject(file.endsWith('.json') ? (JSON.parse(text) as Json) : readYaml(text))
  }
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

/** Path of Graph → what it answers, in a document that is a schema of answers and has no paths. */
const graphAnswers: readonly (readonly [RegExp, string])[] = [
  [/^\/v1\.0\/users(\/delta)?$/, 'usersPage'],
  [/^\/v1\.0\/groups(\/delta)?$/, 'groupsPage'],
  [/^\/v1\.0\/users\/[^/]+$/, 'user'],
  [/^\/v1\.0\/groups\/[^/]+$/, 'group'],
]

// Answers, and that what is asked for is there.
function compareWithSchema(document: JsonObject, exchanges: readonly Exchange[]): void {
  const ajv = new Ajv2020({ strict: false, allErrors: true, logger: false })
  addFormats.default(ajv)
  ajv.addSchema(document, 'document')
  const definitions = toObject(document['$defs'])
  for (const { request, answer } of exchanges) {
    const found = graphAnswers.find(([pattern]) => pattern.test(request.path))?.[1]
    const definition = answer.status >= 400 ? 'odataError' : found
    if (definition === undefined || answer.json === undefined || !request.path.startsWith('/v1.0/')) continue
    check(ajv, ['$defs', definition], answer.json, `${request.path} ${answer.status}`)
    const type = request.path.startsWith('/v1.0/users') ? 'user' : 'group'
    const known = [...Object.keys(toObject(toObject(definitions[type])['properties'])), 'manager', 'members']
    const selected = request.query.get('$select')?.split(',') ?? []
    if (found !== undefined) expect(known, request.path).to.include.members(selected)
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
      const isForm = request.headers['content-type']?.includes('urlencoded') === true
      const type = isForm ? 'application/x-www-form-urlencoded' : 'application/json'
      const body = isForm ? Object.fromEntries(new URLSearchParams(request.body)) : (JSON.parse(request.body) as Json)
      check(ajv, [...pointer, 'requestBody', 'content', type, 'schema'], body, `the request of ${name}`)
    }
    const responses = toObject(operation['responses'] ?? {})
    const status = [String(answer.status), 'default'].find((one) => one in responses)
    if (status === undefined) expect([401, 403, 429, 503], name).to.include(answer.status)
    if (status === undefined || answer.json === undefined) continue
    const { $ref } = toObject(responses[status] ?? {})
    const place = typeof $ref === 'string' ? $ref.slice(2).split('/') : [...pointer, 'responses', status]
    const content = toObject(toObject(follow(document, place))['content'] ?? {})
    const type = ['application/json', 'application/problem+json'].find((one) => one in content)
    expect(type, `${name} has a content`).to.be.a('string')
    check(ajv, [...place, 'content', type ?? '', 'schema'], dropNulls(answer.json), name)
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
    return toObject(follow(document, $ref.slice(2).split('/')))['name']
  })
  for (const key of query.keys()) expect(known, `${name}: ${key}`).to.include(key)
}

function follow(document: JsonObject, place: readonly string[]): Json {
  return place.reduce((value: Json, part) => toObject(value)[part] ?? null, document)
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

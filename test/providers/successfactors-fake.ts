// SAP SuccessFactors' OAuth server and OData API, as SAP's metadata and knowledge base, and what others wrote against them, say.
import { createPublicKey, type KeyObject, randomUUID } from 'node:crypto'
import type { Json, JsonObject } from '../../providers/provider.ts'
import { createCompany, type NamedCompany } from './company.ts'
import { type FakeAnswer, type FakeRequest, type FakeServer, startFakeServer } from './fake-server.ts'
import { type Filter, readFilter } from './odata-filter.ts'
import { listPeople, type Row, type Tenant } from './successfactors-entities.ts'
import { foundationSets, listFoundation } from './successfactors-foundation.ts'
import { type Credentials, findTokenFault } from './successfactors-assertion.ts'

export interface SuccessFactorsFake extends FakeServer {
  readonly company: NamedCompany
  readonly tenant: Tenant
  readonly settings: Credentials & { privateKey: string; baseUrl: string }
  /** How it is set up; may be changed at any time. */
  readonly account: Account
  /** The statuses of all answers that it gave. */
  readonly answers: number[]
  /** Ends all tokens that were given. */
  revokeTokens(): void
  /** As after some time. */
  forgetSnapshots(): void
}

export interface Account {
  /** What the role may not view: entities, or properties as `EmpJob/jobTitle`. It is empty, without a word. */
  readonly hidden: Set<string>
  /** Entities that are refused with 403 where they are asked for, and where a question for others leads to them. */
  readonly forbidden: Set<string>
  readonly forbiddenWithin: Set<string>
  /** Properties that the company has not, as `EmpJob/jobTitle`. */
  readonly absent: Set<string>
  /** What becomes of paging by snapshots. */
  snapshots: 'kept' | 'refused' | 'ignored'
  /** Whether a filter looks at rows of other days, too. */
  filtersAllDays: boolean
  /** How long a token holds, in seconds. */
  tokenSeconds: number
  /** How a token that has ended is told of. */
  tokenFault: 401 | 403
  /** The certificate that the OAuth client has, and whether there is one. */
  clientKey: KeyObject | undefined
  now(): Date
}

export interface FakeOptions {
  /** In place of the usual ones. */
  readonly names?: { readonly userId: string; readonly apiKey: string }
}

interface Token {
  readonly value: string
  readonly endsAt: number
}

interface Snapshot {
  readonly keys: readonly string[]
}

/** The answer to who asks too often. SAP says what it will be, once there is a limit. */
export const slowDown: FakeAnswer = {
  status: 429,
  headers: { 'Retry-After': '30' },
  json: { error: { code: 'TOO_MANY_REQUESTS', message: { lang: 'en-US', value: 'Too many requests' } } },
}

const maxPage = 1000

/** Starts one; `privateKey` is PEM, and its public half is that of the OAuth client. */
export async function startSuccessFactorsFake(
  privateKey: string,
  options: FakeOptions = {},
): Promise<SuccessFactorsFake> {
  const company = createCompany('1000')
  const tenant: Tenant = {
    company,
    employments: new Map(),
    modified: new Map(),
    dependents: new Set(['9001']),
    forgetsTerminations: false,
    noManager: 'NO_MANAGER',
  }
  const account: Account = {
    hidden: new Set(),
    forbidden: new Set(),
    forbiddenWithin: new Set(),
    absent: new Set(),
    snapshots: 'kept',
    filtersAllDays: true,
    tokenSeconds: 86_400,
    tokenFault: 403,
    clientKey: createPublicKey(privateKey),
    now: () => company.now,
  }
  const credentials: Credentials = {
    apiServer: 'api4.successfactors.example',
    companyId: 'ExampleProd',
    apiKey: 'M2ViOTJiNWI2OGFhYWFjNzk0NGE5NDdiZTcyNw',
    userId: 'rollcall_api',
    ...options.names,
  }
  const answers: number[] = []
  const snapshots = new Map<string, Snapshot>()
  let token: Token | undefined

  function giveToken(request: FakeRequest): FakeAnswer {
    const form = new URLSearchParams(request.body)
    const fault = findTokenFault(form, credentials, account)
    if (fault !== undefined) return { status: 401, json: { errorHttpCode: '401', errorMessage: fault } }
    const now = account.now().getTime()
    const isKept = token !== undefined && token.endsAt > now && form.get('new_token') !== 'true'
    if (token === undefined || !isKept) {
      token = { value: `ey-${randomUUID()}`, endsAt: now + account.tokenSeconds * 1000 }
    }
    const seconds = Math.floor((token.endsAt - now) / 1000)
    return { status: 200, json: { access_token: token.value, token_type: 'Bearer', expires_in: seconds } }
  }

  function answerAny(request: FakeRequest): FakeAnswer {
    if (request.path === '/oauth/token' && request.method === 'POST') return giveToken(request)
    const sent = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1]
    if (sent === undefined || sent !== token?.value || token.endsAt <= account.now().getTime()) {
      return refuse(account.tokenFault, 'COE_LOGIN', `[LGN0022]The access token ${sent} is either rejected or expired`)
    }
    const entity = request.path.replace(/^\/odata\/v2\//, '')
    if (account.forbidden.has(entity)) return refuseEntity(entity)
    const rows = listRows(entity, tenant, account)
    if (rows === undefined)
      return refuse(404, 'COE_ENTITY_NOT_FOUND', `[COE0002]Invalid entity (or function) name: ${entity}`)
    return answer({ request, entity, rows, account, snapshots, origin: server.origin })
  }

  const server = await startFakeServer((request) => {
    const given = answerAny(request)
    answers.push(given.status)
    return given
  })
  return Object.assign(server, {
    company,
    tenant,
    account,
    answers,
    settings: { ...credentials, privateKey, baseUrl: server.origin },
    revokeTokens: () => {
      token = undefined
    },
    forgetSnapshots: () => snapshots.clear(),
  })
}

function refuse(status: number, code: string, value: string): FakeAnswer {
  return { status, json: { error: { code, message: { lang: 'en-US', value } } } }
}

function refuseEntity(entity: string): FakeAnswer {
  return refuse(403, 'COE_GENERAL_FORBIDDEN', `[COE0020]The entity ${entity} is not permitted`)
}

function listRows(entity: string, tenant: Tenant, account: Account): Row[] | undefined {
  const today = account.now().toISOString().slice(0, 10)
  if (entity === 'PerPerson') return listPeople(tenant, today)
  if (entity === 'EmpEmployment') {
    return listPeople(tenant, today).flatMap((person) => follow(person, 'employmentNav'))
  }
  const set = foundationSets.find((one) => one.entity === entity)
  return set && listFoundation(set.entity, tenant)
}

function follow(row: Row, navigation: string): Row[] {
  const led = row.navigations[navigation]
  if (led === null || led === undefined) return []
  return Array.isArray(led) ? led : [led]
}

interface Question {
  readonly request: FakeRequest
  readonly entity: string
  readonly rows: readonly Row[]
  readonly account: Account
  readonly snapshots: Map<string, Snapshot>
  readonly origin: string
}

const knownParameters = new Set([
  '$format',
  '$filter',
  '$select',
  '$expand',
  '$orderby',
  '$top',
  '$skip',
  '$skiptoken',
  '$inlinecount',
  'asOfDate',
  'customPageSize',
  'paging',
])

function answer({ request, entity, rows, account, snapshots, origin }: Question): FakeAnswer {
  const { query } = request
  for (const name of query.keys())
    if (!knownParameters.has(name)) return refuse(400, 'COE_BAD_REQUEST', `What is ${name}?`)
  if (query.get('$format') !== 'json')
    return { status: 200, headers: { 'content-type': 'application/atom+xml' }, body: '<feed/>' }
  const day = query.get('asOfDate') ?? account.now().toISOString().slice(0, 10)
  const shape = readShape(query)
  const fault = rows[0] && findUnknown(rows[0], shape, account)
  if (fault !== undefined) return fault
  const filter = readFilter(query.get('$filter') ?? '')
  if (filter === undefined && query.has('$filter'))
    return refuse(400, 'COE_INVALID_FILTER', 'The filter cannot be read')
  // Where nothing is said of it, only who is active comes.
  const isForAll = /status in|activeEmploymentsCount/.test(query.get('$filter') ?? '')
  const filterDay = account.filtersAllDays ? undefined : day
  const found = rows
    .filter((row) => entity !== 'PerPerson' || isForAll || isActive(row))
    .filter((row) => row.from === undefined || isEffective(row, day))
    .filter((row) => filter === undefined || isFound(row, filter, filterDay))
  const ordered = query.has('$orderby') ? found.toSorted((one, other) => (one.key < other.key ? -1 : 1)) : found
  const page = takePage({ found: ordered, all: rows }, query, account, snapshots)
  if (page === undefined) return refuse(400, 'COE_BAD_REQUEST', 'The paging or its token is not supported')
  const results = page.rows.map((row) => writeRow(row, shape, { day, account, origin }))
  const next = page.token === undefined ? undefined : writeNext(request, origin, page.token)
  const counted = query.get('$inlinecount') === 'allpages' && { __count: String(found.length) }
  return { status: 200, json: { d: { ...counted, results, ...(next !== undefined && { __next: next }) } } }
}

function isActive(person: Row): boolean {
  return follow(person, 'employmentNav').some((employment) =>
    follow(employment, 'userNav').some(({ properties }) => properties['status'] === 't'),
  )
}

function isEffective({ from, to }: Row, day: string): boolean {
  return (from === undefined || from <= day) && (to === undefined || to >= day)
}

interface Shape {
  /** Null where everything is wanted. */
  readonly properties: ReadonlySet<string> | null
  readonly navigations: ReadonlyMap<string, Shape>
}

// A property of a navigation is written only where that is expanded, too.
function readShape(query: URLSearchParams): Shape {
  const split = (text: string | null): string[][] =>
    (text ?? '').split(',').flatMap((path) => (path === '' ? [] : [path.split('/')]))
  return createShape(split(query.get('$select')), split(query.get('$expand')))
}

function createShape(selected: readonly string[][], expanded: readonly string[][]): Shape {
  const properties = selected.flatMap(([name = '', ...rest]) => (rest.length === 0 ? [name] : []))
  const names = new Set(expanded.flatMap(([name = '']) => [name]))
  const within = (paths: readonly string[][], name: string): string[][] =>
    paths.flatMap(([first, ...rest]) => (first === name && rest.length > 0 ? [rest] : []))
  return {
    properties: selected.length === 0 ? null : new Set(properties),
    navigations: new Map([...names].map((name) => [name, createShape(within(selected, name), within(expanded, name))])),
  }
}

// By one row of an entity, for all have the same properties.
function findUnknown(row: Row, { properties, navigations }: Shape, account: Account): FakeAnswer | undefined {
  const isAbsent = (name: string): boolean => account.absent.has(`${row.type}/${name}`)
  const unknown = [
    ...[...(properties ?? [])].filter((name) => isAbsent(name) || !(name in row.properties)),
    ...[...navigations.keys()].filter((name) => isAbsent(name) || !(name in row.navigations)),
  ].map((name) => `${row.type}/${name}`)
  if (unknown.length > 0) {
    const advice = 'Please check the property name in Admin Center > OData API Data Dictionary or entity metadata.'
    return refuse(400, 'COE_PROPERTY_NOT_FOUND', `[COE0021]Invalid property names: ${unknown.join(',')}. ${advice}`)
  }
  for (const [name, shape] of navigations) {
    const [next] = follow(row, name)
    if (next === undefined) continue
    if (account.forbiddenWithin.has(next.type)) return refuseEntity(next.type)
    const fault = findUnknown(next, shape, account)
    if (fault !== undefined) return fault
  }
}

// As a database joins them: all conditions are about the same rows, and where there is none, all of it is null.
function isFound(row: Row, { paths, matches }: Filter, day: string | undefined): boolean {
  const navigations = [...new Set(paths.flatMap((path) => listPrefixes(path)))].toSorted()
  let joined: ReadonlyMap<string, Row>[] = [new Map([['', row]])]
  for (const navigation of navigations) {
    const [parent, name] = splitPath(navigation)
    joined = joined.flatMap((rows) => {
      const from = rows.get(parent)
      const next = (from === undefined ? [] : follow(from, name)).filter(
        (one) => day === undefined || isEffective(one, day),
      )
      return next.length === 0 ? [rows] : next.map((one) => new Map([...rows, [navigation, one]]))
    })
  }
  return joined.some((rows) =>
    matches((path) => {
      const [parent, name] = splitPath(path)
      return rows.get(parent)?.properties[name] ?? null
    }),
  )
}

function listPrefixes(path: string): string[] {
  const names = path.split('/').slice(0, -1)
  return names.map((_name, index) => names.slice(0, index + 1).join('/'))
}

function splitPath(path: string): [string, string] {
  const end = path.lastIndexOf('/')
  return [path.slice(0, Math.max(end, 0)), path.slice(end + 1)]
}

interface PageOfRows {
  readonly rows: readonly Row[]
  readonly token?: string
}

function takePage(
  { found, all }: { readonly found: readonly Row[]; readonly all: readonly Row[] },
  query: URLSearchParams,
  account: Account,
  snapshots: Map<string, Snapshot>,
): PageOfRows | undefined {
  const size = Math.min(Number(query.get('customPageSize') ?? query.get('$top') ?? maxPage), maxPage)
  const skip = Number(query.get('$skip') ?? 0)
  if (query.get('paging') !== 'snapshot') return { rows: found.slice(skip, skip + size) }
  if (account.snapshots === 'refused') return undefined
  if (account.snapshots === 'ignored') {
    const isLast = skip + size >= found.length
    return { rows: found.slice(skip, skip + size), ...(!isLast && { token: `$skip=${skip + size}` }) }
  }
  const [name, start = '0'] = (query.get('$skiptoken') ?? '').split('.')
  const isBegun = query.has('$skiptoken')
  const snapshot = isBegun ? snapshots.get(name ?? '') : { keys: found.map(({ key }) => key) }
  if (snapshot === undefined) return undefined
  const id = isBegun ? (name ?? '') : randomUUID()
  snapshots.set(id, snapshot)
  const end = Number(start) + size
  const keys = new Set(snapshot.keys.slice(Number(start), end))
  // Who is in the snapshot is kept; what is said of them is read when they have their turn.
  const rows = all.filter(({ key }) => keys.has(key))
  return { rows, ...(end < snapshot.keys.length && { token: `$skiptoken=${id}.${end}` }) }
}

function writeNext({ path, query }: FakeRequest, origin: string, token: string): string {
  const rest = [...query].filter(([name]) => name !== '$skiptoken' && name !== '$skip' && name !== '$inlinecount')
  const parameters = rest.map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  return `${origin}${path}?${[...parameters, token].join('&')}`
}

function writeRow(
  row: Row,
  shape: Shape,
  context: { readonly day: string; readonly account: Account; readonly origin: string },
): JsonObject {
  const { day, account, origin } = context
  const { hidden } = account
  const names = Object.keys(row.properties).filter((name) => shape.properties === null || shape.properties.has(name))
  const values = names.map((name) => [name, hidden.has(`${row.type}/${name}`) ? null : (row.properties[name] ?? null)])
  const uri = `${origin}/odata/v2/${row.type}(${row.key})`
  const navigations = Object.entries(row.navigations).flatMap(([name, led]): [string, Json][] => {
    const within = shape.navigations.get(name)
    const isWanted = shape.properties === null || shape.properties.has(name)
    if (within === undefined) return isWanted ? [[name, { __deferred: { uri: `${uri}/${name}` } }]] : []
    const isHidden = hidden.has(`${row.type}/${name}`)
    const rows = follow(row, name).filter((next) => !isHidden && !hidden.has(next.type) && isEffective(next, day))
    const written = rows.map((next) => writeRow(next, within, context))
    return [[name, Array.isArray(led) ? { results: written } : (written[0] ?? null)]]
  })
  return { __metadata: { uri, type: `SFOData.${row.type}` }, ...Object.fromEntries([...values, ...navigations]) }
}

// Okta's API, as its OpenAPI document and guides say: users, groups, who is in them, the System Log, and the token endpoint for applications.
import { createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto'
import type { Json, JsonObject } from '../../providers/provider.ts'
import { createCompany, type NamedCompany, type Person } from './company.ts'
import { type FakeAnswer, type FakeRequest, type FakeServer, startFakeServer } from './fake-server.ts'

export interface OktaFake extends FakeServer {
  readonly company: NamedCompany
  /** To sign in by API token, or by OAuth 2.0. */
  readonly settings: { domain: string; apiToken: string; baseUrl: string }
  readonly applicationSettings: { domain: string; clientId: string; privateKey: string; baseUrl: string }
  /** How it is set up; may be changed at any time. */
  readonly account: OktaAccount
  /** Ends all access tokens that were given. */
  revokeTokens(): void
}

export interface OktaAccount {
  /** Attributes of profiles that may not be seen, and `status`. */
  readonly hidden: Set<string>
  /** Paths that the credentials may not read. */
  readonly refused: Set<string>
  /** What the application is granted. */
  readonly scopes: Set<string>
  apiToken: 'active' | 'revoked'
  application: 'active' | 'inactive'
  /** Its public key, and what Okta calls it. */
  publicKey: KeyObject
  keyId: string | undefined
  requiresDpop: boolean
  tokenSeconds: number
  /** In place of what a person's standing makes it: id → status. */
  readonly statuses: Map<string, string>
  /** Attributes beside those of the company: id → name → value. */
  readonly attributes: Map<string, JsonObject>
  /** Groups beside those of departments and sites. */
  readonly groups: OktaFakeGroup[]
  readonly deletedGroups: { readonly id: string; readonly at: Date }[]
  /** The most that a page has, whatever is asked for. */
  largestPage: number
  /** What the log says was deleted, and is not. */
  readonly undeleted: Set<string>
}

export interface OktaFakeGroup {
  readonly id: string
  readonly name: string
  readonly type: 'OKTA_GROUP' | 'APP_GROUP' | 'BUILT_IN'
  readonly created: string
  readonly updated: string
  readonly description?: string
  readonly members: readonly string[]
}

export const domain = 'example.okta.com'
const clientId = '0oa1fakeApplication00x7'
const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
export const privateKey = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

const statuses: Readonly<Record<Person['status'], string>> = {
  hired: 'STAGED',
  employed: 'ACTIVE',
  on_leave: 'ACTIVE',
  garden_leave: 'SUSPENDED',
  terminated: 'DEPROVISIONED',
  retired: 'DEPROVISIONED',
}

export function readStatus({ id, status }: Person, account: OktaAccount): string {
  return account.statuses.get(id) ?? statuses[status]
}

/** Who asks too often is told when the limit begins anew, and of how many at once with limits of 0. */
export function slowDown(reset: Date, limit = 600): FakeAnswer {
  const headers = {
    'X-Rate-Limit-Limit': String(limit),
    'X-Rate-Limit-Remaining': '0',
    'X-Rate-Limit-Reset': String(reset.getTime() / 1000),
  }
  return { ...refuse(429, 'E0000047', 'API call exceeded rate limit due to too many requests.'), headers }
}

function refuse(status: number, errorCode: string, errorSummary: string): FakeAnswer {
  return { status, json: { errorCode, errorSummary, errorLink: errorCode, errorId: 'oaeFake', errorCauses: [] } }
}

/** Starts one. */
export async function startOktaFake(options: { readonly company?: NamedCompany } = {}): Promise<OktaFake> {
  const { company = createCompany() } = options
  const account: OktaAccount = {
    hidden: new Set(),
    refused: new Set(),
    scopes: new Set(['okta.users.read', 'okta.groups.read', 'okta.logs.read']),
    apiToken: 'active',
    application: 'active',
    publicKey: createPublicKey(pair.publicKey.export({ type: 'spki', format: 'pem' })),
    keyId: undefined,
    requiresDpop: false,
    tokenSeconds: 3600,
    statuses: new Map(),
    attributes: new Map(),
    groups: [],
    deletedGroups: [],
    largestPage: 1000,
    undeleted: new Set(),
  }
  const apiToken = '00fakeToken-of-a-read-only-administrator'
  const state: State = { company, account, apiToken, tokens: new Map(), members: new Map() }
  noteMembers(state)
  const server = await startFakeServer((request) => {
    noteMembers(state)
    const answered = answer(request, state)
    return { ...answered, headers: { Date: company.now.toUTCString(), ...answered.headers } }
  })
  const baseUrl = server.origin
  return Object.assign(server, {
    company,
    account,
    settings: { domain, apiToken, baseUrl },
    applicationSettings: { domain, clientId, privateKey, baseUrl },
    revokeTokens: () => state.tokens.clear(),
  })
}

interface State {
  readonly company: NamedCompany
  readonly account: OktaAccount
  readonly apiToken: string
  /** Access token → scopes. */
  readonly tokens: Map<string, ReadonlySet<string>>
  /** Group → who is in it, since when. */
  readonly members: Map<string, { readonly ids: string; readonly since: Date }>
}

const scopesOfPaths: Readonly<Record<string, string>> = {
  users: 'okta.users.read',
  groups: 'okta.groups.read',
  logs: 'okta.logs.read',
}

function answer(request: FakeRequest, state: State): FakeAnswer {
  if (`${request.method} ${request.path}` === 'POST /oauth2/v1/token') return giveToken(request, state)
  const [, , , kind = '', id, part] = request.path.split('/')
  const refusal = judge(request, kind, state)
  if (refusal !== undefined) return refusal
  if (state.account.refused.has(request.path)) return forbid()
  if (kind === 'users' && id === undefined) return listUsers(request, state)
  if (kind === 'users' && id !== undefined) return readUser(id, state)
  if (kind === 'groups' && id === undefined) return listGroups(request, state)
  if (kind === 'groups' && part === 'users') return listMembers(request, id ?? '', state)
  return kind === 'logs' ? listEvents(request, state) : refuse(404, 'E0000022', 'The endpoint does not exist')
}

function forbid(): FakeAnswer {
  return refuse(403, 'E0000006', 'You do not have permission to perform the requested action')
}

function judge({ headers }: FakeRequest, kind: string, { account, apiToken, tokens }: State): FakeAnswer | undefined {
  const [scheme, token = ''] = (headers.authorization ?? '').split(' ')
  if (scheme === 'SSWS' && token === apiToken && account.apiToken === 'active') return undefined
  const scopes = scheme === 'Bearer' ? tokens.get(token) : undefined
  if (scopes === undefined) return refuse(401, 'E0000011', 'Invalid token provided')
  return scopes.has(scopesOfPaths[kind] ?? '') ? undefined : forbid()
}

function giveToken({ body, headers }: FakeRequest, state: State): FakeAnswer {
  const { account, tokens } = state
  const form = new URLSearchParams(body)
  const fail = (status: number, error: string, description: string): FakeAnswer => ({
    status,
    json: { error, error_description: description },
  })
  if (form.get('grant_type') !== 'client_credentials') {
    return fail(400, 'unsupported_grant_type', 'The grant type is not supported by the authorization server.')
  }
  const fault = findFault(form.get('client_assertion') ?? '', state)
  if (fault !== undefined || !form.get('client_assertion_type')?.endsWith(':jwt-bearer')) {
    return fail(401, 'invalid_client', fault ?? 'The client_assertion_type is invalid.')
  }
  if (account.requiresDpop && headers['dpop'] === undefined) {
    return fail(400, 'invalid_dpop_proof', 'The DPoP proof JWT header is missing.')
  }
  const scopes = (form.get('scope') ?? '').split(' ')
  if (scopes.some((scope) => !account.scopes.has(scope))) {
    return fail(400, 'invalid_scope', 'One or more scopes are not configured for the authorization server resource.')
  }
  // A new one each time, and the same ones in each fake.
  const token = `eyJraWQiOiJmYWtlIn0.access-token-number-${tokens.size + 1}-${scopes.length}`
  tokens.set(token, new Set(scopes))
  return {
    status: 200,
    json: { token_type: 'Bearer', expires_in: account.tokenSeconds, access_token: token, scope: scopes.join(' ') },
  }
}

// By Node's own means, and not by those that the assertion was made with.
function findFault(assertion: string, { account, company }: State): string | undefined {
  const [header = '', payload = '', signature = ''] = assertion.split('.')
  const { alg, kid } = readPart(header)
  const { iss, sub, aud, iat, exp } = readPart(payload)
  if (account.application !== 'active' || iss !== clientId || sub !== clientId) return 'Invalid value for client_id.'
  if (aud !== `https://${domain}/oauth2/v1/token`)
    return 'The audience claim for client_assertion must be the endpoint.'
  const now = company.now.getTime() / 1000
  if (typeof exp !== 'number' || exp < now || exp > now + 3600) return 'The client_assertion token is expired.'
  if (typeof iat !== 'number' || iat > now + 60) return 'The client_assertion was issued in the future.'
  if (account.keyId !== undefined && kid !== account.keyId) return 'The client_assertion key ID is unknown.'
  const size = typeof alg === 'string' && /^[RE]S(256|384|512)$/.test(alg) ? alg.slice(2) : undefined
  if (size === undefined) return 'The client_assertion algorithm is not supported.'
  const key = { key: account.publicKey, dsaEncoding: 'ieee-p1363' as const }
  const isSigned = verify(`sha${size}`, Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'))
  return isSigned ? undefined : 'The client_assertion signature is invalid.'
}

function readPart(part: string): JsonObject {
  return JSON.parse(Buffer.from(part, 'base64url').toString('utf8') || '{}') as JsonObject
}

function listUsers(request: FakeRequest, state: State): FakeAnswer {
  const { query } = request
  const filter = query.get('filter')
  const matches = filter === null ? undefined : readFilter(filter, state)
  if (filter !== null && matches === undefined) return refuse(400, 'E0000031', `Invalid search criteria: ${filter}`)
  const people = listPeople(state).filter(
    (person) => matches?.(person) ?? readStatus(person, state.account) !== 'DEPROVISIONED',
  )
  return page(request, people, 200, (person) => writeUser(person, state))
}

function listPeople({ company }: State): Person[] {
  return [...company.people.values()].toSorted((one, other) => (one.id < other.id ? -1 : 1))
}

// Comparisons of which any must hold; values in quotes, `id` and `status` with eq only.
function readFilter(filter: string, state: State): ((person: Person) => boolean) | undefined {
  const parts = filter.split(' or ').map((part) => /^(\w+) (eq|gt|ge|lt|le) "([^"]*)"$/.exec(part))
  if (parts.some((part) => part === null || (part[1] !== 'lastUpdated' && part[2] !== 'eq'))) return undefined
  return (person) =>
    parts.some((part) => {
      const [, name = '', operator = '', value = ''] = part ?? []
      const has: Readonly<Record<string, string>> = {
        id: person.id,
        status: readStatus(person, state.account),
        lastUpdated: readUpdated(person, state),
      }
      const text = has[name] ?? ''
      return (
        { eq: text === value, gt: text > value, ge: text >= value, lt: text < value, le: text <= value }[operator] ===
        true
      )
    })
}

function readUpdated({ id }: Person, { company }: State): string {
  return (company.changes.findLast((change) => change.id === id)?.at ?? company.now).toISOString()
}

function page<Item extends { readonly id: string }>(
  request: FakeRequest,
  items: readonly Item[],
  usual: number,
  write: (item: Item) => Json,
): FakeAnswer {
  const { path, query } = request
  const limit = Number(query.get('limit') ?? usual)
  const after = Buffer.from(query.get('after') ?? '', 'base64url').toString('utf8')
  const rest = items.filter(({ id }) => id > after)
  const shown = rest.slice(0, limit)
  const link = (parameters: URLSearchParams, rel: string): string =>
    `<https://${domain}${path}?${parameters.toString()}>; rel="${rel}"`
  const links = [link(query, 'self')]
  if (rest.length > shown.length) {
    const next = new URLSearchParams(query)
    next.set('after', Buffer.from(shown.at(-1)?.id ?? '').toString('base64url'))
    links.push(link(next, 'next'))
  }
  return { status: 200, headers: { Link: links.join(', ') }, json: shown.map(write) }
}

function readUser(id: string, state: State): FakeAnswer {
  const person = state.company.people.get(id)
  if (person === undefined) return refuse(404, 'E0000007', `Not found: Resource not found: ${id} (User)`)
  return { status: 200, json: writeUser(person, state) }
}

function writeUser(person: Person, state: State): JsonObject {
  const { account, company } = state
  const { id, startDate } = person
  const profile = Object.entries({ ...writeProfile(person, company), ...account.attributes.get(id) }).filter(
    ([name, value]) => value !== null && !account.hidden.has(name),
  )
  const time = `${startDate}T08:00:00.000Z`
  return {
    id,
    ...(!account.hidden.has('status') && { status: readStatus(person, account) }),
    created: time,
    activated: time,
    statusChanged: time,
    lastLogin: null,
    lastUpdated: readUpdated(person, state),
    passwordChanged: null,
    type: { id: 'oty1fake' },
    profile: Object.fromEntries(profile),
    credentials: { provider: { type: 'OKTA', name: 'OKTA' } },
    _links: { self: { href: `https://${domain}/api/v1/users/${id}` } },
  }
}

function writeProfile(person: Person, { departments, sites, people }: NamedCompany): JsonObject {
  const manager = person.managerId === null ? undefined : people.get(person.managerId)
  return {
    login: person.email?.toLowerCase() ?? `${person.id}@example.test`,
    email: person.email,
    secondEmail: person.privateEmail,
    firstName: person.firstName,
    middleName: person.middleName,
    lastName: person.lastName,
    honorificPrefix: 'Dr.',
    honorificSuffix: 'MSc',
    nickName: person.preferredName ?? person.firstName,
    displayName: `${person.preferredName ?? person.firstName} ${person.lastName}`,
    title: person.title,
    userType: person.employmentType === 'Full-Time' ? 'Employee' : person.employmentType,
    profileUrl: `https://people.example.test/${person.id}`,
    primaryPhone: person.workPhone,
    mobilePhone: person.mobilePhone,
    streetAddress: 'Hauptstraße 1',
    city: sites.get(person.siteId)?.name ?? null,
    state: 'BE',
    zipCode: '10115',
    countryCode: 'DE',
    preferredLanguage: 'de-DE',
    locale: 'de_DE',
    timezone: 'Europe/Berlin',
    employeeNumber: person.number,
    costCenter: '4711',
    organization: 'Example GmbH',
    division: 'EMEA',
    department: departments.get(person.departmentId)?.name ?? null,
    managerId: person.managerId,
    manager: manager === undefined ? null : `${manager.firstName} ${manager.lastName}`,
  }
}

function describeGroups({ company, account }: State): OktaFakeGroup[] {
  const people = [...company.people.values()].filter((one) => readStatus(one, account) !== 'DEPROVISIONED')
  const times = { created: '2020-01-01T08:00:00.000Z', updated: '2026-01-01T08:00:00.000Z' }
  const idsOf = (isIn: (person: Person) => boolean): string[] => people.filter(isIn).map(({ id }) => id)
  return [
    ...[...company.departments.values()].map(({ id, name }) => ({
      ...{ id: `00g${id}`, name, type: 'OKTA_GROUP' as const, ...times, description: `Everybody in ${name}` },
      members: idsOf(({ departmentId }) => departmentId === id),
    })),
    ...[...company.sites.values()].map(({ id, name }) => ({
      ...{ id: `00g${id}`, name, type: 'APP_GROUP' as const, ...times },
      members: idsOf(({ siteId }) => siteId === id),
    })),
    { id: '00g0everyone', name: 'Everyone', type: 'BUILT_IN', ...times, members: idsOf(() => true) },
    ...account.groups,
  ]
}

// Since when a group has whom it has.
function noteMembers(state: State): void {
  for (const { id, members, created } of describeGroups(state)) {
    const ids = members.join(' ')
    const known = state.members.get(id)
    if (known?.ids === ids) continue
    state.members.set(id, { ids, since: known === undefined ? new Date(created) : state.company.now })
  }
}

function listGroups(request: FakeRequest, state: State): FakeAnswer {
  const groups = describeGroups(state).toSorted((one, other) => (one.id < other.id ? -1 : 1))
  return page(request, groups, state.account.largestPage, ({ id, name, description, type, created, updated }) => ({
    id,
    created,
    lastUpdated: updated,
    lastMembershipUpdated: state.members.get(id)?.since.toISOString() ?? created,
    objectClass: ['okta:user_group'],
    type,
    profile: { name, description: description ?? null },
    _links: { users: { href: `https://${domain}/api/v1/groups/${id}/users` } },
  }))
}

function listMembers(request: FakeRequest, id: string, state: State): FakeAnswer {
  const group = describeGroups(state).find((one) => one.id === id)
  if (group === undefined) return refuse(404, 'E0000007', `Not found: Resource not found: ${id} (UserGroup)`)
  const people = listPeople(state).filter((person) => group.members.includes(person.id))
  const limited = { ...request, query: new URLSearchParams(request.query) }
  limited.query.set('limit', String(Math.min(Number(request.query.get('limit') ?? 1000), state.account.largestPage)))
  return page(limited, people, 1000, (person) => writeUser(person, state))
}

function listEvents({ query }: FakeRequest, { company, account }: State): FakeAnswer {
  const filter = query.get('filter') ?? ''
  const deletions = company.changes.filter(({ action }) => action === 'Deleted')
  const events = [
    ...[...deletions, ...[...account.undeleted].map((id) => ({ id, at: company.now }))].flatMap(({ id, at }) => [
      writeEvent('user.lifecycle.delete.initiated', 'User', id, at),
      writeEvent('user.lifecycle.delete.completed', 'User', id, at),
    ]),
    ...account.deletedGroups.map(({ id, at }) => writeEvent('group.lifecycle.delete', 'UserGroup', id, at)),
  ]
  const [since, until] = [
    Date.parse(query.get('since') ?? ''),
    Date.parse(query.get('until') ?? company.now.toISOString()),
  ]
  const shown = events.filter(({ eventType, published }) => {
    const at = Date.parse(published)
    return at >= since && at <= until && (filter === '' || filter.includes(`"${eventType}"`))
  })
  return { status: 200, json: shown.slice(0, Number(query.get('limit') ?? 100)) }
}

function writeEvent(
  eventType: string,
  type: string,
  id: string,
  at: Date,
): { eventType: string; published: string } & JsonObject {
  return {
    uuid: `${eventType} ${id}`,
    published: at.toISOString(),
    eventType,
    version: '0',
    severity: 'INFO',
    displayMessage: 'Something was deleted',
    actor: { id: '00uAdministrator', type: 'User', alternateId: 'admin@example.test', displayName: 'An administrator' },
    outcome: { result: 'SUCCESS', reason: null },
    target: [{ id, type, alternateId: 'unknown', displayName: 'unknown' }],
  }
}

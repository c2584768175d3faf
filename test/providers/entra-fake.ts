// Microsoft Graph and the token endpoint of Entra ID, as Microsoft's documentation says: delta queries, lists, and conditional access.
// Ids are those of the company, which are digits here and GUIDs there.
import type { JsonObject } from '../../providers/provider.ts'
import { createCompany, type NamedCompany } from './company.ts'
import {
  type EntraAccount,
  findGroupsOf,
  listGroups,
  listUsers,
  select,
  writeGroup,
  writeMember,
} from './entra-data.ts'
import { createRounds, type Rounds } from './entra-rounds.ts'
import { type FakeAnswer, type FakeRequest, type FakeServer, startFakeServer } from './fake-server.ts'

export interface EntraFake extends FakeServer {
  readonly company: NamedCompany
  readonly settings: { tenantId: string; clientId: string; clientSecret: string; baseUrl: string; loginUrl: string }
  /** How it is set up; may be changed at any time. */
  readonly account: EntraAccount
  /** Ends all access tokens that were given. */
  revokeTokens(): void
  /** Makes all links too old. */
  expireLinks(): void
}

const graph = 'https://graph.microsoft.com/v1.0'
const tenantId = '2f1c9b1e-7d0a-4f3a-9c35-0a4b8a6d2f10'
const clientId = '8f3b0c52-3f6e-4d0b-9a55-6f4a3b8d7c21'
const clientSecret = 'fAk~8Q-sEcReT.of-an-application_x'

interface State {
  readonly company: NamedCompany
  readonly account: EntraAccount
  readonly tokens: Set<string>
  readonly rounds: Rounds
}

/** Starts one. */
export async function startEntraFake(options: { readonly company?: NamedCompany } = {}): Promise<EntraFake> {
  const { company = createCompany() } = options
  const account: EntraAccount = {
    hidden: new Set(),
    refused: new Set(),
    leaveDates: 'allowed',
    secret: 'valid',
    tokenSeconds: 3599,
    largestPage: 999,
    membersOfItem: 1000,
    beginsEmpty: false,
    expired: 'gone',
    users: new Map(),
    groups: [],
    purged: new Set(),
    lagging: new Map(),
    roles: new Map(),
    policies: [],
    editRound: undefined,
  }
  const state: State = { company, account, tokens: new Set(), rounds: createRounds(company, account) }
  const server = await startFakeServer((request) => answer(request, state))
  const [baseUrl, loginUrl] = [`${server.origin}/v1.0`, `${server.origin}/login`]
  return Object.assign(server, {
    company,
    account,
    settings: { tenantId, clientId, clientSecret, baseUrl, loginUrl },
    revokeTokens: () => state.tokens.clear(),
    expireLinks: () => state.rounds.expire(),
  })
}

export const slowDown: FakeAnswer = {
  ...refuse(429, 'TooManyRequests', 'Too many requests'),
  headers: { 'Retry-After': '10' },
}

function refuse(status: number, code: string, message: string): FakeAnswer {
  const innerError = { date: '2026-11-20T09:00:00', 'request-id': 'fake', 'client-request-id': 'fake' }
  return { status, json: { error: { code, message, innerError } } }
}

function answer(request: FakeRequest, state: State): FakeAnswer {
  if (request.path.startsWith('/login/')) return giveToken(request, state)
  const [scheme, token = ''] = (request.headers.authorization ?? '').split(' ')
  if (scheme !== 'Bearer' || !state.tokens.has(token)) {
    return refuse(401, 'InvalidAuthenticationToken', 'Access token has expired or is not yet valid.')
  }
  const path = request.path.replace(/^\/v1\.0/, '')
  const permission = permissions.find(([start]) => path.startsWith(start))?.[1] ?? ''
  if (state.account.refused.has(permission)) return forbid()
  const route = routes.find(({ pattern }) => pattern.test(path))
  const [, id = ''] = route?.pattern.exec(path) ?? []
  return route?.answer(request, state, id) ?? refuse(404, 'BadRequest', 'Resource not found for the segment.')
}

const permissions = [
  ['/users', 'User.Read.All'],
  ['/groups', 'GroupMember.Read.All'],
  ['/identity', 'Policy.Read.All'],
  ['/directoryRoles', 'RoleManagement.Read.Directory'],
] as const

const routes: readonly {
  readonly pattern: RegExp
  answer(request: FakeRequest, state: State, id: string): FakeAnswer
}[] = [
  { pattern: /^\/(users|groups)\/delta$/, answer: readDelta },
  { pattern: /^\/users$/, answer: readUsers },
  { pattern: /^\/users\/([^/]+)$/, answer: readUser },
  { pattern: /^\/users\/([^/]+)\/transitiveMemberOf$/, answer: readMemberships },
  { pattern: /^\/groups$/, answer: readGroups },
  { pattern: /^\/groups\/([^/]+)$/, answer: readGroup },
  { pattern: /^\/groups\/([^/]+)\/members$/, answer: readMembers },
  {
    pattern: /^\/directoryRoles$/,
    answer: (request, state) =>
      page(request, state, [...state.account.roles.values()].flat() as unknown as JsonObject[]),
  },
  {
    pattern: /^\/identity\/conditionalAccess\/policies$/,
    answer: (request, state) => page(request, state, state.account.policies),
  },
]

function forbid(): FakeAnswer {
  return refuse(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.')
}

function findNothing(id: string): FakeAnswer {
  return refuse(
    404,
    'Request_ResourceNotFound',
    `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`,
  )
}

function giveToken({ method, path, body }: FakeRequest, { account, tokens }: State): FakeAnswer {
  const fail = (status: number, error: string, code: number, words: string): FakeAnswer => ({
    status,
    json: {
      error,
      error_description: `AADSTS${code}: ${words} Trace ID: fake Correlation ID: fake Timestamp: 2026-11-20 09:00:00Z`,
      error_codes: [code],
      timestamp: '2026-11-20 09:00:00Z',
      trace_id: 'fake',
      correlation_id: 'fake',
    },
  })
  const form = new URLSearchParams(body)
  if (method !== 'POST' || path !== `/login/${tenantId}/oauth2/v2.0/token`) {
    return fail(400, 'invalid_request', 90002, 'Tenant was not found.')
  }
  if (form.get('grant_type') !== 'client_credentials' || form.get('scope') !== 'https://graph.microsoft.com/.default') {
    return fail(400, 'invalid_scope', 70011, 'The provided request must include a scope input parameter.')
  }
  if (form.get('client_id') !== clientId) {
    return fail(
      400,
      'unauthorized_client',
      700016,
      `Application with identifier '${form.get('client_id')}' was not found.`,
    )
  }
  if (form.get('client_secret') !== clientSecret || account.secret === 'revoked') {
    return fail(
      401,
      'invalid_client',
      7000215,
      `Invalid client secret provided. It began with ${form.get('client_secret')}.`,
    )
  }
  if (account.secret === 'expired') {
    return fail(401, 'invalid_client', 7000222, 'The provided client secret keys are expired.')
  }
  const token = `eyJ0eXAiOiJKV1QifQ.access-token-number-${tokens.size + 1}`
  tokens.add(token)
  const seconds = account.tokenSeconds
  return {
    status: 200,
    json: { token_type: 'Bearer', expires_in: seconds, ext_expires_in: seconds, access_token: token },
  }
}

function readNames({ query }: FakeRequest): string[] | undefined {
  return query.get('$select')?.split(',')
}

// Of a name that there is not it says so, whatever else is asked for.
function judgeNames(request: FakeRequest, { account }: State): FakeAnswer | undefined {
  const names = readNames(request) ?? []
  if (request.query.has('$top') && request.path.endsWith('/delta')) {
    return refuse(400, 'Request_UnsupportedQuery', 'Unsupported query option.')
  }
  const own = new Set([...account.users.values()].flatMap((user) => Object.keys(user)))
  const unknown =
    names.find((name) => !/^[a-z][a-zA-Z]*$/.test(name) && !own.has(name)) ??
    names.find((name) => name.startsWith('no'))
  if (unknown !== undefined) {
    const message = `Could not find a property named '${unknown}' on type 'microsoft.graph.user'.`
    return refuse(400, 'BadRequest', message)
  }
  return account.leaveDates === 'refused' && names.includes('employeeLeaveDateTime') ? forbid() : undefined
}

function readDelta(request: FakeRequest, state: State, kind: string): FakeAnswer {
  const { account, rounds } = state
  const { query } = request
  const refusal = judgeNames(request, state)
  if (refusal !== undefined) return refusal
  if (kind !== 'users' && kind !== 'groups') return findNothing(kind)
  const [skipped, token] = [query.get('$skiptoken')?.split('.'), query.get('$deltatoken')]
  const id =
    skipped?.[0] ?? (token === null ? rounds.begin(kind, readNames(request) ?? []) : rounds.resume(kind, token))
  const round = id === undefined ? undefined : rounds.find(id)
  if (round === undefined || id === undefined) return explainAge(kind, account)
  const prefer = /odata\.maxpagesize=(\d+)/.exec(String(request.headers['prefer'] ?? ''))?.[1]
  const size = Math.min(Number(prefer ?? 200), account.largestPage)
  const start = Number(skipped?.[1] ?? (account.beginsEmpty ? -1 : 0))
  const items = start < 0 ? [] : round.items.slice(start, start + size)
  const next = start < 0 ? 0 : start + size
  const isEnd = next >= round.items.length && start >= 0
  const link = `${graph}/${kind}/delta?`
  return {
    status: 200,
    json: {
      '@odata.context': `${graph}/$metadata#${kind}`,
      value: items.map((item) => keepBack(item, account)),
      ...(isEnd
        ? { '@odata.deltaLink': `${link}$deltatoken=${round.delta}` }
        : { '@odata.nextLink': `${link}$skiptoken=${id}.${next}` }),
    },
  }
}

function explainAge(kind: string, { expired }: EntraAccount): FakeAnswer {
  if (expired === 'syncStateNotFound') {
    return refuse(400, 'syncStateNotFound', 'The sync state generation is not found. The delta token is expired.')
  }
  return { status: 410, headers: { Location: `${graph}/${kind}/delta?$deltatoken=` }, body: '' }
}

function keepBack(item: JsonObject, { leaveDates }: EntraAccount): JsonObject {
  if (leaveDates !== 'left out') return item
  const { employeeLeaveDateTime: _kept, ...others } = item
  return others
}

// A list, in pages; what is empty is null there.
function page(request: FakeRequest, state: State, items: readonly JsonObject[]): FakeAnswer {
  const { query, path } = request
  const size = Math.min(Number(query.get('$top') ?? 100), state.account.largestPage)
  const start = Number(query.get('$skiptoken') ?? 0)
  const next = new URLSearchParams(query)
  next.set('$skiptoken', String(start + size))
  const names = readNames(request)
  return {
    status: 200,
    json: {
      '@odata.context': `${graph}/$metadata#${path.split('/')[2]}`,
      value: items.slice(start, start + size).map((item) => {
        const type = item['@odata.type']
        return { ...(type !== undefined && { '@odata.type': type }), ...keepBack(select(item, names), state.account) }
      }),
      ...(start + size < items.length && {
        '@odata.nextLink': `${graph}${path.replace('/v1.0', '')}?${next.toString()}`,
      }),
    },
  }
}

function readUsers(request: FakeRequest, state: State): FakeAnswer {
  const refusal = judgeNames(request, state)
  if (refusal !== undefined) return refusal
  const users = listUsers(state.company, state.account)
  const filter = request.query.get('$filter')
  const ids = filter === null ? undefined : [...filter.matchAll(/'([^']+)'/g)].map(([, id]) => id ?? '')
  if (filter !== null && (!/^id in \(.*\)$/.test(filter) || (ids?.length ?? 0) > 15)) {
    return refuse(400, 'Request_UnsupportedQuery', 'Too many child clauses specified in search filter expression.')
  }
  const expands = request.query.get('$expand') === 'manager($select=id)'
  const found = [...users].filter(([id]) => ids?.includes(id) ?? true).map(([, user]) => user)
  const names = readNames(request)
  const shown = found.map(({ manager, ...user }) => ({
    ...select(user, names),
    ...(expands && typeof manager === 'string' && { manager: { '@odata.type': '#microsoft.graph.user', id: manager } }),
  }))
  const { $select: _selected, ...others } = Object.fromEntries(request.query)
  return page({ ...request, query: new URLSearchParams(others) }, state, shown)
}

function readUser(request: FakeRequest, state: State, id: string): FakeAnswer {
  const user = listUsers(state.company, state.account).get(id)
  return user === undefined ? findNothing(id) : { status: 200, json: select(user, readNames(request)) }
}

// What may not be read comes with its id and nothing else.
function readMemberships(request: FakeRequest, state: State, id: string): FakeAnswer {
  const { company, account } = state
  const groups = findGroupsOf(id, listGroups(company, account)).map((group) => ({
    ...{ '@odata.type': '#microsoft.graph.group', ...writeGroup(group) },
  }))
  const isHidden = account.refused.has('RoleManagement.Read.Directory')
  const roles = (account.roles.get(id) ?? []).map((role) => ({
    ...{ '@odata.type': '#microsoft.graph.directoryRole', id: role.id },
    ...(isHidden ? {} : { displayName: role.displayName, roleTemplateId: role.roleTemplateId }),
  }))
  const unit = { '@odata.type': '#microsoft.graph.administrativeUnit', id: 'unit-1', displayName: 'Berlin' }
  return page(request, state, [...groups, ...roles, unit])
}

function readGroups(request: FakeRequest, state: State): FakeAnswer {
  return page(request, state, listGroups(state.company, state.account).map(writeGroup))
}

function readGroup(request: FakeRequest, state: State, id: string): FakeAnswer {
  const group = listGroups(state.company, state.account).find((one) => one.id === id)
  return group === undefined ? findNothing(id) : { status: 200, json: select(writeGroup(group), readNames(request)) }
}

function readMembers(request: FakeRequest, state: State, id: string): FakeAnswer {
  const group = listGroups(state.company, state.account).find((one) => one.id === id)
  if (group === undefined) return findNothing(id)
  return page(request, state, (state.account.lagging.get(id) ?? group.members).map(writeMember))
}

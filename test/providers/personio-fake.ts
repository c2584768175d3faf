// Version 2 of Personio's API, as its OpenAPI documents say, and its reference for what these do not have: org units, workplaces, absences.
import type { Json, JsonObject } from '../../providers/provider.ts'
import { type Company, createCompany, type NamedCompany, type Person } from './company.ts'
import { type FakeAnswer, type FakeRequest, type FakeServer, startFakeServer } from './fake-server.ts'

export interface PersonioFake extends FakeServer {
  readonly company: NamedCompany
  readonly settings: { clientId: string; clientSecret: string; baseUrl: string }
  /** How it is set up; may be changed at any time. */
  readonly account: PersonioAccount
}

export interface PersonioAccount {
  /** Attributes that are not released: of a person, or of an employment with `employment.` before. */
  readonly hidden: Set<string>
  /** Paths that are refused with 403, such as `/v2/org-units`; what is below them, too. */
  readonly refused: Set<string>
  /** Paths that this account has not, which are 404. */
  readonly missing: Set<string>
  clientSecret: string
  /** In seconds. */
  tokenLife: number
  /** Access tokens that are good → when they end. */
  readonly tokens: Map<string, Date>
  /** Whether a change of an employment is one of the person. */
  bumpsPersons: boolean
  /** What stands where nobody has given notice. */
  noTermination: 'absent' | 'null' | 'empty'
  /** Whether every page leads to the same one. */
  repeatsCursor: boolean
  /** Whether cursors of before are not taken any more. */
  forgetsCursors: boolean
  /** Whether times of absences have to have a time zone, or must not. */
  absenceTimes: 'zoned' | 'local'
  /** Person → employments before the one that the company tells of, and others beside it. */
  readonly otherEmployments: Map<string, readonly JsonObject[]>
  /** Person → absences beside a leave that goes on. */
  readonly absences: Map<string, readonly JsonObject[]>
  /** Person → attributes of the account's own. */
  readonly customAttributes: Map<string, readonly JsonObject[]>
}

interface Query {
  readonly company: Company
  readonly account: PersonioAccount
  readonly request: FakeRequest
  readonly path: string
}

const clientId = 'papi-7f3c1d52-0b1e-4c0e-9f6d-2a5f0c8a4b11'
export const teams = [{ id: '4502', name: 'Search', parentId: null }] as const
const leaveType = '6c172f08-e46a-471e-9fcb-4aa2793c625c'

/** Starts one. */
export async function startPersonioFake(options: { readonly company?: NamedCompany } = {}): Promise<PersonioFake> {
  const { company = createCompany('3003') } = options
  const account: PersonioAccount = {
    hidden: new Set(),
    refused: new Set(),
    missing: new Set(),
    clientSecret: 'pApI-sEcReT-of-the-integration',
    tokenLife: 86_400,
    tokens: new Map(),
    bumpsPersons: true,
    noTermination: 'empty',
    repeatsCursor: false,
    forgetsCursors: false,
    absenceTimes: 'zoned',
    otherEmployments: new Map(),
    absences: new Map(),
    customAttributes: new Map(),
  }
  const server = await startFakeServer((request) => {
    if (request.path === '/v2/auth/token') return giveToken(request, account, company.now)
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
    const end = account.tokens.get(token)
    if (end === undefined || end <= company.now) return refuse(401, `The token ${token} is not valid`)
    const isBelow = (place: string): boolean => request.path === place || request.path.startsWith(`${place}/`)
    if ([...account.missing].some(isBelow)) return refuse(404, `The endpoint with ${request.path} was not found.`)
    if ([...account.refused].some(isBelow)) return refuse(403, 'The credentials have no scope for this')
    if (request.method !== 'GET') return refuse(404, 'There is nothing here')
    return answer({ company, account, request, path: request.path })
  })
  const settings = { clientId, clientSecret: account.clientSecret, baseUrl: server.origin }
  return Object.assign(server, { company, account, settings })
}

/** In the form in which Personio says what is wrong. */
export function refuse(status: number, detail: string): FakeAnswer {
  const type = 'https://developer.personio.de/reference/errors#common.bad_request'
  const errors = [{ title: 'Request refused', detail, type, _meta: {} }]
  const json = { personio_trace_id: 'aswo3f-a202lfso-312123', timestamp: '2026-11-20T09:00:00Z', errors }
  return { status, json, headers: { 'content-type': 'application/problem+json' } }
}

function giveToken(request: FakeRequest, account: PersonioAccount, now: Date): FakeAnswer {
  const refuseToken = (error: string, description: string): FakeAnswer => {
    const about = { error_description: description, error_uri: null, timestamp: '2026-11-20T09:00:00Z' }
    const json = { error, ...about, trace_id: 'baaaaaad-c0de-fade-baad-c000000000de', meta: {} }
    return { status: 400, json, headers: { 'content-type': 'application/problem+json' } }
  }
  const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true
  if (request.method !== 'POST' || !isForm) return refuseToken('invalid_request', 'The content type is not supported')
  const form = new URLSearchParams(request.body)
  if (form.get('grant_type') !== 'client_credentials') return refuseToken('unsupported_grant_type', 'Not this grant')
  if (form.get('client_id') !== clientId || form.get('client_secret') !== account.clientSecret) {
    return refuseToken('invalid_client', `${form.get('client_secret')} is not the secret of ${form.get('client_id')}`)
  }
  const token = `papi-tOkEn-number-${account.tokens.size + 1}`
  account.tokens.set(token, new Date(now.getTime() + account.tokenLife * 1000))
  const scope = 'personio:persons:read personio:employment:read'
  return { status: 200, json: { access_token: token, expires_in: account.tokenLife, token_type: 'Bearer', scope } }
}

function answer(query: Query): FakeAnswer {
  const [, , place = '', id, inner] = query.path.split('/')
  if (place === 'persons' && id === undefined) return listPersons(query)
  if (place === 'persons' && inner === 'employments') return listEmployments(query, decodeURIComponent(id ?? ''))
  if (place === 'org-units') return id === undefined ? listOrgUnits(query) : readOrgUnit(query, id)
  if (place === 'absence-periods') return listAbsences(query)
  const lists: Readonly<Record<string, readonly { id: string; name: string }[]>> = {
    workplaces: [...query.company.sites.values()],
    'legal-entities': [{ id: '170', name: 'Acme GmbH' }],
    'cost-centers': [{ id: '1000', name: '4711' }],
    'absence-types': [{ id: leaveType, name: 'Parental leave' }],
  }
  const items = lists[place]
  if (items === undefined || id !== undefined) return refuse(404, 'There is no resource for the specified id.')
  return writePage(
    query,
    items.map(({ id: own, name }) => ({ id: own, name })),
    100,
  )
}

function listPersons(query: Query): FakeAnswer {
  const { company, account, request } = query
  const since = request.query.get('updated_at.gt')
  const people = [...company.people.values()].filter((person) => {
    return since === null || lastChange(company, person, account.bumpsPersons) > new Date(since)
  })
  return writePage(
    query,
    people.map((person) => writePerson(person, company, account)),
    50,
  )
}

function lastChange({ changes, now }: Company, { id }: Person, isLatest: boolean): Date {
  const own = changes.filter((change) => change.id === id)
  return (isLatest ? own.at(-1) : own[0])?.at ?? now
}

function writePerson(person: Person, company: Company, account: PersonioAccount): JsonObject {
  const { id, email, firstName, lastName, preferredName } = person
  const href = `https://api.personio.de/v2/persons/${id}/employments`
  return hide(account, '', {
    id,
    ...(email !== null && { email }),
    created_at: writeTime(lastChange(company, person, false)),
    updated_at: writeTime(lastChange(company, person, account.bumpsPersons)),
    first_name: firstName,
    last_name: lastName,
    ...(preferredName !== null && { preferred_name: preferredName }),
    status: writeStatus(person) === 'INACTIVE' ? 'INACTIVE' : 'ACTIVE',
    custom_attributes: [...(account.customAttributes.get(id) ?? [])],
    employments: listEmploymentsOf(person, account).map((employment) => ({ id: employment['id'] ?? '' })),
    _meta: { links: { employments: { href } } },
  })
}

function listEmployments(query: Query, personId: string): FakeAnswer {
  const person = query.company.people.get(personId)
  if (person === undefined) return refuse(404, 'There is no resource for the specified id.')
  const employments = listEmploymentsOf(person, query.account)
  return writePage(
    query,
    employments.map((employment) => hide(query.account, 'employment.', employment)),
    50,
  )
}

function listEmploymentsOf(person: Person, account: PersonioAccount): JsonObject[] {
  return [writeEmployment(person, account), ...(account.otherEmployments.get(person.id) ?? [])]
}

/** The one that the company tells of. */
function writeEmployment(person: Person, account: PersonioAccount): JsonObject {
  const { id, title, startDate, endDate, managerId, siteId, departmentId, employmentType, status } = person
  const noTermination = { absent: {}, null: { termination: null }, empty: { termination: {} } }[account.noTermination]
  const isLeaving = endDate !== null || status === 'garden_leave' || status === 'retired'
  return {
    id: `c85d978e-1104-4762-be94-${id.padStart(12, '0')}`,
    status: writeStatus(person),
    type: employmentType === 'Contractor' ? 'EXTERNAL' : 'INTERNAL',
    position: { title },
    employment_start_date: startDate,
    employment_end_date: null,
    weekly_working_hours: employmentType === 'Part-Time' ? 20 : 40,
    full_time_weekly_working_hours: 40,
    ...(managerId !== null && { supervisor: { id: managerId } }),
    office: { id: siteId },
    legal_entity: { id: '170' },
    org_units: [
      { type: 'team', id: teams[0].id },
      { type: 'department', id: departmentId },
    ],
    cost_centers: [
      { id: '2000', weight: 20 },
      { id: '1000', weight: 80 },
    ],
    person: { id },
    ...(isLeaving ? { termination: writeTermination(person) } : noTermination),
    created_at: '2024-02-12T07:16:55Z',
    updated_at: '2026-11-02T09:13:44Z',
  }
}

function writeTermination({ endDate, status }: Person): JsonObject {
  const types: Readonly<Record<string, string>> = { retired: 'RETIREMENT', garden_leave: 'IRREVOCABLE_SUSPENSION' }
  return {
    ...(endDate !== null && { termination_date: endDate }),
    terminated_at: '2026-10-30',
    type: types[status] ?? 'EMPLOYEE',
    reason: 'Moving to a different position',
  }
}

function writeStatus({ status }: Person): string {
  if (status === 'hired') return 'ONBOARDING'
  if (status === 'on_leave') return 'LEAVE'
  return status === 'employed' || status === 'garden_leave' ? 'ACTIVE' : 'INACTIVE'
}

function listOrgUnits(query: Query): FakeAnswer {
  const units = findOrgUnits(query)
  if (units === undefined) return refuse(400, 'Provided request parameters are invalid.')
  const withChain = query.request.query.get('include_parent_chain') === 'true'
  const items = units.map(({ id, name, parentId }) => ({
    id,
    name,
    ...(withChain && { parent_chain: parentId === null ? [] : [{ id: parentId }] }),
  }))
  return writePage(query, items, 100)
}

function readOrgUnit(query: Query, id: string): FakeAnswer {
  const unit = findOrgUnits(query)?.find((one) => one.id === id)
  return unit === undefined
    ? refuse(404, 'There is no resource for the specified id.')
    : { status: 200, json: { id, name: unit.name, abbreviation: unit.name.slice(0, 3) } }
}

function findOrgUnits({
  company,
  request,
}: Query): readonly { id: string; name: string; parentId: string | null }[] | undefined {
  const type = request.query.get('type')
  if (type === 'team') return teams
  return type === 'department' ? [...company.departments.values()] : undefined
}

// Those that overlap what is asked for.
function listAbsences(query: Query): FakeAnswer {
  const { company, account, request } = query
  const ids = (request.query.get('person.id') ?? '').split(',')
  const from = request.query.get('ends_at.date_time.gte') ?? ''
  if (from.endsWith('Z') !== (account.absenceTimes === 'zoned')) {
    return refuse(400, 'Provided request parameters are invalid.')
  }
  const absences = ids.flatMap((id) => {
    const person = company.people.get(id)
    const leave = person?.status === 'on_leave' ? [writeAbsence(id, '2026-10-01', '2027-03-31')] : []
    return [...leave, ...(account.absences.get(id) ?? [])]
  })
  return writePage(query, absences, 100)
}

/** A leave; one without an end goes on. */
export function writeAbsence(personId: string, start: string, end: string | null, status = 'APPROVED'): JsonObject {
  return {
    id: `abc6fa09-d8fe-4de0-be03-${start.replaceAll('-', '').padStart(12, '0')}`,
    person: { id: personId },
    starts_from: { date_time: `${start}T00:00:00`, type: 'FIRST_HALF' },
    ends_at: end === null ? null : { date_time: `${end}T00:00:00`, type: 'SECOND_HALF' },
    timezone_id: 'Europe/Berlin',
    absence_type: { id: leaveType },
    approval: { status },
    created_at: '2026-09-01T08:00:00Z',
    updated_at: '2026-09-01T08:00:00Z',
  }
}

// Behind a cursor is the place, and for which question it is.
function writePage({ account, request, path }: Query, items: readonly Json[], most: number): FakeAnswer {
  const limit = Number(request.query.get('limit') ?? 10)
  if (!(limit >= 1 && limit <= most)) return refuse(400, 'Provided request parameters are invalid.')
  const cursor = request.query.get('cursor')
  const start = cursor === null ? 0 : Number(/^cur_(\d+)$/.exec(cursor)?.[1] ?? Number.NaN)
  if (Number.isNaN(start) || (cursor !== null && account.forgetsCursors)) return refuse(400, 'The cursor is not valid')
  const end = account.repeatsCursor ? limit : start + limit
  const shown = items.slice(start, start + limit)
  const href = `https://api.personio.de${path}`
  const next = end < items.length ? { next: { href: `${href}?cursor=cur_${end}` } } : {}
  return { status: 200, json: { _data: shown, _meta: { links: { self: { href }, ...next } } } }
}

function hide({ hidden }: PersonioAccount, prefix: string, record: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !hidden.has(`${prefix}${name}`)))
}

function writeTime(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z')
}

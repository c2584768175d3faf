// Bob's API, as its documentation and what others captured of it say: people by search, their fields, and lists.
import type { Json, JsonObject } from '../../providers/provider.ts'
import { type Company, createCompany, type NamedCompany, type Person } from './company.ts'
import {
  createLimit,
  type FakeAnswer,
  type FakeRequest,
  type FakeServer,
  readBasic,
  startFakeServer,
} from './fake-server.ts'

export interface HiBobFake extends FakeServer {
  readonly company: NamedCompany
  readonly settings: { serviceUserId: string; token: string; baseUrl: string }
  /** How it is set up; may be changed at any time. */
  readonly account: HiBobAccount
}

export interface HiBobAccount {
  /** Categories or single fields that the service user may not view: they are left out, without a word. */
  readonly hidden: Set<string>
  /** Lifecycle statuses whose people the service user may not see. */
  readonly unseen: Set<string>
  /** Which of its two forms values have. */
  shape: 'both' | 'flat' | 'nested'
  /** Whether a lifecycle status is the id of an item of a list, or a word. */
  listedStatuses: boolean
  /** Where the kind of employment stands. */
  employment: 'employment' | 'payroll.employment'
  /** What the items of a list are called. */
  itemsName: 'values' | 'items'
  /** Requests for time off. */
  readonly timeOff: TimeOffRequest[]
  /** Paths that are refused with 403. */
  readonly refused: Set<string>
}

export interface TimeOffRequest {
  readonly requestId: number
  readonly employeeId: string
  readonly policyType: string
  /** Public, where the company does not want everybody to know. */
  readonly displayName: string
  readonly type: 'days' | 'hours' | 'openEnded'
  readonly startDate: string
  readonly endDate: string | null
  readonly status: 'Approved' | 'Pending'
}

interface Field {
  readonly type: string
  readonly listId?: string
  read(person: Person, company: Company): { machine: Json; human?: string | undefined }
}

const listIds = { title: 255_490_000, status: 7_700_000, employment: 8_800_000 }

// What is in a list has an id that is made from its name, so that it stays.
function toItemId(first: number, name: string): string {
  return String(first + Buffer.from(name).reduce((sum, byte) => (sum * 31 + byte) % 9973, 7))
}

/** As the account's language writes dates, which is the trap of `humanReadable`. */
function toLocalDate(day: string | null): string | undefined {
  return day?.split('-').toReversed().join('/')
}

const statuses: Readonly<Record<Person['status'], string>> = {
  hired: 'Hired',
  employed: 'Employed',
  on_leave: 'Leave',
  garden_leave: 'Garden leave',
  terminated: 'Terminated',
  retired: 'Terminated',
}

export function readLifecycleStatus({ status, leave }: Person): string {
  return status === 'on_leave' && leave !== null ? leave : statuses[status]
}

function text(read: (person: Person) => string | null): Field {
  return { type: 'text', read: (person) => ({ machine: read(person), human: read(person) ?? undefined }) }
}

function date(read: (person: Person) => string | null): Field {
  return { type: 'date', read: (person) => ({ machine: read(person), human: toLocalDate(read(person)) }) }
}

function listFields(account: HiBobAccount): Record<string, Field> {
  return {
    'root.id': text(({ id }) => id),
    'root.email': text(({ email }) => email),
    'root.firstName': text(({ firstName }) => firstName),
    'root.middleName': text(({ middleName }) => middleName),
    'root.surname': text(({ lastName }) => lastName),
    'root.displayName': text(({ preferredName, firstName, lastName }) => `${preferredName ?? firstName} ${lastName}`),
    'work.title': {
      type: 'list',
      listId: 'title',
      read: ({ title }) => ({ machine: toItemId(listIds.title, title), human: title }),
    },
    'work.department': {
      type: 'hierarchy-list',
      listId: 'department',
      read: ({ departmentId }, { departments }) => ({
        machine: departmentId,
        human: departments.get(departmentId)?.name,
      }),
    },
    // Of sites Bob writes the name, and the id beside it.
    'work.site': {
      type: 'list',
      listId: 'site',
      read: ({ siteId }, { sites }) => same(sites.get(siteId)?.name ?? null),
    },
    'work.siteId': { type: 'number', read: ({ siteId }) => ({ machine: Number(siteId), human: siteId }) },
    'work.startDate': date(({ startDate }) => startDate),
    'work.reportsTo': {
      type: 'employee-reference',
      read: ({ managerId }, { people }) => referTo(managerId === null ? undefined : people.get(managerId)),
    },
    'work.manager': {
      type: 'employee-reference',
      read: ({ managerId }, { people }) => {
        const manager = managerId === null ? undefined : people.get(managerId)
        return { machine: managerId, human: manager && `${manager.firstName} ${manager.lastName}` }
      },
    },
    'work.employeeIdInCompany': {
      type: 'number',
      read: ({ number }) => ({
        machine: number === null ? null : Number(number),
        human: number === null ? undefined : Number(number).toLocaleString('en'),
      }),
    },
    'work.workPhone': text(({ workPhone }) => workPhone),
    'work.workMobile': text(() => null),
    'internal.status': text(({ status }) =>
      ['hired', 'terminated', 'retired'].includes(status) ? 'Inactive' : 'Active',
    ),
    'internal.lifecycleStatus': {
      type: 'list',
      listId: 'lifecycleStatus',
      read: (person) => {
        const status = readLifecycleStatus(person)
        return { machine: account.listedStatuses ? toItemId(listIds.status, status) : status, human: status }
      },
    },
    'internal.terminationDate': date(({ endDate }) => endDate),
    'home.privateEmail': text(({ privateEmail }) => privateEmail),
    'home.mobilePhone': text(({ mobilePhone }) => mobilePhone),
    [`${account.employment}.type`]: {
      type: 'list',
      listId: 'employmentType',
      read: ({ employmentType }) => ({
        machine: toItemId(listIds.employment, employmentType),
        human: employmentType,
      }),
    },
  }
}

function same(value: string | null): { machine: Json; human?: string | undefined } {
  return { machine: value, human: value ?? undefined }
}

function referTo(person: Person | undefined): { machine: Json; human?: string } {
  if (person === undefined) return { machine: null }
  const { id, firstName, lastName, email } = person
  const displayName = `${firstName} ${lastName}`
  return { machine: { id, firstName, surname: lastName, email, displayName }, human: displayName }
}

/** Starts one, with a company whose ids no number holds exactly. */
export async function startHiBobFake(
  options: { readonly company?: NamedCompany; readonly now?: () => Date } = {},
): Promise<HiBobFake> {
  const { company = createCompany('3332883884017713001'), now } = options
  const account: HiBobAccount = {
    hidden: new Set(),
    unseen: new Set(),
    shape: 'both',
    listedStatuses: false,
    employment: 'employment',
    itemsName: 'values',
    timeOff: listTimeOff(company),
    refused: new Set(),
  }
  const credentials = { serviceUserId: 'SERVICE-6061', token: 'sEcReT-tOkEn-of-the-service-user' }
  const isEarly = now && createLimit(50, 60_000, now)
  const server = await startFakeServer((request) => {
    const basic = readBasic(request)
    if (basic?.user !== credentials.serviceUserId || basic.password !== credentials.token) {
      return refuse(401, 'unauthorized', `The credentials ${basic?.user}:${basic?.password} are not valid`)
    }
    const path = request.path.replace(/^\/v1/, '')
    if (account.refused.has(path)) return refuse(403, 'forbidden', 'The service user has no permission for this')
    const resetAt = path === '/people/search' ? isEarly?.() : undefined
    return resetAt === undefined ? answer(request, path, company, account) : slowDown(resetAt)
  })
  return Object.assign(server, {
    company,
    account,
    settings: { ...credentials, baseUrl: `${server.origin}/v1` },
  })
}

function listTimeOff({ named }: NamedCompany): TimeOffRequest[] {
  const holiday = { policyType: 'Holiday', displayName: 'Holiday', type: 'days', status: 'Approved' } as const
  const { id } = named.leaver
  return [
    {
      ...holiday,
      requestId: 5501,
      employeeId: named.onLeave.id,
      policyType: 'Parental leave',
      displayName: 'Out of office',
      startDate: '2026-06-01',
      endDate: '2027-05-31',
    },
    { ...holiday, requestId: 5503, employeeId: id, startDate: '2026-12-21', endDate: '2026-12-23', status: 'Pending' },
    { ...holiday, requestId: 5502, employeeId: id, startDate: '2026-11-19', endDate: '2026-11-20' },
    { ...holiday, requestId: 5504, employeeId: id, startDate: '2026-11-02', endDate: '2026-11-06' },
    { ...holiday, requestId: 5505, employeeId: id, type: 'hours', startDate: '2026-11-24', endDate: '2026-11-24' },
  ]
}

function refuse(status: number, key: string, error: string): FakeAnswer {
  return { status, json: { key, error } }
}

/** The answer to who asks more often than he may. */
export function slowDown(resetAt: Date): FakeAnswer {
  const reset = String(Math.ceil(resetAt.getTime() / 1000))
  const headers = { 'X-RateLimit-Limit': '50', 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': reset }
  return { ...refuse(429, 'too_many_requests', 'Too many requests'), headers }
}

function answer(request: FakeRequest, path: string, company: Company, account: HiBobAccount): FakeAnswer {
  const route = `${request.method} ${path}`
  if (route === 'POST /people/search') return search(request, company, account)
  if (route === 'GET /people') return listActive(request, company, account)
  if (route === 'GET /timeoff/whosout') return listOuts(request, company, account)
  if (route === 'GET /company/people/fields') return { status: 200, json: describeFields(account) }
  if (route.startsWith('POST /people/')) return readOne(request, path.slice('/people/'.length), company, account)
  if (route.startsWith('GET /company/named-lists/')) return readList(path.split('/').at(-1) ?? '', company, account)
  return refuse(404, 'not_found', 'There is nothing here')
}

function search(request: FakeRequest, company: Company, account: HiBobAccount): FakeAnswer {
  const query = parse(request.body)
  if (query === undefined) return refuse(400, 'bad_request', 'The body is not an object')
  const { fields, filters, showInactive, humanReadable } = query
  if (Array.isArray(fields) && fields.length > 400) return refuse(400, 'bad_request', 'At most 400 fields')
  const filter = readFilter(filters)
  if (filter === undefined) return refuse(400, 'bad_request', 'The filter is not supported')
  const people = [...company.people.values()].filter(
    (person) => isSeen(person, account) && (showInactive === true || isActive(person)) && filter(person),
  )
  const names = Array.isArray(fields) ? fields.filter((name) => typeof name === 'string') : undefined
  const mode = typeof humanReadable === 'string' ? humanReadable : ''
  return {
    status: 200,
    json: { employees: people.map((person) => writePerson(person, names, mode, company, account)) },
  }
}

function parse(body: string): JsonObject | undefined {
  const parsed: Json = JSON.parse(body === '' ? '{}' : body)
  return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? parsed : undefined
}

// At most one, of one field of two, with one operator.
function readFilter(filters: Json | undefined): ((person: Person) => boolean) | undefined {
  if (filters === undefined || (Array.isArray(filters) && filters.length === 0)) return () => true
  if (!Array.isArray(filters) || filters.length > 1) return undefined
  const filter = filters[0]
  if (typeof filter !== 'object' || filter === null || Array.isArray(filter)) return undefined
  const { fieldPath, operator, values } = filter
  if (operator !== 'equals' || !Array.isArray(values) || values.length === 0) return undefined
  if (fieldPath === 'root.id') return ({ id }) => values.includes(id)
  return fieldPath === 'root.email' ? ({ email }) => values.includes(email) : undefined
}

function isSeen(person: Person, { unseen }: HiBobAccount): boolean {
  return !unseen.has(readLifecycleStatus(person))
}

function isActive({ status }: Person): boolean {
  return !['hired', 'terminated', 'retired'].includes(status)
}

// Deprecated, and still there: active people only, with what everybody may see.
function listActive(request: FakeRequest, company: Company, account: HiBobAccount): FakeAnswer {
  const isAll = request.query.get('showInactive') === 'true'
  const people = [...company.people.values()].filter((person) => isSeen(person, account) && (isAll || isActive(person)))
  const mode = request.query.get('includeHumanReadable') === 'true' ? 'APPEND' : ''
  return {
    status: 200,
    json: { employees: people.map((person) => writePerson(person, undefined, mode, company, account)) },
  }
}

function readOne(request: FakeRequest, identifier: string, company: Company, account: HiBobAccount): FakeAnswer {
  const { fields, humanReadable } = parse(request.body) ?? {}
  const name = decodeURIComponent(identifier)
  const person = [...company.people.values()].find(({ id, email }) => id === name || email === name)
  if (person === undefined || !isSeen(person, account)) return refuse(404, 'not_found', 'Employee not found')
  const names = Array.isArray(fields) ? fields.filter((field) => typeof field === 'string') : undefined
  const mode = typeof humanReadable === 'string' ? humanReadable : ''
  return { status: 200, json: writePerson(person, names, mode, company, account) }
}

function writePerson(
  person: Person,
  names: readonly string[] | undefined,
  mode: string,
  company: Company,
  account: HiBobAccount,
): JsonObject {
  const fields = listFields(account)
  const record: JsonObject = { companyId: 557_418, creationDateTime: '2024-02-12T07:16:55.799624', avatarUrl: null }
  const shown: JsonObject = {}
  for (const name of names ?? Object.keys(fields).filter((field) => /^(root|work|employment)\./.test(field))) {
    const field = fields[name]
    if (field === undefined || isHidden(name, account)) continue
    const { machine, human } = field.read(person, company)
    write(record, name, mode === 'REPLACE' ? (human ?? null) : machine, account.shape)
    if (human !== undefined && field.type !== 'employee-reference') write(shown, name, human, 'nested')
  }
  if (mode === 'APPEND') record['humanReadable'] = shown
  return record
}

function isHidden(name: string, { hidden }: HiBobAccount): boolean {
  return hidden.has(name) || hidden.has(name.slice(0, name.indexOf('.')))
}

function write(record: JsonObject, name: string, value: Json, shape: HiBobAccount['shape']): void {
  const parts = name.split('.')
  if (shape !== 'nested') record[`/${parts.join('/')}`] = { value: name === 'work.reportsTo' ? readId(value) : value }
  if (shape === 'flat') return
  let place = record
  for (const part of parts.slice(parts[0] === 'root' ? 1 : 0, -1)) {
    const within = (place[part] ?? {}) as JsonObject
    place[part] = within
    place = within
  }
  place[parts.at(-1) ?? ''] = value
}

function readId(value: Json): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value['id'] ?? null) : value
}

function describeFields(account: HiBobAccount): Json {
  return Object.entries(listFields(account)).map(([id, { type, listId }]) => ({
    id,
    category: id.slice(0, id.indexOf('.')),
    name: id.slice(id.lastIndexOf('.') + 1),
    jsonPath: id,
    type,
    ...(listId !== undefined && { typeData: { listId } }),
    historical: id.startsWith('work.'),
  }))
}

function readList(name: string, company: Company, { itemsName }: HiBobAccount): FakeAnswer {
  const items = { department: listDepartments(company, null), site: listSites(company) }[name]
  if (items === undefined) return { status: 404 }
  return { status: 200, json: { name, [itemsName]: items } }
}

function listDepartments(company: Company, parentId: string | null): Json[] {
  return [...company.departments.values()]
    .filter((department) => department.parentId === parentId)
    .map(({ id, name }) => ({
      id: Number(id),
      value: name,
      name,
      archived: false,
      children: listDepartments(company, id),
    }))
}

function listSites({ sites }: Company): Json[] {
  return [...sites.values()].map(({ id, name }) => ({
    id: Number(id),
    value: name,
    name,
    archived: false,
    children: [],
  }))
}

// Of active people only; hours only where they are asked for.
function listOuts({ query }: FakeRequest, { people }: Company, { timeOff }: HiBobAccount): FakeAnswer {
  const [from, to] = [query.get('from'), query.get('to')]
  if (from === null || to === null) return refuse(400, 'bad_request', 'from and to are required')
  const outs = timeOff
    .filter(({ startDate, endDate }) => startDate <= to && (endDate === null || endDate >= from))
    .filter(({ status }) => status === 'Approved' || query.get('includePending') === 'true')
    .filter(({ type }) => type !== 'hours' || query.get('includeHourly') === 'true')
    .filter(({ employeeId }) => people.has(employeeId))
  return { status: 200, json: { outs: outs.map((request) => writeOut(request, people)) } }
}

function writeOut(request: TimeOffRequest, people: Company['people']): JsonObject {
  const { requestId, employeeId, policyType, displayName, type, startDate, endDate, status } = request
  const person = people.get(employeeId)
  return {
    requestId,
    employeeId,
    employeeDisplayName: `${person?.firstName} ${person?.lastName}`,
    policyType,
    policyTypeDisplayName: displayName,
    type,
    startDate,
    startPortion: 'all_day',
    ...(endDate !== null && { endDate, endPortion: 'all_day' }),
    status,
  }
}

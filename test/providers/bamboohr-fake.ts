// BambooHR's API, as its OpenAPI document and SDKs say: the dataset of employees, reports, changes, and lists.
import type { Json, JsonObject } from '../../providers/provider.ts'
import { readFilter } from './bamboohr-filter.ts'
import { type Company, createCompany, type NamedCompany, type Person } from './company.ts'
import { type FakeAnswer, type FakeRequest, type FakeServer, readBasic, startFakeServer } from './fake-server.ts'

export interface BambooFake extends FakeServer {
  readonly company: NamedCompany
  readonly settings: { companyDomain: string; apiKey: string; baseUrl: string }
  /** How it is set up; may be changed at any time. */
  readonly account: BambooAccount
}

export interface BambooAccount {
  /** Fields, by their older names, that the key's access level keeps back. */
  readonly hidden: Set<string>
  /** The employee whom the key belongs to, of whom it sees everything. */
  ownId: string | undefined
  /** Whether the key may use datasets: 403 and 404 are the two ways of saying no. */
  datasets: 'allowed' | 403 | 404
  /** Names that the dataset has not, or not under these. */
  readonly unnamed: Set<string>
  /** Whether what may not be seen is refused with 403, as once, or left empty. */
  refusesHidden: boolean
  /** Whether a filter may ask for several ids. */
  refusesFilters: boolean
  /** Whether ids are in the order of texts. */
  ordersAsText: boolean
  /** What no date looks like in reports. */
  noDate: '0000-00-00' | '' | null
  /** Whether nobody is `[]`, as PHP writes an empty map. */
  writesArrays: boolean
  /** Rows of a page of the catalogue of fields. */
  cataloguePage: number
  /** Requests for time off. */
  readonly timeOff: TimeOffRequest[]
  /** Whether the key sees who is out, and no requests. */
  hidesRequests: boolean
  /** Paths that are refused with 403. */
  readonly refused: Set<string>
}

export interface TimeOffRequest {
  readonly id: number
  readonly employeeId: string
  readonly type: string
  readonly start: string
  readonly end: string
  readonly status: 'approved' | 'requested' | 'denied' | 'canceled'
  readonly created: string
  readonly lastChanged: string
}

interface Field {
  /** In reports. */
  readonly name: string
  /** In the dataset. */
  readonly datasetName: string
  readonly type: string
  read(person: Person, company: Company): string | null
}

function field(name: string, read: Field['read'], datasetName = name, type = 'text'): Field {
  return { name, datasetName, type, read }
}

const fields: readonly Field[] = [
  field('id', ({ id }) => id, 'eeid', 'int'),
  field('employeeNumber', ({ number }) => number),
  field('firstName', ({ firstName }) => firstName),
  field('middleName', ({ middleName }) => middleName),
  field('lastName', ({ lastName }) => lastName),
  field('preferredName', ({ preferredName }) => preferredName),
  field('workEmail', ({ email }) => email, 'email'),
  field('homeEmail', ({ privateEmail }) => privateEmail),
  field('workPhone', ({ workPhone }) => workPhone),
  field('mobilePhone', ({ mobilePhone }) => mobilePhone),
  field('homePhone', () => null),
  field('jobTitle', ({ title }) => title, 'jobInformationJobTitle', 'options'),
  field(
    'department',
    ({ departmentId }, { departments }) => departments.get(departmentId)?.name ?? null,
    'jobInformationDepartment',
    'options',
  ),
  field('division', () => 'EMEA', 'jobInformationDivision', 'options'),
  field('location', ({ siteId }, { sites }) => sites.get(siteId)?.name ?? null, 'jobInformationLocation', 'options'),
  field('supervisorEId', ({ managerId }) => managerId, 'supervisorEid', 'int'),
  field(
    'supervisorId',
    ({ managerId }, { people }) => (managerId === null ? null : (people.get(managerId)?.number ?? null)),
    'supervisorNumber',
  ),
  field('hireDate', ({ startDate }) => startDate, 'hireDate', 'date'),
  field('originalHireDate', ({ originalStartDate }) => originalStartDate, 'originalHireDate', 'date'),
  field('terminationDate', ({ endDate }) => endDate, 'terminationDate', 'date'),
  field('status', ({ status }) => (isActive(status) ? 'Active' : 'Inactive'), 'status', 'options'),
  field('employmentHistoryStatus', readEmployment, 'employmentStatus', 'options'),
  field('lastChanged', ({ id }, company) => toTime(lastChange(company, id)), 'lastChanged', 'date'),
]

// Who has not begun is Inactive, too.
function isActive(status: Person['status']): boolean {
  return !['hired', 'terminated', 'retired'].includes(status)
}

function readEmployment({ status, leave, employmentType }: Person): string {
  if (status === 'on_leave') return leave ?? 'Leave of absence'
  if (status === 'terminated') return 'Terminated'
  return status === 'retired' ? 'Retired' : employmentType
}

function lastChange({ changes, now }: Company, id: string): Date {
  return changes.findLast((change) => change.id === id)?.at ?? now
}

function toTime(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, '+00:00')
}

/** Starts one. */
export async function startBambooFake(options: { readonly company?: NamedCompany } = {}): Promise<BambooFake> {
  const { company = createCompany() } = options
  const account: BambooAccount = {
    hidden: new Set(),
    ownId: undefined,
    datasets: 'allowed',
    unnamed: new Set(),
    refusesHidden: false,
    refusesFilters: false,
    ordersAsText: false,
    noDate: '0000-00-00',
    writesArrays: true,
    cataloguePage: 1000,
    timeOff: listTimeOff(company),
    hidesRequests: false,
    refused: new Set(),
  }
  const apiKey = 'sEcReT-kEy-of-the-api'
  const server = await startFakeServer((request) => {
    if (readBasic(request)?.user !== apiKey) return { status: 401, body: '' }
    // Of old the company was in the path.
    const path = request.path.replace(/^\/api\/gateway\.php\/[^/]+\//, '/api/')
    if (account.refused.has(path)) return refuse(403, 'Insufficient permissions')
    return answer(request, path, company, account)
  })
  return Object.assign(server, {
    company,
    account,
    settings: { companyDomain: 'example', apiKey, baseUrl: server.origin },
  })
}

function listTimeOff({ named }: NamedCompany): TimeOffRequest[] {
  const { id } = named.leaver
  const long = { created: '2026-05-01', lastChanged: '2026-05-01', status: 'approved', type: 'Vacation' } as const
  return [
    { ...long, id: 1348, employeeId: named.onLeave.id, type: 'Parental leave', start: '2026-06-01', end: '2027-05-31' },
    { ...long, id: 1351, employeeId: id, start: '2026-12-21', end: '2026-12-23', status: 'requested' },
    { ...long, id: 1350, employeeId: id, start: '2026-11-16', end: '2026-11-20' },
    { ...long, id: 1349, employeeId: id, start: '2026-10-05', end: '2026-10-09' },
    { ...long, id: 1352, employeeId: id, start: '2026-12-14', end: '2026-12-15', status: 'denied' },
  ]
}

// Most errors have their words in a header, and nothing in the body.
function refuse(status: number, message: string): FakeAnswer {
  return { status, headers: { 'X-BambooHR-Error-Message': message, 'X-BambooHR-Message': message }, body: '' }
}

// Those of datasets are by RFC 7807.
function explain(status: number, code: string, detail: string): FakeAnswer {
  return {
    status,
    headers: { 'content-type': 'application/problem+json' },
    json: { type: 'about:blank', title: code, status, detail, code },
  }
}

/** The answer to who asks too often: since September 2026, and before. */
export const slowDown = {
  now: { status: 429, headers: { 'Retry-After': '7' }, body: '' },
  before: { status: 503, headers: { 'Retry-After': '7' }, body: '' },
} as const satisfies Record<string, FakeAnswer>

function answer(request: FakeRequest, path: string, company: Company, account: BambooAccount): FakeAnswer {
  // Without it the answer is XML, of which nobody here wants any.
  const { accept } = request.headers
  const isJson = accept?.includes('application/json') === true || request.query.get('format')?.toLowerCase() === 'json'
  if (!isJson) return { status: 200, headers: { 'content-type': 'text/xml' }, body: '<employees/>' }
  const route = `${request.method} ${path}`
  if (route === 'GET /api/v1_2/datasets/employee/fields') return listFields(request, account)
  if (route === 'POST /api/v2/datasets/employee/data') return queryDataset(request, company, account)
  if (route === 'POST /api/v1/reports/custom') return writeReport(request, company, account)
  if (route === 'GET /api/v1/employees/changed') return listChanges(request, company, account)
  if (route === 'GET /api/v1/time_off/requests') return listRequests(request, company, account)
  if (route === 'GET /api/v1/time_off/whos_out') return listOuts(request, company, account)
  const employee = /^GET \/api\/v1\/employees\/(\d+)\/time_off\/calculator$/.exec(route)?.[1]
  if (employee !== undefined) return writeBalances(request)
  if (route === 'GET /api/v1/meta/lists') return { status: 200, json: writeLists(company) }
  const id = /^GET \/api\/v1\/employees\/(\d+)$/.exec(route)?.[1]
  return id === undefined ? refuse(404, 'Not found') : readOne(request, id, company, account)
}

function listFields({ query }: FakeRequest, account: BambooAccount): FakeAnswer {
  if (account.datasets !== 'allowed') return explain(account.datasets, 'FORBIDDEN', 'Insufficient permissions')
  const size = Math.min(Number(query.get('page_size') ?? 500), account.cataloguePage)
  const pages = Math.ceil(fields.length / size)
  const page = Math.min(Math.max(Number(query.get('page') ?? 1), 1), pages)
  const listed = fields
    .filter(({ name }) => !account.unnamed.has(name))
    .slice((page - 1) * size, page * size)
    .map(({ name, datasetName, type }) => ({
      name: datasetName,
      label: name,
      type,
      parentType: 'page',
      parentName: 'Personal',
      entityName: 'personal',
    }))
  const pagination = {
    total_records: fields.length,
    current_page: page,
    total_pages: pages,
    next_page: null,
    prev_page: null,
  }
  return { status: 200, json: { name: 'employee', label: 'Employee', fields: listed, pagination } }
}

function queryDataset(request: FakeRequest, company: Company, account: BambooAccount): FakeAnswer {
  if (account.datasets !== 'allowed') return explain(account.datasets, 'FORBIDDEN', 'Insufficient permissions')
  const query = parse(request.body)
  const names = readNames(query?.['fields'])
  if (query === undefined || names === undefined) return explain(400, 'INVALID_ARGUMENT', 'fields is missing')
  const unknown = names.find((name) => !fields.some(({ datasetName }) => datasetName === name))
  if (unknown !== undefined) return explain(400, 'INVALID_ARGUMENT', `Invalid field name: employee_${unknown}`)
  if (account.refusesHidden && names.some((name) => account.hidden.has(findName(name)))) {
    return explain(403, 'FORBIDDEN', 'Insufficient permissions')
  }
  const { page = 1, pageSize = 100, filter, orderBy } = query
  if (typeof page !== 'number' || typeof pageSize !== 'number' || pageSize < 1 || pageSize > 1000) {
    return explain(422, 'VALIDATION_FAILED', 'page and pageSize are out of range')
  }
  const order = typeof orderBy === 'string' ? orderBy.split(' ')[0] : undefined
  if (order !== undefined && !names.includes(order)) return explain(400, 'UE-1001', 'orderBy must be among fields')
  const matches = readFilter(typeof filter === 'string' ? filter : '', readType)
  if (matches === undefined || (typeof filter === 'string' && account.refusesFilters)) {
    return explain(422, 'INVALID_FILTER', 'The filter is not supported')
  }
  const people = sort([...company.people.values()], account).filter((person) =>
    matches((name) => readDatasetValue(name, person, company)),
  )
  const rows = people.slice((page - 1) * pageSize, page * pageSize)
  const totalPages = Math.ceil(people.length / pageSize)
  const place = `${request.headers.host}/api/v2/datasets/employee/data?page=`
  return {
    status: 200,
    headers: { 'X-Request-ID': 'fake' },
    json: {
      data: rows.map((person) => writeRow(person, names, company, account)),
      links: {
        next: page < totalPages ? `https://${place}${page + 1}` : null,
        prev: page > 1 ? `https://${place}${page - 1}` : null,
      },
      meta: { page, pageSize, totalPages, totalItems: people.length },
    },
  }
}

function parse(body: string): JsonObject | undefined {
  const parsed: Json = JSON.parse(body === '' ? '{}' : body)
  return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? parsed : undefined
}

function readNames(names: Json | undefined): string[] | undefined {
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : undefined
}

function readType(name: string): string | undefined {
  return fields.find(({ datasetName }) => datasetName === name)?.type
}

function readDatasetValue(name: string, person: Person, company: Company): string {
  return fields.find(({ datasetName }) => datasetName === name)?.read(person, company) ?? ''
}

function sort(people: readonly Person[], { ordersAsText }: BambooAccount): Person[] {
  return people.toSorted((one, other) =>
    ordersAsText ? (one.id < other.id ? -1 : 1) : Number(one.id) - Number(other.id),
  )
}

// What the key may not see is empty here, and named.
function writeRow(person: Person, names: readonly string[], company: Company, account: BambooAccount): JsonObject {
  const restricted = names.filter((name) => isHidden(findName(name), person, account))
  const values = names.map((name) => [name, restricted.includes(name) ? '' : readDatasetValue(name, person, company)])
  return {
    fields: Object.fromEntries(values),
    ...(restricted.length > 0 && { _restrictedFields: restricted.map((name) => `employee_${name}`) }),
  }
}

function findName(datasetName: string): string {
  return fields.find((one) => one.datasetName === datasetName)?.name ?? datasetName
}

function isHidden(name: string, { id }: Person, { hidden, ownId }: BambooAccount): boolean {
  return hidden.has(name) && id !== ownId
}

// Deprecated, and still there. A content type with a charset is taken for XML.
function writeReport(request: FakeRequest, company: Company, account: BambooAccount): FakeAnswer {
  if (request.headers['content-type'] !== 'application/json') return refuse(400, 'Malformed XML')
  const query = parse(request.body)
  const names = readNames(query?.['fields']) ?? []
  if (names.length > 400) return refuse(400, 'Too many fields')
  const filters = query?.['filters']
  const ids =
    typeof filters === 'object' && filters !== null && !Array.isArray(filters) ? filters['employeeIds'] : undefined
  if (Array.isArray(ids) && ids.some((id) => !Number.isInteger(id))) return refuse(400, 'employeeIds must be integers')
  const shown = fields.filter(({ name }) => name !== 'id' && names.includes(name) && !account.hidden.has(name))
  const people = [...company.people.values()].filter(({ id }) => !Array.isArray(ids) || ids.includes(Number(id)))
  return {
    status: 200,
    json: {
      title: query?.['title'] ?? '',
      fields: shown.map(({ name, type }) => ({ id: name, type, name })),
      employees: people.map((person) => writeReportRow(person, shown, company, account)),
    },
  }
}

function writeReportRow(
  person: Person,
  shown: readonly Field[],
  company: Company,
  { noDate }: Pick<BambooAccount, 'noDate'>,
): JsonObject {
  const values = shown.map(({ name, type, read }) => [name, read(person, company) ?? (type === 'date' ? noDate : null)])
  return { id: person.id, ...Object.fromEntries(values) }
}

function readOne(request: FakeRequest, id: string, company: Company, account: BambooAccount): FakeAnswer {
  const person = company.people.get(id)
  if (person === undefined) return refuse(404, 'Employee not found')
  const names = (request.query.get('fields') ?? 'firstName,lastName').split(',')
  const shown = fields.filter(({ name }) => names.includes(name) && !isHidden(name, person, account))
  return { status: 200, json: writeReportRow(person, shown, company, account) }
}

function listChanges({ query }: FakeRequest, company: Company, account: BambooAccount): FakeAnswer {
  const since = Date.parse(query.get('since') ?? '')
  if (Number.isNaN(since)) return refuse(400, 'since must be an ISO 8601 date')
  const recent = company.changes.filter(({ at }) => at.getTime() > since)
  const entries = recent.map(({ id, action, at }) => [id, { id, action, lastChanged: toTime(at) }] as const)
  const latest = toTime(recent.at(-1)?.at ?? new Date(since))
  const isArray = entries.length === 0 && account.writesArrays
  return { status: 200, json: { latest, employees: isArray ? [] : Object.fromEntries(entries) } }
}

function writeLists({ departments, sites }: Company): Json {
  const write = (alias: string, items: Iterable<{ id: string; name: string }>): Json => ({
    fieldId: alias === 'department' ? '4' : '18',
    name: alias,
    alias,
    manageable: 'yes',
    multiple: 'no',
    options: [...items].map(({ id, name }) => ({
      id: Number(id),
      name,
      archived: 'no',
      createdDate: null,
      archivedDate: null,
    })),
  })
  return [write('department', departments.values()), write('location', sites.values())]
}

function findTimeOff(
  { query }: FakeRequest,
  { people }: Company,
  { timeOff }: BambooAccount,
): TimeOffRequest[] | undefined {
  const [from, to] = [query.get('start'), query.get('end')]
  if (from === null || to === null) return undefined
  return timeOff.filter(({ start, end, employeeId }) => end >= from && start <= to && people.has(employeeId))
}

function listRequests(request: FakeRequest, company: Company, account: BambooAccount): FakeAnswer {
  const found = findTimeOff(request, company, account)
  if (found === undefined) return refuse(400, 'start and end are required')
  const json = (account.hidesRequests ? [] : found).map(({ id, employeeId, type, start, end, ...others }) => ({
    id,
    employeeId: Number(employeeId),
    name: company.find(employeeId).lastName,
    start,
    end,
    created: others.created,
    status: { status: others.status, lastChanged: others.lastChanged, lastChangedByUserId: 7 },
    type: { id: 78, name: type, icon: 'palm-trees' },
    amount: { unit: 'days', amount: 5 },
    actions: { view: true, edit: false, cancel: false, approve: false, deny: false, bypass: false },
    dates: { [start]: 1 },
  }))
  return { status: 200, json }
}

// Holidays are among them.
function listOuts(request: FakeRequest, company: Company, account: BambooAccount): FakeAnswer {
  const found = (findTimeOff(request, company, account) ?? []).filter(({ status }) => status === 'approved')
  const outs = found.map(({ id, employeeId, start, end }) => {
    return { id, type: 'timeOff', employeeId: Number(employeeId), name: company.find(employeeId).lastName, start, end }
  })
  const holiday = { id: 9, type: 'holiday', name: 'New Year', start: '2027-01-01', end: '2027-01-01' }
  return { status: 200, json: [...outs, holiday] }
}

// Numbers are written as texts here.
function writeBalances({ query }: FakeRequest): FakeAnswer {
  const end = query.get('end') ?? ''
  const balance = { policyType: 'accruing', usedYearToDate: '12.0', end }
  return {
    status: 200,
    json: [
      { timeOffType: '1', name: 'Vacation', units: 'days', balance: '11.50', ...balance },
      { timeOffType: '5', name: 'Bereavement', units: 'hours', balance: '-2.5', ...balance },
    ],
  }
}

// Workday's web services, as their schema and what others tell of them say: Get_Workers, Get_Organizations, balances, and tokens.
import { type Company, createCompany, type NamedCompany, type Person } from './company.ts'
import { type FakeAnswer, type FakeRequest, type FakeServer, readBasic, startFakeServer } from './fake-server.ts'
import {
  type Balance,
  element,
  escape,
  readState,
  writeBalances,
  writeOrganization,
  writeWorker,
} from './workday-xml.ts'

export interface WorkdayFake extends FakeServer {
  readonly company: NamedCompany
  /** Of an integration system user. */
  readonly settings: { host: string; tenant: string; username: string; password: string; baseUrl: string }
  /** Of an API client for integrations. */
  readonly oauthSettings: {
    host: string
    tenant: string
    signIn: string
    clientId: string
    clientSecret: string
    refreshToken: string
    baseUrl: string
  }
  /** How it is set up; may be changed at any time. */
  readonly account: WorkdayAccount
}

export interface WorkdayAccount {
  /** `names`, `work_contact`, `home_contact`, `staffing` and `organizations`: what the security group may not get. */
  readonly hidden: Set<string>
  /** WIDs of workers whom the security group may not see. */
  readonly unseen: Set<string>
  /** Operations that are refused, such as `Get_Organizations`. */
  readonly refused: Set<string>
  /** Whether who is to come is unknown before their first day, or known with little more than a name. */
  hidesComing: boolean
  /** WIDs of those whose hire was taken back. */
  readonly rescinded: Set<string>
  /** WID → the id that the person has whatever they are employed as. */
  readonly universalIds: Map<string, string>
  /** WID → balances of time off, by the plan; others have some of the plan Vacation. */
  readonly balances: Map<string, readonly Balance[]>
  password: string
  refreshToken: string
  /** In seconds. */
  tokenLife: number
  /** How an access token that is over is refused. */
  tokenRefusal: 401 | 'fault'
  /** Access tokens that are good; → when they end. */
  readonly tokens: Map<string, Date>
  /** How far its clock is behind ours. */
  behindMs: number
  /** What becomes of an answer on its way. */
  rewrite: (text: string) => string
}

const tenant = 'acme'
const humanResources = `/ccx/service/${tenant}/Human_Resources/v30.0`
const absenceManagement = `/ccx/service/${tenant}/Absence_Management/v30.0`
const clientId = 'api-client-of-rollcall'
const clientSecret = 'cLiEnT-sEcReT-of-the-api-client'

interface Query {
  readonly company: Company
  readonly account: WorkdayAccount
  readonly request: FakeRequest
  readonly now: Date
}

/** Starts one, with a company whose ids are 32 hexadecimal digits, as WIDs are. */
export async function startWorkdayFake(options: { readonly company?: NamedCompany } = {}): Promise<WorkdayFake> {
  const { company = createCompany('10000000000000000000000000000101') } = options
  const account: WorkdayAccount = {
    hidden: new Set(),
    unseen: new Set(),
    refused: new Set(),
    hidesComing: false,
    rescinded: new Set(),
    universalIds: new Map(),
    balances: new Map(),
    password: 'pAsS<word>&of-the-ISU',
    refreshToken: 'rEfReSh-tOkEn-that-does-not-expire',
    tokenLife: 3600,
    tokenRefusal: 401,
    tokens: new Map(),
    behindMs: 0,
    rewrite: (text) => text,
  }
  // Who was there when a moment was first asked for, for answers as of it do not change any more.
  const snapshots = new Map<string, Map<string, Person>>()
  const server = await startFakeServer((request) => {
    const now = new Date(company.now.getTime() - account.behindMs)
    if (request.path === `/ccx/oauth2/${tenant}/token`) return giveToken(request, account, now)
    if (![humanResources, absenceManagement].includes(request.path) || request.method !== 'POST') return { status: 404 }
    const refusal = refuse(request, account, now)
    if (refusal !== undefined) return refusal
    const asOf = readTag(request.body, 'As_Of_Entry_DateTime') ?? ''
    const people = snapshots.get(asOf) ?? new Map(company.people)
    if (asOf !== '') snapshots.set(asOf, people)
    const answered = answer({ company: createCopy(company, people), account, request, now })
    return { ...answered, body: account.rewrite(answered.body ?? '') }
  })
  const common = { host: 'wd3-services1.myworkday.com', tenant, baseUrl: server.origin }
  return Object.assign(server, {
    company,
    account,
    settings: { ...common, username: 'ISU_Rollcall', password: account.password },
    oauthSettings: { ...common, signIn: 'oauth', clientId, clientSecret, refreshToken: account.refreshToken },
  })
}

/** A fault, in SOAP 1.1. */
export function writeFault(code: string, words: string, detail = ''): FakeAnswer {
  const fault = `<faultcode>${code}</faultcode><faultstring>${escape(words)}</faultstring><detail>${detail}</detail>`
  return { ...writeEnvelope(`<soap:Fault>${fault}</soap:Fault>`), status: 500 }
}

function writeValidationFault(words: string): FakeAnswer {
  const error = element('Validation_Error', element('Message', escape(words)), element('Detail_Message', escape(words)))
  const detail = `<wd:Validation_Fault xmlns:wd="urn:com.workday/bsvc">${error}</wd:Validation_Fault>`
  return writeFault('SOAP-ENV:Client.validationError', 'Validation error occurred.', detail)
}

function writeEnvelope(content: string): FakeAnswer {
  const body = `<soap:Body>${content}</soap:Body>`
  const envelope = `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">${body}</soap:Envelope>`
  const headers = { 'content-type': 'text/xml; charset=utf-8' }
  return { status: 200, headers, body: `<?xml version="1.0" encoding="UTF-8"?>${envelope}` }
}

function giveToken(request: FakeRequest, account: WorkdayAccount, now: Date): FakeAnswer {
  const client = readBasic(request)
  if (client?.user !== clientId || client.password !== clientSecret) {
    return {
      status: 401,
      json: { error: 'invalid_client', error_description: `${client?.password} is not the secret` },
    }
  }
  const form = new URLSearchParams(request.body)
  if (form.get('grant_type') !== 'refresh_token') return { status: 400, json: { error: 'unsupported_grant_type' } }
  const refreshToken = form.get('refresh_token')
  if (refreshToken !== account.refreshToken) {
    return { status: 400, json: { error: 'invalid_grant', error_description: `${refreshToken} is not valid` } }
  }
  const token = `aCcEsS-tOkEn-number-${account.tokens.size + 1}`
  account.tokens.set(token, new Date(now.getTime() + account.tokenLife * 1000))
  const json = { access_token: token, token_type: 'Bearer', expires_in: account.tokenLife, refresh_token: refreshToken }
  return { status: 200, json }
}

function refuse({ headers, body }: FakeRequest, account: WorkdayAccount, now: Date): FakeAnswer | undefined {
  const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1]
  if (token !== undefined) {
    const end = account.tokens.get(token)
    if (end !== undefined && end > now) return undefined
    if (account.tokenRefusal === 401) return { status: 401, json: { error: 'invalid_token' } }
    return writeFault('wsse:InvalidSecurity', 'The access token is not valid')
  }
  const user = readTag(body, 'Username', 'wsse')
  const password = unescape(readTag(body, 'Password', 'wsse') ?? '')
  if (user === `ISU_Rollcall@${tenant}` && password === account.password) return undefined
  return writeFault('wsse:InvalidSecurity', `invalid username or password: ${user} ${password}`)
}

function createCopy(company: NamedCompany, people: Map<string, Person>): Company {
  return Object.assign(Object.create(company) as Company, { people })
}

const operations: Readonly<Record<string, (query: Query) => FakeAnswer>> = {
  [`${humanResources} Get_Workers`]: listWorkers,
  [`${humanResources} Get_Organizations`]: listOrganizations,
  [`${absenceManagement} Get_Time_Off_Plan_Balances`]: listBalances,
}

function answer(query: Query): FakeAnswer {
  const { request, account } = query
  const operation = /<soapenv:Body><wd:(\w+)_Request /.exec(request.body)?.[1] ?? ''
  const give = operations[`${request.path} ${operation}`]
  if (give === undefined) return writeValidationFault('Invalid request name')
  if (!account.refused.has(operation)) return give(query)
  const words = 'Processing error occurred. The task submitted is not authorized.'
  const detail = `<wd:Processing_Fault xmlns:wd="urn:com.workday/bsvc">${element('Detail_Message', words)}</wd:Processing_Fault>`
  return writeFault('SOAP-ENV:Server', 'Processing error occurred.', detail)
}

function listOrganizations({ company, request }: Query): FakeAnswer {
  const organizations = [...company.departments.values()]
  return writePage('Get_Organizations', 'Organization', organizations.map(writeOrganization), request.body)
}

// Of one employee, or of all who have a plan.
function listBalances({ company, account, request }: Query): FakeAnswer {
  const { body } = request
  const asked = /<wd:Employee_Reference><wd:ID wd:type="WID">([^<]*)</.exec(body)?.[1]
  const usual = [{ plan: 'Vacation', unit: 'Days', amounts: ['12.5'] }]
  const people = [...company.people.values()].filter(({ id, employmentType }) => {
    return employmentType !== 'Contractor' && (asked === undefined || asked === id)
  })
  const written = people.map((person) => writeBalances(person, account.balances.get(person.id) ?? usual))
  return writePage('Get_Time_Off_Plan_Balances', 'Time_Off_Plan_Balance', written, body)
}

function listWorkers(query: Query): FakeAnswer {
  const { company, account, now } = query
  const { body } = query.request
  const through = readTag(body, 'Updated_Through')
  if (through !== undefined && new Date(through) > now) {
    return writeValidationFault('Updated Through must be less than or equal to Current Moment!')
  }
  const day = readTag(body, 'As_Of_Effective_Date') ?? now.toISOString().slice(0, 10)
  const isAsked = readSelection(query)
  const workers = [...company.people.values()].filter((person) => {
    const isUnknown = account.hidesComing && readState(person, day) === 'to_come'
    return isAsked(person) && !isUnknown && !account.unseen.has(person.id)
  })
  const { hidden, rescinded, universalIds } = account
  const known = { company, hidden, day, rescinded, universalIds }
  const referencesOnly = !body.includes('Include_Personal_Information>1<')
  const written = workers.map((person) => writeWorker(person, known, referencesOnly))
  return writePage('Get_Workers', 'Worker', written, body)
}

// By ids, by what is in the log, or all.
function readSelection({ company, request: { body } }: Query): (person: Person) => boolean {
  if (body.includes('<wd:Request_References')) {
    const ids = new Set([...body.matchAll(/wd:type="WID">([^<]*)</g)].map(([, id]) => id))
    return ({ id }) => ids.has(id)
  }
  const [from, through] = [readTag(body, 'Updated_From'), readTag(body, 'Updated_Through')]
  const isEntered = ({ id }: Person): boolean => {
    return company.changes.some((change) => change.id === id && isWithin(change.at.toISOString(), from, through))
  }
  const [first, last] = [readTag(body, 'Effective_From'), readTag(body, 'Effective_Through')]
  const isEffective = ({ id, startDate, endDate }: Person): boolean => {
    const updates = company.changes.filter((change) => change.id === id && change.action === 'Updated')
    const days = [startDate, endDate, ...updates.map(({ at }) => at.toISOString().slice(0, 10))]
    return days.some((one) => one !== null && isWithin(`${one}T12:00:00.000Z`, first, last))
  }
  if (from !== undefined) return isEntered
  return first === undefined ? () => true : isEffective
}

function isWithin(time: string, from: string | undefined, through: string | undefined): boolean {
  return from !== undefined && through !== undefined && time >= from && time <= through
}

function writePage(operation: string, item: string, items: readonly string[], body: string): FakeAnswer {
  const [page, count] = [Number(readTag(body, 'Page') ?? 1), Number(readTag(body, 'Count') ?? 100)]
  if (count > 999) return writeValidationFault('Count is too large')
  const shown = items.slice((page - 1) * count, page * count)
  const pages = Math.ceil(items.length / count)
  if (page > Math.max(1, pages)) return writeValidationFault('Page Number is too large')
  const filter = /<wd:Response_Filter>.*<\/wd:Response_Filter>/.exec(body)?.[0] ?? ''
  const results = element(
    'Response_Results',
    element('Total_Results', String(items.length)),
    element('Total_Pages', String(pages)),
    element('Page_Results', String(shown.length)),
    element('Page', String(page)),
  )
  const data = shown.length === 0 ? '' : element('Response_Data', ...shown)
  const open = `<wd:${operation}_Response xmlns:wd="urn:com.workday/bsvc" wd:version="v30.0">`
  return writeEnvelope(`${open}${filter}${results}${data}</wd:${operation}_Response>`)
}

function readTag(xml: string, name: string, prefix = 'wd'): string | undefined {
  return new RegExp(`<${prefix}:${name}(?:\\s[^>]*)?>([^<]*)<`).exec(xml)?.[1]
}

function unescape(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&')
}

// The requests in XML. Elements stand in the order of Workday's schemas (v30.0), for it takes them in no other.
import { escapeXml } from './xml.ts'

export const version = 'v30.0'

const security = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd'
const passwordText = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordText'

/** What holds for all requests of a pull, so that its pages do not shift and changes of tomorrow are not taken for today's. */
export interface Moment {
  /** What was entered until then: an ISO 8601 time. */
  readonly asOf: string
  /** What holds on that day: YYYY-MM-DD. */
  readonly day: string
}

export interface PageOf {
  /** From 1. */
  readonly page: number
  /** 1 to 999. */
  readonly count: number
}

/** Names are written as Workday calls the parts of a worker. */
export interface WorkersQuery extends Moment, PageOf {
  /** Only these, and none that does not exist on that day. */
  readonly ids?: readonly string[]
  readonly entered?: TimeRange
  /** What takes effect in it. */
  readonly effective?: TimeRange
  /** Nothing but who they are. */
  readonly referencesOnly?: boolean
}

/** ISO 8601 times, both included. */
export interface TimeRange {
  readonly from: string
  readonly through: string
}

/** A SOAP 1.1 envelope around a request; with a user name and password where that is how one signs in. */
export function writeEnvelope(request: string, user?: { readonly name: string; readonly password: string }): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:wd="urn:com.workday/bsvc">',
    '<soapenv:Header>',
    user === undefined ? '' : writeUser(user.name, user.password),
    '<wd:Workday_Common_Header>',
    '<wd:Include_Reference_Descriptors_In_Response>1</wd:Include_Reference_Descriptors_In_Response>',
    '</wd:Workday_Common_Header>',
    '</soapenv:Header>',
    `<soapenv:Body>${request}</soapenv:Body>`,
    '</soapenv:Envelope>',
  ].join('')
}

export function writeGetWorkers(query: WorkersQuery): string {
  return write(
    'Get_Workers_Request',
    `${writeIds(query.ids)}${writeCriteria(query)}${writeFilter(query)}${writeParts(query.referencesOnly === true ? ['Include_Reference'] : workerParts)}`,
  )
}

/** Asks for supervisory organizations that are in use. */
export function writeGetOrganizations(query: Moment & PageOf): string {
  const type = '<wd:ID wd:type="Organization_Type_ID">SUPERVISORY</wd:ID>'
  const criteria = `<wd:Request_Criteria><wd:Organization_Type_Reference>${type}</wd:Organization_Type_Reference></wd:Request_Criteria>`
  return write('Get_Organizations_Request', `${criteria}${writeFilter(query)}${writeParts(['Include_Hierarchy_Data'])}`)
}

/** Asks for balances of time off, of one worker or of all. */
export function writeGetBalances(query: Moment & PageOf & { readonly workerId?: string | undefined }): string {
  const { workerId } = query
  const employee = workerId === undefined ? '' : `<wd:Employee_Reference>${writeId(workerId)}</wd:Employee_Reference>`
  const criteria = employee === '' ? '' : `<wd:Request_Criteria>${employee}</wd:Request_Criteria>`
  const parts = ['Include_Reference', 'Include_Time_Off_Plan_Balance_Data']
  return write('Get_Time_Off_Plan_Balances_Request', `${criteria}${writeFilter(query)}${writeParts(parts)}`)
}

function writeUser(name: string, password: string): string {
  return [
    `<wsse:Security soapenv:mustUnderstand="1" xmlns:wsse="${security}"><wsse:UsernameToken>`,
    `<wsse:Username>${escapeXml(name)}</wsse:Username>`,
    `<wsse:Password Type="${passwordText}">${escapeXml(password)}</wsse:Password>`,
    '</wsse:UsernameToken></wsse:Security>',
  ].join('')
}

function write(name: string, content: string): string {
  return `<wd:${name} wd:version="${version}">${content}</wd:${name}>`
}

function writeIds(ids: readonly string[] | undefined): string {
  if (ids === undefined) return ''
  const references = ids.map((id) => `<wd:Worker_Reference>${writeId(id)}</wd:Worker_Reference>`)
  return `<wd:Request_References wd:Skip_Non_Existing_Instances="1">${references.join('')}</wd:Request_References>`
}

function writeId(id: string): string {
  return `<wd:ID wd:type="WID">${escapeXml(id)}</wd:ID>`
}

function writeCriteria({ ids, entered, effective }: WorkersQuery): string {
  if (ids !== undefined) return ''
  const ranges = `${writeRange('Updated', entered)}${writeRange('Effective', effective)}`
  const range = `<wd:Transaction_Date_Range_Data>${ranges}</wd:Transaction_Date_Range_Data>`
  const log = ranges === '' ? '' : `<wd:Transaction_Log_Criteria_Data>${range}</wd:Transaction_Log_Criteria_Data>`
  return `<wd:Request_Criteria>${log}<wd:Exclude_Inactive_Workers>0</wd:Exclude_Inactive_Workers></wd:Request_Criteria>`
}

function writeRange(kind: 'Updated' | 'Effective', range: TimeRange | undefined): string {
  if (range === undefined) return ''
  return `<wd:${kind}_From>${range.from}</wd:${kind}_From><wd:${kind}_Through>${range.through}</wd:${kind}_Through>`
}

function writeFilter({ asOf, day, page, count }: Moment & PageOf): string {
  return [
    '<wd:Response_Filter>',
    `<wd:As_Of_Effective_Date>${day}</wd:As_Of_Effective_Date>`,
    `<wd:As_Of_Entry_DateTime>${asOf}</wd:As_Of_Entry_DateTime>`,
    `<wd:Page>${page}</wd:Page><wd:Count>${count}</wd:Count>`,
    '</wd:Response_Filter>',
  ].join('')
}

const workerParts = [
  'Include_Reference',
  'Include_Personal_Information',
  'Include_Employment_Information',
  'Include_Organizations',
  'Exclude_Organization_Support_Role_Data',
  'Exclude_Location_Hierarchies',
  'Exclude_Cost_Center_Hierarchies',
  'Exclude_Company_Hierarchies',
  'Exclude_Matrix_Organizations',
  'Exclude_Pay_Groups',
  'Exclude_Region_Hierarchies',
  'Include_Management_Chain_Data',
]

function writeParts(names: readonly string[]): string {
  return `<wd:Response_Group>${names.map((name) => `<wd:${name}>1</wd:${name}>`).join('')}</wd:Response_Group>`
}

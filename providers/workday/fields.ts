// What Workday says of a worker, by names for fields. An element that is not there may be one that may not be seen: a field is null only
// where the part that it belongs to is there.
import { isObject } from '../json.ts'
import type { Json, JsonObject } from '../provider.ts'
import { readId, readOrganizationId } from './api.ts'
import { statusFields } from './lifecycle.ts'
import { find, findAll, readAttribute, readContent } from './xml.ts'

type Reader = (data: Json, worker: Json) => Json | undefined

const status = 'Employment_Data/Worker_Status_Data'

/** Fields with names of Workday's elements; any other name with a slash is a path below Worker_Data. */
const readers: Readonly<Record<string, Reader>> = {
  Worker_ID: (data) => readContent(find(data, 'Worker_ID')),
  User_ID: (data) => readContent(find(data, 'User_ID')),
  Universal_ID: (data) => readContent(find(data, 'Universal_ID')),
  Employee_ID: (_data, worker) => readId(find(worker, 'Worker_Reference'), 'Employee_ID'),
  Contingent_Worker_ID: (_data, worker) => readId(find(worker, 'Worker_Reference'), 'Contingent_Worker_ID'),
  'Legal_Name.First_Name': name('Legal', 'First_Name'),
  'Legal_Name.Last_Name': name('Legal', 'Last_Name'),
  'Legal_Name.Formatted_Name': name('Legal', 'Formatted_Name'),
  'Preferred_Name.First_Name': name('Preferred', 'First_Name'),
  'Preferred_Name.Last_Name': name('Preferred', 'Last_Name'),
  'Preferred_Name.Formatted_Name': name('Preferred', 'Formatted_Name'),
  'Email.WORK': (data) => readEmail(data, 'WORK'),
  'Email.HOME': (data) => readEmail(data, 'HOME'),
  'Phone.WORK': (data) => readPhone(data, 'WORK', false),
  'Mobile.WORK': (data) => readPhone(data, 'WORK', true),
  'Phone.HOME': (data) => readPhone(data, 'HOME', false),
  'Mobile.HOME': (data) => readPhone(data, 'HOME', true),
  Active: flag('Active'),
  Terminated: flag('Terminated'),
  Retired: flag('Retired'),
  Rehire: flag('Rehire'),
  Hire_Rescinded: flag('Hire_Rescinded'),
  Hire_Date: day('Hire_Date'),
  Original_Hire_Date: day('Original_Hire_Date'),
  Termination_Date: day('Termination_Date'),
  Termination_Last_Day_of_Work: day('Termination_Last_Day_of_Work'),
  End_Employment_Date: day('End_Employment_Date'),
  Contract_End_Date: (data) => {
    const contract = find(data, 'Employment_Data/Worker_Contract_Data')
    return contract === undefined ? undefined : (readDay(find(contract, 'Contract_End_Date')) ?? null)
  },
  Business_Title: position('Business_Title'),
  Position_Title: position('Position_Title'),
  Job_Profile: position('Job_Profile_Summary_Data/Job_Profile_Name'),
  Location: position('Business_Site_Summary_Data/Name'),
  Location_ID: (data) => readId(findPosition(data, 'Business_Site_Summary_Data/Location_Reference'), 'Location_ID'),
  Worker_Type: (data) => readFirstId(findPosition(data, 'Worker_Type_Reference')),
  Time_Type: (data) => readFirstId(findPosition(data, 'Position_Time_Type_Reference')),
  Manager: readManager,
}

/** A field of an element `Worker`; undefined where Workday says nothing of it. */
export function readField(worker: Json, field: string): Json | undefined {
  const data = find(worker, 'Worker_Data')
  if (data === undefined) return undefined
  const [kind = '', type] = field.split('.')
  if (type !== undefined && kind === 'Organization') return readOrganization(data, type, 'Organization_Name')
  if (type !== undefined && kind === 'Organization_Code') return readOrganization(data, type, 'Organization_Code')
  const reader = readers[field]
  if (reader !== undefined) return reader(data, worker)
  return field.includes('/') ? readContent(find(data, field)) : undefined
}

/** What says whether somebody works there. */
export function readStatusFields(worker: Json): JsonObject {
  const values = statusFields.map((field) => [field, readField(worker, field)] as const)
  return Object.fromEntries(
    values.filter((entry): entry is [(typeof statusFields)[number], Json] => entry[1] !== undefined),
  )
}

export interface OrganizationOf {
  readonly id: string
  readonly name: string
}

/** The supervisory organizations of a worker; undefined where Workday says nothing of organizations. */
export function readSupervisoryOrganizations(worker: Json): OrganizationOf[] | undefined {
  const data = find(worker, 'Worker_Data/Organization_Data')
  if (data === undefined) return undefined
  return findOrganizations(data, 'SUPERVISORY').flatMap((organization) => {
    const id =
      readContent(find(organization, 'Organization_Data/Organization_Reference_ID')) ??
      readOrganizationId(find(organization, 'Organization_Reference'))
    const called = readContent(find(organization, 'Organization_Data/Organization_Name'))
    return id === undefined ? [] : [{ id, name: called ?? id }]
  })
}

/** Elements `Leave_Status_Data`; undefined where Workday says nothing of a worker's status. */
export function findLeaves(worker: Json): Json[] | undefined {
  const data = find(worker, `Worker_Data/${status}`)
  return data === undefined ? undefined : findAll(data, 'Leave_Status_Data')
}

/** Whether an element says so; undefined where there is none. */
export function readFlag(element: Json | undefined): boolean | undefined {
  const text = readContent(element)?.toLowerCase()
  return text === undefined ? undefined : text === '1' || text === 'true'
}

/** YYYY-MM-DD. Dates of Workday may have a time zone, which moves no day. */
export function readDay(element: Json | undefined): string | undefined {
  return /^\d{4}-\d{2}-\d{2}/.exec(readContent(element) ?? '')?.[0]
}

function name(kind: 'Legal' | 'Preferred', part: string): Reader {
  return (data) => {
    const names = find(data, 'Personal_Data/Name_Data')
    if (names === undefined) return undefined
    const detail = find(names, `${kind}_Name_Data/Name_Detail_Data`)
    return readContent(find(detail, part)) ?? readAttribute(detail, part) ?? null
  }
}

function flag(element: string): Reader {
  return (data) => readOfStatus(data, element, readFlag)
}

function day(element: string): Reader {
  return (data) => readOfStatus(data, element, readDay)
}

function readOfStatus(
  data: Json,
  element: string,
  read: (element: Json | undefined) => string | boolean | undefined,
): Json | undefined {
  const found = find(data, status)
  return found === undefined ? undefined : (read(find(found, element)) ?? null)
}

// Of several jobs the primary one counts.
function findPosition(data: Json, path: string): Json | undefined {
  const jobs = findAll(data, 'Employment_Data/Worker_Job_Data')
  const job = jobs.find((one) => readAttribute(one, 'Primary_Job') === '1') ?? jobs[0]
  const found = find(job, 'Position_Data') ?? find(data, 'Employment_Data/Position_Data')
  return path === '' ? found : find(found, path)
}

function position(path: string): Reader {
  return (data) => {
    return findPosition(data, '') === undefined ? undefined : (readContent(findPosition(data, path)) ?? null)
  }
}

// Beside the WID, which says nothing to people.
function readFirstId(reference: Json | undefined): string | undefined {
  const id = findAll(reference, 'ID').find((one) => readAttribute(one, 'type') !== 'WID')
  return readContent(id)
}

function readEmail(data: Json, usage: string): Json | undefined {
  if (!hasContact(data, usage)) return undefined
  return readContent(find(findUsed(data, 'Email_Address_Data', usage)[0], 'Email_Address')) ?? null
}

function readPhone(data: Json, usage: string, isMobile: boolean): Json | undefined {
  if (!hasContact(data, usage)) return undefined
  const device = (phone: Json): string => readFirstId(find(phone, 'Phone_Device_Type_Reference')) ?? ''
  const phone = findUsed(data, 'Phone_Data', usage).find((one) => {
    return /mobile|cell/i.test(device(one)) === isMobile && !/fax|pager/i.test(device(one))
  })
  return readAttribute(phone, 'Formatted_Phone') ?? readContent(find(phone, 'Phone_Number')) ?? null
}

// Contacts for work and at home are permitted apart: where nothing of a kind comes, that kind may be hidden.
function hasContact(data: Json, usage: string): boolean {
  return ['Email_Address_Data', 'Phone_Data'].some((means) => findUsed(data, means, usage).length > 0)
}

// What is used so, the primary one first.
function findUsed(data: Json, means: string, usage: string): Json[] {
  const ranked = findAll(data, `Personal_Data/Contact_Data/${means}`).flatMap((one) => {
    const types = findAll(one, 'Usage_Data/Type_Data').filter((type) => {
      return readId(find(type, 'Type_Reference'), 'Communication_Usage_Type_ID')?.toUpperCase() === usage
    })
    if (types.length === 0) return []
    return [{ one, rank: types.some((type) => readAttribute(type, 'Primary') === '1') ? 0 : 1 }]
  })
  return ranked.toSorted((first, second) => first.rank - second.rank).map(({ one }) => one)
}

function findOrganizations(data: Json, type: string): Json[] {
  return findAll(data, 'Worker_Organization_Data').filter((organization) => {
    const reference = find(organization, 'Organization_Data/Organization_Type_Reference')
    return readId(reference, 'Organization_Type_ID')?.toUpperCase() === type.toUpperCase()
  })
}

function readOrganization(data: Json, type: string, part: string): Json | undefined {
  const organizations = find(data, 'Organization_Data')
  if (organizations === undefined) return undefined
  const found = findOrganizations(organizations, type)[0]
  return readContent(find(found, `Organization_Data/${part}`)) ?? null
}

// The chain goes from the top down. Who heads an organization may stand at the end of their own chain.
function readManager(data: Json, worker: Json): Json | undefined {
  const chain = find(data, 'Management_Chain_Data/Worker_Supervisory_Management_Chain_Data')
  const own = new Set(findAll(worker, 'Worker_Reference/ID').map(readContent))
  const references = [
    ...findAll(chain, 'Management_Chain_Data').map((link) => findAll(link, 'Manager_Reference')[0]),
    ...(chain === undefined ? findAll(findPosition(data, ''), managerOfPosition).slice(0, 1) : []),
  ]
  const managers = references.map(readManagerId).filter((id) => id !== undefined && !own.has(id))
  if (managers.length > 0) return managers.at(-1)
  return isObject(chain) || chain === '' ? null : undefined
}

const managerOfPosition = 'Manager_as_of_last_detected_manager_change_Reference'

function readManagerId(reference: Json | undefined): string | undefined {
  return readId(reference, 'WID') ?? readId(reference, 'Employee_ID') ?? readId(reference, 'Contingent_Worker_ID')
}

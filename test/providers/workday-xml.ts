// What Workday's fake answers, in the elements and the order of Workday's schema (Human_Resources v30.0).
import type { Company, Department, Person } from './company.ts'

export interface Knowledge {
  readonly company: Company
  /** Domains that the security group may not get: what belongs to them is left out, without a word. */
  readonly hidden: ReadonlySet<string>
  /** The day that answers are as of, YYYY-MM-DD. */
  readonly day: string
  /** WIDs of those whose hire was taken back. */
  readonly rescinded: ReadonlySet<string>
  /** WID → the id that the person has whatever they are employed as. */
  readonly universalIds: ReadonlyMap<string, string>
}

export function element(name: string, ...content: readonly (string | undefined)[]): string {
  return `<wd:${name}>${content.join('')}</wd:${name}>`
}

export function escape(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** An element with a text; nothing where there is none. */
function text(name: string, value: string | null | undefined): string {
  return value === null || value === undefined ? '' : element(name, escape(value))
}

/** A reference: ids by their types, and what people call it. */
export function reference(name: string, ids: Readonly<Record<string, string>>, descriptor = ''): string {
  const shown = descriptor === '' ? '' : ` wd:Descriptor="${escape(descriptor)}"`
  const written = Object.entries(ids).map(([type, id]) => `<wd:ID wd:type="${type}">${escape(id)}</wd:ID>`)
  return `<wd:${name}${shown}>${written.join('')}</wd:${name}>`
}

/** Whether somebody works there, has left or is to come, as of a day. */
export function readState({ status, startDate, endDate }: Person, day: string): 'to_come' | 'there' | 'left' {
  if (status === 'hired' && startDate > day) return 'to_come'
  if (status === 'terminated' || status === 'retired') return 'left'
  return endDate !== null && endDate < day ? 'left' : 'there'
}

function refer(name: string, person: Person): string {
  const kind = person.employmentType === 'Contractor' ? 'Contingent_Worker_ID' : 'Employee_ID'
  const ids = { WID: person.id, [kind]: person.number ?? person.id.slice(-6) }
  return reference(name, ids, `${person.firstName} ${person.lastName}`)
}

/** An element `Worker`; of who is to come there is little but a name and a date. */
export function writeWorker(person: Person, known: Knowledge, referencesOnly: boolean): string {
  const descriptor = element('Worker_Descriptor', escape(`${person.firstName} ${person.lastName}`))
  if (referencesOnly) return element('Worker', refer('Worker_Reference', person), descriptor)
  const isSparse = readState(person, known.day) === 'to_come'
  const data = element(
    'Worker_Data',
    text('Worker_ID', person.number),
    isSparse ? '' : text('User_ID', person.email?.split('@')[0]),
    text('Universal_ID', known.universalIds.get(person.id)),
    element('Personal_Data', writeNames(person, known), isSparse ? '' : writeContacts(person, known)),
    known.hidden.has('staffing') ? '' : writeEmployment(person, known, isSparse),
    isSparse || known.hidden.has('organizations') ? '' : writeOrganizations(person, known),
  )
  return element('Worker', refer('Worker_Reference', person), descriptor, data)
}

function writeNames(person: Person, { hidden }: Knowledge): string {
  if (hidden.has('names')) return ''
  const { firstName, middleName, lastName, preferredName } = person
  const legal = [firstName, middleName, lastName].filter((part) => part !== null).join(' ')
  return element(
    'Name_Data',
    element('Legal_Name_Data', writeName(legal, firstName, middleName, lastName)),
    element(
      'Preferred_Name_Data',
      writeName(`${preferredName ?? firstName} ${lastName}`, preferredName ?? firstName, null, lastName),
    ),
  )
}

function writeName(formatted: string, first: string, middle: string | null, last: string): string {
  const country = reference('Country_Reference', { 'ISO_3166-1_Alpha-2_Code': 'DE' }, 'Germany')
  const content = `${country}${text('First_Name', first)}${text('Middle_Name', middle)}${text('Last_Name', last)}`
  const attributes = `wd:Formatted_Name="${escape(formatted)}" wd:Reporting_Name="${escape(`${last}, ${first}`)}"`
  return `<wd:Name_Detail_Data ${attributes}>${content}</wd:Name_Detail_Data>`
}

function writeContacts({ workPhone, mobilePhone, email, privateEmail }: Person, { hidden }: Knowledge): string {
  const isWork = !hidden.has('work_contact')
  const contacts = [
    isWork ? writePhone(workPhone, 'Landline') : '',
    isWork ? writePhone(mobilePhone, 'Mobile') : '',
    // One that is not the primary one stands first.
    isWork && email !== null ? writeEmail(`old-${email}`, 'WORK', false) : '',
    isWork && email !== null ? writeEmail(email, 'WORK', true) : '',
    !hidden.has('home_contact') && privateEmail !== null ? writeEmail(privateEmail, 'HOME', true) : '',
  ].join('')
  return contacts === '' ? '' : element('Contact_Data', contacts)
}

function writeUsage(usage: string, isPrimary: boolean): string {
  const type = reference('Type_Reference', { Communication_Usage_Type_ID: usage })
  const primary = isPrimary ? '1' : '0'
  return `<wd:Usage_Data wd:Public="1"><wd:Type_Data wd:Primary="${primary}">${type}</wd:Type_Data></wd:Usage_Data>`
}

function writePhone(phone: string | null, device: string): string {
  if (phone === null) return ''
  const type = reference('Phone_Device_Type_Reference', { Phone_Device_Type_ID: device })
  const content = `${text('Phone_Number', phone.split(' ').at(-1))}${type}${writeUsage('WORK', true)}`
  return `<wd:Phone_Data wd:Formatted_Phone="${escape(phone)}">${content}</wd:Phone_Data>`
}

function writeEmail(email: string, usage: string, isPrimary: boolean): string {
  return element('Email_Address_Data', text('Email_Address', email), writeUsage(usage, isPrimary))
}

const workerTypes: Readonly<Record<Person['employmentType'], string>> = {
  'Full-Time': 'Regular',
  'Part-Time': 'Regular',
  Contractor: 'Contractor',
  Intern: 'Intern_Fixed',
}

function writeEmployment(person: Person, known: Knowledge, isSparse: boolean): string {
  const isContractor = person.employmentType === 'Contractor'
  const contract = element('Worker_Contract_Data', text('Contract_End_Date', person.endDate))
  const job = isSparse
    ? ''
    : `<wd:Worker_Job_Data wd:Primary_Job="1">${writePosition(person, known)}</wd:Worker_Job_Data>`
  return element('Employment_Data', job, writeStatus(person, known), isContractor ? contract : '')
}

function writePosition(person: Person, { company }: Knowledge): string {
  const { title, startDate, employmentType, siteId, managerId } = person
  const kind = employmentType === 'Contractor' ? 'Contingent_Worker_Type_ID' : 'Employee_Type_ID'
  const time = employmentType === 'Part-Time' ? 'Part_time' : 'Full_time'
  const site = company.sites.get(siteId)
  const manager = managerId === null ? undefined : company.people.get(managerId)
  return element(
    'Position_Data',
    text('Position_ID', `P-${person.id.slice(-5)}`),
    text('Position_Title', `${title} (position)`),
    text('Business_Title', title),
    text('Start_Date', startDate),
    reference('Worker_Type_Reference', { [kind]: workerTypes[employmentType] }),
    reference('Position_Time_Type_Reference', { Position_Time_Type_ID: time }),
    element('Job_Profile_Summary_Data', text('Job_Profile_Name', 'Individual contributor')),
    site === undefined
      ? ''
      : element(
          'Business_Site_Summary_Data',
          reference('Location_Reference', { Location_ID: site.id }, site.name),
          text('Name', site.name),
        ),
    manager === undefined ? '' : refer('Manager_as_of_last_detected_manager_change_Reference', manager),
  )
}

function writeStatus(person: Person, { day, rescinded }: Knowledge): string {
  const { status, startDate, originalStartDate, endDate, employmentType } = person
  const state = readState(person, day)
  const isRescinded = rescinded.has(person.id)
  const isLeft = state === 'left' && !isRescinded
  const isEmployee = employmentType !== 'Contractor'
  return element(
    'Worker_Status_Data',
    text('Active', state === 'there' && !isRescinded ? '1' : '0'),
    text('Hire_Date', startDate),
    text('Original_Hire_Date', originalStartDate ?? startDate),
    isEmployee ? text('End_Employment_Date', endDate) : '',
    text('First_Day_of_Work', startDate),
    text('Retired', status === 'retired' ? '1' : '0'),
    isEmployee ? text('Terminated', isLeft ? '1' : '0') : '',
    isEmployee ? text('Termination_Date', endDate) : '',
    isRescinded ? text('Hire_Rescinded', '1') : '',
    state === 'there' && status === 'on_leave' ? writeLeave(person) : '',
    text('Rehire', originalStartDate === null ? '0' : '1'),
  )
}

function writeLeave({ id, leave }: Person): string {
  const type = leave ?? 'Leave of absence'
  return element(
    'Leave_Status_Data',
    reference('Leave_Request_Event_Reference', { Request_Leave_of_Absence_ID: `LEAVE-${id.slice(-3)}` }),
    text('On_Leave', '1'),
    text('Leave_Start_Date', '2026-10-01'),
    text('Estimated_Leave_End_Date', '2027-03-31'),
    reference('Leave_of_Absence_Type_Reference', { Leave_of_Absence_Type_ID: type.replaceAll(' ', '_') }, type),
  )
}

function writeOrganizations(person: Person, known: Knowledge): string {
  const department = known.company.departments.get(person.departmentId)
  const organizations = [
    department === undefined ? '' : writeMembership(department.id, '', department.name, 'SUPERVISORY'),
    writeMembership('COMP_ONE', 'ACME', 'Acme GmbH', 'Company'),
    writeMembership('CC_4711', '4711', 'R and D', 'COST_CENTER'),
    writeMembership('BU_EMEA', '', 'EMEA', 'Business_Unit'),
  ]
  const chain = writeChain(person, known.company)
  const links = element('Worker_Supervisory_Management_Chain_Data', chain)
  return `${element('Organization_Data', ...organizations)}${element('Management_Chain_Data', links)}`
}

function writeMembership(id: string, code: string, name: string, type: string): string {
  const data = element(
    'Organization_Data',
    text('Organization_Reference_ID', id),
    code === '' ? '' : text('Organization_Code', code),
    text('Organization_Name', name),
    reference('Organization_Type_Reference', { Organization_Type_ID: type }, type),
  )
  const refers = reference('Organization_Reference', { Organization_Reference_ID: id }, `${name} (a manager)`)
  return element('Worker_Organization_Data', refers, data)
}

// From the top down; who heads the company is at the end of their own chain.
function writeChain(person: Person, { people }: Company): string {
  const chain: Person[] = person.managerId === null ? [person] : []
  for (let id = person.managerId; id !== null && chain.length < 20;) {
    const manager = people.get(id)
    if (manager !== undefined) chain.unshift(manager)
    id = manager?.managerId ?? null
  }
  return chain.map((manager) => element('Management_Chain_Data', refer('Manager_Reference', manager))).join('')
}

/** An element `Organization` of a supervisory organization. */
export function writeOrganization({ id, name, parentId }: Department): string {
  const superior =
    parentId === null ? '' : reference('Superior_Organization_Reference', { Organization_Reference_ID: parentId })
  return element(
    'Organization',
    reference(
      'Organization_Reference',
      { WID: id.padStart(32, 'a'), Organization_Reference_ID: id },
      `${name} (a manager)`,
    ),
    element(
      'Organization_Data',
      text('Reference_ID', id),
      text('Name', name),
      reference('Organization_Type_Reference', { Organization_Type_ID: 'SUPERVISORY' }, 'Supervisory'),
      text('Inactive', '0'),
      element('Hierarchy_Data', superior),
    ),
  )
}

export interface Balance {
  readonly plan: string
  readonly unit: string
  /** By position. */
  readonly amounts: readonly string[]
}

/** An element `Time_Off_Plan_Balance`, as others have seen it; its schema is not at hand. */
export function writeBalances(person: Person, balances: readonly Balance[]): string {
  const records = balances.map(({ plan, unit, amounts }) => {
    const positions = amounts.map((amount) => {
      return element('Time_Off_Plan_Balance_Position_Record', text('Time_Off_Plan_Balance', amount))
    })
    return element(
      'Time_Off_Plan_Balance_Record',
      reference('Time_Off_Plan_Reference', { Absence_Plan_ID: plan.toUpperCase() }, plan),
      reference('Unit_of_Time_Reference', { Unit_of_Time_ID: unit }),
      ...positions,
    )
  })
  const data = element('Time_Off_Plan_Balance_Data', ...records)
  return element('Time_Off_Plan_Balance', refer('Employee_Reference', person), data)
}

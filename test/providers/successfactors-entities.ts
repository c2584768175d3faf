// The company as rows of Employee Central: people, what is said of them from day to day, their employments, and foundation objects.
import type { Json } from '../../providers/provider.ts'
import type { Company, Person } from './company.ts'
import { foundationSets, listFoundation } from './successfactors-foundation.ts'
import { openEnd, writeDay, writeMoment } from './successfactors-values.ts'

/** A row of an entity, and where its navigations lead: to one row, to none (null), or to several. */
export interface Row {
  readonly type: string
  /** As its address names it, such as `'1000'`. */
  readonly key: string
  readonly properties: Readonly<Record<string, Json>>
  readonly navigations: Readonly<Record<string, Row | Row[] | null>>
  /** Of what is so for a time only: the first and the last day. */
  readonly from?: string
  readonly to?: string
}

export interface Job {
  readonly start: string
  /** Null where there is no end. */
  readonly end: string | null
  readonly sequence: number
  /** The letters of the picklist employee-status. */
  readonly status: string
  /** What is otherwise than with the person. */
  readonly values: Partial<Person>
}

export interface EmploymentRecord {
  readonly userId: string
  readonly start: string
  readonly end: string | null
  readonly assignmentClass: 'ST' | 'GA'
  readonly isContingentWorker: boolean
  readonly jobs: readonly Job[]
  /** The account of an employment that was changed into another one is gone. */
  readonly hasUser: boolean
}

/** What the company says that its people do not. */
export interface Tenant {
  readonly company: Company
  /** In place of the one employment that follows from the person. */
  readonly employments: Map<string, readonly EmploymentRecord[]>
  /** `<entity> <id>` → when it was written last. */
  readonly modified: Map<string, Date>
  /** People who work for nobody. */
  readonly dependents: Set<string>
  /** Whether the row that counts employments is gone once the last one has ended. */
  forgetsTerminations: boolean
  /** How a letter is told that nobody knows. */
  noManager: string | null
}

const dayMs = 86_400_000

/** Picklists have ids for their items, and letters beside them. */
const options: Readonly<Record<string, string>> = {
  A: '5587',
  D: '5588',
  U: '5589',
  P: '5590',
  S: '5591',
  F: '5592',
  O: '5593',
  R: '5594',
  T: '5595',
  RNS: '5596',
  X: '5597',
}

export function addDay(day: string, days: number): string {
  return new Date(Date.parse(day) + days * dayMs).toISOString().slice(0, 10)
}

/** As in many companies, a number like that of a person, and not the person's. */
export function toUserId(personId: string): string {
  return String(BigInt(personId) + 1n)
}

/** The employments that follow from what the company says. */
export function listEmployments(person: Person, tenant: Tenant): readonly EmploymentRecord[] {
  const known = tenant.employments.get(person.id)
  if (known !== undefined) return known
  const hasLeft = person.status === 'terminated' || person.status === 'retired'
  const end = person.endDate
  const last: Job[] =
    hasLeft || end !== null
      ? [
          {
            start: end === null ? person.startDate : addDay(end, 1),
            end: null,
            sequence: 1,
            status: person.status === 'retired' ? 'R' : 'T',
            values: {},
          },
        ]
      : []
  const first: Job = { start: person.startDate, end, sequence: 1, status: toCode(person), values: {} }
  return [
    {
      userId: toUserId(person.id),
      start: person.startDate,
      end,
      assignmentClass: 'ST',
      isContingentWorker: person.employmentType === 'Contractor',
      jobs: hasLeft && end === null ? last : [first, ...last],
      hasUser: true,
    },
  ]
}

function toCode({ status, leave }: Person): string {
  if (status === 'on_leave') return leave === 'Sabbatical leave' ? 'U' : 'P'
  return status === 'garden_leave' ? 'S' : 'A'
}

/** Everybody whom the company knows, and whom it does not employ. */
export function listPeople(tenant: Tenant, today: string): Row[] {
  const dependents = [...tenant.dependents].map((id) => writeDependent(id, tenant))
  return [...[...tenant.company.people.values()].map((person) => writePerson(person, tenant, today)), ...dependents]
}

function lastChange({ company, modified }: Tenant, entity: string, id: string, isBirth = false): Date {
  const known = modified.get(`${entity} ${id}`)
  if (known !== undefined) return known
  const changes = company.changes.filter((change) => change.id === id)
  return (isBirth ? changes[0] : changes.at(-1))?.at ?? company.now
}

function writeDependent(id: string, tenant: Tenant): Row {
  const at = lastChange(tenant, 'PerPerson', id)
  const properties = { personIdExternal: id, personId: id, lastModifiedDateTime: writeMoment(at) }
  return {
    type: 'PerPerson',
    key: `'${id}'`,
    properties,
    navigations: {
      personalInfoNav: [],
      emailNav: [],
      phoneNav: [],
      employmentNav: [],
      personEmpTerminationInfoNav: null,
    },
  }
}

// A change of somebody's job is written into the row of the job, and nowhere else.
function writePerson(person: Person, tenant: Tenant, today: string): Row {
  const { id } = person
  const employments = listEmployments(person, tenant)
  return {
    type: 'PerPerson',
    key: `'${id}'`,
    properties: {
      personIdExternal: id,
      personId: String(700_000 + Number(BigInt(id) % 100_000n)),
      perPersonUuid: `209F14660E5A4F2BB63EC751${id.padStart(8, '0')}`,
      dateOfBirth: writeDay('1968-05-04'),
      lastModifiedDateTime: writeMoment(lastChange(tenant, 'PerPerson', id, true)),
    },
    navigations: {
      personalInfoNav: [writePersonal(person, tenant)],
      emailNav: writeEmails(person, tenant),
      phoneNav: writePhones(person, tenant),
      employmentNav: employments.map((employment) => writeEmployment(person, employment, tenant)),
      personEmpTerminationInfoNav: writeTermination(person, employments, tenant, today),
    },
  }
}

function writePersonal(person: Person, tenant: Tenant): Row {
  const { id, firstName, middleName, lastName, preferredName } = person
  const start = person.originalStartDate ?? person.startDate
  // Names are known before the first day.
  const from = start < '2020-01-01' ? start : '2020-01-01'
  return {
    type: 'PerPersonal',
    key: `personIdExternal='${id}',startDate=datetime'${from}T00:00:00'`,
    properties: {
      personIdExternal: id,
      startDate: writeDay(from),
      endDate: writeDay(openEnd),
      firstName,
      middleName,
      lastName,
      preferredName,
      displayName: `${lastName}, ${firstName}`,
      lastModifiedDateTime: writeMoment(lastChange(tenant, 'PerPersonal', id, true)),
    },
    navigations: {},
    from,
    to: openEnd,
  }
}

function writeEmails(person: Person, tenant: Tenant): Row[] {
  const { id } = person
  const write = (emailType: string, code: string, emailAddress: string | null, isPrimary: boolean): Row[] =>
    emailAddress === null
      ? []
      : [
          {
            type: 'PerEmail',
            key: `emailType='${emailType}',personIdExternal='${id}'`,
            properties: {
              personIdExternal: id,
              emailType,
              emailAddress,
              isPrimary,
              lastModifiedDateTime: writeMoment(lastChange(tenant, 'PerEmail', id, true)),
            },
            navigations: { emailTypeNav: writeOption(emailType, code) },
          },
        ]
  return [...write('8449', 'P', person.privateEmail, false), ...write('8448', 'B', person.email, true)]
}

function writePhones(person: Person, tenant: Tenant): Row[] {
  const { id } = person
  const write = (phoneType: string, code: string, number: string | null): Row[] => {
    const [countryCode = '', areaCode = '', phoneNumber = ''] = (number ?? '').split(' ')
    if (number === null) return []
    return [
      {
        type: 'PerPhone',
        key: `personIdExternal='${id}',phoneType='${phoneType}'`,
        properties: {
          personIdExternal: id,
          phoneType,
          countryCode: countryCode.replace('+', ''),
          areaCode,
          phoneNumber,
          extension: null,
          isPrimary: code === 'B',
          lastModifiedDateTime: writeMoment(lastChange(tenant, 'PerPhone', id, true)),
        },
        navigations: { phoneTypeNav: writeOption(phoneType, code) },
      },
    ]
  }
  return [...write('10605', 'B', person.workPhone), ...write('10606', 'C', person.mobilePhone)]
}

function writeOption(id: string, externalCode: string): Row {
  return { type: 'PicklistOption', key: `${id}L`, properties: { id, externalCode, status: 'ACTIVE' }, navigations: {} }
}

function writeEmployment(person: Person, employment: EmploymentRecord, tenant: Tenant): Row {
  const { userId, start, end, assignmentClass, isContingentWorker, jobs, hasUser } = employment
  const { id } = person
  return {
    type: 'EmpEmployment',
    key: `personIdExternal='${id}',userId='${userId}'`,
    properties: {
      personIdExternal: id,
      userId,
      startDate: writeDay(start),
      endDate: writeDay(end),
      originalStartDate: writeDay(person.originalStartDate ?? start),
      assignmentClass,
      isContingentWorker,
      lastModifiedDateTime: writeMoment(lastChange(tenant, 'EmpEmployment', id, true)),
    },
    navigations: {
      jobInfoNav: jobs.map((job) => writeJob(person, employment, job, tenant)),
      userNav: hasUser ? writeUser(person, employment, tenant) : null,
    },
  }
}

function writeUser(person: Person, { userId, jobs }: EmploymentRecord, tenant: Tenant): Row {
  const hasLeft = ['terminated', 'retired'].includes(person.status) && jobs.length > 0
  return {
    type: 'User',
    key: `'${userId}'`,
    properties: {
      userId,
      username: `${person.firstName}.${person.lastName}`.toLowerCase(),
      status: hasLeft ? 'f' : person.status === 'hired' ? 'e' : 't',
      email: person.email,
      gender: 'M',
      lastModifiedDateTime: writeMoment(lastChange(tenant, 'User', person.id, true)),
    },
    navigations: {},
  }
}

function writeTermination(
  { id }: Person,
  employments: readonly EmploymentRecord[],
  { forgetsTerminations }: Tenant,
  today: string,
): Row | null {
  // It is known to count somebody out a day early.
  const active = employments.filter(
    ({ end, jobs }) => jobs.some(({ status }) => status !== 'T') && (end === null || end > today),
  )
  const ends = employments.map(({ end }) => end).filter((end) => end !== null)
  if (forgetsTerminations && active.length === 0) return null
  return {
    type: 'PersonEmpTerminationInfo',
    key: `'${id}'`,
    properties: {
      personIdExternal: id,
      activeEmploymentsCount: active.length,
      latestTerminationDate: writeDay(ends.toSorted().at(-1) ?? null),
    },
    navigations: {},
  }
}

function writeJob(person: Person, employment: EmploymentRecord, job: Job, tenant: Tenant): Row {
  const { id } = person
  const { departmentId, siteId, title, managerId, employmentType } = { ...person, ...job.values }
  const from = job.start
  const to = job.end ?? openEnd
  const manager = managerId === null ? undefined : tenant.company.people.get(managerId)
  const managerEmployment = manager && listEmployments(manager, tenant).at(-1)
  const type = { 'Full-Time': 'FT', 'Part-Time': 'PT', Contractor: 'CONTRACTOR', Intern: 'INTERN' }[employmentType]
  return {
    type: 'EmpJob',
    key: `seqNumber=${job.sequence}L,startDate=datetime'${from}T00:00:00',userId='${employment.userId}'`,
    properties: {
      userId: employment.userId,
      seqNumber: String(job.sequence),
      startDate: writeDay(from),
      endDate: writeDay(to),
      jobTitle: title,
      department: departmentId,
      division: 'ENG',
      location: siteId,
      costCenter: '4711',
      company: '1710',
      businessUnit: null,
      managerId: managerEmployment?.userId ?? tenant.noManager,
      emplStatus: options[job.status] ?? '5599',
      employmentType: '6001',
      isFulltimeEmployee: employmentType === 'Full-Time',
      standardHours: 40,
      customString1: 'Hybrid',
      lastModifiedDateTime: writeMoment(lastChange(tenant, 'EmpJob', id)),
    },
    navigations: {
      emplStatusNav: writeOption(options[job.status] ?? '5599', job.status),
      employmentTypeNav: writeOption('6001', type),
      employeeClassNav: writeOption('6101', employmentType === 'Contractor' ? 'CW' : 'EMP'),
      regularTempNav: writeOption('6201', 'R'),
      managerEmploymentNav:
        manager === undefined || managerEmployment === undefined
          ? null
          : { ...writeEmployment({ ...manager, managerId: null }, managerEmployment, tenant), navigations: {} },
      ...Object.fromEntries(
        foundationSets.map(({ property, navigation, entity }) => {
          const code = {
            department: departmentId,
            division: 'ENG',
            location: siteId,
            costCenter: '4711',
            company: '1710',
          }
          const rows = listFoundation(entity, tenant)
          return [navigation, rows.find((row) => row.properties['externalCode'] === code[property]) ?? null]
        }),
      ),
    },
    from,
    to,
  }
}

// A fictitious company, as the fakes of all sources tell of it: who works there, since when, for whom, where.

export type EmploymentStatus = 'hired' | 'employed' | 'on_leave' | 'garden_leave' | 'terminated' | 'retired'

export interface Person {
  /** What the source calls them: digits. */
  readonly id: string
  readonly number: string | null
  readonly firstName: string
  readonly middleName: string | null
  readonly lastName: string
  readonly preferredName: string | null
  readonly email: string | null
  readonly privateEmail: string | null
  readonly workPhone: string | null
  readonly mobilePhone: string | null
  readonly title: string
  readonly departmentId: string
  readonly siteId: string
  readonly managerId: string | null
  /** YYYY-MM-DD, as `endDate` is. */
  readonly startDate: string
  readonly endDate: string | null
  /** Of an employment before this one. */
  readonly originalStartDate: string | null
  readonly status: EmploymentStatus
  /** What the company calls a leave. */
  readonly leave: string | null
  readonly employmentType: 'Full-Time' | 'Part-Time' | 'Contractor' | 'Intern'
}

export interface Department {
  readonly id: string
  readonly name: string
  readonly parentId: string | null
}

export interface Site {
  readonly id: string
  readonly name: string
}

export interface Change {
  readonly id: string
  readonly action: 'Inserted' | 'Updated' | 'Deleted'
  readonly at: Date
}

/** Changes are written down with the time that it is; each takes a second. */
export class Company {
  readonly people = new Map<string, Person>()
  readonly departments = new Map<string, Department>()
  readonly sites = new Map<string, Site>()
  readonly changes: Change[] = []
  now: Date
  readonly #firstId: bigint
  readonly #writeId: (number: string) => string

  constructor(now: Date, firstId: string, writeId: (number: string) => string = (number) => number) {
    this.now = now
    this.#firstId = BigInt(firstId)
    this.#writeId = writeId
  }

  /** A person of whom only some is said. */
  hire(values: Pick<Person, 'firstName' | 'lastName'> & Partial<Person>): Person {
    const number = this.#firstId + BigInt(this.people.size + this.changes.filter(isDeletion).length)
    const id = this.#writeId(String(number))
    const name = `${values.firstName}.${values.lastName}`.toLowerCase()
    const person: Person = {
      id,
      number: String(1000 + this.people.size),
      middleName: null,
      preferredName: null,
      email: `${name}@example.test`,
      privateEmail: `${name}@home.example.test`,
      workPhone: '+49 30 5550100',
      mobilePhone: '+49 151 5550100',
      title: 'Engineer',
      departmentId: departments.platform.id,
      siteId: sites.berlin.id,
      managerId: null,
      startDate: '2024-03-01',
      endDate: null,
      originalStartDate: null,
      status: 'employed',
      leave: null,
      employmentType: 'Full-Time',
      ...values,
    }
    this.people.set(person.id, person)
    this.#note(person.id, 'Inserted')
    return person
  }

  change(id: string, values: Partial<Omit<Person, 'id'>>): Person {
    const person = { ...this.find(id), ...values }
    this.people.set(id, person)
    this.#note(id, 'Updated')
    return person
  }

  /** Erases a person, as nobody does who has merely left. */
  erase(id: string): void {
    this.people.delete(id)
    this.#note(id, 'Deleted')
  }

  find(id: string): Person {
    const person = this.people.get(id)
    if (person === undefined) throw new Error(`nobody is called ${id}`)
    return person
  }

  #note(id: string, action: Change['action']): void {
    this.now = new Date(this.now.getTime() + 1000)
    this.changes.push({ id, action, at: this.now })
  }
}

function isDeletion({ action }: Change): boolean {
  return action === 'Deleted'
}

export const departments = {
  engineering: { id: '263342115', name: 'Engineering', parentId: null },
  platform: { id: '263342116', name: 'Platform', parentId: '263342115' },
  sales: { id: '263342117', name: 'Sales', parentId: null },
} as const satisfies Record<string, Department>

export const sites = {
  berlin: { id: '2154020', name: 'Berlin' },
  lisbon: { id: '2154021', name: 'Lisbon' },
} as const satisfies Record<string, Site>

export interface NamedPeople {
  /** Mo Lindqvist, to whom the others report. */
  readonly manager: Person
  /** Ada Berg, on parental leave; her legal name is another one. */
  readonly onLeave: Person
  /** Ines Moreau, who leaves at the end of the year. */
  readonly leaver: Person
}

export type NamedCompany = Company & { readonly named: NamedPeople }

/** The company as of 20 November 2026, with three people. Ids count up from `firstId`, written as the source writes them. */
export function createCompany(firstId = '101', writeId?: (number: string) => string): NamedCompany {
  const company = new Company(new Date('2026-11-01T08:00:00Z'), firstId, writeId)
  for (const department of Object.values(departments)) company.departments.set(department.id, department)
  for (const site of Object.values(sites)) company.sites.set(site.id, site)
  const manager = company.hire({
    firstName: 'Mo',
    lastName: 'Lindqvist',
    title: 'Head of Engineering',
    departmentId: departments.engineering.id,
    startDate: '2019-09-01',
  })
  const onLeave = company.hire({
    firstName: 'Adelheid',
    middleName: 'Maria',
    lastName: 'Berg',
    preferredName: 'Ada',
    email: 'Ada.Berg@example.test',
    title: 'Senior Engineer',
    managerId: manager.id,
    status: 'on_leave',
    leave: 'Parental leave',
  })
  const leaver = company.hire({
    firstName: 'Ines',
    lastName: 'Moreau',
    privateEmail: null,
    title: 'Account Executive',
    departmentId: departments.sales.id,
    siteId: sites.lisbon.id,
    managerId: manager.id,
    endDate: '2026-12-31',
    employmentType: 'Part-Time',
  })
  company.now = new Date('2026-11-20T09:00:00Z')
  return Object.assign(company, { named: { manager, onLeave, leaver } })
}

const firstNames = ['Amal', 'Bea', 'Chidi', 'Dana', 'Emre', 'Femke', 'Goran', 'Hana', 'Ivo', 'Jules']
const lastNames = ['Aalto', 'Bauer', 'Costa', 'Dubois', 'Eriksen', 'Fischer', 'Garcia', 'Horvat', 'Ito', 'Jansen']

/** Adds so many people below the first one. Of any twenty one has left, one has not begun, and one is on leave. */
export function addPeople(company: Company, count: number): void {
  const managerId = [...company.people.keys()][0] ?? null
  for (let index = 0; index < count; index++) {
    const firstName = firstNames[index % 10] ?? ''
    const lastName = `${lastNames[Math.floor(index / 10) % 10] ?? ''}${Math.floor(index / 100) || ''}`
    company.hire({
      firstName,
      lastName,
      managerId,
      departmentId: Object.values(departments)[index % 3]?.id ?? '',
      siteId: Object.values(sites)[index % 2]?.id ?? '',
      ...standings[index % 20],
    })
  }
}

const standings: Readonly<Record<number, Partial<Person>>> = {
  3: { status: 'terminated', endDate: '2025-06-30' },
  7: { status: 'hired', startDate: '2027-01-04' },
  11: { status: 'on_leave', leave: 'Sabbatical leave' },
}

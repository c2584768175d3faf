// A person as an employee: what the HR system, or else the rest of the record, says of them.

/** Where a person stands with the employer: as the source says; else by their last day, and by whether they are active. */
export const employeeStatuses = ['active', 'on_leave', 'suspended', 'terminated', 'retired', 'contractor'] as const
export type EmployeeStatus = (typeof employeeStatuses)[number]

/** What every answer says of a person. */
export interface EmployeeSummary {
  readonly id: string
  readonly employeeNumber: string | null
  /** The primary address, or else the first. */
  readonly email: string | null
  /** displayName, or else the name, or else the userName. */
  readonly displayName: string
  readonly title: string | null
  readonly department: string | null
  readonly location: string | null
  readonly status: EmployeeStatus
}

export interface Employee extends EmployeeSummary {
  readonly givenName: string | null
  readonly familyName: string | null
  readonly division: string | null
  readonly costCenter: string | null
  readonly managerId: string | null
  readonly phone: string | null
  readonly employmentType: string | null
  readonly startDate: string | null
  /** The provider of the owning directory, or its kind. */
  readonly source: string
  /** The owning directory's. */
  readonly externalId: string | null
  /** Names of the groups that the person is in directly. */
  readonly groups: readonly string[]
  readonly platformUserId: string | null
  readonly syncedAt: Date
  readonly createdAt: Date
  readonly modifiedAt: Date
}

export interface EmployeeDetail extends Employee {
  /** undefined where nobody has the id. */
  readonly manager: EmployeeSummary | undefined
}

/** A page of a list: at most `limit`, those behind the position that an earlier page gave. */
export interface Window {
  readonly limit: number
  readonly after: string | undefined
}

export interface Windowed<Item> {
  readonly items: readonly Item[]
  /** The position of the last one, where there are more behind it. */
  readonly next: string | undefined
}

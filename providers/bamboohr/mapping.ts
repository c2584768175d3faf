// Fields have the names of BambooHR's older endpoints, which its customers know; names.ts has those of the dataset.
import { enterprise, type Mapping, type RequiredField, rollcall } from '../provider.ts'

/** Not fields of employees, but of their time off. Of balances there is one request for each employee. */
export const absencesField = 'absences'
export const balancesField = 'leaveBalances'

export const mapping: Mapping = {
  userName: { from: 'workEmail', transform: 'lowercase' },
  'emails[type eq "work"].value': { from: 'workEmail', transform: 'lowercase' },
  'emails[type eq "work"].primary': { value: true },
  'emails[type eq "home"].value': { from: 'homeEmail', transform: 'lowercase' },
  'name.givenName': { from: ['preferredName', 'firstName'] },
  'name.familyName': 'lastName',
  'name.formatted': 'legalName',
  displayName: 'displayName',
  title: 'jobTitle',
  'phoneNumbers[type eq "work"].value': 'workPhone',
  'phoneNumbers[type eq "mobile"].value': 'mobilePhone',
  'phoneNumbers[type eq "home"].value': 'homePhone',
  [`${enterprise}:employeeNumber`]: 'employeeNumber',
  [`${enterprise}:department`]: 'department',
  [`${enterprise}:division`]: 'division',
  // Sources disagree which of them is the number of the manager and which the id; both are looked for as both.
  [`${enterprise}:manager.value`]: { from: ['supervisorEId', 'reportsToId', 'supervisorId'] },
  [`${rollcall}:location`]: 'location',
  [`${rollcall}:startDate`]: { from: 'hireDate', transform: 'date' },
  [`${rollcall}:endDate`]: { from: 'terminationDate', transform: 'date' },
  // Where what BambooHR says means nothing to us, its own word says so to people.
  [`${rollcall}:employmentStatus`]: { from: ['lifecycle', 'status'] },
  [`${rollcall}:absences`]: absencesField,
  [`${rollcall}:employmentType`]: {
    from: 'employmentHistoryStatus',
    table: {
      'full-time': 'full_time',
      'full time': 'full_time',
      'part-time': 'part_time',
      'part time': 'part_time',
      contractor: 'contractor',
      contract: 'contractor',
      freelancer: 'contractor',
      intern: 'intern',
      internship: 'intern',
      temporary: 'temporary',
      temp: 'temporary',
      seasonal: 'temporary',
    },
  },
}

/** Who has not begun yet is Inactive, as who has left is; only the hire date tells them apart. */
export const required: readonly RequiredField[] = [
  { field: 'workEmail', permission: 'Work Email (Personal, Contact)' },
  { field: 'status', permission: 'Status (Personal, Basic Information)' },
  { field: 'hireDate', permission: 'Hire Date (Job)' },
]

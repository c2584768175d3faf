// Fields have the names of the paths that lead to them from PerPerson; fields.ts has those that are ours.
import { enterprise, type Mapping, type RequiredField, rollcall } from '../provider.ts'

/** SAP's own word for where somebody stands: a letter. */
export const statusField = 'employmentNav/jobInfoNav/emplStatusNav/externalCode'
export const startField = 'employmentNav/startDate'

export const mapping: Mapping = {
  userName: { from: 'businessEmail', transform: 'lowercase' },
  'emails[type eq "work"].value': { from: 'businessEmail', transform: 'lowercase' },
  'emails[type eq "work"].primary': { value: true },
  'emails[type eq "home"].value': { from: 'personalEmail', transform: 'lowercase' },
  'name.givenName': { from: ['personalInfoNav/preferredName', 'personalInfoNav/firstName'] },
  'name.familyName': 'personalInfoNav/lastName',
  'name.formatted': 'legalName',
  displayName: 'displayName',
  title: 'employmentNav/jobInfoNav/jobTitle',
  'phoneNumbers[type eq "work"].value': 'businessPhone',
  'phoneNumbers[type eq "mobile"].value': 'mobilePhone',
  'phoneNumbers[type eq "home"].value': 'homePhone',
  // A user ID is that of an employment, and who comes back has another one.
  [`${enterprise}:employeeNumber`]: 'personIdExternal',
  [`${enterprise}:department`]: 'employmentNav/jobInfoNav/departmentNav/name',
  [`${enterprise}:division`]: 'employmentNav/jobInfoNav/divisionNav/name',
  [`${enterprise}:costCenter`]: {
    from: ['employmentNav/jobInfoNav/costCenterNav/name', 'employmentNav/jobInfoNav/costCenter'],
  },
  [`${enterprise}:organization`]: 'employmentNav/jobInfoNav/companyNav/name',
  [`${enterprise}:manager.value`]: 'manager',
  [`${rollcall}:location`]: 'employmentNav/jobInfoNav/locationNav/name',
  [`${rollcall}:startDate`]: { from: startField, transform: 'date' },
  [`${rollcall}:endDate`]: { from: 'lastDay', transform: 'date' },
  // Where what SAP says means nothing to us, its own letters say so to people.
  [`${rollcall}:employmentStatus`]: { from: ['lifecycle', statusField] },
  [`${rollcall}:employmentType`]: 'employmentKind',
}

export const required: readonly RequiredField[] = [
  { field: 'businessEmail', permission: 'Email Information' },
  { field: startField, permission: 'Employment Details' },
  { field: statusField, permission: 'Job Information, Employee Status' },
]

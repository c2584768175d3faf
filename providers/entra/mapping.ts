import { enterprise, type Mapping, type RequiredField, rollcall } from '../provider.ts'
import { leaveDate, manager, signInName } from './fields.ts'

export const mapping: Mapping = {
  userName: { from: signInName, transform: 'lowercase' },
  'emails[type eq "work"].value': { from: 'mail', transform: 'lowercase' },
  'emails[type eq "work"].primary': { value: true },
  'emails[type eq "other"].value': { from: 'otherMails.0', transform: 'lowercase' },
  'name.givenName': 'givenName',
  'name.familyName': 'surname',
  displayName: 'displayName',
  title: 'jobTitle',
  userType: 'userType',
  preferredLanguage: 'preferredLanguage',
  'phoneNumbers[type eq "work"].value': 'businessPhones.0',
  'phoneNumbers[type eq "mobile"].value': 'mobilePhone',
  'phoneNumbers[type eq "fax"].value': 'faxNumber',
  'addresses[type eq "work"].streetAddress': 'streetAddress',
  'addresses[type eq "work"].locality': 'city',
  'addresses[type eq "work"].region': 'state',
  'addresses[type eq "work"].postalCode': 'postalCode',
  'addresses[type eq "work"].country': 'country',
  active: { from: 'accountEnabled', transform: 'boolean' },
  [`${enterprise}:employeeNumber`]: 'employeeId',
  [`${enterprise}:department`]: 'department',
  [`${enterprise}:costCenter`]: 'employeeOrgData.costCenter',
  [`${enterprise}:division`]: 'employeeOrgData.division',
  [`${enterprise}:organization`]: 'companyName',
  [`${enterprise}:manager.value`]: manager,
  [`${rollcall}:location`]: 'officeLocation',
  [`${rollcall}:startDate`]: { from: 'employeeHireDate', transform: 'date' },
  [`${rollcall}:endDate`]: { from: leaveDate, transform: 'date' },
  // Entra ID knows no leave; who may not sign in is suspended until they are deleted.
  [`${rollcall}:employmentStatus`]: { from: 'accountEnabled', table: { true: 'active', false: 'suspended' } },
  [`${rollcall}:employmentType`]: {
    from: 'employeeType',
    table: {
      employee: 'full_time',
      'full-time': 'full_time',
      'full time': 'full_time',
      'part-time': 'part_time',
      'part time': 'part_time',
      contractor: 'contractor',
      consultant: 'contractor',
      vendor: 'contractor',
      freelancer: 'contractor',
      intern: 'intern',
      internship: 'intern',
      temporary: 'temporary',
      temp: 'temporary',
    },
  },
}

export const required: readonly RequiredField[] = [
  { field: 'userPrincipalName', permission: 'User.Read.All' },
  { field: 'accountEnabled', permission: 'User.Read.All' },
]

import { enterprise, type Mapping, type RequiredField, rollcall } from '../provider.ts'

/** Not the directory's: whether the account is `active` or `suspended`. */
export const accountStatus = 'accountStatus'

/** Not the directory's: the last day on which the account can be used. */
export const lastDay = 'lastDay'

export const mapping: Mapping = {
  userName: { from: ['userPrincipalName', 'uid', 'mail'], transform: 'lowercase' },
  'emails[type eq "work"].value': { from: 'mail', transform: 'lowercase' },
  'emails[type eq "work"].primary': { value: true },
  'name.givenName': 'givenName',
  'name.familyName': 'sn',
  displayName: { from: ['displayName', 'cn'] },
  title: 'title',
  'phoneNumbers[type eq "work"].value': 'telephoneNumber',
  'phoneNumbers[type eq "mobile"].value': 'mobile',
  'phoneNumbers[type eq "home"].value': 'homePhone',
  'phoneNumbers[type eq "fax"].value': 'facsimileTelephoneNumber',
  'addresses[type eq "work"].streetAddress': { from: ['streetAddress', 'street'] },
  'addresses[type eq "work"].locality': 'l',
  'addresses[type eq "work"].region': 'st',
  'addresses[type eq "work"].postalCode': 'postalCode',
  'addresses[type eq "work"].country': 'c',
  [`${enterprise}:employeeNumber`]: { from: ['employeeID', 'employeeNumber'] },
  [`${enterprise}:organization`]: { from: ['company', 'o'] },
  [`${enterprise}:division`]: 'division',
  [`${enterprise}:department`]: { from: ['department', 'ou'] },
  [`${enterprise}:manager.value`]: 'manager',
  [`${rollcall}:location`]: { from: ['physicalDeliveryOfficeName', 'l'] },
  [`${rollcall}:endDate`]: { from: lastDay, transform: 'date' },
  [`${rollcall}:employmentStatus`]: accountStatus,
  [`${rollcall}:employmentType`]: {
    from: 'employeeType',
    table: {
      employee: 'full_time',
      'full time': 'full_time',
      'full-time': 'full_time',
      'part time': 'part_time',
      'part-time': 'part_time',
      contractor: 'contractor',
      external: 'contractor',
      freelancer: 'contractor',
      intern: 'intern',
      internship: 'intern',
      trainee: 'intern',
      temporary: 'temporary',
      temp: 'temporary',
      'fixed term': 'temporary',
      'fixed-term': 'temporary',
    },
  },
}

export const required: readonly RequiredField[] = [{ field: accountStatus, permission: 'userAccountControl' }]

/** The fields that the mapping reads. */
export const mappedFields: readonly string[] = Object.values(mapping).flatMap((rule) => {
  if (typeof rule === 'string') return rule
  return 'from' in rule ? rule.from : []
})

import { enterprise, type Mapping, type RequiredField, rollcall } from '../provider.ts'

/** Not Bob's: what its lifecycle status means, as one of our employment statuses. */
export const lifecycle = 'lifecycle'

/** Not a field of people in Bob, but requests of theirs. */
export const absencesField = 'absences'

/** Where the kind of employment stands differs between accounts. */
export const employmentTypeFields = [
  'employment.type',
  'payroll.employment.type',
  'employment.contract',
  'payroll.employment.contract',
] as const

export const mapping: Mapping = {
  userName: { from: 'root.email', transform: 'lowercase' },
  'emails[type eq "work"].value': { from: 'root.email', transform: 'lowercase' },
  'emails[type eq "work"].primary': { value: true },
  'emails[type eq "home"].value': { from: 'home.privateEmail', transform: 'lowercase' },
  'name.givenName': 'root.firstName',
  'name.familyName': 'root.surname',
  displayName: 'root.displayName',
  title: 'work.title',
  'phoneNumbers[type eq "work"].value': 'work.workPhone',
  'phoneNumbers[type eq "mobile"].value': { from: ['work.workMobile', 'home.mobilePhone'] },
  active: { from: 'internal.status', transform: 'boolean' },
  [`${enterprise}:employeeNumber`]: 'work.employeeIdInCompany',
  [`${enterprise}:department`]: 'work.department',
  [`${enterprise}:manager.value`]: { from: ['work.reportsTo', 'work.manager'] },
  [`${rollcall}:location`]: 'work.site',
  [`${rollcall}:startDate`]: { from: 'work.startDate', transform: 'date' },
  [`${rollcall}:endDate`]: { from: 'internal.terminationDate', transform: 'date' },
  // Where what Bob says means nothing to us, its own word says so to people.
  [`${rollcall}:employmentStatus`]: { from: [lifecycle, 'internal.lifecycleStatus'] },
  [`${rollcall}:absences`]: absencesField,
  [`${rollcall}:employmentType`]: {
    from: employmentTypeFields,
    table: {
      'full time': 'full_time',
      'full-time': 'full_time',
      'part time': 'part_time',
      'part-time': 'part_time',
      contractor: 'contractor',
      freelance: 'contractor',
      freelancer: 'contractor',
      intern: 'intern',
      internship: 'intern',
      temporary: 'temporary',
      temp: 'temporary',
      'fixed term': 'temporary',
      'fixed-term': 'temporary',
    },
  },
}

export const required: readonly RequiredField[] = [
  { field: 'root.email', permission: 'Basic info' },
  { field: 'internal.lifecycleStatus', permission: 'Lifecycle' },
]

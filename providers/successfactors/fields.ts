// Which properties to ask for, and how to find a field in a person. A field has the name of the path that leads to it from PerPerson, as
// `employmentNav/jobInfoNav/jobTitle`; some are ours, and made from several properties.

/** A field of ours → the properties that it is made from. */
export const derivedFields = {
  businessEmail: ['emailNav/emailAddress', 'emailNav/isPrimary', 'emailNav/emailTypeNav/externalCode'],
  personalEmail: ['emailNav/emailAddress', 'emailNav/isPrimary', 'emailNav/emailTypeNav/externalCode'],
  businessPhone: listPhoneProperties(),
  mobilePhone: listPhoneProperties(),
  homePhone: listPhoneProperties(),
  displayName: ['personalInfoNav/preferredName', 'personalInfoNav/firstName', 'personalInfoNav/lastName'],
  legalName: ['personalInfoNav/firstName', 'personalInfoNav/middleName', 'personalInfoNav/lastName'],
  manager: [
    'employmentNav/jobInfoNav/managerId',
    'employmentNav/jobInfoNav/managerEmploymentNav/personIdExternal',
    'employmentNav/jobInfoNav/managerEmploymentNav/userId',
  ],
  lastDay: ['employmentNav/startDate', 'employmentNav/endDate'],
  lifecycle: ['employmentNav/startDate', 'employmentNav/endDate'],
  employmentKind: [
    'employmentNav/isContingentWorker',
    'employmentNav/jobInfoNav/isFulltimeEmployee',
    'employmentNav/jobInfoNav/employeeClassNav/externalCode',
    'employmentNav/jobInfoNav/employmentTypeNav/externalCode',
    'employmentNav/jobInfoNav/regularTempNav/externalCode',
  ],
} as const satisfies Record<string, readonly string[]>

export type DerivedField = keyof typeof derivedFields

/** By which the employment and its row of job information are chosen. */
const always = [
  'personIdExternal',
  'personalInfoNav/startDate',
  'personalInfoNav/endDate',
  'employmentNav/userId',
  'employmentNav/startDate',
  'employmentNav/endDate',
  'employmentNav/assignmentClass',
  'employmentNav/jobInfoNav/userId',
  'employmentNav/jobInfoNav/seqNumber',
  'employmentNav/jobInfoNav/startDate',
  'employmentNav/jobInfoNav/endDate',
  'employmentNav/jobInfoNav/emplStatusNav/externalCode',
] as const

const pathForm = /^[A-Za-z_]\w*(?:\/[A-Za-z_]\w*){0,5}$/

export function isDerived(field: string): field is DerivedField {
  return Object.hasOwn(derivedFields, field)
}

/** The properties to ask for where some fields are wanted; what cannot be a path is left out. */
export function listProperties(fields: readonly string[]): string[] {
  const wanted = fields.flatMap((field) =>
    isDerived(field) ? derivedFields[field] : pathForm.test(field) ? field : [],
  )
  return [...new Set([...always, ...wanted])]
}

/** The navigations on the way to some properties, which OData wants named as well. */
export function listNavigations(properties: readonly string[]): string[] {
  const navigations = properties.flatMap((property) => {
    const end = property.lastIndexOf('/')
    return end === -1 ? [] : property.slice(0, end)
  })
  return [...new Set(navigations)]
}

function listPhoneProperties(): readonly string[] {
  const properties = ['countryCode', 'areaCode', 'phoneNumber', 'extension', 'isPrimary', 'phoneTypeNav/externalCode']
  return properties.map((property) => `phoneNav/${property}`)
}

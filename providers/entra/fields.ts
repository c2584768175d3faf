// A user of Entra ID as fields, by the names of Microsoft Graph; what is within another has a path, such as `employeeOrgData.costCenter`
// or `businessPhones.0` (https://learn.microsoft.com/graph/api/resources/user).
import { isObject, readObjects, readText } from '../json.ts'
import type { Json, JsonObject } from '../provider.ts'

/** Not Entra's: `userPrincipalName`, or of a guest, whose one is made up, the address. */
export const signInName = 'signInName'
/** The id of the manager. */
export const manager = 'manager'
/** Needs a permission of its own. */
export const leaveDate = 'employeeLeaveDateTime'

// What the directory itself holds. What other services hold cannot be asked of many, and names that are none are refused.
const properties = new Set(
  `accountEnabled ageGroup assignedLicenses businessPhones city companyName consentProvidedForMinor country createdDateTime creationType
  department displayName employeeHireDate employeeId employeeLeaveDateTime employeeOrgData employeeType externalUserState faxNumber
  givenName identities imAddresses isResourceAccount jobTitle legalAgeGroupClassification mail mailNickname manager mobilePhone
  officeLocation onPremisesDistinguishedName onPremisesDomainName onPremisesExtensionAttributes onPremisesImmutableId
  onPremisesLastSyncDateTime onPremisesSamAccountName onPremisesSecurityIdentifier onPremisesSyncEnabled onPremisesUserPrincipalName
  otherMails postalCode preferredLanguage proxyAddresses securityIdentifier showInAddressList state streetAddress surname usageLocation
  userPrincipalName userType`.split(/\s+/),
)
const extension = /^extension_[0-9a-f]{32}_\w+$/i

/** What must be known of everybody to say who is a person. */
const whoIsPerson = ['userType', 'employeeId', 'employeeType']

/** What to ask for, so that some fields can be read. */
export function selectProperties(names: readonly string[]): string[] {
  const wanted = names.flatMap((name) => {
    if (name === signInName) return ['userPrincipalName', 'mail', 'userType']
    const property = name.split('.')[0] ?? ''
    return properties.has(property) || extension.test(property) ? [property] : []
  })
  return [...new Set(['id', ...wanted, ...whoIsPerson])]
}

/** The fields of a user, but the manager; what was never set is not there. */
export function readUserFields(user: JsonObject, names: readonly string[]): JsonObject {
  const fields: JsonObject = {}
  for (const name of names) {
    const value = name === signInName ? readSignInName(user) : name === manager ? undefined : readPath(user, name)
    if (value !== undefined) fields[name] = value
  }
  return fields
}

function readSignInName(user: JsonObject): Json | undefined {
  const { userPrincipalName, mail } = user
  return isExternal(user) ? (readText(mail) ?? userPrincipalName) : userPrincipalName
}

/** Somebody whose account is elsewhere: the name that they have here is made of the one that they have there. */
export function isExternal({ userPrincipalName }: JsonObject): boolean {
  return readText(userPrincipalName)?.toUpperCase().includes('#EXT#') === true
}

// Undefined where its beginning is not there; null where the beginning is, and no more.
function readPath(user: JsonObject, path: string): Json | undefined {
  const [first = '', ...rest] = path.split('.')
  let value: Json | undefined = user[first]
  if (value === undefined) return undefined
  for (const part of rest) value = readPart(value, part)
  return value ?? null
}

function readPart(value: Json | undefined, part: string): Json | undefined {
  if (Array.isArray(value)) return /^\d{1,3}$/.test(part) ? value[Number(part)] : undefined
  return isObject(value) ? value[part] : undefined
}

/** The manager that a change says; undefined where it says nothing of one. */
export function readManagerChange(user: JsonObject): string | null | undefined {
  const entries = readObjects(user['manager@delta'])
  if (entries === undefined) return undefined
  const last = entries.findLast((entry) => entry['@removed'] === undefined)
  return readText(last?.['id']) ?? null
}

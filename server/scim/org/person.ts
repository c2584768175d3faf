import type { JsonObject, JsonValue } from '../../db/tables.ts'
import type { EmployeeSummary } from '../../directory/org/employee.ts'
import { personType } from './types.ts'

/** What an endpoint knows of a person beyond what all of them do. */
export interface PersonDetails {
  readonly level?: number
  readonly managerId?: string | null
  readonly directReportCount?: number
  readonly membershipType?: string
  readonly viaGroup?: string | null
  readonly matchScore?: number | undefined
  readonly matchField?: string | undefined
}

/** A Person; the location is that of the User. */
export function writePerson(baseUrl: string, person: EmployeeSummary, details: PersonDetails = {}): JsonObject {
  const { id, employeeNumber, email, displayName, title, department, location, status } = person
  const { level, managerId, directReportCount, membershipType, viaGroup, matchScore, matchField } = details
  return dropUnassigned({
    schemas: [personType.schema.id],
    id,
    employeeNumber,
    email,
    displayName,
    title,
    department,
    location,
    status,
    level,
    manager: managerId ? referToUser(baseUrl, managerId) : null,
    directReportCount,
    membershipType,
    viaGroup,
    matchScore,
    matchField,
    meta: { resourceType: personType.name, location: locateUser(baseUrl, id) },
  })
}

/** A reference to a user, as values of complex attributes are. */
export function referToUser(baseUrl: string, id: string): { value: string; $ref: string } {
  return { value: id, $ref: locateUser(baseUrl, id) }
}

/** Without the attributes that have no value (RFC 7643 section 2.5). */
export function dropUnassigned(resource: { readonly [name: string]: JsonValue | undefined }): JsonObject {
  const assigned: JsonObject = {}
  for (const name of Object.keys(resource)) {
    const value = resource[name]
    if (value !== null && value !== undefined) assigned[name] = value
  }
  return assigned
}

function locateUser(baseUrl: string, id: string): string {
  return `${baseUrl}/Users/${id}`
}

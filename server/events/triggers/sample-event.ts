// Events that never were, to show what a trigger would do.
import type { JsonObject } from '../../db/tables.ts'
import { enterpriseUser } from '../../directory/user-record.ts'
import { findResourceType } from '../event-types.ts'
import { imagineEvent, type LoggedEvent } from '../event.ts'

const person = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User', enterpriseUser],
  userName: 'robin.sample@example.com',
  name: { givenName: 'Robin', familyName: 'Sample', formatted: 'Robin Sample' },
  displayName: 'Robin Sample',
  title: 'Account Manager',
  active: true,
  emails: [{ value: 'robin.sample@example.com', type: 'work', primary: true }],
  [enterpriseUser]: { employeeNumber: '1001', department: 'Sales', manager: { value: 'emp_samplemanager' } },
} satisfies JsonObject

const samples: Readonly<Record<string, { readonly id: string; readonly resource: JsonObject }>> = {
  User: { id: 'emp_sample', resource: person },
  Group: {
    id: 'grp_sample',
    resource: { schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'], displayName: 'Sales' },
  },
}

/** An event of the first of the types, of something fictitious. */
export function createSampleEvent(organizationId: string, types: readonly string[], at: Date): LoggedEvent {
  const type = nameType(types)
  const resourceType = findResourceType(type) ?? 'User'
  const { id, resource } = samples[resourceType] ?? { id: 'sample', resource: {} }
  const isMembership = type.startsWith('membership.')
  return imagineEvent(
    organizationId,
    { type, resourceType, resourceId: id },
    {
      resource: { id, ...resource },
      ...(type.endsWith('.updated') && { changes: { title: { before: 'Trainee', after: 'Account Manager' } } }),
      ...(isMembership && { member: { id: 'emp_sample', type: 'User' } }),
    },
    at,
  )
}

/** What nobody could look up of a sample. */
export const sampleVariables: JsonObject = {
  manager: { id: 'emp_samplemanager', displayName: 'Kim Example', email: 'kim.example@example.com' },
  directory: { id: 'dir_sample', name: 'Sample directory' },
}
export const sampleMember: JsonObject = {
  id: 'emp_sample',
  type: 'User',
  displayName: 'Robin Sample',
  email: 'robin.sample@example.com',
}

/** An event type for a pattern: `user.created` for `user.*` and `*`. */
export function nameType(types: readonly string[]): string {
  const [first = '*'] = types
  if (first === '*') return 'user.created'
  return first.endsWith('.*') ? `${first.slice(0, -1)}created` : first
}

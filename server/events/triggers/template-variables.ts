// What the templates of a trigger can speak of: the event, whom it is about, and whom these know.
import type { Database } from '../../db/connect.ts'
import type { JsonObject, JsonValue } from '../../db/tables.ts'
import { type Contact, readContact, readGroupName, toContact } from '../../directory/contact.ts'
import { nameDirectories, readOrganization } from '../../directory/directories.ts'
import { asObject, enterpriseUser, rollcallUser } from '../../directory/user-record.ts'
import { type LoggedEvent, toJson } from '../event.ts'

const customUser = 'urn:ietf:params:scim:schemas:extension:custom:2.0:User'
const noCard: JsonObject = {}

/** The variables of an event, looked up now: `user`, `group` and `resource` are as they were when it happened. */
export async function readVariables(db: Database, event: LoggedEvent): Promise<JsonObject> {
  const { organizationId, resourceType, resourceId, data } = event
  const { resource, changes, member } = data
  const managerId = resourceType === 'User' ? findManager(resource) : undefined
  const [organization, names, manager, memberCard] = await Promise.all([
    readOrganization(db, organizationId),
    data.directoryId === null ? undefined : nameDirectories(db, organizationId),
    managerId === undefined ? undefined : readContact(db, organizationId, managerId),
    member === undefined ? undefined : readMember(db, organizationId, member),
  ])
  const directoryName = names?.get(data.directoryId ?? '')
  return {
    event: describeEvent(event),
    changes: (changes ?? {}) as JsonObject,
    resource: resource ?? noCard,
    ...(resourceType === 'User' && resource !== null && { user: describeUser(resourceId, resource) }),
    ...(resourceType === 'Group' && resource !== null && { group: resource }),
    ...(manager !== undefined && { manager: { ...manager } }),
    ...(memberCard !== undefined && { member: memberCard }),
    organization: { id: organizationId, name: organization?.name ?? '' },
    ...(directoryName !== undefined && { directory: { id: data.directoryId, name: directoryName } }),
  }
}

function describeEvent(event: LoggedEvent): JsonObject {
  const { id, number, type, timestamp, resourceType, resourceId, version } = toJson(event)
  return JSON.parse(JSON.stringify({ id, number, type, timestamp, resourceType, resourceId, version })) as JsonObject
}

// The resource, with what is long to write in a template under short names.
function describeUser(id: string, user: JsonObject): JsonObject {
  const { displayName, email } = toContact(id, user)
  return {
    ...user,
    id,
    displayName,
    email,
    enterprise: asObject(user[enterpriseUser]) ?? noCard,
    rollcall: asObject(user[rollcallUser]) ?? noCard,
    custom: asObject(user[customUser]) ?? noCard,
  }
}

function findManager(user: JsonObject | null): string | undefined {
  const manager: JsonValue | undefined = asObject(asObject(user?.[enterpriseUser])?.['manager'])?.['value']
  return typeof manager === 'string' ? manager : undefined
}

async function readMember(
  db: Database,
  organizationId: string,
  { id, type }: { readonly id: string; readonly type: 'User' | 'Group' },
): Promise<JsonObject> {
  if (type === 'Group') return { id, type, displayName: (await readGroupName(db, organizationId, id)) ?? id }
  const contact: Contact | undefined = await readContact(db, organizationId, id)
  return { id, type, ...(contact ?? { displayName: id, email: null }) }
}

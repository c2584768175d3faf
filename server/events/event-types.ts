// Which events there are.

/** Of users, groups, memberships, directories, syncs and webhook endpoints; resources of one's own have `<type>.created` and so on. */
export const eventTypes = {
  'user.created': 'A person is in the directory.',
  'user.updated': 'Attributes of a person changed.',
  'user.activated': 'A person may sign in again.',
  'user.deactivated': 'A person may not sign in any more.',
  'user.deleted': 'A person is gone.',
  'user.restored': 'A person who was gone is back, under the same id.',
  'user.anonymized': 'What was known of a person is gone for good.',
  'group.created': 'A group is in the directory.',
  'group.updated': 'Attributes of a group changed.',
  'group.deleted': 'A group is gone.',
  'membership.added': 'Somebody came into a group.',
  'membership.removed': 'Somebody left a group.',
  'directory.created': 'A directory was made.',
  'directory.updated': 'Settings of a directory changed.',
  'directory.deleted': 'A directory was deleted; its people and groups are the manual directory’s.',
  'sync.queued': 'A sync was asked for.',
  'sync.started': 'A sync began.',
  'sync.awaiting_approval': 'A sync would change more than is done without being asked, and waits.',
  'sync.completed': 'A sync did all that it had to.',
  'sync.failed': 'A sync could not be done.',
  'sync.cancelled': 'A sync was cancelled, or rejected.',
  'webhook_endpoint.disabled': 'A webhook endpoint hears nothing more, for it failed too long or said that it is gone.',
} as const

const resourceTypes: Readonly<Record<string, string>> = {
  user: 'User',
  group: 'Group',
  membership: 'Group',
  directory: 'Directory',
  sync: 'Sync',
  webhook_endpoint: 'WebhookEndpoint',
}

/**
 * What the events of a type, or of a pattern such as `user.*`, are of: `membership.added` of a `Group`, `Device.created` of a `Device`.
 * undefined for `*`. Whether there is such a type of one's own is for the schema to say.
 */
export function findResourceType(type: string): string | undefined {
  const end = type.lastIndexOf('.')
  if (end === -1) return undefined
  const subject = type.slice(0, end)
  return Object.hasOwn(resourceTypes, subject) ? resourceTypes[subject] : subject
}

const ownType = /^[A-Za-z][\w-]*\.(created|updated|deleted|\*)$/

/** Whether a type, or a pattern such as `user.*` or `*`, can mean any event at all. */
export function isEventType(type: string): boolean {
  if (type === '*' || Object.hasOwn(eventTypes, type)) return true
  if (type.endsWith('.*') && Object.hasOwn(resourceTypes, type.slice(0, -2))) return true
  return ownType.test(type) && !Object.hasOwn(resourceTypes, type.slice(0, type.lastIndexOf('.')))
}

/** Whether an event is one of the types, which may be patterns. */
export function isOfTypes(type: string, types: readonly string[]): boolean {
  return types.some((one) => one === '*' || one === type || (one.endsWith('.*') && type.startsWith(one.slice(0, -1))))
}

// A user of Okta as fields: the attributes of their profile by their own names, and what stands beside the profile.
import { isObject, readText } from '../json.ts'
import type { Json, JsonObject } from '../provider.ts'
import { managerFields } from './mapping.ts'

const besideProfile = new Set([
  'status',
  'created',
  'activated',
  'statusChanged',
  'lastLogin',
  'lastUpdated',
  'passwordChanged',
])

/** What is asked for of a user. An attribute of a profile that is called as what stands beside it is `profile.` and its name. */
export function readUserFields(user: JsonObject, names: readonly string[]): JsonObject {
  const profile = isObject(user['profile']) ? user['profile'] : {}
  const fields: JsonObject = {}
  for (const name of names) {
    const value = readField(user, profile, name)
    if (value !== undefined) fields[name] = value
  }
  return fields
}

function readField(user: JsonObject, profile: JsonObject, name: string): Json | undefined {
  if (besideProfile.has(name)) return user[name]
  if (name === managerFields[0]) return readManager(profile, (manager) => !manager.includes('@'))
  if (name === managerFields[1]) return readManager(profile, (manager) => manager.includes('@'))
  return profile[name.replace(/^profile\./, '')]
}

// Absent where Okta says nothing of managers at all.
function readManager({ managerId }: JsonObject, isMeant: (manager: string) => boolean): Json | undefined {
  if (managerId === undefined) return undefined
  const manager = readText(managerId)
  return manager !== undefined && isMeant(manager) ? manager : null
}

// Conditional access policies, as they concern one user: by all users, the user, a group that they are in through whatever other groups, a
// role that they have, or as a guest. An exception counts before all else
// (https://learn.microsoft.com/graph/api/resources/conditionalaccessusers).
import { isObject, readText } from '../json.ts'
import { type AccessPolicy, type AccessTarget, type Json, type JsonObject, ProviderError } from '../provider.ts'
import type { EntraApi } from './api.ts'
import { isExternal } from './fields.ts'

interface Person {
  readonly id: string
  readonly kind: GuestKind | undefined
  /** Id of a group, or of a role's template → it. */
  readonly groups: ReadonlyMap<string, AccessTarget>
  readonly roles: ReadonlyMap<string, AccessTarget>
}

/** As policies call those who are no members at home; undefined of a member. */
type GuestKind = 'internalGuest' | 'b2bCollaborationGuest' | 'b2bCollaborationMember'

export const policiesPath = '/identity/conditionalAccess/policies'

/** Policies that name a user, in the order of their names. Throws ProviderError. */
export async function listAccessPolicies(api: EntraApi, userId: string): Promise<AccessPolicy[]> {
  const user = await api.readOne(`/users/${encodeURIComponent(userId)}?$select=id,userPrincipalName,userType`)
  if (user === undefined) throw new ProviderError('unexpected', `Microsoft Entra ID knows no user ${userId}.`)
  const person = await readPerson(api, user)
  const policies: AccessPolicy[] = []
  for await (const { items } of api.readList(policiesPath)) {
    for (const item of items) policies.push(...readPolicy(item, person))
  }
  return policies.toSorted((one, other) => one.name.localeCompare(other.name) || one.id.localeCompare(other.id))
}

async function readPerson(api: EntraApi, user: JsonObject): Promise<Person> {
  const id = readText(user['id']) ?? ''
  const groups = new Map<string, AccessTarget>()
  const roles = new Map<string, AccessTarget>()
  for await (const { items } of api.readList(`/users/${encodeURIComponent(id)}/transitiveMemberOf`)) {
    for (const item of items) {
      const found = readTarget(item)
      if (found?.target.type === 'group') groups.set(found.id, found.target)
      else if (found !== undefined) roles.set(found.id, found.target)
    }
  }
  return { id, kind: readKind(user), groups, roles }
}

// Policies name roles by their templates; of a role that may not be read there is none.
function readTarget(item: JsonObject): { readonly id: string; readonly target: AccessTarget } | undefined {
  const { '@odata.type': kind, id, displayName, roleTemplateId } = item
  const own = readText(id)
  const name = readText(displayName)
  const named = name === undefined ? {} : { name }
  if (kind === '#microsoft.graph.group' && own !== undefined)
    return { id: own, target: { type: 'group', id: own, ...named } }
  if (kind !== '#microsoft.graph.directoryRole') return undefined
  const template = readText(roleTemplateId)
  if (template !== undefined) return { id: template, target: { type: 'role', id: template, ...named } }
  const message =
    'The application may not read roles, by which policies may apply. Let it have RoleManagement.Read.Directory.'
  throw new ProviderError('settings', message)
}

function readKind(user: JsonObject): GuestKind | undefined {
  const isGuest = readText(user['userType'])?.toLowerCase() === 'guest'
  if (isExternal(user)) return isGuest ? 'b2bCollaborationGuest' : 'b2bCollaborationMember'
  return isGuest ? 'internalGuest' : undefined
}

const states: Readonly<Record<string, AccessPolicy['state']>> = {
  enabled: 'enabled',
  enabledForReportingButNotEnforced: 'report_only',
  disabled: 'disabled',
}

function readPolicy(policy: JsonObject, person: Person): AccessPolicy[] {
  const id = readText(policy['id'])
  const users = isObject(policy['conditions']) ? policy['conditions']['users'] : undefined
  if (id === undefined || !isObject(users)) return []
  const includedBy = findTargets(users, 'include', person)
  if (includedBy.length === 0) return []
  const excludedBy = findTargets(users, 'exclude', person)
  const controls = isObject(policy['grantControls']) ? policy['grantControls'] : {}
  return [
    {
      id,
      name: readText(policy['displayName']) ?? id,
      state: states[readText(policy['state']) ?? ''] ?? 'disabled',
      applies: excludedBy.length === 0,
      includedBy,
      excludedBy,
      controls: readControls(controls),
      controlsOperator: controls['operator'] === 'AND' ? 'all' : 'any',
    },
  ]
}

function findTargets(users: JsonObject, way: 'include' | 'exclude', person: Person): AccessTarget[] {
  const named = readTexts(users[`${way}Users`])
  const guests = users[`${way}GuestsOrExternalUsers`]
  const isGuest = (named.includes('GuestsOrExternalUsers') && person.kind !== undefined) || isMeant(guests, person.kind)
  return [
    ...(named.includes('All') ? [{ type: 'all' } as const] : []),
    ...(named.includes(person.id) ? [{ type: 'user' } as const] : []),
    ...readTexts(users[`${way}Groups`]).flatMap((group) => person.groups.get(group) ?? []),
    ...readTexts(users[`${way}Roles`]).flatMap((role) => person.roles.get(role) ?? []),
    ...(isGuest ? [{ type: 'guests' } as const] : []),
  ]
}

// Whose home is one of some tenants cannot be known here: they are not taken for meant.
function isMeant(guests: Json | undefined, kind: GuestKind | undefined): boolean {
  if (!isObject(guests) || kind === undefined) return false
  const kinds = (readText(guests['guestOrExternalUserTypes']) ?? '').split(',').map((one) => one.trim())
  if (!kinds.includes(kind)) return false
  const { externalTenants: tenants } = guests
  return kind === 'internalGuest' || !isObject(tenants) || tenants['membershipKind'] !== 'enumerated'
}

function readControls(controls: JsonObject): string[] {
  const { authenticationStrength: strength } = controls
  const factors = readTexts(controls['customAuthenticationFactors'])
  const strengthName = isObject(strength) ? readText(strength['displayName']) : undefined
  return [
    ...readTexts(controls['builtInControls']),
    ...(strengthName === undefined ? [] : [`authenticationStrength: ${strengthName}`]),
    ...readTexts(controls['termsOfUse']).map((terms) => `termsOfUse: ${terms}`),
    ...factors.map((factor) => `customAuthenticationFactor: ${factor}`),
  ]
}

function readTexts(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}

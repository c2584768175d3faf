// What an application may read. Microsoft Graph refuses what it may not; only the day on which somebody leaves is left out without a word.
import { type Check, type JsonObject, ProviderError } from '../provider.ts'
import { policiesPath } from './access-policies.ts'
import type { EntraApi } from './api.ts'
import { leaveDate } from './fields.ts'

/** Signs in, and asks once for each thing that a pull, or a question about policies, asks for. */
export async function checkEntra(api: EntraApi): Promise<Check[]> {
  try {
    const users = await api.tryList(`/users?$top=100&$select=id,userPrincipalName,accountEnabled`)
    return [
      { name: 'sign_in', ok: true, detail: 'Microsoft Entra ID took the client ID and its secret.' },
      checkUsers(users),
      ...(users === undefined ? [] : [await checkLeaveDates(api)]),
      await checkList(api, '/groups?$top=1&$select=id', groups),
      await checkList(api, `${policiesPath}?$top=1&$select=id`, policies),
      await checkList(api, '/directoryRoles?$select=id', roles),
    ]
  } catch (error) {
    if (!(error instanceof ProviderError) || error.kind !== 'settings') throw error
    return [{ name: 'sign_in', ok: false, detail: error.message }]
  }
}

function checkUsers(users: readonly JsonObject[] | undefined): Check {
  const name = 'Users'
  if (users === undefined) {
    const detail = 'Users may not be read. Give the application User.Read.All, and let an administrator consent to it.'
    return { name, ok: false, detail }
  }
  return { name, ok: true, detail: 'Users can be read.' }
}

// In a list what is empty is null; what may not be read is not there.
async function checkLeaveDates(api: EntraApi): Promise<Check> {
  const name = 'Leave dates'
  const users = await api.tryList(`/users?$top=100&$select=id,${leaveDate}`)
  if (users !== undefined && (users.length === 0 || users.some((user) => user[leaveDate] !== undefined))) {
    return { name, ok: true, detail: 'The day on which people leave can be read.' }
  }
  const detail =
    'The day on which people leave may not be read. Give the application User-LifeCycleInfo.Read.All, or leave it where you do not keep it in Entra ID.'
  return { name, ok: false, detail, missing: [leaveDate] }
}

interface Permission {
  readonly name: string
  readonly good: string
  readonly bad: string
}

const groups: Permission = {
  name: 'Groups',
  good: 'Groups and who is in them can be read.',
  bad: 'Groups may not be read. Give the application GroupMember.Read.All, or switch off the sync of groups.',
}

const policies: Permission = {
  name: 'Conditional access',
  good: 'Conditional access policies can be read.',
  bad: 'Conditional access policies may not be read. Give the application Policy.Read.All, or leave it where you do not ask for them.',
}

const roles: Permission = {
  name: 'Roles',
  good: 'Roles can be read, by which policies may apply.',
  bad: 'Roles may not be read. Give the application RoleManagement.Read.Directory, or leave it where you do not ask for policies.',
}

async function checkList(api: EntraApi, path: string, { name, good, bad }: Permission): Promise<Check> {
  const isAllowed = (await api.tryList(path)) !== undefined
  return { name, ok: isAllowed, detail: isAllowed ? good : bad }
}

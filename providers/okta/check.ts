// What a token or an application may see. Okta refuses what it may not, and of users it leaves out nothing but what an attribute's
// permissions hide.
import { type Check, ProviderError } from '../provider.ts'
import { linkToUsers, type OktaApi } from './api.ts'

const dayMs = 86_400_000

/** Signs in, and asks once for each thing that a pull asks for. */
export async function checkOkta(api: OktaApi, now: Date): Promise<Check[]> {
  const since = new Date(now.getTime() - dayMs).toISOString()
  try {
    const users = await api.tryPath(linkToUsers(new Date(0)).replace(/limit=\d+/, 'limit=1'))
    const groups = await api.tryPath('/api/v1/groups?limit=1')
    const logs = await api.tryPath(`/api/v1/logs?${new URLSearchParams({ since, limit: '1' }).toString()}`)
    return [
      { name: 'sign_in', ok: true, detail: 'Okta took the credentials.' },
      judge('Users', users, 'Users can be read, those that are deprovisioned among them.', usersAdvice),
      judge('Groups', groups, 'Groups and who is in them can be read.', groupsAdvice),
      judge('System Log', logs, 'The System Log can be read, which tells of who is deleted.', logsAdvice),
    ]
  } catch (error) {
    if (!(error instanceof ProviderError) || error.kind !== 'settings') throw error
    return [{ name: 'sign_in', ok: false, detail: error.message }]
  }
}

const usersAdvice = 'Grant okta.users.read, and let its administrator role view users.'
const groupsAdvice =
  'Grant okta.groups.read, and let its administrator role view groups, or switch off the sync of groups.'
const logsAdvice =
  'Grant okta.logs.read and a role that may view the System Log, or who is deleted is only found by pulls of everybody.'

function judge(name: string, isAllowed: boolean, good: string, advice: string): Check {
  return { name, ok: isAllowed, detail: isAllowed ? good : `Okta refuses it. ${advice}` }
}

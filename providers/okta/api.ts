// The requests to Okta's API that are made (https://developer.okta.com/docs/api).
import { createAnswerError, isObject, readObjects, readText } from '../json.ts'
import { type JsonObject, type ProviderContext, ProviderError, type ProviderResponse } from '../provider.ts'
import type { OktaSettings } from './settings.ts'
import { createOktaFetch, ScopeMissing } from './sign-in.ts'

export interface OktaApi {
  readUsers(link: string): Promise<OktaPage>
  /** Who is in a group; undefined where it is not there any more. Both throw `cursor_expired` where Okta does not know a later page. */
  readMembers(link: string): Promise<OktaPage | undefined>
  /** Which of some ids belong to users that are still there. */
  findUsers(ids: readonly string[]): Promise<ReadonlySet<string>>
  /** All groups. */
  readGroups(): Promise<OktaGroup[]>
  /** Ids that the System Log says were deleted, users' and groups'; undefined where it may not be read. */
  readDeleted(since: Date, until: Date): Promise<string[] | undefined>
  /** Whether something may be read. */
  tryPath(path: string): Promise<boolean>
}

export interface OktaPage {
  readonly items: readonly JsonObject[]
  /** Of the next page; undefined at the end. */
  readonly next: string | undefined
  /** By Okta's clock. */
  readonly at: Date
}

export interface OktaGroup {
  readonly id: string
  readonly name: string
  readonly description: string | null
  /** `OKTA_GROUP`, `APP_GROUP`, `BUILT_IN`. */
  readonly type: string
  readonly created: string
  /** Of name and description, and of who is in it: ISO 8601. */
  readonly updated: string
  readonly membersUpdated: string
}

/** As many as Okta recommends. */
const pageLimit = 200
/** So many ids are asked for at once. */
const idsLimit = 50

/** All users that were updated since a time, or all; those that are deprovisioned come only because of the filter. */
export function linkToUsers(since: Date): string {
  const filter = `lastUpdated ge "${since.toISOString()}"`
  return `/api/v1/users?${new URLSearchParams({ limit: String(pageLimit), filter }).toString()}`
}

export function linkToMembers(groupId: string): string {
  return `/api/v1/groups/${encodeURIComponent(groupId)}/users?limit=${pageLimit}`
}

export function createOktaApi(settings: OktaSettings, context: ProviderContext): OktaApi {
  // Administrators have the address of the admin console before them, at which there is no API.
  const domain = settings.domain.toLowerCase().replace(/-admin(?=\.okta(preview|-emea)?\.com$)/, '')
  const base = (settings.baseUrl ?? `https://${domain}`).replace(/\/+$/, '')
  const signIn = createOktaFetch(settings, domain, base, context)
  const fetches = {
    users: signIn('okta.users.read'),
    groups: signIn('okta.groups.read'),
    logs: signIn('okta.logs.read'),
  }
  const headers = {
    accept: 'application/json',
    // Leaves out what nobody needs, and takes Okta the longest.
    'content-type': 'application/json; okta-response=omitCredentials,omitCredentialsLinks,omitTransitioningToStatus',
  }

  async function get(link: string, accepts: readonly number[]): Promise<ProviderResponse> {
    const kind = readKind(link)
    return await fetches[kind]({ url: `${base}${link}`, headers, accepts })
  }

  async function read(link: string, accepts: readonly number[] = []): Promise<OktaPage | undefined> {
    const isLater = link.includes('after=')
    const response = await get(link, isLater ? [...accepts, 400] : accepts)
    if (response.status === 400) {
      throw new ProviderError('cursor_expired', 'Okta does not know any more where the pull was interrupted.')
    }
    if (response.status !== 200) return undefined
    const answer = response.json()
    const items = Array.isArray(answer) ? readObjects(answer) : undefined
    const next = readNext(response)
    if (items === undefined || next === link) throw createAnswerError('Okta', 'a list')
    return { items, next, at: readDate(response, context.now()) }
  }

  async function readAll(start: string, accepts: readonly number[] = []): Promise<JsonObject[] | undefined> {
    const all: JsonObject[] = []
    for (let link: string | undefined = start; link !== undefined;) {
      const page: OktaPage | undefined = await read(link, accepts)
      if (page === undefined) return undefined
      all.push(...page.items)
      link = page.next
    }
    return all
  }

  return {
    readUsers: async (link) => (await read(link, [404])) ?? explainNothing(),
    readMembers: (link) => read(link, [404]),
    findUsers: async (ids) => {
      const found = new Set<string>()
      for (let start = 0; start < ids.length; start += idsLimit) {
        const filter = ids
          .slice(start, start + idsLimit)
          .map((id) => `id eq "${id}"`)
          .join(' or ')
        const query = new URLSearchParams({ limit: String(pageLimit), filter }).toString()
        for (const { id } of (await readAll(`/api/v1/users?${query}`)) ?? []) found.add(readText(id) ?? '')
      }
      return found
    },
    readGroups: async () => ((await readAll(`/api/v1/groups?limit=${pageLimit}`)) ?? []).flatMap(readGroup),
    readDeleted: async (since, until) => {
      const filter = deletions.map((type) => `eventType eq "${type}"`).join(' or ')
      const times = { since: since.toISOString(), until: until.toISOString() }
      const query = new URLSearchParams({ ...times, filter, limit: '1000' }).toString()
      const events = await orRefused(readAll(`/api/v1/logs?${query}`, [403]))
      return events && [...new Set(events.flatMap(readDeletion))]
    },
    tryPath: async (path) => {
      const response = await orRefused(get(path, [403, 404]))
      if (response?.status === 404) return explainNothing()
      return response?.status === 200
    },
  }
}

// Okta refuses what an administrator's role does not allow, and gives an application no token for what it is not granted.
async function orRefused<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof ScopeMissing) return undefined
    throw error
  }
}

function readKind(link: string): 'users' | 'groups' | 'logs' {
  if (link.startsWith('/api/v1/logs')) return 'logs'
  return link.startsWith('/api/v1/groups') ? 'groups' : 'users'
}

function explainNothing(): never {
  throw new ProviderError('settings', 'Okta has nothing there. Check the domain.')
}

const deletions = ['user.lifecycle.delete.initiated', 'user.lifecycle.delete.completed', 'group.lifecycle.delete']

// One line for each relation, which come joined. Okta says that nobody should make up a place; where it is may be a proxy.
function readNext({ headers }: ProviderResponse): string | undefined {
  const next = /<([^>]*)>\s*;\s*rel="?next\b/.exec(headers['link'] ?? '')?.[1]
  if (next === undefined) return undefined
  const url = URL.parse(next)
  const start = url?.pathname.indexOf('/api/v1/') ?? -1
  if (url === null || start === -1) throw createAnswerError('Okta', 'where the next page is')
  return `${url.pathname.slice(start)}${url.search}`
}

function readDate({ headers }: ProviderResponse, now: Date): Date {
  const date = new Date(headers['date'] ?? '')
  return Number.isNaN(date.getTime()) ? now : date
}

function readGroup(group: JsonObject): OktaGroup[] {
  const profile = isObject(group['profile']) ? group['profile'] : {}
  const id = readText(group['id'])
  if (id === undefined) return []
  return [
    {
      id,
      name: readText(profile['name']) ?? id,
      description: readText(profile['description']) ?? null,
      type: readText(group['type']) ?? '',
      created: readText(group['created']) ?? '',
      updated: readText(group['lastUpdated']) ?? '',
      membersUpdated: readText(group['lastMembershipUpdated']) ?? '',
    },
  ]
}

function readDeletion({ target }: JsonObject): string[] {
  return (readObjects(target) ?? []).flatMap(({ id, type }) => {
    const deleted = type === 'User' || type === 'UserGroup' ? readText(id) : undefined
    return deleted === undefined ? [] : [deleted]
  })
}

// The requests to version 2 of Personio's API that are made (https://developer.personio.de).
import { createTokenFetch } from '../access-token.ts'
import { createAnswerError, isObject, readObjects, readText } from '../json.ts'
import type { ListItem } from '../list-groups.ts'
import { type JsonObject, type ProviderContext, ProviderError, type ProviderResponse } from '../provider.ts'
import type { PersonioSettings } from './settings.ts'

export interface PersonioApi {
  /** A page of persons; undefined where they may not be read. Throws `cursor_expired` where Personio does not take the cursor. */
  readPersons(query: PersonsQuery): Promise<PersonsPage | undefined>
  /** All employments of a person; `refused` where they may not be read, undefined where there is no such person any more. */
  readEmployments(personId: string): Promise<JsonObject[] | 'refused' | undefined>
  /** Org units of a type, which Personio calls such as `department`; undefined where they are not listed. */
  listOrgUnits(type: string): Promise<ListItem[] | undefined>
  /** The name of an org unit; undefined where it may not be read. */
  readOrgUnit(type: string, id: string): Promise<string | undefined>
  /** What has an id and a name; undefined where it may not be read, or this account has no such list. */
  readList(name: ListName): Promise<ListItem[] | undefined>
  /** Absences of persons that end on a day or later, YYYY-MM-DD, or have no end; undefined where they may not be read. */
  readAbsences(personIds: readonly string[], day: string): Promise<JsonObject[] | undefined>
}

export type ListName = 'workplaces' | 'legal-entities' | 'cost-centers' | 'absence-types'

export interface PersonsQuery {
  /** 1 to 50. */
  readonly limit: number
  /** Where the page begins; the first one where it is left out. */
  readonly cursor?: string | undefined
  /** Only who has changed since, an ISO 8601 time. */
  readonly updatedSince?: string | undefined
}

export interface PersonsPage {
  readonly persons: readonly JsonObject[]
  /** Where the next page begins; undefined at the end. */
  readonly next: string | undefined
}

/** The most that a page of persons or employments may have; other lists take as many. */
export const largestPage = 50

const absencesPage = 100
const refusals = [403, 404]

export function createPersonioApi(settings: PersonioSettings, context: ProviderContext): PersonioApi {
  const { clientId, clientSecret, baseUrl } = settings
  const base = (baseUrl ?? 'https://api.personio.de').replace(/\/+$/, '')
  const appHeaders = { accept: 'application/json', 'x-personio-app-id': 'ROLLCALL' }
  const fetch = createTokenFetch(context, {
    name: 'Personio',
    credentials: 'the client ID and the client secret',
    request: {
      url: `${base}/v2/auth/token`,
      headers: appHeaders,
      form: { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret },
    },
  })

  function get(
    place: string,
    query: Readonly<Record<string, string>>,
    accepts: readonly number[],
  ): Promise<ProviderResponse> {
    const search = new URLSearchParams(query).toString()
    return fetch({ url: `${base}/v2/${place}${search === '' ? '' : `?${search}`}`, headers: appHeaders, accepts })
  }

  // All pages of a list; the status where it is refused.
  async function list(
    place: string,
    query: Readonly<Record<string, string>>,
    accepts: readonly number[] = refusals,
  ): Promise<JsonObject[] | number> {
    const items: JsonObject[] = []
    const seen = new Set<string>()
    for (let cursor: string | undefined; ;) {
      const response = await get(place, { ...query, ...(cursor !== undefined && { cursor }) }, accepts)
      if (response.status !== 200) return response.status
      const page = readPage(response)
      items.push(...page.items)
      cursor = page.next
      if (cursor === undefined) return items
      refuseRepetition(seen, cursor)
    }
  }

  async function readItems(place: string, query: Readonly<Record<string, string>>): Promise<ListItem[] | undefined> {
    const items = await list(place, { ...query, limit: String(largestPage) }, [400, ...refusals])
    return typeof items === 'number' ? undefined : items.flatMap(readItem)
  }

  return {
    readPersons: async ({ limit, cursor, updatedSince }) => {
      const query = {
        limit: String(limit),
        ...(updatedSince !== undefined && { 'updated_at.gt': updatedSince }),
        ...(cursor !== undefined && { cursor }),
      }
      const response = await get('persons', query, cursor === undefined ? [403] : [400, 403, 404])
      if (response.status === 403) return undefined
      if (response.status !== 200) {
        throw new ProviderError('cursor_expired', 'Personio does not go on from where the pull stopped.')
      }
      const { items, next } = readPage(response)
      return { persons: items, next }
    },
    readEmployments: async (personId) => {
      const place = `persons/${encodeURIComponent(personId)}/employments`
      const employments = await list(place, { limit: String(largestPage) })
      if (typeof employments !== 'number') return employments
      return employments === 403 ? 'refused' : undefined
    },
    listOrgUnits: (type) => readItems('org-units', { type, include_parent_chain: 'true' }),
    readOrgUnit: async (type, id) => {
      const response = await get(`org-units/${encodeURIComponent(id)}`, { type }, [400, ...refusals])
      const unit = response.status === 200 ? response.json() : undefined
      return isObject(unit) ? readText(unit['name']) : undefined
    },
    readList: (name) => readItems(name, {}),
    readAbsences: async (personIds, day) => {
      const query = { 'person.id': personIds.join(','), limit: String(absencesPage) }
      // Absences have no time zone, and what asks for them may or may not need one.
      for (const time of [`${day}T00:00:00Z`, `${day}T00:00:00`]) {
        const absences = await list('absence-periods', { ...query, 'ends_at.date_time.gte': time }, [400, ...refusals])
        if (typeof absences !== 'number') return absences
        if (absences !== 400) return undefined
      }
      return undefined
    },
  }
}

/** Throws where a list leads to a page where it has been. */
export function refuseRepetition(seen: Set<string>, cursor: string): void {
  if (seen.has(cursor)) {
    const message = 'Personio leads from one page to one that was read already. The pull would have no end.'
    throw new ProviderError('unexpected', message)
  }
  seen.add(cursor)
}

// The cursor stands in an address that may have another path and lacks what was asked for: only the cursor is taken.
function readPage(response: ProviderResponse): { items: JsonObject[]; next: string | undefined } {
  const answer = response.json()
  const items = isObject(answer) ? readObjects(answer['_data']) : undefined
  if (!isObject(answer) || items === undefined) throw createAnswerError('Personio', 'a list')
  const links = isObject(answer['_meta']) ? answer['_meta']['links'] : undefined
  const link = isObject(links) ? links['next'] : undefined
  const href = readText(isObject(link) ? link['href'] : link)
  const next = href === undefined ? undefined : URL.parse(href, 'https://api.personio.de')?.searchParams.get('cursor')
  if (href !== undefined && (next === undefined || next === null))
    throw createAnswerError('Personio', 'where a list goes on')
  return { items, next: next ?? undefined }
}

// Above it stands the next one in the chain, or what its own field says.
function readItem(item: JsonObject): ListItem[] {
  const [id, name] = [readText(item['id']), readText(item['name'])]
  if (id === undefined || name === undefined) return []
  const chain = readObjects(item['parent_chain']) ?? []
  const parentId = readText(item['parent_id']) ?? readText(chain[0]?.['id'])
  return [{ id, name, ...(parentId !== undefined && { parentId }) }]
}

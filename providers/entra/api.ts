// The requests to Microsoft Graph that are made (https://learn.microsoft.com/graph/api/overview).
import { createAnswerError, isObject, readObjects, readText } from '../json.ts'
import {
  type Json,
  type JsonObject,
  type ProviderContext,
  ProviderError,
  type ProviderRequest,
  type ProviderResponse,
} from '../provider.ts'
import { leaveDate } from './fields.ts'
import type { EntraSettings } from './settings.ts'
import { openGraph } from './sign-in.ts'

export interface EntraApi {
  /**
   * A page of changes. Throws `cursor_expired` where its link leads nowhere any more. What an application may not read, or nobody knows, of
   * what it asks for is left out.
   */
  readDelta(link: string, pageSize: number): Promise<DeltaPage>
  /** The pages of a list from a path or link; none where the answer is one of the statuses that are accepted. */
  readList(path: string, accepts?: readonly number[]): AsyncIterable<ListPage>
  /** One thing; undefined where it is not there. */
  readOne(path: string): Promise<JsonObject | undefined>
  /** The first items of a list; undefined where they may not be read. */
  tryList(path: string): Promise<JsonObject[] | undefined>
}

/** Where a round begins that reads all. */
export function linkToDelta(kind: 'users' | 'groups', properties: readonly string[]): string {
  return `/${kind}/delta?$select=${properties.join(',')}`
}

export interface DeltaPage {
  readonly items: readonly JsonObject[]
  /** Where the next page is, or once there is none, where changes will be. */
  readonly next: string | undefined
  readonly delta: string | undefined
}

export interface ListPage {
  readonly items: readonly JsonObject[]
  readonly next: string | undefined
}

const version = '/v1.0'

export function createEntraApi(settings: EntraSettings, context: ProviderContext): EntraApi {
  const { base, fetch } = openGraph(settings, context)

  function get(path: string, options: Pick<ProviderRequest, 'headers' | 'accepts'> = {}): Promise<ProviderResponse> {
    return fetch({ url: `${base}${path}`, ...options })
  }

  async function readDelta(link: string, pageSize: number): Promise<DeltaPage> {
    const headers = { prefer: `odata.maxpagesize=${pageSize}` }
    const response = await get(link, { headers, accepts: [400, 403, 410] })
    if (response.status === 200) return readDeltaPage(response, link)
    const lesser = askForLess(link, response)
    if (lesser === undefined) throw explain(response)
    return await readDelta(lesser, pageSize)
  }

  return {
    readDelta,
    readList: async function* (path, accepts = []) {
      for (let link: string | undefined = path; link !== undefined;) {
        const response = await get(link, { accepts })
        if (response.status !== 200) return
        const page: ListPage = readListPage(response)
        yield page
        link = page.next
      }
    },
    readOne: async (path) => {
      const response = await get(path, { accepts: [404] })
      if (response.status === 404) return undefined
      const answer = response.json()
      if (!isObject(answer)) throw createAnswerError(name, 'an object')
      return answer
    },
    tryList: async (path) => {
      const response = await get(path, { accepts: [403] })
      return response.status === 403 ? undefined : [...readListPage(response).items]
    },
  }
}

const name = 'Microsoft Entra ID'

function readDeltaPage(response: ProviderResponse, link: string): DeltaPage {
  const answer = response.json()
  const page = readListPage(response)
  const delta = isObject(answer) ? readLink(answer['@odata.deltaLink']) : undefined
  const isEnd = page.next === undefined
  if (isEnd === (delta === undefined) || page.next === link) throw createAnswerError(name, 'where to go on')
  return { ...page, delta }
}

function readListPage(response: ProviderResponse): ListPage {
  const answer = response.json()
  const items = isObject(answer) ? readObjects(answer['value']) : undefined
  if (!isObject(answer) || items === undefined) throw createAnswerError(name, 'a list')
  return { items, next: readLink(answer['@odata.nextLink']) }
}

// Links are whole; where Graph is may be a proxy, and the token is for nobody else.
function readLink(value: Json | undefined): string | undefined {
  const text = readText(value)
  if (text === undefined) return undefined
  const url = URL.parse(text)
  const start = url?.pathname.indexOf(`${version}/`) ?? -1
  if (url === null || start === -1) throw createAnswerError(name, 'where the next page is')
  return `${url.pathname.slice(start + version.length)}${url.search}`
}

interface GraphError {
  readonly code: string
  readonly message: string
}

function readError(response: ProviderResponse): GraphError {
  if (!response.text.trimStart().startsWith('{')) return { code: '', message: '' }
  const answer = response.json()
  const error = isObject(answer) && isObject(answer['error']) ? answer['error'] : {}
  return { code: readText(error['code']) ?? '', message: readText(error['message']) ?? '' }
}

// Where a round begins: without what is refused of what it asks for, or undefined where nothing is.
function askForLess(link: string, response: ProviderResponse): string | undefined {
  const [, start, select = ''] = /^(.*[?]\$select=)(.*)$/.exec(link) ?? []
  if (start === undefined) return undefined
  const asked = select.split(',')
  // All else is in Graph's own model.
  const unknown = /property named '(extension_\w+)'/.exec(readError(response).message)?.[1]
  const refused = response.status === 403 ? leaveDate : unknown
  const lesser = asked.filter((property) => property !== refused)
  return lesser.length < asked.length ? `${start}${lesser.join(',')}` : undefined
}

function explain(response: ProviderResponse): ProviderError {
  const { status } = response
  const { code } = readError(response)
  // Directory changes are kept for seven days; then it is either of these.
  if (status === 410 || /syncState|resync/i.test(code)) {
    return new ProviderError('cursor_expired', `${name} does not tell changes of so long ago.`)
  }
  const said = /^[\w.]{1,80}$/.test(code) ? ` (${code})` : ''
  if (status !== 403) return new ProviderError('unexpected', `${name} refused to tell of changes${said}.`)
  return new ProviderError(
    'settings',
    `${name} refuses to tell of changes${said}. Check what the application is permitted.`,
  )
}

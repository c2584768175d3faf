// The requests to BambooHR's API that are made (https://documentation.bamboohr.com/reference).
import { createAnswerError, isObject, readObjects, readText } from '../json.ts'
import type { ListItem, Lists } from '../list-groups.ts'
import { type Json, type JsonObject, type ProviderContext, ProviderError, type ProviderResponse } from '../provider.ts'
import { type Change, readChanges } from './changes.ts'
import type { BambooSettings } from './settings.ts'

export interface BambooApi {
  /** What may be asked of the dataset of employees; undefined where the key may not use it. */
  readDatasetFields(): Promise<DatasetField[] | undefined>
  /** A page of the dataset, or the status of the refusal: 400 and 422 for a query that it does not take, 403 and 404 for a key. */
  readDataset(query: DatasetQuery): Promise<DatasetPage | DatasetRefusal>
  /** All employees, or some, by the older way that takes every key, in one answer. */
  readReport(fields: readonly string[], ids?: readonly string[]): Promise<JsonObject[]>
  /** Who has changed since a time; undefined where BambooHR does not take the time. */
  readChanges(since: Date): Promise<{ changes: Change[]; latest: string | undefined } | undefined>
  /** Requests for time off between two days, YYYY-MM-DD, whatever became of them; undefined where they may not be read. */
  readTimeOffRequests(start: string, end: string): Promise<JsonObject[] | undefined>
  /** Who is out between two days, and holidays; undefined where it may not be read, or nobody uses it. */
  readWhosOut(start: string, end: string): Promise<JsonObject[] | undefined>
  /** The time off that an employee has left on a day; undefined where it may not be read. */
  readBalances(employeeId: string, day: string): Promise<JsonObject[] | undefined>
  /** The items of the lists of departments and locations, but archived ones; undefined where they may not be read. */
  readLists(): Promise<Lists | undefined>
}

export interface DatasetField {
  readonly name: string
  /** Such as `text`, `int`, `options`; older accounts do not say. */
  readonly type: string | undefined
}

export type DatasetQuery = {
  fields: string[]
  filter?: string
  orderBy: string
  page: number
  pageSize: number
}

export interface DatasetPage {
  readonly rows: readonly JsonObject[]
  /** Of all pages. */
  readonly total: number
}

export interface DatasetRefusal {
  readonly status: number
  readonly detail: string
}

/** Kinds of groups; each is also the name of a field and of its list. */
export const groupKinds = ['department', 'location'] as const

const datasetFieldsPage = 1000

export function createBambooApi(settings: BambooSettings, context: ProviderContext): BambooApi {
  const { companyDomain, apiKey, baseUrl } = settings
  const base = (baseUrl ?? `https://${companyDomain}.bamboohr.com`).replace(/\/+$/, '')
  const authorization = `Basic ${Buffer.from(`${apiKey}:x`).toString('base64')}`
  // Without it the answer is XML. A content type with more behind it would be taken for XML, too.
  const headers = { authorization, accept: 'application/json' }

  function get(path: string, accepts: readonly number[]): Promise<ProviderResponse> {
    return context.fetch({ url: `${base}${path}`, headers, accepts })
  }

  async function readList(path: string, what: string): Promise<JsonObject[] | undefined> {
    const response = await get(path, [400, 403, 404])
    if (response.status !== 200) return undefined
    const list = readObjects(response.json())
    if (list === undefined) throw createAnswerError('BambooHR', what)
    return list
  }

  function post(path: string, json: Json, accepts: readonly number[]): Promise<ProviderResponse> {
    const url = `${base}${path}`
    return context.fetch({ method: 'POST', url, headers, json, isRead: true, accepts })
  }

  return {
    readDatasetFields: async () => {
      const fields: DatasetField[] = []
      for (let page = 1, pages = 1; page <= pages; page++) {
        const query = `page=${page}&page_size=${datasetFieldsPage}`
        const response = await get(`/api/v1_2/datasets/employee/fields?${query}`, [403, 404, 422])
        if (response.status !== 200) return undefined
        const answer = readAnswer(response)
        fields.push(...(readObjects(answer['fields']) ?? []).flatMap(readDatasetField))
        const { pagination } = answer
        pages = isObject(pagination) ? Number(readText(pagination['total_pages']) ?? 1) : 1
      }
      return fields
    },
    readDataset: async (query) => {
      const response = await post('/api/v2/datasets/employee/data', query, [400, 403, 404, 422])
      const answer = readAnswer(response)
      if (response.status !== 200) return { status: response.status, detail: readText(answer['detail']) ?? '' }
      const rows = readObjects(answer['data'])
      const total = isObject(answer['meta']) ? Number(readText(answer['meta']['totalItems'])) : Number.NaN
      if (rows === undefined || !Number.isInteger(total))
        throw createAnswerError('BambooHR', 'rows and how many there are')
      return { rows, total }
    },
    readReport: async (fields, ids) => {
      const json = {
        title: 'Rollcall',
        fields: [...fields],
        ...(ids && { filters: { employeeIds: ids.map(Number) } }),
      }
      const response = await post('/api/v1/reports/custom?format=JSON&onlyCurrent=true', json, [404])
      if (response.status === 404) throw explainNoCompany()
      const answer = readAnswer(response)
      const employees = readObjects(answer['employees'])
      if (employees === undefined) throw createAnswerError('BambooHR', 'a list of employees')
      return employees
    },
    readChanges: async (since) => {
      const time = encodeURIComponent(since.toISOString().replace(/\.\d+Z$/, 'Z'))
      const response = await get(`/api/v1/employees/changed?since=${time}`, [400])
      if (response.status === 400) return undefined
      const { employees, latest } = readAnswer(response)
      if (employees === undefined) throw createAnswerError('BambooHR', 'who has changed')
      return { changes: readChanges(employees), latest: readText(latest) }
    },
    readTimeOffRequests: (start, end) =>
      readList(`/api/v1/time_off/requests?start=${start}&end=${end}&excludeNote=true`, 'requests for time off'),
    readWhosOut: (start, end) => readList(`/api/v1/time_off/whos_out?start=${start}&end=${end}`, 'who is out'),
    readBalances: (employeeId, day) =>
      readList(`/api/v1/employees/${employeeId}/time_off/calculator?end=${day}`, 'balances of time off'),
    readLists: async () => {
      const lists = await readList('/api/v1/meta/lists', 'its lists')
      if (lists === undefined) return undefined
      return Object.fromEntries(
        groupKinds.map((kind) => [kind, lists.filter(({ alias }) => alias === kind).flatMap(readItems)]),
      )
    },
  }
}

function explainNoCompany(): ProviderError {
  return new ProviderError('settings', 'BambooHR has nothing there. Check the company domain.')
}

// Refusals have an empty body, or one for people.
function readAnswer(response: ProviderResponse): JsonObject {
  if (response.status !== 200 && !response.text.trimStart().startsWith('{')) return {}
  const answer = response.json()
  return isObject(answer) ? answer : {}
}

function readDatasetField({ name, type }: JsonObject): DatasetField[] {
  const known = readText(name)
  return known === undefined ? [] : [{ name: known, type: readText(type) }]
}

function readItems({ options }: JsonObject): ListItem[] {
  return (readObjects(options) ?? []).flatMap(({ id, name, archived }) => {
    const [item, text] = [readText(id), readText(name)]
    return item === undefined || text === undefined || archived === 'yes' ? [] : [{ id: item, name: text }]
  })
}

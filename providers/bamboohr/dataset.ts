// Employees by dataset: POST /api/v2/datasets/employee/data. Its pages have numbers, so that a row that goes moves all behind it up. Each
// page that is asked for therefore begins with a row that was read already, which is the proof that none was passed over.
import { createAnswerError, isObject, readText } from '../json.ts'
import { type Json, type JsonObject, ProviderError } from '../provider.ts'
import type { BambooApi, DatasetField, DatasetPage } from './api.ts'
import { type Employee, type EmployeeReader, readFields } from './employee.ts'
import { required } from './mapping.ts'

/** Our name → what the dataset calls it; any other field has one name. */
const datasetNames: Readonly<Record<string, string>> = {
  id: 'eeid',
  workEmail: 'email',
  jobTitle: 'jobInformationJobTitle',
  department: 'jobInformationDepartment',
  division: 'jobInformationDivision',
  location: 'jobInformationLocation',
  supervisorEId: 'supervisorEid',
  employmentHistoryStatus: 'employmentStatus',
}

/** Rows of a page; BambooHR gives at most 1000. */
const windowSize = 500

/**
 * Undefined where the dataset is refused, or has another name for what must be known of everybody: reports have one vocabulary for all
 * accounts.
 */
export async function createDatasetReader(
  api: BambooApi,
  fields: readonly string[],
): Promise<EmployeeReader | undefined> {
  const names = nameFields((await api.readDatasetFields()) ?? [])
  const id = names.get('id')
  if (id === undefined || !required.every(({ field }) => names.has(field))) return undefined
  const asked = new Map(['id', ...fields].flatMap((field) => [[field, names.get(field)?.name ?? ''] as const]))
  const query = {
    fields: [...new Set(asked.values())].filter((name) => name !== ''),
    orderBy: `${id.name} asc`,
  }
  if ('status' in (await api.readDataset({ ...query, page: 1, pageSize: 1 }))) return undefined

  async function read(page: {
    page: number
    pageSize: number
    filter?: string
  }): Promise<{ employees: Employee[]; rows: number; total: number }> {
    const answer = await api.readDataset({ ...query, ...page })
    if ('status' in answer) throw refuse(answer, page.filter !== undefined)
    const employees = readRows(answer, asked)
    if (employees.length === 0 && answer.rows.length > 0) throw createAnswerError('BambooHR', 'the ids of employees')
    return { employees, rows: answer.rows.length, total: answer.total }
  }

  return {
    way: 'dataset',
    readAll: async function* (place) {
      const seen = new Set<string>()
      let count = place?.count ?? 0
      for (;;) {
        const window = placeWindow(count)
        const { employees, rows, total } = await read(window)
        if (place !== undefined && seen.size === 0) addRead(seen, employees, place.after)
        const start = (window.page - 1) * window.pageSize
        const first = employees[0]
        if (start > 0 && (first === undefined || !seen.has(first.id))) {
          // So many have gone that those behind moved past the beginning of this page.
          count = start
          continue
        }
        if (place !== undefined && seen.size === 0) throw explainLoss()
        const unread = employees.filter((employee) => !seen.has(employee.id))
        for (const employee of unread) seen.add(employee.id)
        yield { employees: unread, before: start + employees.length - unread.length, total }
        count = start + rows
        if (rows < window.pageSize || count >= total) return
      }
    },
    readSome: async (ids) => {
      const isNumber = /int|num/i.test(id.type ?? '')
      const filter = ids.map((one) => `${id.name} eq ${isNumber ? one : `'${one}'`}`).join(' or ')
      const wanted = new Set(ids)
      const { employees } = await read({ page: 1, pageSize: ids.length, filter })
      return employees.filter((employee) => wanted.has(employee.id))
    },
  }
}

// Our names for what the account has. Names differ in case between versions of the API.
function nameFields(catalogue: readonly DatasetField[]): ReadonlyMap<string, DatasetField> {
  const byName = new Map(catalogue.map((field) => [field.name.toLowerCase(), field]))
  const named = new Map(catalogue.map((field) => [field.name, field]))
  for (const [name, datasetName] of Object.entries(datasetNames)) {
    const field = byName.get(datasetName.toLowerCase()) ?? byName.get(name.toLowerCase())
    if (field !== undefined) named.set(name, field)
  }
  return named
}

/**
 * A page of the dataset that holds the last of `count` rows and as many of those behind it as may be: the page size is what makes a page
 * begin where it should.
 */
export function placeWindow(count: number): { page: number; pageSize: number } {
  let best = { page: 1, pageSize: windowSize }
  if (count <= 1) return best
  for (let pageSize = windowSize; pageSize > windowSize / 2; pageSize--) {
    const page = Math.floor((count - 1) / pageSize) + 1
    if (page * pageSize > best.page * best.pageSize) best = { page, pageSize }
  }
  return best
}

function readRows({ rows }: DatasetPage, asked: ReadonlyMap<string, string>): Employee[] {
  return rows.flatMap((row) => {
    const values = isObject(row['fields']) ? row['fields'] : {}
    const restricted = readRestricted(row['_restrictedFields'] ?? values['_restrictedFields'])
    const fields: JsonObject = {}
    for (const [field, name] of asked) {
      const value = values[name]
      if (value !== undefined && !restricted.has(name)) fields[field] = value
    }
    const { id, ...others } = readFields(fields)
    const employee = readText(id)
    return employee === undefined ? [] : [{ id: employee, fields: others }]
  })
}

// The name of the dataset stands before those of its fields here.
function readRestricted(names: Json | undefined): Set<string> {
  const texts = Array.isArray(names) ? names.filter((name) => typeof name === 'string') : []
  return new Set(texts.map((name) => name.replace(/^employee_/, '')))
}

// Of a pull that was interrupted only the last one is known who was read.
function addRead(seen: Set<string>, employees: readonly Employee[], after: string): void {
  const last = employees.findIndex(({ id }) => id === after)
  for (const { id } of employees.slice(0, last + 1)) seen.add(id)
}

function explainLoss(): ProviderError {
  const message = 'The employee is gone after whom the pull was interrupted. BambooHR is read from the start.'
  return new ProviderError('cursor_expired', message)
}

// What a filter cannot say of ids is read without one.
function refuse({ status, detail }: { status: number; detail: string }, isFiltered: boolean): ProviderError {
  if (status === 403 || status === 404) {
    return new ProviderError('settings', 'The API key may not read the employee dataset any more.')
  }
  const said = detail === '' ? '' : `: ${detail}`
  const message = `BambooHR refused a query of the employee dataset${said}`
  return new ProviderError(isFiltered ? 'cursor_expired' : 'unexpected', message)
}

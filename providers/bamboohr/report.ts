// Employees by custom report: POST /api/v1/reports/custom. Everybody comes in one answer; what the key may not see is left out, without a
// word.
import { readText } from '../json.ts'
import type { JsonObject } from '../provider.ts'
import type { BambooApi } from './api.ts'
import { compareIds } from './changes.ts'
import { type Employee, type EmployeeReader, readFields } from './employee.ts'

export function createReportReader(api: BambooApi, fields: readonly string[]): EmployeeReader {
  return {
    way: 'report',
    readAll: async function* (place) {
      const all = readEmployees(await api.readReport(fields))
      const employees = all.filter(({ id }) => place === undefined || compareIds(id, place.after) > 0)
      yield { employees, before: all.length - employees.length, total: all.length }
    },
    readSome: async (ids) => {
      const asked = new Set(ids)
      return readEmployees(await api.readReport(fields, ids)).filter(({ id }) => asked.has(id))
    },
  }
}

// An employee may be in several lines of a report, for it knows tables; they are alike in what we ask for.
function readEmployees(rows: readonly JsonObject[]): Employee[] {
  const employees = new Map<string, Employee>()
  for (const { id, ...fields } of rows) {
    const name = readText(id)
    if (name !== undefined) employees.set(name, { id: name, fields: readFields(fields) })
  }
  return [...employees.values()].toSorted((one, other) => compareIds(one.id, other.id))
}

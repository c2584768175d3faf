import type { JsonObject } from '../../db/tables.ts'
import { countDepartments, type Department, listDepartments, readDepartment } from '../../directory/org/departments.ts'
import type { Handler } from '../exchange.ts'
import { answerList, answerResource, readCutQuery, readListing } from './answer.ts'
import { readFlag } from './parameters.ts'
import { dropUnassigned, referToUser } from './person.ts'
import { departmentType } from './types.ts'

/** GET /Departments, in the order of their names. */
export const departments: Handler = {
  scope: 'read',
  takesBody: false,
  handle: async (exchange) => {
    const { db, actor, query, baseUrl } = exchange
    const listing = readListing(query, departmentType)
    const includeInactive = readFlag(query, 'includeInactive', false)
    return answerList(exchange, {
      name: ['departments', includeInactive],
      ...listing,
      read: async (window) => {
        const { items, next } = await listDepartments(db, actor, includeInactive, window)
        const total = (): Promise<number> => countDepartments(db, actor, includeInactive)
        return { items: items.map((department) => writeDepartment(baseUrl, department)), next, total }
      },
    })
  },
}

/** GET /Departments/{id} */
export const department: Handler = {
  scope: 'read',
  takesBody: false,
  handle: async ({ db, actor, query, baseUrl, id }) => {
    const cut = readCutQuery(query, departmentType)
    const found = await readDepartment(db, actor, id)
    return answerResource(200, writeDepartment(baseUrl, found), locate(baseUrl, found.id), cut)
  },
}

function writeDepartment(baseUrl: string, found: Department): JsonObject {
  const { id, name, division, costCenter, headcount, active, onLeave, contractors, head } = found
  return dropUnassigned({
    schemas: [departmentType.schema.id],
    id,
    name,
    division,
    costCenter,
    headcount,
    active,
    onLeave,
    contractors,
    head:
      head && dropUnassigned({ ...referToUser(baseUrl, head.id), displayName: head.displayName, title: head.title }),
    meta: { resourceType: departmentType.name, location: locate(baseUrl, id) },
  })
}

function locate(baseUrl: string, id: string): string {
  return `${baseUrl}${departmentType.endpoint}/${id}`
}

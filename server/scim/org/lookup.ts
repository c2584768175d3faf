import { AppError } from '../../errors.ts'
import { findPeople, type LookupRequest, type Match } from '../../directory/lookup/lookup.ts'
import { type EmployeeStatus, employeeStatuses } from '../../directory/org/employee.ts'
import { readEmployees } from '../../directory/org/employees.ts'
import type { Handler } from '../exchange.ts'
import { type Reading, repair } from '../notes.ts'
import { lowerNames } from '../patch-syntax.ts'
import { isObject } from '../resource.ts'
import { readNames, readNumber, readString } from '../search.ts'
import { type Cut, formatPage, readCut } from './answer.ts'
import { writePerson } from './person.ts'
import { personType } from './types.ts'

const lookupRequest = 'urn:ietf:params:scim:api:messages:rollcall:2.0:LookupRequest'
const defaultLimit = 5
const maxLimit = 20

// In the words of Person.
const fields: Readonly<Record<Match['field'], string>> = {
  email: 'email',
  display_name: 'displayName',
  employee_id: 'employeeNumber',
}

/** POST /Users/.lookup: people by what somebody typed, the best match first. */
export const lookup: Handler = {
  scope: 'read',
  takesBody: true,
  handle: async ({ db, actor, baseUrl, body, reading }) => {
    const { request, cut } = readLookup(body, reading)
    const matches = await findPeople(db, actor, request)
    const people = await readEmployees(
      db,
      actor,
      matches.map(({ id }) => id),
    )
    const byId = new Map(matches.map((match) => [match.id, match]))
    const found = people.map((person) => {
      const match = byId.get(person.id)
      return writePerson(baseUrl, person, {
        managerId: person.managerId,
        matchScore: match?.score,
        matchField: match && fields[match.field],
      })
    })
    return formatPage(found.map(cut), found.length, { startIndex: 1 })
  },
}

function readLookup(body: unknown, reading: Reading): { request: LookupRequest; cut: Cut } {
  if (!isObject(body)) throw new AppError('invalid_syntax', 'The body must be a JSON object.')
  const members = lowerNames(body)
  checkSchemas(members['schemas'], reading)
  const query = readString(members['query'], 'query')
  if (query === undefined || query.trim() === '')
    throw new AppError('invalid_value', 'query must be a text to look for.')
  const limit = readNumber(members['limit'], 'limit') ?? defaultLimit
  if (limit < 1 || limit > maxLimit) {
    throw new AppError('invalid_value', `limit must be an integer from 1 to ${maxLimit}.`)
  }
  const cut = readCut(
    {
      attributes: readNames(members['attributes'], 'attributes'),
      excludedAttributes: readNames(members['excludedattributes'], 'excludedAttributes'),
    },
    personType,
  )
  return { request: { query, limit, status: readStatus(members['status']) }, cut }
}

function readStatus(value: unknown): EmployeeStatus | undefined {
  const text = readString(value, 'status') ?? 'active'
  if (text === 'any') return undefined
  const status = employeeStatuses.find((one) => one === text)
  if (status === undefined)
    throw new AppError('invalid_value', `status must be any, or one of ${employeeStatuses.join(', ')}.`)
  return status
}

function checkSchemas(schemas: unknown, reading: Reading): void {
  const wanted = lookupRequest.toLowerCase()
  if (Array.isArray(schemas) && schemas.some((one) => typeof one === 'string' && one.toLowerCase() === wanted)) return
  const missing = (): AppError => new AppError('invalid_syntax', `schemas must name ${lookupRequest}.`)
  if (schemas !== undefined) throw missing()
  repair(reading, 'schemas', 'missing: read as a LookupRequest', missing)
}

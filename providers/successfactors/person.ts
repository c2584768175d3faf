// What is said of a person, as fields.
import { isObject, readText } from '../json.ts'
import type { Json, JsonObject } from '../provider.ts'
import { chooseEmployment, type Employment, findEffective, readEmployments, readLastDay } from './employment.ts'
import { type DerivedField, isDerived } from './fields.ts'
import { readRows, readValue } from './odata.ts'

export interface Person {
  readonly id: string
  readonly row: JsonObject
  /** The day that the row was read for, YYYY-MM-DD. */
  readonly day: string
  readonly employments: readonly Employment[]
  readonly chosen: Employment
}

/** Undefined of who works for nobody, such as somebody's child. `today` is never after `day`. */
export function readPerson(row: JsonObject, day: string, today: string): Person | undefined {
  const id = readText(row['personIdExternal'])
  const employments = readEmployments(row, day, today)
  const chosen = chooseEmployment(employments)
  return id === undefined || chosen === undefined ? undefined : { id, row, day, employments, chosen }
}

/** The user ID of the manager; undefined where there is none. */
export function readManagerUserId({ chosen }: Person): string | undefined {
  const userId = readText(chosen.job?.['managerId'])
  return userId === 'NO_MANAGER' ? undefined : userId
}

/** Whom the user ID of the manager belongs to, where SAP says so with it. */
export function readManagerId({ chosen }: Person): string | undefined {
  const [manager] = readRows(chosen.job?.['managerEmploymentNav']) ?? []
  return readText(manager?.['personIdExternal'])
}

/** A field; undefined where SAP does not say. `managers` has people by user ID, of those whom SAP does not name itself. */
export function readField(person: Person, field: string, managers: ReadonlyMap<string, string>): Json | undefined {
  return isDerived(field) ? readDerived(person, field, managers) : readPath(person, field.split('/'))
}

// Of an own field null says that there is nothing, and undefined that what it is made from is kept back.
function readDerived(person: Person, field: DerivedField, managers: ReadonlyMap<string, string>): Json | undefined {
  const { row, chosen, employments } = person
  const names = findPersonal(person)
  switch (field) {
    case 'businessEmail':
      return readEmail(row, ['B']) ?? readPrimaryEmail(row)
    case 'personalEmail':
      return readEmail(row, ['P']) ?? (readRows(row['emailNav']) && null)
    case 'businessPhone':
      return readPhone(row, ['B', 'W'])
    case 'mobilePhone':
      return readPhone(row, ['C', 'M', 'CP'])
    case 'homePhone':
      return readPhone(row, ['H'])
    case 'displayName':
      return (
        names && join(readText(names['preferredName']) ?? readText(names['firstName']), readText(names['lastName']))
      )
    case 'legalName':
      return names && join(readText(names['firstName']), readText(names['middleName']), readText(names['lastName']))
    case 'manager': {
      const userId = readManagerUserId(person)
      if (userId === undefined) return chosen.job && null
      return readManagerId(person) ?? managers.get(userId)
    }
    case 'lastDay':
      return readLastDay(chosen, employments)
    case 'lifecycle':
      return chosen.status
    case 'employmentKind':
      return readKind(chosen)
  }
}

function readPath(person: Person, path: readonly string[]): Json | undefined {
  let value: Json | undefined = person.row
  for (const name of path) {
    const row = isObject(value) ? value : undefined
    if (row === undefined) return undefined
    const next: Json | undefined = follow(person, row, name)
    // Where nothing is, nothing of it is.
    if (next === null) return null
    value = next
  }
  const read = readValue(value)
  return read === '' ? null : read
}

function follow(person: Person, row: JsonObject, name: string): Json | undefined {
  const { chosen } = person
  if (row === person.row && name === 'employmentNav') return chosen.row
  if (row === chosen.row && name === 'jobInfoNav') return chosen.job
  if (row === person.row && name === 'personalInfoNav') return findPersonal(person)
  const value = row[name]
  if (typeof value !== 'object' || value === null) return value
  const rows = readRows(value)
  if (rows === undefined) return undefined
  return rows.find(({ isPrimary }) => isPrimary === true) ?? rows[0] ?? null
}

function findPersonal({ row, day }: Person): JsonObject | undefined {
  return findEffective(readRows(row['personalInfoNav']) ?? [], day)
}

function readType(row: JsonObject, navigation: string): string | undefined {
  const [option] = readRows(row[navigation]) ?? []
  return readText(option?.['externalCode'])?.toUpperCase()
}

function readEmail(person: JsonObject, types: readonly string[]): string | undefined {
  const emails = readRows(person['emailNav']) ?? []
  const email = emails.find((one) => types.includes(readType(one, 'emailTypeNav') ?? ''))
  return readText(email?.['emailAddress'])
}

// Where no address says what it is for. Where they do, a private one is never taken.
function readPrimaryEmail(person: JsonObject): string | undefined {
  const emails = readRows(person['emailNav']) ?? []
  if (emails.some((one) => readType(one, 'emailTypeNav') !== undefined)) return undefined
  return readText(emails.find(({ isPrimary }) => isPrimary === true)?.['emailAddress'])
}

function readPhone(person: JsonObject, types: readonly string[]): string | null | undefined {
  const phones = readRows(person['phoneNav'])
  if (phones === undefined) return undefined
  const phone = phones.find((one) => types.includes(readType(one, 'phoneTypeNav') ?? ''))
  const number = readText(phone?.['phoneNumber'])
  if (phone === undefined || number === undefined) return null
  const country = readText(phone['countryCode'])?.replace(/^\+?/, '+')
  const extension = readText(phone['extension'])
  return join(country, readText(phone['areaCode']), number, extension && `x${extension}`) ?? null
}

function readKind({ row, job }: Employment): string | null | undefined {
  if (row['isContingentWorker'] === true) return 'contractor'
  if (job === undefined) return undefined
  const type = ['employmentTypeNav', 'employeeClassNav'].map((name) => readType(job, name) ?? '').join(' ')
  if (/CONTRACT|FREELANCE/.test(type)) return 'contractor'
  if (/INTERN\b|INTERNSHIP|TRAINEE|APPRENTICE|STUDENT/.test(type)) return 'intern'
  if (readType(job, 'regularTempNav')?.startsWith('T') === true) return 'temporary'
  const { isFulltimeEmployee } = job
  if (typeof isFulltimeEmployee !== 'boolean') return isFulltimeEmployee === null ? null : undefined
  return isFulltimeEmployee ? 'full_time' : 'part_time'
}

function join(...parts: readonly (string | undefined)[]): string | undefined {
  const known = parts.filter((part) => part !== undefined)
  return known.length === 0 ? undefined : known.join(' ')
}

// A record of a person and their employments.
import { isObject, readObjects, readText } from '../json.ts'
import type { Json, JsonObject, Scope, SourceRecord } from '../provider.ts'
import {
  chooseEmployment,
  readCostCenter,
  readEmploymentType,
  readEndDate,
  readLifecycle,
  readOrgUnits,
} from './employment.ts'
import { required } from './mapping.ts'
import { type Names, orgUnitTypes } from './names.ts'

export interface Reading {
  readonly scope: Scope
  readonly names: Names
  /** YYYY-MM-DD. */
  readonly today: string
}

/** Before it stand the fields of the employment that counts. */
const prefix = 'employment.'

/** `employments` are all of the person's; undefined where they may not be read. */
export async function readPerson(
  id: string,
  person: JsonObject,
  employments: readonly JsonObject[] | undefined,
  reading: Reading,
): Promise<SourceRecord> {
  const { scope, names, today } = reading
  const employment = employments && chooseEmployment(employments)
  const made = {
    ...readPersonFields(person),
    ...(employment && (await readEmploymentFields(employment, names, today))),
  }
  // Whoever has no employment has none that goes on.
  if (employments?.length === 0 && person['status'] === 'INACTIVE') made['lifecycle'] = 'terminated'
  const values: JsonObject = {}
  for (const field of new Set([...scope.fields, ...required.map((one) => one.field)])) {
    const own = made[field]
    const value = own === undefined ? readField(person, employment, field) : own
    if (value !== undefined) values[field] = value
  }
  const groups = scope.groups && employment ? await readMemberships(employment, names) : undefined
  return { id, type: 'user', fields: values, ...(groups && { groups }) }
}

function readField(person: JsonObject, employment: JsonObject | undefined, field: string): Json | undefined {
  if (field.startsWith(prefix)) return employment && readPath(employment, field.slice(prefix.length))
  return readPath(person, field) ?? readCustomAttribute(person, field)
}

// A field of what is not there is null where Personio says that it is not.
function readPath(from: JsonObject, path: string): Json | undefined {
  let value: Json | undefined = from
  for (const part of path.split('.')) {
    if (value === null) return null
    if (!isObject(value)) return undefined
    const isEmpty: boolean = value !== from && Object.keys(value).length === 0
    value = isEmpty ? null : value[part]
  }
  return value === '' ? null : value
}

// By the id, such as dynamic_305, or by the name that it has in all accounts.
function readCustomAttribute(person: JsonObject, field: string): Json | undefined {
  const attributes = readObjects(person['custom_attributes']) ?? []
  const found =
    attributes.find((attribute) => attribute['id'] === field) ??
    attributes.find((attribute) => attribute['global_id'] === field)
  return found?.['value']
}

// The preferred name may be a first name, or all of it.
function readPersonFields(person: JsonObject): Record<string, Json | undefined> {
  const [first, last, preferred] = [person['first_name'], person['last_name'], person['preferred_name']].map(readText)
  const isWhole = preferred !== undefined && last !== undefined && preferred.endsWith(` ${last}`)
  const given = (isWhole ? readText(preferred.slice(0, -last.length)) : preferred) ?? first
  return { givenName: given, displayName: join(given, last), legalName: join(first, last) }
}

async function readEmploymentFields(
  employment: JsonObject,
  names: Names,
  today: string,
): Promise<Record<string, Json | undefined>> {
  const office = readText(readPath(employment, 'office.id'))
  const entity = readText(readPath(employment, 'legal_entity.id'))
  const center = readCostCenter(employment)
  const [department, team] = await Promise.all(
    orgUnitTypes.map(async (type) => {
      const [id] = readOrgUnits(employment, type)
      return id === undefined ? undefined : names.findOrgUnit(type, id)
    }),
  )
  return {
    lifecycle: readLifecycle(employment, today),
    endDate: readEndDate(employment),
    employmentType: readEmploymentType(employment),
    department,
    team,
    office: office === undefined ? undefined : names.findOffice(office),
    legal_entity: entity === undefined ? undefined : names.findLegalEntity(entity),
    // People may know a cost center by its number.
    cost_center: center === undefined ? undefined : (names.findCostCenter(center) ?? center),
  }
}

// Undefined where Personio says of neither: nobody leaves a group for a permission that was taken away.
async function readMemberships(employment: JsonObject, names: Names): Promise<string[] | undefined> {
  const office = readText(readPath(employment, 'office.id'))
  if (employment['org_units'] === undefined && employment['office'] === undefined) return undefined
  const groups: string[] = []
  for (const type of orgUnitTypes) {
    for (const id of readOrgUnits(employment, type)) {
      groups.push(names.groups.find(type, id, (await names.findOrgUnit(type, id)) ?? id))
    }
  }
  if (office !== undefined) groups.push(names.groups.find('office', office, names.findOffice(office) ?? office))
  return [...new Set(groups)]
}

function join(...parts: readonly (string | undefined)[]): string | undefined {
  const known = parts.filter((part) => part !== undefined)
  return known.length === 0 ? undefined : known.join(' ')
}
